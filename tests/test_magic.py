"""The notebook's cell, run in IPython itself."""

from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

HOSPITAL = Path(__file__).parents[1] / "sample_data" / "hospital.sqlite"
CELL = "SELECT sex, ward, emergency FROM admissions JOIN patients USING (patient_id)"


@pytest.fixture
def shell():
    made = InteractiveShell.instance(warn_venv=False)
    made.extension_manager.load_extension("synth.magic")
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


@pytest.mark.parametrize(
    ("line", "cell", "says"),
    [
        ("--method random", "DELETE FROM patients", "only SELECT may run"),
        ("--epsilon much", CELL, "invalid float value"),
        ("--method magic", CELL, "no method `magic`"),
    ],
)
def test_a_mistake_is_a_sentence(line, cell, says, shell, capsys):
    shell.run_line_magic("synth", f"sqlite:///{HOSPITAL}")
    assert shell.run_cell_magic("synth", line, cell) is None
    assert says in capsys.readouterr().out


def test_a_cell_without_a_database_says_what_to_do_first(shell, capsys):
    shell.run_cell_magic("synth", "", CELL)
    assert "First: %synth" in capsys.readouterr().out
