"""Every method with every optional setting at its ends, empty, wrong, and at a column known or not.

    PYTHONPATH=. .venv/bin/python bench/settings.py FOLDER --methods adaptive mixture

FOLDER holds tables, in files of their own or one folder per file. Each is cut to 2,000 rows and run
as `synth run` does. What comes out has to be a release that verifies, or a sentence with a remedy;
anything else is printed with its last line, and the command ends with 1.
"""

import argparse
import io
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synth.errors import SynthError
from synth.methods import all_methods, method_named
from synth.release import Bundle
from synth.runs import Recipe, run
from synth.runs.recipe import MethodPart
from synth.runs.verifying import verify
from synth.schema.settings import Ask, Setting, settings_of

ROWS = 2000
UNKNOWN = "no such column"
WRONG: tuple[Any, ...] = ("", "text", 2.5, float("nan"), True, [], {}, [["text", 1]], {"text": "x"})
OF_COLUMNS: dict[Ask, Any] = {
    Ask.COLUMN_SETS: lambda *names: [list(names)],
    Ask.WEIGHTS: lambda *names: dict.fromkeys(names, 2.0),
    Ask.LINES: lambda *names: "\n".join(f"{n}: Categorical" for n in names),
    Ask.TEXT: lambda *names: ", ".join(names),
}


def asked_of(setting: Setting, columns: tuple[str, ...]) -> Iterator[Any]:
    """What one setting is tried with: what it allows, its ends and beyond, and what it does not."""
    yield from setting.choices
    yield from (v for v in (setting.low, setting.high) if v is not None)
    if setting.low is not None:
        yield setting.low - 1
    if setting.ask is Ask.SWITCH:
        yield from (False, True)
    if setting.ask in OF_COLUMNS:
        for names in (columns[:1], columns[-1:], columns[:2], columns[:1] * 2, (UNKNOWN,)):
            yield OF_COLUMNS[setting.ask](*names)
    if setting.ask is Ask.LINES:
        laws = ("Bernoulli", "Poisson", "Normal", "Discrete", "nothing")
        yield from (f"{name}: {law}" for name in columns[:3] for law in laws)
    if setting.ask is Ask.WEIGHTS:
        yield from ({columns[0]: weight} for weight in (0, -1, float("inf"), 1e300))
    yield from WRONG


def tried(method: str, setting: str, value: Any, table: bytes, suffix: str = "csv") -> str:
    """How one run ended: "released" or "refused"; else what broke, in one line."""
    named: dict[str, Any] = {"name": method, **({setting: value} if setting else {})}
    source = io.BytesIO(table)
    source.name = f"table.{suffix}"
    try:
        recipe = Recipe(method=MethodPart(**named))
        bundle = Bundle.read(io.BytesIO(run(recipe, source).release.zipped()))
    except SynthError as error:
        return "refused" if error.what and error.remedy else f"no remedy: {error}"
    except Exception as error:  # what this is looking for
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
    try:
        verify(bundle)
    except Exception as error:
        return f"does not verify: {error}"
    return "released"


def cut(path: Path) -> bytes:
    """The first lines of a file, as many as are tried."""
    with path.open("rb") as file:
        return b"".join(line for _, line in zip(range(ROWS + 1), file, strict=False))


def through(path: Path, methods: list[str]) -> Counter[str]:
    """How the runs on one file ended; those that broke are printed."""
    ends: Counter[str] = Counter()
    table = cut(path)
    header = table.split(b"\n", 1)[0].decode("utf-8", "replace").strip()
    columns = tuple(n.strip('"\ufeff') for n in header.split(",")) or (UNKNOWN,)
    for method in methods:
        asked = [("", None)] + [
            (s.name, v) for s in settings_of(method_named(method)) for v in asked_of(s, columns)
        ]
        for name, value in asked:
            began = time.perf_counter()
            end = tried(method, name, value, table)
            ends[end if end in ("released", "refused") else "broken"] += 1
            took = time.perf_counter() - began
            if end not in ("released", "refused") or took > 60:
                asked_for = f"{method} {name}={value!r}"
                print(f"{path.parent.name}/{path.name} {asked_for} {took:.0f} s: {end}", flush=True)
    return ends


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--methods", nargs="*", default=[m.name for m in all_methods()])
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    ends: Counter[str] = Counter()
    for path in sorted(asked.folder.rglob("*.csv")):
        ends += through(path, asked.methods)
    print(", ".join(f"{n} {end}" for end, n in sorted(ends.items())))
    sys.exit(1 if ends["broken"] else 0)


if __name__ == "__main__":
    main()
