"""Items on what happens inside the networks."""
