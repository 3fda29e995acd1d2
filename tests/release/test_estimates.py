"""Numbers from the tables of a release: on paper, by the rule that fits, doubted without one."""

import io
import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from synth.budget import Audience, Budget, Grouped, Measured, Opened, Rho, Statement
from synth.cli import app
from synth.errors import ConditionError, MethodError, SchemaError
from synth.evaluate.replication import combined
from synth.learning.network import Network
from synth.methods.twins import Twins
from synth.release import Bundle
from synth.release.estimates import (
    DifferenceOf,
    Estimand,
    MeanOf,
    ShareOf,
    SlopeOf,
    estimate,
    over_tables,
)
from synth.runs import run, verify
from synth.runs.recipe_file import recipe_of
from synth.schema import Categories, Column, Dates, Kind, Numbers, Schema
from synth.vault import PrivateTable
from tests.people import some_people

SCHEMA = Schema(
    (
        Column("x", Numbers(tuple(range(11)), decimals=0, missing=True)),
        Column("y", Numbers((0, 100), decimals=0)),
        Column("sex", Categories(("F", "M"), missing=True)),
        Column("ill", Categories(("no", "yes"))),
        Column("came", Dates((0.0, 86400.0 * 9)), Kind.DATE),
    )
)
FOUR = pd.DataFrame(
    {
        "x": pd.array([1, 2, 3, 4], "Int64"),
        "y": [10, 20, 30, 40],
        "sex": ["F", "F", "M", "M"],
        "ill": ["yes", "no", "no", "no"],
        "came": ["1970-01-02", "1970-01-04", "1970-01-02", "1970-01-04"],
    }
)
EXACT = Statement((Opened("trees", Audience.RELEASE),))


def model(statement: Statement = EXACT, rows: int = 4) -> Network:
    return Network(SCHEMA, statement, rows, ())


def of_four(wanted: Estimand) -> tuple[float, float]:
    return wanted.of(FOUR, SCHEMA)


def test_means_on_paper():
    """1, 2, 3, 4: the mean 2.5, and its variance (5/3)/4."""
    assert of_four(MeanOf("x")) == (2.5, pytest.approx(5 / 12))
    assert of_four(MeanOf("y", "x >= 2")) == (30.0, pytest.approx(100 / 3))
    assert of_four(MeanOf("came")) == (2.0, pytest.approx(4 / 3 / 4))


def test_shares_on_paper():
    """1 of 4, its variance at (1 + 1) / (4 + 2); one of none has a variance as well."""
    assert of_four(ShareOf("ill = 'yes'")) == (0.25, pytest.approx(1 / 3 * 2 / 3 / 4))
    assert of_four(ShareOf("ill = 'yes'", "x > 1")) == (0.0, pytest.approx(0.2 * 0.8 / 3))


def test_differences_on_paper():
    rows = pd.concat([FOUR, FOUR], ignore_index=True)
    a, b = MeanOf("y", "sex = 'M'"), MeanOf("y", "sex = 'F'")
    found, variance = DifferenceOf(a, b).of(rows, SCHEMA)
    assert found == 20.0
    assert variance == pytest.approx(a.of(rows, SCHEMA)[1] + b.of(rows, SCHEMA)[1])


def test_coefficients_are_those_of_least_squares():
    rng = np.random.default_rng(3)
    x, m = rng.integers(0, 10, 500), rng.integers(0, 2, 500)
    y = 20 + 3 * x - 4 * m + rng.integers(-3, 4, 500)
    rows = pd.DataFrame({"x": x, "y": y, "sex": np.where(m, "M", "F"), "ill": "no"})
    rows.loc[:4, "sex"] = None
    design = np.column_stack([np.ones(495), x[5:], m[5:]])
    due, *_ = np.linalg.lstsq(design, y[5:].astype(float), rcond=None)
    found, variance = SlopeOf("y", "x", given=("sex",)).of(rows, SCHEMA)
    assert found == pytest.approx(due[1])
    residuals = y[5:] - design @ due
    usual = np.linalg.inv(design.T @ design)[1, 1] * (residuals @ residuals) / 492
    assert variance == pytest.approx(usual, rel=0.15)
    assert SlopeOf("y", "sex", "M", ("x",)).of(rows, SCHEMA)[0] == pytest.approx(due[2])


def test_a_column_of_yes_and_no_is_a_target():
    rows = pd.DataFrame({"ill": ["no", "yes"] * 50, "x": [1, 3] * 49 + [3, 1]})
    assert SlopeOf("ill", "x").of(rows, SCHEMA)[0] == pytest.approx(0.48)


def test_draws_from_a_model_without_noise_have_the_interval_of_their_rule():
    found = over_tables([FOUR, FOUR], model(rows=8), MeanOf("x"))
    assert found.variance == pytest.approx((4 / 8 + 1 / 2) * 5 / 12)
    assert found.calibrated and math.isinf(found.degrees)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (Measured("one-way marginal: x", Rho(0.1)), "noise that was added"),
        (Grouped("counts", 10, 3), "too few people share"),
    ],
)
def test_an_interval_that_cannot_be_honest_says_why(entry, why):
    found = over_tables([FOUR], model(Statement((entry,), Budget(1.0))), MeanOf("x"))
    assert why in found.doubt and "not to be trusted" in str(found)


