"""What was computed from the rows without noise shows itself only to whoever asks for a figure."""

from __future__ import annotations


class ForCustodian:
    """Says what it is and no more where it is merely left as the last line of a notebook's cell."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: exact figures, for the custodian's eyes>"
