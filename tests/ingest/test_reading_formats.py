"""Workbooks, Parquet, Arrow, JSON, SPSS, Stata and SAS, as people have them."""

import datetime as dt
import io
import zipfile
from decimal import Decimal

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pyreadstat
import pytest
import xlwt

from synth.budget import Budget
from synth.errors import IngestError
from synth.ingest import load
from synth.ingest.reading import Choices, Read, frame_of, read_table
from synth.schema.written import AS_USUAL


def read(content: bytes, **told) -> Read:
    return read_table(io.BytesIO(content), choices=Choices(**told))


def cells(found: Read, name: str) -> list:
    return [None if v is pd.NA or v != v else v for v in found.frame[name].astype(object)]


def said(found: Read) -> str:
    return " ".join(str(n) for n in found.noticed)


def saved(book: openpyxl.Workbook) -> bytes:
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def sheet(*rows, merge: str = "", formats: dict[str, str] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for letter, number_format in (formats or {}).items():
        for cell in book.active[letter][1:]:
            cell.number_format = number_format
    if merge:
        book.active.merge_cells(merge)
    return saved(book)


def old(*rows, formats: dict[int, str] | None = None) -> bytes:
    book, made = xlwt.Workbook(), io.BytesIO()
    page = book.add_sheet("one")
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            told = (formats or {}).get(c) if r else None
            style = (xlwt.easyxf(num_format_str=told),) if told else ()
            page.write(r, c, value, *style)
    book.save(made)
    return made.getvalue()


# -- workbooks ---------------------------------------------------------------------------------

DAY, LATER = dt.datetime(2024, 1, 2), dt.datetime(2024, 3, 4, 5, 6, 7)
TIMED, DAYS = "yyyy-mm-dd hh:mm", "dd/mm/yyyy"


@pytest.mark.parametrize("made", [sheet, old])
def test_no_other_row_decides_how_a_date_is_written(made):
    """A midnight is a day, which a column of moments reads as its midnight."""
    letters = {"B": TIMED, "C": DAYS} if made is sheet else {1: TIMED, 2: DAYS}
    found = read(made(("a", "b", "c"), ("x", DAY, DAY), ("y", LATER, DAY), formats=letters))
    assert cells(found, "b") == ["2024-01-02", "2024-03-04 05:06:07"]
    assert cells(found, "c") == ["2024-01-02", "2024-01-02"]


def test_times_durations_and_leading_zeros_are_as_they_are_shown():
    row = (dt.time(5, 6), dt.timedelta(hours=30, minutes=2), 2139)
    found = read(sheet(("a", "b", "c"), row, row, formats={"C": "00000"}))
    assert [cells(found, n)[0] for n in "abc"] == ["05:06:00", "30:02:00", "02139"]


@pytest.mark.parametrize("made", [sheet, old])
def test_noise_beyond_fifteen_digits_is_undone(made):
    found = read(made(("a", "b"), (0.1 + 0.2, 1e300), (2.0, 0.1 * 3)))
    assert cells(found, "a") == ["0.3", "2"]
    assert cells(found, "b") == ["1e+300", "0.3"]


def test_errors_are_missing_and_formulas_without_a_value_are_said():
    found = read(sheet(("a", "b"), ("#N/A", 5), ("x", "=1/0"), ("y", "=2+2")))
    assert cells(found, "a") == [None, "x", "y"]
    assert cells(found, "b") == ["5", None, None]
    assert "2 formulas have no value" in said(found)


def test_a_title_above_a_sheet_is_left_out_and_an_empty_last_column_kept():
    found = read(sheet(("Report",), (), ("made today",), ("a", "b", "c"), ("x", 1), ("y", 2)))
    assert list(found.frame) == ["a", "b", "c"]
    assert cells(found, "c") == [None, None]
    assert "in line 4" in said(found)


def test_a_title_merged_over_the_table_is_a_title():
    found = read(sheet(("Report", None, None), ("a", "b", "c"), ("x", 1, 2), merge="A1:C1"))
    assert list(found.frame) == ["a", "b", "c"]


def test_merged_names_span_their_columns():
    rows = (("id", "score", None), (1, 5, 6), (2, 7, 8))
    assert list(read(sheet(*rows, merge="B1:C1")).frame) == ["id", "score", "score 2"]
    rows = (("id", "score", None), (None, "first", "last"), (1, 5, 6), (2, 7, 8))
    assert list(read(sheet(*rows, merge="B1:C1")).frame) == ["id", "score - first", "score - last"]


def test_merged_cells_of_rows_are_filled_and_said():
    rows = (("ward", "n", "m"), ("A", 1, 5), (None, 2, 6), ("B", 3, 7))
    found = read(sheet(*rows, merge="A2:A3"))
    assert cells(found, "ward") == ["A", "A", "B"]
    assert "Merged cells" in said(found)


def test_the_largest_sheet_is_read_and_the_others_offered():
    book = openpyxl.Workbook()
    book.active.append(["read me"])
    big = book.create_sheet("people")
    for row in (("a", "b"), ("x", 1), ("y", 2)):
        big.append(row)
    found = read(saved(book))
    assert list(found.frame) == ["a", "b"]
    (noticed,) = found.noticed
    assert [c.value for c in noticed.clicks] == ["Sheet"]
    with pytest.raises(IngestError, match=r"no sheet `none`\. It has `Sheet`, `people`"):
        read(saved(book), sheet="none")


def test_a_stray_cell_far_out_is_refused_before_it_is_laid_out():
    book = openpyxl.Workbook()
    book.active["A1"], book.active["A2"], book.active["XFD1048576"] = "a", 1, "z"
    with pytest.raises(IngestError, match="reaches over 1,048,576 rows and 16,384 columns"):
        read(saved(book))


def test_a_note_beside_a_table_does_not_make_its_names_a_title():
    people = [[30, "F"], [41, "M"], [52, "F"], [28, "M"]]
    found = read(sheet(["Age", "Sex"], [*people[0], None, None, "a note"], *people[1:] * 3))
    assert list(found.frame)[:2] == ["Age", "Sex"] and len(found.frame) == 10


def test_a_total_below_a_sheet_is_noticed():
    found = read(sheet(("a", "b", "c"), *[("x", 1, 2)] * 5, ("Total", 5, 10)))
    assert found.noticed[-1].clicks[0].key == "footer"


def test_a_first_row_of_a_sheet_like_the_others_is_a_person():
    found = read(sheet((39, "Male", 5), (41, "Female", 6), (50, "Male", 7)))
    assert list(found.frame) == ["column 1", "column 2", "column 3"]


# -- Parquet and Arrow -------------------------------------------------------------------------


def parquet(table: pa.Table) -> bytes:
    made = io.BytesIO()
    pa.parquet.write_table(table, made)
    return made.getvalue()


def test_an_index_of_pandas_is_a_column():
    frame = pd.DataFrame({"v": [1, 2]}, index=pd.Index(["2024-01-01", "2024-01-02"], name="day"))
    assert set(read(parquet(pa.Table.from_pandas(frame))).frame) == {"v", "day"}
    frame.index.name = None
    found = read(parquet(pa.Table.from_pandas(frame)))
    assert set(found.frame) == {"v", "index"}
    assert "index of pandas" in said(found)


def test_names_that_a_file_has_twice_are_numbered():
    twice = pa.Table.from_arrays([pa.array([1, 2]), pa.array([3, 4])], names=["a", "a"])
    found = read(parquet(twice))
    assert list(found.frame) == ["a", "a 2"] and "more than once" in said(found)


@pytest.mark.parametrize(
    "values",
    [
        pa.array([[1], [2]]),
        pa.array([{"x": 1}, {"x": 2}]),
        pa.array([[("k", 1)], [("k", 2)]], pa.map_(pa.string(), pa.int8())),
    ],
    ids=["list", "record", "map"],
)
def test_a_nested_column_is_named(values):
    with pytest.raises(IngestError, match="`nested` holds lists or records"):
        read(parquet(pa.table({"ok": [1, 2], "nested": values})))


def test_binary_data_is_named():
    with pytest.raises(IngestError, match="`raw` holds binary data"):
        read(parquet(pa.table({"raw": [b"\xff", b"\x00"]})))


HARD = {
    "unsigned": pa.array([2**64 - 1, 1, None], pa.uint64()),
    "wide": pa.array([Decimal("12345678901234567890123456789.12"), None, Decimal(1)]),
    "whole": pa.array([2**62 + 1, None, 5], pa.int64()),
    "endless": pa.array([np.inf, -np.inf, 1.5]),
    "huge": pa.array([1e300, 2.5, None]),
    "single": pa.array([0.1, 7.3, None], pa.float32()),
    "flag": pa.array([True, None, False]),
    "sure": pa.array([True, False, True]),
    "day": pa.array([dt.date(2024, 1, 2), None, dt.date(9999, 1, 1)]),
    "time": pa.array([dt.time(1, 2, 3), None, dt.time(4)]),
    "span": pa.array([dt.timedelta(hours=30), None, dt.timedelta(1)]),
    "nothing": pa.nulls(3),
}


@pytest.mark.parametrize("name", HARD)
def test_every_type_is_a_value_or_missing(name):
    content = parquet(pa.table({name: HARD[name], "x": ["a", "b", "c"]}))
    assert load(io.BytesIO(content), Budget(1.0)).rows == 3


def test_types_keep_what_they_hold():
    found = read(parquet(pa.table(HARD)))
    assert cells(found, "endless") == [None, None, 1.5]
    assert cells(found, "single") == [0.1, 7.3, None]
    assert cells(found, "flag") == [True, None, False]
    assert cells(found, "whole") == [str(2**62 + 1), None, "5"]
    assert cells(found, "wide")[0] == "12345678901234567890123456789.12"
    assert cells(found, "day")[0] == "2024-01-02"
    assert found.frame["sure"].dtype == "bool"


@pytest.mark.parametrize("kind", ["file", "stream", "feather"])
def test_arrow_files_are_read(kind):
    table, made = pa.table({"a": ["x", "y"], "n": [1, 2]}), io.BytesIO()
    if kind == "feather":
        pa.feather.write_feather(table, made)
    else:
        opened = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
        with opened(made, table.schema) as writer:
            writer.write_table(table)
    assert cells(read(made.getvalue()), "a") == ["x", "y"]


# -- JSON --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b'[{"a": "x", "n": 1}, {"a": "y", "n": 2}]',
        b'[\n {\n  "a": "x",\n  "n": 1},\n {"a": "y", "n": 2}\n]\n',
        b'{"a": "x", "n": 1}\n{"a": "y", "n": 2}\n',
        b'\xef\xbb\xbf{"a": "x", "n": 1}\n\n{"a": "y", "n": 2}',
        '[{"a": "x", "n": 1}, {"a": "y", "n": 2}]'.encode("utf-16"),
    ],
    ids=str,
)
def test_json_is_an_array_or_lines(content):
    found = read(content)
    assert cells(found, "a") == ["x", "y"]
    assert cells(found, "n") == [1, 2]


