"""What became of the rules in a release: counted in its own rows, and so public."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from synth.errors import RuleError
from synth.learning.keeping import Keeper, Upkeep
from synth.learning.method import Model
from synth.release.papers.tally import RowTally
from synth.schema.obeying import UNTOLD
from synth.schema.rule_counts import RuleCount, RuleCounts
from synth.schema.rules import MOST, Rule, rule_of


@dataclass
class KeptRules:
    """Draws rows that keep the rules, and counts those that do not in all that is released.

    Args:
        tally: of the first table, for the papers.
    """

    keeper: Keeper
    counting: RuleCounts
    tally: RowTally

    @classmethod
    def of(cls, model: Model, rules: Sequence[Rule]) -> Self:
        """Nothing drawn yet."""
        return cls(Keeper(model, rules), RuleCounts(rules, model.schema), RowTally(model))

    @property
    def upkeep(self) -> Upkeep:
        return self.keeper.upkeep

    @property
    def counts(self) -> tuple[RuleCount, ...]:
        return self.counting.counts

    def document(self) -> dict[str, Any]:
        """As plain values, for release.json; nothing where there is no rule."""
        if not self.counting.rules:
            return {}
        drawn = {"drawn": self.upkeep.drawn, "left_out": self.upkeep.left_out}
        drawn |= {"put_right": self.upkeep.put_right}
        return {"rules": [c.document() for c in self.counts], "kept_by": drawn}

    @property
    def lines(self) -> Iterator[tuple[str, str, str]]:
        """For the statement: each rule, where it comes from, and what holds of the rows."""
        for count in self.counts:
            known = "settled by the custodian after looking at the rows"
            declared = "declared without looking at the rows"
            yield str(count.rule), known if count.rule.seen else declared, _words(count)


def _words(count: RuleCount) -> str:
    if count.broken is None:
        return f"not told: {count.why}" if count.why != UNTOLD else "told by the real rows alone"
    if not count.broken:
        return f"kept in all {count.rows:,} rows"
    return f"broken in {count.broken:,} of {count.rows:,} rows"


def upkeep_of(facts: Mapping[str, Any]) -> Upkeep:
    """What it took to keep the rules, as release.json says."""
    return Upkeep(**facts.get("kept_by", {}))


def rules_in(facts: Mapping[str, Any]) -> tuple[Rule, ...]:
    """The rules that release.json names.

    Raises:
        RuleError: one is not understood, or they are too many.
        TypeError, KeyError: it names something else.
    """
    told = facts.get("rules", ())
    if len(told) > MOST:
        raise RuleError(f"There are {len(told):,} rules.", f"Give {MOST} at most.")
    return tuple(rule_of(str(r["says"]), seen=bool(r.get("seen"))) for r in told)
