"""Recipes that find values under the budget, keep a lasting ledger, or ask a database."""

from pathlib import Path

import pandas as pd
import pytest

from synth.budget import Measured
from synth.errors import BudgetExceeded, IngestError, QueryError, RecipeError
from synth.runs import Recipe, read_recipe, run
from synth.runs.recipe import MethodPart, People, Privacy, Source
from synth.runs.recipe_file import recipe_text
from synth.schema import Origin
from tests.people import some_people

HOSPITAL = Path(__file__).parents[2] / "sample_data" / "hospital.sqlite"
INDEPENDENT = MethodPart(name="independent")
TOWN, LASTING = People(population="town"), Privacy(epsilon=1.0, ledger="books", total=1.3)
VISITS = "SELECT ward, emergency, sex FROM admissions JOIN patients USING (patient_id)"


def test_values_nobody_declared_are_found_under_the_budget_and_the_promise_holds():
    outcome = run(Recipe(method=INDEPENDENT), some_people(3000))
    assert outcome.release.statement.formal
    origins = {c.domain.origin for c in outcome.release.model.schema.modelled}
    assert origins == {Origin.DISCOVERED}
    purposes = [e.purpose for e in outcome.entries if isinstance(e, Measured)]
    assert any("city" in p for p in purposes)


def test_values_can_be_read_instead_and_the_promise_is_gone():
    recipe = Recipe(method=INDEPENDENT, privacy=Privacy(discover=False))
    outcome = run(recipe, some_people())
    assert not outcome.release.statement.formal


def test_nothing_is_looked_for_where_nothing_is_promised():
    outcome = run(Recipe(method=MethodPart(name="sequential")), some_people())
    assert not [e for e in outcome.entries if isinstance(e, Measured)]


def test_releases_about_one_population_add_up_in_a_lasting_ledger(tmp_path):
    recipe = Recipe(people=TOWN, method=INDEPENDENT, privacy=LASTING)
    run(recipe, some_people(), folder=tmp_path)
    says = r"of 1\.3; this one asks for 1 more\. Ask for epsilon 0\.\d"
    with pytest.raises(BudgetExceeded, match=says):
        run(recipe, some_people(), folder=tmp_path)
    assert sorted(p.name for p in (tmp_path / "books").iterdir()) == [
        "ledger.key",
        "ledger.sqlite",
    ]


def test_other_people_have_an_account_of_their_own(tmp_path):
    run(Recipe(people=TOWN, method=INDEPENDENT, privacy=LASTING), some_people(), folder=tmp_path)
    ward = pd.DataFrame({"ward": [f"W{i % 9}" for i in range(500)], "beds": range(500)})
    other = Recipe(people=People(population="ward"), method=INDEPENDENT, privacy=LASTING)
    assert run(other, ward, folder=tmp_path).release.statement.formal


def test_a_lasting_ledger_needs_a_name_for_the_people(tmp_path):
    with pytest.raises(RecipeError, match="does not say who the people are"):
        run(Recipe(method=INDEPENDENT, privacy=LASTING), some_people(), folder=tmp_path)


def test_a_recipe_can_ask_a_database_relative_to_itself(tmp_path):
    (tmp_path / "h.sqlite").write_bytes(HOSPITAL.read_bytes())
    recipe = Recipe(source=Source(database="sqlite:///h.sqlite", query=VISITS), method=INDEPENDENT)
    assert read_recipe(recipe_text(recipe)) == recipe
    outcome = run(recipe, folder=tmp_path)
    assert list(outcome.release.tables[0]) == ["ward", "emergency", "sex"]


def test_a_recipe_has_one_source(tmp_path):
    both = Source(file="a.csv", database="sqlite:///h.sqlite", query=VISITS)
    for source in (Source(), both):
        with pytest.raises(IngestError, match="either a file or a database"):
            run(Recipe(source=source), folder=tmp_path)


def test_a_query_that_may_not_run_is_refused(tmp_path):
    recipe = Recipe(source=Source(database=f"sqlite:///{HOSPITAL}", query="DROP TABLE patients"))
    with pytest.raises(QueryError, match="only SELECT may run"):
        run(recipe, folder=tmp_path)
