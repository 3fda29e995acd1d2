"""Damaged files, recipes, bundles, requests and queries: what ends otherwise than in a sentence.

Each input is a valid one that a seeded generator changed, so its kind and its number make it again.
Counted are tracebacks (answers of 500 too), inputs that take longer than 30 seconds, and those that
need more than 2 GB on top of what the process has, or end it.

.venv/bin/python bench/fuzz.py [--inputs 1000] [--first 0] [--kinds file,bundle]
"""

import argparse
import gzip
import io
import json
import multiprocessing
import resource
import signal
import sys
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from starlette.testclient import TestClient

from synth import incoming
from synth.api import api
from synth.api.registry import Registry, Rules, Task
from synth.budget import Budget
from synth.errors import SynthError
from synth.ingest import load, read_query
from synth.learning.drawing_where import Conditioned
from synth.release import Bundle
from synth.release.archive import SIGNED, SUMS
from synth.release.estimates import MeanOf, ShareOf, estimate
from synth.release.sandbox import service
from synth.release.showcase.bundle import showcase
from synth.runs import read_recipe, run
from synth.runs.rewording import reworded
from synth.runs.verifying import verify
from synth.schema.rules import rule_of

LONGEST = 30  # seconds
MOST = 2 << 30  # bytes
TOKEN = "a token of the fuzzer"
METHODS = (
    "independent",
    "correlated",
    *(f'{n}_seeded"\ngaps = "leave' for n in ("value", "row", "aggregate")),
)
RECIPE = """[people]
rows = 1
[[column]]
name = "age"
kind = "integer"
low = 0
high = 120
intervals = 12
[[column]]
name = "town"
values = ["Oslo", "Rome", "Bern"]
[[protect]]
step = "round"
column = "dose"
to = 0.1
[privacy]
epsilon = 100.0
[method]
name = "{method}"
[release]
rows = 30
copies = 1
title = "People"
[counts]
k = 10
length = 2
[showcase]
text = "People"
"""
SQL = (
    "SELECT town, age FROM people WHERE age > 17 AND town IN ('Oslo', 'Rome') ORDER BY age LIMIT 9",
    'WITH old AS (SELECT * FROM people) SELECT "town", count(*) AS n FROM old GROUP BY 1',
    "SELECT p.age, q.town FROM people p JOIN people q ON p.age = q.age WHERE p.town LIKE 'O%'",
)
ASKED = (
    "/people?age_gte=18&town=Oslo&_sort=-age,town&_page=2&_per_page=10",
    "/people?_format=csv&_fields=age,town&_start=3&_end=9",
    "/people/distinct?_fields=town&_cursor=MTA",
    "/people/7?_delay=0",
    "/people/random?_seed=3&_limit=2",
)
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, 1e308, 10**9, 10**30, float("nan"), float("inf"), "", "x", "\x00",
    "1e999", "\ud800", [], {}, [[]], [1.5], ["x"], {"x": 1},
)  # fmt: skip
WORDS = (b"\x00", b"\xff" * 4, b"\x7f\xff\xff\xff", b"<", b'"', b"'", b"\n", b",", b"1e999",
         b"=1+1", b"[" * 3000, b"(" * 3000, b"../", b"\xef\xbb\xbf", b"-1", b"9" * 400)  # fmt: skip
Rng = np.random.Generator


class Late(BaseException):
    """Longer than an input may take; no guard takes it for damage."""


def changed(content: bytes, rng: Rng) -> bytes:
    """The bytes with up to four changes: other bits, a part gone or twice, a word put in."""
    made = bytearray(content)
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(0, len(made) + 1))
        long = int(min(rng.geometric(0.1), 200))
        match int(rng.integers(6)):
            case 0 if at < len(made):
                made[at] ^= 1 << int(rng.integers(8))
            case 1:
                del made[at : at + long]
            case 2:
                made[at:at] = made[at : at + long]
            case 3:
                made[at:at] = WORDS[rng.integers(len(WORDS))]
            case 4 if at < len(made):
                made[at] = int(rng.integers(256))
            case _ if rng.random() < 0.3:
                del made[at:]
    return bytes(made)


