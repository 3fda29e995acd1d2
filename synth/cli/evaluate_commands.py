"""`synth evaluate`: any two tables held against each other, ours or not."""

from __future__ import annotations

import json
import math
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from synth.budget import Budget
from synth.cli.speech import Shown, explained, say_attacks, say_verdicts
from synth.evaluate.evaluation import Evaluation, evaluate
from synth.evaluate.report import report
from synth.ingest import load
from synth.lazily import pd
from synth.release import Bundle
from synth.release.table_files import whole
from synth.runs.inspecting import rows_of, shared


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("evaluate")(evaluate_tables)


def evaluate_tables(
    real: Annotated[Path, typer.Argument(help="The real table.")],
    synthetic: Annotated[Path, typer.Argument(help="A synthetic table, or a release (zip).")],
    holdout: Annotated[
        Path | None, typer.Option(help="Real people who were kept from the method.")
    ] = None,
    target: Annotated[
        list[str] | None, typer.Option(help="A column to predict from the others; may be repeated.")
    ] = None,
    known: Annotated[
        list[str] | None,
        typer.Option(help="A column that somebody may know of a person; may be repeated."),
    ] = None,
    secret: Annotated[
        list[str] | None,
        typer.Option(help="A column that somebody would like to learn; may be repeated."),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="An HTML report.")] = None,
    as_json: Annotated[Path | None, typer.Option("--json", help="The figures as JSON.")] = None,
) -> None:
    """How far is a synthetic table from the real one, and could people in that be found out?

    For your eyes: these figures are exact.

    Example: synth evaluate people.csv release.zip --holdout others.csv -o report.html
    """
    with explained(), ExitStack() as opened:
        files = [None if p is None else opened.enter_context(whole(p)) for p in (output, as_json)]
        private = load(real, Budget(math.inf)).private
        rows = _rows(synthetic)
        found = evaluate(
            shared(private, rows),
            rows,
            holdout=None if holdout is None else _rows(holdout),
            targets=tuple(target or ()),
            known=tuple(known or ()),
            secrets=tuple(secret or ()),
            progress=Shown(),
        )
        page, figures = files
        if page is not None:
            page.write(report(found).encode())
        if figures is not None:
            figures.write(json.dumps(found.document(), indent=1, default=float).encode())
    _say(found)
    if left := [c.name for c in private.schema.modelled if c.name not in rows]:
        typer.echo(f"Not in the synthetic table: {', '.join(left)}.")
    for path in filter(None, (output, as_json)):
        typer.echo(f"Wrote {path}.")


def _rows(path: Path) -> pd.DataFrame:
    """The rows of a table or of a release."""
    if path.is_file() and path.suffix.lower() == ".zip":
        with path.open("rb") as stream:
            return Bundle.read(stream).rows
    return rows_of(path)


def _say(found: Evaluation) -> None:
    typer.echo(f"{found.synthetic_rows:,} synthetic rows beside {found.rows:,} real ones.")
    typer.echo(f"{'':42}{'synthetic':>10}{'fresh':>10}{'shuffled':>10}")
    for score in found.scores:
        apart = "" if score.apart is None else f"{score.apart:.3f}"
        typer.echo(f"{score.name:42}{score.value:10.3f}{score.fresh:10.3f}{apart:>10}")
    for task in found.tasks:
        typer.echo(
            f"{task.target}: {task.measure} {task.synthetic:.3f} from synthetic rows, "
            f"{task.real:.3f} from real ones, {task.guess:g} by guessing."
        )
    say_verdicts(found.verdicts)
    say_attacks(found.attacks)
