"""Whether the analysis can be trusted: controls, other choices, calibration, new images."""
