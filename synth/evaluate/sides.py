"""Two tables about to be compared row for row with each other, on the same columns.

What the scores and attacks of this room work on: numbers and moments as numbers, everything else
as the places of its values in one list for all tables. Exact: for the custodian alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from synth.budget import Audience
from synth.budget.eyes import ForCustodian
from synth.lazily import np, npt, pd
from synth.schema import Codes, Column, Dates, Numbers, Role, Schema
from synth.schema.domain import by_categories
from synth.schema.values import Values, as_text
from synth.vault import PrivateTable

WHY = "an evaluation of synthetic rows"


@dataclass(frozen=True, eq=False, repr=False)
class Side(ForCustodian):
    """One table.

    Args:
        numbers: of columns of numbers and moments (seconds); NaN for what is none.
        codes: of all other columns, the place of each value in `Sides.values`; a missing one last.
    """

    rows: int
    numbers: Mapping[str, Values]
    codes: Mapping[str, Codes]

    def taken(self, places: npt.NDArray[np.int64]) -> Side:
        """Some of its rows, in this order."""
        return Side(
            len(places),
            {n: v[places] for n, v in self.numbers.items()},
            {n: c[places] for n, c in self.codes.items()},
        )

    def apart(self, rng: np.random.Generator) -> Side:
        """Each column shuffled by itself: all that a table without any dependence can keep."""
        return Side(
            self.rows,
            {n: rng.permutation(v) for n, v in self.numbers.items()},
            {n: rng.permutation(c) for n, c in self.codes.items()},
        )


@dataclass(frozen=True, eq=False, repr=False)
class Sides(ForCustodian):
    """A real table, a synthetic one, and maybe real people who were kept from the method.

    Args:
        values: of each column that is neither numbers nor moments, as text; without missing ones.
        unread: cells of the synthetic table that are no number or moment where the column is.
    """

    names: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]]
    real: Side
    synthetic: Side
    holdout: Side | None = None
    unread: Mapping[str, int] = field(default_factory=dict)

    def states(self, name: str) -> int:
        """How many values a column has, the missing one included."""
        return len(self.values[name]) + 1


def sides(
    private: PrivateTable, synthetic: pd.DataFrame, holdout: pd.DataFrame | None = None
) -> Sides:
    """The real rows beside others, for the custodian.

    Args:
        synthetic, holdout: rows with the modelled columns of `private.schema`, spelt as those.
    """
    real = private.open_rows(WHY, Audience.CUSTODIAN)
    return beside(private.schema, real, synthetic, holdout)


def with_held(private: PrivateTable, synthetic: pd.DataFrame, held: PrivateTable) -> Sides:
    """The real rows beside synthetic ones, and people of the same vault who were set aside."""
    return sides(private, synthetic, held.open_rows(WHY, Audience.CUSTODIAN))


def opened(*tables: PrivateTable) -> tuple[pd.DataFrame, ...]:
    """The rows of tables that are attacked as a whole, for the custodian."""
    return tuple(table.open_rows(WHY, Audience.CUSTODIAN) for table in tables)


def beside(
    schema: Schema,
    real: pd.DataFrame,
    synthetic: pd.DataFrame,
    holdout: pd.DataFrame | None = None,
) -> Sides:
    """Tables that are at hand, beside each other."""
    tables = [real, synthetic, *([] if holdout is None else [holdout])]
    kept = [c for c in schema.modelled if c.role is not Role.IDENTIFIER]
    kept = [c for c in kept if all(c.name in t for t in tables)]
    numbers: list[dict[str, Values]] = [{} for _ in tables]
    codes: list[dict[str, Codes]] = [{} for _ in tables]
    values: dict[str, tuple[str, ...]] = {}
    unread: dict[str, int] = {}
    for column in kept:
        name = column.name
        if isinstance(column.domain, Numbers | Dates):
            for mine, table in zip(numbers, tables, strict=True):
                mine[name] = _numbers(column, table[name])
            lost = np.isnan(numbers[1][name]) & synthetic[name].notna().to_numpy()
            if lost.any():
                unread[name] = int(lost.sum())
        else:
            listed, places = _listed([t[name] for t in tables])
            values[name] = listed
            for told, place in zip(codes, places, strict=True):
                told[name] = place
    made = [Side(len(t), numbers[i], codes[i]) for i, t in enumerate(tables)]
    names = tuple(c.name for c in kept)
    return Sides(names, values, made[0], made[1], made[2] if len(made) > 2 else None, unread)


def _numbers(column: Column, values: pd.Series) -> Values:
    """Numbers, or seconds since 1970; NaN where a cell is missing, a code or something else."""
    domain = column.domain
    assert isinstance(domain, Numbers | Dates)
    return np.asarray(by_categories(values, domain.measured), dtype=np.float64)


def _listed(columns: Sequence[pd.Series]) -> tuple[tuple[str, ...], list[Codes]]:
    """All values of one column in some tables, and where each row's stands."""
    texts = [as_text(c).where(c.notna().to_numpy(), None) for c in columns]
    found, listed = pd.factorize(pd.concat(texts, ignore_index=True), sort=False)
    places = np.where(found < 0, len(listed), found)
    ends = np.cumsum([len(t) for t in texts])[:-1]
    return tuple(map(str, listed)), [np.asarray(p) for p in np.split(places, ends)]
