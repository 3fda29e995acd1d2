"""Every risk figure on a table of a few rows worked out on paper, and on the sample by group-by."""

import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.budget import Audience, Budget, Opened
from synth.errors import RiskError
from synth.ingest import load
from synth.protect.risk import (
    assess,
    attacks,
    classes_of,
    column_contributions,
    dis,
    dis_scores,
    disclosure,
    frequency_attack,
    in_words,
    linkable_sentence,
    population_uniques,
    risk_of,
    separations,
    special_uniques,
    value_contributions,
)
from synth.protect.risk.attacks import individual_risk
from synth.protect.risk.disclosure import _in_order, distances, spread
from synth.vault.coded import coded

SAMPLE = Path(__file__).parents[2] / "sample_data" / "hospital_admissions.csv"
FOUR = pd.DataFrame({"city": ["Oslo", "Oslo", "Rome", "Rome"], "age": [30, 30, 30, 40]})


def columns(frame: pd.DataFrame):
    return [coded(str(n), frame[n]) for n in frame]


@pytest.fixture(scope="module")
def hospital() -> pd.DataFrame:
    return pd.read_csv(SAMPLE, dtype=str)[["Age", "Gender", "Hospital", "Treatment"]]


# -- codes and classes ---------------------------------------------------------------------------


def test_codes_tell_rows_apart_exactly_by_their_values():
    found = coded("x", pd.Series(["b", None, "a", "b"]))
    assert [found.labels[c] for c in found.codes] == ["b", "(missing)", "a", "b"]
    assert found.values().isna().tolist() == [False, True, False, False]


def test_a_category_that_no_row_has_is_no_code():
    values = pd.Series(pd.Categorical(["a", "a"], categories=["a", "z"]))
    assert coded("x", values).labels == ("a",)


def test_four_rows_make_three_classes_of_which_two_are_unique():
    found = classes_of(columns(FOUR))
    assert sorted(found.sizes.tolist()) == [1, 1, 2]
    assert (found.k, found.unique, found.unique_share, found.below(2)) == (1, 2, 0.5, 2)
    assert found.own_size.tolist() == [2, 2, 1, 1]
    assert found.histogram() == {1: 2, 2: 1}


def test_without_columns_everybody_looks_alike():
    assert classes_of([], 7).sizes.tolist() == [7]


def test_a_table_without_rows_has_no_risk():
    empty = assess(columns(FOUR.head(0)), rows=0)
    assert (empty.classes.k, empty.classes.unique_share) == (0, 0.0)
    assert empty.attacks[0].expected == 0


@pytest.mark.parametrize("names", [["Age"], ["Age", "Gender"], ["Age", "Gender", "Hospital"]])
def test_class_sizes_are_those_of_a_group_by(hospital, names):
    found = classes_of(columns(hospital[names]))
    oracle = hospital.groupby(names, dropna=False).size()
    assert sorted(found.sizes.tolist()) == sorted(oracle.tolist())
    assert found.unique == (oracle == 1).sum()
    assert assess(columns(hospital[names]), rows=len(hospital)).attacks[0].average == pytest.approx(
        len(oracle) / len(hospital)
    )


# -- attackers -----------------------------------------------------------------------------------


def test_the_prosecutor_is_right_once_per_class():
    prosecutor = attacks(classes_of(columns(FOUR)), threshold=0.5)[0]
    assert (prosecutor.at_risk, prosecutor.highest) == (2, 1.0)
    assert (prosecutor.average, prosecutor.expected) == (0.75, 3.0)


def test_journalist_and_marketer_have_to_choose_among_the_population():
    found = classes_of(columns(FOUR))
    population = np.where(found.sizes == 2, 4, 2)
    population[np.flatnonzero(found.sizes == 1)[0]] = 4
    _, journalist, marketer = attacks(found, threshold=0.3, population=population)
    assert marketer.average == pytest.approx((2 / 4 + 1 / 4 + 1 / 2) / 4)
    assert journalist.average == pytest.approx(max(3 / 10, 1.25 / 4))
    assert (journalist.highest, journalist.at_risk) == (0.5, 1)


def test_the_individual_risk_of_a_half_sample_is_as_on_paper():
    found = individual_risk(np.array([1, 2, 3]), 0.5)
    assert found == pytest.approx([math.log(2), 1 - math.log(2), 0.2])


