"""A query of somebody else that cannot fail because of one row, or be slow because of one.

A query that fails answers as well: `CASE WHEN <somebody's secret> THEN abs(-9223372036854775808)`
tells one bit of one person for certain, at whatever epsilon. So there is a list of what no value
makes fail. Where DuckDB holds the rows, its TRY makes more of it safe; SQLite's arithmetic gives
NULL or a rounded number instead of an error; PostgreSQL's does not, and has to do without. Rows
are multiplied by joins alone, so no table may be joined twice, nor a list about nobody on chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from synth.errors import QueryError
from synth.lazily import exp

MOST_LITERAL = 1_000  # characters
MOST_PATTERN, MOST_STARS = 200, 3  # of LIKE, which tries all ways to fit many stars to a long text
MOST_JOINED = 20  # texts put together, each of which may be long
FRAME = "Select From Table TableAlias Identifier Join Where Alias Column Paren Tuple"
SURE = (
    f"{FRAME} Literal Boolean Null And Or Not EQ NEQ GT GTE LT LTE Is In Between NullSafeEQ "
    "NullSafeNEQ Like ILike Case If Coalesce Nullif DPipe Concat Lower Upper Trim Length Substring "
    "Left Right StrPosition Greatest Least CurrentDate CurrentTimestamp"
)
NUMBERS = "Add Sub Mul Div IntDiv Mod Neg Round"
MORE = {
    "sqlite": f"{NUMBERS} Cast DataType Typeof TimeToStr TsOrDsToTimestamp Date Glob",
    "duckdb": f"{NUMBERS} Abs Cast TryCast DataType TimeToStr TimestampTrunc DateTrunc Extract Var "
    "Year Month Day",
    "postgres": "Cast DataType Extract Var Year Month Day",
}
NAMED = {"sqlite": ("datetime", "iif", "instr", "julianday", "time", "unixepoch")}
TEXTS = ("TEXT", "VARCHAR")
TYPES = {  # of CAST; not bytes, of which not all are text
    "sqlite": (*TEXTS, "INT", "BIGINT", "REAL", "FLOAT", "DOUBLE", "DECIMAL"),
    "duckdb": (
        *TEXTS,
        "INT",
        "BIGINT",
        "FLOAT",
        "DOUBLE",
        "DATE",
        "TIMESTAMP",
        "TIMESTAMPNTZ",
        "BOOLEAN",
    ),
    "postgres": TEXTS,
}
PARTS = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY")  # that every date has
REMEDY = (
    "Ask for plain columns, comparisons and CASE, and compute the rest on the synthetic rows or by "
    "a step of the recipe."
)


def check_unfailing(tree: exp.Select, dialect: str, kinds: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse what some value makes fail, or take very long.

    Args:
        kinds: the type of each column, by the name that its table goes by.

    Raises:
        QueryError: it holds something that is not on the list.
    """
    allowed = frozenset(f"{SURE} {MORE[dialect]}".split())
    joined = 0
    for node in tree.walk():
        name = type(node).__name__
        if isinstance(node, exp.Anonymous):
            if node.name.lower() not in NAMED.get(dialect, ()):
                raise _unsure(node.name)
        elif name not in allowed:
            raise _unsure(node.key)
        joined += len(node.expressions) if name == "Concat" else name == "DPipe"
        _check_parts(node, dialect, kinds)
    if joined > MOST_JOINED:
        raise QueryError(f"More than {MOST_JOINED} texts are put together.", REMEDY)


def _unsure(what: str) -> QueryError:
    return QueryError(
        f"`{what}` can fail, or take very long, because of what one row holds, which would tell of "
        "that person whatever the noise.",
        REMEDY,
        about=(what,),
    )


def _check_parts(node: exp.Expr, dialect: str, kinds: Mapping[str, Mapping[str, str]]) -> None:
    """What a thing on the list may not be given."""
    match node:
        case exp.Literal() if len(node.name) > MOST_LITERAL:
            raise QueryError(f"A value has more than {MOST_LITERAL:,} characters.", "Shorten it.")
        case exp.Like() | exp.ILike() | exp.Glob():
            _check_pattern(node)
        case exp.Substring() | exp.Left() | exp.Right():
            places = [v for k, v in node.args.items() if k != "this" and isinstance(v, exp.Expr)]
            if not all(isinstance(p, exp.Literal) and not p.is_string for p in places):
                raise _unsure(f"{node.key} at a place that is no plain number")
        case exp.TimeToStr() if not isinstance(node.args.get("format"), exp.Literal):
            raise _unsure("a format that is no plain text")
        case exp.Cast() if str(node.to).split("(")[0].upper() not in TYPES[dialect]:
            raise _unsure(f"CAST AS {str(node.to).upper()}")
        case exp.Extract() | exp.Year() | exp.Month() | exp.Day() if dialect == "postgres":
            _check_date(node, kinds)