def changed_value(value: Any, rng: Rng) -> Any:
    """A JSON document in which one value, somewhere, is another one, is gone or is there twice."""
    inner = isinstance(value, dict | list) and len(value) > 0
    if not inner or rng.random() < 0.1:
        return ODD[rng.integers(len(ODD))]
    if isinstance(value, dict):
        key = list(value)[rng.integers(len(value))]
        if rng.random() < 0.1:
            return {k: v for k, v in value.items() if k != key}
        return {k: changed_value(v, rng) if k == key else v for k, v in value.items()}
    at = int(rng.integers(len(value)))
    if rng.random() < 0.1:
        return value[:at] + value[at + 1 :] * int(rng.integers(3))
    return [changed_value(v, rng) if i == at else v for i, v in enumerate(value)]


def table() -> pd.DataFrame:
    """A table of which every format can hold each column."""
    rng = np.random.default_rng(5)
    days = pd.Series(pd.date_range("2020-01-01", periods=60)).dt.strftime("%Y-%m-%d")
    towns = rng.choice(["Oslo", "Rome", "Bern"], 60)
    told = {"age": rng.integers(0, 100, 60), "town": towns, "seen": days}
    return pd.DataFrame(told | {"dose": rng.random(60).round(2), "ill": rng.random(60) < 0.5})


@cache
def files() -> tuple[bytes, ...]:
    """The table in the formats that a file may have."""
    people, made = table(), []
    for write in ("to_csv", "to_json", "to_parquet", "to_excel", "to_feather", "to_stata"):
        out = io.BytesIO()
        getattr(people, write)(out)
        made.append(out.getvalue())
    text = made[0]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("people.csv", text)
    lines = people.to_json(orient="records", lines=True).encode()
    return (*made, gzip.compress(text), packed.getvalue(), lines, text.decode().encode("utf-16"))


@cache
def bundles() -> tuple[bytes, ...]:
    """A release of each of some methods."""
    told = (read_recipe(RECIPE.format(method=m)) for m in METHODS)
    return tuple(run(recipe, table()).release.zipped() for recipe in told)


def zipped(files: Mapping[str, bytes], rng: Rng) -> bytes:
    """The files as a zip file whose list of checksums is right, now and then with one twice."""
    listed = {n: c for n, c in files.items() if n not in (SUMS, SIGNED)}
    sums = "".join(f"{sha256(c).hexdigest()}  {n}\n" for n, c in listed.items())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**listed, SUMS: sums.encode()}.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue() if rng.random() < 0.95 else changed(out.getvalue(), rng)


def try_file(rng: Rng) -> None:
    """A table in a file."""
    good = files()[rng.integers(len(files()))]
    content = changed(good, rng)
    if good[:2] == b"PK" and rng.random() < 0.7:  # a part of a workbook, packed again
        content = _repacked(good, rng)
    load(io.BytesIO(content), Budget(1.0))


def _repacked(good: bytes, rng: Rng) -> bytes:
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        inside = {n: archive.read(n) for n in archive.namelist()}
    name = list(inside)[rng.integers(len(inside))]
    inside[name] = changed(inside[name], rng)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for n, content in inside.items():
            archive.writestr(n, content)
    return out.getvalue()


def try_recipe(rng: Rng) -> None:
    """A recipe."""
    text = RECIPE.format(method=METHODS[rng.integers(len(METHODS))]).encode()
    read_recipe(changed(text, rng).decode("utf-8", errors="replace"))


def try_bundle(rng: Rng) -> None:
    """A release that somebody sent: read, shown, asked and made again."""
    good = bundles()[rng.integers(len(bundles()))]
    if rng.random() < 0.2:
        content = changed(good, rng)
    else:
        with zipfile.ZipFile(io.BytesIO(good)) as archive:
            inside = {n: archive.read(n) for n in archive.namelist()}
        told = [n for n in inside if n.endswith(".json") and rng.random() < 0.8] or list(inside)
        name = told[rng.integers(len(told))]
        if name.endswith(".json") and rng.random() < 0.8:
            document = changed_value(json.loads(inside[name]), rng)
            inside[name] = json.dumps(document).encode("utf-8", errors="replace")
        else:
            inside[name] = changed(inside[name], rng)
        content = zipped(inside, rng)
    bundle = Bundle.read(io.BytesIO(content))
    for use in (showcase, service, verify):
        with _refusals():
            use(bundle)


