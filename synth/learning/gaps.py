"""What becomes of gaps: cells that a record of k people leaves open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from synth.budget import Audience
from synth.combinations.growth import NOTHING, Records
from synth.errors import TooManyGaps
from synth.schema.domain import MISSING
from synth.vault import Attributes, Counting, PrivateTable

STOP, LEAVE, FILL, FILL_ALL = "stop", "leave", "fill", "fill all"
MOST = 0.5  # of the cells that people have; beyond it a release is of no use
MOST_NAMED = 8  # columns
WHY = "cells that are empty in the table itself, told from gaps"

GAPS: Mapping[str, Any] = {
    "title": "Gaps, where too few people share a value",
    "help": "stop: if most cells would be gaps, nothing is released, and steps are proposed that "
    "make the columns coarser. leave: release them as they are. fill: draw a value from the counts "
    "of k people, such that what is counted together stays shared by k; the promise then covers "
    "combinations of up to that many values, and no longer ones. fill all: full rows; every value "
    "is one that k people have, and nothing is promised of combinations.",
    "choices": (STOP, LEAVE, FILL, FILL_ALL),
}


def open_axes(names: Sequence[Attributes], counting: Counting) -> tuple[int, ...]:
    """The axes on which a record that has nothing has a gap: columns of one value, all counted."""
    return tuple(
        axis
        for axis, a in enumerate(names)
        if not a.delimiter and a.column not in counting.nothing and a.labels
    )


def check_gaps(
    private: PrivateTable, names: Sequence[Attributes], records: Records, counting: Counting, k: int
) -> None:
    """Refuse records that leave most of what people have open.

    Raises:
        TooManyGaps: with the columns that lose most.
    """
    present, lost = {}, {}
    for axis, told in enumerate(names):
        if told.delimiter or told.column in counting.nothing:
            continue
        present[told.column] = have = _present(private, told.column)
        filled = float((records[:, axis] != NOTHING).mean())
        lost[told.column] = max(0.0, have - filled)
    share = sum(lost.values()) / max(sum(present.values()), 1e-9)
    if share <= MOST:
        return
    worst = sorted((c for c in lost if lost[c] > MOST * present[c]), key=lambda c: -lost[c])
    named = ", ".join(f"`{c}`" for c in worst[:MOST_NAMED])
    more = f" and {len(worst) - MOST_NAMED} more" if len(worst) > MOST_NAMED else ""
    raise TooManyGaps(
        f"{share:.0%} of the cells would be gaps, because fewer than {k} people share what they "
        f"say with the rest of a row; most of all in {named}{more}. Nothing is released.",
        f"Make the columns coarser so that {k} people can share them: the Method screen, "
        f"`synth run` and `synth init --k {k}` propose the steps. Or set `gaps` to fill, to "
        "fill all, or, if you want the gaps, to leave.",
        about=worst,
    )


def _present(private: PrivateTable, column: str) -> float:
    """The share of rows in which a column holds something."""
    counts = private.exact_table((column,), WHY, Audience.CUSTODIAN)
    empty = private.schema.domain(column).labels[-1] == MISSING
    return float(1 - empty * counts[-1] / max(int(counts.sum()), 1))
