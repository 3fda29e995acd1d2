"""Several methods and budgets on one table, told apart by what they risk and what they keep.

On a made-up table of the declared shape it costs nothing and may be done as often as wanted. On the
real table each trial is a run: it costs what a run costs, and choosing among them by looking is
itself something that the rows decide, which the account and the statement of a later release say
(Papernot and Steinke, "Hyperparameter Tuning with Renyi Differential Privacy", 2022, section 1).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from synth.budget.eyes import ForCustodian
from synth.errors import RecipeError, SynthError
from synth.evaluate import Comparison
from synth.evaluate.attacks import Attempt, Result
from synth.evaluate.verdict import Fate, verdicts
from synth.lazily import np, pd
from synth.learning.method import Promise
from synth.progress import Progress, quiet
from synth.protect.steps import Shelf
from synth.runs.declared_shape import ASSUMED, shape_of
from synth.runs.recipe import EvaluatePart, MethodPart, People, Privacy, Recipe, ReleasePart, Source
from synth.runs.rehearsal import SEED, made_up
from synth.runs.running import run
from synth.vault import Noise
from synth.wording import so_many

MOST_TRIED = 24  # in one go
MOST_ROWS = 20_000  # of a made-up table that is attacked as well
HOLDOUT = 0.25  # of its people, who are nobody and may as well be set aside


@dataclass(frozen=True, repr=False)
class Trial(ForCustodian):
    """What came of one recipe.

    Args:
        short: its promise in a few words.
        comparison: None where it was refused.
        refused: why, and what to do; "" where it was not.
    """

    recipe: Recipe
    short: str = ""
    comparison: Comparison | None = None
    refused: str = ""

    @property
    def name(self) -> str:
        """Method and, where the method has one, epsilon."""
        told = self.recipe
        if told.chosen.promise is not Promise.PRIVATE:
            return told.method.name
        return f"{told.method.name}, ε = {told.privacy.epsilon:g}"

    @property
    def distance(self) -> float:
        """The mean distance of pairs of columns, of columns where there is but one; NaN if none."""
        found = self.comparison
        if found is None:
            return math.nan
        return found.two_way if found.pairs else found.one_way

    @property
    def risk(self) -> float | None:
        """How much more than of strangers the most successful attack surely found out: 0 to 1.

        The lower end of its interval, as the largest of several estimates would be large by chance
        alone. None where nobody was set aside, or no attack could be judged.
        """
        judged = [a for a in self.attempts if a.result is not Result.UNJUDGED]
        return max((_excess(a) for a in judged), default=None)

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The attacks that were tried on it."""
        return () if self.comparison is None else self.comparison.attacks

    @property
    def lost(self) -> int:
        """Columns of which nothing survives."""
        if self.comparison is None:
            return 0
        return sum(v.fate is Fate.LOST for v in verdicts(self.comparison))

    @property
    def plain(self) -> str:
        """In a line."""
        if self.comparison is None:
            return f"{self.name}: refused. {self.refused}"
        safe = "not judged" if self.risk is None else f"{self.risk:.3f}"
        lost = f", {so_many(self.lost, 'column')} lost" if self.lost else ""
        return f"{self.name}: pairs {self.distance:.3f}, risk {safe}{lost}. {self.short}."

    def document(self) -> dict[str, Any]:
        """As plain values; for the custodian."""
        found = self.comparison
        return {
            "method": self.recipe.method.name,
            "epsilon": self.recipe.privacy.epsilon if self.recipe.formal else None,
            "promise": self.short,
            "columns": None if found is None else found.one_way,
            "pairs": None if found is None else found.two_way,
            "risk": self.risk,
            "lost": None if found is None else self.lost,
            "refused": self.refused,
        }


def _excess(attempt: Attempt) -> float:
    return 0.0 if attempt.risk is None else attempt.risk.low


def candidates(
    recipe: Recipe, methods: Sequence[str], epsilons: Sequence[float]
) -> tuple[Recipe, ...]:
    """The recipe with each method, and each epsilon where the method has one.

    Settings of the recipe's own method stay with it; the others have their defaults.

    Raises:
        RecipeError: none, or more than `MOST_TRIED`.
        MethodError: there is no method of that name.

    >>> [c.method.name for c in candidates(Recipe(), ["random", "adaptive"], [1, 2])]
    ['random', 'adaptive', 'adaptive']
    """
    found = list(_candidates(recipe, tuple(dict.fromkeys(methods)), sorted(set(epsilons))))
    if not found:
        raise RecipeError("Nothing is to be tried.", "Name methods, and epsilons for them.")
    if len(found) > MOST_TRIED:
        raise RecipeError(
            f"{len(found)} are more than can be tried in one go ({MOST_TRIED}).",
            "Name fewer methods or fewer epsilons.",
        )
    return tuple(found)


