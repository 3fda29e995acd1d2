"""What was tried against accounts: other names for one population, roll-backs, subtraction."""

from __future__ import annotations

import io
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

from synth.api.allowance import Allowance, answers_delta
from synth.api.problems import Problem
from synth.api.registry import Registry, Rules
from synth.api.team.differencing import beside
from synth.budget import Budget, Measured, Rho
from synth.budget.account import Account, Cap, Intent, account_of
from synth.budget.accounting import epsilon_of
from synth.budget.anchor import Anchor
from synth.budget.lasting import LedgerFile
from synth.budget.population import for_whom, population_lines, rounded_up, running_total_of
from synth.cli import app
from synth.errors import AccountRefused, BudgetExceeded, LedgerError, StepError
from synth.ingest import load
from synth.release import Bundle
from synth.runs import Outcome, Recipe, run
from synth.runs.faux import faux
from synth.runs.gate import gate
from synth.runs.job import Job
from synth.runs.recipe import CountsPart, MethodPart, People, Privacy, Source
from synth.runs.recipe_file import recipe_text
from synth.runs.recipe_told import cost
from synth.vault.likeness import traits_of_frame
from tests.api.test_jobs import client, ended, upload
from tests.people import some_people
from tests.waiting import PATIENCE
from ui.shell.visitor import Visitor

INDEPENDENT, SEEDED = MethodPart(name="independent"), MethodPart(name="aggregate_seeded")
KEY = b"k" * 32
HOSPITAL = Path(__file__).parents[2] / "sample_data" / "hospital.sqlite"


def visits(people: int = 2000, each: int = 6) -> pd.DataFrame:
    """People with more rows than are kept of each."""
    rng = np.random.default_rng(3)
    rows = people * each
    return pd.DataFrame(
        {
            "who": np.repeat([f"P{i:04d}" for i in range(people)], each),
            "ward": rng.choice(["A", "B", "C", "unknown"], rows),
            "born": rng.integers(1930, 2020, rows),
            "code": [f"C{c}" for c in rng.integers(100, 180, rows)],
        }
    )


def recipe(
    population: str = "town",
    *,
    method: MethodPart = INDEPENDENT,
    other_than: tuple[str, ...] = (),
    column: str = "",
    counts: CountsPart | None = None,
    **privacy: object,
) -> Recipe:
    told = Privacy.model_validate({"epsilon": 1.0, "ledger": "books", "total": 1.1, **privacy})
    people = People(
        population=population, other_than=other_than, column=column, rows=2 if column else 1
    )
    return Recipe(people=people, method=method, privacy=told, counts=counts or CountsPart())


def statement(outcome: Outcome) -> str:
    return outcome.release.files()["PRIVACY.md"].decode()


# -- one account for one population ----------------------------------------------------------------

CHANGES = {
    "the same": lambda t: t,
    "a row dropped": lambda t: t.iloc[1:],
    "a row added": lambda t: pd.concat([t, t.iloc[:1].assign(who="P9999", born=1901)]),
    "another order": lambda t: t.sample(frac=1, random_state=4)[sorted(t.columns)],
    "columns renamed": lambda t: t.rename(columns={"born": "year", "who": "id", "code": "icd"}),
    "a column left out": lambda t: t.drop(columns="born"),
    "a column added": lambda t: t.assign(extra=range(len(t))),
    "other missing spellings": lambda t: t.replace({"ward": {"unknown": None}}),
    "other spellings of numbers": lambda t: t.assign(born=t["born"].map(lambda y: f"{y}.0")),
    "one year of it": lambda t: t[t["born"] > 2000],
    "one row of each": lambda t: t.drop_duplicates("who"),
}


@pytest.fixture(scope="module")
def books_of_town(tmp_path_factory) -> Path:
    """A folder in which the visits are accounted for as `town` already."""
    folder = tmp_path_factory.mktemp("town")
    run(recipe(column="who"), visits(), folder=folder)
    return folder


