"""Jobs of many: nobody holds every place, none runs for ever, and ended workers leave nothing."""

import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from synth.errors import RecipeError
from synth.operating import operating
from synth.runs import workers
from synth.runs.bounds import Bounds, of_server
from synth.runs.job import Job
from synth.runs.recipe_file import read_recipe
from synth.runs.traced import Trace
from synth.runs.turns import Turns
from synth.runs.workers import Workers
from tests.waiting import PATIENCE, held, until

RECIPE = '[method]\nname = "independent"\n'


def job(recipe: str = RECIPE, owner: str = "") -> Job:
    return Job(read_recipe(recipe), lambda entry: None, owner=owner)


def test_a_job_beyond_those_that_may_wait_fails_at_once(private, monkeypatch):
    turns = Turns(1)
    monkeypatch.setattr("synth.runs.job.TURNS", turns)
    with turns.ticket("one"), turns.ticket("two"):
        late = job()
        late.start(private, Bounds(waiting=1))
        assert late.finished.wait(PATIENCE)
        assert late.error is not None and "1 job waits on this server" in late.error.what


def test_a_trace_tells_stages_and_how_long_they_took_and_nothing_else():
    told, trace = [], Trace()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("synth.runs.traced.recorder", lambda: lambda *words: told.append(words))
        trace.end("failed")  # of nothing
        for share, doing in (
            (0.0, "waiting for a free place: 3 before this one"),
            (0.0, "reading the table"),
            (0.1, "counting `HIV status` of 1,234 people"),
            (0.3, "round 2 of 9"),
            (0.6, "drawing synthetic rows"),
            (0.7, "`HIV status`"),
            (1.0, "done"),
        ):
            trace.at(share, doing)
        trace.end("finished")
    ((how, stages, end),) = told
    assert (how, [name for name, _ in stages]) == (
        "finished",
        ["waiting", "reading", "learning", "drawing", "comparing"],
    )
    times = [at for _, at in stages]
    assert [*times, end] == sorted([*times, end])


def test_a_trace_that_cannot_be_told_or_a_clock_that_jumps_keeps_no_job_open(monkeypatch, caplog):
    def broken(how, stages, end):
        assert [at for _, at in stages] == [5, 5] and end == 5
        raise RuntimeError("a cell")

    trace, clock = Trace(), iter((5, 3, 1))
    monkeypatch.setattr("synth.runs.traced.recorder", lambda: broken)
    monkeypatch.setattr("synth.runs.traced.time.time_ns", lambda: next(clock))
    for doing in ("starting", "reading the table"):
        trace.at(0.0, doing)
    trace.end("finished")
    assert caplog.messages == ["RuntimeError in a trace"]


def test_an_owner_leaves_a_place_to_others_and_owners_take_turns():
    turns, begun = Turns(2), []
    with ExitStack() as alice, ExitStack() as bob:
        first = [alice.enter_context(turns.ticket("alice")) for _ in range(3)]
        assert [t.begun.is_set() for t in first] == [True, False, False]
        other = [bob.enter_context(turns.ticket("bob")) for _ in range(2)]
        assert [t.begun.is_set() for t in other] == [True, False]
        waiting = {"alice 2": first[1], "alice 3": first[2], "bob 2": other[1]}
        assert sorted(turns.before(t) for t in waiting.values()) == [0, 1, 2]
        assert turns.before(first[1]) < turns.before(first[2])
    with ExitStack() as all_of_them:
        turns = Turns(1)
        now = all_of_them.enter_context(ExitStack())
        now.enter_context(turns.ticket("alice"))
        order = [("alice", 2), ("alice", 3), ("bob", 1), ("carol", 1), ("bob", 2)]
        line = {key: all_of_them.enter_context(turns.ticket(key[0])) for key in order}
        ahead = {key: turns.before(t) for key, t in line.items()}
        begun = sorted(order, key=ahead.__getitem__)
    assert begun[:2] == [("bob", 1), ("carol", 1)]
    assert set(begun[2:4]) == {("alice", 2), ("bob", 2)}
    assert begun[4] == ("alice", 3)


