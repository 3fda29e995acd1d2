"""A release that a server made passes the gate where the rows are."""

import io
import json
import zipfile
from contextlib import contextmanager

import pandas as pd
import pytest
from typer.testing import CliRunner

from synth.cli import app, run_commands
from synth.evaluate import evaluation
from synth.release import Bundle
from synth.release.evidence.pack import digest, read_pack
from synth.runs import Outcome, read_recipe, run
from synth.runs.gate import gate
from synth.runs.held_here import held_here
from tests.people import some_people

RECIPE = """
rules = ["age only if ill is yes or no"]
[source]
file = "people.csv"
[method]
name = "independent"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table of people in 300 clubs, none of which can be told."""
    found = tmp_path_factory.mktemp("here")
    people = some_people(3000)
    people.assign(club=[f"Club {i % 300}" for i in range(len(people))]).to_csv(
        found / "people.csv", index=False
    )
    (found / "recipe.toml").write_text(RECIPE)
    return found


@pytest.fixture(scope="module")
def made(folder) -> Outcome:
    return run(read_recipe(RECIPE), folder=folder)


@pytest.fixture
def far_away(made, monkeypatch):
    """A server that answers at once."""

    class Far:
        def run(self, *asked) -> bytes:
            return made.release.zipped()

    @contextmanager
    def there(server, token):
        yield Far()

    monkeypatch.setattr(run_commands, "connected", there)


def typed(folder, *words: str):
    asked = ["run", str(folder / "recipe.toml"), "-o", str(folder / "r.zip"), *words]
    return CliRunner().invoke(app, [*asked, "--server", "https://far.example", "--token", "t" * 16])


def test_it_finds_what_a_run_here_would_have_found(folder, made):
    bundle = Bundle.read(io.BytesIO(made.release.zipped()))
    recipe = read_recipe(RECIPE)
    found = held_here(recipe, bundle, folder / "people.csv").comparison
    assert found == made.comparison
    lines = gate(recipe, bundle.model, found)
    assert [line.key for line in lines if line.open] == ["lost club"]


@pytest.mark.usefixtures("far_away")
def test_where_the_gate_stops_it_nothing_is_written_if_that_was_asked_for(folder):
    told = typed(folder, "--strict")
    assert told.exit_code == 3, told.output
    assert "`club`: nothing survives" in told.output
    assert not (folder / "r.zip").exists()


@pytest.mark.usefixtures("far_away")
def test_a_reason_given_here_can_be_kept_and_is_in_the_evidence(folder, monkeypatch):
    monkeypatch.setattr(evaluation, "_telling", lambda *asked: [])  # two seconds of trees
    held = folder / "held.zip"
    words = ("--strict", "--despite", "clubs are  not needed", "--evidence", str(held))
    told = typed(folder, *words)
    assert told.exit_code == 0, told.output
    assert read_pack(held).release == digest(Bundle.read(folder / "r.zip"))
    with zipfile.ZipFile(held) as pack:
        report = json.loads(pack.read("report.json"))
    assert report["rows"] == 3000 and report["scores"]
    (line,) = (x for x in report["gate"] if x["key"] == "lost club")
    assert line["reason"] == "clubs are not needed"
    kept = read_recipe(
        RECIPE + told.output[told.output.index("[release.exc") :].partition("Wrote")[0]
    )
    assert kept.release.exceptions == {"lost club": "clubs are not needed"}
    (folder / "r.zip").unlink()


@pytest.mark.usefixtures("far_away")
def test_a_table_that_is_not_as_it_was_costs_no_release(folder):
    other = folder / "other.csv"
    pd.DataFrame({"colour": ["red", "blue"] * 20}).to_csv(other, index=False)
    told = typed(folder, "--data", str(other))
    assert told.exit_code == 0, told.output
    assert "Nobody held the release against the real rows." in told.output
    assert (folder / "r.zip").exists()
    (folder / "r.zip").unlink()
    assert typed(folder, "--data", str(other), "--strict").exit_code == 2


@pytest.mark.usefixtures("far_away")
def test_of_the_servers_own_rows_the_gate_cannot_be_asked(folder):
    asked = RECIPE.replace('file = "people.csv"', 'database = "hospital"\nquery = "SELECT 1"')
    (folder / "asked.toml").write_text(asked)
    words = ["run", str(folder / "asked.toml"), "-o", str(folder / "r.zip"), "--token", "t" * 16]
    words += ["--server", "https://far.example"]
    refused = CliRunner().invoke(app, [*words, "--strict"])
    assert refused.exit_code == 2
    assert "The rows are the server's" in refused.output
    assert "Nobody held" in CliRunner().invoke(app, words).output
    (folder / "r.zip").unlink()
