"""What seems wrong with a column is proposed with a reason, three values and the recipe's lines."""

import io

import pandas as pd
import pytest

from synth.budget import Budget
from synth.ingest import load
from synth.ingest.declaration import ColumnPart, declared_column
from synth.ingest.suggest import suggest
from synth.protect.steps import step_of
from synth.runs import read_recipe, run
from synth.schema import Kind


def proposed(values: list[object], name: str = "x") -> list:
    return list(suggest(pd.DataFrame({name: values}))[name].repairs)


def test_values_that_differ_in_case_alone_are_written_alike():
    (repair,) = proposed(["Yes"] * 50 + ["yes"] * 9 + ["YES"] * 2 + ["No"] * 40)
    assert repair.step == {"step": "respell", "column": "x", "case": "first"}
    assert set(repair.examples) == {("yes", "Yes"), ("YES", "Yes")}
    assert "2 values differ" in repair.why
    assert step_of(repair.step)(pd.DataFrame({"x": ["YES", "No"]}))["x"].tolist() == ["Yes", "No"]
    assert read_recipe(repair.lines).protect == (dict(repair.step),)


@pytest.mark.parametrize(
    ("values", "case", "accents"),
    [
        (["Málaga", "Malaga", "UK"], "as they are", False),
        (["new  york", "new york", "oslo"], "as they are", True),
        (["NEW YORK", "New York", "Oslo", "Rome"], "title", True),
        (["AA", "aa", "BB", "CC"], "upper", True),
    ],
)
def test_the_way_of_writing_is_one_that_leaves_most_as_they_are(values, case, accents):
    (repair,) = proposed(values * 20)
    assert (repair.step["case"], repair.step.get("accents", True)) == (case, accents)


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ([*range(18, 90)] * 3 + [-99] * 5, ("-99",)),
        ([*range(18, 90)] * 3 + [999] * 5, ("999",)),
        ([0.5, 1.25, 7.75] * 30 + ["-9"] * 5, ("-9",)),
        ([1, 2, 3, 4, 5] * 20 + [98] * 2 + [99] * 5, ("98", "99")),
        ([-12, 0, 7, 31] * 30 + [-9999] * 40, ("-9999",)),  # temperatures
        ([-385, 0, 20_656, 51_000] * 30 + [9_999_999] * 9, ("9999999",)),  # incomes and losses
    ],
)
def test_numbers_far_from_all_others_are_codes(values, codes):
    (repair,) = proposed(values)
    assert set(repair.declares["codes"]) == set(codes)
    assert "x" in repair.lines
    assert read_recipe(repair.lines).column == (
        ColumnPart(name="x", codes=repair.declares["codes"], seen=True),
    )


@pytest.mark.parametrize(
    "values",
    [
        [*range(100)] * 3,  # 98 and 99 are ages, too
        [-9, -3, 0, 4, -20] * 30,  # a temperature
        [*range(18, 90)] * 3 + [999],  # once is an outlier
        [18, 64, 99, 104, 999, 1000] * 20,
    ],
)
def test_numbers_among_others_are_no_codes(values):
    assert proposed(values) == []


def test_days_far_from_all_others_are_codes():
    days = pd.date_range("2020-01-01", periods=200).strftime("%Y-%m-%d").tolist()
    (repair,) = proposed([*days, *["9999-12-31"] * 5, *["1900-01-01"] * 5])
    assert set(repair.declares["codes"]) == {"9999-12-31", "1900-01-01"}
    born = pd.date_range("1899-06-01", periods=4000, freq="7D").strftime("%Y-%m-%d").tolist()
    assert proposed([*born, *["1900-01-01"] * 5]) == []


def test_a_code_that_is_declared_is_a_state_of_its_own_and_proposed_no_more():
    seen = suggest(pd.DataFrame({"x": [*range(18, 90)] * 3 + [-99] * 5}))["x"]
    domain = declared_column(seen, ColumnPart(name="x", codes=("-99",))).domain
    assert "-99" in domain.labels


