"""Drives our search for special uniques, alone: the same work as suda_adapter.py.

python special_uniques_adapter.py TABLE.csv FOUND.csv '{"length": 3}'
"""

import json
import sys
from pathlib import Path

import pandas as pd

from peers import effort
from synth.protect.risk import special_uniques
from synth.vault.coded import coded

if __name__ == "__main__":
    started = effort.cpu()
    table, found = Path(sys.argv[1]), Path(sys.argv[2])
    frame = pd.read_csv(table)
    columns = [coded(str(name), frame[name]) for name in frame]
    special = special_uniques(columns, length=json.loads(sys.argv[3])["length"])
    assert len(special.scores) == len(frame)
    pd.Series(special.smallest, name="msu").to_csv(found, index=False)
    effort.leave(found, started)
