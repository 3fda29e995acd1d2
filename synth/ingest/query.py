"""One SELECT and nothing else, told by a real SQL parser.

Allowed is what reads tables; a function has to be on a list, because a database has functions that
read files, load code or sleep. ORDER BY and LIMIT of the outermost SELECT are taken off before the
query runs and applied to the synthetic rows: the topmost rows of a real table are people.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from synth.errors import QueryError
from synth.ingest.pointer import unclosed
from synth.ingest.width import check_answer_width
from synth.lazily import exp, pd, sqlglot
from synth.wording import so_many

MOST_TEXT = 100_000  # characters; the parser reads them at a few microseconds each
# Functions that the parser does not know by a class of their own, and that only compute.
ALSO_ALLOWED = frozenset(
    (
        "age",
        "corr",
        "covar_pop",
        "covar_samp",
        "cume_dist",
        "date",
        "date_part",
        "datetime",
        "ifnull",
        "iif",
        "instr",
        "julianday",
        "likelihood",
        "ntile",
        "percent_rank",
        "percentile_cont",
        "percentile_disc",
        "printf",
        "regr_intercept",
        "regr_slope",
        "strftime",
        "substr",
        "time",
        "to_char",
        "total",
        "typeof",
        "unixepoch",
        "width_bucket",
    )
)

# Of a database that we know less of: what only computes, by the parser's own names. Whatever else
# it has may read files or addresses, call a model, or wait.
FAMILIAR = ("sqlite", "postgres", "duckdb")
COMPUTES = (
    "And Or Xor Not Case If Coalesce Nullif Greatest Least Cast TryCast "
    "Count CountIf Sum Avg Min Max Stddev StddevPop StddevSamp Variance VariancePop Corr CovarPop "
    "CovarSamp Median Quantile PercentileCont PercentileDisc ApproxDistinct "
    "RowNumber Rank DenseRank Ntile Lag Lead FirstValue LastValue PercentRank CumeDist "
    "Abs Ceil Floor Round Trunc Sign Sqrt Pow Exp Ln Log Mod "
    "Lower Upper Trim Length Substring Left Right StrPosition Concat ConcatWs Replace StartsWith "
    "EndsWith SplitPart RegexpLike RegexpExtract RegexpReplace "
    "CurrentDate CurrentTimestamp Date Timestamp Extract Year Quarter Month Week Day DayOfWeek "
    "DayOfMonth DayOfYear Hour Minute Second DateTrunc TimestampTrunc DateDiff DateAdd DateSub "
    "TimestampDiff TimestampAdd TimestampSub LastDay TsOrDsToDate TsOrDsToTimestamp "
    "TimeToStr StrToDate StrToTime"
)
UNUSUAL = ("settings", "format", "into", "connect", "match", "laterals", "kind")  # of a SELECT

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # its warnings would quote the query


@dataclass(frozen=True)
class Query:
    """A query that may run.

    Args:
        text: as it was written.
        dialect: of the parser, which names one for each kind of database.
        inner: what is run: the query without its outermost ORDER BY, LIMIT and OFFSET.
        order: columns the synthetic rows are sorted by, each with whether it falls.
        limit: how many synthetic rows are wanted; 0 for as many as the answer has.
    """

    text: str
    dialect: str
    inner: str
    order: tuple[tuple[str, bool], ...] = ()
    limit: int = 0

    @property
    def normal(self) -> str:
        """The query in one spelling, so that a repeated one is recognised."""
        return sqlglot.parse_one(self.text, dialect=self.dialect).sql(
            dialect=self.dialect, comments=False, normalize=True
        )

    def arranged(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Synthetic rows in the order, and as many, as the query asks for."""
        names = {str(c).lower(): c for c in rows.columns}
        keys = [(names[n.lower()], falls) for n, falls in self.order if n.lower() in names]
        if keys:
            rows = rows.sort_values(
                [k for k, _ in keys], ascending=[not f for _, f in keys], kind="stable"
            )
        return (rows.head(self.limit) if self.limit else rows).reset_index(drop=True)


def read_query(text: str, dialect: str) -> Query:
    """The query, if it is one SELECT that only reads tables.

    >>> asked = read_query("SELECT sex, age FROM patients ORDER BY age DESC LIMIT 5", "sqlite")
    >>> asked.inner, asked.order, asked.limit
    ('SELECT sex, age FROM patients', (('age', True),), 5)

    Raises:
        QueryError: with line and column where the parser can tell.
    """
    if len(text) > MOST_TEXT:
        raise QueryError(
            f"The query is {len(text):,} characters long; at most {MOST_TEXT:,} are read.",
            "Ask for fewer columns, or make a view of it in the database.",
        )
    statements = _parsed(text, dialect)
    if len(statements) != 1:
        raise QueryError(
            f"{len(statements)} statements were given, and one is allowed.", "Send one SELECT."
        )
    tree = statements[0]
    if not isinstance(tree, exp.Select | exp.SetOperation):
        raise QueryError(
            f"This is a {tree.key.upper()} statement, and only SELECT may run here.",
            "Write it as one SELECT.",
        )
    _refuse(tree)
    if dialect not in FAMILIAR:
        _refuse_unknown(tree)
    check_names([n for n in tree.named_selects if n != "*"])
    order = _order(tree)
    limit = _limit(tree)
    inner = tree.copy()
    for clause in ("order", "limit", "offset"):
        inner.set(clause, None)
    return Query(text, dialect, inner.sql(dialect=dialect, comments=False), order, limit)


