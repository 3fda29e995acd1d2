"""`synth run`: from a recipe to a release, here or on a server, past the gate."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from synth.cli.places import Places, rescued, room_for
from synth.cli.recipe_commands import say_dry
from synth.cli.speech import (
    Shown,
    explained,
    say_attacks,
    say_gate,
    say_noticed,
    say_rules,
    say_total,
    say_verdicts,
    text_of,
)
from synth.errors import OutputError, RecipeError, SynthError
from synth.evaluate import verdicts
from synth.evaluate.evaluation import Evaluation
from synth.ingest import Database
from synth.lazily import tomlkit
from synth.release import Bundle
from synth.release.kept_rules import upkeep_of
from synth.release.signature import KEY, SigningKey, read_key, signed_words
from synth.release.table_files import ROOM, whole, write_whole
from synth.runs import Outcome, Recipe, read_recipe, run
from synth.runs.audit import Asked, Audit
from synth.runs.custodian_report import reasoned
from synth.runs.evidence import custodian_pack
from synth.runs.gate import Objection, excepted, gate, ready
from synth.runs.gate_linked import gate_of_both, verdicts_of_second
from synth.runs.held_here import held_here
from synth.runs.recipe_file import whole_text
from synth.runs.remote import connected

NO_EVIDENCE = "Evidence takes the real rows themselves, and only the server has them."
INSTEAD = (
    "Leave out `--evidence`, and take `synth evidence release.zip` for what may be handed on; for "
    "the measures, run it where the rows are, or `synth evaluate` with a part of them as a file."
)
Second = Annotated[Path | None, typer.Option(help="A second table instead of the recipe's.")]
Logged = Annotated[
    Path | None, typer.Option(envvar="SYNTH_AUDIT", help="A log: who asked what, at what cost.")
]
Spare = Annotated[
    Path | None, typer.Option(help="A second place, where the first has no room in the end.")
]
HELD_WORDS = "exact figures of real people, for you and whoever decides."
STOPPED = 3  # the exit code of a release that the gate keeps back


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("run")(run_recipe)


def run_recipe(
    recipe: Annotated[Path, typer.Argument(help="A recipe (TOML).")],
    output: Annotated[Path, typer.Option("--output", "-o")] = Path("release.zip"),
    data: Annotated[Path | None, typer.Option(help="A table instead of the recipe's.")] = None,
    children: Second = None,
    server: Annotated[str, typer.Option(help="Run on this server: https://…")] = "",
    token: Annotated[str, typer.Option(envvar="SYNTH_TOKEN", help="The server's.")] = "",
    audit: Logged = None,
    key: Annotated[Path | None, typer.Option(envvar=KEY, help="Sign with this key.")] = None,
    why_another: Annotated[
        str, typer.Option(help="Your reason for one more release without noise about these people.")
    ] = "",
    strict: Annotated[
        bool, typer.Option(help="Write nothing where the gate stops it: exit code 3.")
    ] = False,
    despite: Annotated[
        str, typer.Option(help="Your reason for whatever the gate stops to leave as it is.")
    ] = "",
    dry: Annotated[bool, typer.Option("--dry", help="Say what it would do; read no row.")] = False,
    evidence: Annotated[
        Path | None,
        typer.Option(help="Also a zip for whoever decides: report, attacks, answers; for you."),
    ] = None,
    spare: Spare = None,
) -> None:
    """Make a release: read, learn, draw, compare, bundle.

    Example: synth run recipe.toml -o release.zip --strict
    """
    with explained():
        wanted, both = _reasoned(read_recipe(text_of(recipe)), why_another), (data, children)
        to = Places(output, evidence, None if key is None else read_key(key), spare)
        if dry:
            return say_dry(wanted, recipe.parent, both, output)
        leaving = Leaving(strict=strict, despite=" ".join(despite.split()))
        if server:
            return _elsewhere(wanted, (server, token), data, recipe.parent, to, leaving)
        here = partial(_made, wanted, both, recipe.parent, audit, thorough=evidence is not None)
        room = room_for(wanted, data or recipe.parent / wanted.source.file)
        outcome, lines, place = _written(here, wanted, to, leaving, room)
    say_noticed(outcome.noticed)
    _tell(outcome, wanted)
    leaving.say(lines)
    typer.echo(signed_words(to.key.fingerprint if to.key else ""))
    second = outcome.release.children
    beside = "" if second is None else f", and {second.name} that belong to them,"
    typer.echo(f"Wrote {outcome.release.rows:,} synthetic rows{beside} to {place}.")
    if evidence is not None:
        typer.echo(f"Wrote {evidence}: {HELD_WORDS}")


def _written(
    made: Callable[[], Outcome],
    wanted: Recipe,
    to: Places,
    leaving: Leaving,
    room: int,
) -> tuple[Outcome, tuple[Objection, ...], Path]:
    """Make a release and write it, and the evidence beside it where a place is named for that.

    Args:
        room: bytes that are kept for the release.

    Returns:
        Also where it is.
    """
    outcome, place = None, to.release
    with ExitStack() as opened:  # before anything is spent on what goes into them
        beside = None if to.evidence is None else opened.enter_context(whole(to.evidence, ROOM))
        try:
            with whole(to.release, room) as stream:
                outcome = made()
                lines = gate_of_both(wanted, outcome)
                leaving.check(lines)
                outcome.release.write(stream, to.key)
        except OutputError as error:
            if outcome is None:
                raise
            place = rescued(outcome.release, to, error)
        if beside is not None:
            told = reasoned(lines, leaving.despite)
            assert outcome.evaluation is not None
            bundle = Bundle.read(io.BytesIO(outcome.release.zipped(to.key)))
            beside.write(_evidence(wanted, bundle, outcome.evaluation, told, to.key))
    return outcome, lines, place


def _evidence(
    wanted: Recipe,
    bundle: Bundle,
    measures: Evaluation,
    lines: Sequence[Objection],
    signing: SigningKey | None,
) -> bytes:
    """The custodian's evidence pack of a run, with the reasons that were given."""
    for line in lines:
        if line.reason:
            wanted = excepted(wanted, line.key, line.reason)
    return custodian_pack(bundle, measures, lines, whole_text(wanted), signing)