@pytest.mark.parametrize("how", CHANGES)
def test_the_same_people_under_another_name_are_asked_about(books_of_town, tmp_path, how):
    shutil.copytree(books_of_town, tmp_path, dirs_exist_ok=True)
    changed = CHANGES[how](visits())
    column = "id" if "id" in changed else "who"
    with pytest.raises(AccountRefused, match="looks like one of `town`: are these the same people"):
        run(recipe("village", column=column), changed, folder=tmp_path)
    again = recipe(column=column)
    with pytest.raises(BudgetExceeded, match="Earlier releases about `town` came to"):
        run(again, changed, folder=tmp_path)


def test_each_load_of_people_with_many_rows_is_one_table(tmp_path):
    prints = set()
    for seed in range(3):
        shuffled = visits().sample(frac=1, random_state=seed)
        loaded = load(shuffled, Budget(1.0, rows_per_person=2), person="who")
        prints.add(loaded.private.rows_traits())
    assert len(prints) == 1


def test_a_name_is_one_however_it_is_spaced(tmp_path):
    run(recipe("patients of  ward 7"), some_people(), folder=tmp_path)
    with pytest.raises(BudgetExceeded, match="`patients of ward 7`"):
        run(recipe(" patients of ward 7\n"), some_people(), folder=tmp_path)


def test_a_worker_knows_the_table_before_rows_were_left_out(tmp_path):
    asked = recipe(column="who", ledger=str(tmp_path / "books"))
    loaded = load(visits(), asked.budget, person="who")
    job = Job(asked, lambda entry: None)
    job.start(loaded.private)
    assert job.finished.wait(PATIENCE)
    assert job.error is None
    with pytest.raises(AccountRefused, match="looks like one of `town`"):
        run(recipe("village", column="who"), visits(), folder=tmp_path)
    lines = LedgerFile.opened(tmp_path / "books").lines("town")
    (seen,) = (x.document["sketch"]["whole"] for x in lines if x.kind == "table")
    key = (tmp_path / "books" / "ledger.key").read_bytes()
    assert seen == traits_of_frame(loaded_again(visits())).sealed(key).whole


