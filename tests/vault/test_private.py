import io
import math
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synth.budget import Audience, Budget, Opened, Rho
from synth.errors import BudgetExceeded, SchemaError
from synth.schema import Categories, Column, Origin, Schema
from synth.vault import Counting, PrivateTable
from synth.vault.attributes import Grown
from synth.vault.passing import receive
from tests.people import SCHEMA, Silent

OBSERVED = Categories(("no", "yes"), Origin.OBSERVED, missing=True)
by_chance = pytest.mark.usefixtures("left_to_chance")


def test_counts_are_exact_without_noise(silent, people):
    counts = silent.measure(("city", "ill"), Rho(0.01), "test").counts
    assert counts.sum() == len(people)
    assert counts[1, 1] == ((people["city"] == "Rome") & (people["ill"] == "yes")).sum()


@by_chance
def test_noise_has_about_the_sigma_it_says():
    wide = Schema((Column("x", Categories(tuple(map(str, range(20_000))))),))
    nobody = PrivateTable(pd.DataFrame({"x": pd.Series([], dtype=object)}), wide, Budget(1))
    answer = nobody.measure(("x",), Rho(0.01), "test")
    assert answer.sigma == pytest.approx(1 / math.sqrt(2 * 0.01), rel=0.01)
    # Ten standard errors of 1 / sqrt(2 * 20,000): a chance below 1e-20.
    assert np.std(answer.counts) == pytest.approx(answer.sigma, rel=0.05)
    assert (answer.counts == np.rint(answer.counts)).all()


def test_more_rows_per_person_means_more_noise(people):
    one = PrivateTable(people, SCHEMA, Budget(1.0))
    three = PrivateTable(people, SCHEMA, Budget(1.0, rows_per_person=3))
    sigmas = [p.measure(("city",), Rho(0.01), "test").sigma for p in (one, three)]
    assert sigmas[1] / sigmas[0] == pytest.approx(3, rel=0.01)


@by_chance
def test_noise_is_not_the_same_twice(private):
    a, b = (private.measure(SCHEMA.names, Rho(0.001), "test").counts for _ in range(2))
    assert (a != b).any()  # 27 counts agree with a chance of 0.0126 each: 1e-51


def test_asking_for_more_than_is_left_touches_nothing(private):
    with pytest.raises(BudgetExceeded, match="`test: ill` needs rho 99"):
        private.measure(("ill",), Rho(99), "test")
    assert private.ledger.entries == []


def test_the_ledger_is_debited_before_the_rows_are_counted(people):
    class Watched(Silent):
        def discrete_gaussian(self, counts, sigma):
            self.spent = private.ledger.spent
            return counts

    noise = Watched()
    private = PrivateTable(people, SCHEMA, Budget(1.0), noise=noise)
    private.measure(("city",), Rho(0.003), "test")
    assert noise.spent == 0.003


def test_opening_for_a_release_ends_the_guarantee(private):
    private.open_rows("a look", Audience.CUSTODIAN)
    assert private.statement().formal
    private.open_rows("a copy", Audience.RELEASE)
    assert private.statement().guarantee.reasons == ("a copy",)


def test_choosing_finds_the_pair_that_is_furthest_from_expected(silent, people):
    n = len(people)

    def independent(columns):
        one, two = (silent.exact_table((c,), "x", Audience.CUSTODIAN) for c in columns)
        return np.outer(one, two) / n

    pairs = [("city", "age"), ("city", "ill"), ("age", "ill")]
    assert silent.choose(pairs, independent, Rho(0.001), "test") == ("city", "ill")


def test_the_empty_candidate_wins_when_everything_is_as_expected(silent):
    def as_it_is(columns):
        return silent.exact_table(columns, "x", Audience.CUSTODIAN).astype(float)

    penalty = lambda columns: 5.0  # noqa: E731
    assert silent.choose([("city", "ill"), ()], as_it_is, Rho(0.001), "t", penalty=penalty) == ()


