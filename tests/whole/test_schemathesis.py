"""Both APIs against their own OpenAPI documents, by an outside judge: schemathesis."""

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.mock_api import TOKEN, mock_api, people_release, wait_for_answer
from tests.server import ROOT, free_port
from tests.waiting import PATIENCE, until

JUDGE = Path(sys.executable).with_name("schemathesis")
PHASES = ("coverage", "fuzzing", "stateful")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    return people_release(tmp_path_factory.mktemp("sandbox") / "people.zip")


def judged(document: str, folder: Path, examples: int, token: str, settings: str = "") -> dict:
    """What schemathesis reports; the same requests every time."""
    (folder / "schemathesis.toml").write_text(settings)
    words = [
        *("run", document, "--header", f"Authorization: Bearer {token}"),
        *("--generation-deterministic", "--max-examples", str(examples), "--no-color"),
        *("--checks", "all", "--report", "json", "--report-json-path", "report.json"),
    ]
    done = subprocess.run([JUDGE, *words], cwd=folder, capture_output=True, text=True)
    assert (folder / "report.json").exists(), done.stdout + done.stderr
    return {**json.loads((folder / "report.json").read_text()), "told": done.stdout}


def assert_nothing_found(report: dict, operations: int, least: int) -> None:
    assert report["failures"] == report["errors"] == [], report["told"]
    assert report["exit_code"] == 0, report["told"]
    assert report["operations"]["tested"] == report["operations"]["total"] == operations
    assert {report["phases"][p]["status"] for p in PHASES} == {"success"}
    assert report["test_cases"]["generated"] > least
    assert not [w for w, about in report["warnings"].items() if about], report["told"]


@pytest.mark.parametrize("examples", [5, pytest.param(25, marks=pytest.mark.nightly)])
@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("--token", TOKEN), id="a token"),
        pytest.param(("--open",), id="open", marks=pytest.mark.nightly),
    ],
)
def test_the_sandbox_does_as_its_document_says(words, examples, bundle, tmp_path):
    with mock_api(bundle, *words) as address:
        report = judged(f"{address}/openapi.json", tmp_path, examples, TOKEN)
    assert_nothing_found(report, operations=22, least=40 * examples)


@pytest.mark.nightly
def test_a_sandbox_that_breaks_its_word_is_found_out(bundle, tmp_path):
    with mock_api(bundle, "--token", TOKEN, "--failures", "0.2", "--seed", "3") as address:
        report = judged(f"{address}/openapi.json", tmp_path, 3, TOKEN)
    assert report["exit_code"] == 1
    assert "503" in report["told"]


# -- the REST API ------------------------------------------------------------------------------

OWNER = "alice-0123456789abcdef"
# Jobs enough that their number is not what every answer is about.
SERVE = """
import sys
import uvicorn
from starlette.applications import Starlette
from synth.api import api, mounted
from synth.api.registry import Registry, Rules
from synth.ingest import Database
from ui.data.sources import HOSPITAL

databases = {"hospital": Database(f"sqlite:///{HOSPITAL}")}
app = Starlette(routes=[mounted(api(sys.argv[1], lambda: databases, Registry(Rules(1000))))])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="critical")
"""
# Which text is a recipe, which a query and which content a table cannot be said in a schema; the
# document says that 422 is the answer then.
REFUSALS = """
[[operations]]
include-name = "POST /jobs"
checks.positive_data_acceptance.expected-statuses = ["2xx", 404, 422]
"""


@contextmanager
def rest_api():
    port = free_port()
    words = [sys.executable, "-c", SERVE, OWNER, str(port)]
    process = subprocess.Popen(words, cwd=ROOT, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/api/v1"
    try:
        wait_for_answer(f"{address}/openapi.json", process)
        yield address
    finally:
        process.terminate()
        process.wait(PATIENCE)


@pytest.fixture(scope="module")
def address():
    with rest_api() as address:
        yield address


@pytest.mark.parametrize("examples", [20, pytest.param(50, marks=pytest.mark.nightly)])
def test_the_rest_api_does_as_its_document_says(examples, address, tmp_path):
    report = judged(f"{address}/openapi.json", tmp_path, examples, OWNER, REFUSALS)
    assert_nothing_found(report, operations=8, least=8 * examples)
    assert report["phases"]["examples"]["status"] == "success"


@pytest.mark.nightly
def test_without_the_right_token_it_tells_nothing(address, tmp_path):
    report = judged(f"{address}/openapi.json", tmp_path, 2, "guess-0123456789abcdef", REFUSALS)
    assert report["warnings"]["missing_auth"], report["told"]


@pytest.mark.parametrize("kind", ["multipart/form-data", "application/json"])
def test_the_examples_in_its_document_are_jobs(kind, address):
    with httpx.Client(headers={"Authorization": f"Bearer {OWNER}"}, timeout=PATIENCE) as owner:
        document = owner.get(f"{address}/openapi.json").json()
        operation = document["paths"]["/jobs"]["post"]
        sent = operation["requestBody"]["content"][kind]["example"]
        form = {"files": {n: (n, text) for n, text in sent.items()}}
        begun = owner.post(f"{address}/jobs", **({"json": sent} if "json" in kind else form))
        assert begun.status_code == 202
        links = operation["responses"]["202"]["links"]
        asked = {
            o["operationId"]: p for p, item in document["paths"].items() for o in item.values()
        }
        places = {n: asked[link["operationId"]].format(**begun.json()) for n, link in links.items()}
        state = f"{address}{places['state']}"
        until(lambda: owner.get(state).json()["state"] == "finished", "the job did not finish")
        assert owner.get(f"{address}{places['bundle']}").content.startswith(b"PK")
        assert owner.delete(f"{address}{places['end']}").status_code == 204
