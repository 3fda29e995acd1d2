"""How accurate the answers of a purpose will be, tried before a row is read.

A table is made up from the declared columns and the said number of people, with values of unequal
shares and columns that hang together; the recipe runs on it as it would on the real one, steps,
search for values and noise included; and the very counts and coefficients that the purpose names
are read off both. No row of anybody is in it, so it costs nothing and may be tried as often as
wanted. What it cannot know is how the real columns hang together: the figures are what to expect
of a table of this shape, and no promise.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

from synth.budget import Rho
from synth.budget.figures import up
from synth.errors import RecipeError
from synth.evaluate.sides import Side, Sides, sides
from synth.evaluate.tasks import coefficients
from synth.ingest import load
from synth.lazily import np, npt, pd
from synth.learning.method import Promise
from synth.progress import Progress, part, quiet
from synth.protect.steps import Shelf
from synth.runs.declared_shape import ASSUMED, DeclaredShape, shape_of
from synth.runs.fixes import LADDER
from synth.runs.handout import reported
from synth.runs.purpose import PurposePart, Use
from synth.runs.recipe import EvaluatePart, People, Recipe, Source
from synth.runs.running import cut, deidentified, settled
from synth.schema import Codes, Dates, Numbers, Schema

MOST_ROWS = 100_000  # of a made-up table; noise is the same in a longer one
TRIES = 3
SEED = 14
KINDS_OF_PEOPLE = 6  # in a made-up table; what makes its columns hang together
UNEQUAL = 0.7  # how fast shares of values fall: the i-th in proportion to i^-0.7
APART = 0.8  # how much kinds of people differ, as the spread of the logarithms of their shares
SPREAD = 0.25  # of a kind of people in a column of numbers, as a share of all it may hold
SURE = 0.95  # of the counts are within what is told
NORMAL = 1.96
SHOWN = 10  # columns of which all pairs are counted, where a purpose names none
EPSILONS = (0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 10.0)  # tried for a wanted accuracy


@dataclass(frozen=True)
class Expected:
    """How far off one sort of answer is likely to be.

    Args:
        what: "counts by ward and month", "the coefficient of age".
        within: in people, where it is a count; else in standard deviations of the target per one of
            the predictor. Of 20 answers, 19 are within it.
        usual: a count on average; 0 for a coefficient.
    """

    what: str
    within: float
    usual: float = 0.0

    @property
    def plain(self) -> str:
        """In a sentence."""
        if not self.usual:
            return f"{self.what} within ± {up(self.within, 2)} standard deviations"
        return (
            f"{self.what} within ± {up(self.within, 2)} (a count is {self.usual:,.1f} on average)"
        )

    def enough(self, purpose: PurposePart) -> bool:
        """Whether that is as accurate as was wanted."""
        most = purpose.within if self.usual else purpose.slope
        return not most or self.within <= most


@dataclass(frozen=True)
class Rehearsed:
    """What a rehearsal came to.

    Args:
        rows: of the made-up table.
        assumed: columns whose values nobody declared.
        epsilon: that it was tried with; None where the method has none.
    """

    expected: tuple[Expected, ...]
    rows: int
    assumed: tuple[str, ...]
    epsilon: float | None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know of it."""
        told = [
            f"Tried {TRIES} times on a made-up table of {self.rows:,} people; no row was read, and "
            "it cost no budget. Of 20 answers, about 19 are this near."
        ]
        if self.assumed:
            named = ", ".join(f"`{n}`" for n in self.assumed[:SHOWN])
            more = f" and {len(self.assumed) - SHOWN} more" if self.assumed[SHOWN:] else ""
            told.append(
                f"Nobody declared what {named}{more} may hold, so {ASSUMED} values were assumed, "
                "and steps on them left out: declare them to know better."
            )
        return tuple(told)


