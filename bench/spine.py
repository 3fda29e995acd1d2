"""Our methods beside DataSynthesizer's, on Adult: error of the marginals, CPU seconds, memory.

    python bench/spine.py [--data FOLDER] [--degrees 0 2 3] [--epsilons 1 inf] [--seeds 0]

Three rows for each setting: the peer; our method doing the same work (read, learn, draw, write);
and `synth run`, which also compares and ends with a release. Everything is measured as a whole
process, in one run on one machine, and the work without the imports beside it. Read the ratios;
seconds on another machine are other seconds.
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
from peers.catalogue import DATASYNTHESIZER, SYNTH
from peers.harness import Cost, Setting, run_measured, run_peer
from tvd import Errors, Truth

TABLE = "adult_categorical.csv"
LIMIT = 900  # seconds for one run
HEADING = """\
| system | setting | seed | TVD 1-way | 2-way | 3-way | work CPU s | CPU s | wall s | peak MB |
|---|---|---|---|---|---|---|---|---|---|"""


@dataclass(frozen=True)
class Case:
    """One setting both systems are given.

    `degree` is the most parents of a column: None makes columns independent, 0 leaves it to the
    system. `epsilon` inf means no privacy.
    """

    degree: int | None
    epsilon: float
    seed: int

    @property
    def mode(self) -> str:
        return "independent" if self.degree is None else "correlated"

    def __str__(self) -> str:
        degree = "" if self.degree is None else f" k={self.degree or 'chosen'}"
        epsilon = "∞" if math.isinf(self.epsilon) else format(self.epsilon, "g")
        return f"{self.mode}{degree}, ε={epsilon}"


@dataclass(frozen=True)
class Score:
    """What one system made of one case."""

    system: str
    case: Case
    cost: Cost
    errors: Errors


def theirs(table: Path, synthetic: Path, case: Case) -> Cost:
    """DataSynthesizer, which writes no privacy as an epsilon of 0."""
    settings = settings_of(case) | {"categorical": ["native-country"]}
    if math.isinf(case.epsilon):
        settings["epsilon"] = 0.0
    return run_peer(DATASYNTHESIZER, table, synthetic, settings, LIMIT)


def ours(table: Path, synthetic: Path, case: Case) -> Cost:
    """Our method alone: the same work as the peer's."""
    return run_peer(SYNTH, table, synthetic, settings_of(case), LIMIT)


def settings_of(case: Case) -> dict[str, Setting]:
    """The settings in the words the adapters share."""
    return {
        "mode": case.mode,
        "degree": case.degree or 0,
        "epsilon": case.epsilon,
        "seed": case.seed,
    }


def our_release(table: Path, synthetic: Path, case: Case) -> Cost:
    """`synth run`, columns inferred, every row one person: ends with the finished release."""
    recipe, release = synthetic.with_suffix(".toml"), synthetic.with_suffix(".zip")
    degree = "" if case.degree is None else f"degree = {case.degree}"
    recipe.write_text(
        f"""
        source.file = "{table}"
        privacy.epsilon = {case.epsilon}
        release.seed = {case.seed}
        [method]
        name = "{case.mode}"
        {degree}
        """,
        encoding="utf-8",
    )
    release.unlink(missing_ok=True)
    command = [sys.executable, "-m", "synth.cli", "run", str(recipe), "-o", str(release)]
    cost = run_measured(command, LIMIT)
    with zipfile.ZipFile(release) as bundle:
        synthetic.write_bytes(bundle.read("synthetic.csv"))
    return cost


SYSTEMS = {"DataSynthesizer": theirs, "synth": ours, "synth run": our_release}


def scores(told: argparse.Namespace) -> Iterator[Score]:
    """Every system on every case, in turn, so that a slow spell of the machine meets both."""
    table = Path(told.data, TABLE).resolve()
    truth = Truth(pd.read_csv(table))
    cases = itertools.product([None, *told.degrees], told.epsilons, told.seeds)
    with tempfile.TemporaryDirectory() as folder:
        synthetic = Path(folder) / "synthetic.csv"
        for case in itertools.starmap(Case, cases):
            for system, run in SYSTEMS.items():
                # The peer's own choice of a degree disregards epsilon: nothing to learn there.
                if system not in told.skip and (run is not theirs or case.degree != 0):
                    cost = run(table, synthetic, case)
                    yield Score(system, case, cost, truth.errors(pd.read_csv(synthetic)))


def main() -> None:
    """Print one line of a Markdown table for each run as it ends."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", default="../shared/data", help=f"folder that holds {TABLE}")
    parser.add_argument("--degrees", type=int, nargs="*", default=[0, 2, 3])
    parser.add_argument("--epsilons", type=float, nargs="+", default=[1.0, math.inf])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--skip", nargs="*", default=[], choices=list(SYSTEMS))
    told = parser.parse_args()
    print(HEADING)
    for score in scores(told):
        case, cost, errors = score.case, score.cost, score.errors
        print(
            f"| {score.system} | {case} | {case.seed} "
            f"| {errors.one:.4f} | {errors.two:.4f} | {errors.three:.4f} "
            f"| {cost.work:.2f} | {cost.cpu:.2f} | {cost.wall:.1f} | {cost.peak:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
