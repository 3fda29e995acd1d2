"""Column shapes and pair trends beside SDMetrics, on the same two tables.

    python bench/likeness.py --data FOLDER

FOLDER holds `adult_categorical.csv` and `adult_coded.csv`, and maybe `hospital_ae.csv` and
`nlswork.csv`; each beside a release of *independent*.
Ours is measured from the CSV files on, in a process that has its imports; read the ratios.
"""

import argparse
import json
import math
import tempfile
import time
from pathlib import Path

from peers.catalogue import SDMETRICS
from peers.harness import Setting, run_peer

from synth import Budget, load, read_recipe, run
from synth.evaluate.likeness import shapes, trends
from synth.evaluate.sides import sides
from synth.ingest.reading import read_table
from synth.schema import Dates

TABLES = ("adult_categorical.csv", "adult_coded.csv", "hospital_ae.csv", "nlswork.csv")
RECIPE = '[method]\nname = "independent"\n'
LIMIT = 900  # seconds for one run


def ours(real: Path, synthetic: Path) -> tuple[dict[str, float], dict[str, Setting], float]:
    """Our scores by column and by pair, what the columns are, and the CPU seconds of all."""
    began = time.process_time()
    private = load(real, Budget(math.inf)).private
    with synthetic.open("rb") as stream:
        both = sides(private, read_table(stream).frame)
    found = {s.column: s.alike for s in shapes(both.names, both.real, both.synthetic)}
    for trend in trends(both.names, both.real, both.synthetic):
        found[f"{trend.first}|{trend.second}"] = trend.alike
    took = time.process_time() - began
    moments = [n for n in both.real.numbers if isinstance(private.schema[n].domain, Dates)]
    numbers = [n for n in both.real.numbers if n not in moments]
    return found, {"names": list(both.names), "numbers": numbers, "moments": moments}, took


def main() -> None:
    """One line per table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, required=True)
    folder = asked.parse_args().data
    print("| table | scores | furthest apart | CPU s, ours | CPU s, SDMetrics |")
    print("|---|---|---|---|---|")
    for name in (n for n in TABLES if (folder / n).is_file()):
        with tempfile.TemporaryDirectory() as place:
            made, theirs = Path(place) / "made.csv", Path(place) / "theirs.json"
            run(read_recipe(RECIPE), folder / name).rows.to_csv(made, index=False)
            found, columns, work = ours(folder / name, made)
            told: dict[str, Setting] = {"synthetic": str(made), **columns}
            cost = run_peer(SDMETRICS, folder / name, theirs, told, LIMIT)
            peer = json.loads(theirs.read_text())
        off = max(abs(score - peer[key]) for key, score in found.items())
        print(f"| {name} | {len(found)} | {off:.1e} | {work:.2f} | {cost.work:.2f} |")


if __name__ == "__main__":
    main()
