"""Final accuracy: contrasts, the mixed model beside them, and the seeds that would decide."""
