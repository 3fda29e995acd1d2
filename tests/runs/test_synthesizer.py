"""The Python face: parameters, what comes back, what shows itself, and natural mistakes."""

import math
import re
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone

import synth
from synth.errors import ConditionError, NotReleasable, SynthError
from tests.people import Silent, some_people

DECLARED = (
    {"name": "city", "kind": "category", "values": ["Oslo", "Bergen"]},
    {"name": "ill", "kind": "category", "values": ["yes", "no"]},
    {"name": "age", "kind": "integer", "low": 0, "high": 109},
)


def table(rows: int = 2000) -> pd.DataFrame:
    people = some_people(rows)[["city", "ill", "age"]].astype({"ill": "str"})
    return people.assign(weight=[50.5 + n % 40 for n in range(rows)], tall=people["age"] > 40)


@pytest.fixture(scope="module")
def twin() -> synth.Synthesizer:
    return synth.Synthesizer(epsilon=5, columns=DECLARED, random_state=4).fit(table())


def test_rows_come_in_the_types_of_the_data_frame(twin):
    drawn = twin.sample(300)
    assert drawn.shape == (300, 5)
    assert drawn.dtypes.to_dict() == table().dtypes.to_dict()
    assert twin.feature_names_in_.tolist() == table().columns.tolist()


def test_a_seed_draws_the_same_rows_and_none_others(twin):
    assert twin.sample(50).equals(twin.sample(50))
    assert not twin.sample(50).equals(twin.sample(50, random_state=5))
    loose = synth.Synthesizer(epsilon=math.inf).fit(table())
    assert not loose.sample(200).equals(loose.sample(200))


def test_rows_that_hold_a_condition_come_in_the_same_types(twin):
    where = "city = 'Oslo' and age > 50"
    drawn = twin.sample(40, where=where)
    assert drawn.equals(twin.sample(40, where=where))
    assert drawn.dtypes.to_dict() == table().dtypes.to_dict()
    assert set(drawn["city"]) == {"Oslo"} and drawn["age"].min() > 50
    with pytest.raises(ConditionError, match="no column `town`"):
        twin.sample(40, where="town = 'Rome'")


def test_a_named_index_comes_back():
    indexed = table().set_index(pd.Index(range(2000), name="number"))
    assert synth.Synthesizer(epsilon=math.inf).fit(indexed).sample(9).index.name == "number"


@pytest.mark.parametrize("library", [pl.from_pandas, pa.Table.from_pandas])
def test_the_same_library_comes_out(library):
    came = library(table())
    made = synth.Synthesizer(epsilon=math.inf, random_state=1).fit(came).sample(40)
    assert type(made) is type(came)
    assert len(made) == 40
    if isinstance(came, pl.DataFrame):
        assert made.schema == came.schema
    else:
        assert made.schema.types == came.schema.types


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_numbers_that_are_text_in_the_table_come_back_as_text(library):
    """No type of numbers shows an amount with its sign, so that it is text tells of nobody."""
    pay = {"pay": [f"${i:,}" for i in range(1000, 1400)], "k": [i % 5 for i in range(400)]}
    pay["day"] = [20_210_101 + i % 28 for i in range(400)]
    frame = pd.DataFrame(pay) if library == "pandas" else pl.DataFrame(pay)
    rows = synth.Synthesizer("independent", epsilon=50).fit(frame).sample(20)
    assert [str(rows[n].dtype) for n in pay] == [str(frame[n].dtype) for n in pay]
    assert all(re.fullmatch(r"\$\d,\d{3}", value) for value in rows["pay"])


def test_a_polars_date_stays_a_date():
    days = pl.date_range(pl.date(2020, 1, 1), pl.date(2022, 1, 1), eager=True).alias("day")
    came = pl.DataFrame([days, pl.Series("n", [None, 3] * 366, dtype=pl.Int16)[: len(days)]])
    made = synth.Synthesizer(epsilon=math.inf, random_state=1).fit(came).sample(40)
    assert made.schema == came.schema


def test_the_file_it_saves_holds(twin, tmp_path):
    twin.save(tmp_path / "release.zip")
    read = synth.Bundle.read(tmp_path / "release.zip")
    assert synth.verify(read)
    assert read.rows["age"].tolist() == twin.sample()["age"].tolist()


def test_it_is_what_the_recipe_makes(twin):
    again = synth.read_recipe(synth.recipe_text(twin.recipe))
    assert again == twin.recipe
    assert again.privacy.epsilon == 5
    assert again.release.seed == 4


def test_rules_are_kept_by_every_draw():
    rule = "weight is at least age"
    lesser = synth.Synthesizer(epsilon=math.inf, random_state=1).fit(table()).sample(500)
    kept = synth.Synthesizer(epsilon=math.inf, random_state=1, rules=[rule]).fit(table())
    assert (lesser["weight"] < lesser["age"]).any()
    for drawn in (kept.sample(500), kept.sample(500, random_state=2)):
        assert (drawn["weight"] >= drawn["age"]).all()


def test_scikit_learn_can_copy_it(twin):
    copy = clone(twin)
    assert copy.get_params() == twin.get_params()
    assert copy.set_params(epsilon=2, largest=100).get_params()["largest"] == 100
    assert copy.set_params(method="mixture").settings == {}
    with pytest.raises(SynthError, match=r"has no setting `foo`"):
        copy.set_params(foo=1)


