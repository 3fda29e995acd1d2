"""All attacks on one synthetic table, the worst first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from synth.evaluate.attacks.copying import EXACT, NEAR, copying
from synth.evaluate.attacks.disclosure import disclosed, replicated
from synth.evaluate.attacks.inference import inference
from synth.evaluate.attacks.linkability import THREAT as LINKING
from synth.evaluate.attacks.linkability import linkability
from synth.evaluate.attacks.membership import THREAT as MEMBERSHIP
from synth.evaluate.attacks.membership import membership
from synth.evaluate.attacks.singling_out import ONE, SEVERAL, singling_out
from synth.evaluate.attacks.threat import Attempt, Result, Threat, unjudged
from synth.evaluate.sides import Sides
from synth.lazily import np
from synth.progress import Progress, quiet
from synth.schema import Role, Schema

WANTED = 3  # secrets where nobody names them
NOTHING = "One of the tables has no rows or no columns."
WORDS = {
    Result.SUCCEEDED: "succeeded",
    Result.UNJUDGED: "could not be judged",
    Result.HOLDS: "did not",
}
INFERENCE = Threat(
    "attribute inference",
    "Somebody who knows a person in the table.",
    "They know some columns of that person.",
    "They want to learn another.",
)
UNNAMED = (
    "No column is named that somebody would like to learn: name one with --secret, or as `secrets` "
    "in [evaluate]."
)


def roles(
    both: Sides, schema: Schema, known: Sequence[str], secrets: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What an attacker may know of a person, and the columns they would like to learn.

    As said; else by the roles of the columns, of sensitive ones the first few, as each takes time.
    Where no column is a quasi-identifier, all but the secrets are known.
    """
    by_role = [
        tuple(c.name for c in schema if c.role is role and c.name in both.names)
        for role in (Role.QUASI, Role.SENSITIVE)
    ]
    wanted = tuple(dict.fromkeys(n for n in secrets if n in both.names)) or by_role[1][:WANTED]
    told = tuple(dict.fromkeys(n for n in known if n in both.names)) or by_role[0]
    others = tuple(n for n in told or both.names if n not in wanted)
    return others or tuple(n for n in both.names if n not in wanted), wanted


def counted(found: Sequence[Attempt]) -> str:
    """How many came to what, in a line.

    >>> counted(())
    ''
    """
    times = [(sum(a.result is result for a in found), result) for result in Result]
    return ", ".join(f"{n} {WORDS[result]}" for n, result in times if n)


def untried(why: str) -> tuple[Attempt, ...]:
    """All of them, where none could be tried."""
    threats = (ONE, SEVERAL, LINKING, INFERENCE, MEMBERSHIP, EXACT, NEAR)
    return tuple(unjudged(threat, why) for threat in threats)


def attacks(
    both: Sides,
    known: Sequence[str],
    secrets: Sequence[str],
    rng: np.random.Generator,
    progress: Progress = quiet,
) -> tuple[Attempt, ...]:
    """What each attacker comes to; for the custodian.

    Args:
        known: columns that an attacker may know of a person.
        secrets: those they would like to learn.
    """
    held = both.holdout if both.holdout is not None and both.holdout.rows else None
    both = replace(both, holdout=held)
    if not both.names or not both.synthetic.rows or both.real.rows < 2:
        return untried(NOTHING)
    told = [*singling_out(both, rng)]
    progress(0.3, "attacks: linking and learning")
    told.append(linkability(both, known, rng))
    if known:
        told.append(replicated(both, known, rng))
    if not known or not secrets:
        told.append(unjudged(INFERENCE, UNNAMED))
    for secret in secrets if known else ():
        told += [inference(both, known, secret, rng), disclosed(both, known, secret, rng)]
    progress(0.7, "attacks: membership and copies")
    told += [membership(both, rng), *copying(both, rng)]
    return worst_first(told)


def worst_first(found: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """Those that succeeded first."""
    return tuple(sorted(found, key=lambda a: list(Result).index(a.result)))
