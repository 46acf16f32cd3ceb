"""One answer out of many studies: random effects over their conditions."""
