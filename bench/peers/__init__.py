"""Other systems, each in a virtual environment of its own, run as a separate process."""
