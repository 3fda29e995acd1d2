"""Attacks on bundles of k: what one person changes, and what arithmetic gets out of them."""

from __future__ import annotations

import functools
import io
import itertools
import json
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from typer.testing import CliRunner

from synth.budget import Budget, Rho
from synth.cli import app
from synth.combinations import growth
from synth.combinations.counting import Axis, Combinations
from synth.errors import MethodError, NotReleasable
from synth.ingest import load
from synth.ingest.crowds import cut_for
from synth.learning.aggregates import Aggregates, aggregate
from synth.methods import method_named
from synth.release import Bundle
from synth.release.counts import recheck
from synth.runs import Recipe, run
from synth.schema import Categories, Column, Dates, Kind, Numbers, Origin, Schema
from synth.schema.tables import bincount
from synth.vault import Counting, PrivateTable, Protection
from synth.vault import attributes as vault_attributes

SEEDED = ("aggregate_seeded", "value_seeded", "row_seeded", "unseeded")
SAMPLE = Path(__file__).parents[2] / "sample_data" / "hospital_admissions.csv"
K = 5
OWN = {"age": 103, "sex": "X", "ward": "Secret", "day": "2026-03-01"}


def crowd(people: int = 203) -> pd.DataFrame:
    """Ages with a gap, of which the youngest are rare; two wards; days of one week."""
    rng = np.random.default_rng(7)
    ages = np.array([18, *range(20, 24), *range(26, 31)])
    age = rng.choice(ages, people, p=[0.005, *[0.995 / 9] * 9])
    day = rng.choice([f"2026-02-0{d}" for d in range(1, 8)], people)
    return pd.DataFrame(
        {
            "age": age,
            "sex": rng.choice(["F", "M"], people),
            "ward": np.where(rng.random(people) < 0.5, "North", "South"),
            "day": day,
        }
    )


def joined(people: pd.DataFrame, own: dict[str, object], *, first: bool = False) -> pd.DataFrame:
    one = pd.DataFrame([{**OWN, **own}])
    return pd.concat([one, people] if first else [people, one], ignore_index=True)


@functools.cache
def files_of_crowd(method: str) -> dict[str, bytes]:
    """The bundle of the crowd itself, made once per process."""
    return files_of(crowd(), method)


def files_of(people: pd.DataFrame, method: str, **more: object) -> dict[str, bytes]:
    recipe = Recipe.model_validate({"method": {"name": method, "k": K}, **more})
    return run(recipe, people).release.files()


# -- what one person changes ---------------------------------------------------------------------


@pytest.mark.parametrize("method", SEEDED)
@pytest.mark.parametrize(
    "own",
    [
        pytest.param({}, id="above"),
        pytest.param({"age": 3, "ward": "A first one"}, id="below", marks=pytest.mark.nightly),
        pytest.param({"ward": "Zz", "day": "2026-01-03"}, id="days before"),
        pytest.param({"sex": None}, id="blank", marks=pytest.mark.nightly),
        pytest.param({"age": 350, "day": "1899-12-31"}, id="far out"),
    ],
)
def test_one_person_with_values_of_their_own_changes_no_byte(method, own):
    people = crowd()
    assert files_of(joined(people, own), method) == files_of_crowd(method)


@pytest.mark.parametrize("method", SEEDED)
def test_nor_does_it_matter_where_that_person_stands(method):
    people = crowd()
    assert files_of(joined(people, {}, first=True), method) == files_of_crowd(method)


@pytest.mark.parametrize("method", SEEDED)
def test_somebody_known_by_one_value_changes_counts_of_that_value_at_most(method):
    """ "F" goes from 100 to 101, and nobody of k can be made with whom else is left over."""
    people = crowd()
    people["sex"] = ["F"] * 101 + ["M"] * 102
    assert files_of(joined(people, {"sex": "F"}), method) == files_of(people, method)


