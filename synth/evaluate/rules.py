"""Rules between columns, held against the real rows and the synthetic ones: for the custodian."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from synth.budget import Audience
from synth.budget.eyes import ForCustodian
from synth.evaluate.likely_conditions import named_values
from synth.evaluate.likely_rules import likely_rules
from synth.lazily import pd
from synth.schema import Categories, Schema
from synth.schema.obeying import UNTOLD, pairs, unfit
from synth.schema.rule_counts import RuleCount, counted
from synth.schema.rules import Decides, OnlyIf, Rule, Together
from synth.schema.values import as_text
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
        strange: of a function, synthetic rows that keep it with another value than any real row:
            a district with a region of its own, and the wrong one.
    """

    says: str
    seen: bool
    broken: int | None
    rows: int
    why: str
    real_broken: int | None
    real_rows: int
    strange: int = 0

    @property
    def wrong(self) -> str:
        """How many rows keep it with a value that no real row has, in words; "" where few do."""
        if self.strange <= MANY * self.rows:
            return ""
        return (
            f"{self.strange:,} of {self.rows:,} synthetic rows keep it with another value than any "
            "real row: what the one column decides was not learnt"
        )

    @property
    def plain(self) -> str:
        """In a line."""
        if self.broken is None:
            return f"not told: {self.says} ({self.why})"
        if self.broken:
            return f"broken in {self.broken:,} of {self.rows:,} rows: {self.says}"
        return f"kept: {self.says}{f' ({told})' if (told := self.wrong or self.real) else ''}"

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

    A condition is told where the synthetic rows hold the values that it names, and so tell them.

    Args:
        private: the real rows, under the schema that their custodian sees.
        asked: the sentences of the rules that were named.
    """
    schema = private.schema
    likely = [
        r
        for r in likely_rules(private)
        if str(r) not in asked
        and set(r.columns) <= set(synthetic.columns)
        and _told_there(r, synthetic)
    ]
    counts = counted(likely, synthetic, schema)
    found = (
        FoundRule(str(c.rule), True, c.broken, c.rows, c.why, 0, 0)
        for c in counts
        if c.broken is not None and c.broken > MANY * c.rows
    )
    return tuple(sorted(found, key=lambda rule: -(rule.broken or 0))[:MOST_UNASKED])


def _told_there(rule: Rule, synthetic: pd.DataFrame) -> bool:
    """Whether synthetic rows hold all values that a rule names."""
    if not isinstance(rule.says, OnlyIf):
        return True
    named = named_values(rule.says)
    return all(set(v) <= set(as_text(synthetic[n].dropna())) for n, v in named.items())


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
    made = replace(made, real_broken=counted([rule], real, schema)[0].broken)
    if isinstance(rule.says, Decides) and len(synthetic):
        share = _strangers(rule.says, real, synthetic, schema) / len(synthetic)
        return replace(made, strange=round(share * made.rows))  # of all copies, by the first
    return made


def _strangers(
    rule: Decides | Together, real: pd.DataFrame, synthetic: pd.DataFrame, schema: Schema
) -> int:
    """Synthetic rows with two values that no real row has together.

    What is gathered as "(other)" stands for many values, of which nobody can tell. Of a function,
    only what it says of values that are in the real rows.
    """
    met, drawn = pairs(real, rule, schema), pairs(synthetic, rule, schema)
    strange = ~drawn.index.isin(met.index)
    for level, name in enumerate((rule.one, rule.other)):
        domain = schema[name].domain
        if isinstance(domain, Categories):
            strange &= drawn.index.get_level_values(level) != domain.gathered
    if isinstance(rule, Decides):
        known = met.index.get_level_values(0)
        strange &= drawn.index.get_level_values(0).isin(known)
    return int(drawn[strange].sum())


def rules_of_real(rules: Sequence[Rule], private: PrivateTable) -> tuple[RuleCount, ...]:
    """How many real rows break each rule, before anything is made."""
    rows = private.open_rows(WHY, Audience.CUSTODIAN)
    return counted(rules, rows, private.schema)
