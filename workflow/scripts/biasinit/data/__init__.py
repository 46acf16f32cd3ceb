"""Data sets: where the images come from, how they are split, scaled and stored."""

from biasinit.data.prepared import PreparedDataset, Subset, load_prepared, save_prepared

__all__ = ["PreparedDataset", "Subset", "load_prepared", "save_prepared"]
