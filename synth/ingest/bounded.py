"""A query of somebody else, bounded per person: each row of its answer is about one person.

The operator of a database says which column names the person. A query may then join tables on that
column (or on a key that belongs to one person, such as a visit's), and on lists that are about
nobody. The person's column is carried into the answer, where the vault keeps at most m rows of each
person. What would mix people within a row is refused: sums over rows, DISTINCT, windows, queries
within queries, other joins; and what could fail because of one row, see `unfailing`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from synth.errors import QueryError
from synth.ingest.query import Query
from synth.ingest.unfailing import check_unfailing, tried
from synth.lazily import exp, sqlglot


@dataclass(frozen=True)
class Owned:
    """Whose the rows of a database are.

    Args:
        person: the column that names the person.
        keys: further columns each of whose values belongs to one person, as a visit's number.
        public: tables about nobody, such as lists of codes.
    """

    person: str
    keys: Collection[str] = ()
    public: Collection[str] = ()

    @property
    def ties(self) -> frozenset[str]:
        """Columns that tie rows to one person, in lower case."""
        return frozenset(name.lower() for name in (self.person, *self.keys))


def bounded(query: Query, owned: Owned, tables: Mapping[str, Mapping[str, str]]) -> Query:
    """The query with the person's column in its answer.

    Args:
        tables: the columns of each table of the database.

    Raises:
        QueryError: a row of the answer could be about several people, or about nobody known.
    """
    tree = sqlglot.parse_one(query.inner, dialect=query.dialect)
    if not isinstance(tree, exp.Select):
        raise _mixed("UNION, INTERSECT and EXCEPT")
    _refuse_mixing(tree)
    types = {t.lower(): {c.lower(): k for c, k in found.items()} for t, found in tables.items()}
    named = _tied(tree, owned, {t: found.keys() for t, found in types.items()})
    _carry(tree, owned, named)
    check_unfailing(tree, query.dialect, {alias: types[t] for alias, t in named.items()})
    if query.dialect == "duckdb":
        tried(tree)
    return replace(query, inner=tree.sql(dialect=query.dialect, comments=False))


def _mixed(what: str) -> QueryError:
    return QueryError(
        f"{what} could put several people into one row of the answer, which is bounded per person.",
        "Ask for plain rows, and count or combine the synthetic ones.",
        about=(what,),
    )


def _refuse_mixing(tree: exp.Select) -> None:
    for clause in ("distinct", "group", "having", "qualify", "windows", "laterals", "pivots"):
        if tree.args.get(clause):
            raise _mixed("GROUP BY" if clause == "group" else clause.rstrip("s").upper())
    if tree.args.get("with_") or tree.args.get("with"):
        raise _mixed("WITH")
    for node in tree.walk():
        if node is tree:
            continue
        if isinstance(node, exp.Query | exp.Exists | exp.CTE) and not isinstance(node, exp.Table):
            raise _mixed("A query within the query")
        if isinstance(node, exp.Window):
            raise _mixed("A window")
        if isinstance(node, exp.AggFunc) or _sums(node):
            raise _mixed(f"`{node.name if isinstance(node, exp.Anonymous) else node.key}`")
        if isinstance(node, exp.UDTF | exp.Unnest):
            raise _mixed("A table made in the query")


SUMS = frozenset(
    (
        "corr",
        "covar_pop",
        "covar_samp",
        "cume_dist",
        "ntile",
        "percent_rank",
        "percentile_cont",
        "percentile_disc",
        "regr_intercept",
        "regr_slope",
        "total",
    )
)


def _sums(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() in SUMS


def _tied(tree: exp.Select, owned: Owned, columns: Mapping[str, Collection[str]]) -> dict[str, str]:
    """The tables by the name they go by, if each is tied to one person or is public."""
    public = {name.lower() for name in owned.public}
    start = tree.args.get("from_") or tree.args.get("from")
    if start is None or not isinstance(start.this, exp.Table):
        raise QueryError("The query reads no table.", "Name a table after FROM.")
    sources = [(start.this, None), *((j.this, j) for j in tree.args.get("joins") or ())]
    known: dict[str, str] = {}
    people: set[str] = set()
    for table, join in sources:
        if not isinstance(table, exp.Table):
            raise _mixed("A table made in the query")
        name, alias = table.name.lower(), table.alias_or_name.lower()
        if name not in columns:
            raise QueryError(f"There is no table `{table.name}`.", "See the list of tables.")
        if alias in known:
            raise QueryError(f"Two tables go by the name `{alias}`.", "Give one another name.")
        if name in known.values():
            raise QueryError(
                f"The table `{table.name}` stands there twice, so that one person's rows could be "
                "multiplied.",
                "Join it once.",
                about=(table.name,),
            )
        if join is None:
            _check_first(name, owned, columns)
        else:
            _check_side(join)
            if name in public:
                _check_list(join, alias, known)
            else:
                _check_join(join, alias, people, owned)
        if name not in public:
            people.add(alias)
        known[alias] = name
    return known


def _check_side(join: exp.Join | None) -> None:
    if join is not None and (join.side in ("RIGHT", "FULL") or join.method or join.kind == "SEMI"):
        words = " ".join(filter(None, (join.method, join.side, join.kind, "JOIN")))
        raise _mixed(words)


def _check_first(name: str, owned: Owned, columns: Mapping[str, Collection[str]]) -> None:
    if name in owned.public or owned.person.lower() not in columns[name]:
        raise QueryError(
            f"The table `{name}` has no column `{owned.person}`, by which people are told apart.",
            f"Begin with a table that has it, and join `{name}` to it.",
            about=(name,),
        )


def _check_join(join: exp.Join | None, alias: str, people: Collection[str], owned: Owned) -> None:
    """A further table about people has to be tied to one that is there, by the same key."""
    assert join is not None
    using = {i.name.lower() for i in join.args.get("using") or ()}
    if using & owned.ties:
        return
    for one, other in _equalities(join.args.get("on")):
        names = {one.table.lower(), other.table.lower()}
        same = one.name.lower() == other.name.lower() and one.name.lower() in owned.ties
        if same and alias in names and names - {alias} <= set(people) and len(names) == 2:
            return
    keys = " or ".join(f"`{k}`" for k in sorted(owned.ties))
    raise QueryError(
        f"`{alias}` is not joined to the others by {keys}, so a row could be about several people.",
        f"Write JOIN … USING ({owned.person}).",
        about=(alias,),
    )


def _check_list(join: exp.Join | None, alias: str, known: Collection[str]) -> None:
    """A list about nobody has to be looked up in, so that it multiplies nobody's rows."""
    assert join is not None
    for one, other in _equalities(join.args.get("on")):
        names = {one.table.lower(), other.table.lower()}
        if len(names) == 2 and alias in names and names - {alias} <= set(known):
            return
    if not join.args.get("using"):
        raise QueryError(
            f"`{alias}` is not joined to the others by an equality of two columns, so the rows of "
            "one person could be multiplied.",
            f"Write JOIN … ON {alias}.code = ….",
            about=(alias,),
        )


