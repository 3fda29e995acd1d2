"""Databases that are spoken to through ibis. How they count is in tests/vault/test_staying.py."""

from collections.abc import Iterator
from datetime import date, datetime

import pyarrow.parquet as pq
import pytest
import sqlglot
from sqlglot import exp

from synth.errors import QueryError
from synth.ingest import Database, read_query
from synth.ingest.bounded import Owned
from synth.ingest.database import Limits
from synth.ingest.lazy import query_in_place
from synth.ingest.reading import MISSING_TEXTS
from synth.ingest.warehouses import WAREHOUSES, asked_of, sure_compiler
from synth.runs import Recipe, run
from synth.runs.recipe import MethodPart, Privacy, Source
from synth.vault.staying import LazyRows
from tests.awkward import CITIES, SCHEMA, TUPLES, WRITTEN, Spoken, awkward, in_clickhouse_itself

DECLARED = {*(v for c in SCHEMA for v in getattr(c.domain, "values", ())), "(other)", ""}
CELLS = {str(v) for v in (*CITIES, *WRITTEN) if v is not None} - DECLARED - set(MISSING_TEXTS)


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    file = tmp_path_factory.mktemp("awkward") / "awkward.parquet"
    pq.write_table(awkward(), file)
    with in_clickhouse_itself(file) as address:
        yield Database(address)


# -- what is sent ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(WAREHOUSES))
def test_what_is_sent_is_one_select_in_which_no_value_can_fail(kind, monkeypatch):
    """A text is no number by a plain cast anywhere, and no cell is written into a query."""
    spoken = Spoken(kind, None, monkeypatch)
    for names in TUPLES:
        rows = LazyRows(spoken.frame())
        rows.count(SCHEMA, names)
    rows.occurring("written")
    rows.total()
    texts = {"city", "written", "note"}
    assert len(spoken.sent) == len(TUPLES) + 2
    for sent in spoken.sent:
        tree, *more = sqlglot.parse(sent, dialect=spoken.dialect)
        assert isinstance(tree, exp.Select)
        assert not more
        for cast in (n for n in tree.find_all(exp.Cast) if type(n) is exp.Cast):
            number = cast.to.this in (exp.DType.DOUBLE, exp.DType.FLOAT)
            assert not (number and texts & {c.name for c in cast.this.find_all(exp.Column)}), sent
        written = {n.name for n in tree.find_all(exp.Literal) if n.is_string}
        assert not written & CELLS
        assert not tree.find(exp.DML, exp.DDL, exp.Command, exp.Into)


ELSEWHERE = {
    "clickhouse": (
        "SELECT a FROM t SETTINGS readonly = 0",
        "SELECT * FROM url('http://x', CSV)",
        "SELECT file('/etc/passwd')",
        "SELECT a FROM t FORMAT CSV",
        "SELECT a FROM t INTO OUTFILE 'x'",
        "SELECT sleep(3)",
        "SELECT throwIf(a = 1) FROM t",
        "SELECT a FROM t LIMIT 1 BY a",
        "SELECT dictGet('d', 'a', 1)",
    ),
    "trino": ("SELECT * FROM TABLE(system.query(query => 'x'))", "CALL system.runtime.kill()"),
    "snowflake": (
        "SELECT $1 FROM @stage",
        "SELECT SYSTEM$WAIT(5)",
        "SELECT a FROM IDENTIFIER('x')",
        "SELECT AI_CLASSIFY(a, 'x') FROM t",
        "CALL x()",
    ),
    "bigquery": (
        "SELECT * FROM EXTERNAL_QUERY('c', 'SELECT 1')",
        "SELECT AI.GENERATE(a) FROM t",
        "SELECT ERROR('x')",
        "SELECT @@x",
        "SELECT a FROM t TABLESAMPLE SYSTEM (1 PERCENT)",
    ),
}


@pytest.mark.parametrize(
    ("kind", "text"), [(k, t) for k, texts in ELSEWHERE.items() for t in texts]
)
def test_what_does_more_than_read_and_compute_is_refused(kind, text):
    for query in (text, f"{text}; SELECT 1", f"DELETE FROM t; {text}"):
        with pytest.raises(
            QueryError, match=r"not allowed|may not stand|statement|cannot be read|"
        ):
            read_query(query, WAREHOUSES[kind].dialect)


@pytest.mark.parametrize("kind", list(WAREHOUSES))
def test_a_plain_question_may_be_asked_of_each(kind):
    text = (
        "SELECT p.sex, COUNT(*) AS n, AVG(CAST(a.days AS DOUBLE)) AS mean FROM patients AS p "
        "JOIN admissions AS a ON p.id = a.id WHERE a.ward IN ('a', 'b') GROUP BY p.sex"
    )
    assert read_query(text + " ORDER BY n DESC LIMIT 5", kind).limit == 5


