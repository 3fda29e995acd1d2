"""Exports that came in wrong or not at all: labels below names, JSON of columns, signs."""

import io
import json
from typing import Any

import pandas as pd
import pytest

from synth.errors import IngestError
from synth.ingest.reading import Choices, Read, read_table
from synth.ingest.suggest import suggest
from synth.schema import Kind, Role


def read(text: str, encoding: str = "utf-8", choices: Choices | None = None) -> Read:
    return read_table(io.BytesIO(text.encode(encoding)), choices=choices or Choices())


PEOPLE = [(f"P{n}", 18 + n % 60, f"{n}.5", f"2024-01-{n % 28 + 1:02d}") for n in range(60)]
BODY = "\n".join(",".join(map(str, p)) for p in PEOPLE)


@pytest.mark.parametrize(
    "labels",
    [
        "Which group?,How old are you?,Your fee,When did you come?",
        "(code),(years),(EUR),(date)",
        ",years,EUR,",
    ],
)
def test_a_line_that_explains_the_names_is_no_person(labels: str):
    found = read(f"who,age,fee,day\n{labels}\n{BODY}\n")
    assert list(found.frame.columns) == ["who", "age", "fee", "day"]
    assert len(found.frame) == 60
    assert "take 2 lines" in str(found.noticed[0])
    kept = read(f"who,age,fee,day\n{labels}\n{BODY}\n", choices=Choices(header_rows=1))
    assert len(kept.frame) == 61


@pytest.mark.parametrize(
    "first", ["P,unknown,5.5,2024-01-01", "P0,n/a,.,2024-01-01", "x,<18,2.5,-"]
)
def test_a_first_person_with_words_for_numbers_is_a_person(first: str):
    found = read(f"who,age,fee,day\n{first}\n{BODY}\n")
    assert len(found.frame) == 61


def test_two_lines_of_names_that_the_custodian_asks_for_are_joined():
    found = read("a,b\nx,y\n1,2\n3,4\n", choices=Choices(header=1, header_rows=2))
    assert list(found.frame.columns) == ["a - x", "b - y"]


def test_single_quotes_around_every_name_are_around_values_too():
    found = read("'a','b c'\n'1','x, y'\n'2','it'\n")
    assert list(found.frame.columns) == ["a", "b c"]
    assert found.frame["b c"].tolist() == ["x, y", "it"]
    plain = read("a,b\n'1','x'\n'2','y'\n")
    assert plain.frame["b"].tolist() == ["'x'", "'y'"]


RECORDS = [{"group": p[0], "age": p[1], "fee": float(p[2])} for p in PEOPLE]
FRAME = pd.DataFrame(RECORDS)
WRITTEN: dict[str, Any] = {
    "columns": FRAME.to_json(),
    "index": FRAME.to_json(orient="index"),
    "split": FRAME.to_json(orient="split"),
    "table": FRAME.to_json(orient="table"),
    "lists": json.dumps(FRAME.to_dict(orient="list")),
    "rows": json.dumps([list(FRAME.columns), *FRAME.to_numpy().tolist()]),
    "within": json.dumps({"meta": {"count": 60}, "data": RECORDS}),
    "indented": json.dumps({"rows": RECORDS}, indent=2),
    "lines": FRAME.to_json(orient="records", lines=True),
}


@pytest.mark.parametrize("way", WRITTEN)
def test_json_as_pandas_and_services_write_it(way: str):
    found = read(WRITTEN[way]).frame
    assert {"group", "age", "fee"} <= set(found.columns)
    assert found["age"].astype(int).tolist() == FRAME["age"].tolist()
    assert found["group"].astype(str).tolist() == FRAME["group"].tolist()


def test_what_stands_beside_the_records_is_named():
    assert "`data`" in str(read(WRITTEN["within"]).noticed[0])


def test_a_list_that_is_cut_off_is_said_to_be():
    with pytest.raises(IngestError, match="cut off"):
        read(json.dumps(RECORDS)[:-40])


@pytest.mark.parametrize(
    ("encoding", "before", "after"),
    [
        *(("cp1252", "£", ""), ("cp850", "£", ""), ("mac_roman", "€", ""), ("cp1252", "", " €")),
        *(("iso8859-15", "", " €"), ("cp1252", "", "\u00a0%"), ("cp1252", "", " m²")),
    ],
)
def test_a_sign_beside_numbers_tells_the_encoding(encoding: str, before: str, after: str):
    cells = [f"{before}{n},50{after}" for n in range(10, 400)]
    found = read("\n".join(["betrag;x", *(f"{c};a" for c in cells), ""]), encoding).frame
    assert found["betrag"].tolist() == [c.strip() for c in cells]


def test_a_table_that_begins_further_right_has_no_empty_columns():
    from openpyxl import Workbook

    book = Workbook()
    for i, row in enumerate([("a", "b"), (1, 2), (3, None), (5, 6)]):
        for j, value in enumerate(row):
            book.active.cell(i + 4, j + 3, value)
    file = io.BytesIO()
    book.save(file)
    assert list(read_table(file).frame.columns) == ["a", "b"]


def column(cells: list[str], name: str) -> Any:
    table = pd.DataFrame({name: pd.Series(cells * 4, dtype="category")})
    return suggest(table)[name].column


PATRONYMS = ["Князева Ираида Алексеевна", "Гришин Чеслав Изотович", "Громов Олег Ильич"]
CHINESE = ["李淑兰", "李秀云", "王兰英", "高娟", "王芳", "张伟"]


@pytest.mark.parametrize("names", [PATRONYMS, CHINESE])
def test_names_of_people_in_russian_and_chinese_are_told(names: list[str]):
    assert column(names, "notiz").role is Role.IDENTIFIER


@pytest.mark.parametrize(
    "words",
    [
        ["北京", "上海", "广州", "深圳", "杭州", "成都"],
        ["高血压", "糖尿病", "冠心病", "肺炎", "哮喘"],
        ["销售", "技术", "人事", "财务", "行政"],
    ],
)
def test_places_and_illnesses_in_chinese_are_no_people(words: list[str]):
    assert column(words, "值").role is not Role.IDENTIFIER


@pytest.mark.parametrize(
    "name", ["industry", "PLZ", "zip_code", "gender_concept_id", "status code"]
)
def test_numbers_that_a_name_calls_codes_are_categories(name: str):
    codes = [str(n) for n in range(4711, 4791, 2)]
    assert column(codes, name).kind is Kind.CATEGORY
    assert column(codes, "quantity").kind is Kind.INTEGER


def test_blanks_before_quotes_belong_to_no_field():
    rows = [f'{n}, "Smith, Ltd", "{n % 7}"' for n in range(60)]
    found = read("\n".join(['id, "firm", "age"', *rows, ""])).frame
    assert list(found.columns) == ["id", "firm", "age"]
    assert found["firm"].unique().tolist() == ["Smith, Ltd"]
    assert found["age"].tolist() == [str(n % 7) for n in range(60)]


def test_words_divided_by_blanks_may_be_in_quotes_as_r_writes_them():
    rows = [f'"{n}" "{"New York" if n % 2 else "Rome"}" {n % 9}' for n in range(1, 60)]
    found = read("\n".join(['"city" "age"', *rows, ""])).frame
    assert list(found.columns) == ["column 1", "city", "age"]
    assert found["city"].unique().tolist() == ["New York", "Rome"]
