"""Whether a known vulnerability is in a package that is pinned: asked once a day, by `make check`.

    .venv/bin/python deploy/audited.py

It ends with 1 where one is known. Where there is no network, or a package is not known to the
index, nothing fails, but it says so: what was not asked is not known to be sound.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PINS = ROOT / "constraints.txt"
STAMP = ROOT / ".venv" / ".audited"
DAY = 86_400.0  # seconds
LONGEST = 240.0  # seconds for all of it
ASKED = ["-m", "pip_audit", "--no-deps", "--disable-pip", "--progress-spinner", "off"]
ASKED += ["--timeout", "10", "--format", "json", "--requirement"]
KNOWN: Mapping[str, str] = {}  # vulnerability -> why it does not touch us, for those looked into


def asked(pins: Path) -> Mapping[str, Any] | None:
    """What pip-audit answers about pinned packages; None where it could not ask."""
    command = [sys.executable, *ASKED, str(pins)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST)
        found: Mapping[str, Any] = json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return None
    return found


def told(answer: Mapping[str, Any] | None) -> tuple[int, list[str]]:
    """How it ends, and what it says."""
    if answer is None:
        return 0, [
            "The packages were NOT audited: pip-audit could not ask (no network, or not installed)."
        ]
    each = answer["dependencies"]
    skipped = sorted(d["name"] for d in each if "skip_reason" in d)
    wrong = [
        f"{d['name']} {d['version']}: {v['id']}, mended in {', '.join(v['fix_versions']) or 'none'}"
        for d in each
        for v in d.get("vulns", ())
        if v["id"] not in KNOWN
    ]
    lines = [f"Known vulnerabilities: {len(wrong)} in {len(each) - len(skipped)} packages.", *wrong]
    if skipped:
        lines.append(f"NOT audited, as the index does not know them so: {len(skipped)} packages.")
    return (1 if wrong else 0), lines


def main() -> int:
    """Ask, unless that was done today about the same versions."""
    state = hashlib.sha256(PINS.read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == state:
        if time.time() - STAMP.stat().st_mtime < DAY:
            print("Known vulnerabilities: none, as was asked today.")
            return 0
        STAMP.unlink()
    answer = asked(PINS)
    code, lines = told(answer)
    print("\n".join(lines))
    if code == 0 and answer is not None and STAMP.parent.is_dir() and len(lines) == 1:
        STAMP.write_text(state)
    return code


if __name__ == "__main__":
    sys.exit(main())