def test_whoever_waits_is_told_about_how_long(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("synth.runs.turns.time.monotonic", lambda: clock[0])
    turns = Turns(2)
    assert turns.minutes(0) is None
    for seconds in (100.0, 140.0):
        with turns.ticket("alice"):
            clock[0] += seconds
    assert [turns.minutes(n) for n in (0, 1, 2, 5)] == [2, 2, 4, 6]
    with turns.ticket("alice"), turns.ticket("alice"):
        assert turns.busy == (2, 1, 1, 2, 240.0)


def test_every_ticket_has_its_turn_when_many_come_and_go():
    turns, most, done = Turns(3), 0, []
    lock = threading.Lock()

    def come(owner: str) -> None:
        nonlocal most
        with turns.ticket(owner) as mine:
            mine.begun.wait(PATIENCE)
            with lock:
                most = max(most, len(turns._running))  # noqa: SLF001
                done.append(owner)

    people = [threading.Thread(target=come, args=(f"{i % 5}",)) for i in range(60)]
    for one in people:
        one.start()
    for one in people:
        one.join(PATIENCE)
    assert len(done) == 60
    assert most <= 3
    assert not turns._waiting and not turns._running and not turns._served  # noqa: SLF001


def test_a_job_that_waits_says_how_many_are_before_it_and_others_pass_one_owner(private):
    with held():
        mine = [job(owner="alice") for _ in range(3)]
        for one in mine:
            one.start(private)
        other = job(owner="bob")
        until(lambda: mine[0].before is None or None, "no job began")
        other.start(private)
        until(lambda: other.before is None or None, "one owner held every place")
        until(lambda: "1 before" in mine[2].doing or "1 before" in mine[1].doing, "no place told")
        for one in (*mine, other):
            one.cancel()
    assert all(one.finished.wait(PATIENCE) for one in (*mine, other))


def test_a_job_that_takes_too_long_is_stopped_and_says_so(private):
    with held():
        late = job()
        late.start(private, Bounds(minutes=0.001))
        until(lambda: late.error, "it was not stopped")
    assert late.finished.wait(PATIENCE)
    assert "stopped after 0.001 minutes" in str(late.error)


@pytest.mark.skipif(not workers.FORKS, reason="memory is counted on Linux alone")
def test_a_job_that_needs_too_much_memory_ends_in_a_sentence(private):
    large = job(RECIPE + "[release]\nrows = 3000000\n")
    large.start(private, Bounds(memory=40_000_000))
    assert large.finished.wait(PATIENCE)
    assert "more than the 0.0 GB of memory" in str(large.error)
    assert large.bundle is None


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (RECIPE + "[privacy]\nepsilon = 3\n", "Epsilon 3 is more than the 2"),
        ('[method]\nname = "value_seeded"\n', "nothing bounds"),
        (RECIPE + "[counts]\nk = 10\n", "exact counts"),
    ],
)
def test_an_operator_caps_the_epsilon_of_a_job_however_it_is_started(
    private, monkeypatch, recipe, said
):
    monkeypatch.setenv("SYNTH_MOST_EPSILON", "2")
    with pytest.raises(RecipeError, match=said):
        job(recipe).start(private, of_server())


@pytest.mark.skipif(not workers.FORKS, reason="workers start afresh on this system")
def test_workers_that_ended_are_waited_for_while_nothing_else_happens():
    source = Workers()
    found = source.worker()
    parent = source._process.pid  # noqa: SLF001
    try:
        until(lambda: source.ready(1.0), "the process did not begin")
        children = Path(f"/proc/{parent}/task/{parent}/children")
        until(lambda: children.read_text().split(), "no worker was forked")
        found.incoming.close()  # no job: the worker ends by itself
        until(lambda: not children.read_text().split(), "a worker that ended is a zombie")
    finally:
        found.outgoing.close()
        source.close()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("WORKERS", "0", "a whole number above 0"),
        ("MOST_MEMORY", "much", "a whole number above 0"),
        ("MOST_MINUTES", "nan", "a number above 0"),
        ("MOST_EPSILON", "-1", "a number above 0"),
        ("KEEP_MINUTES", "soon", "a number of minutes"),
        ("METRICS", "perhaps", "yes or no"),
    ],
)
def test_a_setting_that_is_none_is_named_and_not_repeated(monkeypatch, name, text, said):
    monkeypatch.setenv(f"SYNTH_{name}", text)
    with pytest.raises(ValueError, match=f"^SYNTH_{name} has to be {said}[^:]*\\.$"):
        operating()
