# Re-fits what r_check.py wrote and writes R's answers. Called by r_check.py: Rscript r_check.R FOLDER
# Needs R with lme4, lmerTest, emmeans and nlme (Debian: r-cran-lme4 and so on).
suppressPackageStartupMessages({ library(nlme); library(lme4); library(lmerTest); library(emmeans) })
Sys.setlocale("LC_COLLATE", "C")  # sorted text order, as in the package
emm_options(lmerTest.limit = 1e5, pbkrtest.limit = 0, lmer.df = "satterthwaite")
folder <- commandArgs(trailingOnly = TRUE)[1]
models <- read.csv(file.path(folder, "models.csv"), colClasses = "character")
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = .02, rhoend = 1e-9, maxfun = 1e5))
answers <- data.frame()
add <- function(model, name, quantity, value)
  answers <<- rbind(answers, data.frame(model = model, name = name, quantity = quantity, value = value))
for (i in seq_len(nrow(models))) {
  m <- models[i, ]
  text <- c(scheme = "character", cell = "character", seed = "character")
  data <- read.csv(file.path(folder, m$table), colClasses = text)
  if (m$kind == "mixed") {
    fit <- suppressMessages(lmer(as.formula(m$formula), data, REML = TRUE, control = control))
    add(m$model, "", "log-likelihood", as.numeric(logLik(fit)))
    frame <- as.data.frame(contrast(emmeans(fit, "scheme"), "trt.vs.ctrl", ref = m$reference, adjust = "holm"))
    for (j in seq_len(nrow(frame))) {
      other <- setdiff(sort(unique(data$scheme)), m$reference)[j]
      add(m$model, other, "estimate", frame$estimate[j]); add(m$model, other, "standard error", frame$SE[j])
      add(m$model, other, "df", frame$df[j]); add(m$model, other, "adjusted p", frame$p.value[j])
    }
  } else if (m$kind == "varying") {
    data$block <- paste(data$seed, data$cell)
    fit <- lme(as.formula(m$formula), data, ~ 1 | block, weights = varIdent(form = ~ 1 | scheme), method = "REML",
      control = lmeControl(opt = "optim", msMaxIter = 500, tolerance = 1e-10, msTol = 1e-12))
    fit$call$fixed <- as.formula(m$formula)  # emmeans evaluates the call again
    add(m$model, "", "log-likelihood", as.numeric(logLik(fit)))
    frame <- as.data.frame(contrast(emmeans(fit, "scheme", data = data), "trt.vs.ctrl", ref = m$reference, adjust = "none"))
    for (j in seq_len(nrow(frame))) {
      other <- setdiff(sort(unique(data$scheme)), m$reference)[j]
      add(m$model, other, "estimate", frame$estimate[j]); add(m$model, other, "standard error", frame$SE[j])
    }
    ratio <- coef(fit$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)
    for (n in names(ratio)) add(m$model, n, "residual SD", fit$sigma * ratio[[n]])
  } else if (m$kind == "hazard") {
    data$scheme <- relevel(factor(data$scheme), ref = m$reference)
    periods <- data[rep(seq_len(nrow(data)), data$point), ]
    periods$period <- sequence(data$point)
    periods$hit <- as.integer(periods$period == periods$point & periods$event == 1)
    periods$base <- interaction(periods$cell, periods$period, drop = TRUE)
    hits <- tapply(periods$hit, periods$base, sum)
    periods <- droplevels(periods[hits[as.character(periods$base)] > 0, ])
    fit <- glm(hit ~ scheme + base, binomial("cloglog"), periods, control = glm.control(epsilon = 1e-12, maxit = 100))
    table <- summary(fit)$coefficients
    for (n in grep("^scheme", rownames(table), value = TRUE)) {
      add(m$model, sub("^scheme", "", n), "estimate", table[n, 1])
      add(m$model, sub("^scheme", "", n), "standard error", table[n, 2])
    }
  } else {
    wide <- reshape(data[c("seed", "scheme", "value")], idvar = "seed", timevar = "scheme", direction = "wide")
    for (other in setdiff(sort(unique(data$scheme)), m$reference)) {
      t <- t.test(wide[[paste0("value.", other)]], wide[[paste0("value.", m$reference)]], paired = TRUE)
      add(m$model, other, "estimate", unname(t$estimate)); add(m$model, other, "p", t$p.value)
    }
  }
}
answers$value <- formatC(answers$value, digits = 12, format = "g")
write.csv(answers, file.path(folder, "answers.csv"), row.names = FALSE)
