"""How easily someone could be found, and steps that make it harder."""
