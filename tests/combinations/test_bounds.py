"""Work that is bounded beforehand, and tables looked at many at a time as one by one."""

import numpy as np
import pytest

from synth.combinations import bounds
from synth.combinations.bounds import affordable, bounded, longest
from synth.combinations.counting import Axis, combinations


@pytest.mark.parametrize(
    ("columns", "states", "asked", "told"),
    [
        (12, 40, 3, 3),  # the project's own sample
        (15, 100, 3, 3),
        (12, 40, 4, 4),
        (60, 5, 3, 2),
        (47, 10, 3, 2),
        (250, 5, 3, 2),
        (250, 5, 8, 2),
        (2000, 5, 3, 1),
        (2, 5, 3, 2),
        (0, 5, 3, 1),
    ],
)
def test_combinations_are_as_long_as_can_be_looked_at(columns, states, asked, told):
    assert affordable([states] * columns, asked) == told


@pytest.mark.parametrize("seed", range(8))
def test_tables_looked_at_together_withhold_what_they_withhold_alone(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    axes = [
        Axis.plain(np.minimum(rng.geometric(0.4, 90) - 1, size - 1), int(size))
        for size in rng.integers(2, 5, 5)
    ]
    every = combinations(axes, length=3, at_least=1)
    safe = combinations(axes, length=3, at_least=6).rounded_down(6)
    assert longest(safe) <= 5

    def told(at_once):
        monkeypatch.setattr(bounds, "AT_ONCE", at_once)
        monkeypatch.setattr(bounds, "JOINT", 0)
        found = bounded(every, safe, 6, exact=False)
        return {axes: block.keys.tolist() for axes, block in found.blocks.items()}

    assert told(200_000) == told(1)
