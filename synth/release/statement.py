"""PRIVACY.md: what may honestly be said about a release, in plain words, from its ledger alone."""

from __future__ import annotations

import math

from synth.budget import Chosen, Entry, Grouped, Measured, Opened, Statement
from synth.budget.accounting import epsilon_of
from synth.budget.figures import DELTA_DIGITS, plain, up
from synth.budget.guarantee import DifferentiallyPrivate
from synth.budget.ledger import rho_in
from synth.budget.population import population_lines
from synth.learning.method import Model
from synth.release.children import Children
from synth.release.kept_rules import KeptRules
from synth.schema import Categories, Column, Origin, Pattern, Schema
from synth.schema.stored import in_order
from synth.wording import so_many

WHERE_FROM = {
    Origin.DECLARED: "declared without looking at the rows",
    Origin.BOUNDED: "between bounds declared without looking at the rows",
    Origin.DISCOVERED: "found under the promise",
    Origin.CONFIRMED: "confirmed by the custodian after seeing the rows",
    Origin.OBSERVED: "read off the real rows",
}
NOISE = {
    "gaussian": "whole-number Gaussian noise",
    "laplace": "whole-number Laplace noise",
    "exponential": "a choice by chance (exponential mechanism)",
}


def statement_text(
    model: Model,
    title: str,
    *,
    safe: bool = True,
    kept: KeptRules | None = None,
    second: Children | None = None,
) -> str:
    """The statement of a release, in Markdown.

    Args:
        safe: whether cells that a spreadsheet would run got an apostrophe.
        kept: what became of the rules between columns.
        second: a second table, whose rows belong to the people of the first.
    """
    statement = model.statement
    lines = [
        f"# Privacy statement{f': {plain(title)}' if title else ''}",
        "",
        "The rows in this bundle are synthetic: they were drawn from a model. "
        f"{statement.guarantee.rows}",
        "",
        f"**{statement.guarantee.short}.** {plain(statement.guarantee.plain)}",
        "",
        *_taken_as_known(statement, model.schema),
        *_whom(statement, model.rows, second),
        *_looked_at(statement),
        *population_lines(statement.population),
        "## What the columns hold",
        "",
        *_table(COLUMNS, [_column_line(c) for c in model.schema]),
        "",
        *([] if second is None else _columns_of_second(second)),
        *([] if kept is None else _rules(kept)),
        SAFE if safe else UNSAFE,
        "",
    ]
    return "\n".join(lines)


COLUMNS = (
    "column",
    "kind",
    "role",
    "kind, role and format are",
    "states",
    "its values are",
    "what it means",
)


def _columns_of_second(second: Children) -> list[str]:
    return [
        f"## What the columns of {plain(second.name)} hold",
        "",
        f"`{plain(second.parent_key)}` is the key of the person; it is the one that was made anew "
        f"for `{plain(second.key)}`.",
        "",
        *_table(COLUMNS, [_column_line(c) for c in second.schema]),
        "",
    ]


SAFE = (
    "Cells that a spreadsheet would run as a formula begin with an apostrophe in the CSV files; "
    "the Parquet files have them unchanged."
)
CHOSEN = "nothing: chosen by the custodian after looking at the rows"
UNSAFE = (
    "Cells that a spreadsheet would run as a formula are as they were drawn: open the CSV files in "
    "a spreadsheet only as text."
)


def _rules(kept: KeptRules) -> list[str]:
    """The rules between columns, and how many of the synthetic rows break each."""
    lines: list[tuple[str, ...]] = list(kept.lines)
    if not lines:
        return []
    told = plain(kept.upkeep.plain)
    return [
        "## Rules between columns",
        "",
        "Counted in the synthetic rows. That the rows keep a rule tells nothing of the real ones.",
        "",
        *_table(("rule", "it was", "in the synthetic rows"), lines),
        "",
        *([f"{told} That is drawing: it looks at no real row.", ""] if told else []),
    ]


def _taken_as_known(statement: Statement, schema: Schema) -> list[str]:
    """What a formal promise leaves out, because it was known without the rows."""
    if not isinstance(statement.guarantee, DifferentiallyPrivate):
        return []
    return [
        "Taken as known without the rows, and so not covered: the names of the columns, how the "
        "file is laid out (encoding, delimiter, where its table begins and ends), and "
        f"whatever is marked as declared below.{_of_types(schema)}",
        "",
    ]


def _of_types(schema: Schema) -> str:
    """What was taken from the types of the source, beside what columns hold."""
    names = [f"`{plain(c.name)}`" for c in schema if _in_order_of_its_type(c)]
    if not names:
        return ""
    return (
        f" So is the order in which the values of {', '.join(names)} stand: the type of the source "
        "says it, and nobody said how its owner came by it."
    )


