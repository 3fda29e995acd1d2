"""Files as people have them, through every door: what of each column comes through.

    make cases FOLDER=… [METHODS="adaptive independent"]

FOLDER holds one folder per file. Each is read and released by each method at epsilon 1, or
another, with nothing declared, the bundle is checked and counted again as `synth verify --against`
does, and the synthetic CSV is read as a stranger would read it and held against the real table:

    kept    the same kind and spelling, gaps just where there are gaps, no value beyond the real
            range by more than one interval
    poor    one of these differs, and which is said
    lost    the column is empty, or `(other)` alone, or of another kind

A file that is refused has to be refused with a sentence and a remedy; both are printed.
"""

import argparse
import io
import math
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from synth import Budget, load
from synth.errors import SynthError
from synth.ingest import Loaded
from synth.release import Bundle
from synth.release.counts import recheck
from synth.runs import read_recipe, run
from synth.runs.verifying import verify
from synth.schema import Categories, Column, Dates, Kind, Numbers, Role
from synth.schema.domain import OTHER
from synth.schema.formulas import harmless

METHODS = ("adaptive", "independent", "value_seeded", "sequential")
RECIPE = '[privacy]\nepsilon = {}\n[method]\nname = "{}"\n'
KEPT, POOR, LOST = "kept", "poor", "lost"


def judged(real: Loaded, made: Loaded) -> Iterator[tuple[str, str, str]]:
    """Each column's name, verdict and reason."""
    for name, suggestion in real.suggestions.items():
        one = suggestion.column
        safe = harmless(name)  # as the name of a column leaves that a spreadsheet would run
        two = made.suggestions[safe].column if safe in made.suggestions else None
        if two is None:
            yield name, LOST, "not there"
        elif one.role is Role.IDENTIFIER:
            yield name, KEPT, "made anew"
        else:
            yield name, *_judged(one, two)


def _judged(real: Column, made: Column) -> tuple[str, str]:
    if "Every value is missing" in made.reason and "Every value is missing" not in real.reason:
        return LOST, "empty"
    if isinstance(made.domain, Categories) and made.domain.values == (OTHER,):
        return LOST, "only (other)"
    if made.kind is not real.kind and {real.kind, made.kind} != {Kind.INTEGER, Kind.REAL}:
        return LOST, f"{real.kind.value} became {made.kind.value}"
    wrong = [*_spelling(real, made), *_bounds(real, made), *_gaps(real, made)]
    return (POOR, ", ".join(wrong)) if wrong else (KEPT, "")


def _spelling(real: Column, made: Column) -> Iterator[str]:
    one, two = real.domain, made.domain
    if isinstance(one, Dates) and isinstance(two, Dates) and one.format != two.format:
        yield f"{one.format} became {two.format}"
    if isinstance(one, Numbers) and isinstance(two, Numbers):
        was, is_now = (d.spelling.example(d.decimals) for d in (one, two))
        if was != is_now:
            yield f"{was} became {is_now}"


def _bounds(real: Column, made: Column) -> Iterator[str]:
    one, two = real.domain, made.domain
    if isinstance(one, Numbers | Dates) and isinstance(two, Numbers | Dates):
        slack = max(b - a for a, b in zip(one.edges, one.edges[1:], strict=False))
        if two.edges[0] < one.edges[0] - slack or two.edges[-1] > one.edges[-1] + slack:
            yield "beyond the range"
    if isinstance(one, Categories) and isinstance(two, Categories):
        told = set(one.values) & set(two.values)
        if len(told) < min(2, len(one.values)):
            yield f"{len(told)} of {len(one.values)} values"


def _gaps(real: Column, made: Column) -> Iterator[str]:
    if made.domain.missing and not real.domain.missing:
        yield "gaps where there were none"
    if real.domain.missing and not made.domain.missing:
        yield "no gaps where there were some"


def through(path: Path, method: str, epsilon: float) -> Counter[str]:
    """One file by one method, printed."""
    found: Counter[str] = Counter()
    began = time.process_time()
    try:
        real = load(path, Budget(1.0))
        release = run(read_recipe(RECIPE.format(epsilon, method)), path).release
        bundle = Bundle.read(io.BytesIO(release.zipped()))
        verify(bundle)
        recheck(bundle, load(path, Budget(1.0)).private)
        made = load(io.BytesIO(bundle.files["synthetic.csv"]), Budget(math.inf))
        for name, verdict, why in judged(real, made):
            found[verdict] += 1
            if verdict != KEPT:
                print(f"    {verdict}  {name}: {why}")
    except SynthError as error:
        found["sentence"] += 1
        print(f"    sentence  {error.what} {error.remedy}")
    except Exception:
        found["TRACEBACK"] += 1
        print(traceback.format_exc(limit=-2))
    told = ", ".join(f"{n} {what}" for what, n in found.items())
    print(f"  {method}: {told} ({time.process_time() - began:.1f} CPU s)", flush=True)
    return found


def main() -> None:
    """Every file of a folder by every method."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--methods", nargs="+", default=METHODS)
    asked.add_argument("--epsilon", type=float, default=1.0, help="large: reading alone is judged")
    given = asked.parse_args()
    warnings.simplefilter("ignore")
    total: dict[str, Counter[str]] = {m: Counter() for m in given.methods}
    for path in sorted(p for p in given.folder.rglob("*") if p.is_file() and p.name != "README"):
        if path.name.lower().startswith("readme"):
            continue
        print(path.parent.name)
        for method in given.methods:
            total[method] += through(path, method, given.epsilon)
    for method, found in total.items():
        print(method, dict(found))


if __name__ == "__main__":
    main()
