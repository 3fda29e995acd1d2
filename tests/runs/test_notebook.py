"""The notebook's cell, run in IPython itself."""

from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from synth.release import Bundle
from synth.runs import read_recipe

HOSPITAL = Path(__file__).parents[2] / "sample_data" / "hospital.sqlite"
CELL = "SELECT sex, ward, emergency FROM admissions JOIN patients USING (patient_id)"


@pytest.fixture
def shell():
    made = InteractiveShell.instance(warn_venv=False)
    made.extension_manager.load_extension("synth")
    yield made
    InteractiveShell.clear_instance()


def test_a_cell_is_answered_with_synthetic_rows(shell, capsys):
    shell.run_line_magic("synth", f"sqlite:///{HOSPITAL}")
    answer = shell.run_cell_magic("synth", "--method independent --rows 40", CELL)
    assert answer.shape == (40, 3)
    assert "Differentially private" in capsys.readouterr().out


def test_an_answer_can_be_given_a_name(shell):
    shell.run_line_magic("synth", f"sqlite:///{HOSPITAL}")
    shell.run_cell_magic("synth", "--method random --into visits", CELL)
    assert "ward" in shell.user_ns["visits"]


def test_a_cell_by_a_recipe_writes_the_release_it_was_asked_for(shell, tmp_path):
    recipe, out = tmp_path / "recipe.toml", tmp_path / "release.zip"
    recipe.write_text('[method]\nname = "independent"\n[release]\ntitle = "Wards"\nseed = 5\n')
    shell.run_line_magic("synth", f"sqlite:///{HOSPITAL}")
    line = f"--recipe {recipe} --epsilon 2 --rows 30 --release {out}"
    answer = shell.run_cell_magic("synth", line, CELL + " ORDER BY ward")
    bundle = Bundle.read(out)
    told = read_recipe(bundle.files["recipe.toml"].decode())
    assert (told.release.title, told.release.seed, told.release.rows) == ("Wards", 5, 30)
    assert told.privacy.epsilon == 2
    assert told.source.query == CELL + " ORDER BY ward"
    assert len(answer) == len(bundle.rows) == 30


def test_a_mistake_in_a_cell_is_pointed_at(shell, capsys):
    shell.run_line_magic("synth", f"sqlite:///{HOSPITAL}")
    shell.run_cell_magic("synth", "", "SELECT sex\nFROM patients GROUP ward")
    assert capsys.readouterr().out.endswith(f"2 | FROM patients GROUP ward\n{' ' * 24}^\n")


@pytest.mark.parametrize(
    ("line", "cell", "says"),
    [
        ("--method random", "DELETE FROM patients", "only SELECT may run"),
        ("--epsilon much", CELL, "invalid float value"),
        ("--method magic", CELL, "no method `magic`"),
        ("--epsilon 0", CELL, "must be above 0"),
        ("--recipe none.toml", CELL, "cannot be read"),
    ],
)
def test_a_mistake_is_a_sentence(line, cell, says, shell, capsys):
    shell.run_line_magic("synth", f"sqlite:///{HOSPITAL}")
    assert shell.run_cell_magic("synth", line, cell) is None
    assert says in capsys.readouterr().out


def test_a_cell_without_a_database_says_what_to_do_first(shell, capsys):
    shell.run_cell_magic("synth", "", CELL)
    assert "First: %synth" in capsys.readouterr().out
