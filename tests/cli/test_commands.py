import re
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from synth.cli import app
from synth.release import Bundle
from synth.runs.audit import Audit
from tests.people import some_people


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    some_people().to_csv("people.csv", index=False)
    return tmp_path


def synth(*words: str):
    return CliRunner().invoke(app, [str(w) for w in words], catch_exceptions=False)


def test_from_a_table_to_a_verified_release(folder):
    assert synth("init", "people.csv").exit_code == 0
    ran = synth("run", "recipe.toml", "-o", "out.zip")
    assert ran.exit_code == 0
    assert "for you, not for the recipients" in ran.output
    assert "ok  " in synth("verify", "out.zip").output


def test_rows_that_hold_a_condition_are_drawn_and_what_to_expect_is_said(folder):
    (folder / "r.toml").write_text('[method]\nname = "tree"\n[privacy]\nepsilon = 50.0')
    assert synth("run", "r.toml", "--data", "people.csv", "-o", "out.zip").exit_code == 0
    asked = ("sample", "out.zip", "-n", "70", "--where", "city = 'Rome' and ill is not missing")
    done = synth(*asked, "-o", "a.csv")
    assert done.exit_code == 0 and "of the model's rows hold it" in done.output
    assert synth(*asked, "-o", "b.csv").exit_code == 0
    rows = pd.read_csv("a.csv")
    assert len(rows) == 70 and set(rows["city"]) == {"Rome"} and rows["ill"].notna().all()
    assert (folder / "a.csv").read_bytes() == (folder / "b.csv").read_bytes()
    refused = synth("sample", "out.zip", "--where", "city = 'Nowhere'", "-o", "c.csv")
    assert refused.exit_code == 2 and "`city` never is what" in refused.output
    assert not (folder / "c.csv").exists()


def test_a_starter_recipe_gives_its_reasons(folder):
    synth("init", "people.csv")
    text = (folder / "recipe.toml").read_text()
    assert "# By its name, it is what others may know. 2 different values in 400 rows." in text
    assert '[[column]]\nname = "city"' in text


def test_a_starter_recipe_proposes_repairs_that_work_without_their_comment_signs(folder):
    heard = ["radio;tv", "tv", "radio;tv;web", "web", "radio;web", "radio"]
    rows = [f"{h},{a}" for h in heard for a in [*range(18, 80), -99, -99]]
    (folder / "heard.csv").write_text("\n".join(["heard,age", *rows]))
    synth("init", "heard.csv", "-o", "heard.toml")
    text = (folder / "heard.toml").read_text()
    assert "# Proposed: Spread its 3 choices over columns." in text
    assert "# Proposed: -99 is a code." in text
    keys = r"\[\[protect\]\]\n# step|step =|column =|sign =|choices =|codes =|seen ="
    told = re.sub(rf"(?m)^# (?=(?:{keys}))", "", text)
    (folder / "heard.toml").write_text(told.replace("epsilon = 1.0", "epsilon = 50"))
    made = synth("run", "heard.toml", "-o", "heard.zip")
    assert made.exit_code == 0, made.output
    schema = Bundle.read(folder / "heard.zip").schema
    assert schema.names == ("heard: radio", "heard: tv", "heard: web", "age")
    assert schema.domain("age").codes == ("-99",)


def test_a_starter_recipe_proposes_who_a_person_is(folder):
    """A table of visits was taken for one of people without a word."""
    rows = [f"{1000 + i * i % 97},{i % 60}" for i in range(300)]
    (folder / "visits.csv").write_text("\n".join(["patient_no,age", *rows]))
    synth("init", "visits.csv", "-o", "visits.toml")
    text = (folder / "visits.toml").read_text()
    assert '# "patient_no" repeats like a person\'s number: 49 values in 300 rows' in text
    for key in ("column", "rows"):
        text = re.sub(rf"(?ms)^# ({key} = .*?\n)(.*?)^{key} = .*?\n", r"\1\2", text, count=1)
    (folder / "visits.toml").write_text(text.replace("epsilon = 1.0", "epsilon = 50"))
    made = synth("run", "visits.toml", "-o", "visits.zip")
    assert made.exit_code == 0 and "any one person (up to " in made.output