def test_what_too_few_share_leaves_neither_a_gap_nor_a_number():
    files = files_of(joined(crowd(), {}), "row_seeded")
    counts, model = json.loads(files["counts.json"]), json.loads(files["model.json"])
    for axis in (*counts["axes"], *model["parameters"]["axes"]):
        assert axis["labels"] and all(isinstance(label, str) for label in axis["labels"])
    told = {c["name"]: c for c in json.loads(files["schema.json"])}
    assert told["age"]["edges"] == list(range(20, 32))
    assert told["ward"]["values"] == ["North", "South"] and not told["ward"]["other"]
    for name, content in files.items():
        assert b"Secret" not in content, name
        assert name.endswith((".sha256", ".parquet", "SHA256SUMS")) or b"103" not in content, name


def test_where_k_people_share_nothing_of_a_column_its_bounds_are_not_told():
    people = crowd().assign(age=range(40, 243))
    people["age"] %= 99
    schema = Schema(
        (
            Column("age", Numbers(tuple(range(100)), Origin.OBSERVED, decimals=0), Kind.INTEGER),
            Column("sex", Categories(("F", "M"))),
        )
    )
    private = PrivateTable(people[["age", "sex"]], schema, Budget(1.0))
    model = method_named("row_seeded").configured({"k": 50}).fit(private, Rho(0.0))
    assert model.schema["age"].domain == Categories((), Origin.DISCOVERED, missing=True)
    assert model.sample(10, np.random.default_rng(0))["age"].isna().all()


def test_days_are_told_as_far_as_k_people_share_them():
    days = tuple(86400.0 * d for d in range(20))
    schema = Schema((Column("day", Dates(days, Origin.OBSERVED), Kind.DATE),))
    frame = pd.DataFrame({"day": ["1970-01-02"] + ["1970-01-05"] * 9 + ["1970-01-07"] * 9})
    private = PrivateTable(frame, schema, Budget(1.0))
    model = method_named("unseeded").configured({"k": K}).fit(private, Rho(0.0))
    assert model.schema["day"].domain.edges == tuple(86400.0 * d for d in range(4, 8))


