"""The lasting ledger: it adds up over releases and processes, and refuses rather than forgets."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth.budget import Budget, Ledger, Rho
from synth.budget.account import Account, Cap, Intent, account_of
from synth.budget.lasting import KEY, LEDGER, LedgerFile, Line
from synth.errors import BudgetExceeded, LedgerError
from synth.schema import Categories, Column, Schema
from synth.vault import PrivateTable
from tests.ledgers import spoil
from tests.waiting import PATIENCE

PROMISE = Budget(1.0, 1e-6)
CAP = Cap(1.0, 1e-6)
TOWN = "town"


def account(folder: Path, release: str = "first", cap: Cap = CAP) -> Account:
    return account_of(LedgerFile.opened(folder), TOWN, cap, Intent(release))


def spent(folder: Path) -> list[Line]:
    return [x for x in LedgerFile.opened(folder).lines(TOWN) if x.kind == "measured"]


def table(account: Account | None = None, rows: int = 50) -> PrivateTable:
    frame = pd.DataFrame({"sex": ["f", "m"] * (rows // 2)})
    ledger = Ledger(PROMISE, parent=account)
    return PrivateTable(frame, Schema((Column("sex", Categories(("f", "m"))),)), ledger)


def test_releases_add_up_over_reloads(tmp_path: Path) -> None:
    third = Rho(PROMISE.rho / 3)
    for release in ("first", "second"):
        private = table(account(tmp_path, release))
        private.measure(("sex",), third, "one-way marginal")
    later = account(tmp_path, "third")
    assert later.spent == pytest.approx(2 * third)
    assert later.left == pytest.approx(third)
    told = [(line.release, line.purpose) for line in spent(tmp_path)]
    assert told == [("first", "one-way marginal: sex"), ("second", "one-way marginal: sex")]


def test_what_is_spent_is_refused_in_the_next_session_before_rows_are_counted(
    tmp_path: Path,
) -> None:
    table(account(tmp_path)).measure(("sex",), PROMISE.rho, "one-way marginal")
    again = table(account(tmp_path, "second"))
    with pytest.raises(BudgetExceeded, match="is left"):
        again.measure(("sex",), Rho(PROMISE.rho / 100), "one-way marginal")
    assert again.ledger.entries == []


def test_what_releasing_again_would_cost_is_told(tmp_path: Path) -> None:
    first = account(tmp_path)
    half = Rho(PROMISE.rho / 2)
    first.spend("tables", half)
    assert first.epsilon < 1.0
    assert first.epsilon_after(half) == pytest.approx(1.0, rel=1e-6)


def test_every_population_has_an_account_of_its_own(tmp_path: Path) -> None:
    account(tmp_path).spend("tables", PROMISE.rho)
    other = account_of(LedgerFile.opened(tmp_path), "village", CAP, Intent())
    assert other.left == pytest.approx(CAP.rho())


def test_the_first_promise_stands(tmp_path: Path) -> None:
    account(tmp_path)
    with pytest.raises(LedgerError, match="were promised epsilon 1 and delta 1e-06"):
        account(tmp_path, cap=Cap(5.0, 1e-6))


def test_only_the_owner_may_read_the_files(tmp_path: Path) -> None:
    account(tmp_path)
    for name in (LEDGER, KEY):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


SPEND_FOR_EVER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from synth.budget import Rho
from synth.budget.account import Cap, Intent, account_of
from synth.budget.lasting import LedgerFile
from synth.errors import BudgetExceeded
file, cap = LedgerFile.opened(Path(sys.argv[1])), Cap(1.0, 1e-6)
account = account_of(file, "town", cap, Intent(sys.argv[2]))
share = Rho(cap.rho() / float(sys.argv[3]))
try:
    while True:
        account.spend("tables", share)
        print("spent", flush=True)
except BudgetExceeded:
    pass
"""


def spender(folder: Path, release: str, shares: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SPEND_FOR_EVER, str(folder), release, str(shares)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_processes_cannot_both_spend_the_last_share(tmp_path: Path) -> None:
    both = [spender(tmp_path, name, 40) for name in ("one", "two")]
    shares = [p.communicate(timeout=PATIENCE)[0].count("spent") for p in both]
    assert sum(shares) == 40
    assert len(spent(tmp_path)) == 40


def test_several_may_begin_one_ledger_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as together:
        for number in range(20):
            folder = tmp_path / str(number)
            folder.mkdir()
            made = [together.submit(account, folder, str(i)) for i in range(8)]
            assert len({m.result(PATIENCE).file.key for m in made}) == 1


def test_a_killed_process_has_written_down_at_least_what_it_spent(tmp_path: Path) -> None:
    process = spender(tmp_path, "killed", 100_000)
    assert process.stdout is not None
    seen = sum(process.stdout.readline() == "spent\n" for _ in range(25))
    os.kill(process.pid, signal.SIGKILL)
    seen += process.communicate(timeout=PATIENCE)[0].count("spent")
    written = len(spent(tmp_path))
    assert seen >= 25
    assert written in (seen, seen + 1)


@pytest.mark.parametrize(
    "how",
    [
        "UPDATE entries SET document = replace(document, '0.0', '0.1') WHERE number = 3",
        "DELETE FROM entries WHERE number = 1",
        "DELETE FROM entries WHERE number = 2",
        "DELETE FROM entries",
        "UPDATE head SET number = 1",
        "UPDATE entries SET document = replace(document, '1.0', '9.0') WHERE number = 1",
        "DROP TABLE entries",
        "DROP TABLE head",
    ],
)
def test_an_edited_ledger_is_refused(tmp_path: Path, how: str) -> None:
    first = account(tmp_path)
    for _ in range(2):
        first.spend("tables", Rho(PROMISE.rho / 10))
    spoil(tmp_path, how)
    with pytest.raises(LedgerError, match="lasting ledger"):
        LedgerFile.opened(tmp_path)


def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    account(tmp_path).spend("tables", Rho(PROMISE.rho / 10))
    path = tmp_path / LEDGER
    noise = np.random.default_rng(1).bytes(path.stat().st_size)
    path.write_bytes(noise)
    with pytest.raises(LedgerError, match="damaged"):
        LedgerFile.opened(tmp_path)
    assert path.read_bytes() == noise


@pytest.mark.parametrize("gone", [LEDGER, KEY])
def test_half_a_ledger_is_refused(tmp_path: Path, gone: str) -> None:
    account(tmp_path).spend("tables", Rho(PROMISE.rho / 10))
    for file in tmp_path.glob(f"{gone}*"):
        file.unlink()
    with pytest.raises(LedgerError, match=f"`{gone}` is missing"):
        LedgerFile.opened(tmp_path)


def test_an_emptied_file_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    account(tmp_path).spend("tables", Rho(PROMISE.rho / 10))
    for file in tmp_path.glob(f"{LEDGER}*"):
        file.write_bytes(b"")
    with pytest.raises(LedgerError, match="damaged"):
        LedgerFile.opened(tmp_path)


def test_a_ledger_killed_while_being_made_is_made_again(tmp_path: Path) -> None:
    (tmp_path / LEDGER).touch()
    (tmp_path / "ledger.new").write_bytes(b"half a key")
    account(tmp_path).spend("tables", Rho(PROMISE.rho / 10))
    assert len(spent(tmp_path)) == 1
