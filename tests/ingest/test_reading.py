"""Text files as people have them: every one comes in right, or a sentence says what is wrong."""

import codecs
import csv
import gzip
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import IngestError
from synth.ingest.reading import Choices, Read, read_table
from synth.ingest.reading.encodings import encoding_of
from synth.schema.written import Written


def read(content: bytes | str, **told) -> Read:
    raw = content.encode() if isinstance(content, str) else content
    return read_table(io.BytesIO(raw), choices=Choices(**told))


def rows(found: Read) -> list[list]:
    cells = found.frame.astype(object)
    return [[None if v != v else v for v in r] for r in cells.to_numpy().tolist()]


def said(found: Read) -> str:
    return " ".join(str(n) for n in found.noticed)


# -- encodings ---------------------------------------------------------------------------------

WORDS = {
    "french": (["Isère", "Anaïs", "Élodie", "Besançon", "Ardèche"], ["cp1252", "mac_roman"]),
    "german": (["Jürgen", "Köln", "Straße", "Nürnberg", "Bäcker"], ["cp1252", "mac_roman"]),
    "portuguese": (["São Paulo", "João", "Conceição", "Maranhão", "Avó"], ["cp1252"]),
    "spanish": (["Muñoz", "Núñez", "Málaga", "José María", "Cádiz"], ["cp1252", "latin-1"]),
    "swedish": (["Malmö", "Åsa", "Göteborg", "Västerås", "Jönköping"], ["cp1252"]),
    "danish": (["Ærø", "Søren", "Århus", "Møller", "Helsingør"], ["cp1252"]),
    "polish": (["Łódź", "Wałęsa", "Gdańsk", "Poznań", "Małgorzata"], ["cp1250", "iso8859-2"]),
    "czech": (["Plzeň", "Dvořák", "Jiří", "Třebíč", "Děčín"], ["cp1250", "iso8859-2"]),
    "russian": (["Москва", "Иванов", "Владимир", "Саратов"], ["cp1251", "koi8-r", "cp866"]),
    "greek": (["Αθήνα", "Γιώργος", "Πάτρα", "Μαρία"], ["cp1253"]),
    "japanese": (["東京都", "田中", "さくら", "大阪府"], ["shift_jis"]),
}
ENCODED = [(n, e) for n, (_, many) in WORDS.items() for e in many]
UNIVERSAL = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]


@pytest.mark.parametrize(("language", "encoding"), ENCODED)
def test_the_encoding_is_told_from_the_words(language, encoding):
    words = WORDS[language][0]
    text = "name,age\r\n" + "".join(f"{w},{i}\r\n" for i, w in enumerate(words * 4))
    assert read(text.encode(encoding)).frame["name"].tolist() == words * 4


@pytest.mark.parametrize("encoding", UNIVERSAL)
def test_unicode_is_told_with_and_without_its_mark(encoding):
    text = "name,age\n" + "Łódź,30\nMünchen,41\nSão,4\n" * 3
    found = read(text.encode(encoding))
    assert found.frame["name"].tolist() == ["Łódź", "München", "São"] * 3
    assert list(found.frame) == ["name", "age"]
    assert not found.noticed


@pytest.mark.parametrize("price", ["£10", "10 €", "20 °C"])
def test_a_sign_beside_a_number_is_western(price):
    text = "cost,x\n" + f"{price},1\n" * 5
    assert set(read(text.encode("cp1252")).frame["cost"]) == {price}


def test_blanks_that_do_not_break_are_no_letters():
    """Between thousands they may be all that is not ASCII; mac_roman has a sign there."""
    rows = [f"{i};{i + 1}\u00a0{100 + i},5" for i in range(30)]
    found = read("\r\n".join(["id;amount", *rows]).encode("cp1252"))
    assert found.written.encoding in ("cp1252", "utf-8")
    assert found.frame["amount"].tolist()[0] == "1\u00a0100,5"


def test_another_plausible_encoding_is_shown_and_offered():
    found = read("ville;n\nIsère;1\nArdèche;2\nOise;3\n".encode("cp1252"))
    (noticed,) = found.noticed
    assert noticed.clicks[0].key == "encoding"
    assert any("Isère" in line for line in noticed.shown)
    assert "Is" not in str(noticed) and "Is" not in repr(noticed)
    other = noticed.clicks[0].value
    again = read("ville;n\nIsère;1\nArdèche;2\n".encode("cp1252"), encoding=other)
    assert again.frame["ville"].iloc[0] == "Isère".encode("cp1252").decode(other)


