"""PRIVACY.md: what may honestly be said about a release, in plain words."""

from __future__ import annotations

from synth.budget import Statement
from synth.budget.guarantee import DifferentiallyPrivate
from synth.budget.population import population_lines
from synth.lazily import np
from synth.learning.method import Model
from synth.schema import Origin, Schema

WHERE_FROM = {
    Origin.DECLARED: "values declared without looking at the rows",
    Origin.DISCOVERED: "values found under the privacy budget",
    Origin.OBSERVED: "values read off the real rows",
}


def statement_text(model: Model, title: str) -> str:
    """The statement of a release, in Markdown."""
    statement = model.statement
    lines = [
        f"# Privacy statement{f': {title}' if title else ''}",
        "",
        "The rows in this bundle are synthetic: they were drawn from a model, and no row "
        "describes a real person.",
        "",
        f"**{statement.guarantee.short}.** {statement.guarantee.plain}",
        "",
        *_taken_as_known(statement),
        *_how_measured(statement),
        *population_lines(statement.population),
        "## What the columns hold",
        "",
        *(f"- {_column_line(model.schema, n)}" for n in model.schema.names),
        "",
        "Text cells that a spreadsheet would run as a formula begin with an apostrophe in the "
        "CSV file; the Parquet file has them unchanged.",
        "",
    ]
    return "\n".join(lines)


def _taken_as_known(statement: Statement) -> list[str]:
    """What a formal promise leaves out, because it was known without the rows."""
    if not isinstance(statement.guarantee, DifferentiallyPrivate):
        return []
    return [
        "Taken as known without the rows, and so not covered: the names of the columns, what sort "
        "of values each holds and how these are written, and whatever is marked as declared below.",
        "",
    ]


def _how_measured(statement: Statement) -> list[str]:
    paid = [(p, r) for p, r in statement.ledger if np.isfinite(r)]
    if not paid:
        return []
    total = sum(r for _, r in paid)
    groups: dict[str, tuple[int, float]] = {}
    for purpose, rho in paid:
        kind = purpose.split(":")[0]
        times, spent = groups.get(kind, (0, 0.0))
        groups[kind] = (times + 1, spent + rho)
    return [
        "## What the privacy budget was spent on",
        "",
        "| looked at | times | share of the budget spent |",
        "|---|---|---|",
        *(f"| {k} | {t} | {r / total:.1%} |" for k, (t, r) in groups.items()),
        "",
    ]


def _column_line(schema: Schema, name: str) -> str:
    column = schema[name]
    origin = WHERE_FROM[column.domain.origin]
    told = f" {column.meaning}" if column.meaning else ""
    if not column.modelled:
        return f"`{name}` (identifier): made anew, belongs to nobody.{told}"
    return f"`{name}` ({column.kind.value}): {column.domain.size} states, {origin}.{told}"
