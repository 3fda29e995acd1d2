import io
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from synth.budget import Budget
from synth.errors import IngestError
from synth.ingest import load
from synth.ingest.reading import read_table
from synth.ingest.reading.dividing import delimiter_of
from synth.ingest.reading.formats import HEAD, format_of
from synth.schema import Categories, Dates, Kind, Numbers, Origin, Role

CSV = b"name,age\nAnna,30\nBo,41\n"


def table(content: bytes) -> pd.DataFrame:
    return read_table(io.BytesIO(content)).frame


def columns(content: bytes):
    loaded = load(io.BytesIO(content), Budget(1.0))
    return {n: s.column for n, s in loaded.suggestions.items()}


def lines(header: str, rows) -> bytes:
    return "\n".join([header, *rows]).encode() + b"\n"


# -- formats -----------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_from_the_content(delimiter):
    found = table(CSV.replace(b",", delimiter.encode()))
    assert list(found) == ["name", "age"]
    assert found["age"].astype(str).tolist() == ["30", "41"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"], ids=str)
def test_the_encoding_is_told_from_the_content(encoding):
    text = "name,city\n" + "Jürgen,Köln\nZoë,Besançon\nÅsa,Malmö\n" * 30
    found = table(text.encode(encoding))
    assert list(found) == ["name", "city"]
    assert found["name"].iloc[0] == "Jürgen"
    assert found["city"].iloc[1] == "Besançon"


def test_a_late_byte_that_is_not_utf8_is_read_as_western_european():
    content = b"a,b\n" + b"1,x\n" * (HEAD // 4 + 10) + "2,é\n".encode("cp1252")
    assert table(content)["b"].iloc[-1] == "é"


def test_quoted_newlines_and_delimiters_stay_in_their_cell():
    found = table(b'a,b\n"one\ntwo","x,y"\nthree,z\n')
    assert found["a"].tolist() == ["one\ntwo", "three"]
    assert found["b"].tolist() == ["x,y", "z"]


def test_a_decimal_comma_becomes_a_point_with_its_precision():
    found = columns(lines("a;b", [f"{i},{i % 10}5;x" for i in range(40)]))["a"]
    assert found.kind is Kind.REAL
    assert isinstance(found.domain, Numbers)
    assert found.domain.decimals == 2


@pytest.mark.parametrize("suffix", ["parquet", "xlsx", "jsonl"])
def test_other_formats_are_told_from_their_content(suffix):
    frame = pd.DataFrame({"name": ["Anna", "Bo"], "age": [30, 41]})
    buffer = io.BytesIO()
    if suffix == "parquet":
        frame.to_parquet(buffer)
    elif suffix == "xlsx":
        frame.to_excel(buffer, index=False)
    else:
        frame.to_json(buffer, orient="records", lines=True)
    buffer.seek(0)
    found = read_table(buffer).frame
    assert found["age"].astype(str).tolist() == ["30", "41"]


def test_an_excel_date_is_a_date():
    buffer = io.BytesIO()
    pd.DataFrame({"d": pd.date_range("2020-01-01", periods=30), "x": 1}).to_excel(
        buffer, index=False
    )
    assert columns(buffer.getvalue())["d"].kind is Kind.DATE


def test_a_frame_of_another_library_is_read():
    loaded = load(pa.table({"a": ["x", "y"], "n": [1, 2]}), Budget(1.0))
    assert loaded.rows == 2
    assert loaded.suggestions["n"].column.kind is Kind.INTEGER


def test_the_upload_is_judged_by_its_content_and_not_by_its_name():
    assert format_of(io.BytesIO(b"PAR1....")) == "parquet"
    assert format_of(io.BytesIO(CSV)) == "text"
    assert format_of(io.BytesIO(b'{"a": 1}\n')) == "json"


def test_the_first_lines_decide_and_text_with_commas_does_not():
    assert delimiter_of("a;b\nx,y,z;1\nu,v;2\n") == ";"


# -- what columns are --------------------------------------------------------------------------


def test_age_bands_stay_text():
    found = columns(lines("band,x", ["18-24,1", "25-44,2", "45-64,3"] * 30))["band"]
    assert found.kind is Kind.CATEGORY
    assert isinstance(found.domain, Categories)
    assert "18-24" in found.domain.values


def test_leading_zeros_survive():
    found = columns(lines("code,x", [f"{i % 7:04d},1" for i in range(70)]))["code"]
    assert found.kind is Kind.CATEGORY
    assert isinstance(found.domain, Categories)
    assert "0003" in found.domain.values


def test_a_column_unique_in_every_row_is_an_identifier_with_its_reason():
    found = columns(lines("id,x", [f"P{i:05d},1" for i in range(1000)]))["id"]
    assert found.role is Role.IDENTIFIER
    assert "1,000 different values in 1,000 rows" in found.reason


def test_unique_measurements_and_dates_are_not_identifiers():
    rng = np.random.default_rng(0)
    rows = [f"{v:.6f},2020-01-01 00:00:{i:02d}" for i, v in enumerate(rng.normal(size=50))]
    found = columns(lines("v,t", rows))
    assert {c.role for c in found.values()} == {Role.PLAIN}
    assert found["t"].kind is Kind.DATE


def test_dates_are_recognised_in_the_format_they_have():
    rows = [f"{d:02d}/01/2020,x" for d in range(1, 29)]
    found = columns(lines("d,x", rows))["d"]
    assert isinstance(found.domain, Dates)
    assert found.domain.format == "%d/%m/%Y"


def test_missing_values_are_a_state_of_their_own():
    found = columns(lines("a,b", ["1,x", "NA,", "3,<NULL>", "2,y"] * 10))
    assert found["a"].kind is Kind.INTEGER
    assert found["a"].domain.missing
    assert found["b"].domain.missing


def test_everything_read_off_the_rows_is_marked_observed():
    found = columns(lines("a,b,c", [f"{i},x,2020-01-{i:02d}" for i in range(1, 28)]))
    assert {c.domain.origin for c in found.values()} == {Origin.OBSERVED}


def test_a_value_that_few_rows_have_is_grouped_and_said_so():
    found = columns(lines("a,b", ["common,1"] * 2000 + ["rarity,2"]))["a"]
    assert isinstance(found.domain, Categories)
    assert found.domain.values == ("common",)
    assert found.domain.other
    assert "1 rare one is grouped" in found.reason


def test_reasons_name_no_cell_value():
    rows = [f"secret{i % 3},{i}" for i in range(300)]
    assert all("secret" not in c.reason for c in columns(lines("a,b", rows)).values())


def test_long_texts_are_free_text():
    rows = [f"patient {i} came in with a long story to tell,{i % 2}" for i in range(80)]
    assert columns(lines("note,x", rows))["note"].kind is Kind.TEXT


def test_mixed_types_stay_text():
    assert columns(lines("a,b", ["1,x", "two,y", "A3,z"] * 20))["a"].kind is Kind.CATEGORY


def test_a_constant_and_an_empty_column_are_columns_too():
    found = columns(lines("same,none,x", [f"k,,{i % 5}" for i in range(50)]))
    assert found["same"].domain.size == 1
    assert found["none"].reason == "Every value is missing."
    assert found["none"].domain.size >= 1


def test_a_spike_gets_an_interval_of_its_own():
    rng = np.random.default_rng(0)
    rows = [f"{0 if i % 10 else rng.integers(1, 90000)},x" for i in range(2000)]
    domain = columns(lines("gain,x", rows))["gain"].domain
    assert isinstance(domain, Numbers)
    assert domain.edges[:2] == (0.0, 1.0)


# -- bad input ---------------------------------------------------------------------------------


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    return buffer.getvalue()


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("holiday.jpg", b"x")
    return buffer.getvalue()


BAD = {
    "empty": (b"", "The file is empty.*header line and rows"),
    "blank": (b" \n\n", "The file is empty"),
    "header only": (b"a,b,c\n", "header but no rows"),
    "binary": (b"\x00\x01\x02" * 500, "binary data.*CSV, TSV, Excel, Parquet"),
    "zeros": (b"\x00" * 3_000_000, "binary data"),
    "one endless line": (b"0" * (HEAD + 5), "no line end in its first megabyte"),
    "zip bomb": (bomb(), r"would unpack to 60 MB from .* Save the table as CSV"),
    "other archive": (archive(), "is a picture|holds binary data|header but no rows|single"),
    "torn archive": (b"PK\x03\x04" + b"x" * 500, "damaged archive"),
    "old Excel": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 100,
        "Excel file is damaged.*or as CSV",
    ),
    "torn Parquet": (b"PAR1" + b"x" * 100, "Parquet file is damaged"),
    "torn JSON": (b'{"a": 1}\n{"a": \n', "neither one object per line"),
    "ragged": (b"a,b\n1,2\n3,4,5\n6,7\n", "1 line does not have the 2 fields"),
    "too many columns": (
        ",".join(f"c{i}" for i in range(10_000)).encode() + b"\n1\n",
        "10,000 columns; at most 1,000",
    ),
}


@pytest.mark.parametrize(("content", "says"), BAD.values(), ids=list(BAD))
def test_bad_input_is_a_sentence_with_a_remedy(content, says):
    with pytest.raises(IngestError, match=says):
        table(content)


def test_errors_show_no_cell():
    with pytest.raises(IngestError, match="fields") as caught:
        table(b"a,b\n1,2\nsecret,4,5\n")
    assert "secret" not in str(caught.value)


def test_one_column_is_a_table():
    assert table(b"a\n1\n2\n")["a"].tolist() == ["1", "2"]


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(IngestError, match=r"no file `none\.csv`"):
        load(tmp_path / "none.csv", Budget(1.0))


def test_what_is_no_frame_is_refused():
    with pytest.raises(IngestError, match="A int is not a data frame"):
        load(5, Budget(1.0))


def test_lists_in_cells_are_refused():
    with pytest.raises(IngestError, match="`a` holds lists or records"):
        load(pd.DataFrame({"a": [[1], [2]]}), Budget(1.0))


def test_lists_in_a_parquet_file_are_refused_in_a_sentence(tmp_path):
    pd.DataFrame({"codes": [[1, 2], [3]] * 20}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(IngestError, match="holds lists or records"):
        load(tmp_path / "t.parquet", Budget(1.0))


def test_rows_of_a_sheet_that_end_before_its_header_are_filled(tmp_path):
    book = openpyxl.Workbook()
    for row in (["a", "b", "c"], ["x"], ["y"]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    assert load(tmp_path / "t.xlsx", Budget(1.0)).rows == 2
