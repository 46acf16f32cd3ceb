# Writes r_results.csv and the data sets r_*.csv beside it. Run in this folder: Rscript write_r_results.R
# R 4.2.2, lme4 1.1-31, lmerTest 3.1-3, emmeans 1.8.4, nlme 3.1-162, survival 3.5-3.
# One row per number: case, kind, name, value.
suppressPackageStartupMessages({
  library(lme4); library(lmerTest); library(emmeans); library(nlme); library(survival)
})
Sys.setlocale("LC_COLLATE", "C")  # sorted text order, as in the package
emm_options(lmerTest.limit = 1e5, pbkrtest.limit = 0, lmer.df = "satterthwaite")
results <- list()
put <- function(case, kind, name, value)
  results[[length(results) + 1]] <<- data.frame(
    case = case, kind = kind, name = name, value = formatC(value, digits = 12, format = "g"))
save_data <- function(data, name) write.csv(data, paste0("r_", name, ".csv"), row.names = FALSE)
text <- function(data, columns) { for (n in columns) data[[n]] <- as.character(data[[n]]); data }
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = .02, rhoend = 1e-9, maxfun = 1e5))

# ---- the fit itself: every coefficient with Satterthwaite's df, components, log-likelihood
fit_case <- function(case, formula, data) {
  fit <- suppressMessages(lmerTest::lmer(formula, data, REML = TRUE, control = control))
  table <- coef(summary(fit, ddf = "Satterthwaite"))
  names <- rownames(table)
  for (i in seq_along(names)) {
    put(case, "estimate", names[i], table[i, 1]); put(case, "standard_error", names[i], table[i, 2])
    put(case, "df", names[i], table[i, 3])
  }
  vc <- as.data.frame(VarCorr(fit))
  for (i in seq_len(nrow(vc))) put(case, "variance", vc$grp[i], vc$vcov[i])
  put(case, "log_likelihood", "", as.numeric(logLik(fit)))
  fit
}
frame_case <- function(case, kind, frame, by = character(0)) {
  frame <- as.data.frame(frame)
  label <- apply(frame[c(names(frame)[1], by)], 1, paste, collapse = " | ")
  for (i in seq_len(nrow(frame))) {
    put(case, paste0(kind, ".estimate"), label[i], frame$estimate[i])
    put(case, paste0(kind, ".standard_error"), label[i], frame$SE[i])
    put(case, paste0(kind, ".df"), label[i], frame$df[i])
    put(case, paste0(kind, ".p_adjusted"), label[i], frame$p.value[i])
  }
}
mean_case <- function(case, emm, factors) {
  frame <- as.data.frame(emm)
  label <- apply(frame[factors], 1, paste, collapse = " | ")
  for (i in seq_len(nrow(frame))) {
    put(case, "mean.estimate", label[i], frame$emmean[i])
    put(case, "mean.standard_error", label[i], frame$SE[i])
    put(case, "mean.df", label[i], frame$df[i])
    put(case, "mean.lower", label[i], frame$lower.CL[i])
  }
}

# ---- published data
d <- text(as.data.frame(Dyestuff2), "Batch"); save_data(d, "dyestuff2")
fit_case("dyestuff2", Yield ~ 1 + (1 | Batch), d)
d <- text(as.data.frame(Pastes), c("batch", "cask", "sample")); save_data(d, "pastes")
fit_case("pastes", strength ~ 1 + (1 | batch) + (1 | batch:cask), d)
fit_case("pastes_cask", strength ~ cask + (1 | batch) + (1 | batch:cask), d)

d <- text(as.data.frame(cake), c("replicate", "recipe", "temperature"))[1:5]
d <- d[c("replicate", "recipe", "temperature", "angle")]; save_data(d, "cake")
f <- fit_case("cake", angle ~ recipe * temperature + (1 | recipe:replicate), d)
emm <- emmeans(f, "recipe")
mean_case("cake", emm, "recipe")
frame_case("cake", "pairs_holm", pairs(emm, adjust = "holm"))
by <- rbind(contrast(emmeans(f, ~ temperature | recipe), "trt.vs.ctrl", ref = 1), adjust = "holm")
frame_case("cake", "by_holm", as.data.frame(by)[c("contrast", "recipe", "estimate", "SE", "df", "p.value")], "recipe")
cross <- contrast(emmeans(f, ~ temperature * recipe), interaction = c("trt.vs.ctrl", "trt.vs.ctrl"), adjust = "none")
frame_case("cake", "interaction", data.frame(
  contrast = sprintf("(%s) x (%s)", as.data.frame(cross)$temperature_trt.vs.ctrl, as.data.frame(cross)$recipe_trt.vs.ctrl),
  as.data.frame(cross)[c("estimate", "SE", "df", "p.value")]))

