"""Bias-initialisation schemes, one kind or family of kinds in each module."""
