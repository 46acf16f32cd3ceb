"""The analyses of a study, one file each: the tables it reads, those it makes, and how."""