def test_rows_of_totals_are_left_out():
    (repair,) = proposed(["North", "South", "East"] * 10 + ["Total"] * 10, "region")
    assert repair.what == "Leave out 10 rows of totals"
    assert repair.examples == (("Total", ""),)
    left = step_of(repair.step)(pd.DataFrame({"region": ["North", "Total", None]}))
    assert left["region"].dropna().tolist() == ["North"]
    assert len(left) == 2


def test_nothing_is_proposed_for_identifiers_or_where_nothing_is_wrong():
    table = pd.DataFrame({"id": [f"A{i}" for i in range(89)] + ["a1"], "x": ["a", "b", "c"] * 30})
    assert [s.repairs for s in suggest(table).values()] == [(), ()]


def test_a_profile_tells_what_is_missing_and_how_values_spread():
    table = pd.DataFrame({"age": [*range(80), *[None] * 20], "x": ["a", "b", "b", "c"] * 25})
    age, x = (s.profile for s in suggest(table).values())
    assert age.missing == pytest.approx(0.2)
    assert age.bars == (5,) * 16
    assert x.bars == (50, 25, 25)


def test_what_was_seen_shows_itself_to_who_asks_only():
    loaded = load(pd.DataFrame({"x": ["Yes", "yes", "No"] * 30}), Budget(1.0))
    assert "Yes" not in repr(loaded.suggestions["x"])
    assert "Yes" not in repr(loaded.suggestions["x"].repairs[0])


def days_of_excel(name: str, rows: int = 200) -> dict:
    numbers = [str(40_000 + 7 * i) for i in range(rows)]
    frame = pd.DataFrame({name: numbers, "sex": ["f", "m"] * (rows // 2)})
    return suggest(frame.astype("category"))


def test_days_that_excel_counts_are_shown_as_days():
    (repair,) = days_of_excel("Admission date")["Admission date"].repairs
    assert repair.examples[0] == ("40000", "2009-07-06")
    assert 'kind = "date"' in repair.lines and 'format = "excel"' in repair.lines
    (part,) = read_recipe(repair.lines).column
    assert part == ColumnPart(name="Admission date", **repair.declares)


@pytest.mark.parametrize("name", ["salary", "update count", "id"])
def test_numbers_under_another_name_are_left_alone(name):
    assert days_of_excel(name)[name].repairs == ()


@pytest.mark.parametrize("epsilon", ["inf", "9.0"])
def test_days_that_excel_counts_come_out_as_they_came_in(epsilon):
    rows = 300
    frame = pd.DataFrame(
        {"visit date": [40_000 + 3 * i for i in range(rows)], "sex": ["f", "m"] * (rows // 2)}
    )
    text = (
        f'[privacy]\nepsilon = {epsilon}\n[method]\nname = "independent"\n[[column]]\n'
        'name = "visit date"\nkind = "date"\nformat = "excel"\nrole = "plain"\n'
    )
    text += 'low = "40000"\nhigh = "44000"\n' if epsilon == "inf" else ""
    source = io.BytesIO(frame.to_csv(index=False).encode())
    release = run(read_recipe(text), source).release
    assert release.model.schema["visit date"].kind is Kind.DATE
    made = pd.read_csv(io.BytesIO(release.files()["synthetic.csv"]))["visit date"].dropna()
    assert len(made) > 150 and made.between(38_000, 44_001).mean() > 0.9
    assert (made == made.round()).all()


@pytest.mark.parametrize("values", [[2.0**59, 2.0**59 + 64], [1e308, -1e308], [5e-324, 0.0]])
def test_numbers_that_doubles_hardly_tell_apart_have_a_profile(values):
    found = suggest(pd.DataFrame({"x": values * 20}))["x"]
    assert sum(found.profile.bars) == 40
