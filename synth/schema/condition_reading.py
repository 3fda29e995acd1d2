"""Conditions on a row, read as SQL says them: `sex = 'F' and age > 80`, `no missing values`.

A small part of SQL, parsed by sqlglot and looked at node by node: a column against values with `=`,
`<>`, `<`, `<=`, `>`, `>=`, `in (…)`, `between … and …`, `is missing` (or `is null`); a column that
says yes or no by itself; `and`, `or`, `not`, brackets; and `no missing values`, of all columns. A
name of several words goes in backticks or double quotes, a value in single quotes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from synth.errors import ConditionError
from synth.lazily import compiled, exp, np, sqlglot
from synth.schema.columns import Column, Schema
from synth.schema.conditions import SIGNS, Atom, Both, Either, Never, Where, bound_of, orderly
from synth.schema.domain import Categories, Text
from synth.schema.intervals import Dates
from synth.schema.obeying import NO, NUMERIC, YES
from synth.schema.pattern import Pattern

LONGEST = 2_000  # characters
DIALECT = "sqlite"  # which takes backticks, double quotes and brackets around names
QUOTED = r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`"
ALL_THERE = compiled(rf"({QUOTED})|\b(?i:no\s+missing\s+values)\b")
IS_MISSING = compiled(rf"({QUOTED})|\b(?i:is\s+(not\s+)?missing)\b")
REMEDY = (
    "Write it as sex = 'F' and age > 80; also <>, in ('a', 'b'), between 1 and 5, is missing, not, "
    "or, and no missing values. A name of several words goes in backticks."
)
TURNED = {"lt": "gt", "lte": "gte", "gt": "lt", "gte": "lte", "eq": "eq", "neq": "neq"}
logging.getLogger("sqlglot").setLevel(logging.ERROR)  # its warnings would quote the condition


def read_where(text: str, schema: Schema) -> Where:
    """The condition that a text says, of rows of this schema.

    >>> from synth.schema import Categories
    >>> read_where("sex = 'F'", Schema((Column("sex", Categories(("F", "M"))),)))
    Atom(column='sex', sign='eq', values=('F',))

    Raises:
        ConditionError: it is not understood, or no row of the schema can hold it.
    """
    if len(text) > LONGEST or not text.strip():
        raise ConditionError(
            f"A condition of {len(text):,} characters is none.", f"Write 1 to {LONGEST:,}."
        )
    try:
        trees = sqlglot.parse(_in_sql(text, schema), read=DIALECT)
        if len(trees) != 1 or trees[0] is None:
            raise ConditionError("The condition is not understood.", REMEDY)
        return _Reader(schema).read(trees[0])
    except (sqlglot.ParseError, sqlglot.TokenError, RecursionError):
        raise ConditionError("The condition is not understood.", REMEDY) from None


def _in_sql(text: str, schema: Schema) -> str:
    """The text with our own words as SQL."""
    names = [f'"{c.name.replace(chr(34), chr(34) * 2)}"' for c in schema.modelled]
    every = f"({' AND '.join(f'{n} IS NOT NULL' for n in names)})"
    text = ALL_THERE.sub(lambda m: m[1] or every, text)
    return IS_MISSING.sub(lambda m: m[1] or f"IS {m[2] or ''}NULL", text)


@dataclass(frozen=True)
class _Reader:
    schema: Schema

    def read(self, tree: Any) -> Where:
        """Raises ConditionError for any other node than a condition has."""
        match tree:
            case exp.Paren():
                return self.read(tree.this)
            case exp.And() | exp.Or():
                parts = tuple(self.read(p) for p in tree.flatten())
                return Both(parts) if isinstance(tree, exp.And) else Either(parts)
            case exp.Not():
                return Never(self.read(tree.this))
            case exp.Is() if isinstance(tree.expression, exp.Null):
                return Atom(self._column(tree.this).name, "missing")
            case exp.In() if not tree.args.get("query") and tree.expressions:
                values = tuple(self._value(v) for v in tree.expressions)
                return self._compared(self._column(tree.this), "eq", values)
            case exp.Between():
                column = self._column(tree.this)
                ends = (("gte", tree.args["low"]), ("lte", tree.args["high"]))
                found = (self._compared(column, s, (self._value(v),)) for s, v in ends)
                return Both(tuple(found))
            case exp.Column():
                return self._by_itself(self._column(tree))
        if tree.key in SIGNS:
            return self._comparison(tree)
        raise ConditionError("The condition is not understood.", REMEDY)

    def _comparison(self, tree: Any) -> Where:
        one, other, sign = tree.this, tree.expression, tree.key
        if not isinstance(one, exp.Column):
            one, other, sign = other, one, TURNED[sign]
        return self._compared(self._column(one), sign, (self._value(other),))

    def _column(self, tree: Any) -> Column:
        if not isinstance(tree, exp.Column) or tree.args.get("table"):
            raise ConditionError("The condition is not understood.", REMEDY)
        name = str(tree.this.this)
        same = [n for n in self.schema.names if n.lower() == name.lower()]
        if name not in self.schema and len(same) != 1:
            raise ConditionError(
                f"There is no column `{name}`.", f"There are {', '.join(self.schema.names)}."
            )
        column = self.schema[name if name in self.schema else same[0]]
        if isinstance(column.domain, Pattern):
            raise ConditionError(
                f"`{column.name}` is an identifier, and each row has a new one.",
                "Choose another column.",
            )
        return column

    def _value(self, tree: Any) -> str:
        match tree:
            case exp.Literal():
                return str(tree.this)
            case exp.Neg() if isinstance(tree.this, exp.Literal):
                return f"-{tree.this.this}"
            case exp.Boolean():
                return "true" if tree.this else "false"
            case exp.Cast() if isinstance(tree.this, exp.Literal):
                return str(tree.this.this)
            case exp.Column() if tree.this.args.get("quoted") and not self._is_named(tree):
                return str(tree.this.this)  # as in "F", for 'F'
        raise ConditionError("Only a column and values can be compared.", REMEDY)

    def _is_named(self, tree: Any) -> bool:
        return str(tree.this.this) in self.schema

    def _by_itself(self, column: Column) -> Atom:
        listed = {v.strip().lower() for v in getattr(column.domain, "values", ())}
        if not listed & YES or not listed <= YES | NO:
            raise ConditionError(
                f"`{column.name}` does not say yes or no by itself.",
                f"Say what it is to be: {column.name} = …",
            )
        return Atom(column.name, "says yes")

    def _compared(self, column: Column, sign: str, values: tuple[str, ...]) -> Where:
        domain = column.domain
        if isinstance(domain, Text):
            raise ConditionError(
                f"`{column.name}` is free text, of which nothing is kept.",
                f"Ask whether {column.name} is missing.",
            )
        if sign in ("eq", "neq"):
            values = tuple(v for value in values for v in self._spelt(column, value))
        else:
            self._check_order(column, values[0])
        return Atom(column.name, sign, values)

    def _spelt(self, column: Column, value: str) -> Iterator[str]:
        """A value as the column writes it. Raises ConditionError where it never holds it."""
        domain = column.domain
        if isinstance(domain, Categories):
            listed = (*domain.values, *((domain.gathered,) * domain.other))
            truth = (
                YES if value in ("true", "1") else NO if value in ("false", "0") else frozenset()
            )
            found = [v for v in listed if v == value] or [v for v in listed if v.lower() in truth]
            numbers = [v for v in listed if domain.typed in NUMERIC and _equal(v, value)]
            if not (found or numbers):
                raise ConditionError(
                    f"`{column.name}` never is what it is compared with.",
                    "The schema and the dictionary of the release list its values.",
                )
            yield from found or numbers
            return
        if value not in getattr(domain, "codes", ()):
            self._check_order(column, value)
        yield value

    def _check_order(self, column: Column, value: str) -> None:
        if not orderly(column):
            raise ConditionError(
                f"`{column.name}` holds neither numbers nor dates.",
                "Compare it with = or in (…).",
            )
        if np.isnan(bound_of(column)(value)[0]):
            kind = "date" if isinstance(column.domain, Dates) else "number"
            raise ConditionError(
                f"`{column.name}` is compared with what is no {kind}.",
                f"Write {'2020-01-31' if kind == 'date' else 'a number such as 12.5'}.",
            )


def _equal(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:
        return False
