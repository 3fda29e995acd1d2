"""The claimed epsilon, tried: canaries among the people of a table, and who could tell.

Each canary is somebody of the table, marked in further columns by a value, and in it or not by a
coin. A release is made by the recipe as it is, and whoever sees it guesses. Every training has a
ledger of its own, and nothing of it leaves: the findings are for the custodian.

In one training canaries have values of their own. Over many, each stands in a crowd that shares
their value, where nothing that makes noisy counts plausible (none is below 0) hides who is there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from synth.budget import Ledger
from synth.budget.accounting import epsilon_of
from synth.budget.eyes import ForCustodian
from synth.budget.figures import down
from synth.errors import RecipeError
from synth.evaluate.claim import (
    SURE,
    Told,
    epsilon_of_share,
    least_of_one_run,
    least_share,
    rho_of_share,
)
from synth.ingest import Loaded, load
from synth.lazily import np, npt, pd
from synth.progress import Progress, quiet
from synth.protect.steps import Shelf
from synth.runs.recipe import Recipe
from synth.runs.running import deidentified, fitted, settled
from synth.schema import Categories, Column, Schema
from synth.vault import Noise
from synth.wording import so_many

NOBODY = "nobody"
MARKS, MOST_MARKS = 8, 40  # further columns that mark a canary, which have most of what is spent
MOST_DRAWN = 200_000  # rows that a guess is read off
GUESSED = 0.2  # of the canaries of one training, the most and the least likely
LEAST = 20  # trainings, and canaries
MOST_CANARIES = 40  # of one training among many
CROWD = 6.0  # standard deviations of the noise on a count: fewer, and counts are cut or calmed
EACH_DRAWN = 50  # rows drawn for each person, of one training among many


@dataclass(frozen=True, repr=False)
class ClaimTried(ForCustodian):
    """What was claimed, and what surely was given away at least.

    Args:
        rho, least_rho: as the ledger counts; None where one training was tried.
    """

    trainings: int
    canaries: int
    claimed: float
    least: float
    delta: float
    rho: float | None = None
    least_rho: float | None = None

    @property
    def broken(self) -> bool:
        """Whether the claim is surely wrong."""
        more = self.rho is not None and (self.least_rho or 0.0) > self.rho
        return self.least > self.claimed or more

    @property
    def plain(self) -> str:
        """In a few sentences."""
        how = (
            f"{self.trainings:,} trainings with {self.canaries:,} canaries each"
            if self.rho is not None
            else f"one training with {self.canaries:,} canaries"
        )
        told = (
            f"Claimed: epsilon {self.claimed:g} at delta {self.delta:.2g}. By {how}, at least "
            f"epsilon {down(self.least)} was given away ({SURE:.1%} sure)."
        )
        if self.rho is not None and self.least_rho is not None:
            told += (
                f" In the ledger's own measure: rho {down(self.least_rho)} at least, of "
                f"{self.rho:.3g} claimed (epsilon {down(epsilon_of(self.least_rho, self.delta))})."
            )
        end = (
            " The claim is broken: something adds less noise than the ledger says."
            if self.broken
            else " The claim was not contradicted, which does not prove it."
        )
        return told + end


@dataclass(frozen=True)
class Marking:
    """Further columns in which canaries are marked; those who are out are left out.

    A canary has a value of their own in each, so that they are outside the crowd in whatever of
    them is counted, alone or together.

    Args:
        inside: of each canary, whether they are in; canary i is at place `places[i]`.
        crowd: places of people who share the values of the canaries, by turns. Where there are
            any, everybody else is left out.
    """

    places: tuple[int, ...]
    inside: tuple[bool, ...]
    crowd: tuple[int, ...] = ()
    marks: int = MARKS
    depends_on_rows: str = field(default="", init=False)  # places were drawn without a look

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(f"marked {i + 1}" for i in range(self.marks))

    @property
    def values(self) -> tuple[str, ...]:
        """One for each canary, then that of everybody else."""
        return (*(f"canary {i + 1}" for i in range(len(self.places))), NOBODY)

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        marked = np.full(len(frame), NOBODY, dtype=object)
        kept = np.full(len(frame), not self.crowd)
        for place, value, within in zip(self.places, self.values, self.inside, strict=False):
            marked[place], kept[place] = value, within
        for turn, place in enumerate(self.crowd):
            marked[place], kept[place] = self.values[turn % len(self.places)], True
        return frame.assign(**dict.fromkeys(self.columns, marked)).loc[kept]

    def declare(self, schema: Schema) -> Schema:
        return Schema((*schema, *(Column(n, Categories(self.values)) for n in self.columns)))


def retrained(
    recipe: Recipe,
    source: Path | Any,
    trainings: int,
    progress: Progress = quiet,
    *,
    folder: Path = Path(),
    noise: Noise | None = None,
    seed: int | None = None,
) -> ClaimTried:
    """Train many times, with many canaries, each in or out by a coin, and see who is told.

    Of each training those canaries are said to be in it whose values are drawn more than the mean.
    Which share of that is right bounds what was given away, over trainings (`least_share`); and so
    does one canary of each training by itself (Clopper and Pearson).

    Args:
        trainings: with a coin for each canary.
        noise: for tests alone; see `PrivateTable`.
        seed: for tests alone, of what is drawn beside the noise.

    Raises:
        RecipeError: no epsilon is claimed, or too few trainings or people are asked for.
    """
    loaded, rows = _loaded(recipe, source, noise)
    _check(trainings)
    canaries, crowd, marks = _sizes(recipe, loaded, rows)
    rng, right, alone = np.random.default_rng(seed), [], Told(0, 0, 0, 0)
    for turn in range(trainings):
        progress(turn / trainings, "training with canaries in it or not")
        places = [int(p) for p in rng.permutation(rows)[: canaries * (crowd + 1)]]
        inside = rng.integers(0, 2, canaries).astype(bool)
        marking = Marking(
            tuple(places[:canaries]), tuple(map(bool, inside)), tuple(places[canaries:]), marks
        )
        scores = _scores(recipe, loaded, marking, rng, folder, EACH_DRAWN)
        said = scores > scores.mean()
        right.append(float((said == inside).mean()))
        alone = alone.and_one(said=bool(said[0]), inside=bool(inside[0]))
    return _found(recipe, trainings, canaries, right, alone)


def _found(
    recipe: Recipe, trainings: int, canaries: int, right: Sequence[float], alone: Told
) -> ClaimTried:
    """What follows from who was told, of all canaries and of one of each training."""
    each = (1 + SURE) / 2  # of two bounds
    share, delta = least_share(right, each), recipe.budget.delta
    return ClaimTried(
        trainings,
        canaries,
        recipe.budget.epsilon,
        max(epsilon_of_share(share, delta), alone.least_epsilon(delta, each)),
        delta,
        float(recipe.budget.rho),
        max(rho_of_share(share), alone.least_rho(each)),
    )


def _sizes(recipe: Recipe, loaded: Loaded, rows: int) -> tuple[int, int, int]:
    """How many canaries, people who stand with each, and marks; of what is known without the rows.

    Raises:
        RecipeError: there are too few people.
    """
    if rows < 2 * LEAST:
        raise RecipeError(
            f"{so_many(rows, 'person is', 'people are')} too few to hide canaries among.",
            f"Take {2 * LEAST} at least.",
        )
    others = len(loaded.private.schema.names)
    marks = min(max(MARKS, 4 * others), MOST_MARKS)
    wide = math.sqrt((marks + others) / (2 * float(recipe.budget.rho)))  # were it spent evenly
    crowd = min(math.ceil(CROWD * wide), rows // LEAST - 1)
    return min(MOST_CANARIES, rows // (crowd + 1)), crowd, marks


def one_run(
    recipe: Recipe,
    source: Path | Any,
    canaries: int,
    progress: Progress = quiet,
    *,
    folder: Path = Path(),
    noise: Noise | None = None,
) -> ClaimTried:
    """One training with many canaries, each in or out by a coin; the surest guesses count.

    Raises:
        RecipeError: no epsilon is claimed, or there are too few people.
    """
    loaded, rows = _loaded(recipe, source, noise)
    _check(canaries)
    if canaries > rows // 2:
        raise RecipeError(
            "There are fewer than twice as many people as canaries.", "Ask for fewer canaries."
        )
    rng = np.random.default_rng()
    places = tuple(int(p) for p in rng.permutation(rows)[:canaries])
    inside = tuple(bool(b) for b in rng.integers(0, 2, canaries))
    progress(0.1, "one training with all canaries")
    scores = _scores(recipe, loaded, Marking(places, inside), rng, folder)
    order = np.argsort(scores + 1e-9 * rng.random(canaries), kind="stable")
    each = max(1, int(GUESSED * canaries / 2))
    guessed_out, guessed_in = order[:each], order[-each:]
    truth = np.array(inside)
    right = int(truth[guessed_in].sum() + (~truth[guessed_out]).sum())
    delta = recipe.budget.delta
    least = least_of_one_run(canaries, 2 * each, right, delta)
    progress(1.0, "done")
    return ClaimTried(1, canaries, recipe.budget.epsilon, least, delta)


def _check(many: int) -> None:
    if many < LEAST:
        raise RecipeError(f"{many} are too few to tell anything.", f"Ask for {LEAST} at least.")


def _loaded(recipe: Recipe, source: Path | Any, noise: Noise | None) -> tuple[Loaded, int]:
    if not recipe.formal:
        raise RecipeError(
            "The recipe claims no epsilon, so there is none to be tried.",
            "Take a method with differential privacy and a finite epsilon.",
        )
    if recipe.people.column or recipe.people.rows != 1:
        raise RecipeError(
            "Canaries are people with one row, and the recipe says that people have several.",
            "Try the claim with one row per person.",
        )
    told = recipe.source
    loaded = load(source, recipe.budget, missing=told.missing, choices=told.choices, noise=noise)
    return loaded, loaded.rows


def _scores(
    recipe: Recipe,
    loaded: Loaded,
    marking: Marking,
    rng: np.random.Generator,
    folder: Path,
    each: int = 10,
) -> npt.NDArray[np.float64]:
    """How often each canary's values are drawn from a release, in all columns that mark them.

    Args:
        each: rows to be drawn for one person.
    """
    fresh = replace(loaded, private=loaded.private.charged_to(Ledger(recipe.budget)))
    made = deidentified(recipe, fresh, Shelf(folder))
    if len(made.private.schema) and made.rows != loaded.rows:
        raise RecipeError("A step leaves people out.", "Try the claim without that step.")
    private = made.private.transform(marking)
    told = settled(recipe, replace(made, private=private), quiet)
    model = fitted(recipe, told, quiet)
    people = len(marking.places) + len(marking.crowd) if marking.crowd else loaded.rows
    drawn = model.sample(min(each * people, MOST_DRAWN), rng)
    scores = np.zeros(len(marking.places))
    for name in marking.columns:
        found = drawn[name].value_counts()
        scores += np.array([float(found.get(v, 0)) for v in marking.values[:-1]])
    return scores
