"""`synth init`: a recipe from a look at a table, with every default and its meaning."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from synth.budget import Budget
from synth.cli.speech import (
    explained,
    say_coarsening,
    say_noticed,
)
from synth.errors import RecipeError
from synth.evaluate.likely_rules import likely_rules
from synth.ingest import Loaded, Suggestion, load
from synth.ingest.declaration import ColumnPart
from synth.ingest.persons import person_columns
from synth.ingest.repairs import lines_of
from synth.methods.row_seeded import RowSeeded
from synth.protect.coarsening import coarsening
from synth.release.table_files import whole
from synth.runs import Recipe, read_recipe
from synth.runs.recipe import MethodPart, Source
from synth.runs.recipe_file import whole_text
from synth.runs.recipe_schema import DIRECTIVE, FILE
from synth.schema import Column, Dates, Numbers
from synth.schema.rules import Rule
from synth.schema.spelling import PLAINLY
from synth.wording import so_many


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("init")(init)


def init(
    data: Annotated[Path, typer.Argument(help="CSV, Excel, Parquet, JSON, SPSS, Stata or SAS.")],
    output: Annotated[Path, typer.Option("--output", "-o")] = Path("recipe.toml"),
    force: Annotated[bool, typer.Option(help="Overwrite an existing recipe.")] = False,
    read: Annotated[
        list[str] | None,
        typer.Option(help="How to read it, as in [source]: header=0, skip_ragged=true, …"),
    ] = None,
    k: Annotated[
        int, typer.Option(min=0, help="Coarsen the columns so that k people can share a row.")
    ] = 0,
) -> None:
    """Look at a table and write a starter recipe.

    Example: synth init admissions.csv -o recipe.toml --read skip_ragged=true
    """
    with explained():
        if output.exists() and not force:
            raise RecipeError(f"`{output}` exists already.", "Choose another name, or --force.")
        told = _reading(read or [])
        with whole(output) as stream:
            loaded = load(data, Budget(1.0), missing=told.missing, choices=told.choices)
            say_noticed(loaded.noticed)
            parts = tuple(ColumnPart(name=name) for name in loaded.suggestions)
            source = told.model_copy(update={"file": str(data.resolve())})
            recipe = _for_k(Recipe(source=source, column=parts), loaded, k)
            text = f"{DIRECTIVE}\n{_commented(whole_text(recipe), loaded.suggestions)}"
            text = text.replace(PEOPLE, PEOPLE + _person(loaded.suggestions), 1)
            stream.write(_proposing(text, likely_rules(loaded.private)).encode())
    size = f"{so_many(len(parts), 'column')}, {so_many(loaded.rows, 'row')}"
    typer.echo(f"{size}. Wrote {output}.")
    typer.echo(f"`synth schema -o {output.with_name(FILE)}` lets editors complete and check it.")


def _for_k(recipe: Recipe, loaded: Loaded, k: int) -> Recipe:
    """The recipe for a method of k people, with steps that make columns coarse enough."""
    if not k:
        return recipe
    found = coarsening(loaded.private, k)
    say_coarsening(found)
    method = MethodPart.model_validate({"name": RowSeeded.name, "k": k})
    steps = tuple(step.document() for step in found.steps)
    return recipe.model_copy(update={"protect": steps, "method": method})


def _reading(told: Sequence[str]) -> Source:
    """What is said on the command line of how a file is to be read. Raises RecipeError."""
    lines = []
    for part in told:
        key, sign, value = (x.strip() for x in part.partition("="))
        if not sign:
            raise RecipeError("`--read` gives a key and its value.", "Write --read header=0.")
        plain = value in ("true", "false") or value.isdecimal() or value[:1] in "\"'["
        lines.append(f"{key} = {value if plain and value else json.dumps(value)}")
    return read_recipe("\n".join(["[source]", *lines])).source.reading


LOOKED = """\
# What follows each column was read off the rows, for your eyes: it is a comment, so that a formal
# promise finds it out again under the budget. Take the # away where you would say the same had you
# never seen this table. Add `seen = true` where you settle it after looking: the statement says so.
"""


def _commented(toml: str, suggestions: dict[str, Suggestion]) -> str:
    """The recipe with what each column seems to be under its name, as a comment."""
    seen = list(suggestions.values())
    lines: list[str] = []
    for line in toml.splitlines():
        lines.append(line)
        if len(lines) > 1 and lines[-2] == "[[column]]":  # this line is the name
            lines += [f"# {told}" for told in (*_seen(seen[0].column), *_repairs(seen.pop(0)))]
    return LOOKED + "\n".join(lines) + "\n"


PEOPLE = "[people]\n"


def _person(suggestions: dict[str, Suggestion]) -> str:
    """The column that repeats like a person's number, as comments in the part on people."""
    repeats = {name: s.repeats for name, s in suggestions.items()}
    found = person_columns(repeats)
    told = repeats[found[0]] if found else None
    if told is None:
        return ""
    cap = told.proposed
    kept = f"{told.total:,} rows become {told.kept(cap):,}, of {told.people:,} people"
    lines = (
        f"{_quoted(found[0])} repeats like a person's number: {sum(told.values):,} values in "
        f"{told.total:,} rows, up to {told.largest:,} each.",
        "Where each row is a person of its own, somebody with several is protected less than the",
        f"promise says. Proposed, in place of the next two lines ({kept}):",
        f"column = {_quoted(found[0])}",
        f"rows = {cap}",
    )
    return "".join(f"# {line}\n" for line in lines)


