"""Linkability: whether the synthetic rows tell which records of two files are the same person's.

A person's known columns and their other columns are each looked up among the synthetic rows; where
the k nearest by the one and by the other share a row, the two records are taken for one person's.
Reference: Giomi and others (2023), doi:10.56553/popets-2023-0055, section 4.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

from synth.evaluate.attacks.nearness import Metric, Places, aimed, metric, nearest
from synth.evaluate.attacks.threat import Attempt, Figure, Run, Threat, judged, unjudged
from synth.evaluate.sides import Side, Sides
from synth.lazily import np

NEIGHBOURS = (1, 5, 10)

THREAT = Threat(
    "linkability",
    "Somebody who holds two files about the same people, without names.",
    "They know some columns of each person from the one, and the others from the other.",
    "They want to know which records belong to the same person.",
    "Coarsen columns so that more people share them, leave columns out, raise k, or lower epsilon.",
)


def linkability(both: Sides, known: Sequence[str], rng: np.random.Generator) -> Attempt:
    """The attack with the one nearest row; with 5 and 10 as figures.

    Args:
        known: the columns of the first file; where all are known, every second one.
    """
    if len(both.names) < 2:
        return unjudged(THREAT, "Two files take two columns.")
    rest = tuple(n for n in both.names if n not in known)
    if not known or not rest:
        known, rest = both.names[::2], both.names[1::2]
    # Ties are drawn anew for the second set: else columns with few values would agree by the order.
    sets = tuple((metric(both, c), rng.permutation(both.synthetic.rows)) for c in (known, rest))
    main = linked(both, both.real, sets, rng)
    control = None if both.holdout is None else linked(both, both.holdout, sets, rng)
    figures = []
    for k in list(main)[1:]:
        low, high = main[k].interval()
        beside = "" if control is None else f", {control[k].share:.1%} of strangers"
        chance = f"A guess links {by_chance(both.synthetic.rows, k).share:.1%}{beside}."
        figures.append(Figure(f"linked with {k} neighbours", chance, main[k].share, low, high))
    guess = by_chance(both.synthetic.rows, 1)
    return judged(THREAT, main[1], guess, None if control is None else control[1], figures)


def linked(
    both: Sides, people: Side, sets: Sequence[tuple[Metric, Places]], rng: np.random.Generator
) -> dict[int, Run]:
    """How often the nearest synthetic rows by two sets of columns share one, for each k.

    Args:
        sets: how far rows are by each set, and the order of those that are equally near.
    """
    made = both.synthetic
    targets = aimed(people, made.rows, rng)
    most = max(NEIGHBOURS)
    first, second = (nearest(where, targets, made, most, order)[0] for where, order in sets)
    told: dict[int, Run] = {}
    for k in NEIGHBOURS:
        if k > 1 and k >= made.rows:
            break
        same = first[:, :k, None] == second[:, None, :k]
        told[k] = Run(int(same.any(axis=(1, 2)).sum()), targets.rows)
    return told


def by_chance(rows: int, k: int) -> Run:
    """How often k of so many rows and k others drawn at random share one."""
    k = min(k, rows)
    return Run(float(rows * (1 - comb(rows - k, k) / comb(rows, k))), rows, exact=True)
