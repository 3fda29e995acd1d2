"""A mistake in a query is shown where it is."""

import pytest

from synth.errors import QueryError
from synth.ingest import read_query
from synth.ingest.pointer import pointed


@pytest.mark.parametrize(
    ("text", "line", "below"),
    [
        ("SELECT sex,\n  FROM patients WHERE", "2 |   FROM patients WHERE", "WHERE"),
        ("SELECT sex FROM patients\nGROUP sex", "2 | GROUP sex", "sex"),
        ("SELECT sex\nFROM patients\nWHERE sex = 'F", "3 | WHERE sex = 'F", "'F"),
        ("SELECT 'it''s',\n \"sex FROM patients", '2 |  "sex FROM patients', '"sex'),
        ("SELECT sex,\n\tevil(1) FROM patients", "2 |  evil(1) FROM patients", "evil"),
        ("SELECT sex FROM\n readfile('x')", "2 |  readfile('x')", "readfile"),
        ("SELECT 1 a,\n 2 a", "1 | SELECT 1 a,", "a,"),
    ],
)
def test_the_line_is_shown_with_a_caret_under_the_place(text, line, below):
    with pytest.raises(QueryError, match=r"\w") as caught:
        read_query(text, "sqlite")
    shown, caret = pointed(text, caught.value).split("\n")
    assert shown == line
    assert shown[caret.index("^") :].startswith(below)


def test_a_name_the_database_does_not_know_is_found_in_the_query():
    error = QueryError("There is no column `AGE`.", "See the list.", about=("AGE",))
    assert pointed("SELECT usage,\n  age FROM t", error) == "2 |   age FROM t\n      ^"


def test_of_a_long_line_the_part_around_the_place_is_shown():
    text = f"SELECT {'x, ' * 200}evil(1) FROM t"
    with pytest.raises(QueryError, match="evil") as caught:
        read_query(text, "sqlite")
    shown, caret = pointed(text, caught.value).split("\n")
    assert len(shown) < 110
    assert shown[caret.index("^") :].startswith("evil")


def test_where_no_place_is_known_nothing_is_shown():
    assert pointed("SELECT 1", QueryError("The answer has fewer than 30 rows.", "Ask more.")) == ""
