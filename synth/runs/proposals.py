"""Settings proposed for a purpose, each with its reason: from names and declared facts alone.

No row is asked: two tables with the same columns, declarations and said number of people get the
same proposals, so taking them costs no budget. Each is a change of the recipe as data.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod

from synth.budget.figures import up
from synth.budget.guarantee import WEAK
from synth.budget.promise import LARGEST_DELTA
from synth.budget.prospect import (
    MOST,
    MOSTLY_NOISE,
    ROUGH,
    MembershipGuess,
    Prospect,
    epsilon_for,
)
from synth.ingest.declaration import ColumnPart
from synth.learning.method import Promise
from synth.methods import method_named
from synth.runs.declared_shape import DeclaredShape
from synth.runs.fixes import LADDER, USUAL, Fix, coarser, without
from synth.runs.purpose import Use
from synth.runs.recipe import Recipe
from synth.schema import Column, Numbers

FEW_CELLS = 10  # people in a cell on average, below which a pinned set is mostly noise
MOST_PINNED = 8
FOR_USE = {
    Promise.PRIVATE: {Use.TABLES: "adaptive", Use.MODEL: "adaptive", Use.TEACHING: "adaptive"},
    Promise.K_PEOPLE: {
        Use.TABLES: "aggregate_seeded",
        Use.MODEL: "value_seeded",
        Use.TEACHING: "value_seeded",
    },
    Promise.NONE: dict.fromkeys((Use.TABLES, Use.MODEL, Use.TEACHING), "sequential"),
}
WHY = {
    "random": "software needs the form of values alone, so no row has to be read at all",
    "independent": "no two columns are to be counted together, so the budget goes to each by "
    "itself",
    "adaptive": "it keeps the columns that go together, and those that you name for sure",
    "aggregate_seeded": "it keeps counts of a few columns best",
    "value_seeded": "it keeps most of how columns go together",
    "sequential": "it keeps connections of any shape",
}


@dataclass(frozen=True)
class Proposal:
    """A change that serves the purpose, and why."""

    fix: Fix
    reason: str

    @property
    def plain(self) -> str:
        """In a sentence."""
        words = self.fix.words
        return f"{words[:1].upper()}{words[1:]}: {self.reason}."


def proposals(recipe: Recipe, shape: DeclaredShape) -> tuple[Proposal, ...]:
    """What would serve the purpose better, most useful first; nothing where no use is said."""
    if not recipe.purpose.use:
        return ()
    return (
        *_method(recipe),
        *_left_out(recipe, shape),
        *_coarser(recipe, shape),
        *_pinned(recipe, shape),
        *_epsilon(recipe, shape),
    )


def _method(recipe: Recipe) -> Iterator[Proposal]:
    """The method that fits the use, of those that promise what is wanted."""
    purpose, now = recipe.purpose, recipe.chosen
    wanted = now.promise
    if set(purpose.use) == {Use.SOFTWARE}:
        name = "random"
    else:
        kind = Promise.PRIVATE if wanted is Promise.NO_ROW_READ else wanted
        use = next(u for u in (Use.MODEL, Use.TABLES, Use.TEACHING) if u in purpose.use)
        name = FOR_USE[kind][use]
        apart = use is Use.TABLES and purpose.closed and not purpose.crossings
        name = "independent" if apart and kind is Promise.PRIVATE else name
    if name != recipe.method.name:
        title = method_named(name).title.lower()
        yield Proposal(Fix(f"take the method {name} ({title})", method=name), WHY[name])


def _left_out(recipe: Recipe, shape: DeclaredShape) -> Iterator[Proposal]:
    """Columns that nobody asks for, where the purpose says all that is asked."""
    purpose = recipe.purpose
    spare = [c.name for c in shape.schema.modelled if c.name not in purpose.named]
    spare = [n for n in spare if n != recipe.people.column]
    if not purpose.closed or not spare or len(spare) == len(shape.schema.modelled):
        return
    step = {"step": "drop", "columns": tuple(spare)}
    named = f"`{spare[0]}`" if len(spare) == 1 else f"{len(spare)} columns ({', '.join(spare)})"
    why = "nobody asks for it" if len(spare) == 1 else "nobody asks for them"
    more = ", and each takes its share of the budget" if recipe.formal else ""
    fix = Fix(f"leave {named} out", steps=(*recipe.protect, step))
    yield Proposal(fix, f"{why}{more}; what is not released tells nothing")


def _coarser(recipe: Recipe, shape: DeclaredShape) -> Iterator[Proposal]:
    """Columns with more values than can be told apart under the noise."""
    seen = _prospect(recipe, shape)
    if seen is None:
        return
    for column in shape.schema.modelled:
        size, named = column.domain.size, column.name in recipe.purpose.named
        if recipe.purpose.closed and not named:
            continue  # it is proposed to leave it out
        if size <= 2 * seen.tellable or column.name in shape.assumed:
            continue
        why = f"it has {size:,} values, and about {seen.tellable:,} can be told apart"
        fix = next(coarser(recipe, column), None) or _fewer(recipe, column, seen.tellable)
        if fix is None and not named:
            fix = without(recipe, column.name)
        if fix is not None:
            yield Proposal(fix, why)


def _fewer(recipe: Recipe, column: Column, most: int) -> Fix | None:
    """Fewer intervals between bounds that are declared; None where there are none."""
    parts: Sequence[ColumnPart] = recipe.column
    part = next((p for p in parts if p.name == column.name), None)
    if part is None or part.low is None or not isinstance(column.domain, Numbers):
        return None
    return Fix(f"cut `{column.name}` into {most} intervals", intervals={column.name: most})


def _pinned(recipe: Recipe, shape: DeclaredShape) -> Iterator[Proposal]:
    """Sets that are measured for sure, where the method can be told."""
    if recipe.method.name != "adaptive":
        return
    purpose, rows = recipe.purpose, recipe.purpose.rows
    there = {c.name: c.domain.size for c in shape.schema.modelled}
    asked = [c for c in purpose.crossings if Use.TABLES in purpose.use and len(c) > 1]
    target, *predictors = purpose.regressed or ("",)
    asked += [(target, name) for name in predictors]
    fits = [tuple(s) for s in asked if all(n in there for n in s)]
    if rows:
        fits = [s for s in fits if prod(there[n] for n in s) * FEW_CELLS <= rows]
    before = tuple(tuple(s) for s in (recipe.method.model_extra or {}).get("pinned", ()))
    new = [s for s in dict.fromkeys(fits) if not any(set(s) <= set(b) for b in before)]
    new = new[: max(0, MOST_PINNED - len(before))]
    if new:
        named = ", ".join(" × ".join(s) for s in new)
        fix = Fix(f"always measure {named} together", settings={"pinned": (*before, *new)})
        yield Proposal(fix, "that is what will be counted, whatever else goes together")


def _epsilon(recipe: Recipe, shape: DeclaredShape) -> Iterator[Proposal]:
    """More where single columns are mostly noise; less where it buys nothing that is asked.

    What is defensible comes first: no more than `USUAL` is proposed as long as there is less, and
    then the next of `LADDER` alone, with what it takes from the people in the table.
    """
    seen = _prospect(recipe, shape)
    only_form = set(recipe.purpose.use) == {Use.SOFTWARE}  # which no noise changes
    if seen is None or not recipe.formal or only_form:
        return
    now = recipe.privacy.epsilon
    together = recipe.method.name != "independent"
    noise = max(seen.single, seen.pair) if together else seen.single
    wanted = _enough(seen, together=together)
    if wanted > 1.2 * now and noise > ROUGH and (now < USUAL or wanted <= WEAK):
        share = "most" if noise > MOSTLY_NOISE else "much"
        why = f"with about {seen.rows:,} people, {share} of what would be released is noise"
        more = min(wanted, next((e for e in LADDER if e > now), 0.0))
        if more:
            beyond = f"; {told_of(more, recipe)}" if more > USUAL else ""
            enough = "" if wanted <= more else ", and not all of that would go"
            yield Proposal(
                Fix(f"raise epsilon to {up(more, 2)}", epsilon=more), why + enough + beyond
            )
    elif wanted < now / 2:
        why = "that is accurate enough for about one row in twenty, and protects people better"
        yield Proposal(Fix(f"lower epsilon to {up(wanted, 2)}", epsilon=wanted), why)


def told_of(epsilon: float, recipe: Recipe) -> str:
    """What an epsilon above the usual one takes from the people in the table."""
    now, then = (
        MembershipGuess(e, recipe.privacy.delta or LARGEST_DELTA).at_worst for e in (USUAL, epsilon)
    )
    return (
        f"that is above {USUAL:g}, which is usual here: whoever guesses whether somebody is in the "
        f"table may then be right {then:.0%} of the time, {now:.0%} at {USUAL:g}"
    )


def _enough(seen: Prospect, *, together: bool) -> float:
    """The epsilon at which noise moves no more than `ROUGH` of the rows, in two digits."""
    if together:
        found = epsilon_for(ROUGH, seen.sizes, seen.rows, seen.delta, seen.rows_per_person)
        return float(up(found, 2)) if found < MOST else math.inf
    steps = [0.01 * 1.1**i for i in range(90)]
    fine = (e for e in steps if replace(seen, epsilon=e).single <= ROUGH)
    return float(up(next(fine, math.inf), 2))


def _prospect(recipe: Recipe, shape: DeclaredShape) -> Prospect | None:
    """How much is noise at the said number of people; None where nobody said it, or none is."""
    sizes = shape.schema.shape([c.name for c in shape.schema.modelled])
    if not recipe.purpose.rows or not sizes or not recipe.formal:
        return None
    delta = recipe.privacy.delta or LARGEST_DELTA
    each = recipe.people.rows
    return Prospect(tuple(sizes), recipe.purpose.rows, recipe.privacy.epsilon, delta, each)
