"""How many rows of a table break each rule, counted block by block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from synth.lazily import pd
from synth.schema.columns import Schema
from synth.schema.obeying import breaking, pairs, unfit
from synth.schema.rules import Decides, Rule, Unique
from synth.schema.values import as_text


@dataclass(frozen=True)
class RuleCount:
    """How many of some rows break a rule.

    Args:
        broken: None where it cannot be told, for the reason `why`.
    """

    rule: Rule
    rows: int
    broken: int | None = None
    why: str = ""

    @property
    def plain(self) -> str:
        """In a sentence."""
        if self.broken is None:
            return f"not told: {self.rule} ({self.why})"
        if not self.broken:
            return f"kept: {self.rule}"
        return f"broken in {self.broken:,} of {self.rows:,} rows: {self.rule}"

    def document(self) -> dict[str, Any]:
        """As plain values."""
        seen = {"seen": True} if self.rule.seen else {}
        told = {"broken": self.broken} if self.broken is not None else {"why": self.why}
        return {"says": str(self.rule), **seen, **told}


@dataclass
class RuleCounts:
    """Counts the rows that break each rule, over all blocks of all copies.

    A function and unique values are those of one copy: a row breaks them beside its other rows.
    """

    rules: Sequence[Rule]
    schema: Schema
    rows: int = 0
    _broken: dict[int, int] = field(default_factory=dict)
    _pairs: dict[int, pd.Series] = field(default_factory=dict)
    _met: dict[int, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._why: Mapping[int, str] = {
            i: why for i, r in enumerate(self.rules) if (why := unfit(r, self.schema))
        }

    def add(self, block: pd.DataFrame) -> None:
        """Count further rows of the same copy."""
        self.rows += len(block)
        for i, rule in enumerate(self.rules):
            if i in self._why:
                continue
            if isinstance(rule.says, Decides):
                found = pairs(block, rule.says, self.schema)
                before = self._pairs.get(i)
                self._pairs[i] = found if before is None else before.add(found, fill_value=0)
            else:
                self._broken[i] = self._broken.get(i, 0) + self._of(i, rule, block)

    def _of(self, i: int, rule: Rule, block: pd.DataFrame) -> int:
        wrong = breaking(rule, block, self.schema)
        if isinstance(rule.says, Unique):
            held = block[rule.says.column].dropna()
            texts, met = as_text(held), self._met.setdefault(i, set())
            again = texts.isin(met) & ~texts.duplicated()
            met |= set(texts)
            return int(wrong.sum() + again.sum())
        return int(wrong.sum())

    def close(self) -> None:
        """The copy is at its end."""
        for i, counted in self._pairs.items():
            fullest = counted.groupby(level="one").max().sum() if len(counted) else 0
            self._broken[i] = self._broken.get(i, 0) + int(counted.sum() - fullest)
        self._pairs, self._met = {}, {}

    @property
    def counts(self) -> tuple[RuleCount, ...]:
        """What was counted in all copies that are closed, in the order of the rules."""
        return tuple(
            RuleCount(rule, self.rows, None, self._why[i])
            if i in self._why
            else RuleCount(rule, self.rows, self._broken.get(i, 0))
            for i, rule in enumerate(self.rules)
        )


def counted(rules: Sequence[Rule], frame: pd.DataFrame, schema: Schema) -> tuple[RuleCount, ...]:
    """How many rows of one table break each rule."""
    made = RuleCounts(rules, schema)
    made.add(frame)
    made.close()
    return made.counts
