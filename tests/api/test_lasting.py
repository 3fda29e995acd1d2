"""What an operator allows outlives the server: restarts, kills, two servers, damage, old copies."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from synth.api.problems import Problem
from synth.api.service import digests_of
from synth.api.settings import registry
from synth.api.tally import account_of
from synth.budget.lasting import LEDGER as FILE
from synth.budget.lasting import LedgerFile
from synth.errors import LedgerError, RecipeError
from synth.runs import read_recipe, run
from synth.runs.bounds import Bounds, of_server
from synth.runs.job import Job
from tests.api.test_accounts import PAID, RANDOM, ask
from tests.api.test_jobs import ALICE, RECIPE, client, ended, refused, upload
from tests.ledgers import spoil
from tests.people import some_people
from tests.waiting import PATIENCE, held, until

CHEAP = "[privacy]\nepsilon = 0.1\n" + RECIPE
CHARGE = """
import sys
from synth.api.problems import Problem
from synth.api.problems import Problem
from synth.api.service import digests_of
from synth.api.settings import registry
from synth.runs import read_recipe
kept = registry()
try:
    while True:
        kept.tally.charge("alice", read_recipe(sys.argv[1]), kept.rules.allowance)
        print("charged", flush=True)
except Problem as error:
    print(error.what)
