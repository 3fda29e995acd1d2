"""A start does not wait for libraries it has no use for.

Which are there is asked of a fresh process; how long it takes is for `bench/start.py`.
"""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What other packages plug in, they import; here it is about what we do.
ALONE = "import importlib.metadata as m; m.entry_points = lambda **_: ()\n"
TOLD = "\nimport sys; print(*{n.split('.')[0] for n in sys.modules} | set(sys.modules))"

SERVERS = {"asyncio", "fastapi", "httpx", "starlette", "uvicorn"}
DATABASES = {"duckdb", "ibis", "psycopg", "sqlalchemy", "sqlglot"}
DRAWING = {"altair", "jsonschema", "PIL", "vl_convert"}
SELDOM = {
    "IPython",
    "dp_accounting",
    "openpyxl",
    "opendp",
    "pyspark",
    "scipy.optimize",
    "scipy.stats",
    "sklearn",
    "streamlit",
}
# Where scipy.special is needed it brings charset_normalizer along, by way of numpy.f2py.
TABLES = {"charset_normalizer", "narwhals", "numpy", "pandas", "pyarrow", "scipy"}


def imported(code: str, given: bytes = b"") -> set[str]:
    """The modules that a fresh process has after some code."""
    process = subprocess.run(
        [sys.executable, "-c", ALONE + code + TOLD],
        input=given,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.returncode == 0, process.stderr.decode()
    return set(process.stdout.decode().splitlines()[-1].split())


@pytest.mark.parametrize(
    "code",
    [
        "import synth",
        "import synth.runs.worker",
        "import typer.main; from synth.cli import app; typer.main.get_command(app)",
        "from synth.cli import app; app(['--help'], standalone_mode=False)",
        "from synth.cli import app; app(['methods'], standalone_mode=False)",
    ],
)
def test_a_start_imports_nothing_heavy(code):
    assert not imported(code) & {*SERVERS, *DATABASES, *DRAWING, *SELDOM, *TABLES}


def test_a_worker_imports_what_its_method_needs(private):
    job = io.BytesIO()
    job.write(json.dumps({"recipe": '[method]\nname = "independent"\n'}).encode() + b"\n")
    private.send_rows(job)
    code = (
        "import io, sys; from synth.runs.worker import serve; out = io.BytesIO()\n"
        "serve(sys.stdin.buffer, out); assert b'\"bundle\"' in out.getvalue()"
    )
    assert not imported(code, job.getvalue()) & {*SERVERS, *DATABASES, *DRAWING, *SELDOM}


def test_risk_imports_neither_databases_nor_drawing():
    told = ["risk", "sample_data/hospital_admissions.csv", "--quasi", "Age,Gender"]
    code = f"from synth.cli import app; assert not app({told}, standalone_mode=False)"
    assert not imported(code) & {*SERVERS, *DATABASES, *DRAWING, *SELDOM}


def test_threads_may_come_to_a_library_at_once():
    code = """
import threading
from synth.lazily import np, pa, pd
gate, found = threading.Barrier(8), []
def use():
    gate.wait()
    found.append((pd.DataFrame({"a": np.arange(3)}).shape, pa.csv.ReadOptions))
threads = [threading.Thread(target=use) for _ in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
assert len(set(found)) == 1 and len(found) == 8, found
"""
    assert "pandas" in imported(code)


def test_what_a_library_lacks_is_an_attribute_error():
    code = """
from synth.lazily import pa, pd
assert not hasattr(pd, "no_such_name") and not hasattr(pa, "no_such_part")
"""
    assert "pyarrow" in imported(code)
