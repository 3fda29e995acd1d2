import io
import json

import numpy as np
import pandas as pd
import pytest

from synth.budget import Measured
from synth.errors import SynthError
from synth.ingest.declaration import ColumnPart
from synth.release import Bundle
from synth.runs import Recipe, read_recipe, run
from synth.runs.recipe import MethodPart, People, Privacy, ReleasePart, Source
from synth.runs.recipe_file import recipe_text
from synth.runs.verifying import verify
from tests.people import some_people


def with_ids(rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    codes = rng.permutation(9000)[:rows] + 1000
    return some_people(rows).assign(code=[f"K-{c}" for c in codes])


DECLARED = (
    ColumnPart(name="city", values=("Oslo", "Rome")),
    ColumnPart(name="age", kind="integer", low=0, high=120),
    ColumnPart(name="ill", values=("no", "yes")),
    ColumnPart(name="code", role="identifier", template="K-####"),
)


def test_a_declared_table_ends_in_a_verified_formal_release():
    outcome = run(Recipe(column=DECLARED), with_ids())
    bundle = Bundle.read(io.BytesIO(outcome.release.zipped()))
    assert verify(bundle)
    assert bundle.statement.formal


def test_new_identifiers_bear_a_mark_and_no_row_was_asked_for_them():
    recipe = Recipe(column=DECLARED, release=ReleasePart(rows=300, copies=2))
    outcome = run(recipe, with_ids())
    one, two = (t["code"] for t in outcome.release.tables)
    assert pd.concat([one, two]).is_unique
    assert one.str.fullmatch(r"SYN-K-\d{4}").all()
    assert not [e for e in outcome.entries if "identifier" in str(e) or "code" in str(e)]
    assert "begin with SYN-, which the real ones do not" in (
        outcome.release.files()["PRIVACY.md"].decode()
    )
    again = run(recipe, with_ids()).release.tables
    assert [t["code"].tolist() for t in again] == [one.tolist(), two.tolist()]


def test_progress_runs_from_nought_to_one():
    shares = []
    run(Recipe(), some_people(), progress=lambda share, doing: shares.append((share, doing)))
    assert [s for s, _ in shares] == sorted(s for s, _ in shares)
    assert shares[-1] == (1.0, "done")


def test_a_listener_hears_every_entry_in_order():
    heard = []
    outcome = run(Recipe(), some_people(), listener=heard.append)
    assert tuple(heard) == outcome.entries


@pytest.mark.parametrize("method", ["random", "independent", "correlated"])
def test_the_number_of_rows_defaults_to_about_as_many_as_there_are(method):
    rows = run(Recipe(method=MethodPart(name=method)), some_people(3000)).release.rows
    assert rows == 1000 if method == "random" else 2700 < rows < 3300


def test_delta_is_taken_from_a_noisy_number_of_people_and_paid_for():
    outcome = run(Recipe(), some_people())
    first = outcome.entries[0]
    assert isinstance(first, Measured)
    assert first.purpose == "number of rows"


def test_a_given_delta_is_kept_and_nothing_is_spent_on_it():
    outcome = run(Recipe(privacy=Privacy(delta=1e-9), column=DECLARED[:3]), some_people())
    assert outcome.release.statement.guarantee.delta == 1e-9
    assert not [e for e in outcome.entries if getattr(e, "purpose", "") == "number of rows"]


def test_a_person_with_many_rows_can_be_protected():
    people = some_people().assign(who=np.arange(400) // 4)
    both = People(column="who", rows=2)
    recipe = Recipe(people=both, column=DECLARED[:3], privacy=Privacy(epsilon=4.0))
    outcome = run(recipe, people)
    assert 170 < outcome.release.model.rows < 230
    assert outcome.release.statement.guarantee.rows_per_person == 2


def test_the_recipe_in_the_bundle_makes_a_release_once_it_is_told_the_table(tmp_path):
    people = some_people()
    path = tmp_path / "people.csv"
    people.to_csv(path, index=False)
    recipe = Recipe(source=Source(file="people.csv"), column=DECLARED[:3])
    outcome = run(recipe, folder=tmp_path)
    kept = Bundle.read(io.BytesIO(outcome.release.zipped())).files["recipe.toml"].decode()
    again = read_recipe(kept)
    assert recipe_text(again) == recipe_text(recipe.model_copy(update={"source": Source()}))
    assert run(again, path).release.statement.formal


def test_a_recipe_about_another_table_is_refused_and_nothing_is_spent():
    heard = []
    recipe = Recipe(column=(ColumnPart(name="salary"),))
    with pytest.raises(SynthError, match="no column `salary`"):
        run(recipe, some_people(), listener=heard.append)
    assert heard == []


def test_the_saved_model_is_small_and_holds_no_row():
    outcome = run(Recipe(column=DECLARED), with_ids())
    document = json.dumps(outcome.release.model.document())
    assert not any(code in document for code in with_ids()["code"])


def test_a_file_is_read_as_its_recipe_says(tmp_path):
    rows = "".join(f"{20 + i % 50};{'MF'[i % 2]}\n" for i in range(300))
    (tmp_path / "t.csv").write_text("Title\n\nage;sex\n" + rows + "Total;300\n", encoding="utf-8")
    source = Source(file="t.csv", header=3, footer=1, delimiter=";")
    recipe = Recipe(source=source, method=MethodPart(name="independent"))
    assert read_recipe(recipe_text(recipe)).source == source
    outcome = run(recipe, folder=tmp_path)
    assert outcome.comparison.rows == 300
    assert outcome.noticed == ()
