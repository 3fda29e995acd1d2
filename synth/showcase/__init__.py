"""What a recipient sees: one offline HTML file, built from a release alone."""

from synth.showcase.page import Look, page

__all__ = ["Look", "page"]
