"""The Data screen asks how to read an upload, and reads it again as it is told."""

from synth.runs.audit import Audit
from tests.screens import AppTest
from tests.ui.test_pages import ran, screen, words
from ui.shell.visitor import KEY, Visitor

PEOPLE = b"39,Private,Male\n50,State,Male\n41,Private,Female\n" * 10
RAGGED = b"age,sex\n" + b"3,M\n4,F\n" * 10 + b"3\n" + b"5,M\n"
FRENCH = "ville;n\n" + "Isère;1\nArdèche;2\nOise;3\n" * 10


def uploaded(content: bytes) -> tuple[AppTest, Visitor]:
    app = screen()
    app.file_uploader(key="file 0").upload("people.csv", content).run()
    return ran(app), app.session_state[KEY]


def names(who: Visitor) -> tuple[str, ...]:
    assert who.loaded is not None
    return who.schema.names


def test_a_person_in_the_first_line_is_asked_about_and_read_again():
    app, who = uploaded(PEOPLE)
    assert names(who) == ("column 1", "column 2", "column 3")
    assert "Line 1 looks like a person" in words(app)
    ran(app.button(key="read_header_1").click().run())
    assert names(who) == ("39", "Private", "Male")
    assert who.recipe.source.header == 1
    ran(app.button(key="as_found").click().run())
    assert names(who) == ("column 1", "column 2", "column 3")
    assert who.recipe.source.header is None


def test_ragged_lines_are_left_out_with_one_click():
    app, who = uploaded(RAGGED)
    assert who.loaded is None
    assert "line 22 (1)" in words(app)
    ran(app.button(key="read_skip_ragged_True").click().run())
    assert who.loaded is not None
    assert who.loaded.rows == 21
    assert who.recipe.source.skip_ragged


def test_a_word_that_was_read_as_missing_is_a_value_with_one_click():
    app, who = uploaded(b"kids,sex\n" + b"None,M\ntwo,F\n" * 10)
    assert "`None` was read as a missing value" in words(app)
    assert who.loaded is not None and who.schema.domain("kids").missing
    ran(app.button(key="read_missing_None is a value").click().run())
    assert set(who.schema.domain("kids").values) == {"None", "two"}
    assert "None" not in who.recipe.source.missing and "NA" in who.recipe.source.missing
    ran(app.button(key="as_found").click().run())
    assert "None" in who.recipe.source.missing and who.schema.domain("kids").missing


def test_lines_are_shown_both_ways_where_the_encoding_is_open():
    app, who = uploaded(FRENCH.encode("cp1252"))
    assert "Isère" in app.code[0].value
    other, keep = [b for b in app.button if str(b.key).startswith("read_encoding")]
    assert keep.label == "Keep cp1252"
    ran(other.click().run())
    assert who.recipe.source.encoding in other.label


def test_the_bytes_are_kept_only_while_something_is_open():
    assert uploaded(b"age,sex\n" + b"3,M\n4,F\n" * 10)[1].upload is None
    app, who = uploaded(PEOPLE)
    assert who.upload is not None
    assert b"Private" not in repr(who.upload).encode()
    ran(app.button(key="settled").click().run())
    assert who.upload is None
    app, who = uploaded(PEOPLE)
    ran(app.button(key="sample").click().run())
    assert who.upload is None


def test_what_was_said_of_one_file_is_not_said_of_the_next():
    app, who = uploaded(RAGGED)
    ran(app.button(key="read_skip_ragged_True").click().run())
    app.file_uploader(key="file 0").upload("other.csv", RAGGED + b"1\n").run()
    assert not who.recipe.source.skip_ragged


def test_who_brought_which_file_is_written_down_and_no_cell_of_it(tmp_path, monkeypatch):
    log = Audit(tmp_path / "log")
    monkeypatch.setenv("SYNTH_AUDIT", str(log.path))
    uploaded(PEOPLE)
    app, _ = uploaded(b"%PDF-1.4 Private")
    assert "a PDF" in words(app)
    lines = log.read()
    assert [(x["file"], x["ended"].split(":")[0]) for x in lines] == [
        ("people.csv", "brought"),
        ("people.csv", "brought"),
        ("people.csv", "refused"),
    ]
    assert "Private" not in log.path.read_text()
    monkeypatch.setenv("SYNTH_AUDIT", str(tmp_path / "nowhere" / "log"))
    app, who = uploaded(PEOPLE)
    assert "audit log cannot be written" in words(app)
    assert who.loaded is None
