"""Several servers and workers on one queue: nothing is lost, charged twice, or read on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import httpx
import pytest
from sqlalchemy import text, update

from synth.api.files import Files
from synth.api.problems import Problem
from synth.api.service import digests_of
from synth.api.settings import registry
from synth.api.shared import rows
from synth.api.shared import serving as serving_jobs
from synth.api.shared.keeping import Common
from synth.api.shared.parcels import PIECE, RELEASE, ROWS, Parcels, new_key
from synth.api.shared.queue import CUT_OFF, GONE, LOST, TRIES, UNBEGUN, Progressed, Queue
from synth.api.shared.rows import JobRow
from synth.api.shared.serving import SharedJobs
from synth.api.shared.working import InHand, Station
from synth.errors import TeamError
from synth.release import Bundle
from synth.runs import read_recipe
from synth.runs.audit import Audit
from synth.runs.bounds import Bounds
from synth.runs.verifying import verify
from tests import postgres
from tests.api.test_accounts import PAID, ask
from tests.api.test_jobs import ALICE, BOB, RECIPE, client, ended, refused, upload
from tests.server import free_port
from tests.waiting import PATIENCE, until

OWNER = digests_of(ALICE)[0]
SERVER = """
import sys
import uvicorn
from starlette.applications import Starlette
from synth.api import api, mounted
from synth.api.settings import registry
app = Starlette(routes=[mounted(api(sys.argv[1], dict, registry()))])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="error")
"""
HELD = """
import signal
from synth.api.shared import __main__, working
def held(self, bounds):
    print("rows go in", flush=True)
    signal.pause()
