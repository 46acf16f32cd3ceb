"""Running a study: locks, progress, versions of code, and what a job needs around it."""
