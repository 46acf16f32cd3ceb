"""Mixed models by restricted maximum likelihood."""
