"""Attribute inference: the secret of the nearest synthetic row, said of a person who is known.

A secret is right if it is the same, and a number if it is within 5 % of the real range. Reference:
Giomi and others (2023), doi:10.56553/popets-2023-0055, section 4.3.
"""

from __future__ import annotations

from collections.abc import Sequence

from synth.evaluate.attacks.nearness import Places, aimed, metric, nearest, span
from synth.evaluate.attacks.threat import Attempt, Run, Threat, judged
from synth.evaluate.sides import Side, Sides
from synth.lazily import np, npt
from synth.schema import Codes

TOLERANCE = 0.05  # of the real range, within which a number is right
LISTED = 5  # names that a sentence holds


def threat(known: Sequence[str], secret: str) -> Threat:
    """Somebody who knows some columns of a person and wants another."""
    return Threat(
        f"attribute inference of {secret}",
        "Somebody who knows a person in the table, such as a neighbour or an employer.",
        f"They know {listed(known)} of that person.",
        f"They want to learn {secret}, which they take from the synthetic row that is most alike.",
        "Coarsen what is known or the secret, leave a column out, raise k, or lower epsilon.",
        secret,
    )


def listed(names: Sequence[str]) -> str:
    """Names in a sentence; of many, how many."""
    if len(names) > LISTED:
        return f"{len(names)} columns"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def inference(both: Sides, known: Sequence[str], secret: str, rng: np.random.Generator) -> Attempt:
    """What the nearest synthetic row says, beside what any synthetic row would."""
    order = rng.permutation(both.synthetic.rows)
    main, naive = guessed(both, both.real, known, secret, order, rng)
    held = both.holdout
    control = None if held is None else guessed(both, held, known, secret, order, rng)[0]
    return judged(threat(known, secret), main, naive, control)


def guessed(
    both: Sides,
    people: Side,
    known: Sequence[str],
    secret: str,
    order: Places,
    rng: np.random.Generator,
) -> tuple[Run, Run]:
    """How often the nearest synthetic row is right, and how often any is."""
    targets = aimed(people, both.synthetic.rows, rng)
    near = nearest(metric(both, known), targets, both.synthetic, 1, order)[0][:, 0]
    anyone = rng.integers(both.synthetic.rows, size=targets.rows)
    nearly, by_chance = (
        Run(int(right(both, targets, secret, places).sum()), targets.rows)
        for places in (near, anyone)
    )
    return nearly, by_chance


def right(both: Sides, targets: Side, secret: str, places: Codes) -> npt.NDArray[np.bool_]:
    """Whether each target's secret is that of a synthetic row, numbers within 5 % of the range."""
    if secret in targets.codes:
        return np.asarray(targets.codes[secret] == both.synthetic.codes[secret][places])
    low, high = span(both.real.numbers[secret])
    own, said = targets.numbers[secret], both.synthetic.numbers[secret][places]
    near = np.abs(own - said) <= TOLERANCE * (high - low) * (1 + 1e-9)
    return np.asarray(near | (np.isnan(own) & np.isnan(said)))
