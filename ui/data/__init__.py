"""The screens that bring a table."""
