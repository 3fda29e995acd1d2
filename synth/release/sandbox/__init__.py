"""A mock API over the synthetic rows of a release, to build against before the real one exists."""

from synth.release.sandbox.resources import resources, service
from synth.release.sandbox.take_away import take_away

__all__ = ["resources", "service", "take_away"]
