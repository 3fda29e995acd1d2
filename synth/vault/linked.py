"""Rows of a second table that belong to the people of the first, joined to them inside the vault.

A person is a row of the first table and at most `most` rows of the second. Which of them are kept
follows from that person's rows alone, and so does what they are joined to and how many they are:
one person more or less changes one row of the first table, and at most `most` of the joined one. A
row that names nobody, or somebody who is not in the first table, is nobody's and is left out before
anything is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from synth.budget.eyes import ForCustodian
from synth.errors import SchemaError
from synth.lazily import np, npt, pd
from synth.schema import Column, Kind, Numbers, Role, Schema
from synth.schema.values import as_text
from synth.vault.held import at_most_per_person
from synth.vault.passing import Came


@dataclass(frozen=True, repr=False)
class LinkedFigures(ForCustodian):
    """What became of the rows of a second table before anything was counted: exact.

    Args:
        rows: as they came.
        nameless: those that name nobody.
        cut: those beyond the most that are kept of one person.
        people_cut: how many people lost rows by that.
    """

    rows: int
    nameless: int
    cut: int
    people_cut: int


class LinkedRows:
    """Rows of a second table until they are joined; of them nothing can be read.

    Args:
        key: the column that names the person each row belongs to.
        most: rows of one person that are kept.

    Raises:
        SchemaError: there is no such column.
    """

    __slots__ = ("__came", "__owners", "figures", "key", "most")

    def __init__(self, came: Came, key: str, most: int) -> None:
        frame = came.frame
        if key not in frame:
            raise SchemaError(
                f"The second table has no column `{key}`, which would say whose each row is.",
                f"Name it with `key` in [children]: one of {', '.join(map(str, frame.columns))}.",
            )
        owners = _named(frame[key])
        named = np.flatnonzero(owners.notna().to_numpy())
        kept = named[at_most_per_person(frame.iloc[named], key, most)]
        each = owners.iloc[named].value_counts().to_numpy()
        cut = (len(named) - len(kept), int((each > most).sum()))
        self.key, self.most = key, most
        self.figures = LinkedFigures(len(frame), len(frame) - len(named), *cut)
        gaps = came.gaps.taken(kept) if came.gaps.codes else came.gaps
        self.__came = Came(frame.iloc[kept].reset_index(drop=True), gaps)
        self.__owners = owners.iloc[kept].to_numpy()

    def __repr__(self) -> str:
        return f"<LinkedRows: at most {self.most} of each person>"

    def __getstate__(self) -> None:
        raise TypeError("Linked rows are not pickled, cached or copied to disk.")

    def numbers(self, people: pd.Series) -> npt.NDArray[np.int64]:
        """How many kept rows belong to each of some people."""
        each = pd.Series(self.__owners).value_counts()
        return np.asarray(_named(people).map(each).fillna(0).to_numpy(), dtype=np.int64)

    def onto(self, frame: pd.DataFrame, person: str, columns: Mapping[str, str]) -> Came:
        """The rows of those who are in `frame`, each with columns of its person.

        Args:
            person: the column of `frame` that names the person of each row, no two alike.
            columns: of `frame`, and their names in what is made.
        """
        names = _named(frame[person])
        known = names.notna().to_numpy()
        place = pd.Series(np.flatnonzero(known), index=names[known].to_numpy())
        found = place.reindex(self.__owners).to_numpy()
        met = np.flatnonzero(~np.isnan(found))
        own = self.__came.frame.iloc[met].reset_index(drop=True)
        theirs = frame.iloc[found[met].astype(np.int64)][list(columns)].rename(
            columns=dict(columns)
        )
        gaps = self.__came.gaps.taken(met) if self.__came.gaps.codes else self.__came.gaps
        return Came(pd.concat([own, theirs.reset_index(drop=True)], axis=1), gaps)


def _named(values: pd.Series) -> pd.Series:
    """Whom each cell names, as text, in whatever type the two tables hold it; None for nobody."""
    text = as_text(values.astype(object).infer_objects())
    return text.where(values.notna().to_numpy(), None).reset_index(drop=True)


@dataclass(frozen=True)
class CountLinked:
    """A step that adds the number of linked rows to each row of the first table.

    Args:
        person: the column that names the person.
        name: of the column that is added.
        meaning: of that column, for recipients.
    """

    linked: LinkedRows = field(repr=False)
    person: str
    name: str
    meaning: str

    @property
    def depends_on_rows(self) -> str:
        return ""

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(**{self.name: self.linked.numbers(frame[self.person])})

    def declare(self, schema: Schema) -> Schema:
        """0 to the most that is kept of anybody: known without a row."""
        edges = tuple(float(i) for i in range(self.linked.most + 2))
        domain = Numbers(edges, decimals=0)
        column = Column(self.name, domain, Kind.INTEGER, Role.PLAIN, meaning=self.meaning)
        return Schema((*schema.columns, column))


@dataclass(frozen=True)
class JoinLinked:
    """A step that puts linked rows, with columns of their people, in place of the people.

    Args:
        person: the column that names the person of each row, no two alike.
        columns: of the people, and their names beside the linked rows.
        schema: of what is made.
    """

    linked: LinkedRows = field(repr=False)
    person: str
    columns: Mapping[str, str]
    schema: Schema

    @property
    def depends_on_rows(self) -> str:
        return ""

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        return self.joined(frame).frame

    def joined(self, frame: pd.DataFrame) -> Came:
        """The rows, and how their missing cells were written."""
        return self.linked.onto(frame, self.person, self.columns)

    def declare(self, schema: Schema) -> Schema:
        return self.schema
