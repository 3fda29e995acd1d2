"""The Protect screen, run for real: risk falls with each step, and every change can be undone."""

import pandas as pd
import pytest

from synth.budget import Budget
from synth.ingest import Loaded, load
from synth.protect import charts as risk_charts
from synth.protect.lattice import Goal, search
from synth.protect.risk import classes_of
from synth.runs import read_recipe
from synth.vault.coded import coded
from tests.protect.test_lattice import rungs
from tests.screens import AppTest
from tests.ui.test_pages import ran, screen, words
from tests.waiting import PATIENCE
from ui.data.sources import LOOKUP, SAMPLE
from ui.protect.chain import chain
from ui.shell import work
from ui.shell.visitor import KEY, Visitor

TUTORIAL = SAMPLE.parent / "tutorial.toml"


@pytest.fixture(autouse=True)
def waited_for(monkeypatch):
    """No screen is looked at before what it works out is there."""
    monkeypatch.setattr(work, "GLIMPSE", PATIENCE)


@pytest.fixture(scope="module")
def table() -> Loaded:
    return load(pd.read_csv(SAMPLE, dtype=str).head(1500), Budget(1.0))


@pytest.fixture
def hospital(table) -> Visitor:
    who = Visitor()
    who.bring(table, "hospital")
    return who


@pytest.fixture
def whole_hospital() -> Visitor:
    who = Visitor()
    who.bring(load(SAMPLE, Budget(1.0)), "hospital")
    return who


def unique(app: AppTest) -> str:
    return str(next(m.value for m in app.metric if m.label == "Unique rows"))


def test_without_a_table_it_says_where_to_bring_one():
    assert "First bring a table" in words(screen("protect"))


def test_it_begins_with_a_sentence_anyone_understands(whole_hospital):
    app = screen("protect", whole_hospital)
    assert "We expect 10,000 of 10,000 people to be re-identified" in words(app)
    assert unique(app) == "100.0%"
    (told,) = [h for h in app.header if "We expect" in h.value]
    assert told.proto.hide_anchor  # else a click would put its figures into the address


def test_the_columns_screen_shows_the_risk_too(hospital):
    assert "of rows are unique" in words(screen("columns", hospital))


def test_a_step_is_previewed_added_and_undone(hospital):
    app = screen("protect", hospital)
    app.selectbox(key="new 0").set_value("drop").run()
    app.multiselect(key="step drop columns").set_value(["Arrival Time", "Postcode"]).run()
    assert "Unique rows: 100.0% →" in words(app)
    assert hospital.recipe.protect == ()
    app.button(key="add").click().run()
    assert hospital.recipe.protect == ({"step": "drop", "columns": ["Arrival Time", "Postcode"]},)
    assert unique(ran(app)) != "100.0%"
    app.button(key="undo").click().run()
    assert unique(ran(app)) == "100.0%"


def test_values_are_shown_before_and_after(hospital):
    app = screen("protect", hospital)
    app.selectbox(key="new 0").set_value("band").run()
    app.text_input(key="step band edges").set_value("0, 18, 65").run()
    shown = ran(app).dataframe[0].value
    assert set(shown["after"]) <= {"0-17", "18-64", "65+"}


def test_something_that_is_no_number_is_explained_and_nothing_is_lost(hospital):
    app = screen("protect", hospital)
    app.selectbox(key="new 0").set_value("band").run()
    app.text_input(key="step band edges").set_value("0, eighteen").run()
    assert "is not a number" in words(ran(app))
    assert hospital.recipe.protect == ()


def test_steps_can_be_moved_and_removed(hospital):
    hospital.protect([{"step": "shuffle"}, {"step": "drop", "columns": ["Postcode"]}])
    app = screen("protect", hospital)
    app.button(key="up1").click().run()
    assert [s["step"] for s in hospital.recipe.protect] == ["drop", "shuffle"]
    app.button(key="remove0").click().run()
    assert [s["step"] for s in ran(app).session_state[KEY].recipe.protect] == ["shuffle"]


def test_a_step_that_no_longer_fits_says_why_and_the_rest_waits(hospital):
    hospital.protect(
        [
            {"step": "drop", "columns": ["Age"]},
            {"step": "round", "column": "Age"},
            {"step": "shuffle"},
        ]
    )
    text = words(screen("protect", hospital))
    assert "no column `Age` at this point" in text
    assert "Waits for the step above" in text


def test_what_depends_on_other_rows_is_marked(hospital):
    hospital.protect([{"step": "suppress", "columns": ["Gender"], "k": 5}])
    assert "No formal promise" in words(screen("protect", hospital))


def test_whose_rows_they_are_is_asked_with_the_person_that_was_named_and_none_before(hospital):
    for named in ("", "Gender"):
        hospital.decide(people=hospital.recipe.people.model_copy(update={"column": named}))
        app = screen("protect", hospital)
        app.selectbox(key="new 0").set_value("suppress").run()
        assert ran(app).selectbox(key="step suppress person").value == named
        assert not app.error


