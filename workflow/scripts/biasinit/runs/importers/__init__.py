"""Runs as tools log them: a module for each tool, which finds its runs and reads them."""
