"""Finding out, under the budget, what each column is: its kind, how it is written, its role.

One noisy histogram over a public list of shapes (`shapes`) settles kind, decimal places, decimal
mark and date format together; a noisy number of different values settles whether a column may be an
identifier. Roles follow from a column's name, which is public, and from that number. What the
custodian declares without looking is taken as it is, and costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from synth.budget import Rho
from synth.ingest.declaration import ColumnPart, declared_column
from synth.ingest.finer import detailed, details
from synth.ingest.forms import (
    Form,
    MissingTexts,
    form_by_type,
    form_of,
    usual_gaps,
)
from synth.ingest.named import names_codes
from synth.ingest.roles import role_by_name, words_of
from synth.ingest.shapes import shapes
from synth.ingest.shaping import Shapes
from synth.ingest.showing import hidden
from synth.ingest.suggest import Suggestion, possible
from synth.ingest.tallies import usual_comma
from synth.lazily import np
from synth.progress import Progress, quiet
from synth.schema import (
    Column,
    Counts,
    Kind,
    Origin,
    Pattern,
    Role,
    Schema,
)
from synth.schema.pattern import RUNNING, USUAL, usual_pattern
from synth.schema.stored import listed_by_type
from synth.vault import Measurement, PrivateTable

SHARE = 0.02  # of rho, for all columns together, in a table large enough
MOST_SHARE = 0.2  # of rho, in a small one
AGAIN = 1.0  # of the price of a question: a closer look at cells of which noise hid all
FINE = 50  # the noise should be no more than one row in so many
UNIQUE = 0.9  # values to rows, from which on every row is taken to have its own
FEW, REPEATED = 20, 4  # fewer values, each in more rows than that on average, name no one person


@dataclass(frozen=True)
class Plan:
    """What has to be asked of the rows before it is known what the columns are.

    Args:
        shapes: columns whose cells' shapes are counted.
        numbers: columns whose different values are counted.
    """

    shapes: tuple[str, ...]
    numbers: tuple[str, ...]

    @property
    def questions(self) -> int:
        return len(self.shapes) + len(self.numbers)


def plan(schema: Schema, parts: Sequence[ColumnPart], changed: Collection[str] = ()) -> Plan:
    """What has to be asked, given what is declared. No row is touched.

    Args:
        changed: columns that steps changed, so that the type of their source says nothing.
    """
    told = {p.name: p for p in parts}
    open_ = [c for c in schema if c.facts is Origin.OBSERVED]
    typed = {c.name for c in open_ if _by_type(c, told.get(c.name), changed) is not None}
    asked = [c for c in open_ if c.name not in typed]
    shapes = tuple(c.name for c in asked if not _known_form(c, told.get(c.name)))
    numbers = tuple(c.name for c in asked if _maybe_identifier(c, told.get(c.name)))
    return Plan(shapes, numbers)


def _by_type(column: Column, part: ColumnPart | None, changed: Collection[str]) -> Form | None:
    """How a column is written where its type settles that, and no number of values its role."""
    if column.name in changed or (part is not None and _says(part)):
        return None
    role = part.role if part is not None else None
    if role is None:
        named = role_by_name(words_of(column.name))
        role = named.role if named is not None else Role.PLAIN
    return None if role is Role.IDENTIFIER else form_by_type(column.stored)


def _known_form(column: Column, part: ColumnPart | None) -> bool:
    if part is not None and (_says(part) or part.role is Role.IDENTIFIER):
        return part.form
    return _made_known(column)


def _maybe_identifier(column: Column, part: ColumnPart | None) -> bool:
    """Whether the number of its values is needed to tell whether it names people."""
    if part is not None and (part.role is not None or _bounded(part)):
        return False
    if _made_known(column) and not (part is not None and _says(part)):
        return False
    named = role_by_name(words_of(column.name))
    return named is None or named.role is Role.IDENTIFIER


def _made_known(column: Column) -> bool:
    """Whether a step made it what it is, whatever the rows hold.

    That it is an identifier is no step's doing: it was one before, by what the rows show.
    """
    known = column.domain.origin in (Origin.DECLARED, Origin.BOUNDED)
    return known and not isinstance(column.domain, Pattern)


def _says(part: ColumnPart) -> bool:
    """Whether a declaration says what the column holds, and not only its role."""
    return part.kind is not None or _bounded(part)


def _bounded(part: ColumnPart) -> bool:
    return any(v is not None for v in (part.values, part.edges, part.low, part.high))


def formed(
    private: PrivateTable,
    parts: Sequence[ColumnPart],
    people: int = 0,
    progress: Progress = quiet,
    *,
    changed: Collection[str] = (),
    delimiter: str = "",
) -> PrivateTable:
    """The same rows, with what the columns are found out under the budget.

    Value lists and bounds that nobody declared stay open: `discovery` finds those.

    Args:
        parts: what the custodian declared.
        people: about how many rows there are, as far as that is public; 0 if it is not.
        changed: columns that steps changed.
        delimiter: what stood between two fields, where it was a text file.

    Raises:
        BudgetExceeded: too little is left.
        SchemaError: a declaration contradicts itself.
    """
    asked = plan(private.schema, parts, changed)
    each = _price(private, asked.questions, people)
    told = {p.name: p for p in parts}
    shown = {n: _shown(private, n, each) for n in asked.shapes}
    sigma = max((m.sigma for m in shown.values()), default=0.0)
    counts = [m.counts for m in shown.values()]
    gaps, comma = (
        usual_gaps(private.gap_texts, counts, sigma),
        usual_comma(counts, sigma, delimiter),
    )
    found: list[Column] = []
    for i, column in enumerate(private.schema):
        progress(i / len(private.schema), "finding out what columns are")
        name, part = column.name, told.get(column.name)
        if column.facts is Origin.OBSERVED:
            typed = _by_type(column, part, changed)
            made = _found(
                private, column, part, _Asked(asked, each, shown.get(name), gaps, comma, typed)
            )
            found.append(made)
        elif part is not None and part.missing_as is None and not part.seen:
            found.append(replace(column, missing_as=gaps.default))
    return private.discovered(found)


@dataclass(frozen=True)
class _Asked:
    """What was asked of the rows, and what is known by now of a column.

    Args:
        rho: what each question costs.
        shown: how many of its cells have each shape; None where that was not asked.
        gaps: how missing cells of this file are written.
        comma: what its columns tell of the comma.
        typed: what the type of its source settles; None where nothing.
    """

    plan: Plan
    rho: Rho
    shown: Measurement | None
    gaps: MissingTexts
    comma: float
    typed: Form | None


def _shown(private: PrivateTable, name: str, rho: Rho) -> Measurement:
    return _counted(private, private.schema[name], Shapes(gaps=private.gap_texts), rho)


def _price(private: PrivateTable, questions: int, people: int) -> Rho:
    """What each question may cost: little in a large table, where little noise matters less."""
    if not questions:
        return Rho(math.inf)
    left = private.ledger.left
    wanted = questions * (FINE * private.rows_per_person / max(people, 1)) ** 2 / 2
    share = SHARE if not people else min(MOST_SHARE, max(SHARE, wanted / left))
    return Rho(left * share / questions)


def _found(private: PrivateTable, column: Column, part: ColumnPart | None, asked: _Asked) -> Column:
    name = column.name
    form = _form(private, column, part, asked)
    role, why = _role(private, column, form, asked.rho if name in asked.plan.numbers else None)
    told = role if part is None or part.role is None else part.role
    said = part is not None and (_says(part) or told is Role.IDENTIFIER)
    known = said or asked.typed is not None
    if name not in asked.plan.shapes and not known:  # a step made it what it is
        gap = form.missing_as
        return replace(column, role=told, reason=why, facts=Origin.DISCOVERED, missing_as=gap)
    new = _identifiers(name, form.kind)
    made = replace(
        column,
        domain=new if role is Role.IDENTIFIER else possible(form)[form.kind],
        kind=form.kind,
        role=role,
        reason=why,
        facts=Origin.DISCOVERED,
        missing_as=form.missing_as,
    )
    suggestion = Suggestion(made, possible(form), new)
    return made if part is None else declared_column(suggestion, part)


def _form(private: PrivateTable, column: Column, part: ColumnPart | None, asked: _Asked) -> Form:
    """How a column is written; numbers that its name calls codes are categories."""
    form = _as_written(private, column, part, asked)
    free = part is None or not _says(part)
    if free and form.kind in (Kind.INTEGER, Kind.REAL) and names_codes(words_of(column.name)):
        return replace(form, kind=Kind.CATEGORY)
    return form


def _as_written(
    private: PrivateTable, column: Column, part: ColumnPart | None, asked: _Asked
) -> Form:
    if asked.typed is not None:
        return replace(asked.typed, missing_as=asked.gaps.default)
    kind = part.kind if part is not None else None
    if part is not None and part.values is not None:
        kind = kind or Kind.CATEGORY
    if kind is None and listed_by_type(column.stored):
        kind = Kind.CATEGORY
    if asked.shown is None:
        return Form(kind or column.kind, missing_as=asked.gaps.default)
    counts, sigma = _clearer(private, column, asked.shown, asked.rho)
    form = form_of(counts, sigma, kind, asked.gaps, asked.comma)
    for of in details(form):
        told = _counted(private, column, Shapes(of), asked.rho)
        form = detailed(form, of, told.counts, told.sigma)
    return form


def _clearer(
    private: PrivateTable, column: Column, shown: Measurement, rho: Rho
) -> tuple[Counts, float]:
    """How many cells have each shape, and the noise in that: after a closer look, if it hid all.

    What few people wrote, or a few among many gaps, lies within noise that is right for others.
    """
    if not hidden(shown.counts[: len(shapes())], shown.sigma):
        return shown.counts, shown.sigma
    again = _counted(private, column, Shapes(gaps=private.gap_texts), Rho(AGAIN * rho))
    parts = np.array([shown.sigma, again.sigma]) ** -2.0
    both = (parts[0] * shown.counts + parts[1] * again.counts) / parts.sum()
    return both, float(parts.sum() ** -0.5)


def _counted(private: PrivateTable, column: Column, shapes: Shapes, rho: Rho) -> Measurement:
    table = private.discovered([replace(column, domain=shapes, role=Role.PLAIN)])
    return table.measure((column.name,), rho, f"how cells are written: {shapes.of}")


def _role(private: PrivateTable, column: Column, form: Form, rho: Rho | None) -> tuple[Role, str]:
    """The role by its name and the noisy number of its values, and why."""
    named = role_by_name(words_of(column.name))
    if rho is None:
        return (named.role, named.why) if named is not None else (Role.PLAIN, "")
    different = private.distinct(column.name, rho, "how many values there are")
    if named is not None:
        few = different < FEW and form.cells > REPEATED * different and not named.of_people
        coarse = form.kind in (Kind.BOOLEAN, Kind.REAL)
        return (Role.QUASI if few else Role.PLAIN if coarse else named.role), named.why
    unique = different >= UNIQUE * form.cells or different > max(FEW, form.cells / 2)
    if form.kind is Kind.CATEGORY and form.cells >= FEW and unique and not form.measured:
        return Role.IDENTIFIER, "Nearly every row has a value of its own: an identifier."
    return Role.PLAIN, ""


def _identifiers(name: str, kind: Kind) -> Pattern:
    usual = usual_pattern(words_of(name))
    counted = kind is Kind.INTEGER and usual.template == USUAL
    return Pattern(RUNNING) if counted else usual