NO_RULES = "rules = []\n"
PROPOSED = """\
# No row breaks these rules. Take the # away before those that always hold; synthetic rows will keep
# them. They were read off the rows, which `seen = true` says. It ends a formal promise: write the
# sentence alone, in quotes, where you would say the same had you never seen this table.
"""


def _proposing(text: str, rules: Sequence[Rule]) -> str:
    """The recipe with rules that hold of all rows as comments in its list of rules."""
    if not rules:
        return text
    told = [f"#   {{ says = {_quoted(str(rule))}, seen = true }}," for rule in rules]
    return text.replace(NO_RULES, PROPOSED + "\n".join(["rules = [", *told, "]", ""]), 1)


def _seen(column: Column) -> Iterator[str]:
    """What a column seems to be, as lines of a recipe, and why."""
    domain = column.domain
    yield f'kind = "{column.kind.value}"'
    yield f'role = "{column.role.value}"'
    if isinstance(domain, Numbers) and domain.spelling != PLAINLY:
        yield f"written = {_quoted(domain.spelling.example(domain.decimals))}"
    elif isinstance(domain, Numbers) and domain.decimals:
        yield f"decimals = {domain.decimals}"
    if isinstance(domain, Dates):
        yield f"format = {_quoted(domain.format)}"
    if isinstance(domain, Dates) and domain.also:
        yield f"also = [{', '.join(map(_quoted, domain.also))}]"
    if isinstance(domain, Numbers | Dates) and domain.codes:
        yield f"codes = [{', '.join(map(_quoted, domain.codes))}]"
    if column.missing_as and column.modelled:
        yield f"missing_as = {_quoted(column.missing_as)}"
    yield column.reason


def _repairs(suggestion: Suggestion) -> Iterator[str]:
    """What would put a column right or read it otherwise, and the lines that it comes to."""
    for repair in suggestion.repairs:
        yield f"Proposed: {repair.what}. {repair.why}"
        told = repair.lines.splitlines()
        yield from told[2:] if repair.declares else told  # the column's own head stands above
    for other in suggestion.reread:
        if other.label:
            yield f"{other.says} If not so: {other.label[0].lower()}{other.label[1:]}, by"
            lines = lines_of("column", {"name": suggestion.column.name, **other.declares})
            yield from lines.splitlines()[2:]


def _quoted(text: str) -> str:
    """A text as a TOML string."""
    return json.dumps(text, ensure_ascii=False)
