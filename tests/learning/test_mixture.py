"""The mixture: laws have the chances of the textbook, and hidden groups that exist are found."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from synth.budget import Budget
from synth.errors import BundleError, MethodError
from synth.learning.mixture import Free, Law, law_for, read_model_file
from synth.learning.mixture.laws import UNIT
from synth.methods import model_of
from synth.methods.mixture import Mixture, MixtureModel
from synth.schema import Categories, Column, Kind, Numbers, Schema
from synth.schema.edges import whole_edges
from synth.vault import PrivateTable
from synth.vault.answers import PARTS, Shares
from synth.vault.held import HeldRows

AGES = Numbers(whole_edges(0, 99, 100), decimals=0, missing=True)
WEIGHTS = Numbers(tuple(np.linspace(1, 201, 101)))


def moments(law: Law, chances: np.ndarray) -> tuple[float, float]:
    """Scaled mean and variance of the present states."""
    z = law.scaled(law.transformed(law.middles))
    p = chances[: len(z)] / chances[: len(z)].sum()
    return float(p @ z), float(p @ z**2 - (p @ z) ** 2)


@pytest.mark.parametrize("name", ["normal", "beta", "lognormal"])
def test_laws_of_two_parameters_give_back_their_moments(name: str) -> None:
    law = law_for(name, "weight", WEIGHTS)
    assert isinstance(law, Law)
    mean, variance = moments(law, law.chances(0.1, 0.02, 0.0))
    assert mean == pytest.approx(0.1, abs=0.02)
    assert variance == pytest.approx(0.02, rel=0.15)


def test_poisson_has_the_chances_of_the_textbook() -> None:
    law = law_for("poisson", "age", AGES)
    assert isinstance(law, Law)
    mean = float(law.scaled(np.array([12.5]))[0])  # the middle of the interval that holds 12
    chances = law.chances(mean, 0.0, 0.25)
    np.testing.assert_allclose(chances[:40], 0.75 * stats.poisson.pmf(np.arange(40), 12), atol=1e-6)
    assert chances[-1] == 0.25
    assert law.parameters(mean, 0.0) == (pytest.approx(12),)


def test_exponential_falls_from_its_lowest_value() -> None:
    law = law_for("exponential", "weight", WEIGHTS)
    assert isinstance(law, Law)
    mean = float(law.scaled(np.array([21.0]))[0])
    expected = np.diff(stats.expon.cdf(np.asarray(WEIGHTS.edges), loc=1, scale=20))
    np.testing.assert_allclose(law.chances(mean, 0.1, 0.0), expected / expected.sum(), atol=1e-6)


@pytest.mark.parametrize("name", ["normal", "lognormal", "poisson", "exponential", "beta"])
@settings(deadline=None)
@given(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1))
def test_any_moments_give_chances(name: str, mean: float, variance: float, absent: float) -> None:
    law = law_for(name, "age", AGES)
    assert isinstance(law, Law)
    chances = law.chances(mean, variance, absent)
    assert chances.shape == (AGES.size,)
    assert chances.min() >= 0 and chances.sum() == pytest.approx(1)


def test_statistics_of_a_row_are_bounded() -> None:
    law = law_for("normal", "age", AGES)
    lines = law.statistics()
    assert (np.abs(lines) <= UNIT).all()
    assert lines[-1].tolist() == [0, UNIT, 0, 0]  # missing


@pytest.mark.parametrize(
    ("law", "domain", "match"),
    [
        ("bernoulli", Categories(("a", "b", "c")), "has 3 values"),
        ("normal", Categories(("a", "b")), "does not hold numbers"),
        ("lognormal", Numbers((-9.0, -5.0, 0.0)), "upper bound is 0"),
        ("poisson", Numbers((-9.0, 0.0, 5.0)), "lower bound is -9"),
    ],
)
def test_a_law_that_does_not_fit_is_refused(
    law: str, domain: Categories | Numbers, match: str
) -> None:
    with pytest.raises(MethodError, match=match):
        law_for(law, "x", domain)


MODEL = """
# as the first twins were written
Age : Poisson
sex: BERNOULLI   # two values

