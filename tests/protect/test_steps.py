"""Each step on values worked out on paper, the same on halves as on the whole, and in a recipe."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.budget import Audience, Budget
from synth.ingest import load
from synth.protect.risk import classes_of
from synth.protect.steps import STEPS, Pseudonymise, Shelf, step_of
from synth.protect.steps.columns import Drop, Keep, Rename, Shuffle
from synth.protect.steps.dates import Age, Hours, Shift, Truncate
from synth.protect.steps.generalise import Generalise, LookUp
from synth.protect.steps.numbers import Band, Clip, Round
from synth.protect.steps.rows import Filter, Suppress
from synth.protect.steps.text import Mask, Recode, Respell
from synth.schema import Categories, Column, Origin, Schema

VISITS = pd.DataFrame(
    {
        "person": ["p1", "p1", "p2", "p3", "p3", "p4"],
        "age": ["17", "18", "24", "25", "84", None],
        "seen": [
            "2019-04-07 03:59",
            "2019-04-07 04:00",
            "2019-03-31 23:59",
            "2018-12-31 00:00",
            "2020-02-29 12:00",
            None,
        ],
        "postcode": ["AV1 1XU", "AV12 9ZZ", "W1A 4BB", "12345", "AV1 2AA", None],
        "code": ["C50.9", "E11", "Z00.0", "nonsense", "H60", None],
    }
)
AREAS = "postcode,area,decile\nAV1 1XU,Avon,1\nAV12 9ZZ,Avon,1\nW1A 4BB,West,10\n"


def values(step, frame=VISITS) -> list:
    made = step(frame.copy())
    column = made[step.target].astype(object)
    return column.where(column.notna(), None).tolist()


# -- numbers -------------------------------------------------------------------------------------


def test_a_number_on_an_edge_starts_its_band():
    step = Band("age", edges=(0, 18, 25, 85))
    assert values(step) == ["0-17", "18-24", "18-24", "25-84", "25-84", None]
    assert step.labels == ("0-17", "18-24", "25-84", "85+")


def test_what_lies_below_the_first_edge_is_missing_or_has_an_open_band():
    assert values(Band("age", edges=(18, 25)))[0] is None
    assert values(Band("age", edges=(float("-inf"), 18)))[0] == "under 18"


@given(st.lists(st.integers(-50, 150), min_size=1, max_size=6, unique=True), st.integers(-60, 160))
def test_labels_of_bands_cannot_disagree_with_their_edges(edges, number):
    step = Band("x", edges=tuple(sorted(map(float, edges))))
    (label,) = values(step, pd.DataFrame({"x": [str(number)]}))
    if label is None:
        assert number < min(edges)
    elif label.endswith("+"):
        assert number >= int(label[:-1]) == max(edges)
    else:
        low, high = re.fullmatch(r"(-?\d+)(?:-(-?\d+))?", label).groups()
        assert int(low) <= number <= int(high or low)


def test_parts_of_numbers_have_bands_without_gaps():
    step = Band("x", edges=(0, 0.5, 1), whole=False)
    assert values(step, pd.DataFrame({"x": ["0.49", "0.5", "7"]})) == [
        "0 to under 0.5",
        "0.5 to under 1",
        "1+",
    ]


def test_rounding_goes_to_the_nearest_multiple_and_halves_go_up():
    frame = pd.DataFrame({"x": ["37", "38", "12.5", "-2.5", "x"]})
    assert values(Round("x", to=5), frame) == ["35", "40", "15", "0", None]


def test_extremes_become_the_bound():
    assert values(Clip("age", low=18, high=80)) == ["18", "18", "24", "25", "80", None]


# -- text ----------------------------------------------------------------------------------------


def test_masks_keep_the_ends():
    frame = pd.DataFrame({"x": ["AV1 1XU", "ab"]})
    assert values(Mask("x", first=3), frame) == ["AV1****", "ab"]
    assert values(Mask("x", first=1, last=1, sign=""), frame) == ["AU", "ab"]


def test_recoding_leaves_or_gathers_the_others():
    frame = pd.DataFrame({"x": ["a", "b", "c"]})
    assert values(Recode("x", values={"a": "A"}), frame) == ["A", "b", "c"]
    assert values(Recode("x", values={"a": "A"}, others="rest"), frame) == ["A", "rest", "rest"]


def test_pseudonyms_are_one_to_one_and_new_in_each_run(private):
    frame = pd.DataFrame({"city": [f"c{i % 40}" for i in range(200)]})
    steps = [Pseudonymise("city", format="##").settled(private, Audience.RELEASE) for _ in "ab"]
    one, other = (pd.Series(values(s, frame)) for s in steps)
    assert one.groupby(frame["city"]).nunique().max() == 1
    assert one.nunique() == 40
    assert one.str.fullmatch(r"\d\d").all()
    assert (one != other).mean() >= 0.8  # nine of forty the same: C(40, 9) 91! / 100!, or 4e-10


def test_keyed_pseudonyms_link_releases_and_the_key_is_in_no_recipe(private, monkeypatch):
    monkeypatch.setenv("PSEUDONYM_LINK", "a long secret")
    step = Pseudonymise("city", format="########", secret="PSEUDONYM_LINK")
    settled = step.settled(private, Audience.RELEASE)
    frame = pd.DataFrame({"city": ["Rome", "Oslo"]})
    assert values(settled, frame) == values(step.settled(private, Audience.RELEASE), frame)
    assert values(settled, frame.head(1)) == values(settled, frame)[:1]
    assert "a long secret" not in repr(settled) + str(settled.document())


def test_declared_values_get_declared_pseudonyms(private):
    settled = Pseudonymise("city").settled(private, Audience.RELEASE)
    domain = settled.declare(private.schema)["city"].domain
    assert domain.origin is Origin.DECLARED
    assert set(values(settled, pd.DataFrame({"city": ["Rome", "Oslo"]}))) == set(domain.values)


# -- dates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "first"),
    [
        ("hour", "2019-04-07 03:00"),
        ("day", "2019-04-07"),
        ("week", "2019-04-01"),
        ("month", "2019-04"),
        ("quarter", "2019-Q2"),
        ("year", "2019"),
    ],
)
def test_dates_are_cut_to_a_unit(to, first):
    assert values(Truncate("seen", to=to))[0] == first


def test_an_hour_on_an_edge_starts_its_band():
    bands = values(Hours("seen"))
    assert bands == ["00-03", "04-07", "20-23", "00-03", "12-15", None]


def test_all_dates_of_a_person_move_by_the_same_days(private):
    settled = Shift(("seen",), "person", days=10).settled(private, Audience.RELEASE)
    moved = pd.to_datetime(settled(VISITS.copy())["seen"].astype(object))
    days = (moved - pd.to_datetime(VISITS["seen"])).dt.days
    assert days[0] == days[1]
    assert days[3] == days[4]
    assert days.dropna().abs().max() <= 10


def test_age_is_in_completed_years_on_a_day_or_on_another_date():
    frame = pd.DataFrame(
        {"born": ["2000-04-01", "2000-04-02", "2030-01-01", None], "on": ["2001-01-01"] * 4}
    )
    assert values(Age("born", at="2019-04-01"), frame) == ["19", "18", None, None]
    assert values(Age("born", at="on"), frame) == ["0", "0", None, None]


# -- hierarchies and look-ups --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (1, ["AV1 1", "AV12 9", "W1A 4", "1234*", "AV1 2", None]),
        (2, ["AV1", "AV12", "W1A", "123*", "AV1", None]),
        (3, ["AV", "AV", "W", "1*", "AV", None]),
        (4, ["*", "*", "*", "*", "*", None]),
    ],
)
def test_postcodes_climb_from_sector_to_area(level, expected):
    assert values(Generalise("postcode", hierarchy="postcode", level=level)) == expected


def test_diagnoses_climb_to_their_chapter():
    found = values(Generalise("code", hierarchy="icd10", level=2))
    assert [v and v.split()[0] for v in found] == ["II", "IV", "XXI", "*", "VIII", None]


def test_an_own_hierarchy_is_used_and_what_it_does_not_know_is_anything():
    step = step_of(
        {"step": "generalise", "column": "age", "file": "h.csv", "level": 1},
        Shelf(given={"h.csv": "17;minor;any\n18;adult;any\n24;adult;any\n"}),
    )
    assert values(step) == ["minor", "adult", "adult", "*", "*", None]
    assert step.declare(schema())["age"].domain.values == ("minor", "adult", "*")


def test_a_look_up_keeps_rows_without_a_match():
    step = LookUp("postcode", file="a", take="area").attached(AREAS)
    assert values(step) == ["Avon", "Avon", "West", None, None, None]
    assert step.declare(schema())["postcode"].domain.origin is Origin.DECLARED


def test_a_key_may_repeat_where_its_lines_agree():
    step = LookUp("area", file="a", take="decile").attached(AREAS)
    assert values(step, pd.DataFrame({"area": ["Avon", "West"]})) == ["1", "10"]
    assert step.domain(Column("area", Categories(("x",)))).values == ("1", "10")


# -- columns and rows ----------------------------------------------------------------------------


def test_columns_are_dropped_kept_and_renamed():
    assert list(Drop(("age",))(VISITS.copy())) == ["person", "seen", "postcode", "code"]
    assert list(Keep(("code", "age"))(VISITS.copy())) == ["age", "code"]
    assert "years" in Rename("age", to="years")(VISITS.copy())


def test_a_shuffle_keeps_the_rows_and_loses_their_order():
    frame = pd.DataFrame({"x": range(200)})
    made = Shuffle()(frame)["x"]  # in the old order with a chance of 1 / 200!
    assert sorted(made) == list(range(200))
    assert made.tolist() != list(range(200))


def test_spellings_of_one_word_become_one_and_a_declared_list_with_them():
    frame = pd.DataFrame({"x": ["Yes", " yes", "YES", "no", None, "\u00e0  la", "a la"]})
    made = Respell("x", case="first")(frame.copy())["x"]
    assert made[:4].tolist() == ["Yes", "Yes", "Yes", "No"]
    assert Respell("x", accents=False)(frame.copy())["x"].tolist()[5:] == ["a la", "a la"]
    old = Schema((Column("x", Categories(("yes", "Yes", "no"))),))
    assert Respell("x").declare(old).domain("x").values == ("yes", "no")


def test_rows_stay_if_they_meet_the_condition():
    assert Filter("age", at_least=18, below=25)(VISITS)["age"].tolist() == ["18", "24"]
    assert len(Filter("age", leave=("17",), blanks=True)(VISITS)) == 5
    assert Filter("code", only=("E11",))(VISITS)["person"].tolist() == ["p1"]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 4))
def test_after_suppression_no_class_is_smaller_than_k(seed, k):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({c: rng.integers(0, 4, 60).astype(str) for c in "abc"}).astype("category")
    private = load(frame, Budget(1.0)).private
    after = private.transform(Suppress(("a", "b", "c"), k=k))
    codes = after.exact_codes(("a", "b", "c"), "test", Audience.CUSTODIAN)
    assert classes_of(codes, 0).k in (0, *range(k, 61))


def test_local_suppression_blanks_the_cells_that_cost_least():
    frame = pd.DataFrame({"sex": list("MMFFFF"), "age": list("112223")})
    made = Suppress(("sex", "age"), k=2)(frame)
    assert made["sex"].tolist() == ["M", "M", "F", "F", "F"]
    assert len(Suppress(("sex", "age"), k=2, whole=True)(frame)) == 5


# -- row by row ----------------------------------------------------------------------------------

KEY = b"k" * 32
ROW_BY_ROW = (
    Band("age", edges=(0, 18, 25)),
    Round("age", to=10),
    Clip("age", high=30),
    Mask("postcode", first=2),
    Recode("code", values={"E11": "diabetes"}),
    Respell("code", case="first"),
    Pseudonymise("person", format="########", key=KEY),
    Truncate("seen", to="month"),
    Hours("seen"),
    Shift(("seen",), "person", key=KEY),
    Age("seen", at="2021-01-01", into="years"),
    Generalise("postcode", hierarchy="postcode", level=2),
    LookUp("postcode", file="a", take="area").attached(AREAS),
    Filter("age", at_least=18),
    Drop(("age",)),
    Rename("age", to="years"),
    Keep(("age",)),
)


@pytest.mark.parametrize("step", ROW_BY_ROW, ids=lambda s: s.name)
@settings(max_examples=15, deadline=None)
@given(rows=st.lists(st.integers(0, 5), min_size=1, max_size=12), cut=st.integers(0, 12))
def test_a_step_does_the_same_to_halves_as_to_the_whole(step, rows, cut):
    frame = VISITS.iloc[rows].reset_index(drop=True)
    whole = step(frame.copy())
    halves = [step(part.reset_index(drop=True)) for part in (frame[:cut], frame[cut:])]
    joined = pd.concat([h.astype(object) for h in halves], ignore_index=True)
    pd.testing.assert_frame_equal(
        whole.astype(object).where(whole.notna(), None).reset_index(drop=True),
        joined.where(joined.notna(), None),
        check_dtype=False,
    )


@pytest.mark.parametrize("step", ROW_BY_ROW, ids=lambda s: s.name)
def test_a_step_declares_the_columns_it_makes(step):
    assert set(step.declare(schema()).names) == set(step(VISITS.copy()).columns)


@pytest.mark.parametrize("step", ROW_BY_ROW, ids=lambda s: s.name)
def test_a_step_is_the_same_after_its_document(step):
    again = step_of(step.document(), Shelf(given={"a": AREAS}))
    assert again == step


def test_every_step_says_what_it_is():
    assert len({s.name for s in STEPS}) == len(STEPS) == 23
    assert all(s.title and s.summary for s in STEPS)


def schema() -> Schema:
    return Schema(tuple(Column(n, Categories(("x",), Origin.OBSERVED)) for n in VISITS))
