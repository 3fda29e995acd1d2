import numpy as np
import pandas as pd
import pytest

from synth.errors import SchemaError
from synth.schema import Column, Kind, Numbers, Schema
from synth.schema.spelling import Spelling
from synth.schema.values import stamp
from synth.schema.written import Written, written_of


def test_what_it_says_is_read_back():
    told = Written(";", "cp1252", quote_all=True, line_end="\n")
    assert written_of(told.document()) == told
    assert written_of({}) == Written(",", "utf-8", quote_all=False, line_end="\r\n")


@pytest.mark.parametrize(
    "wrong",
    [
        {"delimiter": ""},
        {"delimiter": "\n"},
        {"delimiter": '"'},
        {"delimiter": "||"},
        {"encoding": "no-such"},
        {"line_end": " "},
        {"quote_all": 1},
        {"rows": "x"},
    ],
    ids=str,
)
def test_what_no_file_is_written_like_is_refused(wrong):
    with pytest.raises(SchemaError):
        written_of(wrong)


def test_whole_numbers_among_others_stand_without_a_point():
    """`22` beside `28.5`, as most programs write them; a column that shows the zero keeps it."""
    ages = pd.Series([22.0, 28.5, np.nan, -0.0, 1e17])
    plain = Schema((Column("age", Numbers((0.0, 90.0), decimals=1), Kind.REAL),))
    shown = Numbers((0.0, 90.0), decimals=1, spelling=Spelling(fixed=True))
    text = plain.written(pd.DataFrame({"age": ages})).to_csv(index=False)
    assert text.split() == ["age", "22", "28.5", '""', "0", "1e+17"]
    assert shown.written(ages[:2]).tolist() == ["22.0", "28.5"]


def test_moments_far_from_ours_are_written_with_their_parts_of_a_second():
    shape = "%Y-%m-%d %H:%M:%S.%f"
    assert stamp(170_534_160_000.5, shape) == "7374-01-05 00:00:00.500000"
    assert stamp(-9_245_750_400.25, shape) == "1677-01-04 23:59:59.750000"
    assert stamp(-62_135_596_801.0, shape) == "0000-12-31T23:59:59"