@given(st.integers(1, 50), st.floats(0.01, 0.99))
def test_a_smaller_sample_is_never_riskier_than_knowing_who_is_in_it(size, fraction):
    assert 0 < individual_risk(np.array([size]), fraction)[0] <= 1 / size + 1e-9


def test_the_expectation_is_told_in_words():
    assert in_words(attacks(classes_of(columns(FOUR)))[0], ("city", "age")) == (
        "We expect 3 of 4 people to be re-identified by someone who knows city and age."
    )


@pytest.mark.parametrize("wrong", [{"threshold": 0}, {"fraction": 1.5}, {"fraction": -1}])
def test_shares_that_are_none_are_refused(wrong):
    with pytest.raises(RiskError, match="must be above 0 and at most 1"):
        attacks(classes_of(columns(FOUR)), **wrong)


def test_a_population_smaller_than_the_table_is_refused():
    with pytest.raises(RiskError, match="fewer people in some classes"):
        attacks(classes_of(columns(FOUR)), population=np.array([1, 1, 1]))


# -- sensitive columns ---------------------------------------------------------------------------


def test_diversity_and_closeness_of_two_classes_are_as_on_paper():
    cities = classes_of(columns(FOUR[["city"]]))
    found = disclosure(cities, coded("ill", pd.Series(["a", "a", "a", "b"])))
    assert (found.distinct, found.entropy, found.recursive) == (1, 1.0, 1)
    assert (found.closeness, found.ordered, found.told) == (0.25, False, 2)


def test_entropy_diversity_counts_equally_frequent_values():
    one = classes_of([], 4)
    found = disclosure(one, coded("ill", pd.Series(["a", "b", "c", "d"])))
    assert found.entropy == pytest.approx(4)
    assert (found.distinct, found.recursive, found.closeness) == (4, 4, 0)


def test_recursive_diversity_stops_where_the_most_frequent_value_outweighs_the_rest():
    one = classes_of([], 6)
    found = disclosure(one, coded("ill", pd.Series(list("aaaabc"))), c=3)
    assert found.recursive == 2  # 4 < 3 * (1 + 1), but not 4 < 3 * 1


def test_numbers_are_as_far_apart_as_their_ranks():
    cities = classes_of(columns(FOUR[["city"]]))
    found = disclosure(cities, coded("pay", pd.Series([1, 1, 2, 3])))
    assert found.ordered
    assert found.closeness == pytest.approx((0.5 + 0.25) / 2)


