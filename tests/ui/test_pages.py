"""Each screen, run for real through the router: it shows what it should, or says where to go."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from synth.budget import Budget
from synth.budget.lasting import LedgerFile
from synth.evaluate.rules import FoundRule
from synth.ingest import load
from synth.ingest.declaration import ColumnPart
from synth.release.showcase.bundle import look_of
from synth.runs import Recipe, read_recipe, run, verify
from synth.runs.accounts import of_the_visitor
from synth.runs.handout import image_text
from synth.runs.job import Job
from synth.runs.recipe import MethodPart, People, Privacy, ReleasePart, RulePart
from synth.runs.recipe_file import recipe_text
from synth.schema import Kind
from tests.api.test_jobs import PNG
from tests.evaluate.test_rules import stays
from tests.people import some_people
from tests.screens import AppTest
from tests.waiting import PATIENCE, until
from ui.method import progress
from ui.method.progress import show_job
from ui.shell.visitor import KEY, Made, Visitor
from ui.trials import PAID

ROUTER = Path(__file__).parents[2] / "ui" / "shell" / "router.py"
STEPS = ("data", "columns", "method", "compare", "release")


def screen(page: str = "data", who: Visitor | None = None) -> AppTest:
    app = AppTest.from_file(ROUTER, default_timeout=PATIENCE)
    app.session_state[KEY] = who or Visitor()
    app.run()
    if page != "data":
        app.switch_page(f"../../pages/{page}.py").run()
    return ran(app)


def ran(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    kinds = (app.markdown, app.info, app.warning, app.error, app.success)
    kinds = (*kinds, app.title, app.header, app.caption)
    return "\n".join(str(e.value) for kind in kinds for e in kind)


@pytest.fixture
def with_table() -> Visitor:
    who = Visitor()
    who.bring(load(some_people(), Budget(1.0)), "people")
    return who


@pytest.fixture
def with_release(with_table) -> Visitor:
    outcome = run(Recipe(method=MethodPart(name="independent")), some_people())
    recipe = with_table.recipe = Recipe(method=MethodPart(name="independent"))
    with_table.made = Made(recipe, outcome.release.zipped(), outcome.comparison)
    return with_table


@pytest.mark.parametrize("page", ["columns", "method", "compare", "release"])
def test_a_screen_without_a_table_says_where_to_bring_one(page):
    assert "First bring a table" in words(screen(page))


@pytest.mark.parametrize("page", ["compare", "release"])
def test_a_screen_without_a_result_says_where_to_make_one(page, with_table):
    assert "First make synthetic data" in words(screen(page, with_table))


def test_the_sample_is_one_click_away():
    who = Visitor()
    app = screen("data", who)
    app.button(key="sample").click().run()
    assert ran(app).metric[0].value == "10,000"
    assert app.session_state[KEY].loaded.rows == 10_000


def test_an_upload_is_read(tmp_path):
    app = screen("data")
    app.file_uploader(key="file 0").upload("people.csv", some_people().to_csv().encode()).run()
    assert ran(app).session_state[KEY].loaded.rows == 400


def test_a_bad_upload_is_a_sentence_and_loses_nothing(with_table):
    app = screen("data", with_table)
    app.file_uploader(key="file 0").upload("x.csv", b"\x00\x01\x02" * 99).run()
    assert "binary data" in words(ran(app))
    assert app.session_state[KEY].loaded is with_table.loaded


def test_the_columns_screen_says_what_was_read_off_the_rows(with_table):
    assert "was read off your rows" in words(screen("columns", with_table))


def test_settings_survive_a_visit_to_another_screen(with_table):
    app = screen("method", with_table)
    app.radio(key="method").set_value("independent").run()
    app.number_input(key="rows").set_value(123).run()
    app.switch_page("../../pages/columns.py").run()
    app.switch_page("../../pages/method.py").run()
    assert ran(app).radio(key="method").value == "independent"
    assert app.number_input(key="rows").value == 123
    assert with_table.recipe.release.rows == 123


def test_a_lasting_ledger_is_shown_on_request(with_table, tmp_path):
    people, privacy = People(population="town"), Privacy(ledger=str(tmp_path), total=3.0)
    method = MethodPart(name="independent")
    with_table.recipe = Recipe(people=people, method=method, privacy=privacy)
    run(with_table.recipe, some_people())
    app = screen("method", with_table)
    app.button(key="ledger.show").click().run()
    told = words(ran(app))
    assert re.search(
        r"comes together, and not each, to at most ε = (1|0\.99\d?) at δ = 1e-06.* of ε = 3 that",
        told,
    )
    assert "One more like this would bring it to ε = 1.4" in told
    assert with_table.recipe.people == people


def test_where_an_operator_keeps_account_no_run_goes_without(with_table, tmp_path, monkeypatch):
    kept = tmp_path / "kept"
    monkeypatch.setenv("SYNTH_LEDGER", str(kept))
    with_table.recipe = Recipe(method=MethodPart(name="independent"))
    app = screen("method", with_table)
    assert "keeps account of all releases" in words(app)
    assert "ledger.at" not in [x.key for x in app.text_input]
    app.button(key="make").click().run()
    assert (job := with_table.job) is not None
    assert job.finished.wait(PATIENCE)
    assert job.error is not None
    assert "does not say who the people are" in job.error.what
    app.text_input(key="ledger.population").set_value("town").run()
    app.button(key="make").click().run()
    assert (job := with_table.job or job).finished.wait(PATIENCE)
    assert ran(app.run()).session_state[KEY].made is not None
    kinds = [x.kind for x in LedgerFile.opened(kept).lines("town")]
    assert kinds[:3] == ["promised", "table", "begun"]
    assert kinds[-1] == "opened"
    assert "measured" in kinds
    assert str(kept) not in recipe_text(of_the_visitor(with_table.made.recipe))
    assert str(kept) not in recipe_text(with_table.recipe)


def test_more_rows_than_the_server_draws_are_refused_in_a_sentence(with_table, monkeypatch):
    monkeypatch.setenv("SYNTH_MOST_ROWS", "1000")
    release = ReleasePart(rows=900, copies=2)
    with_table.recipe = Recipe(method=MethodPart(name="independent"), release=release)
    app = screen("method", with_table)
    app.button(key="make").click().run()
    assert "more than the 1,000 rows" in words(ran(app))


def test_a_method_of_k_is_asked_for_its_account_and_its_reason_too(with_table, tmp_path):
    people, privacy = People(population="town"), Privacy(ledger=str(tmp_path))
    method = MethodPart(name="aggregate_seeded")
    with_table.recipe = Recipe(people=people, method=method, privacy=privacy)
    app = screen("method", with_table)
    assert "can be subtracted from each other" in words(app)
    app.text_input(key="ledger.why").set_value("the law asks for it").run()
    app.text_input(key="ledger.other_than").set_value("village, ward 7").run()
    recipe = ran(app).session_state[KEY].recipe
    assert recipe.privacy.why_another == "the law asks for it"
    assert recipe.people.other_than == ("village", "ward 7")


def test_a_pair_can_be_pinned_and_is_measured(with_table):
    app = screen("method", with_table)
    app.multiselect(key="adaptive.pinned").set_value([("city", "age")]).run()
    recipe = read_recipe(recipe_text(ran(app).session_state[KEY].recipe))
    model = run(recipe, some_people()).release.model
    assert any("city, age" in e.purpose for e in model.statement.measured)


def test_a_weak_promise_is_warned_about_with_its_reason(with_table):
    app = screen("method", with_table)
    app.select_slider(key="epsilon").set_value(float("inf")).run()
    assert "nothing is promised" in words(ran(app))


def test_compare_shows_the_figures_and_that_they_stay_here(with_release):
    app = screen("compare", with_release)
    assert "cannot enter a release" in words(app)
    assert len(app.metric) == 5


def test_release_shows_the_promise_and_offers_the_bundle(with_release):
    app = screen("release", with_release)
    assert "Differentially private" in words(app)
    assert "Not signed" in " ".join(c.value for c in app.caption)
    assert "No account was kept" in words(app)
    assert len(app.get("download_button")) >= 2


def test_words_about_a_release_are_written_into_it_without_a_run(with_release):
    before = with_release.made
    app = screen("release", with_release)
    app.text_input(key="words.title").set_value("Two cities")
    app.text_input(key="words.contact").set_value("ask@example.org")
    app.text_input(key="words.date").set_value("today")
    app.button(key="words.write").click().run()
    assert "`date` in [release] is not right" in words(app)
    assert with_release.made is before
    app.text_input(key="words.date").set_value("2026-02-03")
    app.button(key="words.write").click().run()
    after = with_release.made
    assert verify(after.bundle) and after.bundle.about.contact == "ask@example.org"
    assert after.bundle.facts["title"] == with_release.recipe.release.title == "Two cities"
    assert after.bundle.files["synthetic.csv"] == before.bundle.files["synthetic.csv"]


def test_changed_settings_are_said_beside_an_older_result(with_release):
    with_release.recipe = Recipe()
    assert "Settings changed since" in words(screen("release", with_release))


def test_a_saved_recipe_brings_the_decisions_back(with_table):
    text = '[privacy]\nepsilon = 3.0\n[method]\nname = "independent"\n'
    app = screen("data", with_table)
    app.file_uploader(key="recipe").upload("r.toml", text.encode()).run()
    app.button(key="use_recipe").click().run()
    assert ran(app).session_state[KEY].recipe.privacy.epsilon == 3.0


def test_a_recipe_opened_before_its_table_keeps_what_it_says_of_the_columns():
    app = screen("data")
    text = '[[column]]\nname = "city"\nrole = "sensitive"\n'
    app.file_uploader(key="recipe").upload("r.toml", text.encode()).run()
    app.button(key="use_recipe").click().run()
    app.file_uploader(key="file 0").upload("p.csv", some_people().to_csv().encode()).run()
    who = ran(app).session_state[KEY]
    assert who.schema["city"].role.value == "sensitive"


def test_runs_of_a_session_can_be_seen_side_by_side(with_release):
    again = replace(with_release.made, recipe=Recipe(method=MethodPart(name="random")))
    with_release.runs = [with_release.made.trial, again.trial]
    assert "Pairs of columns are closest in" in words(screen("compare", with_release))


def test_combinations_are_counted_when_asked_for(with_release):
    app = screen("compare", with_release)
    app.button(key="kept.count").click().run()
    assert "are met to" in words(ran(app))


def test_a_mock_api_can_be_taken_away(with_release):
    app = screen("release", with_release)
    before = len(app.get("download_button"))
    app.toggle(key="sandbox.wanted").set_value(True).run()
    assert len(ran(app).get("download_button")) == before + 1


def test_a_recipe_with_a_typo_is_a_sentence_and_changes_nothing(with_table):
    app = screen("data", with_table)
    app.file_uploader(key="recipe").upload("r.toml", b"[privacy]\nepsilonn = 3\n").run()
    app.button(key="use_recipe").click().run()
    assert "Did you mean `epsilon`" in words(ran(app))
    assert app.session_state[KEY].recipe == Recipe()


def test_a_logo_is_shown_kept_and_taken_back(with_release):
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>'
    app = screen("showcase", with_release)
    app.file_uploader(key="showcase.logo").upload("us.svg", svg, "image/svg+xml").run()
    assert ran(app).session_state[KEY].recipe.showcase.logo == "us.svg"
    assert "image/svg+xml;base64" in app.get("iframe")[0].proto.srcdoc
    app.switch_page("../../pages/data.py").run()
    app.switch_page("../../pages/showcase.py").run()
    assert "image/svg+xml;base64" in ran(app).get("iframe")[0].proto.srcdoc
    app.button(key="showcase.no_logo").click().run()
    assert "image/svg+xml;base64" not in ran(app).get("iframe")[0].proto.srcdoc
    assert app.session_state[KEY].recipe.showcase.logo == ""


def test_a_logo_that_is_none_is_a_sentence_and_changes_nothing(with_release):
    app = screen("showcase", with_release)
    app.file_uploader(key="showcase.logo").upload("us.png", b"GIF89a", "image/png").run()
    assert "no PNG, JPEG or SVG" in words(ran(app))
    assert app.session_state[KEY].recipe.showcase.logo == ""


def test_a_logo_goes_into_the_next_release(with_table):
    with_table.files["us.png"] = image_text(PNG)
    part = with_table.recipe.showcase.model_copy(update={"logo": "us.png"})
    with_table.decide(showcase=part, method=MethodPart(name="random"))
    with_table.run()
    assert with_table.job.finished.wait(PATIENCE)
    assert with_table.collect()
    assert look_of(with_table.made.bundle).logo == PNG


def test_the_showcase_screen_shows_what_leaves(with_table):
    method = MethodPart.model_validate({"name": "value_seeded", "k": 5})
    recipe = with_table.recipe = Recipe(method=method)
    outcome = run(recipe, some_people())
    with_table.made = Made(recipe, outcome.release.zipped(), outcome.comparison)
    app = screen("showcase", with_table)
    assert "one file made from the release alone" in words(app)
    assert "at least 5 people share are met" in words(app)


def visits(people: int = 60) -> Visitor:
    table = pd.DataFrame(
        {
            "patient": [f"PT{i % people:03}" for i in range(3 * people - people // 2)],
            "age": [20 + i % 50 for i in range(3 * people - people // 2)],
        }
    )
    who = Visitor()
    who.bring(load(table, Budget(1.0)), "visits")
    return who


def test_who_is_a_person_is_asked_before_anything_else_and_a_click_answers():
    who = visits()
    app = screen("columns", who)
    assert "`patient` repeats like a person's number" in app.warning[0].value
    assert "60 values in 150 rows, up to 3 rows each" in app.warning[0].value
    next(b for b in app.button if "`patient` names" in b.label).click().run()
    whom = ran(app).session_state[KEY].recipe.people
    assert (whom.column, whom.rows) == ("patient", 3)
    assert "150 rows become 150" in words(app)
    assert "repeats like" not in words(app)
    next(n for n in app.number_input if "Rows kept" in n.label).set_value(2).run()
    assert "150 rows become 120" in words(ran(app))
    assert "30 of them have more than 2 and lose some" in words(app)
    assert app.session_state[KEY].recipe.people.rows == 2


def test_who_is_a_person_stays_chosen_when_the_screen_is_left_and_the_population_with_it():
    who = visits()
    who.decide(people=People(column="patient", rows=2, population="ward 7"))
    app = screen("columns", who)
    app.switch_page("../../pages/method.py").run()
    app.switch_page("../../pages/columns.py").run()
    assert ran(app).session_state[KEY].recipe.people == People(
        column="patient", rows=2, population="ward 7"
    )


def test_another_table_asks_anew_who_is_a_person():
    who = visits()
    who.decide(people=People(column="patient", rows=2, population="ward 7"))
    who.bring(visits(80).loaded, "other visits")
    assert who.recipe.people == People(population="ward 7")
    app = screen("columns", who)
    assert "repeats like a person's number" in app.warning[0].value


def test_a_recipe_that_names_a_person_whom_the_table_does_not_have_is_no_guess():
    who = Visitor(recipe=Recipe(people=People(column="patnr", rows=4)))
    who.bring(visits().loaded, "visits")
    assert who.recipe.people == People()


def test_a_recipe_opened_before_its_table_keeps_who_is_a_person():
    who = Visitor(recipe=Recipe(people=People(column="patient", rows=4)))
    who.bring(visits().loaded, "visits")
    assert who.recipe.people == People(column="patient", rows=4)


def untidy() -> Visitor:
    table = pd.DataFrame(
        {
            "age": [*range(18, 90)] * 5 + [-99] * 9,
            "sex": (["F", "M", "M"] * 123)[:369],
            "answer": (["Yes", "yes", "Yes", "No"] * 93)[:369],
        }
    )
    who = Visitor()
    who.bring(load(table, Budget(1.0)), "untidy")
    return who


def press(app: AppTest, label: str, place: int = 0) -> AppTest:
    [b for b in app.button if b.label == label][place].click().run()
    return ran(app)


def test_a_repair_is_seen_before_it_happens_and_a_click_writes_it_into_the_recipe():
    who = untidy()
    app = screen("columns", who)
    assert "`-99` → `-99, a code`" in words(app)
    assert who.recipe == Recipe()
    app = press(app, "Apply")
    assert who.recipe.column == (ColumnPart(name="age", codes=("-99",), seen=True),)
    assert "-99" in who.schema.domain("age").labels
    app = press(app, "Apply")
    assert who.recipe.protect == ({"step": "respell", "column": "answer", "case": "first"},)
    assert "Repairs." not in words(app)
    assert read_recipe(recipe_text(who.recipe)) == who.recipe


def test_what_is_read_otherwise_than_written_is_seen_and_a_click_undoes_it():
    ages = ["70.5 kg", "154 lb", "61.0 kg"] * 60
    days = [f"{i % 9 + 1:02}/{i % 7 + 1:02}/2024" for i in range(180)]
    who = Visitor()
    who.bring(load(pd.DataFrame({"weight": ages, "seen": days}), Budget(1.0)), "units")
    app = screen("columns", who)
    assert "`154 lb` → `69.9 kg`" in words(app)
    app = press(press(app, "Keep as written"), "The month comes first")
    told = {p.name: (p.kind, p.format, p.seen) for p in who.recipe.column}
    assert told == {"weight": (Kind.CATEGORY, None, True), "seen": (Kind.DATE, "%m/%d/%Y", True)}
    assert "Read otherwise" not in words(app)
    assert "154 lb" in who.schema.domain("weight").labels


def test_a_click_declares_what_a_column_holds_without_the_rows():
    who = untidy()
    app = press(screen("columns", who), "Declare", place=1)
    assert who.recipe.column == (ColumnPart(name="sex", public="sex-letters"),)
    assert who.schema["sex"].public
    assert "`sex`: sexes" not in words(app)
    assert "`age`: ages" in words(app)


def test_a_code_and_a_list_stay_together():
    who = untidy()
    who.declare([ColumnPart(name="age", codes=("-99",), public="ages")])
    domain = who.schema.domain("age")
    assert domain.labels[0] == "0"
    assert "-99" in domain.labels


def test_new_identifiers_can_read_like_names_of_a_place():
    who = Visitor()
    rows = 60
    frame = pd.DataFrame({"patient id": [f"p{i}" for i in range(rows)], "sex": ["f", "m"] * 30})
    who.bring(load(frame, Budget(1.0)), "people")
    app = screen("columns", who)
    assert who.recipe == Recipe()
    (kind,) = [s for s in app.selectbox if s.label == "`patient id`"]
    app = ran(kind.set_value("name").run())
    assert who.recipe.column == (ColumnPart(name="patient id", template="name in en_GB"),)
    (place,) = [s for s in app.selectbox if s.label == "Of"]
    app = ran(place.set_value("de_DE").run())
    assert who.schema["patient id"].domain.template == "name in de_DE"
    (kind,) = [s for s in app.selectbox if s.label == "`patient id`"]
    ran(kind.set_value("").run())
    assert who.schema["patient id"].domain.template != "name in de_DE"


def test_columns_are_made_coarse_enough_for_k_people_by_a_click():
    who = Visitor()
    ages = [i % 97 for i in range(400)]
    frame = pd.DataFrame({"age": ages, "sex": ["F", "M"] * 200, "no": [a * 7 % 89 for a in ages]})
    who.bring(load(frame, Budget(1.0)), "people")
    who.recipe = Recipe(method=MethodPart(name="row_seeded"))
    app = screen("method", who)
    ran(app.button(key="coarsen").click().run())
    assert "share their whole row with at least 10, instead of 0%" in words(app)
    ran(app.button(key="coarsen.take").click().run())
    taken = app.session_state[KEY].recipe.protect
    assert taken and all(step["seen"] for step in taken)
    assert "instead of 0%" not in words(app)


def stays_table() -> Visitor:
    who = Visitor()
    who.bring(load(stays(), Budget(1.0)), "stays")
    return who


def test_rules_are_written_a_line_each_and_a_wrong_line_says_what_is_wrong():
    app = screen("method", stays_table())
    app.text_area(key="rules.text").set_value(
        "left is not before came\nlft is before came\n\nroom precedes board"
    ).run()
    who = ran(app).session_state[KEY]
    assert [part.says for part in who.recipe.rules] == ["left is not before came"]
    assert "Line 2: The rule “lft is before came” names the column `lft`" in words(app)
    assert "Line 4: The rule “room precedes board” is not understood." in words(app)
    assert app.button(key="make").disabled  # or a rule would be passed over
    assert "A rule is not understood" in words(app)
    ran(app.text_area(key="rules.text").set_value("left is not before came").run())
    assert not app.button(key="make").disabled


def test_a_rule_that_no_row_breaks_is_taken_with_a_click_and_marked_as_seen():
    app = screen("method", stays_table())
    ran(app.button(key="rules.look").click().run())
    labels = [b.label for b in app.button if (b.key or "").startswith("rules.take")]
    assert labels[0] == "Take: left is not before came"
    ran(app.button(key="rules.take.0").click().run())
    who = app.session_state[KEY]
    assert [(p.says, p.seen) for p in who.recipe.rules] == [("left is not before came", True)]
    assert app.text_area(key="rules.text").value == "left is not before came"
    assert "no epsilon covers that" in words(app)
    assert len([b for b in app.button if (b.key or "").startswith("rules.take")]) == len(labels) - 1


def test_real_rows_that_break_a_rule_are_counted_on_the_screen_alone():
    app = screen("method", stays_table())
    ran(app.text_area(key="rules.text").set_value("came is not before left").run())
    ran(app.button(key="rules.look").click().run())
    assert "In the real rows: broken in" in words(app)


def test_rules_of_a_recipe_that_was_opened_are_shown_and_those_of_another_table_are_gone():
    who = stays_table()
    who.recipe = Recipe(rules=(RulePart(says="left is not before came"),))
    app = screen("method", who)
    assert app.text_area(key="rules.text").value == "left is not before came"
    who = app.session_state[KEY]
    who.bring(load(some_people(), Budget(1.0)), "people")
    ran(app.run())
    assert app.text_area(key="rules.text").value == ""
    assert app.session_state[KEY].recipe.rules == ()


def test_a_broken_rule_is_a_line_of_the_gate_that_offers_to_leave_it_out(with_release):
    rules = (RulePart(says="city and ill only together as in the data"),)
    made = with_release.made
    recipe = with_release.recipe.model_copy(update={"rules": rules})
    found = FoundRule(rules[0].says, False, 12, 400, "", 0, 400)
    with_release.recipe = recipe
    with_release.made = replace(
        made, recipe=recipe, comparison=replace(made.comparison, rules=(found,))
    )
    app = screen("release", with_release)
    assert f"The rule “{rules[0].says}”: broken by 12 of 400 synthetic rows" in words(app)
    assert "Fix: leave the rule out" in [b.label for b in app.button]


def test_what_was_tried_on_the_real_table_is_not_tried_on_the_next_one_by_itself(with_release):
    """A click spent on one table; the same form, drawn for another, must not spend again."""
    app = screen("compare", with_release)
    app.multiselect(key="trials.methods").set_value(["random"])
    app.radio(key="trials.where").set_value(PAID)
    next(b for b in app.button if b.label == "Try them").click()
    ran(app.run())
    until(lambda: all(w.finished.is_set() for w in with_release.works.values()), "it did not end")
    assert "each is among the runs below" in words(ran(app.run()))
    assert [t.name for t in with_release.runs] == ["random"]
    made = with_release.made
    with_release.bring(load(some_people(400), Budget(1.0)), "other.csv")
    with_release.made = made
    ran(app.run())
    assert not with_release.works
    assert not with_release.entries


def test_a_run_that_ends_while_the_screen_is_drawn_is_not_lost(with_release, monkeypatch):
    """Not yet over when the screen began, over when its bar was drawn: the next look takes it."""
    made, looked = with_release.made, []
    job = Job(made.recipe, lambda entry: None, bundle=made.zipped, comparison=made.comparison)
    job.finished.set()
    with_release.made, with_release.job = None, job
    monkeypatch.setattr(progress, "polled", lambda ended, show: looked.append(ended()))
    show_job(with_release)
    assert looked == [True]
    assert with_release.collect()
    assert with_release.made is not None
