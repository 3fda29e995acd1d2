"""Which files an image may be made of: the hash of each, for Linux on x86-64 and ARM.

    make pins

Writes `deploy/pins.txt`: what synth needs, at the versions of `constraints.txt`, with the hashes of
the files that the package index offers for these machines and versions of Python. The `Dockerfile`
installs nothing else. Made again whenever `constraints.txt` changes; a test holds the two together.
It asks pip, so it asks the index that pip is set up with; nothing is installed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PINS, VERSIONS = ROOT / "deploy" / "pins.txt", ROOT / "constraints.txt"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
MACHINES = ("x86_64", "aarch64")
NEWEST = 36  # of glibc 2, in Debian 12
OLD = ("manylinux2014", "manylinux2010", "manylinux1")
BUILDS = "setuptools"  # what makes a package of this folder
HEAD = """\
# What an image of synth is made of, each file by its hash: for Linux with glibc on x86-64 and ARM.
# Made with: make pins
"""


def offered(python: str, machine: str) -> Iterator[tuple[str, str, str]]:
    """Name, version and SHA-256 of each file for one kind of machine.

    Raises:
        subprocess.CalledProcessError: pip says why.
    """
    wants = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = [*(f"manylinux_2_{n}" for n in range(NEWEST, 4, -1)), *OLD]
    platforms = [word for n in names for word in ("--platform", f"{n}_{machine}")]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet"]
        command += ["--report", str(report), "--target", folder, "--ignore-installed"]
        command += ["--only-binary", ":all:", "--python-version", python, *platforms]
        command += ["--constraint", str(VERSIONS), BUILDS, *wants]
        subprocess.run(command, check=True)
        told: dict[str, Any] = json.loads(report.read_text())
    for one in told["install"]:
        hashes = one["download_info"]["archive_info"]["hashes"]
        yield one["metadata"]["name"], one["metadata"]["version"], hashes["sha256"]


def main() -> None:
    """Write the pins anew."""
    found: dict[str, set[str]] = defaultdict(set)
    for python in PYTHONS:
        for machine in MACHINES:
            print(f"Asking for Python {python} on {machine}", flush=True)
            for name, version, digest in offered(python, machine):
                found[f"{name.lower().replace('_', '-')}=={version}"].add(digest)
    lines = (
        " \\\n    ".join((pin, *(f"--hash=sha256:{digest}" for digest in sorted(digests))))
        for pin, digests in sorted(found.items())
    )
    PINS.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"Wrote {PINS.relative_to(ROOT)}: {len(found)} packages.")


if __name__ == "__main__":
    main()
