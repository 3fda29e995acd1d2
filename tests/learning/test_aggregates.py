from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from synth.budget import Budget, Rho
from synth.budget.guarantee import KAnonymous
from synth.errors import BundleError, MethodError, SchemaError
from synth.learning.aggregates import aggregate, noisy_aggregate, read_aggregates
from synth.schema import Categories, Column, Numbers, Origin, Role, Schema
from synth.vault import Counting, PrivateTable, Protection
from tests.people import SCHEMA, Replayed, Silent, some_people

FOUR = pd.DataFrame({"city": ["Oslo", "Oslo", "Rome", "Rome"], "ill": ["no", "yes", "yes", None]})
CITY = Column("city", Categories(("Oslo", "Rome")))
ILL = Column("ill", Categories(("no", "yes"), missing=True))


def vault(frame: pd.DataFrame, *columns: Column, person: str = "", most: int = 1) -> PrivateTable:
    budget = Budget(1.0, rows_per_person=most)
    return PrivateTable(frame, Schema(columns), budget, person=person)


def counts(private: PrivateTable, counting: Counting, k: int) -> dict[tuple[str, ...], int]:
    lines = aggregate(private, counting, k).frame().fillna("")
    values = lines.filter(like="value_").to_numpy()
    return {tuple(filter(None, v)): int(c) for v, c in zip(values, lines["count"], strict=True)}


def test_four_people_worked_out_on_paper():
    """ "yes" is not told: that two of four have it would leave just one who says "no"."""
    told = counts(vault(FOUR, CITY, ILL), Counting(length=2), 2)
    assert told == {("Oslo",): 2, ("Rome",): 2}


def test_a_missing_value_is_counted_only_where_that_is_wanted():
    told = counts(vault(FOUR, CITY, ILL), Counting(length=2), 1)
    assert told["(missing)",] == 1 and told["Rome", "(missing)"] == 1
    without = counts(vault(FOUR, CITY, ILL), Counting(length=2, blanks=False), 1)
    assert ("(missing)",) not in without and without["Rome", "yes"] == 1


def test_a_value_that_means_nothing_is_not_counted():
    told = counts(vault(FOUR, CITY, ILL), Counting(nothing={"ill": ("no",)}), 1)
    assert ("no",) not in told and told["Oslo", "yes"] == 1


def test_values_of_a_column_of_several_are_counted_together():
    frame = pd.DataFrame({"codes": ["A;B", "B; A", "B", None, None]})
    column = Column("codes", Categories(("A;B",), other=True, missing=True))
    told = counts(vault(frame, column), Counting(several={"codes": ";"}), 2)
    assert told == {("A",): 2, ("B",): 2, ("A", "B"): 2}  # three have B: rounded down


def test_the_rows_of_a_person_count_once():
    frame = pd.DataFrame(
        {"who": ["a", "a", "b"], "city": ["Oslo", "Oslo", "Oslo"], "code": ["x", "y", "y"]}
    )
    columns = (
        Column("who", Categories(("a", "b")), role=Role.IDENTIFIER),
        Column("city", Categories(("Oslo",))),
        Column("code", Categories(("x", "y"))),
    )
    private = vault(frame, *columns, person="who", most=2)
    told = counts(private, Counting(several={"code": ""}), 1)
    assert told["Oslo",] == 2 and told["y",] == 2 and told["x", "y"] == 1


def test_a_person_with_two_values_in_a_column_of_one_is_an_error_that_names_it():
    frame = pd.DataFrame({"who": ["a", "a"], "city": ["Oslo", "Rome"]})
    who = Column("who", Categories(("a",)), role=Role.IDENTIFIER)
    with pytest.raises(SchemaError, match=r"different values in `city`.*several"):
        aggregate(vault(frame, who, CITY, person="who", most=2), Counting(), 1)


def test_a_value_that_too_few_share_is_not_even_named():
    frame = pd.DataFrame({"job": ["clerk"] * 10 + ["queen"]})
    job = Column("job", Categories(("clerk", "queen"), origin=Origin.OBSERVED))
    told = aggregate(vault(frame, job), Counting(), 5)
    assert "queen" not in str(told.document())
    assert told.statement.guarantee == KAnonymous(5, 3)