def test_the_encoding_that_is_asked_for_is_obeyed():
    assert read("a,b\né,1\nx,2\n".encode("cp850"), encoding="cp850").frame["a"].iloc[0] == "é"
    with pytest.raises(IngestError, match="no encoding of the name"):
        read("a,b\n1,2\n", encoding="no-such")


def test_some_bytes_that_are_no_utf8_among_many_that_are():
    content = b"name,x\n" + "Zoë,1\n".encode() * 100 + b"Zo\xeb,1\n"
    found = read(content)
    assert found.frame["name"].iloc[0] == "Zoë"
    assert found.frame["name"].iloc[-1] == "Zo\ufffd"
    assert "1 line holds bytes that are no UTF-8" in said(found)


def test_an_encoding_is_told_by_lines_far_down():
    content = b"a,b\n" + b"1,x\n" * 400_000 + "2,Málaga\n".encode("cp1252")
    assert encoding_of(io.BytesIO(content)).name == "cp1252"


# -- where the table begins --------------------------------------------------------------------


@pytest.mark.parametrize("sign", [";", "|", "\t"])
def test_a_line_that_names_the_delimiter_is_obeyed(sign):
    found = read(f"sep={sign}\r\nn{sign}price\r\n1{sign}2,5\r\n3{sign}4,5\r\n")
    assert rows(found) == [["1", "2,5"], ["3", "4,5"]]


def test_lines_above_the_table_are_left_out_and_said_so():
    top = '"Source","Somewhere",\n\n"Updated","2024-01-01",\n\n'
    found = read(
        top + '"Name","Sex","2019","2020",\n"Peru","F","1.5","2.5",\n"Chad","M","3","4",\n'
    )
    assert list(found.frame) == ["Name", "Sex", "2019", "2020"]
    assert len(found.frame) == 2
    assert "in line 5" in said(found)


def test_a_title_that_was_padded_with_delimiters_stands_above_the_table():
    found = read("Report,,,\nname,age,sex,city\nAnn,3,F,Rome\nBo,4,M,Oslo\n")
    assert list(found.frame) == ["name", "age", "sex", "city"]


def test_comments_are_left_out_and_a_header_may_begin_like_one():
    found = read("# made by a tool\n# on a day\nage,sex\n65,Male\n41,Female\n")
    assert list(found.frame) == ["age", "sex"]
    assert "2 lines are comments" in said(found)
    assert list(read("# made by, a, tool\n#chrom,pos\nx,1\ny,2\n").frame) == ["#chrom", "pos"]


PEOPLE = "39, State-gov, Male, <=50K\n50, Private, Male, >50K\n" * 10


def test_the_first_person_does_not_become_the_names():
    found = read(PEOPLE)
    assert list(found.frame) == ["column 1", "column 2", "column 3", "column 4"]
    assert len(found.frame) == 20
    (noticed,) = found.noticed
    assert noticed.clicks[0].value == 1
    assert "State" not in str(noticed)
    assert len(read(PEOPLE, header=1).frame) == 19


@pytest.mark.parametrize(
    "content",
    [
        "5.1,3.5,setosa\n4.9,3.0,setosa\n4.7,3.2,setosa\n",
        "2020-01-01,1\n2020-01-02,2\n2020-01-03,5\n",
        "Male,Rome\nFemale,Oslo\nMale,Rome\nFemale,Oslo\nMale,Rome\n",
    ],
)
def test_a_first_line_like_the_others_is_a_person(content):
    assert next(iter(read(content).frame)) == "column 1"


@pytest.mark.parametrize(
    "content",
    [
        "name,2019,2020\nPeru,1.5,2.5\nChad,3,4\n",
        "0,1,2\n5.5,6.5,7.5\n1.5,2.5,3.5\n",
        "name,2020-01-01,2020-02-01\nAnn,3,4\nBo,5,6\n",
        "name,city\nAnn,Rome\nBo,Oslo\n",
        "sex,city\nM,Rome\nF,Oslo\nM,Rome\nF,Oslo\n",
        "id,score\nNA,1\n2,NA\n",
    ],
)
def test_names_are_names(content):
    assert next(iter(read(content).frame)) == content.split(",")[0]


