"""What the pages of docs/ say can be typed is typed, in order; and no page or link is missing."""

import ast
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
import tomlkit
import yaml
from typer.testing import CliRunner

from synth.cli import app

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TUTORIALS = sorted((DOCS / "tutorials").glob("*.md"))
BLOCK = re.compile(r"^```(console|toml|python)\n(.*?)^```$", re.M | re.S)


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda p: p.stem)
def test_a_tutorial_can_be_typed_from_its_first_line_to_its_last(page, tmp_path, monkeypatch):
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    monkeypatch.chdir(tmp_path)
    space: dict[str, object] = {}
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    assert blocks
    for kind, text in blocks:
        if kind == "console":
            for line in text.splitlines():
                typed(line)
        elif kind == "toml":
            written(text)
        else:
            exec(compile(ast.parse(text), page.stem, "exec"), space)


def typed(line: str) -> None:
    words = [w.strip('"') for w in re.findall(r'"[^"]*"|\S+', line)]
    assert words[0] == "synth"
    answer = CliRunner().invoke(app, words[1:], catch_exceptions=False)
    assert answer.exit_code == 0, answer.output


def written(lines: str) -> None:
    """What a reader writes into the recipe, in place of what stands there."""
    recipe = Path("recipe.toml")
    document = tomlkit.parse(recipe.read_text(encoding="utf-8"))
    for part, value in tomlkit.parse(lines).items():
        if part in document and isinstance(value, dict):
            document[part].update(value)
        else:
            document[part] = value
    recipe.write_text(tomlkit.dumps(document), encoding="utf-8")


def test_the_reference_is_that_of_the_code_now():
    spec = spec_from_file_location("draw_reference", DOCS / "draw_reference.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text(encoding="utf-8") == module.reference(), "make docs writes it anew"


def test_every_page_is_in_the_list_and_every_link_leads_somewhere():
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r"[\w/-]+\.md", str(yaml.safe_load(text)["nav"])))
    pages = {p for p in DOCS.rglob("*.md") if "datasynthesizer-plugin" not in p.parts}
    assert listed == {p.relative_to(DOCS).as_posix() for p in pages}
    for page in pages:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[\w-]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
