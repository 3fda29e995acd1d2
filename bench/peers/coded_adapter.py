"""Drives our methods on a coded table: domains declared, noise exact, everything accounted.

    python coded_adapter.py TABLE.csv SYNTHETIC.csv '{"method": "adaptive", "numbers": [...], ...}'

Settings beside those of `codes`: numbers, the columns whose codes are numbers in order.
"""

import numpy as np
import pandas as pd

from peers.codes import Settings, drive
from synth.budget import Budget
from synth.methods import method_named
from synth.schema import Categories, Column, Kind, Numbers, Schema
from synth.vault import PrivateTable


def synthesise(table: pd.DataFrame, sizes: dict[str, int], settings: Settings) -> pd.DataFrame:
    """Fit the method and draw as many rows."""
    columns = []
    for name, size in sizes.items():
        if name in settings["numbers"]:
            edges = tuple(float(x) for x in range(size + 1))
            columns.append(Column(name, Numbers(edges, decimals=0), Kind.INTEGER))
        else:
            columns.append(Column(name, Categories(tuple(map(str, range(size))))))
            table[name] = table[name].astype(str).astype("category")
    budget = Budget(settings["epsilon"], settings["delta"])
    private = PrivateTable(table, Schema(tuple(columns)), budget)
    model = method_named(settings["method"])().fit(private, private.ledger.left)
    return model.sample(len(table), np.random.default_rng(settings["seed"]))


if __name__ == "__main__":
    drive(synthesise)
