"""How *adaptive* grows with rows and columns, on tables it was not tuned on: CPU, memory, error.

    python bench/scale.py [--sizes 2000x8 20000x8 200000x8 1000000x15 50000x100] [--epsilon 1]

Columns share hidden causes: numbers cut into 32 intervals, and categories of 2 to 40 values. Every
size is a process of its own.
"""

import argparse
import multiprocessing
import resource
import time

import numpy as np
import pandas as pd
from tvd import Truth

from synth.budget import Budget
from synth.methods.adaptive import Adaptive
from synth.schema import Categories, Column, Domain, Kind, Numbers, Schema
from synth.schema.edges import even_edges
from synth.vault import PrivateTable

DELTA = 1e-9
KINDS = (2, 3, 5, 8, 12, 20, 40)


def table(rows: int, columns: int) -> tuple[pd.DataFrame, Schema]:
    """Columns that share four hidden causes; every third one holds numbers."""
    rng = np.random.default_rng(rows + columns)
    causes, weights = rng.normal(size=(rows, 4)), rng.normal(size=(4, columns)) * 0.8
    made: dict[str, pd.Series] = {}
    described = []
    for i in range(columns):
        values = causes @ weights[:, i] + rng.normal(size=rows)
        if i % 3 == 0:
            domain: Domain = Numbers(even_edges(0, 100, 32))
            made[f"c{i}"], kind = pd.Series(np.clip(10 * values + 50, 0, 99.9)), Kind.REAL
        else:
            states = KINDS[i % len(KINDS)]
            cuts = np.quantile(values[:10_000], np.linspace(0, 1, states + 1)[1:-1])
            labels = tuple(map(str, range(states)))
            domain, kind = Categories(labels), Kind.CATEGORY
            made[f"c{i}"] = pd.Series(np.array(labels, dtype=object)[np.searchsorted(cuts, values)])
        described.append(Column(f"c{i}", domain, kind))
    return pd.DataFrame(made), Schema(tuple(described))


def measured(size: tuple[int, int], epsilon: float) -> str:
    """One line of a Markdown table."""
    rows, columns = size
    frame, schema = table(rows, columns)
    private = PrivateTable(frame, schema, Budget(epsilon, DELTA))
    start = time.process_time()
    model = Adaptive().fit(private, private.ledger.left)
    fitted = time.process_time() - start
    drawn = model.sample(rows, np.random.default_rng(0))
    spent = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    errors = Truth(frame).errors(drawn) if columns <= 20 else None
    told = f"{errors.one:.4f} | {errors.two:.4f} | {errors.three:.4f}" if errors else "– | – | –"
    return f"| {rows:,} × {columns} | {told} | {fitted:.1f} | {spent - fitted:.1f} | {peak:.0f} |"


def main() -> None:
    """Print one line as each size ends."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    sizes = ["2000x8", "20000x8", "200000x8", "1000000x15", "50000x100"]
    parser.add_argument("--sizes", nargs="+", default=sizes)
    parser.add_argument("--epsilon", type=float, default=1.0)
    told = parser.parse_args()
    print("| rows × columns | 1-way | 2-way | 3-way | CPU s, fit | CPU s, draw | MB |")
    print("|---|---|---|---|---|---|---|")
    for size in told.sizes:
        rows, columns = map(int, size.split("x"))
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(pool.apply(measured, ((rows, columns), told.epsilon)), flush=True)


if __name__ == "__main__":
    main()
