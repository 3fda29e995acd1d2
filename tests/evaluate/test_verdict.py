"""One verdict per column: tables whose fate can be told on paper."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synth.budget import Budget
from synth.budget.prospect import Prospect
from synth.evaluate import Comparison, compare
from synth.evaluate.verdict import Fate, Verdict, predicted, tally, verdicts
from synth.schema import Categories, Column, Kind, Numbers, Schema, Text
from synth.vault import PrivateTable

LISTED = Categories((), other=True)
WHOLE = Numbers((0, 1001), decimals=0)


def judged(real, synthetic, domain=LISTED, kind=Kind.CATEGORY, tellable=0) -> Verdict:
    """The verdict on one column."""
    schema = Schema((Column("x", domain, kind),))
    private = PrivateTable(pd.DataFrame({"x": list(real)}), schema, Budget(1.0))
    found = compare(private, pd.DataFrame({"x": list(synthetic)}))
    return verdicts(replace(found, tellable=tellable))[0]


def number(real, synthetic, **more) -> Verdict:
    return judged(real, synthetic, WHOLE, Kind.INTEGER, **more)


@pytest.fixture
def codes() -> list[str]:
    return [f"v{i}" for i in range(300)] * 4


def test_a_column_of_other_is_lost_and_it_is_said_what_can_be_told(codes):
    told = judged(codes, ["(other)"] * 1200, tellable=18)
    assert told.fate is Fate.LOST
    assert told.plain == (
        'x: nothing survives; 100% of its rows are "(other)", missing or made up. Generalise it, '
        "as a postcode to its district: about 18 values can be told, or leave it out."
    )


@pytest.mark.parametrize("instead", [None, "(text withheld)"])
def test_a_column_of_nothing_or_of_what_was_made_up_is_lost(codes, instead):
    assert judged(codes, [instead] * 1200).fate is Fate.LOST


def test_one_value_everywhere_is_lost_where_the_real_column_has_two():
    told = judged(["no"] * 380 + ["yes"] * 20, ["no"] * 400)
    assert told.fate is Fate.LOST
    assert "alike" in told.words


def test_one_value_everywhere_is_kept_where_chance_makes_it_or_the_real_column_has_no_other():
    assert judged(["no"] * 399 + ["yes"], ["no"] * 400).fate is Fate.KEPT
    assert judged(["no"] * 400, ["no"] * 400).fate is Fate.KEPT


def test_shares_as_even_as_if_nobody_had_looked_are_lost():
    real = ["a"] * 900 + ["b"] * 50 + ["c"] * 50
    told = judged(real, ["a", "b", "c"] * 300)
    assert told.fate is Fate.LOST
    assert "as good as made up" in told.words
    assert judged(["a", "b", "c"] * 300, ["a", "b", "c"] * 300).fate is Fate.KEPT


def test_numbers_drawn_evenly_between_declared_bounds_are_lost(rng):
    real = np.minimum(1000, rng.exponential(20, 2000).astype(int))
    assert number(real, rng.integers(0, 1001, 2000)).fate is Fate.LOST


def test_values_that_are_told_beside_other_are_coarser(codes):
    told = judged([*codes, *["v0"] * 800], ["v0"] * 800 + ["(other)"] * 1200)
    assert told.fate is Fate.COARSER
    assert told.words == "1 of 300 values are told, and 60% of the real rows hold another"


def test_rare_values_that_a_fresh_sample_would_lack_too_are_not_missed(rng):
    people = rng.choice([f"v{i}" for i in range(5000)], 2000)
    assert judged(people[:1000], people[1000:]).fate is Fate.KEPT


def test_free_text_is_coarser_and_never_lost():
    told = judged(["a b", "c d", None] * 50, ["(text withheld)", "", None] * 50, Text(), Kind.TEXT)
    assert told.fate is Fate.COARSER
    assert "withheld" in told.words


def test_a_point_mass_that_is_gone_is_spread(rng):
    rest = np.minimum(1000, 1 + rng.exponential(60, 2000).astype(int))
    told = number([0] * 300 + list(rest[:700]), rest[700:1700])
    assert told.fate is Fate.SPREAD
    assert "where 30% of the real rows are, there are 0%" in told.words


def test_a_shape_that_is_gone_is_spread(rng):
    real = np.minimum(1000, rng.exponential(100, 2000).astype(int))
    made = np.where(rng.random(2000) < 0.5, real, rng.integers(0, 300, 2000))
    assert number(real, made).fate is Fate.SPREAD


@pytest.mark.parametrize("rows", [30, 100, 2000])
@pytest.mark.parametrize("shape", ["even", "heaped", "tailed", "listed", "rare", "empty"])
def test_a_fresh_real_sample_is_kept(shape, rows, rng):
    """Nearly always: a verdict allows three standard deviations; and it is never called lost."""
    draws = {
        "even": lambda n: rng.integers(0, 1000, n),
        "heaped": lambda n: np.where(rng.random(n) < 0.4, 0, rng.integers(1, 90, n)),
        "tailed": lambda n: np.minimum(1000, rng.exponential(30, n).astype(int)),
        "listed": lambda n: rng.choice(["a", "b", "c", "d"], n, p=[0.7, 0.2, 0.05, 0.05]),
        "rare": lambda n: rng.zipf(1.3, n).astype(str),
        "empty": lambda n: np.where(rng.random(n) < 0.97, None, "x"),
    }
    draw = draws[shape]
    one = number if shape in ("even", "heaped", "tailed") else judged
    fates = [one(draw(rows), draw(rows)).fate for _ in range(20)]
    assert fates.count(Fate.KEPT) >= (19 if rows >= 100 else 16)
    assert Fate.LOST not in fates


def test_the_worst_come_first_and_are_counted(codes):
    schema = Schema((Column("fine", LISTED), Column("gone", LISTED)))
    private = PrivateTable(pd.DataFrame({"fine": codes, "gone": codes}), schema, Budget(1.0))
    found = compare(private, pd.DataFrame({"fine": codes, "gone": [None] * 1200}))
    told = verdicts(found)
    assert [v.column for v in told] == ["gone", "fine"]
    assert tally(told) == "1 lost, 1 kept"
    assert verdicts(Comparison.of(found.document()))[0].plain == told[0].plain


def test_a_verdict_is_for_the_custodian_and_names_no_cell(codes):
    told = judged(codes, ["(other)"] * 1200)
    assert "v1" not in told.plain
    assert "for the custodian" in repr(told)


# -- before a run ----------------------------------------------------------------------------------


def foretold(domain, rows: int, epsilon: float = 1.0, least: int = 0) -> Fate:
    """What is predicted of the first of four columns."""
    kind = Kind.INTEGER if isinstance(domain, Numbers) else Kind.CATEGORY
    others = [Column(n, Categories(("no", "yes"))) for n in ("a", "b", "c")]
    schema = Schema((Column("x", domain, kind), *others))
    seen = Prospect(schema.shape(schema.names), rows, epsilon, 1e-6)
    told = predicted(schema, seen, {"x": least} if least else {})
    return next((v.fate for v in told if v.column == "x"), Fate.KEPT)


MANY, FEW = Categories(tuple(map(str, range(300)))), Categories(("a", "b", "c"))


def test_what_noise_drowns_is_foretold_from_rows_epsilon_and_schema():
    assert foretold(MANY, 500) is Fate.LOST
    assert foretold(MANY, 500, epsilon=100.0) is Fate.SPREAD
    assert foretold(MANY, 1_000_000) is Fate.KEPT
    assert foretold(FEW, 500) is Fate.KEPT
    assert foretold(Text(), 3) is Fate.KEPT


def test_values_nobody_declared_take_rows_to_be_told():
    assert foretold(MANY, 10_000, least=124) is Fate.LOST
    assert foretold(FEW, 500, least=124) is Fate.COARSER
    assert foretold(FEW, 10_000, least=124) is Fate.KEPT


def test_a_line_of_few_stretches_is_lost_or_spread():
    assert foretold(WHOLE, 500, least=221) is Fate.LOST
    assert foretold(WHOLE, 1_500, least=221) is Fate.SPREAD
    assert foretold(WHOLE, 10_000, least=221) is Fate.KEPT


def test_two_numbers_take_two_stretches_to_be_told():
    """Columns of 0 and 1 were foretold as spread or lost, and nearly all came out as kept."""
    assert foretold(Numbers((0.0, 1.0, 2.0), decimals=0), 500, least=221) is Fate.KEPT
    assert foretold(Numbers((0.0, 1.0, 2.0), decimals=0), 300, least=221) is Fate.LOST


def test_more_rows_never_make_it_worse():
    order = list(Fate)
    for domain, least in ((MANY, 0), (MANY, 124), (WHOLE, 221), (FEW, 0), (FEW, 124)):
        told = [order.index(foretold(domain, n, least=least)) for n in (50, 500, 5_000, 500_000)]
        assert told == sorted(told)
