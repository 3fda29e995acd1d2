"""The mock API, asked over HTTP in process; numbers are checked against pandas."""

import base64
import io
import json
import sqlite3
import subprocess
import sys
import zipfile

import httpx
import pandas as pd
import pytest
from starlette.testclient import TestClient

from synth.ingest.declaration import ColumnPart
from synth.release import Bundle
from synth.release.sandbox import resources, service, take_away
from synth.release.sandbox.postman import collection
from synth.release.sandbox.resources import about
from synth.release.sandbox.server.service import Settings
from synth.release.sandbox.server.simulation import Door, Weather
from synth.runs import Recipe, run
from synth.runs.recipe import MethodPart, Privacy, ReleasePart
from tests.mock_api import wait_for_answer
from tests.people import some_people
from tests.server import free_port
from tests.waiting import PATIENCE


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    days = pd.Series(pd.date_range("2020-01-01", periods=400, freq="h").strftime("%d/%m/%Y %H:%M"))
    recipe = Recipe(
        column=(  # declared, or noise would decide what may be missing
            ColumnPart(name="age", kind="integer", low=0, high=120),
            ColumnPart(name="ill", values=("no", "yes")),
        ),
        method=MethodPart(name="independent"),
        privacy=Privacy(epsilon=5.0),  # at 1 noise hides who does not say in one run of six
        release=ReleasePart(rows=300, title="People"),
    )
    outcome = run(recipe, some_people().assign(seen=days))
    return Bundle.read(io.BytesIO(outcome.release.zipped()))


@pytest.fixture
def api(bundle) -> TestClient:
    return TestClient(service(bundle, "people").app())


@pytest.fixture
def rows(bundle) -> pd.DataFrame:
    return bundle.rows


def client(bundle, **settings) -> TestClient:
    return TestClient(service(bundle, "people", Settings(**settings)).app())


def problem(answer: httpx.Response, status: int) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-synthetic"] == "true"
    assert answer.json()["status"] == status
    return answer.json()


def test_every_answer_says_that_the_data_are_synthetic(api):
    for path in ("/", "/people", "/people/1", "/people/9999", "/nowhere", "/openapi.json"):
        assert api.get(path).headers["x-synthetic"] == "true"
    assert api.get("/").json()["synthetic"] is True


def test_values_have_their_types(api):
    row = api.get("/people/1").json()
    assert isinstance(row["age"], int)
    assert row["id"] == "1"
    assert row["seen"].endswith("Z")
    assert any(r["ill"] is None for r in api.get("/people?_per_page=300").json())


def test_filters_agree_with_pandas(api, rows):
    expected = rows[(rows["age"] >= 30) & (rows["age"] < 60) & (rows["city"] == "Rome")]
    found = api.get("/people?age_gte=30&age_lt=60&city=Rome&_per_page=300")
    assert found.headers["x-total-count"] == str(len(expected))
    assert [r["age"] for r in found.json()] == expected["age"].tolist()


@pytest.mark.parametrize(
    ("query", "mask"),
    [
        ("city=Rome&city=Oslo", lambda f: f["city"].isin(["Rome", "Oslo"])),
        ("city_in=Rome,Oslo", lambda f: f["city"].isin(["Rome", "Oslo"])),
        ("city_ne=Rome", lambda f: f["city"] != "Rome"),
        ("city_contains=ro", lambda f: f["city"].str.lower().str.contains("ro")),
        ("ill_isnull=true", lambda f: f["ill"].isna()),
        ("ill_isnull=false", lambda f: f["ill"].notna()),
        ("age_gt=50&age_lte=80", lambda f: (f["age"] > 50) & (f["age"] <= 80)),
        ("q=oslo", lambda f: f["city"] == "Oslo"),
    ],
)
def test_each_operator_agrees_with_pandas(query, mask, api, rows):
    assert api.get(f"/people/count?{query}").json()["count"] == int(mask(rows).sum())


def test_rows_come_sorted_in_pages_and_with_links(api, rows):
    page = api.get("/people?_sort=-age,city&_page=2&_per_page=10")
    order = rows.sort_values(["age", "city"], ascending=[False, True], kind="stable")
    assert [r["age"] for r in page.json()] == order["age"].tolist()[10:20]
    links = dict(part.split("; rel=")[::-1] for part in page.headers["link"].split(", "))
    assert "_page=3" in links['"next"']
    assert "_page=1" in links['"prev"']
    assert "_page=30" in links['"last"']


