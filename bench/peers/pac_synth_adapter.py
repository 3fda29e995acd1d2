"""Drives pac-synth 0.0.8 (DP aggregate seeded, pairs) on a coded table; its blanks become 0."""

import pandas as pd
from pacsynth import (
    AccuracyMode,
    Dataset,
    DpAggregateSeededParametersBuilder,
    DpAggregateSeededSynthesizer,
    FabricationMode,
)

from peers.codes import Settings, drive


def synthesise(table: pd.DataFrame, sizes: dict[str, int], settings: Settings) -> pd.DataFrame:
    """Aggregate pairs with noise and draw as many rows."""
    names = list(sizes)
    rows = [names, *table[names].astype(str).to_numpy().tolist()]
    parameters = (
        DpAggregateSeededParametersBuilder()
        .reporting_length(2)
        .epsilon(float(settings["epsilon"]))
        .delta(settings["delta"])
        .percentile_percentage(99)
        .percentile_epsilon_proportion(0.01)
        .accuracy_mode(AccuracyMode.prioritize_long_combinations())
        .number_of_records_epsilon_proportion(0.005)
        .fabrication_mode(FabricationMode.balanced())
        .empty_value("")
        .weight_selection_percentile(95)
        .build()
    )
    synthesizer = DpAggregateSeededSynthesizer(parameters)
    synthesizer.fit(Dataset(rows))
    drawn = synthesizer.sample(len(table))
    made = pd.DataFrame(drawn[1:], columns=drawn[0]).reindex(columns=names)
    return made.replace("", "0").fillna("0").astype("int64")


if __name__ == "__main__":
    drive(synthesise)
