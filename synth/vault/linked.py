"""Rows of a second table that belong to the people of the first, joined to them inside the vault.

A person is a row of the first table and at most `most` rows of the second. Which of them are kept
follows from that person's rows alone, and so does what they are joined to and how many they are:
one person more or less changes one row of the first table, and at most `most` of the joined one. A
row that names nobody, or somebody who is not in the first table, is nobody's and is left out before
anything is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from synth.budget.eyes import ForCustodian
from synth.errors import SchemaError
from synth.lazily import np, npt, pd
from synth.schema import Column, Kind, Numbers, Role, Schema
from synth.vault.held import at_most_per_person, names_of
from synth.vault.passing import Came, write_rows


@dataclass(frozen=True, repr=False)
class LinkedFigures(ForCustodian):
    """The rows of a second table before anything was left out: exact.

    Args:
        rows: as they came.
        nameless: those that name nobody.
        each: how many rows each person has who is named.
    """

    rows: int
    nameless: int
    each: tuple[int, ...]

    def cut(self, most: int) -> int:
        """Rows that are left out where `most` of each person are kept."""
        return sum(n - most for n in self.each if n > most)

    def people_cut(self, most: int) -> int:
        """People who lose rows by that."""
        return sum(n > most for n in self.each)


class LinkedRows:
    """Rows of a second table until they are joined; of them nothing can be read.

    Args:
        key: the column that names the person each row belongs to.

    Raises:
        SchemaError: there is no such column.
    """

    __slots__ = ("__came", "__owners", "figures", "key")

    def __init__(self, came: Came, key: str) -> None:
        if key not in came.frame:
            raise SchemaError(
                f"The second table has no column `{key}`, which would say whose each row is.",
                "Name it with `key` in [children]: one of "
                f"{', '.join(map(str, came.frame.columns))}.",
            )
        owners = _named(came.frame[key])
        named = np.flatnonzero(owners.notna().to_numpy())
        each = tuple(owners.value_counts().tolist())
        self.key, self.figures = key, LinkedFigures(len(owners), len(owners) - len(named), each)
        self.__came, self.__owners = _taken(came, named), owners.iloc[named].to_numpy()

    def __repr__(self) -> str:
        return f"<LinkedRows: each belongs to whom `{self.key}` names>"

    def __getstate__(self) -> None:
        raise TypeError("Linked rows are not pickled, cached or copied to disk.")

    def send_rows(self, stream: Any) -> None:
        """Write the rows to a worker of the same custodian, as an Arrow stream over a pipe."""
        write_rows(self.__came, stream)

    def numbers(self, people: pd.Series, most: int) -> npt.NDArray[np.int64]:
        """How many rows belong to each of some people, at most `most`."""
        each = pd.Series(self.__owners).value_counts().clip(upper=most)
        return np.asarray(_named(people).map(each).fillna(0).to_numpy(), dtype=np.int64)

    def usual(self, people: pd.Series, column: str, most: int) -> pd.Series:
        """What most rows of each of some people hold in a column; missing where they have none.

        Of what is held as often, the first by letter.
        """
        kept = at_most_per_person(self.__came.frame, self.key, most)
        cells = self.__came.frame[column].iloc[kept].astype(object)
        held = pd.DataFrame({"owner": self.__owners[kept], "text": _named(cells).to_numpy()})
        held["cell"] = cells.to_numpy()
        each = held.dropna(subset=["text"]).groupby(["owner", "text"], sort=True)["cell"]
        told = each.agg(["size", "first"]).sort_values("size", ascending=False, kind="stable")
        first = told[~told.index.get_level_values("owner").duplicated()]["first"]
        found = _named(people).map(first.droplevel("text"))
        return found.astype(object).where(found.notna(), None)

    def onto(self, frame: pd.DataFrame, person: str, columns: Mapping[str, str], most: int) -> Came:
        """At most `most` rows of each who is in `frame`, each with columns of its person.

        Args:
            person: the column of `frame` that names the person of each row, no two alike.
            columns: of `frame`, and their names in what is made.
        """
        names = _named(frame[person])
        known = names.notna().to_numpy()
        place = pd.Series(np.flatnonzero(known), index=names[known].to_numpy())
        kept = at_most_per_person(self.__came.frame, self.key, most)
        found = place.reindex(self.__owners[kept]).to_numpy()
        there = ~np.isnan(found)
        own = _taken(self.__came, kept[there])
        owners = frame.iloc[found[there].astype(np.int64)]
        theirs = owners[list(columns)].rename(columns=dict(columns)).reset_index(drop=True)
        return replace(own, frame=pd.concat([own.frame, theirs], axis=1))


def _taken(came: Came, rows: npt.NDArray[np.int64]) -> Came:
    """Some rows, with how their missing cells were written."""
    gaps = came.gaps.taken(rows) if came.gaps.codes else came.gaps
    return replace(came, frame=came.frame.iloc[rows].reset_index(drop=True), gaps=gaps)


def _named(values: pd.Series) -> pd.Series:
    return names_of(values).reset_index(drop=True)


@dataclass(frozen=True)
class CountLinked:
    """A step that adds the number of linked rows to each row of the first table, and what is usual.

    Args:
        person: the column that names the person.
        most: rows of one person that count.
        name: of the column that is added.
        meaning: of that column, for recipients.
        usual: further columns that are added: what most of a person's rows hold, by the column of
            the linked rows that they are of.
    """

    linked: LinkedRows = field(repr=False)
    person: str
    most: int
    name: str
    meaning: str
    usual: Mapping[str, Column] = field(default_factory=dict)

    @property
    def depends_on_rows(self) -> str:
        return ""

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        made: dict[str, Any] = {self.name: self.linked.numbers(frame[self.person], self.most)}
        for own, column in self.usual.items():
            held = self.linked.usual(frame[self.person], own, self.most)
            made[column.name] = held.to_numpy()
        return frame.assign(**made)

    def declare(self, schema: Schema) -> Schema:
        """Numbers from 0 to the most that is kept of anybody: known without a row."""
        edges = tuple(float(i) for i in range(self.most + 2))
        domain = Numbers(edges, decimals=0)
        column = Column(self.name, domain, Kind.INTEGER, Role.PLAIN, meaning=self.meaning)
        return Schema((*schema.columns, column, *self.usual.values()))


@dataclass(frozen=True)
class JoinLinked:
    """A step that puts linked rows, with columns of their people, in place of the people.

    Args:
        person: the column that names the person of each row, no two alike.
        most: rows of one person that are kept.
        columns: of the people, and their names beside the linked rows.
        schema: of what is made.
    """

    linked: LinkedRows = field(repr=False)
    person: str
    most: int
    columns: Mapping[str, str]
    schema: Schema

    @property
    def depends_on_rows(self) -> str:
        return ""

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        return self.joined(frame).frame

    def joined(self, frame: pd.DataFrame) -> Came:
        """The rows, and how their missing cells were written."""
        return self.linked.onto(frame, self.person, self.columns, self.most)

    def declare(self, schema: Schema) -> Schema:
        return self.schema
