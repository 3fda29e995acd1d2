"""Tables of invented people, and two sources of noise: one adds nothing, one the same each time."""

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from synth.schema import Categories, Column, Kind, Numbers, Role, Schema
from synth.vault.noise import discrete_gaussian, discrete_laplace, noisy_max

PEOPLE = 400


class Silent:
    """A noise source that adds nothing, so arithmetic can be checked to the last row."""

    def discrete_gaussian(self, counts, sigma):
        return counts

    def discrete_laplace(self, counts, scale):
        return counts

    def noisy_max(self, scores: Sequence[int], epsilon, sensitivity=1) -> int:
        return int(np.argmax(scores))


class Replayed:
    """Noise of the usual size that is the same whenever the same thing is asked.

    It depends on the question and the seed alone, so neither the order of tests, fixtures and
    threads nor a question asked in between changes an answer. The real noise is drawn too, and not
    used: what it refuses is refused.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def discrete_gaussian(self, counts, sigma):
        discrete_gaussian(counts, sigma)
        drawn = self._rng(counts, sigma).normal(0, sigma, np.shape(counts))
        return counts + np.rint(drawn).astype(np.int64)

    def discrete_laplace(self, counts, scale):
        discrete_laplace(counts, scale)
        drawn = self._rng(counts, scale).laplace(0, scale, np.shape(counts))
        return counts + np.rint(drawn).astype(np.int64)

    def noisy_max(self, scores: Sequence[int], epsilon, sensitivity=1) -> int:
        noisy_max(scores, epsilon, sensitivity)
        drawn = self._rng(scores, epsilon).gumbel(size=len(scores))
        return int(np.argmax(np.asarray(scores) * epsilon / (2 * sensitivity) + drawn))

    def _rng(self, counts, scale: float) -> np.random.Generator:
        told = f"{self.seed} {scale!r} {np.shape(counts)} ".encode() + np.int64(counts).tobytes()
        return np.random.default_rng(list(hashlib.sha256(told).digest()))


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