oats <- text(as.data.frame(Oats), c("Block", "Variety")); oats$dose <- as.character(oats$nitro)
oats <- oats[c("Block", "Variety", "nitro", "dose", "yield")]; save_data(oats, "oats")
fit_oats <- function(case, d) {
  f <- fit_case(case, yield ~ dose * Variety + (1 | Block) + (1 | Block:Variety), d)
  mean_case(case, emmeans(f, c("Variety", "dose")), c("Variety", "dose"))
  emm <- emmeans(f, "dose")
  frame_case(case, "pairs_none", pairs(emm, adjust = "none"))
  for (margin in 10) {
    tost <- as.data.frame(test(pairs(emmeans(f, "Variety")), delta = margin, adjust = "none"))
    for (i in seq_len(nrow(tost))) put(case, "tost", as.character(tost$contrast[i]), tost$p.value[i])
  }
  p <- length(fixef(f)); L <- diag(p)[grepl("^dose", names(fixef(f))) & !grepl(":", names(fixef(f))), ]
  joint <- contestMD(f, rbind(L, L[1, ] + L[2, ]))  # with a dependent row, as lmerTest takes it
  put(case, "joint.F", "", joint[["F value"]]); put(case, "joint.df", "", joint[["DenDF"]])
  put(case, "joint.p", "", joint[["Pr(>F)"]])
  L <- diag(p)[grepl(":", names(fixef(f))), ]
  joint <- contestMD(f, L)
  put(case, "joint2.F", "", joint[["F value"]]); put(case, "joint2.df", "", joint[["DenDF"]])
  put(case, "joint2.p", "", joint[["Pr(>F)"]])
}
fit_oats("oats", oats)
fit_oats("oats_unbalanced", oats[-c(1, 2, 3, 5, 8, 13, 21, 34, 55), ])
f <- fit_case("oats_covariate", yield ~ nitro * Variety + (1 | Block) + (1 | Block:Variety), oats[-c(1, 2, 3, 5, 8, 13, 21, 34, 55), ])
mean_case("oats_covariate", emmeans(f, "Variety"), "Variety")
frame_case("oats_covariate", "pairs_none", pairs(emmeans(f, "Variety"), adjust = "none"))

d <- text(as.data.frame(ChickWeight), c("Chick", "Diet")); save_data(d, "chicks")
f <- fit_case("chicks", weight ~ Time * Diet + (1 | Chick), d)
mean_case("chicks", emmeans(f, "Diet"), "Diet")
frame_case("chicks", "pairs_none", pairs(emmeans(f, "Diet"), adjust = "none"))

d <- as.data.frame(InstEval); d <- d[as.integer(d$s) <= 200 & as.integer(d$d) <= 200, c("s", "d", "service", "y")]
d <- text(d, "service"); d$s <- as.integer(as.character(d$s)); d$d <- as.integer(as.character(d$d)); save_data(d, "lectures")
fit_case("lectures", y ~ service + (1 | s) + (1 | d), d)

# ---- a made-up crossed assay, 1,200 rows lost at random from 24 x 60, levels that are numbers
set.seed(20260); g <- expand.grid(plate = 1:60, sample = 101:124)
g$reading <- round(22 + rnorm(60, 0, .9)[g$plate] + rnorm(24, 0, 1.7)[g$sample - 100] + rnorm(nrow(g), 0, .5), 4)
g <- g[sort(sample(nrow(g), 1200)), ]; save_data(g, "assay")
fit_case("assay", reading ~ 1 + (1 | plate) + (1 | sample), g)

# ---- made-up runs: three factors crossed, unbalanced, one random component at zero
set.seed(7); r <- expand.grid(seed = 1:12, cell = c("cifar: deep", "mnist mlp", "größe"), bn = c("off", "on"),
  scheme = c("0.01", "1.0", "zeros", "xavier"), stringsAsFactors = FALSE)
