"""Missing cells come out as they were written: observed, found under the budget, or declared."""

import io

import numpy as np
import pandas as pd
import pytest

from synth import Budget, load
from synth.errors import RecipeError
from synth.ingest.forms import MissingTexts, form_of, usual_gaps
from synth.ingest.reading import MISSING_TEXTS, read_table
from synth.ingest.shapes import places, shapes
from synth.ingest.shaping import Shapes, shape_of
from synth.release import Bundle
from synth.runs import read_recipe, run
from synth.runs.verifying import verify

ROWS = 900
OBSERVED = '[privacy]\nepsilon = inf\n[method]\nname = "independent"\n[release]\nrows = 400\n'
FORMAL = OBSERVED.replace("inf", "20.0")


def table(rows: int = ROWS) -> pd.DataFrame:
    """A third of each column is missing, each column in a way of its own."""
    rng = np.random.default_rng(3)
    gone = rng.random((4, rows)) < 0.33
    frame = pd.DataFrame(
        {
            "age": rng.integers(20, 60, rows).astype(str),
            "dose": [f"{x:.1f}" for x in rng.gamma(2.0, 3.0, rows)],
            "city": rng.choice(["Oslo", "Rome"], rows),
            "seen": (
                pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 99, rows), "D")
            ).strftime("%d/%m/%Y"),
        }
    )
    for name, cells, text in zip(frame, gone, ("NA", ".", "?", ""), strict=True):
        frame.loc[cells, name] = text
    return frame


def csv(frame: pd.DataFrame) -> io.BytesIO:
    return io.BytesIO(frame.to_csv(index=False).encode())


def written(release) -> pd.DataFrame:
    return pd.read_csv(
        io.BytesIO(release.files()["synthetic.csv"]), dtype=str, keep_default_na=False
    )


def others(cells: pd.Series) -> set[str]:
    """The cells that are no digits and no words."""
    return set(cells[~cells.str.contains(r"\w\w|\d")]) | set(cells[cells == "NA"])


@pytest.mark.parametrize("recipe", [OBSERVED, FORMAL], ids=["observed", "found"])
def test_missing_comes_out_as_each_column_had_it(recipe):
    made = written(run(read_recipe(recipe), csv(table())).release)
    assert {n: others(made[n]) for n in made} == {
        "age": {"NA"},
        "dose": {"."},
        "city": {"?"},
        "seen": {""},
    }


def test_it_is_read_as_missing_again_by_its_own_recipe():
    release = run(read_recipe(OBSERVED), csv(table())).release
    bundle = Bundle.read(io.BytesIO(release.zipped()))
    assert verify(bundle)
    told = read_recipe(bundle.files["recipe.toml"].decode()).source
    again = read_table(io.BytesIO(bundle.files["synthetic.csv"]), told.missing, told.choices).frame
    assert again.isna().sum().tolist() == release.tables[0].isna().sum().tolist()
    assert again.isna().sum().min() > 60


def test_a_number_that_stands_for_missing_comes_back():
    frame = table()[["age", "city"]].replace({"NA": "-99"})
    recipe = '[source]\nmissing = ["", "-99", "?"]\n' + OBSERVED
    made = written(run(read_recipe(recipe), csv(frame)).release)
    assert (made["age"] == "-99").sum() > 60 and not (made["age"] == "").any()


def test_it_can_be_declared_and_has_to_be_read_again():
    column = '[[column]]\nname = "seen"\nmissing_as = "{}"\n'
    made = written(run(read_recipe(FORMAL + column.format("NULL")), csv(table())).release)
    assert others(made["seen"]) | {"NULL"} == {"NULL"} and (made["seen"] == "NULL").any()
    with pytest.raises(RecipeError, match="not among the texts") as error:
        read_recipe(FORMAL + column.format("gone"))
    assert error.value.line == FORMAL.count("\n") + 3


def test_a_declared_column_takes_what_its_file_is_known_to_write():
    """Nothing is asked of it; what was found of the others is post-processing."""
    frame = table().replace({"": "NA", "?": "NA", ".": "NA"})
    told = (
        '[[column]]\nname = "seen"\nkind = "date"\nformat = "%d/%m/%Y"\nrole = "plain"\n'
        'low = "01/01/2024"\nhigh = "30/04/2024"\n'
    )
    made = written(run(read_recipe(FORMAL + told), csv(frame)).release)
    assert (made["seen"] == "NA").any() and not (made["seen"] == "").any()