def loaded_again(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype({"who": "category", "ward": "category", "code": "category"})


def test_other_people_with_a_table_of_the_same_form_open_an_account_that_says_so(tmp_path):
    run(recipe(), some_people(), folder=tmp_path)
    other = some_people().assign(age=lambda t: t["age"].to_numpy()[::-1])
    with pytest.raises(AccountRefused, match="town"):
        run(recipe("village"), other, folder=tmp_path)
    outcome = run(recipe("village", other_than=("town",)), other, folder=tmp_path)
    assert "first release about this population" in statement(outcome)
    assert "says that another account is about other people" in statement(outcome)
    lines = LedgerFile.opened(tmp_path / "books").lines("village")
    assert [x.document["other_than"] for x in lines if x.kind == "begun"] == [["town"]]


def test_a_table_of_another_form_is_not_asked_about():
    one, other = visits(), some_people()
    assert not sealed(one).resembles(sealed(other))


def sealed(frame: pd.DataFrame, key: bytes = KEY):
    return traits_of_frame(frame).sealed(key)


def test_the_sketch_in_the_file_says_nothing_without_the_key():
    one, other = sealed(visits()), sealed(visits(), b"other" * 6)
    assert not one.resembles(other)
    told = str(one.document())
    assert not any(str(h) in told or f"{h:x}" in told for h in traits_of_frame(visits()).rows[0])


# -- delta -----------------------------------------------------------------------------------------


def account(folder: Path, cap: Cap, intent: Intent | None = None, **more: object) -> Account:
    file = LedgerFile.opened(folder)
    return account_of(file, "town", cap, intent or Intent(), **more)


def test_deltas_of_single_answers_add_up_to_a_cap(tmp_path):
    cap = Cap(10.0, 1e-6)
    share = Rho(cap.rho() / 1000)
    for _ in range(3):
        account(tmp_path, cap).spend("values", share, delta=3e-7)
    last = account(tmp_path, cap)
    with pytest.raises(BudgetExceeded, match=r"fail with a chance of 3e-07 \(delta\)"):
        last.spend("values", share, delta=3e-7)
    total = last.standing()
    assert total.delta == 1e-6
    assert total.answers_delta == pytest.approx(9e-7)
    assert len([x for x in last.file.lines("town") if x.kind == "measured"]) == 3


def test_delta_that_answers_take_is_not_there_for_the_noise(tmp_path):
    cap = Cap(1.0, 1e-6)
    taken = account(tmp_path, cap)
    taken.spend("values", Rho(cap.rho() / 10), delta=9e-7)
    assert taken.left < 0.9 * cap.rho()
    with pytest.raises(BudgetExceeded, match="needs rho"):
        taken.spend("tables", Rho(cap.rho() * 0.9))
    taken.spend("tables", taken.left)
    assert taken.epsilon <= 1.0 + 1e-6


def test_a_recipe_with_a_large_delta_does_not_pass_the_cap(tmp_path):
    with pytest.raises(BudgetExceeded):
        run(recipe(delta=0.01, epsilon=0.5, total=10.0), some_people(), folder=tmp_path)


# -- releases without a promise of epsilon ---------------------------------------------------------


@pytest.mark.parametrize("method", ["row_seeded", "aggregate_seeded", "sequential"])
def test_a_later_formal_release_says_that_nothing_bounds_the_total(tmp_path, method):
    run(recipe(method=MethodPart(name=method)), some_people(), folder=tmp_path)
    outcome = run(recipe(), some_people(), folder=tmp_path)
    told = statement(outcome)
    assert outcome.release.statement.formal
    assert "**This total has no formal bound:** 1 release was made without a promise" in told
    assert f"`{method}`" in told


@pytest.mark.parametrize("method", ["row_seeded", "aggregate_seeded", "sequential", "kde"])
def test_with_epsilon_spent_nothing_is_released_without_noise(tmp_path, method):
    run(recipe(total=1.0), some_people(), folder=tmp_path)
    asked = recipe(total=1.0, method=MethodPart(name=method))
    with pytest.raises(AccountRefused, match="Epsilon 1 is spent for `town`"):
        run(asked, some_people(), folder=tmp_path)
    why = recipe(total=1.0, method=MethodPart(name=method), why_another="asked for by law")
    assert "for this reason: asked for by law" in statement(
        run(why, some_people(), folder=tmp_path)
    )


def test_a_reason_that_nobody_needed_is_not_told(tmp_path):
    first = run(recipe(method=SEEDED, why_another="in case"), some_people(), folder=tmp_path)
    formal = run(recipe(why_another="in case"), some_people(), folder=tmp_path)
    for outcome in (first, formal):
        assert "no protection across" not in statement(outcome)


def test_values_that_were_read_off_the_rows_end_the_bound(tmp_path):
    many = some_people(10_000)
    run(recipe(discover=False), many, folder=tmp_path)
    told = statement(run(recipe(epsilon=0.1), many, folder=tmp_path))
    assert "no formal bound" in told
    assert "read off the rows" in told


# -- subtraction -----------------------------------------------------------------------------------

SECONDS = {
    "another k": (recipe(method=MethodPart.model_validate({**SEEDED.model_dump(), "k": 20})), 600),
    "one person more": (recipe(method=SEEDED), 601),
    "another method of k": (recipe(method=MethodPart(name="row_seeded")), 600),
    "exact counts beside noise": (recipe(counts=CountsPart(k=20)), 600),
    "no noise at all": (recipe(epsilon=float("inf")), 600),
    "the rows themselves": (recipe(method=MethodPart(name="sequential")), 600),
}


@pytest.mark.parametrize("second", SECONDS)
def test_a_second_release_without_noise_needs_a_reason(tmp_path, second):
    run(recipe(method=SEEDED), some_people(600), folder=tmp_path)
    asked, rows = SECONDS[second]
    with pytest.raises(AccountRefused, match="can be subtracted from each other"):
        run(asked, some_people(rows), folder=tmp_path)
    privacy = asked.privacy.model_copy(update={"why_another": "corrected rows"})
    given = asked.model_copy(update={"privacy": privacy})
    told = statement(run(given, some_people(rows), folder=tmp_path))
    assert "**There is no protection across releases.**" in told
    assert "for this reason: corrected rows" in told


@pytest.mark.usefixtures("left_to_chance")
@pytest.mark.parametrize("method", ["aggregate_seeded", "row_seeded", "value_seeded", "unseeded"])
def test_the_same_release_again_is_the_same_bytes_and_no_second_one(tmp_path, method):
    asked = recipe(
        method=MethodPart.model_validate({"name": method, "gaps": "leave"}), column="who"
    )
    asked = asked.model_copy(update={"people": asked.people.model_copy(update={"rows": 1})})
    first = run(asked, visits(), folder=tmp_path).release.zipped()
    again = run(asked, visits().sample(frac=1, random_state=5), folder=tmp_path)
    assert again.release.zipped() == first


@pytest.mark.usefixtures("left_to_chance")
def test_what_chance_makes_anew_is_not_the_same_release_again(tmp_path):
    """Blurring of its own for each run: that two are alike has no chance to speak of."""
    asked = recipe(method=MethodPart(name="kde"))
    run(asked, some_people(), folder=tmp_path)
    with pytest.raises(AccountRefused, match="left to chance"):
        run(asked, some_people(), folder=tmp_path)


def test_a_look_up_file_that_changed_makes_another_release(tmp_path):
    step = {"step": "lookup", "column": "city", "file": "where.csv", "take": "place"}
    asked = recipe(method=SEEDED).model_copy(update={"protect": (step,)})
    (tmp_path / "where.csv").write_text("city,place\nOslo,north\nRome,south\n")
    run(asked, some_people(), folder=tmp_path)
    (tmp_path / "where.csv").write_text("city,place\nOslo,north\nRome,north\n")
    with pytest.raises(AccountRefused, match="subtracted"):
        run(asked, some_people(), folder=tmp_path)


def test_a_run_that_ended_in_a_sentence_was_no_release(tmp_path):
    steps = ({"step": "drop", "columns": ["nothing of this name"]},)
    broken = recipe(method=SEEDED).model_copy(update={"protect": steps})
    with pytest.raises(StepError):
        run(broken, some_people(), folder=tmp_path)
    outcome = run(recipe(method=SEEDED), some_people(), folder=tmp_path)
    assert "first release about this population" in statement(outcome)


def test_a_run_that_was_killed_counts_as_a_release(tmp_path):
    exact = Intent(unbounded="counts", exact=True, settings="k = 10")
    account(tmp_path, Cap(1.0), exact)
    with pytest.raises(AccountRefused, match="without noise was made about `town` before"):
        account(tmp_path, Cap(1.0), replace(exact, settings="k = 20"))
    assert account(tmp_path, Cap(1.0), exact).again


BEGIN = """
import sys
from pathlib import Path
from synth.budget.account import Cap, Intent, account_of
from synth.budget.lasting import LedgerFile
from synth.cli import app
from synth.errors import AccountRefused
file = LedgerFile.opened(Path(sys.argv[1]))
intent = Intent(unbounded="counts", exact=True, settings=sys.argv[2])
try:
    account_of(file, "town", Cap(1.0), intent)
    print("begun")
except AccountRefused:
    print("refused")
"""
SPEND = """
import sys
from pathlib import Path
from synth.budget import Rho
from synth.budget.account import Cap, Intent, account_of
from synth.budget.anchor import Anchor
from synth.budget.lasting import LedgerFile
from synth.errors import BudgetExceeded
folder, cap = Path(sys.argv[1]), Cap(10.0, 1e-6)
file = LedgerFile.opened(folder / "books", Anchor(folder / "anchor"))
account = account_of(file, "town", cap, Intent(sys.argv[2]))
try:
    while True:
        account.spend("values", Rho(cap.rho() / 1e6), delta=2.51e-8)
        print("spent", flush=True)
except BudgetExceeded:
    pass
"""


def both(script: str, folder: Path) -> list[str]:
    (folder / "books").mkdir(exist_ok=True)
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(folder), name], stdout=subprocess.PIPE, text=True
        )
        for name in ("one", "two")
    ]
    return [p.communicate(timeout=PATIENCE)[0] for p in started]


