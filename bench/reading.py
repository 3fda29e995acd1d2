"""What it takes to read a CSV and to say what its columns are, in CPU seconds.

.venv/bin/python bench/reading.py [--runs 3]
"""

import argparse
import io
import time
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from synth.ingest.reading import read_table
from synth.ingest.suggest import suggest


def wide(rows: int = 100_000) -> pa.Table:
    """Fifty columns: twenty of whole numbers, twenty of others, ten of letters."""
    rng = np.random.default_rng(1)
    made: dict[str, Any] = {f"i{i}": rng.integers(0, 10**6, rows) for i in range(20)}
    made |= {f"r{i}": rng.normal(size=rows).round(3) for i in range(20)}
    made |= {f"c{i}": rng.choice(list("abcdef"), rows) for i in range(10)}
    return pa.table(made)


def long(rows: int = 1_000_000) -> pa.Table:
    """Twenty-seven columns, one of them a running number, and days and towns among them."""
    rng = np.random.default_rng(1)
    made: dict[str, Any] = {"id": np.arange(rows)} | {
        f"i{i}": rng.integers(0, 10**4, rows) for i in range(8)
    }
    made |= {f"r{i}": rng.normal(size=rows).round(4) for i in range(8)}
    made |= {f"c{i}": rng.choice(["Oslo", "Rome", "Bern", "Paris"], rows) for i in range(6)}
    days = pd.date_range("2020-01-01", periods=1000).strftime("%Y-%m-%d").to_numpy(dtype=object)
    made |= {f"d{i}": days[rng.integers(0, 1000, rows)] for i in range(4)}
    return pa.table(made)


def main() -> None:
    """Each table, read and looked at."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--runs", type=int, default=3)
    for make in (wide, long):
        text = io.BytesIO()
        table = make()
        pyarrow.csv.write_csv(table, text, pyarrow.csv.WriteOptions(quoting_style="none"))
        took = []
        for _ in range(asked.parse_args().runs):
            text.seek(0)
            start = time.process_time()
            read = read_table(text)
            between = time.process_time()
            suggest(read.frame, read.stored, read.gaps)
            took.append((between - start, time.process_time() - between))
        reading, looking = np.median(took, axis=0)
        shape = f"{table.num_rows:,} x {table.num_columns}, {text.tell() / 1e6:.0f} MB"
        print(f"{shape}: read {reading:.1f}, looked at {looking:.1f} CPU s", flush=True)


if __name__ == "__main__":
    main()
