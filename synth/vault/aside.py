"""Some people set aside before anything else sees the table, to try attacks on strangers later.

Each person is set aside or not by a coin of their own, from the operating system's secure source,
and it is recorded nowhere. So one person more or less changes nothing about the others; and as a
release is worked out from the rest alone, whoever is set aside changes nothing at all. What is
charged for the rest is therefore a bound for everybody, and stays as it is: that being left out by
chance protects a little more (Balle, Barthe, Gaboardi 2018, arXiv:1807.01647) is not counted.
"""

from __future__ import annotations

import os
from dataclasses import replace

from synth.lazily import np, npt
from synth.vault.held import people_of
from synth.vault.likeness import traits_of_frame
from synth.vault.passing import Came


def set_aside(came: Came, person: str, share: float) -> tuple[Came, Came]:
    """The rows of those who are left, and of those who are set aside, each in the order they had.

    Args:
        person: the column that names the person of each row, all of whose rows go together; "" or
            one that is not there: each row is one person's.
        share: of the people, about: 0 to 1.
    """
    frame = came.frame
    owners = people_of(frame, person)[0] if person in frame else np.arange(len(frame))
    away = coins(int(owners.max(initial=-1)) + 1, share)[owners]
    traits = traits_of_frame(frame) if came.before is None else came.before
    left, held = (
        replace(
            came,
            frame=frame.iloc[places].reset_index(drop=True),
            gaps=came.gaps.taken(places) if came.gaps.codes else came.gaps,
        )
        for places in (np.flatnonzero(~away), np.flatnonzero(away))
    )
    return replace(left, before=traits), held


def coins(many: int, share: float) -> npt.NDArray[np.bool_]:
    """Independent coins that are true with a chance of `share`, but for 2^-53."""
    drawn = np.frombuffer(os.urandom(8 * many), dtype=np.uint64) >> np.uint64(11)
    return np.asarray(drawn < np.uint64(round(share * 2**53)))
