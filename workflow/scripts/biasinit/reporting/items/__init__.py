"""Items of the report, one file each, in the rooms of its sections."""