def _equalities(on: exp.Expr | None) -> Iterator[tuple[exp.Column, exp.Column]]:
    """Pairs of columns that have to be equal for rows to be joined."""
    for part in on.flatten() if isinstance(on, exp.And) else [on]:
        while isinstance(part, exp.Paren):
            part = part.this
        if (
            isinstance(part, exp.EQ)
            and isinstance(part.this, exp.Column)
            and isinstance(part.expression, exp.Column)
        ):
            yield part.this, part.expression


def _carry(tree: exp.Select, owned: Owned, named: Mapping[str, str]) -> None:
    """Put the person's column into the answer; nothing else may go by its name.

    That of the first table, which no join leaves empty.
    """
    person = owned.person.lower()
    own = exp.column(owned.person, table=next(iter(named)), quoted=True)
    for column in list(tree.expressions):
        if column.is_star:
            raise QueryError(
                "* would bring columns that nobody named.", "Name the columns after SELECT."
            )
        if column.alias_or_name.lower() == person:
            plain = column.unalias()
            if not isinstance(plain, exp.Column) or plain.name.lower() != person:
                raise QueryError(
                    f"`{owned.person}` tells people apart, and nothing else may go by that name.",
                    "Give it another name with AS.",
                    about=(owned.person,),
                )
            column.pop()
    tree.select(own, copy=False)
