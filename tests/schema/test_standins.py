"""New identifiers that read like names and addresses, and are seen to be made up."""

import io
import re

import pandas as pd
import pytest

from synth.errors import SchemaError
from synth.release import Bundle
from synth.runs import read_recipe, run
from synth.runs.verifying import verify
from synth.schema import Pattern
from synth.schema.columns import column_of
from synth.schema.standins import locales

MARKED = {
    "name": r".*[^\W\d_].* \(SYN-\d{6}\)",
    "e-mail": r"[\w.+-]+\.\d{6}@example\.org",
    "address": r"[^\n]+ \(SYN-\d{6}\)",
}


@pytest.mark.parametrize("kind", MARKED)
@pytest.mark.parametrize("locale", ["en_GB", "de_DE", "ja_JP", "pt_BR"])
def test_each_is_marked_and_no_two_are_alike(kind, locale):
    made = Pattern(f"{kind} in {locale}").numbered(0, 200, seed=5)
    assert all(re.fullmatch(MARKED[kind], text) for text in made), made[:3]
    assert len(set(made)) == 200


@pytest.mark.parametrize("kind", MARKED)
def test_a_row_gets_the_same_in_whatever_block_it_is_drawn(kind):
    pattern = Pattern(f"{kind} in fr_FR")
    whole = pattern.numbered(0, 30, seed=9)
    assert pattern.numbered(0, 12, seed=9) + pattern.numbered(12, 18, seed=9) == whole
    assert pattern.numbered(0, 30, seed=10) != whole


def test_they_read_like_those_of_a_place():
    german = Pattern("name in de_DE").numbered(0, 300, seed=1)
    japanese = Pattern("name in ja_JP").numbered(0, 300, seed=1)
    assert any(re.search("[äöüß]", name) for name in german)
    assert all(re.search("[\u3040-\u9fff]", name) for name in japanese)


def test_a_place_that_nobody_knows_is_refused():
    assert "sv_SE" in locales()
    with pytest.raises(SchemaError, match="`xx_XX`"):
        Pattern("name in xx_XX")


def test_a_release_has_them_and_is_made_again_from_its_seed():
    names = [f"Real Person {i}" for i in range(300)]
    frame = pd.DataFrame({"name": names, "sex": ["f", "m"] * 150})
    recipe = (
        '[privacy]\nepsilon = 5\n[method]\nname = "independent"\n[release]\nrows = 40\nseed = 8\n'
        '[[column]]\nname = "name"\nrole = "identifier"\ntemplate = "name in it_IT"\n'
    )
    release = run(read_recipe(recipe), io.BytesIO(frame.to_csv(index=False).encode())).release
    bundle = Bundle.read(io.BytesIO(release.zipped()))
    assert verify(bundle)
    assert bundle.facts["libraries"]["faker"]
    made = release.tables[0]["name"]
    assert made.str.fullmatch(MARKED["name"]).all() and not set(made) & set(names)
    column = release.model.schema["name"]
    assert column_of(column.document()).domain == column.domain
    assert "made up by Faker" in bundle.files["PRIVACY.md"].decode()
