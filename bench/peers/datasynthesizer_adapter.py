"""Drives DataSynthesizer 0.1.13: the peer of the methods random, independent and correlated.

    python datasynthesizer_adapter.py TABLE.csv SYNTHETIC.csv '{"mode": "correlated", ...}'

Settings: mode (independent or correlated), degree (parents, for correlated), epsilon (0: no
privacy), seed, categorical (columns to be named so; a text column of more than 20 values would
otherwise come out as random letters).
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
from DataSynthesizer.DataDescriber import DataDescriber
from DataSynthesizer.DataGenerator import DataGenerator

from peers import effort


def synthesise(table: Path, synthetic: Path, settings: dict[str, Any]) -> None:
    """Describe the table, generate as many rows from the description, and write them."""
    categorical = dict.fromkeys(settings["categorical"], True)
    common = {"epsilon": settings["epsilon"], "attribute_to_is_categorical": categorical}
    describer, generator = DataDescriber(), DataGenerator()
    rows, seed = len(pd.read_csv(table)), settings["seed"]
    with tempfile.TemporaryDirectory() as folder:
        description = str(Path(folder) / "description.json")
        if settings["mode"] == "correlated":
            describer.describe_dataset_in_correlated_attribute_mode(
                str(table), k=settings["degree"], seed=seed, **common
            )
            describer.save_dataset_description_to_file(description)
            generator.generate_dataset_in_correlated_attribute_mode(rows, description, seed=seed)
        else:
            describer.describe_dataset_in_independent_attribute_mode(
                str(table), seed=seed, **common
            )
            describer.save_dataset_description_to_file(description)
            generator.generate_dataset_in_independent_mode(rows, description, seed=seed)
    generator.save_synthetic_data(str(synthetic))


if __name__ == "__main__":
    started = effort.cpu()
    synthesise(Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]))
    effort.leave(Path(sys.argv[2]), started)
