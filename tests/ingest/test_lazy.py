"""Rows that never leave: whole releases from a file or a database of which only counts are read."""

import io
import threading
from pathlib import Path

import pandas as pd
import psycopg
import pytest

from synth.budget import Budget
from synth.errors import (
    AccountRefused,
    BudgetExceeded,
    IngestError,
    QueryError,
    SchemaError,
)
from synth.ingest import Database, Limits, load
from synth.ingest.declaration import ColumnPart, declared
from synth.ingest.lazy import file_in_place, query_in_place
from synth.ingest.reading import Choices, compact
from synth.learning.aggregates import aggregate
from synth.methods.correlated import Correlated
from synth.release import Bundle
from synth.runs import Recipe, run
from synth.runs.faux import faux
from synth.runs.recipe import MethodPart, People, Privacy, ReleasePart, Source
from synth.runs.verifying import verify
from synth.schema import Role
from synth.vault import Counting, PrivateTable, Protection
from synth.vault.staying import LazyRows
from tests.people import SCHEMA, some_people
from tests.postgres import started

DECLARED = (
    ColumnPart(name="city", values=("Oslo", "Rome")),
    ColumnPart(name="age", kind="integer", low=0, high=120),
    ColumnPart(name="ill", values=("no", "yes")),
)
ENDLESS = "SELECT count(*) AS n FROM people a, people b, people c, people d, people e"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("tables")
    people = some_people(4000)
    people.to_parquet(made / "people.parquet")
    people.to_csv(made / "people.csv", index=False)
    people.to_excel(made / "people.xlsx", index=False)
    return made


@pytest.fixture(scope="module")
def postgres():
    with started() as address, psycopg.connect(address, autocommit=True) as keeper:
        keeper.execute("CREATE TABLE people (city text, age int, ill varchar(3), told timestamptz)")
        with keeper.cursor().copy("COPY people (city, age, ill) FROM STDIN") as rows:
            for row in some_people(4000).itertuples(index=False):
                rows.write_row(row)
        keeper.execute("CREATE ROLE reader LOGIN; GRANT SELECT ON people TO reader")
        keeper.execute("REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC")
        yield address.replace("keeper@", "reader@")


def recipe(source: Source, **told: object) -> Recipe:
    return Recipe(
        source=source,
        column=DECLARED,
        method=MethodPart(name="correlated"),
        privacy=Privacy(epsilon=20.0),
        release=ReleasePart(rows=2000),
    ).model_copy(update=told)


def ill_by_city(table: pd.DataFrame) -> dict[str, float]:
    told = table[table["city"].isin(["Oslo", "Rome"])].dropna(subset=["ill"])
    return (told["ill"] == "yes").groupby(told["city"]).mean().round(1).to_dict()


@pytest.mark.parametrize("name", ["people.parquet", "people.csv"])
def test_a_file_is_released_without_being_loaded(name, folder, monkeypatch):
    def loaded(*_: object) -> None:
        raise AssertionError("the rows were read into memory")

    monkeypatch.setattr("synth.ingest.loading.read_table", loaded)
    outcome = run(recipe(Source(file=name, stay=True)), folder=folder)
    assert ill_by_city(outcome.release.tables[0]) == {"Oslo": 0.0, "Rome": 1.0}
    assert outcome.comparison.rows == 4000
    assert outcome.comparison.two_way < 0.1
    unseen = "`city`, `ill`" if name.endswith("parquet") else "`city`, `age`, `ill`"
    assert f"missing cells are written in {unseen} is not counted" in str(outcome.noticed[0])
    assert "Differentially private" in outcome.release.statement.guarantee.short


def test_a_query_is_released_while_its_rows_stay_in_postgresql(postgres):
    source = Source(database=postgres, query="SELECT city, age, ill FROM people", stay=True)
    outcome = run(recipe(source))
    assert ill_by_city(outcome.release.tables[0]) == {"Oslo": 0.0, "Rome": 1.0}
    bundle = Bundle.read(io.BytesIO(outcome.release.zipped()))
    assert verify(bundle)
    assert "SELECT city, age, ill FROM people" in bundle.files["recipe.toml"].decode()


