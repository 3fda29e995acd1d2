"""A release from rows that stay in PostgreSQL, beside loading them: CPU of both processes.

    python bench/in_postgresql.py TABLE.csv [--columns 7]

A server of its own is started on loopback, and the table copied into it as text. Nothing is
declared; ε = 1, *adaptive*. The CPU is this process's, and the server's from then on.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import pandas as pd
import psycopg

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from synth.runs import read_recipe, run  # noqa: E402
from tests.postgres import started  # noqa: E402

RECIPE = """
[source]
database = "{url}"
query = '''{query}'''
stay = {stay}
[privacy]
epsilon = 1.0
[method]
name = "adaptive"
"""


def of_servers(port: str) -> float:
    """CPU seconds of the server at a port and of its children, those that ended included."""
    ticks, parents, spent = os.sysconf("SC_CLK_TCK"), {}, {}
    first = 0
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words = (place / "cmdline").read_bytes().split(b"\0")
            told = (place / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents[int(place.name)] = int(told[1])
        spent[int(place.name)] = sum(map(int, told[11:15])) / ticks
        if words[0].endswith(b"postgres") and port.encode() in words:
            first = int(place.name)
    return sum(s for pid, s in spent.items() if first in (pid, parents[pid]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--columns", type=int, default=7)
    asked = parser.parse_args()
    table = pd.read_csv(asked.table, dtype=str).iloc[:, : asked.columns]
    names = ", ".join(f'"{n}"' for n in table.columns)
    with started() as url:
        with psycopg.connect(url) as keeper:
            keeper.execute(f"CREATE TABLE kept ({names.replace(', ', ' text, ')} text)")
            with keeper.cursor().copy("COPY kept FROM STDIN WITH CSV") as into:
                into.write(table.to_csv(index=False, header=False))
        port = url.rsplit(":", 1)[1].split("/")[0]
        for stay in ("true", "false"):
            query = f"SELECT {names} FROM kept"
            before, server = time.process_time(), of_servers(port)
            run(read_recipe(RECIPE.format(url=url, query=query, stay=stay)))
            own, its = time.process_time() - before, of_servers(port) - server
            print(f"{len(table):,} x {asked.columns}, stay = {stay}: {own:.1f} + {its:.1f} CPU s")


if __name__ == "__main__":
    main()