def test_stories_come_with_a_button_that_lowers_the_risk(hospital):
    hospital.protect([{"step": "drop", "columns": ["Postcode", "Arrival Time"]}])
    app = screen("protect", hospital)
    assert "people are the only ones with" in words(app)
    before = float(unique(app).rstrip("%"))
    app.button(key="do0").click().run()
    assert float(unique(ran(app)).rstrip("%")) < before


def test_the_tutorial_stands_on_the_screen_with_its_look_up(whole_hospital):
    hospital = whole_hospital
    hospital.decide(protect=read_recipe(TUTORIAL.read_text()).protect)
    assert "`postcode_lookup.csv` is not there" in words(screen("protect", hospital))
    hospital.files[LOOKUP.name] = LOOKUP.read_text()
    app = screen("protect", hospital)
    assert unique(app) == "78.9%"
    assert "114 rows left out" in words(app)
    assert "Whoever knows the real counts can name these" in words(app)


def test_a_search_ends_in_steps_that_protect(hospital):
    app = screen("protect", hospital)
    app.session_state["details"] = "Find it for me"
    app.run()
    app.button(key="search").click().run()
    app.toggle(key="leave").set_value(True).run()
    app.button(key="use_node").click().run()
    metrics = {m.label: m.value for m in ran(app).metric}
    assert metrics["Rows in groups below 5"] == "0"
    assert int(metrics["Smallest group (k)"]) >= 5


def test_what_must_stay_as_it_is_stays_and_is_remembered(hospital):
    app = screen("protect", hospital)
    app.session_state["details"] = "Find it for me"
    app.run()
    app.radio(key="matters Gender").set_value("must stay as it is").run()
    app.button(key="search").click().run()
    assert "Gender (must stay as it is)" in words(ran(app))
    app.button(key="use_node").click().run()
    assert "Gender" not in str(hospital.recipe.protect)
    assert hospital.again().matters["Gender"] == "must stay as it is"


def test_with_a_formal_promise_noise_protects_those_who_still_stand_out(hospital):
    app = screen("protect", hospital)
    app.session_state["details"] = "Find it for me"
    app.run()
    app.button(key="search").click().run()
    assert [w for w in ran(app).warning if "ends a promise by noise" in w.value]
    app.button(key="use_node").click().run()
    assert "suppress" not in [s["step"] for s in hospital.recipe.protect]


def test_what_a_proposal_does_to_the_promise_is_said_before_it_is_taken_and_after(hospital):
    hospital.protect([{"step": "drop", "columns": ["Postcode", "Arrival Time"]}])
    app = screen("protect", hospital)
    assert [w for w in app.warning if "ends a promise by noise" in w.value]
    assert "ends a promise by noise (ε)" in app.button(key="do0").help
    assert "ends a promise by noise (ε)" in app.button(key="mend0").help
    assert "chosen after looking" not in words(screen("method", hospital))
    app.button(key="do0").click().run()
    assert [w for w in ran(app).warning if w.value.startswith("Chosen after looking at the rows")]
    assert [
        w for w in screen("method", hospital).warning if "1 step of yours was chosen" in w.value
    ]


def test_where_no_noise_is_promised_a_proposal_is_taken_with_a_word_alone(hospital):
    hospital.decide(method=hospital.recipe.method.model_copy(update={"name": "row_seeded"}))
    app = screen("protect", hospital)
    app.session_state["details"] = "Find it for me"
    app.run()
    app.button(key="search").click().run()
    assert "a promise of k people holds all the same" in words(ran(app))
    assert not [w for w in app.warning if "ends a promise by noise" in w.value]


def test_a_story_has_a_button_that_changes_one_of_its_columns(hospital):
    hospital.protect([{"step": "drop", "columns": ["Postcode", "Arrival Time"]}])
    app = screen("protect", hospital)
    app.button(key="mend0").click().run()
    assert len(ran(app).session_state[KEY].recipe.protect) == 2


def test_stages_are_worked_out_once(hospital):
    hospital.protect([{"step": "pseudonymise", "column": "Hospital"}])
    first = chain(hospital).last
    hospital.protect([*hospital.recipe.protect, {"step": "drop", "columns": ["Age"]}])
    assert chain(hospital).stages[1] is first


def test_charts_carry_counts_and_no_rows():
    frame, ladders = rungs(2)
    classes = classes_of([coded(n, frame[n]) for n in frame])
    shown = risk_charts.class_frame(classes, 5)
    assert shown["rows"].sum() == 60
    assert len(risk_charts.class_chart(classes, 5).to_dict()["layer"]) == 2
    space = search(ladders, Goal(k=3))
    nodes = risk_charts.space_frame(space)
    assert set(nodes["state"]) <= {risk_charts.BEST, *risk_charts.STATES.values()}
    assert (nodes["state"] == risk_charts.BEST).sum() == 1
    assert risk_charts.space_chart(nodes).to_dict()["params"][0]["name"] == "node"
