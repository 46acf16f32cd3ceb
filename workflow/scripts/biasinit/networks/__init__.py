"""Networks as plain modules for one member; running many at once is the caller's ``vmap``."""
