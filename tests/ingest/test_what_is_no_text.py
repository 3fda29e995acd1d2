"""Signs that nobody sees, and that programs leave in, behind and around what people wrote."""

import io

import pytest

from synth.errors import IngestError
from synth.ingest.reading import Read, read_table
from synth.ingest.suggest import suggest
from synth.schema import Role

ROWS = [f"{i % 9},{'pq'[i % 2]}" for i in range(60)]


def read(text: str) -> Read:
    return read_table(io.BytesIO(text.encode()))


@pytest.mark.parametrize("end", ["\0" * 300, "\x1a", "\0\0\x1a"])
def test_what_a_program_left_at_the_end_is_no_row(end: str):
    found = read("\n".join(["a,b", *ROWS, end]))
    assert len(found.frame) == 60
    assert ("zero bytes" in " ".join(n.what for n in found.noticed)) == ("\0" in end)


def test_a_zero_byte_among_text_is_left_out_and_binary_data_is_none():
    found = read("\n".join(["a,b", *ROWS[:9], "1,p\0", *ROWS]))
    assert set(found.frame["b"]) == {"p", "q"}
    with pytest.raises(IngestError, match="binary data"):
        read_table(io.BytesIO(bytes(range(256)) * 40))


def test_marks_of_direction_and_formulas_around_a_text_are_not_of_it():
    mark = "\u200f"
    rows = [f'{mark * (i % 2)}Haifa,="00{i % 7}"' for i in range(60)]
    found = read("\n".join(["city,code", *rows])).frame
    assert set(found["city"]) == {"Haifa"}
    assert set(found["code"]) == {f"00{i}" for i in range(7)}


def test_a_sentence_alone_at_the_end_is_a_note():
    rows = [f"{['north', 'south', 'east'][i % 3]};{i},5;" for i in range(60)]
    ends = ["Total;999,5;", "Printed 01.01.2024;;", "By the office;;"]
    found = read("\n".join(["region;sales;note", *rows, *ends]))
    assert [
        n.clicks[0].value for n in found.noticed if n.clicks and n.clicks[0].key == "footer"
    ] == [3]


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("שם פרטי", Role.IDENTIFIER),
        ("الاسم", Role.IDENTIFIER),
        ("نام خانوادگی", Role.IDENTIFIER),
        ("العمر", Role.QUASI),
        ("אבחנה", Role.SENSITIVE),
    ],
)
def test_names_of_columns_in_hebrew_arabic_and_persian(name: str, role: Role):
    found = suggest(read("\n".join([f"{name},x", *ROWS])).frame)[name].column
    assert found.role is role


def test_a_backslash_before_a_quote_is_no_part_of_what_is_quoted():
    rows = [f'{i},"say \\"hi\\", {w}"' for i, w in enumerate("pq" * 30)]
    assert set(read("\n".join(["n,text", *rows])).frame["text"]) == {'say "hi", p', 'say "hi", q'}
    paths = [f'"C:\\data\\","{w}"' for w in "pq" * 30]
    assert set(read("\n".join(["n,text", *paths])).frame["n"]) == {"C:\\data\\"}


def test_a_table_of_eurostat_with_as_many_commas_as_tabs():
    rows = [f"PC,{'FM'[i % 2]},DE\t{i}.1 \t{i}.2 b" for i in range(60)]
    found = read("\n".join(["unit,sex,geo\\time\t2021 \t2020 ", *rows]))
    assert list(found.frame.columns) == ["unit", "sex", "geo", "2021", "2020"]