def rehearse(
    recipe: Recipe,
    names: Sequence[str] = (),
    progress: Progress = quiet,
    shelf: Shelf | None = None,
) -> Rehearsed:
    """Try a recipe on made-up tables, and see how far off the answers of its purpose are.

    Args:
        names: all columns of the table; else those that the recipe names.

    Raises:
        RecipeError: nobody said about how many people there are, or the purpose names nothing that
            could be counted or is there.
        SynthError: the recipe does not fit such a table.
    """
    shelf = shelf or Shelf()
    shape = shape_of(recipe, names, shelf)
    rows = min(recipe.purpose.rows, MOST_ROWS)
    asked = asked_of(recipe.purpose, shape.schema)
    if not rows:
        raise RecipeError(
            "Nobody said about how many people there are.",
            "Say so as `rows` in [purpose], in a round number.",
        )
    found = []
    for turn in range(TRIES):
        low, high = turn / TRIES, (turn + 1) / TRIES

        def told(share: float, doing: str, low: float = low, high: float = high) -> None:
            progress(low + (high - low) * share, f"made-up table: {doing}")

        both = _tried(recipe, shape, rows, np.random.default_rng(SEED + turn), told, shelf)
        found.append(list(answers_off(both, shape.schema, asked, recipe.purpose)))
    progress(1.0, "done")
    formal = recipe.chosen.promise is Promise.PRIVATE
    epsilon = recipe.privacy.epsilon if formal else None
    return Rehearsed(pooled(found), rows, shape.assumed, epsilon)


def epsilon_for_purpose(
    recipe: Recipe,
    names: Sequence[str] = (),
    progress: Progress = quiet,
    shelf: Shelf | None = None,
) -> Rehearsed | None:
    """The least epsilon at which every answer is as accurate as the purpose wants, rehearsed.

    Returns:
        None where not even `EPSILONS[-1]` is enough.

    Raises:
        RecipeError: no accuracy is wanted, or the method has no epsilon.
    """
    purpose = recipe.purpose
    if not (purpose.within or purpose.slope):
        raise RecipeError(
            "Nobody said how accurate answers have to be.",
            "Say so as `within` (counts) or `slope` (coefficients) in [purpose].",
        )
    if recipe.chosen.promise is not Promise.PRIVATE:
        raise RecipeError(
            f"The method `{recipe.method.name}` has no epsilon.",
            "Choose one with differential privacy.",
        )
    low, high, best = 0, len(EPSILONS), None
    turns = math.ceil(math.log2(len(EPSILONS) + 1))
    for turn in range(turns):
        if low >= high:
            break
        middle = (low + high) // 2
        privacy = recipe.privacy.model_copy(update={"epsilon": EPSILONS[middle]})

        def told(share: float, doing: str, turn: int = turn, tried: int = middle) -> None:
            progress((turn + share) / turns, f"epsilon {EPSILONS[tried]:g}, {doing}")

        tried = recipe.model_copy(update={"privacy": privacy})
        found = rehearse(tried, names, told, shelf)
        if all(e.enough(purpose) for e in found.expected):
            best, high = found, middle
        else:
            low = middle + 1
    return best


def ladder(
    recipe: Recipe,
    names: Sequence[str] = (),
    progress: Progress = quiet,
    shelf: Shelf | None = None,
) -> tuple[Rehearsed, ...]:
    """The answers of a purpose at the recipe's own epsilon and at those of `LADDER`, rehearsed.

    Raises:
        RecipeError: the method has no epsilon, or see `rehearse`.
    """
    if not recipe.formal:
        raise RecipeError(
            f"The method `{recipe.method.name}` has no epsilon.",
            "Choose one with differential privacy.",
        )
    tried = sorted({recipe.privacy.epsilon, *LADDER})
    found = []
    for turn, epsilon in enumerate(tried):
        privacy = recipe.privacy.model_copy(update={"epsilon": epsilon})
        told = recipe.model_copy(update={"privacy": privacy})
        telling = part(progress, turn / len(tried), (turn + 1) / len(tried))
        found.append(rehearse(told, names, telling, shelf))
    return tuple(found)


def counts_anything(purpose: PurposePart) -> bool:
    """Whether there is an answer whose accuracy could be foretold."""
    return bool(purpose.use) and set(purpose.use) != {Use.SOFTWARE}


