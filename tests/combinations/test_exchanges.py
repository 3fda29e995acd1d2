"""What exchanges claim, against the attacker's own programs on tables small enough to solve all."""

import itertools

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from synth.combinations import bounds
from synth.combinations.bounds import bounded, width
from synth.combinations.counting import Axis, combinations
from synth.combinations.doubt import Doubtful
from synth.combinations.exchanges import after_exchanges
from synth.combinations.margins import FREE, Margins

ENOUGH = 1 << 30  # people: nothing is open by as many, so nothing is settled before its time


def sums(shape):
    """Each sum of a table: where it stands among the sums, and the cells that it adds up."""
    cells = np.indices(shape).reshape(len(shape), -1).T
    for kept in itertools.product((True, False), repeat=len(shape)):
        for states in itertools.product(
            *(range(s) if k else [-1] for s, k in zip(shape, kept, strict=True))
        ):
            inside = [
                all(w in (-1, s) for w, s in zip(states, cell, strict=True)) for cell in cells
            ]
            yield states, np.array(inside, float)


def table_of(seed, n):
    """A sparse table with all its sums, of which some are told exactly and others within bounds."""
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(2, 5 if n < 4 else 3, n))
    inside = rng.poisson(1.5, shape)
    counts = np.zeros([s + 1 for s in shape], np.int64)
    for at, cells in sums(shape):
        counts[at] = int(cells @ inside.ravel())
    up, down = (np.where(rng.random(counts.shape) < 0.85, FREE, 0) for _ in range(2))
    known = rng.random(counts.shape) < 0.3
    up[known], down[known] = rng.integers(0, 3, (2, known.sum()))
    core = (slice(None, -1),) * n
    down[core] = np.minimum(down[core], counts[core])
    told = (up < FREE) & (down < FREE)
    states = tuple(np.arange(s) for s in shape)
    return Margins(tuple(range(n)), states, counts, up, down, told), shape


def furthest(table, shape, cell):
    """The most by which a count may fall and rise, of whole people, over all tables that agree."""
    places, inside = zip(*sums(shape), strict=True)
    # A move of whole people leaves how many there are as it is.
    rooms = [[0 if set(p) == {-1} else int(x[p]) for p in places] for x in (table.down, table.up)]
    low, high = (np.array([np.inf if r == FREE else r for r in room]) for room in rooms)
    target = np.zeros(shape)
    target[tuple(cell)] = 1
    for sign in (1, -1):
        solved = milp(
            sign * target.ravel(),
            constraints=LinearConstraint(np.array(inside), -low, high),
            integrality=np.ones(target.size),
            bounds=Bounds(-1000, 1000),
        )
        yield round(abs(solved.fun))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("n", [2, 3, 4])
def test_no_count_is_moved_further_than_a_program_can(n, seed):
    table, shape = table_of(100 * n + seed, n)
    start = Doubtful.of(
        np.where(table.counts < 5, table.counts, 0)[(slice(None, -1),) * n],
        *2 * (np.zeros(shape, np.int64),),
    )
    left = after_exchanges(table, start, ENOUGH)
    still = {tuple(cell): i for i, cell in enumerate(left.cells)}
    for cell, count in zip(map(tuple, start.cells), start.counts, strict=True):
        fall, rise = furthest(table, shape, cell)
        if cell in still:
            assert left.falls[still[cell]] <= fall
            assert left.rises[still[cell]] <= rise
        else:  # open because nobody needs to be there
            assert fall == count


def test_exchanges_open_many_of_these():
    """Else the test above could not fail."""
    opened = 0
    for seed in range(12):
        table, shape = table_of(300 + seed, 3)
        cells = np.where(table.counts < 5, table.counts, 0)[:-1, :-1, :-1]
        start = Doubtful.of(cells, *2 * (np.zeros(shape, np.int64),))
        opened += len(start.cells) - len(after_exchanges(table, start, 1).cells)
    assert opened > 50


K = 6


def crowd(seed):
    """Three axes of two to four states, most people in the first ones."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 5, 3)
    return [Axis.plain(np.minimum(rng.geometric(0.4, 90) - 1, s - 1), int(s)) for s in sizes]


def betrayed(safe, axes, k):
    """Rare cells that linear programs over what is told narrow down too far, and all rare ones."""
    shape = tuple(map(int, safe.sizes))
    true = np.zeros(shape, int)
    np.add.at(true, tuple(a.codes for a in axes), 1)
    rules, low, high = [], [], []
    for at, inside in sums(shape):
        over = tuple(i for i, s in enumerate(at) if s != -1)
        place = safe.find(over, np.array([[at[i] for i in over]]))[0] if over in safe.blocks else -1
        told = not over or place >= 0
        count = safe.blocks[over].counts[place] if over and told else safe.rows
        rules.append(inside)
        low.append(count if told else 0)
        high.append(count if told else np.inf)
    rules, rare = np.array(rules), np.argwhere((true > 0) & (true < k))
    ends = [span(rules, low, high, np.ravel_multi_index(tuple(cell), shape)) for cell in rare]
    return sum(most - least < width(k) and least > 0 for least, most in ends), len(rare)


def span(rules, low, high, cell):
    target = np.zeros(rules.shape[1])
    target[cell] = 1
    given = LinearConstraint(rules, low, high)
    least, most = (milp(sign * target, constraints=given) for sign in (1, -1))
    return np.ceil(least.fun - 1e-6), np.floor(-most.fun + 1e-6)


def only_rare_ones_withheld(every, k):
    return every.with_counts(
        {a: np.where(b.counts >= k, b.counts, 0) for a, b in every.blocks.items()}
    )


def test_linear_programs_find_no_rare_cell_of_what_is_told(monkeypatch):
    """Exchanges alone have to prove what is told, and all else is withheld."""
    monkeypatch.setattr(bounds, "after_programs", lambda table, left, least: left)
    monkeypatch.setattr(bounds, "open_by_program", lambda *_: False)
    before = 0
    for seed in range(6):
        axes = crowd(seed)
        every = combinations(axes, length=3, at_least=1)
        told = only_rare_ones_withheld(every, K)
        found, rare = betrayed(told, axes, K)
        before += found
        safe = bounded(every, told, K, exact=True)
        assert len(safe) and betrayed(safe, axes, K) == (0, rare)
    assert before
