"""The claimed epsilon, tried: canaries among the people of a table, and who could tell.

Each canary is somebody of the table, marked in a further column by a value of their own, and in
it or not. A release is made either way, by the recipe as it is, and whoever sees it guesses. Every
training has a ledger of its own, and nothing of it leaves: the findings are for the custodian.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from synth.budget import Ledger
from synth.budget.accounting import epsilon_of
from synth.budget.eyes import ForCustodian
from synth.budget.figures import down
from synth.errors import RecipeError
from synth.evaluate.claim import SURE, Told, least_of_one_run
from synth.ingest import Loaded, load
from synth.lazily import np, npt, pd
from synth.progress import Progress, quiet
from synth.protect.steps import Shelf
from synth.runs.recipe import Recipe
from synth.runs.running import deidentified, fitted, settled
from synth.schema import Categories, Column, Schema
from synth.vault import Noise

NOBODY = "nobody"
MARKS = 8  # further columns that mark a canary: together they have most of what a method spends
MOST_DRAWN = 200_000  # rows that a guess is read off
GUESSED = 0.2  # of the canaries of one training, the most and the least likely
LEAST = 20  # trainings, and canaries


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
            f"{self.trainings:,} trainings with and without a canary"
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
    """

    places: tuple[int, ...]
    inside: tuple[bool, ...]
    columns: tuple[str, ...] = tuple(f"marked {i + 1}" for i in range(MARKS))
    depends_on_rows: str = field(default="", init=False)  # places were drawn without a look

    @property
    def values(self) -> tuple[str, ...]:
        """One for each canary, then that of everybody else."""
        return (*(f"canary {i + 1}" for i in range(len(self.places))), NOBODY)

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        marks = np.full(len(frame), NOBODY, dtype=object)
        kept = np.ones(len(frame), dtype=bool)
        for place, value, within in zip(self.places, self.values, self.inside, strict=False):
            marks[place], kept[place] = value, within
        return frame.assign(**dict.fromkeys(self.columns, marks)).loc[kept]

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
) -> ClaimTried:
    """Train with and without a canary, and see how surely releases tell.

    Half of the trainings choose the test, the other half are judged by it.

    Args:
        trainings: in each of the two worlds.
        noise: for tests alone; see `PrivateTable`.

    Raises:
        RecipeError: no epsilon is claimed, or too few trainings are asked for.
    """
    loaded, rows = _loaded(recipe, source, noise)
    _check(trainings)
    scores: list[list[float]] = [[], []]
    place = int(np.random.default_rng().integers(rows))
    for turn in range(2 * trainings):
        progress(turn / (2 * trainings), "training with and without a canary")
        marking = Marking((place,), (turn % 2 == 1,))
        scores[turn % 2].append(float(_scores(recipe, loaded, marking, rows, folder)[0]))
    half = trainings // 2
    cut = _best_cut(scores[0][:half], scores[1][:half])
    alarms, hits = (int(np.sum(np.array(s[half:]) >= cut)) for s in scores)
    told = Told(hits, trainings - half, alarms, trainings - half)
    claim, delta = recipe.budget.epsilon, recipe.budget.delta
    least = told.least_epsilon(delta)
    rho = float(recipe.budget.rho)
    return ClaimTried(trainings, 1, claim, least, delta, rho, told.least_rho())


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
    scores = _scores(recipe, loaded, Marking(places, inside), rows, folder)
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
    recipe: Recipe, loaded: Loaded, marking: Marking, rows: int, folder: Path
) -> npt.NDArray[np.float64]:
    """How often each canary's values are drawn from a release, in all columns that mark them."""
    fresh = replace(loaded, private=loaded.private.charged_to(Ledger(recipe.budget)))
    made = deidentified(recipe, fresh, Shelf(folder))
    if len(made.private.schema) and made.rows != rows:
        raise RecipeError("A step leaves people out.", "Try the claim without that step.")
    private = made.private.transform(marking)
    told = settled(recipe, replace(made, private=private), quiet)
    model = fitted(recipe, told, quiet)
    drawn = model.sample(min(10 * rows, MOST_DRAWN), np.random.default_rng())
    scores = np.zeros(len(marking.places))
    for name in marking.columns:
        found = drawn[name].astype(object).value_counts()
        scores += np.array([float(found.get(v, 0)) for v in marking.values[:-1]])
    return scores


def _best_cut(outside: Sequence[float], inside: Sequence[float]) -> float:
    """The score that tells the two worlds apart best."""

    def gaps() -> Iterator[tuple[float, float]]:
        for cut in sorted({*outside, *inside}):
            yield float(np.mean(np.array(inside) >= cut) - np.mean(np.array(outside) >= cut)), cut

    return max(gaps(), default=(0.0, 0.0))[1]