def test_what_nothing_tells_is_asked():
    found = read("Ann,Rome\nBo,Oslo\nCy,Bern\n")
    (noticed,) = found.noticed
    assert noticed.clicks[0].value == 0
    assert len(read("Ann,Rome\nBo,Oslo\nCy,Bern\n", header=0).frame) == 3


def test_three_lines_of_names_of_qualtrics():
    head = (
        'Start,Q1,Q2\nStart Date,"How, then?",Rate\n"{""ImportId"":""s""}","{""ImportId"":""a""}",'
    )
    found = read(head + '"{""ImportId"":""b""}"\n2024-01-02,Yes,7\n2024-01-03,No,9\n')
    assert rows(found) == [["2024-01-02", "Yes", "7"], ["2024-01-03", "No", "9"]]
    assert list(found.frame) == ["Start", "Q1", "Q2"]
    assert "take 3 lines" in said(found)


def test_two_lines_of_names_of_surveymonkey():
    head = "RespondentID,StartDate,Which do you use?,,Comment\n,,Bus,Train,Open-Ended Response\n"
    found = read(
        head + "11,01/02/2024,Bus,,good\n12,02/02/2024,,Train,\n13,03/02/2024,Bus,Train,x\n"
    )
    names = ["RespondentID", "StartDate", "Which do you use? - Bus", "Which do you use? - Train"]
    assert list(found.frame)[:4] == names
    assert len(found.frame) == 3


def test_a_person_below_a_column_without_a_name_is_no_second_line_of_names():
    found = read("name,,city\nAnn,x,Rome\nBo,y,Oslo\nCy,z,Bern\n")
    assert len(found.frame) == 3


def test_names_are_made_different_and_said_so():
    found = read('id,score,score,,"a\nb"\n1,2,3,4,5\n6,7,8,9,0\n')
    assert list(found.frame) == ["id", "score", "score 2", "column 4", "a b"]
    assert "`score 2`" in said(found)
    assert "Line breaks" in said(found)


# -- how fields are divided --------------------------------------------------------------------


def test_a_delimiter_at_the_end_of_each_line_is_no_column():
    assert rows(read("age,sex\n3,M,\n4,F,\n")) == [["3", "M"], ["4", "F"]]
    assert rows(read("age,sex,\n3,M,\n4,F,\n")) == [["3", "M"], ["4", "F"]]


def test_a_last_column_that_is_empty_is_kept_where_it_has_a_name():
    assert list(read("age,sex,note\n3,M,\n4,F,\n").frame) == ["age", "sex", "note"]


def test_row_names_of_r_are_a_column():
    found = read('"age","sex"\n"r1",3,"M"\n"r2",4,"F"\n')
    assert list(found.frame) == ["column 1", "age", "sex"]


def test_decimal_commas_do_not_divide():
    found = read("a;b;c\n" + "1,5;2,5;3,5\n" * 100)
    assert list(found.frame) == ["a", "b", "c"]


def test_fields_divided_by_blanks():
    found = read("age sex income\n 31  M   1200\n  4  F  35000\n")
    assert rows(found) == [["31", "M", "1200"], ["4", "F", "35000"]]
    assert "divided by blanks" in said(found)


def test_two_words_in_one_column_are_one_value():
    assert rows(read("full name\nAnn Smith\nBo Jones\n")) == [["Ann Smith"], ["Bo Jones"]]


def test_fields_of_a_fixed_width():
    lines = ["name        city      age", "Ann Smith   New York   31", "Bo          Rome        4"]
    found = read("\n".join([*lines, "Cy Li       Oslo       50\n"]))
    assert found.frame.shape == (3, 3)
    assert rows(found)[0] == ["Ann Smith", "New York", "31"]


def test_eurostats_first_field_is_several():
    content = "geo,unit\\time\t2019 \t2020 \nDE,EUR\t1.5 \t2.5 p\nFR,EUR\t: \t3.5 \n"
    found = read(content)
    assert list(found.frame) == ["geo", "unit", "2019", "2020"]
    assert rows(found)[1] == ["FR", "EUR", None, "3.5"]


RAGGED = "a,b,c\n" + "1,2,3\n" * 5 + "1,2\n" + "1,2,3\n" * 5 + "1,2,3,4\n1,2,3\n"


def test_ragged_lines_are_named_by_their_number():
    with pytest.raises(IngestError, match=r"2 lines .* line 7 \(2\), line 13 \(4\)") as caught:
        read(RAGGED)
    assert "skip_ragged = true" in caught.value.remedy
    assert caught.value.about == ("skip_ragged",)


