"""`%%synth` in a notebook: the cell is a query, the answer is synthetic.

%load_ext synth.magic
%synth sqlite:///hospital.sqlite --audit queries.jsonl

%%synth --method adaptive --epsilon 1 --into visits
SELECT sex, ward, emergency FROM admissions JOIN patients USING (patient_id)
"""

from __future__ import annotations

import argparse
import shlex
from typing import Any, NoReturn

import pandas as pd

from synth.errors import QueryError, SynthError
from synth.faux import Faux, faux
from synth.sources.pointer import pointed


class _Words(argparse.ArgumentParser):
    """A parser whose mistakes are sentences, not exits."""

    def error(self, message: str) -> NoReturn:
        raise QueryError(f"`%%synth`: {message}.", "See synth.magic for an example.")


def _line_words() -> _Words:
    words = _Words(prog="%synth", add_help=False)
    words.add_argument("database")
    words.add_argument("--audit")
    return words


def _cell_words() -> _Words:
    words = _Words(prog="%%synth", add_help=False)
    words.add_argument("--method", default="adaptive")
    words.add_argument("--epsilon", type=float, default=1.0)
    words.add_argument("--rows", type=int, default=0)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--into", default="")
    return words


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
        self.opened = faux(words.database, audit=words.audit)
        print(f"Asking {self.opened.database.shown}; answers are synthetic.")

    def _ask(self, line: str, cell: str) -> pd.DataFrame | None:
        if self.opened is None:
            raise QueryError("No database is open.", "First: %synth sqlite:///file.db")
        words = _cell_words().parse_args(shlex.split(line))
        answer = self.opened.read_sql(
            cell, words.method, epsilon=words.epsilon, rows=words.rows, seed=words.seed
        )
        print(answer.attrs["privacy"])
        if words.into:
            self.shell.user_ns[words.into] = answer
            return None
        return answer


def load_ipython_extension(shell: Any) -> None:
    """Called by `%load_ext synth.magic`."""
    shell.register_magic_function(Magic(shell), "line_cell", "synth")
