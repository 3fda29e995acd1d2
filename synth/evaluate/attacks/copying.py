"""Copies of real rows, exact and near, beside how many strangers are alike as well.

Near copies are a smoke test alone: tables that pass it were found exposed all the same, Yao and
others (2025), arXiv:2505.01524.
"""

from __future__ import annotations

from dataclasses import replace

from synth.evaluate.attacks.nearness import aimed, marks, metric, nearest
from synth.evaluate.attacks.threat import (
    FEW,
    NO_HOLDOUT,
    TOO_FEW,
    Attempt,
    Figure,
    Result,
    Run,
    Threat,
    judged,
    unjudged,
)
from synth.evaluate.copies import counted
from synth.evaluate.sides import Sides, joined
from synth.lazily import np

ALIKE = 1e-9  # distances that differ by less are the same

EXACT, NEAR = (
    Threat(
        f"{how} copies",
        "Somebody who has the synthetic table.",
        "They know nothing else.",
        f"They want synthetic rows that are {what}.",
        "The method gives real rows back: take another one or a formal promise, larger leaves or a "
        "wider bandwidth, or coarser columns.",
    )
    for how, what in (
        ("exact", "those of people in the table"),
        ("near", "nearer to people in the table than to others"),
    )
)
SMOKE = "A smoke test for copying: passing it proves little."


def copying(both: Sides, rng: np.random.Generator) -> tuple[Attempt, ...]:
    """Exact copies, and synthetic rows that are nearer to the real ones than to the holdout."""
    return exact_copies(both, rng), near_copies(both, rng)


def exact_copies(both: Sides, rng: np.random.Generator) -> Attempt:
    """People of whom a synthetic row is a copy in every column, beside strangers; see `_alone`."""
    real, made = marks(both.real, both.names), marks(both.synthetic, both.names)
    if both.holdout is None:
        return _alone(both, rng)
    apart = marks(both.synthetic.apart(rng), both.names)
    main, naive, control = (
        Run(int(np.isin(people, rows).sum()), len(people))
        for people, rows in (
            (real, made),
            (real, apart),
            (marks(both.holdout, both.names), made),
        )
    )
    return judged(EXACT, main, naive, control)


def _alone(both: Sides, rng: np.random.Generator) -> Attempt:
    """Without strangers: copies of rows that occur once, beside what chance makes (Good 1953)."""
    real = marks(both.real, both.names)
    found = counted(real, marks(both.synthetic, both.names))
    shuffled = counted(real, marks(both.synthetic.apart(rng), both.names))
    main, naive = Run(found.singled, found.rows), Run(shuffled.singled, shuffled.rows)
    chance = (
        f"{main.share:.1%} of the synthetic rows equal the row of one person alone; of as many "
        f"people who are not in the table, chance would make that {found.fresh_singled:.1%}."
    )
    if found.singled_too_many:
        return Attempt(
            EXACT, Result.SUCCEEDED, f"The attack succeeded. {chance}", main, None, naive
        )
    if found.rows < FEW:
        words = f"Could not be judged. {chance} {TOO_FEW}"
        return Attempt(EXACT, Result.UNJUDGED, words, main, None, naive, why=TOO_FEW)
    return Attempt(EXACT, Result.HOLDS, f"Holds. {chance}", main, None, naive)


def near_copies(both: Sides, rng: np.random.Generator) -> Attempt:
    """Synthetic rows whose nearest person is in the table, beside the share of people that are.

    Rows that are all nearest to one person tell no more than one row would.
    """
    if both.holdout is None:
        return unjudged(NEAR, NO_HOLDOUT)
    where = metric(both, both.names)
    targets = aimed(both.synthetic, both.real.rows + both.holdout.rows, rng)
    (who, real), (other, held) = (
        (places[:, 0], far[:, 0])
        for places, far in (
            nearest(where, targets, side, 1, rng.permutation(side.rows))
            for side in (both.real, both.holdout)
        )
    )
    share = both.real.rows / (both.real.rows + both.holdout.rows)
    ties = np.abs(real - held) <= ALIKE
    persons = np.where(real < held, who, both.real.rows + other)
    if ties.any():
        # Of several people who are as near, one is drawn: they are in the table as often as all
        # are. Were a tie counted as that share, those with people of one side alone would weigh
        # more, and on columns of few values any good table would seem to copy.
        everybody = joined(both.real, both.holdout)
        some, order = targets.taken(np.flatnonzero(ties)), rng.permutation(everybody.rows)
        persons[ties] = nearest(where, some, everybody, 1, order)[0][:, 0]
    nearer = int((persons < both.real.rows).sum())
    times = np.unique(persons, return_counts=True)[1]
    shared = float((times * times).sum()) / len(persons) if len(persons) else 1.0
    main = Run(nearer, targets.rows, shared=shared)
    chance = Run(share * targets.rows, targets.rows, exact=True)
    figures = tuple(
        Figure(f"median distance to the closest {whom}", "0 to 1.", float(np.median(far)))
        for whom, far in (("person in the table", real), ("person set aside", held))
    )
    found = judged(NEAR, main, chance, chance, figures)
    words = (
        f"{main.share:.1%} of the synthetic rows are nearer to somebody in the table than to "
        f"anybody set aside; chance makes that {share:.1%}."
    )
    begins = found.plain.partition(".")[0]
    return replace(found, plain=" ".join(filter(None, (f"{begins}.", words, found.why, SMOKE))))
