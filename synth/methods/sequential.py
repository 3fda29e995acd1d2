"""Sequential trees: each column by a decision tree on the columns before it. No formal guarantee.

What official statistics use, and the yardstick of fidelity for methods with a promise. A leaf
gives its people's values back in the proportions they have there; at least `leaf` people are in it.

Reference: Reiter (2005), "Using CART to generate partially synthetic public use microdata";
Nowok, Raab, Dibben (2016), doi:10.18637/jss.v074.i11.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeAlias

from synth.budget import Audience, Rho, Statement
from synth.errors import BundleError
from synth.lazily import np, npt, pd
from synth.learning.method import Method, Model, Promise, modelled_names
from synth.progress import Progress, quiet
from synth.schema import Categories, Codes, Counts, Schema
from synth.schema.domain import smallest
from synth.schema.settings import setting
from synth.vault import PrivateTable

WHY = "trees were grown on real rows"
WIDE = 12  # categories up to this many get a column each as predictors; others keep their codes

Features: TypeAlias = "npt.NDArray[np.float32]"


@dataclass(frozen=True)
class _Grown:
    """One column's tree: at inner nodes a predictor and a threshold, at leaves chances.

    Args:
        left, right: child of each node, -1 at a leaf.
        chances: one line per leaf, one column per state.
        leaf: for each node its line in `chances`, -1 at inner nodes.
    """

    column: str
    predictor: npt.NDArray[np.int64]
    threshold: Counts
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    leaf: npt.NDArray[np.int64]
    chances: Counts

    def draw(self, features: Features, rng: np.random.Generator) -> Codes:
        """A state for each row, from the leaf it falls into."""
        node = np.zeros(len(features), dtype=np.int64)
        while (inner := np.flatnonzero(self.left[node] >= 0)).size:
            at = node[inner]
            goes_left = features[inner, self.predictor[at]] <= self.threshold[at]
            node[inner] = np.where(goes_left, self.left[at], self.right[at])
        cumulative = self.chances.cumsum(axis=1)
        reached = rng.random(len(features))[:, None] * cumulative[:, -1:][self.leaf[node]]
        return np.asarray((reached > cumulative[self.leaf[node]]).sum(axis=1))


@dataclass(frozen=True)
class Trees(Model):
    """Trees in the order in which columns are drawn."""

    kind: ClassVar[str] = "trees"
    row_by_row: ClassVar[bool] = True
    trees: tuple[_Grown, ...]

    def sample(self, rows: int, rng: np.random.Generator) -> pd.DataFrame:
        codes: dict[str, Codes] = {}
        for tree in self.trees:
            features = predictors(self.schema, codes, rows)
            drawn = tree.draw(features, rng)
            codes[tree.column] = smallest(drawn, self.schema.domain(tree.column).size)
        return self.schema.decode(codes, rng)

    def parameters(self) -> dict[str, Any]:
        return {
            "trees": [
                {
                    "column": t.column,
                    "predictor": np.where(t.leaf < 0, t.predictor, -1).tolist(),
                    "threshold": np.round(np.where(t.leaf < 0, t.threshold, 0), 4).tolist(),
                    "left": t.left.tolist(),
                    "right": t.right.tolist(),
                    "leaf": t.leaf.tolist(),
                    "chances": np.round(t.chances, 6).tolist(),
                }
                for t in self.trees
            ]
        }

    @classmethod
    def restored(
        cls, schema: Schema, statement: Statement, rows: int, parameters: Mapping[str, Any]
    ) -> Self:
        return cls(
            schema, statement, rows, tuple(_restored(schema, t) for t in parameters["trees"])
        )


def _restored(schema: Schema, saved: Mapping[str, Any]) -> _Grown:
    column = str(saved["column"])
    whole = {n: np.array(saved[n], dtype=np.int64) for n in ("predictor", "left", "right", "leaf")}
    tree = _Grown(
        column,
        threshold=np.array(saved["threshold"], dtype=np.float64),
        chances=np.array(saved["chances"], dtype=np.float64),
        **whole,
    )
    nodes, leaf = np.arange(len(tree.left)), tree.leaf >= 0
    forward = np.where(leaf, -1, np.minimum(tree.left, tree.right)) >= np.where(leaf, -1, nodes + 1)
    sound = forward.all() and np.isfinite(tree.threshold).all() and np.isfinite(tree.chances).all()
    if not sound or tree.chances.shape[1:] != (schema.domain(column).size,):
        raise BundleError(
            f"The tree of `{column}` does not fit the schema.",
            "The model file is damaged; make it again.",
        )
    return tree


def predictors(schema: Schema, codes: Mapping[str, Codes], rows: int) -> Features:
    """What trees look at: codes, or one column per category where there are few."""
    columns: list[npt.NDArray[Any]] = []
    for name, values in codes.items():
        domain = schema.domain(name)
        if isinstance(domain, Categories) and 2 < domain.size <= WIDE:
            columns += [values == i for i in range(domain.size)]
        else:
            columns.append(values)
    if not columns:
        return np.zeros((rows, 1), dtype=np.float32)
    return np.column_stack(columns).astype(np.float32)


@dataclass(frozen=True)
class Sequential(Method):
    """Decision trees, one after another."""

    name: ClassVar[str] = "sequential"
    title: ClassVar[str] = "Sequential trees (CART)"
    summary: ClassVar[str] = (
        "Keeps connections of any shape: the closest likeness here. Promises nothing formally; "
        "rare combinations of real people can come back."
    )
    promise: ClassVar[Promise] = Promise.NONE
    model: ClassVar[type[Model]] = Trees

    leaf: int = setting(
        10,
        title="People in a leaf, at least",
        help="A leaf gives the values of its people back. More people in it means a weaker "
        "likeness and less risk.",
        low=5,
        high=10_000,
    )

    def fit(self, private: PrivateTable, rho: Rho, progress: Progress = quiet) -> Trees:
        names = modelled_names(private.schema)
        schema = private.schema
        opened = private.open_rows(WHY, Audience.RELEASE)
        codes = {n: schema.domain(n).encode(opened[n]) for n in names}
        order = sorted(names, key=lambda n: schema.domain(n).size)
        trees = []
        for i, name in enumerate(order):
            progress(i / len(order), "growing trees")
            before = {n: codes[n] for n in order[:i]}
            features = predictors(schema, before, len(opened))
            trees.append(_grown(name, features, codes[name], schema.domain(name).size, self.leaf))
        return Trees(schema, private.statement(), len(opened), tuple(trees))


def _grown(name: str, features: Features, codes: Codes, states: int, leaf: int) -> _Grown:
    # Loaded only where trees are grown: it takes longer to load than most commands take to run.
    from sklearn.tree import DecisionTreeClassifier

    if len(codes) == 0:
        return _stump(name, np.full(states, 1 / states))
    grown = DecisionTreeClassifier(min_samples_leaf=min(leaf, len(codes)), random_state=0)
    with warnings.catch_warnings():
        # States are no mistaken measurements, however many of them a small table has.
        warnings.filterwarnings("ignore", message="The number of unique classes")
        tree = grown.fit(features, codes).tree_
    chances = np.zeros((tree.node_count, states))
    chances[:, np.asarray(grown.classes_, dtype=np.int64)] = tree.value[:, 0, :]
    leaves = np.flatnonzero(tree.children_left < 0)
    place = np.full(tree.node_count, -1)
    place[leaves] = np.arange(leaves.size)
    return _Grown(
        name,
        np.asarray(tree.feature, dtype=np.int64),
        np.asarray(tree.threshold, dtype=np.float64),
        np.asarray(tree.children_left, dtype=np.int64),
        np.asarray(tree.children_right, dtype=np.int64),
        place,
        chances[leaves],
    )


def _stump(name: str, chances: Sequence[float] | Counts) -> _Grown:
    nowhere = np.array([-1])
    line = np.asarray(chances, dtype=np.float64)[None, :]
    return _Grown(name, nowhere, np.zeros(1), nowhere, nowhere, np.zeros(1, np.int64), line)
