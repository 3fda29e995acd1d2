"""Our private methods beside others, on Adult: error of the marginals, CPU seconds, memory.

    python bench/dp.py [--data FOLDER] [--tables coded categorical] [--epsilons 0.5 1 5]
                       [--seeds 0 1 2] [--systems adaptive tree mixture mbi-mst dpmm-mst ...]

Beside the two of Adult, `--tables` takes those of `tables.py`, coded by its bins of the real table.
Every system gets the same table of codes, the sizes of its columns as public facts, epsilon, and a
delta of 1e-9, and answers with as many synthetic rows. Each is held to its own accountant. Whole
processes, one after the other, in one run on one machine: read the ratios.
"""

import argparse
import itertools
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from peers.catalogue import CODED, DATASYNTHESIZER_CODED, DPMM, MBI, PAC_SYNTH
from peers.harness import Cost, Peer, RunFailed, Setting, run_peer
from tables import TABLES, binned
from tables import table as public
from tvd import Errors, Truth

DELTA = 1e-9
LIMIT = 900  # seconds for one run
ROWS = 20_000  # of a public table, at most
SYSTEMS: dict[str, tuple[Peer, str]] = {
    "adaptive": (CODED, "adaptive"),
    "tree": (CODED, "tree"),
    "mixture": (CODED, "mixture"),
    "mbi-mst": (MBI, "mst"),
    "mbi-aim": (MBI, "aim"),
    "dpmm-mst": (DPMM, "mst"),
    "dpmm-aim": (DPMM, "aim"),
    "datasynthesizer": (DATASYNTHESIZER_CODED, "correlated"),
    "pac-synth": (PAC_SYNTH, "pairs"),
}
NUMBERS = {
    "coded": ["age", "fnlwgt", "education-num", "capital-gain", "capital-loss", "hours-per-week"],
    "categorical": ["age"],
}


@dataclass(frozen=True)
class Score:
    """What one system made of one table, over the seeds that ended well."""

    costs: tuple[Cost, ...]
    errors: tuple[Errors, ...]

    def line(self) -> str:
        """Means of the errors, median work and whole CPU seconds, and the highest peak."""
        means = np.mean([(e.one, e.two, e.three) for e in self.errors], axis=0)
        work, cpu = (np.median([getattr(c, k) for c in self.costs]) for k in ("work", "cpu"))
        peak = max(c.peak for c in self.costs)
        told = " | ".join(f"{mean:.4f}" for mean in means)
        return f"{told} | {work:.2f} | {cpu:.2f} | {peak:.0f} | {len(self.errors)} |"


def coded(name: str, folder: Path) -> tuple[pd.DataFrame, dict[str, int]]:
    """A table as whole numbers from 0, and how many each column may hold."""
    if name == "coded":
        sizes = json.loads((folder / "adult_coded_domain.json").read_text())
        return pd.read_csv(folder / "adult_coded.csv")[list(sizes)], sizes
    if name in TABLES:
        real, _ = public(name, ROWS)
        codes = pd.DataFrame(
            {n: pd.factorize(c, sort=True)[0] for n, c in binned(real, real).items()}
        )
        return codes, {str(n): int(codes[n].max()) + 1 for n in codes}
    raw = pd.read_csv(folder / "adult_categorical.csv", dtype=str, keep_default_na=False)
    table, sizes = {}, {}
    for column in raw.columns:
        values = raw[column].str.strip()
        order = sorted(values.unique(), key=lambda v: (0, int(v), "") if v.isdigit() else (1, 0, v))
        table[column] = values.map({value: code for code, value in enumerate(order)})
        sizes[column] = len(order)
    return pd.DataFrame(table), sizes


def bootstrap(table: pd.DataFrame, truth: Truth) -> Errors:
    """The floor: as many real rows, drawn again, without any privacy."""
    return truth.errors(table.sample(len(table), replace=True, random_state=0))


def scored(told: argparse.Namespace, name: str, folder: Path) -> Iterator[str]:
    """One line of a Markdown table for each system and epsilon."""
    frame, sizes = coded(name, Path(told.data))
    table = folder / f"{name}.csv"
    frame.to_csv(table, index=False)
    table.with_suffix(".json").write_text(json.dumps(sizes))
    truth = Truth(frame, categorical=list(sizes))
    floor = bootstrap(frame, truth)
    yield (
        f"| {name} | real rows drawn again | ∞ | {floor.one:.4f} | {floor.two:.4f} | "
        f"{floor.three:.4f} | | | | 1 |"
    )
    for epsilon, system in itertools.product(told.epsilons, told.systems):
        score = _score(system, table, truth, epsilon, name, told.seeds)
        yield f"| {name} | {system} | {epsilon:g} | {score}"


def _score(
    system: str, table: Path, truth: Truth, epsilon: float, name: str, seeds: list[int]
) -> str:
    peer, method = SYSTEMS[system]
    costs, errors = [], []
    for seed in seeds:
        settings: dict[str, Setting] = {"method": method, "epsilon": epsilon, "delta": DELTA}
        settings |= {"seed": seed, "numbers": NUMBERS.get(name, [])}
        synthetic = table.with_name("synthetic.csv")
        try:
            costs.append(run_peer(peer, table, synthetic, settings, LIMIT))
        except RunFailed as failure:
            return f"failed: {failure} | | | | | | |"
        errors.append(truth.errors(pd.read_csv(synthetic)))
    return Score(tuple(costs), tuple(errors)).line()


def main() -> None:
    """Print the table as it grows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", default="../shared/data", help="folder with the Adult tables")
    parser.add_argument("--tables", nargs="+", default=list(NUMBERS), choices=[*NUMBERS, *TABLES])
    parser.add_argument("--epsilons", type=float, nargs="+", default=[0.5, 1.0, 5.0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--systems", nargs="+", default=list(SYSTEMS), choices=list(SYSTEMS))
    told = parser.parse_args()
    print(
        "| table | system | ε | 1-way | 2-way | 3-way | CPU s after imports | CPU s | MB | runs |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in told.tables:
            for line in scored(told, name, Path(folder)):
                print(line, flush=True)


if __name__ == "__main__":
    main()
