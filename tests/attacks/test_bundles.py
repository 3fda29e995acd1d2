"""Somebody changes a bundle, rewrites the list of checksums, and passes it on."""

from __future__ import annotations

import importlib
import io
import json
import math
import pkgutil
import re
import zipfile
from collections.abc import Callable
from dataclasses import is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from synth.budget import Budget, Rho
from synth.budget.population import RunningTotal, population_lines
from synth.cli import app
from synth.errors import BundleError, SynthError
from synth.ingest import load
from synth.release import Bundle
from synth.release.archive import SIGNED, SUMS
from synth.release.counts import aggregates_of
from synth.release.showcase import showcase
from synth.release.signature import new_key, read_key
from synth.release.table_files import write_csv, write_parquet
from synth.runs import Recipe, read_recipe, run
from synth.runs.recipe_file import handed_on
from synth.runs.verifying import verify
from synth.schema import Schema
from synth.vault import PrivateTable
from tests.bundles import passed_on
from tests.people import SCHEMA, some_people

Files = dict[str, bytes]
SAMPLE = Path(__file__).parents[2] / "sample_data" / "hospital_admissions.csv"


def people() -> pd.DataFrame:
    """Some people with a number each, which nobody else has."""
    numbers = np.random.default_rng(5).permutation(9000)[:400] + 1000
    return some_people().assign(code=[f"K-{n}" for n in numbers])


ID = {"name": "code", "role": "identifier", "template": "K-####"}
WHOLE: dict[str, Any] = {
    "column": [
        {"name": "city", "values": ["Oslo", "Rome"], "meaning": "where they live"},
        {"name": "age", "kind": "integer", "low": 0, "high": 120},
        ID,
    ],
    "privacy": {"epsilon": 5.0},
}
RECIPES: dict[str, dict[str, Any]] = {
    "independent": {**WHOLE, "method": {"name": "independent"}},
    "tree, three ordered copies": {
        **WHOLE,
        "method": {"name": "tree"},
        "release": {"copies": 3, "order": ["city", "-age"], "title": "People", "rows": 50},
    },
    "row_seeded with its counts": {"column": [ID], "method": {"name": "row_seeded", "k": 5}},
    "independent with noisy counts": {
        **WHOLE,
        "method": {"name": "independent"},
        "counts": {"k": 5, "protection": "noisy", "length": 2},
        "showcase": {"text": "A few people.", "colour": "#112233"},
    },
    "sequential": {**WHOLE, "method": {"name": "sequential"}},
}


@cache
def made(name: str) -> bytes:
    return run(Recipe.model_validate(RECIPES[name]), people()).release.zipped()


@pytest.fixture(params=RECIPES)
def files(request) -> Files:
    return dict(Bundle.read(io.BytesIO(made(request.param))).files)


def edited(files: Files, name: str, change: Callable[[Any], None]) -> Files:
    document = json.loads(files[name])
    change(document)
    text = json.dumps(document, indent=1, ensure_ascii=False)
    end = "\n" if files[name].endswith(b"\n") else ""
    return {**files, name: (text + end).encode()}


def replaced(files: Files, name: str, old: str, new: str) -> Files:
    text = files[name].decode()
    assert old in text
    return {**files, name: text.replace(old, new, 1).encode()}


def csv_of(rows: pd.DataFrame) -> bytes:
    list(write_csv([rows], file := io.BytesIO()))
    return file.getvalue()


def parquet_of(rows: pd.DataFrame) -> bytes:
    list(write_parquet([rows], file := io.BytesIO()))
    return file.getvalue()


