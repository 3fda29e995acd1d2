"""What a fresh process spends before it does anything, beside what numpy and pandas alone take.

    .venv/bin/python -m bench.start

CPU seconds (user and system) of whole processes, median of several runs, all in one run of this
program: the machine's speed cancels out of the ratios.
"""

from __future__ import annotations

import io
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from synth import Budget, load

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "sample_data" / "hospital_admissions.csv"
ROWS, RUNS = 1_000, 7
BASELINE = "import numpy, pandas"


def cpu_seconds(words: list[str], given: bytes = b"") -> float:
    """What one run of a command costs, imports and all."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], input=given, cwd=ROOT, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def job(small: Path) -> bytes:
    """What a worker is sent: a recipe, and the small table's rows."""
    stream = io.BytesIO()
    stream.write(json.dumps({"recipe": '[method]\nname = "independent"\n'}).encode() + b"\n")
    load(small, Budget(1.0)).private.send_rows(stream)
    return stream.getvalue()


def small_table(folder: Path) -> Path:
    """The first rows of the sample."""
    lines = SAMPLE.read_text().splitlines(keepends=True)
    small = folder / "small.csv"
    small.write_text("".join(lines[: ROWS + 1]))
    return small


def main() -> None:
    """Print a table: command, CPU seconds, and how many times the baseline that is."""
    with tempfile.TemporaryDirectory() as folder:
        small = small_table(Path(folder))
        commands: dict[str, tuple[list[str], bytes]] = {
            "python -c pass": (["-c", "pass"], b""),
            f"python -c '{BASELINE}'": (["-c", BASELINE], b""),
            "import synth": (["-c", "import synth"], b""),
            "synth --help": (["-m", "synth.cli", "--help"], b""),
            "synth methods": (["-m", "synth.cli", "methods"], b""),
            f"synth risk, {ROWS:,} rows": (["-m", "synth.cli", "risk", str(small)], b""),
            f"a worker's job, {ROWS:,} rows, independent": (
                ["-m", "synth.runs.worker"],
                job(small),
            ),
        }
        found: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(RUNS):
            for name, (words, given) in commands.items():
                found[name].append(cpu_seconds(words, given))
    usual = {name: statistics.median(times) for name, times in found.items()}
    base = usual[f"python -c '{BASELINE}'"]
    print("| command | CPU seconds | of numpy and pandas alone |\n|---|---|---|")
    for name, seconds in usual.items():
        print(f"| {name} | {seconds:.2f} | {seconds / base:.1f} |")


if __name__ == "__main__":
    main()
