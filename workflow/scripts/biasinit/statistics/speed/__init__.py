"""Time to the threshold."""