def test_ragged_lines_are_left_out_where_the_custodian_says_so():
    found = read(RAGGED, skip_ragged=True)
    assert len(found.frame) == 11
    assert "line 7 (2)" in said(found)


def test_the_number_of_a_ragged_line_counts_lines_within_quotes():
    with pytest.raises(IngestError, match=r"line 5 \(3\)"):
        read('# a\na,b\n"x\ny",1\n1,2,3\n3,4\n')


def test_ragged_lines_at_the_end_look_like_a_footnote():
    with pytest.raises(IngestError, match="at the end, as totals and footnotes do"):
        read("a,b\n" + "1,2\n" * 9 + "Source: somewhere\n")


@pytest.mark.parametrize("last", ["Total,,9", "Source: a survey,,", "Summe: 9,4,9"])
def test_totals_and_notes_at_the_end_are_noticed_and_kept(last):
    content = "name,n,m\n" + "Ann,1,2\nBo,3,4\n" * 3 + last + "\n"
    found = read(content)
    assert len(found.frame) == 7
    (noticed,) = found.noticed
    assert noticed.clicks[0].key == "footer"
    assert last.split(",")[0] not in str(noticed)
    assert len(read(content, footer=1).frame) == 6


def test_an_operation_is_no_total():
    content = "name,n,m\n" + "Hip,1,2\nKnee,3,4\n" * 3 + "Total knee replacement,1,2\n"
    assert not read(content).noticed


# -- values ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [".", "..", "?", "n/a", "None", r"\N", "<NA>", "NA", ""])
def test_texts_that_stand_for_nothing(text):
    assert rows(read(f"a,b\nx,1\n{text},2\n"))[1][0] is None


@pytest.mark.parametrize(
    "name", ["country", "Nationality", "iso2", "pays", "Staat", "birthCountry"]
)
def test_namibia_is_a_country(name):
    found = read(f"{name},b\nDE,1\nNA,2\nFR,3\n")
    assert rows(found)[1][0] == "NA"
    assert "Namibia" in said(found)


@pytest.mark.parametrize("name", ["island", "isolation", "geology", "landing"])
def test_words_that_hold_such_a_word_are_none(name):
    assert rows(read(f"{name},b\nDE,1\nNA,2\nFR,3\n"))[1][0] is None


# -- archives ----------------------------------------------------------------------------------

CSV = b"name,age\nAnna,30\nBo,41\n"


def zipped(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "/", 2) if "MACOSX" in name else name, content)
    return made.getvalue()


def test_a_packed_table_is_unpacked_in_memory():
    assert len(read(gzip.compress(CSV)).frame) == 2
    assert len(read(zipped(table=CSV)).frame) == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (zipped(a=CSV, b=CSV), "holds 2 files"),
        (gzip.compress(b"a,b\n" + b"1,2\n" * 4_000_000), "would unpack to"),
        (zipped(a=b"a,b\n" + b"1,2\n" * 4_000_000), "would unpack to"),
        (gzip.compress(gzip.compress(CSV)), "another archive"),
        (gzip.compress(CSV)[:-9], "damaged archive"),
        (b"%PDF-1.7 x", "a PDF"),
        (b"<html><body><table><tr><td>1</td></tr></table>", "a web page"),
        (b'<?xml version="1.0"?><Workbook/>', "XML"),
        (b"SQLite format 3\x00" + b"\x00" * 100, "an SQLite database"),
        (b'a,b\n1,"2\n' + b"x,y\n" * 50_000, "a quote may be open"),
    ],
    ids=lambda told: told if isinstance(told, str) else "",
)
def test_what_is_no_table_is_said_to_be_what_it_is(content, says):
    with pytest.raises(IngestError, match=says):
        read(content)


def test_a_header_that_begins_with_less_than_is_no_xml():
    """`<18,over` was sent back to be opened in Excel."""
    assert rows(read(b"<18,over\n1,2\n3,4\n"))[1] == ["3", "4"]


def test_an_open_quote_is_told_whatever_another_library_lets_a_field_hold():
    """One that is imported in the same process had raised the limit, and the rows were one cell."""
    before = csv.field_size_limit(1 << 24)
    try:
        with pytest.raises(IngestError, match="a quote may be open"):
            read(b'a,b\n1,"2\n' + b"x,y\n" * 50_000)
    finally:
        csv.field_size_limit(before)


