"""Whether a column tells whose row it is, and what a cap on the rows of a person would keep.

For the custodian's eyes: all figures are exact.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synth.budget.eyes import ForCustodian
from synth.ingest.named import PERSON, meaning_of, words_of
from synth.lazily import np, pd
from synth.schema import Kind, Role

FEWEST = 20  # people, below which nothing is proposed
MOST_EACH = 200  # rows a person has on average, from which on values are groups, not people
ENOUGH = 0.9  # share of the rows that the proposed cap keeps
MOST_CAP = 20  # rows of a person that are proposed at most: each one more needs more noise
CODE = r"[^\W\d_]{0,6}[-_ ]?\d{2,12}"  # PT017, 4711


@dataclass(frozen=True, repr=False)
class Repeats(ForCustodian):
    """How many rows the values of a column have.

    >>> visits = Repeats(rows=(1, 4), values=(10, 5))
    >>> visits.people, visits.total, visits.kept(2), visits.cut(2)
    (15, 30, 20, 5)

    Args:
        rows: how many rows a value has, ascending.
        values: how many values have so many.
        nobody: rows without a value, each of which is one person's.
    """

    rows: tuple[int, ...]
    values: tuple[int, ...]
    nobody: int = 0

    @property
    def people(self) -> int:
        return sum(self.values) + self.nobody

    @property
    def total(self) -> int:
        """All rows."""
        return self.kept(max(self.rows, default=1))

    @property
    def largest(self) -> int:
        """Rows of whoever has most."""
        return max(self.rows, default=0)

    def kept(self, most: int) -> int:
        """Rows that are left where at most so many of each person are."""
        return self.nobody + sum(
            min(r, most) * v for r, v in zip(self.rows, self.values, strict=True)
        )

    def cut(self, most: int) -> int:
        """People who lose rows by that."""
        return sum(v for r, v in zip(self.rows, self.values, strict=True) if r > most)

    @property
    def proposed(self) -> int:
        """The smallest cap that keeps nearly all rows."""
        caps = range(1, min(self.largest, MOST_CAP) + 1)
        return next((m for m in caps if self.kept(m) >= ENOUGH * self.total), max(caps, default=1))


def repeats_of(counts: np.ndarray[Any, np.dtype[np.int64]], rows: int) -> Repeats:
    """How often values repeat, from the number of rows of each."""
    each, how_many = np.unique(counts, return_counts=True)
    return Repeats(tuple(each.tolist()), tuple(how_many.tolist()), rows - int(counts.sum()))


def could_name_people(name: str, text: pd.Series, role: Role, kind: Kind) -> bool:
    """Whether values that repeat may be people's numbers: by role, or codes of one length."""
    meaning = meaning_of(words_of(name))
    if role is Role.IDENTIFIER and (meaning is not None or kind is not Kind.CATEGORY):
        return True
    if kind is not Kind.CATEGORY or meaning is not None or text.empty:
        return False
    same = text.str.len().nunique() == 1
    return bool((same and text.str.fullmatch(CODE).all()) or text.str.contains("@").all())


def person_columns(repeats: Mapping[str, Repeats | None]) -> Sequence[str]:
    """Columns that repeat like a person's number, the likeliest first."""
    fitting = {n: r for n, r in repeats.items() if r is not None and _like_people(r)}
    return sorted(fitting, key=lambda n: _likely(n, fitting[n]))


def _like_people(repeats: Repeats) -> bool:
    named = sum(repeats.values)
    return (
        named >= FEWEST
        and repeats.largest > 1
        and repeats.total - repeats.nobody <= MOST_EACH * named
    )


def _likely(name: str, repeats: Repeats) -> tuple[bool, bool, bool, int]:
    """Numbers before names, numbers of persons before those of anything; then the fewest people.

    Of two numbers one is often that of a visit: whoever made the visits has fewer.
    """
    words = words_of(name)
    meaning = meaning_of(words)
    told = meaning is not None and meaning.role is Role.IDENTIFIER
    of_person = re.search(rf"\b({PERSON}|pat|patid|subjid|pid|emp|empno|pesel|nhs|ssn)\b", words)
    names = meaning is not None and meaning.of_people
    return not of_person, names, not told, repeats.people
