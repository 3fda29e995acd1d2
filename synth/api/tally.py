"""What every token was charged, whatever became of its jobs: in a lasting ledger, in the queue that
servers share, or in memory.

A job is charged with all it may cost before a row is read, and stays charged when it fails, is
stopped, or dies with its server; only one that was refused before its rows went to a worker gives
its charge back. With a lasting ledger (`synth/budget/lasting.py`) a charge is on disk, sealed to
the one before it, when `charge` returns, and no other server on the same folder can spend the same
share meanwhile.
"""

from __future__ import annotations

import logging
import math
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from synth.api.allowance import Allowance, answers_delta
from synth.api.problems import Problem
from synth.budget.lasting import LedgerFile, Line
from synth.errors import LedgerError, TeamError
from synth.runs import Recipe

CHARGED, RETURNED = "charged", "returned"
NAMED = 16  # characters of a token's digest that its account is named by


class Pages(Protocol):
    """Where charges are written, while nobody else may write there."""

    def lines(self, account: str) -> tuple[Line, ...]: ...
    def write(self, account: str, document: Mapping[str, Any]) -> None: ...


@dataclass
class Fleeting:
    """Charges that end with the process."""

    accounts: dict[str, list[Line]] = field(default_factory=dict)

    def lines(self, account: str) -> tuple[Line, ...]:
        return tuple(self.accounts.get(account, ()))

    def write(self, account: str, document: Mapping[str, Any]) -> None:
        line = Line("", str(document["run"]), "", str(document["kind"]), document)
        self.accounts.setdefault(account, []).append(line)


@dataclass(frozen=True)
class Charged:
    """What all jobs of a token come to.

    Args:
        rho: infinite where nothing bounds one of them.
        delta: what single answers of theirs may fail by of their own.
    """

    rho: float = 0.0
    delta: float = 0.0


@dataclass(frozen=True)
class Tally:
    """The charges of all tokens. Safe to use from several threads, and servers.

    Args:
        file: the lasting ledger; None keeps them elsewhere.
        pages: where that is, one writer at a time; None keeps them in memory.
    """

    file: LedgerFile | None = None
    pages: Callable[[], AbstractContextManager[Pages]] | None = None
    _memory: Fleeting = field(default_factory=Fleeting, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def of(self, owner: str) -> Charged:
        """What the jobs of a token come to.

        Raises:
            Problem: the ledger is damaged or cannot be read.
        """
        with self._pages(writing=False) as pages:
            return charged_in(pages.lines(account_of(owner)))

    def charge(self, owner: str, recipe: Recipe, allowance: Allowance) -> str:
        """Charge a token with all that a job may cost; its name in the ledger.

        Raises:
            Problem: more than its allowance, or the ledger cannot be written; nothing is charged.
        """
        run, account = secrets.token_hex(8), account_of(owner)
        with self._pages() as pages:
            before = charged_in(pages.lines(account))
            allowance.check(recipe, before.rho, before.delta)
            told = {"rho": price(recipe), "delta": answers_delta(recipe)}
            pages.write(account, {"kind": CHARGED, "run": run, "release": "over REST", **told})
        return run

    def give_back(self, owner: str, run: str) -> None:
        """Take back the charge of a job that was refused before a row of it was used."""
        try:
            with self._pages() as pages:
                pages.write(account_of(owner), {"kind": RETURNED, "run": run})
        except Problem as error:  # it stays charged; why the job was refused matters more
            logging.getLogger("synth").error("%s", error.what)

    @contextmanager
    def _pages(self, *, writing: bool = True) -> Iterator[Pages]:
        if self.file is None and self.pages is None:
            with self._lock:
                yield self._memory
            return
        try:
            if self.file is None:
                assert self.pages is not None
                with self.pages() as shared:
                    yield shared
                return
            with self.file.writing() if writing else self.file.reading() as book:
                yield book
        except (LedgerError, TeamError) as error:
            raise Problem(
                503,
                "What this token has spent cannot be looked up, so nothing is answered. "
                f"{error.what}",
                f"Whoever runs this server sees to it. {error.remedy}",
            ) from None


def account_of(owner: str) -> str:
    """The name of a token's account; the tab keeps it apart from every population's."""
    return f"token\t{owner[:NAMED]}"


def price(recipe: Recipe) -> float:
    """The rho that a job may cost at most."""
    return math.inf if recipe.unbounded else float(recipe.budget.rho)


def charged_in(lines: tuple[Line, ...]) -> Charged:
    """What some lines come to, without the charges that were given back."""
    returned = {x.run for x in lines if x.kind == RETURNED}
    standing = [x for x in lines if x.kind == CHARGED and x.run not in returned]
    return Charged(math.fsum(x.rho for x in standing), math.fsum(x.delta for x in standing))
