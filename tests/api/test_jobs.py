"""The REST API: in process for every rule, and once through the real server."""

import io
from contextlib import ExitStack, suppress

import duckdb
import httpx
import pandas as pd
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from synth.api import api, mounted
from synth.api.allowance import Allowance
from synth.api.coming import Coming
from synth.api.problems import Problem
from synth.api.registry import Registry, Rules, Wanted
from synth.ingest import Database
from synth.ingest.bounded import Owned
from synth.release import Bundle
from synth.release.showcase.bundle import look_of
from synth.runs import Recipe
from synth.runs.verifying import verify
from tests.people import DECLARED, some_people
from tests.server import served
from tests.waiting import PATIENCE, held, until
from ui.data.sources import HOSPITAL

ALICE, BOB = "alice-0123456789abcdef", "bob-0123456789abcdefgh"
SAMPLE = "Sample: a small hospital"
RECIPE = f"""
[method]
name = "independent"
{DECLARED}"""
QUERY = "SELECT sex, smoker FROM patients"


def known() -> dict[str, Database]:
    owned = Owned("patient_id", ("admission_id",))
    return {SAMPLE: Database(f"sqlite:///{HOSPITAL}", owned=owned)}


def client(
    token: str = ALICE,
    registry: Registry | None = None,
    tokens: str = f"{ALICE}, {BOB}",
    known=known,
):
    app = Starlette(routes=[mounted(api(tokens, known, registry))])
    return TestClient(app, "http://test", headers={"Authorization": f"Bearer {token}"})


def table(rows: int = 200) -> bytes:
    return some_people(rows).to_csv(index=False).encode()


def upload(to: httpx.Client, recipe: str = RECIPE, content: bytes | None = None, **files: str):
    parts = [
        ("recipe", ("recipe.toml", recipe)),
        ("table", ("t.csv", content or table())),
        *(("files", (name.replace("_", "."), text)) for name, text in files.items()),
    ]
    return to.post("/api/v1/jobs", files=parts)


def ended(to: httpx.Client, place: str) -> dict:
    def told() -> dict | None:
        answer = to.get(place).json()
        return answer if answer["state"] in ("finished", "failed") else None

    return until(told, "the job did not end")