def test_without_the_budget_to_tell_it_is_empty():
    """Two missing cells in 900 do not rise above the noise, and nothing is read off the rows."""
    frame = pd.DataFrame({"city": ["Oslo", "Rome"] * 450, "age": ["30", "41", "52"] * 300})
    frame.loc[[3, 4], "city"] = "NULL"
    recipe = FORMAL.replace("20.0", "1.0")
    release = run(read_recipe(recipe), csv(frame)).release
    assert {c.missing_as for c in release.model.schema} == {""}


def test_rows_that_a_step_leaves_out_or_moves_keep_their_gaps():
    step = '[[protect]]\nstep = "filter"\ncolumn = "city"\nonly = ["Oslo"]\n'
    shuffle = '[[protect]]\nstep = "shuffle"\n'
    frame = table()
    frame.loc[frame["city"] == "Rome", "age"] = "NA"
    frame.loc[(frame["city"] == "Oslo") & (frame["age"] == "NA"), "age"] = "NULL"
    made = written(run(read_recipe(FORMAL + step + shuffle), csv(frame)).release)
    assert others(made["dose"]) == {"."}
    assert "NULL" in set(made["age"]) and "NA" not in set(made["age"])


def test_people_with_too_many_rows_keep_the_gaps_of_those_that_count():
    frame = table().assign(person=[f"p{i // 6}" for i in range(ROWS)])
    frame["age"] = frame["age"].replace({"NA": ".."})
    made = written(run(read_recipe(FORMAL + '[people]\ncolumn = "person"\n'), csv(frame)).release)
    assert (made["age"] == "..").any() and not (made["age"] == "NA").any()


def test_all_columns_together_tell_what_one_alone_does_not():
    texts, size = ("NA", "?"), len(shapes())
    number = places()[shapes()[shape_of("12")]]

    def counted(empty: float, na: float) -> np.ndarray:
        told = np.zeros(size + 3)
        told[number] = 1000
        told[-3:] = [na, 0, empty]
        return told

    columns = [counted(0, 30.0) for _ in range(20)]
    usual = usual_gaps(texts, columns, 20.0)
    assert (usual.usual, usual.default) == (frozenset({"NA"}), "NA")
    alone = form_of(columns[0], 20.0, gaps=MissingTexts(texts))
    known = form_of(columns[0], 20.0, gaps=usual)
    assert (alone.missing, alone.missing_as) == (False, "")
    assert (known.missing, known.missing_as) == (True, "NA")


def test_texts_are_states_before_the_empty_ones():
    domain = Shapes(gaps=("NA", "?"))
    values = pd.Series(["12", None, None, None])
    codes = domain.apart(domain.encode(values), np.array([0, 1, 2, 0], dtype=np.uint8))
    assert codes.tolist() == [shape_of("12"), domain.size - 3, domain.size - 2, domain.size - 1]
    assert len(domain.labels) == domain.size
    assert Shapes("paddings").apart(codes, codes).tolist() == codes.tolist()


def test_a_word_that_may_be_a_value_is_told():
    frame = pd.DataFrame({"allergy": ["nuts", "None"] * 30, "age": ["30", "NA"] * 30})
    noticed = [str(n) for n in load(csv(frame), Budget(1.0)).noticed]
    assert len(noticed) == 1
    assert "`None` was read as a missing value in `allergy`" in noticed[0]
    assert "None" in MISSING_TEXTS


def test_a_worker_writes_as_the_file_was_written():
    """The rows go there over a pipe, and with them how they were written."""
    from tests.runs.test_worker import served

    text = csv(table()).getvalue().decode().replace(",", ";").encode("utf-16")
    loaded = load(io.BytesIO(text), Budget(1.0))
    _, payload = served(loaded.private, OBSERVED)
    made = Bundle.read(io.BytesIO(payload)).files["synthetic.csv"].decode("utf-16")
    first, *rest = made.splitlines()
    assert first == "age;dose;city;seen"
    assert any(line.startswith("NA;") for line in rest)
