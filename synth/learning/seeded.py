"""What the seeded methods share: settings, counts, and the check of their promise."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from synth.budget import Filled, Rho
from synth.combinations.bounds import affordable
from synth.combinations.counting import Combinations
from synth.combinations.filling import filled
from synth.combinations.growth import NOTHING, Records
from synth.combinations.repetitions import fullest
from synth.errors import MethodError, NotReleasable
from synth.lazily import np
from synth.learning.gaps import FILL, FILL_ALL, GAPS, STOP, check_gaps, open_axes
from synth.learning.method import Method, Model, Promise, modelled_names
from synth.learning.records import RecordModel
from synth.progress import Progress, quiet
from synth.schema import Categories, Dates, Numbers, Schema, Text
from synth.schema.settings import setting
from synth.vault import Counting, Groups, PrivateTable
from synth.vault.attributes import Grown
from synth.wording import so_many

LENGTH: Mapping[str, Any] = {
    "title": "Attributes counted together",
    "help": "Counts of up to this many attributes together guide the rows, and are reported.",
    "low": 1,
    "high": 8,
}
UNKNOWN = 20  # values of a column of several of which the schema has no list
NOTHING_TOLD: Mapping[str, Any] = {
    "title": "Values that mean nothing",
    "help": "Values that say only that there is nothing to tell, as `smoker=0`; they are neither "
    "counted nor synthesised. Several after commas.",
}
ORDERS: Mapping[str, Any] = {
    "title": "Effort",
    "help": "In how many orders the columns are tried when records are grown. More finds longer "
    "records, and takes longer.",
    "low": 1,
    "high": 500,
}
EACH: Mapping[str, Any] = {
    "title": "Records in each order",
    "help": "How many records are put together in each order of the columns.",
    "low": 1,
    "high": 1_000_000,
}
SEED: Mapping[str, Any] = {
    "title": "Seed",
    "help": "The same seed finds the same records. The promise does not rest on it.",
    "low": 0,
    "high": 2**31,
}


def counting_of(
    private: PrivateTable, length: int, several: str, nothing: str, *, blanks: bool = False
) -> Counting:
    """What to count, from the settings. Without `blanks`, a record leaves a missing value open.

    Combinations are as long as `length` says, or as can be counted and looked at in bounded time.

    Raises:
        MethodError: a setting names a column that is not there, or is not written as it must be.
    """
    names = modelled_names(private.schema)
    zeros: dict[str, list[str]] = {}
    for column, value in _pairs(nothing, names, "nothing"):
        zeros.setdefault(column, []).append(value)
    told = dict(_pairs(several, names, "several"))
    return Counting(
        length=affordable(axes_told(private.schema, told), length),
        blanks=blanks,
        nothing=zeros,
        several=told,
    )


def shortened(schema: Schema, asked: int, several: str = "") -> str:
    """Why combinations are counted shorter than they were asked for; "" where they are not."""
    sizes = axes_told(schema, dict(_pairs(several, modelled_names(schema), "several")))
    length = affordable(sizes, asked)
    if length >= min(asked, len(sizes)):
        return ""
    return (
        f"Combinations of {so_many(length, 'attribute')} at most are counted and "
        f"promised, not of {asked}: "
        f"those of {len(sizes)} columns cannot all be checked in bounded time. To count longer "
        "ones, leave columns out."
    )


def axes_told(schema: Schema, several: Mapping[str, str]) -> list[int]:
    """How many states each axis has, as far as the schema tells: a value of several has its own."""
    sizes = []
    for column in schema.modelled:
        domain = schema.domain(column.name)
        if column.name not in several:
            sizes.append(domain.size)
        elif isinstance(domain, Categories) and domain.values:
            sign = several[column.name]
            parts = {p.strip() for v in domain.values for p in (v.split(sign) if sign else [v])}
            sizes += [2] * len(parts - {""})
        else:
            sizes += [2] * UNKNOWN
    return sizes


def _pairs(text: str, names: tuple[str, ...], setting: str) -> list[tuple[str, str]]:
    found = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        column, equals, value = part.rpartition("=")
        if not equals or column not in names:
            raise MethodError(
                f"Setting `{setting}` is not understood where it says `{column or part}`.",
                f"Write column=text, with one of the columns {', '.join(names)}.",
            )
        found.append((column, value))
    return found


def with_blanks(schema: Schema) -> Schema:
    """The schema with a missing state in every counted column, for what a record leaves open."""
    for column in schema.modelled:
        if isinstance(column.domain, Categories | Numbers | Dates | Text):
            schema = schema.replaced(replace(column, domain=replace(column.domain, missing=True)))
    return schema


def blank_record(found: Combinations) -> Records:
    """One record that tells nothing, where noise left nothing to tell."""
    return np.full((1, len(found.sizes)), NOTHING, np.int32)


@dataclass(frozen=True, eq=False)
class SeededGround:
    """What a seeded method stands on: protected counts, and the schema that may be told."""

    private: PrivateTable = field(repr=False)
    counting: Counting
    k: int
    groups: Groups
    schema: Schema

    @property
    def midpoint(self) -> float:
        """Half a rounding step: where a true count lies on average."""
        return (self.k - 1) / 2

    def on_axes(self, grown: Grown) -> Records:
        """Grown records in the numbers of the counts, which were made from the same settings.

        Whatever k people hold together, k people hold alone: each state has a count and a number.
        """
        same = [(a.column, a.delimiter) for a in self.groups.names]
        assert same == [(a.column, a.delimiter) for a in grown.names], "one counting, one order"
        columns = []
        for states, counted, told in zip(
            grown.records.T, grown.names, self.groups.names, strict=True
        ):
            number = {label: state for state, label in enumerate(told.labels)}
            table = [number.get(label, NOTHING) for label in counted.labels]
            columns.append(np.array([*table, NOTHING], np.int32)[states])
        return np.column_stack(columns)


def grounded(private: PrivateTable, counting: Counting, k: int) -> SeededGround:
    """Counts of at least k people, rounded down to multiples of k."""
    groups = private.groups(counting, k)
    schema = private.telling(groups, counting.several).schema
    return SeededGround(private, counting, k, groups, schema)


def as_model(ground: SeededGround, records: Records, length: int = 0) -> RecordModel:
    """The records as a model, once every combination in them has been found among k people.

    Args:
        length: of the longest combinations that the promise covers; 0 for any.

    Raises:
        NotReleasable: a combination falls short of the promise, or there is no record at all.
    """
    if not len(records):
        raise NotReleasable(
            f"No value is shared by {ground.k} people, so there is nothing to release.",
            "Lower k, widen the intervals, or bring more people.",
        )
    grown = Grown(ground.groups.names, records)
    short = ground.private.short_of(ground.counting, grown, ground.k, length)
    if short:
        raise NotReleasable(
            f"{so_many(short, 'combination is', 'combinations are')} shared by fewer than "
            f"{ground.k} people.",
            "Nothing is released. Raise the length that is counted, or choose another method.",
        )
    statement = ground.private.declare(ground.schema).statement()
    return RecordModel(
        ground.schema, statement, ground.groups.found.rows, ground.groups.names, records
    )


@dataclass(frozen=True)
class Seeded(Method):
    """A method whose rows are made of records that at least k people hold: its head and tail.

    What lies between, how the records come about, is `records`.
    """

    promise: ClassVar[Promise] = Promise.K_PEOPLE
    model: ClassVar[type[Model]] = RecordModel
    whole: ClassVar[bool] = True  # whether k people share whole rows, and not only what is counted

    k: int = setting(
        10,
        title="k: fewest people behind anything released",
        help="Every combination that comes out is shared by at least this many people. Common "
        "choices are 5, 10 and 20.",
        low=2,
        high=100_000,
    )
    length: int = setting(3, **LENGTH)
    orders: int = setting(20, **ORDERS)
    seed: int = setting(1, **SEED)
    several: str = setting(
        "",
        title="Columns with several values",
        help="Columns that hold several values at once, with what stands between the values: "
        "`diagnoses=;`, several columns after commas.",
    )
    nothing: str = setting("", **NOTHING_TOLD)
    gaps: str = setting(STOP, **GAPS)

    def fit(self, private: PrivateTable, rho: Rho, progress: Progress = quiet) -> RecordModel:
        counting = counting_of(private, self.length, self.several, self.nothing, blanks=self.fills)
        rng = np.random.default_rng(self.seed)
        progress(0.0, "counting combinations")
        ground = grounded(private, counting, self.k)
        records = fullest(self.records(ground, rng, progress), ground.groups.found.rows)
        if self.fills:
            progress(0.8, "filling gaps")
            records = self._filled(ground, records, rng)
        progress(0.9, "checking the promise")
        model = as_model(ground, records, self._promised(counting))
        if self.gaps == STOP:
            check_gaps(private, ground.groups.names, records, counting, self.k)
        return model

    def less(self, schema: Schema) -> str:
        return shortened(schema, self.length, self.several)

    def _promised(self, counting: Counting) -> int:
        """The longest combinations in the rows that k people share; 0 for any."""
        return 1 if self.gaps == FILL_ALL else min(self.reach, counting.length)

    def _filled(self, ground: SeededGround, records: Records, rng: np.random.Generator) -> Records:
        """The records with their gaps filled from the counts."""
        every = self.gaps == FILL_ALL
        purpose = "gaps filled from these counts, " + (
            "whatever they stand beside" if every else "where all that is counted together stays so"
        )
        ground.private.ledger.note(Filled(purpose, self.k, self._promised(ground.counting)))
        axes = open_axes(ground.groups.names, ground.counting)
        return filled(records, ground.groups.found, axes, rng, every=every)

    @abstractmethod
    def records(
        self, ground: SeededGround, rng: np.random.Generator, progress: Progress
    ) -> Records:
        """The records to draw rows from, each as often as it is to stand in the list."""

    @property
    def reach(self) -> int:
        """The longest combinations that k people have to share; 0 for any."""
        return 0 if self.whole and not self.fills else self.length

    @property
    def fills(self) -> bool:
        """Whether gaps are filled from counts."""
        return self.gaps in (FILL, FILL_ALL)

    def grown(
        self,
        ground: SeededGround,
        rng: np.random.Generator,
        progress: Progress,
        *,
        split: bool,
    ) -> Records:
        """Different records that k people hold in full, on the axes of the counts.

        Args:
            split: True to cover each person's attributes once; False for as many as there are.
        """
        progress(0.1, "growing records")
        counting, orders = ground.counting, self.orders
        grown = ground.private.records(counting, self.k, rng, orders=orders, split=split)
        progress(0.45, "fitting repetitions")
        return ground.on_axes(grown)
