"""`synth risk`: how identifiable a table is, and how far each de-identification step takes it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from synth.budget import Audience
from synth.cli.speech import as_text, explained
from synth.errors import RiskError
from synth.ingest import load
from synth.lazily import np
from synth.protect.risk import (
    Risk,
    SpecialUniques,
    column_contributions,
    frequency_attack,
    linkable_sentence,
    quasi_identifiers,
    risk_of,
    special_uniques,
)
from synth.protect.risk.summary import REASON
from synth.protect.steps import Pseudonymise, Shelf, Stage, protect, steps_of
from synth.runs import Recipe, read_recipe
from synth.runs.recipe import Source
from synth.schema import Role
from synth.wording import so_many


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("risk")(risk)


def risk(
    data: Annotated[Path, typer.Argument(help="A table, or a recipe (TOML) with its steps.")],
    quasi: Annotated[
        str, typer.Option(help="What others may know, with commas between. Else: by the roles.")
    ] = "",
    sensitive: Annotated[
        str, typer.Option(help="What nobody should learn, with commas between. Else: by the roles.")
    ] = "",
    fraction: Annotated[
        float, typer.Option(help="Share of the population that is in the table.")
    ] = 1.0,
    threshold: Annotated[float, typer.Option(help="Highest chance accepted for a row.")] = 0.2,
    length: Annotated[int, typer.Option(help="Longest rare combination looked for.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """How identifiable is a table? For your eyes: these figures are exact.

    Example: synth risk admissions.csv --quasi Age,Postcode
    """
    with explained():
        recipe, folder = _asked(data)
        told = recipe.source
        source = folder / told.file
        loaded = load(source, recipe.budget, missing=told.missing, choices=told.choices)
        steps = steps_of(recipe.protect, Shelf(folder))
        stages = protect(loaded, recipe.column, steps, Audience.CUSTODIAN)
        last = stages[-1].private
        known = _names(last.schema.names, quasi) or quasi_identifiers(last.schema)
        if not known:
            raise RiskError("No column is a quasi-identifier.", "Name some: --quasi age,postcode.")
        secret = _names(last.schema.names, sensitive) or last.schema.with_roles_of(Role.SENSITIVE)
        person = recipe.people.column if recipe.people.column in last.schema else ""
        if steps and not as_json:
            _say_stages(stages, _names(last.schema.names, quasi), person)
        found = risk_of(last, known, secret, threshold=threshold, fraction=fraction, person=person)
        if as_json:
            typer.echo(as_text(_document(found)))
            return
        _say_risk(found)
        columns = last.exact_codes(known, REASON, Audience.CUSTODIAN)
        _say_rare(special_uniques(columns, length=length))
        _say_codes(stages)


def _document(found: Risk) -> dict[str, Any]:
    """What was found, as plain values; the shape is in docs/command-line.md."""
    classes, guess = found.classes, found.population
    return {
        "known": list(classes.columns),
        "sentence": found.sentence,
        **{"k": classes.k, "rows": classes.rows, "unique": classes.unique},
        "classes": len(classes.sizes),
        "attacks": [
            {
                **{"attacker": a.attacker.value, "threshold": a.threshold, "at_risk": a.at_risk},
                **{"highest": a.highest, "average": a.average, "expected": a.expected},
            }
            for a in found.attacks
        ],
        "sensitive": [
            {
                **{"column": d.column, "l_diversity": d.distinct, "entropy": d.entropy},
                **{"t_closeness": d.closeness, "told": d.told},
            }
            for d in found.disclosures
        ],
        "population": None if guess is None else {"unique": guess.share, "model": guess.model},
    }


def _asked(data: Path) -> tuple[Recipe, Path]:
    if data.suffix == ".toml" and data.is_file():
        return read_recipe(data.read_text(encoding="utf-8")), data.parent
    return Recipe(source=Source(file=data.name)), data.parent


def _names(known: tuple[str, ...], asked: str) -> tuple[str, ...]:
    """The columns that an option names, whatever the case. Raises RiskError for one unknown."""
    folded = {n.casefold(): n for n in known}
    wanted = [a.strip() for a in asked.split(",") if a.strip()]
    if absent := [a for a in wanted if a.casefold() not in folded]:
        raise RiskError(f"The table has no column `{absent[0]}`.", f"It has {', '.join(known)}.")
    return tuple(folded[a.casefold()] for a in wanted)


def _say_stages(stages: tuple[Stage, ...], quasi: tuple[str, ...], person: str) -> None:
    """One line per step, with the share of unique rows before it and after it.

    Where `person` names a column, a person's rows that are alike count once, as in what follows.
    """
    before = None
    for stage in stages:
        schema = stage.private.schema
        names = [q for q in quasi if q in schema] or quasi_identifiers(schema)
        found = risk_of(stage.private, names, person=person).classes
        if stage.step is not None:
            notes = [f"{so_many(stage.left, 'row')} left out"] if stage.left else []
            notes += [f"{so_many(stage.emptied, 'cell')} emptied"] if stage.emptied else []
            tail = f" ({', '.join(notes)})" if notes else ""
            fall = f"unique {before:6.1%} -> {found.unique_share:6.1%}"
            typer.echo(f"{fall}  {stage.step.said}{tail}")
        before = found.unique_share
    typer.echo("")


def _say_risk(found: Risk) -> None:
    classes = found.classes
    typer.echo(found.sentence)
    typer.echo(
        f"k = {classes.k}: {classes.unique:,} of {classes.rows:,} rows are unique "
        f"({classes.unique_share:.1%}), in {len(classes.sizes):,} classes."
    )
    for attack in found.attacks:
        typer.echo(
            f"{attack.attacker.value:<10}  at risk {attack.at_risk:,} "
            f"({attack.share_at_risk:.1%}, above {attack.threshold:g})  "
            f"highest {attack.highest:.3g}  average {attack.average:.3g}  "
            f"expected {attack.expected:,.0f}"
        )
    for told in found.disclosures:
        typer.echo(
            f"`{told.column}`: l-diversity {told.distinct} (entropy {told.entropy:.2f}, "
            f"recursive {told.recursive}), t-closeness {told.closeness:.2f}; known without a match "
            f"for {so_many(told.told, 'row')}."
        )
    if found.population is not None:
        guess = found.population
        typer.echo(f"Unique in the population: about {guess.share:.2%} of rows ({guess.model}).")


def _say_rare(special: SpecialUniques) -> None:
    typer.echo(linkable_sentence(special))
    most = [f"{c.column} {c.share:.1%}" for c in column_contributions(special)[:5]]
    typer.echo(f"Through: {', '.join(most)}.")


def _say_codes(stages: tuple[Stage, ...]) -> None:
    """The frequency attack on each column of random codes that is kept."""
    last = stages[-1].private
    made = [s.step for s in stages if isinstance(s.step, Pseudonymise)]
    for step in made:
        if step.target in last.schema and last.schema[step.target].modelled:
            (column,) = last.exact_codes((step.target,), REASON, Audience.CUSTODIAN)
            typer.echo(str(frequency_attack(column, np.random.default_rng())))
