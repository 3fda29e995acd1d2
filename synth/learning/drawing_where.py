"""Rows of a model that hold a condition: by exact inference where the model can.

A condition says for each column which states a row may have. Where a model can be put under that
(`Model.given`), rows are drawn from what it then is; what is left to chance, where in an interval a
cell lies, or which of several columns holds an `or`, is settled by leaving rows out. So every row
holds the condition, and rows are as likely as among all rows of the model that hold it. Where the
order within groups was learnt (`Order`), that goes for the groups, and where in them a cell lies is
drawn as among all rows; there rows are left out instead, as long as not too many are.

Drawing looks at no real row: it costs no budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from synth.errors import ConditionError
from synth.lazily import np, pd
from synth.learning.keeping import Keeper
from synth.learning.method import Model, Narrowed
from synth.schema import Pattern, Schema
from synth.schema.condition_reading import read_where
from synth.schema.conditions import Where, holds, possible_states
from synth.schema.rules import Decides, Rule, SumOf
from synth.wording import so_many

PILOT = 2_000  # rows by which it is told how many hold it
OFTEN = 0.02  # at least as many hold it, and rows may be left out though inference would do
MOST_IN_VAIN = 200_000  # rows none of which holds it, and
MOST_DRAWN = 2_000_000  # rows of which too few do, before it is given up; and
MOST_EACH = 50  # for each one that is asked for, where that is more
AT_ONCE = 200_000  # rows of a batch
SPARE = 1.1
LEARNING = 20_000  # rows by which a function between columns is told


@dataclass(frozen=True)
class Conditioned:
    """A model, a condition and the rules that rows keep besides."""

    model: Model
    where: Where
    rules: Sequence[Rule] = ()

    @classmethod
    def of(cls, model: Model, text: str, rules: Sequence[Rule] = ()) -> Conditioned:
        """Raises ConditionError where the text says no condition of this model's rows."""
        return cls(model, read_where(text, model.schema), tuple(rules))

    @cached_property
    def given(self) -> Narrowed:
        """What rows are drawn from, and the share of all rows that is within it.

        Raises:
            ConditionError: no row of the model can hold the condition.
        """
        schema = self.model.schema
        sums = {r.says.total for r in self.rules if isinstance(r.says, SumOf)}
        states = possible_states(self.where, schema)
        if all(may.any() for may in states.values()):
            states = {n: may for n, may in states.items() if n not in sums and not may.all()}
            found = self.model.given(states) if states else None
            if found is None or (found.share > OFTEN and not found.exact):
                return Narrowed(self.model, 1.0)
            if found.model is not None:
                return found
        raise ConditionError(
            "No row of this model holds that: its chance is 0.",
            "Ask for values and bounds that the schema has, and for fewer at once.",
        )

    def expected(self, seed: int = 0) -> float:
        """About which share of the model's rows holds it, by drawing a few."""
        drawn = self._from.sample(PILOT, np.random.default_rng(seed))
        return self.given.share * float(holds(self.where, drawn, self.model.schema).mean())

    @property
    def _from(self) -> Model:
        assert self.given.model is not None
        return self.given.model

    def told(self, share: float) -> str:
        """What to expect, in a sentence."""
        how = "inference" if self.given.model is not self.model else "leaving out the others"
        many = f"About {share:.2g} of" if share else f"Fewer than 1 in {PILOT:,} of"
        return (
            f"{many} the model's rows hold it; they are drawn by {how}. It costs no privacy: the "
            "model is public already."
        )

    def rows(self, wanted: int, seed: int) -> pd.DataFrame:
        """So many rows that hold the condition; the same seed gives the same.

        Raises:
            ConditionError: so few hold it that drawing them would not end.
        """
        rng = np.random.default_rng(seed)
        keeper = self._keeper(rng)
        parts: list[pd.DataFrame] = []
        met = drawn = 0
        most = max(MOST_DRAWN, MOST_EACH * wanted)
        asked = max(wanted, PILOT)
        while met < wanted:
            if drawn >= (most if met else min(most, MOST_IN_VAIN)):
                raise _too_few(wanted, met, drawn)
            if not self._from.row_by_row:  # the rows of one table belong together
                parts, met = [], 0
            batch = 0
            for block in keeper.blocks(min(asked, self._at_once), rng):
                kept = block[holds(self.where, block, self.model.schema)]
                parts.append(kept)
                met, batch = met + len(kept), batch + len(block)
            drawn += batch
            asked = self._further(wanted, met, batch, drawn)
        return self._put_together(parts, wanted, seed, rng)

    @property
    def _at_once(self) -> int:
        return AT_ONCE if self._from.row_by_row else MOST_DRAWN

    def _further(self, wanted: int, met: int, batch: int, drawn: int) -> int:
        """How many rows to draw next."""
        if self._from.row_by_row:
            return int((wanted - met) * SPARE * drawn / max(met, 1)) + PILOT
        return int(wanted * SPARE * batch / max(met, 1)) + PILOT

    def _keeper(self, rng: np.random.Generator) -> Keeper:
        """What draws rows that keep the rules; functions are those of all rows."""
        keeper = Keeper(self.model, self.rules)
        if any(isinstance(r.says, Decides) for r in self.rules):
            for _ in keeper.blocks(LEARNING, rng):
                pass
        return keeper.onto(self._from)

    def _put_together(
        self, parts: Sequence[pd.DataFrame], wanted: int, seed: int, rng: np.random.Generator
    ) -> pd.DataFrame:
        """Some of all rows that were drawn, as they came, with an identifier each."""
        every = pd.concat(parts, ignore_index=True)
        chosen = np.sort(rng.permutation(len(every))[:wanted])
        return numbered_anew(every.iloc[chosen].reset_index(drop=True), self.model.schema, seed)


def numbered_anew(rows: pd.DataFrame, schema: Schema, seed: int) -> pd.DataFrame:
    """The rows with new identifiers, each once; in place."""
    for column in schema:
        if isinstance(column.domain, Pattern):
            rows[column.name] = column.domain.numbered(0, len(rows), seed)
    return rows


def _too_few(wanted: int, met: int, drawn: int) -> ConditionError:
    remedy = "Ask for less at once, or for wider bounds."
    if met:
        remedy = f"Ask for {so_many(met, 'row')} at most, or for wider bounds."
    return ConditionError(
        f"Of {drawn:,} rows that were drawn, {met:,} {'holds' if met == 1 else 'hold'} the "
        f"condition: too few for {wanted:,}.",
        remedy,
    )
