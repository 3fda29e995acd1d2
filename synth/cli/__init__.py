"""The command line: `synth …`. One file per family of commands."""

from __future__ import annotations

import typer

from synth.cli import (
    account_commands,
    claim_commands,
    estimate_commands,
    evaluate_commands,
    evidence_commands,
    init_commands,
    key_commands,
    plan_commands,
    recipe_commands,
    release_commands,
    risk_commands,
    run_commands,
    sandbox_commands,
    screens,
    showcase_commands,
)

app = typer.Typer(
    name="synth",
    help="Share the shape of your data, not the people in it.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for family in (
    screens,
    init_commands,
    run_commands,
    release_commands,
    recipe_commands,
    plan_commands,
    account_commands,
    key_commands,
    showcase_commands,
    risk_commands,
    evaluate_commands,
    evidence_commands,
    claim_commands,
    estimate_commands,
    sandbox_commands,
):
    family.register(app)


def main() -> None:
    """The console script."""
    app()