def test_of_two_processes_one_alone_may_release_without_noise(tmp_path):
    assert sorted(both(BEGIN, tmp_path)) == ["begun\n", "refused\n"]


def test_two_processes_cannot_both_take_the_last_of_delta_and_the_anchor_follows(tmp_path):
    told = both(SPEND, tmp_path)
    assert sum(t.count("spent") for t in told) == 39  # 40 would come to 1.004e-6
    anchor = Anchor(tmp_path / "anchor")
    file = LedgerFile.opened(tmp_path / "books", anchor)
    with file.reading() as book:
        assert anchor.last() == (file.known_as, *book.head)


# -- the faces -------------------------------------------------------------------------------------


def test_all_queries_on_a_database_add_up(tmp_path):
    asked = faux(
        f"sqlite:///{HOSPITAL}",
        ledger=tmp_path / "books",
        population="patients",
        total=1.1,
        anchor=tmp_path / "anchor",
    )
    first = asked.read_sql("SELECT sex, ward FROM admissions JOIN patients USING (patient_id)")
    assert first.attrs["privacy"].startswith("Differentially private")
    with pytest.raises(BudgetExceeded, match="Earlier releases about `patients`"):
        asked.read_sql("SELECT sex, emergency FROM admissions JOIN patients USING (patient_id)")
    assert Anchor(tmp_path / "anchor").last()


