"""Membership inference: whether somebody was in the table, told from the nearest synthetic row.

Distance-based, as an attacker without the model can do it. What such an attack does not find,
another may: Ganev and De Cristofaro (2023), arXiv:2312.05114; Yao and others (2025),
arXiv:2505.01524. Reported where few are wrongly accused: Carlini and others (2022),
arXiv:2112.03570.
"""

from __future__ import annotations

from math import floor, sqrt

from synth.evaluate.attacks.nearness import aimed, metric, nearest
from synth.evaluate.attacks.threat import (
    NO_HOLDOUT,
    SURE,
    Attempt,
    Figure,
    Run,
    Threat,
    Z,
    judged,
    unjudged,
)
from synth.evaluate.sides import Sides
from synth.lazily import np
from synth.schema.values import Values

FALSE = 0.01  # of the strangers may be taken for members

THREAT = Threat(
    "membership",
    "Somebody who knows everything about a person except whether they are in the table.",
    "They know all columns of that person.",
    "They want to know whether the person was in the table, and accuse 1 in 100 wrongly at most.",
    "Take a formal promise or a lower epsilon; coarser columns and fewer of them help too.",
)
LITTLE_PROOF = "A better attack may still work where this one fails."


def membership(both: Sides, rng: np.random.Generator) -> Attempt:
    """Members told by how near the nearest synthetic row is: TPR at 1 % FPR, and the AUC."""
    if both.holdout is None:
        return unjudged(THREAT, NO_HOLDOUT)
    where, order = metric(both, both.names), np.arange(both.synthetic.rows)
    members, strangers = (
        nearest(where, aimed(side, both.synthetic.rows, rng), both.synthetic, 1, order)[1][:, 0]
        for side in (both.real, both.holdout)
    )
    return by_distance(THREAT, members, strangers, LITTLE_PROOF)


def by_distance(
    threat: Threat,
    members: Values,
    strangers: Values,
    note: str,
    looks: str = "is nearer to the synthetic rows",
) -> Attempt:
    """What came of it, where whoever is nearer than others is taken for a member.

    Args:
        members, strangers: how far each is, in any measure.
        note: what a reader has to know where it does not succeed.
        looks: what that measure says of a member, "than a stranger".
    """
    bound = threshold(strangers)
    true, false = (Run(int((d < bound).sum()), len(d)) for d in (members, strangers))
    naive = Run(FALSE * len(members), len(members), exact=True)
    auc, (low, high) = area(members, strangers), of_area(members, strangers, Z)
    figure = Figure("AUC", f"How often a member {looks} than a stranger.", auc, low, high)
    told = ""
    if of_area(members, strangers, SURE)[0] > 0.5:
        told = f"A member {looks} than a stranger {auc:.1%} of the time."
    note = "" if told else note
    return judged(threat, true, naive, false, (figure,), told_otherwise=told, note=note)


def threshold(strangers: Values) -> float:
    """The distance below which no more than 1 in 100 strangers are."""
    return float(np.sort(strangers)[floor(FALSE * len(strangers))])


def area(members: Values, strangers: Values) -> float:
    """The chance that a member is nearer than a stranger, ties by half: 0.5 is guessing."""
    held = np.sort(strangers)
    below, upto = (np.searchsorted(held, members, side=s) for s in ("left", "right"))
    m = len(strangers)
    return float(((m - upto) + (upto - below) / 2).sum()) / (len(members) * m)


def of_area(members: Values, strangers: Values, z: float) -> tuple[float, float]:
    """Its interval: Hanley and McNeil (1982), doi:10.1148/radiology.143.1.7063747."""
    auc, n, m = area(members, strangers), len(members), len(strangers)
    one, two = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    square = auc * (1 - auc) + (n - 1) * (one - auc**2) + (m - 1) * (two - auc**2)
    error = z * sqrt(max(0.0, square / (n * m)))
    return max(0.0, auc - error), min(1.0, auc + error)