class _refusals:
    """A sentence of one use does not keep the next from being tried."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> bool:
        return kind is not None and issubclass(kind, SynthError)


class Reading(Registry):
    """Jobs that end once their rows are read."""

    def _begin(self, task: Task) -> None:
        task.wanted.read()
        task.job.fail(SynthError("Read.", ""))


@cache
def _client() -> TestClient:
    registry = Reading(Rules(most_jobs=1 << 30, lifetime=0))
    app = api(TOKEN, dict, registry)
    return TestClient(
        app, headers={"Authorization": f"Bearer {TOKEN}"}, raise_server_exceptions=False
    )


def try_request(rng: Rng) -> None:
    """A request of the REST API, as a form or as JSON."""
    recipe = RECIPE.format(method="independent")
    if rng.random() < 0.5:
        asked = {"recipe": recipe, "database": "hospital", "query": SQL[0]}
        body, kind = json.dumps(asked).encode(), "application/json"
        if rng.random() < 0.5:
            body = json.dumps(changed_value(asked, rng)).encode()
        else:
            body = changed(body, rng)
    else:
        parts = (("recipe", recipe.encode()), ("table", files()[0]))
        lines = [
            b'--x\r\nContent-Disposition: form-data; name="%s"; filename="f"\r\n\r\n%s\r\n'
            % (n.encode(), c)
            for n, c in parts
        ]
        body, kind = changed(b"".join(lines) + b"--x--\r\n", rng), "multipart/form-data; boundary=x"
    answer = _client().post("/jobs", content=body, headers={"Content-Type": kind})
    _answered(answer.status_code, answer.text)


@cache
def _sandbox() -> TestClient:
    bundle = Bundle.read(io.BytesIO(bundles()[0]))
    return TestClient(service(bundle, "people").app(), raise_server_exceptions=False)


def try_sandbox(rng: Rng) -> None:
    """A query of the sandbox, or a row written to it."""
    path = ASKED[rng.integers(len(ASKED))]
    if rng.random() < 0.7:
        told = changed(path[1:].encode(), rng).decode("latin-1")
        told = "".join(c if c.isalnum() or c in "/?&=_.-," else f"%{ord(c):02X}" for c in told)
        answer = _sandbox().get(f"/{told.lstrip('/')}")
    else:
        row = changed_value({"age": 31, "town": "Oslo", "dose": 0.5}, rng)
        content = changed(json.dumps(row).encode(), rng) if rng.random() < 0.3 else json.dumps(row)
        answer = _sandbox().request(
            rng.choice(["POST", "PUT", "PATCH"]), "/people", content=content
        )
    _answered(answer.status_code, answer.text)


def _answered(status: int, text: str) -> None:
    if status >= 500:
        raise AssertionError(f"answered {status}: {text[:80]}")


WORDS_OF_RULES = (
    "if town = Oslo then age >= 18",
    "age <= dose",
    "total = age + dose + 3",
    "`town` = `town` unless age > 3",
)
CONDITIONS = (
    "age BETWEEN 18 AND 65 AND (town = 'Oslo' OR NOT town IN ('Rome', 'Bern'))",
    "age > 17.5 AND town IS NOT NULL AND seen >= '2020-01-05'",
    "no missing values",
)


def try_rule(rng: Rng) -> None:
    """A rule between columns, or a condition on the rows of a release."""
    if rng.random() < 0.5:
        text = WORDS_OF_RULES[rng.integers(len(WORDS_OF_RULES))]
        rule_of(changed(text.encode(), rng).decode("utf-8", errors="replace"))
        return
    text = CONDITIONS[rng.integers(len(CONDITIONS))]
    bundle = opened(int(rng.integers(len(bundles()))))
    told = changed(text.encode(), rng).decode("utf-8", errors="replace")
    Conditioned.of(bundle.model, told, bundle.rules).rows(5, 1)


@cache
def opened(number: int) -> Bundle:
    """One of the releases, read once."""
    return Bundle.read(io.BytesIO(bundles()[number]))


def try_words(rng: Rng) -> None:
    """A bundle as whoever receives it uses it: numbers are estimated, words changed, rows drawn."""
    good = bundles()[rng.integers(len(bundles()))]
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        inside = {n: archive.read(n) for n in archive.namelist()}
    name = ("model.json", "release.json", "schema.json")[rng.integers(3)]
    inside[name] = json.dumps(changed_value(json.loads(inside[name]), rng)).encode(errors="replace")
    bundle = Bundle.read(io.BytesIO(zipped(inside, rng)))
    for use in (
        lambda: estimate(bundle, MeanOf("age")),
        lambda: estimate(bundle, ShareOf("town = 'Oslo'"), copies=2),
        lambda: reworded(bundle, "Another", bundle.about),
        lambda: list(bundle.as_text([bundle.rows], io.BytesIO())),
    ):
        with _refusals():
            use()


def try_query(rng: Rng) -> None:
    """SQL."""
    text = changed(SQL[rng.integers(len(SQL))].encode(), rng).decode("utf-8", errors="replace")
    read_query(text, ("sqlite", "postgres", "duckdb")[rng.integers(3)])


KINDS: Mapping[str, Callable[[Rng], None]] = {
    "file": try_file,
    "recipe": try_recipe,
    "bundle": try_bundle,
    "request": try_request,
    "sandbox": try_sandbox,
    "query": try_query,
    "rule": try_rule,
    "words": try_words,
}


def tried(kind: str, number: int) -> str:
    """How the input of this kind and number ended: "" in an answer or a sentence, else a place.

    The place is the kind of the error, and where it came from.
    """
    rng = np.random.default_rng([list(KINDS).index(kind), number])
    try:
        KINDS[kind](rng)
    except SynthError:
        return ""
    except Late:
        return f"longer than {LONGEST} s"
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        ours = [f for f in traceback.extract_tb(error.__traceback__) if "/synth/" in f.filename]
        place = ours[-1] if ours else last
        where = f"{Path(place.filename).name}:{place.lineno}"
        said = f": {error}" if isinstance(error, AssertionError) else ""
        return f"{type(error).__name__} at {where}{said}"
    return ""


def _child(kind: str, numbers: range, told: Connection) -> None:
    """Try inputs one after the other, and tell before each which one it is."""
    files(), bundles()
    has = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (has * resource.getpagesize() + MOST,) * 2)

    def late(*_: object) -> None:
        raise Late

    # a guard would make a sentence of it, after the memory was taken
    incoming.DAMAGE = tuple(d for d in incoming.DAMAGE if d is not MemoryError)

    signal.signal(signal.SIGALRM, late)
    sys.stderr = io.StringIO()
    for number in numbers:
        told.send((number, None))
        signal.alarm(LONGEST)
        found = tried(kind, number)
        signal.alarm(0)
        told.send((number, found))
    told.close()


def failures(kind: str, numbers: range) -> dict[int, str]:
    """The inputs that failed, by number, and how; each tried in a process that it may end."""
    found: dict[int, str] = {}
    at = numbers.start
    while at < numbers.stop:
        theirs, ours = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("fork").Process(
            target=_child, args=(kind, range(at, numbers.stop), ours)
        )
        process.start()
        ours.close()
        said: str | None = ""
        try:
            while True:
                if not theirs.poll(2 * LONGEST):
                    said = None
                    process.kill()
                    break
                at, said = theirs.recv()
                if said:
                    found[at] = said
        except EOFError:
            pass
        process.join()
        if said is None:
            found[at] = f"the process ended or hung ({process.exitcode})"
        at += 1
    return found


def main() -> None:
    """Some thousand inputs of each kind."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("--inputs", type=int, default=1000, help="of each kind")
    asked.add_argument("--first", type=int, default=0, help="the number of the first")
    asked.add_argument("--kinds", default=",".join(KINDS))
    told = asked.parse_args()
    files(), bundles()
    failed = 0
    for kind in told.kinds.split(","):
        began = time.perf_counter()
        found = failures(kind, range(told.first, told.first + told.inputs))
        failed += len(found)
        took = time.perf_counter() - began
        print(f"{kind}: {told.inputs:,} inputs, {len(found):,} failed, {took:.0f} s", flush=True)
        for how, times in Counter(found.values()).most_common():
            first = next(n for n, f in found.items() if f == how)
            print(f"  {times:5,} x {how} (first: {first})", flush=True)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
