"""Errors a custodian can act on: what happened, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

OBEYED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def shown(text: str) -> str:
    r"""A sentence without signs that a terminal or a log obeys; a name it quotes may hold any.

    >>> shown("no column `a\x1b[31m`,\nfake line")
    'no column `a\ufffd[31m`, fake line'
    """
    return OBEYED.sub("\ufffd", text.replace("\n", " ").replace("\t", " "))


class SynthError(Exception):
    """Something the person at the screen can put right.

    Screens and the command line show these as sentences; every other exception is a bug and is
    left to crash. Messages name columns, counts and limits, never cell values.

    Args:
        what: what happened, in one sentence, with the names and numbers that matter.
        remedy: what the person can do about it, in one sentence.
        about: names of the settings, columns or functions to blame, as the person wrote them, so
            that whoever shows the error can point at the place.
    """

    def __init__(self, what: str, remedy: str, *, about: Sequence[str] = ()) -> None:
        self.what = shown(what)
        self.remedy = shown(remedy)
        super().__init__(self.what, self.remedy)
        self.about = tuple(about)

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}"


class IngestError(SynthError):
    """The file or query result is not a table that can be read."""


class QueryError(SynthError):
    """A query may not run, or the database cannot answer it.

    Args:
        line, column: where in the query, counted from 1; 0 where no place is to blame.
    """

    def __init__(
        self,
        what: str,
        remedy: str,
        line: int = 0,
        column: int = 0,
        *,
        about: Sequence[str] = (),
    ) -> None:
        super().__init__(what, remedy, about=about)
        self.line = line
        self.column = column


class SchemaError(SynthError):
    """The declared schema contradicts itself or the table."""


class BudgetExceeded(SynthError):
    """A measurement asked for more privacy budget than is left."""


class BudgetError(SynthError):
    """The privacy promise itself makes no sense (epsilon, delta, rows per person)."""


class LedgerError(SynthError):
    """The lasting ledger cannot be read, or contradicts itself."""


class AccountRefused(SynthError):
    """The account of a population has no place for a release, or has to ask about it first."""


class MethodError(SynthError):
    """A method cannot be run with these settings on this table."""


class RiskError(SynthError):
    """A question about risk makes no sense: a share above 1, a k larger than the table."""


class OutputError(SynthError):
    """A file cannot be written where it was asked for."""


class EvaluationError(SynthError):
    """Two tables cannot be compared as it was asked."""


class StepError(SynthError):
    """A de-identification step has a wrong parameter, or does not fit the table.

    Args:
        key: the parameter to blame, or "".
    """

    def __init__(self, what: str, remedy: str, key: str = "") -> None:
        super().__init__(what, remedy, about=(key,) if key else ())
        self.key = key


class RuleError(SynthError):
    """A rule between columns is not understood, or names a column that is not there."""


class ConditionError(SynthError):
    """A condition on rows is not understood, or no row can be drawn that holds it."""


class NotReleasable(SynthError):
    """Something that must stay with the custodian was put into a release."""


class TooManyGaps(NotReleasable):
    """Most cells of a release would be gaps.

    Args:
        steps: steps that would help, as tables of a recipe. They may hold values that many people
            share, so they are for the custodian's eyes and no part of the message.
    """

    def __init__(
        self,
        what: str,
        remedy: str,
        *,
        about: Sequence[str] = (),
        steps: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(what, remedy, about=about)
        self.steps = tuple(steps)


class BundleError(SynthError):
    """A release bundle is damaged, incomplete or not ours."""


class TeamError(SynthError):
    """The library of a team, or how its members sign in, is not set up or cannot be used."""


class NotAllowed(SynthError):
    """Somebody asks for what is not theirs to do, or not now."""


class KeyFileError(SynthError):
    """The key that releases are signed with cannot be made or used."""


class RemoteError(SynthError):
    """A server refuses what it was asked, or cannot be reached."""


class RecipeError(SynthError):
    """The recipe has a mistake.

    Args:
        line: where, counted from 1; 0 where no single line is to blame.
        key: the one key to blame, where it stands above all parts; else "".
    """

    def __init__(self, what: str, remedy: str, line: int = 0, *, key: str = "") -> None:
        super().__init__(f"Line {line}: {what}" if line else what, remedy)
        self.line = line
        self.key = key