# -- addresses ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(WAREHOUSES))
def test_an_address_shows_no_password_and_a_missing_driver_is_a_sentence(kind, monkeypatch):
    monkeypatch.setattr("synth.ingest.warehouses.import_module", _absent)
    database = Database(f"{kind}://me:hush@Place/hospital/wards")
    shown = (repr(database), database.public, database.place)
    assert not [s for s in shown if "hush" in s]
    assert database.place == Database(f"{kind}://you@place/hospital/wards").place
    for ask in (lambda: database.answer("SELECT a FROM t"), database.tables):
        with pytest.raises(QueryError, match="not installed") as told:
            ask()
        assert f"synth[{kind}]" in told.value.remedy
    source = Source(database=database.url, query="SELECT a FROM t", stay=True)
    with pytest.raises(QueryError, match="not installed"):
        run(Recipe(source=source))
    with pytest.raises(QueryError, match="cannot say execute"):
        Database(f"{kind}://me@place/hospital?execute=yes").tables()


def _absent(name: str) -> None:
    raise ImportError(name)


def test_whoever_has_an_allowance_asks_no_database_of_which_little_is_known():
    database = Database("trino://me@place/hospital/wards", owned=Owned("patient_id"))
    with pytest.raises(QueryError, match="nobody with an allowance"):
        database.bounded(read_query("SELECT sex FROM patients", "trino"))


# -- ClickHouse itself -------------------------------------------------------------------------


def test_clickhouse_tells_types_without_a_row_and_a_failure_without_a_cell(clickhouse):
    """As a cast of the query's own fails: its types are told all the same."""
    text = "SELECT CAST(city AS INT64) AS x, LENGTH(note) AS y FROM awkward"
    query = read_query(text.replace("INT64", "BIGINT"), "clickhouse")
    with query_in_place(clickhouse, query) as frame:
        assert frame.collect_schema()["x"].is_integer()
        with pytest.raises(QueryError) as told:
            LazyRows(frame).occurring("x")
    assert not [c for c in CELLS if len(c) > 1 and c in str(told.value)]
    with pytest.raises(QueryError) as answered:
        clickhouse.answer(query)
    assert "Oslo" not in str(answered.value)


def test_nothing_can_be_written_to_clickhouse_even_past_the_parser(clickhouse):
    with clickhouse.reached() as backend:
        for past in (
            "INSERT INTO awkward (code) VALUES (1)",
            "DROP TABLE awkward",
            "CREATE TABLE more (a Int64) ENGINE = Memory",
            "SET readonly = 0",
            "SELECT 1 SETTINGS readonly = 0",
        ):
            with pytest.raises(Exception, match="readonly"):
                backend.con.command(past)
        assert backend.con.command("SELECT count() FROM awkward") == 400


def test_clickhouse_is_asked_like_any_database(clickhouse):
    """Types that hold one value come as plain ones, others are refused; a slow query ends."""
    assert clickhouse.tables()["awkward"]["code"] == "int64"
    answer = clickhouse.answer("SELECT city, code, born, money FROM awkward WHERE code > 0")
    assert answer["code"].max() == 2**63 - 1
    with pytest.raises(QueryError, match="fewer than 30"):
        clickhouse.answer("SELECT city FROM awkward WHERE city = 'Atlantis'")
    with clickhouse.reached() as backend:
        odd = (
            "SELECT CAST('x' AS Enum8('x' = 1)) AS e, toFixedString('ab', 5) AS f, "
            "toDateTime('2020-07-01 10:00:00', 'Europe/Berlin') AS z, toInt256(7) AS i"
        )
        row = asked_of(backend, odd).to_pyarrow().to_pylist()[0]
        assert (row["e"], row["f"], row["i"], str(row["z"])) == (
            "x",
            "ab",
            "7",
            "2020-07-01 10:00:00",
        )
        with pytest.raises(QueryError, match="several values"):
            asked_of(backend, "SELECT [1, 2] AS listed")
    hurried = Database(clickhouse.url, Limits(seconds=1))
    with pytest.raises(QueryError, match=r"longer than 1 second"):
        hurried.answer(
            "SELECT max(a.code + b.code + c.code + d.code) AS m FROM awkward AS a, "
            "awkward AS b, awkward AS c, awkward AS d"
        )


def test_a_release_is_made_of_rows_that_stay_in_clickhouse(clickhouse):
    source = Source(
        database=clickhouse.url, query="SELECT city, flag, money FROM awkward", stay=True
    )
    outcome = run(
        Recipe(source=source, method=MethodPart(name="independent"), privacy=Privacy(epsilon=50.0))
    )
    assert {"Oslo", "oslo", "It's"} <= set(outcome.release.tables[0]["city"].dropna())
    assert "not to be shown" not in outcome.release.recipe
    assert outcome.comparison.rows == 400


@pytest.mark.parametrize(
    ("told", "sent"),
    [
        (date(1850, 6, 1), "1900-01-01"),
        (date(1896, 2, 29), "1900-01-01"),
        (date(2400, 2, 29), "2299-12-31"),
        (datetime(9999, 1, 1), "2299-12-31 23:59:59"),
        (date(1996, 2, 29), "1996-02-29"),
    ],
)
def test_an_edge_beyond_what_clickhouse_has_is_its_first_or_last_day(told, sent):
    """An edge of 1850 stood in the middle of 1900, where tables write a day that nobody knows."""
    literal = sure_compiler("clickhouse").visit_NonNullLiteral(None, value=told, dtype=None)
    assert sent in literal.sql("clickhouse")
