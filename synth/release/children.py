"""The second table of a release: rows that belong to the people of the first, drawn for each.

How many a person has is a column of the first table, drawn with the others; what they hold is drawn
given that person's columns; the keys are those that were made anew. So each row belongs to
somebody, and everybody has as many as the first table says, whatever was learnt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from synth.errors import BundleError
from synth.incoming import Refusal, reading, whole
from synth.lazily import np, pd
from synth.learning.drawing_given import drawn_given
from synth.learning.network import Network
from synth.methods import model_of
from synth.schema import Numbers, Pattern, Schema
from synth.schema.values import as_text
from synth.wording import so_many

FILE = "children.json"
TABLE = "children"  # what the files of its rows are called, before their ending
MOST = 100  # rows of one person
DRAWN = 1  # told to the generator beside the seed, so that it is not that of the first table
DAMAGED = Refusal(
    BundleError, "What the second table is cannot be read.", "Make the release again."
)


@dataclass(frozen=True)
class Children:
    """A second table, and how it hangs together with the first.

    Args:
        model: of its columns beside those of the person, which are called `of` and their name.
        name, of: what its rows and the people are called.
        key: the column of the first table that names the person; `parent_key`: of the second.
        count: the column of the first table that says how many rows a person has.
        most: rows of one person that were kept.
        usual: columns of the second table, of which the first says what most rows of a person hold.
    """

    model: Network
    name: str
    of: str
    key: str
    parent_key: str
    count: str
    most: int
    usual: tuple[str, ...] = ()

    @cached_property
    def given(self) -> Mapping[str, str]:
        """The person's columns that it depends on, by their name in the model."""
        names = (c.name for c in self.model.schema.modelled)
        return {n: n.removeprefix(f"{self.of}.") for n in names if n.startswith(f"{self.of}.")}

    @cached_property
    def schema(self) -> Schema:
        """The columns of the second table."""
        return self.model.schema.without(list(self.given))

    def fits(self, people: Schema) -> bool:
        """Whether the first table has all that it takes, and nobody more rows than `MOST`."""
        named = {self.key, self.count, *self.given.values()}
        if not set(self.usual) <= set(self.schema.names):
            return False
        if not named <= set(people.names) or self.parent_key not in self.schema:
            return False
        keys = (self.schema[self.parent_key].domain, people[self.key].domain)
        many = people[self.count].domain
        edges = tuple(float(i) for i in range(self.most + 2))
        bounded = 1 <= self.most <= MOST and isinstance(many, Numbers) and many.edges == edges
        return all(isinstance(k, Pattern) for k in keys) and bounded

    def drawn(
        self, people: Iterable[pd.DataFrame], seed: int, start: int = 0
    ) -> Iterator[pd.DataFrame]:
        """The rows that belong to some people, in their order: one block for each of theirs.

        Args:
            people: rows of the first table, as released.
            start: rows that were drawn before, so that no identifier comes twice.
        """
        rng = np.random.default_rng([DRAWN, seed, start])
        for block in people:
            made = self._of(block, rng, seed, start)
            start += len(made)
            yield made

    def _of(
        self, people: pd.DataFrame, rng: np.random.Generator, seed: int, start: int
    ) -> pd.DataFrame:
        many = people[self.count].to_numpy().astype(np.int64)
        owners = people.iloc[np.repeat(np.arange(len(people)), many)].reset_index(drop=True)
        whole = self.model.schema
        known = {n: whole.domain(n).encode(owners[own]) for n, own in self.given.items()}
        codes = drawn_given(self.model, known, len(owners), rng)
        made: dict[str, Any] = {n: owners[own] for n, own in self.given.items()}
        for column in self.schema:
            if column.name == self.parent_key:
                made[column.name] = owners[self.key]
            elif isinstance(column.domain, Pattern):
                made[column.name] = column.domain.numbered(start, len(owners), seed)
            else:
                made[column.name] = column.domain.decode(codes[column.name], rng)
        rows = self.model.read_off(pd.DataFrame(made), codes, rng, tuple(self.given))
        return rows[list(self.schema.names)]

    def beside(self, people: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
        """Rows of the second table with the columns of their people that they depend on."""
        owners = people.set_index(self.key).loc[rows[self.parent_key]].reset_index()
        theirs = {name: owners[own] for name, own in self.given.items()}
        return pd.concat([rows.reset_index(drop=True), pd.DataFrame(theirs)], axis=1)

    def broken(self, people: pd.DataFrame, rows: pd.DataFrame) -> str:
        """What does not hang together in two tables of a release; "" where all of it does."""
        keys, named = as_text(people[self.key]), as_text(rows[self.parent_key])
        if people[self.key].isna().any() or keys.duplicated().any():
            return f"`{self.key}` of {self.of} is missing somewhere, or not different in every row"
        if strangers := int((~named.isin(keys)).sum()):
            belong = "belongs" if strangers == 1 else "belong"
            many = so_many(strangers, "row")
            return f"{many} of {self.name} {belong} to nobody among {self.of}"
        each = keys.map(named.value_counts()).fillna(0).to_numpy()
        if (each != people[self.count].to_numpy()).any():
            return f"somebody among {self.of} has more or fewer rows of {self.name} than it says"
        return ""

    def document(self) -> dict[str, Any]:
        """The value as plain values for JSON; `of_document` reads it back."""
        return {
            "name": self.name,
            "of": self.of,
            "key": self.key,
            "parent_key": self.parent_key,
            "count": self.count,
            "most": self.most,
            **({"usual": list(self.usual)} if self.usual else {}),
            "model": self.model.document(),
        }

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> Self:
        """The second table that a document describes.

        Raises:
            BundleError: it describes none.
        """
        with reading(DAMAGED):
            model = model_of(document["model"])
            if not isinstance(model, Network):
                raise TypeError("no network")
            told = {n: str(document[n]) for n in ("name", "of", "key", "parent_key", "count")}
            usual = tuple(map(str, document.get("usual", ())))
            return cls(model, **told, most=whole(document["most"]), usual=usual)