def test_a_field_of_numbers_and_text_is_text_and_said():
    found = read(b'{"a": "n/a", "b": 1}\n{"a": 1.5, "b": true}\n{"a": 7, "b": "x"}\n')
    assert cells(found, "a") == [None, "1.5", "7"]
    assert cells(found, "b") == ["1", "true", "x"]
    assert "`a`, `b`" in said(found)


def test_json_keeps_dates_and_flags_and_large_numbers():
    found = read(
        b'{"d": "2024-01-02T03:04:05Z", "f": true, "n": 12345678901234567890}\n'
        b'{"d": null, "f": null, "n": 1}\n{"f": false}\n'
    )
    assert cells(found, "d") == ["2024-01-02T03:04:05Z", None, None]
    assert cells(found, "f") == [True, None, False]
    assert cells(found, "n") == ["12345678901234567890", "1", None]


def test_records_within_records_are_columns_and_lists_of_values_one_text():
    found = read(
        b'{"id": 1, "at": {"city": "Oslo", "geo": {"lat": 59.9}}, "tags": ["x", "y;z"]}\n'
        b'{"id": 2, "at": null, "tags": []}\n{"id": 3, "at": {"city": "Rome"}, "tags": ["x"]}\n'
    )
    assert list(found.frame.columns) == ["id", "at.city", "at.geo.lat", "tags"]
    assert cells(found, "at.city") == ["Oslo", None, "Rome"]
    assert cells(found, "at.geo.lat") == [59.9, None, None]
    assert cells(found, "tags") == ["x;y,z", None, "x"]
    assert "`at.city`, `at.geo.lat`" in said(found) and "`tags`" in said(found)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"a": [[1, 2]]}\n{"a": [3]}\n', "`a` holds lists or records"),
        (b'{"b": {"a": [{"x": 1}]}}\n{"b": null}\n', r"`b\.a` holds lists or records"),
        (b'{"a": {"x": 1}}\n{"a": 2}\n', "`a` holds records in some rows"),
        (b'{"a": {"x": 1}, "a.x": 2}\n', r"Two fields would be called `a\.x`"),
        (b'{"a":' * 9 + b"1" + b"}" * 9 + b"\n" + b'{"a": 1}\n', "more than 8 deep"),
        (b'{"data": [{"a": 1}], "more": [{"b": 1}]}', "one object with lists inside"),
        (b'[{"a": 1}, 2]', "neither one object per line nor an array"),
        (b"[[1, 2], [3, 4]]", "neither one object per line nor an array"),
        (b'{"a": 1}\n{"a": \n', "neither one object per line nor an array"),
        (b"[" * 100_000, "cut off"),
        (b'[{"a": 1', "cut off"),
    ],
    ids=[
        "list",
        "records",
        "some",
        "twice",
        "far",
        "several",
        "number",
        "arrays",
        "torn",
        "deep",
        "cut",
    ],
)
def test_what_is_no_table_of_records_is_said(content, says):
    with pytest.raises(IngestError, match=says):
        read(content)


