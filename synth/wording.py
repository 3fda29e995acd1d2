"""Words that sentences of every room share: so many of something."""

from __future__ import annotations


def so_many(count: int, one: str, many: str = "") -> str:
    """So many of something: "1 line", "2 lines".

    Args:
        many: what more than one are called; with an s, where nothing is said.
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
