"""Items on accuracy."""
