"""A disk that is full, a database that is locked: each ends in a sentence, and nothing is lost."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from synth.api.allowance import Allowance
from synth.api.problems import Problem
from synth.api.shared.charges import charges_of
from synth.api.shared.queue import Queue
from synth.api.tally import Tally
from synth.api.team.journal import DATABASE, Deed, Journal, now
from synth.budget.lasting import LEDGER, LedgerFile
from synth.errors import LedgerError, QueryError, TeamError
from synth.runs import read_recipe
from synth.runs.audit import Audit, brought


def test_a_line_of_the_log_that_a_full_disk_cut_spoils_no_other(tmp_path, monkeypatch):
    log, write = Audit(tmp_path / "log"), os.write
    log.write(brought("first", "independent"), "ann")
    monkeypatch.setattr(os, "write", lambda handle, line: write(handle, line[:20]))
    with pytest.raises(QueryError, match=r"cannot be written \(OSError\)"):
        log.write(brought("cut", "independent"), "ann")
    monkeypatch.undo()
    log.write(brought("last", "independent"), "ann")
    assert [line["file"] for line in log.read()] == ["first", "last"]


def test_a_database_that_another_program_keeps_locked_is_said_and_nothing_is_lost(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("synth.budget.lasting.WAIT", 0.05)
    monkeypatch.setattr("synth.api.engines.WAIT", 0.05)
    book = LedgerFile.opened(tmp_path)
    journal = Journal.opened(tmp_path / "library")
    queue = Queue.opened(f"sqlite:///{tmp_path / 'queue'}")
    tally = Tally(None, partial(charges_of, queue))
    recipe = read_recipe('[method]\nname = "independent"\n')

    def spend() -> None:
        with book.writing() as lines:
            lines.write("patients", {"kind": "measured", "rho": 0.5})

    def decide() -> None:
        with journal.writing() as (_, add):
            add(Deed(now(), "ann", "ann", "kept", "one", {}))

    def charge() -> None:
        tally.charge("alice", recipe, Allowance())

    def kept() -> tuple[int, int, float]:
        lines = len(book.lines("patients")), len(journal.deeds())
        return (*lines, tally.of("alice").rho / float(recipe.budget.rho))

    for act, place, error, why in (
        (spend, tmp_path / LEDGER, LedgerError, "database is locked"),
        (decide, tmp_path / "library" / DATABASE, TeamError, "cannot be reached or written"),
        (charge, tmp_path / "queue", Problem, "cannot be looked up, so nothing is answered"),
    ):
        act()
        with locked(place), pytest.raises(error, match=why):
            act()
    assert kept() == (1, 1, 1.0)


def locked(path: Path) -> closing[sqlite3.Connection]:
    """A database while another program writes in it."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    return closing(other)
