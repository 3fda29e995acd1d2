"""Drawn rows keep the rules: within their states, by leaving rows out, or put right at last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from synth.budget import Statement
from synth.learning import keeping
from synth.learning.keeping import MOST, Keeper
from synth.learning.method import Model
from synth.learning.network import Conditional, Network
from synth.learning.records import RecordModel
from synth.learning.within_states import TRIES
from synth.schema import Categories, Column, Dates, Kind, Numbers, Role, Schema
from synth.schema.pattern import Pattern
from synth.schema.rule_counts import counted
from synth.schema.rules import rule_of
from synth.vault import Attributes

DAY = 86400.0
SCHEMA = Schema(
    (
        Column("id", Pattern("A-####"), role=Role.IDENTIFIER),
        Column("came", Dates((0.0, 30 * DAY, 60 * DAY)), Kind.DATE),
        Column("left", Dates((0.0, 30 * DAY, 60 * DAY), format="%d/%m/%Y"), Kind.DATE),
        Column("a", Numbers((0.0, 50.0, 100.0), decimals=2), Kind.REAL),
        Column("b", Numbers((0.0, 100.0), decimals=1, missing=True), Kind.REAL),
        Column("total", Numbers((0.0, 100.0, 150.0), decimals=1), Kind.REAL),
        Column("sex", Categories(("F", "M"))),
        Column("pregnant", Categories(("no", "yes"))),
        Column("district", Categories(tuple("ABCD"))),
        Column("region", Categories(("N", "S"))),
        Column("bed", Categories(tuple(map(str, range(5000))))),
    )
)
ORDER = "left is not before came"


def independent(**chances: list[float]) -> Network:
    """Columns that know nothing of each other, and so break most rules."""
    steps = []
    for column in SCHEMA.modelled:
        size = SCHEMA.domain(column.name).size
        told = np.array(chances.get(column.name, [1 / size] * size))
        if column.name == "bed":  # some are drawn more often than once
            told = np.linspace(3, 0, size) ** 2 / (np.linspace(3, 0, size) ** 2).sum()
        steps.append(Conditional(column.name, (), told))
    return Network(SCHEMA, Statement(), 1000, tuple(steps))


def kept(model: Model, *rules: str, rows: int = 2000, seed: int = 1) -> tuple[pd.DataFrame, Keeper]:
    keeper = Keeper(model, [rule_of(r) for r in rules])
    blocks = list(keeper.blocks(rows, np.random.default_rng(seed)))
    return pd.concat(blocks, ignore_index=True), keeper


def broken(frame: pd.DataFrame, *rules: str) -> list[int | None]:
    return [c.broken for c in counted([rule_of(r) for r in rules], frame, SCHEMA)]


EACH = (
    ORDER,
    "came is before left",
    "a is at least b",
    "pregnant only if sex is F",
    "region is N when district is A or B",
    "total = a + b",
    "district decides region",
    "bed is unique",
)


@pytest.mark.parametrize("rule", EACH)
def test_each_kind_of_rule_holds_in_what_is_drawn_and_not_without(rule):
    model = independent()
    plain = model.sample(2000, np.random.default_rng(1))
    assert broken(plain, rule) > [0]
    frame, _ = kept(model, rule)
    assert len(frame) == 2000
    assert broken(frame, rule) == [0]
    assert list(frame.dtypes) == list(plain.dtypes)


def test_all_rules_hold_at_once_and_the_share_that_was_left_out_is_said():
    frame, keeper = kept(independent(), *EACH)
    assert broken(frame, *EACH) == [0] * len(EACH)
    upkeep = keeper.upkeep
    assert upkeep.drawn == upkeep.left_out + (upkeep.drawn - upkeep.left_out) > 2000
    assert f"{upkeep.left_out:,} of {upkeep.drawn:,} rows" in upkeep.plain


def test_without_a_rule_the_rows_are_those_of_the_model_to_the_byte():
    model = independent()
    frame, keeper = kept(model)
    pd.testing.assert_frame_equal(frame, model.sample(2000, np.random.default_rng(1)))
    assert keeper.upkeep.plain == ""


def test_the_same_seed_draws_the_same_rows_again():
    one, two, other = (kept(independent(), *EACH, rows=400, seed=s)[0] for s in (3, 3, 4))
    pd.testing.assert_frame_equal(one, two)
    assert not one.equals(other)


def test_dates_within_one_state_are_moved_and_no_row_is_left_out():
    model = independent(came=[1.0, 0.0], left=[1.0, 0.0])
    frame, keeper = kept(model, ORDER)
    assert broken(frame, ORDER) == [0]
    assert keeper.upkeep.left_out <= 2000 // 2**TRIES + 5
    states = SCHEMA.domain("left").encode(frame["left"])
    assert (states == 0).all()


def test_moving_keeps_each_row_in_its_states(monkeypatch):
    """What the model learnt of which states go together is what comes out."""
    model = independent(came=[0.5, 0.5], left=[0.0, 1.0])
    before = model.sample(2000, np.random.default_rng(1))
    monkeypatch.setattr(Keeper, "_broken", lambda keeper, frame: np.zeros(len(frame), dtype=bool))
    after, _ = kept(model, ORDER)
    for name in ("came", "left"):
        domain = SCHEMA.domain(name)
        assert (domain.encode(before[name]) == domain.encode(after[name])).all()
    assert broken(before, ORDER) > [0]
    assert broken(after, ORDER) < broken(before, ORDER)


IMPOSSIBLE = {
    ORDER: {"came": [0.001, 0.999], "left": [0.999, 0.001]},
    "pregnant only if sex is F": {"sex": [0.001, 0.999], "pregnant": [0.001, 0.999]},
    "region is N when sex is M": {"sex": [0.001, 0.999], "region": [0.001, 0.999]},
    "sex is F when region is S": {"sex": [0.0, 1.0], "region": [0.0, 1.0]},
}


@pytest.mark.parametrize("rule", IMPOSSIBLE)
def test_where_hardly_a_row_keeps_it_cells_are_put_right_after_a_bounded_number_of_draws(rule):
    frame, keeper = kept(independent(**IMPOSSIBLE[rule]), rule)
    assert broken(frame, rule) == [0]
    assert keeper.upkeep.put_right > 1900
    assert keeper.upkeep.drawn <= MOST * 2000
    assert "put right in" in keeper.upkeep.plain


def test_a_rule_that_no_row_can_keep_is_counted_and_all_rows_are_there():
    frame, _ = kept(independent(district=[1.0, 0.0, 0.0, 0.0]), "district is unique", rows=50)
    assert len(frame) == 50
    assert broken(frame, "district is unique") == [49]


@pytest.mark.parametrize("sexes", [[0.5, 0.5], [1.0, 0.0]])
def test_unique_values_are_unique_over_the_blocks_of_a_table(monkeypatch, sexes):
    """Also where another rule, which no drawn row keeps, has cells put right."""
    monkeypatch.setattr(keeping, "BLOCK", 100)
    monkeypatch.setattr(keeping, "PILOT", 100)
    rules = ("bed is unique", *(("sex is M when pregnant is yes or no",) * (sexes[1] == 0)))
    frame, keeper = kept(independent(sex=sexes), *rules, rows=1500)
    assert broken(frame, *rules) == [0] * len(rules)
    assert bool(keeper.upkeep.put_right) is (sexes[1] == 0)


def test_a_total_that_would_be_out_of_its_bounds_is_no_row():
    frame, _ = kept(independent(), "total = a + b")
    known = frame.dropna(subset=["b"])
    assert (known["total"] < 150).all()
    np.testing.assert_allclose(known["total"], (known["a"] + known["b"]).round(1), atol=0.051)


# -- where rows are promised as a whole ------------------------------------------------------------

RECORDED = Schema(tuple(SCHEMA[n] for n in ("came", "left", "sex", "pregnant")))
LABELS = {c.name: c.domain.labels for c in RECORDED.modelled}  # type: ignore[union-attr]
RECORDS = RecordModel(
    RECORDED,
    Statement(),
    4,
    tuple(Attributes(name, labels) for name, labels in LABELS.items()),
    np.array([[0, 0, 0, 1], [1, 0, 0, 0], [0, 1, 1, 1], [1, 1, 1, 0]], np.int32),
)


def test_a_record_is_drawn_or_left_out_as_a_whole():
    """So that whatever stands together in a row was shared by k people, as is promised."""
    frame, keeper = kept(RECORDS, ORDER, "pregnant only if sex is F", rows=1000)
    codes = RECORDED.encode(frame)
    met = set(zip(*(codes[n].tolist() for n in RECORDED.names), strict=True))
    assert met == {(0, 0, 0, 1), (1, 1, 1, 0)}
    assert keeper.upkeep.left_out >= 1000
    assert keeper.upkeep.put_right == 0


def test_a_record_that_keeps_no_rule_is_given_as_it_is_and_counted():
    only = RecordModel(RECORDED, Statement(), 1, RECORDS.names, RECORDS.records[[1]])
    frame, _ = kept(only, ORDER, rows=40)
    assert [c.broken for c in counted([rule_of(ORDER)], frame, RECORDED)] == [40]


@dataclass(frozen=True)
class OneBatch(Network):
    """A table that is drawn in one go, as replicates are."""

    row_by_row: ClassVar[bool] = False


def test_a_table_that_is_drawn_in_one_go_is_of_one_batch(monkeypatch):
    model = OneBatch(**vars(independent()))
    asked: list[int] = []

    def sample(self: OneBatch, rows: int, rng: np.random.Generator) -> pd.DataFrame:
        asked.append(rows)
        frame = Network.sample(self, rows, rng)
        return frame.assign(bed=str(len(asked)))

    monkeypatch.setattr(OneBatch, "sample", sample)
    frame, _ = kept(model, "pregnant only if sex is F", "region is N when district is A or B")
    assert len(asked) > 1
    assert frame["bed"].nunique() == 1
