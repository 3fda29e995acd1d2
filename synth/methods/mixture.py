"""Rows in hidden groups: within a group, every column has a distribution of its own.

Twinify's mixture (Jälkö et al. 2021, "Privacy-preserving data sharing via probabilistic modeling",
arXiv:1912.04439), learnt by private expectation-maximisation instead of private variational
inference: one Gaussian release of all sums a round. See `synth.learning.mixture`.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from synth.budget import Rho, Statement
from synth.budget.accounting import gaussian_sigma
from synth.errors import BundleError, MethodError
from synth.lazily import np, pd
from synth.learning.consistency import nearest, total_of
from synth.learning.grouping import gathered, splits_of
from synth.learning.method import Method, Model, Narrowed, Promise, modelled_names
from synth.learning.mixture import (
    ColumnLaw,
    Component,
    Free,
    Law,
    Learning,
    law_for,
    read_model_file,
)
from synth.learning.mixture.laws import LAWS, UNIT
from synth.learning.network import (
    Conditional,
    as_written,
    drawn,
    restored_splits,
    summing_to_one,
)
from synth.progress import Progress, quiet
from synth.schema import Codes, Counts, Schema
from synth.schema.domain import smallest
from synth.schema.gathered import Gathered
from synth.schema.obeying import Marked
from synth.schema.settings import Ask, setting
from synth.vault import Measurement, PrivateTable
from synth.vault.answers import Shares

ONE_WAY = 0.3  # of rho; the rest goes to the rounds
ROUNDS = 16
RARE_SIGMAS, NARROW = 4.0, 30.0  # in standard deviations of the noise, see synth.learning.grouping
ROWS_PER_GROUP = 45.0  # in standard deviations of a round's noise, for the number of groups
FEWEST, MOST = 2, 32
HIDDEN = "hidden group"
DIGITS = 7  # of a chance in a saved model


@dataclass(frozen=True)
class MixtureModel(Model):
    """Weights of the hidden groups, and the distribution of every column within each.

    Args:
        weights: chance of each group.
        components: what was learnt, column by column.
        splits: where states of a column were gathered, their chances within each gathered state.
    """

    kind: ClassVar[str] = "mixture"
    row_by_row: ClassVar[bool] = True
    weights: Counts
    components: tuple[Component, ...]
    splits: Mapping[str, Counts] = field(default_factory=dict)

    def sample(self, rows: int, rng: np.random.Generator) -> pd.DataFrame:
        return self.schema.decode(self.sample_codes(rows, rng), rng)

    def sample_codes(self, rows: int, rng: np.random.Generator) -> dict[str, Codes]:
        """One code array of length `rows` per modelled column."""
        steps = [Conditional(HIDDEN, (), self.weights)]
        steps += [Conditional(c.column, (HIDDEN,), c.chances) for c in self.components]
        codes = drawn(steps, rows, rng)
        for name, table in self.splits.items():
            split = drawn([Conditional("state", (name,), table)], rows, rng, {name: codes[name]})
            codes[name] = smallest(split["state"], table.shape[1])
        del codes[HIDDEN]
        return codes

    def given(self, states: Mapping[str, Marked]) -> Narrowed | None:
        """Each hidden group by how likely its rows are within them, and what is left within it."""
        splits, made = dict(self.splits), []
        weights = self.weights / self.weights.sum()
        for one in self.components:
            chances = one.chances / one.chances.sum(axis=1, keepdims=True)
            if one.column in states:
                inside = states[one.column].astype(np.float64)
                if one.column in splits:
                    kept = splits[one.column] * inside
                    inside = kept.sum(axis=1) / splits[one.column].sum(axis=1)
                    splits[one.column] = as_written(kept)
                chances = chances * inside
                weights = weights * chances.sum(axis=1)
                chances = as_written(chances)
            made.append(replace(one, chances=chances))
        share = float(weights.sum())
        if not share:
            return Narrowed(None, 0.0)
        model = replace(self, weights=weights / share, components=tuple(made), splits=splits)
        return Narrowed(model, share)

    def parameters(self) -> dict[str, Any]:
        return {
            "weights": _plain(self.weights),
            "components": [
                {
                    "column": c.column,
                    "law": c.law,
                    "parameters": [list(p) for p in c.parameters],
                    "chances": _plain(c.chances),
                }
                for c in self.components
            ],
            "splits": {name: _plain(table) for name, table in self.splits.items()},
        }

    @classmethod
    def restored(
        cls, schema: Schema, statement: Statement, rows: int, parameters: Mapping[str, Any]
    ) -> Self:
        weights = _chances(parameters["weights"], "weights of the groups")
        splits = restored_splits(schema, parameters.get("splits", {}))
        components = []
        for told in parameters["components"]:
            name, table = str(told["column"]), _chances(told["chances"], str(told["column"]))
            states = len(splits[name]) if name in splits else schema.domain(name).size
            if table.shape != (len(weights), states) or told["law"] not in LAWS:
                raise _damaged(name)
            laws = tuple(tuple(float(x) for x in p) for p in told["parameters"])
            components.append(Component(name, str(told["law"]), laws, table))
        return cls(schema, statement, rows, weights, tuple(components), splits)


def _plain(table: Counts) -> Any:
    return np.round(table, DIGITS).tolist()


def _chances(values: Any, name: str) -> Counts:
    table = np.array(values, dtype=np.float64)
    if not table.size or not np.isfinite(table).all() or (table < 0).any():
        raise _damaged(name)
    return summing_to_one(name, as_written(table))


def _damaged(name: str) -> BundleError:
    return BundleError(
        f"The table of `{name}` does not fit the schema.",
        "The model file is damaged; make it again.",
    )


@dataclass(frozen=True)
class Mixture(Method):
    """A mixture of products, learnt by private expectation-maximisation."""

    name: ClassVar[str] = "mixture"
    title: ClassVar[str] = "Hidden groups (mixture model)"
    summary: ClassVar[str] = (
        "Learns typical kinds of rows and mixes them; columns can be given a distribution by name. "
        "Loses connections that no kind of row shows."
    )
    promise: ClassVar[Promise] = Promise.PRIVATE
    model: ClassVar[type[Model]] = MixtureModel

    groups: int = setting(
        0,
        title="Hidden groups",
        help="How many kinds of rows to look for. 0 lets epsilon and the number of rows decide.",
        low=0,
        high=200,
    )
    columns: str = setting(
        "",
        title="Distributions",
        help="One line per column, such as `Age: Poisson`; # starts a comment. Columns that "
        "are not listed are left out. Leave empty to model every column automatically.",
        ask=Ask.LINES,
    )
    rounds: int = setting(
        ROUNDS,
        title="Rounds",
        help="How often the groups are learnt anew. More rounds leave less budget for each.",
        low=1,
        high=50,
    )

    def fit(self, private: PrivateTable, rho: Rho, progress: Progress = quiet) -> MixtureModel:
        laws = self._laws(private.schema)
        schema = _chosen(private.schema, tuple(laws))
        private = private.declare(schema)
        progress(0.0, "counting columns")
        each = Rho(ONE_WAY * rho / len(laws))
        fine = {n: private.measure((n,), each, "one-way marginal") for n in laws}
        total = total_of(list(fine.values()))
        free = {n: fine[n] for n, law in laws.items() if law is None or isinstance(law, Free)}
        coarse, how = _gathered(private, free, total)
        blocks = [_block(n, laws[n], fine[n], how.get(n), total) for n in laws]
        left = Rho((1 - ONE_WAY) * rho / self.rounds)
        learning = self._learnt(coarse, blocks, left, total, progress)
        sigma = max(m.sigma for m in fine.values())
        splits = splits_of(how, {n: m.counts for n, m in fine.items()}, total, sigma)
        return MixtureModel(
            schema,
            coarse.declare(schema).statement(),
            round(total),
            learning.weights,
            learning.components(),
            splits,
        )

    def _laws(self, schema: Schema) -> dict[str, Law | Free | None]:
        """The law of each column to learn; None where the schema decides."""
        names = modelled_names(schema)
        if not self.columns.strip():
            return dict.fromkeys(names)
        told = read_model_file(self.columns)
        for name in told.columns:
            if name not in names:
                raise MethodError(
                    f"The model names column `{name}`, which is not a modelled column.",
                    f"Choose among {', '.join(names)}.",
                )
        return {n: law_for(law, n, schema.domain(n)) for n, law in told.laws}

    def _learnt(
        self,
        private: PrivateTable,
        blocks: Sequence[ColumnLaw],
        rho: Rho,
        total: float,
        progress: Progress,
    ) -> Learning:
        names = [b.column for b in blocks]
        statistics = [b.law.statistics() for b in blocks]
        groups = self.groups or _enough(total, len(blocks), rho, private.rows_per_person)
        rng = np.random.default_rng(secrets.randbits(128))
        learning = Learning(blocks, groups, rng)
        for turn in range(self.rounds):
            progress(0.1 + 0.9 * turn / self.rounds, f"round {turn + 1} of {self.rounds}")
            shares = Shares(learning.log_weights(), learning.log_chances())
            found = private.shared_sums(names, shares, statistics, rho, "sums over hidden groups")
            learning.learn([t / UNIT for t in found.sums], found.sigma / UNIT)
        learning.raked()
        return learning


def _enough(total: float, columns: int, rho: float, rows_per_person: int) -> int:
    """As many groups as leave each of them well above the noise of a round."""
    if math.isinf(rho):
        return MOST
    noise = gaussian_sigma(rho, rows_per_person) * math.sqrt(columns)
    return int(np.clip(total / (ROWS_PER_GROUP * noise), FEWEST, MOST))


def _chosen(schema: Schema, names: Sequence[str]) -> Schema:
    """The listed columns in their order; the whole schema where all are listed as they stand."""
    if tuple(names) == modelled_names(schema):
        return schema
    return Schema(tuple(schema[n] for n in names))


def _gathered(
    private: PrivateTable, free: Mapping[str, Measurement], total: float
) -> tuple[PrivateTable, dict[str, Gathered]]:
    if not free:
        return private, {}
    sigma = max(0.5, next(iter(free.values())).sigma)
    most = max(2, round(total / (NARROW * sigma)))
    return gathered(private, {n: m.counts for n, m in free.items()}, RARE_SIGMAS * sigma, most)


def _block(
    name: str, law: Law | Free | None, fine: Measurement, group: Gathered | None, total: float
) -> ColumnLaw:
    counts = fine.counts if group is None else group.added(fine.counts)
    marginal = nearest(counts, total) + 0.5
    if law is None or isinstance(law, Free):
        law = Free(len(counts)) if law is None else replace(law, states=len(counts))
    return ColumnLaw(name, law, marginal / marginal.sum())
