"""What two releases of the same people tell together is said before the second one leaves."""

import io
from dataclasses import replace

import pytest

from synth.api.team.differencing import beside, subtracted, together, units
from synth.budget import Budget, Grouped, Measured, Statement
from synth.budget.accounting import epsilon_of
from synth.release import Bundle
from synth.release.counts import aggregates_of
from tests.team.people import noisy, zipped


def told(old: bytes, new: bytes):
    return beside("Ward 7, version 1", *(Bundle.read(io.BytesIO(b)) for b in (old, new)))


def test_noise_adds_up_and_is_not_serious():
    found = told(noisy(1.0), noisy(2.0))
    assert not found.serious
    assert "Together they hold epsilon" in found.lines[0]
    assert "not 1" in found.lines[0]


def test_one_person_more_is_found_by_subtracting():
    found = told(zipped(people=399), zipped(people=400))
    assert found.serious
    assert any("groups of fewer than 5 people" in line for line in found.lines)


def test_two_settings_of_k_are_subtracted():
    found = told(zipped(k=10), zipped(k=20))
    assert found.serious
    assert "k changed from 10 to 20." in found.lines


def test_two_roundings_tell_a_count_more_finely():
    one, two = (zipped(k=k, protection="rounded") for k in (5, 8))
    held = [aggregates_of(Bundle.read(io.BytesIO(b))) for b in (one, two)]
    found = subtracted(*held)
    left = [
        min(a + 5, b + 8) - max(a, b)
        for names in _common(*held)
        for a, b in [tuple(h.count(names) for h in held)]
    ]
    assert found.narrowed == sum(0 < n < 5 for n in left) > 0
    assert found.few == 0


def _common(one, two):
    frame = one.frame()
    for line in frame.to_dict("records"):
        names = {
            line[f"column_{i}"]: line[f"value_{i}"]
            for i in (1, 2)
            if isinstance(line[f"column_{i}"], str)
        }
        if two.count(names) is not None:
            yield names


@pytest.mark.parametrize("content", [zipped, lambda: noisy(1.0)])
def test_the_same_model_tells_nothing_more(content):
    found = told(content(), content())
    assert (found.serious, len(found.lines)) == (False, 1)


def test_another_second_table_beside_one_model_does_tell_more():
    """Where the first table is learnt without noise, its model is the same each time."""
    first, second = (Bundle.read(io.BytesIO(zipped())) for _ in range(2))
    files = {"children.json": b"{}"}
    first = replace(first, files={**first.files, **files})
    assert "no more than one" not in beside("first", first, second).lines[0]
    again = replace(second, files={**second.files, **files})
    assert "no more than one" in beside("first", first, again).lines[0]


def test_other_counts_beside_one_model_do_tell_more():
    found = told(zipped(), zipped(protection="rounded"))
    assert not any("no more than one" in line for line in found.lines)
    assert found.serious


def noise(epsilon: float, *, aside: float = 0.0, person: str = "", rows: int = 1) -> Statement:
    """Less was spent than promised, and a delta of its own went to one answer."""
    budget = Budget(epsilon, 1e-6, rows)
    return Statement((Measured("n", budget.rho / 2, delta=aside),), budget, aside, person)


def test_what_holds_together_is_no_less_than_each_promised_and_counts_every_delta():
    one, two = noise(1.0, aside=4e-7), noise(2.0, aside=3e-7)
    alone, both = together([one]), together([one, two])
    assert alone is not None
    assert both is not None
    assert alone.epsilon == pytest.approx(1.0)
    assert alone.delta == one.guarantee.delta
    assert both.epsilon == pytest.approx(epsilon_of(one.budget.rho + two.budget.rho, 1e-6))
    assert both.delta == pytest.approx(1.7e-6)
    assert together([one, Statement((Grouped("rows", 5, 2),))]) is None


def test_a_row_and_a_person_of_several_rows_do_not_add_up_silently():
    row, person = noise(1.0), noise(1.0, person="patient", rows=3)
    assert not units([row, row])
    assert not units([person, noise(2.0, person="patient", rows=5)])
    assert "patient" in units([row, person])
    assert "whoever has at most 3 rows" in units([row, noise(1.0, rows=3)])
