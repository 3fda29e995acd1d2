"""Several synthetic tables whose combined estimates have honest intervals.

The idea of NAPSU-MQ (Räisä, Jälkö, Kaski, Honkela 2023, arXiv:2205.14485): account for the noise
when estimating. Instead of a posterior by Markov chains, a parametric bootstrap: each table drawn
first makes up people from the learnt model, measures them with fresh noise, moves the real
measurements by as much, and learns the model again. It costs no further budget.

Every table is a replicate; `synth.evaluate.replication` combines what is estimated from several
of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Self

from synth.budget import Rho, Statement
from synth.errors import BundleError
from synth.lazily import np, pd
from synth.learning.clique_tree import CliqueModel, CliqueTree
from synth.learning.grouping import splits_of
from synth.learning.inference import Fitted, IndexConditional, Noisy, fit
from synth.learning.inference.estimation import Effort
from synth.learning.method import Method, Model, Promise
from synth.learning.network import restored_splits
from synth.progress import Progress, quiet
from synth.schema import Codes, Counts, Schema
from synth.schema.domain import smallest
from synth.schema.settings import Ask, setting
from synth.schema.tables import bincount, packed
from synth.vault import PrivateTable

CLOSE = Effort(proximal=40, misfit=0.3)  # closer than for one table: a bias has no interval
DIGITS = 4  # of a noisy count in a saved model


@dataclass(frozen=True)
class TwinsModel(Model):
    """The noisy marginals themselves: what a replicate is learnt from.

    Args:
        sizes: groups of states of each modelled column, in order.
        tables: noisy marginals over column indices.
        splits: chances of the states within each group, where states were gathered.
    """

    kind: ClassVar[str] = "twins"
    sizes: tuple[int, ...]
    tables: tuple[Noisy, ...]
    splits: Mapping[str, Counts] = field(default_factory=dict)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.schema.modelled)

    @cached_property
    def _learnt(self) -> Fitted:
        return fit(self.tables, self.sizes, total=max(1, self.rows), effort=CLOSE)

    def measured_together(self, columns: Sequence[str]) -> bool:
        """Whether an interval over these columns is calibrated: one table held them all."""
        wanted = {self._names.index(c) for c in columns}
        return any(wanted <= set(t.clique) for t in self.tables)

    def sample(self, rows: int, rng: np.random.Generator) -> pd.DataFrame:
        return self.schema.decode(self.sample_codes(rows, rng), rng)

    def sample_codes(self, rows: int, rng: np.random.Generator) -> dict[str, Codes]:
        """One replicate: one code array of length `rows` per modelled column."""
        found = independent_draws(self._replicate(rng).conditionals(), self.sizes, rows, rng)
        codes = {}
        for i, name in enumerate(self._names):
            table = self.splits.get(name)
            codes[name] = found[i] if table is None else _lines(table, found[i], rng)
        return codes

    def _replicate(self, rng: np.random.Generator) -> Fitted:
        """The model, learnt from what might have been measured instead."""
        people = max(1, self.rows)
        made_up = independent_draws(self._learnt.conditionals(), self.sizes, people, rng)
        moved = []
        for table in self.tables:
            shape = [self.sizes[v] for v in table.clique]
            counted = bincount([made_up[v] for v in table.clique], shape)
            noise = rng.normal(0, 1, shape) * table.sigma
            values = table.values + counted - self._learnt.expected[table.clique] + noise
            moved.append(Noisy(table.clique, values, table.sigma))
        return fit(moved, self.sizes, total=people, start=self._learnt.thetas, effort=CLOSE)

    def parameters(self) -> dict[str, Any]:
        return {
            "sizes": list(self.sizes),
            "tables": [
                {
                    "columns": list(t.clique),
                    "values": np.round(t.values, DIGITS).ravel().tolist(),
                    "sigma": np.round(np.asarray(t.sigma), DIGITS).tolist(),
                }
                for t in self.tables
            ],
            "splits": {name: table.tolist() for name, table in self.splits.items()},
        }

    @classmethod
    def restored(
        cls, schema: Schema, statement: Statement, rows: int, parameters: Mapping[str, Any]
    ) -> Self:
        sizes = tuple(int(s) for s in parameters["sizes"])
        tables = []
        for told in parameters["tables"]:
            clique = tuple(int(v) for v in told["columns"])
            shape = tuple(sizes[v] for v in clique)
            values = np.array(told["values"], dtype=np.float64).reshape(shape)
            sigma = np.array(told["sigma"], dtype=np.float64)
            if not np.isfinite(values).all() or not (sigma > 0).all():
                raise BundleError("A noisy marginal is damaged.", "Make the release again.")
            tables.append(Noisy(clique, values, sigma if sigma.ndim else float(sigma)))
        splits = restored_splits(schema, parameters["splits"])
        return cls(schema, statement, rows, sizes, tuple(tables), splits)


@dataclass(frozen=True)
class Twins(Method):
    """Noise-aware replicates over a clique tree."""

    name: ClassVar[str] = "twins"
    title: ClassVar[str] = "Noise-aware twins (for statistics with intervals)"
    summary: ClassVar[str] = (
        "Every table drawn shows afresh what noise and chance may have done, so that estimates "
        "from several of them together have honest intervals. A single table is less accurate."
    )
    promise: ClassVar[Promise] = Promise.PRIVATE
    model: ClassVar[type[Model]] = TwinsModel

    pinned: tuple[tuple[str, ...], ...] = setting(
        (),
        ask=Ask.COLUMN_SETS,
        title="Always measure together",
        help="Sets of columns whose joint statistics are wanted. Only within a set that was "
        "measured together are intervals calibrated.",
    )
    largest: int = setting(
        20_000,
        title="Largest table",
        help="Most cells of one table inside the model. Each table drawn fits the model "
        "again, so a larger limit takes longer.",
        low=100,
        high=1_000_000,
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "pinned", tuple(tuple(p) for p in self.pinned))

    def fit(self, private: PrivateTable, rho: Rho, progress: Progress = quiet) -> TwinsModel:
        tree = CliqueTree(self.largest, pinned=self.pinned, functions=False)
        return _model(tree.learn(private, rho, progress))


def _model(learnt: CliqueModel) -> TwinsModel:
    ground = learnt.ground
    splits = splits_of(ground.groups, ground.fine, ground.total, ground.sigma)
    return TwinsModel(
        ground.schema,
        ground.private.declare(ground.schema).statement(),
        round(ground.total),
        ground.sizes,
        (*ground.ones, *learnt.tables),
        splits,
    )


def independent_draws(
    steps: Sequence[IndexConditional], sizes: Sequence[int], rows: int, rng: np.random.Generator
) -> dict[int, Codes]:
    """Rows drawn each on its own, unlike `network.drawn`: their scatter is that of people."""
    codes: dict[int, Codes] = {}
    for step in steps:
        group = np.zeros(rows, dtype=np.int64)
        if step.parents:
            shape = [sizes[p] for p in step.parents]
            group = packed([codes[p] for p in step.parents], shape).astype(np.int64)
        codes[step.column] = _lines(step.table.reshape(-1, sizes[step.column]), group, rng)
    return codes


def _lines(table: Counts, group: Codes, rng: np.random.Generator) -> Codes:
    """A state for each row, from the line of `table` its group points to."""
    cumulative = np.cumsum(table, axis=1)
    cumulative /= cumulative[:, -1:]
    flat = (cumulative + np.arange(len(table))[:, None]).ravel()
    found = np.searchsorted(flat, group + rng.random(len(group)), side="right")
    inside = found - group.astype(np.int64) * table.shape[1]  # a small type would wrap around
    return smallest(np.minimum(inside, table.shape[1] - 1), table.shape[1])
