"""What is wrong with the settings of a server is said before anybody came, and lets nobody in."""

import os
import socket
import subprocess
import sys

import pytest
import streamlit as st
from streamlit.runtime.secrets import Secrets

from synth.errors import LedgerError, TeamError
from synth.runs.accounts import operators_ledger
from tests.server import ROOT
from ui.shell.signed_in import section, sign_in
from ui.shell.starting import starting

WORKERS = "Error: SYNTH_WORKERS has to be a whole number above 0."


@pytest.fixture
def secrets(tmp_path, monkeypatch):
    """The path of secrets.toml, which is not there yet."""
    path, before = tmp_path / "secrets.toml", st.get_option("secrets.files")
    st.config.set_option("secrets.files", [str(path), str(tmp_path / "another.toml")])
    monkeypatch.setattr(st, "secrets", Secrets())
    yield path
    st.config.set_option("secrets.files", before)


def test_secrets_that_cannot_be_read_let_nobody_in(secrets):
    """Taken for none, they would let everybody in: a slip in a file, or one of another user."""
    assert section("auth") == {} and sign_in()
    secrets.mkdir()
    for _ in range(2):
        with pytest.raises(TeamError, match="nobody is let in"):
            sign_in()
        if secrets.is_dir():
            secrets.rmdir()
            secrets.write_text("[auth\nclient_id = 1")
    with pytest.raises(SystemExit, match="Error: The secrets of this server"), starting():
        pass
    secrets.write_text("[auth]\nclient_id = 1")
    assert section("auth") == {"client_id": 1}


@pytest.mark.parametrize("wrong", [TeamError("No.", "Do."), ValueError("No."), PermissionError(13)])
def test_a_server_that_cannot_start_says_why_in_a_sentence(secrets, wrong):
    said = pytest.raises(SystemExit, match=r"Error: (No\.|A file or folder .* \(PermissionError\))")
    with said, starting():
        raise wrong


def test_a_ledger_where_nothing_can_be_written_is_told_in_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "ledger" / "ledger.sqlite").mkdir(parents=True)
    for place, why in (("file/ledger", "cannot be made"), ("ledger", "cannot be used")):
        monkeypatch.setenv("SYNTH_LEDGER", str(tmp_path / place))
        with pytest.raises(LedgerError, match=why):
            operators_ledger()


def test_a_start_that_fails_says_why_and_ends(monkeypatch):
    """A setting that is none, which is read early; a second server on the port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        used = taken.getsockname()[1]
        for port, workers, why in ((used, 1, f"Port {used} is not available"), (0, 0, WORKERS)):
            told = {**os.environ, "SYNTH_WORKERS": str(workers), "PYTHONPATH": str(ROOT)}
            words = ["-m", "streamlit", "run", "app.py", f"--server.port={port}"]
            words += ["--server.headless=true"]
            ended = subprocess.run(
                [sys.executable, *words], cwd=ROOT, env=told, capture_output=True, text=True
            )
            assert ended.returncode and why in ended.stderr + ended.stdout
            assert "Traceback" not in ended.stderr
