"""Releases from rows that stay in a Parquet file, as they grow: CPU, time, memory; beside loading.

    python bench/in_place.py [--rows 1000000 2500000 5000000 10000000] [--loaded 1000000 2500000]

Fifteen columns that share four hidden causes: every third holds numbers, the others 2 to 40 values.
Nothing is declared, so values and bounds are found out under the budget; as many synthetic rows as
real ones are drawn, written as CSV and Parquet, and compared. Each size is a process of its own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

COLUMNS = 15
KINDS = (2, 3, 5, 8, 12, 20, 40)
BLOCK = 500_000
LIMIT = 3600  # seconds
MEASURE = Path(__file__).parent / "peers" / "measure.py"
RECIPE = """
[source]
file = "rows.parquet"
stay = {stay}
[privacy]
epsilon = 1.0
[release]
rows = {rows}
"""


def write(rows: int, path: Path) -> None:
    """A table in blocks, so that making it costs no memory either."""
    rng = np.random.default_rng(5)
    weights = rng.normal(size=(4, COLUMNS)) * 0.8
    cuts: dict[int, np.ndarray] = {}
    writer = None
    for start in range(0, rows, BLOCK):
        count = min(BLOCK, rows - start)
        causes = rng.normal(size=(count, 4))
        made = {}
        for i in range(COLUMNS):
            values = causes @ weights[:, i] + rng.normal(size=count)
            if i % 3 == 0:
                made[f"c{i}"] = pa.array(np.clip(10 * values + 50, 0, 99.9))
                continue
            states = KINDS[i % len(KINDS)]
            cuts.setdefault(i, np.quantile(values, np.linspace(0, 1, states + 1)[1:-1]))
            labels = pa.array([f"v{s}" for s in range(states)])
            made[f"c{i}"] = labels.take(pa.array(np.searchsorted(cuts[i], values)))
        table = pa.table(made)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def measured(folder: Path, *words: str) -> dict[str, float]:
    """What a command of ours cost."""
    command = [sys.executable, "-m", "synth.cli", *words]
    done = subprocess.run(
        [sys.executable, str(MEASURE), str(LIMIT), *command],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    cost: dict[str, float] = json.loads(done.stdout)
    assert cost["exit"] == 0, f"{' '.join(words)} failed"
    return cost


def line(folder: Path, rows: int, *, stay: bool) -> str:
    """One line of a Markdown table."""
    (folder / "recipe.toml").write_text(RECIPE.format(stay=str(stay).lower(), rows=rows))
    cost = measured(folder, "run", "recipe.toml", "-o", "release.zip")
    where = "in the file" if stay else "loaded"
    return (
        f"| {rows:,} | {where} | {cost['cpu']:.0f} | {cost['cpu'] / rows * 1e6:.1f} "
        f"| {cost['wall']:.0f} | {cost['peak']:.0f} |"
    )


def main() -> None:
    """Print one line as each run ends."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    sizes = [1_000_000, 2_500_000, 5_000_000, 10_000_000]
    parser.add_argument("--rows", nargs="*", type=int, default=sizes)
    parser.add_argument("--loaded", nargs="*", type=int, default=sizes[:2])
    told = parser.parse_args()
    print("| rows | where | CPU s | CPU s per million | s | MB |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for rows in sorted({*told.rows, *told.loaded}):
            write(rows, folder / "rows.parquet")
            for stay, asked in ((True, told.rows), (False, told.loaded)):
                if rows in asked:
                    print(line(folder, rows, stay=stay), flush=True)
        cost = measured(folder, "sample", "release.zip", "--rows", "10000000", "-o", "r.parquet")
        print(
            f"\nDrawing 10,000,000 rows to Parquet: {cost['cpu']:.0f} CPU s, {cost['peak']:.0f} MB"
        )


if __name__ == "__main__":
    main()
