"""Releases from rows that stay in a Parquet file, as they grow: CPU, time, memory; beside loading.

    python bench/in_place.py [--rows 1000000 2500000 5000000 10000000] [--loaded 1000000 2500000]
    python bench/in_place.py --duckdb --drawn 100000 --rows 1000000 3000000 10000000 --loaded
    python bench/in_place.py --wide 25 50

Fifteen columns that share four hidden causes: every third holds numbers, the others 2 to 40 values.
Nothing is declared, so values and bounds are found out under the budget; as many synthetic rows as
real ones are drawn, written as CSV and Parquet, and compared. Each size is a process of its own.
With --duckdb they lie in a database that DuckDB itself fills; with --drawn so many are drawn
whatever the size, so that what grows is the counting alone. With --wide, instead, 3,000 rows of so
many columns of small whole numbers in DuckDB.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.special import ndtri

COLUMNS = 15
KINDS = (2, 3, 5, 8, 12, 20, 40)
BLOCK = 500_000
LIMIT = 3600  # seconds
MEASURE = Path(__file__).parent / "peers" / "measure.py"
FILE = 'file = "rows.parquet"'
DATABASE = 'database = "duckdb:///rows.duckdb"\nquery = "SELECT * FROM people"'
RECIPE = """
[source]
{source}
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


def fill(rows: int, path: Path) -> None:
    """The same kind of table, made by DuckDB in a database of its own."""
    rng = np.random.default_rng(5)
    weights = rng.normal(size=(4, COLUMNS)) * 0.8
    normal = "sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())"
    values, made = [], []
    for i in range(COLUMNS):
        parts = (f"{w:.4f} * z{k}" for k, w in enumerate(weights[:, i]))
        values.append(f"{' + '.join(parts)} + {normal} AS v{i}")
        if i % 3 == 0:
            made.append(f"greatest(0.0, least(99.9, 10 * v{i} + 50)) AS c{i}")
            continue
        states = KINDS[i % len(KINDS)]
        width = float(np.sqrt(1 + (weights[:, i] ** 2).sum()))
        cuts = width * ndtri(np.linspace(0, 1, states + 1)[1:-1])
        told = " ".join(f"WHEN v{i} < {c:.5f} THEN 'v{s}'" for s, c in enumerate(cuts))
        made.append(f"CASE {told} ELSE 'v{states - 1}' END AS c{i}")
    causes = ", ".join(f"{normal} AS z{k}" for k in range(4))
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as db:
        db.execute("SELECT setseed(0.5)")
        db.execute(
            f"CREATE TABLE people AS SELECT {', '.join(made)} FROM (SELECT {', '.join(values)} "
            f"FROM (SELECT {causes} FROM range({rows})))"
        )


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


def line(folder: Path, rows: int, source: str, *, stay: bool, drawn: int) -> str:
    """One line of a Markdown table."""
    told = {"source": source, "stay": str(stay).lower(), "rows": drawn or rows}
    (folder / "recipe.toml").write_text(RECIPE.format(**told))
    cost = measured(folder, "run", "recipe.toml", "-o", "release.zip")
    where = "in place" if stay else "loaded"
    return (
        f"| {rows:,} | {where} | {cost['cpu']:.0f} | {cost['cpu'] / rows * 1e6:.1f} "
        f"| {cost['wall']:.0f} | {cost['peak']:.0f} |"
    )


def wide(folder: Path, columns: int) -> str:
    """One line about a table of many columns."""
    path = folder / "rows.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as db:
        cells = ", ".join(f"i % {2 + k % 9} AS c{k}" for k in range(columns))
        db.execute(f"CREATE TABLE people AS SELECT {cells} FROM range(3000) AS t(i)")
    told = RECIPE.format(source=DATABASE, stay="true", rows=3000)
    (folder / "recipe.toml").write_text(f'{told}[method]\nname = "independent"\n')
    cost = measured(folder, "run", "recipe.toml", "-o", "release.zip")
    return f"| {columns} | {cost['cpu']:.0f} | {cost['wall']:.0f} | {cost['peak']:.0f} |"


def main() -> None:
    """Print one line as each run ends."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    sizes = [1_000_000, 2_500_000, 5_000_000, 10_000_000]
    parser.add_argument("--rows", nargs="*", type=int, default=sizes)
    parser.add_argument("--loaded", nargs="*", type=int, default=sizes[:2])
    parser.add_argument("--duckdb", action="store_true", help="in a database of DuckDB")
    parser.add_argument("--drawn", type=int, default=0, help="synthetic rows, whatever the size")
    parser.add_argument("--wide", nargs="*", type=int, default=[], help="numbers of columns")
    told = parser.parse_args()
    if told.wide:
        print("| columns | CPU s | s | MB |\n|---|---|---|---|")
        with tempfile.TemporaryDirectory() as name:
            for columns in told.wide:
                print(wide(Path(name), columns), flush=True)
        return
    source = DATABASE if told.duckdb else FILE
    print("| rows | where | CPU s | CPU s per million | s | MB |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for rows in sorted({*told.rows, *told.loaded}):
            if told.duckdb:
                fill(rows, folder / "rows.duckdb")
            else:
                write(rows, folder / "rows.parquet")
            for stay, asked in ((True, told.rows), (False, told.loaded)):
                if rows in asked:
                    print(line(folder, rows, source, stay=stay, drawn=told.drawn), flush=True)
        if told.drawn:
            return
        cost = measured(folder, "sample", "release.zip", "--rows", "10000000", "-o", "r.parquet")
        print(
            f"\nDrawing 10,000,000 rows to Parquet: {cost['cpu']:.0f} CPU s, {cost['peak']:.0f} MB"
        )


if __name__ == "__main__":
    main()
