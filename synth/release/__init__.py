"""What leaves: bundle, counts, drawings, showcase, mock API; made from a model, never from rows."""

from synth.release.release import Bundle, Release, verify

__all__ = ["Bundle", "Release", "verify"]
