"""What the statement says of the number of rows: where it is from, or nothing."""

import numpy as np
import pandas as pd
import pytest

from synth.learning.method import Promise
from synth.methods import all_methods
from synth.runs import Recipe, run

SAID = "By the noisy answers below, about"
METHODS = {m.name: m for m in all_methods() if m.promise is not Promise.NO_ROW_READ}


def people(many: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    return pd.DataFrame(
        {"sex": rng.choice(["F", "M"], many), "ward": rng.choice(["A", "B", "C"], many)}
    )


@pytest.mark.parametrize("method", METHODS)
def test_a_number_of_rows_is_said_where_noise_alone_told_it(method):
    """With noisy counts beside them, exact numbers of rows were said to come from these."""
    recipe = Recipe.model_validate(
        {
            "column": [
                {"name": "sex", "values": ["F", "M"]},
                {"name": "ward", "values": ["A", "B", "C"]},
            ],
            "method": {"name": method},
            "counts": {"k": 10, "length": 1, "protection": "noisy"},
        }
    )
    text = run(recipe, people()).release.files()["PRIVACY.md"].decode()
    assert "whole-number Gaussian noise" in text
    assert (SAID in text) is (METHODS[method].promise is Promise.PRIVATE)
