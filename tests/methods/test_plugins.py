"""The plug-in of docs/: installed as a package, found, shown, run, and read back with care."""

import importlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from synth.budget import Budget
from synth.errors import BundleError, MethodError
from synth.ingest import load
from synth.methods import all_methods
from synth.methods.plugins import plugged
from synth.progress import quiet
from synth.vault import PrivateTable
from tests.people import SCHEMA, some_people

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "docs" / "datasynthesizer-plugin"
INSTALL = ("-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index")


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder with the package installed in it; building leaves nothing in the repository."""
    folder = tmp_path_factory.mktemp("plugin")
    copy = shutil.copytree(SOURCE, folder / "source")
    here = folder / "installed"
    done = asked(*INSTALL, "--target", str(here), str(copy))
    assert done.returncode == 0, done.stderr
    return here


def asked(*words: str, plugin: Path | None = None, cwd: Path = ROOT, **more):
    """What a Python of its own answers, with the plug-in installed if one is given."""
    path = os.pathsep.join(str(p) for p in (plugin, ROOT) if p is not None)
    env = {**os.environ, "PYTHONPATH": path, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return subprocess.run(
        [sys.executable, *words], cwd=cwd, env=env, capture_output=True, text=True, **more
    )


def answered(*words: str, plugin: Path, **more) -> str:
    done = asked(*words, plugin=plugin, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_building_it_leaves_nothing_in_the_repository(installed):
    kept = {p.name for p in SOURCE.iterdir()} - {"__pycache__"}
    assert kept == {"README.md", "pyproject.toml", "synth_datasynthesizer.py"}


def test_it_is_listed_with_its_settings(installed):
    listed = answered("-m", "synth.cli", "methods", plugin=installed)
    own = listed[listed.index("datasynthesizer: ") :]
    for setting in ("epsilon = 1.0", "degree = 1", "threshold = 20", "bins = 20"):
        assert setting in own
    assert "Promises nothing formally" in own
    assert "datasynthesizer" not in answered("-m", "synth.cli", "methods", plugin=ROOT)


def test_it_is_found_even_where_it_is_imported_before_synth(installed):
    code = "import synth_datasynthesizer, synth; print(*(m.name for m in synth.all_methods()))"
    assert "datasynthesizer" in answered("-c", code, plugin=installed).split()


def test_authors_import_from_one_place_alone():
    for page in (SOURCE / "synth_datasynthesizer.py", ROOT / "docs" / "plugins.md"):
        places = re.findall(r"^\s*from (synth[\w.]*) import", page.read_text(), re.M)
        assert places and set(places) == {"synth.methods"}


RECIPE = """
[source]
file = "people.csv"
[method]
name = "datasynthesizer"
degree = 2
threshold = 30
[release]
rows = 300
"""
RUN = ("-m", "synth.cli", "run", "recipe.toml", "-o", "r.zip")


def test_a_recipe_names_it_and_its_release_is_verified(installed, tmp_path):
    some_people().to_csv(tmp_path / "people.csv", index=False)
    (tmp_path / "recipe.toml").write_text(RECIPE)
    where = {"plugin": installed, "cwd": tmp_path}
    ran = asked("-W", "error", *["-m", "synth.cli", "run", "recipe.toml", "-o", "r.zip"], **where)
    assert ran.returncode == 0, ran.stderr
    assert "Wrote 300 synthetic rows" in ran.stdout
    assert "its own claim" in ran.stdout
    assert "Adding ROOT" not in ran.stdout + ran.stderr
    assert {p.name for p in tmp_path.iterdir()} == {"people.csv", "recipe.toml", "r.zip"}
    verified = answered(*["-m", "synth.cli", "verify", "r.zip"], **where)
    assert "No formal guarantee" in verified
    assert "draws the same 300 rows again" in verified


def test_a_setting_out_of_range_is_refused_with_the_range(installed, tmp_path):
    some_people().to_csv(tmp_path / "people.csv", index=False)
    (tmp_path / "recipe.toml").write_text(RECIPE.replace("degree = 2", "degree = 9"))
    ran = asked(
        *["-m", "synth.cli", "run", "recipe.toml", "-o", "r.zip"], plugin=installed, cwd=tmp_path
    )
    assert ran.returncode == 2
    assert "Choose one of 1, 2, 3, 4" in ran.stderr


@pytest.fixture(scope="module")
def plug(installed) -> ModuleType:
    """The installed module, in this process."""
    sys.path.insert(0, str(installed))
    yield importlib.import_module("synth_datasynthesizer")
    sys.path.remove(str(installed))
    del sys.modules["synth_datasynthesizer"]


def fitted(plug: ModuleType, rows: int = 2000, progress=quiet, **settings):
    private = PrivateTable(some_people(rows), SCHEMA, Budget(1.0))
    method = plug.DataSynthesizer.configured(settings)
    return method.fit(private, private.ledger.left, progress)


def read_back(model, parameters):
    return type(model).restored(model.schema, model.statement, model.rows, parameters)


def drawn(model, seed: int = 1):
    return model.sample(1000, np.random.default_rng(seed))


def test_it_keeps_what_goes_together_and_what_is_missing(plug):
    fake = drawn(fitted(plug, epsilon=0.0))
    ill = (fake["ill"] == "yes").groupby(fake["city"]).mean()
    assert ill["Oslo"] == 0
    assert ill["Rome"] > 0.8
    assert 0.05 < fake["ill"].isna().mean() < 0.16


@pytest.mark.parametrize("settings", [{"threshold": 2}, {"degree": 4}, {"bins": 2, "threshold": 2}])
def test_each_setting_gives_rows_that_fit_the_schema(settings, plug):
    fake = drawn(fitted(plug, **settings))
    assert list(fake.columns) == list(SCHEMA.names)
    assert fake["age"].between(0, 120).all()
    assert set(fake["city"]) <= {"Oslo", "Rome", "(other)"}


@pytest.mark.usefixtures("left_to_chance")
def test_sampling_has_a_seed_and_noise_has_none(plug):
    one, two = fitted(plug), fitted(plug)  # their seeds agree with a chance of 2^-32, or 2.4e-10
    again = read_back(one, json.loads(json.dumps(one.parameters())))
    assert drawn(one).equals(drawn(again))
    assert not drawn(one).equals(drawn(one, seed=2))
    assert one.parameters() != two.parameters()


def test_the_generators_it_seeds_are_put_back(plug):
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    drawn(fitted(plug))
    assert before == (random.getstate(), np.random.get_state()[1].tolist())  # noqa: NPY002


def test_a_saved_model_that_would_run_something_is_refused(plug, tmp_path):
    model, trap = fitted(plug), tmp_path / "ran"
    saved = json.loads(json.dumps(model.parameters()))
    child, _ = saved["bayesian_network"][-1]
    key, chances = saved["conditional_probabilities"][child].popitem()
    saved["conditional_probabilities"][child][f"open({str(trap)!r}, 'w') and {key}"] = chances
    with pytest.raises(BundleError, match="does not fit the schema"):
        drawn(read_back(model, saved))
    assert not trap.exists()
    drawn(type(model)(model.schema, model.statement, model.rows, saved))
    assert trap.exists(), "without the check it would have run"


def test_it_says_how_far_it_is_and_can_be_stopped(plug):
    heard = []

    def hear(share: float, doing: str) -> None:
        heard.append(share)
        if share > 0.5:
            raise InterruptedError("enough")

    with pytest.raises(InterruptedError, match="enough"):
        fitted(plug, progress=hear)
    assert heard == pytest.approx([1 / 3, 2 / 3])


def test_too_few_rows_are_refused(plug):
    with pytest.raises(MethodError, match="10 rows are too few"):
        fitted(plug, rows=10)


def test_a_table_too_wide_for_it_is_refused_before_a_row_is_read(plug):
    table = load(ROOT / "sample_data" / "hospital_admissions.csv", Budget(1.0)).private
    with pytest.raises(MethodError, match=r"`Postcode`.* together have [\d,]+ combinations"):
        plug.DataSynthesizer(degree=4).fit(table, table.ledger.left)
    assert not table.ledger.entries


SCREEN = """
import json
import sys
from pathlib import Path
from tests.screens import AppTest
from synth.budget import Budget
from synth.ingest import load
from tests.people import some_people
from ui.shell.visitor import KEY, Visitor


