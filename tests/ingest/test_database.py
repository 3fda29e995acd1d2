import json
import sqlite3
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import sqlalchemy as sa

from synth.errors import QueryError
from synth.ingest import Database, Limits, read_query
from synth.runs.audit import Asked, Audit, Ended
from synth.runs.faux import faux

HOSPITAL = Path(__file__).parents[2] / "sample_data" / "hospital.sqlite"
VISITS = "SELECT p.sex, a.ward, a.emergency FROM admissions a JOIN patients p USING (patient_id)"


@pytest.fixture
def hospital() -> Database:
    return Database(f"sqlite:///{HOSPITAL}")


@pytest.fixture
def duck(tmp_path) -> Database:
    path = tmp_path / "h.duckdb"
    with duckdb.connect(str(path)) as made:
        made.execute(
            "CREATE TABLE t AS SELECT i % 3 AS a, 'x' || (i % 2) AS b FROM range(100) r(i)"
        )
    return Database(f"duckdb:///{path}")


# -- what may run ------------------------------------------------------------------------------

REFUSED = {
    "several": ("SELECT 1; SELECT 2", "2 statements were given"),
    "delete": ("DELETE FROM patients", "DELETE statement, and only SELECT"),
    "capitals hide nothing": ("DeLeTe FROM patients", "DELETE statement"),
    "comment hides nothing": ("SELECT 1 /* x */; DROP TABLE patients --", "2 statements"),
    "update": ("UPDATE patients SET sex = 'x'", "UPDATE statement"),
    "drop": ("DROP TABLE patients", "DROP statement"),
    "pragma": ("PRAGMA query_only = OFF", "PRAGMA statement"),
    "attach": ("ATTACH DATABASE 'x' AS y", "ATTACH statement|cannot be read"),
    "into": ("SELECT * INTO copy FROM patients", "INTO is not allowed"),
    "a writing part": (
        "WITH d AS (DELETE FROM patients RETURNING *) SELECT * FROM d",
        "DELETE is not allowed|cannot be read",
    ),
    "code": ("SELECT load_extension('evil')", "function `load_extension` is not allowed"),
    "a file": ("SELECT readfile('/etc/passwd')", "function `readfile` is not allowed"),
    "a torn query": ("SELECT a FROM WHERE (", r"cannot be read: line 1, column \d+"),
    "an open quote": ("SELECT 'a FROM t", "cannot be read"),
    "nothing": ("", "0 statements were given"),
    "an order beyond": (VISITS + " ORDER BY 9", "names no column of the answer"),
    "a limit that is no number": (VISITS + " LIMIT (SELECT 3)", "LIMIT has to be a number"),
}


@pytest.mark.parametrize(("text", "says"), REFUSED.values(), ids=list(REFUSED))
def test_what_is_not_one_reading_select_is_refused(text, says):
    with pytest.raises(QueryError, match=says):
        read_query(text, "sqlite")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd.csv'",
        "SELECT * FROM read_parquet('x')",
        "COPY patients TO 'x'",
        "SELECT * FROM patients FOR UPDATE",
        "SELECT pg_read_file('x')",
    ],
)
@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_files_and_locks_are_refused_in_every_dialect(text, dialect):
    with pytest.raises(QueryError, match=r"not allowed|may not stand|statement|cannot be read"):
        read_query(text, dialect)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT updated_at, created FROM t",  # the old blacklist refused these names
        "SELECT 'a; drop table t' AS x FROM t",
        "WITH a AS (SELECT 1 AS x) SELECT * FROM a UNION ALL SELECT 2",
        "SELECT count(*) OVER (PARTITION BY a), strftime('%Y', b) FROM t",
    ],
)
def test_what_only_reads_may_run(text):
    assert read_query(text, "sqlite").inner