# -- SPSS, Stata, SAS --------------------------------------------------------------------------

PEOPLE = pd.DataFrame(
    {"sex": [1.0, 2.0, 9.0, 8.0], "age": [30.0, 41.0, 5.0, 7.0], "c": list("xyzx")}
)
LABELS = {"sex": {1.0: "Male", 2.0: "Female"}}


def test_labels_and_missing_codes_of_spss(tmp_path):
    path = tmp_path / "t.sav"
    gaps = {"sex": [{"lo": 8, "hi": 9}]}
    pyreadstat.write_sav(PEOPLE, path, variable_value_labels=LABELS, missing_ranges=gaps)
    found = read(path.read_bytes())
    assert cells(found, "sex") == ["Male", "Female", None, None]
    assert cells(found, "age") == [30, 41, 5, 7]
    assert "labels" in said(found)


def test_labels_of_stata(tmp_path):
    path = tmp_path / "t.dta"
    pyreadstat.write_dta(PEOPLE, path, variable_value_labels=LABELS)
    assert cells(read(path.read_bytes()), "sex") == ["Male", "Female", "9", "8"]


@pytest.mark.parametrize("version", [114, 117, 118, 119])
def test_versions_of_stata(tmp_path, version):
    PEOPLE.to_stata(tmp_path / "t.dta", version=version, write_index=False)
    assert cells(read((tmp_path / "t.dta").read_bytes()), "c") == list("xyzx")


