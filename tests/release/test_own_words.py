"""Cells that read like the labels of states are values like any other."""

import io

import numpy as np
import pandas as pd
import pytest

from synth import Budget, load
from synth.budget import Audience
from synth.release import Bundle
from synth.release.counts import recheck
from synth.runs import read_recipe, run
from synth.runs.verifying import verify
from synth.schema import Categories, Dates, Numbers
from synth.schema.domain import MISSING, OTHER
from synth.vault.coded import coded

WORDS = ("(missing)", "(other)", "Oslo", "Rome")


def rows(many: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "city": rng.choice(WORDS, many, p=[0.2, 0.2, 0.3, 0.3]),
            "ill": rng.choice(["no", "yes"], many),
        }
    )
    frame.loc[rng.random(many) < 0.1, "city"] = ""
    return frame


def csv(frame: pd.DataFrame) -> io.BytesIO:
    return io.BytesIO(frame.to_csv(index=False).encode())


@pytest.mark.parametrize(
    "domain",
    [
        Categories(WORDS, missing=True, other=True),
        Categories((*WORDS, "(other) (value)", "((other))"), missing=True, other=True),
        Numbers((0.0, 1.0), missing=True, codes=("(missing)", "(other)")),
        Dates((0.0, 86400.0), missing=True, codes=("(missing)",)),
    ],
)
def test_each_state_has_a_label_of_its_own(domain):
    assert len(set(domain.labels)) == domain.size
    assert domain.labels[-1] == MISSING


def test_what_is_gathered_is_written_as_no_listed_value():
    domain = Categories(WORDS, missing=True, other=True)
    cells = pd.Series([*WORDS, None, "Bern"], dtype=object)
    codes = domain.encode(cells)
    drawn = domain.decode(codes, np.random.default_rng(0))
    assert drawn.tolist()[:4] == list(WORDS) and drawn.isna().tolist()[4]
    assert drawn.tolist()[5] == f"({OTHER})"
    assert domain.encode(drawn).tolist() == codes.tolist()


@pytest.mark.parametrize(
    "method", ["independent", "value_seeded", "row_seeded", "aggregate_seeded", "sequential"]
)
def test_they_come_through_every_family_of_methods(method):
    recipe = read_recipe(f'[privacy]\nepsilon = inf\n[method]\nname = "{method}"\n')
    release = run(recipe, csv(rows())).release
    bundle = Bundle.read(io.BytesIO(release.zipped()))
    assert verify(bundle)
    recheck(bundle, load(csv(rows()), Budget(1.0)).private)
    made = release.tables[0]["city"]
    assert set(WORDS) <= set(made.dropna())
    assert made.isna().any()


def test_one_person_who_has_such_a_word_is_not_told_by_k_people():
    """The state of missing cells is shared by k, the word that reads like its label is not."""
    frame = rows()
    frame.loc[frame["city"] == "(missing)", "city"] = "Oslo"
    frame.loc[7, "city"] = "(missing)"
    recipe = read_recipe('[privacy]\nepsilon = inf\n[method]\nname = "value_seeded"\nk = 5\n')
    release = run(recipe, csv(frame)).release
    domain = release.model.schema["city"].domain
    assert "(missing)" not in domain.values
    assert "(missing)" not in set(release.tables[0]["city"].dropna())


def test_a_look_at_the_rows_tells_them_apart():
    found = coded("city", pd.Series(["(missing)", None, "Oslo", "(missing)"]))
    assert found.absent and found.values().isna().tolist() == [False, True, False, False]
    alone = coded("city", pd.Series(["(missing)", "Oslo"]))
    assert not alone.absent and not alone.values().isna().any()
    private = load(csv(rows()), Budget(1.0)).private
    (seen,) = private.exact_codes(["city"], "a test", Audience.CUSTODIAN)
    assert (seen.values() == "(missing)").sum() == (rows()["city"] == "(missing)").sum()