def test_what_nobody_declared_is_found_out_where_the_rows_are(folder):
    found = recipe(
        Source(file="people.parquet", stay=True), column=(), method=MethodPart(name="adaptive")
    )
    outcome = run(found, folder=folder)
    schema = outcome.release.model.schema
    assert set(schema.domain("city").labels) >= {"Oslo", "Rome"}
    assert schema.domain("age").edges[-1] < 200
    assert not schema.observed
    told = tuple(part.model_copy(update={"missing_as": "NA"}) for part in DECLARED)
    declared_so = run(recipe(Source(file="people.parquet", stay=True), column=told), folder=folder)
    assert not declared_so.noticed
    assert ill_by_city(outcome.release.tables[0]) == {"Oslo": 0.0, "Rome": 1.0}


def test_what_nobody_may_find_out_has_to_be_declared(folder):
    open_ended = recipe(
        Source(file="people.parquet", stay=True),
        column=DECLARED[:1],
        privacy=Privacy(epsilon=float("inf")),
    )
    with pytest.raises(SchemaError, match="Nobody knows what `age`, `ill` may hold"):
        run(open_ended, folder=folder)


@pytest.mark.parametrize("method", ["kde", "sequential", "mixture"])
def test_a_method_that_needs_rows_says_so(method, folder):
    asked = recipe(Source(file="people.parquet", stay=True), method=MethodPart(name=method))
    with pytest.raises(SchemaError, match="stay in their engine"):
        run(asked, folder=folder)


def test_a_step_that_needs_rows_says_so(folder):
    steps = ({"step": "drop", "columns": ["age"]},)
    with pytest.raises(SchemaError, match="stay in their engine"):
        run(recipe(Source(file="people.parquet", stay=True), protect=steps), folder=folder)


def test_a_column_is_guessed_from_its_name_and_type_alone(folder):
    named = some_people().rename(columns={"city": "patient_id"})
    named.to_parquet(folder / "named.parquet")
    with file_in_place(folder / "named.parquet") as rows:
        found = load(rows, Budget(1.0)).suggestions
    assert found["patient_id"].column.role is Role.IDENTIFIER
    assert found["age"].column.kind.value == "integer"
    assert "no row was read" in found["age"].column.reason
    assert found["ill"].column.domain.values == ()


def test_only_the_file_that_was_named_can_be_read(folder):
    with file_in_place(folder / "people.parquet") as rows:
        other = f"SELECT * FROM read_parquet('{folder / 'named.parquet'}')"
        relation = rows.to_native()
        with pytest.raises(Exception, match="disabled"):
            relation.query("asked", other).fetchall()


@pytest.mark.parametrize(
    ("name", "says"),
    [("nothing.parquet", "no file `nothing.parquet`"), ("people.xlsx", "cannot be left in")],
)
def test_a_file_that_cannot_be_left_in_place_is_refused(name, says, folder):
    with pytest.raises(IngestError, match=says):
        run(recipe(Source(file=name, stay=True)), folder=folder)


