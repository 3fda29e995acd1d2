"""Bins of the real table: what a release lost inside its own intervals is seen."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from synth.budget import Audience, Budget
from synth.errors import SchemaError
from synth.evaluate import Comparison, Histogram, compare
from synth.lazily import nw
from synth.runs import Recipe, run
from synth.runs.recipe import MethodPart, Privacy
from synth.schema import Categories, Column, Dates, Kind, Numbers, Schema, Text
from synth.vault import PrivateTable
from synth.vault.bins import REST, SHARED_ROWS, STRANGE, Bins, Sort, bins_of, coarser

WHOLE = Numbers((0, 1, 1001), decimals=0, codes=("unknown",))
LISTED = Categories((), other=True)
DAYS = 86400.0


def bins_for(domain, values, kind=Kind.INTEGER) -> Bins:
    return bins_of(Column("x", domain, kind), pd.Series(values))


def alone(domain, real, synthetic, kind=Kind.INTEGER) -> Histogram:
    """One column compared."""
    schema = Schema((Column("x", domain, kind),))
    private = PrivateTable(pd.DataFrame({"x": real}), schema, Budget(1.0))
    return compare(private, pd.DataFrame({"x": synthetic})).columns[0]


@pytest.fixture
def heaped(rng) -> np.ndarray:
    """Two rows in three are 0, the others fall off from 1 to 1000."""
    values = np.minimum(1000, 1 + rng.exponential(60, 3000).astype(int))
    values[:2000] = 0
    return values


def test_a_column_ruined_inside_its_own_intervals_is_seen(heaped, rng):
    """On the states of its schema it is as near as a fresh sample: 0 and the rest have their share,
    but the rest is drawn evenly from 1 to 1000."""
    ruined = np.where(heaped == 0, 0, rng.integers(1, 1001, 3000))
    found = alone(WHOLE, heaped, ruined)
    states = [np.bincount(WHOLE.encode(pd.Series(v)), minlength=3) for v in (heaped, ruined)]
    assert np.abs(states[0] - states[1]).sum() == 0
    assert found.tvd > 0.2
    assert found.fresh < 0.03


def test_a_point_mass_has_a_bin_of_its_own(heaped):
    bins = bins_for(WHOLE, heaped)
    assert bins.labels[1] == "0"
    assert bins.domain.encode(pd.Series([0, 1])).tolist() == [1, 2]
    found = alone(Numbers((0, 1001), decimals=0), heaped, np.where(heaped == 0, 1, heaped))
    assert found.tvd > 0.6


def test_neighbouring_masses_keep_short_names_and_leave_no_gap():
    values = list(range(48, 52)) * 50 + list(range(200))
    found = alone(Numbers((0, 1001), decimals=0), values, values)
    assert {"48", "49", "50", "51"} < set(found.labels)
    assert all(p > 0 for p in found.real)
    assert not [n for n in found.labels if "[" in n]


def test_bins_follow_from_the_rows_and_not_from_what_is_told_of_them(heaped):
    other = Numbers((0, 500, 2000), decimals=0, codes=("unknown",))
    assert bins_for(WHOLE, heaped).labels == bins_for(other, heaped).labels


def test_intervals_without_masses_are_about_equally_full(rng):
    values = np.round(rng.lognormal(3, 1, 2000), 3)
    bins = bins_for(Numbers((0, 1), decimals=3), values, Kind.REAL)
    counts = np.bincount(bins.domain.encode(pd.Series(values)), minlength=len(bins.labels))
    inside = [c for c, s in zip(counts, bins.sorts, strict=True) if s is Sort.VALUES]
    assert len(inside) == 20
    assert max(inside) - min(inside) <= 2 and sum(inside) == 2000


def test_what_lies_outside_the_real_values_is_none_of_them():
    found = alone(Numbers((0, 101), decimals=0), list(range(100)), [-5] * 50 + [200] * 50)
    told = dict(zip(found.labels, found.synthetic, strict=True))
    assert told["below 0"] == 0.5
    assert told["above 99"] == 0.5
    assert found.tvd == 1
    assert found.traces.known_synthetic == 0


def test_a_small_table_has_fewer_bins_and_no_masses_by_chance():
    bins = bins_for(WHOLE, [3, 3, 5, 8, 9, 12, 40, 41, 60, 60, 61])
    assert sum(s is Sort.VALUES for s in bins.sorts) == 3  # two intervals, one code
    assert SHARED_ROWS > 2


@given(some.lists(some.floats(-1e6, 1e6) | some.sampled_from([0.0, 1.5, -2.0]), max_size=90))
def test_every_real_value_is_in_a_bin_of_the_real_column(values):
    bins = bins_for(Numbers((0.0, 1.0)), np.array(values, dtype=float), Kind.REAL)
    codes = bins.domain.encode(pd.Series(values, dtype=float))
    assert all(bins.sorts[c] is Sort.VALUES for c in codes)
    assert len(set(bins.labels)) == len(bins.labels) == bins.domain.size == len(bins.sorts)
    assert sum(bins.even) == pytest.approx(1 if values else 0)


def test_codes_words_and_nothing_each_have_their_place():
    domain = Numbers((0, 100), codes=("unknown", "-99"))
    bins = bins_for(domain, pd.Series(["5", "7", "unknown", "-99", None, "a word"] * 20))
    told = bins.domain.encode(pd.Series(["5", "unknown", "-99", None, "another"], dtype=object))
    assert [bins.labels[c] for c in told] == ["5", "unknown", "-99", "(missing)", "(missing)"]


def test_days_are_named_by_their_first_and_last():
    start = pd.Timestamp("2024-01-01")
    days = [(start + pd.Timedelta(days=i)).strftime("%Y-%m-%d") for i in range(200)]
    bins = bins_for(Dates((0.0, DAYS)), days, Kind.DATE)
    assert bins.labels[1] == "2024-01-01 to 2024-01-10"
    assert bins.labels[0] == "before 2024-01-01"


def test_values_that_a_release_put_under_other_are_lost():
    """Beyond the most frequent ones too: they would be "other" on both sides."""
    real = [f"v{i}" for i in range(400)] * 3
    found = alone(Categories((), other=True), real, ["(other)"] * 1200, Kind.CATEGORY)
    told = dict(zip(found.labels, found.synthetic, strict=True))
    assert found.tvd == 1
    assert told[STRANGE] == 1
    assert told[REST] == 0
    assert (found.traces.values, found.traces.met) == (400, 0)


def test_an_other_that_the_real_column_holds_is_a_value():
    found = alone(Categories((), other=True), ["a", "(other)"], ["(other)", "a"], Kind.CATEGORY)
    assert found.tvd == 0


def test_rare_values_count_as_met_one_by_one():
    real = ["often"] * 500 + [f"v{i}" for i in range(300)]
    found = alone(Categories((), other=True), real, ["often", "v0", "v299"], Kind.CATEGORY)
    assert found.traces.met == 3
    assert found.traces.unmet == pytest.approx(298 / 800)


@pytest.mark.parametrize("rows", [300, 1000])
def test_a_fresh_sample_of_rare_values_is_as_far_as_it_is_expected_to_be(rows, rng):
    """Most of its values are new: that is no fault of anybody. Within a fifth; it was a third."""
    chances = 1 / np.arange(1, 4001)
    chances /= chances.sum()
    names = np.array([f"v{i}" for i in range(4000)])
    found = [
        alone(LISTED, *(list(rng.choice(names, rows, p=chances)) for _ in range(2)), Kind.CATEGORY)
        for _ in range(20)
    ]
    distance, unmet = (np.mean([f(h) for h in found]) for f in (_distance, _missed))
    assert np.mean([h.fresh for h in found]) == pytest.approx(distance, rel=0.2)
    assert np.mean([h.traces.unmet_fresh for h in found]) == pytest.approx(unmet, rel=0.1)


def _distance(found: Histogram) -> float:
    return found.tvd


def _missed(found: Histogram) -> float:
    return found.traces.unmet


def test_of_free_text_only_whether_it_is_there_is_compared():
    found = alone(Text(), ["a b", None], ["(text withheld)", None], Kind.TEXT)
    assert found.tvd == 0
    assert found.traces.kind == "text"


def test_pairs_have_few_bins_and_what_is_not_real_stays_apart(rng):
    values = [f"v{i}" for i in rng.integers(0, 50, 1000)]
    bins = bins_for(Categories((), other=True), values, Kind.CATEGORY)
    counts = np.bincount(bins.domain.encode(pd.Series(values)), minlength=len(bins.sorts))
    grouped = coarser(bins, counts, 12)
    told = grouped.encode(pd.Series(["v1", "(other)", None], dtype=object))
    assert grouped.size == 12
    assert len(set(told.tolist())) == 3
    added = grouped.added(counts.astype(float))
    assert added.sum() == 1000
    assert (added[:10] > 0).all()


def test_neighbours_on_a_line_are_put_together_for_pairs(heaped):
    bins = bins_for(WHOLE, heaped)
    counts = np.bincount(bins.domain.encode(pd.Series(heaped)), minlength=len(bins.sorts))
    grouped = coarser(bins, counts, 12)
    assert grouped.size <= 12
    inside = [g for g, s in zip(grouped.groups, bins.sorts, strict=True) if s is Sort.VALUES]
    assert inside == sorted(inside)


def test_rows_that_stay_are_compared_on_their_own_states_and_it_is_said():
    rows = nw.from_native(pd.DataFrame({"x": [1, 2, 3]})).lazy("duckdb")
    private = PrivateTable(rows, Schema((Column("x", WHOLE, Kind.INTEGER),)), Budget(1.0))
    found = compare(private, pd.DataFrame({"x": [1, 1, 1]}))
    assert found.own_states
    assert Comparison.of(found.document()) == found
    with pytest.raises(SchemaError, match="stay in their engine"):
        private.exact_bins("x", "a test", Audience.CUSTODIAN)


def test_the_real_side_is_the_same_for_every_run_of_one_table(heaped):
    """Whatever was found out about the columns, and however coarsely."""
    people = pd.DataFrame({"x": heaped, "y": np.where(heaped > 0, "yes", "no")})
    real = []
    for name, epsilon in (("independent", 0.2), ("independent", 5.0), ("kde", 1.0)):
        asked = Recipe(method=MethodPart(name=name), privacy=Privacy(epsilon=epsilon))
        found = run(asked, people).comparison
        real.append([_held(h) for h in found.columns])
    assert real[0] == real[1] == real[2]


def _held(found: Histogram) -> dict[str, float]:
    """The bins with real rows."""
    return {n: p for n, p in zip(found.labels, found.real, strict=True) if p > 0}
