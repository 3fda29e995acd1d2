"""Risk beside others, on Adult: special uniques beside suda, the lattice beside ARX's optima.

    python bench/risk.py [--data FOLDER] [--lengths 2 3] [--hierarchies FOLDER]

Special uniques: both find the size of each row's smallest minimal sample unique; whole processes
and the work without the imports, in one run on one machine. Read the ratios.

Lattice: ARX's own tests publish the optimum of its entropy metric for Adult with its example
hierarchies (not part of this repository). That metric leaves out what suppressed rows lose, which
is the lower bound our search goes by; both are shown, and the live figures of 100,000 rows.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from peers.catalogue import SUDA, SYNTH
from peers.harness import HERE, run_peer

from synth.protect.lattice import HOLDS, Goal, ladder, search
from synth.protect.risk import assess
from synth.protect.steps.hierarchy import listed_hierarchy
from synth.vault.coded import coded

TABLE = "adult_categorical.csv"
LIMIT = 900  # seconds for one run
OURS = replace(SYNTH, adapter=HERE / "special_uniques_adapter.py")
# k, share suppressed, loss and levels that ARX's tests publish, by its column order.
PUBLISHED = (
    (5, 0.04, 255559.85455731067, (1, 0, 1, 1, 3, 2, 2, 0, 1)),
    (100, 0.04, 379417.3460570988, (1, 1, 1, 1, 3, 2, 2, 1, 1)),
    (5, 0.0, 407289.5388925293, (1, 2, 1, 1, 3, 2, 2, 1, 1)),
    (100, 0.0, 453196.8932458743, (0, 4, 1, 1, 3, 2, 2, 1, 1)),
    (5, 0.02, None, None),
)
LIVE = (90, 2, 5, 16, 40, 7, 14, 9)  # different values of eight quasi-identifiers


def special_uniques_table(table: Path, lengths: list[int]) -> None:
    """One line per system and length, and whether both agree on every row."""
    print("| system | length | rows linkable | work CPU s | CPU s | wall s | peak MB |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "found.csv"
        for length in lengths:
            told = {}
            for system, peer in (("suda", SUDA), ("synth", OURS)):
                cost = run_peer(peer, table, found, {"length": length}, LIMIT)
                told[system] = pd.read_csv(found)["msu"].to_numpy()
                print(
                    f"| {system} | {length} | {np.count_nonzero(told[system]):,} | {cost.work:.2f} "
                    f"| {cost.cpu:.2f} | {cost.wall:.1f} | {cost.peak:.0f} |",
                    flush=True,
                )
            same = np.array_equal(told["suda"], told["synth"])
            print(f"Length {length}: {'the same' if same else 'NOT THE SAME'} for every row.\n")


def lattice_table(table: Path, hierarchies: Path) -> None:
    """One line per goal: what ARX publishes, what the search finds, and how long it took."""
    frame = pd.read_csv(table, dtype=str)
    ladders = []
    for name in frame:
        text = (hierarchies / f"adult_hierarchy_{name}.csv").read_text(encoding="utf-8")
        column = coded(str(name), frame[name])
        ladders.append(ladder(column, listed_hierarchy(text, str(name)), str(name)))
    print("| k | suppressed | ARX | ours, the same metric | ours, with suppression | nodes | s |")
    print("|---|---|---|---|---|---|---|")
    for k, suppression, loss, levels in PUBLISHED:
        began = time.perf_counter()
        space = search(ladders, Goal(k=k, suppression=suppression))
        took = time.perf_counter() - began
        held = np.flatnonzero(space.state == HOLDS)
        first = held[np.argmin(space.bound[held])]
        same = tuple(space.levels[first].tolist())
        assert space.best is not None, "everything may be generalised"
        told = "" if loss is None else f"{loss:.3f} {levels}"
        print(
            f"| {k} | {suppression:.0%} | {told} | {space.bound[first]:.3f} {same} "
            f"| {space.best.loss:.3f} {space.best.levels} "
            f"| {space.looked:,} of {len(space.levels):,} | {took:.2f} |",
            flush=True,
        )


def live_line() -> None:
    """What one change costs on the screen: 100,000 rows by eight quasi-identifiers."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({str(i): rng.integers(0, n, 100_000) for i, n in enumerate(LIVE)})
    frame = frame.astype(str).astype("category")
    began = time.perf_counter()
    columns = [coded(str(name), frame[name]) for name in frame]
    found = assess(columns, columns[-1:], rows=len(frame), fraction=0.1)
    took = time.perf_counter() - began
    print(
        f"100,000 rows, 8 quasi-identifiers, from values to all three attackers, diversity, "
        f"closeness and population uniqueness: {took:.2f} s ({found.classes.unique:,} unique)."
    )


def main() -> None:
    """Print Markdown tables as the runs end."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", default="../shared/data", help=f"folder that holds {TABLE}")
    parser.add_argument("--lengths", type=int, nargs="*", default=[2, 3])
    parser.add_argument("--hierarchies", default="", help="folder with adult_hierarchy_*.csv")
    told = parser.parse_args()
    table = Path(told.data, TABLE).resolve()
    special_uniques_table(table, told.lengths)
    live_line()
    if told.hierarchies:
        lattice_table(table, Path(told.hierarchies))


if __name__ == "__main__":
    main()
