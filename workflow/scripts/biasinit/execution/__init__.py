"""Running a study: locks, progress, costs, devices, and what a job needs around it."""