def test_an_existing_recipe_is_not_overwritten(folder):
    synth("init", "people.csv")
    again = synth("init", "people.csv")
    assert again.exit_code == 2
    assert "exists already" in again.output
    assert synth("init", "people.csv", "--force").exit_code == 0


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_more_rows_can_be_drawn_and_the_same_seed_draws_the_same(suffix, folder):
    synth("init", "people.csv")
    synth("run", "recipe.toml", "-o", "out.zip")
    for name in ("one", "two"):
        assert synth("sample", "out.zip", "--rows", "70", "-o", f"{name}.{suffix}").exit_code == 0
    read = pd.read_csv if suffix == "csv" else pd.read_parquet
    one, two = (read(f"{n}.{suffix}") for n in ("one", "two"))
    assert len(one) == 70
    pd.testing.assert_frame_equal(one, two)


MISTAKES = {
    "no table": (("init", "none.csv"), "no file `none.csv`"),
    "no recipe": (("run", "none.toml"), "cannot be read"),
    "a typo": (("run", "typo.toml"), "Line 2: .*Did you mean `epsilon`"),
    "no bundle": (("verify", "none.zip"), "no such bundle"),
    "not a bundle": (("verify", "people.csv"), "no zip archive"),
    "odd output": (("sample", "people.csv", "-o", "x.doc"), "Use .csv or .parquet"),
}


@pytest.mark.parametrize(("words", "says"), MISTAKES.values(), ids=list(MISTAKES))
def test_bad_input_is_one_sentence_and_exit_code_two(words, says, folder):
    (folder / "typo.toml").write_text("[privacy]\nepsilonn = 1\n")
    answer = synth(*words)
    assert answer.exit_code == 2
    assert re.search(says, answer.output)
    assert len(answer.output.strip().splitlines()) == 1


def test_methods_are_listed_with_their_settings():
    listed = synth("methods").output
    assert "correlated: Correlated columns" in listed
    assert "degree = 0" in listed


def test_every_command_has_help_with_an_example():
    for command in app.registered_commands:
        text = synth(command.name, "--help").output
        assert "Example: synth" in text, command.name


def test_a_query_is_written_down_where_that_is_asked_for(folder):
    """What was asked and what it cost; a query that was refused too, and never a row."""
    hospital = Path(__file__).parents[2] / "sample_data" / "hospital.sqlite"
    for name, query in (("good", "SELECT sex, smoker FROM patients"), ("bad", "SELECT x FROM y")):
        (folder / f"{name}.toml").write_text(
            f'[source]\ndatabase = "sqlite:///{hospital}"\nquery = "{query}"\n'
            '[method]\nname = "independent"\n'
        )
    assert synth("run", "good.toml", "--audit", "log").exit_code == 0
    assert synth("run", "bad.toml", "--audit", "log").exit_code == 2
    lines = Audit(folder / "log").read()
    assert [str(x["ended"])[:8] for x in lines] == ["asked", "released", "asked", "refused:"]
    assert [x["epsilon"] for x in lines] == [0.0, pytest.approx(1.0), 0.0, None]
    assert "SELECT sex, smoker FROM patients" in {x["query"] for x in lines}


def test_what_was_noticed_is_told_and_a_choice_is_kept_in_the_recipe(folder):
    lines = [f"{20 + i % 50},{'MF'[i % 2]}" for i in range(300)]
    (folder / "t.csv").write_text("\n".join([*lines, "1,2,3"]) + "\n", encoding="utf-8")
    recipe = folder / "t.toml"
    refused = synth("init", folder / "t.csv", "-o", recipe)
    assert refused.exit_code == 2
    assert "line 301 (3)" in refused.stderr
    told = synth("init", folder / "t.csv", "-o", recipe, "--read", "skip_ragged=true")
    assert told.exit_code == 0
    assert "Noticed: Line 1 looks like a person" in told.stderr
    assert "Noticed" not in told.stdout
    assert "skip_ragged = true" in recipe.read_text(encoding="utf-8")
    made = synth("run", recipe, "-o", folder / "t.zip")
    assert made.exit_code == 0, made.stderr
    assert "It was left out" in made.stderr


@pytest.mark.parametrize("told", ["nothing=1", "header=x", "sheet"])
def test_a_choice_that_is_none_is_refused(told, folder):
    assert synth("init", folder / "people.csv", "--force", "--read", told).exit_code == 2
