"""Questions about the real table: read by the release alone, paid before, and not without end."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from synth.api.team import standing
from synth.api.team.answering import answer, price
from synth.api.team.desk import Desk
from synth.api.team.inquiries import Reply, Verification
from synth.api.team.library import Library
from synth.api.team.members import Duty
from synth.api.team.standing import Allowed, Offers
from synth.budget import Budget
from synth.budget.lasting import LedgerFile
from synth.errors import (
    AccountRefused,
    BudgetExceeded,
    ConditionError,
    NotAllowed,
    TeamError,
)
from synth.ingest import load
from synth.runs import Recipe
from synth.runs.recipe_file import recipe_text
from synth.schema import Column, Kind, Numbers, Schema
from tests.people import some_people
from tests.team.people import APPROVER, CUSTODIAN, RECIPIENT, noisy, somebody, zipped
from tests.team.test_library import WARD, kept, published

POPULATION = WARD.population
ROMANS = Verification("count", "city = 'Rome'")
AGE = Verification("mean", "", "age", 0, 120)


@pytest.fixture
def library(tmp_path) -> Library:
    return Library.opened(tmp_path / "library")


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNTH_LEDGER", str(tmp_path / "books"))
    return tmp_path / "books"


@pytest.fixture
def bundle(library):
    return library.look(CUSTODIAN, published(library))


def told_by(bundle, **told):
    """A release made by a recipe that says something else."""
    text = recipe_text(Recipe.model_validate(told)).encode()
    return replace(bundle, files={**bundle.files, "recipe.toml": text})


def asked(wanted, bundle, epsilon=1.0, table=None) -> Reply:
    private = load(some_people() if table is None else table, Budget(1.0)).private
    return answer(wanted, bundle, private, POPULATION, epsilon)


def figure(reply: Reply) -> tuple[float, float]:
    """The answer, and how far it says it may be out."""
    words = reply.words.replace(",", "").split()
    return float(words[0]), float(words[words.index("take") + 1])


def test_answers_are_as_close_as_they_say_and_are_charged_to_the_account(bundle, ledger):
    people, bundle = some_people(), told_by(bundle, privacy={"total": 2.0})
    foretold = price(bundle, POPULATION, 1.0)
    many, out = figure(asked(ROMANS, bundle))
    # noise of the tests is the same each time; of real noise 1 in 20 would be further off
    assert (
        abs(many - (people.city == "Rome").sum()) <= out == pytest.approx(foretold.noise, rel=0.1)
    )
    assert price(bundle, POPULATION, 0.5).before == pytest.approx(foretold.after)
    mean, out = figure(asked(AGE, bundle, 0.9))
    assert abs(mean - pd.to_numeric(people.age).mean()) <= out < 10
    with pytest.raises(BudgetExceeded, match="Earlier releases"):
        asked(ROMANS, bundle, 1.5)
    lines = LedgerFile.opened(ledger).lines(POPULATION)
    assert [x.document["released"] for x in lines if x.kind == "ended"] == [True, True, False]


def test_a_coefficient_is_asked_as_a_count_is(ledger):
    rng = np.random.default_rng(1)
    weeks = rng.integers(0, 60, 3000)
    table = pd.DataFrame({"weeks": weeks, "cost": 200 + 5 * weeks + rng.integers(0, 90, 3000)})
    tall = Numbers((0, 600), decimals=0)
    numbers = {"weeks": Numbers((0, 60), decimals=0), "cost": tall}
    schema = Schema(tuple(Column(n, d, Kind.INTEGER) for n, d in numbers.items()))
    recipe = recipe_text(Recipe.model_validate({"privacy": {"total": 9.0}})).encode()
    bundle = SimpleNamespace(schema=schema, files={"recipe.toml": recipe})
    wanted = Verification("slope", "", "cost", 0, 600, "weeks", 0, 60)
    slope, out = figure(asked(wanted, bundle, 1.0, table))
    assert abs(slope - np.polyfit(weeks, table.cost, 1)[0]) <= out < 1.5
    few = replace(wanted, where="weeks > 58")
    assert "Too few rows, or too wide bounds" in asked(few, bundle, 1.0, table).words
    assert "cost, from 0 to 600, is larger where weeks, from 0 to 60" in wanted.plain


def test_a_person_of_many_rows_counts_as_often_as_the_release_promised(bundle, ledger):
    """The recipe of the session was asked, which of a table that was opened anew knows nobody."""
    one = pd.concat([some_people(1)] * 500)
    table = pd.concat([some_people(400), one]).assign(who=[*range(400), *[400] * 500])
    told = {"people": {"column": "who", "rows": 2}, "privacy": {"total": 9.0, "total_delta": 1e-6}}
    bundle = told_by(bundle, **told)
    everybody = Verification("count", "age >= 0 or age < 0")
    many, _ = figure(asked(everybody, bundle, 5.0, table))
    assert many < 450
    with pytest.raises(NotAllowed, match="lacks `who`"):
        asked(everybody, bundle, 1.0, table.drop(columns="who"))
    without = {n: c for n, c in bundle.files.items() if n != "recipe.toml"}
    with pytest.raises(NotAllowed, match="no recipe"):
        asked(everybody, replace(bundle, files=without))


def test_nothing_is_answered_without_an_account_nor_from_a_table_of_others(
    bundle, ledger, monkeypatch
):
    asked(ROMANS, bundle, 0.1)
    private = load(some_people(), Budget(1.0)).private
    with pytest.raises(AccountRefused, match="looks like one of"):
        answer(ROMANS, bundle, private, "somebody else", 0.1)
    with pytest.raises(NotAllowed, match="lacks `city`"):
        asked(ROMANS, bundle, 0.1, some_people().drop(columns="city"))
    monkeypatch.delenv("SYNTH_LEDGER")
    with pytest.raises(NotAllowed, match="No account is kept"):
        asked(ROMANS, bundle, 0.1)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (Verification("count"), "needs a condition"),
        (Verification("count", "nothing = 1"), "nothing"),
        (Verification("mean", "", "city", 0, 1), "no column of numbers"),
        (Verification("mean", "", "age", 5, 5), "below the upper"),
        (Verification("mean", "", "age", float("nan"), 5), "below the upper"),
        (Verification("mean", "", "age", -1e308, 1e308), "too far apart"),
        (Verification("sum", "", "age", 0, 5), "needs a condition"),
        (Verification("slope", "", "age", 0, 120, "age", 0, 120), "with itself"),
        (Verification("slope", "", "age", 0, 120, "city", 0, 1), "no column of numbers"),
        (Verification("slope", "", "age", 0, 120, "", 1, 0), "no column of numbers"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_the_release_alone(wanted, says, bundle):
    with pytest.raises(ConditionError, match=says):
        wanted.check(bundle.schema)


def test_a_column_that_a_step_changed_is_not_asked_about(bundle):
    with pytest.raises(ConditionError, match="changed by a step"):
        ROMANS.check(bundle.schema, {"city"})


def test_a_recipient_asks_so_often_and_reads_the_answers_of_all(library):
    id, desk = published(library), Desk(library, 2)
    other = somebody("ravi", Duty.RECIPIENT)
    desk.ask(RECIPIENT, id, ROMANS)
    desk.ask(RECIPIENT, id, AGE)
    with pytest.raises(NotAllowed, match="the 2 questions"):
        desk.ask(RECIPIENT, id, AGE)
    assert (desk.left(RECIPIENT), desk.left(other)) == (0, 2)
    assert desk.inquiries(other) == ()
    second, first = desk.inquiries(CUSTODIAN)
    desk.reply(CUSTODIAN, first.id, Reply("about 200 rows", 0.1, 1e-6))
    desk.decline(CUSTODIAN, second.id, "not for us to say")
    (seen,) = desk.inquiries(other, id)
    assert (seen.reply.words, seen.name) == ("about 200 rows", "")
    assert {i.declined for i in desk.inquiries(RECIPIENT)} == {"", "not for us to say"}
    with pytest.raises(NotAllowed, match="not open"):
        desk.reply(CUSTODIAN, first.id, Reply("again", 0.1, 1e-6))


def test_within_what_a_custodian_allowed_questions_are_answered_without_them(library, ledger):
    now = [0.0]
    id, desk, offers = published(library), Desk(library, 9), Offers(clock=lambda: now[0])
    private = load(some_people(), Budget(1.0)).private
    for allowed in (Allowed(0.5, 0.4, 1.0), Allowed(0.0, 1.0, 1.0), Allowed(0.5, math.inf, 1.0)):
        with pytest.raises(TeamError, match="no more than all"):
            offers.put(CUSTODIAN, desk, id, private, allowed)
    with pytest.raises(NotAllowed):
        offers.put(RECIPIENT, desk, id, private, Allowed(0.5, 1.0, 1.0))
    assert not offers.serve(desk, desk.ask(RECIPIENT, id, ROMANS))  # nobody allowed it
    offers.put(CUSTODIAN, desk, id, private, Allowed(0.5, 1.0, 1.0))
    served = [offers.serve(desk, desk.ask(RECIPIENT, id, w)) for w in (ROMANS, AGE, ROMANS)]
    assert served == [True, True, False]  # the third waits for the custodian
    left = offers.of(id)
    assert left is not None and (left.spent, left.lasts) == (1.0, False)
    assert sum(x.kind == "ended" for x in LedgerFile.opened(ledger).lines(POPULATION)) == 2
    by_itself = [d.told.get("by_itself") for d in library.journal.deeds() if d.what == "answered"]
    assert by_itself == [True, True]
    offers.put(CUSTODIAN, desk, id, private, Allowed(0.5, 1.0, 1.0))
    now[0] = 3601.0  # the table is let go of after its hours
    assert offers.of(id) is None and not offers.serve(desk, desk.open()[0].id)
    offers.put(CUSTODIAN, desk, id, private, Allowed(0.5, 1.0, 1.0))
    offers.withdraw(CUSTODIAN, desk, id)
    assert offers.of(id) is None
    allowed = [d.told["total"] for d in library.journal.deeds() if d.what == "allowed"]
    assert allowed == [1.0, 1.0, 1.0, 0.0]


def test_an_answer_that_fails_by_what_a_row_holds_looks_like_one_that_waits(
    library, ledger, monkeypatch, caplog
):
    """Whoever asked saw that something had gone wrong."""
    id, desk, offers = published(library), Desk(library, 9), Offers()
    private = load(some_people(), Budget(1.0)).private
    offers.put(CUSTODIAN, desk, id, private, Allowed(0.5, 1.0, 1.0))
    monkeypatch.setattr(standing, "answer", lambda *told: float("a cell"))
    assert not offers.serve(desk, desk.ask(RECIPIENT, id, ROMANS))
    assert "ValueError" in caplog.text and "a cell" not in caplog.text


def test_nothing_is_answered_or_kept_for_a_release_that_was_recalled(library, ledger):
    """Asked before, and recalled, maybe on another server, before it was answered."""
    id, desk, offers = published(library), Desk(library, 9), Offers()
    private = load(some_people(), Budget(1.0)).private
    offers.put(CUSTODIAN, desk, id, private, Allowed(0.5, 1.0, 1.0))
    question = desk.ask(RECIPIENT, id, ROMANS)
    library.recall(CUSTODIAN, id, "wrong")
    assert not offers.serve(desk, question)
    assert offers.of(id) is None
    assert not LedgerFile.opened(ledger).lines(POPULATION)


def test_who_may_ask_and_who_may_answer(library):
    id, desk = published(library), Desk(library, 2)
    desk.ask(RECIPIENT, id, ROMANS)
    (open_one,) = desk.inquiries(CUSTODIAN)
    for who in (CUSTODIAN, somebody("x")):
        with pytest.raises(NotAllowed):
            desk.ask(who, id, ROMANS)
    for act in (
        lambda: desk.reply(RECIPIENT, open_one.id, Reply("1", 0.1, 1e-6)),
        lambda: desk.decline(RECIPIENT, open_one.id, "no"),
        lambda: desk.ask(RECIPIENT, kept(library, content=noisy(2.0)), ROMANS),
    ):
        with pytest.raises(NotAllowed):
            act()
    library.recall(CUSTODIAN, id, "wrong")
    with pytest.raises(NotAllowed, match="not published"):
        desk.ask(RECIPIENT, id, ROMANS)


def test_answers_that_came_out_are_told_before_another_release_does(library):
    id, desk = published(library), Desk(library, 2)
    formal, other = kept(library, content=noisy(2.0)), kept(library, content=zipped())
    seen = library.beside(APPROVER, formal)
    desk.ask(RECIPIENT, id, ROMANS)
    assert library.beside(APPROVER, formal) == seen  # which nobody has answered
    desk.reply(CUSTODIAN, desk.inquiries(CUSTODIAN)[0].id, Reply("about 200 rows", 4.0, 1e-6))
    with pytest.raises(NotAllowed, match="meanwhile"):
        library.approve(APPROVER, formal, None, "fine", seen)
    *_, whole = library.beside(APPROVER, formal)
    assert "2 releases and 1 answer to a question" in whole.lines[0]
    assert not whole.serious
    *_, told = library.beside(APPROVER, other)
    assert told.serious
    assert "1 answer to a question" in told.lines[0]
