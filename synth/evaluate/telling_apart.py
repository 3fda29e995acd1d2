"""Can a classifier tell synthetic rows from real ones? Propensity scores, and area under a curve.

pMSE: the mean squared distance of a logistic regression's scores from the share of synthetic rows,
over what it comes to where a right model was fitted. Reference: Snoke, Raab,
Nowok, Dibben, Slavkovic (2018), doi:10.1111/rssa.12358, section 3. AUC: of gradient-boosted trees,
on rows they were not grown on.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from synth.budget.eyes import ForCustodian
from synth.evaluate.sides import Side
from synth.lazily import np
from synth.schema.values import Values

FOLDS = 5
MOST_ROWS = 20_000  # of each table; a classifier learns little from more
WIDE = 20  # values of a column that have a coefficient each; rarer ones share one


@dataclass(frozen=True, repr=False)
class ToldApart(ForCustodian):
    """How well the two can be told apart.

    Args:
        auc: 0.5 where trees can only guess, 1 where they are always right.
        pmse_ratio: pMSE over its expectation for rows drawn from a right model that was fitted to
            the real ones: 1 is ideal, two samples of the same people come to about 2; below 3 is
            good and below 10 acceptable (synthpop's rule).
    """

    auc: float
    pmse_ratio: float


def told_apart(
    names: Sequence[str], real: Side, other: Side, rng: np.random.Generator
) -> ToldApart:
    """How well a classifier tells the rows of two tables apart, from at most MOST_ROWS of each."""
    sides = [_some(s, rng) for s in (real, other)]
    if min(s.rows for s in sides) < 2 * FOLDS:
        return ToldApart(0.5, 1.0)
    which = np.repeat([0, 1], [s.rows for s in sides])
    return ToldApart(_auc(_plainly(names, sides), which), _pmse_ratio(_terms(names, sides), which))


def _some(side: Side, rng: np.random.Generator) -> Side:
    if side.rows <= MOST_ROWS:
        return side
    return side.taken(rng.choice(side.rows, MOST_ROWS, replace=False))


def _plainly(names: Sequence[str], sides: Sequence[Side]) -> Values:
    """One column per column, missing numbers as NaN; categories by how frequent they are."""
    columns = []
    for name in names:
        if name in sides[0].numbers:
            columns.append(np.concatenate([s.numbers[name] for s in sides]))
        else:
            codes = np.concatenate([s.codes[name] for s in sides])
            counts = np.bincount(codes)
            columns.append(np.argsort(np.argsort(-counts, kind="stable"))[codes].astype(float))
    return np.column_stack(columns)


def _auc(features: Values, which: Values) -> float:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from threadpoolctl import threadpool_limits

    trees = HistGradientBoostingClassifier(max_iter=60, random_state=0)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    with threadpool_limits(limits=1):  # on a busy server threads cost eight times what they save
        chances = cross_val_predict(trees, features, which, cv=folds, method="predict_proba")
    return float(roc_auc_score(which, chances[:, 1]))


def _terms(names: Sequence[str], sides: Sequence[Side]) -> Values:
    """The terms of a logistic regression: main effects, standardised; without an intercept."""
    terms: list[Values] = []
    for name in names:
        if name in sides[0].numbers:
            values = np.concatenate([s.numbers[name] for s in sides])
            missing = np.isnan(values)
            middle = float(np.nanmean(values)) if not missing.all() else 0.0
            terms += [np.where(missing, middle, values), missing.astype(float)]
        else:
            codes = np.concatenate([s.codes[name] for s in sides])
            frequent = np.argsort(-np.bincount(codes), kind="stable")[:WIDE]
            terms += [(codes == state).astype(float) for state in frequent[1:]]
    made = np.column_stack(terms)
    made = made[:, made.std(axis=0) > 0]
    return np.asarray((made - made.mean(axis=0)) / made.std(axis=0))


def _pmse_ratio(terms: Values, which: Values) -> float:
    """pMSE over its null expectation, (k - 1) c (1 - c)^2 / N for k coefficients."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    if not terms.shape[1]:
        return 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # tables told apart without any doubt
        fitted = LogisticRegression(C=1e6, max_iter=300).fit(terms, which)
    scores = fitted.predict_proba(terms)[:, 1]
    share, rows = float(which.mean()), len(which)
    coefficients = int(np.linalg.matrix_rank(terms))  # the intercept is the one that is taken off
    expected = coefficients * share * (1 - share) ** 2 / rows
    return float(((scores - share) ** 2).mean() / expected)
