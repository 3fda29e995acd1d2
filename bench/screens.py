"""What a visitor waits for: each screen and each tab of Protect, by the size of the table.

    python bench/screens.py [--rows 10000 50000 1000000]

The screens' own code on the server, as Streamlit's AppTest drives it: seconds from the click to the
end of the script, and CPU seconds of the process meanwhile, those of work in the background too.
The table has 15 columns of all kinds; every figure is of a click on a screen that was not seen yet,
"again" of the same click once more.
"""

import argparse
import io
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from synth.budget import Budget  # noqa: E402
from synth.ingest import load  # noqa: E402
from ui.shell.visitor import KEY, Visitor  # noqa: E402

ROUTER = ROOT / "ui" / "shell" / "router.py"
TABS = ["What would help", "Find it for me", "Who", "Sensitive", "Rare combinations", "Columns"]
SEARCHED = "Find it for me"
WAIT = 900


def table(rows: int) -> io.BytesIO:
    """Categories, codes, numbers, dates and an identifier, as text."""
    rng = np.random.default_rng(1)
    days = pd.to_timedelta(rng.integers(0, 25_000, rows), unit="D")
    visits = pd.to_timedelta(rng.integers(0, 365, rows), unit="D")
    groups = [[f"v{j}" for j in range(4 + 5 * i)] for i in range(5)]
    columns: dict[str, Any] = {f"group {i}": rng.choice(v, rows) for i, v in enumerate(groups)}
    codes = [f"{c}{k:02d}" for c in "ABCDEFIJK" for k in range(30)]
    columns |= {
        "age": rng.integers(0, 100, rows),
        "postcode": rng.choice([f"{a}{b}" for a in "ABCDEFGH" for b in range(1, 60)], rows),
        "income": np.round(rng.lognormal(10, 0.7, rows), 2),
        "weight": np.round(rng.normal(75, 13, rows), 1),
        "born": (pd.Timestamp("1940-01-01") + days).strftime("%Y-%m-%d"),
        "visit": (pd.Timestamp("2024-01-01") + visits).strftime("%Y-%m-%d"),
        "sex": rng.choice(["F", "M"], rows),
        "children": rng.poisson(2, rows),
        "diagnosis": rng.choice(codes, rows),
        "id": [f"P{i:07d}" for i in range(rows)],
    }
    return io.BytesIO(pd.DataFrame(columns).to_csv(index=False).encode())


def finish(who: Visitor, app: AppTest) -> None:
    """Wait for what works in the background, and show it."""
    if any(not work.finished.wait(WAIT) for work in list(who.works.values())):
        raise SystemExit("it did not end")
    app.run()


def measured(rows: int) -> None:
    """The lines of one size."""
    who = Visitor()
    lines: list[tuple[str, float, float]] = []

    def timed(name: str, click: Callable[[], object]) -> None:
        begun, spent = time.perf_counter(), time.process_time()
        click()
        lines.append((name, time.perf_counter() - begun, time.process_time() - spent))

    timed("reading the table", lambda: who.bring(load(table(rows), Budget(1.0)), "table"))
    app = AppTest.from_file(ROUTER, default_timeout=WAIT)
    app.session_state[KEY] = who
    timed("Data", app.run)
    for screen in ("columns", "protect", "method"):
        page = str(ROOT / "pages" / f"{screen}.py")

        def visit(page: str = page) -> None:
            app.switch_page(page).run()

        timed(screen.capitalize(), visit)
        timed(f"{screen.capitalize()}, again", app.run)
        if screen != "protect":
            continue
        finish(who, app)
        for tab in TABS:
            app.session_state["details"] = tab
            timed(f"Protect: {tab}", app.run)
            finish(who, app)
            timed(f"Protect: {tab}, again", app.run)
            if tab == SEARCHED:
                timed("Protect: Search", lambda: app.button(key="search").click().run())
                timed("Protect: Search, what is found", lambda: finish(who, app))
    if app.exception:
        raise SystemExit(f"a screen failed: {app.exception}")
    for name, seconds, cpu in lines:
        print(f"| {rows:,} | {name} | {seconds:.2f} | {cpu:.2f} |", flush=True)


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 50_000, 1_000_000])
    print("| rows | click | seconds | CPU s |\n|---:|---|---:|---:|")
    for rows in parser.parse_args().rows:
        measured(rows)


if __name__ == "__main__":
    main()