def _elsewhere(
    wanted: Recipe,
    there: tuple[str, str],
    data: Path | None,
    folder: Path,
    to: Places,
    leaving: Leaving,
) -> None:
    """Let a server, with its token, make the release; whoever has the rows asks the gate here.

    Raises:
        RecipeError: nothing may be written that the gate stops, and the rows are not here.
    """
    asked = wanted.source.database and data is None
    if asked and to.evidence is not None:
        raise RecipeError(NO_EVIDENCE, INSTEAD)
    if asked and leaving.strict:
        raise RecipeError(
            "The rows are the server's, so the gate, which `--strict` asks, cannot be asked here.",
            "Leave out `--strict`, or run it where the rows are.",
        )
    with whole(to.release, ROOM) as stream, connected(*there) as remote:
        content = remote.run(wanted, data, folder, Shown())
        lines: tuple[Objection, ...] = ()
        measures, why = None, "The rows are the server's."
        if not asked:
            table = data or folder / wanted.source.file
            lines, measures, why = _held(wanted, content, (table, folder), to, leaving)
            leaving.check(lines)
        stream.write(content)
    leaving.say(lines)
    if why:
        typer.echo(f"Nobody held the release against the real rows. {why}")
    typer.echo(f"Wrote the release that {there[0]} made to {to.release}.")
    if to.evidence is None:
        return
    if measures is None:
        raise RecipeError(
            "So there is no evidence beside it.",
            "Take `synth evaluate` with the table that the release was made of.",
        )
    told, bundle = reasoned(lines, leaving.despite), Bundle.read(io.BytesIO(content))
    write_whole(to.evidence, _evidence(wanted, bundle, measures, told, to.key))
    typer.echo(f"Wrote {to.evidence}: {HELD_WORDS}")


