"""Items on speed and failures."""
