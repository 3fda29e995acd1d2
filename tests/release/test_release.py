import csv
import io
import zipfile

import pandas as pd
import pytest
from starlette.testclient import TestClient

from synth.budget import Budget
from synth.budget.figures import up
from synth.errors import BundleError, NotReleasable
from synth.ingest import load
from synth.learning.aggregates import aggregate
from synth.learning.method import Model
from synth.methods.independent import Independent
from synth.methods.random import Random
from synth.release import Bundle, Release
from synth.release.release import as_saved
from synth.release.sandbox.server.service import Service
from synth.release.sandbox.server.table import Field, Table
from synth.release.table_files import write_csv
from synth.runs import read_recipe, run
from synth.runs.verifying import verify
from synth.schema.formulas import harmless
from synth.vault import Counting
from tests.bundles import summed, zipped

FILES = {
    "synthetic.csv",
    "synthetic.parquet",
    "README.md",
    "dictionary.csv",
    "datapackage.json",
    "croissant.json",
    "schema.json",
    "PRIVACY.md",
    "model.json",
    "release.json",
    "SHA256SUMS",
}


@pytest.fixture
def model(private) -> Model:
    fitted = Independent().fit(private, private.ledger.left)
    return as_saved(fitted, private.statement())


@pytest.fixture
def bundle(model) -> bytes:
    return Release(model, 60, seed=7, title="People").zipped()


def tampered(bundle: bytes, name: str, content: bytes | None) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bundle)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        if content is not None:
            new.writestr(name, content)
    out.seek(0)
    return out


def test_the_same_release_gives_the_same_bytes(model):
    one, two = (Release(model, 30, seed=7).zipped() for _ in range(2))
    assert one == two
    assert Release(model, 30, seed=8).zipped() != one


def test_a_bundle_holds_what_was_promised(bundle):
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        assert set(archive.namelist()) == FILES


def test_a_bundle_verifies(bundle):
    held = verify(Bundle.read(io.BytesIO(bundle)))
    assert held[0] == "10 files match their checksums, and there is no other."
    assert "Differentially private" in held[1]
    assert "same 60 rows" in held[2]


def test_csv_and_parquet_hold_the_same_rows(bundle):
    read = Bundle.read(io.BytesIO(bundle))
    text = pd.read_csv(io.BytesIO(read.files["synthetic.csv"]), dtype=str)
    shown = read.rows.astype(object).map(str, na_action="ignore")
    assert text.fillna("?").equals(shown.fillna("?").astype(text.dtypes))


def test_several_copies_differ_and_are_all_there(model):
    files = Release(model, 30, seed=7, copies=3).files()
    assert {"synthetic.csv", "synthetic-2.csv", "synthetic-3.csv"} <= set(files)
    assert files["synthetic.csv"] != files["synthetic-2.csv"]


HARM = {
    "rows changed": ("synthetic.csv", b"city,age,ill\nOslo,1,no\n", "`synthetic.csv` was changed"),
    "a file added": ("extra.txt", b"hello", "not in its list of checksums"),
    "a file gone": ("schema.json", None, "lacks schema.json"),
    "a table gone": (
        "synthetic.parquet",
        None,
        "listed but not in the bundle",
    ),
    "no checksums": ("SHA256SUMS", None, "lacks SHA256SUMS"),
}


@pytest.mark.parametrize(("name", "content", "says"), HARM.values(), ids=list(HARM))
def test_a_changed_bundle_is_refused(name, content, says, bundle):
    with pytest.raises(BundleError, match=says):
        Bundle.read(tampered(bundle, name, content))


def test_what_is_no_bundle_is_refused(tmp_path):
    with pytest.raises(BundleError, match="no zip archive"):
        Bundle.read(io.BytesIO(b"hello"))
    with pytest.raises(BundleError, match="no such bundle"):
        Bundle.read(tmp_path / "none.zip")


def test_a_promise_that_is_not_the_models_is_noticed(model):
    release = Release(model, 10)
    files = summed(release.files() | {"PRIVACY.md": b"Perfectly anonymous.\n"})
    with pytest.raises(BundleError, match=r"PRIVACY.md promises something else"):
        verify(Bundle(files))


def test_rows_that_the_model_does_not_draw_are_noticed(model):
    files = Release(model, 10, seed=1).files()
    files["synthetic.parquet"] = Release(model, 10, seed=2).files()["synthetic.parquet"]
    files = summed(files)
    with pytest.raises(BundleError, match="not those that the model draws"):
        verify(Bundle(files))