def test_order_and_limit_are_kept_for_the_synthetic_rows():
    query = read_query(VISITS + " ORDER BY ward DESC, 1 LIMIT 7", "sqlite")
    assert "ORDER" not in query.inner
    assert "LIMIT" not in query.inner
    assert query.order == (("ward", True), ("sex", False))
    rows = pd.DataFrame({"sex": list("MFMF"), "ward": list("abab"), "emergency": 1})
    arranged = query.arranged(rows)
    assert arranged["ward"].tolist() == ["b", "b", "a", "a"]
    assert query.limit == 7


def test_one_query_in_two_spellings_is_one_query():
    one = read_query("select  SEX from patients -- who", "sqlite")
    two = read_query("SELECT sex\nFROM patients", "sqlite")
    assert one.normal == two.normal


# -- databases ---------------------------------------------------------------------------------


def test_tables_and_columns_are_listed(hospital, duck):
    assert hospital.tables()["patients"]["sex"] == "TEXT"
    assert duck.tables() == {"t": {"a": "BIGINT", "b": "VARCHAR"}}


def test_an_answer_is_the_rows_asked_for(hospital, duck):
    assert hospital.answer(VISITS).shape == (2337, 3)
    assert duck.answer("SELECT a, b FROM t").shape == (100, 2)


def test_a_percent_sign_in_a_query_is_a_percent_sign(hospital):
    found = hospital.answer("SELECT ward FROM admissions WHERE ward LIKE '%a%'")
    assert len(found) > 30


def test_nothing_can_be_written_even_past_the_parser(hospital, duck):
    for database, run in ((hospital, hospital._sql), (duck, duck._duck)):  # noqa: SLF001
        with pytest.raises(QueryError, match="refused"):
            run("SELECT 1) AS x; DELETE FROM patients; SELECT * FROM (SELECT 1")
        assert database.tables()


def test_duckdb_reads_no_file_even_past_the_parser(duck):
    with pytest.raises(QueryError, match="refused"):
        duck._duck("SELECT * FROM read_csv('/etc/passwd')")  # noqa: SLF001


def test_an_answer_about_a_handful_is_refused(hospital):
    with pytest.raises(QueryError, match="fewer than 30 rows"):
        hospital.answer("SELECT * FROM patients WHERE patient_id = 4")


def test_an_answer_that_is_too_large_is_refused():
    database = Database(f"sqlite:///{HOSPITAL}", Limits(most_rows=100))
    with pytest.raises(QueryError, match="more than 100 rows"):
        database.answer(VISITS)


ENDLESS = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT max(i) FROM r"


def test_a_query_that_takes_too_long_is_stopped(duck):
    """However early the first interruption comes: SQLite ignores one before the query begins."""
    slow = Database(f"sqlite:///{HOSPITAL}", Limits(seconds=0.3))
    with pytest.raises(QueryError, match=r"longer than 0.3 seconds"):
        slow.answer(ENDLESS)


MISTAKES = {
    "no table": ("SELECT x FROM nobody", "no table `nobody`"),
    "no column": ("SELECT colour FROM patients", "no column `colour`"),
    "two of a name": (
        "SELECT a.ward, b.ward FROM admissions a JOIN admissions b USING (admission_id)",
        "several columns called `ward`",
    ),
}


