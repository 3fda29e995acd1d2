"""The mock API's Postman collection, run by newman as its users would run it."""

import io
import json
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from synth.release import Bundle
from synth.release.sandbox import resources
from synth.release.sandbox.postman import environment
from synth.release.sandbox.resources import about
from synth.release.sandbox.take_away import files
from tests.mock_api import TOKEN, mock_api, people_release
from tests.server import ROOT
from tests.waiting import PATIENCE

NEWMAN = ROOT / ".venv" / "newman" / "node_modules" / ".bin" / "newman"
needs_newman = pytest.mark.skipif(
    not NEWMAN.exists(), reason="no newman: `make newman` installs it with npm"
)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    return people_release(tmp_path_factory.mktemp("postman") / "people.zip")


@pytest.fixture(scope="module")
def collection(bundle) -> dict:
    """As it is taken away."""
    read = Bundle.read(bundle)
    taken = files(resources(read, "people"), about(read))
    return json.loads(taken["postman_collection.json"])


@pytest.fixture(scope="module")
def address(bundle):
    with mock_api(bundle, "--token", TOKEN) as address:
        yield address


def newman(collection: dict, address: str, folder: Path, token: str = TOKEN) -> dict:
    """What newman reports of a run."""
    (folder / "collection.json").write_text(json.dumps(collection))
    (folder / "environment.json").write_text(json.dumps(environment(address, token)))
    words = ("run", "collection.json", "--environment", "environment.json")
    report = ("--reporters", "json", "--reporter-json-export", "report.json")
    subprocess.run([NEWMAN, *words, *report], cwd=folder, capture_output=True, timeout=PATIENCE)
    return json.loads((folder / "report.json").read_text())["run"]


def failed(ran: dict) -> list[str]:
    return [f"{f['source']['name']}: {f['error']['message']}" for f in ran["failures"]]


def asked(collection: dict) -> int:
    folders = [i["item"] for i in collection["item"] if "item" in i]
    return len(collection["item"]) - len(folders) + sum(len(f) for f in folders)


@needs_newman
def test_every_request_is_sent_and_every_test_holds(collection, address, tmp_path):
    ran = newman(collection, address, tmp_path)
    assert failed(ran) == []
    stats = ran["stats"]
    assert stats["requests"] == {"total": asked(collection), "pending": 0, "failed": 0}
    assert asked(collection) == 34, "two resources of 16 requests, and two of their own"
    assert stats["assertions"]["pending"] == stats["assertions"]["failed"] == 0
    assert stats["assertions"]["total"] == 2 * asked(collection) + 2 * 3
    checks = [c for e in ran["executions"] for c in e["assertions"]]
    assert not [c for c in checks if c["skipped"]]


@needs_newman
def test_it_leaves_nothing_behind_and_can_be_run_again(collection, address, tmp_path):
    for _ in range(2):
        assert failed(newman(collection, address, tmp_path)) == []


@needs_newman
def test_a_wrong_token_fails_it(collection, address, tmp_path):
    told = failed(newman(collection, address, tmp_path, token="another"))
    assert len(told) >= asked(collection)
    assert any("401" in f for f in told)


@needs_newman
@pytest.mark.nightly
def test_an_answer_that_is_not_as_told_fails_it(bundle, collection, tmp_path):
    with mock_api(bundle, "--token", TOKEN, "--read-only") as address:
        told = failed(newman(collection, address, tmp_path))
    assert any(f.startswith("Add a row: ") and "403" in f for f in told)
    assert not any(f.startswith("Rows: ") for f in told)


@pytest.mark.parametrize(("name", "beside"), [("people", "aggregates"), ("aggregates", "counts")])
def test_counts_are_served_beside_the_rows_as_they_are_in_the_bundle(name, beside, bundle):
    read = Bundle.read(bundle)
    served = resources(read, name)
    assert set(served) == {name, beside}
    listed = pd.read_csv(io.BytesIO(read.files["counts.csv"]), dtype=str, keep_default_na=False)
    told = [["" if v is None else str(v) for v in row.values()][1:] for row in served[beside].rows]
    assert told == listed.to_numpy().tolist()
    assert len(served[name].rows) == 200