def check_named(purpose: PurposePart, schema: Schema) -> None:
    """Raises RecipeError where the purpose names a column that is not there."""
    if absent := [n for n in purpose.named if n not in schema]:
        raise RecipeError(
            f"[purpose] names `{absent[0]}`, and after all steps there is no such column.",
            f"There are {', '.join(schema.names)}. The table is not read for this: name each of "
            "its columns under [[column]]; `synth init` writes a recipe that does.",
        )


def asked_of(purpose: PurposePart, schema: Schema) -> tuple[tuple[str, ...], ...]:
    """The sets of columns that are counted.

    Raises:
        RecipeError: a column is not there, or nothing is asked.
    """
    check_named(purpose, schema)
    if hidden := [n for n in purpose.named if not schema[n].modelled]:
        raise RecipeError(
            f"[purpose] names `{hidden[0]}`, an identifier: new ones are made, and tell nothing.",
            "Leave it out.",
        )
    if purpose.sets or len(purpose.regressed) > 1:
        return purpose.sets
    if not counts_anything(purpose):
        raise RecipeError(
            "Nothing is to be counted, so there is no accuracy to foretell.",
            "Name columns, crossings, or a target with predictors in [purpose].",
        )
    shown = [c.name for c in schema.modelled][:SHOWN]
    return (*((n,) for n in shown), *combinations(shown, 2))


# -- one try ---------------------------------------------------------------------------------------


def _tried(
    recipe: Recipe,
    shape: DeclaredShape,
    rows: int,
    rng: np.random.Generator,
    progress: Progress,
    shelf: Shelf,
) -> Sides:
    """A made-up table after the steps, beside what the recipe makes of it."""
    kept = tuple(p for p in recipe.column if p.name in shape.first)
    told = recipe.model_copy(
        update={
            "column": kept,
            "protect": tuple(step.document() for step in shape.steps),
            "rules": (),
            "source": Source(),
            "people": People(rows=recipe.people.rows),
            "evaluate": EvaluatePart(),
        }
    )
    loaded = load(made_up(shape.first, rows, rng), told.budget)
    made = deidentified(told, loaded, shelf)
    before = made.private
    private = cut(told, settled(told, made, quiet))
    reported(told, private)  # noisy counts beside the rows have their share of the budget
    method = told.chosen
    noisy = method.promise is Promise.PRIVATE
    rho = private.ledger.left if noisy else Rho(0.0)
    progress(0.1, "learning")
    model = method.fit(private.portion(rho) if noisy else private, rho, progress)
    drawn = recipe.release.rows or model.rows or rows
    return sides(before, model.sample(min(drawn, 10 * rows), rng))


