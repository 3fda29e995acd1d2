"""`synth aggregate | showcase`: protected counts, and the page that recipients open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from synth.cli.speech import as_text, explained
from synth.errors import IngestError
from synth.ingest import Loaded, load
from synth.ingest.crowds import cut_for
from synth.ingest.declaration import declared
from synth.learning.aggregates import Aggregates, aggregate, noisy_aggregate
from synth.learning.seeded import counting_of
from synth.protect.steps import Shelf
from synth.release import Bundle
from synth.release.share_safe import share_safe, share_safe_page
from synth.release.showcase import look_of, showcase
from synth.release.showcase.serve import served
from synth.release.table_files import ROOM, whole, write_whole
from synth.runs import Recipe, verify
from synth.runs.accounts import charged, conclude
from synth.runs.recipe import CountsPart, MethodPart, People, Privacy
from synth.vault import Protection


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("aggregate")(aggregate_table)
    app.command("showcase")(show)
    app.command("report")(share_safe_report)


def aggregate_table(
    data: Annotated[Path, typer.Argument(help="CSV, TSV, Parquet, Excel or JSON lines.")],
    length: Annotated[int, typer.Option(min=1, max=8, help="Most attributes together.")] = 3,
    resolution: Annotated[int, typer.Option(min=1, help="k: fewest people behind a count.")] = 10,
    protection: Annotated[Protection, typer.Option(help="How.")] = Protection.ROUNDED,
    epsilon: Annotated[float, typer.Option(help="For noisy counts.")] = 1.0,
    several: Annotated[str, typer.Option(help="Multi-value columns: `codes=;`.")] = "",
    nothing: Annotated[str, typer.Option(help="Values that say nothing: `smoker=0`.")] = "",
    person: Annotated[str, typer.Option(help="The column that names the person.")] = "",
    rows_per_person: Annotated[int, typer.Option(min=1, help="Most rows of a person.")] = 1,
    output: Annotated[Path, typer.Option("--output", "-o")] = Path("counts.csv"),
    ledger: Annotated[str, typer.Option(help="The folder of a lasting ledger.")] = "",
    population: Annotated[str, typer.Option(help="The people's name there, for good.")] = "",
    anchor: Annotated[str, typer.Option(help="A file elsewhere that shows a roll-back.")] = "",
    why_another: Annotated[str, typer.Option(help="Why exact counts, beside earlier ones.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Say what was made as JSON.")] = False,
) -> None:
    """Count all combinations of attributes that enough people share, safe to report.

    Example: synth aggregate admissions.csv --length 3 --resolution 10 -o counts.csv
    """
    with explained():
        if output.suffix not in (".csv", ".parquet"):
            raise IngestError(f"`{output}` is no CSV or Parquet file.", "Use .csv or .parquet.")
        recipe = Recipe(
            people=People(column=person, rows=rows_per_person, population=population),
            privacy=Privacy(epsilon=epsilon, ledger=ledger, anchor=anchor, why_another=why_another),
            method=MethodPart(name="random"),  # which reads no row: the counts are all there is
            counts=CountsPart(
                k=resolution, length=length, protection=protection, several=several, nothing=nothing
            ),
        )
        meaning = output.with_suffix(".json")
        with whole(output, ROOM) as stream, whole(meaning, ROOM) as explained_in:
            counts = _counted(recipe, load(data, recipe.budget, person=person))
            stream.write(counts.csv() if output.suffix == ".csv" else counts.parquet())
            told = json.dumps(counts.document(), indent=1, ensure_ascii=False)
            explained_in.write(told.encode())
    if as_json:
        short = counts.statement.guarantee.short
        told_of = {"counts": len(counts), "guarantee": short, "files": [str(output), str(meaning)]}
        typer.echo(as_text(told_of))
        return
    typer.echo(f"{counts.statement.guarantee.short}. {counts.statement.guarantee.plain}")
    typer.echo(f"Wrote {len(counts):,} counts to {output}, and what they mean to {meaning}.")


def _counted(recipe: Recipe, loaded: Loaded) -> Aggregates:
    """The counts that a recipe asks for and no rows, charged to the account that it names."""
    asked = recipe.counts
    with charged(recipe, loaded, Path(), Shelf()) as owing:
        private = owing.private.declared_by_custodian(declared(owing.suggestions, ()))
        if asked.protection is not Protection.NOISY:
            private = cut_for(private, asked.k)
        counting = counting_of(private, asked.length, asked.several, asked.nothing, blanks=True)
        if asked.protection is Protection.NOISY:
            counts = noisy_aggregate(private, counting, private.ledger.left)
        else:
            counts = aggregate(private, counting, asked.k, asked.protection)
        conclude(private.ledger, counts.statement, counts.csv())
    return counts


def show(
    bundle: Annotated[Path, typer.Argument(help="A release bundle.")],
    html: Annotated[Path | None, typer.Option(help="Write the page to a file instead.")] = None,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8502,
) -> None:
    """Show a release as its recipients see it: one page, from the bundle alone.

    Example: synth showcase release.zip --html showcase.html
    """
    with explained():
        read = Bundle.read(bundle)
        page = showcase(read)
        title = look_of(read).title
        if html is not None:
            write_whole(html, page.encode())
    if html is not None:
        typer.echo(f"Wrote the showcase to {html} ({len(page.encode()) / 1e6:.1f} MB).")
        return
    typer.echo(f"Showing {title} on http://127.0.0.1:{port} (Ctrl+C to stop).")
    import uvicorn

    uvicorn.run(served(page), host="127.0.0.1", port=port, log_level="warning")


def share_safe_report(
    bundle: Annotated[Path, typer.Argument(help="A release bundle.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML.")] = Path("report.html"),
    as_json: Annotated[Path | None, typer.Option("--json", help="The same as JSON.")] = None,
) -> None:
    """How good is a release? Told from itself alone, after it was verified: may be handed on.

    Example: synth report release.zip -o report.html --json report.json
    """
    with explained():
        read = Bundle.read(bundle)
        verify(read)  # what was written into it by hand is in no report
        write_whole(output, share_safe_page(read).encode())
        if as_json is not None:
            told = json.dumps(share_safe(read), indent=1, default=float)
            write_whole(as_json, told.encode())
    for path in filter(None, (output, as_json)):
        typer.echo(f"Wrote {path}.")
