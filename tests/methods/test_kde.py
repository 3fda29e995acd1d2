"""Blurred rows: what many rows share stays as it is, and nobody goes where nobody was."""

import numpy as np
import pandas as pd

from synth.budget import Statement
from synth.learning.pool import Pool
from synth.methods.kde import _Blur, _Scale
from synth.schema import Column, Dates, Kind, Numbers, Origin, Role, Schema


def numbers(edges: list[float], decimals: int = 0) -> Numbers:
    return Numbers(tuple(edges), Origin.OBSERVED, True, decimals)


def test_a_value_that_many_rows_share_is_not_moved_along_the_others():
    domain = numbers([0, 1, 10, 20, 30, 31, 40])
    codes = np.repeat(
        [0, 1, 2, 3, 5, 6], [600, 100, 100, 100, 90, 10]
    )  # nobody at 30; some missing
    scale = _Scale.of(domain, codes)
    assert scale.moving.tolist() == [1, 2, 3, 5]
    noise = np.linspace(-9, 9, len(codes))
    moved = scale.shifted(codes, noise)
    kept = scale.fixed(codes)
    assert (moved[kept] == codes[kept]).all() and set(moved[~kept]) == {1, 2, 3, 5}


def test_half_steps_stay_half_steps():
    edges = sorted({round(v + s, 1) for v in np.arange(0, 4, 0.5) for s in (0, 0.1)})
    domain = numbers(edges, 1)
    codes = domain.encode(pd.Series(np.arange(0, 4, 0.5).repeat(50))).astype(np.int64)
    moved = _Scale.of(domain, codes).shifted(codes, np.linspace(-3, 3, len(codes)))
    assert set(moved) <= set(codes)


def test_as_many_rows_leave_a_shared_value_as_come_to_it():
    """In expectation, exactly: a row is moved where it or what is drawn for it is shared."""
    domain = numbers([0, 1, 10, 20, 30])
    schema = Schema((Column("x", domain, Kind.INTEGER, Role.PLAIN),))
    rows = np.repeat([0, 1, 2, 3], [600, 200, 100, 100])[:, None]
    blur = _Blur.of(rows, ("x",), schema)
    for width in (0.1, 1.0):
        moved = blur.drawn(rows, 200_000, width, np.random.default_rng(5))
        share = (moved[:, 0] == 0).mean()
        assert abs(share - 0.6) < 8 * np.sqrt(0.24 / 200_000)  # chance of more: below 1e-14


def test_columns_whose_zeros_go_together_keep_them_together():
    """Each zero changed on its own before: at a width of a half, a quarter of the rows had one."""
    rng = np.random.default_rng(6)
    domain = numbers([0, 1, *range(100, 1100, 50)])
    size = np.where(rng.random(4000) < 0.4, 0, rng.integers(2, 20, 4000))
    apart = np.where(rng.random(4000) < 0.5, 0, rng.integers(2, 20, 4000))
    names = "one", "other", "apart"
    schema = Schema(tuple(Column(n, domain, Kind.INTEGER, Role.PLAIN) for n in names))
    rows = np.column_stack([size, np.where(size > 0, np.minimum(size + 1, 20), 0), apart])
    blur = _Blur.of(rows, names, schema)
    assert blur.groups == ((0, 1), (2,))
    moved = blur.drawn(rows, 20_000, 0.5, rng)
    assert ((moved[:, 0] == 0) == (moved[:, 1] == 0)).all()
    assert np.corrcoef(moved[:, 0], moved[:, 1])[0, 1] > 0.95
    assert abs((moved[:, 0] == 0).mean() - 0.4) < 0.05


def test_two_nearly_equal_amounts_go_together_within_their_intervals():
    """Drawn there independently, .9997 came out at .88: the last interval holds half of the sum."""
    rng = np.random.default_rng(4)
    first = np.where(rng.random(3000) < 0.33, 0, rng.lognormal(7, 1, 3000)).round(2)
    table = pd.DataFrame({"a": first, "b": (first * rng.lognormal(0, 0.02, 3000)).round(2)})
    later = pd.Timestamp("2020-01-01") + pd.to_timedelta(table["a"].rank(), "D")
    table["day"] = later.dt.strftime("%Y-%m-%d")
    cuts = np.quantile(first[first > 0], np.linspace(0, 1, 20))[1:-1]
    edges = [0, 0.01, *cuts, first.max() * 1.1]
    days = Dates(tuple(float(1_577_836_800 + 86_400 * n) for n in range(0, 3100, 100)))
    domains = {"a": numbers(edges, 2), "b": numbers(edges, 2), "day": days}
    schema = Schema(tuple(Column(n, d, Kind.REAL) for n, d in domains.items()))
    codes = {n: d.encode(table[n]) for n, d in domains.items()}
    pool = Pool(schema, Statement(), 3000, codes).ordered()
    made = pool.sample(3000, rng)
    assert np.corrcoef(made["a"], made["b"])[0, 1] > 0.985
    seconds = days.seconds(made["day"])
    assert np.corrcoef(made["a"].rank(), seconds)[0, 1] > 0.9
    for name, domain in domains.items():
        assert (np.sort(domain.encode(made[name])) == np.sort(codes[name])).all()
    again = Pool.restored(schema, pool.statement, 3000, pool.parameters())
    seeded = [p.sample(500, np.random.default_rng(1)) for p in (pool, again)]
    assert seeded[0].equals(seeded[1])