def check_names(names: Sequence[str], alike: Callable[[str], str] = str) -> None:
    """Refuse an answer that is too wide, or whose columns cannot be told apart by name.

    Args:
        alike: what two names have in common that are one to a database.

    Raises:
        QueryError: it is so.
    """
    check_answer_width(len(names))
    often = Counter(map(alike, names))
    if twice := sorted({n for n in names if often[alike(n)] > 1}):
        raise QueryError(
            f"The answer has several columns called {', '.join(f'`{n}`' for n in twice)}.",
            "Give each a name of its own with AS.",
            about=twice,
        )


def _parsed(text: str, dialect: str) -> list[exp.Expr]:
    try:
        found = sqlglot.parse(text, dialect=dialect)
    except sqlglot.ParseError as error:
        raise _unreadable(error) from None
    except (sqlglot.TokenError, RecursionError):
        line, column = unclosed(text) or (0, 0)
        where = f" from line {line}, column {column} on" if line else ""
        raise QueryError(
            f"The query cannot be read{where}.", "Check quotes and brackets.", line, column
        ) from None
    return [s for s in found if s is not None]


def _unreadable(error: sqlglot.ParseError) -> QueryError:
    """What the parser stumbled over; it tells where that ends."""
    first = error.errors[0] if error.errors else {}
    near = str(first.get("highlight") or "")
    line, column = int(first.get("line") or 0), int(first.get("col") or 0) - len(near) + 1
    return QueryError(
        f"The query cannot be read: line {line}, column {column}, near `{near}`.",
        "Correct it there.",
        line,
        column,
    )


def _forbidden() -> tuple[type[exp.Expr], ...]:
    """What no query may have in it; all of it writes, locks, loads or runs something."""
    return (
        exp.DDL,
        exp.DML,
        exp.Command,
        exp.Into,
        exp.Lock,
        exp.Pragma,
        exp.Set,
        exp.Transaction,
        exp.ReadCSV,
        exp.ReadParquet,
        exp.Parameter,
        exp.Placeholder,
    )


def _refuse(tree: exp.Expr) -> None:
    forbidden = _forbidden()
    for node in tree.walk():
        if isinstance(node, forbidden):
            raise QueryError(
                f"{node.key.upper()} is not allowed in a query.", "Only read tables in it."
            )
        if isinstance(node, exp.Anonymous) and node.name.lower() not in ALSO_ALLOWED:
            raise QueryError(
                f"The function `{node.name}` is not allowed here.",
                "Use standard SQL functions, or compute it on the synthetic rows.",
                about=(node.name,),
            )
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Func):
            named = node.this.name if isinstance(node.this, exp.Anonymous) else node.this.key
            raise QueryError(
                f"`{named}` may not stand in place of a table.", "Name a table.", about=(named,)
            )
        if isinstance(node, exp.Table) and "." in node.name:
            raise QueryError(
                "A file may not stand in place of a table.", "Name a table of the database."
            )


def _refuse_unknown(tree: exp.Expr) -> None:
    """Refuse all but plain tables and what only computes."""
    computing = frozenset(COMPUTES.split())
    for node in tree.walk():
        if isinstance(node, exp.Func) and type(node).__name__ not in computing:
            name = node.name if isinstance(node, exp.Anonymous) else node.key.upper()
            raise QueryError(
                f"The function `{name}` is not allowed here.",
                "Use standard SQL functions, or compute it on the synthetic rows.",
                about=(name,),
            )
        if isinstance(node, exp.Table) and not isinstance(node.this, exp.Identifier):
            raise QueryError("Only a table may stand there.", "Name a table of the database.")
        if isinstance(node, exp.TableSample) or (isinstance(node, exp.Limit) and node.expressions):
            raise QueryError(
                f"{node.key.upper()} would give other rows to each count.", "Name all rows."
            )
        odd = [k for k in UNUSUAL if isinstance(node, exp.Select) and node.args.get(k)]
        if odd:
            raise QueryError(
                f"{odd[0].upper()} is not allowed in a query.", "Only read tables in it."
            )


def _order(tree: exp.Query) -> tuple[tuple[str, bool], ...]:
    clause = tree.args.get("order")
    if clause is None:
        return ()
    outputs = tree.named_selects
    keys = []
    for ordered in clause.expressions:
        wanted = ordered.this
        if isinstance(wanted, exp.Literal) and not wanted.is_string:
            place = int(wanted.name) - 1
            if not 0 <= place < len(outputs):
                raise QueryError(
                    f"ORDER BY {wanted.name} names no column of the answer.",
                    f"The answer has {so_many(len(outputs), 'column')}.",
                )
            name = outputs[place]
        else:
            name = wanted.alias_or_name
        keys.append((name, bool(ordered.args.get("desc"))))
    return tuple(keys)


def _limit(tree: exp.Expr) -> int:
    clause = tree.args.get("limit")
    if clause is None:
        return 0
    wanted = clause.args.get("expression") or clause.args.get("count")
    if not isinstance(wanted, exp.Literal) or not wanted.name.isdigit():
        raise QueryError("LIMIT has to be a number.", "Write for example LIMIT 100.")
    return int(wanted.name)
