"""Attacks beside Anonymeter and SDMetrics, on the same three tables.

    python bench/attacks.py --data FOLDER

FOLDER holds `adult_coded.csv`: 2,000 rows stand for the real table, 2,000 for people set aside.
Beside them copies of the first drawn again, a fresh sample, and the real columns shuffled apart.
Ours is measured from the CSV files on, in a process that has its imports.
"""

import argparse
import json
import math
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from peers.catalogue import ANONYMETER, SDMETRICS
from peers.harness import HERE, Setting, run_peer

from synth import Budget, load
from synth.evaluate.attacks import Attempt, Run, attacks
from synth.evaluate.attacks.nearness import marks
from synth.evaluate.attacks.threat import risk
from synth.evaluate.copies import counted
from synth.evaluate.sides import Sides, beside
from synth.ingest.reading import read_table

TABLE, ROWS, LIMIT = "adult_coded.csv", 2_000, 900  # LIMIT in seconds for one run
COPIES = replace(SDMETRICS, adapter=HERE / "sdmetrics_copies_adapter.py")
SECRETS = ("age", "income>50K")


def tables(path: Path) -> dict[str, pd.DataFrame]:
    """The real rows, those set aside, and three synthetic tables."""
    rng = np.random.default_rng(0)
    places = rng.permutation(len(rows := pd.read_csv(path)))
    real, held, fresh = (
        rows.iloc[places[i * ROWS : (i + 1) * ROWS]].reset_index(drop=True) for i in range(3)
    )
    apart = real.apply(lambda c: rng.permutation(c.to_numpy()))
    again = real.iloc[rng.integers(ROWS, size=ROWS)].reset_index(drop=True)
    return {"real": real, "held": held, "copies": again, "fresh": fresh, "apart": apart}


def ours(real: Path, made: Path, held: Path) -> tuple[Sides, tuple[Attempt, ...], float]:
    """Our sides and attacks, and the CPU seconds of all."""
    began = time.process_time()
    private = load(real, Budget(math.inf)).private
    frames = []
    for path in (real, made, held):
        with path.open("rb") as stream:
            frames.append(read_table(stream).frame)
    both = beside(private.schema, *frames)
    secrets = [n for n in SECRETS if n in both.names] or [both.names[-1]]
    known = tuple(n for n in both.names if n not in secrets)
    found = attacks(both, known, secrets, np.random.default_rng(0))
    return both, found, time.process_time() - began


def told(both: Sides, made: Path, held: Path, secrets: list[str]) -> dict[str, Setting]:
    """What the peers are told: which columns are numbers, and what is known."""
    return {
        "synthetic": str(made),
        "holdout": str(held),
        "numbers": list(both.real.numbers),
        "secrets": secrets,
        "one": [n for n in both.names if n not in secrets],
        "other": secrets,
        "tries": ROWS,
    }


def between(value: float, low: float, high: float) -> str:
    """A figure and its interval."""
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def compared(kind: str, folder: Path) -> None:
    """The lines of one synthetic table."""
    real, made, held = (folder / f"{n}.csv" for n in ("real", kind, "held"))
    both, found, work = ours(real, made, held)
    secrets = [a.threat.name.rpartition(" of ")[2] for a in found if "inference" in a.threat.name]
    asked, place = told(both, made, held, secrets), folder / "found.json"
    cost = run_peer(ANONYMETER, real, place, asked, LIMIT)
    peer, own = json.loads(place.read_text()), {a.threat.name: a for a in found}
    for name, theirs in peer.items():
        line(kind, own[name], theirs)
    seconds = run_peer(COPIES, real, place, asked, LIMIT)
    peer, near = json.loads(place.read_text()), own["near copies"].main
    exact = counted(marks(both.real, both.names), marks(both.synthetic, both.names))
    assert near is not None
    print(f"| {kind} | near copies | {near.share:.4f} | {peer['near copies']:.4f} | | | |")
    copied = exact.copied / exact.rows
    print(f"| {kind} | exact copies | {copied:.4f} | {peer['exact copies']:.4f} | | | |")
    print(f"| {kind} | CPU s | {work:.1f} | {cost.work:.1f} + {seconds.work:.1f} | | | |")


def line(kind: str, mine: Attempt, theirs: dict[str, float]) -> None:
    """Both systems' successes and risks, and our risk of their successes."""
    assert mine.main is not None and mine.control is not None
    tries = round(theirs["tries"])
    shares = f"{mine.main.successes:.0f}, {mine.control.successes:.0f} of {mine.main.trials}"
    beside = f"{theirs['main']}, {theirs['control']} of {tries}"
    same = risk(Run(theirs["main"], tries), Run(theirs["control"], tries))
    told = ["" if r is None else between(r.value, r.low, r.high) for r in (mine.risk, same)]
    other = between(theirs["risk"], theirs["low"], theirs["high"])
    name = mine.threat.name
    print(f"| {kind} | {name} | {shares} | {beside} | {told[0]} | {other} | {told[1]} |")


def main() -> None:
    """One line per table and attack."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, required=True)
    made = tables(asked.parse_args().data / TABLE)
    print("| table | attack | main, control: ours | theirs | our risk | theirs | ours of theirs |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        for name, rows in made.items():
            rows.to_csv(Path(place) / f"{name}.csv", index=False)
        for kind in ("copies", "fresh", "apart"):
            compared(kind, Path(place))


if __name__ == "__main__":
    main()
