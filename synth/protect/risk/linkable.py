"""Linkable through rare combinations: one sentence, and what contributes most to it."""

from __future__ import annotations

from dataclasses import dataclass

from synth.budget.eyes import ForCustodian
from synth.lazily import np
from synth.protect.risk.uniques import SpecialUniques
from synth.wording import so_many


@dataclass(frozen=True, repr=False)
class Contribution(ForCustodian):
    """How many rows are linkable through a column, or through one value of it.

    Args:
        value: "" for the whole column. A cell value: for the custodian's eyes.
        linkable: rows with a minimal rare combination in which it takes part.
        rows: rows that have the value; all rows for a column.
    """

    column: str
    value: str
    linkable: int
    rows: int

    @property
    def share(self) -> float:
        return self.linkable / self.rows if self.rows else 0.0


def linkable_sentence(special: SpecialUniques) -> str:
    """How many people can be found by a rare combination of a few values."""
    share = special.linkable / special.rows if special.rows else 0.0
    rare = (
        "only one person has"
        if special.fewer_than == 2
        else (f"fewer than {special.fewer_than} people share")
    )
    return (
        f"{share:.1%} of people ({special.linkable:,} of {special.rows:,}) can be linked through a "
        f"combination of up to {so_many(special.length, 'value')} that {rare}."
    )


def column_contributions(special: SpecialUniques) -> tuple[Contribution, ...]:
    """One per column, the most linkable first."""
    made = [
        Contribution(c.name, "", int(special.through(i).sum()), special.rows)
        for i, c in enumerate(special.columns)
    ]
    return tuple(sorted(made, key=lambda c: -c.linkable))


def value_contributions(special: SpecialUniques, most: int = 10) -> tuple[Contribution, ...]:
    """The values through which most people are linkable."""
    made = []
    for i, column in enumerate(special.columns):
        flags = special.through(i)
        hit = np.bincount(column.codes[flags], minlength=column.size)
        rows = np.bincount(column.codes, minlength=column.size)
        for code in np.argsort(-hit, kind="stable")[:most]:
            label = column.labels[int(code)]
            made.append(Contribution(column.name, label, int(hit[code]), int(rows[code])))
    return tuple(sorted((c for c in made if c.linkable), key=lambda c: -c.linkable)[:most])
