"""Somebody changes a bundle, rewrites the list of checksums, and passes it on."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synth.errors import BundleError
from synth.release import Bundle
from synth.release.table_files import write_csv, write_parquet
from synth.runs import Recipe, run
from synth.runs.verifying import verify
from tests.bundles import passed_on
from tests.people import some_people

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
    assert held[-1].startswith("Not signed")


@pytest.mark.parametrize("change", TAMPERINGS.values(), ids=list(TAMPERINGS))
def test_a_changed_bundle_does_not_hold(change, files):
    changed = change(files)
    if changed == files:
        pytest.skip("there is nothing of the kind in it")
    with pytest.raises(BundleError):
        verify(passed_on(changed))
