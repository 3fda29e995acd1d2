"""Write `docs/reference.md` from the code: commands, keys of a recipe, methods, steps, Python.

python docs/draw_reference.py
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NewType

import typer

import synth
from synth.cli import app
from synth.methods import all_methods
from synth.protect.steps.catalogue import STEPS
from synth.runs.recipe_words import KEYS, MEANINGS
from synth.schema.settings import Setting, settings_of

PAGE = Path(__file__).parent / "reference.md"


def reference() -> str:
    """The page."""
    parts = (_commands(), _recipe(), _methods(), _steps(), _python())
    return "\n".join(["# Reference", "", *(line for part in parts for line in part)])


def _commands() -> Iterator[str]:
    yield from ("## Commands", "", "| command | what it does |", "|---|---|")
    group: Any = typer.main.get_command(app)
    for name, command in group.commands.items():
        yield f"| `synth {name}` | {_first(command.help)} |"
    yield ""


def _recipe() -> Iterator[str]:
    yield from ("## The recipe", "")
    for part, meaning in MEANINGS.items():
        yield from (f"### {part}", "", meaning, "")
        if part in KEYS:
            yield from ("| key | what it says |", "|---|---|")
            yield from (f"| `{key}` | {_cell(words)} |" for key, words in KEYS[part].items())
            yield ""


def _methods() -> Iterator[str]:
    yield from ("## Methods", "")
    for method in (m for m in all_methods() if m.__module__.startswith("synth.")):
        yield from (f"### {method.name}", "", f"{method.title}. {method.summary}", "")
        yield from _settings(settings_of(method))


def _steps() -> Iterator[str]:
    yield from ("## Steps of de-identification", "")
    for step in STEPS:
        yield from (f"### {step.name}", "", f"{step.title}. {step.summary}", "")
        yield from _settings(settings_of(step))


def _settings(settings: tuple[Setting, ...]) -> Iterator[str]:
    if not settings:
        return
    yield from ("| setting | usually | what it says |", "|---|---|---|")
    for one in settings:
        usual = "has to be given" if one.required else f"`{one.default!r}`"
        words = f"{one.title}. {one.help}" if one.help else f"{one.title}."
        yield f"| `{one.name}` | {_cell(usual)} | {_cell(words)} |"
    yield ""


def _python() -> Iterator[str]:
    yield from ("## Python", "", "| name | what it is |", "|---|---|")
    for name in synth.__all__:
        found = getattr(synth, name)
        plain = isinstance(found, NewType)  # which has no words of its own
        words = "What an answer costs: rho of zero-concentrated differential privacy, a float."
        yield f"| `synth.{name}` | {words if plain else _first(inspect.getdoc(found))} |"
    yield ""


def _first(text: str | None) -> str:
    return _cell((text or "").split("\n\n")[0])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
