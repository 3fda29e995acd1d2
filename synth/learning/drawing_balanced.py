"""Rows of a model in which each value of a column is as frequent: to train on, not to count.

Each value has its share of the rows, drawn under the condition that the column holds it
(`Conditioned`), so the other columns go with it as in the model. Drawing looks at no real row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from synth.errors import ConditionError
from synth.lazily import np, pd
from synth.learning.drawing_where import Conditioned, numbered_anew
from synth.learning.method import Model
from synth.schema import Categories
from synth.schema.condition_reading import read_where
from synth.schema.conditions import Atom, Both, Where
from synth.schema.rules import Rule, Unique
from synth.schema.values import as_text

MOST_VALUES = 100


@dataclass(frozen=True)
class Balanced:
    """A model, and the column each value of which is to be as frequent.

    Args:
        where: what each row holds besides; "" for nothing.
    """

    model: Model
    column: str
    where: str = ""
    rules: Sequence[Rule] = ()
    _also: tuple[Where, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._check()
        also = (read_where(self.where, self.model.schema),) if self.where else ()
        object.__setattr__(self, "_also", also)

    def _check(self) -> None:
        schema = self.model.schema
        if self.column not in schema:
            raise ConditionError(
                f"There is no column `{self.column}`.", f"There are {', '.join(schema.names)}."
            )
        domain = schema[self.column].domain
        if not isinstance(domain, Categories) or not 2 <= len(domain.values) <= MOST_VALUES:
            raise ConditionError(
                f"`{self.column}` cannot be balanced: it has no list of 2 to {MOST_VALUES} values.",
                "Balance a column of categories, or draw rows that hold a condition (where).",
            )
        if keys := [r.says.column for r in self.rules if isinstance(r.says, Unique)]:
            raise ConditionError(
                f"Rows cannot be balanced beside the rule that `{keys[0]}` is unique: each value's "
                "rows are drawn apart.",
                "Draw rows of each value by itself, as a condition (where).",
            )

    @cached_property
    def each(self) -> tuple[tuple[str, Conditioned], ...]:
        """The values that rows of this model can have, each with its condition.

        Raises:
            ConditionError: there are fewer than two.
        """
        found = []
        domain = self.model.schema[self.column].domain
        assert isinstance(domain, Categories)
        for value in domain.values:
            where = Both((*self._also, Atom(self.column, "eq", (value,))))
            meant = Conditioned(self.model, where, tuple(self.rules))
            try:
                _ = meant.given
            except ConditionError:
                continue
            found.append((value, meant))
        if len(found) < 2:
            raise ConditionError(
                f"Rows of this model that hold that have fewer than two values of `{self.column}`.",
                "Balance another column, or ask for less besides.",
            )
        return tuple(found)

    def told(self, rows: int) -> str:
        """What to expect, in a sentence or two."""
        drawn = as_text(self.model.sample(2_000, np.random.default_rng(0))[self.column])
        held = [float((drawn == value).mean()) for value, _ in self.each]
        low, high = min(held), max(held)
        return (
            f"Each of {len(held)} values of `{self.column}` is in about "
            f"{rows / len(held):,.0f} rows; in the model, in {low:.1%} to {high:.1%} of them. "
            "Other columns shift with it: train on such rows, and count nothing in them. It costs "
            "no privacy: the model is public already."
        )

    def rows(self, wanted: int, seed: int) -> pd.DataFrame:
        """So many rows, values as frequent as can be; the same seed gives the same.

        Raises:
            ConditionError: so few rows of the model hold a value that drawing would not end.
        """
        shares = [(wanted + place) // len(self.each) for place in reversed(range(len(self.each)))]
        # One seed for all: it also tells what one column decides of another.
        parts = [
            meant.rows(many, seed)
            for many, (_, meant) in zip(shares, self.each, strict=True)
            if many
        ]
        every = pd.concat(parts, ignore_index=True)
        order = np.random.default_rng(seed).permutation(len(every))
        mixed = every.iloc[order].reset_index(drop=True)
        return numbered_anew(mixed, self.model.schema, seed)
