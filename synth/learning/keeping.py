"""Rows of a model that keep rules: drawn, moved within their states, left out, or put right.

All of it follows from the model, the rules and the seed, and looks at no real row: it is free, and
can be done again. In this order, for as many rows as it takes:

1. Of two cells that are out of order, other places within the same two states are drawn, where some
   are in order: the states are what was learnt, and where in them a cell lies was chance.
2. A total becomes the sum of its parts.
3. A row that still breaks a rule is left out, and another one is drawn.
4. Where that would take more than `MOST` draws for a row, cells are put right: one of two becomes
   another that was drawn and is in order with the other, a condition is made to hold or not to be
   asked, a function gives what it mostly gave, and a value that came before becomes one that was
   drawn and did not.

Where which states stand together in a row is promised (`Model.whole`), a row keeps its states: it
is drawn or left out as a whole, and nothing is put right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from synth.lazily import np, pd
from synth.learning.method import BLOCK, Model
from synth.learning.within_states import in_order
from synth.schema import Categories, Numbers, Origin
from synth.schema.obeying import (
    Marked,
    breaking,
    figures,
    holding,
    keys,
    off,
    summed,
    unfit,
    usual,
)
from synth.schema.rules import Decides, InOrder, OnlyIf, Rule, SumOf, Unique
from synth.schema.values import Values, as_text
from synth.wording import so_many

MOST = 20  # rows drawn for each one that is wanted, before cells are put right
PILOT = 1_000  # rows at least, by which it is told how many break a rule
PASSES = 3  # over all rules, as what puts one right may break another
SPARE = 1.1  # times as many rows as should do, so that few have to be drawn once more


@dataclass
class Upkeep:
    """What it took to keep the rules, in rows: a figure of model and seed, and so public.

    Args:
        drawn: rows that were drawn from the model.
        left_out: those of them that broke a rule and were left out.
        put_right: rows of the release in which cells were put right.
    """

    drawn: int = 0
    left_out: int = 0
    put_right: int = 0

    @property
    def plain(self) -> str:
        """In a sentence; "" where nothing was to be done."""
        told = []
        if self.left_out:
            told.append(
                f"{self.left_out:,} of {self.drawn:,} rows that were drawn broke a rule "
                f"({self.left_out / self.drawn:.1%}) and were left out"
            )
        if self.put_right:
            told.append(f"cells were put right in {so_many(self.put_right, 'row')}")
        sentence = "; ".join(told)
        return f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""


@dataclass
class Keeper:
    """Draws rows of a model that keep its rules; for all copies of a release, in order."""

    model: Model
    rules: Sequence[Rule]
    upkeep: Upkeep = field(default_factory=Upkeep)
    _maps: dict[Decides, pd.Series] = field(default_factory=dict)
    _met: dict[Unique, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        schema = self.model.schema
        made = {c.name for c in schema if not c.modelled}
        fit = [r for r in self.rules if not unfit(r, schema) and made.isdisjoint(r.columns)]
        self._kept = tuple(fit)
        self._orders = tuple(r for r in fit if isinstance(r.says, InOrder))

    def onto(self, model: Model) -> Keeper:
        """One that draws from another model, by the functions that were told so far."""
        return replace(self, model=model)

    def blocks(self, rows: int, rng: np.random.Generator) -> Iterator[pd.DataFrame]:
        """As `Model.blocks`: the rows of one copy."""
        if not self._kept:
            yield from self.model.blocks(rows, rng)
            return
        self._met = {r.says: set() for r in self._kept if isinstance(r.says, Unique)}
        most = BLOCK if self.model.row_by_row else rows
        for start in range(0, rows, most):
            yield self._block(min(most, rows - start), rng)

    def _block(self, rows: int, rng: np.random.Generator) -> pd.DataFrame:
        """So many rows, and no more draws than `MOST` for each."""
        good, bad, met, drawn = pd.DataFrame(), pd.DataFrame(), 0, 0
        asked = least = max(rows, PILOT)
        while True:
            batch, broken = self._batch(asked, rng)
            parts = [good, batch[~broken]] if self.model.row_by_row else [batch[~broken]]
            good = self._once(pd.concat([p for p in parts if len(p)] or parts, ignore_index=True))
            bad = batch[broken].reset_index(drop=True) if broken.any() else bad
            met, drawn = met + int((~broken).sum()), drawn + asked
            if len(good) >= rows:
                break
            wanted = rows - len(good) * self.model.row_by_row
            due = int(wanted * SPARE * drawn / met) + PILOT if met else MOST * least
            if drawn + due > MOST * least and drawn > least:  # one batch may be an odd one
                break
            asked = due if drawn + due <= MOST * least else least
        if len(good) < rows:
            good = pd.concat([good, self._right(bad, good, rows - len(good), rng)])
        chosen = np.sort(rng.permutation(len(good))[:rows])
        taken = good.iloc[chosen].reset_index(drop=True)
        self._remember(taken)
        return taken

    def _batch(self, rows: int, rng: np.random.Generator) -> tuple[pd.DataFrame, Marked]:
        """Rows that were drawn, and which of them break a rule all the same."""
        drawn = self.model.sample(rows, rng)
        batch = self._added(in_order(drawn, self._orders, self.model.schema, rng))
        for rule in self._kept:
            if isinstance(rule.says, Decides):
                told = self._maps.get(rule.says, pd.Series(dtype=object))
                new = usual(batch, rule.says, self.model.schema)
                self._maps[rule.says] = pd.concat([told, new[~new.index.isin(told.index)]])
        broken = self._broken(batch)
        self.upkeep.drawn += rows
        self.upkeep.left_out += int(broken.sum())
        return batch, broken

    def _broken(self, frame: pd.DataFrame) -> Marked:
        """Which rows break a rule, by the functions and the unique values told so far."""
        broken = np.zeros(len(frame), dtype=bool)
        for rule in self._kept:
            told = rule.says
            if isinstance(told, Decides):
                broken |= off(frame, told, self._maps[told], self.model.schema)
                continue
            broken |= breaking(rule, frame, self.model.schema)
            if isinstance(told, Unique):
                broken |= as_text(frame[told.column]).isin(self._met[told]).to_numpy()
        return broken

    def _once(self, good: pd.DataFrame) -> pd.DataFrame:
        """Without rows of one batch that have a unique value of an earlier one."""
        again = np.zeros(len(good), dtype=bool)
        for rule in self._kept:
            if isinstance(rule.says, Unique):
                again |= breaking(rule, good, self.model.schema)
        self.upkeep.left_out += int(again.sum())
        return good[~again].reset_index(drop=True) if again.any() else good

    def _remember(self, taken: pd.DataFrame) -> None:
        """The values of a copy that must not come again in its next block."""
        for told, met in self._met.items():
            held = taken[told.column]
            met |= set(as_text(held)[held.notna().to_numpy()])

    def _added(self, batch: pd.DataFrame) -> pd.DataFrame:
        """Totals that are the sum of their parts, where such a total can be."""
        for rule in self._kept:
            if isinstance(rule.says, SumOf):
                self._add(rule.says, batch)
        return batch

    def _add(self, rule: SumOf, batch: pd.DataFrame) -> None:
        domain = self.model.schema[rule.total].domain
        if not isinstance(domain, Numbers):
            return
        held = batch[rule.total]
        made = _on_its_grid(summed(rule, batch, self.model.schema), domain)
        known = ~np.isnan(figures(held, self.model.schema[rule.total]))
        may = known & _possible(made, domain)
        if self.model.whole:
            may &= (made >= domain.edges[0]) & (made < domain.edges[-1])
            found = domain.place(np.where(may, made, domain.edges[0]))
            may &= np.asarray(found) == np.asarray(domain.encode(held))
        batch[rule.total] = _with(held, may, made, domain)

    # -- put right ---------------------------------------------------------------------------------

    def _right(
        self, bad: pd.DataFrame, good: pd.DataFrame, rows: int, rng: np.random.Generator
    ) -> pd.DataFrame:
        """So many rows of those that break a rule, as far as they can be put right."""
        taken = bad.iloc[np.arange(rows) % len(bad)].reset_index(drop=True)
        if self.model.whole:
            self.upkeep.left_out -= min(rows, len(bad))
            return taken
        pool = pd.concat([good, bad], ignore_index=True) if len(good) else bad
        before = self._broken(taken)
        for turn in range(PASSES):
            for rule in self._kept:
                self._put_right(rule, taken, pool, rng, turn)
                if isinstance(rule.says, Unique):
                    self._once_each(rule.says, taken, good, rng)
            self._added(taken)
        self.upkeep.left_out -= min(rows, len(bad))
        self.upkeep.put_right += int((before & ~self._broken(taken)).sum())
        return taken

    def _put_right(
        self,
        rule: Rule,
        rows: pd.DataFrame,
        pool: pd.DataFrame,
        rng: np.random.Generator,
        turn: int,
    ) -> None:
        schema, told = self.model.schema, rule.says
        if isinstance(told, Decides):
            wrong = off(rows, told, self._maps[told], schema)
            due = keys(rows[told.one], schema[told.one])[wrong].map(self._maps[told])
            met = pd.Series(pool[told.other].to_numpy(), keys(pool[told.other], schema[told.other]))
            _replace(rows, told.other, wrong, due.map(met[~met.index.duplicated()]))
            return
        wrong = breaking(rule, rows, schema)
        if not wrong.any():
            return
        if isinstance(told, InOrder):
            self._beside(told, rows, pool, wrong, rng, later=turn % 2 == 0)
        elif isinstance(told, OnlyIf):
            name = told.that.column if told.turned else told.this.column
            fits = holding(told.that, pool, schema)
            if not told.turned:
                fits = ~holding(told.this, pool, schema)
            if fits.any():
                found = pool[name][fits]
                made = found.iloc[rng.integers(len(found), size=int(wrong.sum()))]
                _replace(rows, name, wrong, made)
            elif told.turned and isinstance(domain := schema[name].domain, Categories):
                state = np.full(int(wrong.sum()), _state(domain, told))
                _replace(rows, name, wrong, domain.decode(state, rng))

    def _once_each(
        self, rule: Unique, rows: pd.DataFrame, good: pd.DataFrame, rng: np.random.Generator
    ) -> None:
        """Values that came before become others that are drawn, as far as there are any.

        Args:
            good: the rows of the same block that keep all rules.
        """
        name = rule.column
        met = self._met[rule] | (set(as_text(good[name].dropna())) if len(good) else set())
        texts, there = as_text(rows[name]), rows[name].notna().to_numpy()
        wrong = np.asarray((texts.duplicated() | texts.isin(met)).to_numpy() & there)
        if not wrong.any():
            return
        drawn = self.model.sample(MOST * int(wrong.sum()), rng)[name].dropna().drop_duplicates()
        left = drawn[~as_text(drawn).isin(met | set(texts[~wrong])).to_numpy()]
        wrong[np.flatnonzero(wrong)[len(left) :]] = False
        _replace(rows, name, wrong, left.iloc[: int(wrong.sum())])

    def _beside(
        self,
        order: InOrder,
        rows: pd.DataFrame,
        pool: pd.DataFrame,
        wrong: Marked,
        rng: np.random.Generator,
        *,
        later: bool,
    ) -> None:
        """One of two becomes one that was drawn and is in order with the other, if there is any.

        Args:
            later: whether it is the later one, and not the earlier.
        """
        low, high = order.first, order.second
        if not order.relation.rising:
            low, high = high, low
        moved, fixed, sign = (high, low, 1.0) if later else (low, high, -1.0)
        schema = self.model.schema
        drawn = sign * figures(pool[moved], schema[moved])
        known = np.flatnonzero(~np.isnan(drawn))
        ranked = known[np.argsort(drawn[known], kind="stable")]
        floor = sign * figures(rows[fixed], schema[fixed])[wrong]
        if order.relation.strict:
            first = np.searchsorted(drawn[ranked], floor, side="right")
        else:
            first = np.searchsorted(drawn[ranked], floor, side="left")
        first = np.minimum(first, len(ranked) - 1)  # where none is far enough, the farthest
        place = first + (rng.random(len(first)) * (len(ranked) - first)).astype(np.int64)
        _replace(rows, moved, wrong, pool[moved].iloc[ranked[place]])


def _state(domain: Categories, rule: OnlyIf) -> int:
    """A listed value that a condition asks for."""
    values = rule.that.values
    fits = [i for i, v in enumerate(domain.values) if (v in values) is not rule.that.negated]
    return fits[0] if fits else 0


def _possible(values: Values, domain: Numbers) -> Marked:
    """Which numbers a column may hold: ends that were found, and not declared, are no bounds."""
    if domain.bounds:
        return np.asarray((values >= domain.bounds[0]) & (values <= domain.bounds[1]))
    if domain.origin is Origin.DECLARED:
        return np.asarray((values >= domain.edges[0]) & (values < domain.edges[-1]))
    return ~np.isnan(values)


def _on_its_grid(values: Values, domain: Numbers) -> Values:
    return values if domain.decimals is None else np.round(values, domain.decimals)


def _with(held: pd.Series, where: Marked, numbers: Values, domain: Numbers) -> pd.Series:
    """A column of numbers as it is drawn, with others in some rows."""
    numbers = np.where(where, numbers, 0.0)
    made = pd.Series(numbers, index=held.index)
    if domain.worded:
        return held.where(~where, domain.spelling.texts(made, domain.decimals))
    return held.where(~where, made.astype(held.dtype))


def _replace(rows: pd.DataFrame, name: str, where: Marked, made: pd.Series) -> None:
    """Put other cells into some rows of a column, in order."""
    column = rows[name].copy()
    column[where] = made.to_numpy()
    rows[name] = column.astype(rows[name].dtype)