def _held(
    wanted: Recipe, content: bytes, where: tuple[Path, Path], to: Places, leaving: Leaving
) -> tuple[tuple[Objection, ...], Evaluation | None, str]:
    """What the gate finds in a release of rows that are here, or why it could not be asked.

    Args:
        where: the table, and the folder of the files of its steps.

    Returns:
        Also every measure, where evidence is wanted.

    Raises:
        SynthError: it could not, and nothing may be written that it has not seen.
    """
    bundle = Bundle.read(io.BytesIO(content))
    try:
        held = held_here(wanted, bundle, *where, thorough=to.evidence is not None, progress=Shown())
    except SynthError as error:  # the release is there and paid for, and is not lost by this
        if leaving.strict:
            raise
        return (), None, error.what
    found = held.comparison
    say_verdicts(verdicts(found))
    return gate(wanted, bundle.model, found, upkeep_of(bundle.facts)), held.evaluation, ""


@dataclass(frozen=True)
class Leaving:
    """What becomes of a release that the gate stops.

    Args:
        strict: nothing is written.
        despite: the reason why it leaves all the same.
    """

    strict: bool
    despite: str

    def check(self, lines: Sequence[Objection]) -> None:
        """End with `STOPPED`, before anything is written, where somebody asked for that."""
        if self.strict and not self.despite and not ready(lines):
            say_gate(lines)
            typer.echo("Nothing was written; what the run cost stays spent.", err=True)
            raise typer.Exit(STOPPED)

    def say(self, lines: Sequence[Objection]) -> None:
        """What the gate found, and how a reason that was given here is kept."""
        say_gate(lines, self.despite)
        still = [line.key for line in lines if line.open]
        if self.despite and still:
            kept = tomlkit.table()
            for key in still:
                kept.add(key, self.despite)
            typer.echo("To keep the reason with the recipe, and not to give it again, add to it:")
            typer.echo(tomlkit.dumps({"release": {"exceptions": kept}}).strip())


def _tell(outcome: Outcome, wanted: Recipe) -> None:
    """What is promised, and how close it is: for the custodian."""
    comparison, release = outcome.comparison, outcome.release
    typer.echo(f"{release.statement.guarantee.short}. {release.statement.guarantee.plain}")
    if (total := release.statement.population) is not None and total.population:
        say_total(total)
    typer.echo(
        f"Mean distance to the real table: columns {comparison.one_way:.3f} "
        f"(a fresh real sample: {comparison.fresh_one_way:.3f}), "
        f"pairs {comparison.two_way:.3f} ({comparison.fresh_two_way:.3f}; columns on their own: "
        f"{comparison.apart_two_way:.3f}). "
        "These two figures are for you, not for the recipients."
    )
    say_verdicts(outcome.verdicts)
    _tell_second(outcome)
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


def _tell_second(outcome: Outcome) -> None:
    """How close the second table is, beside its people: for the custodian."""
    second, found = outcome.release.children, outcome.linked
    if second is None or found is None:
        return
    typer.echo(
        f"The same of {second.name}, each beside its person: columns {found.one_way:.3f} "
        f"({found.fresh_one_way:.3f}), pairs {found.two_way:.3f} ({found.fresh_two_way:.3f}; "
        f"{found.apart_two_way:.3f}). Rows of one person do not know of each other."
    )
    say_verdicts(verdicts_of_second(second, found))


def _reasoned(recipe: Recipe, why: str) -> Recipe:
    """The recipe with the reason that was given on the command line."""
    if not why:
        return recipe
    privacy = recipe.privacy.model_copy(update={"why_another": why})
    return recipe.model_copy(update={"privacy": privacy})


def _made(
    recipe: Recipe,
    both: tuple[Path | None, Path | None],
    folder: Path,
    audit: Path | None,
    *,
    thorough: bool = False,
) -> Outcome:
    """The run of a recipe; a query of its own is written down where somebody asked for that.

    Args:
        both: a table instead of the recipe's, and a second one.
    """
    told, (data, second) = recipe.source, both
    if second is None and data is not None and recipe.children.file:
        second = folder / recipe.children.file
    how = partial(run, folder=folder, progress=Shown(), thorough=thorough, children=second)
    if audit is None or data is not None or not told.database:
        return how(recipe, data)
    queries = "; ".join(filter(None, (told.query, recipe.children.query)))
    asked = Asked(Database(told.database).shown, queries, recipe.method.name)
    with Audit(audit).following(asked) as released:
        outcome = how(recipe)
        released(outcome.release.statement.cost)
    return outcome
