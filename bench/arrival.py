"""What it takes to say what the columns of a table are, as the arrival screen does, in seconds.

.venv/bin/python bench/arrival.py [--rows 100000] [--runs 3] [--each]
"""

import argparse
import io
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from synth.ingest.reading import read_table
from synth.ingest.suggest import suggest

Texts = np.ndarray[Any, np.dtype[Any]]
GIVEN = ["Ann", "Bob", "Eva", "Jan", "Lea", "Max", "Mia", "Noa", "Tom", "Zoe"]
FAMILY = ["Smith", "Meyer", "Rossi", "Novak", "Silva", "Jensen", "Dubois", "Kowalska"]
WORDS = ["pain", "since", "the", "visit", "was", "seen", "and", "discharged", "home", "again"]


def spoken(some: list[str], words: int, rng: np.random.Generator, rows: int) -> Texts:
    """Texts of so many words."""
    drawn = np.array(some, dtype=object)[rng.integers(0, len(some), (rows, words))]
    return np.array([" ".join(row) for row in drawn], dtype=object)


def with_gaps(texts: Texts, rng: np.random.Generator, gap: str = "") -> Texts:
    """The same, one in ten of them missing."""
    return np.where(rng.random(len(texts)) < 0.1, gap, texts.astype(object))


def mixed(rows: int) -> pa.Table:
    """Fifty columns as people have them: ten sorts, each five times, every other with gaps."""
    rng = np.random.default_rng(1)
    days = pd.date_range("1930-01-01", "2024-12-31").to_series()
    moments = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 10**8, rows), "s")
    names = np.char.add(np.char.add(rng.choice(FAMILY, rows), ", "), rng.choice(GIVEN, rows))
    spelled = [f"{n:,.2f}" for n in rng.uniform(0, 90_000, rows)]
    sorts: dict[str, Callable[[], Any]] = {
        "whole": lambda: rng.integers(0, 10**6, rows).astype(str),
        "amount": lambda: rng.normal(100, 20, rows).round(3).astype(str),
        "spelled": lambda: np.array(spelled, dtype=object),
        "day": lambda: days.dt.strftime("%d/%m/%Y").to_numpy()[rng.integers(0, len(days), rows)],
        "moment": lambda: moments.strftime("%Y-%m-%d %H:%M:%S").to_numpy(),
        "flag": lambda: rng.choice(["yes", "no"], rows),
        "kind": lambda: rng.choice([f"kind {i}" for i in range(12)], rows),
        "code": lambda: np.char.add(
            rng.choice(list("ABCDE"), rows), rng.integers(100, 999, rows).astype(str)
        ),
        "known_as": lambda: names,
        "remark": lambda: spoken(WORDS, 8, rng, rows),
    }
    made = {}
    for i in range(5):
        for j, (sort, draw) in enumerate(sorts.items()):
            texts = np.asarray(draw(), dtype=object)
            made[f"{sort}{i}"] = with_gaps(texts, rng) if (i + j) % 2 else texts
    return pa.table({"patient_id": [f"P{i:07}" for i in rng.permutation(rows)]} | made)


def main() -> None:
    """Read it, look at it, and say how long each took."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=100_000)
    asked.add_argument("--runs", type=int, default=3)
    asked.add_argument("--each", action="store_true", help="the columns one by one, too")
    told = asked.parse_args()
    text = io.BytesIO()
    pyarrow.csv.write_csv(mixed(told.rows), text)
    took = []
    for _ in range(told.runs):
        text.seek(0)
        read = read_table(text)
        cpu, wall = time.process_time(), time.perf_counter()
        suggest(read.frame, read.stored, read.gaps)
        took.append((time.process_time() - cpu, time.perf_counter() - wall))
    cpu, wall = np.median(took, axis=0)
    shape = f"{len(read.frame):,} x {read.frame.shape[1]}, {text.tell() / 1e6:.0f} MB"
    print(f"{shape}: looked at in {cpu:.1f} CPU s, {wall:.1f} s", flush=True)
    for name in read.frame.columns if told.each else ():
        cpu = time.process_time()
        suggest(read.frame[[name]], read.stored, read.gaps)
        print(f"{name}: {time.process_time() - cpu:.2f} CPU s")


if __name__ == "__main__":
    main()
