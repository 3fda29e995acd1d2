"""What somebody learns who holds two releases of the same people, told before the second leaves.

From the two bundles alone, as an attacker has them. How it is done: two exact counts of one group
are subtracted, which tells who came or went; two roundings of one count are intersected, which
tells it more finely than either; noisy answers add up. No value of a cell is named.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from synth.budget import Budget, Measured, Statement
from synth.budget.accounting import epsilon_of
from synth.budget.figures import DELTA_DIGITS, quoted, up
from synth.budget.guarantee import DifferentiallyPrivate, KAnonymous
from synth.budget.ledger import rho_in
from synth.budget.population import TOGETHER, for_whom
from synth.learning.aggregates import Aggregates
from synth.release import Bundle
from synth.release.children import FILE as SECOND
from synth.release.counts import LINES, MEANING, aggregates_of
from synth.vault import Protection
from synth.wording import so_many

MODELS = ("model.json", SECOND)  # of the first table, and of a second one
Counted = dict[frozenset[tuple[str, str]], int]


@dataclass(frozen=True)
class Beside:
    """What a new release tells beside one earlier one.

    Args:
        earlier: the earlier one's name and version.
        lines: sentences without a value of a cell.
        serious: whether the two together break what each of them promises.
        unsure: whether they would, if they were about the same people.
    """

    earlier: str
    lines: tuple[str, ...]
    serious: bool
    unsure: bool = False


@dataclass(frozen=True)
class Subtracted:
    """Two tables of counts, held against each other.

    Args:
        shared: combinations that both tell.
        moved: of these, those whose counts differ.
        few: of those, exact ones that differ by fewer people than the smaller k: a group too small
            to be told by itself.
        crossed: combinations that one tells and the other does not, though it counted them.
        narrowed: combinations of which two roundings, if nobody came or went, tell more than
            either.
    """

    shared: int
    moved: int
    few: int
    crossed: int
    narrowed: int


def beside(earlier: str, old: Bundle, new: Bundle) -> Beside:
    """What `new` tells beside `old`.

    Raises:
        BundleError: counts in one of them are damaged.
    """
    if _told_once(old, new):
        same = "Both are drawn from the same model: together they tell no more than one of them."
        return Beside(earlier, (same,), serious=False)
    both = [b.statement for b in (old, new)]
    formal, apart = together(both) is not None, units(both)
    counts, tells = _counts(old, new)
    lines = (*_promises(*both), *filter(None, [apart]), *_size(old, new), *counts)
    serious = tells or not formal or bool(apart)
    return Beside(earlier, (*lines, *_columns(old, new)), serious=serious)


def under_another_name(population: str, found: Beside) -> Beside:
    """What is told of an earlier release that is said to be about others, and has the same columns.

    Its people may be others, so it is not serious by itself; whoever approves has to know.
    """
    first = (
        f"It is said to be about {quoted(population)}, and has columns of the same names. Unless "
        "these are other people, this holds:"
    )
    lines = (first, *found.lines)
    return replace(found, lines=lines, serious=False, unsure=found.serious)


def beside_all(
    earlier: Sequence[Bundle], new: Bundle, answers: Sequence[Budget] = ()
) -> Beside | None:
    """What `new` promises beside all earlier ones at once; None where `beside` says all there is.

    Releases of the same model with the same counts are one: having it twice tells nothing more.

    Args:
        answers: what each answer to a question about the same people cost.
    """
    counted: list[Bundle] = []
    for one in (*earlier, new):
        if not any(_same_files(one, other) for other in counted):
            counted.append(one)
    releases, noisy = [b.statement for b in counted], [_answer(a) for a in answers]
    whole, apart = together([*releases, *noisy]), units(releases)
    every = f"All {len(earlier)} earlier ones" if len(earlier) > 1 else "The earlier one"
    many = so_many(len(noisy), "answer to a question", "answers to questions")
    if noisy:
        every += f", and {many}"
    if whole is not None and (noisy or len(counted) > 2):
        what = f"All {len(counted)} releases{f' and {many}' if noisy else ''}"
        added = f"{what} are differentially private. {_held(whole)}."
        return Beside(every, tuple(filter(None, (added, apart))), serious=bool(apart))
    if noisy and (alone := together(noisy)):
        told = f"About the same people came out {many}. {_held(alone)}, and with releases none."
        return Beside(every, tuple(filter(None, (told, apart))), serious=True)
    return None


def _answer(cost: Budget) -> Statement:
    return Statement((Measured("an answer", cost.rho),), cost)


def together(told: Sequence[Statement]) -> DifferentiallyPrivate | None:
    """What some releases of the same people hold together; None where one has no epsilon.

    As in the account of a population: rho adds up and is converted once, and the deltas of single
    answers add up beside it (the union bound). What was promised counts, where less was spent: how
    much a method left over may depend on noisy answers.
    """
    each = [s.guarantee for s in told]
    promised = [g for g in each if isinstance(g, DifferentiallyPrivate)]
    if len(promised) < len(each):
        return None
    delta = max(s.budget.delta for s in told)
    rho = math.fsum(max(rho_in(s.ledger), _promised(s)) for s in told)
    own = math.fsum(g.delta - s.budget.delta for g, s in zip(promised, told, strict=True))
    rows = max(g.rows_per_person for g in promised)
    return DifferentiallyPrivate(epsilon_of(rho, delta), delta + own, rows)


def _promised(told: Statement) -> float:
    """The rho that one release could have spent; 0 where nothing bounded it beforehand."""
    return told.budget.rho if told.measured and math.isfinite(told.budget.epsilon) else 0.0


def units(told: Sequence[Statement]) -> str:
    """Why promises do not add up although each has an epsilon: they are made to other units."""
    units = {(s.person, 0 if s.person else s.budget.rows_per_person) for s in told}
    if len(units) < 2:
        return ""
    named = " and ".join(_unit(*unit) for unit in sorted(units))
    return (
        f"Their promises are made to different units: {named}. Unless these are the same people, "
        "the sum bounds nothing for whoever has several rows."
    )


def _unit(name: str, rows: int) -> str:
    """Whom one promise is made to; rows beyond those kept of a named person change nothing."""
    if name:
        return f"whoever is named by {quoted(name)}"
    return "single rows" if rows == 1 else f"whoever has at most {rows} rows"


def _told_once(old: Bundle, new: Bundle) -> bool:
    """Whether one of them tells all that the other does."""
    counts = [LINES in b.files for b in (old, new)]
    return _same_files(old, new, MODELS) and (not all(counts) or _same_files(old, new))


def _same_files(one: Bundle, two: Bundle, names: Sequence[str] = (*MODELS, LINES, MEANING)) -> bool:
    return all(one.files.get(n) == two.files.get(n) for n in names)


def _held(whole: DifferentiallyPrivate) -> str:
    delta = up(whole.delta, DELTA_DIGITS)
    return f"Together they hold epsilon {up(whole.epsilon)} at delta {delta}"


def _promises(one: Statement, two: Statement) -> Iterator[str]:
    """What may still be said of both together."""
    if whole := together([one, two]):
        each = f"not {up(one.cost or 0.0)} or {up(two.cost or 0.0)}"
        yield f"Both are differentially private. {_held(whole)}, {each}."
    else:
        yield (
            "No epsilon bounds what both tell together. Of the earlier one holds: "
            f"{one.guarantee.short}; of this one: {two.guarantee.short}."
        )
    if (total := two.population) is not None and total.population:
        yield (
            f"All {total.releases} releases of the account of these people come to epsilon "
            f"{up(total.epsilon)}. {for_whom(total).replace('**', '')}".rstrip()
        )
    before, after = one.guarantee, two.guarantee
    if isinstance(before, KAnonymous) and isinstance(after, KAnonymous):
        if before.k != after.k:
            yield f"k changed from {before.k} to {after.k}."
        yield TOGETHER


def _size(old: Bundle, new: Bundle) -> Iterator[str]:
    """Rows, and people, that came or went."""
    before, after = int(old.facts["rows"]), int(new.facts["rows"])
    if before == after:
        return
    if any(isinstance(b.statement.guarantee, DifferentiallyPrivate) for b in (old, new)):
        yield f"{so_many(before, 'row')} became {after:,}; not both are without noise."
    else:
        yield (
            f"{so_many(before, 'row')} became {after:,}. Where that is the size of the real "
            f"table, it tells that {abs(after - before):,} {'came' if after > before else 'went'}."
        )


def _columns(old: Bundle, new: Bundle) -> Iterator[str]:
    """Columns that one of them has."""
    before, after = old.schema.names, new.schema.names
    for told, names in (("New", set(after) - set(before)), ("Gone", set(before) - set(after))):
        if names:
            yield f"{told} in this one: {', '.join(map(quoted, sorted(names)))}."


# -- tables of counts ------------------------------------------------------------------------------


def _counts(old: Bundle, new: Bundle) -> tuple[tuple[str, ...], bool]:
    """What follows from two tables of counts, and whether it is more than each promises."""
    one, two = aggregates_of(old), aggregates_of(new)
    if one is None or two is None:
        return (), False
    if Protection.NOISY in (one.protection, two.protection):
        said = "One of their tables of counts has noise, so that subtracting them tells less."
        return (said,), False
    found = subtracted(one, two)
    least = min(one.resolution, two.resolution)
    both = so_many(found.shared, "combination")
    lines = [f"Both report counts of {both}; {found.moved:,} changed."]
    if found.few:
        lines.append(
            f"Subtracting tells of {so_many(found.few, 'group')} of fewer than {least} people "
            "who came or went, or were counted otherwise: nobody promised so few would be seen."
        )
    if found.crossed:
        lines.append(
            f"{so_many(found.crossed, 'combination is', 'combinations are')} reported by one of "
            f"them alone: each count crossed the smallest that is told, or k = {one.resolution} "
            f"and {two.resolution} do."
        )
    if found.narrowed:
        lines.append(
            f"If nobody came or went, two roundings tell {found.narrowed:,} counts more finely "
            "than either of them may."
        )
    return tuple(lines), bool(found.few or found.crossed or found.narrowed)


def subtracted(old: Aggregates, new: Aggregates) -> Subtracted:
    """Hold two tables of counts against each other, combination by combination."""
    one, two = _counted(old), _counted(new)
    least = min(old.resolution, new.resolution)
    shared = one.keys() & two.keys()
    steps = [abs(one[c] - two[c]) for c in shared]
    left = [_left(old, one[c], new, two[c]) for c in shared]
    exact = old.protection is new.protection is Protection.WITHHELD
    told_by_both = {a.column for a in old.names} & {a.column for a in new.names}
    length = min(old.length, new.length)
    alone = [c for c in one.keys() ^ two.keys() if len(c) <= length]
    crossed = sum({name for name, _ in c} <= told_by_both for c in alone)
    return Subtracted(
        len(shared),
        sum(step > 0 for step in steps),
        sum(0 < step < least for step in steps) if exact else 0,
        crossed,
        sum(0 < many < least for many in left),
    )


def _left(old: Aggregates, one: int, new: Aggregates, two: int) -> int:
    """How many sizes of one group two roundings down leave possible; 0 where it changed."""
    if Protection.WITHHELD in (old.protection, new.protection):
        return 0
    return min(one + old.resolution, two + new.resolution) - max(one, two)


def _counted(told: Aggregates) -> Counted:
    frame = told.frame()
    pairs = [(f"column_{i + 1}", f"value_{i + 1}") for i in range(told.length)]
    counts = frame["count"].tolist()
    axes = [(frame[c].tolist(), frame[v].tolist()) for c, v in pairs]
    return {
        frozenset((c[i], v[i]) for c, v in axes if isinstance(c[i], str)): count
        for i, count in enumerate(counts)
    }
