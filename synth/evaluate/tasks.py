"""What a model or a regression made from synthetic rows is worth for real people.

Train on synthetic, test on real (TSTR), beside training on real rows; coefficients of a linear
regression, and how far their intervals overlap. Reference for the overlap: Karr, Kohnen, Oganian,
Reiter, Sanil (2006), doi:10.1198/000313006X124640, section 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from synth.budget.eyes import ForCustodian
from synth.errors import EvaluationError
from synth.evaluate.likeness import distance
from synth.evaluate.sides import Side, Sides
from synth.lazily import np, npt
from synth.schema.values import Values

MOST_ROWS = 20_000
TESTED = 0.3  # of the real rows are kept for the test, where there is no holdout
MOST_CLASSES = 20
NORMAL = 1.96  # a 95 % interval, in standard errors
WIDE = 8  # values of a predictor with a coefficient each
FEW_ROWS = 30  # of a group, below which nothing is said of it


@dataclass(frozen=True, repr=False)
class Prediction(ForCustodian):
    """A model of one column by the others, judged on real rows that neither had.

    Args:
        measure: "AUC" (of classes: the mean over pairs of them) or "R²".
        synthetic, real: trained on synthetic rows, and on as many real ones as there are.
        apart: trained on the real columns shuffled apart.
        guess: what saying the same of everybody comes to.
    """

    target: str
    measure: str
    synthetic: float
    real: float
    apart: float
    guess: float


@dataclass(frozen=True, repr=False)
class Coefficient(ForCustodian):
    """One coefficient of a linear regression on both tables, per standard deviation.

    Args:
        overlap: of the two 95 % intervals: 1 the same, 0 just touching, below that apart.
        fresh: the overlap of one half of the real rows with the other.
        apart: that of the real rows with the real columns shuffled apart.
    """

    term: str
    real: float
    real_error: float
    synthetic: float
    synthetic_error: float
    overlap: float
    fresh: float = 1.0
    apart: float = 0.0


@dataclass(frozen=True, repr=False)
class Group(ForCustodian):
    """People with one value of a column.

    Args:
        real, synthetic: their share of all rows.
        off: mean distance of the other columns among them; `fresh` that of half of the real ones
            from the other half, at that size.
    """

    column: str
    value: str
    real: float
    synthetic: float
    off: float
    fresh: float


def task(both: Sides, target: str, rng: np.random.Generator) -> Prediction:
    """Train on synthetic rows, test on real ones.

    Raises:
        EvaluationError: the target is not there, or holds nothing to be told.
    """
    from threadpoolctl import threadpool_limits

    if target not in both.names:
        raise EvaluationError(
            f"There is no column `{target}` to predict.", f"Name one of {', '.join(both.names)}."
        )
    places = rng.permutation(both.real.rows)
    held = both.holdout or both.real.taken(places[: round(TESTED * len(places))])
    own = both.real if both.holdout else both.real.taken(places[round(TESTED * len(places)) :])
    three = (both.synthetic, own, own.apart(rng))
    trained = [s.taken(rng.permutation(s.rows)[:MOST_ROWS]) for s in three]
    names = [n for n in both.names if n != target]
    with threadpool_limits(limits=1):  # on a busy server threads cost more than they save
        if target in both.values:
            return _classes(both, names, target, trained, held)
        return _numbers(names, target, trained, held)


def _classes(
    both: Sides, names: Sequence[str], target: str, trained: Sequence[Side], held: Side
) -> Prediction:
    counts = np.bincount(held.codes[target], minlength=both.states(target))
    told = np.flatnonzero(counts >= 2)
    told = told[np.argsort(-counts[told], kind="stable")][:MOST_CLASSES]
    if len(told) < 2:
        raise EvaluationError(
            f"`{target}` has the same value in nearly every row.", "Name another column to predict."
        )
    keep = np.isin(held.codes[target], told)
    test = held.taken(np.flatnonzero(keep))
    scores = [_auc(names, target, side, test, told) for side in trained]
    return Prediction(target, "AUC", scores[0], scores[1], scores[2], 0.5)


def _auc(
    names: Sequence[str], target: str, side: Side, test: Side, told: npt.NDArray[np.int64]
) -> float:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score

    known = side.taken(np.flatnonzero(np.isin(side.codes[target], told)))
    seen = np.unique(known.codes[target])
    if len(seen) < 2:
        return 0.5
    trees = HistGradientBoostingClassifier(max_iter=60, random_state=0)
    trees.fit(features(names, known), known.codes[target])
    found = trees.predict_proba(features(names, test))
    chances = np.zeros((test.rows, len(told)))
    for i, state in enumerate(told):
        if state in seen:
            chances[:, i] = found[:, int(np.searchsorted(seen, state))]
    truth = test.codes[target]
    aucs = [
        roc_auc_score(truth == state, chances[:, i])
        for i, state in enumerate(told)
        if 0 < (truth == state).sum() < len(truth)
    ]
    return float(np.mean(aucs))


def _numbers(names: Sequence[str], target: str, trained: Sequence[Side], held: Side) -> Prediction:
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.metrics import r2_score

    test = held.taken(np.flatnonzero(~np.isnan(held.numbers[target])))
    scores = []
    for side in trained:
        known = side.taken(np.flatnonzero(~np.isnan(side.numbers[target])))
        if known.rows < 2 or test.rows < 2:
            raise EvaluationError(
                f"`{target}` is missing in nearly every row.", "Name another column to predict."
            )
        trees = HistGradientBoostingRegressor(max_iter=60, random_state=0)
        trees.fit(features(names, known), known.numbers[target])
        scores.append(float(r2_score(test.numbers[target], trees.predict(features(names, test)))))
    return Prediction(target, "R²", scores[0], scores[1], scores[2], 0.0)


def features(names: Sequence[str], side: Side) -> Values:
    """One column per column, as trees take them: missing numbers as NaN."""
    return np.column_stack(
        [side.numbers[n] if n in side.numbers else side.codes[n].astype(float) for n in names]
    )


# -- a regression ----------------------------------------------------------------------------------


def coefficients(
    both: Sides,
    target: str,
    predictors: Sequence[str] = (),
    beside: tuple[Side, Side, Side] | None = None,
) -> tuple[Coefficient, ...]:
    """A linear regression of a column on others, on both tables; least overlap first.

    Of a category, the target is whether it has its most frequent value.

    Args:
        predictors: all other columns, if left out.
        beside: two halves of the real rows, and their columns shuffled apart, for the references.
    """
    names = [n for n in (predictors or both.names) if n != target]
    terms = _terms(both, names)
    sides = (both.real, both.synthetic, *(beside or ()))
    fitted = [_fitted(both, side, terms, target) for side in sides]
    told = []
    for place, (name, value) in enumerate(terms):
        (one, first), (two, second), *others = ((f[0][place], f[1][place]) for f in fitted)
        held = [overlap(*others[0], *others[1]), overlap(one, first, *others[2])] if others else []
        word = name if value < 0 else f"{name} = {_worded(both, name, value)}"
        told.append(
            Coefficient(word, one, first, two, second, overlap(one, first, two, second), *held)
        )
    return tuple(sorted(told, key=lambda c: c.overlap))


def _worded(both: Sides, name: str, state: int) -> str:
    values = both.values[name]
    return values[state] if state < len(values) else "(missing)"


def _terms(both: Sides, names: Sequence[str]) -> list[tuple[str, int]]:
    """Columns of numbers, and the frequent values of others but the most frequent one."""
    terms: list[tuple[str, int]] = []
    for name in names:
        if name in both.real.numbers:
            terms.append((name, -1))
            continue
        counts = np.bincount(both.real.codes[name], minlength=both.states(name))
        frequent = np.argsort(-counts, kind="stable")[1:WIDE]
        terms += [(name, int(s)) for s in frequent if counts[s] >= FEW_ROWS]
    return terms


def _fitted(
    both: Sides, side: Side, terms: Sequence[tuple[str, int]], target: str
) -> tuple[Values, Values]:
    """Coefficients and their standard errors, by least squares."""
    columns = [np.ones(side.rows)]
    for name, state in terms:
        columns.append(_centred(both, side, name) if state < 0 else _dummy(side, name, state))
    x = np.column_stack(columns)
    if target in both.values:
        most = int(np.bincount(both.real.codes[target]).argmax())
        y = _dummy(side, target, most)
    else:
        y = _centred(both, side, target)
    inverse = np.linalg.pinv(x.T @ x)
    beta = inverse @ x.T @ y
    residual = y - x @ beta
    free = max(side.rows - x.shape[1], 1)
    errors = np.sqrt(np.maximum(np.diag(inverse), 0) * float(residual @ residual) / free)
    return beta[1:], errors[1:]


def _dummy(side: Side, name: str, state: int) -> Values:
    return np.asarray((side.codes[name] == state).astype(float))


def _centred(both: Sides, side: Side, name: str) -> Values:
    """In standard deviations of the real column from its mean, which stands for missing ones."""
    known = both.real.numbers[name]
    if np.isnan(known).all():
        return np.zeros(side.rows)
    middle, spread = float(np.nanmean(known)), float(np.nanstd(known)) or 1.0
    return np.nan_to_num((side.numbers[name] - middle) / spread)


def overlap(one: float, first: float, two: float, second: float) -> float:
    """The mean share of two 95 % intervals that lies in the other; below 0 where they are apart."""
    low = max(one - NORMAL * first, two - NORMAL * second)
    high = min(one + NORMAL * first, two + NORMAL * second)
    widths = [2 * NORMAL * e for e in (first, second)]
    if min(widths) <= 0:
        return 1.0 if one == two else 0.0
    return sum((high - low) / w for w in widths) / 2


# -- groups ----------------------------------------------------------------------------------------


def groups(both: Sides, rng: np.random.Generator) -> tuple[Group, ...]:
    """Values of the short columns: who loses rows, or is misstated; the worst first.

    Reference: Bhanot et al. (2021), "The problem of fairness in synthetic healthcare data",
    doi:10.3390/e23091165.
    """
    told = []
    for name, values in both.values.items():
        if len(values) > MOST_CLASSES:
            continue
        for state, value in enumerate(values):
            there = np.flatnonzero(both.real.codes[name] == state)
            if len(there) >= FEW_ROWS:
                told.append(_group(both, name, state, value, there, rng))
    return tuple(sorted(told, key=lambda g: g.fresh - g.off))


def _group(
    both: Sides,
    name: str,
    state: int,
    value: str,
    there: npt.NDArray[np.int64],
    rng: np.random.Generator,
) -> Group:
    made = np.flatnonzero(both.synthetic.codes[name] == state)
    shares = len(there) / both.real.rows, len(made) / max(both.synthetic.rows, 1)
    others = [n for n in both.names if n != name]
    if not len(made) or not others:
        return Group(name, value, *shares, 1.0 if not len(made) else 0.0, 0.0)
    real = both.real.taken(rng.permutation(there))
    half = real.rows // 2
    one, two = real.taken(np.arange(half)), real.taken(np.arange(half, real.rows))
    off = _mean_off(both, others, real, both.synthetic.taken(made))
    fresh = _mean_off(both, others, one, two) * at_size(real.rows, len(made), half)
    return Group(name, value, *shares, off, fresh)


def at_size(rows: int, made: int, half: int) -> float:
    """A distance of two halves, as that of a table and a fresh sample of some size would be."""
    return sqrt((1 / rows + 1 / max(made, 1)) / (2 / max(half, 1)))


def _mean_off(both: Sides, names: Sequence[str], one: Side, two: Side) -> float:
    return float(np.mean([_off(both, n, one, two) for n in names]))


def _off(both: Sides, name: str, one: Side, two: Side) -> float:
    if name in both.values:
        return distance([one.codes[name]], [two.codes[name]])
    known = both.real.numbers[name]
    known = known[~np.isnan(known)]
    edges = np.unique(np.quantile(known, np.linspace(0.1, 0.9, 9))) if len(known) else known
    cut = [
        np.where(np.isnan(s.numbers[name]), -1, np.searchsorted(edges, s.numbers[name])) + 1
        for s in (one, two)
    ]
    return distance([cut[0]], [cut[1]])
