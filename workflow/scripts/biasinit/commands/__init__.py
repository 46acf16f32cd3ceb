"""The commands of ``biasinit`` that are no part of the workflow."""
