"""What a start costs: CPU seconds of whole fresh processes, beside Python and pandas alone.

    python bench/start.py [--runs 7]

CPU seconds are user and system together, the median of several runs after one that warms the disk
and writes the bytecode. Plain Python and `import numpy, pandas` are measured in turn with the rest,
since a machine that is busy makes all of them slower together.
"""

import argparse
import io
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median

from synth import Budget, load

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "sample_data" / "hospital_admissions.csv"
COMMAND = ("-m", "synth.cli")
STARTS: dict[str, tuple[str, ...]] = {
    "Python alone": ("-c", "pass"),
    "`import numpy, pandas`": ("-c", "import numpy, pandas"),
    "`import synth`": ("-c", "import synth"),
    "`synth --help`": (*COMMAND, "--help"),
    "`synth methods`": (*COMMAND, "methods"),
    "`synth risk`, 10,000 rows": (*COMMAND, "risk", str(TABLE), "--quasi", "Age,Gender"),
    "a worker's job, *independent*, 10,000 rows": ("-m", "synth.runs.worker"),
}


def job() -> bytes:
    """What a worker is given: a recipe and the rows."""
    stream = io.BytesIO()
    stream.write(json.dumps({"recipe": '[method]\nname = "independent"\n'}).encode() + b"\n")
    load(TABLE, Budget(1.0)).private.send_rows(stream)
    return stream.getvalue()


def seconds(words: tuple[str, ...], given: bytes) -> float:
    """CPU seconds of one fresh process, user and system."""
    keep = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.run([sys.executable, *words], input=given, capture_output=True, env=keep)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit(process.stderr.decode())
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print a Markdown table of all starts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    given = {name: job() if "worker" in name else b"" for name in STARTS}
    measured: dict[str, list[float]] = {name: [] for name in STARTS}
    for turn in range(runs + 1):
        for name, words in STARTS.items():
            spent = seconds(words, given[name])
            if turn:  # the first warms up
                measured[name].append(spent)
    print("| start | CPU s, median | least |")
    print("|---|---|---|")
    for name, all_runs in measured.items():
        print(f"| {name} | {median(all_runs):.2f} | {min(all_runs):.2f} |")


if __name__ == "__main__":
    main()
