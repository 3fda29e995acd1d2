"""A number estimated from the tables of a release, with an interval where one can be honest.

A mean, a share of rows, a difference of either between two groups, a coefficient of a regression.
Which rule combines the tables follows from how they were made:

- *twins*: from the differences between the tables, noise and all, for columns measured together.
- without noise: from the number of real rows. As good as the model is.
- either only for columns that were learnt value by value: within an interval rows are drawn evenly,
  which moves means, and blurs how columns go together.
- any other method with noise: the same, and said to be too short: nothing in such tables tells how
  far the noise went. `bench/coverage.py` measures by how much.

From synthetic rows and the model alone: it costs nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from synth.errors import MethodError
from synth.evaluate.replication import Combined, combined, drawn_from_one
from synth.lazily import np, pd
from synth.learning.keeping import Keeper
from synth.learning.method import Model
from synth.methods.twins import TwinsModel
from synth.release.bundle import Bundle, consistent, restored_rows
from synth.release.papers.combining import COARSE, general_doubt, in_intervals
from synth.schema import Categories, Schema
from synth.schema.condition_reading import read_where
from synth.schema.conditions import Atom, Where, holds, parts_of
from synth.schema.obeying import YES, Marked, figures
from synth.schema.values import Values, as_text

FEWEST = 3  # rows that a number is estimated from
APART = "these columns were not measured together, and what the model never saw is not in it"


class Estimand(ABC):
    """A number about people that can be estimated from a table of them."""

    @abstractmethod
    def of(self, frame: pd.DataFrame, schema: Schema) -> tuple[float, float]:
        """Its estimate from a sample, and the variance of that.

        Raises:
            MethodError: too few rows are about it.
        """

    @abstractmethod
    def columns(self, schema: Schema) -> tuple[str, ...]:
        """The columns it is about."""


@dataclass(frozen=True)
class MeanOf(Estimand):
    """The mean of numbers, of dates in days since 1970; among rows that hold `where`."""

    column: str
    where: str = ""

    def of(self, frame: pd.DataFrame, schema: Schema) -> tuple[float, float]:
        values = _numbers(frame, self.column, schema)[_among(self.where, frame, schema)]
        values = values[~np.isnan(values)]
        _check_enough(len(values))
        return float(values.mean()), float(values.var(ddof=1)) / len(values)

    def columns(self, schema: Schema) -> tuple[str, ...]:
        return self.column, *_named(self.where, schema)


@dataclass(frozen=True)
class ShareOf(Estimand):
    """The share of rows that hold a condition, among those that hold `where`."""

    holds: str
    where: str = ""

    def of(self, frame: pd.DataFrame, schema: Schema) -> tuple[float, float]:
        among = frame[_among(self.where, frame, schema)]
        _check_enough(len(among))
        met, rows = float(_among(self.holds, among, schema).sum()), len(among)
        near = (met + 1) / (rows + 2)  # so that a share of 0 or 1 has a variance too
        return met / rows, near * (1 - near) / rows

    def columns(self, schema: Schema) -> tuple[str, ...]:
        return *_named(self.holds, schema), *_named(self.where, schema)


@dataclass(frozen=True)
class DifferenceOf(Estimand):
    """A mean or share of one group, less that of another."""

    one: MeanOf | ShareOf
    other: MeanOf | ShareOf

    def of(self, frame: pd.DataFrame, schema: Schema) -> tuple[float, float]:
        (a, u), (b, v) = self.one.of(frame, schema), self.other.of(frame, schema)
        return a - b, u + v

    def columns(self, schema: Schema) -> tuple[str, ...]:
        return *self.one.columns(schema), *self.other.columns(schema)


@dataclass(frozen=True)
class SlopeOf(Estimand):
    """How much a column changes with another one, the others held (least squares).

    Args:
        target: numbers or dates, or a column of yes and no.
        predictor: numbers or dates; or a category, and then `value` says of which value, beside all
            others.
        given: further predictors; of categories each value but the first.
    """

    target: str
    predictor: str
    value: str = ""
    given: tuple[str, ...] = ()

    def of(self, frame: pd.DataFrame, schema: Schema) -> tuple[float, float]:
        wanted = _numbers(frame, self.target, schema)
        first = _numbers(frame, self.predictor, schema, self.value)
        columns = [first, *(c for n in self.given for c in _coded(frame, n, schema))]
        known = ~np.isnan(np.column_stack([wanted, *columns])).any(axis=1)
        design = np.column_stack([np.ones(len(frame)), *columns])[known]
        design = design[:, [0, 1, *(i for i in range(2, design.shape[1]) if np.ptp(design[:, i]))]]
        _check_enough(len(design) - design.shape[1])
        return _least_squares(design, wanted[known])

    def columns(self, schema: Schema) -> tuple[str, ...]:
        return self.target, self.predictor, *self.given


def _least_squares(design: Values, target: Values) -> tuple[float, float]:
    """The second coefficient, and its variance whatever the spread of residuals (White 1980)."""
    inverse = np.linalg.pinv(design.T @ design)
    found = inverse @ design.T @ target
    residuals = target - design @ found
    scores = design * residuals[:, None]
    rows, many = design.shape
    spread = inverse @ (scores.T @ scores) @ inverse * rows / (rows - many)
    return float(found[1]), float(spread[1, 1])


def _numbers(frame: pd.DataFrame, name: str, schema: Schema, value: str = "") -> Values:
    """A column as numbers: days of dates, 1 and 0 of a value, or of yes and no."""
    column = schema[name]
    if value:
        known = frame[name].notna().to_numpy()
        met = holds(read_where(f"{_quoted(name)} = '{_doubled(value)}'", schema), frame, schema)
        return np.where(known, met.astype(np.float64), np.nan)
    if isinstance(column.domain, Categories) and {v.lower() for v in column.domain.values} & YES:
        text = as_text(frame[name]).astype(object).str.lower()
        return np.where(frame[name].notna(), text.isin(YES).astype(float), np.nan)
    found = figures(frame[name], column)
    if np.isnan(found).all():
        raise MethodError(
            f"`{name}` holds no numbers.", "Name a column of numbers, or say of which value."
        )
    return found / 86400.0 if column.kind.value == "date" else found


def _coded(frame: pd.DataFrame, name: str, schema: Schema) -> Iterator[Values]:
    """A predictor as one column of numbers, or one for each value but the first."""
    domain = schema[name].domain
    if not isinstance(domain, Categories) or domain.typed in ("integer", "real"):
        yield _numbers(frame, name, schema)
        return
    codes = np.asarray(domain.encode(frame[name]), dtype=np.int64)
    known = frame[name].notna().to_numpy()
    for state in range(1, len(domain.values) + domain.other):
        yield np.where(known, (codes == state).astype(np.float64), np.nan)


def _among(text: str, frame: pd.DataFrame, schema: Schema) -> Marked:
    if not text:
        return np.ones(len(frame), dtype=bool)
    return holds(read_where(text, schema), frame, schema)


def _named(text: str, schema: Schema) -> tuple[str, ...]:
    return tuple(_atoms(read_where(text, schema))) if text else ()


def _atoms(where: Where) -> Iterator[str]:
    if isinstance(where, Atom):
        yield where.column
    for part in parts_of(where):
        yield from _atoms(part)


def _quoted(name: str) -> str:
    doubled = name.replace("`", "``")
    return f"`{doubled}`"


def _doubled(value: str) -> str:
    return value.replace("'", "''")


def _check_enough(rows: int) -> None:
    if rows < FEWEST:
        raise MethodError(
            f"Only {max(rows, 0)} synthetic rows are about that.", "Ask about more rows."
        )


# -- over the tables of a release ------------------------------------------------------------------


@consistent()
def tables_of(bundle: Bundle) -> tuple[pd.DataFrame, ...]:
    """All synthetic tables of a release."""
    names = [n for n in bundle.files if n.startswith("synthetic") and n.endswith(".parquet")]
    return tuple(restored_rows(bundle.files[n], bundle.schema) for n in names)


@consistent()
def drawn_anew(bundle: Bundle, copies: int, seed: int = 1) -> tuple[pd.DataFrame, ...]:
    """Further tables from the model of a release, as long as its own, that keep its rules."""
    rows, rng = len(bundle.rows), np.random.default_rng(seed)
    keeper = Keeper(bundle.model, bundle.rules)
    drawn = (list(keeper.blocks(rows, rng)) for _ in range(copies))
    return tuple(pd.concat(blocks, ignore_index=True) for blocks in drawn)


@consistent()
def estimate(bundle: Bundle, wanted: Estimand, *, copies: int = 0, seed: int = 1) -> Combined:
    """A number with its interval, from all tables of a release.

    Args:
        copies: draw so many tables from its model instead; 0 for those that it holds.

    Raises:
        MethodError: no row was read for it, it has too few tables, or too few rows are about it.
        ConditionError: a condition is not understood.
    """
    tables = drawn_anew(bundle, copies, seed) if copies else tables_of(bundle)
    return over_tables(tables, bundle.model, wanted)


def over_tables(tables: Sequence[pd.DataFrame], model: Model, wanted: Estimand) -> Combined:
    """The same for tables that were drawn from a model."""
    if not model.statement.ledger:
        raise MethodError("No real row was read for these tables.", "They tell of nobody.")
    for name in wanted.columns(model.schema):
        _ = model.schema.domain(name)
    found = [wanted.of(t, model.schema) for t in tables]
    estimates, variances = [e for e, _ in found], [v for _, v in found]
    drawn = len(tables[0])
    doubt = doubt_of(model, wanted.columns(model.schema))
    if isinstance(model, TwinsModel):
        real = max(model.rows, 1)
        return combined(estimates, variances, doubt=doubt, drawn=drawn, real=real)
    return drawn_from_one(estimates, variances, drawn=drawn, real=model.rows, doubt=doubt)


def doubt_of(model: Model, columns: Sequence[str]) -> str:
    """Why an interval about some columns is not to be trusted; "" where it is."""
    if isinstance(model, TwinsModel) and not model.measured_together(columns):
        return APART
    if told := general_doubt(model):
        return told
    several = len(set(columns)) > 1
    gathered = getattr(model, "splits", {}) if several else {}
    return COARSE if any(n in gathered or in_intervals(model, n) for n in columns) else ""
