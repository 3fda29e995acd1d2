"""README.md of a bundle: what a recipient should know before they open the rows."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence

from synth.budget import Grouped
from synth.budget.guarantee import DifferentiallyPrivate
from synth.methods.twins import TwinsModel
from synth.release.papers.released import Released
from synth.release.papers.standing import ColumnStanding, apart, values_of
from synth.wording import so_many

MANY_LEFT_OUT = 0.1  # of the rows that were drawn, before their columns are said to be shifted
MARKS = re.compile(r"([\\`*\[\]<>#|~]|&(?=#?\w+;)|(?<!\w)_|_(?!\w))")
FILES = {
    "README.md": "this page",
    "dictionary.csv": "each column: what it means, what it holds, what can be said of it",
    "synthetic.csv": "the synthetic rows, as text",
    "synthetic.parquet": "the same rows, with types",
    "datapackage.json": "how to read the CSV files, for programs (Frictionless Data Package)",
    "croissant.json": "the same for machine learning (MLCommons Croissant)",
    "PRIVACY.md": "what is promised to the people in the real table, and what it rests on",
    "schema.json": "the columns as the model knows them",
    "combine.py": "puts estimates from the tables together, with the rule that fits them (Python)",
    "model.json": "the model: more rows can be drawn from it, at no cost to anybody",
    "recipe.toml": "how the release was made",
    "release.json": "seed, versions and rules: what it takes to make it again",
    "counts.csv": "protected counts of real people",
    "counts.parquet": "the same counts, with types",
    "counts.json": "what the counts mean",
    "children.csv": "the rows of the second table, as text",
    "children.parquet": "the same rows, with types",
    "children.json": "the second table: its key, and the model that its rows were drawn from",
    "showcase.json": "how the showcase looks: `synth showcase release.zip` opens it",
}


def plain(text: str) -> str:
    """Text on one line that no Markdown, and no HTML in it, takes for anything else."""
    return MARKS.sub(r"\\\1", " ".join(text.split()))


def readme(released: Released) -> str:
    """The page, in Markdown."""
    parts = (
        _head(released),
        _about(released),
        _what(released),
        _second(released),
        _columns(released),
        _not_for(released),
        _before(released),
        _files(released),
        _reading(released),
    )
    return "\n".join(line for part in parts for line in part)


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield from (f"## {title}", "", *lines, "")


def _head(released: Released) -> Iterator[str]:
    yield from (f"# {plain(released.named)}", "")
    if released.about.description:
        yield from (plain(released.about.description), "")


def _about(released: Released) -> Iterator[str]:
    about = released.about
    said = (
        ("Published by", about.publisher),
        ("Version", about.version),
        ("Date", about.date),
        ("Licence", about.licence),
        ("Ask the custodian", about.contact),
    )
    lines = [f"- {what}: {plain(text)}" for what, text in said if text]
    if not about.licence:
        lines.append("- Licence: none is named; ask before you pass it on.")
    yield from (*lines, "")


def _what(released: Released) -> Iterator[str]:
    guarantee = released.model.statement.guarantee
    copies = f", in each of {released.copies} tables" if released.copies > 1 else ""
    lines = [
        f"{released.rows:,} synthetic rows of {len(released.columns)} columns{copies}: drawn from "
        f"a model that learnt from a real table. {plain(guarantee.rows)}",
        "",
        f"**{plain(guarantee.short)}.** {plain(guarantee.plain)} `PRIVACY.md` says all of it.",
    ]
    if not released.model.statement.ledger:
        lines[0] = (
            f"{released.rows:,} synthetic rows of {len(released.columns)} columns{copies}: made "
            "from names and declared values alone. No real row was read."
        )
    return _section("What this is", lines)


def _second(released: Released) -> Iterator[str]:
    """How the two tables hang together."""
    if released.linked is None:
        return iter(())
    told = released.linked.children
    name, of, each = plain(told.name), plain(told.of), plain(told.count)
    lines = [
        f"`synthetic.csv` holds {of}, one row each; `children.csv` holds {name}: "
        f"{so_many(released.linked.told.rows, 'row')}, each of which belongs to one of {of}. "
        f"`{told.parent_key}` there is `{told.key}` here, and both are made anew. {each} says how "
        f"many rows of {name} belong to a row of {of}, {told.most} at most.",
        "",
        f"What a row of {name} holds goes by what is known of whom it belongs to; rows of one "
        "person were drawn without a look at each other.",
    ]
    return _section("The two tables", lines)


HEAD = (
    "| column | meaning | unit | holds | empty | what is left of it |",
    "| --- | --- | --- | --- | --- | --- |",
)


def _columns(released: Released) -> Iterator[str]:
    lines = [
        "What can be said of each column from this release alone: from its rows, its model and the "
        "noise it names. How near a column is to the real one, only the custodian can tell.",
        "",
        *HEAD,
        *(_line(c) for c in released.columns),
    ]
    if linked := released.linked:
        named = f"And of {plain(linked.children.name)}, in `children.csv`:"
        lines += ["", named, "", *HEAD, *(_line(c) for c in linked.told.columns)]
    return _section("The columns", lines)


def _line(told: ColumnStanding) -> str:
    column = told.column
    gaps = "" if told.gaps is None else share(told.gaps)
    cells = (column.name, column.meaning, column.unit, values_of(column), gaps, told.plain)
    return f"| {' | '.join(map(plain, cells))} |"


def share(part: float) -> str:
    """A share as a percentage that is 0 and 100 only where it is exactly."""
    if 0 < part < 0.001:
        return "under 0.1%"
    return "over 99.9%" if 0.999 < part < 1 else f"{part:.1%}".replace(".0%", "%")


def _not_for(released: Released) -> Iterator[str]:
    lines = [f"- {text}" for text in general(released)]
    of: dict[str, list[str]] = {}
    second = released.linked.told.columns if released.linked else ()
    for told in (*released.columns, *second):
        for use in told.not_for:
            of.setdefault(use, []).append(told.column.name)
    for use, names in of.items():
        lines.append(f"- {', '.join(map(plain, dict.fromkeys(names)))}: {plain(use)}.")
    return _section("Do not use it for", lines)


def general(released: Released) -> Iterator[str]:
    """What no column of it should be used for, told by what is released."""
    model = released.model
    guarantee = model.statement.guarantee
    yield "Recognising anybody, or deciding about one person."
    names = [c.name for c in model.schema.modelled]
    if len(names) > 1 and len(apart(model)) == len(names):
        yield (
            "Anything about two columns together (cross tables, correlations, models): each column "
            "was drawn by itself."
        )
    if isinstance(guarantee, DifferentiallyPrivate) and not isinstance(model, TwinsModel):
        yield (
            "Intervals and tests by the usual formulas: they know nothing of the noise that was "
            "added, and are too short."
        )
    if k := max((e.k for e in model.statement.ledger if isinstance(e, Grouped)), default=0):
        yield f"Groups of fewer than {k} people: they were left out, or left open."
    for count in released.rules:
        if count.broken:
            yield (
                f"Whatever needs the rule “{plain(str(count.rule))}”: {count.broken:,} of "
                f"{count.rows:,} rows break it."
            )
    if linked := released.linked:
        usual = ", ".join(map(plain, linked.children.usual))
        but = f", but for what is usual in {usual}" if usual else ""
        yield (
            f"How rows of {plain(linked.children.name)} that belong to the same person go together "
            f"(what came after what, how often it stayed the same): each was drawn by itself{but}."
        )
    kept = released.upkeep
    if kept.drawn and kept.left_out / kept.drawn > MANY_LEFT_OUT:
        about = dict.fromkeys(n for c in released.rules for n in c.rule.columns)
        yield (
            f"Exact shares of {', '.join(map(plain, about))}: {kept.left_out / kept.drawn:.0%} of "
            "the rows that were drawn broke a rule and were left out, which shifts them."
        )


def _before(released: Released) -> Iterator[str]:
    """The steps of de-identification, which make columns coarser or take them away."""
    if not released.recipe:
        return iter(())
    steps = tomllib.loads(released.recipe).get("protect", ())
    lines = []
    for step in steps:
        told = step.get("columns", step.get("column", ()))
        names = (told,) if isinstance(told, str) else told
        of = f": {', '.join(plain(str(n)) for n in names)}" if names else ""
        lines.append(f"- {plain(str(step.get('step', '')).replace('_', ' '))}{of}")
    head = ["Before the model saw the table (`recipe.toml` has it in full):", ""]
    return _section("What was changed before", [*head, *lines] if lines else [])


def _files(released: Released) -> Iterator[str]:
    linked = released.linked
    names = [*released.sums, *(linked.told.sums if linked else ()), *released.files]
    told = [n for n in FILES if n in names or n in PAPERS]
    lines = ["| file | what it is |", "| --- | --- |"]
    lines += [f"| `{n}` | {FILES[n]} |" for n in told]
    if released.copies > 1:
        last = released.copies
        lines.append(f"| `synthetic-2` to `synthetic-{last}` | further tables, drawn anew |")
        if linked:
            lines.append(f"| `children-2` to `children-{last}` | the rows that belong to each |")
    lines.append("| `SHA256SUMS` | the checksum of each file |")
    return _section("The files", lines)


PAPERS = ("README.md", "dictionary.csv", "datapackage.json", "croissant.json")
MARKED = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def _reading(released: Released) -> Iterator[str]:
    written = released.written
    apart_by = MARKED.get(written.delimiter, f"`{written.delimiter}`")
    safe = (
        " Cells and names that a spreadsheet would run as a formula begin with an apostrophe in "
        "the CSV files."
        if released.safe
        else " Open the CSV files in a spreadsheet only as text: a cell may be a formula."
    )
    lines = [
        f"The CSV files are in {written.encoding}, with {apart_by} between fields; an empty cell "
        f"is a missing value.{safe} The Parquet files need no such word.",
        "",
        "With the program that made it:",
        "",
        "    synth verify release.zip              # each file is made again, and compared",
        "    synth showcase release.zip            # charts of the rows",
        "    synth sample release.zip --rows 5000  # more rows; costs nobody anything",
        "    synth estimate release.zip --mean COLUMN --copies 20",
        "                                          # a number, with an interval if one is honest",
    ]
    return _section("How to read it", lines)
