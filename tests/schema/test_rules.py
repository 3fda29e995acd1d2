"""Rules in plain sentences: what is said is what is read, and what is not understood says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import RuleError
from synth.schema.rules import (
    Condition,
    Decides,
    InOrder,
    OnlyIf,
    Relation,
    Rule,
    SumOf,
    Together,
    Unique,
    quoted,
    rule_of,
)

SAID = {
    "discharge is not before admission": InOrder("discharge", Relation.NOT_BEFORE, "admission"),
    "`date of birth` is before seen": InOrder("date of birth", Relation.BEFORE, "seen"),
    "high is at least low": InOrder("high", Relation.AT_LEAST, "low"),
    "low is less than high": InOrder("low", Relation.LESS, "high"),
    "pregnant only if sex is F": OnlyIf(Condition("pregnant"), Condition("sex", ("F",))),
    "region is North when district is A or `B 2`": OnlyIf(
        Condition("district", ("A", "B 2")), Condition("region", ("North",)), turned=True
    ),
    "ward is not ICU when age is 0": OnlyIf(
        Condition("age", ("0",)), Condition("ward", ("ICU",), negated=True), turned=True
    ),
    "total = a + b + c": SumOf("total", ("a", "b", "c")),
    "district decides region": Decides("district", "region"),
    "district and region only together as in the data": Together("district", "region"),
    "patient is unique": Unique("patient"),
}


@pytest.mark.parametrize("text", SAID)
def test_a_sentence_is_read_and_printed_back_as_it_was(text):
    assert rule_of(text) == Rule(SAID[text])
    assert str(rule_of(text)) == text


def test_blanks_capitals_of_its_own_words_and_double_quotes_make_no_difference():
    told = rule_of('  "date of birth"   Is Not After  seen ')
    assert str(told) == "`date of birth` is not after seen"


NAMES = st.text(min_size=1, max_size=12) | st.sampled_from(
    ["is", "total", "or", "a`b", 'a"b', "=", "A&E"]
)
VALUES = st.lists(NAMES, min_size=1, max_size=3, unique=True).map(tuple)
CONDITIONS = st.builds(Condition, NAMES) | st.builds(Condition, NAMES, VALUES, st.booleans())
PAIRS = st.lists(NAMES, min_size=2, max_size=2, unique=True)
SENTENCES = (
    st.builds(lambda n, r: InOrder(n[0], r, n[1]), PAIRS, st.sampled_from(Relation))
    | st.builds(OnlyIf, CONDITIONS, CONDITIONS, st.booleans()).filter(
        lambda s: s.this.column != s.that.column
    )
    | st.lists(NAMES, min_size=2, max_size=4, unique=True).map(lambda n: SumOf(n[0], tuple(n[1:])))
    | PAIRS.map(lambda n: Decides(*n))
    | PAIRS.map(lambda n: Together(*n))
    | NAMES.map(Unique)
)


@given(SENTENCES)
def test_whatever_can_be_said_is_read_back(sentence):
    assert rule_of(str(sentence)).says == sentence


@given(NAMES)
def test_a_name_is_read_back_whatever_it_is_called(name):
    assert rule_of(f"{quoted(name)} is unique").columns == (name,)


@given(st.text(alphabet='xyz `"', max_size=40))
def test_any_other_text_is_refused_in_a_sentence(text):
    with pytest.raises(RuleError) as refused:
        rule_of(text)
    assert refused.value.about == (text,)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("date of birth is before seen", "in backticks"),
        ("`date of birth is before seen", "Close each backtick"),
        ("a is before a", "Name each column once"),
        ("total = a + a", "Name each column once"),
        ("a precedes b", "Say it as"),
        ("", "Say it as"),
        ("`" * 100_001, "Say it in 2,000 at most"),
    ],
)
def test_what_is_not_understood_says_what_to_write_instead(text, why):
    with pytest.raises(RuleError) as refused:
        rule_of(text)
    assert why in refused.value.remedy


def test_what_the_statement_says_of_a_seen_rule_names_columns_alone():
    assert rule_of("region is North when district is A", seen=True).choice == (
        "a rule about `region`, `district`"
    )
