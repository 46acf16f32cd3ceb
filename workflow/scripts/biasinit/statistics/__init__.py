"""Statistics of a table of runs: models, contrasts, equivalence, survival, verdicts."""
