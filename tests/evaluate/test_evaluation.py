"""Figures of an evaluation, worked out on paper for small tables, and against their references."""

import functools
import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from typer.testing import CliRunner

from synth import Budget, load
from synth.cli import app
from synth.errors import EvaluationError
from synth.evaluate.evaluation import (
    AUC,
    FOURS,
    INFORMATION,
    SHAPES,
    TRENDS,
    TRIPLES,
    Evaluation,
    evaluate,
)
from synth.evaluate.likeness import distance, marginals, shapes, trends
from synth.evaluate.report import report
from synth.evaluate.sides import beside
from synth.evaluate.tasks import coefficients, groups, overlap, task
from synth.evaluate.telling_apart import told_apart


def table(rows: int, seed: int) -> pd.DataFrame:
    """People whose income follows from age and whose town says nothing."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, rows)
    return pd.DataFrame(
        {
            "age": age,
            "income": np.round(300.0 * age + rng.normal(0, 2000, rows), 2),
            "ill": np.where(rng.random(rows) < age / 120, "yes", "no"),
            "town": rng.choice(["Oslo", "Rome", "Bern"], rows, p=[0.6, 0.3, 0.1]),
        }
    )


@functools.cache
def evaluated(kind: str) -> Evaluation:
    """A table of `KINDS` against the real one; made once per process."""
    return evaluate(load(REAL, Budget(math.inf)).private, KINDS[kind])


def two(real: pd.DataFrame, other: pd.DataFrame, holdout: pd.DataFrame | None = None):
    return beside(load(real, Budget(math.inf)).private.schema, real, other, holdout)


REAL = table(1500, 1)
HELD = table(300, 5)
APART = REAL.apply(lambda c: c.sample(frac=1, random_state=ord(c.name[1])).to_numpy())
KINDS = {"a new sample": table(1500, 2), "columns apart": APART, "copies": REAL.sample(frac=1)}


def test_four_rows_are_as_alike_as_they_are_on_paper():
    real = pd.DataFrame({"n": [1.0, 2.0, 3.0, 4.0], "c": ["a", "a", "b", "b"]})
    other = pd.DataFrame({"n": [2.0, 3.0, 4.0, 5.0], "c": ["a", "b", "b", "b"]})
    both = two(real, other)
    found = {s.column: s for s in shapes(both.names, both.real, both.synthetic)}
    assert found["c"].alike == 0.75  # shares 1/2, 1/2 and 1/4, 3/4
    assert found["n"].alike == 0.75  # a quarter more lies below 2
    assert found["n"].wasserstein == pytest.approx(1 / real["n"].std(ddof=0))  # each is moved by 1
    (trend,) = trends(both.names, both.real, both.synthetic)
    assert trend.measure == "contingency"


def test_correlations_that_turn_round_are_not_alike_at_all():
    real = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 3.0]})
    other = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [3.0, 2.0, 1.0]})
    both = two(real, other)
    (trend,) = trends(both.names, both.real, both.synthetic)
    assert trend.measure == "correlation"
    assert trend.alike == pytest.approx(0.0)


def test_distances_are_those_of_scipy():
    both = two(REAL, KINDS["a new sample"])
    found = {s.column: s for s in shapes(both.names, both.real, both.synthetic)}
    one, other = both.real.numbers["income"], both.synthetic.numbers["income"]
    assert 1 - found["income"].alike == pytest.approx(stats.ks_2samp(one, other).statistic)
    moved = stats.wasserstein_distance(one, other) / one.std()
    assert found["income"].wasserstein == pytest.approx(moved)


def test_states_that_only_one_table_has_are_all_of_the_distance():
    assert distance([np.array([0, 0])], [np.array([1, 2])]) == 1.0
    assert distance([np.array([0, 1]), np.array([5, 6])], [np.array([1, 0]), np.array([6, 5])]) == 0


def test_a_sample_of_the_rows_is_as_good_as_itself():
    rng = np.random.default_rng(0)
    both = two(REAL, REAL.sample(300, random_state=3))
    found = marginals(both, 3, rng)
    assert found.tables == 4
    assert 0.05 <= found.sample <= 0.3


def test_a_classifier_tells_columns_apart_and_copies_not():
    rng = np.random.default_rng(0)
    found = {}
    for kind, other in KINDS.items():
        both = two(REAL, other)
        found[kind] = told_apart(both.names, both.real, both.synthetic, rng)
    assert found["columns apart"].auc > 0.8
    assert found["a new sample"].auc < 0.55
    assert found["copies"].pmse_ratio < 0.01 < found["a new sample"].pmse_ratio < 5


def test_every_figure_stands_between_its_references_where_it_should():
    fresh = {s.name: s for s in evaluated("a new sample").scores}
    apart = {s.name: s for s in evaluated("columns apart").scores}
    for name in (SHAPES, TRENDS, INFORMATION, TRIPLES, FOURS):
        assert abs(fresh[name].value - fresh[name].fresh) < 0.05
        assert fresh[name].fresh == apart[name].fresh  # the references are those of the real table
        assert apart[name].value == pytest.approx(apart[name].apart, abs=0.05)
    assert apart[TRENDS].value == pytest.approx(apart[TRENDS].apart, abs=0.02)
    held = evaluated("columns apart").comparison  # whose columns by themselves are just the same
    assert 0 < held.apart_two_way - held.two_way < 0.03 < held.two_way - held.fresh_two_way
    assert apart[TRENDS].off > 3 * fresh[TRENDS].off
    assert apart[AUC].off > 0.5


def test_models_from_rows_without_dependence_are_worth_a_guess():
    rng = np.random.default_rng(0)
    held = table(1500, 5)
    good, bad = (
        task(two(REAL, other, held), "income", rng) for other in (KINDS["a new sample"], APART)
    )
    assert good.measure == "R²"
    assert good.synthetic == pytest.approx(good.real, abs=0.05)
    assert bad.synthetic < 0.1
    classes = task(two(REAL, APART, held), "ill", rng)
    assert classes.measure == "AUC"
    assert abs(classes.synthetic - 0.5) < 0.06 < classes.real - 0.5


def test_intervals_of_coefficients_overlap_as_on_paper():
    assert overlap(0.0, 1.0, 0.0, 1.0) == 1.0
    assert overlap(0.0, 1.0, 2 * 1.96, 1.0) == pytest.approx(0.0)
    assert overlap(0.0, 1.0, 4 * 1.96, 1.0) == pytest.approx(-1.0)
    assert overlap(0.0, 1.0, 0.0, 0.5) == pytest.approx(0.75)  # half of one, all of the other
    found = {c.term: c for c in coefficients(two(REAL, APART), "income")}
    assert found["age"].overlap < 0
    other = two(REAL, KINDS["a new sample"])
    beside = (other.real.taken(np.arange(700)), other.real.taken(np.arange(700, 1400)))
    apart = two(REAL, APART).synthetic
    held = {c.term: c for c in coefficients(other, "income", beside=(*beside, apart))}
    assert held["age"].apart == pytest.approx(found["age"].overlap) and held["age"].fresh > -0.5
    assert found["age"].real == pytest.approx(REAL["age"].corr(REAL["income"]), abs=0.02)


def test_people_who_are_lost_or_misstated_are_named_first():
    lost = KINDS["a new sample"].replace({"town": {"Bern": "Oslo"}})
    first = groups(two(REAL, lost), np.random.default_rng(0))[0]
    assert (first.column, first.value, first.synthetic) == ("town", "Bern", 0.0)
    younger = KINDS["a new sample"].copy()
    rome = younger["town"] == "Rome"
    younger.loc[rome, "age"] = 18
    first = groups(two(REAL, younger), np.random.default_rng(0))[0]
    assert first.value == "Rome"
    assert first.off > 3 * first.fresh


def test_a_column_that_cannot_be_predicted_is_a_sentence():
    constant = REAL.assign(same="x")
    rng = np.random.default_rng(0)
    with pytest.raises(EvaluationError, match="no column `wage`"):
        task(two(REAL, REAL), "wage", rng)
    with pytest.raises(EvaluationError, match="same value in nearly every row"):
        task(two(constant, constant), "same", rng)


def test_cells_that_cannot_be_read_are_counted():
    odd = REAL.astype(object)
    odd.loc[:4, "age"] = "none of your business"
    assert two(REAL, odd).unread == {"age": 5}


def test_tables_that_share_little_end_in_figures_and_not_in_errors():
    real = pd.DataFrame({"a": [1.0, None, 3.0, 4.0] * 5, "b": ["x"] * 20, "c": ["p", "q"] * 10})
    nothing = pd.DataFrame({"a": [None] * 12, "b": [None] * 12, "c": ["r"] * 12}, dtype=object)
    for other in (nothing, nothing.head(0)):
        found = evaluate(load(real, Budget(math.inf)).private, other)
        assert all(math.isfinite(s.value) for s in found.scores)
        assert "For the custodian" in report(found)


def test_figures_show_themselves_to_nobody_by_accident_and_are_the_same_again():
    found = evaluated("columns apart")
    assert "exact figures" in repr(found)
    assert "exact figures" in repr(found.scores[0])
    again = evaluate(load(REAL, Budget(math.inf)).private, APART)
    assert found.document() == again.document()


def test_html_in_names_and_values_stays_text():
    named = REAL.head(200).rename(columns={"town": "<b>town</b>"})
    named = named.replace({"Oslo": "<script>x</script>"})
    found = evaluate(load(named, Budget(math.inf)).private, named, targets=["<b>town</b>"])
    page = report(found)
    assert "<script>" not in page
    assert "<b>town" not in page
    assert "&lt;b&gt;town" in page


# -- the command -----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    REAL.head(300).to_csv("real.csv", index=False)
    KINDS["a new sample"].head(300).drop(columns="town").to_csv("made.csv", index=False)
    return tmp_path


def test_any_two_tables_become_a_report_and_its_json_twin(folder):
    told = ["evaluate", "real.csv", "made.csv", "--target", "ill"]
    done = CliRunner().invoke(app, [*told, "-o", "report.html", "--json", "report.json"])
    assert done.exit_code == 0, done.output
    assert "Not in the synthetic table: town." in done.output
    page = (folder / "report.html").read_text()
    assert "Do not hand this report on" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    told = json.loads((folder / "report.json").read_text())
    assert {s["name"] for s in told["scores"]} >= {SHAPES, TRENDS, AUC}
    assert told["tasks"][0]["target"] == "ill"


WRONG = {
    "no table": (["real.csv", "nowhere.csv"], "no file `nowhere.csv`"),
    "no folder": (["real.csv", "made.csv", "-o", "none/r.html"], "`r.html` cannot be written"),
    "another table": (["real.csv", "other.csv"], "share no column"),
    "no column": (["real.csv", "made.csv", "--target", "wage"], "no column `wage`"),
    "nothing to learn": (["real.csv", "made.csv", "--secret", "wage"], "no column `wage`"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_compared_is_a_sentence(folder, case):
    pd.DataFrame({"x": [1, 2, 3]}).to_csv("other.csv", index=False)
    told, why = WRONG[case]
    done = CliRunner().invoke(app, ["evaluate", *told])
    assert done.exit_code == 2
    assert why in done.output


def test_the_report_names_attackers_and_the_command_ends_with_what_they_came_to(folder):
    HELD.to_csv("held.csv", index=False)
    REAL.head(300).to_csv("copies.csv", index=False)
    told = ["evaluate", "real.csv", "copies.csv", "--secret", "ill", "--known", "age"]
    done = CliRunner().invoke(
        app, [*told, "--known", "town", "--holdout", "held.csv", "-o", "r.html"]
    )
    assert done.exit_code == 0, done.output
    said = done.output.partition("Attacks on the people in the table")[2]
    assert "  exact copies: The attack succeeded." in said
    assert "To fix it: The method gives real rows back" in said
    page = (folder / "r.html").read_text()
    assert '<a href="#attacks">Could people be found out</a>' in page
    assert "They know age and town of that person." in page
    assert page.index("exact copies</strong>") < page.index("<th>attack</th>")


def test_without_a_holdout_the_command_says_what_is_not_known(folder):
    told = ["evaluate", "real.csv", "copies.csv", "--json", "r.json"]
    REAL.head(300).to_csv("copies.csv", index=False)
    done = CliRunner().invoke(app, told)
    said = done.output.partition("Attacks on the people in the table")[2]
    assert "1 succeeded" in said
    assert "Could not be judged: " in said
    assert "name such a table with --holdout" in said
    attacks = json.loads((folder / "r.json").read_text())["attacks"]
    assert attacks[0]["threat"]["name"] == "exact copies"
    assert attacks[0]["result"] == "succeeded"
    assert {a["control"] for a in attacks} == {None}
