"""Tables of invented people, and a source of noise that adds nothing."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from synth.schema import Categories, Column, Kind, Numbers, Role, Schema

PEOPLE = 400


class Silent:
    """A noise source that adds nothing, so arithmetic can be checked to the last row."""

    def discrete_gaussian(self, counts, sigma):
        return counts

    def discrete_laplace(self, counts, scale):
        return counts

    def noisy_max(self, scores: Sequence[int], epsilon, sensitivity=1) -> int:
        return int(np.argmax(scores))


SCHEMA = Schema(
    (
        Column("city", Categories(("Oslo", "Rome"), other=True), role=Role.QUASI),
        Column("age", Numbers((0, 30, 60, 121), decimals=0), Kind.INTEGER, Role.QUASI),
        Column("ill", Categories(("no", "yes"), missing=True), role=Role.SENSITIVE),
    )
)

DECLARED = """
[[column]]
name = "city"
values = ["Oslo", "Rome"]
[[column]]
name = "age"
kind = "integer"
low = 0
high = 120
[[column]]
name = "ill"
values = ["no", "yes"]
"""


def some_people(rows: int = PEOPLE) -> pd.DataFrame:
    """In Rome everybody is ill, in Oslo nobody; one in ten does not say."""
    rng = np.random.default_rng(0)
    city = rng.choice(["Oslo", "Rome"], rows)
    ill = pd.Series(np.where(city == "Rome", "yes", "no"), dtype=object)
    ill[rng.random(rows) < 0.1] = None
    return pd.DataFrame({"city": city, "age": rng.integers(0, 100, rows), "ill": ill})