def refused(answer: httpx.Response, status: int) -> str:
    """The sentence of a problem document."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert told["remedy"]
    return told["detail"]


def test_from_an_upload_to_a_verified_release():
    with client() as alice:
        begun = upload(alice)
        assert begun.status_code == 202
        place = begun.headers["location"]
        assert place == f"/api/v1/jobs/{begun.json()['id']}"
        told = ended(alice, place)
        assert told["error"] is None
        assert 0 < told["spent_epsilon"] <= 1.001
        release = alice.get(f"{place}/release")
        assert release.headers["content-type"] == "application/zip"
        assert verify(Bundle.read(io.BytesIO(release.content)))
        assert alice.delete(place).status_code == 204
        assert "no such job" in refused(alice.get(place), 404)


def test_two_tables_of_the_same_people_come_in_one_form():
    people = some_people(200).assign(person=[f"P{i:03}" for i in range(200)])
    visits = pd.DataFrame({"person": people["person"].repeat(2), "ward": ["eye", "ear"] * 200})
    second = '[people]\ncolumn = "person"\n[children]\nname = "visits"\nkey = "person"\nmost = 2\n'
    ward = '[[children.column]]\nname = "ward"\nvalues = ["eye", "ear"]\nother = false\n'
    parts = [
        ("recipe", ("recipe.toml", f"{second}{ward}{RECIPE}")),
        ("table", ("people.csv", people.to_csv(index=False).encode())),
        ("children", ("visits.csv", visits.to_csv(index=False).encode())),
    ]
    with client() as alice:
        place = alice.post("/api/v1/jobs", files=parts).headers["location"]
        assert ended(alice, place)["error"] is None
        bundle = Bundle.read(io.BytesIO(alice.get(f"{place}/release").content))
        assert verify(bundle) and set(bundle.children_rows["person"]) <= set(bundle.rows["person"])


def test_from_a_query_to_a_release_whose_recipe_names_the_database_and_no_address():
    with client() as alice:
        asked = {"recipe": '[method]\nname = "random"', "database": SAMPLE, "query": QUERY}
        place = alice.post("/api/v1/jobs", json=asked).headers["location"]
        assert ended(alice, place)["state"] == "finished"
        bundle = Bundle.read(io.BytesIO(alice.get(f"{place}/release").content))
        assert list(bundle.rows.columns) == ["sex", "smoker"]
        recipe = bundle.files["recipe.toml"].decode()
        assert QUERY in recipe
        assert "sqlite" not in recipe


def test_no_token_sees_or_ends_another_ones_job():
    registry = Registry()
    with client(ALICE, registry) as alice, client(BOB, registry) as bob:
        place = upload(alice).headers["location"]
        never = bob.get("/api/v1/jobs/never").json()
        for answer in (bob.get(place), bob.delete(place), bob.get(f"{place}/release")):
            refused(answer, 404)
            assert answer.json() == never
        assert ended(alice, place)["state"] == "finished"


@pytest.mark.parametrize("path", ["methods", "databases", "jobs/x", "jobs/x/release"])
def test_nothing_is_told_without_a_token_that_is_known(path):
    with client("guess-0123456789abcdef") as stranger:
        answer = stranger.get(f"/api/v1/{path}")
        assert "not known" in refused(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"


def test_without_configured_tokens_the_api_is_closed():
    with client("", tokens=" ") as anyone:
        assert "closed" in refused(anyone.get("/api/v1/methods"), 403)


def test_a_token_that_could_be_guessed_stops_the_start():
    with pytest.raises(ValueError, match="fewer than 16 characters") as caught:
        api("secret", known)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("section", "named"),
    [
        ('[source]\nfile = "/etc/passwd"', "source.file"),
        ('[source]\ndatabase = "sqlite:///x"\nquery = "SELECT 1"', "source.database"),
        ('[privacy]\nledger = "/var/ledger"', "privacy.ledger"),
        ('[children]\nfile = "/etc/passwd"', "children.file"),
        (
            '[[protect]]\nstep = "pseudonymise"\ncolumn = "x"\nsecret = "PSEUDONYM_X"',
            "protect.secret",
        ),
    ],
)
def test_a_recipe_may_name_nothing_on_the_server(section, named):
    with client() as alice:
        assert f"`{named}`" in refused(upload(alice, section), 422)


def test_the_file_of_a_step_comes_with_the_request_and_from_nowhere_else(tmp_path):
    cities = tmp_path / "cities.csv"
    cities.write_text("city,land\nOslo,Norway\nRome,Italy\n")
    step = '[[protect]]\nstep = "lookup"\ncolumn = "city"\ntake = "land"\nfile = "{}"\n'
    with client() as alice:
        place = upload(alice, RECIPE + step.format(cities)).headers["location"]
        told = ended(alice, place)
        assert told["state"] == "failed"
        assert "is not there" in told["error"]["detail"]
        assert "is not there" in refused(alice.get(f"{place}/release"), 409)
        sent = {"cities_csv": cities.read_text()}
        place = upload(alice, RECIPE + step.format("cities.csv"), **sent).headers["location"]
        assert ended(alice, place)["state"] == "finished"


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def test_a_logo_of_any_bytes_arrives_unchanged_and_other_files_have_to_be_text():
    parts = [
        ("recipe", ("r.toml", RECIPE + '[showcase]\nlogo = "us.png"\n')),
        ("table", ("t.csv", table())),
        ("files", ("us.png", PNG)),
    ]
    with client() as alice:
        place = alice.post("/api/v1/jobs", files=parts).headers["location"]
        assert ended(alice, place)["state"] == "finished"
        bundle = Bundle.read(io.BytesIO(alice.get(f"{place}/release").content))
        assert look_of(bundle).logo == PNG
        other = [*parts[:2], ("files", ("cities.csv", PNG))]
        assert "not UTF-8" in refused(alice.post("/api/v1/jobs", files=other), 422)


def test_no_answer_to_a_bad_table_shows_a_cell():
    with client() as alice:
        content = b"city,age\nOslo,1\nsecret cell,2,3\n"
        answer = upload(alice, content=content)
        assert "2 fields" in refused(answer, 422)
        assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("request_", "status", "said"),
    [
        ({"content": b"x", "headers": {"Content-Type": "text/plain"}}, 415, "multipart"),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 422, "three texts"),
        ({"json": {"recipe": "", "database": "none", "query": "SELECT 1"}}, 404, "no database"),
        ({"json": {"recipe": "", "database": SAMPLE, "query": "DROP TABLE patients"}}, 422, ""),
        ({"json": {"recipe": "x", "database": SAMPLE, "query": QUERY}}, 422, "not valid TOML"),
        ({"files": {"recipe": ("r", b"")}}, 422, "one `recipe` and one `table`"),
        ({"files": {"recipe": ("r", b""), "more": ("m", b"")}}, 422, "unknown part"),
        ({"files": {"recipe": ("r", b"\xff"), "table": ("t", b"")}}, 422, "not UTF-8"),
    ],
)
def test_what_is_not_a_job_is_refused_with_a_remedy(request_, status, said):
    with client() as alice:
        assert said in refused(alice.post("/api/v1/jobs", **request_), status)


def test_a_token_has_a_number_of_jobs_and_a_size_of_request():
    with client(registry=Registry(Rules(most_jobs=1, most_bytes=10_000))) as alice:
        refused(upload(alice, content=table(2000)), 413)
        place = upload(alice).headers["location"]
        assert "of at most 1" in refused(upload(alice), 429)
        alice.delete(place)
        assert upload(alice).status_code == 202


def test_a_finished_job_is_forgotten_in_time():
    with client(registry=Registry(Rules(lifetime=0.2))) as alice:
        place = upload(alice).headers["location"]
        until(lambda: alice.get(place).status_code != 200, "the job was not forgotten")
        refused(alice.get(f"{place}/release"), 404)


def test_a_running_job_can_be_stopped_and_has_no_release_yet():
    with held(), client() as alice:
        place = upload(alice).headers["location"]
        assert "not finished" in refused(alice.get(f"{place}/release"), 409)
        assert alice.delete(place).status_code == 204
        refused(alice.get(place), 404)


def test_methods_databases_and_tables_are_listed():
    with client() as alice:
        methods = {m["name"]: m for m in alice.get("/api/v1/methods").json()}
        assert methods["independent"]["formal"]
        assert methods["kde"]["settings"]
        assert alice.get("/api/v1/databases").json() == [{"name": SAMPLE}]
        tables = alice.get(f"/api/v1/databases/{SAMPLE}/tables").json()
        assert "sex" in tables["patients"]
        refused(alice.get("/api/v1/databases/none/tables"), 404)
        refused(alice.get("/api/v1/nowhere"), 404)
        refused(alice.get("/api/v1/jobs/%0A"), 422)
        wrong = alice.put("/api/v1/jobs/x")
        refused(wrong, 405)
        assert wrong.headers["allow"] == "DELETE, GET"


def test_the_document_describes_every_endpoint_and_fetches_nothing():
    with client() as alice:
        document = alice.get("/api/v1/openapi.json").json()
        assert document["openapi"].startswith("3.1")
        assert {"/jobs", "/jobs/{id}/release", "/methods"} <= set(document["paths"])
        assert set(document["paths"]["/jobs"]["post"]["requestBody"]["content"]) == {
            "multipart/form-data",
            "application/json",
        }
        assert alice.get("/api/v1/docs").status_code == 404


def test_the_real_server_gives_a_release_beside_its_screens():
    token = {"Authorization": f"Bearer {ALICE}"}
    with (
        served(env={"SYNTH_API_TOKENS": ALICE}) as address,
        httpx.Client(base_url=address, headers=token, timeout=PATIENCE) as alice,
    ):
        assert alice.get("/api/v1/databases").json()[0] == {"name": SAMPLE}
        place = upload(alice).headers["location"]
        assert ended(alice, place)["state"] == "finished"
        content = alice.get(f"{place}/release").content
        assert isinstance(Bundle.read(io.BytesIO(content)).rows, pd.DataFrame)
        assert alice.get("/").headers["content-type"].startswith("text/html")
        assert refused(httpx.get(f"{address}/api/v1/methods", timeout=PATIENCE), 401)


def test_a_started_job_lets_go_of_the_upload(private):
    def read():
        return private

    with held():
        task = Registry().start("alice", Wanted(Recipe(), read))
        assert task.wanted.read is not read


def test_tables_on_their_way_are_taken_or_told_to_wait(monkeypatch):
    """Ten of 200 MB at once, of ten tokens and of one; a request of no length counts in full."""
    taken, coming = 0, Coming(500_000_000, 1_500_000_000)
    with ExitStack() as both:
        for token in ["one", "one", "one", *"abcdefg"]:
            with suppress(Problem):
                both.enter_context(coming.room(token, 200_000_000))
                taken += 1
        assert taken == 7  # two of one token, and what else fits
        with pytest.raises(Problem, match="many tables") as told, coming.room("x", 200_000_000):
            pass
        assert (told.value.status, told.value.headers) == (503, {"Retry-After": "60"})
    with coming.room("x", 200_000_000):  # they are in their vaults, and there is room again
        pass
    monkeypatch.setenv("SYNTH_MOST_UPLOAD", "1")
    with client() as alice:
        assert "larger than 1 MB" in refused(upload(alice, content=b"a" * 1_100_000), 413)
        assert upload(alice).status_code == 202
        begin = b'--x\r\nContent-Disposition: form-data; name="table"; filename="t"\r\n\r\n'
        for pieces, status in (([begin, *[b"a" * 100_000] * 11], 413), ([begin], 422)):
            kind = {"content-type": "multipart/form-data; boundary=x"}  # its length is not told
            answer = alice.post("/api/v1/jobs", content=iter(pieces), headers=kind)
            assert ("larger than 1 MB" in refused(answer, status)) == (status == 413)


def test_rows_stay_in_their_database_where_the_recipe_says_so(tmp_path, monkeypatch):
    """Neither this process nor the pipe to the worker has a row."""
    place = tmp_path / "people.duckdb"
    people = some_people(2000)
    with duckdb.connect(str(place)) as made:
        made.register("people", people)
        made.execute("CREATE TABLE kept AS SELECT * FROM people")
    databases = {"duck": Database(f"duckdb:///{place}"), SAMPLE: known()[SAMPLE]}
    for name in ("answer", "_duck"):
        monkeypatch.setattr(Database, name, None)
    stays = f"[source]\nstay = true\n{RECIPE}"
    asked = {"recipe": stays, "database": "duck", "query": "SELECT city, age, ill FROM kept"}
    limited = Registry(Rules(allowance=Allowance(9.0)))
    with client(known=lambda: databases) as alice:
        told = ended(alice, alice.post("/api/v1/jobs", json=asked).headers["location"])
        assert (told["state"], told["error"]) == ("finished", None)
        assert told["spent_epsilon"] == pytest.approx(1.0, abs=0.01)
        bundle = alice.get(f"/api/v1/jobs/{told['id']}/release").content
        (tmp_path / "release.zip").write_bytes(bundle)
        assert verify(Bundle.read(tmp_path / "release.zip"))
        few = {**asked, "query": "SELECT city, age, ill FROM kept WHERE age = 200"}
        told = ended(alice, alice.post("/api/v1/jobs", json=few).headers["location"])
        assert told["state"] == "failed" and "by a noisy count" in told["error"]["detail"]
        assert told["spent_epsilon"] > 0  # how many there are is not told for nothing
        elsewhere = {**asked, "database": SAMPLE, "query": QUERY}
        assert "cannot be left in it" in refused(alice.post("/api/v1/jobs", json=elsewhere), 422)
    with client(registry=limited, known=lambda: databases) as alice:
        assert "by what one of them holds" in refused(alice.post("/api/v1/jobs", json=asked), 403)
