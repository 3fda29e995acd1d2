"""Attacks on a release, on the people in its table and on those who were set aside before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from synth.budget.eyes import ForCustodian
from synth.errors import StepError, SynthError
from synth.evaluate.attacks import Attempt, attacks, roles, untried, worst_first
from synth.evaluate.attacks.shadow import THREAT as SHADOWS
from synth.evaluate.attacks.shadow import Places, shadowed
from synth.evaluate.attacks.threat import unjudged
from synth.evaluate.sides import opened, with_held
from synth.ingest import Loaded
from synth.lazily import np, pd
from synth.learning.method import Model
from synth.progress import Progress, part, quiet
from synth.protect.steps import Shelf, protect, steps_of
from synth.runs.recipe import EvaluatePart, People, Recipe, Source
from synth.vault import PrivateTable

SEED = 20  # of what is drawn in an attack: the same tables come to the same
Learn: TypeAlias = "Callable[[Recipe, pd.DataFrame], Model]"


@dataclass(frozen=True, eq=False, repr=False)
class Aim(ForCustodian):
    """What is attacked.

    Args:
        loaded: the table as it came, with the people who were set aside.
        made: the table after the steps of de-identification.
        seen: the rows that the release is of, as a custodian compares them.
        synthetic: rows of the release.
    """

    loaded: Loaded
    made: Loaded
    seen: PrivateTable
    synthetic: pd.DataFrame
    shelf: Shelf


def attacked(
    recipe: Recipe, aim: Aim, learn: Learn, progress: Progress = quiet
) -> tuple[Attempt, ...]:
    """What came of each attack, for the custodian; none where nobody was set aside.

    The people set aside go through the same steps of de-identification, in a vault of their own:
    nothing that a release holds depends on them, and nothing they are asked is charged to it.

    Args:
        learn: the model of a recipe without steps, of a table in a vault of its own.
    """
    loaded = aim.loaded
    if loaded.aside is None:
        return ()
    came = Loaded(loaded.aside, loaded.suggestions, loaded.rows, written=loaded.written)
    try:
        steps = steps_of(recipe.protect, aim.shelf)
        held = protect(came, recipe.column, steps, lenient=True)[-1].private
    except StepError:
        return untried("The steps of de-identification do not fit the people who were set aside.")
    both = with_held(aim.seen, aim.synthetic, held)
    asked = recipe.evaluate
    if absent := [n for n in (*asked.known, *asked.secrets) if n not in both.names]:
        return untried(f"[evaluate] names `{absent[0]}`, which is no column of the release.")
    known, wanted = roles(both, aim.seen.schema, asked.known, asked.secrets)
    telling = part(progress, 0.0, 0.3) if asked.shadows else progress
    found = attacks(both, known, wanted, np.random.default_rng(SEED), telling)
    if not asked.shadows:
        return found
    return worst_first((*found, _by_shadows(recipe, aim, held, learn, part(progress, 0.3, 1.0))))


def _by_shadows(
    recipe: Recipe, aim: Aim, held: PrivateTable, learn: Learn, progress: Progress
) -> Attempt:
    """What shadow models tell. Each has a ledger of its own, and nothing of it is released."""
    if recipe.people.column or recipe.people.rows != 1:
        return unjudged(SHADOWS, "It takes people with one row each.")
    tables = opened(aim.seen, held)
    told = recipe.model_copy(
        update={
            "column": aim.made.said,
            "protect": (),
            "rules": (),
            "source": Source(missing=recipe.source.missing),
            "people": People(),
            "evaluate": EvaluatePart(),
        }
    )
    rng = np.random.default_rng(SEED)

    def train(members: Places, strangers: Places) -> pd.DataFrame:
        some = zip(tables, (members, strangers), strict=True)
        table = pd.concat([_plain(t.iloc[p]) for t, p in some], ignore_index=True)
        model = learn(told, table)
        return model.sample(max(1, model.rows or len(table)), rng)

    try:
        return shadowed(
            aim.seen.schema,
            (tables[0], tables[1]),
            aim.synthetic,
            train,
            recipe.evaluate.shadows,
            rng,
            progress,
        )
    except SynthError as error:  # it names no cell, and the release is there and paid for
        return unjudged(SHADOWS, f"A shadow model could not be trained. {error.what}")


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows without the categories that a vault keeps them in: they name values of others."""
    coded = [c for c in frame if isinstance(frame[c].dtype, pd.CategoricalDtype)]
    return frame.astype(dict.fromkeys(coded, object))