def test_tables_that_tell_of_nobody_are_refused():
    with pytest.raises(MethodError, match="No real row was read"):
        over_tables([FOUR], model(Statement()), MeanOf("x"))


def test_what_cannot_be_estimated_is_a_sentence():
    with pytest.raises(MethodError, match="Only 1 synthetic rows"):
        of_four(MeanOf("x", "x = 1"))
    with pytest.raises(MethodError, match="holds no numbers"):
        of_four(SlopeOf("y", "sex"))
    with pytest.raises(ConditionError):
        of_four(ShareOf("town = 'Oslo'"))
    with pytest.raises(SchemaError):
        over_tables([FOUR], model(), MeanOf("z"))


COINS = Schema(tuple(Column(n, Categories(("no", "yes"))) for n in ("a", "b", "c")))


def test_replicates_are_combined_by_their_own_rule_for_what_was_measured_together():
    rng = np.random.default_rng(1)
    people = pd.DataFrame({n: np.where(rng.random(1500) < 0.4, "yes", "no") for n in "abc"})
    private = PrivateTable(people, COINS, Budget(1.0, 1e-6))
    learnt = Twins(pinned=(("a", "b"),)).fit(private, private.ledger.left)
    tables = [learnt.sample(1500, rng) for _ in range(6)]
    wanted = ShareOf("b = 'yes'", "a = 'yes'")
    found = over_tables(tables, learnt, wanted)
    each = [wanted.of(t, COINS) for t in tables]
    due = combined([e for e, _ in each], [v for _, v in each], drawn=1500, real=learnt.rows)
    assert found == due and found.calibrated
    apart = over_tables(tables, learnt, ShareOf("c = 'yes'", "a = 'yes' and b = 'yes'"))
    assert "not measured together" in apart.doubt


def test_what_was_learnt_in_intervals_is_doubted():
    rng = np.random.default_rng(2)
    schema = Schema(tuple(Column(n, Numbers((0, 5, 10, 20), decimals=0)) for n in "xy"))
    people = pd.DataFrame({n: rng.integers(0, 20, 1500) for n in "xy"})
    private = PrivateTable(people, schema, Budget(1.0, 1e-6))
    learnt = Twins(pinned=(("x", "y"),)).fit(private, private.ledger.left)
    tables = [learnt.sample(1500, rng) for _ in range(3)]
    for wanted in (SlopeOf("y", "x"), MeanOf("x")):
        assert "intervals or groups of values" in over_tables(tables, learnt, wanted).doubt


@pytest.fixture(scope="module")
def bundle() -> bytes:
    recipe = recipe_of({"method": {"name": "sequential"}, "release": {"copies": 3}})
    return run(recipe, some_people()).release.zipped()


def test_all_tables_of_a_release_are_used(bundle):
    read = Bundle.read(io.BytesIO(bundle))
    found = estimate(read, ShareOf("city = 'Rome'"))
    shares = []
    for name in ("synthetic", "synthetic-2", "synthetic-3"):
        rows = pd.read_parquet(io.BytesIO(read.files[f"{name}.parquet"]))
        shares.append((rows["city"] == "Rome").mean())
    assert found.estimate == pytest.approx(np.mean(shares))
    more = estimate(read, ShareOf("city = 'Rome'"), copies=10)
    assert more.variance < found.variance and more.calibrated


def test_what_lies_in_the_bundle_combines_as_this_program_does(bundle, tmp_path):
    """Who has the tables and Python, and not this program, had the rules of a paper."""
    read = Bundle.read(io.BytesIO(bundle))
    (tmp_path / "combine.py").write_bytes(read.files["combine.py"])
    wanted = ShareOf("city = 'Rome'")
    names = ("synthetic", "synthetic-2", "synthetic-3")
    rows = [pd.read_parquet(io.BytesIO(read.files[f"{name}.parquet"])) for name in names]
    tables = [wanted.of(t, read.schema) for t in rows]
    asked = "import combine, sys; print(combine.together(*eval(sys.argv[1]), 'city'))"
    given = str(([e for e, _ in tables], [v for _, v in tables]))
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path[:0] = ['.']; {asked}", given],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(estimate(read, wanted))
    assert "import synth" not in read.files["combine.py"].decode()
    assert "from synth" not in read.files["combine.py"].decode()
    assert "`combine.py`" in read.files["README.md"].decode()
    assert verify(read)


def test_a_number_is_estimated_on_the_command_line(bundle, tmp_path):
    (tmp_path / "r.zip").write_bytes(bundle)
    given = ["estimate", str(tmp_path / "r.zip")]
    runner = CliRunner()
    done = runner.invoke(app, [*given, "--mean", "age", "--where", "city = 'Rome'"])
    assert done.exit_code == 0 and "with 95 % confidence" in done.output
    less = [*given, "--share", "ill = 'yes'", "--where", "age > 50", "--against", "age <= 50"]
    assert runner.invoke(app, less).exit_code == 0
    slope = [*given, "--target", "ill", "--predictor", "age", "--given", "city", "--copies", "2"]
    assert runner.invoke(app, slope).exit_code == 0
    for wrong in ([], ["--mean", "age", "--share", "ill = 'yes'"], ["--target", "ill"]):
        refused = runner.invoke(app, [*given, *wrong])
        assert refused.exit_code == 2 and "One number is estimated at a time" in refused.output