def _candidates(
    recipe: Recipe, methods: Sequence[str], epsilons: Sequence[float]
) -> Iterator[Recipe]:
    for name in methods:
        method = recipe.method if name == recipe.method.name else MethodPart(name=name)
        told = recipe.model_copy(update={"method": method})
        if told.chosen.promise is not Promise.PRIVATE:
            yield told
            continue
        for epsilon in epsilons:
            privacy = told.privacy.model_copy(update={"epsilon": float(epsilon)})
            yield told.model_copy(update={"privacy": privacy})


def tried(recipe: Recipe, attempt: Callable[[Recipe], tuple[str, Comparison]]) -> Trial:
    """What came of one recipe; a refusal is a result as well.

    Args:
        attempt: makes it, and tells its promise in a few words and how close it came.
    """
    try:
        short, comparison = attempt(recipe)
    except SynthError as error:
        return Trial(recipe, refused=f"{error.what} {error.remedy}".strip())
    return Trial(recipe, short, comparison)


def frontier(trials: Sequence[Trial]) -> tuple[Trial, ...]:
    """Those that no other one beats: as near and as safe at least, and better in one of both.

    Where no risk could be told of either, nearness alone counts; where it could of one of two,
    neither beats the other.
    """
    told = [t for t in trials if t.comparison is not None]
    return tuple(t for t in told if not any(_beats(o, t) for o in told))


def _beats(one: Trial, other: Trial) -> bool:
    if (one.risk is None) is not (other.risk is None):
        return False
    mine, theirs = ((t.distance, t.risk or 0.0) for t in (one, other))
    return mine != theirs and all(a <= b for a, b in zip(mine, theirs, strict=True))


def on_made_up(
    recipes: Sequence[Recipe],
    names: Sequence[str] = (),
    progress: Progress = quiet,
    shelf: Shelf | None = None,
    *,
    rows: int,
    noise: Noise | None = None,
) -> tuple[tuple[Trial, ...], tuple[str, ...]]:
    """Try recipes on one made-up table of the shape that they declare; no row of anybody is read.

    Args:
        names: all columns of the table; else those that the recipes name.
        rows: about how many people there are; at most `MOST_ROWS` are made up.
        noise: for tests alone; see `PrivateTable`.

    Returns:
        the trials, and the columns whose values nobody declared, so that some were assumed.

    Raises:
        RecipeError: nobody said how many people there are, or no column is named.
    """
    if rows < 1:
        raise RecipeError(
            "Nobody said about how many people there are.",
            "Say so as `rows` in [purpose], in a round number.",
        )
    shape = shape_of(recipes[0], names, shelf)
    frame = made_up(shape.first, min(rows, MOST_ROWS), np.random.default_rng(SEED))
    found = []
    for turn, recipe in enumerate(recipes):
        steps = tuple(step.document() for step in shape.steps)
        columns = tuple(p for p in recipe.column if p.name in shape.first)
        alone = _alone(recipe).model_copy(update={"column": columns, "protect": steps})
        progress(turn / len(recipes), f"made-up table: {Trial(recipe).name}")
        of_it = tried(alone, lambda told: _made_of(told, frame, noise, shelf))
        found.append(Trial(recipe, of_it.short, of_it.comparison, of_it.refused))
    progress(1.0, "done")
    return tuple(found), shape.assumed


def on_real(
    recipes: Sequence[Recipe], folder: Path = Path(), progress: Progress = quiet
) -> tuple[Trial, ...]:
    """Run recipes on the table that they name; each is charged as a run, and nothing is kept."""

    def ran(place: int, recipe: Recipe) -> tuple[str, Comparison]:
        def told(share: float, doing: str) -> None:
            progress((place + share) / len(recipes), f"{Trial(recipe).name}: {doing}")

        outcome = run(recipe, folder=folder, progress=told)
        return outcome.release.statement.guarantee.short, outcome.comparison

    return tuple(tried(r, partial(ran, place)) for place, r in enumerate(recipes))


def _alone(recipe: Recipe) -> Recipe:
    """The recipe without its table, its account, and what is made besides the rows."""
    plain = Recipe()
    privacy = Privacy(
        epsilon=recipe.budget_of_first.epsilon,
        delta=recipe.privacy.delta,
        discover=recipe.privacy.discover,
    )
    return recipe.model_copy(
        update={
            "source": Source(),
            "rules": (),
            "people": People(rows=recipe.people.rows),
            "privacy": privacy,
            "release": ReleasePart(rows=min(recipe.release.rows, MOST_ROWS)),
            "evaluate": EvaluatePart(holdout=HOLDOUT),
            "counts": plain.counts,
            "children": plain.children,
            "showcase": plain.showcase,
        }
    )


def _made_of(
    recipe: Recipe, frame: pd.DataFrame, noise: Noise | None, shelf: Shelf | None
) -> tuple[str, Comparison]:
    outcome = run(recipe, frame, noise=noise, shelf=shelf)
    return outcome.release.statement.guarantee.short, outcome.comparison


def assumed_words(assumed: Sequence[str]) -> str:
    """What a reader has to know of columns that nobody declared."""
    if not assumed:
        return ""
    return (
        f"Nobody declared what {len(assumed)} of the columns may hold, so {ASSUMED} values were "
        "assumed for each: declare them to know better."
    )