@given(seed=st.integers(0, 10_000), k=st.integers(2, 6), split=st.booleans())
@settings(deadline=None, max_examples=60)
def test_nobody_alone_changes_which_records_are_grown(seed, k, split):
    """Whatever the table: a person who shares nothing, and one who shares a single value."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 5, size=4)
    rows = [np.minimum(rng.geometric(0.5, 60) - 1, s - 1) for s in sizes]
    own = [np.append(codes, size) for codes, size in zip(rows, sizes, strict=True)]

    def grown(columns):
        axes = [Axis.plain(c, int(s) + 1) for c, s in zip(columns, sizes, strict=True)]
        find = growth.partition if split else growth.candidates
        return growth.different(find(axes, k, np.random.default_rng(1), 5))

    np.testing.assert_array_equal(grown(rows), grown(own))


# -- nobody is counted among what they do not have -----------------------------------------------


@pytest.mark.parametrize("protection", [Protection.ROUNDED, Protection.WITHHELD])
def test_a_number_outside_what_is_told_is_counted_nowhere(protection):
    ages = [20] * 30 + [22] * 30 + [26] * 20 + [3, 4, 40, 41]
    frame = pd.DataFrame({"age": ages, "sex": ["F", "M"] * 42})
    age = Column("age", Numbers(tuple(range(20, 28)), decimals=0), Kind.INTEGER)
    private = PrivateTable(frame, Schema((age, Column("sex", Categories(("F",))))), Budget(1.0))
    told = aggregate(private, Counting(length=1), 10, protection)
    rest = 20 if protection is Protection.ROUNDED else None  # four of 84 are left: too few
    assert [told.count({"age": a}) for a in ("20", "22", "26", "27")] == [30, 30, rest, None]
    assert told.count({"sex": "F"}) == (40 if protection is Protection.ROUNDED else 42)


@pytest.mark.parametrize(
    "method",
    [
        pytest.param(
            n, marks=() if n in ("aggregate_seeded", "row_seeded") else pytest.mark.nightly
        )
        for n in SEEDED
    ],
)
def test_a_bundle_of_the_sample_holds_as_a_custodian_would_ask(method, tmp_path):
    recipe, bundle = tmp_path / "recipe.toml", tmp_path / "out.zip"
    began = CliRunner().invoke(app, ["init", str(SAMPLE), "-o", str(recipe), "--k", "10"])
    assert began.exit_code == 0, began.output
    asked = f'[method]\nname = "{method}"\nk = 10\norders = 3\n\n'
    told = re.sub(r"^\[method\]\n.*?\n\n", asked, recipe.read_text(), flags=re.M | re.S)
    assert asked in told
    recipe.write_text(told)
    for words in (
        ("run", recipe, "-o", bundle),
        ("verify", bundle),
        ("verify", bundle, "--against", SAMPLE),
    ):
        ran = CliRunner().invoke(app, [str(w) for w in words])
        assert ran.exit_code == 0, ran.output
    assert "reported counts are those of the table" in ran.output
    assert Bundle.read(bundle).facts["rows"] == 10_000


@pytest.mark.parametrize("method", SEEDED)
@pytest.mark.parametrize("protection", ["rounded", "withheld"])
def test_a_bundle_with_gaps_holds_against_its_table(method, protection):
    people = joined(crowd(), {})
    counts = {"k": K, "protection": protection, "nothing": "sex=M"}
    bundle = Bundle.read(
        io.BytesIO(
            run(
                Recipe.model_validate({"method": {"name": method, "k": K}, "counts": counts}),
                people,
            ).release.zipped()
        )
    )
    schema = Schema(tuple(Column(c, Categories(("?",))) for c in people))
    held = recheck(bundle, PrivateTable(people, schema, Budget(1.0)))
    assert len(held) == 2
    with pytest.raises(NotReleasable):
        recheck(bundle, PrivateTable(people.iloc[:60], schema, Budget(1.0)))


def test_counts_of_fewer_people_than_the_method_promises_are_refused():
    recipe = {"method": {"name": "row_seeded", "k": 10}, "counts": {"k": 4}}
    with pytest.raises(MethodError, match=r"at least 4 people.*promises 10"):
        run(Recipe.model_validate(recipe), crowd())


# -- arithmetic ----------------------------------------------------------------------------------


@given(
    shape=st.lists(
        st.one_of(st.integers(1, 40), st.sampled_from([255, 256, 257, 65_535, 65_536, 65_537])),
        min_size=1,
        max_size=4,
    ).filter(lambda s: math.prod(s) < 2_000_000),
    seed=st.integers(0, 100),
)
@settings(deadline=None, max_examples=80)
def test_packed_codes_are_counted_whatever_the_shape(shape, seed):
    rng = np.random.default_rng(seed)
    codes = [rng.integers(s, size=50) for s in shape]
    for column, size in zip(codes, shape, strict=True):
        column[:2] = 0, size - 1
    small = [c.astype(np.min_scalar_type(max(s - 1, 1))) for c, s in zip(codes, shape, strict=True)]
    found = bincount(small, shape)
    assert found.sum() == 50 and found.shape == tuple(shape)
    assert all(found[cell] == n for cell, n in _counted(zip(*codes, strict=True)).items())


@pytest.mark.parametrize("shape", [(1, 65_536), (1, 256), (65_536, 1), (1, 1, 256), (1, 65_537)])
def test_a_column_of_one_state_beside_a_wide_one_is_counted(shape):
    codes = [np.array([0, s - 1]).astype(np.min_scalar_type(max(s - 1, 1))) for s in shape]
    found = bincount(codes, shape)
    assert found[(0,) * len(shape)] == 1 and found[tuple(s - 1 for s in shape)] == 1


def _counted(cells):
    found = {}
    for cell in cells:
        found[tuple(map(int, cell))] = found.get(tuple(map(int, cell)), 0) + 1
    return found


COLUMNS = ("a", "b", "c", "d")


def small_table(seed: int) -> tuple[pd.DataFrame, Schema]:
    """Sixty people in four columns of two or three states, all declared and filled in."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 4, size=4)
    codes = {
        name: np.minimum(rng.geometric(0.5, 60) - 1, size - 1)
        for name, size in zip(COLUMNS, sizes, strict=True)
    }
    schema = Schema(
        tuple(
            Column(n, Categories(tuple(map(str, range(s)))))
            for n, s in zip(COLUMNS, sizes, strict=True)
        )
    )
    return pd.DataFrame(codes).astype(str), schema