def test_bounds_that_were_read_off_the_rows_end_the_promise():
    frame = pd.DataFrame({"pay": [1.0, 2.5, 3.5] * 10})
    pay = Column("pay", Numbers((1.0, 2.0, 3.5), origin=Origin.OBSERVED))
    guarantee = aggregate(vault(frame, pay), Counting(), 5).statement.guarantee
    assert not guarantee.formal and "bounds of `pay`" in guarantee.plain


@pytest.mark.parametrize("protection", [Protection.ROUNDED, Protection.WITHHELD])
def test_counts_are_read_back_as_they_were_written(private, protection):
    told = aggregate(private, Counting(), 5, protection)
    again = read_aggregates(told.csv(), told.document())
    pd.testing.assert_frame_equal(again.frame(), told.frame())
    assert again.document() == told.document()
    assert again.count({"city": "Rome", "ill": "yes"}) == told.count({"city": "Rome", "ill": "yes"})


def test_counts_that_lost_a_line_are_refused(private):
    told = aggregate(private, Counting(), 5)
    short = b"\n".join(told.csv().splitlines()[:-1])
    with pytest.raises(BundleError, match=r"has \d+ combinations where \d+ were announced"):
        read_aggregates(short, told.document())


def test_a_resolution_below_one_is_refused(private):
    with pytest.raises(MethodError, match="at least 0 people were asked for"):
        aggregate(private, Counting(), 0)


# -- with noise --------------------------------------------------------------------------------


def test_without_noise_the_noisy_counts_are_the_counts(people):
    silent = PrivateTable(people, SCHEMA, Budget(1.0), noise=Silent())
    noisy = noisy_aggregate(silent, Counting(), silent.ledger.left, fabrication="uncontrolled")
    exact = aggregate(silent, Counting(), 1)
    keys = [c for c in exact.frame() if c != "count"]
    both = exact.frame().merge(noisy.frame(), on=keys, how="outer")
    apart = both["count_x"].fillna(0) - both["count_y"].fillna(0)
    assert apart.abs().max() <= 1


def test_noisy_counts_spend_what_they_were_given():
    private = PrivateTable(some_people(), SCHEMA, Budget(1.0))
    rho = Rho(private.ledger.left / 3)
    noisy_aggregate(private, Counting(), rho)
    assert math.isclose(private.ledger.spent, rho, rel_tol=1e-6)


def test_children_sum_to_their_parents_and_none_is_negative():
    private = PrivateTable(some_people(4000), SCHEMA, Budget(2.0), noise=Replayed())
    told = noisy_aggregate(private, Counting(), private.ledger.left, fabrication="uncontrolled")
    lines = told.frame()
    assert (lines["count"] > 0).all()
    # The table of both is scaled to `ill` last, so its sums are right whatever the noise; four
    # counts are rounded or dropped below a half. Those of `city` come near in ten sweeps, and how
    # near is a matter of the noise: another draw would leave up to 13 of 2,000.
    for ill in ("no", "yes", "(missing)"):
        whole = told.count({"ill": ill}) or 0
        parts = [told.count({"city": x, "ill": ill}) or 0 for x in ("Oslo", "Rome", "(other)")]
        assert abs(whole - sum(parts)) <= 2
    for city in ("Oslo", "Rome"):
        whole = told.count({"city": city}) or 0
        parts = [told.count({"city": city, "ill": x}) or 0 for x in ("no", "yes", "(missing)")]
        assert abs(whole - sum(parts)) <= 6  # roundings, and what was dropped as no more than noise


def test_columns_of_several_values_cannot_be_measured(private):
    with pytest.raises(MethodError, match="city hold several values"):
        noisy_aggregate(private, Counting(several={"city": ";"}), Rho(0.01))


def test_more_is_dropped_where_less_may_be_invented():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.integers(0, 20, (500, 3)), columns=["a", "b", "c"]).astype(str)
    values = Categories(tuple(map(str, range(20))))
    schema = Schema(tuple(Column(n, values) for n in frame))
    lengths = []
    for mode in ("uncontrolled", "minimal"):
        private = PrivateTable(frame, schema, Budget(2.0))
        lengths.append(
            len(noisy_aggregate(private, Counting(), private.ledger.left, fabrication=mode))
        )
    assert lengths[1] < lengths[0]
