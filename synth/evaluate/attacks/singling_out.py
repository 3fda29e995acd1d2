"""Singling out: a description read off the synthetic rows that fits exactly one real person.

Descriptions that fit exactly one synthetic row: of one column (a value that occurs once, an
extreme), or of three columns at a time. By chance a description of weight w fits exactly one of n
people with n w (1 - w)^(n - 1), up to 37 %: Cohen and Nissim (2020), doi:10.1073/pnas.1914598117.
So they are tried on as many people in the table as were set aside, where chance is the same.
Reference for the descriptions: Giomi and others (2023), doi:10.56553/popets-2023-0055, section 4.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from synth.budget.eyes import ForCustodian
from synth.evaluate.attacks.threat import Attempt, Figure, Result, Run, Threat, judged
from synth.evaluate.sides import Side, Sides
from synth.lazily import np, npt
from synth.schema import Codes

MOST = 2_000  # descriptions of each kind
TRIES = 40_000  # few put together at random fit one row alone
CHECKED = 2_000_000_000  # rows in all; fewer tries of larger tables
TOGETHER = 3  # columns of a description of several

ONE, SEVERAL = (
    Threat(
        f"singling out by {columns}",
        "Somebody who has the synthetic table and nothing else.",
        f"They know of nobody, and read descriptions by {columns} off the synthetic rows.",
        "They want one that fits exactly one real person, to find that person elsewhere.",
        "Coarsen the columns with values of their own, clip the tails of numbers, raise k, or "
        "lower epsilon.",
    )
    for columns in ("one column", "several columns")
)
NOTHING = "The attack failed. No description fits exactly one synthetic row."
IN_ALL = "Of the descriptions, those that fit exactly one person of the whole table."


@dataclass(frozen=True, repr=False)
class Predicate(ForCustodian):
    """A condition on one column: "=", "≤" or "≥" a number or the place of a value; NaN: missing."""

    name: str
    sign: str
    value: float

    def fits(self, side: Side) -> npt.NDArray[np.bool_]:
        """Which rows it fits."""
        held = side.numbers[self.name] if self.name in side.numbers else side.codes[self.name]
        if np.isnan(self.value):
            return np.isnan(held)
        if self.sign == "=":
            return np.asarray(held == self.value)
        return np.asarray(held <= self.value if self.sign == "≤" else held >= self.value)


Description = tuple[Predicate, ...]
Maker: TypeAlias = "Callable[[Side, Sequence[str], np.random.Generator], list[Description]]"


def singled(side: Side, found: Sequence[Description]) -> Codes:
    """Of each description, the place of the one row that it fits; -1 where it fits none or more."""
    return np.array([_the_one(side, description) for description in found], dtype=np.int64)


def _the_one(side: Side, description: Description) -> int:
    fits = description[0].fits(side)
    for part in description[1:]:
        fits = fits & part.fits(side)
    return int(fits.argmax()) if int(fits.sum()) == 1 else -1


def singling_out(both: Sides, rng: np.random.Generator) -> tuple[Attempt, ...]:
    """Descriptions of one column, and of several where there are several."""
    made = [_attack(ONE, of_one, 1, both, rng)]
    if len(both.names) > 1:
        together = min(TOGETHER, len(both.names))
        made.append(_attack(SEVERAL, of_several, together, both, rng))
    return tuple(made)


def _attack(
    threat: Threat, make: Maker, together: int, both: Sides, rng: np.random.Generator
) -> Attempt:
    found = make(both.synthetic, both.names, rng)
    if not found:
        return Attempt(threat, Result.HOLDS, NOTHING)
    guesses = list(_guessed(both, together, len(found), rng))
    if both.holdout is None:
        return judged(threat, _run(both.real, found), _run(both.real, guesses), None)
    size = min(both.real.rows, both.holdout.rows)
    real, held = (_some(side, size, rng) for side in (both.real, both.holdout))
    whole = _run(both.real, found)
    low, high = whole.interval()
    figure = Figure("singled out of the whole table", IN_ALL, whole.share, low, high)
    return judged(threat, _run(real, found), _run(real, guesses), _run(held, found), (figure,))


def _some(side: Side, size: int, rng: np.random.Generator) -> Side:
    return side if side.rows == size else side.taken(rng.choice(side.rows, size, replace=False))


def _run(side: Side, found: Sequence[Description]) -> Run:
    """How many descriptions single somebody out; several of one person tell no more than one."""
    persons = singled(side, found)
    times = np.unique(persons[persons >= 0], return_counts=True)[1]
    total = int(times.sum())
    shared = float((times * times).sum()) / total if total else 1.0
    return Run(total, len(found), shared=shared)


# -- descriptions ----------------------------------------------------------------------------------


def of_one(side: Side, names: Sequence[str], rng: np.random.Generator) -> list[Description]:
    """Values that one row alone holds, and extremes that one row alone reaches."""
    found: list[Predicate] = []
    for name in names:
        found += _alone(name, side, rng)
    if len(found) > MOST:
        found = [found[i] for i in rng.choice(len(found), MOST, replace=False)]
    return [(part,) for part in found]


def _alone(name: str, side: Side, rng: np.random.Generator) -> Iterator[Predicate]:
    if name in side.codes:
        values, times = np.unique(side.codes[name], return_counts=True)
    else:
        held = side.numbers[name]
        if np.isnan(held).sum() == 1:
            yield Predicate(name, "=", float("nan"))
        values, times = np.unique(held[~np.isnan(held)], return_counts=True)
        if len(values) > 1 and times[0] == 1:
            yield Predicate(name, "≤", float(values[0]))
        if len(values) > 1 and times[-1] == 1:
            yield Predicate(name, "≥", float(values[-1]))
    once = values[times == 1]
    if len(once) > MOST:
        once = rng.choice(once, MOST, replace=False)
    yield from (Predicate(name, "=", float(v)) for v in once)


def of_several(side: Side, names: Sequence[str], rng: np.random.Generator) -> list[Description]:
    """Some columns of a row, numbers as they are or as a bound, that fit no other row."""
    if not side.rows:
        return []
    middles = {n: _middle(side, n) for n in names if n in side.numbers}
    tries = max(MOST, min(TRIES, CHECKED // side.rows))
    rows = rng.integers(side.rows, size=tries)
    some = np.sort(rng.random((tries, len(names))).argsort(axis=1)[:, :TOGETHER], axis=1)
    exactly = rng.random(some.shape) < 0.5
    found: list[Description] = []
    looked_up: set[Description] = set()
    for row, columns, same in zip(rows, some, exactly, strict=True):
        made = tuple(
            _part(names[i], side, int(row), middles, bool(as_it_is))
            for i, as_it_is in zip(columns, same, strict=True)
        )
        if made not in looked_up:
            looked_up.add(made)
            if _the_one(side, made) >= 0:
                found.append(made)
        if len(found) == MOST:
            break
    return found


def _middle(side: Side, name: str) -> float:
    known = side.numbers[name][~np.isnan(side.numbers[name])]
    return float(np.median(known)) if len(known) else 0.0


def _part(name: str, side: Side, row: int, middles: dict[str, float], exactly: bool) -> Predicate:
    if name in side.codes:
        return Predicate(name, "=", float(side.codes[name][row]))
    value = float(side.numbers[name][row])
    if np.isnan(value) or exactly:
        return Predicate(name, "=", value)
    return Predicate(name, "≥" if value >= middles[name] else "≤", value)


def _guessed(
    both: Sides, together: int, how_many: int, rng: np.random.Generator
) -> Iterator[Description]:
    """Descriptions put together at random, each value from any synthetic row."""
    made = both.synthetic
    for _ in range(how_many):
        some = rng.choice(len(both.names), together, replace=False)
        parts = []
        for name in (both.names[i] for i in sorted(some)):
            held = made.numbers[name] if name in made.numbers else made.codes[name]
            signs = ("=", "≤", "≥") if name in made.numbers else ("=",)
            value = float(held[int(rng.integers(made.rows))])
            parts.append(Predicate(name, signs[int(rng.integers(len(signs)))], value))
        yield tuple(parts)
