"""DataSynthesizer's correlated attribute mode as a method of synth. No formal guarantee.

A Bayesian network after PrivBayes, as DataSynthesizer 0.1.13 learns and samples it. It is given
codes instead of values: no cell is in what it hands back, its guessing of types has nothing to
guess, and names of columns do not reach the code it evaluates.

Reference: Ping, Stoyanovich, Howe (2017), "DataSynthesizer: Privacy-Preserving Synthetic Datasets",
doi:10.1145/3085504.3091117.
"""

from __future__ import annotations

import io
import json
import math
import random
import re
import secrets
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from DataSynthesizer.DataDescriber import DataDescriber
from DataSynthesizer.DataGenerator import DataGenerator
from DataSynthesizer.lib import PrivBayes

from synth.methods import (
    Audience,
    BundleError,
    Codes,
    Dates,
    Domain,
    Method,
    MethodError,
    Model,
    Numbers,
    PrivateTable,
    Progress,
    Promise,
    Rho,
    Schema,
    Statement,
    modelled_names,
    quiet,
    setting,
    smallest,
)

LEAST_ROWS = 20
MOST_CELLS = 200_000  # of one table inside the network: drawing rows takes time in proportion
PARENTS = re.compile(r"\[\d{1,9}(, \d{1,9})*\]")  # the only keys that DataSynthesizer may evaluate
WHY = (
    "DataSynthesizer read the rows themselves, and the ε = {:g} it was given is its own claim: "
    "it leaves out the values, bounds and numbers of rows read without noise, and cannot be checked"
)


@dataclass(frozen=True)
class Network(Model):
    """What DataSynthesizer calls a description: a network over the columns `c0`, `c1`, …

    Args:
        description: as DataSynthesizer would have saved it.
    """

    kind: ClassVar[str] = "datasynthesizer"
    row_by_row: ClassVar[bool] = True
    description: Mapping[str, Any]

    def sample(self, rows: int, rng: np.random.Generator) -> pd.DataFrame:
        drawn = _generated(self.description, rows, int(rng.integers(2**32)))
        codes: dict[str, Codes] = {}
        for column, name in _named(self.schema):
            size = self.schema.domain(name).size
            codes[name] = smallest(drawn[column].fillna(size - 1).to_numpy(dtype=np.int64), size)
        return self.schema.decode(codes, rng)

    def parameters(self) -> dict[str, Any]:
        return dict(self.description)

    @classmethod
    def restored(
        cls, schema: Schema, statement: Statement, rows: int, parameters: Mapping[str, Any]
    ) -> Self:
        _check(schema, parameters)
        return cls(schema, statement, rows, parameters)


@dataclass(frozen=True)
class DataSynthesizer(Method):
    """DataSynthesizer, correlated attribute mode."""

    name: ClassVar[str] = "datasynthesizer"
    title: ClassVar[str] = "Bayesian network (DataSynthesizer)"
    summary: ClassVar[str] = (
        "Keeps how each column depends on a few others, as DataSynthesizer learns it. Promises "
        "nothing formally: it reads value lists and bounds off the rows, outside its own ε."
    )
    promise: ClassVar[Promise] = Promise.NONE
    model: ClassVar[type[Model]] = Network

    epsilon: float = setting(
        1.0,
        title="DataSynthesizer's own ε",
        help="How little noise DataSynthesizer adds: a smaller number means more noise, and "
        "0 none at all. It is not a promise to anybody.",
        low=0.0,
        high=100.0,
    )
    degree: int = setting(
        1,
        title="Degree of the network (k)",
        help="How many other columns a column depends on. A higher degree keeps more "
        "connections, takes longer and spreads the noise wider.",
        choices=(1, 2, 3, 4),
    )
    threshold: int = setting(
        20,
        title="Category threshold",
        help="Numbers and dates with at most this many different intervals are kept as they "
        "are; with more, they are put into equal bins.",
        low=2,
        high=1000,
    )
    bins: int = setting(
        20,
        title="Bins of a histogram",
        help="How many equal bins a number or date above the threshold is put into.",
        low=2,
        high=200,
    )

    def fit(self, private: PrivateTable, rho: Rho, progress: Progress = quiet) -> Network:
        schema = private.schema
        self._refuse_too_large(schema)
        opened = private.open_rows(WHY.format(self.epsilon), Audience.RELEASE)
        if len(opened) < LEAST_ROWS:
            raise MethodError(
                f"{len(opened)} rows are too few for a network.",
                f"Bring at least {LEAST_ROWS} rows, or use another method.",
            )
        coded = {c: _coded(schema.domain(n), opened[n]) for c, n in _named(schema)}
        listed = [c for c, n in _named(schema) if not _ordered(schema.domain(n))]
        described = self._described(pd.DataFrame(coded), listed, progress)
        return Network(schema, private.statement(), len(opened), described)

    def _refuse_too_large(self, schema: Schema) -> None:
        """DataSynthesizer lays out every combination of a column's parents before it counts."""
        names = modelled_names(schema)
        if len(names) < 2:
            raise MethodError(
                "A network needs two columns; there is one.", "Give another column a role."
            )
        states = sorted(((self._states(schema.domain(n)), n) for n in names), reverse=True)
        widest = states[: self.degree + 1]
        if (cells := math.prod(s for s, _ in widest)) > MOST_CELLS:
            together = ", ".join(f"`{n}`" for _, n in widest)
            raise MethodError(
                f"{together} together have {cells:,} combinations, more than {MOST_CELLS:,}.",
                "Choose a lower degree, or make these columns coarser.",
            )

    def _states(self, domain: Domain) -> int:
        return (
            min(domain.size, max(self.threshold, self.bins) + 1)
            if _ordered(domain)
            else domain.size
        )

    def _described(
        self, coded: pd.DataFrame, listed: Sequence[str], progress: Progress
    ) -> dict[str, Any]:
        describer = DataDescriber(histogram_bins=self.bins, category_threshold=self.threshold)
        with _tamed(), redirect_stdout(_Steps(progress, coded.shape[1])):
            describer.describe_dataset_in_correlated_attribute_mode(
                io.StringIO(coded.to_csv(index=False)),  # a path would put the rows on the disk
                k=self.degree,
                epsilon=self.epsilon,
                attribute_to_datatype=dict.fromkeys(coded, "Integer"),
                attribute_to_is_categorical=dict.fromkeys(listed, True),
                attribute_to_is_candidate_key=dict.fromkeys(coded, False),
                seed=secrets.randbits(32),  # a seed that is known gives the noise away
            )
        described: dict[str, Any] = json.loads(json.dumps(describer.data_description))
        return described


