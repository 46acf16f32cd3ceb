"""From intervals to verdicts."""