def real_like(files: Files) -> pd.DataFrame:
    """The real rows in the shape of the synthetic ones."""
    made_up = pd.read_parquet(io.BytesIO(files["synthetic.parquet"]))
    real = people()[list(made_up)]
    return pd.concat([real] * (1 + len(made_up) // len(real))).head(len(made_up))


def real_identifiers(files: Files) -> Files:
    rows = pd.read_parquet(io.BytesIO(files["synthetic.parquet"]))
    rows["code"] = real_like(files)["code"].tolist()
    return {**files, "synthetic.parquet": parquet_of(rows)}


def smaller_epsilon(files: Files) -> Files:
    def change(model: Any) -> None:
        model["statement"] |= {"guarantee": "differentially private", "epsilon": 0.1}

    changed = edited(files, "model.json", change)
    text = changed["PRIVACY.md"].decode().replace("ε = 5", "ε = 0.1").replace("epsilon 5", "0.1")
    return {**changed, "PRIVACY.md": text.encode()}


def smaller_limit(files: Files) -> Files:
    def change(model: Any) -> None:
        model["statement"]["most_epsilon"] = 0.1

    return edited(files, "model.json", change)


def cut_ledger(files: Files) -> Files:
    return edited(files, "model.json", lambda model: model["statement"]["ledger"].pop())


def empty_ledger(files: Files) -> Files:
    return edited(files, "model.json", lambda model: model["statement"]["ledger"].clear())


def quieter_ledger(files: Files) -> Files:
    def change(model: Any) -> None:
        for line in model["statement"]["ledger"]:
            line |= {"rho": 1e-6} if "rho" in line else {"k": 50} if "k" in line else {}

    return edited(files, "model.json", change)


def another_origin(files: Files) -> Files:
    def change(schema: Any) -> None:
        schema[0]["origin"] = "declared" if schema[0]["origin"] != "declared" else "discovered"

    return edited(files, "schema.json", change)


def rows_in_the_model(files: Files) -> Files:
    real = people().head(20).astype(str).to_dict("records")
    return edited(files, "model.json", lambda model: model.update(notes=real))


def rows_in_the_schema(files: Files) -> Files:
    real = people()["code"].tolist()
    return edited(files, "schema.json", lambda schema: schema[0].update(reason=str(real)))


def rows_in_the_recipe(files: Files) -> Files:
    comment = f"# {people()['code'].tolist()}\n".encode()
    return {**files, "recipe.toml": files["recipe.toml"] + comment}


def another_seed(files: Files) -> Files:
    return edited(files, "release.json", lambda facts: facts.update(seed=facts["seed"] + 1))


def another_title(files: Files) -> Files:
    return edited(files, "release.json", lambda facts: facts.update(title="Official figures"))


def noted_release(files: Files) -> Files:
    return edited(files, "release.json", lambda facts: facts.update(note="K-1234"))


def more_rows(files: Files) -> Files:
    return edited(files, "release.json", lambda facts: facts.update(rows=10**12))


def prettier_look(files: Files) -> Files:
    return edited(files, "showcase.json", lambda look: look.update(text="No risk at all."))


def noted_look(files: Files) -> Files:
    return edited(files, "showcase.json", lambda look: look.update(note="K-1234"))


def without_look(files: Files) -> Files:
    return {n: c for n, c in files.items() if n != "showcase.json"}


def without_recipe_method(files: Files) -> Files:
    text = files["recipe.toml"].decode().split("[method]")[0]
    return {**files, "recipe.toml": text.encode()}


def another_recipe(files: Files) -> Files:
    text = files["recipe.toml"].decode()
    if "epsilon = 5.0" in text:
        return replaced(files, "recipe.toml", "epsilon = 5.0", "epsilon = 0.25")
    return {**files, "recipe.toml": text.encode() + b"\n[privacy]\nepsilon = 0.25\n"}


TAMPERINGS: dict[str, Callable[[Files], Files]] = {
    "real rows as CSV": lambda f: {**f, "synthetic.csv": csv_of(real_like(f))},
    "real rows as Parquet": lambda f: {**f, "synthetic.parquet": parquet_of(real_like(f))},
    "real rows in both": lambda f: {
        **f,
        "synthetic.csv": csv_of(real_like(f)),
        "synthetic.parquet": parquet_of(real_like(f)),
    },
    "real identifiers in the Parquet file": real_identifiers,
    "one more line in the CSV file": lambda f: {**f, "synthetic.csv": f["synthetic.csv"] + b"x"},
    "a smaller epsilon": smaller_epsilon,
    "a smaller limit": smaller_limit,
    "a cut ledger": cut_ledger,
    "no ledger": empty_ledger,
    "a ledger that cost less": quieter_ledger,
    "another PRIVACY.md": lambda f: {**f, "PRIVACY.md": b"Perfectly anonymous.\n"},
    "a longer PRIVACY.md": lambda f: {**f, "PRIVACY.md": f["PRIVACY.md"] + b"And no risk.\n"},
    "another schema": another_origin,
    "rows in the schema": rows_in_the_schema,
    "rows in the model": rows_in_the_model,
    "rows in the recipe": rows_in_the_recipe,
    "another recipe": another_recipe,
    "a recipe without its method": without_recipe_method,
    "an extra file": lambda f: {**f, "people.csv": csv_of(people())},
    "an extra table": lambda f: {**f, "synthetic-9.csv": csv_of(people())},
    "counts from elsewhere": lambda f: {**f, "counts.csv": b"count,column_1,value_1\n1,city,X\n"},
    "another seed": another_seed,
    "another title": another_title,
    "a note in release.json": noted_release,
    "more rows than can be drawn": more_rows,
    "another look": prettier_look,
    "a note in the look": noted_look,
    "no look": without_look,
}


def test_a_bundle_that_nobody_changed_holds(files):
    held = verify(passed_on(files))
    assert len(held) >= 4 and not [s for s in held if "igned" in s]


@pytest.mark.parametrize("change", TAMPERINGS.values(), ids=list(TAMPERINGS))
def test_a_changed_bundle_does_not_hold(change, files):
    changed = change(files)
    if changed == files:
        pytest.skip("there is nothing of the kind in it")
    with pytest.raises(BundleError):
        verify(passed_on(changed))


def test_a_statement_without_its_exceptions_does_not_fit_the_schema():
    """Everything else made anew by whoever left them out, with our own code."""
    recipe = {"method": {"name": "independent"}, "privacy": {"discover": False}}
    release = run(Recipe.model_validate(recipe), people()).release
    assert not release.statement.formal and verify(passed_on(release.files()))
    bare = replace(release.statement, exceptions=(), columns=())
    assert bare.formal
    extras = {n: c for n, c in release.files().items() if n == "showcase.json"}
    forged = replace(release, model=replace(release.model, statement=bare), extras=extras)
    with pytest.raises(BundleError, match="the promise leaves that out"):
        verify(passed_on(forged.files()))


# -- the archive itself --------------------------------------------------------------------------


def test_two_files_of_one_name_are_refused():
    """Which of the two somebody sees depends on what they unpack with."""
    out = io.BytesIO(made("independent"))
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("synthetic.csv", csv_of(people()))
    with pytest.raises(BundleError, match="under a name that another has"):
        Bundle.read(out)


def with_comment(content: bytes) -> bytes:
    with zipfile.ZipFile(out := io.BytesIO(content), "a") as archive:
        archive.comment = csv_of(people())[:60_000]
    return out.getvalue()


def with_extra_field(content: bytes) -> bytes:
    files = Bundle.read(io.BytesIO(content)).files
    with zipfile.ZipFile(out := io.BytesIO(), "w") as archive:
        for name in files:
            info = zipfile.ZipInfo(name)
            info.extra = b"xx" + len(b"K-1234").to_bytes(2, "little") + b"K-1234"
            archive.writestr(info, files[name])
    return out.getvalue()


def with_a_gap(content: bytes) -> bytes:
    """A file that the list at the end no longer names, left between two others."""
    files = Bundle.read(io.BytesIO(content)).files
    with zipfile.ZipFile(out := io.BytesIO(), "w") as archive:
        for name in files:
            archive.writestr(name, files[name])
            if name == "synthetic.csv":
                archive.writestr("people.csv", csv_of(people()))
        archive.filelist = [i for i in archive.filelist if i.filename != "people.csv"]
        del archive.NameToInfo["people.csv"]
    return out.getvalue()


HIDDEN = {
    "before the first file": lambda c: csv_of(people()) + c,
    "in a comment": with_comment,
    "in an extra field": with_extra_field,
    "between two files": with_a_gap,
    "behind the end": lambda c: c + b"K-1234",
}


@pytest.mark.parametrize("hide", HIDDEN.values(), ids=list(HIDDEN))
def test_what_lies_in_the_archive_beside_its_files_is_refused(hide):
    with pytest.raises(BundleError, match=r"holds more than its files|no zip archive"):
        verify(Bundle.read(io.BytesIO(hide(made("independent")))))


# -- versions ------------------------------------------------------------------------------------


def test_an_older_drawing_is_called_that_and_not_a_forgery():
    files = dict(Bundle.read(io.BytesIO(made("independent"))).files)
    older = edited(files, "release.json", lambda facts: facts.update(drawing=0))
    with pytest.raises(BundleError, match=r"version 0 of the drawing, and this is version \d+"):
        verify(passed_on(older))
    before = edited(files, "release.json", lambda facts: facts.pop("drawing"))
    with pytest.raises(BundleError, match="cannot be drawn again here"):
        verify(passed_on(before))


def test_other_libraries_are_named_where_files_do_not_come_out_the_same():
    files = dict(Bundle.read(io.BytesIO(made("independent"))).files)
    other = edited(files, "release.json", lambda facts: facts["libraries"].update(pyarrow="1.0"))
    assert verify(passed_on(other)), "the same bytes come from other versions as well"
    other["synthetic.parquet"] = parquet_of(real_like(files))
    with pytest.raises(BundleError, match=r"other versions .*pyarrow 1\.0"):
        verify(passed_on(other))
    spoken = edited(files, "release.json", lambda facts: facts["libraries"].update(numpy="K 1"))
    with pytest.raises(BundleError, match="describes another release"):
        verify(passed_on(spoken))


# -- signatures ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return new_key(tmp_path_factory.mktemp("keys") / "custodian.key")


@pytest.fixture
def signed(key) -> Files:
    recipe = Recipe.model_validate(RECIPES["independent"])
    return dict(Bundle.read(io.BytesIO(run(recipe, people()).release.zipped(key))).files)


def test_a_signed_bundle_names_its_key(signed, key):
    bundle = passed_on(signed)
    assert bundle.signed_by == key.fingerprint
    assert verify(bundle, key.fingerprint.upper())[-1] == f"Signed by the key {key.fingerprint}."


def test_another_key_is_refused_where_one_is_asked_for(signed, key, tmp_path):
    stranger = new_key(tmp_path / "stranger.key")
    resigned = {**signed, SIGNED: stranger.sign(signed[SUMS])}
    assert verify(passed_on(resigned))[-1].endswith(f"{stranger.fingerprint}.")
    with pytest.raises(BundleError, match="signed by another key"):
        verify(passed_on(resigned), key.fingerprint)
    unsigned = {n: c for n, c in signed.items() if n != SIGNED}
    with pytest.raises(BundleError, match="signed by nobody"):
        verify(passed_on(unsigned), key.fingerprint)


def test_a_signature_of_something_else_is_refused_when_the_bundle_is_opened(signed, key):
    for changed in (
        {**signed, "PRIVACY.md": b"Perfectly anonymous."},
        {**signed, SIGNED: key.sign(b"another list")},
        {**signed, SIGNED: signed[SIGNED] + b" "},
        {**signed, SIGNED: b"{}"},
        edited(signed, SIGNED, lambda told: told.update(note="K-1234")),
        edited(signed, SIGNED, lambda told: told.update(public_key="AAAA")),
    ):
        with pytest.raises(BundleError, match="does not belong to this bundle"):
            passed_on(changed)


def test_a_whole_forgery_holds_together_and_only_the_signature_tells(signed, key, tmp_path):
    """Whoever makes another release, with a ledger of their own, makes a bundle that holds."""
    other = {**RECIPES["independent"], "privacy": {"epsilon": 0.1}}
    forged = run(Recipe.model_validate(other), people()).release.zipped()
    assert verify(Bundle.read(io.BytesIO(forged)))
    with pytest.raises(BundleError, match="signed by nobody"):
        verify(Bundle.read(io.BytesIO(forged)), key.fingerprint)


def test_a_key_is_its_owners_alone(tmp_path):
    path = tmp_path / "own.key"
    made_key = new_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_key(path).fingerprint == made_key.fingerprint
    assert "own" not in repr(made_key) and path.read_text()[30:60] not in repr(made_key)
    with pytest.raises(SynthError, match="exists already"):
        new_key(path)
    path.chmod(0o644)
    with pytest.raises(SynthError, match="Others may read"):
        read_key(path)
    path.chmod(0o600)
    path.write_text("no key")
    with pytest.raises(SynthError, match="holds no Ed25519 key"):
        read_key(path)


# -- the recipe ----------------------------------------------------------------------------------


def test_a_code_that_was_seen_in_the_rows_is_not_in_the_recipe_of_a_release():
    table = pd.DataFrame({"age": [*range(20, 80)] * 5 + [-99] * 30})
    text = """
        [method]
        name = "independent"
        [[column]]
        name = "age"
        codes = ["-99"]
        seen = true
        """
    files = run(read_recipe(text), table).release.files()
    assert "-99" not in files["recipe.toml"].decode()
    assert "No formal guarantee for: `age`" in files["PRIVACY.md"].decode()


def test_the_recipe_of_a_release_names_no_place_and_no_value_that_rows_chose(tmp_path):
    (tmp_path / "undisclosed").mkdir()
    people().to_csv(tmp_path / "undisclosed" / "ward seven.csv", index=False)
    (tmp_path / "undisclosed" / "logo.svg").write_text("<svg/>")
    (tmp_path / "undisclosed" / "map.csv").write_text("city,land\nOslo,Norway\nRome,Italy\n")
    recipe = read_recipe(
        """
        [source]
        file = "undisclosed/ward seven.csv"
        [people]
        population = "patients of 2026"
        [privacy]
        ledger = "undisclosed/ledger"
        anchor = "undisclosed/anchor"
        [method]
        name = "independent"
        [showcase]
        logo = "undisclosed/logo.svg"
        [[column]]
        name = "code"
        role = "identifier"
        [[protect]]
        step = "lookup"
        column = "city"
        file = "undisclosed/map.csv"
        take = "land"
        into = "land"
        """
    )
    outcome = run(recipe, folder=tmp_path)
    bundle = Bundle.read(io.BytesIO(outcome.release.zipped()))
    text = bundle.files["recipe.toml"].decode()
    for place in ("undisclosed", "ward seven", str(tmp_path), "ledger =", "anchor ="):
        assert place not in text
    assert 'logo = "logo.svg"' in text and 'file = "map.csv"' in text
    assert "fill in where the table is" in text.replace("\n# ", " ")
    assert verify(bundle)


def test_an_address_of_a_database_is_not_handed_on(tmp_path):
    path = SAMPLE.with_name("hospital.sqlite")
    recipe = Recipe.model_validate(
        {
            "source": {
                "database": f"sqlite:///{path}",
                "query": "SELECT sex, smoker FROM patients",
            },
            "method": {"name": "independent"},
        }
    )
    text = dict(run(recipe).release.files())["recipe.toml"].decode()
    assert "sqlite" not in text and str(path) not in text
    assert "SELECT sex, smoker" in text


def test_values_that_the_rows_chose_are_not_handed_on():
    """A recipe may list values that somebody copied off the rows; the schema knows where from."""
    recipe = Recipe.model_validate(
        {
            "column": [
                {"name": "city", "values": ["Oslo", "Rome"], "kind": "category"},
                {"name": "age", "kind": "integer", "low": 17, "high": 103},
                {"name": "ill", "values": ["no", "yes"]},
            ]
        }
    )
    documents = [
        {"name": "city", "domain": "categories", "values": ["Oslo"], "origin": "discovered"},
        {"name": "age", "kind": "integer", "domain": "numbers", "edges": [17, 104]}
        | {"origin": "observed"},
        {"name": "ill", "domain": "categories", "values": ["no", "yes"]},
    ]
    text = handed_on(recipe, Schema.of(documents))
    assert "Oslo" not in text and "103" not in text and "17" not in text
    assert 'values = ["no", "yes"]' in text and 'name = "age"' in text


# -- what a custodian types ----------------------------------------------------------------------

TYPED = ("adaptive", "sequential")
OTHERS = ("independent", "tree", "correlated", "mixture")


@pytest.mark.parametrize(
    "method", [*TYPED, *(pytest.param(m, marks=pytest.mark.nightly) for m in OTHERS)]
)
def test_a_release_of_the_sample_holds_as_it_is_typed(method, tmp_path):
    recipe, out = tmp_path / "recipe.toml", tmp_path / "release.zip"
    recipe.write_text(f'[source]\nfile = "{SAMPLE}"\n[method]\nname = "{method}"\n')
    key = tmp_path / "own.key"
    for words in (
        ("key", "new", key),
        ("run", recipe, "-o", out, "--key", key),
        ("verify", out),
        ("verify", out, "--against", SAMPLE),
        ("verify", out, "--signed-by", read_key(key).fingerprint if key.exists() else ""),
    ):
        told = CliRunner().invoke(app, [str(w) for w in words])
        assert told.exit_code == 0, told.output
        assert words[0] != "verify" or "ok  Signed by the key" in told.output


def test_a_release_that_nobody_signed_says_so(tmp_path):
    recipe, out = tmp_path / "recipe.toml", tmp_path / "release.zip"
    some_people().to_csv(tmp_path / "people.csv", index=False)
    recipe.write_text('[source]\nfile = "people.csv"\n[method]\nname = "independent"\n')
    assert CliRunner().invoke(app, ["run", str(recipe), "-o", str(out)]).exit_code == 0
    told = CliRunner().invoke(app, ["verify", str(out)])
    assert "--  Not signed" in told.output and "ok  Not signed" not in told.output
    told = CliRunner().invoke(app, ["verify", str(out), "--signed-by", "0" * 64])
    assert told.exit_code == 2 and "signed by nobody" in told.output


# -- the last line of a notebook's cell ----------------------------------------------------------


def test_nothing_that_is_left_as_a_cells_last_line_shows_an_exact_figure():
    rows = people().iloc[:397].assign(ward=["North"] * 394 + ["South-by-Southeast"] * 3)
    outcome = run(Recipe.model_validate({"method": {"name": "independent"}}), rows)
    loaded = load(rows, Budget(1.0))
    seen = [outcome, outcome.comparison, *outcome.comparison.columns, *outcome.comparison.pairs]
    seen += [loaded, loaded.private, *loaded.suggestions.values(), loaded.private.schema]
    for one in (*seen, seen):
        for figure in ("397", "394", "Southeast", "K-", repr(outcome.comparison.one_way)[:6]):
            assert figure not in repr(one)


def test_an_exact_answer_of_the_vault_does_not_show_itself():
    private = PrivateTable(some_people(), SCHEMA, Budget(math.inf))
    told = private.measure(["city"], Rho(math.inf), "all")
    assert told.sigma == 0
    for count in told.counts:
        assert f"{count:.0f}" not in repr(told).replace("sigma=0", "") or not count


CUSTODIANS = ("synth.evaluate", "synth.protect.risk")


@pytest.mark.parametrize("room", CUSTODIANS)
def test_whatever_is_computed_for_the_custodian_does_not_show_itself(room):
    package = importlib.import_module(room)
    modules = [
        importlib.import_module(f"{room}.{m.name}") for m in pkgutil.iter_modules(package.__path__)
    ]
    own = {
        c
        for m in modules
        for c in vars(m).values()
        if isinstance(c, type) and is_dataclass(c) and c.__module__.startswith(room)
    }
    assert own
    shown = {c.__name__ for c in own if "__repr__" in vars(c) and not c.__name__.startswith("_")}
    assert shown <= {"Combined"}, "which is made of synthetic tables alone"


# -- what nobody would write ---------------------------------------------------------------------

ODD = (None, -1, 0, 2**70, float("inf"), float("nan"), "x", [], {}, [[]], True, 10**9)
PLACES = {
    "release.json": (("rows",), ("copies",), ("seed",), ("title",), ("order",), ("drawing",)),
    "model.json": (
        ("statement",),
        ("statement", "ledger"),
        ("statement", "ledger", 0),
        ("statement", "ledger", 0, "rho"),
        ("statement", "ledger", 0, "purpose"),
        ("statement", "ledger", 0, "mechanism"),
        ("statement", "at_delta"),
        ("schema", 0),
        ("schema", 1, "edges"),
        ("schema", 1, "decimals"),
        ("parameters", "conditionals", 0, "table"),
        ("parameters", "conditionals", 0, "parents"),
    ),
    "counts.json": (("length",), ("resolution",), ("sigma",), ("axes", 0, "labels")),
    "showcase.json": (("title",), ("logo",), ("colour",), ("people_per_row",), ("attributes",)),
}


@pytest.mark.parametrize(
    ("name", "place"), [(n, p) for n, places in PLACES.items() for p in places], ids=str
)
def test_what_makes_no_sense_is_refused_in_a_sentence(name, place):
    files = dict(Bundle.read(io.BytesIO(made("independent with noisy counts"))).files)
    for odd in ODD:

        def put(document: Any, odd: Any = odd) -> None:
            for key in place[:-1]:
                document = document[key]
            document[place[-1]] = odd

        changed = edited(files, name, put)
        if changed != files:
            with pytest.raises(SynthError):
                verify(passed_on(changed))


def test_a_tree_that_leads_in_a_circle_is_refused():
    files = dict(Bundle.read(io.BytesIO(made("sequential"))).files)

    def circle(model: Any) -> None:
        tree = next(t for t in model["parameters"]["trees"] if t["leaf"][0] < 0)
        tree["right"][0] = 0

    with pytest.raises(BundleError, match="does not fit the schema"):
        verify(passed_on(edited(files, "model.json", circle)))


def test_counts_promise_what_the_rows_promise():
    for name in ("independent with noisy counts", "row_seeded with its counts"):
        bundle = Bundle.read(io.BytesIO(made(name)))
        assert aggregates_of(bundle).statement == bundle.statement


def test_exact_counts_beside_noisy_rows_end_the_promise_of_both():
    recipe = {**WHOLE, "method": {"name": "independent"}, "counts": {"k": 10}}
    release = run(Recipe.model_validate(recipe), people()).release
    bundle = Bundle.read(io.BytesIO(release.zipped()))
    assert verify(bundle)
    assert not bundle.statement.formal and not aggregates_of(bundle).statement.formal
    assert "may equal those of real people" in bundle.files["PRIVACY.md"].decode()


def test_names_and_meanings_cannot_pass_for_a_part_of_the_statement(tmp_path):
    rows = people().rename(columns={"city": "a | b\n\n## No risk"})
    part = {"name": "a | b\n\n## No risk", "meaning": "x |\n\n**Perfectly anonymous.**"}
    recipe = {
        "column": [part],
        "method": {"name": "independent"},
        "release": {"title": "T\n\n**Perfectly anonymous.**"},
        "people": {"population": "**Perfectly** <img src=x onerror=x> [all](http://of.them)"},
        "privacy": {"ledger": str(tmp_path)},
    }
    text = run(Recipe.model_validate(recipe), rows).release.files()["PRIVACY.md"].decode()
    assert "\n## No risk" not in text and "**Perfectly" not in text
    assert text.count("\n## ") == 4
    assert "\\<img" in text and not re.search(r"(?<!\\)(<img|\[all\])", text)
    told = RunningTotal("x", 1.0, 1e-6, 0.0, 1.0, 1, despite="<i> a", unbounded=("# b",))
    assert all(f"\\{sign}" in "".join(population_lines(told)) for sign in "<#")


def test_the_showcase_says_whose_a_release_is_and_what_its_rows_may_be(signed, key):
    page = showcase(passed_on(signed))
    assert f"Signed by the key {key.fingerprint}" in page and "No row describes a real" in page
    trees = showcase(Bundle.read(io.BytesIO(made("sequential"))))
    assert "Not signed" in trees and "Rows may equal those of real people" in trees
    assert "No row describes a real" not in trees and "no line describes" not in trees
