"""`synth aggregate | showcase`: protected counts, and the page that recipients open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from synth.budget import Budget
from synth.cli.speech import explained
from synth.errors import IngestError
from synth.ingest import load
from synth.ingest.declaration import declared
from synth.learning.aggregates import Aggregates, aggregate, noisy_aggregate
from synth.learning.seeded import counting_of
from synth.release import Bundle
from synth.release.showcase import look_of, showcase
from synth.release.showcase.serve import served
from synth.vault import PrivateTable, Protection


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("aggregate")(aggregate_table)
    app.command("showcase")(show)


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
) -> None:
    """Count all combinations of attributes that enough people share, safe to report.

    Example: synth aggregate admissions.csv --length 3 --resolution 10 -o counts.csv
    """
    with explained():
        if output.suffix not in (".csv", ".parquet"):
            raise IngestError(f"`{output}` is no CSV or Parquet file.", "Use .csv or .parquet.")
        loaded = load(data, Budget(epsilon, rows_per_person=rows_per_person), person=person)
        private = loaded.private.declared_by_custodian(declared(loaded.suggestions, ()))
        counts = _counted(private, length, resolution, protection, several, nothing)
        output.write_bytes(counts.csv() if output.suffix == ".csv" else counts.parquet())
        meaning = output.with_suffix(".json")
        meaning.write_text(
            json.dumps(counts.document(), indent=1, ensure_ascii=False), encoding="utf-8"
        )
    typer.echo(f"{counts.statement.guarantee.short}. {counts.statement.guarantee.plain}")
    typer.echo(f"Wrote {len(counts):,} counts to {output}, and what they mean to {meaning}.")


def _counted(
    private: PrivateTable,
    length: int,
    resolution: int,
    protection: Protection,
    several: str,
    nothing: str,
) -> Aggregates:
    counting = counting_of(private, length, several, nothing, blanks=True)
    if protection is Protection.NOISY:
        return noisy_aggregate(private, counting, private.ledger.left)
    return aggregate(private, counting, resolution, protection)


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
        html.write_text(page, encoding="utf-8")
        typer.echo(f"Wrote the showcase to {html} ({len(page.encode()) / 1e6:.1f} MB).")
        return
    typer.echo(f"Showing {title} on http://127.0.0.1:{port} (Ctrl+C to stop).")
    import uvicorn

    uvicorn.run(served(page), host="127.0.0.1", port=port, log_level="warning")
