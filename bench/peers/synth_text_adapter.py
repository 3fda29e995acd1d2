"""Drives our counts and our seeded methods as pac-synth is driven.

python synth_text_adapter.py TABLE.csv OUTPUT '{"what": "counts", "length": 3, "k": 10}'
python synth_text_adapter.py TABLE.csv OUTPUT '{"what": "row_seeded", "length": 3, "k": 10}'
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peers import effort
from synth.combinations.counting import Axis, combinations
from synth.ingest import load
from synth.methods import method_named
from synth.runs import Recipe
from synth.runs.recipe import Privacy
from synth.runs.running import fitted


def counts(table: Path, settings: dict[str, Any]) -> str:
    """Exact counts of all combinations that k rows share, named as pac-synth names them."""
    frame = pd.read_csv(table, dtype=str)
    frame = frame[sorted(frame.columns)]
    coded = {name: pd.factorize(frame[name], sort=True) for name in frame}
    axes = [Axis.plain(codes, len(values)) for codes, values in coded.values()]
    found = combinations(axes, length=settings["length"], at_least=settings["k"])
    texts = [
        np.array([f"{name}:{value}" for value in values], object)
        for name, (_, values) in coded.items()
    ]
    told: dict[str, int] = {}
    for block, lines in found.blocks.items():
        states = found.states(block)
        text = texts[block[0]][states[:, 0]]
        for place, axis in enumerate(block[1:], start=1):
            text = text + ";" + texts[axis][states[:, place]]
        told |= dict(zip(text.tolist(), lines.counts.tolist(), strict=True))
    return json.dumps(told)


def rows(table: Path, settings: dict[str, Any]) -> str:
    """Rows of one of the seeded methods."""
    method = method_named(settings["what"])
    known = {"length": settings["length"], "k": settings.get("k", 10)}
    wanted = {name: value for name, value in known.items() if name in method().settings()}
    epsilon = float(settings.get("epsilon", 1.0))
    part = {"name": method.name, **wanted}
    recipe = Recipe(
        privacy=Privacy(epsilon=epsilon), method=Recipe.model_validate({"method": part}).method
    )
    model = fitted(recipe, load(table, recipe.budget).private, lambda *_: None)
    return str(model.sample(model.rows, np.random.default_rng(1)).to_csv(index=False))


if __name__ == "__main__":
    started = effort.cpu()
    settings = json.loads(sys.argv[3])
    make = counts if settings["what"] == "counts" else rows
    Path(sys.argv[2]).write_text(make(Path(sys.argv[1]), settings), encoding="utf-8")
    effort.leave(Path(sys.argv[2]), started)
