"""The data sets that a study can name, one kind or family of kinds in each module."""