def test_a_quote_that_is_open_to_the_end_is_told():
    """The last people were one cell, and nothing said so."""
    with pytest.raises(IngestError, match="not closed: 3 lines"):
        read('a,b\n1,x\n2,"y\n3,z\n4,z\n')
    assert rows(read('a,b\n1,x\n2,"y\nz"\n'))[1][1] == "y\nz"


def test_rows_that_repeat_the_names_are_no_people():
    found = read("age,sex\n" + "34,F\n41,M\n" * 9 + "age,sex\n28,F\nage,M\n")
    assert len(found.frame) == 20 and "1 row repeats the names" in said(found)


def test_empty_rows_at_the_end_are_noticed_and_kept():
    content = "age,sex\n" + "34,F\n41,M\n" * 3 + ",\n" * 20
    found = read(content)
    assert len(found.frame) == 26 and found.noticed[-1].clicks[0].value == 20
    assert not read("a,b\n" + "1,\n,\n" * 9).noticed  # where others hold nothing too


def test_a_colon_divides_where_nothing_else_does():
    assert list(read("age:sex:cost\n34:F:1.5\n41:M:2.5\n").frame) == ["age", "sex", "cost"]
    assert list(read("at\n12:30:05\n13:31:05\n").frame) == ["at"]


# -- how it was written ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "written"),
    [
        (b"a;b\r\n1;2\r\n3;4\r\n", Written(";", "utf-8")),
        (codecs.BOM_UTF8 + b"a\tb\n1\t2\n", Written("\t", "utf-8-sig", line_end="\n")),
        (b'"a","b"\n"1","2"\n"3",""\n', Written(",", "utf-8", True, "\n")),
        (b'"a",b\n"1","2"\n', Written(",", "utf-8", False, "\n")),
        ("a,b\r1,x\r2,y\r".encode("utf-16"), Written(",", "utf-16", False, "\r")),
        ("Größe|b\nJürgen|1\nKöln|2\n".encode("cp1252"), Written("|", "cp1252", False, "\n")),
        ("a|b\nJürgen|1\nKöln|2\n".encode("cp1252"), Written("|", "utf-8", False, "\n")),
    ],
    ids=str,
)
def test_how_a_file_was_written_is_kept_as_far_as_its_header_tells(content, written):
    assert read(content).written == written


@pytest.mark.parametrize("delimiter", ["|", "  "])
def test_an_encoding_that_only_rows_tell_is_kept_where_the_custodian_gives_it(delimiter):
    """One accent in one row decided how a file with fields of a fixed width was encoded."""
    names, *people = [f"{a}{delimiter}{b}\n" for a, b in [("a ", "b"), ("Kö", 1), ("Zü", 2)] * 3]
    content = (names + "".join(p for p in people if p != names)).encode("cp1252")
    found = read(content)
    assert found.written.encoding == "utf-8"
    click = next(c for n in found.noticed for c in n.clicks if c.label == "Keep cp1252")
    again = read(content, **{click.key: click.value})
    assert again.written.encoding == "cp1252"
    assert not [c for n in again.noticed for c in n.clicks if c.key == "encoding"]


def test_how_another_format_was_written_is_not():
    assert read(b'{"a": 1}\n{"a": 2}\n').written is None


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "mac_roman"]
TEXT = st.text("abcXYZéèçà ,;|\t\"'\n", min_size=1, max_size=8).map(lambda x: f"w{x}w")
ROW = st.tuples(TEXT, st.integers(0, 99).map(str), st.sampled_from(["Köln", "Besançon", "Bern"]))


@settings(max_examples=150, deadline=None)
@given(
    people=st.lists(ROW, min_size=3, max_size=12),
    encoding=st.sampled_from(ENCODINGS),
    delimiter=st.sampled_from(",;\t|"),
    preamble=st.sampled_from(["", "A title\n", "A title\n\nfrom somewhere\n", "# a comment\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_written_is_read(people, encoding, delimiter, preamble, quoting, end):
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerows([("word", "number", "city"), *people])
    content = (preamble + text.getvalue()).encode(encoding)
    found = read(content, encoding=encoding, delimiter=delimiter)
    assert list(found.frame) == ["word", "number", "city"]
    assert rows(found) == [[c.strip() for c in row] for row in people]
    assert found.written is not None
    assert (found.written.delimiter, found.written.line_end) == (delimiter, end)
    assert found.written.quote_all == (quoting == csv.QUOTE_ALL)
