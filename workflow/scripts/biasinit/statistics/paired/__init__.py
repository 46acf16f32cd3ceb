"""Contrasts within seeds."""
