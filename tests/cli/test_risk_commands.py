"""`synth risk`: figures in words, the risk after each step, and errors as one sentence."""

from pathlib import Path

from typer.testing import CliRunner

from synth.cli import app

SAMPLE_DATA = Path(__file__).parents[2] / "sample_data"


def synth(*arguments: str):
    return CliRunner().invoke(app, ["risk", *arguments])


def test_a_table_is_told_how_identifiable_it_is():
    ran = synth(str(SAMPLE_DATA / "hospital_admissions.csv"), "--quasi", "age,GENDER")
    assert ran.exit_code == 0, ran.output
    assert "people to be re-identified by someone who knows Age and Gender." in ran.output
    assert "`Treatment`: l-diversity" in ran.output
    assert "can be linked through a combination of up to 3 values" in ran.output


def test_a_recipe_shows_the_unique_share_before_and_after_each_step():
    ran = synth(str(SAMPLE_DATA / "tutorial.toml"))
    assert ran.exit_code == 0, ran.output
    lines = [line for line in ran.output.splitlines() if line.startswith("unique")]
    assert len(lines) == 8
    assert lines[0] == "unique 100.0% -> 100.0%  Drop Health Service ID"
    assert lines[-1].startswith("unique  98.6% ->  78.9%  Band Age")
    assert "26 of the 26 values of `Hospital ID`" in ran.output


def test_a_sample_of_a_population_is_less_risky():
    table = str(SAMPLE_DATA / "hospital_admissions.csv")
    ran = synth(table, "--quasi", "Age,Hospital", "--fraction", "0.05")
    assert "Unique in the population: about" in ran.output


def test_an_unknown_column_is_one_sentence():
    ran = synth(str(SAMPLE_DATA / "hospital_admissions.csv"), "--quasi", "agee")
    assert ran.exit_code == 2
    assert "The table has no column `agee`" in ran.output


def test_a_table_without_quasi_identifiers_asks_for_some(tmp_path):
    (tmp_path / "t.csv").write_text("x,y\n1,2\n3,4\n")
    ran = synth(str(tmp_path / "t.csv"))
    assert ran.exit_code == 2
    assert "Name some: --quasi" in ran.output


def test_a_person_with_two_rows_alike_stands_out_before_and_after_a_step(tmp_path):
    """Rows were counted there: nobody was unique, though each age is that of one person."""
    rows = [f"p{i},{20 + i},x" for i in range(30) for _ in range(2)]
    (tmp_path / "visits.csv").write_text("\n".join(["who,age,note", *rows]) + "\n")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        '[source]\nfile = "visits.csv"\n[people]\ncolumn = "who"\nrows = 2\n'
        '[[protect]]\nstep = "drop"\ncolumns = ["note"]\n'
    )
    ran = synth(str(recipe), "--quasi", "age")
    assert ran.exit_code == 0, ran.output
    assert "unique 100.0% -> 100.0%  Drop note" in ran.output
