"""What leaves: bundle, counts, drawings, showcase, mock API; made from a model, never from rows."""

from synth.release.bundle import Bundle
from synth.release.release import Release

__all__ = ["Bundle", "Release"]