def _named(schema: Schema) -> list[tuple[str, str]]:
    """The columns as DataSynthesizer knows them, and as the schema does."""
    return [(f"c{i}", name) for i, name in enumerate(modelled_names(schema))]


def _ordered(domain: Domain) -> bool:
    return isinstance(domain, Numbers | Dates)


def _coded(domain: Domain, values: pd.Series) -> pd.Series:
    """Codes; in an ordered column missing is empty, so that it gets no place in the order."""
    codes = pd.Series(domain.encode(values)).astype("Int64")
    absent = codes == domain.size - 1
    if _ordered(domain) and domain.missing and not absent.all():
        return codes.mask(absent)
    return codes


def _generated(description: Mapping[str, Any], rows: int, seed: int) -> pd.DataFrame:
    """Rows of codes. The file holds the model, which is public, and only its owner may read it."""
    generator = DataGenerator()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "description.json"
        file.write_text(json.dumps(description), encoding="utf-8")
        with _tamed():
            generator.generate_dataset_in_correlated_attribute_mode(rows, str(file), seed=seed)
    drawn: pd.DataFrame = generator.synthetic_dataset
    return drawn


# -- DataSynthesizer in bounds -----------------------------------------------------------------

_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def _tamed() -> Iterator[None]:
    """One at a time, with the generators it seeds put back, without warnings or processes.

    Its warnings are about itself and newer pandas. It would start one process per core for every
    column, each with a copy of the rows; threads do the same work.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain, array = random.getstate(), np.random.get_state()  # noqa: NPY002 it seeds this one
        processes, PrivBayes.Pool = PrivBayes.Pool, ThreadPool
        try:
            yield
        finally:
            PrivBayes.Pool = processes
            random.setstate(plain)
            np.random.set_state(array)  # noqa: NPY002


class _Steps(io.TextIOBase):
    """Takes what DataSynthesizer prints, and passes on how many columns it has placed."""

    def __init__(self, progress: Progress, columns: int) -> None:
        self._progress, self._columns, self._placed = progress, columns, 0

    def write(self, text: str) -> int:
        if text.startswith("Adding"):
            self._placed += 1
            self._progress(self._placed / self._columns, "growing a network")
        return len(text)


# -- a description that somebody sent ----------------------------------------------------------


def _check(schema: Schema, description: Mapping[str, Any]) -> None:
    """Refuse what does not fit the schema: DataSynthesizer evaluates keys of the file it reads."""
    sizes = {c: schema.domain(n).size for c, n in _named(schema)}
    told, chances = description["attribute_description"], description["conditional_probabilities"]
    network = description["bayesian_network"]
    root = network[0][1][0]
    placed = [root, *(child for child, _ in network)]
    fits = (
        description["meta"]["all_attributes"] == list(sizes)
        and description["meta"]["candidate_keys"] == []
        and sorted(placed) == sorted(sizes) == sorted(told)
        and all(set(p) <= set(placed[: i + 1]) for i, (_, p) in enumerate(network))
        and all(_column_fits(told[c], size) for c, size in sizes.items())
        and _are_chances(chances[root], told[root])
        and all(_conditions_fit(chances[c], len(p), told[c]) for c, p in network)
    )
    if not fits:
        raise BundleError(
            "DataSynthesizer's description does not fit the schema.",
            "The model file is damaged; make it again.",
        )


def _column_fits(told: Mapping[str, Any], size: int) -> bool:
    inside = [*told["distribution_bins"], told["min"], told["max"]]
    return (
        told["data_type"] == "Integer"
        and told["is_candidate_key"] is False
        and all(0 <= float(x) < size for x in inside)
        and (told["is_categorical"] is True or len(told["distribution_bins"]) > 1)
        and len(told["distribution_bins"]) == len(told["distribution_probabilities"])
        and _are_chances(told["distribution_probabilities"], told)
    )


def _conditions_fit(chances: Mapping[str, Any], parents: int, told: Mapping[str, Any]) -> bool:
    return all(
        PARENTS.fullmatch(key) is not None
        and key.count(",") == parents - 1
        and _are_chances(listed, told)
        for key, listed in chances.items()
    )


def _are_chances(listed: Sequence[float], told: Mapping[str, Any]) -> bool:
    """Whether these are chances of a column's bins, and perhaps of its missing values."""
    values = np.array(listed, dtype=np.float64)
    most = len(told["distribution_bins"]) + 1
    return (
        0 < values.size <= most
        and bool((values >= 0).all())
        and bool(np.isclose(values.sum(), 1.0, atol=1e-6))
    )
