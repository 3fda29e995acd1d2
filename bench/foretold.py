"""What a purpose is foretold, beside what really came out: `synth plan` against runs on real rows.

    python bench/foretold.py recipe.toml [recipe.toml …] --runs 3

Each recipe names its table under [source] and what will be asked under [purpose]. The very counts
and coefficients are read off the real rows and off each release; of 20 of them, 19 are that near.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from synth.evaluate.sides import sides
from synth.ingest import load
from synth.protect.steps import Shelf
from synth.runs import Recipe, read_recipe, run
from synth.runs.rehearsal import (
    Expected,
    answers_off,
    asked_of,
    pooled,
    rehearse,
)
from synth.runs.running import deidentified


def came(recipe: Recipe, folder: Path, runs: int) -> tuple[Expected, ...]:
    """The same answers off the real rows and off what the recipe makes of them."""
    found = []
    for _ in range(runs):
        release = run(recipe, folder=folder).release
        loaded = load(folder / recipe.source.file, recipe.budget)
        real = deidentified(recipe, loaded, Shelf(folder)).private
        schema = release.model.schema
        both = sides(real.declared_by_custodian(schema), release.tables[0])
        asked = asked_of(recipe.purpose, schema)
        found.append(list(answers_off(both, schema, asked, recipe.purpose)))
    return pooled(found)


def lines(path: Path, runs: int) -> Iterator[str]:
    """One line for each answer."""
    recipe = read_recipe(path.read_text())
    held = {e.what: e for e in came(recipe, path.parent, runs)}
    for expected in rehearse(recipe, shelf=Shelf(path.parent)).expected:
        yield f"{expected.what} | {expected.within:.3g} | {held[expected.what].within:.3g}"


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("recipes", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    print("| recipe | answer | foretold | came |\n|---|---|---|---|")
    for path in asked.recipes:
        for line in lines(path, asked.runs):
            print(f"| {path.stem} | {line} |", flush=True)


if __name__ == "__main__":
    main()
