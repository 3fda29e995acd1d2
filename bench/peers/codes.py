"""What every adapter of a coded table reads and writes; pandas only, for any peer's Python."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from peers import effort

Settings = dict[str, Any]


def drive(synthesise: Callable[[pd.DataFrame, dict[str, int], Settings], pd.DataFrame]) -> None:
    """Run an adapter as `adapter TABLE.csv SYNTHETIC.csv '{settings}'`, and leave its effort.

    Beside TABLE.csv lies TABLE.json, which says how many codes each column may hold. Settings:
    method, epsilon, delta, seed.
    """
    started = effort.cpu()
    table, synthetic = Path(sys.argv[1]), Path(sys.argv[2])
    sizes = json.loads(table.with_suffix(".json").read_text())
    made = synthesise(pd.read_csv(table), sizes, json.loads(sys.argv[3]))
    made[list(sizes)].to_csv(synthetic, index=False)
    effort.leave(synthetic, started)