working.InHand.feed, working.awaited = held, lambda seconds: True
__main__.work(1)
"""  # a worker that is in the middle of a job for as long as nobody kills it


@pytest.fixture
def shared(tmp_path, monkeypatch) -> Path:
    """The folder of the parcels of an operator who has a queue, and allows each token epsilon 1."""
    monkeypatch.setenv("SYNTH_QUEUE", f"sqlite:///{tmp_path / 'queue'}")
    monkeypatch.setenv("SYNTH_PARCELS", str(tmp_path / "parcels"))
    monkeypatch.setenv("SYNTH_API_EPSILON", "4")
    return tmp_path / "parcels"


def jobs() -> SharedJobs:
    found = registry()
    assert isinstance(found, SharedJobs)
    return found


def age(queue: Queue, seconds: float) -> None:
    """Nobody was heard of for so long."""
    with queue.session() as session:
        session.execute(update(JobRow).values(seen=JobRow.seen - seconds))
        session.execute(update(rows.WorkerRow).values(seen=rows.WorkerRow.seen - seconds))


@contextmanager
def working(common: Common, places: int = 2) -> Iterator[Station]:
    """A worker in this process."""
    station = Station(common, places)
    thread = threading.Thread(target=station.work)
    thread.start()
    try:
        yield station
    finally:
        station.stop()
        thread.join()


@contextmanager
def process(*words: str) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True)
    try:
        yield started
    finally:
        if started.poll() is None:
            started.terminate()
        started.communicate(timeout=PATIENCE)


@contextmanager
def serving(port: int) -> Iterator[httpx.Client]:
    """A server in a process of its own, once it answers."""
    told = {"base_url": f"http://127.0.0.1:{port}", "timeout": PATIENCE}
    with (
        process("-c", SERVER, ALICE, str(port)) as server,
        httpx.Client(headers={"Authorization": f"Bearer {ALICE}"}, **told) as to,
    ):

        def answers() -> bool:
            assert server.poll() is None, "the server stopped by itself"
            try:
                return to.get("/api/v1/budget").status_code == 200
            except httpx.TransportError:
                return False

        until(answers, "the server did not start")
        yield to


def test_two_servers_and_two_workers_lose_nothing_and_charge_once(tmp_path, monkeypatch):
    """Taken by one server, run elsewhere, told by both; a worker killed in the middle is told."""
    with ExitStack() as stack:
        address = stack.enter_context(postgres.started())
        for name, value in (("QUEUE", address), ("PARCELS", tmp_path / "parcels"), ("WORKERS", 1)):
            monkeypatch.setenv(f"SYNTH_{name}", str(value))
        monkeypatch.setenv("SYNTH_API_EPSILON", "4")
        one, other = (stack.enter_context(serving(free_port())) for _ in range(2))
        doomed = stack.enter_context(process("-c", HELD))
        place = upload(one).headers["location"]
        assert doomed.stdout is not None
        until(lambda: doomed.stdout.readline() == "rows go in\n", "no worker took the job")
        assert {to.get(place).json()["state"] for to in (one, other)} == {"running"}
        spent = other.get("/api/v1/budget").json()["spent_epsilon"]
        assert 0.99 < spent <= 1.001
        os.kill(doomed.pid, signal.SIGKILL)
        monkeypatch.setenv("PGOPTIONS", "-c default_transaction_isolation=serializable")
        with Queue.opened(address).session() as session:  # who waited to write sees what is new
            assert session.scalar(text("SHOW transaction_isolation")) == "read committed"
        age(Queue.opened(address), GONE + 1)
        told = [to.get(place).json() for to in (other, one)]
        assert [(t["state"], t["error"]["detail"]) for t in told] == [("failed", LOST.what)] * 2
        stack.enter_context(process("-m", "synth.api.shared"))
        place = upload(other).headers["location"]
        with postgres.away(address):  # in the middle of it, wherever that is
            assert "cannot be reached" in refused(one.get(place), 503)
            assert "cannot be reached" in refused(upload(one), 503)
        assert ended(one, place)["state"] == "finished"
        bundles = [to.get(f"{place}/release").content for to in (one, other)]
        assert bundles[0] == bundles[1]
        (tmp_path / "release.zip").write_bytes(bundles[0])
        assert verify(Bundle.read(tmp_path / "release.zip"))
        assert one.get("/api/v1/budget").json() == other.get("/api/v1/budget").json()
        twice = 2 * float(read_recipe(RECIPE).budget.rho)
        assert jobs().tally.of(OWNER).rho == pytest.approx(twice)  # once each, the killed one too


def test_what_lies_between_servers_and_workers_is_sealed_and_goes_with_the_job(
    shared, tmp_path, monkeypatch
):
    """Two servers in this process: the rows are nowhere in the clear, and nothing is left over."""
    one, other = jobs(), jobs()

    def unheard(name: str) -> None:
        heard = getattr(Queue, name)

        def breaks(self: Queue, *told: Any) -> bool:
            monkeypatch.setattr(Queue, name, heard)
            heard(self, *told)
            raise TeamError("The connection broke once it was written.", "Try again.")

        monkeypatch.setattr(Queue, name, breaks)

    unheard("begin")
    unheard("finish")
    with client(registry=one) as here, client(registry=other) as there:
        place = upload(here).headers["location"]
        assert there.get(place).json()["doing"] == "waiting for a worker: none is there at present"
        everything = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
        assert len(list(shared.iterdir())) == 1
        assert not [
            word for word in (b"ARROW", b"Oslo", b"[method]", ALICE.encode()) if word in everything
        ]
        assert all(p.stat().st_mode & 0o077 == 0 for p in (shared, tmp_path / "queue"))
        with working(one.common):
            assert ended(there, place)["spent_epsilon"] == pytest.approx(1.0, abs=0.01)
            wrong = upload(there, RECIPE + '[[column]]\nname = "nobody"\n').headers["location"]
            assert "nobody" in ended(here, wrong)["error"]["detail"]
        with client(BOB, registry=other) as stranger:
            refused(stranger.get(f"{place}/release"), 404)
        assert [p.suffix for p in shared.iterdir()] == [f".{RELEASE}"]
        assert there.delete(place).status_code == 204
        assert not list(shared.iterdir())
        refused(here.get(place), 404)


def test_the_same_question_is_answered_once_whichever_server_is_asked(shared, tmp_path):
    log = Audit(tmp_path / "log")
    one, other = jobs(), jobs()
    one.common.audit = other.common.audit = log
    with client(registry=one) as here, client(registry=other) as there:
        with working(one.common):
            place = ask(here, PAID).headers["location"]
            first = ended(there, place)
            before = here.get("/api/v1/budget").json()
            bundle = here.get(f"{place}/release").content
            here.delete(place)
            again = ask(there, PAID)
        assert again.json()["repeated"] and again.json()["spent_epsilon"] == 0
        assert here.get(f"{again.headers['location']}/release").content == bundle
        assert there.get("/api/v1/budget").json() == before
        assert first["spent_epsilon"] == 1.0  # hushed: all of it, whatever it came to
        for parcel in shared.iterdir():
            parcel.unlink()
        anew = ask(there, PAID)  # what was released is gone: it costs again
        assert not anew.json()["repeated"]
        here.delete(anew.headers["location"])
    ends = ["asked", "released", "answered again", "asked", "stopped"]
    assert [line["ended"] for line in log.read()] == ends


def line(owner: str = "alice", id: str = "one") -> JobRow:
    return JobRow(id=id, owner=owner, key=new_key(), state=rows.COMING)


def waiting(queue: Queue, *owners: str) -> None:
    """A job of each of them that may be taken."""
    for number, owner in enumerate(owners):
        queue.add(line(owner, f"{owner} {number}"), lambda kept, waiting: None)
        assert queue.ready(f"{owner} {number}")


@pytest.fixture
def queue(tmp_path) -> Queue:
    return Queue.opened(f"sqlite:///{tmp_path / 'queue'}")


def test_a_job_is_run_once_whatever_becomes_of_workers(queue):
    """Gone before rows went to a run: another takes it. After that: it failed, and says so."""
    waiting(queue, "alice")
    first = queue.take("first", 2)
    assert first is not None
    assert queue.take("second", 2) is None
    age(queue, GONE + 1)
    assert queue.settle() == []
    second = queue.take("second", 2)
    assert second is not None and second.id == first.id
    assert not queue.begin(first.claim)  # who is late, or steals a line, has no word for it
    assert not queue.finish(first.claim, 0.0)
    assert queue.beat("first", 2, {first.claim: Progressed(0.5, "lies", 0.0)}) == {first.claim}
    assert queue.begin(second.claim) and not queue.begin(second.claim)
    age(queue, GONE + 1)
    assert [j.error for j in queue.settle()] == [LOST.what]
    assert queue.settle() == []
    assert not queue.finish(second.claim, 0.0)
    told = queue.look("alice", first.id)
    assert told is not None and (told.state, told.error) == (rows.FAILED, LOST.what)
    assert queue.take("third", 2) is None


def test_a_job_that_no_worker_can_begin_or_no_server_brought_fails_in_the_end(queue):
    waiting(queue, "alice")
    for _ in range(TRIES):
        assert queue.settle() == []
        taken = queue.take("broken", 2)
        assert taken is not None
        queue.give_back(taken.claim)
    queue.add(line("bob"), lambda kept, waiting: None)
    assert [j.error for j in queue.settle()] == [UNBEGUN.what]
    age(queue, CUT_OFF + 1)
    assert [j.owner for j in queue.settle()] == ["bob"]
    assert not queue.ready("one")


def test_a_clock_that_jumps_loses_no_job_and_hides_no_worker_that_is_gone(queue, monkeypatch):
    """Forwards by a year: nobody is gone, what was released is kept. Back: who is gone is seen."""
    off, clock = [0.0], rows.clock
    monkeypatch.setattr(rows, "clock", lambda session: clock(session) + off[0])
    waiting(queue, "alice", "bob")
    first, second = queue.take("one", 2), queue.take("one", 2)
    assert first and second and queue.begin(first.claim) and queue.begin(second.claim)
    assert queue.finish(second.claim, 0.0) and queue.settle() == []
    for off[0] in (365 * 86_400.0, -86_400.0):
        assert queue.settle() == []
        assert queue.figures().running == queue.figures().workers == 1
        assert queue.look("bob", second.id)
    age(queue, GONE + 1)
    assert [j.error for j in queue.settle()] == [LOST.what]


def test_an_owner_leaves_one_place_of_all_workers_to_others(queue):
    def takes(worker: str) -> str:
        taken = queue.take(worker, 1)
        return taken.owner if taken else ""

    waiting(queue, "alice", "alice", "alice")
    assert [takes("first"), takes("second")] == ["alice", ""]
    queue.add(line("bob"), lambda kept, waiting: None)
    assert takes("second") == ""  # its rows are not there yet
    assert queue.ready("one")
    assert [takes("second"), takes("third")] == ["bob", "alice"]


def test_a_job_that_is_forgotten_stops_wherever_it_runs(shared, tmp_path, monkeypatch):
    stopped = threading.Event()

    def held(self: InHand, bounds: Bounds) -> Callable[[IO[bytes]], None]:
        def feed(stream: IO[bytes]) -> None:
            until(lambda: self.job.cancelled, "it was never stopped")
            stopped.set()

        return feed

    monkeypatch.setattr(InHand, "feed", held)
    one, other = jobs(), jobs()
    one.common.audit = log = Audit(tmp_path / "log")
    with client(registry=one) as here, client(registry=other) as there, working(one.common):
        place = upload(here).headers["location"]
        until(lambda: there.get(place).json()["state"] == "running", "no worker took the job")
        assert there.delete(place).status_code == 204
        assert stopped.wait(PATIENCE)
        assert there.get("/api/v1/budget").json()["spent_epsilon"] > 0.99
    assert not list(shared.iterdir())
    assert [line["ended"] for line in log.read()] == ["brought", "stopped"]


def test_a_worker_writes_down_what_became_of_its_job_and_not_what_it_meant_to_say(
    shared, tmp_path, monkeypatch
):
    """It had a release. Others had counted it as gone by then; or its owner had forgotten it."""
    finish, common = Queue.finish, jobs().common
    common.audit = log = Audit(tmp_path / "log")

    def made(self: InHand, bounds: Bounds) -> Callable[[IO[bytes]], None]:
        def feed(stream: IO[bytes]) -> None:
            self.job.bundle = b"a release"
            raise BrokenPipeError

        return feed

    def gone(self: Queue, *told: Any) -> bool:
        for job in self.ids():
            self.drop(job)
        return finish(self, *told)

    def late(self: Queue, *told: Any) -> bool:
        while not self.settle():
            age(self, GONE + 1)
        monkeypatch.setattr(Queue, "finish", gone)
        return finish(self, *told)

    monkeypatch.setattr(InHand, "feed", made)
    monkeypatch.setattr(Queue, "finish", late)
    with client(registry=jobs()) as alice, working(common):
        upload(alice)
        until(lambda: len(log.read()) == 1, "the first was not written down")
        upload(alice)
        until(lambda: len(log.read()) == 2, "the second was not written down")
    assert [line["ended"] for line in log.read()] == [f"failed: {LOST.what}", "stopped"]
    assert not list(shared.iterdir())


def test_the_figures_of_a_queue_are_numbers_alone(queue):
    assert queue.figures() == (0, 0, 0.0, 0, 0)
    waiting(queue, "alice", "bob", "bob")
    age(queue, 60)
    assert queue.take("first", 2)
    told = queue.figures()
    assert (told.waiting, told.running, told.workers, told.places) == (2, 1, 1, 2)
    assert 60 <= told.oldest < 60 + PATIENCE


def test_charges_that_were_changed_or_taken_out_of_the_queue_are_refused(
    shared, tmp_path, monkeypatch
):
    """Whoever may write to its database would give a token its allowance back."""
    recipe, queue = read_recipe(RECIPE), f"sqlite:///{tmp_path / 'queue'}"

    def server(name: str = "one") -> SharedJobs:
        monkeypatch.setenv("SYNTH_QUEUE_ANCHOR", str(tmp_path / "elsewhere" / name))
        return jobs()

    def charge(found: SharedJobs) -> None:
        found.tally.charge(OWNER, recipe, found.rules.allowance)

    def meddle(words: str) -> None:
        with Queue.at(queue).session() as session:
            session.execute(text(words))

    charge(jobs())  # before there was a key
    monkeypatch.setenv("SYNTH_QUEUE_KEY", str(tmp_path / "queue.key"))
    with pytest.raises(ValueError, match="need each other"):
        jobs()
    one, other = server("one"), server("other")
    charge(one), charge(other)
    assert one.tally.of(OWNER).rho == other.tally.of(OWNER).rho > 2 * float(recipe.budget.rho)
    meddle("CREATE TABLE copy AS SELECT * FROM shared_charge")
    for words, why in (
        ("UPDATE shared_charge SET document = replace(document, 'charged', 'returned')", "changed"),
        ("DELETE FROM shared_charge WHERE number = 2", "was changed"),
        ("UPDATE shared_charge SET seal = ''", "was changed"),
        ("DELETE FROM shared_charge WHERE number = 3", "an older or another copy"),
        ("DELETE FROM shared_charge", "an older or another copy"),
    ):
        meddle(words)
        with pytest.raises(Problem, match=why):
            charge(other)
        with pytest.raises(TeamError, match=why):  # nor does a server start
            server("other")
        meddle("DELETE FROM shared_charge")
        meddle("INSERT INTO shared_charge SELECT * FROM copy")
    charge(server("third"))


def test_more_jobs_than_may_wait_are_told_to_come_again(shared, monkeypatch):
    monkeypatch.setenv("SYNTH_MOST_WAITING", "1")
    with client(registry=jobs()) as here, client(BOB, registry=jobs()) as there:
        place = upload(here).headers["location"]
        assert "1 job waits" in refused(upload(there), 503)
        assert there.get("/api/v1/budget").json()["spent_epsilon"] == 0
        here.delete(place)
        assert upload(there).status_code == 202


def test_files_that_no_worker_would_read_are_refused_before_anything_is_charged(
    shared, monkeypatch
):
    """As JSON writes them, in which one byte may become six."""
    monkeypatch.setattr(serving_jobs, "LONGEST", serving_jobs.BESIDE + 1_000_000)
    with client(registry=jobs()) as alice:
        answer = upload(alice, a_csv="\x01" * 200_000)
        assert "as they are sent to a worker" in refused(answer, 413)
        assert alice.get("/api/v1/budget").json()["spent_epsilon"] == 0
        assert upload(alice, a_csv="a" * 200_000).status_code == 202


def test_what_a_worker_may_have_had_is_not_given_back(shared, monkeypatch):
    """The line of a job was written, and the connection broke before that was heard."""
    ready, found = Queue.ready, jobs()

    def unheard(self: Queue, id: str) -> bool:
        ready(self, id)
        raise TeamError("It cannot be reached.", "Try again.")

    monkeypatch.setattr(Queue, "ready", unheard)
    with client(registry=found) as alice:
        refused(upload(alice), 503)
        assert alice.get("/api/v1/budget").json()["spent_epsilon"] > 0.99
    assert not found.common.queue.ids() and not list(shared.iterdir())


def test_an_unexpected_error_in_a_job_takes_no_place_from_a_worker(queue, tmp_path, monkeypatch):
    seen = []
    waiting(queue, "alice", "bob")
    station = Station(Common(queue, Parcels.opened(str(tmp_path / "parcels"))), 1)

    def breaks(self: Station, line: JobRow) -> None:
        seen.append(line.owner)
        if len(seen) == 2:
            self.stop()
        raise RuntimeError("a cell")

    monkeypatch.setattr(Station, "_do", breaks)
    station.work()
    assert seen == ["alice", "bob"]


def test_a_place_of_parcels_keeps_what_is_not_ours_and_tells_no_words(shared, tmp_path):
    """A folder that something else lies in; a library whose errors are of its own kinds."""
    common = jobs().common
    for name in ("people.rows", f"{'x' * 22}.rows"):
        (shared / name).write_bytes(b"kept")
    common.tidy()
    assert [p.name for p in shared.iterdir()] == ["people.rows"]

    class Elsewhere:
        protocol = "s3"

        def open(self, path: str, mode: str) -> IO[bytes]:
            raise RuntimeError("a secret")

    with (
        pytest.raises(TeamError, match="cannot be written") as told,
        Parcels(Files(Elsewhere(), "bucket")).sealing("job", ROWS, new_key()),
    ):
        pass
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("how", ["changed", "cut", "shortened", "another kind", "another key"])
def test_a_parcel_that_is_not_as_it_was_sealed_is_not_opened(tmp_path, how):
    parcels, key = Parcels.opened(str(tmp_path)), new_key()
    content = bytes(range(256)) * (PIECE // 128)
    with parcels.sealing("job", ROWS, key) as file:
        file.write(content)
    assert b"".join(parcels.pieces("job", ROWS, key)) == content
    path, kind = tmp_path / "job.rows", ROWS
    sealed = path.read_bytes()
    whole = 4 + PIECE + 16
    if how == "another kind":
        path, kind = path.rename(tmp_path / "job.release"), RELEASE
    places = {"changed": sealed[:9] + b"x" + sealed[10:], "cut": sealed[:whole], "shortened": b""}
    path.write_bytes(places.get(how, sealed))
    with pytest.raises(TeamError, match="changed or cut"):
        list(parcels.pieces("job", kind, new_key() if how == "another key" else key))


def test_parcels_lie_wherever_fsspec_reaches():
    parcels, key = Parcels.opened("memory://parcels"), new_key()
    with parcels.sealing("job", ROWS, key) as file:
        file.write(b"rows")
    assert parcels.ids() == {"job"}
    assert b"rows" not in parcels.files.get("job.rows")
    assert list(parcels.pieces("job", ROWS, key)) == [b"rows"]
    parcels.remove("job")
    assert not parcels.ids()


def test_a_queue_without_a_place_for_parcels_stops_the_start(shared, monkeypatch):
    monkeypatch.delenv("SYNTH_PARCELS")
    with pytest.raises(ValueError, match="SYNTH_QUEUE needs SYNTH_PARCELS"):
        registry()
