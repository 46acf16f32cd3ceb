"""Figures, sentences and the page of a study, from its tables."""