@pytest.mark.parametrize("rows", [0, 1, 7, 60, 400])
def test_distances_in_order_are_those_of_whole_staircases(rows):
    rng = np.random.default_rng(rows)
    groups = pd.Series(rng.integers(0, 1 + rows // 4, rows).astype(str))
    pay = pd.Series(rng.integers(0, 40, rows).astype(float)).mask(rng.random(rows) < 0.1)
    classes = classes_of(columns(pd.DataFrame({"group": groups})), rows)
    found = distances(spread(classes, coded("pay", pay)), _in_order(coded("pay", pay)))
    last = pay.max() + 1  # a missing value comes last
    numbers = pay.fillna(last).to_numpy()
    values = np.unique(numbers)
    whole = np.array([(numbers <= v).mean() for v in values])
    far = [
        np.abs(np.array([(numbers[classes.of_row == c] <= v).mean() for v in values]) - whole).sum()
        / max(len(values) - 1, 1)
        for c in range(len(classes.sizes))
    ]
    assert found == pytest.approx(np.array(far), abs=1e-9)


def test_disclosure_on_the_sample_is_that_of_a_group_by(hospital):
    known = ["Gender", "Hospital"]
    found = disclosure(
        classes_of(columns(hospital[known])), coded("Treatment", hospital["Treatment"])
    )
    overall = hospital["Treatment"].value_counts(normalize=True)
    grouped = hospital.groupby(known)["Treatment"]
    shares = grouped.value_counts(normalize=True)
    far = [
        0.5 * (shares[key].reindex(overall.index, fill_value=0) - overall).abs().sum()
        for key in grouped.groups
    ]
    entropy = [-(shares[key] * np.log(shares[key])).sum() for key in grouped.groups]
    assert found.distinct == grouped.nunique().min()
    assert found.closeness == pytest.approx(max(far))
    assert found.entropy == pytest.approx(math.exp(min(entropy)))


# -- population ----------------------------------------------------------------------------------


def test_zayatz_on_three_rows_of_six_people_is_as_on_paper():
    found = population_uniques({1: 1, 2: 1}, 0.5)
    unique = 0.5 * (10 / 20)
    assert found.zayatz == pytest.approx(unique / (unique + 0.5 * (12 / 20)) / 3)


def test_a_whole_population_needs_no_model():
    assert population_uniques({1: 2, 3: 1}, 1.0).share == 0.4


@pytest.mark.parametrize("fraction", [0.05, 0.3])
def test_the_chosen_model_comes_near_the_truth_on_the_sample(hospital, fraction, rng):
    known = ["Age", "Hospital"]
    truth = classes_of(columns(hospital[known])).unique_share
    rows = rng.choice(len(hospital), int(fraction * len(hospital)), replace=False)
    drawn = classes_of(columns(hospital.iloc[rows][known]))
    found = population_uniques(drawn.histogram(), fraction)
    assert truth / 3 < found.share < 3 * truth < 3 * drawn.unique_share
    assert abs(found.share - truth) < 0.3 * (drawn.unique_share - truth)


def test_dankars_rule_takes_pitman_for_a_small_fraction_and_the_smaller_of_two_for_a_large():
    histogram = {1: 50, 2: 20, 3: 10, 8: 5}
    assert population_uniques(histogram, 0.05).model == "Pitman"
    large = population_uniques(histogram, 0.5)
    assert large.share == min(large.snb, large.zayatz)


def test_where_everybody_is_unique_the_likelihood_has_no_maximum():
    found = population_uniques({1: 10}, 0.1)
    assert math.isnan(found.pitman)
    assert found.model == "Zayatz"


# -- rare combinations ---------------------------------------------------------------------------


def brute_force(frame: pd.DataFrame, length: int, fewer_than: int):
    """Every minimal rare combination, by looking at all sets of columns for each row."""
    rare = {}
    sets = [
        s for m in range(1, length + 1) for s in itertools.combinations(range(frame.shape[1]), m)
    ]
    for chosen in sets:
        size = frame.groupby([frame.columns[i] for i in chosen])[frame.columns[0]].transform("size")
        rare[chosen] = set(np.flatnonzero(size < fewer_than).tolist())
    return {
        chosen: found
        for chosen in sets
        if (
            found := rare[chosen]
            - set().union(
                *(rare.get(s, set()) for s in itertools.combinations(chosen, len(chosen) - 1))
            )
        )
    }


tables = st.lists(st.tuples(*[st.integers(0, 2)] * 4), min_size=1, max_size=14).map(
    lambda rows: pd.DataFrame(rows, columns=list("abcd"))
)


@settings(max_examples=60, deadline=None)
@given(tables, st.integers(1, 4), st.integers(2, 4))
def test_minimal_rare_combinations_are_those_of_a_slow_search(frame, length, fewer_than):
    found = special_uniques(columns(frame), length=length, fewer_than=fewer_than)
    assert {r.columns: set(r.rows.tolist()) for r in found.found} == brute_force(
        frame, length, fewer_than
    )


def test_scores_of_three_columns_are_as_on_paper():
    frame = pd.DataFrame({"a": [1, 1, 1, 2], "b": [1, 1, 2, 2], "c": [1, 2, 2, 2]})
    found = special_uniques(columns(frame), length=2)
    # Row 0: c = 1 alone, (3 - 1)(3 - 2). Row 3: a = 2 alone. Row 1: b = 1 with c = 2.
    # Row 2: a = 1 with b = 2.
    assert found.scores.tolist() == [2, 1, 1, 2]
    assert found.smallest.tolist() == [1, 2, 2, 1]
    assert found.linkable == 4
    assert found.column_shares["c"] == pytest.approx((2 + 1) / 6)


def test_dis_weighs_uniques_against_pairs():
    assert dis(10, 5, 0.2) == pytest.approx(10 * 0.2 / (10 * 0.2 + 5 * 0.8))
    assert dis(0, 5, 0.2) == 0


def test_dis_is_shared_out_by_score():
    frame = pd.DataFrame({"a": [1, 1, 1, 2], "b": [1, 1, 2, 2], "c": [1, 2, 2, 2]})
    found = special_uniques(columns(frame), length=2)
    assert dis_scores(found, 4, 4, 0.1) == pytest.approx(np.array([2, 1, 1, 2]) / 1.5 * 0.1)


def test_the_sentence_and_the_contributions_agree(hospital):
    found = special_uniques(columns(hospital), length=2, fewer_than=3)
    assert f"({found.linkable:,} of 10,000)" in linkable_sentence(found)
    assert "fewer than 3 people share" in linkable_sentence(found)
    most = column_contributions(found)
    assert most[0].linkable == max(c.linkable for c in most) <= found.linkable
    first = value_contributions(found, 1)[0]
    assert first.rows == (hospital[first.column] == first.value).sum()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [({"length": 0}, "make no sense"), ({"fewer_than": 1}, "make no sense")],
)
def test_searches_that_make_no_sense_are_refused(wrong, why):
    with pytest.raises(RiskError, match=why):
        special_uniques(columns(FOUR), **wrong)


def test_too_many_sets_of_columns_are_refused_before_the_search():
    many = [coded(str(i), pd.Series([1, 2])) for i in range(60)]
    with pytest.raises(RiskError, match=r"at most 20,000 are searched\. Choose fewer"):
        special_uniques(many, length=4)


# -- separation, frequencies, the vault ----------------------------------------------------------


def test_distinction_and_separation_of_four_rows_are_as_on_paper():
    found = {s.columns: s for s in separations(columns(FOUR))}
    assert found[("city",)].distinction == 0.5
    assert found[("city",)].separation == pytest.approx(4 / 6)
    assert found[("city", "age")].separation == pytest.approx(5 / 6)
    assert len(found) == 3


def test_too_many_subsets_are_refused():
    many = [coded(str(i), pd.Series([1, 2])) for i in range(13)]
    with pytest.raises(RiskError, match="Choose at most 12 columns"):
        separations(many)


def test_values_with_a_count_of_their_own_are_named_whatever_their_code(rng):
    found = frequency_attack(coded("x", pd.Series(list("aaabbccd"))), rng)
    assert (found.values, found.certain, found.rows, found.of) == (4, 2, 4, 8)


def test_looking_at_risk_is_written_down_and_ends_no_promise(private):
    found = risk_of(private, ("city", "age"), ("ill",))
    assert found.classes.rows == 400
    assert all(
        e.audience is Audience.CUSTODIAN for e in private.ledger.entries if isinstance(e, Opened)
    )
    assert private.statement().formal
    assert "Rome" not in repr(private.ledger.entries)


def test_the_sample_is_identifying_as_it_came():
    loaded = load(SAMPLE, Budget(1.0))
    found = risk_of(loaded.private, ("Age", "Hospital", "Arrival Time", "Gender", "Postcode"))
    assert found.classes.unique_share > 0.99


def test_somebody_with_many_rows_alike_stands_out_no_less():
    table = pd.DataFrame(
        {
            "who": ["a"] * 5 + ["b", "c", "d", None],
            "city": ["Rome"] * 5 + ["Oslo", "Oslo", "Oslo", "Oslo"],
            "ill": ["x", "y", "x", "x", "x", "x", "y", "y", "x"],
        }
    )
    private = load(table, Budget(1.0)).private
    assert risk_of(private, ("city",)).classes.k == 4
    found = risk_of(private, ("city",), ("ill",), person="who")
    assert sorted(found.classes.sizes) == [1, 4]
    assert found.classes.rows == 5


def test_people_with_several_rows_are_counted_once_where_they_stand_out_most():
    """Each was counted in every class they were in: of two people, three stood out."""
    table = pd.DataFrame({"who": list("aabb"), "city": ["Rome", "Oslo", "Rome", "Bern"]})
    found = risk_of(load(table, Budget(1.0)).private, ("city",), person="who")
    assert (found.classes.rows, found.classes.unique, found.classes.below(3)) == (2, 2, 2)
    assert found.sentence.startswith("We expect 2 of 2 people")
    assert found.attacks[0].average == 1.0
