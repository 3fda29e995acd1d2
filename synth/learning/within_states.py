"""Cells out of order, moved within the states they were drawn in to where they are in order.

The states are what a model learnt; where in one a cell lies was chance, and is drawn once more. So
nothing that was learnt changes, and nothing that is promised of states.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from synth.lazily import np, pd
from synth.schema import Codes, Schema
from synth.schema.intervals import Cut
from synth.schema.obeying import Marked, breaking
from synth.schema.rules import InOrder, Rule

TRIES = 12  # other places that are drawn for a cell


def in_order(
    batch: pd.DataFrame, rules: Sequence[Rule], schema: Schema, rng: np.random.Generator
) -> pd.DataFrame:
    """The rows, with cells moved that were out of order and may be in order in their states.

    Args:
        rules: those of an order alone.
    """
    if not rules:
        return batch
    places = np.flatnonzero(_unordered(batch, rules, schema))
    names = list(dict.fromkeys(n for r in rules for n in r.columns))
    cut = [n for n in names if isinstance(schema[n].domain, Cut)]
    states = {n: schema.domain(n).encode(batch[n].iloc[places]) for n in cut}
    may = _may(states, rules, schema, len(places))
    places, states = places[may], {n: s[may] for n, s in states.items()}
    moved: list[tuple[Codes, pd.DataFrame]] = []
    for _ in range(TRIES):
        if not places.size:
            break
        tried = batch[names].iloc[places].reset_index(drop=True)
        for name in cut:
            made = schema.domain(name).decode(states[name], rng)
            tried[name] = made.astype(batch[name].dtype)
        done = ~_unordered(tried, rules, schema)
        moved.append((places[done], tried[done]))
        places, states = places[~done], {n: s[~done] for n, s in states.items()}
    return _put(batch, moved, cut)


def _put(
    batch: pd.DataFrame, moved: Sequence[tuple[Codes, pd.DataFrame]], names: Sequence[str]
) -> pd.DataFrame:
    if not moved:
        return batch
    places = np.concatenate([at for at, _ in moved])
    cells = pd.concat([rows for _, rows in moved], ignore_index=True)
    for name in names:
        column = batch[name].copy()
        column.iloc[places] = cells[name].to_numpy()
        batch[name] = column
    return batch


def _unordered(frame: pd.DataFrame, rules: Sequence[Rule], schema: Schema) -> Marked:
    found = [breaking(rule, frame, schema) for rule in rules]
    return np.asarray(np.logical_or.reduce(found))


def _may(states: Mapping[str, Codes], rules: Sequence[Rule], schema: Schema, rows: int) -> Marked:
    """Rows of which no two states are out of order wherever in them the cells lie."""
    may = np.ones(rows, dtype=bool)
    for rule in rules:
        told = rule.says
        if not isinstance(told, InOrder) or not set(told.columns) <= set(states):
            continue
        low, high = told.first, told.second
        if not told.relation.rising:
            low, high = high, low
        one, other = schema[low].domain, schema[high].domain
        assert isinstance(one, Cut) and isinstance(other, Cut)
        start = np.append(one.edges[:-1], [-np.inf] * (one.size - one.intervals + 1))
        end = np.append(other.edges[1:], [np.inf] * (other.size - other.intervals + 1))
        may &= start[states[low]] < end[states[high]]
    return may
