"""Makes a peer's environment and runs its adapter, or any command, under measurement."""

import json
import math
import os
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from peers import effort

HERE = Path(__file__).parent
BENCH = HERE.parent
ENVIRONMENTS = BENCH / ".venvs"


Setting = str | int | float | list[str]


@dataclass(frozen=True)
class Cost:
    """What a process and all its children took.

    `cpu`: user and system seconds of the whole; `wall`: seconds; `peak`: megabytes of the largest
    process; `work`: the part of `cpu` that came after the imports, NaN where nobody measured it.
    """

    cpu: float
    wall: float
    peak: float
    work: float = math.nan


@dataclass(frozen=True)
class Peer:
    """A system to compare with: what to install, and the script that drives it.

    The adapter runs with the peer's Python as `adapter TABLE.csv SYNTHETIC.csv '{settings}'`.
    Without requirements it is our own, and runs with the Python of the bench.
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
    if not peer.requirements:
        return Path(sys.executable)
    folder = ENVIRONMENTS / peer.name
    stamp, wanted = folder / "requirements.txt", "\n".join(peer.requirements)
    if not stamp.exists() or stamp.read_text() != wanted:
        venv.create(folder, with_pip=True, clear=True)
        install = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*install, *peer.requirements], check=True)
        stamp.write_text(wanted)
    return folder / "bin" / "python"


def run_peer(
    peer: Peer, table: Path, synthetic: Path, settings: Mapping[str, Setting], limit: int
) -> Cost:
    """Write a synthetic copy of `table` with the peer; `limit` is in seconds.

    Raises RunFailed if it fails or takes longer.
    """
    adapter = [environment(peer), peer.adapter, table, synthetic, json.dumps(settings)]
    cost = run_measured([str(part) for part in adapter], limit)
    return replace(cost, work=json.loads(effort.file_beside(synthetic).read_text()))


def run_measured(command: Sequence[str], limit: int) -> Cost:
    """What `command` costs. Raises RunFailed if it fails or takes more than `limit` seconds."""
    # Isolated and without site-packages: the smaller this process, the truer the peak below it.
    launcher = [sys.executable, "-I", "-S", str(HERE / "measure.py"), str(limit)]
    paths = {"PYTHONPATH": os.pathsep.join([str(BENCH), str(BENCH.parent)])}
    done = subprocess.run(
        [*launcher, *command], capture_output=True, text=True, check=True, env=os.environ | paths
    )
    figures = json.loads(done.stdout)
    if figures.pop("exit") != 0:
        last_words = done.stderr.strip().splitlines()[-1:] or [
            f"Killed after {limit} s, or by others."
        ]
        raise RunFailed(*last_words)
    return Cost(**figures)
