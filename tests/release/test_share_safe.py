"""A report that may be handed on: worked out from a bundle alone, and from nothing else."""

from __future__ import annotations

import io
import json
import zipfile
from inspect import signature

import pandas as pd
import pytest
from typer.testing import CliRunner

from synth.cli import app
from synth.release import Bundle
from synth.release.share_safe import share_safe, share_safe_page
from synth.runs import Outcome, read_recipe, run
from tests.people import DECLARED, some_people


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    told = '[release]\ntitle = "<b>Ward 7"\n[method]\nname = "independent"\n'
    return run(read_recipe(told + DECLARED), some_people(300))


@pytest.fixture(scope="module")
def bundle(outcome) -> Bundle:
    return Bundle.read(io.BytesIO(outcome.release.zipped()))


def test_it_tells_promise_columns_noise_and_files_and_runs_nothing(bundle):
    told, page = share_safe(bundle), share_safe_page(bundle)
    assert {c["name"] for c in told["columns"]} == {"city", "age", "ill"}
    assert all(c["noise_rows"] > 1 for c in told["columns"])
    assert set(told["files"]) == set(bundle.files)
    assert "may be handed on" in page and "not signed" in page
    assert "&lt;b&gt;Ward 7" in page and "<b>Ward" not in page
    assert "<script" not in page and "https:" not in page  # it opens offline
    assert json.loads(json.dumps(told)) == told


def test_no_figure_of_the_custodian_can_enter_it(outcome, bundle):
    # A bundle is all that it takes, and what is compared with real rows is in none.
    assert list(signature(share_safe).parameters) == ["bundle"]
    assert list(signature(share_safe_page).parameters) == ["bundle"]
    text = json.dumps(share_safe(bundle)) + share_safe_page(bundle)
    for one in outcome.comparison.columns:
        assert f"{one.tvd:.4f}" not in text and f"{one.tvd!r}" not in text
    assert share_safe(Bundle(dict(bundle.files))) == share_safe(bundle)


def test_a_bundle_that_somebody_wrote_into_has_no_report(bundle, tmp_path):
    path, page, twin = (tmp_path / n for n in ("r.zip", "r.html", "r.json"))
    with zipfile.ZipFile(path, "w") as made:
        for name, content in bundle.files.items():
            made.writestr(name, content)
    asked = ["report", str(path), "-o", str(page), "--json", str(twin)]
    facts = json.loads(bundle.files["release.json"])
    with zipfile.ZipFile(path, "w") as made:
        for name, content in bundle.files.items():
            changed = json.dumps({**facts, "real_distance": 0.0123}).encode()
            made.writestr(name, changed if name == "release.json" else content)
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 2 and not page.exists() and not twin.exists()


def test_the_command_writes_both(outcome, tmp_path):
    path, page, twin = (tmp_path / n for n in ("r.zip", "r.html", "r.json"))
    path.write_bytes(outcome.release.zipped())
    done = CliRunner().invoke(app, ["report", str(path), "-o", str(page), "--json", str(twin)])
    assert done.exit_code == 0, done.output
    told = json.loads(twin.read_text())
    assert told["rows"] == len(pd.read_csv(io.BytesIO(zipfile.ZipFile(path).read("synthetic.csv"))))