block <- rnorm(36, 0, .3); names(block) <- paste(rep(1:12, 3), rep(unique(r$cell), each = 12))
r$accuracy <- 97 + .4 * (r$scheme == "1.0") * (r$bn == "off") - .2 * (r$cell == "größe") + block[paste(r$seed, r$cell)] + rnorm(nrow(r), 0, .4) * ifelse(r$scheme == "1.0", 2.5, 1)
r$accuracy <- round(r$accuracy, 4); r <- r[sort(sample(nrow(r), 250)), ]; rownames(r) <- NULL; save_data(r, "runs")
f <- fit_case("runs", accuracy ~ scheme * bn * cell + (1 | seed:cell) + (1 | seed:scheme), r)
emm <- emmeans(f, ~ scheme | bn)
by <- rbind(contrast(emm, "trt.vs.ctrl", ref = "zeros"), adjust = "holm")
frame_case("runs", "by_holm", as.data.frame(by)[c("contrast", "bn", "estimate", "SE", "df", "p.value")], "bn")
cross <- contrast(emmeans(f, ~ scheme * bn), list(scheme = list("0.01 - zeros" = c(1, 0, 0, -1), "1.0 - zeros" = c(0, 1, 0, -1), "xavier - zeros" = c(0, 0, 1, -1))), by = "bn")
cross <- as.data.frame(contrast(emmeans(f, ~ scheme * bn), interaction = list(scheme = "trt.vs.ctrlk", bn = "trt.vs.ctrl"), adjust = "none"))
frame_case("runs", "interaction", data.frame(
  contrast = sprintf("(%s) x (%s)", cross$scheme_trt.vs.ctrlk, cross$bn_trt.vs.ctrl), cross[c("estimate", "SE", "df", "p.value")]))

# ---- made-up runs whose seeds share weights between cells, schemes and normalisations; unbalanced
set.seed(16); q <- expand.grid(seed = 1:16, cell = c("slow", "middle", "fast"), normalization = c("none", "shift"),
  scheme = c("zeros", "0.01", "1.0", "xavier"), stringsAsFactors = FALSE)
effect <- function(sd, ...) { key <- paste(...); (rnorm(length(unique(key)), 0, sd))[match(key, unique(key))] }
q$accuracy <- round(97 + effect(.5, q$seed) + effect(.3, q$seed, q$cell) + effect(.4, q$seed, q$scheme) +
  effect(.3, q$seed, q$normalization) + effect(.25, q$seed, q$cell, q$normalization) +
  effect(.35, q$seed, q$scheme, q$normalization) - .5 * (q$scheme == "1.0") * (q$normalization == "none") + rnorm(nrow(q), 0, .5), 4)
q <- q[-sort(sample(nrow(q), 20)), ]; rownames(q) <- NULL; save_data(q, "shared_seeds")
f <- fit_case("shared_seeds", accuracy ~ scheme * cell + (1 | seed) + (1 | seed:cell) + (1 | seed:scheme), q[q$normalization == "none", ])
by <- contrast(emmeans(f, "scheme"), "trt.vs.ctrl", ref = "zeros", adjust = "none")
frame_case("shared_seeds", "over_cells", by)
by <- contrast(emmeans(f, ~ scheme | cell), "trt.vs.ctrl", ref = "zeros", adjust = "none")
frame_case("shared_seeds", "in_cells", as.data.frame(by)[c("contrast", "cell", "estimate", "SE", "df", "p.value")], "cell")
f <- fit_case("shared_seeds_joint", accuracy ~ scheme * cell * normalization + (1 | seed) + (1 | seed:cell) + (1 | seed:scheme) +
  (1 | seed:normalization) + (1 | seed:cell:normalization) + (1 | seed:scheme:normalization), q)
cross <- contrast(emmeans(f, ~ scheme * normalization), interaction = list(scheme = list("0.01" = c(1, 0, 0, -1), "1.0" = c(0, 1, 0, -1), "xavier" = c(0, 0, 1, -1)), normalization = list(crossed = c(-1, 1))), adjust = "none")
cross <- as.data.frame(cross)
frame_case("shared_seeds_joint", "crossed", cross[c("scheme_custom", "estimate", "SE", "df", "p.value")])