def pinned(told: Aggregates, frame: pd.DataFrame, schema: Schema, k: int) -> tuple[int, int]:
    """Rare combinations whose number an integer program finds, and how many there are.

    The attacker knows all states, and that everybody has one in each column.
    """
    columns = tuple(frame)
    shape = schema.shape(columns)
    cells = list(itertools.product(*(range(s) for s in shape)))
    rounded = told.protection is Protection.ROUNDED
    rows, low, high, rare = [], [], [], []
    for size in range(told.length + 1):
        for places in itertools.combinations(range(len(columns)), size):
            for states in itertools.product(*(range(shape[p]) for p in places)):
                fixed = dict(zip(places, states, strict=True))
                inside = np.array([all(c[p] == s for p, s in fixed.items()) for c in cells])
                named = {columns[p]: str(s) for p, s in fixed.items()}
                count = told.people if not named else told.count(named)
                rows.append(inside.astype(float))
                low.append(count or 0)
                missing = k - 1 if rounded else np.inf
                high.append(missing if count is None else count + (k - 1) * rounded)
                true = int(np.all([frame[c] == v for c, v in named.items()], axis=0).sum())
                if named and count is None and 0 < true < k:
                    rare.append((inside, true))
    rules = LinearConstraint(np.array(rows), low, high)
    found = 0
    for inside, true in rare:
        ends = []
        for sign in (1, -1):
            solved = milp(
                sign * inside.astype(float),
                constraints=rules,
                integrality=np.ones(len(cells)),
                bounds=Bounds(0, np.inf),
            )
            ends.append(round(solved.fun * sign) if solved.status == 0 else None)
        found += ends == [true, true]
    return found, len(rare)


TABLES = (1, 4, 7)


def told_of(seed: int, protection: Protection) -> tuple[int, int]:
    frame, schema = small_table(seed)
    private = PrivateTable(frame, schema, Budget(1.0))
    told = aggregate(private, Counting(length=2), K, protection)
    assert len(told) > 3
    return pinned(told, frame, schema, K)


@pytest.mark.parametrize("protection", [Protection.ROUNDED, Protection.WITHHELD])
@pytest.mark.parametrize("seed", TABLES)
def test_an_integer_program_finds_no_rare_count(seed, protection):
    found, rare = told_of(seed, protection)
    assert rare and not found


def test_it_finds_some_where_counts_are_only_rounded(monkeypatch):
    monkeypatch.setattr(vault_attributes, "bounded", lambda every, safe, k, exact: safe)
    assert sum(told_of(seed, Protection.ROUNDED)[0] for seed in TABLES)


def only_rare_ones_withheld(found: Combinations, k: int) -> Combinations:
    return found.with_counts(
        {a: np.where(b.counts >= k, b.counts, 0) for a, b in found.blocks.items()}
    )


@pytest.mark.nightly
def test_where_only_rare_counts_are_withheld_the_bounds_alone_withhold_enough(monkeypatch):
    monkeypatch.setattr(vault_attributes, "suppress", only_rare_ones_withheld)
    assert [told_of(seed, Protection.WITHHELD)[0] for seed in TABLES] == [0, 0, 0]
    monkeypatch.setattr(vault_attributes, "bounded", lambda every, safe, k, exact: safe)
    assert sum(told_of(seed, Protection.WITHHELD)[0] for seed in TABLES)


# -- where numbers are cut -----------------------------------------------------------------------


