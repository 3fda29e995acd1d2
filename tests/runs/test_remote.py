"""A recipe driven over REST, against the API in process, and by the command line for real."""

import io
from pathlib import Path

import pytest
from typer.testing import CliRunner

from synth.api.registry import Registry
from synth.cli import app
from synth.errors import IngestError, RecipeError, RemoteError
from synth.progress import quiet
from synth.release import Bundle
from synth.release.showcase.bundle import look_of
from synth.runs import read_recipe
from synth.runs.recipe import Source
from synth.runs.remote import Remote, connected, looked_up, sendable
from synth.runs.verifying import verify
from tests.api.test_jobs import ALICE, PNG, QUERY, RECIPE, SAMPLE, client, table
from tests.server import served

FILE = '[source]\nfile = "people.csv"\n'


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "people.csv").write_bytes(table())
    return tmp_path


def test_a_recipes_own_file_is_sent_and_the_job_is_forgotten(folder):
    registry, seen = Registry(), []
    with client(registry=registry) as alice:
        made = Remote(alice).run(
            read_recipe(FILE + RECIPE), None, folder, lambda share, doing: seen.append(share)
        )
    assert verify(Bundle.read(io.BytesIO(made)))
    assert seen[-1] == 1.0
    assert "people.csv" not in Bundle.read(io.BytesIO(made)).files["recipe.toml"].decode()
    assert not registry.kept


def test_a_query_is_asked_of_the_database_that_the_server_calls_so():
    text = f'[source]\ndatabase = "{SAMPLE}"\nquery = "{QUERY}"\n[method]\nname = "random"\n'
    with client() as alice:
        made = Remote(alice).run(read_recipe(text), None, Path(), quiet)
    assert list(Bundle.read(io.BytesIO(made)).rows.columns) == ["sex", "smoker"]


def test_files_of_steps_and_a_logo_go_along_as_they_are(folder):
    (folder / "land.csv").write_text("city,land\nOslo,Norway\nRome,Italy\n")
    (folder / "us.png").write_bytes(PNG)
    step = '[[protect]]\nstep = "lookup"\ncolumn = "city"\ntake = "land"\nfile = "land.csv"\n'
    recipe = read_recipe(FILE + RECIPE + step + '[showcase]\nlogo = "us.png"\n')
    assert looked_up(recipe) == ["land.csv", "us.png"]
    with client() as alice:
        bundle = Bundle.read(io.BytesIO(Remote(alice).run(recipe, None, folder, quiet)))
        (folder / "us.png").unlink()
        with pytest.raises(RecipeError, match=r"`us\.png` is not there"):
            Remote(alice).run(recipe, None, folder, quiet)
    # The worker's noise is real, with a sigma below 10 on more than 80 people of Oslo.
    assert "Norway" in bundle.files["synthetic.csv"].decode()
    assert look_of(bundle).logo == PNG


def test_a_refusal_and_a_failed_job_come_back_as_sentences(folder):
    nobody = read_recipe(FILE + RECIPE + '[[column]]\nname = "nobody"\n')
    with client() as alice, pytest.raises(RemoteError, match="no column `nobody`"):
        Remote(alice).run(nobody, None, folder, quiet)
    with client("guess") as stranger, pytest.raises(RemoteError, match="token is missing or not"):
        Remote(stranger).run(read_recipe(FILE + RECIPE), None, folder, quiet)
    with client() as alice, pytest.raises(IngestError, match=r"no file `none\.csv`"):
        Remote(alice).run(read_recipe(FILE), Path("none.csv"), folder, quiet)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ('[privacy]\nledger = "x"', "lasting ledger"),
        ('[source]\ndatabase = "sqlite:///x"\nquery = "SELECT 1"', "by its address"),
        ('[source]\nfile = "t.parquet"\nstay = true', "leaves the rows where they are"),
    ],
)
def test_what_only_this_machine_reaches_cannot_be_sent(section, said):
    with pytest.raises(RecipeError, match=said):
        sendable(read_recipe(section))


@pytest.mark.parametrize("server", ["http://example.org", "ftp://localhost", "", "http://[", "x"])
def test_rows_go_nowhere_unencrypted_but_to_this_machine(server):
    with pytest.raises(RemoteError, match="not the address of an encrypted"), connected(server, ""):
        pass


def test_rows_that_stay_in_a_database_of_the_server_are_asked_for_there():
    told = read_recipe('[source]\ndatabase = "hospital"\nquery = "SELECT 1"\nstay = true')
    assert sendable(told).source == Source(stay=True)


def test_a_server_that_is_not_there_is_said_so(folder):
    with (
        pytest.raises(RemoteError, match="cannot be reached"),
        connected("http://localhost:9", "t") as remote,
    ):
        remote.run(read_recipe(FILE + RECIPE), None, folder, quiet)


def test_the_command_line_drives_a_real_server(folder):
    (folder / "recipe.toml").write_text(FILE + RECIPE)
    out = folder / "release.zip"
    with served(env={"SYNTH_API_TOKENS": ALICE}) as address:
        words = ["run", str(folder / "recipe.toml"), "-o", str(out), "--server", address]
        ran = CliRunner().invoke(app, words, env={"SYNTH_TOKEN": ALICE}, catch_exceptions=False)
        wrong = CliRunner().invoke(app, [*words, "--token", "no"], catch_exceptions=False)
    assert ran.exit_code == 0
    assert verify(Bundle.read(out))
    assert wrong.exit_code == 2
    assert "not known" in wrong.output
