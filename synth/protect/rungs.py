"""How a column may be coarsened, rung by rung, each joining what the one before told apart.

A rung is made of de-identification steps, and what it does is found by doing it to the values: what
is proposed is what the steps do. Bands of numbers start at the roundest numbers near the quantiles,
so that no single person decides them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from synth.ingest.roles import words_of
from synth.lazily import compiled, np, npt, pd
from synth.protect.steps.columns import Drop
from synth.protect.steps.dates import Truncate
from synth.protect.steps.generalise import Generalise
from synth.protect.steps.hierarchy import Postcode
from synth.protect.steps.numbers import Band
from synth.protect.steps.step import Step, ValueStep
from synth.protect.steps.text import Mask, Recode
from synth.schema import Kind
from synth.schema.domain import MISSING
from synth.schema.spelling import PLAINLY
from synth.schema.values import Values
from synth.vault.coded import Coded
from synth.wording import so_many

Joined: TypeAlias = "npt.NDArray[np.int64]"  # the group of each value

BANDS = (16, 8, 4, 2)
KEPT = (16, 8, 4, 2, 1)  # values that keep their name
REST = "Other"
PREFIXES = (4, 3, 2, 1)  # characters of a code that are kept
DAYS = (4, 2)  # stretches of days
FEW_DAYS = 62  # a table of fewer is told in stretches of days, not month by month
FEW = 20  # different values, below which nothing is taken for a list of codes
ALIKE = 0.9  # of the values of a column of codes, these look like one
ICD = compiled(r"[A-Z]\d[0-9A-Z](\.?[0-9A-Z]{1,4})?", re.I)
CODE = compiled(r"[A-Za-z0-9.\-/]{3,12}")


@dataclass(frozen=True, eq=False)
class Rung:
    """One way to coarsen a column.

    Args:
        words: what is left of it, for the custodian.
        steps: none where it stays as it is; the column left out where it is the last.
        groups: one number per value of the column as it is; which values become the same.
    """

    words: str
    steps: tuple[Step, ...]
    groups: Joined

    @cached_property
    def size(self) -> int:
        """How many groups."""
        return int(self.groups.max(initial=-1)) + 1


def rungs(column: Coded, kind: Kind, k: int) -> tuple[Rung, ...]:
    """The rungs of a column, the finest first; the last leaves it out.

    Args:
        k: values that fewer people have are not told apart.
    """
    counts = np.bincount(column.codes, minlength=column.size)
    labels = pd.Series(column.labels, dtype=object)
    found = [Rung("as it is", (), np.arange(column.size))]
    if kind is Kind.TEXT:
        written = (labels == MISSING).to_numpy().astype(np.int64)
        found = [Rung("whether something is written", (), written)]
    else:
        known: dict[str, pd.Series] = {}
        for words, steps in _offered(column.name, kind, labels, counts, k):
            groups = _after(steps, labels, known)
            if 1 < groups.max(initial=0) + 1 < found[-1].size and _joins(found[-1].groups, groups):
                found.append(Rung(words, steps, groups))
    return (*found, Rung("left out", (Drop((column.name,)),), np.zeros(column.size, np.int64)))


def _after(steps: tuple[ValueStep, ...], labels: pd.Series, known: dict[str, pd.Series]) -> Joined:
    """The group of each value after some steps; a missing one stays one.

    Args:
        known: the values after the steps that were tried before, to go on from.
    """
    made = labels.mask(labels == MISSING, None)
    for place, step in enumerate(steps, start=1):
        so_far = repr(steps[:place])
        if so_far not in known:
            told = made.notna()
            new = step.change(made[told].reset_index(drop=True)).to_numpy(dtype=object)
            made = made.copy()
            made[told] = new
            known[so_far] = made
        made = known[so_far]
    return np.asarray(pd.factorize(made.fillna(MISSING).to_numpy(dtype=object))[0], np.int64)


def _joins(finer: Joined, coarser: Joined) -> bool:
    """Whether what was one group stays in one group."""
    pairs = np.unique(np.column_stack([finer, coarser]), axis=0)
    return len(pairs) == len(np.unique(finer))


Offer: TypeAlias = tuple[str, tuple[ValueStep, ...]]


def _offered(
    name: str, kind: Kind, labels: pd.Series, counts: npt.NDArray[np.int64], k: int
) -> Iterator[Offer]:
    """Words and steps, the finest first; those that join nothing more are passed over."""
    present = (labels != MISSING).to_numpy()
    if kind in (Kind.INTEGER, Kind.REAL):
        yield from _bands(name, (), labels, counts, whole=kind is Kind.INTEGER)
    elif kind is Kind.DATE:
        yield from _dates(name, labels[present], counts[present], k)
    else:
        base: tuple[ValueStep, ...] = ()
        for words, step in _codes(name, labels[present]):
            base = (step,)
            yield words, base
        yield from _kept(name, base, labels, counts, k)


def _bands(
    name: str,
    before: tuple[ValueStep, ...],
    labels: pd.Series,
    counts: npt.NDArray[np.int64],
    *,
    whole: bool,
) -> Iterator[Offer]:
    numbers = PLAINLY.numbers(labels)
    known = ~np.isnan(numbers)
    if not known.any():
        return
    cuts = round_cuts(numbers[known], counts[known], BANDS[0])
    for bands in BANDS:
        edges = sorted({c for at, c in cuts.items() if at % (BANDS[0] // bands) == 0})
        if edges:
            yield (
                f"{len(edges) + 1} bands",
                (*before, Band(name, edges=(-math.inf, *edges), whole=whole)),
            )


def round_cuts(numbers: Values, counts: npt.NDArray[np.int64], parts: int) -> dict[int, float]:
    """Round numbers that cut a column into nearly equal parts, by which part begins there.

    A number that very many share is never cut in two: the cut is before it, or after it. No cut is
    at the smallest number, or below it.
    """
    order = np.argsort(numbers)
    values, weights = numbers[order], counts[order].astype(np.float64)
    below = np.concatenate([[0.0], np.cumsum(weights)]) / max(float(weights.sum()), 1.0)
    found = {}
    for part in range(1, parts):
        near = np.searchsorted(below, [(part - 0.25) / parts, (part + 0.25) / parts], "right")
        low, high = (min(max(int(x) - 1, 0), len(values) - 1) for x in near)
        if low == high:  # one value reaches over it all: the nearer of its ends
            low, high = (
                (low - 1, low)
                if part / parts - below[low] <= below[low + 1] - part / parts
                else (low, low + 1)
            )
        if low >= 0 and high < len(values) and values[low] < values[high]:
            found[part] = roundest(float(values[low]), float(values[high]))
    return found


def roundest(low: float, high: float) -> float:
    """The number above `low` and at most `high` that is written with the fewest digits."""
    power = 10.0 ** math.ceil(math.log10(max(abs(low), abs(high), high - low)))
    while True:
        for part in (10, 5, 2, 1):
            step = power * part / 10
            at = math.floor(high / step + 1e-9) * step
            if low < at <= high:
                return float(f"{at:.12g}")
        power /= 10
        if power < (high - low) / 1e4:
            return high


def _dates(name: str, labels: pd.Series, counts: npt.NDArray[np.int64], k: int) -> Iterator[Offer]:
    labels = labels.reset_index(drop=True)
    day, year = Truncate(name, to="day"), Truncate(name, to="year")
    days = day.change(labels)
    short = days.nunique() <= FEW_DAYS
    for unit in ("hour", "day") if short else ("day", "month", "quarter", "year"):
        yield f"the {unit}", (Truncate(name, to=unit),)
    if not short:
        yield from _bands(name, (year,), year.change(labels).fillna(""), counts, whole=True)
        return
    told = pd.Series(counts).groupby(days.to_numpy(dtype=object), sort=True).sum()
    told = told[told >= k]  # a day of fewer has no name here, not even as an end
    for parts in (n for n in DAYS if n < len(told)):
        yield f"{parts} stretches of days", (day, _stretches(name, told, parts))


def _stretches(name: str, days: pd.Series, parts: int) -> Recode:
    """Days one after the other, joined to stretches of about as many people each."""
    reached = (days.cumsum() - days / 2) / max(float(days.sum()), 1.0)
    part = (reached * parts).astype(int).clip(upper=parts - 1)
    said = {}
    for _, joined in days.groupby(part.to_numpy()):
        first, last = joined.index[0], joined.index[-1]
        said.update(dict.fromkeys(joined.index, first if first == last else f"{first} to {last}"))
    return Recode(name, values=said)


def _codes(name: str, labels: pd.Series) -> Iterator[tuple[str, ValueStep]]:
    """Shorter forms of codes that are ordered from the left: postcodes, diagnoses, others."""
    if len(labels) <= FEW:
        return
    if any(w in words_of(name) for w in ("post", "zip")) or _alike(labels, Postcode.british):
        for level in (2, 3):
            step = Generalise(name, hierarchy="postcode", level=level)
            yield f"the {Postcode.names[level]}", step
    elif _alike(labels, ICD):
        for level, unit in ((1, "category"), (2, "chapter")):
            yield f"the {unit}", Generalise(name, hierarchy="icd10", level=level)
    elif _alike(labels, CODE) and labels.str.contains(r"\d").mean() >= ALIKE:
        longest = int(labels.str.len().max())
        for first in (n for n in PREFIXES if n < longest):
            yield f"the first {so_many(first, 'character')}", Mask(name, first=first, sign="")


def _alike(labels: pd.Series, shape: re.Pattern[str]) -> bool:
    return bool(labels.dropna().str.strip().map(shape.fullmatch).notna().mean() >= ALIKE)


def _kept(
    name: str,
    base: tuple[ValueStep, ...],
    labels: pd.Series,
    counts: npt.NDArray[np.int64],
    k: int,
) -> Iterator[Offer]:
    """The commonest values by name, and the rest under one word."""
    made = labels.mask(labels == MISSING, None)
    for step in base:
        made = made.where(made.isna(), step.change(made.fillna("")))
    told = pd.Series(counts).groupby(made.to_numpy(dtype=object), sort=True).sum()
    told = told.sort_values(ascending=False, kind="stable")
    often = [str(v) for v, n in told.items() if n >= k]
    if len(often) < len(told):
        yield _and_rest(len(often)), (*base, _recoded(name, often))
    for kept in (n for n in KEPT if n < len(often)):
        yield _and_rest(kept), (*base, _recoded(name, often[:kept]))


def _and_rest(kept: int) -> str:
    return f"{kept} {'value' if kept == 1 else 'values'} and {REST}"


def _recoded(name: str, values: Sequence[str]) -> Recode:
    return Recode(name, values={v: v for v in sorted(values)}, others=REST)
