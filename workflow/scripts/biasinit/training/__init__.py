"""Training many seeds at once."""
