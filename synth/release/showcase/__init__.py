"""What a recipient sees: one offline HTML file, built from a release alone."""

from synth.release.showcase.bundle import LOOK, look_file, look_of, showcase
from synth.release.showcase.page import Look, page, script_hash

__all__ = ["LOOK", "Look", "look_file", "look_of", "page", "script_hash", "showcase"]
