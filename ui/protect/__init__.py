"""What the Protect screen asks and shows."""