# ---- residual standard deviations of their own: nlme's varIdent (df there are not Satterthwaite's)
lme_case <- function(case, fixed, random, by, data) {
  fit <- lme(fixed, random = random, weights = varIdent(form = by), data = data, method = "REML",
    control = lmeControl(opt = "optim", msMaxIter = 500, returnObject = FALSE, tolerance = 1e-10, msTol = 1e-12))
  table <- summary(fit)$tTable
  for (i in seq_len(nrow(table))) {
    put(case, "estimate", rownames(table)[i], table[i, 1]); put(case, "standard_error", rownames(table)[i], table[i, 2])
  }
  put(case, "log_likelihood", "", as.numeric(logLik(fit)))
  ratio <- coef(fit$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)
  for (n in names(ratio)) put(case, "residual_sd", n, fit$sigma * ratio[[n]])
  fit
}
d <- text(as.data.frame(Orthodont), c("Subject", "Sex")); save_data(d, "orthodont")
invisible(lme_case("orthodont", distance ~ age * Sex, ~ 1 | Subject, ~ 1 | Sex, d))
r$block <- paste(r$seed, r$cell)
invisible(lme_case("runs_by_scheme", accuracy ~ scheme * bn + cell, ~ 1 | block, ~ 1 | scheme, r))
invisible(lme_case("runs_by_both", accuracy ~ scheme * bn + cell, ~ 1 | block, ~ 1 | scheme * bn, r))
invisible(lme_case("runs_nested_by_scheme", accuracy ~ scheme * bn + cell, ~ 1 | seed / cell, ~ 1 | scheme, r))
m <- text(as.data.frame(Machines), c("Worker", "Machine"))
m <- m[-c(2, 3, 6, 12, 20, 33, 46), ]; save_data(m, "machines_unbalanced")
f <- fit_case("machines_unbalanced", score ~ Machine + (1 | Worker) + (1 | Worker:Machine), m)
frame_case("machines_unbalanced", "pairs_holm", pairs(emmeans(f, "Machine"), adjust = "holm"))
invisible(lme_case("machines_by_machine", score ~ Machine, ~ 1 | Worker / Machine, ~ 1 | Machine, m))
w <- text(as.data.frame(warpbreaks), c("wool", "tension")); save_data(w, "looms")
g <- gls(breaks ~ wool * tension, w, weights = varIdent(form = ~ 1 | tension))
put("looms", "log_likelihood", "", as.numeric(logLik(g)))
for (n in names(coef(g))) { put("looms", "estimate", n, coef(g)[[n]]); put("looms", "standard_error", n, sqrt(vcov(g)[n, n])) }

# ---- survival
grouped <- function(formula, data, time, event, baseline, cluster, case) {
  periods <- do.call(rbind, lapply(seq_len(nrow(data)), function(i) {
    t <- data[[time]][i]; data.frame(data[rep(i, t), ], period = 1:t, hit = c(rep(0, t - 1), data[[event]][i]), row.names = NULL) }))
  periods$base <- interaction(periods[[baseline]], periods$period, drop = TRUE)
  estimate <- function(p) {
    hits <- tapply(p$hit, droplevels(p$base), sum); size <- table(droplevels(p$base))
    p <- p[p$base %in% names(hits)[hits > 0 & hits < size[names(hits)]], ]; p$base <- droplevels(p$base)
    glm(update(formula, hit ~ . + base), binomial("cloglog"), p, control = glm.control(epsilon = 1e-12, maxit = 100))
  }
  whole <- estimate(periods); keep <- !grepl("^base|Intercept", names(coef(whole)))
  put(case, "deviance", "", deviance(whole))
  loo <- t(sapply(unique(periods[[cluster]]), function(s) coef(estimate(periods[periods[[cluster]] != s, ]))[names(coef(whole))[keep]]))
  if (sum(keep) == 1) loo <- t(loo)
  S <- nrow(loo)
  for (j in which(keep)) {
    n <- names(coef(whole))[j]
    put(case, "estimate", n, coef(whole)[[j]])
    put(case, "model_standard_error", n, sqrt(vcov(whole)[j, j]))
    x <- loo[, match(n, names(coef(whole))[keep])]
    put(case, "standard_error", n, sqrt((S - 1) / S * sum((x - mean(x))^2)))
  }
}
v <- text(veteran, "celltype"); v$trt <- ifelse(v$trt == 1, "standard", "test"); v$prior <- ifelse(v$prior == 0, "no", "yes")
v$ward <- (seq_len(nrow(v)) * 7) %% 12 + 1; v$months <- pmin(ceiling(v$time / 30), 10); v$died <- as.integer(v$status == 1 & v$time <= 300)
save_data(v, "veteran")
grouped(~ trt, v, "months", "died", "celltype", "ward", "veteran_trt")
grouped(~ trt * prior + karno, v, "months", "died", "celltype", "ward", "veteran_months")
a <- rats; a$rx <- ifelse(a$rx == 1, "treated", "control"); a$week <- pmax(1, ceiling((a$time - 40) / 8)); a <- text(a, "sex"); save_data(a, "rats")
grouped(~ rx, a[a$sex == "f", ], "week", "status", "sex", "litter", "rats_week")

# ---- pairs and failures
p <- data.frame(seed = 1:25); set.seed(3); p$a <- round(rnorm(25), 4); p$b <- round(.5 * p$a + rnorm(25, 0, 1.6), 4); save_data(p, "pairs")
put("pairs", "mcnemar_9_of_11", "", binom.test(9, 11)$p.value); put("pairs", "mcnemar_5_of_5", "", binom.test(5, 5)$p.value)
put("pairs", "t_p", "", t.test(p$b, p$a, paired = TRUE)$p.value)
write.csv(do.call(rbind, results), "r_results.csv", row.names = FALSE, quote = c(1, 2, 3))
