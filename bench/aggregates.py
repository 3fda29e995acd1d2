"""Counts of attribute combinations and the seeded methods, beside pac-synth, on Adult.

    python bench/aggregates.py [--data FOLDER] [--lengths 3 4 5] [--skip rows]

Counts: both write every combination that ten rows share (pac-synth writes all, having no other
way), and the bench fails unless they are the same. Rows: pac-synth has its differentially private
mode alone; ours are all five. Figures are those of `synth.evaluate.kept`. Whole processes, one
run, one machine: read the ratios.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from peers.catalogue import PAC_SYNTH_TEXT, SYNTH_TEXT
from peers.harness import Cost, Peer, Setting, run_peer

from synth.budget import Budget
from synth.combinations.counting import Axis, combinations
from synth.evaluate.kept import Kept, kept
from synth.schema import Categories, Column, Schema
from synth.vault import Counting, PrivateTable

TABLE = "adult_categorical.csv"
K = 10
LIMIT = 900  # seconds for one run
SEEDED = ("row_seeded", "value_seeded", "unseeded", "aggregate_seeded", "dp_aggregate_seeded")
COUNTS = """\
| L | combinations of ten | system | work CPU s | peak MB | peer's CPU / ours |
|---|---|---|---|---|---|"""
ROWS = """\
| system | work CPU s | rows | preserved 1/2/3 | error 1/2/3 | lost 2/3 | fabricated | leaked |
|---|---|---|---|---|---|---|---|"""


def counted(peer: Peer, table: Path, length: int, folder: Path) -> tuple[Cost, dict[str, int]]:
    """What a system counts, and at what cost."""
    settings: dict[str, Setting] = {"what": "counts", "length": length, "k": K}
    output = folder / f"{peer.name}-{length}.json"
    cost = run_peer(peer, table, output, settings, LIMIT)
    found: dict[str, int] = json.loads(output.read_text())
    return cost, {_ordered(name): n for name, n in found.items() if n >= K}


def _ordered(name: str) -> str:
    return ";".join(sorted(name.split(";")))


def compare_counts(table: Path, lengths: list[int], folder: Path) -> Iterator[str]:
    """A line for each system and length.

    Raises SystemExit where the counts differ.
    """
    for length in lengths:
        theirs, expected = counted(PAC_SYNTH_TEXT, table, length, folder)
        ours, found = counted(SYNTH_TEXT, table, length, folder)
        if expected != found:
            raise SystemExit(f"at length {length} the counts differ")
        ratio = theirs.work / ours.work
        yield f"| {length} | {len(found):,} | pac-synth | {theirs.work:.2f} | {theirs.peak:.0f} | |"
        yield f"| | | synth | {ours.work:.2f} | {ours.peak:.0f} | {ratio:.0f} |"


def alone(table: Path, lengths: list[int]) -> Iterator[str]:
    """The counting itself, without reading the table and writing the names."""
    frame = pd.read_csv(table, dtype=str)
    axes = [Axis.plain(pd.factorize(frame[c])[0], frame[c].nunique()) for c in frame]
    for length in lengths:
        started = time.process_time()
        found = combinations(axes, length=length, at_least=K)
        spent = time.process_time() - started
        yield f"counting alone, L = {length}: {len(found):,} combinations in {spent:.3f} CPU s"


def large() -> str:
    """1,000,000 rows and 12 columns, up to three together."""
    rng = np.random.default_rng(0)
    sizes = [10 + 3 * i for i in range(12)]
    axes = [Axis.plain(rng.zipf(1.5, 1_000_000) % size, size) for size in sizes]
    started = time.process_time()
    found = combinations(axes, length=3, at_least=K)
    spent = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"1,000,000 x 12, L = 3: {len(found):,} combinations, {spent:.1f} CPU s, {peak:.0f} MB"


def vault(table: Path) -> PrivateTable:
    """The real rows, every column a list of its values."""
    frame = pd.read_csv(table, dtype=str)
    columns = (
        Column(str(c), Categories(tuple(sorted(frame[c].unique())), missing=True)) for c in frame
    )
    return PrivateTable(frame, Schema(tuple(columns)), Budget(1.0))


def compare_rows(table: Path, folder: Path) -> Iterator[str]:
    """A line for each method."""
    private = vault(table)
    theirs: dict[str, Setting] = {"what": "rows", "length": 3, "epsilon": 4}
    peers = [(PAC_SYNTH_TEXT, "pac-synth DP, ε = 4", theirs)]
    for name in SEEDED:
        ours: dict[str, Setting] = {"what": name, "length": 3, "k": K, "epsilon": 4}
        peers.append((SYNTH_TEXT, name, ours))
    for peer, title, settings in peers:
        output = folder / f"{settings['what']}-{peer.name}.csv"
        cost = run_peer(peer, table, output, settings, LIMIT)
        rows = pd.read_csv(output, dtype=str)[list(private.schema.names)]
        yield _line(title, cost, len(rows), kept(private, rows, K, Counting(blanks=False)))


def _line(title: str, cost: Cost, rows: int, found: Kept) -> str:
    preserved = " / ".join(f"{b.preserved:.2f}" for b in found.by_length)
    error = " / ".join(f"{b.error:.2f}" for b in found.by_length)
    lost = " / ".join(f"{b.lost:.0%}" for b in found.by_length[1:])
    return (
        f"| {title} | {cost.work:.1f} | {rows:,} | {preserved} | {error} | {lost} "
        f"| {found.fabricated:.1%} | {found.leaked:,} |"
    )


def main() -> None:
    """Print the tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--lengths", type=int, nargs="+", default=[3, 4, 5])
    parser.add_argument("--skip", nargs="*", default=[], choices=["counts", "rows", "large"])
    asked = parser.parse_args()
    table = asked.data / TABLE
    if not table.is_file():
        sys.exit(f"{TABLE} is not in {asked.data}.")
    with tempfile.TemporaryDirectory() as folder:
        if "counts" not in asked.skip:
            print(COUNTS)
            for line in compare_counts(table, asked.lengths, Path(folder)):
                print(line, flush=True)
            print("\n".join(alone(table, asked.lengths)))
        if "rows" not in asked.skip:
            print(ROWS)
            for line in compare_rows(table, Path(folder)):
                print(line, flush=True)
    if "large" not in asked.skip:
        print(large())


if __name__ == "__main__":
    main()
