"""The recipients' page at its limits: how large it is, how soon it opens, how fast it filters.

    python bench/dashboard.py [--rows 50000 1000000]

Forty attributes of 2 to 41 values. A filter is timed in the browser from the click to the second
frame after it. Needs a Chromium on the machine.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import sync_playwright

from synth.budget import Budget
from synth.learning.aggregates import aggregate
from synth.release.showcase import page
from synth.schema import Categories, Column, Schema
from synth.vault import Counting, PrivateTable

ATTRIBUTES = 40
CLICKED = (3, 60, 120)  # which bars
TIMED = """(which) => new Promise((done) => {
  const bar = document.querySelectorAll("button.bar")[which];
  const begun = performance.now();
  bar.click();
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begun)));
})"""


def rows(count: int) -> tuple[pd.DataFrame, Schema]:
    """Skewed values, no connections: the worst case for a filter."""
    rng = np.random.default_rng(0)
    columns, data = [], {}
    for i in range(ATTRIBUTES):
        values = tuple(f"v{j}" for j in range(2 + i))
        codes = np.minimum(rng.geometric(2 / len(values), count) - 1, len(values) - 1)
        columns.append(Column(f"a{i}", Categories(values)))
        data[f"a{i}"] = np.array(values)[codes]
    return pd.DataFrame(data).astype("category"), Schema(tuple(columns))


def measured(count: int, folder: Path) -> str:
    """A line of the table."""
    frame, schema = rows(count)
    counts = aggregate(PrivateTable(frame, schema, Budget(1.0)), Counting(length=2), 10)
    file = folder / "showcase.html"
    started = time.process_time()
    file.write_text(page(frame, schema, counts.statement, counts), encoding="utf-8")
    built = time.process_time() - started
    with sync_playwright() as playwright:
        found = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu"]
        )
        shown = browser.new_page()
        begun = time.monotonic()
        shown.goto(file.as_uri())
        shown.wait_for_selector("body[data-ready]", timeout=120_000)
        opened = time.monotonic() - begun
        filters = ", ".join(f"{shown.evaluate(TIMED, which):.0f}" for which in CLICKED)
        browser.close()
    size = file.stat().st_size / 1e6
    return f"| {count:,} | {size:.1f} | {built:.1f} | {opened:.1f} | {filters} |"


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, nargs="+", default=[50_000, 1_000_000])
    print("| rows | MB | built, CPU s | opened, s | filter, ms |\n|---|---|---|---|---|")
    for count in parser.parse_args().rows:
        with tempfile.TemporaryDirectory() as folder:
            print(measured(count, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
