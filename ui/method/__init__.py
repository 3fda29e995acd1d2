"""What the Method screen asks and shows."""