def test_a_cursor_walks_through_everything_once(api):
    seen, cursor = [], ""
    while True:
        page = api.get(f"/people?_per_page=70{f'&_cursor={cursor}' if cursor else ''}")
        seen += [r["id"] for r in page.json()]
        if "x-next-cursor" not in page.headers:
            break
        cursor = page.headers["x-next-cursor"]
    assert seen == [str(i + 1) for i in range(300)]


def test_fields_formats_and_slices(api):
    assert set(api.get("/people?_fields=age,city&_limit=1").json()[0]) == {"age", "city"}
    assert len(api.get("/people?_start=5&_end=9").json()) == 4
    text = api.get("/people?_format=csv&_per_page=3").text
    assert len(pd.read_csv(io.StringIO(text))) == 3
    lines = api.get("/people?_format=ndjson&_per_page=3").text.splitlines()
    assert json.loads(lines[2])["id"] == "3"


def test_counts_of_values_and_rows_at_random(api, rows):
    found = {x["value"]: x["count"] for x in api.get("/people/distinct?col=city").json()}
    cities = rows["city"].astype(object).where(rows["city"].notna(), None)
    assert found == {c: int((cities == c).sum()) or int(cities.isna().sum()) for c in {*cities}}
    assert len(api.get("/people/random?n=7").json()) == 7
    assert api.get("/people/schema").json()["properties"]["age"]["maximum"] == 120


BAD = {
    "unknown field": "/people?colour=red",
    "unknown operator": "/people?age_near=3",
    "wrong type": "/people?age=old",
    "no order": "/people?_sort=colour",
    "no such field to show": "/people?_fields=colour",
    "page nought": "/people?_page=0",
    "too many": "/people?_per_page=5000",
    "format": "/people?_format=xml",
    "cursor": "/people?_cursor=zzz",
    "random": "/people/random?n=0",
    "distinct": "/people/distinct?col=colour",
    "delay": "/people?_delay=long",
}


@pytest.mark.parametrize("path", BAD.values(), ids=list(BAD))
def test_a_bad_question_is_a_problem_document_and_not_an_empty_list(path, api):
    problem(api.get(path), 400)


NEW = {"city": "Rome", "age": 30, "ill": None, "seen": "2020-01-01T00:00:00Z"}


def test_a_row_is_written_read_changed_and_deleted(api):
    made = api.post("/people", json=NEW)
    assert made.status_code == 201
    place = made.headers["location"]
    assert api.get(place).json() == {"id": place.split("/")[-1], **NEW}
    assert api.patch(place, json={"age": 31}).json()["age"] == 31
    assert api.put(place, json={**NEW, "age": 32}).json()["age"] == 32
    assert api.delete(place).status_code == 204
    problem(api.get(place), 404)