@pytest.mark.parametrize("block", [1_000_000, 7])
@pytest.mark.parametrize("order", [["city", "-age"], ["-CITY"], ["nowhere"], []])
def test_an_ordered_release_is_ordered_and_can_be_drawn_again(order, block, model, monkeypatch):
    monkeypatch.setattr("synth.release.release.BLOCK", block)
    monkeypatch.setattr("synth.learning.method.BLOCK", block)
    plain, ordered = Release(model, 50, seed=3), Release(model, 50, seed=3, order=order)
    rows = ordered.tables[0]
    keys = [k for k in ("city", "age") if any(k in o.lower() for o in order)]
    rising = [f"-{k}" not in [o.lower() for o in order] for k in keys]
    expected = plain.tables[0]
    if keys:
        expected = expected.sort_values(keys, ascending=rising, kind="stable")
    pd.testing.assert_frame_equal(rows, expected.reset_index(drop=True))
    bundle = Bundle.read(io.BytesIO(ordered.zipped()))
    assert verify(bundle)


def test_no_rows_are_no_release(model):
    with pytest.raises(NotReleasable, match="Ask for at least 1"):
        Release(model, 0)


RUN = ["=1+1", "+cmd|x!A1", "-SUM(A1)", "@F(x)", "\tx", "\rx", " =1", "\uff1d1+1", "\uff20F(x)"]
NOT_RUN = ["-99", "-5% or worse", "+5%", "-", "1--2", "+44 7700", "@name"]


@pytest.mark.parametrize("start", RUN)
def test_formulas_are_made_harmless_in_cells_and_headers(start):
    table = pd.DataFrame({start: pd.Series([start, "plain"], dtype=object), "n": [-1, 2]})
    file = io.BytesIO()
    list(write_csv([table], file))
    back = pd.read_csv(io.BytesIO(file.getvalue()), dtype=str)
    assert back.columns[0].startswith("'")
    assert back.iloc[0, 0].startswith("'")
    assert back["n"].tolist() == ["-1", "2"]


@pytest.mark.parametrize("text", NOT_RUN)
def test_what_no_spreadsheet_runs_stays_as_it_is(text):
    """An apostrophe would break a list of codes, and every join with it."""
    list(write_csv([pd.DataFrame({"a": [text]})], file := io.BytesIO()))
    assert pd.read_csv(io.BytesIO(file.getvalue()), dtype=str)["a"].tolist() == [text]


def test_the_sandbox_and_counts_keep_spreadsheets_from_the_same_cells():
    """The sandbox is taken away without the rest of synth, so it has the rule in its own words."""
    texts = [*RUN, *NOT_RUN, "\nx", "'=1"]
    row = {"id": 1} | dict.fromkeys(texts, "x") | {"=1+1": "@F(x)"}
    table = Table("t", tuple(Field(t, "string") for t in texts), (row,))
    with TestClient(Service({"t": table}, {}).app()) as api:
        answer = api.get("/t?_format=csv").content.decode()
    names, cells = csv.reader(io.StringIO(answer, newline=""))
    assert names == ["id", *map(harmless, texts)]
    assert cells[1] == "'@F(x)"
    people = load(pd.DataFrame({"=c": ["@F(x)", "b"] * 20}), Budget(epsilon=1.0))
    counted = aggregate(people.private, Counting(), 10).csv().decode()
    assert "'=c,'@F(x)" in counted


def test_cells_are_left_alone_where_the_custodian_says_so():
    people = pd.DataFrame({"a": ["=1+1", "no"] * 50})
    for safe, cell in (("true", "'=1+1"), ("false", "=1+1")):
        text = f'[privacy]\nepsilon = inf\n[method]\nname = "independent"\n[release]\nsafe = {safe}'
        files = run(read_recipe(text), people).release.files()
        assert set(pd.read_csv(io.BytesIO(files["synthetic.csv"]))["a"]) == {cell, "no"}
        assert verify(Bundle.read(zipped(files)))


def test_the_statement_tells_what_the_budget_was_spent_on(model):
    text = Release(model, 10).files()["PRIVACY.md"].decode()
    rho = up(model.statement.measured[0].rho)
    assert f"| one-way marginal: city | whole-number Gaussian noise | {rho} |  |" in text
    facts = "declared without looking at the rows"
    assert f"| city | category | quasi-identifier | {facts} | 3 | {facts}" in text


def test_random_values_say_that_no_row_was_read(private):
    model = Random().fit(private, private.ledger.left)
    assert model.statement.guarantee.epsilon == 0
