"""`%%synth` in a notebook: the cell is a query, the answer is synthetic.

%load_ext synth
%synth sqlite:///hospital.sqlite --audit queries.jsonl --ledger books --population "all patients"

%%synth --method adaptive --epsilon 1 --into visits
SELECT sex, ward, emergency FROM admissions JOIN patients USING (patient_id)

%%synth --recipe recipe.toml --release release.zip
SELECT sex, ward, emergency FROM admissions JOIN patients USING (patient_id)
"""

from __future__ import annotations

import argparse
import shlex
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NoReturn

from synth.errors import QueryError, RecipeError, SynthError
from synth.ingest.pointer import pointed
from synth.lazily import pd
from synth.release.signature import key_set, signed_words
from synth.release.table_files import whole
from synth.runs.faux import Faux, faux
from synth.runs.recipe import MethodPart, Recipe
from synth.runs.recipe_file import read_recipe


class _Words(argparse.ArgumentParser):
    """A parser whose mistakes are sentences, not exits."""

    def error(self, message: str) -> NoReturn:
        raise QueryError(
            f"`%%synth`: {message}.", "See `help(synth.runs.notebook)` for an example."
        )


def _line_words() -> _Words:
    words = _Words(prog="%synth", add_help=False)
    words.add_argument("database")
    words.add_argument("--audit")
    words.add_argument("--ledger")
    words.add_argument("--population", default="")
    words.add_argument("--anchor")
    return words


def _cell_words() -> _Words:
    words = _Words(prog="%%synth", add_help=False)
    words.add_argument("--recipe", type=Path)
    words.add_argument("--method")
    words.add_argument("--epsilon", type=float)
    words.add_argument("--rows", type=int)
    words.add_argument("--seed", type=int)
    words.add_argument("--into", default="")
    words.add_argument("--release", type=Path)
    return words


def _recipe_of(words: argparse.Namespace) -> Recipe:
    """The recipe of a cell: the file it names, and over it what the cell says itself."""
    try:
        text = "" if words.recipe is None else words.recipe.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise RecipeError(
            f"`{words.recipe}` cannot be read.", "Give the path of a recipe."
        ) from None
    recipe = read_recipe(text)
    parts: dict[str, Any] = {}
    if words.method is not None and words.method != recipe.method.name:
        parts["method"] = MethodPart(name=words.method)
    if words.epsilon is not None:
        parts["privacy"] = recipe.privacy.model_copy(update={"epsilon": words.epsilon})
    drawn = {n: v for n in ("rows", "seed") if (v := getattr(words, n)) is not None}
    return recipe.model_copy(update={**parts, "release": recipe.release.model_copy(update=drawn)})


class Magic:
    """The database a notebook has opened, and what cells ask of it."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.opened: Faux | None = None

    def __call__(self, line: str, cell: str | None = None) -> pd.DataFrame | None:
        try:
            if cell is not None:
                return self._ask(line, cell)
            self._open(line)
        except SynthError as error:
            print(error)
            if where := pointed(cell or "", error):
                print(where)
        return None

    def _open(self, line: str) -> None:
        words = _line_words().parse_args(shlex.split(line))
        self.opened = faux(
            words.database,
            audit=words.audit,
            ledger=words.ledger,
            population=words.population,
            anchor=words.anchor,
        )
        print(f"Asking {self.opened.database.shown}; answers are synthetic.")

    def _ask(self, line: str, cell: str) -> pd.DataFrame | None:
        if self.opened is None:
            raise QueryError("No database is open.", "First: %synth sqlite:///file.db")
        words = _cell_words().parse_args(shlex.split(line))
        key = None if words.release is None else key_set()
        folder = Path() if words.recipe is None else words.recipe.parent
        into = nullcontext() if words.release is None else whole(words.release)
        with into as stream:  # before anything is spent on what goes into it
            release = self.opened.release(cell, _recipe_of(words), folder=folder)
            if stream is not None:
                stream.write(release.zipped(key))
        answer = self.opened.arranged(cell, release)
        print(answer.attrs["privacy"])
        if words.release is not None:
            signed = signed_words(key.fingerprint if key else "")
            print(f"Wrote the release to {words.release}. {signed}")
        if words.into:
            self.shell.user_ns[words.into] = answer
            return None
        return answer


def load_ipython_extension(shell: Any) -> None:
    """Called by `%load_ext synth`."""
    shell.register_magic_function(Magic(shell), "line_cell", "synth")
