"""Items on how the study was made."""
