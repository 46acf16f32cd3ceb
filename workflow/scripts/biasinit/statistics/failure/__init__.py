"""Runs that diverge or never learn."""