def test_a_damaged_file_is_a_sentence(tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(IngestError, match="cannot be read as a table"):
        run(recipe(Source(file="t.parquet", stay=True)), folder=tmp_path)


def test_sqlite_says_that_its_rows_are_read():
    source = Source(database="sqlite:///sample_data/hospital.sqlite", stay=True, query="SELECT 1")
    with pytest.raises(QueryError, match="cannot be left in it"):
        run(recipe(source))


def test_what_is_spent_on_rows_that_stay_adds_up_and_they_are_known_by_their_address(
    folder, tmp_path
):
    told = Privacy(epsilon=6.0, ledger=str(tmp_path / "ledger"), total=7.0)
    people = People(population="town")
    asked = recipe(Source(file="people.parquet", stay=True), privacy=told, people=people)
    run(asked, folder=folder)
    with pytest.raises(BudgetExceeded, match="Earlier releases about `town`"):
        run(asked, folder=folder)
    other = asked.model_copy(update={"people": People(population="village")})
    with pytest.raises(AccountRefused, match="looks like one of `town`"):
        run(other, folder=folder)


# -- PostgreSQL itself -------------------------------------------------------------------------


def test_postgresql_answers_like_any_database(postgres):
    database = Database(postgres)
    assert database.tables()["people"]["age"] == "INTEGER"
    assert len(database.answer("SELECT age, ill FROM people WHERE city = 'Rome'")) > 1000
    answer = faux(postgres).read_sql("SELECT city, ill FROM people LIMIT 9", method="independent")
    assert answer.shape == (9, 2)


@pytest.mark.parametrize(
    "past",
    ["DELETE FROM people", "UPDATE people SET age = 0", "CREATE TABLE more (a int)"],
)
def test_nothing_can_be_written_to_postgresql_even_past_the_parser(past, postgres):
    database = Database(postgres.replace("reader@", "keeper@"))  # whose rights would allow it
    with pytest.raises(QueryError, match="refused"):
        database._sql(f"SELECT 1) AS x; {past}; SELECT * FROM (SELECT 1")  # noqa: SLF001
    with query_in_place(database, "SELECT * FROM people") as rows:
        connection = rows.to_native().get_backend().con
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute(past)
    assert len(database.answer("SELECT * FROM people")) == 4000


@pytest.mark.parametrize(("who", "tables"), [("reader", 0), ("keeper", 1)])
def test_codes_lie_in_a_temporary_table_where_that_is_allowed(who, tables, postgres):
    """Filled in a session that only reads, so that whatever a query calls can write nothing."""
    database = Database(postgres.replace("reader@", f"{who}@"))
    with query_in_place(database, "SELECT city, age, ill FROM people") as rows:
        table = LazyRows(rows).count(SCHEMA, ["city", "ill"])
        assert (table.sum(), table[0, 1]) == (4000, 0)
        connection = rows.to_native().get_backend().con
        held = connection.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'coded%'")
        assert held.fetchone() == (tables,)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("CREATE TABLE more AS SELECT * FROM people")


def test_a_slow_query_in_postgresql_is_stopped(postgres):
    hurried = Database(postgres, Limits(seconds=0.3))
    with pytest.raises(QueryError, match=r"longer than 0.3 seconds"):
        hurried.answer(ENDLESS)
    with (
        pytest.raises(QueryError, match=r"longer than 0.3 seconds"),
        query_in_place(hurried, ENDLESS),
    ):
        pass


@pytest.mark.parametrize("stay", [False, True], ids=["answered", "counted"])
def test_a_connection_that_drops_in_mid_query_is_a_sentence(stay, postgres):
    keeper = postgres.replace("reader@", "keeper@")
    stop = threading.Event()

    def cut() -> None:
        """Cut off whoever reads whenever a query of theirs runs, as often as they come back."""
        sql = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE usename = 'reader' AND state = 'active'"
        )
        with psycopg.connect(keeper, autocommit=True) as connection:
            while not stop.wait(0.02):
                connection.execute(sql)

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        with pytest.raises(QueryError) as told:
            run(recipe(Source(database=postgres, query=ENDLESS, stay=stay)))
    finally:
        stop.set()
        thread.join()
    assert "connection" in str(told.value)
    assert Database(postgres).tables()  # and the next one is answered


def test_a_server_that_is_not_there_is_a_sentence():
    nowhere = "postgresql://me:secret@127.0.0.1:1/none"
    for stay in (False, True):
        with pytest.raises(QueryError, match="connection") as told:
            run(recipe(Source(database=nowhere, query="SELECT 1 AS a", stay=stay)))
        assert "secret" not in str(told.value)


def test_mistakes_in_postgresql_are_sentences(postgres):
    database = Database(postgres)
    for text, says in (
        ("SELECT x FROM nobody", "no table `nobody`"),
        ("SELECT colour FROM people", "no column `colour`"),
        ("SELECT age / 0 AS a FROM people", "refused"),
        ("SELECT * FROM people WHERE city = 'Atlantis'", "fewer than 30 rows"),
    ):
        with pytest.raises(QueryError, match=says):
            database.answer(text)


def test_an_engine_that_fails_in_the_midst_is_a_sentence(tmp_path):
    path = tmp_path / "people.parquet"
    some_people().to_parquet(path)
    with file_in_place(path) as rows:
        private = load(rows, Budget(5.0)).private
    with pytest.raises(QueryError, match="could not answer"):
        Correlated().fit(private, private.ledger.left)


