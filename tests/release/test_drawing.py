import io
import xml.etree.ElementTree as ET

import pytest
from typer.testing import CliRunner

from synth.cli import app
from synth.release import Bundle
from synth.release.drawing import drawings
from synth.runs import Recipe, run
from synth.runs.recipe import MethodPart
from tests.people import some_people


@pytest.fixture(scope="module")
def zipped() -> bytes:
    return run(Recipe(method=MethodPart(name="mixture")), some_people(1000)).release.zipped()


def test_missing_values_marginals_and_correlations_are_drawn(zipped):
    made = drawings(Bundle.read(io.BytesIO(zipped)))
    assert set(made) == {"missing.svg", "marginals.svg", "correlations.svg"}
    for content in made.values():
        assert ET.fromstring(content).tag.endswith("svg")
        assert b"ill" in content
        assert b"http" not in content.replace(b"http://www.w3.org", b"")


def test_drawings_are_written_on_request(zipped, tmp_path):
    (tmp_path / "r.zip").write_bytes(zipped)
    words = ["draw", str(tmp_path / "r.zip"), "-o", str(tmp_path / "pictures")]
    assert CliRunner().invoke(app, words).exit_code == 0
    assert len(list((tmp_path / "pictures").iterdir())) == 3
