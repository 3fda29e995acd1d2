"""Asking a database on the Data screen: the field, what is wrong with a query, what it costs."""

import duckdb
import pytest

from synth.errors import QueryError
from synth.ingest import Database, load
from synth.runs import read_recipe
from synth.runs.audit import Audit, Ended
from synth.runs.recipe import MethodPart, ReleasePart
from tests.people import DECLARED, some_people
from tests.ui.test_pages import ran, screen, words
from tests.waiting import PATIENCE, held
from ui.shell.visitor import KEY, Visitor

SAMPLE = "Sample: a small hospital"
QUERY = "SELECT sex, smoker FROM patients"


def asking(query: str = QUERY, who: Visitor | None = None):
    """The Data screen after a query was asked."""
    who = who or Visitor()
    who.queries[SAMPLE] = query
    who.decide(method=MethodPart(name="random"))
    app = screen("data", who)
    app.button(key="ask").click().run()
    return ran(app)


def asked(query: str = QUERY, who: Visitor | None = None) -> Visitor:
    found: Visitor = asking(query, who).session_state[KEY]
    assert found.loaded is not None
    return found


def made(who: Visitor, note=lambda asked: None) -> Visitor:
    who.run(note)
    if who.job is not None:
        assert who.job.finished.wait(PATIENCE)
        assert who.job.error is None
        assert who.collect()
    return who


def test_the_answer_is_the_visitors_table_and_the_query_is_in_the_recipe():
    who = asked()
    assert list(who.schema.names) == ["sex", "smoker"]
    assert who.recipe.source.query == QUERY
    assert who.queries[SAMPLE] == QUERY


def test_rows_stay_in_a_database_that_can_count_and_the_screens_go_on_without_them(
    tmp_path, monkeypatch
):
    place = tmp_path / "people.duckdb"
    with duckdb.connect(str(place)) as kept:
        kept.register("people", some_people(2000))
        kept.execute("CREATE TABLE kept AS SELECT * FROM people")
    known = {"Duck": Database(f"duckdb:///{place}")}
    monkeypatch.setattr("ui.data.ask_database.databases", lambda: known)
    monkeypatch.setattr(Database, "answer", None)  # no row comes here
    who = Visitor()
    who.queries["Duck"] = "SELECT city, age, ill FROM kept"
    told = {"column": read_recipe(DECLARED).column, "method": MethodPart(name="independent")}
    who.decide(**told)
    app = screen("data", who)
    app.checkbox(key="ask.stay").check()
    ran(app.button(key="ask").click().run())
    assert "nothing to look at here" in words(app)
    assert who.recipe.source.stay and who.loaded is not None and who.loaded.private.stays
    assert "nothing is measured here" in words(screen("protect", who))
    for page in ("columns", "method"):
        screen(page, who)
    who.run()
    assert who.job is not None and who.job.finished.wait(PATIENCE)
    assert who.job.error is None and who.collect()
    screen("release", who)
    who.bring(load(some_people(), who.recipe.budget), "people")
    assert not who.recipe.source.stay and who.elsewhere is None


def test_a_mistake_is_shown_where_it_is_and_nothing_is_lost():
    app = asking("SELECT sex\nFROM patients GROUP smoker")
    assert "line 2, column 21" in words(app)
    assert app.code[0].value == f"2 | FROM patients GROUP smoker\n{' ' * 24}^"
    who = app.session_state[KEY]
    assert who.loaded is None
    assert who.queries[SAMPLE].startswith("SELECT sex\nFROM")


def test_the_error_goes_when_the_query_is_corrected():
    app = asking("SELECT height FROM patients")
    assert "no column" in words(app)
    app.session_state[KEY].queries[SAMPLE] = QUERY
    app.run()
    assert "no column" not in words(ran(app))


def test_the_same_query_with_the_same_recipe_is_the_same_release_for_nothing():
    notes = []
    who = made(asked(), lambda asked: notes.append(asked.ended))
    first = who.made
    again = asked("select sex,\n smoker from patients -- again", who)
    assert again.made is None
    made(again, lambda asked: notes.append((asked.ended, asked.epsilon)))
    assert again.made is first
    assert notes[-1] == (Ended.REPEATED, 0.0)
    app = screen("method", again)
    assert "the release you already had" in words(app)


@pytest.mark.parametrize("part", [{"release": ReleasePart(seed=2)}, {"files": {"x.csv": "a"}}])
def test_another_setting_or_file_makes_another_release(part):
    who = made(asked())
    first = who.made
    who.files.update(part.pop("files", {}))
    who.decide(**part)
    made(who)
    assert who.made is not first
    assert not who.repeated


def test_the_strip_says_so_when_a_method_saw_the_rows():
    who = asked()
    who.decide(method=MethodPart(name="kde"))
    assert "a method saw the rows" in words(screen("compare", made(who)))


def test_what_queries_of_one_database_cost_adds_up_and_another_table_begins_anew():
    declared = {"method": MethodPart(name="independent")}
    who = asked()
    who.decide(**declared)
    one = made(who).rho_spent
    again = asked("SELECT smoker, birth_date FROM patients", who)
    assert again.rho_spent == one > 0
    again.decide(**declared)
    assert made(again).rho_spent > one
    again.bring(again.loaded, "another table")
    assert again.rho_spent == 0


def test_a_stopped_run_released_nothing():
    who = asked()
    with held():
        who.run()
        who.job.cancel()
    assert who.job.finished.wait(PATIENCE)
    who.job = None
    made(who)
    assert not who.repeated


def test_decisions_about_the_answer_stay_when_the_query_is_asked_again():
    who = asked()
    who.decide(protect=({"step": "drop", "column": "smoker"},))
    assert asked("SELECT sex,smoker FROM patients", who).recipe.protect
    assert not asked("SELECT sex, birth_date FROM patients", who).recipe.protect


def test_what_is_asked_on_the_screens_is_written_down_where_the_operator_wants_it(
    tmp_path, monkeypatch
):
    log = Audit(tmp_path / "log")
    monkeypatch.setenv("SYNTH_AUDIT", str(log.path))
    who = asked()
    asking("SELECT sex FROM patients WHERE", who)
    assert [(x["who"], x["ended"].split(":")[0], x["epsilon"]) for x in log.read()] == [
        ("test@example.com", "asked", 0.0),  # AppTest logs its visitor in
        ("test@example.com", "refused", 0.0),
    ]
    app = screen("method", who)
    app.button(key="make").click().run()
    assert who.job.finished.wait(PATIENCE)
    assert log.read()[-1]["ended"] == "released"
    assert log.read()[-1]["database"] == SAMPLE


def test_where_the_log_cannot_be_written_nothing_is_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNTH_AUDIT", str(tmp_path / "nowhere" / "log"))
    app = asking()
    assert "audit log cannot be written" in words(app)
    assert app.session_state[KEY].loaded is None
    assert isinstance(app.session_state[KEY].refused[1], QueryError)
