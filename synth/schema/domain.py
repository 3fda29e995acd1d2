"""What values a column may take: the states that tables are counted over.

Every domain turns values into codes 0..size-1 and codes back into values. Where a value may be
missing, that is the last code; where unlisted values are gathered, "other" is the one before.
Encoding never fails on a value: what does not fit is counted as other, clipped, or missing,
because an error that depends on one person's row would tell about that person.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, ClassVar, Protocol, TypeAlias, runtime_checkable

from synth.errors import SchemaError
from synth.lazily import compiled, np, npt, pd
from synth.schema.values import as_text, is_text, retyped

Codes: TypeAlias = "npt.NDArray[np.integer[Any]]"  # which state of a domain each row has, 0..size-1

OTHER = "(other)"
MISSING = "(missing)"


class Origin(Enum):
    """Where the value list or the bounds of a column came from."""

    DECLARED = "declared"  # known without the data: free
    BOUNDED = "bounded"  # the ends are known without the data; where to cut was found, and paid for
    DISCOVERED = "discovered"  # found under the privacy budget: paid for
    CONFIRMED = "confirmed"  # by the custodian, after seeing the rows: as much of a disclosure
    OBSERVED = "observed"  # read off the rows: a disclosure, and stated as one

    @property
    def public(self) -> bool:
        """Whether it may stand under a formal promise: no row decided it unpaid."""
        return self in (Origin.DECLARED, Origin.BOUNDED, Origin.DISCOVERED)

    def better_than(self, other: Origin) -> bool:
        """Whether less was read off the rows for it."""
        order = list(Origin)
        return order.index(self) < order.index(other)


def smallest(codes: npt.ArrayLike, size: int) -> Codes:
    """`codes` in the smallest unsigned integer type that holds `size` states."""
    return np.asarray(codes).astype(np.min_scalar_type(max(size - 1, 1)))


class ShowsItself:
    """Shows what it holds, but not what was read off the rows: it may be a cell's last line."""

    origin: Origin

    def __repr__(self) -> str:
        if not self.origin.public:
            return f"<{type(self).__name__}: read off the rows, for the custodian's eyes>"
        mine = fields(self)  # type: ignore[arg-type]  # each domain is a dataclass
        told = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in mine)
        return f"{type(self).__name__}({told})"


