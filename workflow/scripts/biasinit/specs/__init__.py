"""What a run is made of, as plain values: schemes, networks, data sets. Knows nothing else."""