def told(rows):
    who = Visitor()
    who.bring(load(some_people(rows), Budget(1.0)), "people")
    app = AppTest.from_file(Path("ui/shell/router.py").absolute(), default_timeout=300)
    app.session_state[KEY] = who
    app.run().switch_page("../../pages/method.py").run()
    app.button_group(key="family").set_value("No formal promise").run()
    app.radio(key="method").set_value("datasynthesizer").run()
    own = "datasynthesizer."
    form = {e.key.removeprefix(own): e.value
            for kind in (app.number_input, app.selectbox) for e in kind if e.key.startswith(own)}
    app.number_input(key=own + "epsilon").set_value(3.0).run()
    app.button(key="make").click().run()
    job = app.session_state[KEY].job
    assert job.finished.wait(300)
    app.run()
    assert not app.exception, app.exception
    return {
        "form": form,
        "warning": [w.value for w in app.warning],
        "error": [e.value for e in app.error],
        "strip": " ".join(m.value for m in app.markdown),
        "release": who.made is not None and who.made.bundle.statement.guarantee.plain,
    }


print(json.dumps([told(int(rows)) for rows in sys.argv[1:]]))
"""


def test_its_settings_are_a_form_its_release_is_made_and_its_refusal_is_a_sentence(installed):
    answer = answered("-c", SCREEN, "400", "15", plugin=installed)
    made, refused = json.loads(answer.splitlines()[-1])
    assert made["form"] == {"epsilon": 1.0, "degree": 1, "threshold": 20, "bins": 20}
    assert any("no formal promise" in w for w in made["warning"])
    assert made["error"] == []
    assert "ε = 3 it was given is its own claim" in made["release"]
    assert "15 rows are too few" in refused["error"][0]
    assert "**Table** people" in refused["strip"]
    assert "**Running**" not in refused["strip"]
    assert refused["release"] is False


# -- the text beside it ------------------------------------------------------------------------


@pytest.fixture
def example(monkeypatch) -> ModuleType:
    """The module that docs/plugins.md shows."""
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "plugins.md").read_text(), re.S)
    module = ModuleType("my_package")
    monkeypatch.setitem(sys.modules, "my_package", module)
    exec(code[1], module.__dict__)
    return module


def test_the_method_in_the_text_is_found_and_keeps_its_promise(example, rng):
    shown = re.search(r'```toml\n\[.*"(.*)"\]\n(\w+) = "(.*)"', document())
    point = EntryPoint(shown[2], shown[3], shown[1])
    found = plugged((m.name for m in all_methods()), [point], (m.model for m in all_methods()))
    assert [m.name for m in found.methods] == ["example"]
    private = PrivateTable(some_people(), SCHEMA, Budget(1.0))
    model = found.methods[0].configured({"floor": 2.0}).fit(private, private.ledger.left)
    assert model.statement.formal
    assert private.ledger.left == pytest.approx(0, abs=1e-9)
    restored = example.Chances.restored(
        model.schema, model.statement, model.rows, json.loads(json.dumps(model.parameters()))
    )
    fake = restored.sample(500, rng)
    again = model.sample(500, np.random.default_rng(2))
    assert fake.equals(again)
    assert 0.3 < (fake["city"] == "Rome").mean() < 0.7


def document() -> str:
    return (ROOT / "docs" / "plugins.md").read_text()


def test_a_plug_in_cannot_take_the_kind_of_another_model(example):
    example.Chances.kind = "trees"
    point = EntryPoint("example", "my_package:Example", "synth.methods")
    found = plugged([], [point], (m.model for m in all_methods()))
    assert found.methods == ()
    assert "taken: `trees`" in found.refused[0]


PRINTING = """
import runpy
from synth.methods.independent import Independent
fit = Independent.fit
Independent.fit = lambda *told: print("so far, so good") or fit(*told)
runpy.run_module("synth.runs.worker", run_name="__main__")
"""


def test_a_method_that_prints_spoils_no_answer_of_the_worker(private):
    process = subprocess.Popen(
        [sys.executable, "-c", PRINTING],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        header = {"recipe": '[method]\nname = "independent"'}
        process.stdin.write(json.dumps(header).encode() + b"\n")
        private.send_rows(process.stdin)
        process.stdin.close()
        told = [json.loads(line) for line in iter_messages(process.stdout)]
        assert b"so far, so good" in process.stderr.read()
    assert told[-1]["bundle"] > 0


def iter_messages(stream):
    """The lines up to the one that says how long the bundle behind it is."""
    for line in stream:
        yield line
        if b'"bundle"' in line:
            stream.read()
            return