def measures(people: int = 400) -> pd.DataFrame:
    """Weights with four decimals, incomes with a long tail and a heap at 0, ages, days of years."""
    rng = np.random.default_rng(3)
    income = np.where(rng.random(people) < 0.3, 0.0, rng.lognormal(7, 1.5, people).round(2))
    days = pd.Timestamp("2001-01-01") + pd.to_timedelta(rng.integers(0, 6000, people), "D")
    return pd.DataFrame(
        {
            "weight": rng.normal(70, 10, people).round(4),
            "income": income,
            "units": rng.integers(0, 5000, people),
            "age": rng.integers(18, 90, people),
            "born": days.strftime("%Y-%m-%d"),
            "sex": rng.choice(["F", "M"], people),
        }
    )


FAR = {
    "weight": 612.3456,
    "income": 9_999_999.99,
    "units": -70_000,
    "age": 350,
    "born": "1899-01-01",
}
DECIMALS = {"weight": 4, "income": 2, "units": 0}


def cuts(people: pd.DataFrame, k: int = K) -> dict[str, np.ndarray]:
    schema = cut_for(load(people, Budget(1.0)).private, k).schema
    return {n: np.asarray(getattr(schema[n].domain, "edges", ())) for n in people}


def test_one_person_far_out_is_in_no_cut():
    """The smallest and largest number stood in the schema, and one age of 350 changed every cut."""
    people = measures()
    far = pd.DataFrame([{**people.iloc[3], **FAR}])
    one = cuts(people)
    other = cuts(pd.concat([people.iloc[:50], far, people.iloc[50:]], ignore_index=True))
    assert (one["age"] == other["age"]).all()
    for name in ("weight", "income", "units", "born"):
        width = np.diff(one[name]).max()
        assert abs(one[name][0] - other[name][0]) <= width, name
        assert abs(one[name][-1] - other[name][-1]) <= width, name


@pytest.mark.parametrize("people", [40, 400, 3000])
def test_no_cut_is_one_persons_value(people):
    """All thirty cuts of weights were those of single people, to four decimals."""
    table = measures(people)
    told = cuts(table)
    for name, decimals in DECIMALS.items():
        values, edges = np.sort(table[name].to_numpy(dtype=float)), told[name]
        assert (np.diff(edges) > 0).all()
        assert (values < edges[1]).sum() >= K
        assert (values >= edges[-2]).sum() >= K
        assert (values < edges[0]).sum() < K
        assert (values >= edges[-1]).sum() < K
        inside = np.histogram(values, edges)[0]
        heap = np.isclose(np.diff(edges), 10.0**-decimals)
        between = ~heap & ~np.append(heap[1:], False) & ~np.append(False, heap[:-1])
        assert (inside[between] >= K).all()
        shared = [e for e in edges if (values == e).sum() >= K]
        digits = [len(f"{abs(e):.15g}".replace(".", "").strip("0")) for e in edges]
        after = np.isin(edges, np.round(np.array(shared) + 10.0**-decimals, decimals))
        whole = len(str(int(values[-1])))
        told_of = zip(digits, edges, after, strict=True)
        assert max(d for d, e, heaped in told_of if not heaped and e not in shared) <= whole


@pytest.mark.parametrize("by", [0.0001, -0.0004])
def test_a_value_that_moves_a_little_moves_no_cut(by):
    people = measures()
    before = cuts(people)["weight"]
    for row in np.argsort(people["weight"].to_numpy())[::20]:
        moved = people.copy()
        moved.loc[row, "weight"] = round(moved.loc[row, "weight"] + by, 4)
        assert (cuts(moved)["weight"] == before).all()


def test_a_bundle_of_k_has_these_cuts_and_no_extreme_value():
    people = measures()[["weight", "sex"]]
    told = json.loads(files_of(people, "aggregate_seeded")["schema.json"])
    assert (np.asarray(told[0]["edges"]) == cuts(people)["weight"]).all()
    text = json.dumps(told)
    assert str(people["weight"].min()) not in text
    assert str(people["weight"].max()) not in text
