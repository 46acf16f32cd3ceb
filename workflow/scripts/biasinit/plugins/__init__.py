"""Kinds of schemes, networks and data sets by name, ours and users' own, and their code."""
