import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize

from synth.learning.consistency import nearest, raked, total_of
from synth.vault import Measurement


@given(arrays(np.float64, 6, elements=some.floats(-50, 200)), some.floats(1, 500))
def test_the_nearest_table_has_no_negatives_and_the_total(counts, total):
    found = nearest(counts, total)
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(total, rel=1e-9)


def test_the_nearest_table_is_the_one_a_solver_finds():
    counts = np.array([5.0, -3.0, 2.0, 0.5])
    slow = minimize(
        lambda x: ((x - counts) ** 2).sum(),
        np.ones(4),
        bounds=[(0, None)] * 4,
        constraints={"type": "eq", "fun": lambda x: x.sum() - 4},
    )
    assert nearest(counts, 4) == pytest.approx(slow.x, abs=1e-4)


def test_raking_reaches_both_margins():
    table = np.array([[10.0, 20.0], [30.0, 40.0]])
    rows, columns = np.array([40.0, 60.0]), np.array([50.0, 50.0])
    found = raked(table, [([0], rows), ([1], columns)])
    assert found.sum(axis=1) == pytest.approx(rows, rel=1e-6)
    assert found.sum(axis=0) == pytest.approx(columns)


def test_the_total_leans_on_the_better_measurement():
    sharp = Measurement(("a",), np.array([60.0, 40.0]), 1.0)
    blunt = Measurement(("b",), np.array([100.0, 100.0]), 10.0)
    assert total_of([sharp, blunt]) == pytest.approx(100 + 100 / 101, rel=1e-6)
    assert total_of([Measurement(("a",), np.array([7.0]), 0.0), blunt]) == 7
