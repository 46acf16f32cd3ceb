# Writes r_conditions.csv and r_random_effects.csv: random effects by R's metafor. Debian's
# r-cran-metafor is enough: Rscript write_metafor.R, in this folder.
suppressMessages(library(metafor))

set.seed(20261129)
sets <- list()
for (k in c(3, 4, 6, 9, 12, 20)) {
  for (between in c(0, 0.3, 2)) {
    errors <- runif(k, 0.1, 0.8)
    sets[[length(sets) + 1]] <- data.frame(
      set = length(sets) + 1,
      effect = round(rnorm(k, 0.4, between) + rnorm(k, 0, errors), 6),
      error = round(errors, 6),
      covariate = round(runif(k, 1, 5), 6)
    )
  }
}
data <- do.call(rbind, sets)
write.csv(data, "r_conditions.csv", row.names = FALSE)

rows <- list()
for (number in unique(data$set)) {
  part <- data[data$set == number, ]
  control <- list(threshold = 1e-12, maxiter = 1000, tol = 1e-12)
  plain <- rma(effect, sei = error, data = part, method = "PM", test = "adhoc", control = control)
  slope <- rma(effect, sei = error, mods = ~covariate, data = part, method = "PM",
               test = "adhoc", control = control)
  rows[[length(rows) + 1]] <- data.frame(
    set = number, tau2 = plain$tau2, mean = plain$b[1], se = plain$se, lower = plain$ci.lb,
    upper = plain$ci.ub, p = plain$pval, slope = slope$b[2], slope_se = slope$se[2],
    slope_p = slope$pval[2], slope_tau2 = slope$tau2
  )
}
write.csv(do.call(rbind, rows), "r_random_effects.csv", row.names = FALSE)
cat(R.version.string, "metafor", as.character(packageVersion("metafor")), "\n")
