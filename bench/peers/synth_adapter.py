"""Drives our own methods as the peers are driven: read, learn, draw, write, and nothing more.

    python synth_adapter.py TABLE.csv SYNTHETIC.csv '{"mode": "correlated", ...}'

Settings: mode (a method's name), degree (parents; 0: chosen), epsilon (JSON's Infinity:
none), seed.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from peers import effort
from synth.ingest import load
from synth.runs import Recipe
from synth.runs.recipe import MethodPart, Privacy, Source
from synth.runs.running import fitted


def synthesise(table: Path, synthetic: Path, settings: dict[str, Any]) -> None:
    """Fit the method to the table and draw about as many rows."""
    degree = {"degree": settings["degree"]} if settings["mode"] == "correlated" else {}
    recipe = Recipe(
        source=Source(file=str(table)),
        privacy=Privacy(epsilon=settings["epsilon"]),
        method=MethodPart(name=settings["mode"], **degree),
    )
    model = fitted(recipe, load(table, recipe.budget).private, lambda *_: None)
    drawn = model.sample(model.rows, np.random.default_rng(settings["seed"]))
    drawn.to_csv(synthetic, index=False)


if __name__ == "__main__":
    started = effort.cpu()
    synthesise(Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]))
    effort.leave(Path(sys.argv[2]), started)
