"""What a token was given and has spent: repeats for nothing, a limit, and the audit log."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.api.allowance import HOLDS_FOR, Allowance
from synth.api.registry import Registry, Rules
from synth.api.service import digests_of
from synth.api.settings import registry as registry_set
from synth.budget.figures import down
from synth.runs.audit import Audit
from synth.runs.memory import Memory
from tests.api.test_jobs import ALICE, BOB, QUERY, RECIPE, SAMPLE, client, ended, refused, upload
from tests.waiting import held

RANDOM = '[method]\nname = "random"\n'
PAID = RECIPE.split("[[column]]")[0] + '[[column]]\nname = "smoker"\nvalues = ["no", "yes"]\n'


def ask(to: httpx.Client, recipe: str = RANDOM, query: str = QUERY) -> httpx.Response:
    return to.post("/api/v1/jobs", json={"recipe": recipe, "database": SAMPLE, "query": query})


def test_a_repeated_query_gets_the_same_release_at_once_and_for_nothing():
    spent = ("SELECT sex, smoker FROM patients", "select  sex,smoker\nfrom PATIENTS -- again")
    with client() as alice:
        first = ask(alice, PAID, spent[0]).headers["location"]
        told = ended(alice, first)
        assert not told["repeated"]
        assert told["spent_epsilon"] > 0
        again = ask(alice, PAID, spent[1])
        place = again.headers["location"]
        assert again.json()["state"] == "finished"
        assert again.json()["repeated"]
        assert again.json()["spent_epsilon"] == 0
        assert place != first
        assert alice.get(f"{place}/release").content == alice.get(f"{first}/release").content


def test_another_recipe_or_another_token_asks_the_database_anew():
    registry = Registry()
    with client(ALICE, registry) as alice, client(BOB, registry) as bob:
        place = ask(alice).headers["location"]
        ended(alice, place)
        alice.delete(place)
        assert ask(alice).json()["repeated"]
        assert not ask(alice, RANDOM + "[release]\nseed = 2\n").json()["repeated"]
        assert not ask(alice, query=QUERY + " WHERE smoker IS NOT NULL").json()["repeated"]
        assert not ask(bob).json()["repeated"]


def test_a_job_that_failed_or_was_stopped_released_nothing():
    wrong = RANDOM + '[[column]]\nname = "nobody"\n'
    with client() as alice:
        place = ask(alice, wrong).headers["location"]
        assert ended(alice, place)["state"] == "failed"
        assert not ask(alice, wrong).json()["repeated"]
        with held():
            alice.delete(ask(alice).headers["location"])
        assert not ask(alice).json()["repeated"]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 60)), max_size=30))
def test_what_is_remembered_is_bounded_in_number_size_and_time(asked):
    now = [0.0]
    memory: Memory[tuple[int, float]] = Memory(
        most=3, most_bytes=100, lifetime=10.0, clock=lambda: now[0]
    )
    known: dict[str, float] = {}
    for question, size in asked:
        now[0] += 1.0
        if memory.recall(str(question)) is None:
            known[str(question)] = now[0]
        memory.keep(str(question), (size, now[0]), size)
        held = [a for q in known if (a := memory.recall(q))]
        assert len(held) <= 3
        assert sum(size for size, _ in held) <= 100
        assert all(now[0] - since <= 10.0 for _, since in held)
        assert memory.recall(str(question))[1] == known[str(question)]


def limited(epsilon: float) -> Registry:
    return Registry(Rules(allowance=Allowance(epsilon)))


def test_the_jobs_of_a_token_come_to_its_epsilon_at_most():
    with client(registry=limited(1.2)) as alice:
        before = alice.get("/api/v1/budget").json()
        assert before == {
            "total_epsilon": 1.2,
            "spent_epsilon": 0.0,
            "left_epsilon": pytest.approx(1.2),
            "delta": 1e-6,
            "holds_for": HOLDS_FOR,
        }
        assert "whoever each job protects" in HOLDS_FOR
        ended(alice, upload(alice).headers["location"])
        assert 0.9 < alice.get("/api/v1/budget").json()["spent_epsilon"] <= 1.0
        assert "would pass it" in refused(upload(alice), 403)
        left = alice.get("/api/v1/budget").json()["left_epsilon"]
        assert f"Epsilon {down(left)} is left" in upload(alice).json()["remedy"]
        small = f"[privacy]\nepsilon = {left * 0.999}\n" + RECIPE
        ended(alice, upload(alice, small).headers["location"])
        assert alice.get("/api/v1/budget").json()["spent_epsilon"] <= 1.2


def test_a_running_job_counts_with_all_it_may_spend_and_a_repeated_one_with_nothing():
    with client(registry=limited(1.0)) as alice:
        with held():
            place = ask(alice, PAID).headers["location"]
            assert "would pass it" in refused(ask(alice, PAID + "[release]\nseed = 2\n"), 403)
        ended(alice, place)
        assert ask(alice, PAID).json()["repeated"]


def test_a_refused_query_and_another_token_leave_a_tokens_epsilon_alone():
    registry = limited(1.0)
    with client(ALICE, registry) as alice, client(BOB, registry) as bob:
        refused(ask(alice, PAID, "SELECT sex, smoker FROM nowhere"), 422)
        ended(bob, ask(bob, PAID).headers["location"])
        assert alice.get("/api/v1/budget").json()["spent_epsilon"] == 0.0
        assert ask(alice, PAID).status_code == 202


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (RANDOM, "`random` is not differentially private"),
        ('[method]\nname = "kde"\n', "`kde` is not differentially private"),
        ("[privacy]\nepsilon = inf\n", "infinite"),
        ("[privacy]\ndiscover = false\n", "read off the rows"),
        ("[privacy]\ndelta = 0.01\n", "above 1e-06"),
        ("[counts]\nk = 10\n", "exact counts"),
    ],
)
def test_where_a_token_has_an_epsilon_a_job_that_none_bounds_is_refused(recipe, said):
    with client(registry=limited(100.0)) as alice:
        assert said in refused(upload(alice, recipe), 403)


def test_without_a_limit_the_budget_tells_what_was_spent():
    with client() as alice:
        ended(alice, upload(alice).headers["location"])
        told = alice.get("/api/v1/budget").json()
        assert told["total_epsilon"] is told["left_epsilon"] is None
        assert told["spent_epsilon"] > 0


def test_what_reads_rows_without_a_bound_is_not_said_to_cost_nothing():
    with client() as alice:
        place = upload(alice, RECIPE.replace("independent", "kde")).headers["location"]
        assert ended(alice, place)["spent_epsilon"] is None


def test_queries_and_tables_are_written_down_with_who_when_and_at_what_cost_and_no_rows(tmp_path):
    log = Audit(tmp_path / "queries.jsonl")
    with client(registry=Registry(audit=log)) as alice:
        ended(alice, ask(alice, PAID).headers["location"])
        ask(alice, PAID)
        refused(ask(alice, query="DROP TABLE patients"), 422)
        ended(alice, ask(alice, RANDOM + '[[column]]\nname = "x"\n').headers["location"])
        ended(alice, upload(alice).headers["location"])
    lines = log.read()
    assert [line["ended"].split(":")[0] for line in lines] == [
        "asked",
        "released",
        "answered again",
        "refused",
        "asked",
        "failed",
        "brought",
        "released",
    ]
    assert lines[-2]["file"] == "t.csv"
    assert "query" not in lines[-1]
    assert {line["who"] for line in lines} == {f"token {digests_of(ALICE)[0][:8]}"}
    assert lines[0]["database"] == SAMPLE
    assert lines[0]["query"] == QUERY
    assert 0.9 < lines[1]["epsilon"] <= 1.0
    assert lines[2]["epsilon"] == 0
    assert ALICE not in log.path.read_text()


def test_where_the_log_cannot_be_written_nothing_is_asked(tmp_path):
    registry = Registry(audit=Audit(tmp_path / "nowhere" / "log"))
    with client(registry=registry) as alice:
        assert "audit log cannot be written" in refused(ask(alice), 503)
        assert registry.kept == 0


@pytest.mark.parametrize("text", ["much", "0", "-1", "nan"])
def test_an_epsilon_that_is_none_stops_the_start(text, monkeypatch):
    monkeypatch.setenv("SYNTH_API_EPSILON", text)
    with pytest.raises(ValueError, match="SYNTH_API_EPSILON has to be a number above 0"):
        registry_set()
