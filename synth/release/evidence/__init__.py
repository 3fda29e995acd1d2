"""What a data protection officer asks, and what answers it: told from a release alone."""
