"""The atlas: one answer out of all studies, and the effect of each scheme in each condition."""
