"""Attacks on a release, on the people in its table and on those who were set aside before."""

from __future__ import annotations

from synth.errors import StepError
from synth.evaluate.attacks import Attempt, attacks, roles, untried
from synth.evaluate.sides import with_held
from synth.ingest import Loaded
from synth.lazily import np, pd
from synth.progress import Progress, quiet
from synth.protect.steps import Shelf, protect, steps_of
from synth.runs.recipe import Recipe
from synth.vault import PrivateTable

SEED = 20  # of what is drawn in an attack: the same tables come to the same


def attacked(
    recipe: Recipe,
    loaded: Loaded,
    seen: PrivateTable,
    synthetic: pd.DataFrame,
    shelf: Shelf,
    progress: Progress = quiet,
) -> tuple[Attempt, ...]:
    """What came of each attack, for the custodian; none where nobody was set aside.

    The people set aside go through the same steps of de-identification, in a vault of their own:
    nothing that a release holds depends on them, and nothing they are asked is charged to it.

    Args:
        loaded: the table as it came, with the people who were set aside.
        seen: the rows that the release is of, as a custodian compares them.
        synthetic: rows of the release.
    """
    if loaded.aside is None:
        return ()
    came = Loaded(loaded.aside, loaded.suggestions, loaded.rows)
    try:
        steps = steps_of(recipe.protect, shelf)
        held = protect(came, recipe.column, steps, lenient=True)[-1].private
    except StepError:
        return untried("The steps of de-identification do not fit the people who were set aside.")
    both = with_held(seen, synthetic, held)
    asked = recipe.evaluate
    if absent := [n for n in (*asked.known, *asked.secrets) if n not in both.names]:
        return untried(f"[evaluate] names `{absent[0]}`, which is no column of the release.")
    known, wanted = roles(both, seen.schema, asked.known, asked.secrets)
    return attacks(both, known, wanted, np.random.default_rng(SEED), progress)