@runtime_checkable
class Domain(Protocol):
    """What every domain can do. All are frozen values."""

    @property
    def origin(self) -> Origin: ...
    @property
    def missing(self) -> bool: ...
    @property
    def size(self) -> int:
        """Number of states, "other" and missing included."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """One readable name per state, for charts and counts."""
        ...

    def encode(self, values: pd.Series) -> Codes:
        """One code per value."""
        ...

    def decode(self, codes: Codes, rng: np.random.Generator) -> pd.Series:
        """One value per code; inside an interval, drawn at random."""
        ...

    def document(self) -> dict[str, Any]:
        """The domain as plain values for JSON and TOML."""
        ...


def by_categories(values: pd.Series, encode: Any) -> Codes:
    """Encode text or a categorical through its categories: the work is done once per value.

    A missing entry (category code -1) is handed to `encode` as a missing value.
    """
    different, where = by_value(values)
    found = np.asarray(encode(different))
    return found if where is None else np.asarray(found[where])


def by_value(values: pd.Series) -> tuple[pd.Series, Codes | None]:
    """The different values of text or a categorical, a missing one last, and which each row has.

    Other values are returned as they are, with None.
    """
    if is_text(values):
        values = values.astype("category")
    if not isinstance(values.dtype, pd.CategoricalDtype):
        return values, None
    categories = pd.Series(values.cat.categories).astype(object)
    different = pd.concat([categories, pd.Series([None], dtype=object)])
    return different, values.cat.codes.to_numpy()


OWN = compiled(r"\((?:other|missing)\)(?: \(value\))*")


def label_of(value: str) -> str:
    """The label of a value: itself, unless that is the label of another state.

    >>> label_of("Oslo"), label_of("(missing)")
    ('Oslo', '(missing) (value)')
    """
    return f"{value} (value)" if OWN.fullmatch(value) else value


@dataclass(frozen=True, repr=False)
class Categories(ShowsItself):
    """A list of values. What is not on the list is `other` where there is such a state.

    >>> domain = Categories(("Oslo", "Rome"), other=True)
    >>> domain.labels, domain.encode(pd.Series(["Rome", "Bern"])).tolist()
    (('Oslo', 'Rome', '(other)'), [1, 2])

    Args:
        values: the values, as text, in the order they are shown.
        other: whether unlisted values have a state of their own. Without one they count as
            missing, and without a missing state as the first value.
        typed: how values are given back: "text", "integer", "real" or "boolean".
        gapped: whether some are surely missing, so that this state stays however few they are.
    """

    name: ClassVar[str] = "categories"
    values: tuple[str, ...]
    origin: Origin = Origin.DECLARED
    missing: bool = False
    other: bool = False
    typed: str = "text"
    gapped: bool = False

    def __post_init__(self) -> None:
        if not self.values and not self.other and not self.missing:
            raise SchemaError("A list of categories is empty.", "Give at least one value.")
        if len(set(self.values)) != len(self.values):
            raise SchemaError(
                f"A list of {len(self.values)} categories names a value twice.",
                "List each value once.",
            )

    @property
    def size(self) -> int:
        return len(self.values) + self.other + self.missing

    @property
    def labels(self) -> tuple[str, ...]:
        values = tuple(map(label_of, self.values))
        return values + (OTHER,) * self.other + (MISSING,) * self.missing

    @property
    def gathered(self) -> str:
        """What stands for an unlisted value in a table: no listed one."""
        mark = OTHER
        while mark in self.values:
            mark = f"({mark})"
        return mark

    def encode(self, values: pd.Series) -> Codes:
        return smallest(by_categories(values, self._encode), self.size)

    def _encode(self, values: pd.Series) -> Codes:
        codes = pd.Index(self.values).get_indexer(pd.Index(as_text(values)))
        absent = values.isna().to_numpy()
        unlisted = len(self.values) if self.other else self.size - 1 if self.missing else 0
        nothing = self.size - 1 if self.missing else unlisted
        return np.where(absent, nothing, np.where(codes < 0, unlisted, codes))

    def decode(self, codes: Codes, rng: np.random.Generator) -> pd.Series:
        states = np.array([*self.values, *((self.gathered,) * self.other)], dtype=object)
        typed = pd.Series(
            states[np.minimum(codes, max(len(states) - 1, 0))] if len(states) else None,
            index=range(len(codes)),
            dtype=object,
        )
        typed[np.asarray(codes) >= len(states)] = None
        return retyped(typed, self.typed)

    def document(self) -> dict[str, Any]:
        return {
            "domain": self.name,
            "values": list(self.values),
            "origin": self.origin.value,
            "missing": self.missing,
            "other": self.other,
            "typed": self.typed,
            **({"gapped": True} if self.gapped else {}),
        }


@dataclass(frozen=True, repr=False)
class Text(ShowsItself):
    """Free text: only whether something was written is modelled, never what."""

    name: ClassVar[str] = "text"
    origin: Origin = Origin.DECLARED
    missing: bool = False
    placeholder: str = "(text withheld)"

    @property
    def size(self) -> int:
        return 1 + self.missing

    @property
    def labels(self) -> tuple[str, ...]:
        return ("(some text)",) + (MISSING,) * self.missing

    def encode(self, values: pd.Series) -> Codes:
        absent = values.isna().to_numpy()
        return smallest(absent if self.missing else np.zeros(len(values)), 2)

    def decode(self, codes: Codes, rng: np.random.Generator) -> pd.Series:
        words = pd.Series([self.placeholder] * len(codes), dtype=object)
        words[np.asarray(codes) > 0] = None
        return words

    def document(self) -> dict[str, Any]:
        return {"domain": self.name, "origin": self.origin.value, "missing": self.missing}