def test_writes_are_seen_by_their_session_alone_until_reset(api):
    mine = {"X-Session": "mine"}
    api.delete("/people/1", headers=mine)
    problem(api.get("/people/1", headers=mine), 404)
    assert api.get("/people/count", headers=mine).json()["count"] == 299
    assert api.get("/people/1").status_code == 200
    assert api.post("/__reset", headers=mine).status_code == 204
    assert api.get("/people/1", headers=mine).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**NEW, "age": "old"}, "age"),
        ({**NEW, "age": 400}, "age"),
        ({**NEW, "city": "Atlantis"}, "city"),
        ({**NEW, "colour": "red"}, "colour"),
        ({**NEW, "seen": "soon"}, "seen"),
        ({**NEW, "id": "one"}, "id"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_a_row_that_does_not_fit_says_which_field(body, field, api):
    assert field in problem(api.post("/people", json=body), 422)["errors"]


def test_ids_etags_and_repeated_requests(api):
    problem(api.post("/people", json={**NEW, "id": "1"}), 409)
    problem(api.patch("/people/1", json={"id": "2"}), 409)
    tag = api.get("/people/1").headers["etag"]
    assert api.patch("/people/1", json={"age": 5}, headers={"If-Match": tag}).status_code == 200
    problem(api.patch("/people/1", json={"age": 6}, headers={"If-Match": tag}), 412)
    once = {"Idempotency-Key": "k1"}
    first, again = (api.post("/people", json=NEW, headers=once) for _ in range(2))
    assert first.json() == again.json()
    problem(api.post("/people", json={**NEW, "age": 1}, headers=once), 409)


def test_bodies_that_are_not_json_and_wrong_methods(api):
    problem(api.post("/people", content="x", headers={"content-type": "text/plain"}), 415)
    problem(api.post("/people", content="{", headers={"content-type": "application/json"}), 400)
    problem(api.post("/people", json=[1]), 422)
    assert "GET" in api.delete("/people/count").headers["allow"]
    problem(api.delete("/people/count"), 405)


def test_failures_repeat_with_their_seed(bundle):
    def weather(seed: int) -> list[int]:
        api = client(bundle, weather=Weather(failures=0.4, statuses=(500, 503), seed=seed))
        return [api.get("/people/1").status_code for _ in range(30)]

    assert weather(1) == weather(1)
    assert weather(1) != weather(2)
    assert set(weather(1)) == {200, 500, 503}


def test_a_failure_or_a_delay_can_be_preferred(api):
    failed = api.get("/people", headers={"Prefer": "code=503"})
    problem(failed, 503)
    assert failed.headers["retry-after"] == "1"
    slow = api.get("/people", headers={"Prefer": "delay=120"})
    assert slow.elapsed.total_seconds() >= 0.1


def test_a_rate_limit_answers_429_with_when_to_try_again(bundle):
    made = service(bundle, "people", Settings(weather=Weather(per_minute=3)))
    made.forecast.clock = lambda: 0.0  # however long five requests take
    api = TestClient(made.app())
    codes = [api.get("/people/1").status_code for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]


@pytest.mark.parametrize(
    ("door", "headers"),
    [
        (Door("bearer", "abc"), {"Authorization": "Bearer abc"}),
        (Door("key", "abc"), {"X-API-Key": "abc"}),
        (
            Door("basic", "me:abc"),
            {"Authorization": "Basic " + base64.b64encode(b"me:abc").decode()},
        ),
    ],
    ids=["bearer", "key", "basic"],
)
def test_a_locked_door_opens_with_its_key_only(door, headers, bundle):
    api = client(bundle, door=door)
    problem(api.get("/people"), 401)
    problem(api.get("/people", headers={"Authorization": "Bearer xyz"}), 401)
    assert api.get("/people", headers=headers).status_code == 200


def test_a_read_only_sandbox_takes_no_writes(bundle):
    api = client(bundle, read_only=True)
    problem(api.post("/people", json=NEW), 403)
    assert api.get("/people/1").status_code == 200


def test_other_origins_may_ask_unless_switched_off(bundle):
    asked = {"Origin": "http://example.org"}
    assert client(bundle).get("/", headers=asked).headers["access-control-allow-origin"] == "*"
    closed = client(bundle, cross_origin=False).get("/", headers=asked)
    assert "access-control-allow-origin" not in closed.headers


def test_the_contract_names_every_field_and_resource(api):
    told = api.get("/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    assert set(told["components"]["schemas"]["people"]["properties"]) == {"id", *NEW}
    assert {"/people", "/people/{id}", "/people/count"} <= set(told["paths"])


def test_the_postman_collection_has_a_test_for_every_request(bundle):
    made = collection(resources(bundle, "people"), about(bundle))
    assert made["info"]["schema"].endswith("v2.1.0/collection.json")
    folder = next(i for i in made["item"] if i["name"] == "people")["item"]
    assert len(folder) > 10
    assert all("pm.test" in r["event"][0]["script"]["exec"][0] for r in folder)


def test_what_is_taken_away_runs_without_this_project(bundle, tmp_path):
    with zipfile.ZipFile(io.BytesIO(take_away(resources(bundle, "people"), about(bundle)))) as z:
        z.extractall(tmp_path)
    assert not [p for p in (tmp_path / "server").glob("*.py") if "from synth" in p.read_text()]
    port = free_port()
    words = [sys.executable, "-I", "-c", LAUNCH, str(tmp_path), str(port)]
    process = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        answer = wait_for_answer(f"http://127.0.0.1:{port}/people/1", process)
        assert answer.json()["id"] == "1"
    finally:
        process.terminate()
        process.wait(PATIENCE)


LAUNCH = """
import runpy, sys
folder, port = sys.argv[1:]
sys.path.insert(0, folder)
sys.modules["synth"] = None
sys.argv = ["serve.py", "--port", port]
runpy.run_path(folder + "/serve.py", run_name="__main__")
"""


def test_other_formats_hold_the_same_rows(bundle, rows, tmp_path):
    with zipfile.ZipFile(io.BytesIO(take_away(resources(bundle, "people"), about(bundle)))) as z:
        z.extractall(tmp_path)
    assert len(json.loads((tmp_path / "db.json").read_text())["people"]) == 300
    saved = sqlite3.connect(tmp_path / "data.sqlite")
    written = sqlite3.connect(":memory:")
    written.executescript((tmp_path / "data.sql").read_text())
    for database in (saved, written):
        count = database.execute("SELECT count(*) FROM people WHERE city = 'Rome'").fetchone()[0]
        assert count == int((rows["city"] == "Rome").sum())
        database.close()