@by_chance
def test_a_choice_rarely_falls_on_a_poor_candidate(private):
    expected = {("city",): np.zeros(3), ("ill",): np.array([200.0, 160.0, 40.0])}
    picks = [
        private.choose(list(expected), expected.__getitem__, Rho(0.001), "test") for _ in range(20)
    ]
    # 400 rows off against fewer than 60, at epsilon 0.0714: 6e-6 for each, 3e-13 for three.
    assert picks.count(("city",)) >= 18


@by_chance
def test_the_number_of_people_is_noisy_and_near(private, people):
    counts = {private.people(Rho(0.002)) for _ in range(10)}
    assert len(counts) > 1  # ten alike at a scale of 19.8: below 1e-14
    assert all(abs(c - len(people)) < 600 for c in counts)  # 10 exp(-600 / 19.8) = 7e-13


def test_rows_do_not_leak_through_the_side_doors(private):
    assert "Oslo" not in repr(private)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(private)
    assert not hasattr(private, "frame")
    assert not hasattr(private, "__dict__")


def test_a_custodian_reading_the_same_thing_twice_is_written_down_once(private):
    for _ in range(3):
        private.exact_table(("city",), "a look", Audience.CUSTODIAN)
    assert private.ledger.entries == [Opened("a look", Audience.CUSTODIAN)]


def test_rows_reach_a_worker_as_they_are(private, people):
    pipe = io.BytesIO()
    private.send_rows(pipe)
    pipe.seek(0)
    assert receive(pipe).frame.fillna("?").astype(str).equals(people.fillna("?").astype(str))


def test_a_schema_about_another_table_is_refused(people):
    with pytest.raises(SchemaError, match="no column `ill`"):
        PrivateTable(people.drop(columns="ill"), SCHEMA, Budget(1.0))
    with pytest.raises(SchemaError, match="no column `nhs` to tell people apart"):
        PrivateTable(people, SCHEMA, Budget(1.0), person="nhs")


def test_values_read_off_the_rows_are_named_in_the_statement(people):
    city = replace(SCHEMA["city"], domain=Categories(("Oslo", "Rome"), Origin.OBSERVED))
    private = PrivateTable(people, SCHEMA.replaced(city), Budget(1.0))
    assert "`city` were read off the rows" in private.statement().guarantee.plain


def test_no_origin_improves_by_being_called_so(people):
    observed = SCHEMA.replaced(replace(SCHEMA["ill"], domain=OBSERVED))
    private = PrivateTable(people, observed, Budget(1.0))
    for origin in (Origin.DECLARED, Origin.DISCOVERED):
        better = replace(SCHEMA["ill"], domain=replace(OBSERVED, origin=origin))
        with pytest.raises(SchemaError, match=r"`ill` are observed.*custodian declare"):
            private.declare(observed.replaced(better))
        vouched = private.discovered([better])
        assert not vouched.declare(vouched.schema).schema.observed
        assert private.declare(vouched.schema).declare(observed).schema.observed


@pytest.mark.parametrize("door", ["groups", "records", "short_of"])
def test_doors_of_k_are_written_down_before_the_rows_are_touched(door, rng):
    """A person with two cities stops the reading of rows; by then the entry is there."""
    twice = pd.DataFrame({"who": ["a", "a"], "city": ["Oslo", "Rome"]})
    schema = Schema((Column("city", Categories(("Oslo", "Rome"))),))
    private, counting = PrivateTable(twice, schema, Budget(1.0, 1e-6, 2), person="who"), Counting()
    ask = {
        "groups": lambda: private.groups(counting, 2),
        "records": lambda: private.records(counting, 2, rng, orders=1, split=True),
        "short_of": lambda: private.short_of(counting, Grown((), np.zeros((1, 0), np.int32)), 2),
    }
    with pytest.raises(SchemaError, match="different values"):
        ask[door]()
    assert len(private.ledger.entries) == 1
