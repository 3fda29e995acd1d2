"""Drives sdmetrics 0.32.0 (PyPI): the peer of near and exact copies.

    python sdmetrics_copies_adapter.py REAL.csv FOUND.json '{"synthetic": "…", "holdout": "…", …}'

From its scores: the share of synthetic rows nearer to a real row than to one set aside, and the
share that no real row equals (numbers within a millionth of the value).
"""

import json
import sys
import warnings
from pathlib import Path

import pandas as pd
from sdmetrics.single_table import DCROverfittingProtection, NewRowSynthesis

from peers import effort

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    started = effort.cpu()
    found, told = Path(sys.argv[2]), json.loads(sys.argv[3])
    real, made, held = (pd.read_csv(p) for p in (sys.argv[1], told["synthetic"], told["holdout"]))
    kinds = {c: "numerical" if c in told["numbers"] else "categorical" for c in real}
    metadata = {"columns": {c: {"sdtype": kind} for c, kind in kinds.items()}}
    near = DCROverfittingProtection.compute_breakdown(real, made, held, metadata, None)
    anew = NewRowSynthesis.compute(real, made, metadata, numerical_match_tolerance=1e-6)
    share = near["synthetic_data_percentages"]["closer_to_training"]
    found.write_text(json.dumps({"near copies": share, "exact copies": 1 - anew}))
    effort.leave(found, started)
