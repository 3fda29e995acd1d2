"""The search finds what looking at every node finds, and its steps do what it promised."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.budget import Audience, Budget
from synth.errors import RiskError, StepError
from synth.ingest import load
from synth.protect.lattice import (
    Goal,
    Matters,
    fewer_levels,
    ladder,
    search,
    steps_for,
    usual_ladder,
    ways,
)
from synth.protect.risk import classes_of
from synth.protect.steps import protect
from synth.protect.steps.hierarchy import Date, Icd10, Postcode, ValueTree, Widths
from synth.schema import Kind
from synth.vault.coded import coded

SAMPLE = Path(__file__).parents[2] / "sample_data" / "hospital_admissions.csv"
TREE = ValueTree(("0", "1", "2", "3"), (("a", "a", "b", "b"), ("*", "*", "*", "*")))


def rungs(seed: int, rows: int = 60, columns: int = 3):
    rng = np.random.default_rng(seed)
    drawn = np.minimum(rng.geometric(0.5, (rows, columns)) - 1, 3).astype(str)
    frame = pd.DataFrame(drawn, columns=[f"c{i}" for i in range(columns)])
    return frame, [ladder(coded(n, frame[n]), TREE, "tree.csv") for n in frame]


def slowly(ladders, goal, sensitive=None):
    """The best loss over all nodes, each worked out by itself."""
    space = search(ladders, goal, sensitive)
    nodes = [
        space.evaluate(levels)
        for levels in itertools.product(*(range(ld.top + 1) for ld in ladders))
    ]
    held = [n.loss for n in nodes if n.holds]
    return min(held) if held else None


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 500),
    st.integers(1, 12),
    st.sampled_from([0.0, 0.05, 0.2]),
    st.sampled_from(["entropy", "discernibility", "generalisation"]),
)
def test_the_search_finds_the_optimum(seed, k, suppression, loss):
    _, ladders = rungs(seed)
    goal = Goal(k=k, suppression=suppression, loss=loss)
    found = search(ladders, goal).best
    assert (None if found is None else found.loss) == pytest.approx(slowly(ladders, goal))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 500), st.integers(1, 3), st.sampled_from([0.2, 0.5, 1.0]))
def test_the_search_finds_the_optimum_under_diversity_and_closeness(seed, distinct, closeness):
    frame, ladders = rungs(seed)
    goal = Goal(k=3, suppression=0.1, distinct=distinct, closeness=closeness)
    secret = coded("c2", frame["c2"])
    found = search(ladders[:2], goal, secret).best
    slow = slowly(ladders[:2], goal, secret)
    assert (None if found is None else found.loss) == pytest.approx(slow)


def test_a_node_counts_what_pandas_counts():
    frame, ladders = rungs(7)
    node = search(ladders, Goal(k=4)).evaluate((1, 0, 2))
    general = pd.DataFrame({"c0": frame["c0"].map({"0": "a", "1": "a", "2": "b", "3": "b"})})
    sizes = general.assign(c1=frame["c1"]).groupby(["c0", "c1"])["c0"].transform("size")
    assert node.suppressed == (sizes < 4).sum()


def test_entropy_of_four_rows_is_as_on_paper():
    frame = pd.DataFrame({"x": ["0", "0", "1", "2"]})
    space = search([ladder(coded("x", frame["x"]), TREE, "tree.csv")], Goal(k=1))
    assert space.evaluate((0,)).loss == 0
    assert space.evaluate((1,)).loss == pytest.approx(2 * np.log2(3 / 2) + np.log2(3))
    assert space.evaluate((2,)).loss == pytest.approx(2 * 1 + 2 + 2)


def test_suppressed_rows_lose_everything():
    frame = pd.DataFrame({"x": ["0", "0", "0", "2"]})
    node = search(
        [ladder(coded("x", frame["x"]), TREE, "tree.csv")], Goal(k=2, suppression=0.25)
    ).best
    assert (node.levels, node.suppressed) == ((0,), 1)
    assert node.loss == pytest.approx(np.log2(4))


def test_columns_that_matter_more_are_generalised_less():
    _, ladders = rungs(3, rows=200)
    goals = [
        Goal(k=15, suppression=0, loss="generalisation", weights={name: 50.0})
        for name in ("c0", "c1")
    ]
    one, other = (search(ladders, goal).best.levels for goal in goals)
    assert one[0] <= other[0]
    assert other[1] <= one[1]
    assert one != other


def test_ways_keep_what_matters_and_leave_what_must_stay_as_it_is():
    _, ladders = rungs(3, rows=200)
    themes = {"c1": "time", "c2": "places"}
    goal = Goal(k=15, suppression=0)
    said = {"c0": Matters.ALL}
    free, held = (ways(ladders, replace(goal, k=k), s, themes) for k, s in ((15, {}), (3, said)))
    assert all(way.space.best is None or way.space.best.levels[0] == 0 for way in held)
    best = held[0].space.best
    assert best is not None
    assert "as it is: c0 (must stay as it is)" in held[0].plain(best.levels, said)
    assert steps_for(held[0].space.ladders[:1], (0,), 3, 5)[0].columns == ("c0",)
    little = ways(ladders, goal, {"c0": Matters.LITTLE}, {})[-1].space.best
    much = ways(ladders, goal, dict.fromkeys(("c1", "c2"), Matters.LITTLE), {})[-1].space.best
    assert little.levels[0] >= much.levels[0] and little.levels != much.levels
    for theme, name in (("time", 1), ("places", 2)):
        way = next((w for w in free if w.name.endswith(theme)), free[0])
        assert way.space.best.levels[name] <= free[0].space.best.levels[name]


def test_no_column_that_matters_goes_while_something_of_each_can_stay():
    """A table without age, hospital and gender lost least, and was called best."""
    _, ladders = rungs(3, rows=400)
    themes = {"c0": "time", "c1": "places", "c2": "places"}
    found = ways(ladders, Goal(k=11, suppression=0.05), {}, themes)
    told = {way.name: way for way in found}
    assert found[0].name == "Keep every column"
    for way in (w for w in found if w.name != "Lose least"):
        assert "left out" not in way.plain(way.space.best.levels, {})
    assert len({w.space.best.levels for w in found}) == len(found)
    names = {*told, *(also for way in found for also in way.also)}
    assert names >= {"Keep every column", "Keep detail in time", "Keep detail in places"}
    assert "Lose least" in names
    assert "of what these columns tell is lost" in found[0].loses(found[0].space.best)
    crowd = ways(ladders, Goal(k=150, suppression=0), {}, {})
    assert [way.name for way in crowd] == ["Lose least"]
    assert "left out" in crowd[0].plain(crowd[0].space.best.levels, {})


def test_of_people_with_several_rows_k_people_look_alike_and_not_k_rows():
    """And no level names a value that is of one person alone, in however many rows."""
    frame = pd.DataFrame({"x": list("00000011123"), "who": list("aaaaaabcdef")})
    x, who = (coded(n, frame[n]) for n in frame)
    one, goal = [ladder(x, TREE, "tree.csv")], Goal(k=3, suppression=0.8)
    rows, people = (search(one, goal, owner=o).evaluate((0,)).suppressed for o in (None, who))
    assert (rows, people) == (2, 8)
    step = steps_for(one, (0,), 3, 8, "who")[0]
    assert frame.loc[step(frame.astype("category")).index, "who"].tolist() == ["b", "c", "d"]
    named = [usual_ladder(x, Kind.CATEGORY, 3, o).rungs[1].steps[0].values for o in (None, who)]
    assert [sorted(values) for values in named] == [["0", "1"], ["1"]]


def test_the_steps_of_a_node_do_what_it_promised():
    loaded = load(SAMPLE, Budget(1.0))
    known = ("Age", "Hospital", "Arrival Time", "Gender", "Postcode")
    codes = loaded.private.exact_codes(known, "test", Audience.CUSTODIAN)
    kinds = [loaded.private.schema[n].kind for n in known]
    ladders = [usual_ladder(c, kind, 5) for c, kind in zip(codes, kinds, strict=True)]
    ladders = fewer_levels(ladders, 5, 0.02, 2_000)
    space = search(ladders, Goal(k=5, suppression=0.02))
    assert space.looked < len(space.levels) / 2
    steps = steps_for(ladders, space.best.levels, 5, space.best.suppressed)
    last = protect(loaded, (), steps, Audience.CUSTODIAN)[-1]
    left = [n for n in known if n in last.private.schema]
    after = classes_of(last.private.exact_codes(left, "test", Audience.CUSTODIAN), last.rows)
    assert after.k >= 5
    assert after.rows == 10_000 - space.best.suppressed


@pytest.mark.parametrize(
    ("values", "kind", "name", "words"),
    [
        ([str(i) for i in range(90)], Kind.INTEGER, "age", "16 bands"),
        (
            [f"2019-01-0{d} {h}:00" for d in (1, 2) for h in range(10, 19)],
            Kind.DATE,
            "seen",
            "the day",
        ),
        (
            [f"{a}{i} 1XU" for i in range(1, 26) for a in ("AV", "B")],
            Kind.CATEGORY,
            "zip",
            "the area",
        ),
        (["m", "f", "x"] * 9, Kind.CATEGORY, "sex", "1 value and Other"),
    ],
)
def test_a_column_gets_the_levels_that_fit_and_fewer_where_there_are_too_many(
    values, kind, name, words
):
    made = usual_ladder(coded(name, pd.Series(values)), kind, 2)
    assert words in [rung.words for rung in made.rungs] and made.gone(made.top)
    (fewer,) = fewer_levels([made], 2, 0.02, 2)
    assert [rung.words for rung in fewer.rungs][-1] == "left out" and len(fewer.rungs) == 2


@pytest.mark.parametrize("hierarchy", [Widths(0, 100), Postcode(), Date(), Icd10(), TREE])
def test_each_level_joins_what_the_one_below_joined(hierarchy):
    values = pd.Series(
        ["0", "1", "3", "17", "99", "AV1 1XU", "AV1 2AA", "12345", "2019-04-07", "C50.9", "E11"]
    )
    lower = values
    for level in range(1, hierarchy.top + 1):
        upper = hierarchy.at(level, values)
        assert upper.groupby(lower).nunique().max() == 1
        lower = upper
    assert set(lower) == {"*"}


def test_a_wider_band_has_to_consist_of_narrower_ones():
    with pytest.raises(StepError, match="each width be a multiple"):
        Widths(widths=(4, 6))


def test_a_k_above_the_table_is_refused():
    _, ladders = rungs(1)
    with pytest.raises(RiskError, match=r"k is 61, but the table has 60 rows"):
        search(ladders, Goal(k=61))


def test_closeness_without_a_sensitive_column_is_refused():
    _, ladders = rungs(1)
    with pytest.raises(RiskError, match="no column is sensitive"):
        search(ladders, Goal(closeness=0.2))


def test_a_lattice_that_is_too_large_is_refused():
    _, ladders = rungs(1)
    with pytest.raises(RiskError, match="at most 200,000 are searched"):
        search(ladders * 4, Goal())
    with pytest.raises(RiskError, match="have more than a billion combinations"):
        search(ladders * 200, Goal())


def test_a_search_can_be_stopped():
    class Enough(Exception):
        pass

    def tick(share):
        raise Enough("enough")

    _, ladders = rungs(1)
    with pytest.raises(Enough, match="enough"):
        search(ladders, Goal(), None, tick)
