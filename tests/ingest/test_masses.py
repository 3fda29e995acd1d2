"""Values that many rows share, among numbers and dates, keep an interval of their own."""

import numpy as np
import pandas as pd
import pytest

from synth.budget import Budget, Rho
from synth.ingest.discovery import SHARE, discovered
from synth.ingest.masses import with_masses
from synth.runs import read_recipe, run
from synth.schema import Column, Dates, Kind, Numbers, Origin, Schema
from synth.schema.examples import spelling_of
from synth.vault import PrivateTable

ROWS = 20_000


def test_each_shared_value_has_an_interval_as_narrow_as_the_decimals_allow():
    domain = Numbers((0.0, 1.0), Origin.OBSERVED, decimals=2)
    found = with_masses(domain, (0.0, 0.5, 1.0), ["0.25", "unknown", "1.20"])
    assert found.edges == (0.0, 0.25, 0.26, 0.5, 1.0, 1.2, 1.21)
    assert found.codes == ("unknown",)
    assert found.origin is Origin.DISCOVERED
    drawn = found.decode(np.full(99, 1), np.random.default_rng(1))
    assert set(drawn) == {"0.25"}  # beside words, numbers are text


def test_a_shared_moment_is_kept_to_its_resolution():
    domain = Dates((0.0, 86400.0), Origin.OBSERVED, format="%d.%m.%Y")
    found = with_masses(domain, (0.0, 86400.0 * 90), ["02.01.1970", "nie"])
    assert found.edges == (0.0, 86400.0, 2 * 86400.0, 90 * 86400.0)
    assert found.codes == ("nie",)


@pytest.mark.parametrize("spelt", ["1,234", "1234.0"])
def test_shared_values_are_read_as_the_column_spells_them(spelt: str):
    domain = Numbers(
        (0.0, 1.0), Origin.OBSERVED, decimals=0, spelling=spelling_of(spelt, whole=True)
    )
    text = domain.spelling.written(2000.0, 0)
    assert with_masses(domain, (0.0, 9000.0), [text]).edges == (0.0, 2000.0, 2001.0, 9000.0)


def test_half_steps_and_zeros_come_back_and_tails_are_not_cut_off():
    rng = np.random.default_rng(2)
    steps = rng.integers(0, 9, ROWS) / 2
    heavy = np.where(rng.random(ROWS) < 0.6, 0, rng.gamma(1.0, 40.0, ROWS).astype(int))
    table = pd.DataFrame({"steps": steps, "heavy": heavy})
    schema = Schema(
        (
            Column("steps", Numbers((0.0, 1.0), Origin.OBSERVED, decimals=1), Kind.REAL),
            Column("heavy", Numbers((0.0, 1.0), Origin.OBSERVED, decimals=0), Kind.INTEGER),
        )
    )
    private = PrivateTable(table, schema, Budget(5.0, 1e-6))
    found = discovered(private, Rho(SHARE * private.ledger.left)).schema
    for value in np.arange(9) / 2:
        assert value in found["steps"].domain.edges
    edges = np.array(found["heavy"].domain.edges)
    assert {0.0, 1.0} <= set(edges)
    assert edges[-1] >= np.quantile(heavy, 0.99)
    assert edges[-1] <= 3 * heavy.max()


def test_the_end_of_declared_bounds_is_drawn_and_never_left():
    recipe = read_recipe(
        '[privacy]\nepsilon = inf\n[method]\nname = "independent"\n[release]\nrows = 4000\n'
        '[[column]]\nname = "n"\nkind = "real"\ndecimals = 1\nlow = 0\nhigh = 5\n'
    )
    table = pd.DataFrame({"n": np.repeat(np.arange(0, 51) / 10, 20)})
    drawn = run(recipe, table).release.tables[0]["n"]
    assert drawn.min() == 0
    assert drawn.max() == 5.0
    assert (drawn * 10).round(6).mod(1).eq(0).all()


def test_every_shared_value_is_kept_however_many_there_are():
    """The first two hundred by the alphabet were kept, so that 3 had none where 2999 had one."""
    domain = Numbers((0.0, 1.0), Origin.OBSERVED, decimals=0)
    shared = sorted(str(2 * n) for n in range(500))
    edges = set(with_masses(domain, (0.0, 1000.0), shared).edges)
    assert {float(2 * n) for n in range(500)} <= edges


def test_a_shared_value_of_any_number_of_digits_comes_back_as_it_was():
    twelfth = 1 / 12
    open_ = Numbers((0.0, 1.0), Origin.OBSERVED)
    told = with_masses(open_, (0.0, 1.0), (repr(twelfth),))
    assert isinstance(told, Numbers)
    state = told.edges.index(twelfth)
    drawn = told.decode(np.full(50, state), np.random.default_rng(1))
    assert set(drawn) == {twelfth}
    assert told.labels[state] == "0.0833333"


def test_a_shared_value_far_from_all_others_is_a_code():
    """As an interval, it left another one behind it, of years in which noise drew rows."""
    weeks = Numbers((0.0, 1.0), Origin.OBSERVED, decimals=0)
    found = with_masses(weeks, (1.0, 13.0), ["999", "12", "20"])
    assert (found.codes, found.edges) == (("999",), (1.0, 12.0, 13.0, 20.0, 21.0))
    days = Dates((0.0, 86400.0), Origin.OBSERVED)
    found = with_masses(days, (0.0, 86400.0 * 900), ["9999-12-31", "1971-01-01"])
    assert (found.codes, found.edges[-1]) == (("9999-12-31",), 86400.0 * 900)
    bounded = Numbers((0.0, 999.0), Origin.BOUNDED, decimals=0)
    assert with_masses(bounded, (1.0, 13.0), ["999"]).codes == ()
