"""Tables of runs, whoever trained them: what their columns mean, and how outcomes are decided."""
