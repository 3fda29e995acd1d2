"""Our methods beside DataSynthesizer's, on Adult: error of the marginals, CPU seconds, memory.

    python bench/spine.py [--data FOLDER] [--degrees 2 3] [--epsilons 1 inf] [--seeds 0]

Everything is measured as a whole process, from reading the table to the finished file, in one run
on one machine. Read the ratios; seconds on another machine are other seconds.
"""

import argparse
import itertools
import math
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from peers.catalogue import DATASYNTHESIZER
from peers.harness import Cost, run_measured, run_peer
from tvd import Errors, Truth

TABLE = "adult_categorical.csv"
LIMIT = 900  # seconds for one run


@dataclass(frozen=True)
class Case:
    """One setting both systems are given; `degree` 0 means independent columns.

    `epsilon` inf means no privacy.
    """

    degree: int
    epsilon: float
    seed: int

    def __str__(self) -> str:
        mode = f"correlated k={self.degree}" if self.degree else "independent"
        return f"{mode}, ε={'∞' if math.isinf(self.epsilon) else format(self.epsilon, 'g')}"


@dataclass(frozen=True)
class Score:
    """What one system made of one case."""

    system: str
    case: Case
    cost: Cost
    errors: Errors


def theirs(table: Path, synthetic: Path, case: Case) -> Cost:
    """DataSynthesizer, which writes no privacy as an epsilon of 0."""
    settings = {
        "mode": "correlated" if case.degree else "independent",
        "degree": case.degree,
        "epsilon": 0.0 if math.isinf(case.epsilon) else case.epsilon,
        "seed": case.seed,
        "categorical": ["native-country"],
    }
    return run_peer(DATASYNTHESIZER, table, synthetic, settings, LIMIT)


def ours(table: Path, synthetic: Path, case: Case) -> Cost:
    """A starter recipe, the case's method put into it, and a release made from it."""
    recipe, release = synthetic.with_suffix(".toml"), synthetic.with_suffix(".zip")
    recipe.write_text(our_recipe(table, case), encoding="utf-8")
    synth = [sys.executable, "-m", "synth.cli", "run", str(recipe), "-o", str(release)]
    cost = run_measured(synth, LIMIT)
    with zipfile.ZipFile(release) as bundle:
        synthetic.write_bytes(bundle.read("synthetic.csv"))
    return cost


def our_recipe(table: Path, case: Case) -> str:
    """The recipe of `case`: columns inferred, every row one person."""
    method = (
        f'name = "correlated"\ndegree = {case.degree}' if case.degree else 'name = "independent"'
    )
    return f"""
[data]
path = "{table}"

[method]
{method}

[budget]
epsilon = {case.epsilon}

[sample]
seed = {case.seed}
"""


SYSTEMS = {"DataSynthesizer": theirs, "synth": ours}


def scores(told: argparse.Namespace) -> Iterator[Score]:
    """Every system on every case, in turn, so that a slow spell of the machine meets both."""
    table = Path(told.data, TABLE).resolve()
    truth = Truth(pd.read_csv(table))
    cases = itertools.product([0, *told.degrees], told.epsilons, told.seeds)
    with tempfile.TemporaryDirectory() as folder:
        synthetic = Path(folder) / "synthetic.csv"
        for case in itertools.starmap(Case, cases):
            for system, run in SYSTEMS.items():
                if system not in told.skip:
                    cost = run(table, synthetic, case)
                    yield Score(system, case, cost, truth.errors(pd.read_csv(synthetic)))


def main() -> None:
    """Print one line of a Markdown table for each run as it ends."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", default="../shared/data", help=f"folder that holds {TABLE}")
    parser.add_argument("--degrees", type=int, nargs="*", default=[2, 3])
    parser.add_argument("--epsilons", type=float, nargs="+", default=[1.0, math.inf])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--skip", nargs="*", default=[], choices=list(SYSTEMS))
    told = parser.parse_args()
    print("| system | setting | seed | TVD 1-way | 2-way | 3-way | CPU s | wall s | peak MB |")
    print("|---|---|---|---|---|---|---|---|---|")
    for score in scores(told):
        case, cost, errors = score.case, score.cost, score.errors
        print(
            f"| {score.system} | {case} | {case.seed} "
            f"| {errors.one:.4f} | {errors.two:.4f} | {errors.three:.4f} "
            f"| {cost.cpu:.2f} | {cost.wall:.1f} | {cost.peak:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
