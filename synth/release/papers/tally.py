"""How often each state of each column is in the released rows, counted block by block."""

from __future__ import annotations

from dataclasses import dataclass, field

from synth.lazily import np, pd
from synth.learning.method import Model
from synth.learning.records import RecordModel
from synth.schema import Categories, Counts


@dataclass
class RowTally:
    """Counts of the first synthetic table: figures of model and seed, and so public.

    Args:
        gaps: empty cells of each modelled column.
        states: rows in each state of a column that holds one value in a cell.
    """

    model: Model
    rows: int = 0
    gaps: dict[str, int] = field(default_factory=dict)
    states: dict[str, Counts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        told = self.model.names if isinstance(self.model, RecordModel) else ()
        self.several = frozenset(a.column for a in told if a.delimiter)

    def add(self, block: pd.DataFrame) -> None:
        """Count further rows."""
        self.rows += len(block)
        schema = self.model.schema
        for name in (c.name for c in schema.modelled if c.name in block):
            held = block[name]
            self.gaps[name] = self.gaps.get(name, 0) + int(held.isna().sum())
            if name not in self.several:
                domain = schema.domain(name)
                found = np.bincount(domain.encode(held), minlength=domain.size)
                before = self.states.get(name, np.zeros(domain.size))
                self.states[name] = np.asarray(before + found, dtype=np.float64)

    def empty(self, name: str) -> float:
        """The share of empty cells."""
        return self.gaps.get(name, 0) / max(self.rows, 1)

    def other(self, name: str) -> float:
        """The share of cells that stand for other or rare values, gathered."""
        domain, counts = self.model.schema.domain(name), self.states.get(name)
        if counts is None or not isinstance(domain, Categories) or not domain.other:
            return 0.0
        return float(counts[len(domain.values)]) / max(self.rows, 1)


def tallied(model: Model, rows: pd.DataFrame) -> RowTally:
    """The tally of a table that is there as a whole."""
    made = RowTally(model)
    made.add(rows)
    return made
