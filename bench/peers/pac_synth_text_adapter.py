"""Drives pac-synth 0.0.8 on a table of texts: plain counts of combinations, or its DP rows.

    python pac_synth_text_adapter.py TABLE.csv OUTPUT '{"what": "counts", "length": 3}'
    python pac_synth_text_adapter.py TABLE.csv OUTPUT '{"what": "rows", "length": 3, "epsilon": 4}'

Counts are written as JSON {"column:value;…": count}, rows as CSV. Its defaults otherwise.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
from pacsynth import Dataset, DpAggregateSeededParametersBuilder, DpAggregateSeededSynthesizer

from peers import effort


def counts(data: Dataset, settings: dict[str, Any]) -> str:
    """All combinations, without protection: that is all it offers beside noise."""
    return json.dumps(data.get_aggregates(settings["length"], ";"))


def rows(data: Dataset, settings: dict[str, Any]) -> str:
    """Rows from differentially private counts."""
    parameters = (
        DpAggregateSeededParametersBuilder()
        .reporting_length(settings["length"])
        .epsilon(float(settings["epsilon"]))
        .build()
    )
    synthesizer = DpAggregateSeededSynthesizer(parameters)
    synthesizer.fit(data)
    drawn = synthesizer.sample()
    return str(pd.DataFrame(drawn[1:], columns=drawn[0]).to_csv(index=False))


if __name__ == "__main__":
    started = effort.cpu()
    settings = json.loads(sys.argv[3])
    table = pd.read_csv(sys.argv[1], dtype=str)
    data = Dataset.from_data_frame(table)
    made = {"counts": counts, "rows": rows}[settings["what"]](data, settings)
    Path(sys.argv[2]).write_text(made, encoding="utf-8")
    effort.leave(Path(sys.argv[2]), started)
