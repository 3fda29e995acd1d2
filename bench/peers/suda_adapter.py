"""Drives suda 0.2.2 (PyPI): the peer of the search for special uniques.

    python suda_adapter.py TABLE.csv FOUND.csv '{"length": 3}'

Writes one number per row: how many columns its smallest minimal sample unique has, 0 for none.
"""

import json
import sys
from pathlib import Path

import pandas as pd
from suda import suda

from peers import effort

if __name__ == "__main__":
    started = effort.cpu()
    table, found = Path(sys.argv[1]), Path(sys.argv[2])
    scored = suda(pd.read_csv(table), max_msu=json.loads(sys.argv[3])["length"])
    scored["msu"].fillna(0).astype(int).sort_index().to_csv(found, index=False)
    effort.leave(found, started)