@pytest.mark.parametrize(
    ("content", "choices", "names"),
    [
        ("a~b\n1~2\n3~4\n", Choices(delimiter="~"), ["a", "b"]),
        ("1;2\n3;4\n", Choices(delimiter=";", header=0), ["column 1", "column 2"]),
        ("of 2024\na,b\n1,2\n3,4\n", Choices(header=2), ["a", "b"]),
        ("a,b\n1,2\n3,4\n", Choices(encoding="UTF8", header_rows=1), ["a", "b"]),
    ],
)
def test_what_is_said_of_reading_is_obeyed_where_the_rows_are(content, choices, names, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(content)
    with file_in_place(path, choices) as rows:
        frame = rows.collect("pandas").to_native()
    assert frame.columns.tolist() == names
    assert frame.to_numpy().tolist() == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("people.csv", {"encoding": "cp1252"}),
        ("people.csv", {"encoding": "no such"}),
        ("people.csv", {"delimiter": " "}),
        ("people.csv", {"skip_ragged": True}),
        ("people.csv", {"footer": 2}),
        ("people.csv", {"header_rows": 2}),
        ("people.parquet", {"encoding": "utf-8"}),
        ("people.parquet", {"delimiter": ";"}),
    ],
)
def test_what_an_engine_cannot_obey_is_refused_with_a_remedy(name, source, folder):
    recipe = Recipe(source=Source(file=name, stay=True, **source), column=DECLARED)
    with pytest.raises(IngestError, match=next(iter(source))) as error:
        run(recipe, folder=folder)
    assert error.value.remedy


def test_a_query_whose_rows_stay_is_not_told_how_to_read_a_file():
    source = Source(database="duckdb:///x.duckdb", query="SELECT 1", stay=True, sheet="a")
    with pytest.raises(IngestError, match="`sheet`"):
        run(Recipe(source=source))


@pytest.mark.parametrize("protection", [Protection.ROUNDED, Protection.WITHHELD])
@pytest.mark.parametrize("blanks", [False, True])
def test_combinations_are_counted_where_the_rows_are(protection, blanks, folder):
    """And are the same as those of rows in memory."""
    counting = Counting(length=3, blanks=blanks)
    schema = declared(load(folder / "people.parquet", Budget(1.0)).suggestions, DECLARED)
    loaded = PrivateTable(compact(some_people(4000))[0], schema, Budget(1.0))
    with file_in_place(folder / "people.parquet") as rows:
        staying = PrivateTable(rows, schema, Budget(1.0))
        mine, theirs = (aggregate(p, counting, 5, protection) for p in (loaded, staying))
    pd.testing.assert_frame_equal(mine.frame(), theirs.frame())
    assert len(mine) > 20
    assert mine.statement == theirs.statement


def test_several_values_in_a_cell_cannot_be_counted_in_place(folder):
    schema = declared(load(folder / "people.parquet", Budget(1.0)).suggestions, DECLARED)
    with file_in_place(folder / "people.parquet") as rows:
        staying = PrivateTable(rows, schema, Budget(1.0))
        with pytest.raises(SchemaError, match="hold several values"):
            aggregate(staying, Counting(several={"city": ";"}), 5)


def test_new_identifiers_of_rows_that_stay_need_no_look(folder):
    named = some_people(4000).assign(patient=[f"P{i:05}" for i in range(4000)])
    named.to_parquet(folder / "patients.parquet")
    stay = Source(file="patients.parquet", stay=True)
    declared = (*DECLARED, ColumnPart(name="patient", role="identifier", template="P#####"))
    made = run(recipe(stay, column=declared), folder=folder).release.tables[0]["patient"]
    assert made.is_unique
    assert made.str.fullmatch(r"SYN-P\d{5}").all()


def test_values_that_were_not_found_show_in_the_comparison(folder):
    """Both sides being "other" would look like a good likeness."""
    codes = pd.Series([f"c{i % 200}" for i in range(4000)])
    pd.DataFrame({"code": codes, "sex": codes.str.len().astype(str)}).to_parquet(
        folder / "codes.parquet"
    )
    asked = Recipe(
        source=Source(file="codes.parquet", stay=True),
        method=MethodPart(name="independent"),
        privacy=Privacy(epsilon=1.0),
    )
    outcome = run(asked, folder=folder)
    assert "c7" not in outcome.release.model.schema.domain("code").labels
    (code,) = (h for h in outcome.comparison.columns if h.column == "code")
    assert code.tvd > 0.9
    assert "Differentially private" in outcome.release.statement.guarantee.short