def test_queries_cannot_be_subtracted_from_each_other(tmp_path):
    told = {"ledger": tmp_path / "books", "population": "patients"}
    asked = faux(f"sqlite:///{HOSPITAL}", **told)
    joined = "SELECT sex, ward FROM admissions JOIN patients USING (patient_id)"
    asked.read_sql(joined, "row_seeded")
    with pytest.raises(AccountRefused, match="subtracted"):
        asked.read_sql(f"{joined} WHERE ward <> 'surgery'", "row_seeded")


def test_the_command_line_tells_the_account_and_takes_a_reason(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    some_people().to_csv("people.csv", index=False)
    for k in (10, 20):
        method = MethodPart.model_validate({"name": "aggregate_seeded", "k": k})
        made = recipe(method=method).model_copy(update={"source": Source(file="people.csv")})
        Path(f"{k}.toml").write_text(recipe_text(made))
    first = synth("run", "10.toml")
    assert "This is the first release about this population" in first.output
    second = synth("run", "20.toml")
    assert second.exit_code == 2
    assert "can be subtracted from each other" in second.output
    assert synth("run", "20.toml", "--why-another", "an error in ward 3").exit_code == 0
    told = synth("account", "20.toml").output
    assert "no formal bound: 2 releases were made" in told
    assert "counts of combinations" in told
    assert synth("account", "people.csv").exit_code == 2


def test_counts_alone_are_a_release_as_well(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    some_people().to_csv("people.csv", index=False)
    kept = ("--ledger", "books", "--population", "town")
    assert synth("aggregate", "people.csv", *kept).exit_code == 0
    assert synth("aggregate", "people.csv", *kept).exit_code == 0  # the same again
    second = synth("aggregate", "people.csv", "--resolution", "20", *kept)
    assert second.exit_code == 2
    assert "can be subtracted from each other" in second.output
    with pytest.raises(AccountRefused, match="subtracted"):
        run(recipe(method=SEEDED, total=10.0), Path("people.csv"))


def test_a_recipe_from_another_folder_is_the_same_release(tmp_path):
    run(recipe(method=SEEDED, ledger=str(tmp_path / "books")), some_people())
    (tmp_path / "p").mkdir()
    run(recipe(method=SEEDED, ledger="../books"), some_people(), folder=tmp_path / "p")


def test_the_jobs_of_a_token_cannot_add_up_deltas_without_end():
    limit, asked = Allowance(1000.0), Recipe(method=INDEPENDENT)
    share = answers_delta(asked)
    assert 0 < share < 1e-6
    limit.check(asked, 0.0, 1e-6 - share)
    with pytest.raises(Problem, match="fails"):
        limit.check(asked, 0.0, 1e-6)
    known = asked.model_copy(update={"method": MethodPart(name="random")})
    assert answers_delta(known) == 0.0


def test_a_token_is_charged_the_delta_of_jobs_that_ended():
    registry = Registry(Rules(allowance=Allowance(10.0)))
    with client(registry=registry) as alice:
        ended(alice, upload(alice, "[method]\nname = 'independent'\n").headers["location"])
        assert 1e-6 < alice.get("/api/v1/budget").json()["delta"] <= 1e-6 + 1e-8


def synth(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


# -- looks -----------------------------------------------------------------------------------------


def test_the_statement_says_how_many_runs_were_looked_at_before(tmp_path):
    asked = recipe(epsilon=0.2, total=3.0)
    told = [statement(run(asked, some_people(5000), folder=tmp_path)) for _ in range(3)]
    assert "held against the real rows" not in told[0]
    assert "Before this one, 1 run was held against the real rows without noise" in told[1]
    assert "Before this one, 2 runs were held against the real rows without noise" in told[2]
    assert "Choosing on invented rows" in told[2]


def test_a_session_without_an_account_counts_its_looks(tmp_path):
    who = Visitor()
    who.bring(load(some_people(), Budget(1.0)), "people")
    who.recipe = Recipe(method=INDEPENDENT)
    told = []
    for _ in range(2):
        who.run()
        assert who.job is not None
        assert who.job.finished.wait(PATIENCE)
        assert who.collect()
        assert who.made is not None
        told.append(who.made.bundle.files["PRIVACY.md"].decode())
    assert "held against the real rows without noise" not in told[0]
    assert "Before this one, 1 run was held against the real rows without noise" in told[1]
    assert all("No account was kept" in t for t in told)


def test_without_an_account_the_statement_says_so():
    assert "No account was kept" in statement(run(Recipe(method=INDEPENDENT), some_people()))


# -- roll-backs ------------------------------------------------------------------------------------


@pytest.fixture
def anchored(tmp_path) -> Path:
    """A folder whose ledger has an anchor, and an older copy of the ledger beside it."""
    run(recipe(epsilon=0.2, anchor="away/anchor"), some_people(5000), folder=tmp_path)
    shutil.copytree(tmp_path / "books", tmp_path / "older")
    run(recipe(epsilon=0.2, anchor="away/anchor"), some_people(5000), folder=tmp_path)
    return tmp_path


def refused(folder: Path, says: str, **privacy: object) -> None:
    told = {"epsilon": 0.2, "anchor": "away/anchor", **privacy}
    with pytest.raises(LedgerError, match=says):
        run(recipe(**told), some_people(5000), folder=folder)


def test_an_older_copy_is_refused(anchored):
    shutil.rmtree(anchored / "books")
    shutil.copytree(anchored / "older", anchored / "books")
    refused(anchored, r"The anchor knows \d+ entries")


def test_a_deleted_folder_is_refused_and_no_new_one_made(anchored):
    shutil.rmtree(anchored / "books")
    refused(anchored, "not in this folder any more")
    assert not list((anchored / "books").iterdir())


def test_another_ledger_in_its_place_is_refused(anchored):
    shutil.rmtree(anchored / "books")
    (anchored / "books").mkdir()
    LedgerFile.opened(anchored / "books")
    refused(anchored, "another lasting ledger")


def test_a_ledger_cannot_be_parted_from_its_anchor(anchored, monkeypatch):
    refused(anchored, "it is not there", anchor="")
    kept = (anchored / "away/anchor").read_text()
    (anchored / "away/anchor").unlink()
    refused(anchored, "it is not there")
    (anchored / "away/anchor").write_text("something else\n")
    refused(anchored, "cannot be read as one")
    (anchored / "elsewhere").write_text(kept)
    monkeypatch.setenv("SYNTH_ANCHOR", str(anchored / "elsewhere"))
    outcome = run(recipe(epsilon=0.2), some_people(5000), folder=anchored)
    assert "The account is anchored" in statement(outcome)


def test_a_longer_ledger_of_the_same_key_is_not_the_same(anchored):
    """Two copies that went on differently: the anchor knows which one it followed."""
    shutil.rmtree(anchored / "books")
    shutil.copytree(anchored / "older", anchored / "books")
    anchor = (anchored / "away/anchor").read_text().splitlines()
    short = [x for x in anchor if int(x.split()[2]) <= entries(anchored / "books")]
    (anchored / "away/anchor").write_text("\n".join(short) + "\n")
    run(recipe(epsilon=0.3, anchor="away/anchor"), some_people(5000), folder=anchored)
    (anchored / "away/anchor").write_text("\n".join(anchor) + "\n")
    refused(anchored, "older or another copy")


def entries(folder: Path) -> int:
    with sqlite3.connect(folder / "ledger.sqlite") as connection:
        return int(connection.execute("SELECT number FROM head").fetchone()[0])


def test_an_anchor_in_the_ledgers_folder_is_refused(tmp_path):
    refused(tmp_path, "would be rolled back with it", anchor="books/anchor")


def test_a_process_killed_before_the_anchor_was_written_is_no_roll_back(tmp_path):
    anchor = Anchor(tmp_path / "anchor")
    (tmp_path / "books").mkdir()
    file = LedgerFile.opened(tmp_path / "books", anchor)
    account_of(file, "town", Cap(1.0), Intent())
    lines = anchor.path.read_text()
    shorter = lines[: lines.rstrip().rfind("\n") + 30]  # the last line is cut in its middle
    anchor.path.write_text(shorter)
    again = account_of(LedgerFile.opened(tmp_path / "books", anchor), "town", Cap(1.0), Intent())
    again.spend("tables", Rho(1e-6))
    assert anchor.last()[1] == entries(tmp_path / "books")


def test_without_an_anchor_the_statement_says_so(tmp_path):
    told = statement(run(recipe(), some_people(), folder=tmp_path))
    assert "The account has no anchor elsewhere" in told


# -- the running total -----------------------------------------------------------------------------


def test_the_running_total_adds_up_what_all_releases_measured(tmp_path):
    asked = recipe(epsilon=5.0, total=30.0)  # of less, noise may leave nothing to tell
    first, second = (run(asked, some_people(), folder=tmp_path) for _ in range(2))
    total = second.release.statement.population
    both = [e for o in (first, second) for e in o.entries if isinstance(e, Measured)]
    cap = Cap(30.0)
    answers = sum(e.delta for e in both)
    assert total.answers_delta == pytest.approx(answers)
    assert total.epsilon == pytest.approx(epsilon_of(sum(e.rho for e in both), cap.delta - answers))
    assert total.releases == 2
    assert f"ε = {rounded_up(total.epsilon)} at δ = 1e-06" in statement(second)


def test_a_total_of_rows_and_persons_says_for_whom_it_holds(tmp_path):
    told = {"epsilon": 1.0, "ledger": "books", "total": 5.0}
    of_persons, of_rows = (
        Recipe.model_validate(
            {
                "method": {"name": "independent"},
                "people": {"column": column, "rows": 1, "population": "town"},
                "privacy": told,
            }
        )
        for column in ("who", "")
    )
    table = pd.concat([some_people(300)] * 4).assign(who=[*range(300)] * 4)
    first = run(of_persons, table, folder=tmp_path)
    assert "This holds for each person named by `who`." in statement(first)
    assert not first.release.statement.population.mixed
    before = " ".join(cost(of_rows, tmp_path))
    second = run(of_rows, table, folder=tmp_path)
    total = second.release.statement.population
    assert running_total_of(total.document()) == total
    (stands,) = [
        line
        for line in gate(of_rows, second.release.model, second.comparison)
        if line.key == "units"
    ]
    assert stands.open
    bundles = [Bundle.read(io.BytesIO(o.release.zipped())) for o in (first, second)]
    approver = " ".join(beside("the earlier one", *bundles).lines)
    for said in (before, statement(second), stands.why, approver):
        assert "not one for every person" in said
        assert "at most 1 row in each of the tables, all under one name" in said
    assert "four times the rho" in for_whom(replace(total, units=("",)))
    assert "same rows by each" in for_whom(replace(total, units=("who", "house")))
    assert "older version" in for_whom(replace(total, units=(None, "")))


def test_figures_of_a_total_are_never_rounded_down(tmp_path):
    outcome = run(recipe(), some_people(), folder=tmp_path)
    total = outcome.release.statement.population
    told = "\n".join(population_lines(replace(total, epsilon=1.0041, answers_delta=1.001e-8)))
    assert "ε = 1.01 at" in told
    assert "δ = 1.01e-08 of it" in told
    assert [rounded_up(x) for x in (1.0, 0.1, 2.5, 1e-6, 0.0, 12.34)] == [
        "1",
        "0.1",
        "2.5",
        "1e-06",
        "0",
        "12.4",
    ]
