"""One query on the sample database, to the same release by recipe, notebook, REST and screens."""

import io
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from pandas import read_csv
from playwright.sync_api import Page, expect
from typer.testing import CliRunner

from synth.budget.guarantee import DifferentiallyPrivate
from synth.cli import app
from synth.release import Bundle
from synth.runs import Recipe, read_recipe
from synth.runs.recipe import Source
from synth.runs.verifying import verify
from tests.api.test_jobs import ALICE, SAMPLE
from tests.browser import needs_browser, settled
from tests.server import served

HOSPITAL = Path(__file__).parents[2] / "sample_data" / "hospital.sqlite"
QUERY = """SELECT p.smoker, a.emergency, p.sex
FROM admissions a JOIN patients p USING (patient_id)
ORDER BY sex LIMIT 600"""
DECISIONS = """
[[column]]
name = "smoker"
values = ["0", "1"]
[[column]]
name = "emergency"
values = ["0", "1"]
[[column]]
name = "sex"
values = ["Female", "Male"]
[privacy]
epsilon = 2.0
delta = 1e-7
[method]
name = "independent"
[release]
seed = 7
title = "Smoking and emergencies"
"""
EXPECTED = read_recipe(DECISIONS.replace("seed = 7", 'seed = 7\nrows = 600\norder = ["sex"]'))


def recipe_at(folder: Path, database: str) -> Path:
    path = folder / "recipe.toml"
    source = f'[source]\ndatabase = "{database}"\nquery = """{QUERY}"""\n'
    path.write_text(source + DECISIONS)
    return path


def by_recipe(folder: Path) -> Path:
    recipe, out = recipe_at(folder, f"sqlite:///{HOSPITAL}"), folder / "release.zip"
    ran = CliRunner().invoke(app, ["run", str(recipe), "-o", str(out)], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return out


def from_a_notebook(folder: Path) -> Path:
    (folder / "recipe.toml").write_text(DECISIONS)
    out = folder / "release.zip"
    shell = InteractiveShell.instance(warn_venv=False)
    try:
        shell.extension_manager.load_extension("synth")
        shell.run_line_magic("synth", f"sqlite:///{HOSPITAL}")
        line = f"--recipe {folder / 'recipe.toml'} --release {out}"
        answer = shell.run_cell_magic("synth", line, QUERY)
    finally:
        InteractiveShell.clear_instance()
    assert answer["sex"].dropna().is_monotonic_increasing
    return out


def over_rest(folder: Path) -> Path:
    recipe, out = recipe_at(folder, SAMPLE), folder / "release.zip"
    with served(env={"SYNTH_API_TOKENS": ALICE}) as address:
        words = ["run", str(recipe), "-o", str(out), "--server", address, "--token", ALICE]
        ran = CliRunner().invoke(app, words, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return out


def checked(bundle: Bundle) -> Recipe:
    """What every way has to end in; the recipe that is in the release."""
    assert verify(bundle)
    assert list(bundle.rows.columns) == ["smoker", "emergency", "sex"]
    assert len(bundle.rows) == 600
    promise = bundle.statement.guarantee
    assert isinstance(promise, DifferentiallyPrivate)
    assert promise.epsilon == pytest.approx(2.0, rel=1e-3)
    assert promise.delta == pytest.approx(1e-7)
    assert f"**{promise.short}.** {promise.plain}" in bundle.files["PRIVACY.md"].decode()
    recipe = read_recipe(bundle.files["recipe.toml"].decode())
    assert recipe.source.query == QUERY
    assert bundle.rows["sex"].dropna().is_monotonic_increasing
    assert list(read_csv(io.BytesIO(bundle.files["synthetic.csv"]))["sex"].dropna()) == list(
        bundle.rows["sex"].dropna()
    )
    return recipe


@pytest.mark.parametrize("way", [by_recipe, from_a_notebook, over_rest])
def test_a_query_becomes_the_same_release(way, tmp_path):
    recipe = checked(Bundle.read(way(tmp_path)))
    assert recipe.model_copy(update={"source": Source()}) == EXPECTED


@needs_browser
@pytest.mark.browser
def test_the_screens_lead_from_the_query_to_the_same_release(page: Page):
    page.get_by_text("Open a recipe you saved").click()
    content = {"name": "r.toml", "mimeType": "application/toml", "buffer": DECISIONS.encode()}
    page.locator(".st-key-recipe input[type=file]").set_input_files(content)
    page.locator(".st-key-use_recipe button").click()
    expect(page.get_by_text("decisions are in place")).to_be_visible()

    page.get_by_role("tab", name="From a database").click()
    field = page.get_by_role("textbox", name="One SELECT")
    field.fill(QUERY.replace("ORDER BY", "ORDER"))
    page.locator(".st-key-ask button").click()
    expect(page.get_by_text("3 | ORDER sex LIMIT 600")).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill(QUERY)
    page.locator(".st-key-ask button").click()
    expect(page.locator(".st-key-next button")).to_be_enabled()

    page.get_by_role("link", name="Method").first.click()
    page.locator(".st-key-make button").click()
    expect(page.get_by_text("600 synthetic rows are ready")).to_be_visible()
    page.get_by_role("link", name="Release").first.click()
    with page.expect_download() as found:
        page.locator(".st-key-bundle button").click()
    recipe = checked(Bundle.read(io.BytesIO(Path(found.value.path()).read_bytes())))
    assert recipe.model_copy(update={"source": Source()}) == EXPECTED


@needs_browser
@pytest.mark.browser
def test_a_column_is_put_in_by_a_click_and_the_text_outlives_a_visit_elsewhere(page: Page):
    page.get_by_role("tab", name="From a database").click()
    field = page.get_by_role("textbox", name="One SELECT")
    field.fill("SELECT sex, FROM patients")
    field.press("Home")
    for _ in "SELECT sex, ":
        field.press("ArrowRight")
    page.get_by_text("Tables and columns").click()
    page.get_by_role("button", name="Put in smoker, integer").click()
    expect(field).to_have_value("SELECT sex, smokerFROM patients")
    field.press("Tab")
    expect(field).not_to_be_focused()
    settled(page)  # what is said while the server goes to another screen, Streamlit may drop
    page.get_by_role("link", name="Method").first.click()
    expect(page.get_by_text("First bring a table")).to_be_visible()
    page.get_by_role("link", name="Data").first.click()
    page.get_by_role("tab", name="From a database").click()
    expect(field).to_have_value("SELECT sex, smokerFROM patients")
