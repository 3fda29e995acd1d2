"""Which rows of a table break a rule, told from their cells: of a real table or a synthetic one.

A cell that is missing, or a code among numbers, breaks no rule, but where the rule asks of a column
only that there is something. Two dates are compared as far as
both of them tell: a day and a moment of that day are neither before nor after each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

from synth.errors import RuleError
from synth.lazily import np, pd
from synth.schema.columns import Column, Schema
from synth.schema.domain import Categories, Text
from synth.schema.intervals import Cut, Dates, Numbers
from synth.schema.pattern import Pattern
from synth.schema.rules import Condition, Decides, InOrder, OnlyIf, Rule, SumOf, Together, Unique
from synth.schema.values import Values, as_text

if TYPE_CHECKING:
    from synth.lazily import npt

Marked: TypeAlias = "npt.NDArray[np.bool_]"  # one truth value per row

YES = frozenset("yes y true t 1 ja oui si sí sim tak да".split())  # noqa: SIM905
NO = frozenset("no n false f 0 nein non não nej nie нет".split())  # noqa: SIM905
NUMERIC = ("integer", "real")
SLACK = 1e-9  # of a sum, for what binary fractions cannot say
UNTOLD = "which combinations occur is known of the real rows alone"


# -- whether a rule fits ---------------------------------------------------------------------------


def check_named(rules: Iterable[Rule], schema: Schema) -> None:
    """Raises RuleError where a rule names a column that is not there."""
    from difflib import get_close_matches

    for rule in rules:
        for name in rule.columns:
            if name in schema:
                continue
            near = get_close_matches(name, schema.names, n=1)
            remedy = (
                f"Did you mean `{near[0]}`?" if near else f"There are {', '.join(schema.names)}."
            )
            if name[:1].isdigit():  # a bound of one column, as people write it
                remedy = (
                    "Where a column ends is no rule: declare its lowest and highest on Columns."
                )
            raise RuleError(
                f"The rule “{rule}” names the column `{name}`, and there is none.",
                remedy,
                about=(str(rule),),
            )


def unfit(rule: Rule, schema: Schema) -> str:
    """Why it cannot be told whether rows keep a rule, in words without a value; "" where it can.

    That follows from the schema alone, and so from nothing that a promise does not cover.
    """
    if absent := [n for n in rule.columns if n not in schema]:
        return f"there is no column `{absent[0]}`"
    if isinstance(rule.says, Unique):
        return ""
    for name in rule.columns:
        domain = schema[name].domain
        if isinstance(domain, Pattern):
            return f"`{name}` is an identifier, and each row has a new one"
        if isinstance(domain, Text) and not _of_presence(rule, name):
            return f"`{name}` is free text, of which nothing is kept"
    match rule.says:
        case InOrder(first=first, second=second):
            return _not_alike(schema[first], schema[second])
        case SumOf():
            unlike = [n for n in rule.columns if not _numeric(schema[n])]
            return f"`{unlike[0]}` holds no numbers" if unlike else ""
        case OnlyIf(this=this, that=that):
            return _unheard(this, schema) or _unheard(that, schema)
        case Together():
            return UNTOLD
    return ""


def _of_presence(rule: Rule, name: str) -> bool:
    """Whether a rule asks of a column only that there is something."""
    told = rule.says
    if not isinstance(told, OnlyIf):
        return False
    return all(not c.values for c in (told.this, told.that) if c.column == name)


def _numeric(column: Column) -> bool:
    domain = column.domain
    listed = isinstance(domain, Categories) and domain.typed in NUMERIC
    return isinstance(domain, Numbers) or listed


def _not_alike(one: Column, other: Column) -> str:
    dates = [isinstance(c.domain, Dates) for c in (one, other)]
    if all(dates) or (_numeric(one) and _numeric(other)):
        return ""
    if any(dates):
        odd = other if dates[0] else one
        return f"`{odd.name}` holds no dates"
    odd = other if _numeric(one) else one
    return f"`{odd.name}` holds neither numbers nor dates"


def _unheard(condition: Condition, schema: Schema) -> str:
    domain = schema[condition.column].domain
    if not isinstance(domain, Categories) or set(condition.values) <= set(domain.values):
        return ""
    return f"a value that it names is not among those of `{condition.column}`"


# -- which rows break it ---------------------------------------------------------------------------


def breaking(rule: Rule, frame: pd.DataFrame, schema: Schema) -> Marked:
    """Which rows break a rule that fits the schema.

    A function is broken where a row has another value than most rows with the same one; of values
    that should be unique, all but the first break it. A rule of combinations is broken nowhere.

    Args:
        frame: as it is released, or as the vault holds it.
    """
    match rule.says:
        case InOrder() as order:
            return _out_of_order(order, frame, schema)
        case SumOf() as total:
            return _no_sum(total, frame, schema)
        case OnlyIf(this=this, that=that):
            holds, _ = _holding(this, frame, schema)
            kept, known = _holding(that, frame, schema)
            return np.asarray(holds & known & ~kept)
        case Decides() as function:
            return off(frame, function, usual(frame, function, schema), schema)
        case Unique(column=name):
            held = frame[name]
            return np.asarray(as_text(held).duplicated().to_numpy() & held.notna().to_numpy())
    return np.zeros(len(frame), dtype=bool)


def figures(values: pd.Series, column: Column) -> Values:
    """Cells as numbers, dates as seconds since 1970; NaN for what is neither, and for codes."""
    domain = column.domain
    if not isinstance(domain, Cut):
        return np.asarray(pd.to_numeric(_texts(values), errors="coerce"), dtype=np.float64)
    measured = np.array(domain.measured(values), dtype=np.float64)
    if domain.codes:
        codes = np.asarray(domain.encode(values))
        coded = (codes >= domain.intervals) & (codes < domain.intervals + len(domain.codes))
        measured[coded] = np.nan
    return measured


def _texts(values: pd.Series) -> pd.Series:
    """Cells as text without blanks around them; None where one is missing."""
    told = as_text(values).astype(object).str.strip()
    return told.where(values.notna().to_numpy(), None)


def _out_of_order(order: InOrder, frame: pd.DataFrame, schema: Schema) -> Marked:
    one, other = schema[order.first], schema[order.second]
    first, second = (figures(frame[c.name], c) for c in (one, other))
    step = max(
        (c.domain.resolution for c in (one, other) if isinstance(c.domain, Dates)), default=0
    )
    if step:
        first, second = np.floor(first / step), np.floor(second / step)
    low, high = (first, second) if order.relation.rising else (second, first)
    return np.asarray(low >= high if order.relation.strict else low > high)  # NaN is neither


def _no_sum(rule: SumOf, frame: pd.DataFrame, schema: Schema) -> Marked:
    total = figures(frame[rule.total], schema[rule.total])
    made = summed(rule, frame, schema)
    decimals = getattr(schema[rule.total].domain, "decimals", None)
    half = 0.0 if decimals is None else 0.5 * 10.0**-decimals
    return np.asarray(np.abs(total - made) > half + SLACK * (1 + np.abs(made)))


def summed(rule: SumOf, frame: pd.DataFrame, schema: Schema) -> Values:
    """The sum of the parts; NaN where one is missing."""
    parts = [figures(frame[n], schema[n]) for n in rule.parts]
    return np.asarray(np.sum(parts, axis=0))


def holding(condition: Condition, frame: pd.DataFrame, schema: Schema) -> Marked:
    """Which rows hold it; one that is missing does not."""
    return _holding(condition, frame, schema)[0]


def _holding(condition: Condition, frame: pd.DataFrame, schema: Schema) -> tuple[Marked, Marked]:
    """Which rows hold it, and of which it is known."""
    held, column = frame[condition.column], schema[condition.column]
    known = held.notna().to_numpy()
    if not condition.values:
        if not yes_or_no(column):
            return known, known | True  # that there is nothing is known too
        return np.asarray(_texts(held).str.lower().isin(YES).to_numpy() & known), known
    met = _texts(held).isin(condition.values).to_numpy()
    if isinstance(column.domain, Cut):
        wanted = figures(pd.Series(condition.values, dtype=object), column)
        met = met | np.isin(figures(held, column), wanted[~np.isnan(wanted)])
    return np.asarray((met ^ condition.negated) & known), known


def yes_or_no(column: Column) -> bool:
    """Whether a column says yes or no, and nothing else."""
    domain = column.domain
    if isinstance(domain, Numbers):
        return domain.decimals == 0 and domain.edges[0] >= 0 and domain.largest <= 1
    listed = {v.strip().lower() for v in getattr(domain, "values", ())}
    return bool(listed & YES) and listed <= YES | NO


# -- functions -------------------------------------------------------------------------------------


def usual(frame: pd.DataFrame, rule: Decides, schema: Schema) -> pd.Series:
    """For each value of one column, by its key, the key of what the other mostly is.

    Of several that are as frequent, it is the first by its text.
    """
    counted = pairs(frame, rule, schema)
    if counted.empty:
        return pd.Series(dtype=object)
    told = counted.rename("rows").reset_index()
    told = told.sort_values(["one", "rows", "other"], ascending=[True, False, True], kind="stable")
    return pd.Series(told.drop_duplicates("one").set_index("one")["other"])


def pairs(frame: pd.DataFrame, rule: Decides | Together, schema: Schema) -> pd.Series:
    """How many rows have each two values of both columns, by the keys `one` and `other`."""
    both = {
        "one": keys(frame[rule.one], schema[rule.one]),
        "other": keys(frame[rule.other], schema[rule.other]),
    }
    return pd.DataFrame(both).dropna().groupby(["one", "other"], sort=True).size()


def off(frame: pd.DataFrame, rule: Decides, told: pd.Series, schema: Schema) -> Marked:
    """Which rows have another value than a function gives; what it does not know is right."""
    due = keys(frame[rule.one], schema[rule.one]).map(told)
    found = keys(frame[rule.other], schema[rule.other])
    return np.asarray((due.notna() & found.notna() & (due != found)).to_numpy())


def keys(values: pd.Series, column: Column) -> pd.Series:
    """Cells as text, the same for one number or date however it is written; None for missing.

    None too for what is gathered as "(other)": it stands for many values, and no rule is of it.
    """
    domain = column.domain
    if not isinstance(domain, Cut):
        words = _texts(values)
        if isinstance(domain, Categories) and domain.other:
            return words.where(words.ne(domain.gathered), None)
        return words
    told = pd.Series(figures(values, column), index=values.index)
    return as_text(told).where(told.notna(), None)