@pytest.mark.parametrize(("text", "says"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_is_a_sentence(text, says, hospital):
    with pytest.raises(QueryError, match=says):
        hospital.answer(text)


def test_an_address_is_checked_and_never_shows_its_password(monkeypatch, tmp_path):
    with pytest.raises(QueryError, match="kind `oracle` are not known"):
        Database("oracle://x")
    with pytest.raises(QueryError, match=r"no database file `none.db`"):
        Database(f"sqlite:///{tmp_path}/none.db").tables()
    with pytest.raises(QueryError, match="`NO_SUCH` is not set"):
        Database("postgresql://me:${NO_SUCH}@host/db").tables()
    shown = repr(Database("postgresql://me:secret@host/db"))
    assert "secret" not in shown
    assert "me:***@host" in shown


def test_a_published_address_names_no_folder_and_no_password(tmp_path):
    assert Database(f"sqlite:///{tmp_path}/hospital.sqlite").public == "sqlite:///hospital.sqlite"
    assert Database("duckdb:///h.duckdb").public == "duckdb:///h.duckdb"
    assert Database("postgresql://me:secret@host/db").public == "postgresql://me:***@host/db"


# -- synthetic answers -------------------------------------------------------------------------


def test_a_query_is_answered_with_rows_of_nobody():
    answer = faux(f"sqlite:///{HOSPITAL}").read_sql(
        VISITS + " ORDER BY ward LIMIT 50", method="independent"
    )
    assert list(answer) == ["sex", "ward", "emergency"]
    assert len(answer) == 50
    assert answer["ward"].dropna().is_monotonic_increasing
    assert "Differentially private" in answer.attrs["privacy"]


@pytest.mark.parametrize("kind", ["engine", "sqlite3"])
def test_engines_and_connections_are_taken(kind):
    if kind == "engine":
        engine = sa.create_engine(f"sqlite:///{HOSPITAL}")
        assert faux(engine).database.tables()
        engine.dispose()
    else:
        connection = sqlite3.connect(HOSPITAL)
        assert faux(connection).database.tables()
        connection.close()


def test_what_is_no_database_is_refused():
    with pytest.raises(QueryError, match="A int is no database"):
        faux(5)
    memory = sqlite3.connect(":memory:")
    with pytest.raises(QueryError, match="in memory only"):
        faux(memory)
    memory.close()


def test_a_repeated_query_is_answered_again_for_free(tmp_path):
    asked = faux(f"sqlite:///{HOSPITAL}", audit=tmp_path / "log")
    one = asked.read_sql(VISITS, method="independent")
    two = asked.read_sql(VISITS.lower().replace("select", "SELECT  "), method="independent")
    pd.testing.assert_frame_equal(one, two)
    log = Audit(tmp_path / "log").read()
    assert [x["ended"] for x in log] == ["asked", "released", "answered again"]
    assert [x["epsilon"] for x in log] == [0.0, pytest.approx(1.0), 0.0]


def test_the_audit_holds_queries_and_never_rows(tmp_path):
    asked = faux(f"sqlite:///{HOSPITAL}", audit=tmp_path / "log")
    asked.read_sql(VISITS, method="random")
    with pytest.raises(QueryError, match="fewer than 30"):
        asked.read_sql("SELECT * FROM patients WHERE patient_id = 4", method="random")
    lines = (tmp_path / "log").read_text().splitlines()
    assert [json.loads(x)["ended"][:8] for x in lines] == ["asked", "released", "asked", "refused:"]
    wards = (
        Database(f"sqlite:///{HOSPITAL}").answer("SELECT ward FROM admissions").drop_duplicates()
    )
    assert not any(w in "".join(lines) for w in wards["ward"])
    assert oct((tmp_path / "log").stat().st_mode)[-3:] == "600"


def test_where_the_log_cannot_be_written_the_database_is_not_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(Database, "answer", lambda *_: pytest.fail("it was asked"))
    asked = faux(f"sqlite:///{HOSPITAL}", audit=tmp_path / "nowhere" / "log")
    with pytest.raises(QueryError, match=r"audit log cannot be written.*nothing is asked"):
        asked.read_sql(VISITS, method="random")


def test_audit_lines_are_appended(tmp_path):
    log = Audit(tmp_path / "log")
    for i in range(3):
        log.write(Asked("db", f"SELECT {i}", "random", Ended.RELEASED), who="me")
    assert [x["query"] for x in log.read()] == ["SELECT 0", "SELECT 1", "SELECT 2"]


def test_an_account_is_of_a_place_whoever_asks_for_it(tmp_path):
    one = Database("postgresql://me:secret@Host/db?sslmode=require")
    other = Database("postgresql+psycopg://you@host:5432/db")
    assert one.place == other.place == "postgresql://host:5432/db"
    roundabout = Database(f"duckdb:///{tmp_path}/x/../h.duckdb")
    assert roundabout.place == Database(f"duckdb:///{tmp_path}/h.duckdb").place
