"""Steps applied to a vault, one after the other, and what each did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from synth.budget import Audience, Chosen
from synth.errors import StepError
from synth.ingest import Loaded, Suggestion, look_again
from synth.ingest.declaration import ColumnPart, declared
from synth.protect.steps.learnt import LearntStep
from synth.protect.steps.step import Step
from synth.schema import Column, Origin, Role, Schema
from synth.vault import PrivateTable

LOOK = "how rows and cells change under de-identification"


@dataclass(frozen=True)
class Stage:
    """The table after some steps. The figures are for the custodian.

    Args:
        step: the last step; None for the table as it came.
        left: rows that this step left out.
        emptied: cells that it made missing: no match, no number, suppressed.
        changed: columns that no longer are what the table came with.
        unpaid: steps that looked at the rows without paying.
    """

    private: PrivateTable
    rows: int
    step: Step | None = None
    left: int = 0
    emptied: int = 0
    changed: tuple[str, ...] = ()
    unpaid: tuple[Step, ...] = ()


def beginning(loaded: Loaded, parts: Sequence[ColumnPart], lenient: bool = False) -> Stage:
    """The table as it came, with what is declared of its columns."""
    own = [p for p in parts if p.name in loaded.suggestions]
    schema = declared(loaded.suggestions, own, lenient=lenient)
    return Stage(loaded.private.declared_by_custodian(schema), loaded.rows)


def applied(
    stage: Stage, step: Step, audience: Audience = Audience.RELEASE, *, alone: bool = False
) -> Stage:
    """The next stage.

    Args:
        alone: treat each row whatever the others hold, wherever the step can.

    Raises:
        StepError: the step does not fit the table.
    """
    private = stage.private
    settled = step.settled(private, audience)
    settled = settled.alone() if alone else settled
    _check_person(private, settled)
    schema = settled.declare(private.schema)
    _say_chosen(private, step, audience)
    before = _missing(private, [n for n in settled.writes if n in private.schema])
    new = private.transform(_Declared(settled, _honest(step, schema)), audience)
    rows = new.exact_size(LOOK, Audience.CUSTODIAN)
    changed = tuple(dict.fromkeys((*stage.changed, *settled.writes)))
    unpaid = (step,) if step.depends_on_rows and not step.paid else ()
    return Stage(
        new,
        rows,
        step,
        stage.rows - rows,
        max(0, _missing(new, settled.writes) - before),
        tuple(n for n in changed if n in new.schema),
        (*stage.unpaid, *unpaid),
    )


def _say_chosen(private: PrivateTable, step: Step, audience: Audience) -> None:
    """Write down that a step was chosen after looking at the rows, where it says so."""
    entry = Chosen(step.choice)
    if step.seen and audience is Audience.RELEASE and entry not in private.ledger:
        private.ledger.note(entry)


@dataclass(frozen=True)
class _Declared:
    """A step together with the schema it leads to, which is worked out once."""

    step: Step
    schema: Schema

    @property
    def depends_on_rows(self) -> str:
        return self.step.depends_on_rows

    def __call__(self, frame: Any) -> Any:
        return self.step(frame)

    def declare(self, schema: Schema) -> Schema:
        return self.schema


def _honest(step: Step, schema: Schema) -> Schema:
    """Values that a look at the rows led to are not declared, whatever the settled step says."""
    if not (step.seen or isinstance(step, LearntStep)):
        return schema
    origin = Origin.DISCOVERED if step.paid and not step.seen else Origin.OBSERVED
    for name in step.writes:
        column = schema[name]
        domain: Any = column.domain
        if domain.origin in (Origin.DECLARED, Origin.BOUNDED):
            schema = schema.replaced(replace(column, domain=replace(domain, origin=origin)))
    return schema


def _missing(private: PrivateTable, names: Sequence[str]) -> int:
    """Missing cells in some columns."""
    total = 0
    for column in private.exact_codes(names, LOOK, Audience.CUSTODIAN):
        if column.absent:
            total += int((column.codes == column.size - 1).sum())
    return total


def _check_person(private: PrivateTable, step: Step) -> None:
    """The column that tells people apart has to stay under its name until the end."""
    person = private.person
    if person and person not in step.declare(private.schema):
        raise StepError(
            f"`{person}` tells whose row it is, and has to stay.",
            "Leave it as an identifier: identifiers never reach a release, new ones are made.",
            "columns",
        )


def protect(
    loaded: Loaded,
    parts: Sequence[ColumnPart],
    steps: Sequence[Step],
    audience: Audience = Audience.RELEASE,
    *,
    lenient: bool = False,
) -> tuple[Stage, ...]:
    """The table as it came, and after each step.

    Args:
        lenient: take a kind that no cell has as it is declared, and change each row whatever the
            others hold: under a promise, a refusal would tell of the rows.

    Raises:
        StepError: with the number of the step that does not fit.
    """
    stages = [beginning(loaded, parts, lenient)]
    for number, step in enumerate(steps, start=1):
        try:
            stages.append(applied(stages[-1], step, audience, alone=lenient))
        except StepError as error:
            what = f"Step {number} ({step.title.lower()}): {error.what}"
            raise StepError(what, error.remedy, error.key) from None
    return tuple(stages)


def after_steps(loaded: Loaded, stage: Stage, parts: Sequence[ColumnPart]) -> Loaded:
    """The table after its last step, with what its columns now are.

    A `[[column]]` that names a column of the table as it came describes it as it came; one that
    names a column made by a step describes that.
    """
    schema = stage.private.schema
    looked = [
        c.name for c in schema if c.name in stage.changed and c.domain.origin is Origin.OBSERVED
    ]
    again = look_again(stage.private, looked) if looked else {}
    own = {c.name: _now(c, loaded.suggestions.get(c.name), again.get(c.name)) for c in schema}
    later = [p for p in parts if p.name not in loaded.suggestions]
    private = stage.private.declared_by_custodian(declared(own, later))
    said = (_still(p, stage) for p in parts if p.name in schema)
    return Loaded(
        private,
        own,
        stage.rows,
        tuple(said),
        written=loaded.written,  # a `;` says what a comma may be
        changed=stage.changed,
    )


def _still(part: ColumnPart, stage: Stage) -> ColumnPart:
    """What a declaration still says of its column after the steps: of a changed one, its role."""
    if part.name not in stage.changed:
        return part
    return ColumnPart(
        name=part.name, role=part.role, seen=part.seen, meaning=part.meaning, unit=part.unit
    )


def _now(column: Column, came: Suggestion | None, again: Suggestion | None) -> Suggestion:
    """What a column is after the steps: its own declaration, or what the rows show."""
    if again is None:
        alternatives = came.alternatives if came is not None else {}
        domain = column.domain
        own = {} if column.role is Role.IDENTIFIER else {column.kind: domain}
        return Suggestion(column, {**alternatives, **own})
    seen = again.column
    kind = seen.kind
    if column.role is Role.IDENTIFIER:
        again_seen = replace(column, domain=seen.domain, facts=seen.facts)
        return Suggestion(again_seen, again.alternatives)
    domain = again.alternatives[kind]
    new = replace(column, kind=kind, domain=domain, facts=seen.facts)
    return Suggestion(new, again.alternatives)
