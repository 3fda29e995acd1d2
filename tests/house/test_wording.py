"""Sentences count in English: "1 row", "2 rows"."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from synth.wording import so_many

ROOT = Path(__file__).parents[2]
MANY = (
    "attributes cells characters columns combinations copies days deeds entries files groups jobs "
    "lines models minutes names people questions releases rows tables values"
)
COUNTED = re.compile(rf" ({MANY.replace(' ', '|')})\b")
WRITTEN = re.compile(rf"\}}{COUNTED.pattern}")
# Bounds of two or more, sizes that are never one, what a condition guards, and names.
GUARDED = {
    *[
        "at_least",
        "cells",
        "column.values[1]",
        "columns",
        "count",
        "count.rows",
        "deep",
        "drawn",
        "entry.k",
        "few",
    ],
    *[
        "fewer_than",
        "files",
        "found.k",
        "found.noise",
        "ground.k",
        "guarantee.k",
        "held.k",
        "how",
        "k",
        "least",
        "many",
    ],
    *[
        "len(columns)",
        "len(counted)",
        "len(domain.values)",
        "len(kept)",
        "len(ladders)",
        "len(names)",
    ],
    *[
        "len(records)",
        "len(shape)",
        "len(spare)",
        "len(text)",
        "len(wanted)",
        "len(words)",
        "method.k",
    ],
    *[
        "minutes",
        "most",
        "name",
        "own.k",
        "people.column",
        "present",
        "repeats.largest",
    ],
    *[
        "repeats.total",
        "rows",
        "seen.rows",
        "self.copies",
        "self.fewer_than",
        "self.k",
        "self.least",
    ],
    *["self.limits.least_rows", "self.limits.most_rows", "self.most", "self.people", "self.rows"],
    *["self.rows_per_person", "self.values", "sets", "setting", "several.tables", "size"],
    *["special.fewer_than", "states", "sum(repeats.values)", "sum(told.values)", "tellable"],
    *["told.total", "total.releases", "wanted.name", "what", "width", "_shown(text)"],
    *("max((s.least for s in plan))", "rows / len(held)"),
}


def test_one_is_told_as_one():
    assert [so_many(n, "row") for n in (0, 1, 1_000)] == ["0 rows", "1 row", "1,000 rows"]
    assert so_many(1, "entry", "entries") == "1 entry" and so_many(2, "x", "y") == "2 y"


def uncounted(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Places where a number goes before a word for many, whatever it is."""
    for text in (n for n in ast.walk(tree) if isinstance(n, ast.JoinedStr)):
        parts = [ast.Constant(""), *text.values]
        for before, value, after in zip(parts, parts[1:], parts[2:], strict=False):
            if not isinstance(value, ast.FormattedValue) or not isinstance(after, ast.Constant):
                continue
            if isinstance(before, ast.Constant) and str(before.value).endswith(" of "):
                continue  # 1 of 1 rows
            if COUNTED.match(str(after.value)):
                yield value.lineno, ast.unparse(value.value)


def test_no_sentence_counts_one_of_something_as_many():
    found = []
    for path in sorted(p for top in ("synth", "ui", "pages") for p in (ROOT / top).rglob("*.py")):
        text = path.read_text()
        for line, what in uncounted(ast.parse(text)) if WRITTEN.search(text) else ():
            constant = what.rpartition(".")[2].isupper() or what.startswith("so_many(")
            if what not in GUARDED and not constant:
                found.append(f"{path.relative_to(ROOT)}:{line}: {what}")
    assert found == [], "so_many of synth/wording.py counts one as one"
