"""What is measured of a release whose real rows stay in their engine: all that counts can tell.

Columns and pairs are those of the comparison, and tables of three columns are counted in the engine
as well. Whatever looks at rows one by one is left out, and named: models, regressions, whether
somebody could tell the rows apart, and every attack. As numbers and dates are cut at the release's
own intervals, what is lost inside them does not show.
"""

from __future__ import annotations

from itertools import combinations

from synth.budget import Audience
from synth.evaluate.comparison import (
    MOST_BINS,
    MOST_PAIRED,
    Comparison,
    fresh_distance,
    shares,
    total_variation,
    under,
)
from synth.evaluate.evaluation import SEED, SHAPES, TRENDS, TRIPLES, Evaluation, Score
from synth.evaluate.likeness import Shape, Trend
from synth.lazily import np, pd
from synth.progress import Progress, quiet
from synth.schema import Counts
from synth.schema.tables import bincount
from synth.vault import PrivateTable
from synth.vault.bins import coarser, stated

WHY = "three columns at a time, where the rows are"
MOST_TRIPLES = 20  # each is a query of the engine
UNTRIED = (
    "The rows stay in their engine, and every attack takes the rows themselves: none was tried."
)


def of_counts(
    private: PrivateTable,
    synthetic: pd.DataFrame,
    comparison: Comparison,
    progress: Progress = quiet,
) -> Evaluation:
    """The measures of a run whose rows stay, for the custodian.

    Args:
        private: the real rows as a custodian compares them.
        comparison: of the same rows.
    """
    progress(0.1, "three columns at a time")
    three = _triples(private, synthetic)
    alone = [Shape(h.column, "TV", 1 - h.tvd) for h in comparison.columns]
    paired = [Trend(p.first, p.second, "contingency", 1 - p.tvd) for p in comparison.pairs]
    scores = (*_scores(comparison), *((three,) if three else ()))
    progress(1.0, "done")
    return Evaluation(
        comparison.rows,
        comparison.synthetic_rows,
        0,
        comparison,
        tuple(sorted(scores, key=lambda s: -s.off)),
        tuple(sorted(alone, key=lambda s: s.alike)),
        tuple(sorted(paired, key=lambda t: t.alike)),
        (),
        (),
        {},
        (),
        (),
        {},
        UNTRIED,
    )


def _scores(found: Comparison) -> list[Score]:
    told = [
        Score(
            SHAPES,
            "How alike each column is by itself, on average, in the intervals of the release; 1 is "
            "the same.",
            1 - found.one_way,
            1 - found.fresh_one_way,
            1.0,
        )
    ]
    if found.pairs:
        told.append(
            Score(
                TRENDS,
                "How alike each two columns go together, on average over all pairs, in at most "
                f"{MOST_BINS} groups each; 1 is the same.",
                1 - found.two_way,
                1 - found.fresh_two_way,
                1 - found.apart_two_way,
            )
        )
    return told


def _triples(private: PrivateTable, synthetic: pd.DataFrame) -> Score | None:
    """Some tables of three columns, counted where the rows are; None of fewer columns."""
    names = [c.name for c in private.schema.modelled if c.name in synthetic][:MOST_PAIRED]
    every = list(combinations(names, 3))
    if not every:
        return None
    picked = np.random.default_rng(SEED).permutation(len(every))[:MOST_TRIPLES]
    domains = {}
    for name in dict.fromkeys(n for i in picked for n in every[i]):
        real = private.exact_table((name,), WHY, Audience.CUSTODIAN).astype(np.float64)
        domains[name] = coarser(stated(private.schema.domain(name)), real, MOST_BINS)
    seen = under(private, domains)
    codes = {n: d.encode(synthetic[n]) for n, d in domains.items()}
    found = []
    for i in picked:
        real = seen.exact_table(every[i], WHY, Audience.CUSTODIAN).astype(np.float64)
        fake = bincount([codes[n] for n in every[i]], real.shape).astype(np.float64)
        found.append(_three(real, fake))
    off, fresh, apart = (float(x) for x in np.mean(found, axis=0))
    return Score(
        TRIPLES,
        f"How alike the tables of three columns are, on average over {len(found)} of them; 1 is "
        "the same.",
        1 - off,
        1 - fresh,
        1 - apart,
    )


def _three(real: Counts, fake: Counts) -> tuple[float, float, float]:
    """How far a table is off, a fresh sample would be, and columns on their own would be."""
    p, q = shares(real), shares(fake)
    sizes = float(real.sum()), float(fake.sum())
    sides = [p.sum(axis=tuple(j for j in range(3) if j != i)) for i in range(3)]
    alone = sides[0][:, None, None] * sides[1][None, :, None] * sides[2][None, None, :]
    return total_variation(p, q), fresh_distance(p, *sizes), fresh_distance(p, *sizes, alone)