def test_it_shows_nothing_of_the_rows(twin):
    shown = twin._repr_html_() + repr(twin)
    assert "kept" not in shown
    assert "Differentially private" in shown
    assert "..." in repr(synth.Synthesizer(table()))  # a mistake, which must not print the rows
    assert table().iloc[0]["city"] not in repr(synth.Synthesizer(table()))
    page = synth.Synthesizer(people="<script>")._repr_html_()
    assert "<script>" not in page


def test_what_is_for_the_custodian_is_there_when_it_is_asked_for(twin):
    assert twin.verdict["column"].tolist()
    assert set(twin.verdict["verdict"]) <= {"lost", "spread", "coarser", "kept"}
    assert all(o.plain for o in twin.objections)


def test_noise_from_elsewhere_is_never_released(tmp_path):
    known = synth.Synthesizer(epsilon=1, columns=DECLARED, noise=Silent()).fit(table())
    assert len(known.sample(10)) == 10
    for leave in (lambda: known.save(tmp_path / "release.zip"), lambda: known.statement):
        with pytest.raises(NotReleasable, match="noise from elsewhere"):
            leave()
    assert not (tmp_path / "release.zip").exists()
    assert "for tests alone" in known._repr_html_()


def test_risk_of_a_table_of_any_library():
    told = synth.risk(table(), known=["city", "age"])
    assert told.classes.rows == 2000
    assert "2,000" in told.sentence
    other = synth.risk(pl.from_pandas(table()), known=["city", "age"])
    assert other.sentence == told.sentence
    assert "2,000" not in repr(told)


def test_compare_two_tables(twin):
    same = synth.compare(table(), table())
    far = synth.compare(table(), twin.sample(2000))
    assert same.one_way == 0
    assert 0 < far.one_way < 0.3
    assert str(round(far.one_way, 3)) not in repr(far)


ROWS = table(60)
MISTAKES = {
    "a table where the recipe goes": (lambda: synth.run(ROWS), "Synthesizer"),
    "a part's key above all parts": (lambda: synth.Recipe(epsilon=2), r"\[privacy\]"),
    "a table where the method goes": (lambda: synth.Synthesizer(ROWS).fit(ROWS), "comes later"),
    "a setting that is not one": (lambda: synth.Synthesizer(eps=1).fit(ROWS), "no setting `eps`"),
    "a method that is not one": (lambda: synth.Synthesizer("adpative").fit(ROWS), "adaptive"),
    "rows before anything is learnt": (lambda: synth.Synthesizer().sample(3), "fit"),
    "no number of rows": (lambda: fitted().sample(2.5), "whole number"),
    "no rows": (lambda: fitted().sample(0), "at least 1"),
    "words for epsilon": (lambda: synth.Synthesizer(epsilon="one").fit(ROWS), "epsilon"),
    "a key of a column": (
        lambda: synth.Synthesizer(columns=[{"name": "age", "kid": "integer"}]).fit(ROWS),
        "Did you mean `kind`",
    ),
    "a step that is a word": (lambda: synth.Synthesizer(protect=["drop"]).fit(ROWS), "protect"),
    "a list": (lambda: synth.Synthesizer().fit([1, 2]), "not a data frame"),
    "one column": (lambda: synth.Synthesizer().fit(ROWS["age"]), "not a data frame"),
    "a person's column that is not there": (
        lambda: synth.Synthesizer(people="nobody").fit(ROWS),
        "no column `nobody`",
    ),
    "a column of risk in letters": (lambda: synth.risk(ROWS, known="age"), r'known=\["age"\]'),
    "a column of risk that is not there": (lambda: synth.risk(ROWS, ["aeg"]), "no column `aeg`"),
    "tables of nothing in common": (
        lambda: synth.compare(ROWS, pd.DataFrame({"other": [1, 2]})),
        "share no column",
    ),
    "a part as one value": (lambda: synth.Recipe(method="tree"), r"Recipe\(method=\{'name': ...\}"),
    "no table to compare": (lambda: synth.compare(ROWS, {"age": [1]}), "not a data frame"),
    "no file to compare": (lambda: synth.compare(ROWS, "nowhere.csv"), "nowhere.csv"),
    "no folder": (lambda: fitted().save(Path("nowhere") / "release.zip"), "cannot be written"),
}


def fitted() -> synth.Synthesizer:
    return synth.Synthesizer("random", epsilon=math.inf).fit(ROWS)


def test_a_table_in_the_wrong_place_is_not_printed():
    with pytest.raises(SynthError) as told:
        fitted().sample(ROWS)
    assert str(told.value).startswith("A DataFrame is no number of rows.")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_natural_mistake_ends_in_a_sentence_with_the_right_call(mistake):
    make, words = MISTAKES[mistake]
    with pytest.raises(SynthError, match=words):
        make()


def test_a_key_above_all_parts_gets_its_line_in_a_file():
    with pytest.raises(SynthError, match=r"Line 2: A recipe has no `epsilon` of its own"):
        synth.read_recipe("# mine\nepsilon = 2\n")
