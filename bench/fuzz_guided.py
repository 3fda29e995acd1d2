"""Inputs that a coverage-guided fuzzer (atheris) finds: what ends otherwise than in a sentence.

Needs `pip install atheris`. Each input that reached code that none before had reached is changed
further, so this goes where changes at random (`bench/fuzz.py`) do not. Faults are told once for
each place in the code; libFuzzer itself ends the run where one input takes 30 seconds or 3 GB.

    python bench/fuzz_guided.py {file,recipe,sql,rule,bundle} [-runs=20000] [-max_total_time=300]
"""

import io
import logging
import sys
import traceback
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris
import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")

with atheris.instrument_imports(include=["synth"]):
    import fuzz

    from synth.budget import Budget
    from synth.errors import SynthError
    from synth.ingest import load, read_query
    from synth.learning.drawing_where import Conditioned
    from synth.release import Bundle
    from synth.runs import read_recipe
    from synth.runs.verifying import verify
    from synth.schema.rules import rule_of

LIMITS = ("-timeout=30", "-rss_limit_mb=3000", "-max_len=65536", "-verbosity=0")


def a_file(content: bytes) -> None:
    """A table in a file."""
    load(io.BytesIO(content), Budget(1.0))


def a_recipe(content: bytes) -> None:
    """A recipe."""
    read_recipe(content.decode("utf-8", errors="replace"))


def a_query(content: bytes) -> None:
    """A query."""
    read_query(content.decode("utf-8", errors="replace"), "duckdb")


def a_rule(content: bytes) -> None:
    """A rule, or a condition."""
    text = content.decode("utf-8", errors="replace")
    bundle = fuzz.opened(0)
    for read in (rule_of, lambda told: Conditioned.of(bundle.model, told, bundle.rules)):
        with suppress(SynthError):
            read(text)


def a_bundle(content: bytes) -> None:
    """The description of a model in a release whose checksums are right."""
    with zipfile.ZipFile(io.BytesIO(fuzz.bundles()[0])) as archive:
        inside = {n: archive.read(n) for n in archive.namelist()}
    inside["model.json"] = content
    rng = np.random.default_rng(1)
    verify(Bundle.read(io.BytesIO(fuzz.zipped(inside, rng))))


def seeds(kind: str) -> list[bytes]:
    """What the fuzzer begins with."""
    if kind == "file":
        return list(fuzz.files())
    if kind == "recipe":
        return [fuzz.RECIPE.format(method=m).encode() for m in fuzz.METHODS]
    if kind == "sql":
        return [text.encode() for text in fuzz.SQL]
    if kind == "rule":
        return [text.encode() for text in (*fuzz.WORDS_OF_RULES, *fuzz.CONDITIONS)]
    with zipfile.ZipFile(io.BytesIO(fuzz.bundles()[0])) as archive:
        return [archive.read("model.json")]


KINDS: dict[str, Callable[[bytes], None]] = {
    "file": a_file, "recipe": a_recipe, "sql": a_query, "rule": a_rule, "bundle": a_bundle,
}  # fmt: skip


def main() -> None:
    """Try inputs of one kind; a line for each fault, and their number at the end."""
    kind = sys.argv[1]
    use, faults, tried = KINDS[kind], set[str](), [0]

    def one(content: bytes) -> None:
        tried[0] += 1
        try:
            with suppress(SynthError):
                use(content)
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            ours = [f for f in frames if "/synth/" in f.filename] or frames
            place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno} {type(error).__name__}"
            if place not in faults:
                faults.add(place)
                print(f"{kind}: {place}: {content[:200]!r}", flush=True)
        if tried[0] % 1000 == 0:
            print(f"{kind}: {tried[0]} inputs, {len(faults)} kinds of fault", flush=True)

    with TemporaryDirectory() as folder:
        for place, seed in enumerate(seeds(kind)):
            (Path(folder) / str(place)).write_bytes(seed)
        atheris.Setup([sys.argv[0], *LIMITS, *sys.argv[2:], folder], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
