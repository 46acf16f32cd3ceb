"""The answer: its items."""
