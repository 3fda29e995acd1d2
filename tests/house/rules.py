"""The rules of the house that imports cannot say, each told of any set of files by name.

A rule takes files (path from the root -> text) and gives a sentence per violation, so that a
planted violation can be held against it; see test_architecture.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache

Files = Mapping[str, str]

# Every place that opens a loud door of the vault, and why; for the custodian's eyes unless it says
# otherwise. A new one has to be added here, in sight of a reviewer.
LOUD = {
    "open_rows": {
        "synth/evaluate/copies.py": "rows given back by a method that saw them",
        "synth/evaluate/rules.py": "rows that break a rule between columns",
        "synth/evaluate/likely_rules.py": "rules that no row breaks",
        "synth/evaluate/sides.py": "an evaluation of synthetic rows",
        "synth/methods/kde.py": "for the release: no formal promise, and says so",
        "synth/methods/sequential.py": "for the release: no formal promise, and says so",
        "ui/data/sources.py": "a look at a few rows",
    },
    "exact_table": {
        "synth/ingest/steps.py": "the steps of columns, without a promise",
        "synth/evaluate/comparison.py": "columns and pairs, side by side",
        "synth/evaluate/evaluation_of_counts.py": "three columns at a time, of rows that stay",
        "synth/methods/correlated.py": "for the release, where epsilon is infinite",
        "synth/learning/gaps.py": "cells that are empty in the table, told from gaps",
        "ui/method/promise.py": "an example of what noise does to one count",
    },
    "exact_bins": {"synth/evaluate/comparison.py": "the bins of the comparison"},
    "exact_values": {
        "synth/ingest/crowds.py": "where to cut between groups of k people",
        "synth/ingest/suggest_lazy.py": "values that occur, to compare with",
    },
    "exact_size": {
        "synth/evaluate/comparison.py": "rows compared",
        "synth/ingest/loading.py": "rows of a table that stays",
        "synth/protect/risk/summary.py": "risk",
        "synth/protect/steps/apply.py": "rows that a step leaves out",
    },
    "exact_combinations": {"synth/evaluate/kept.py": "combinations kept and lost"},
    "exact_codes": {
        "synth/cli/risk_commands.py": "risk, on the command line",
        "synth/ingest/loading.py": "a second look at columns that steps have changed",
        "synth/protect/advice.py": "what would help",
        "synth/protect/coarsening.py": "how columns may be coarsened; the statement says so",
        "synth/protect/risk/summary.py": "risk",
        "synth/protect/steps/apply.py": "cells that a step empties",
        "synth/protect/steps/learnt.py": "for the release, unpaid: ends the promise, and says so",
        "ui/protect/form.py": "values to pick from",
        "ui/protect/help.py": "what would help",
        "ui/protect/risk.py": "risk",
        "ui/protect/search.py": "the search of the lattice",
        "ui/protect/steps.py": "values before and after a step",
    },
    "rows_traits": {
        "synth/runs/accounts.py": "the lasting ledger",
        "synth/runs/job.py": "to the worker, for the lasting ledger",
        "synth/api/team/answering.py": "the lasting ledger",
    },
    "send_rows": {
        "synth/runs/job.py": "to the worker",
        "synth/api/team/answering.py": "into a vault of its own, with so many rows of each person",
    },
}
# Doors through which the origin of a column's values may improve.
IMPROVING = {
    "declared_by_custodian": {
        "synth/cli/showcase_commands.py",
        "synth/protect/steps/apply.py",
        "synth/release/counts.py",
        "synth/runs/held_here.py",
        "ui/compare.py",
        "ui/method/promise.py",
    },
    "discovered": {
        "synth/ingest/discovery.py",
        "synth/ingest/forming.py",
        "synth/ingest/ranges.py",
        "synth/ingest/steps.py",
    },
    "telling": {"synth/learning/aggregates.py", "synth/learning/seeded.py"},
}
FRESH = {"Generator", "default_rng"}  # of numpy.random: what nobody else draws from
WAY = "ui/shell/places.py"
LONGEST_FUNCTION, LONGEST_FILE, LONGEST_PAGE = 45, 430, 60  # lines


def loud_doors(files: Files) -> Iterator[str]:
    """Doors of the vault are opened only where a reader expects it."""
    places = {**{d: set(at) for d, at in LOUD.items()}, **IMPROVING}
    for path, text in files.items():
        for door in sorted(_called(text) & set(places)):
            if path != "synth/vault/private.py" and path not in places[door]:
                yield f"{path} opens `{door}`"


def empty_entries(files: Files) -> Iterator[str]:
    """The lists above hold no place that opens nothing."""
    for door, at in {**LOUD, **IMPROVING}.items():
        for path in at:
            if path not in files or door not in _called(files[path]):
                yield f"{path} does not open `{door}`"


def the_vaults_inside(files: Files) -> Iterator[str]:
    """Nobody reaches past the doors."""
    for path, text in files.items():
        if "_PrivateTable__" in text:
            yield f"{path} reaches into the vault"


def held_rows(files: Files) -> Iterator[str]:
    """What holds rows is named in the vault alone."""
    for path, text in files.items():
        if not path.startswith("synth/vault/") and ("HeldRows" in text or "LazyRows" in text):
            yield f"{path} names what holds rows"


def shared_randomness(files: Files) -> Iterator[str]:
    """No random state is shared or seeded for all.

    ruff's rule about it does not know numpy under the name that `synth.lazily` gives it.
    """
    for path, text in files.items():
        for name in sorted(set(re.findall(r"\bnp\.random\.(\w+)", text)) - FRESH):
            yield f"{path} uses `np.random.{name}`, which all share"


def private_caches(files: Files) -> Iterator[str]:
    """A cache is shared by all visitors, so nothing private goes into one."""
    for path, text in files.items():
        if path.startswith(("ui/", "pages/")) and "cache_data" in text:
            yield f"{path} caches for all visitors"


def unguarded_ways(files: Files) -> Iterator[str]:
    """Pages are left by `go_to`, which forgets what of them draws itself anew."""
    for path, text in files.items():
        if path.startswith(("ui/", "pages/")) and path != WAY and "switch_page(" in text:
            yield f"{path} leaves a page without `go_to`"


def long_functions(files: Files) -> Iterator[str]:
    """Functions fit on a screen, without their docstrings."""
    for path, text in files.items():
        for node in _nodes(text):
            if isinstance(node, ast.FunctionDef):
                told = ast.get_docstring(node, clean=False) or ""
                length = (node.end_lineno or 0) - node.lineno - len(told.splitlines())
                if length >= LONGEST_FUNCTION:
                    yield f"{path}: `{node.name}` has {length} lines"


def long_files(files: Files) -> Iterator[str]:
    """Files fit in a reading, pages on a screen."""
    for path, text in files.items():
        lines = len(text.splitlines())
        if lines > (LONGEST_PAGE if path.startswith("pages/") else LONGEST_FILE):
            yield f"{path} has {lines} lines"


def silent_modules(files: Files) -> Iterator[str]:
    """Every module says what it is."""
    for path, text in files.items():
        if not ast.get_docstring(_tree(text)):
            yield f"{path} has no docstring"


def hidden_imports(files: Files) -> Iterator[str]:
    """No module imports its own house inside a function."""
    for path, text in files.items():
        for node in _nodes(text):
            if isinstance(node, ast.FunctionDef):
                inner = [n for n in ast.walk(node) if isinstance(n, ast.ImportFrom)]
                if any((n.module or "").split(".")[0] in ("synth", "ui") for n in inner):
                    yield f"{path}: `{node.name}` imports the house"


def learned_pages(files: Files) -> Iterator[str]:
    """Pages import nothing but Streamlit and the house."""
    for path, text in files.items():
        if path.startswith("pages/"):
            for name in sorted(_imported(text) - {"streamlit", "synth", "ui"}):
                yield f"{path} imports {name}"


def screens_below(files: Files) -> Iterator[str]:
    """The package knows nothing of the screens."""
    for path, text in files.items():
        if path.startswith("synth/"):
            for name in sorted(_imported(text) & {"streamlit", "ui", "pages"}):
                yield f"{path} imports {name}"


def names_of_two_things(files: Files) -> Iterator[str]:
    """In one house a class name is one thing."""
    seen: dict[str, str] = {}
    for path, text in files.items():
        if not path.startswith("synth/"):
            continue
        for node in _tree(text).body:
            if isinstance(node, ast.ClassDef):
                if node.name in seen:
                    yield f"{path}: `{node.name}` is in {seen[node.name]} too"
                seen.setdefault(node.name, path)


@cache  # each rule, and each violation planted for it, asks again about the same files
def _tree(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def _nodes(text: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(_tree(text)))


@cache
def _called(text: str) -> set[str]:
    """Names of all methods that a file calls, or hands on to be called."""
    return {n.attr for n in _nodes(text) if isinstance(n, ast.Attribute)}


def _imported(text: str) -> set[str]:
    """First parts of the names that a file imports."""
    found = set()
    for node in _nodes(text):
        if isinstance(node, ast.Import):
            found |= {a.name.split(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found
