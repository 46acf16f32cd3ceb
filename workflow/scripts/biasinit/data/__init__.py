"""Data sets: where the images come from, how they are split, scaled and stored."""