def _in_order_of_its_type(column: Column) -> bool:
    listed = isinstance(column.domain, Categories) and len(column.domain.values) > 1
    return listed and in_order(column.stored) and column.domain.origin is not Origin.DECLARED


def _whom(statement: Statement, rows: int, second: Children | None) -> list[str]:
    """Who is protected, which of their rows were used, and how many that were."""
    most = statement.budget.rows_per_person
    if statement.person:
        who = (
            f"A person is named by the column `{plain(statement.person)}`. At most "
            f"{so_many(most, 'row')} of each {'was' if most == 1 else 'were'} used; others were "
            "left out before anything was counted, and how many is not told."
        )
    elif most > 1:
        who = f"A person has at most {most} rows, as the custodian says; no column names them."
    else:
        who = "Each row is taken to be one person."
    noisy = rows > 0 and _only_noisy(statement)
    used = (
        f" By the noisy answers below, about {so_many(rows, 'row was', 'rows were')} used."
        if noisy
        else ""
    )
    return ["## Who is protected", "", f"{who}{used}", "", *_linked(statement, second)]


def _linked(statement: Statement, second: Children | None) -> list[str]:
    """How rows of a second table belong to the same people."""
    if second is None:
        return []
    name = plain(second.name)
    return [
        f"To each of them belong rows of {name}: at most {statement.linked} of each were used; "
        "others, and rows that belong to nobody in the first table, were left out before anything "
        "was counted, and how many is not told. The promise is made to the person with all of "
        f"them: lines below that begin with `{name}:` were charged as answers that one person "
        f"moves by {so_many(statement.linked, 'row')}.",
        "",
    ]


def _only_noisy(statement: Statement) -> bool:
    """Whether the number of rows can only come from answers with noise, which were paid for.

    Beside a method that opens the rows or counts groups, noisy counts say nothing of it.
    """
    noisy = statement.measured
    exact = any(isinstance(e, Opened | Grouped) for e in statement.ledger)
    return bool(noisy) and not exact and not any(math.isinf(e.rho) for e in noisy)


def _looked_at(statement: Statement) -> list[str]:
    """Every touch of the rows, what it cost, and what that comes to."""
    if not statement.ledger:
        return ["No row was read.", ""]
    head = ("looked at", "how it was protected", "rho", "delta")
    return [
        "## What was looked at",
        "",
        "Every touch of the rows that a release may tell something of, in order. Costs are rounded "
        "up.",
        "",
        *_table(head, [_entry_line(e) for e in statement.ledger]),
        "",
        *_sum(statement),
    ]


def _sum(statement: Statement) -> list[str]:
    if not statement.measured:
        return []
    rho, budget = rho_in(statement.ledger), statement.budget
    if math.isinf(rho):
        return ["At least one answer was given without noise, so the costs have no sum.", ""]
    own = math.fsum(e.delta for e in statement.measured)
    comes_to = (
        f"Together: rho {up(rho)}, which is epsilon {up(epsilon_of(rho, budget.delta))} at a delta "
        f"of {up(budget.delta, DELTA_DIGITS)}"
    )
    beside = f", and a delta of {up(own, DELTA_DIGITS)} beside it" if own else ""
    cap = "no limit was set" if math.isinf(budget.epsilon) else _cap(statement)
    return [f"{comes_to}{beside}; {cap}.", ""]


def _cap(statement: Statement) -> str:
    most = statement.budget.delta + statement.aside
    return (
        f"the limit was epsilon {up(statement.budget.epsilon)} with a delta of "
        f"{up(most, DELTA_DIGITS)}"
    )


def _entry_line(entry: Entry) -> tuple[str, ...]:
    match entry:
        case Measured():
            noise = NOISE.get(entry.mechanism, entry.mechanism)
            if math.isinf(entry.rho):
                return entry.purpose, "nothing: exact", "no limit", ""
            own = up(entry.delta, DELTA_DIGITS) if entry.delta else ""
            return entry.purpose, noise, up(entry.rho), own
        case Grouped():
            reach = f"up to {so_many(entry.length, 'value')}" if entry.length else "any length"
            return entry.purpose, f"shared by at least {entry.k} people ({reach})", "", ""
        case Chosen():
            return entry.what, CHOSEN, "", ""
        case Opened():
            return entry.reason, "nothing: the rows were seen", "no limit", ""


def _column_line(column: Column) -> tuple[str, ...]:
    facts = WHERE_FROM[column.facts]
    if isinstance(column.domain, Pattern):
        made = f"made anew: they {column.domain.why}"
        return column.name, "", column.role.value, facts, "", made, column.meaning
    states = f"{column.domain.size:,}"
    origin = WHERE_FROM[column.domain.origin]
    kind, role = column.kind.value, column.role.value
    return column.name, kind, role, facts, states, origin, column.meaning


def _table(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> list[str]:
    told = [head, ("---",) * len(head), *lines]
    return [f"| {' | '.join(map(plain, line))} |" for line in told]
