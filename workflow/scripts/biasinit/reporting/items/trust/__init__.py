"""Items on whether the study can be trusted."""
