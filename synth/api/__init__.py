"""The REST API: what the screens do, for programs, in the same process."""

from synth.api.service import api, mounted

__all__ = ["api", "mounted"]