def made_up(schema: Schema, rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """A table of nobody: values of unequal shares, and columns that hang together.

    Each row is of one of a few kinds of people, and each kind has its own shares of the values of
    each column.
    """
    weights = 1.0 / np.arange(1, KINDS_OF_PEOPLE + 1)
    kinds = rng.choice(KINDS_OF_PEOPLE, size=rows, p=weights / weights.sum())
    codes: dict[str, Codes] = {}
    for column in schema.modelled:
        size = column.domain.size
        base = rng.permutation(np.arange(1, size + 1) ** -UNEQUAL)
        shares = base * np.exp(rng.normal(0, APART, (KINDS_OF_PEOPLE, size)))
        if isinstance(column.domain, Numbers | Dates):
            shares[:, : column.domain.intervals] *= _rising(column.domain.intervals, rng)
        if column.domain.missing and size > 1:
            shares[:, -1] = 0.03 * shares[:, :-1].sum(axis=1)
        up_to = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
        draws = rng.random(rows)
        found = np.zeros(rows, dtype=np.int64)
        for kind in range(KINDS_OF_PEOPLE):
            mine = kinds == kind
            found[mine] = np.searchsorted(up_to[kind], draws[mine])
        codes[column.name] = np.minimum(found, size - 1)
    return schema.decode(codes, rng)


def _rising(size: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """What makes kinds of people high or low in a column of numbers: kinds by intervals.

    Every such column rises or falls with the kind, so that any two have a slope that noise and
    intervals can flatten: of columns without one, a coefficient of 0 would be foretold for sure.
    """
    places = (np.arange(size) + 0.5) / size
    middles = (np.arange(KINDS_OF_PEOPLE) + 0.5) / KINDS_OF_PEOPLE
    if rng.random() < 0.5:
        middles = middles[::-1]
    return np.asarray(np.exp(-(((places - middles[:, None]) / SPREAD) ** 2) / 2))


def answers_off(
    both: Sides, schema: Schema, asked: Sequence[tuple[str, ...]], purpose: PurposePart
) -> Iterator[tuple[Expected, npt.NDArray[np.float64]]]:
    """Each sort of answer, and how far off each of its kind is."""
    states = {n: _states(both, schema, n) for n in {n for s in asked for n in s}}
    single = not purpose.sets
    for names in asked:
        real, made = (_counts(states, side, names) for side in (0, 1))
        made = made * (both.real.rows / max(both.synthetic.rows, 1))
        there = (real + made) > 0
        what = _words(names) if not single else ("any column", "any two columns")[len(names) - 1]
        usual = float(real.sum() / max(int((real > 0).sum()), 1))
        yield Expected(f"counts by {what}", 0.0, usual), np.abs(real - made)[there]
    if len(purpose.regressed) > 1:
        target, *predictors = purpose.regressed
        for name in predictors:
            found = coefficients(both, target, predictors)
            mine = [c for c in found if c.term == name or c.term.startswith(f"{name} = ")]
            apart = np.array([c.synthetic - c.real for c in mine])
            yield Expected(f"the coefficient of {name}", 0.0), apart


def _words(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _states(both: Sides, schema: Schema, name: str) -> tuple[Codes, Codes, int]:
    """The place of each row's value, real and synthetic, and how many places there are."""
    if name in both.values:
        return both.real.codes[name], both.synthetic.codes[name], both.states(name)
    domain = schema[name].domain
    assert isinstance(domain, Numbers | Dates)
    edges = np.asarray(domain.edges[1:-1])

    def cut_up(side: Side) -> Codes:
        values = side.numbers[name]
        placed = np.searchsorted(edges, values, side="right")
        return np.where(np.isnan(values), len(edges) + 1, placed)

    return cut_up(both.real), cut_up(both.synthetic), len(edges) + 2


def _counts(
    states: dict[str, tuple[Codes, Codes, int]], side: int, names: Sequence[str]
) -> npt.NDArray[np.float64]:
    """Rows in each cell of a table of some columns."""
    first, *others = names
    place = np.asarray(states[first][side], dtype=np.int64)
    for name in others:
        place = place * states[name][2] + states[name][side]
    cells = prod(states[n][2] for n in names)
    if cells > 5_000_000:
        raise RecipeError(
            f"{_words(names)} together have {cells:,} cells, more than can be counted.",
            "Cross fewer columns, or make them coarser.",
        )
    return np.bincount(place, minlength=cells).astype(np.float64)


def pooled(
    found: Sequence[Sequence[tuple[Expected, npt.NDArray[np.float64]]]],
) -> tuple[Expected, ...]:
    """All tries of each sort of answer."""
    gathered: dict[str, list[npt.NDArray[np.float64]]] = {}
    usual: dict[str, list[float]] = {}
    for expected, off in (one for turn in found for one in turn):
        gathered.setdefault(expected.what, []).append(off)
        usual.setdefault(expected.what, []).append(expected.usual)
    told = []
    for what, parts in gathered.items():
        off, count = np.concatenate(parts), float(np.mean(usual[what]))
        if not len(off):
            continue
        if count:
            told.append(Expected(what, float(np.quantile(off, SURE)), count))
        else:
            told.append(Expected(what, NORMAL * float(np.sqrt(np.mean(off**2)))))
    return tuple(told)