def _check_pattern(node: exp.Expr) -> None:
    pattern = node.expression
    if not isinstance(pattern, exp.Literal) or not pattern.is_string:
        raise _unsure("a pattern that is no plain text")
    stars = pattern.name.count("%") + pattern.name.count("*")
    if len(pattern.name) > MOST_PATTERN or stars > MOST_STARS or set(pattern.name) & set("\\["):
        raise _unsure("such a pattern")


def _check_date(node: exp.Expr, kinds: Mapping[str, Mapping[str, str]]) -> None:
    """PostgreSQL takes the year of a time of day to be an error, once it meets one."""
    of = node.expression if isinstance(node, exp.Extract) else node.this
    part = node.this.name.upper() if isinstance(node, exp.Extract) else node.key.upper()
    tables = [kinds.get(of.table.lower(), {})] if isinstance(of, exp.Column) and of.table else []
    if isinstance(of, exp.Column) and not of.table:
        tables = [k for k in kinds.values() if of.name.lower() in k]
    known = [k.get(of.name.lower(), "").upper() for k in tables]
    if (
        part not in PARTS
        or not known
        or not all(k.startswith(("DATE", "TIMESTAMP")) for k in known)
    ):
        raise _unsure("a part of what is no date")


def tried(tree: exp.Select) -> None:
    """For DuckDB: what would fail on a row is NULL there."""
    for column in tree.expressions:
        value = column.unalias()
        if not isinstance(value, exp.Column):
            name = column.alias_or_name or value.sql(dialect="duckdb")
            column.replace(exp.alias_(_try(value), name, quoted=True))
    if where := tree.args.get("where"):
        where.set("this", _try(where.this))
    for join in tree.args.get("joins") or ():
        if on := join.args.get("on"):
            parts = [p.copy() for p in on.flatten()] if isinstance(on, exp.And) else [on.copy()]
            join.set("on", exp.and_(*(p if _keys(p) else _try(p) for p in parts)))


def _keys(part: exp.Expr) -> bool:
    """Whether it says that one column of a name equals another of the same."""
    bare = part.unnest()
    if not isinstance(bare, exp.EQ):
        return False
    one, other = bare.this, bare.expression
    return isinstance(one, exp.Column) and isinstance(other, exp.Column) and one.name == other.name


def _try(value: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this="TRY", expressions=[value.copy()])


MOMENTS = {"1082": "DATE", "1114": "TIMESTAMP", "1184": "TIMESTAMPTZ"}  # PostgreSQL's numbers
SPELT = ("1083", "1186", "1266", "INTERVAL", "BLOB", "BIT", "LIST", "STRUCT", "MAP", "UNION")


def handed_out(inner: str, columns: Sequence[tuple[str, str]]) -> str:
    """A query around another, of which every cell can be handed out.

    Moments that Python has none for (infinity, a year beyond 9999) are missing, and what would
    become more than a value is text.

    Args:
        columns: each with its type, as the database's driver says it; SQLite's have none.
    """
    told = []
    for name, kind in columns:
        quoted = '"{}"'.format(name.replace('"', '""'))
        moment = MOMENTS.get(kind, kind if kind.startswith(("DATE", "TIMESTAMP")) else "")
        if moment:
            ends = (f"CAST('{year}' AS {moment})" for year in ("0001-01-01", "9999-12-31"))
            told.append(
                f"CASE WHEN {quoted} BETWEEN {' AND '.join(ends)} THEN {quoted} END {quoted}"
            )
        elif kind.startswith(SPELT) or kind.endswith("]"):
            told.append(f"CAST({quoted} AS VARCHAR) {quoted}")
        else:
            told.append(quoted)
    return f"SELECT {', '.join(told)} FROM ({inner}) AS told"
