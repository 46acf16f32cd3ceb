"""Items on how sure the answer is, and what to do next."""