"""


@pytest.fixture
def kept(tmp_path, monkeypatch) -> Path:
    """The folder of an operator who allows each token epsilon 1 for good."""
    folder = tmp_path / "kept"
    monkeypatch.setenv("SYNTH_LEDGER", str(folder))
    monkeypatch.setenv("SYNTH_API_EPSILON", "1")
    return folder


def server() -> subprocess.Popen[str]:
    """A process that charges one token until that is refused."""
    words = [sys.executable, "-c", CHARGE, CHEAP]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def spent(owner: str = "alice") -> float:
    return registry().tally.of(owner).rho


def test_after_a_restart_the_allowance_is_not_whole_again(kept):
    with client(registry=registry()) as alice:
        ended(alice, upload(alice, "[privacy]\nepsilon = 0.5\n" + RECIPE).headers["location"])
        before = alice.get("/api/v1/budget").json()
        assert 0.49 < before["spent_epsilon"] <= 0.501
    with client(registry=registry()) as alice:
        assert alice.get("/api/v1/budget").json() == before
        assert "would pass it" in refused(upload(alice), 403)


def test_two_servers_on_one_folder_spend_one_allowance_and_a_later_one_none(
    kept, tmp_path, monkeypatch
):
    both = [server() for _ in range(2)]
    together = sum(s.communicate(timeout=PATIENCE)[0].count("charged") for s in both)
    later = server().communicate(timeout=PATIENCE)[0]
    assert "would pass it" in later
    assert later.count("charged") == 0
    monkeypatch.setenv("SYNTH_LEDGER", str(tmp_path / "another"))
    alone = registry()
    charge = partial(alone.tally.charge, "alice", read_recipe(CHEAP), alone.rules.allowance)
    for _ in range(together):
        charge()
    with pytest.raises(Problem, match="would pass it"):
        charge()
    assert together > 1


def test_what_was_charged_stays_so_where_the_server_is_killed_before_the_work(kept):
    process = server()
    assert process.stdout is not None
    assert process.stdout.readline() == "charged\n"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    assert spent() >= float(read_recipe(CHEAP).budget.rho)


def test_a_job_is_on_disk_before_its_rows_are_read(kept):
    with held(), client(registry=registry()) as alice:
        ask(alice, PAID)
        another = registry()  # a second server, while the first has done nothing yet
        with client(registry=another) as elsewhere:
            assert elsewhere.get("/api/v1/budget").json()["left_epsilon"] < 0.01


def test_jobs_that_fail_or_are_stopped_stay_charged_and_refused_ones_do_not(kept):
    with client(registry=registry()) as alice:
        refused(upload(alice, CHEAP, content=b"city,age\nOslo,1\nx,2,3\n"), 422)
        assert alice.get("/api/v1/budget").json()["spent_epsilon"] == 0
        wrong = CHEAP + '[[column]]\nname = "nobody"\n'
        assert ended(alice, upload(alice, wrong).headers["location"])["state"] == "failed"
        once = alice.get("/api/v1/budget").json()["spent_epsilon"]
        assert 0.09 < once <= 0.1001
        with held():
            alice.delete(upload(alice, CHEAP).headers["location"])
        assert alice.get("/api/v1/budget").json()["spent_epsilon"] > once


def test_a_limit_that_comes_later_knows_of_jobs_that_nothing_bounded(kept, monkeypatch):
    monkeypatch.delenv("SYNTH_API_EPSILON")
    with client(registry=registry()) as alice:
        ended(alice, ask(alice, RANDOM).headers["location"])
        assert alice.get("/api/v1/budget").json()["spent_epsilon"] is None
    monkeypatch.setenv("SYNTH_API_EPSILON", "100")
    with client(registry=registry()) as alice:
        assert "would pass it" in refused(ask(alice, PAID), 403)


@pytest.mark.parametrize(
    "how",
    [
        "DELETE FROM entries",
        "UPDATE entries SET document = replace(document, '\"rho\": 0', '\"rho\": -0')",
        "DELETE FROM entries WHERE number = 2",
        "DROP TABLE entries",
    ],
)
def test_a_ledger_that_was_cut_or_changed_answers_nothing(kept, how):
    running = registry()
    with client(registry=running) as alice:
        for _ in range(2):
            running.tally.charge(digests_of(ALICE)[0], read_recipe(CHEAP), running.rules.allowance)
        spoil(kept, how)
        assert "cannot be looked up" in refused(upload(alice, CHEAP), 503)
        assert "cannot be looked up" in refused(alice.get("/api/v1/budget"), 503)
    with pytest.raises(LedgerError):
        registry().tally.file.lines("")


@pytest.mark.parametrize("content", [b"", b"no ledger at all" * 300])
def test_a_server_does_not_start_over_a_damaged_ledger(kept, content):
    registry()
    for path in kept.glob(f"{FILE}*"):
        path.unlink()
    (kept / FILE).write_bytes(content)
    with pytest.raises(LedgerError, match="damaged"):
        registry()


def test_an_older_copy_is_seen_where_there_is_an_anchor(kept, tmp_path, monkeypatch):
    monkeypatch.setenv("SYNTH_ANCHOR", str(tmp_path / "elsewhere" / "anchor"))
    registry()
    shutil.copytree(kept, tmp_path / "copy")
    registry().tally.charge("alice", read_recipe(CHEAP), registry().rules.allowance)
    shutil.rmtree(kept)
    shutil.copytree(tmp_path / "copy", kept)
    with pytest.raises(LedgerError, match="older or another copy"):
        registry()


def test_no_population_is_the_account_of_a_token():
    recipe = read_recipe(f'[people]\npopulation = "{account_of("alice")}"\n'.replace("\t", "\\t"))
    assert recipe.people.account != account_of("alice")


def test_without_a_folder_the_start_says_how_long_an_allowance_lasts(kept, monkeypatch, caplog):
    registry()
    assert not caplog.messages
    monkeypatch.delenv("SYNTH_LEDGER")
    registry()
    assert "live only as long as this process" in caplog.messages[0]


def test_the_folder_has_no_cell_and_no_token(kept):
    with client(registry=registry()) as alice:
        ended(alice, upload(alice, CHEAP).headers["location"])
    held_there = b"".join(p.read_bytes() for p in kept.iterdir())
    assert b"charged" in held_there
    assert ALICE.encode() not in held_there
    assert b"Oslo" not in held_there


@pytest.mark.parametrize("told", ["rows = 1000000000000", "rows = 200000\ncopies = 100"])
def test_more_rows_than_a_server_draws_are_refused_before_anything_is_charged(kept, told):
    jobs = registry()
    with client(registry=jobs) as alice:
        said = refused(upload(alice, f"{CHEAP}[release]\n{told}\n"), 422)
        assert "more than the 10,000,000 rows" in said
        assert alice.get("/api/v1/budget").json()["spent_epsilon"] == 0
        assert jobs.kept == 0
    assert not LedgerFile.opened(kept).lines(account_of("alice"))


def test_a_run_whose_rows_the_table_decides_is_bounded_as_well():
    recipe = read_recipe(RECIPE + "[release]\ncopies = 3\n")
    with pytest.raises(RecipeError, match="3 copies are more than the 500 rows"):
        run(recipe, some_people(300), bounds=Bounds(most=500))


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5"])
def test_a_bound_that_is_none_stops_the_start(monkeypatch, text):
    monkeypatch.setenv("SYNTH_MOST_ROWS", text)
    with pytest.raises(ValueError, match="SYNTH_MOST_ROWS has to be"):
        of_server()


def test_a_job_that_is_stopped_while_it_waits_lets_go_of_its_rows(private):
    """Started and deleted in a loop, jobs of one token held a thread and a table each."""
    with held():
        jobs = [Job(read_recipe(RECIPE), lambda entry: None) for _ in range(4)]
        for job in jobs[:2]:
            job.start(private)
        until(lambda: all(j.before is None for j in jobs[:2]), "no job took its place")
        for job in jobs[2:]:
            job.start(private)
            job.cancel()
        assert all(job.finished.wait(PATIENCE) for job in jobs[2:])
        assert not any(job.finished.is_set() for job in jobs[:2])
        for job in jobs[:2]:
            job.cancel()
