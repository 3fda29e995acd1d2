"""`synth init | run | sample | verify`: from a table to a release, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from synth.budget import Budget
from synth.cli.recipe_commands import say_dry
from synth.cli.speech import (
    Shown,
    as_text,
    explained,
    say_attacks,
    say_coarsening,
    say_gate,
    say_noticed,
    say_rules,
    say_total,
    say_verdicts,
    text_of,
)
from synth.errors import IngestError, OutputError, RecipeError
from synth.evaluate.likely_rules import likely_rules
from synth.ingest import Database, Loaded, Suggestion, load
from synth.ingest.declaration import ColumnPart
from synth.lazily import np, pd
from synth.learning.drawing_where import Conditioned
from synth.learning.keeping import Keeper
from synth.methods.row_seeded import RowSeeded
from synth.protect.coarsening import coarsening
from synth.release import Bundle
from synth.release.bundle import consistent
from synth.release.counts import recheck, uncounted
from synth.release.drawing import drawings
from synth.release.signature import KEY, read_key, signed_words
from synth.release.table_files import whole, write_parquet, write_whole
from synth.runs import Outcome, Recipe, read_recipe, run, verify
from synth.runs.audit import Asked, Audit
from synth.runs.gate import Objection, gate, ready
from synth.runs.recipe import MethodPart, People, Source
from synth.runs.recipe_file import whole_text
from synth.runs.recipe_schema import DIRECTIVE, FILE
from synth.runs.remote import connected
from synth.runs.rewording import reworded
from synth.runs.verifying import as_released
from synth.schema import Column, Dates, Numbers
from synth.schema.rules import Rule

STOPPED = 3  # the exit code of a release that the gate keeps back


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for name, command in (
        ("init", init),
        ("run", run_recipe),
        ("sample", sample),
        ("reword", reword),
        ("verify", verify_bundle),
        ("draw", draw),
    ):
        app.command(name)(command)


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
            stream.write(_proposing(text, likely_rules(loaded.private)).encode())
    typer.echo(f"{len(parts)} columns, {loaded.rows:,} rows. Wrote {output}.")
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
    if isinstance(domain, Numbers) and not domain.spelling.plain:
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
    """What would put a column right, and the lines that it comes to."""
    for repair in suggestion.repairs:
        yield f"Proposed: {repair.what}. {repair.why}"
        told = repair.lines.splitlines()
        yield from told[2:] if repair.declares else told  # the column's own head stands above


def _quoted(text: str) -> str:
    """A text as a TOML string."""
    return json.dumps(text, ensure_ascii=False)


def run_recipe(
    recipe: Annotated[Path, typer.Argument(help="A recipe (TOML).")],
    output: Annotated[Path, typer.Option("--output", "-o")] = Path("release.zip"),
    data: Annotated[Path | None, typer.Option(help="A table instead of the recipe's.")] = None,
    server: Annotated[str, typer.Option(help="Run on this server: https://…")] = "",
    token: Annotated[str, typer.Option(envvar="SYNTH_TOKEN", help="The server's.")] = "",
    audit: Annotated[
        Path | None,
        typer.Option(envvar="SYNTH_AUDIT", help="A log: who asked what, at what cost."),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(envvar=KEY, help="Sign with this key, where it is made here."),
    ] = None,
    why_another: Annotated[
        str, typer.Option(help="Your reason for one more release without noise about these people.")
    ] = "",
    strict: Annotated[
        bool, typer.Option(help="Write nothing where the gate stops it: exit code 3.")
    ] = False,
    despite: Annotated[
        str, typer.Option(help="Your reason for whatever the gate stops to leave as it is.")
    ] = "",
    dry: Annotated[
        bool,
        typer.Option("--dry", help="Say what it would cost and make; read no row."),
    ] = False,
) -> None:
    """Make a release: read, learn, draw, compare, bundle.

    Example: synth run recipe.toml -o release.zip --strict
    """
    with explained():
        wanted = _reasoned(read_recipe(text_of(recipe)), why_another)
        if dry:
            return say_dry(wanted, recipe.parent, data, output)
        if server:
            return _elsewhere(wanted, (server, token), data, recipe.parent, output)
        signing = None if key is None else read_key(key)
        with whole(output) as stream:  # before anything is spent on what goes into it
            outcome = _made(wanted, data, recipe.parent, audit)
            lines = gate(wanted, outcome.release.model, outcome.comparison, outcome.upkeep)
            _let_through(lines, strict=strict and not despite.strip())
            outcome.release.write(stream, signing)
    say_noticed(outcome.noticed)
    _tell(outcome, wanted)
    say_gate(lines, despite)
    typer.echo(signed_words(signing.fingerprint if signing else ""))
    typer.echo(f"Wrote {outcome.release.rows:,} synthetic rows to {output}.")


def _elsewhere(
    wanted: Recipe, there: tuple[str, str], data: Path | None, folder: Path, output: Path
) -> None:
    """Let a server, with its token, make the release."""
    with whole(output) as stream, connected(*there) as remote:
        stream.write(remote.run(wanted, data, folder, Shown()))
    typer.echo(f"Wrote the release that {there[0]} made to {output}.")


def _let_through(lines: Sequence[Objection], *, strict: bool) -> None:
    """End with `STOPPED`, before anything is written, where somebody asked for that."""
    if strict and not ready(lines):
        say_gate(lines)
        typer.echo("Nothing was written; what the run cost stays spent.", err=True)
        raise typer.Exit(STOPPED)


def _tell(outcome: Outcome, wanted: Recipe) -> None:
    """What is promised, and how close it is: for the custodian."""
    comparison, release = outcome.comparison, outcome.release
    typer.echo(f"{release.statement.guarantee.short}. {release.statement.guarantee.plain}")
    if (total := release.statement.population) is not None and total.population:
        say_total(total)
    typer.echo(
        f"Mean distance to the real table: columns {comparison.one_way:.3f} "
        f"(a fresh real sample: {comparison.fresh_one_way:.3f}), "
        f"pairs {comparison.two_way:.3f} ({comparison.fresh_two_way:.3f}). "
        "These two figures are for you, not for the recipients."
    )
    say_verdicts(outcome.verdicts)
    say_rules(comparison.rules, outcome.upkeep)
    say_attacks(comparison.attacks)
    if less := wanted.chosen.less(release.model.schema):
        typer.echo(less)
    if (run := release.model.schema.run_by_spreadsheets) and release.safe:
        typer.echo(
            f"Cells of {', '.join(run)} would be run by a spreadsheet as formulas, and got an "
            "apostrophe. `safe = false` under [release] leaves them as they are."
        )
    if (found := comparison.copies) is not None:
        typer.echo(f"{found.plain} {found.remedy if found.too_many else ''}".strip())


def _reasoned(recipe: Recipe, why: str) -> Recipe:
    """The recipe with the reason that was given on the command line."""
    if not why:
        return recipe
    privacy = recipe.privacy.model_copy(update={"why_another": why})
    return recipe.model_copy(update={"privacy": privacy})


def _made(recipe: Recipe, data: Path | None, folder: Path, audit: Path | None) -> Outcome:
    """The run of a recipe; a query of its own is written down where somebody asked for that."""
    told = recipe.source
    if audit is None or data is not None or not told.database:
        return run(recipe, data, folder=folder, progress=Shown())
    asked = Asked(Database(told.database).shown, told.query, recipe.method.name)
    with Audit(audit).following(asked) as released:
        outcome = run(recipe, folder=folder, progress=Shown())
        released(outcome.release.statement.cost)
    return outcome


def sample(
    bundle: Annotated[Path, typer.Argument(help="A release bundle.")],
    rows: Annotated[int, typer.Option("--rows", "-n", min=1, help="How many rows.")] = 1000,
    where: Annotated[
        str, typer.Option(help="What each row holds: \"sex = 'F' and age > 80\".")
    ] = "",
    seed: Annotated[int, typer.Option(help="The same seed gives the same rows.")] = 1,
    output: Annotated[Path, typer.Option("--output", "-o")] = Path("rows.csv"),
) -> None:
    """Draw more synthetic rows from a release. Costs no privacy.

    Example: synth sample release.zip -n 500 --where "no missing values" -o rows.parquet
    """
    with explained():
        if output.suffix not in (".csv", ".parquet"):
            raise IngestError(f"`{output}` is no CSV or Parquet file.", "Use .csv or .parquet.")
        opened = Bundle.read(bundle)
        with whole(output) as stream:
            show, drawn = Shown(), 0
            blocks = _drawn(opened, rows, where, seed)
            text = output.suffix == ".csv"
            made = (
                opened.as_text(blocks, stream)
                if text
                else write_parquet(blocks, stream, opened.schema)
            )
            for block in made:
                drawn += len(block)
                show(drawn / rows, "drawing synthetic rows")
    typer.echo(f"Wrote {rows:,} synthetic rows to {output}.")


def _drawn(bundle: Bundle, rows: int, where: str, seed: int) -> Iterator[pd.DataFrame]:
    """Rows of a release that keep its rules, and hold a condition where there is one."""
    with consistent():
        if not where:
            keeper = Keeper(bundle.model, bundle.rules)
            yield from keeper.blocks(rows, np.random.default_rng(seed))
            return
        meant = Conditioned.of(bundle.model, where, bundle.rules)
        typer.echo(meant.told(meant.expected()))
        yield meant.rows(rows, seed)


def reword(
    bundle: Annotated[Path, typer.Argument(help="A release bundle.")],
    recipe: Annotated[Path, typer.Argument(help="A recipe: the words under its [release].")],
    output: Annotated[Path, typer.Option("--output", "-o")] = Path("reworded.zip"),
    key: Annotated[Path | None, typer.Option(envvar=KEY, help="The key to sign with.")] = None,
) -> None:
    """Give a release another title, publisher, licence, contact, version, date or description.

    Its rows stay, and no budget is spent. Example: synth reword release.zip recipe.toml -o new.zip
    """
    with explained():
        words = read_recipe(text_of(recipe)).release
        signing = None if key is None else read_key(key)
        made = reworded(Bundle.read(bundle), words.title, words.about, signing)
        write_whole(output, made)
    typer.echo(f"Wrote {output}: the same rows, in other words.")


def verify_bundle(
    bundle: Annotated[Path, typer.Argument(help="A release bundle.")],
    against: Annotated[Path | None, typer.Option(help="The real table, to count again.")] = None,
    person: Annotated[str, typer.Option(help="The column that names the person.")] = "",
    rows_per_person: Annotated[int, typer.Option(min=1, help="Most rows of a person.")] = 1,
    signed_by: Annotated[
        str, typer.Option(help="The fingerprint of the key it has to be signed with.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Check a release: every file is made again from the model and the seed, and compared.

    Example: synth verify release.zip --against admissions.csv
    """
    with explained():
        read = Bundle.read(bundle)
        held = verify(read, signed_by)
        counted: tuple[str, ...] = ()
        if against is not None:
            counted = recheck(
                read, as_released(read, against, People(column=person, rows=rows_per_person))
            )
    if as_json:
        signed = {"signed_by": read.signed_by, "guarantee": read.statement.guarantee.short}
        typer.echo(as_text({"held": list(held), "counted": list(counted), **signed}))
        return
    for sentence in (*held, *counted):
        typer.echo(f"ok  {sentence}")
    if against is not None and not counted:
        typer.echo(f"--  {uncounted(read)}")
    if not read.signed_by:
        typer.echo(f"--  {signed_words('')}")


def draw(
    bundle: Annotated[Path, typer.Argument(help="A release bundle.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="A folder.")] = Path("drawings"),
) -> None:
    """Draw what was learnt: missing values, marginals and correlations, as SVG.

    Example: synth draw release.zip -o drawings
    """
    with explained():
        made = drawings(Bundle.read(bundle))
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"The folder `{output.name}` cannot be made: {(error.strerror or '').lower()}.",
                "Name another place.",
            ) from None
        for name, content in made.items():
            write_whole(output / name, content)
    typer.echo(f"Wrote {', '.join(made)} to {output}.")
