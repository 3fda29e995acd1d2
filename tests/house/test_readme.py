"""What the README and the package's own page say can be typed, typed."""

import ast
import re
from pathlib import Path

from typer.testing import CliRunner

import synth
from synth.cli import app
from tests.people import some_people

ROOT = Path(__file__).parents[2]


def test_the_commands_of_the_readme_work_in_order(tmp_path, monkeypatch):
    lines = (ROOT / "README.md").read_text().splitlines()
    commands = [m[1].split() for x in lines if (m := re.match(r"    \.venv/bin/synth (.+)", x))]
    assert [c[0] for c in commands] == ["init", "run", "verify"]
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    monkeypatch.chdir(tmp_path)
    for words in commands:
        answer = CliRunner().invoke(app, words, catch_exceptions=False)
        assert answer.exit_code == 0, answer.output


def test_the_lines_in_the_package_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    some_people().to_csv("people.csv", index=False)
    text = synth.__doc__ or ""
    code = "\n".join(line[4:] for line in text.splitlines() if line.startswith("    "))
    space: dict[str, object] = {}
    exec(compile(ast.parse(code), "synth", "exec"), space)
    assert Path("release.zip").stat().st_size > 1000
    assert space["model"].statement.guarantee.plain


def test_every_public_name_is_there():
    assert all(hasattr(synth, name) for name in synth.__all__)
    assert len(synth.__all__) <= 40
