"""What remains risky, told as stories, and what would help: the next step, tried out.

Stories hold cell values: they are for the eyes of whoever already holds the rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from synth.budget import Audience
from synth.budget.eyes import ForCustodian
from synth.errors import SynthError
from synth.ingest.roles import words_of
from synth.lazily import np, pd
from synth.progress import Progress, quiet
from synth.protect.risk import Classes, SpecialUniques, classes_of, special_uniques
from synth.protect.risk.summary import REASON
from synth.protect.steps.apply import Stage, applied
from synth.protect.steps.columns import Drop
from synth.protect.steps.dates import SHAPES, Truncate
from synth.protect.steps.generalise import Generalise
from synth.protect.steps.learnt import GroupRare
from synth.protect.steps.numbers import Band, even_bands
from synth.protect.steps.step import Step
from synth.schema import Kind
from synth.schema.domain import MISSING
from synth.schema.spelling import PLAINLY
from synth.vault.coded import Coded

UNITS = tuple(SHAPES)
MOST_VALUES = 12  # a column with fewer different values is not banded further


@dataclass(frozen=True, repr=False)
class Story(ForCustodian):
    """A few people and what makes them rare."""

    columns: tuple[str, ...]
    values: tuple[str, ...]
    people: int

    def __str__(self) -> str:
        told = [f"{c} {v}" for c, v in zip(self.columns, self.values, strict=True)]
        who = "1 person is" if self.people == 1 else f"{self.people} people are"
        only = "one" if self.people == 1 else "ones"
        return f"{who} the only {only} with {' and '.join(told)}"


@dataclass(frozen=True, repr=False)
class Advice(ForCustodian):
    """A change of the steps, and the risk if it is made.

    Args:
        steps: all steps of the recipe after the change.
        unique: share of rows that would be unique.
        below: rows that would be in classes smaller than k.
        classes: number of classes, fewer is safer.
        k: the smallest class.
        loses: whether it leaves a column out.
    """

    words: str
    column: str
    steps: tuple[Step, ...]
    unique: float
    below: int
    classes: int
    k: int
    loses: bool


def stories(columns: Sequence[Coded], *, fewer_than: int = 5, most: int = 3) -> tuple[Story, ...]:
    """Rare combinations of the fewest values, from different sets of columns."""
    for length in range(1, min(4, len(columns)) + 1):
        special = special_uniques(columns, length=length, fewer_than=fewer_than)
        if special.found:
            return tuple(_told(special, most))
    return ()


def _told(special: SpecialUniques, most: int) -> Iterator[Story]:
    by_rows = sorted(special.found, key=lambda r: (len(r.columns), -len(r.rows)))
    for rare in by_rows[:most]:
        columns = [special.columns[i] for i in rare.columns]
        first = rare.rows[0]
        same = np.logical_and.reduce([c.codes == c.codes[first] for c in columns])
        values = tuple(c.labels[int(c.codes[first])] for c in columns)
        yield Story(tuple(c.name for c in columns), values, int(same.sum()))


def advise(
    stages: Sequence[Stage], quasi: Sequence[str], *, k: int = 5, progress: Progress = quiet
) -> tuple[Advice, ...]:
    """Every next step that could help, tried out, the most helpful first.

    Each says that it was chosen after looking at the rows: a formal promise does not cover it.

    Args:
        stages: the table as it came and after each step, as `protect` gives them.
    """
    last = stages[-1]
    known = [q for q in quasi if q in last.private.schema]
    codes = last.private.exact_codes(known, REASON, Audience.CUSTODIAN)
    coded = dict(zip(known, codes, strict=True))  # once: a table may have hundreds of columns
    made = []
    for place, name in enumerate(known):
        for words, after in _candidates(stages, name):
            progress(place / len(known), "Trying changes of each column …")
            try:
                tried = _tried(words, name, after, stages, coded, k)
            except SynthError:
                continue  # a suggestion that does not fit is no suggestion
            if tried is not None:
                made.append(tried)
    return tuple(sorted(made, key=lambda a: (a.loses, a.below, a.unique, a.classes)))


def _candidates(
    stages: Sequence[Stage], name: str
) -> Iterator[tuple[str, tuple[Step | None, ...]]]:
    """Words and the steps after the change, for one column."""
    steps = tuple(s.step for s in stages if s.step is not None)
    for place, step in enumerate(steps):
        if name in step.writes and (wider := _wider(step)) is not None:
            yield wider[0], (*steps[:place], _looked(wider[1]), *steps[place + 1 :])
    made = {type(s) for s in steps if name in s.writes}
    for words, step in _fresh(stages[-1], name):
        if type(step) not in made:
            yield words, (*steps, _looked(step))


def _looked(step: Step) -> Step:
    return replace(step, seen=True)


def _wider(step: Step) -> tuple[str, Step] | None:
    """The same step, coarser."""
    if isinstance(step, Band) and len(step.edges) > 2:
        return f"widen the bands of {step.target}", replace(step, edges=step.edges[::2])
    if isinstance(step, Truncate) and step.to != "year":
        coarser = UNITS[UNITS.index(step.to) + 1]
        return f"keep only the {coarser} of {step.target}", replace(step, to=coarser)
    if isinstance(step, Generalise) and step.level + 1 < step.known.top:
        up = replace(step, level=step.level + 1)
        return f"generalise {step.target} to {step.known.words(up.level)}", up
    return None


def _fresh(stage: Stage, name: str) -> Iterator[tuple[str, Step]]:
    """New steps that fit what the column holds."""
    (column,) = stage.private.exact_codes((name,), REASON, Audience.CUSTODIAN)
    kind = stage.private.schema[name].kind
    if column.size > MOST_VALUES and kind in (Kind.INTEGER, Kind.REAL):
        told = [v for v in column.labels if v != MISSING]
        numbers = PLAINLY.numbers(pd.Series(told, dtype=object))
        for width in _widths(float(numbers.max() - numbers.min())):
            edges = even_bands(float(numbers.min()), float(numbers.max()) + 1, width)
            yield f"band {name} by {width:g}", Band(name, edges=edges)
    elif kind is Kind.DATE:
        for unit in ("day", "month", "year"):
            yield f"keep only the {unit} of {name}", Truncate(name, to=unit)
    elif "post" in words_of(name) or "zip" in words_of(name):
        for level, unit in ((2, "district"), (3, "area")):
            step = Generalise(name, hierarchy="postcode", level=level)
            yield f"generalise {name} to {unit}", step
    elif column.size > MOST_VALUES:
        yield f"group rare values of {name}", GroupRare(name, fewer_than=50)
    yield f"drop {name}", Drop((name,))


def _widths(span: float) -> tuple[float, ...]:
    """Two round widths that leave some ten and some five bands."""
    unit = 10.0 ** np.floor(np.log10(max(span, 1.0) / 10))
    fine = next(unit * m for m in (1, 2, 5, 10) if span / (unit * m) <= 20)
    return (max(1.0, fine), max(2.0, fine * 2))


def _tried(
    words: str,
    name: str,
    steps: tuple[Step | None, ...],
    stages: Sequence[Stage],
    coded: Mapping[str, Coded],
    k: int,
) -> Advice | None:
    """What comes of a change; None where the column tells as much as before, or nothing.

    The day of a date without a time is the same date, and the month is nothing where there is but
    one: leaving the column out then says what it does.
    """
    after = tuple(s for s in steps if s is not None)
    stage = _redone(stages, after)
    drops = isinstance(after[-1], Drop) and len(after) == len(stages)
    if not drops and name in stage.private.schema:
        before, now = (_told_by(one, name) for one in (stages[-1], stage))
        if now in (before, 1):
            return None
    added = len(after) == len(stages) and set(after[-1].writes) <= {name}
    found = _classes(stage, coded, [name] if added and stage.rows == stages[-1].rows else coded)
    return Advice(
        words,
        name,
        after,
        found.unique_share,
        found.below(k),
        len(found.sizes),
        found.k,
        drops,
    )


def _told_by(stage: Stage, name: str) -> int:
    """How many different values a column has, a missing one left aside."""
    (column,) = stage.private.exact_codes((name,), REASON, Audience.CUSTODIAN)
    return column.size - column.absent


def _redone(stages: Sequence[Stage], steps: Sequence[Step]) -> Stage:
    """The stage after `steps`, from the last one that the change leaves as it was."""
    same = 0
    while same < min(len(steps), len(stages) - 1) and stages[same + 1].step == steps[same]:
        same += 1
    stage = stages[same]
    for step in steps[same:]:
        stage = applied(stage, step, Audience.CUSTODIAN)
    return stage


def _classes(stage: Stage, coded: Mapping[str, Coded], changed: Collection[str]) -> Classes:
    """The classes of a stage, of which only the columns that changed are looked at again."""
    names = [q for q in coded if q in stage.private.schema]
    again = [n for n in names if n in changed]
    codes = stage.private.exact_codes(again, REASON, Audience.CUSTODIAN)
    now = {**coded, **dict(zip(again, codes, strict=True))}
    return classes_of([now[n] for n in names], stage.rows)
