"""Rules between columns, held against the real rows and the synthetic ones: for the custodian."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synth.budget import Audience
from synth.budget.eyes import ForCustodian
from synth.evaluate.likely_rules import likely_rules
from synth.lazily import pd
from synth.schema import Schema
from synth.schema.obeying import UNTOLD, pairs, unfit
from synth.schema.rule_counts import RuleCount, counted
from synth.schema.rules import Rule, Together
from synth.vault import PrivateTable

WHY = "rows that break a rule"
MANY = 0.02  # of the synthetic rows that break a rule which nobody named, before it is told
MOST_UNASKED = 5


@dataclass(frozen=True, repr=False)
class FoundRule(ForCustodian):
    """What became of one rule.

    Args:
        broken, rows: synthetic rows that break it, of all; None where it cannot be told, for the
            reason `why`.
        real_broken, real_rows: the same of the real rows.
    """

    says: str
    seen: bool
    broken: int | None
    rows: int
    why: str
    real_broken: int | None
    real_rows: int

    @property
    def plain(self) -> str:
        """In a line."""
        if self.broken is None:
            return f"not told: {self.says} ({self.why})"
        if self.broken:
            return f"broken in {self.broken:,} of {self.rows:,} rows: {self.says}"
        return f"kept: {self.says}{f' ({real})' if (real := self.real) else ''}"

    @property
    def real(self) -> str:
        """How many real rows break it, in words; "" where none does or it cannot be told."""
        if not self.real_broken:
            return ""
        return f"{self.real_broken:,} of {self.real_rows:,} real rows break it"


def found_rules(
    private: PrivateTable, synthetic: pd.DataFrame, counts: Sequence[RuleCount]
) -> tuple[FoundRule, ...]:
    """What became of each rule.

    Args:
        private: the real rows, under the schema that their custodian sees.
        counts: of all synthetic rows that were drawn so far, of which `synthetic` are the first.
    """
    if not counts:
        return ()
    schema = private.schema
    real = None if private.stays else private.open_rows(WHY, Audience.CUSTODIAN)
    return tuple(_found(count, real, synthetic, schema) for count in counts)


def unasked(
    private: PrivateTable, synthetic: pd.DataFrame, asked: Sequence[str]
) -> tuple[FoundRule, ...]:
    """Rules that nobody named, that all real rows keep, and that many synthetic rows break.

    Args:
        private: the real rows, under the schema that their custodian sees.
        asked: the sentences of the rules that were named.
    """
    schema = private.schema
    likely = [
        r
        for r in likely_rules(private)
        if str(r) not in asked and set(r.columns) <= set(synthetic.columns)
    ]
    counts = counted(likely, synthetic, schema)
    found = (
        FoundRule(str(c.rule), True, c.broken, c.rows, c.why, 0, 0)
        for c in counts
        if c.broken is not None and c.broken > MANY * c.rows
    )
    return tuple(sorted(found, key=lambda rule: -(rule.broken or 0))[:MOST_UNASKED])


def _found(
    count: RuleCount, real: pd.DataFrame | None, synthetic: pd.DataFrame, schema: Schema
) -> FoundRule:
    rule, rows = count.rule, 0 if real is None else len(real)
    made = FoundRule(str(rule), rule.seen, count.broken, count.rows, count.why, None, rows)
    if real is None or not set(rule.columns) <= set(schema.names):
        return made
    if isinstance(rule.says, Together) and count.why == UNTOLD:
        strange = _strangers(rule.says, real, synthetic, schema)
        return FoundRule(made.says, made.seen, strange, len(synthetic), "", 0, rows)
    if unfit(rule, schema):
        return made
    broken = counted([rule], real, schema)[0].broken
    return FoundRule(made.says, made.seen, made.broken, made.rows, made.why, broken, rows)


def _strangers(rule: Together, real: pd.DataFrame, synthetic: pd.DataFrame, schema: Schema) -> int:
    """Synthetic rows with two values that no real row has together."""
    met, drawn = pairs(real, rule, schema), pairs(synthetic, rule, schema)
    return int(drawn[~drawn.index.isin(met.index)].sum())


def rules_of_real(rules: Sequence[Rule], private: PrivateTable) -> tuple[RuleCount, ...]:
    """How many real rows break each rule, before anything is made."""
    rows = private.open_rows(WHY, Audience.CUSTODIAN)
    return counted(rules, rows, private.schema)
