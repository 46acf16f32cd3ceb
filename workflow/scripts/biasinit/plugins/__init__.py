"""Where kinds are looked up, and the digest of the code behind a rule."""
