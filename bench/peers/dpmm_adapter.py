"""Drives dpmm 0.1.9 (mst, aim or privbayes) on a coded table with its domain declared."""

import numpy as np
import pandas as pd
from dpmm.models.aim import AIMGM
from dpmm.models.mst import MSTGM
from dpmm.models.priv_bayes import PrivBayesGM

from peers.codes import Settings, drive

MODELS = {"mst": MSTGM, "aim": AIMGM, "privbayes": PrivBayesGM}


def synthesise(table: pd.DataFrame, sizes: dict[str, int], settings: Settings) -> pd.DataFrame:
    """Fit the model on one core and draw as many rows."""
    seed = settings["seed"]
    np.random.seed(seed)  # noqa: NPY002 - parts of the peer draw from the global state
    model = MODELS[settings["method"]](
        epsilon=settings["epsilon"],
        delta=settings["delta"],
        domain=dict(sizes),
        random_state=np.random.RandomState(seed),
        n_jobs=1,
    )
    model.set_domain(dict(sizes))
    model.fit(table)
    made: pd.DataFrame = model.generate(n_records=len(table))
    return made.astype("int64")


if __name__ == "__main__":
    drive(synthesise)
