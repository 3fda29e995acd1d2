"""Drives sdmetrics 0.32.0 (PyPI): the peer of column shapes and pair trends.

    python sdmetrics_adapter.py REAL.csv FOUND.json '{"synthetic": "…", "names": ["age"], …}'

Every pair is scored, and not the strongly related ones alone as its own report does since 0.29.
"""

import json
import sys
import warnings
from itertools import combinations
from pathlib import Path

import pandas as pd
from sdmetrics.column_pairs import ContingencySimilarity, CorrelationSimilarity
from sdmetrics.single_column import KSComplement, TVComplement

from peers import effort

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    started = effort.cpu()
    found, told = Path(sys.argv[2]), json.loads(sys.argv[3])
    moments = told["moments"]
    real, other = (
        pd.read_csv(path, usecols=told["names"], parse_dates=moments)
        for path in (sys.argv[1], told["synthetic"])
    )
    for table in (real, other):  # a contingency table of moments and words is none of its own
        for name in moments:
            table[name] = (table[name] - pd.Timestamp(0)).dt.total_seconds()
    numbers = {*told["numbers"], *moments}
    scores = {}
    for name in real:
        measure = KSComplement if name in numbers else TVComplement
        scores[name] = measure.compute(real[name], other[name])
    for a, b in combinations(real, 2):
        pair = [a, b]
        if numbers.issuperset(pair):
            score = CorrelationSimilarity.compute(real[pair], other[pair])
        else:
            cut = [c for c in pair if c in numbers] or None
            score = ContingencySimilarity.compute(
                real[pair], other[pair], continuous_column_names=cut, num_discrete_bins=10
            )
        scores[f"{a}|{b}"] = score
    found.write_text(json.dumps(scores))
    effort.leave(found, started)