def test_a_transport_file_of_sas(tmp_path):
    pyreadstat.write_xport(PEOPLE, tmp_path / "t.xpt")
    assert cells(read((tmp_path / "t.xpt").read_bytes()), "age") == [30, 41, 5, 7]


def test_a_portable_file_of_spss(tmp_path):
    pyreadstat.write_por(PEOPLE, tmp_path / "t.por")
    assert cells(read((tmp_path / "t.por").read_bytes()), "AGE") == [30, 41, 5, 7]


@pytest.mark.parametrize(
    "content",
    [b"$FL2" + b"x" * 200, b"<stata_dta>" + b"x" * 200, b"HEADER RECORD*******" + b"x" * 200],
    ids=["sav", "dta", "xpt"],
)
def test_damaged_files_are_a_sentence(content):
    with pytest.raises(IngestError, match="file is damaged"):
        read(content)


# -- frames and size ---------------------------------------------------------------------------


def test_what_is_noticed_of_a_frame_is_handed_on():
    loaded = load(pd.DataFrame({"country": ["NA", "DE"], "x": [1, 2]}), Budget(1.0))
    assert "Namibia" in str(loaded.noticed[0])
    assert loaded.written == AS_USUAL


def test_how_a_file_was_written_is_handed_on(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"a;b\n1;x\n2;y\n")
    written = load(tmp_path / "t.csv", Budget(1.0)).written
    assert written is not None
    assert written.delimiter == ";"


def test_a_frame_of_bytes_is_refused():
    with pytest.raises(IngestError, match="`a` holds binary data"):
        frame_of(pd.DataFrame({"a": [b"x", b"y"]}))


class Large(io.BytesIO):
    """A stream that says it is three gigabytes."""

    def seek(self, to: int, how: int = 0) -> int:
        return 3_000_000_000 if how == io.SEEK_END else super().seek(to, how)


def test_what_is_too_large_is_refused_before_it_is_read():
    with pytest.raises(IngestError, match=r"3\.0 GB.*stay = true"):
        read_table(Large(b"a,b\n1,2\n"))


def test_an_archive_of_office_is_no_table():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    with pytest.raises(IngestError, match="an office document"):
        read(made.getvalue())
