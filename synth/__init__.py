"""Synthetic tables that keep a promise to the people in the real one."""
