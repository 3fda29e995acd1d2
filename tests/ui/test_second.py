"""A second table of the same people, from the Data screen to a release that holds both."""

import pandas as pd

from synth.budget import Budget
from synth.ingest import load
from synth.ingest.declaration import ColumnPart
from synth.runs import read_recipe, run
from synth.runs.recipe import ChildrenPart
from tests.runs.test_linked import RECIPE, two_tables
from tests.ui.test_pages import ran, screen, words
from ui.shell.visitor import KEY, Made, Visitor


def with_people() -> Visitor:
    who = Visitor()
    who.bring(load(two_tables()[0], Budget(1.0)), "patients.csv")
    return who


def test_a_second_table_is_brought_told_of_and_let_go_of():
    who = with_people()
    app, key = screen("data", who), f"second.key {who.loaded.token}"
    app.text_input(key=key).set_value("who").run()
    visits = two_tables()[1].to_csv(index=False).encode()
    app.file_uploader(key="second.file").upload("visits.csv", visits).run()
    app.button(key="second.add").click().run()
    assert "no column `who`" in words(app)
    app.text_input(key=key).set_value("whose").run()
    app.button(key="second.add").click().run()
    who = ran(app).session_state[KEY]
    assert who.recipe.people.column == "patient" and who.recipe.children.key == "whose"
    app.number_input(key="second.most").set_value(2).run()
    assert "people have more than 2 rows of visits" in words(ran(app))
    app.button(key="second.gone").click().run()
    assert ran(app).session_state[KEY].recipe.children == ChildrenPart()
    assert app.session_state[KEY].second is None


def test_what_an_opened_recipe_says_of_a_second_table_stays_when_it_is_brought():
    """Its names, how many rows count and what stays the same were lost without a word."""
    who, visits = with_people(), two_tables()[1]
    ward = ColumnPart(name="ward", values=tuple(sorted(visits["ward"].dropna().unique())))
    told = {"name": "stays", "of": "patients", "key": "whose", "most": 3, "share": 0.3}
    who.decide(children=ChildrenPart(**told, usual=("ward",), column=(ward,)))
    app = screen("data", who)
    assert "bring the second one here" in words(app)
    app.file_uploader(key="second.file").upload("v.csv", visits.to_csv(index=False).encode()).run()
    app.button(key="second.add").click().run()
    part = ran(app).session_state[KEY].recipe.children
    assert part == ChildrenPart(**told, usual=("ward",), column=(ward,))
    app.multiselect(key="second.usual").set_value([]).run()
    assert ran(app).session_state[KEY].recipe.children.usual == ()


def test_compare_and_release_show_both():
    who, (people, visits) = with_people(), two_tables()
    recipe = read_recipe(RECIPE + '[method]\nname = "independent"\n')
    outcome = run(recipe, people, children=visits)
    who.made = Made(recipe, outcome.release.zipped(), outcome.comparison, outcome.linked)
    assert "The second table: visits" in [e.label for e in screen("compare", who).expander]
    assert "And of visits, each of whom `whose` names" in words(screen("release", who))


def test_another_table_takes_the_second_one_with_it():
    who = with_people()
    who.decide(children=ChildrenPart(key="whose"))
    who.bring(load(pd.DataFrame({"a": ["x", "y"] * 30}), Budget(1.0)), "other.csv")
    assert who.second is None and who.recipe.children == ChildrenPart()
