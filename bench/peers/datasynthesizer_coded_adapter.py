"""Drives DataSynthesizer 0.1.13, correlated with two parents at most, on a coded table."""

import tempfile
from pathlib import Path

import pandas as pd

from peers.codes import Settings, drive
from peers.datasynthesizer_adapter import synthesise as described


def synthesise(table: pd.DataFrame, sizes: dict[str, int], settings: Settings) -> pd.DataFrame:
    """All columns as categories; it knows no delta, and promises epsilon alone."""
    asked = {"mode": settings["method"], "degree": 2, "epsilon": settings["epsilon"]}
    asked |= {"seed": settings["seed"], "categorical": list(sizes)}
    with tempfile.TemporaryDirectory() as folder:
        real, made = Path(folder) / "real.csv", Path(folder) / "made.csv"
        table.to_csv(real, index=False)
        described(real, made, asked)
        return pd.read_csv(made)


if __name__ == "__main__":
    drive(synthesise)
