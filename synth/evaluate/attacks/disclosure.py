"""Disclosure to somebody who takes the synthetic rows for the real ones.

repU: people alone with what is known of them, who are alone with it among the synthetic rows too.
DiSCO: people of whom all synthetic rows with what is known say the same secret, and the right one;
without what everybody could say from the secret's own table (trivial disclosures). Both of all
people in the table. Reference: Raab, Nowok, Dibben (2024), "Practical privacy metrics for synthetic
data", arXiv:2406.16826.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from synth.evaluate.attacks.inference import TOLERANCE, threat
from synth.evaluate.attacks.nearness import marks, span
from synth.evaluate.attacks.threat import Attempt, Figure, Run, Threat, judged
from synth.evaluate.sides import Side, Sides
from synth.lazily import np, npt
from synth.schema import Codes

Marks: TypeAlias = "npt.NDArray[np.uint64]"
TRIVIAL_ROWS, TRIVIAL = 50, 0.9  # with so many synthetic rows of one secret, all guess it
MISSING, NOBODY = -(10**9), -(10**9) - 1  # NOBODY: no row has it, or those that have it disagree


def replicated(both: Sides, known: Sequence[str], rng: np.random.Generator) -> Attempt:
    """repU, beside strangers who would be the only ones of their kind in the real table."""
    by = threat(known, "nothing more")
    who = Threat(
        "replicated uniques",
        by.who,
        by.knows,
        "They want the one synthetic row like a person who is the only one like that.",
        by.remedy,
    )
    real, made = marks(both.real, known), marks(both.synthetic, known)
    alone = times(real, real) == 1
    apart = marks(both.synthetic.apart(rng), known)
    main, naive = (
        Run(int((alone & (times(rows, real) == 1)).sum()), len(real)) for rows in (made, apart)
    )
    unique = Figure("alone in the real table", "Of all people.", float(alone.mean()))
    figures = (unique, *(_smallest(side, known, name) for name, side in _named(both)))
    control = None
    if both.holdout is not None:
        held = marks(both.holdout, known)
        found = (times(real, held) == 0) & (times(made, held) == 1)
        control = Run(int(found.sum()), len(held))
    return judged(who, main, naive, control, figures)


def disclosed(both: Sides, known: Sequence[str], secret: str, rng: np.random.Generator) -> Attempt:
    """DiSCO without trivial disclosures, beside strangers and a secret that is shuffled."""
    by = threat(known, secret)
    who = Threat(
        f"disclosure of {secret}",
        by.who,
        by.knows,
        f"They want to learn {secret}, where all synthetic rows like that person agree on it.",
        by.remedy,
        secret,
    )
    keys, states = marks(both.synthetic, known), secrets(both, both.synthetic, secret)
    trivial = everybodys(states)

    def right(side: Side, said: Codes) -> Run:
        own = secrets(both, side, secret)
        found = (agreed(keys, said, marks(side, known)) == own) & ~np.isin(own, trivial)
        return Run(int(found.sum()), side.rows)

    real, own = marks(both.real, known), secrets(both, both.real, secret)
    figures = [
        Figure(
            "with trivial disclosures",
            "Of all people.",
            float((agreed(keys, states, real) == own).mean()),
        ),
        Figure(
            "disclosed by the real rows",
            "Of all people.",
            float((agreed(real, own, real) == own).mean()),
        ),
        *(_fewest(both, side, known, secret, name) for name, side in _named(both)),
    ]
    control = None if both.holdout is None else right(both.holdout, states)
    main, naive = right(both.real, states), right(both.real, rng.permutation(states))
    return judged(who, main, naive, control, figures)


def times(among: Marks, sought: Marks) -> Codes:
    """How often each of some marks occurs among others."""
    kinds, counts = np.unique(among, return_counts=True)
    if not len(kinds):
        return np.zeros(len(sought), dtype=np.int64)
    place = np.minimum(np.searchsorted(kinds, sought), len(kinds) - 1)
    return np.asarray(np.where(kinds[place] == sought, counts[place], 0))


def secrets(both: Sides, side: Side, secret: str) -> Codes:
    """The secret as states: numbers in intervals of 5 % of the real range, missing ones apart."""
    if secret in side.codes:
        return side.codes[secret]
    low, high = span(both.real.numbers[secret])
    share = (side.numbers[secret] - low) / (high - low) / TOLERANCE
    top = round(1 / TOLERANCE)
    held = np.nan_to_num(np.floor(np.clip(share, -1e6, 1e6)), nan=0.0).astype(np.int64)
    held = np.where(held == top, top - 1, held)  # the highest value belongs to the last interval
    return np.where(np.isnan(share), MISSING, held)


def everybodys(states: Codes) -> Codes:
    """Secrets that so many synthetic rows hold that anybody would guess them."""
    values, counts = np.unique(states, return_counts=True)
    return values[(counts >= TRIVIAL_ROWS) & (counts >= TRIVIAL * len(states))]


def agreed(keys: Marks, states: Codes, sought: Marks) -> Codes:
    """The secret on which all rows with each sought mark agree."""
    if not len(keys):
        return np.full(len(sought), NOBODY)
    kinds, where = np.unique(keys, return_inverse=True)
    least, most = np.full(len(kinds), 2**62), np.full(len(kinds), -(2**62))
    np.minimum.at(least, where, states)
    np.maximum.at(most, where, states)
    place = np.minimum(np.searchsorted(kinds, sought), len(kinds) - 1)
    agree = (kinds[place] == sought) & (least[place] == most[place])
    return np.asarray(np.where(agree, least[place], NOBODY))


# -- k and l ---------------------------------------------------------------------------------------


def _named(both: Sides) -> tuple[tuple[str, Side], ...]:
    return ("synthetic", both.synthetic), ("real", both.real)


def _smallest(side: Side, known: Sequence[str], name: str) -> Figure:
    """k: the size of the smallest group of rows with the same known columns."""
    counts = np.unique(marks(side, known), return_counts=True)[1]
    return Figure(f"k of the {name} rows", "Rows of the smallest group.", float(counts.min()))


def _fewest(both: Sides, side: Side, known: Sequence[str], secret: str, name: str) -> Figure:
    """l: how many different secrets the group with the fewest has."""
    where = np.unique(marks(side, known), return_inverse=True)[1]
    pairs = np.unique(np.column_stack([where, secrets(both, side, secret)]), axis=0)
    fewest = float(np.bincount(pairs[:, 0]).min())
    return Figure(f"l of the {name} rows", "Secrets of the group with fewest.", fewest)
