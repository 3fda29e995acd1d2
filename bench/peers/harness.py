"""Makes a peer's environment and runs its adapter, or any command, under measurement."""

import json
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parent / ".venvs"


Settings = Mapping[str, str | int | float | bool | list[str]]


@dataclass(frozen=True)
class Cost:
    """What a process and all its children took, imports and reading included.

    `cpu`: user and system seconds; `wall`: seconds; `peak`: megabytes of the largest process.
    """

    cpu: float
    wall: float
    peak: float


@dataclass(frozen=True)
class Peer:
    """A system to compare with: what to install, and the script that drives it.

    The adapter runs with the peer's Python as `adapter TABLE.csv SYNTHETIC.csv SETTINGS.json`.
    """

    name: str
    requirements: tuple[str, ...]
    adapter: Path


class RunFailed(Exception):
    """The measured command did not end well, or not in time."""


def environment(peer: Peer) -> Path:
    """The Python of the peer's own virtual environment, made when its requirements changed.

    Raises subprocess.CalledProcessError if a requirement cannot be installed.
    """
    folder = ENVIRONMENTS / peer.name
    stamp, wanted = folder / "requirements.txt", "\n".join(peer.requirements)
    if not stamp.exists() or stamp.read_text() != wanted:
        venv.create(folder, with_pip=True, clear=True)
        install = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*install, *peer.requirements], check=True)
        stamp.write_text(wanted)
    return folder / "bin" / "python"


def run_peer(peer: Peer, table: Path, synthetic: Path, settings: Settings, limit: int) -> Cost:
    """Write a synthetic copy of `table` with the peer; `limit` is in seconds.

    Raises RunFailed if it fails or takes longer.
    """
    adapter = [environment(peer), peer.adapter, table, synthetic, json.dumps(settings)]
    return run_measured([str(part) for part in adapter], limit)


def run_measured(command: Sequence[str], limit: int) -> Cost:
    """What `command` costs. Raises RunFailed if it fails or takes more than `limit` seconds."""
    # Isolated and without site-packages: the smaller this process, the truer the peak below it.
    launcher = [sys.executable, "-I", "-S", str(HERE / "measure.py"), str(limit)]
    done = subprocess.run([*launcher, *command], capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    if figures.pop("exit") != 0:
        last_words = done.stderr.strip().splitlines()[-1:] or [
            f"Killed after {limit} s, or by others."
        ]
        raise RunFailed(*last_words)
    return Cost(**figures)
