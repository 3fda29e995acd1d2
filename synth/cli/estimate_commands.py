"""`synth estimate`: a number from the tables of a release, with an interval where one is honest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synth.cli.speech import explained
from synth.errors import MethodError
from synth.release import Bundle
from synth.release.estimates import DifferenceOf, Estimand, MeanOf, ShareOf, SlopeOf, estimate


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("estimate")(estimate_number)


def estimate_number(
    bundle: Annotated[Path, typer.Argument(help="A release bundle.")],
    mean: Annotated[str, typer.Option(help="The mean of this column.")] = "",
    share: Annotated[str, typer.Option(help="The share that holds this: \"ill = 'yes'\".")] = "",
    where: Annotated[str, typer.Option(help="Among rows that hold this.")] = "",
    against: Annotated[str, typer.Option(help="Less that among rows that hold this.")] = "",
    target: Annotated[str, typer.Option(help="A column that depends on the predictors.")] = "",
    predictor: Annotated[str, typer.Option(help="The one whose coefficient is wanted.")] = "",
    value: Annotated[str, typer.Option(help="Of the predictor, if it is a category.")] = "",
    given: Annotated[list[str] | None, typer.Option(help="A further predictor.")] = None,
    copies: Annotated[int, typer.Option(min=0, help="Draw so many tables anew.")] = 0,
    seed: Annotated[int, typer.Option(help="Of these.")] = 1,
) -> None:
    """Estimate a mean, a share, a difference of two groups or a coefficient. Costs no privacy.

    Example: synth estimate release.zip --share "ill = 'yes'" --where "sex = 'F'" --copies 20
    """
    with explained():
        wanted = _wanted(mean, share, where, against)
        if target and predictor and wanted is None:
            wanted = SlopeOf(target, predictor, value, tuple(given or ()))
        if wanted is None or bool(target) != bool(predictor):
            raise MethodError(
                "One number is estimated at a time.",
                "Give --mean or --share, or --target with --predictor.",
            )
        found = estimate(Bundle.read(bundle), wanted, copies=copies, seed=seed)
    typer.echo(str(found))


def _wanted(mean: str, share: str, where: str, against: str) -> Estimand | None:
    """A mean or a share, of one group or the difference of two; None for neither or both."""
    if bool(mean) == bool(share):
        return None
    one = MeanOf(mean, where) if mean else ShareOf(share, where)
    if not against:
        return one
    return DifferenceOf(one, MeanOf(mean, against) if mean else ShareOf(share, against))
