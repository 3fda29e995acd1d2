"""What a table is declared to be: public facts, stated before any row is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

from synth.errors import SchemaError
from synth.lazily import np, npt, pd
from synth.schema.documents import domain_of
from synth.schema.domain import Codes, Domain, Origin
from synth.schema.formulas import runs
from synth.schema.intervals import Numbers
from synth.schema.pattern import Pattern

E = TypeVar("E", bound=Enum)

Counts: TypeAlias = (
    "npt.NDArray[np.float64]"  # rows per cell, one axis per column; noisy ones may be negative
)


class Kind(Enum):
    """What sort of values a column holds."""

    CATEGORY = "category"
    INTEGER = "integer"
    REAL = "real"
    BOOLEAN = "boolean"
    DATE = "date"
    TEXT = "free text"


class Role(Enum):
    """What a column says about a person, and so how it may be used."""

    IDENTIFIER = "identifier"  # names one person: never modelled, regenerated in the release
    QUASI = "quasi-identifier"  # narrows down to a few people together with others
    SENSITIVE = "sensitive"  # what an attacker would like to learn
    PLAIN = "plain"


@dataclass(frozen=True)
class Column:
    """One column: its name, what it holds, what it says about a person, and the values it may take.

    >>> from synth.schema import Numbers
    >>> age = Column("age", Numbers((0, 50, 121), decimals=0), Kind.INTEGER, Role.QUASI)
    >>> age.modelled, age.domain.labels
    (True, ('0 to 49', '50 to 120'))

    Args:
        reason: why its kind and role were suggested, in a sentence without cell values.
        meaning: what the column means, in the custodian's words; travels into the release.
        unit: what its numbers count, in the custodian's words: "kg", "days"; travels too.
        facts: where its kind, its role and how its cells are written come from.
        stored: the type its source stores it in, as Arrow names it; "" for text.
        missing_as: how a missing cell is written in text files.
    """

    name: str
    domain: Domain | Pattern
    kind: Kind = Kind.CATEGORY
    role: Role = Role.PLAIN
    reason: str = field(default="", repr=False)
    meaning: str = ""
    facts: Origin = Origin.DECLARED
    stored: str = ""
    missing_as: str = ""
    unit: str = ""

    @property
    def public(self) -> bool:
        """Whether no row decided anything about it unpaid."""
        return self.facts.public and self.domain.origin.public

    @property
    def modelled(self) -> bool:
        return self.role is not Role.IDENTIFIER

    def document(self) -> dict[str, Any]:
        """The column as plain values for JSON and TOML."""
        told = {"meaning": self.meaning} if self.meaning else {}
        told |= {"unit": self.unit} if self.unit else {}
        told |= {"stored": self.stored} if self.stored else {}
        told |= {"missing_as": self.missing_as} if self.missing_as else {}
        return {
            "name": self.name,
            "kind": self.kind.value,
            "role": self.role.value,
            "facts": self.facts.value,
            **told,
            **self.domain.document(),
        }


def column_of(document: Mapping[str, Any]) -> Column:
    """The column a document describes.

    Raises:
        SchemaError: a kind, role or domain is not known.
    """
    own = ("name", "kind", "role", "meaning", "unit", "reason", "facts", "stored", "missing_as")
    rest = {k: v for k, v in document.items() if k not in own}
    name = str(document["name"])
    if rest.get("domain") == Pattern.name:
        given = {k: v for k, v in rest.items() if k != "domain"}
        domain: Domain | Pattern = Pattern(
            **given | {"origin": Origin(given.get("origin", "declared"))}
        )
    else:
        domain = domain_of(rest)
    return Column(
        name,
        domain,
        kind=_one_of(Kind, document.get("kind", "category"), name),
        role=_one_of(Role, document.get("role", "plain"), name),
        meaning=str(document.get("meaning", "")),
        unit=str(document.get("unit", "")),
        reason=str(document.get("reason", "")),
        facts=_one_of(Origin, document.get("facts", "declared"), name),
        stored=str(document.get("stored", "")),
        missing_as=str(document.get("missing_as", "")),
    )


def _one_of(choices: type[E], value: Any, name: str) -> E:
    try:
        return choices(value)
    except ValueError:
        raise SchemaError(
            f"Column `{name}` has the {choices.__name__.lower()} `{value}`, which is not known.",
            f"Choose one of {', '.join(str(c.value) for c in choices)}.",
        ) from None


@dataclass(frozen=True)
class Schema:
    """The columns of a table, in order.

    >>> from synth.schema import Categories, Numbers
    >>> ill, age = Column("ill", Categories(("no", "yes"))), Column("age", Numbers((0, 50, 100)))
    >>> schema = Schema((ill, age))
    >>> schema.shape(["ill", "age"])
    (2, 2)
    """

    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        names = self.names
        if len(set(names)) < len(names):
            twice = sorted({n for n in names if names.count(n) > 1})
            raise SchemaError(
                f"Columns {', '.join(twice)} are declared twice.", "Declare each column once."
            )

    @classmethod
    def of(cls, documents: Iterable[Mapping[str, Any]]) -> Schema:
        """The schema a list of column documents describes."""
        return cls(tuple(column_of(d) for d in documents))

    def document(self) -> list[dict[str, Any]]:
        """The schema as plain values for JSON and TOML."""
        return [c.document() for c in self.columns]

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __getitem__(self, name: str) -> Column:
        found = self._by_name.get(name)
        if found is None:
            raise SchemaError(
                f"There is no column `{name}`.", f"Choose one of {', '.join(self.names)}."
            )
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {c.name: c for c in self.columns}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)

    @property
    def modelled(self) -> tuple[Column, ...]:
        """The columns a method learns: all but the identifiers."""
        return tuple(c for c in self.columns if c.modelled)

    def domain(self, name: str) -> Domain:
        """The domain of a modelled column."""
        domain = self[name].domain
        if isinstance(domain, Pattern):
            raise SchemaError(
                f"Column `{name}` is an identifier and cannot be counted.",
                "Give it another role, or leave it out.",
            )
        return domain

    def pattern(self, name: str) -> Pattern:
        """The format of an identifier."""
        pattern = self[name].domain
        if not isinstance(pattern, Pattern):
            raise SchemaError(
                f"Column `{name}` is no identifier, so it has no format.",
                "Give it the role of an identifier.",
            )
        return pattern

    def shape(self, names: Sequence[str]) -> tuple[int, ...]:
        """Number of states of each of `names`."""
        return tuple(self.domain(n).size for n in names)

    def replaced(self, column: Column) -> Schema:
        """The schema with the column of that name exchanged."""
        self[column.name]
        return Schema(tuple(column if c.name == column.name else c for c in self.columns))

    def with_role(self, name: str, role: Role) -> Schema:
        """The schema with another role for one column."""
        return self.replaced(replace(self[name], role=role))

    def with_roles_of(self, role: Role) -> tuple[str, ...]:
        """Names of the columns that have this role."""
        return tuple(c.name for c in self.columns if c.role is role)

    def without(self, names: Sequence[str]) -> Schema:
        """The schema without some columns."""
        for name in names:
            self[name]
        return Schema(tuple(c for c in self.columns if c.name not in names))

    @property
    def observed(self) -> tuple[str, ...]:
        """Names of the modelled columns whose values or bounds the rows decided unpaid."""
        return tuple(c.name for c in self.modelled if not c.domain.origin.public)

    @property
    def looked_at(self) -> tuple[str, ...]:
        """Names of the columns of which the rows decided something unpaid: no formal promise."""
        return tuple(c.name for c in self.columns if not c.public)

    def encode(self, frame: pd.DataFrame) -> dict[str, Codes]:
        """One code array per modelled column."""
        return {c.name: self.domain(c.name).encode(frame[c.name]) for c in self.modelled}

    def decode(self, codes: Mapping[str, Codes], rng: np.random.Generator) -> pd.DataFrame:
        """Rows of values from one code array per modelled column; identifiers are made anew."""
        rows = len(next(iter(codes.values()))) if codes else 0
        nothing = np.zeros(rows, dtype=np.uint8)
        return pd.DataFrame(
            {c.name: c.domain.decode(codes.get(c.name, nothing), rng) for c in self.columns}
        )

    def written(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows of values as they stand in a text file: numbers as their column spells them."""
        mine = [c for c in self.columns if c.name in frame]
        spelt = {c.name: c.domain for c in mine if isinstance(c.domain, Numbers)}
        made = frame.assign(**{n: d.written(frame[n]) for n, d in spelt.items()})
        gaps = {c.name: c.missing_as for c in mine if c.missing_as and made[c.name].isna().any()}
        return made.assign(
            **{n: made[n].astype(object).where(made[n].notna(), gap) for n, gap in gaps.items()}
        )

    @property
    def stored(self) -> dict[str, str]:
        """The type in which the source stores each column that has one, as Arrow names it."""
        return {c.name: c.stored for c in self.columns if c.stored}

    @property
    def texts(self) -> Iterator[str]:
        """Every text that a row of it may hold, and the names: for an encoding to be tried on."""
        for column in self.columns:
            yield column.name
            yield column.missing_as
            domain = column.domain
            yield from getattr(domain, "values", ())
            yield from getattr(domain, "codes", ())
            if isinstance(domain, Numbers):
                yield domain.spelling.example(2)
            yield getattr(domain, "placeholder", "")

    @property
    def run_by_spreadsheets(self) -> tuple[str, ...]:
        """Names of the columns with a value that a spreadsheet would run as a formula."""
        listed = {c.name: getattr(c.domain, "values", ()) for c in self.columns}
        listed |= {n: getattr(self[n].domain, "codes", ()) or v for n, v in listed.items()}
        return tuple(n for n, values in listed.items() if any(map(runs, values)))

    def simulate(self, rows: int, rng: np.random.Generator) -> pd.DataFrame:
        """Rows drawn uniformly from the declared domains: for rehearsals, free of any data."""
        codes = {c.name: rng.integers(c.domain.size, size=rows) for c in self.modelled}
        return self.decode(codes, rng)