"blood: pressure # mm": Normal
ratio: a:b: categorical
"""


def test_a_model_file_reads_as_it_is_written() -> None:
    told = read_model_file(MODEL)
    assert told.laws == (
        ("Age", "poisson"),
        ("sex", "bernoulli"),
        ("blood: pressure # mm", "normal"),
        ("ratio: a:b", "categorical"),
    )
    assert read_model_file(told.text()) == told


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("age Poisson", "Line 1 of the model is not a name"),
        ("a: normal\n: normal", "Line 2 of the model is not a name"),
        ("age: Cauchy", "distribution `cauchy`"),
        ("a: normal\na: beta", "Line 2 of the model names column `a` again"),
        ("# nothing", "names no column"),
    ],
)
def test_a_wrong_model_file_is_explained(text: str, match: str) -> None:
    with pytest.raises(MethodError, match=match):
        read_model_file(text)


def sharing(groups: int, sizes: tuple[int, ...], seed: int) -> Shares:
    rng = np.random.default_rng(seed)
    return Shares(
        np.log(rng.dirichlet(np.ones(groups))), [rng.normal(0, 2, (s, groups)) for s in sizes]
    )


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(0, 10**6))
def test_a_row_is_shared_without_remainder(groups: int, seed: int) -> None:
    codes = [np.array([0, 1, 1, 2]), np.array([1, 1, 0, 0])]
    parts = sharing(groups, (3, 2), seed).of(codes)
    assert (parts >= 0).all()
    assert (parts.sum(axis=1) == PARTS).all()


@settings(deadline=None)
@given(st.integers(0, 10**6))
def test_one_row_moves_the_sums_by_no_more_than_the_noise_allows_for(seed: int) -> None:
    """Neighbouring tables: the L2 distance of all sums together stays within the sensitivity."""
    rng = np.random.default_rng(seed)
    schema = Schema((Column("a", Categories(("x", "y", "z"))), Column("n", AGES, Kind.INTEGER)))
    frame = pd.DataFrame({"a": rng.choice(["x", "y", "z"], 6), "n": rng.integers(0, 99, 6)})
    statistics = [Free(3).statistics(), law_for("normal", "n", AGES).statistics()]
    shares = sharing(3, (3, AGES.size), seed)
    both = [HeldRows(f).shared(schema, ("a", "n"), shares) for f in (frame, frame.iloc[1:])]
    moved = [(x - y) @ s for x, y, s in zip(*both, statistics, strict=True)]
    norm = math.sqrt(sum(int((s * s).sum(axis=1).max()) for s in statistics))
    assert math.sqrt(sum(float((m * m).sum()) for m in moved)) <= PARTS * norm


def kinds(rows: int = 8000) -> pd.DataFrame:
    """Two kinds of rows: old and ill, or young and well; some ages are missing."""
    rng = np.random.default_rng(7)
    old = rng.random(rows) < 0.4
    frame = pd.DataFrame(
        {
            "age": pd.array(np.where(old, rng.poisson(75, rows), rng.poisson(25, rows)), "Int64"),
            "ill": np.where(rng.random(rows) < np.where(old, 0.9, 0.1), "yes", "no"),
            "walks": np.where(rng.random(rows) < np.where(old, 0.1, 0.9), "yes", "no"),
        }
    )
    frame.loc[:399, "age"] = pd.NA
    return frame


SCHEMA = Schema(
    (
        Column("age", AGES, Kind.INTEGER),
        Column("ill", Categories(("no", "yes"))),
        Column("walks", Categories(("no", "yes"))),
    )
)


def learnt(method: Mixture, epsilon: float = 2.0) -> MixtureModel:
    private = PrivateTable(kinds(), SCHEMA, Budget(epsilon, 1e-6))
    return method.fit(private, private.ledger.left)


@pytest.mark.parametrize(
    "method",
    [Mixture(), Mixture(groups=2, columns="age: Poisson\nill: Bernoulli\nwalks: Bernoulli")],
)
def test_kinds_of_rows_are_found(method: Mixture) -> None:
    fake = learnt(method).sample(6000, np.random.default_rng(1))
    old = fake["age"].astype(float) > 50
    ill, walks = fake["ill"] == "yes", fake["walks"] == "yes"
    assert ill[old].mean() - ill[~old & fake["age"].notna()].mean() > 0.4
    assert (ill & walks).mean() < 0.7 * ill.mean() * walks.mean()
    assert fake["age"].isna().mean() == pytest.approx(0.05, abs=0.03)


def test_parameters_can_be_read() -> None:
    model = learnt(Mixture(groups=2, columns="age: Poisson\nill: Categorical"), math.inf)
    assert model.schema.names == ("age", "ill")
    rates = sorted(p[0] for p in model.components[0].parameters)
    assert rates == [pytest.approx(25, abs=4), pytest.approx(75, abs=4)]


def test_the_whole_share_is_spent() -> None:
    private = PrivateTable(kinds(), SCHEMA, Budget(1.0, 1e-6))
    Mixture().fit(private, private.ledger.left)
    assert private.ledger.spent == pytest.approx(private.ledger.budget.rho, rel=1e-6)


def test_a_saved_model_draws_the_same_rows_and_holds_no_code() -> None:
    document = json.loads(json.dumps(learnt(Mixture()).document()))
    once, twice = model_of(document), model_of(json.loads(json.dumps(document)))
    pd.testing.assert_frame_equal(
        once.sample(200, np.random.default_rng(3)), twice.sample(200, np.random.default_rng(3))
    )


def test_a_damaged_model_is_refused() -> None:
    document = learnt(Mixture()).document()
    document["parameters"]["components"][1]["chances"] = [[0.5, 0.5]]
    with pytest.raises(BundleError, match="table of `ill`"):
        model_of(document)


def test_a_model_file_with_a_column_that_is_not_there_is_refused_before_spending() -> None:
    private = PrivateTable(kinds(), SCHEMA, Budget(1.0, 1e-6))
    with pytest.raises(MethodError, match="column `height`"):
        Mixture(columns="height: Normal").fit(private, private.ledger.left)
    assert private.ledger.spent == 0


@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.parametrize("epsilon", [1e-3, math.inf])
def test_hardly_any_rows_still_give_a_model(rows: int, epsilon: float) -> None:
    private = PrivateTable(kinds().head(rows), SCHEMA, Budget(epsilon, 1e-6))
    model = Mixture().fit(private, private.ledger.left)
    assert len(model.sample(20, np.random.default_rng(0))) == 20
