"""How often intervals of 95 % cover what they should, by method.

    python bench/coverage.py --data sample_data/hospital_admissions.csv --repeats 200

The table is taken for a population: its own figures are the truth. From it people are drawn with
replacement, a model learns them, tables are drawn from the model, and the rule that the package
uses for it makes an interval; beside it the usual formula on the first table alone ("naive").
Columns and bounds are those that the whole population suggests, known beforehand.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synth import Budget, PrivateTable, Schema, load, method_named
from synth.ingest.reading import read_table
from synth.release.estimates import DifferenceOf, Estimand, MeanOf, ShareOf, SlopeOf, over_tables

COLUMNS = ("Age", "Time in A&E (mins)", "Gender", "Hospital", "old", "long")
TIME = "Time in A&E (mins)"
ASKED: Mapping[str, Estimand] = {
    "mean": MeanOf("Age"),
    "share": ShareOf("Gender = 'Female'"),
    "difference": DifferenceOf(MeanOf(TIME, "Age >= 60"), MeanOf(TIME, "Age < 30")),
    "coefficient": SlopeOf(TIME, "Age"),
    "share among": ShareOf("long = 'yes'", "old = 'yes'"),
    "difference of shares": DifferenceOf(
        ShareOf("long = 'yes'", "old = 'yes'"), ShareOf("long = 'yes'", "old = 'no'")
    ),
    "coefficient of yes": SlopeOf("long", "old", "yes"),
}
TOGETHER = (("Age", TIME), ("old", "long"))
METHODS: tuple[tuple[str, float, dict[str, Any]], ...] = (
    ("sequential", math.inf, {}),
    ("correlated", math.inf, {}),
    ("row_seeded", math.inf, {"k": 10, "gaps": "fill all"}),
    ("twins", 1.0, {"pinned": TOGETHER}),
    ("twins", 4.0, {"pinned": TOGETHER}),
    ("adaptive", 1.0, {}),
    ("adaptive", 4.0, {}),
    ("tree", 1.0, {}),
    ("independent", 1.0, {}),
)


@dataclass
class Covered:
    """How often intervals covered, their mean width, and that of the naive ones."""

    ours: dict[str, list[bool]] = field(default_factory=dict)
    naive: dict[str, list[bool]] = field(default_factory=dict)
    width: dict[str, list[float]] = field(default_factory=dict)
    trusted: dict[str, list[bool]] = field(default_factory=dict)

    def add(self, name: str, truth: float, tables: list[pd.DataFrame], model: Any) -> None:
        """One repeat of one estimand."""
        wanted = ASKED[name]
        found = over_tables(tables, model, wanted)
        low, high = found.interval()
        self.ours.setdefault(name, []).append(low <= truth <= high)
        self.width.setdefault(name, []).append(high - low)
        self.trusted.setdefault(name, []).append(found.calibrated)
        single, variance = wanted.of(tables[0], model.schema)
        half = 1.96 * math.sqrt(variance)
        self.naive.setdefault(name, []).append(abs(single - truth) <= half)

    def lines(self, method: str, epsilon: float) -> list[str]:
        """One line for each estimand."""
        told = []
        for name in ASKED:
            ours, naive = np.mean(self.ours[name]), np.mean(self.naive[name])
            trusted, width = np.mean(self.trusted[name]), np.mean(self.width[name])
            told.append(
                f"| {method} | {epsilon:g} | {name} | {ours:.0%} | {naive:.0%} | {width:.3g} | "
                f"{trusted:.0%} |"
            )
        return told


def _yes(marked: pd.Series) -> pd.Series:
    return marked.map({True: "yes", False: "no"})


def covered(people: pd.DataFrame, schema: Schema, asked: argparse.Namespace, which: int) -> Covered:
    """The coverage of one method over many samples."""
    name, epsilon, settings = METHODS[which]
    found = Covered()
    truth = {n: e.of(people, schema)[0] for n, e in ASKED.items()}
    for repeat in range(asked.repeats):
        rng = np.random.default_rng([asked.seed, which, repeat])
        sample = people.iloc[rng.integers(len(people), size=asked.rows)].reset_index(drop=True)
        private = PrivateTable(sample, schema, Budget(epsilon, 1e-6))
        method = method_named(name).configured(settings)
        model = method.fit(private, private.ledger.left)
        tables = [model.sample(asked.rows, rng) for _ in range(asked.copies)]
        for wanted, value in truth.items():
            found.add(wanted, value, tables, model)
    return found


def main() -> None:
    """One line for each method and estimand."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--data", type=Path, required=True)
    told.add_argument("--rows", type=int, default=2000)
    told.add_argument("--copies", type=int, default=10)
    told.add_argument("--repeats", type=int, default=100)
    told.add_argument("--seed", type=int, default=1)
    told.add_argument("--only", default="")
    asked = told.parse_args()
    with asked.data.open("rb") as stream:
        read = read_table(stream).frame
    old, long = (pd.to_numeric(read[n]) >= least for n, least in (("Age", 60), (TIME, 90)))
    people = read.assign(old=_yes(old), long=_yes(long))[list(COLUMNS)]
    schema = load(people, Budget(math.inf)).private.schema
    print(f"{asked.repeats} samples of {asked.rows} people, {asked.copies} tables each")
    print("| method | epsilon | what | covers | naive | width | said to be trusted |")
    print("|---|---|---|---|---|---|---|")
    for which, (name, epsilon, _) in enumerate(METHODS):
        if asked.only in ("", name):
            found = covered(people, schema, asked, which)
            print("\n".join(found.lines(name, epsilon)), flush=True)


if __name__ == "__main__":
    main()
