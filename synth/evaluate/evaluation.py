"""Everything that is measured of synthetic rows beside real ones, each figure with its references.

A number means nothing by itself. So each stands beside what two halves of the real table come to,
at the sizes of the two tables (the best that can be had), and beside the real columns shuffled
apart, each by itself (what any method without dependence comes to at best). Both are computed on
this table, not taken from a rule of thumb.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from synth.budget.eyes import ForCustodian
from synth.errors import EvaluationError
from synth.evaluate.attacks import Attempt, attacks, roles
from synth.evaluate.comparison import Comparison, compare
from synth.evaluate.likeness import (
    Marginals,
    Shape,
    Trend,
    information,
    marginals,
    shapes,
    trends,
)
from synth.evaluate.sides import Side, Sides, sides
from synth.evaluate.tasks import Coefficient, Group, Prediction, at_size, coefficients, groups, task
from synth.evaluate.telling_apart import told_apart
from synth.evaluate.verdict import Verdict, verdicts
from synth.lazily import np, pd
from synth.progress import Progress, part, quiet
from synth.vault import PrivateTable

SEED = 20  # of what is drawn for references: the same tables make the same report
SHAPES, TRENDS, TRIPLES = "column shapes", "pair trends", "three columns at a time"
FOURS, INFORMATION = "four columns at a time", "what columns tell of each other"
SEVERAL = {3: (TRIPLES, "three"), 4: (FOURS, "four")}
AUC, PMSE = "told apart by trees", "told apart by a regression"


@dataclass(frozen=True, repr=False)
class Score(ForCustodian):
    """One figure for the whole table, with its references.

    Args:
        plain: what it says, in a sentence.
        value: of the synthetic table.
        fresh: of a fresh sample of real people of that size.
        apart: of the real columns shuffled apart: what the independent method comes to at best.
        least: whether less is better.
    """

    name: str
    plain: str
    value: float
    fresh: float
    apart: float
    least: bool = False

    @property
    def off(self) -> float:
        """How far it falls short of a fresh sample, as a share of that: 0 for not at all."""
        short = self.value - self.fresh if self.least else self.fresh - self.value
        return max(0.0, short / max(abs(self.fresh), 1e-9))


@dataclass(frozen=True, repr=False)
class Evaluation(ForCustodian):
    """What was measured. For the custodian: computed from real rows, without noise.

    Args:
        scores: of the whole table, the furthest from a fresh sample first.
        shapes, trends: of each column and each pair, the least alike first.
        attacks: who would try to find people out, and what came of it; what succeeded first.
        unread: cells of the synthetic table that could not be read as the real column's are.
        untried: why no attack was tried; "" where some were, or nobody was set aside.
    """

    rows: int
    synthetic_rows: int
    holdout_rows: int
    comparison: Comparison
    scores: tuple[Score, ...]
    shapes: tuple[Shape, ...]
    trends: tuple[Trend, ...]
    marginals: tuple[Marginals, ...]
    tasks: tuple[Prediction, ...]
    coefficients: Mapping[str, tuple[Coefficient, ...]]
    groups: tuple[Group, ...]
    attacks: tuple[Attempt, ...]
    unread: Mapping[str, int]
    untried: str = ""

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        return verdicts(self.comparison)

    def document(self) -> dict[str, Any]:
        """The evaluation as plain values; it must not enter a release."""
        told = asdict(replace(self, comparison=replace(self.comparison, attacks=())))
        told["comparison"] = self.comparison.document()
        told["verdicts"] = [
            {"column": v.column, "fate": v.fate.value, "words": v.words, "remedy": v.remedy}
            for v in self.verdicts
        ]
        told["attacks"] = [attempt.document() for attempt in self.attacks]
        for score, one in zip(self.scores, told["scores"], strict=True):
            one["off"] = score.off
        return told


def evaluate(
    private: PrivateTable,
    synthetic: pd.DataFrame,
    *,
    holdout: pd.DataFrame | None = None,
    targets: Sequence[str] = (),
    known: Sequence[str] = (),
    secrets: Sequence[str] = (),
    before: Comparison | None = None,
    progress: Progress = quiet,
) -> Evaluation:
    """Measure synthetic rows beside the real ones.

    Args:
        synthetic: rows spelt as the real table's.
        holdout: real people who were kept from the method, spelt alike.
        targets: columns to predict from the others, and to regress on them.
        known: columns that an attacker may know of a person; by default quasi-identifiers.
        secrets: columns they would like to learn; by default the targets, or sensitive ones.
        before: what a run found of the same rows: it is not compared again, nor attacked where
            that was tried.

    Raises:
        EvaluationError: a column is not there, or nothing of it can be told.
    """
    rng = np.random.default_rng(SEED)
    both = sides(private, synthetic, holdout)
    _check_there(both, (*targets, *known, *secrets))
    comparison = before or compare(private, synthetic, part(progress, 0.0, 0.2))
    progress(0.2, "columns, pairs and triples")
    shaped = shapes(both.names, both.real, both.synthetic)
    trending = trends(both.names, both.real, both.synthetic)
    several = _several(both)
    held = _references(both, rng)
    scores = _scores(both, shaped, trending, several, held, part(progress, 0.25, 0.5))
    progress(0.5, "models and regressions")
    tasks = tuple(task(both, t, rng) for t in targets)
    regressions = {t: coefficients(both, t, beside=(*held.halves, held.apart)) for t in targets}
    progress(0.6, "groups of people")
    found = groups(both, rng)
    tried = comparison.attacks
    if not tried:
        told = roles(both, private.schema, known, secrets or targets)
        tried = attacks(both, *told, np.random.default_rng(SEED), part(progress, 0.65, 1.0))
    return Evaluation(
        both.real.rows,
        both.synthetic.rows,
        both.holdout.rows if both.holdout is not None else 0,
        comparison,
        tuple(sorted(scores, key=lambda s: -s.off)),
        shaped,
        trending,
        several,
        tasks,
        regressions,
        found,
        tried,
        dict(both.unread),
    )


def _several(both: Sides) -> tuple[Marginals, ...]:
    every = (marginals(both, size, np.random.default_rng(SEED)) for size in SEVERAL)
    return tuple(m for m in every if m is not None)


def _check_there(both: Sides, names: Sequence[str]) -> None:
    for name in names:
        if name not in both.names:
            raise EvaluationError(
                f"There is no column `{name}` in both tables.",
                f"Name one of {', '.join(both.names)}.",
            )


@dataclass(frozen=True, eq=False, repr=False)
class _References(ForCustodian):
    """What the figures are held against.

    Args:
        halves: of the real table; `scale` makes their distance that of a fresh sample.
        apart: the real columns, each shuffled by itself.
    """

    halves: tuple[Side, Side]
    scale: float
    apart: Side

    def fresh(self, alike: float) -> float:
        """How alike a fresh sample would be, where the halves are that alike."""
        return max(0.0, 1 - (1 - alike) * self.scale)


def _references(both: Sides, rng: np.random.Generator) -> _References:
    places = rng.permutation(both.real.rows)
    half = both.real.rows // 2
    halves = both.real.taken(places[:half]), both.real.taken(places[half:])
    scale = at_size(both.real.rows, both.synthetic.rows, half)
    return _References(halves, scale, both.real.apart(rng))


def _scores(
    both: Sides,
    shaped: Sequence[Shape],
    trending: Sequence[Trend],
    several: Sequence[Marginals],
    held: _References,
    progress: Progress,
) -> list[Score]:
    progress(0.0, "what a fresh sample would come to")
    told = _alike(both, shaped, trending, held)
    told += [_of_several(both, one, held) for one in several]
    progress(0.4, "whether a classifier can tell")
    return [*told, *_telling(both, held)]


def _alike(
    both: Sides, shaped: Sequence[Shape], trending: Sequence[Trend], held: _References
) -> list[Score]:
    names = both.names
    told = [
        Score(
            SHAPES,
            "How alike each column is by itself, on average; 1 is the same.",
            _mean([s.alike for s in shaped]),
            held.fresh(_mean([s.alike for s in shapes(names, *held.halves)])),
            _mean([s.alike for s in shapes(names, both.real, held.apart)]),
        )
    ]
    if trending:
        told.append(
            Score(
                TRENDS,
                "How alike each two columns go together, on average over all pairs; 1 is the same.",
                _mean([t.alike for t in trending]),
                held.fresh(_mean([t.alike for t in trends(names, *held.halves)])),
                _mean([t.alike for t in trends(names, both.real, held.apart)]),
            )
        )
        told.append(
            Score(
                INFORMATION,
                "How alike what two columns tell of each other is (mutual information), on average "
                "over all pairs; 1 is the same.",
                information(names, both.real, both.synthetic),
                held.fresh(information(names, *held.halves)),
                information(names, both.real, held.apart),
            )
        )
    return told


def _of_several(both: Sides, found: Marginals, held: _References) -> Score:
    rng = np.random.default_rng  # the same columns as of the synthetic rows
    beside = ((held.halves[0], held.halves[1]), (both.real, held.apart))
    told = [
        marginals(Sides(both.names, both.values, *two), found.size, rng(SEED), sampled=False)
        for two in beside
    ]
    halves, apart = (1.0 if t is None else t.alike for t in told)
    name, many = SEVERAL[found.size]
    return Score(
        name,
        f"How alike the tables of {many} columns are, on average; 1 is the same.",
        found.alike,
        held.fresh(halves),
        apart,
    )


def _telling(both: Sides, held: _References) -> list[Score]:
    rng = np.random.default_rng(SEED)
    beside = ((both.real, both.synthetic), held.halves, (both.real, held.apart))
    found = [told_apart(both.names, one, two, rng) for one, two in beside]
    auc, ratio = [t.auc for t in found], [t.pmse_ratio for t in found]
    return [
        Score(
            AUC,
            "How well trees tell a synthetic row from a real one (AUC): 0.5 is guessing, 1 always.",
            auc[0],
            auc[1],
            auc[2],
            least=True,
        ),
        Score(
            PMSE,
            "How well a regression on single columns tells them (pMSE over its expectation): below "
            "3 good, below 10 acceptable.",
            ratio[0],
            ratio[1],
            ratio[2],
            least=True,
        ),
    ]


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else 1.0
