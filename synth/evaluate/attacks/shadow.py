"""Membership inference by shadow models: an attacker who has the method, and people like these.

They run the method on many tables of people of whom they know which are in, and learn from what
comes out how a person who is in leaves a trace; then they look for that trace in the release. What
a trace may be: the nearest synthetic row, and how frequent the person's values and pairs of values
are. Each is held against what the same person comes to where they are not in, so that somebody who
is unlike all others is not taken for a member because of that alone.

People in the table and people set aside take part alike: of each, half are in each shadow table, by
the same coin. So where the method gives nobody away, nothing tells one from the other.

Reference: Stadler, Oprisanu, Troncoso (2022), arXiv:2011.07018, for shadow models of synthetic
data; Carlini and others (2022), arXiv:2112.03570, for what is known of each person, and for the
true positive rate at few false ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import TypeAlias

from synth.evaluate.attacks.membership import by_distance
from synth.evaluate.attacks.nearness import metric, nearest
from synth.evaluate.attacks.threat import FEW, TOO_FEW, Attempt, Threat, unjudged
from synth.evaluate.sides import Sides, beside
from synth.lazily import np, npt, pd
from synth.progress import Progress, quiet
from synth.schema import Codes, Schema
from synth.schema.values import Values

Places: TypeAlias = "npt.NDArray[np.int64]"
Train: TypeAlias = "Callable[[Places, Places], pd.DataFrame]"
LEAST = 4  # shadow models: below, nothing can be said of what a person comes to
MOST_TARGETS = 1_000  # in the table, and as many who were set aside
MOST_IN = 5_000  # people in a shadow table
MOST_PAIRED = 20  # columns that are looked at in pairs
BINS = 16  # of numbers, by how many people are in each
NEAR = 5  # synthetic rows
THREAT = Threat(
    "membership by shadow models",
    "Somebody who has the method and its settings, and people like those in the table.",
    "They know all columns of a person, and train the method with and without people like that.",
    "They want to know whether the person was in the table, and accuse 1 in 100 wrongly at most.",
    "Take a formal promise or a lower epsilon; coarser columns and fewer of them help too.",
)
LOOKS = "leaves more of the trace of one who is in"
LITTLE_PROOF = "More shadow models, or better traces, may still work where these fail."


def shadowed(
    schema: Schema,
    tables: tuple[pd.DataFrame, pd.DataFrame],
    synthetic: pd.DataFrame,
    train: Train,
    shadows: int,
    rng: np.random.Generator,
    progress: Progress = quiet,
) -> Attempt:
    """TPR at 1 % FPR and AUC of whoever trained shadow models.

    Args:
        tables: the people in the table, and those who were set aside.
        synthetic: rows of the release.
        train: synthetic rows of the same method, of some of the people in each table.
        shadows: how many tables it is trained on, `LEAST` at least.
    """
    targets = [_some(len(t), min(MOST_TARGETS, *map(len, tables)), rng) for t in tables]
    if min(map(len, targets)) < FEW or shadows < LEAST:
        return unjudged(THREAT, TOO_FEW)
    aimed = tuple(t.iloc[p] for t, p in zip(tables, targets, strict=True))
    traces, inside = [], []
    for turn in range(shadows):
        progress(turn / (shadows + 1), f"attacks: shadow model {turn + 1} of {shadows}")
        chosen = [_drawn(len(t), p, tables, rng) for t, p in zip(tables, targets, strict=True)]
        made = train(*chosen)
        traces.append(_traces(schema, aimed, made, rng))
        inside.append(np.concatenate([np.isin(p, c) for p, c in zip(targets, chosen, strict=True)]))
    progress(shadows / (shadows + 1), "attacks: what shadow models tell of the release")
    score = _scores(np.stack(traces), np.stack(inside), _traces(schema, aimed, synthetic, rng))
    many = len(targets[0])
    return by_distance(THREAT, -score[:many], -score[many:], LITTLE_PROOF, LOOKS)


def _some(rows: int, many: int, rng: np.random.Generator) -> Places:
    return np.sort(rng.permutation(rows)[:many])


def _drawn(
    rows: int, targets: Places, tables: Sequence[pd.DataFrame], rng: np.random.Generator
) -> Places:
    """Who of one table is in a shadow table: half of the targets, and of the others a share."""
    half = targets[rng.random(len(targets)) < 0.5]
    others = np.setdiff1d(np.arange(rows), targets)
    all_others = sum(map(len, tables)) - 2 * len(targets)
    room = max(0, MOST_IN - len(targets))
    share = min(0.5, room / max(1, all_others))
    return np.sort(np.concatenate([half, others[rng.random(len(others)) < share]]))


def _traces(
    schema: Schema,
    aimed: Sequence[pd.DataFrame],
    synthetic: pd.DataFrame,
    rng: np.random.Generator,
) -> Values:
    """Targets x traces, of the targets of both tables one after the other; more is nearer."""
    members, strangers = aimed
    both = beside(schema, members, synthetic, strangers)
    assert both.holdout is not None
    order = rng.permutation(both.synthetic.rows)
    where = metric(both, both.names)
    near = [
        nearest(where, side, both.synthetic, NEAR, order)[1] for side in (both.real, both.holdout)
    ]
    far = np.concatenate(near)
    cells = _cells(both)
    told = [-np.log(far[:, 0] + 1e-3), -far.mean(axis=1)]
    told += [_frequent(cells, both, 1), _frequent(cells, both, 2)]
    return np.column_stack(told)


def _cells(both: Sides) -> list[tuple[Codes, Codes, int]]:
    """Of each column, the cell of each target and of each synthetic row, and how many there are."""
    assert both.holdout is not None
    found = []
    for name in both.names[:MOST_PAIRED]:
        if name in both.values:
            coded = [s.codes[name] for s in (both.real, both.holdout, both.synthetic)]
            found.append((np.concatenate(coded[:2]), coded[2], both.states(name)))
            continue
        values = [s.numbers[name] for s in (both.real, both.holdout, both.synthetic)]
        edges = _edges(np.concatenate(values[:2]))
        cut = [
            np.where(np.isnan(v), len(edges) + 1, np.searchsorted(edges, v, side="right"))
            for v in values
        ]
        found.append((np.concatenate(cut[:2]), cut[2], len(edges) + 2))
    return found


def _edges(values: Values) -> Values:
    """Between bins of as many people each."""
    known = values[~np.isnan(values)]
    if not len(known):
        return known
    return np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]))


def _frequent(cells: Sequence[tuple[Codes, Codes, int]], both: Sides, length: int) -> Values:
    """The mean logarithm of how frequent a target's cells are among the synthetic rows."""
    told = np.zeros(len(cells[0][0]))
    chosen = list(combinations(cells, length)) or [tuple(cells)]
    for group in chosen:
        mine, made = (np.zeros(len(g), dtype=np.int64) for g in group[0][:2])
        for own, other, states in group:
            mine, made = mine * states + own, made * states + other
        _, places = np.unique(np.concatenate([mine, made]), return_inverse=True)
        counts = np.bincount(places[len(mine) :], minlength=int(places.max()) + 1)
        told += np.log((counts[places[: len(mine)]] + 0.5) / (both.synthetic.rows + 1))
    return told / len(chosen)


def _scores(traces: Values, inside: npt.NDArray[np.bool_], released: Values) -> Values:
    """How surely each target is in the release, by what shadow models taught; more is surer.

    Args:
        traces: shadow models x targets x traces.
        inside: shadow models x targets.
    """
    from sklearn.linear_model import LogisticRegression

    out = (~inside).astype(float)[:, :, None]
    seen, total = out.sum(axis=0), (out * traces).sum(axis=0)
    overall = total.sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    mean = (total + overall) / (seen + 1)  # of a person who was always in, what all come to
    # where a person is out, their own trace is left out of what they are held against
    others = (total[None] - out * traces + overall) / (seen[None] - out + 1)
    apart = traces - others
    spread = np.sqrt(np.mean(apart**2, axis=(0, 1))) + 1e-12
    lesson = (apart / spread).reshape(-1, traces.shape[2])
    which = inside.reshape(-1).astype(int)
    if which.min() == which.max():
        return np.zeros(traces.shape[1])
    learnt = LogisticRegression().fit(lesson, which)
    return np.asarray(learnt.decision_function((released - mean) / spread))
