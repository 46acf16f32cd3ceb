"""Who may write into a folder of results."""
