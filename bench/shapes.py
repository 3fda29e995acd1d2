"""What it costs in accuracy to find out under the budget what the columns are.

    python bench/shapes.py adult.csv sample_data/hospital_admissions.csv [--epsilon 1] [--runs 5]

Each table is released with kind, role and format of every column declared, as they are, and with
nothing declared; values and bounds are found under the budget both times. The last column is the
share of cells in 2 % of which a number is not known, written `unknown`: before, that made the
column a category, and its numbers were gone.
"""

import argparse
import io
import math
from pathlib import Path
from statistics import mean

import numpy as np
import pandas as pd

from synth import Budget, Recipe, load, run
from synth.ingest.declaration import ColumnPart
from synth.runs.recipe import MethodPart, Privacy
from synth.schema import Column, Dates, Kind, Numbers, Role


def told(column: Column) -> ColumnPart:
    """All that is needed to know of a column but its values and bounds."""
    domain = column.domain
    made = ColumnPart(name=column.name, role=column.role)
    if column.role is not Role.IDENTIFIER:
        made = made.model_copy(update={"kind": column.kind})
    if isinstance(domain, Numbers):
        return made.model_copy(
            update={
                "written": domain.spelling.example(domain.decimals),
                "decimals": domain.decimals,
            }
        )
    return made.model_copy(update={"format": domain.format}) if isinstance(domain, Dates) else made


def distances(table: bytes, parts: tuple[ColumnPart, ...], epsilon: float, runs: int) -> list[str]:
    """Mean total variation distance of columns and of pairs, over some releases."""
    recipe = Recipe(
        column=parts, privacy=Privacy(epsilon=epsilon), method=MethodPart(name="adaptive")
    )
    found = [run(recipe, io.BytesIO(table)).comparison for _ in range(runs)]
    return [f"{mean(c.one_way for c in found):.4f}", f"{mean(c.two_way for c in found):.4f}"]


def with_unknown(table: bytes) -> bytes:
    """The table with one cell in fifty of each column of numbers written `unknown`."""
    rng = np.random.default_rng(1)
    frame = pd.read_csv(io.BytesIO(table), dtype=str, keep_default_na=False)
    for name, s in load(io.BytesIO(table), Budget(1.0)).suggestions.items():
        if isinstance(s.column.domain, Numbers):
            frame[name] = frame[name].mask(rng.random(len(frame)) < 0.02, "unknown")
    return frame.to_csv(index=False).encode()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("tables", type=Path, nargs="+")
    asked.add_argument("--epsilon", type=float, default=1.0)
    asked.add_argument("--runs", type=int, default=5)
    options = asked.parse_args()
    print("| table | what columns are | columns | pairs |\n|---|---|---|---|")
    for path in options.tables:
        plain = path.read_bytes()
        loaded = load(io.BytesIO(plain), Budget(math.inf))
        parts = tuple(told(s.column) for s in loaded.suggestions.values())
        numbers = {
            s.column.name
            for s in loaded.suggestions.values()
            if isinstance(s.column.domain, Numbers)
        }
        odd = with_unknown(plain)
        category = {"kind": Kind.CATEGORY, "decimals": None}
        lost = tuple(p.model_copy(update=category) if p.name in numbers else p for p in parts)
        for words, table, given in (
            ("declared", plain, parts),
            ("found", plain, ()),
            ("2 % `unknown`, numbers as categories", odd, lost),
            ("2 % `unknown`, found", odd, ()),
        ):
            cells = distances(table, given, options.epsilon, options.runs)
            print(f"| {path.stem} | {words} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
