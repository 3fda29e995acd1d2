"""Columns that follow a number or a date step by step: a band of an age, a decile of an income.

Tables of two columns are counted in groups of the number, and a group in which the other column
changes holds several of its states. Where such a table shows a function (`functions.stairs`), the
rows in each cell say where within the groups it changes. Rows are then drawn in two steps: where in
its group a number lies is drawn within the part that its row's state covers; and the other column
is read off the number that came out, so that it is a function of it in every row.

All of this is worked out from noisy tables, and free. It is arithmetic on plain arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

from synth.errors import BundleError
from synth.lazily import np, pd
from synth.schema import Codes, Counts, Dates, Numbers, Schema
from synth.schema.intervals import Cut

FEW = 20  # states of a column that is gathered and still follows in its single states


@dataclass(frozen=True)
class Following:
    """A column that is a function of another one.

    Args:
        column: the one that follows, and `of` which.
        cuts: ascending values of `of` at which the column changes; none where it goes by states.
        states: the state of the column between each two cuts, one more than there are cuts. Without
            cuts: of each state of `of`, where -1 leaves it as it was drawn.
        led: the states that give way to these; others are left as they were drawn.
    """

    column: str
    of: str
    cuts: tuple[float, ...]
    states: tuple[int, ...]
    led: frozenset[int]

    def codes(self, drawn: Codes, of: Codes, measured: Counts | None) -> Codes:
        """The states of the column.

        Args:
            drawn: those that were drawn.
            of: states of the column that it follows.
            measured: what that column's values measure; NaN where they are no quantity.
        """
        told = np.asarray(self.states)
        if measured is None:
            found = told[of.astype(np.int64)]
        else:
            slack = 1e-9 * np.maximum(1, np.abs(self.cuts))
            found = told[np.searchsorted(np.asarray(self.cuts) - slack, measured, side="right")]
            found = np.where(np.isnan(measured), -1, found)
        led = np.isin(drawn, list(self.led)) & (found >= 0)
        return np.where(led, found, drawn).astype(drawn.dtype)

    def within(self, split: Counts, domain: Cut, group_of: Sequence[int], groups: int) -> Counts:
        """The chances of states of `of` in each of its groups, for each group of the column.

        Args:
            split: one line per group of `of`, one column per state.
            group_of: the group of each state of the column; -1 for one that cannot be.
            groups: how many there are.

        Returns:
            One line per group of `of` and group of the column, the latter in turn.
        """
        edges, cuts = np.asarray(domain.edges), np.asarray(self.cuts)
        ends = np.concatenate([[-np.inf], cuts, [np.inf]])
        low, high = np.maximum(edges[:-1, None], ends[:-1]), np.minimum(edges[1:, None], ends[1:])
        share = np.maximum(high - low, 0) / np.diff(edges)[:, None]
        parts = np.ones((split.shape[1], groups))
        covered = np.zeros((domain.intervals, groups))
        for piece, state in enumerate(self.states):
            if group_of[state] >= 0:
                covered[:, group_of[state]] += share[:, piece]
        led = sorted({group_of[s] for s in self.led} - {-1})
        parts[: domain.intervals, led] = covered[:, led]
        found = split[:, None, :] * parts.T[None, :, :]
        usual = np.broadcast_to(split[:, None, :], found.shape)
        told = np.where(found.sum(axis=2, keepdims=True) > 0, found, usual)
        return np.asarray(told.reshape(-1, split.shape[1]))

    def document(self) -> dict[str, Any]:
        return {
            "column": self.column,
            "of": self.of,
            "cuts": list(self.cuts),
            "states": list(self.states),
            "led": sorted(self.led),
        }

    @classmethod
    def restored(cls, document: Mapping[str, Any], schema: Schema) -> Self:
        """Raises BundleError: it does not fit the schema."""
        column, of = str(document["column"]), str(document["of"])
        cuts = tuple(float(c) for c in document["cuts"])
        states = tuple(int(s) for s in document["states"])
        led = frozenset(int(s) for s in document["led"])
        fits = column in schema.names and of in schema.names and column != of
        fits = fits and bool(np.isfinite(cuts).all()) and all(a < b for a, b in pairwise(cuts))
        if fits:
            by_cuts, size = bool(cuts), schema[of].domain.size
            fits = len(states) == (len(cuts) + 1 if by_cuts else size)
            fits = fits and (not by_cuts or isinstance(schema[of].domain, Cut))
            least = 0 if by_cuts else -1
            fits = fits and all(least <= s < schema[column].domain.size for s in states)
            fits = fits and all(0 <= s < schema[column].domain.size for s in led)
        if not fits:
            raise BundleError(
                f"What `{column}` follows does not fit the schema.",
                "The model file is damaged; make it again.",
            )
        return cls(column, of, cuts, states, led)


def followed(
    frame: pd.DataFrame,
    codes: Mapping[str, Codes],
    follows: Sequence[Following],
    schema: Schema,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """The rows, with each column that follows another read off it; in the order of `follows`."""
    now = dict(codes)
    for one in follows:
        domain = schema[one.of].domain
        measured = None
        if one.cuts:
            assert isinstance(domain, Cut)
            measured = np.where(
                now[one.of] < domain.intervals, _measured(domain, frame[one.of]), np.nan
            )
        now[one.column] = one.codes(now[one.column], now[one.of], measured)
        frame[one.column] = schema[one.column].domain.decode(now[one.column], rng)
    return frame


def _measured(domain: Cut, values: pd.Series) -> Counts:
    read = domain.read(values)
    return np.asarray(read.measures if read.where is None else read.measures[read.where])


def following(
    pair: tuple[str, str],
    path: Sequence[tuple[int, int]],
    rows: Counts,
    split: Counts,
    inner: Counts,
    domain: Numbers | Dates,
) -> Following | None:
    """What a column follows, by the rows in the cells of its stairs; None where nothing changes.

    Args:
        pair: the number or date, and the column that follows.
        path: cells from the first to the last, in groups of both, see `functions.stairs`.
        rows: expected rows of each cell.
        split: the chances of the states of each group of the number.
        inner: of the other column, states of a group in their order.
        domain: of the number.
    """
    shares, states = _pieces(path, rows, inner)
    by_line = np.zeros(len(split))
    for cell in path:
        by_line[cell[0]] += rows[cell]
    fine = (by_line[:, None] * split)[:, : domain.intervals].sum(axis=0)
    ends = np.concatenate([[0.0], np.cumsum(fine)]) / max(float(fine.sum()), 1e-9)
    at = [*at_values(np.cumsum(shares)[:-1], ends, domain), domain.edges[-1] + 1]
    cuts, told, last = [], [], domain.edges[0]
    for end, state in zip(at, states, strict=True):
        if end > last:  # or no value is left to the state
            cuts.append(end)
            told.append(state)
            last = end
    if len(told) < 2:
        return None
    return Following(pair[1], pair[0], tuple(cuts[:-1]), tuple(told), frozenset(states))


def _pieces(
    path: Sequence[tuple[int, int]], rows: Counts, inner: Counts
) -> tuple[Counts, list[int]]:
    """The share of rows of each state along the stairs, and which it is."""
    groups = list(dict.fromkeys(group for _, group in path))
    falling = len(groups) > 1 and groups[0] > groups[-1]
    shares, states = [], []
    for group in groups:
        held = sum(max(float(rows[cell]), 1e-9) for cell in path if cell[1] == group)
        inside = np.flatnonzero(inner[group] > 0)
        for state in inside[::-1] if falling else inside:
            shares.append(held * inner[group, state])
            states.append(int(state))
    return np.asarray(shares) / sum(shares), states


def at_values(shares: Counts, ends: Counts, domain: Numbers | Dates) -> tuple[float, ...]:
    """The first value beyond each share of the rows, on the grid of the column.

    Args:
        ends: the share of rows up to each edge.
    """
    edges = np.asarray(domain.edges)
    values = np.interp(shares, ends, edges)
    unit = _unit(domain)
    if unit:
        k = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, domain.intervals - 1)
        first = np.ceil(np.round(edges[k] / unit, 6))
        values = (first + np.round(values / unit - first)) * unit
        if isinstance(domain, Numbers) and domain.decimals is not None:
            scale = 10.0**domain.decimals
            values = np.round(values * scale / domain.step) * domain.step / scale
    return tuple(float(v) for v in values)


def _unit(domain: Numbers | Dates) -> float:
    """Between two values that can be told apart; 0 where that is not known."""
    if isinstance(domain, Dates):
        return domain.resolution
    return 0.0 if domain.decimals is None else domain.step / 10.0**domain.decimals
