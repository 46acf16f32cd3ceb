"""Statistics of a table of runs. Knows nothing of training."""
