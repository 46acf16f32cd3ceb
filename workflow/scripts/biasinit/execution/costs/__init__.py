"""What a study costs, and where it ran."""
