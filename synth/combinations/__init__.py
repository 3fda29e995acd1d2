"""Combinations of attributes as integer arrays: counted, suppressed, grown, put together."""
