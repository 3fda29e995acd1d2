"""The vault: the one object that holds real rows, and the only doors out of it.

| door | price | entry it writes |
|---|---|---|
| `transform` | free: row by row, parameters public | `Opened`, where the step looks at other rows |
| `declare`, `declared_by_custodian`, `discovered`, `telling` | free: another description | none |
| `portion`, `charged_to` | free: another ledger | none |
| `measure`, `choose`, `distances`, `shared_sums`, `people` | rho | `Measured` |
| `distinct` | rho | `Measured` |
| `values` | rho and delta | `Measured` |
| `groups`, `records` | a promise of k | `Grouped` |
| `short_of` | loud: a check of that promise, for the custodian | `Opened` |
| `exact_table`, `exact_values`, `exact_size` | loud: exact counts | `Opened` |
| `exact_bins` | loud: a column cut by what it holds | `Opened` |
| `exact_codes`, `exact_combinations` | loud: all rows as codes, all combinations | `Opened` |
| `open_rows` | loud: the rows themselves | `Opened` |
| `rows_traits`, `send_rows` | to the custodian's own files and worker alone | none |
| `statement` | free: what may be said about all of that | none |

Nothing else touches rows. tests/house/test_architecture.py lists the places where a loud door is
opened, and holds this table against the class.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any

from synth.budget import Audience, Budget, Grouped, Ledger, Opened, Rho, Statement, accounting
from synth.budget.resemblance import Traits
from synth.combinations.growth import candidates, different, partition
from synth.errors import SchemaError
from synth.lazily import np, nw, pd
from synth.schema import Column, Counts, Schema
from synth.schema.tables import IntCounts
from synth.vault import noise as exact_noise
from synth.vault.answers import PARTS, Distances, Measurement, SharedSums, Shares
from synth.vault.attributes import Counting, Groups, Grown, Protection, protected, told_schema
from synth.vault.axes import in_memory, in_place, named_axes
from synth.vault.bins import Bins, bins_of
from synth.vault.coded import Coded, coded
from synth.vault.held import HeldRows, Rows
from synth.vault.noise import Noise
from synth.vault.passing import Came, RowStep, Stays, write_rows
from synth.vault.shortfall import shortfall
from synth.vault.staying import rows_of
from synth.wording import so_many


class PrivateTable:
    """Real rows under a schema, a budget and a ledger.

    Args:
        rows: a data frame, also as it came (not copied; keep no other reference), or a lazy one.
        schema: what is publicly declared about them.
        budget: the most that may ever be spent on these rows.
        person: the column that names the protected person, where a person may have several rows;
            at most `budget.rows_per_person` rows each are kept.
        known_as: where rows that stay in their engine are, so that what is spent on them adds up.
        noise: tests pass one that adds nothing. Left alone it is exact, from the operating system's
            secure source, and never recorded: noise that can be replayed protects no one.
    """

    __slots__ = ("__last", "__noise", "__rows", "__vouched", "ledger", "person", "schema")

    def __init__(
        self,
        rows: pd.DataFrame | Came | Stays | nw.LazyFrame[Any],
        schema: Schema,
        budget: Budget | Ledger,
        *,
        person: str = "",
        known_as: str = "",
        noise: Noise | None = None,
    ) -> None:
        self.ledger = budget if isinstance(budget, Ledger) else Ledger(budget)
        self.schema = schema
        self.person = person
        self.__noise: Noise = noise or exact_noise
        self.__last: tuple[tuple[object, ...], Groups] | None = None
        self.__vouched: set[tuple[str, object]] = {(c.name, c.domain) for c in schema}
        most = self.ledger.budget.rows_per_person
        self.__rows: Rows = rows_of(rows, schema, person=person, most=most, known_as=known_as)

    def __repr__(self) -> str:
        columns = so_many(len(self.schema), "column")
        return f"<PrivateTable of {columns}, rho {self.ledger.left:.3g} left>"

    def __getstate__(self) -> None:
        raise TypeError("A PrivateTable is not pickled, cached or copied to disk.")

    @property
    def stays(self) -> bool:
        """Whether the rows stay in their engine, where only counts can be had."""
        return not isinstance(self.__rows, HeldRows)

    @property
    def rows_per_person(self) -> int:
        return self.ledger.budget.rows_per_person

    @property
    def gap_texts(self) -> tuple[str, ...]:
        """The public list of texts that missing cells may have had, without the empty one."""
        return self.__rows.gaps.texts

    def transform(self, step: RowStep, audience: Audience = Audience.RELEASE) -> PrivateTable:
        """Apply a row-by-row step. Free; the new table is charged to the same ledger.

        A step that says it `depends_on_rows` is written down as if the rows had been opened.
        """
        if step.depends_on_rows:
            self.__noted(step.depends_on_rows, audience)
        return self.__with(self.__rows.held().after(step), step.declare(self.schema))

    def declare(self, schema: Schema) -> PrivateTable:
        """The same rows under another public description.

        Raises:
            SchemaError: values that were read off the rows are described as known or found, which
                would change what the statement says. The three doors below are for that.
        """
        before = {c.name: c.domain.origin for c in self.schema}
        for column in schema:
            origin = column.domain.origin
            better = origin.better_than(before.get(column.name, origin))
            if better and (column.name, column.domain) not in self.__vouched:
                raise SchemaError(
                    f"The values of `{column.name}` are {before[column.name].value}, and cannot "
                    f"become {origin.value} by being called so.",
                    "Let the custodian declare them, or find them under the budget.",
                )
        return self.__with(self.__rows, schema)

    def declared_by_custodian(self, schema: Schema) -> PrivateTable:
        """The same rows under what the custodian says is known without them."""
        return self.__vouching(schema)

    def discovered(self, columns: Sequence[Column]) -> PrivateTable:
        """The same rows, with the domains of some columns as noisy answers of this vault told."""
        schema = self.schema
        for column in columns:
            schema = schema.replaced(column)
        return self.__vouching(schema)

    def telling(self, groups: Groups, several: Collection[str] = ()) -> PrivateTable:
        """The same rows under what protected counts tell; see `attributes.told_schema`."""
        return self.__vouching(told_schema(self.schema, groups, several))

    def portion(self, rho: Rho) -> PrivateTable:
        """The same rows, of whose budget only `rho` may be spent through this value."""
        return self.__with(self.__rows, self.schema, self.ledger.portion(rho))

    def charged_to(self, ledger: Ledger) -> PrivateTable:
        """The same rows under another ledger: another release, with a budget of its own."""
        return self.__with(self.__rows, self.schema, ledger)

    def measure(self, columns: Sequence[str], rho: Rho, purpose: str) -> Measurement:
        """Count rows over the domains of `columns`, with discrete Gaussian noise worth `rho`.

        >>> from synth.schema import Categories
        >>> schema = Schema((Column("ill", Categories(("no", "yes"))),))
        >>> rows = pd.DataFrame({"ill": ["yes", "no", "yes"]})
        >>> private = PrivateTable(rows, schema, Budget(math.inf))
        >>> private.measure(["ill"], Rho(math.inf), "an example").counts.tolist()
        [1.0, 2.0]

        One person moves at most `rows_per_person` rows, all possibly in one cell, so the L2
        sensitivity is `rows_per_person`. Infinite rho gives exact counts, and ends the guarantee.

        Reference: Canonne, Kamath, Steinke (2020), arXiv:2004.00010, for the noise.
        """
        shape = self.schema.shape(columns)
        self.ledger.spend(f"{purpose}: {', '.join(columns)}", rho)
        counts = self.__rows.count(self.schema, columns)
        noisy, sigma = self.__noised(counts.ravel(), rho, self.rows_per_person)
        return Measurement(tuple(columns), noisy.reshape(shape).astype(np.float64), sigma)

    def choose(
        self,
        candidates: Sequence[tuple[str, ...]],
        expected: Callable[[tuple[str, ...]], Counts],
        rho: Rho,
        purpose: str,
        *,
        penalty: Callable[[tuple[str, ...]], float] | None = None,
    ) -> tuple[str, ...]:
        """Pick the columns whose true counts are furthest from `expected`, worth `rho`.

        The exponential mechanism on the L1 distance to the expectation rounded to whole rows, less
        a `penalty`. Neither may depend on the rows, so the sensitivity is `rows_per_person`. The
        empty candidate scores 0: "none of these".

        Reference: McSherry and Talwar (2007), doi:10.1109/FOCS.2007.66.
        """
        self.ledger.spend(purpose, rho, "exponential")
        scores: list[int] = []
        for columns in candidates:
            if not columns:
                scores.append(0)
                continue
            apart = self.__rows.count(self.schema, columns) - np.rint(expected(columns))
            less = 0.0 if penalty is None else penalty(columns)
            scores.append(int(np.abs(apart).sum()) - round(less))
        if math.isinf(rho):
            return candidates[int(np.argmax(scores))]
        epsilon = accounting.selection_epsilon(rho)
        return candidates[self.__noise.noisy_max(scores, epsilon, self.rows_per_person)]

    def distances(
        self,
        candidates: Sequence[tuple[str, ...]],
        expected: Callable[[tuple[str, ...]], Counts],
        rho: Rho,
        purpose: str,
    ) -> Distances:
        """How far the true counts of every candidate are from `expected`, all together worth `rho`.

        The L1 distance to the expectation rounded to whole rows: a whole number that one person
        moves by at most `rows_per_person`, as `expected` may not depend on the rows. Each gets
        discrete Gaussian noise worth an equal share.
        """
        self.ledger.spend(purpose, rho)
        exact = np.empty(len(candidates), dtype=np.int64)
        for i, columns in enumerate(candidates):
            apart = self.__rows.count(self.schema, columns) - np.rint(expected(columns))
            exact[i] = round(float(np.abs(apart).sum()))
        if not candidates:
            return Distances(exact.astype(np.float64), 0.0)
        noisy, sigma = self.__noised(exact, rho / len(candidates), self.rows_per_person)
        return Distances(noisy.astype(np.float64), sigma)

    def shared_sums(
        self,
        columns: Sequence[str],
        shares: Shares,
        statistics: Sequence[IntCounts],
        rho: Rho,
        purpose: str,
    ) -> SharedSums:
        """Sums of statistics of rows shared among hidden groups, all together worth `rho`.

        Each row gives at most itself away: its shares are whole parts of `PARTS` that add up, so
        the L2 sensitivity is `rows_per_person` times the largest norm that the statistics of one
        row can have.

        Args:
            shares: who a row belongs to, given the states it has; may not depend on the rows.
            statistics: whole numbers, states x statistics, for each column.
        """
        self.ledger.spend(purpose, rho)
        rows = self.__rows.shared(self.schema, columns, shares)
        exact = [table @ s for table, s in zip(rows, statistics, strict=True)]
        norm = math.sqrt(sum(int((s * s).sum(axis=1).max()) for s in statistics))
        sensitivity = self.rows_per_person * PARTS * norm
        noisy = [self.__noised(table, rho, sensitivity) for table in exact]
        sigma = max((sigma for _, sigma in noisy), default=0.0)
        return SharedSums([table / PARTS for table, _ in noisy], sigma / PARTS)

    def people(self, rho: Rho, purpose: str = "number of rows") -> int:
        """The number of rows with discrete Laplace noise worth `rho`; at least 1."""
        self.ledger.spend(purpose, rho, "laplace")
        total = self.__rows.total()
        if math.isinf(rho):
            return max(1, total)
        scale = accounting.laplace_scale(rho, self.rows_per_person)
        noisy = self.__noise.discrete_laplace(np.array([total], dtype=np.int64), scale)
        return max(1, int(noisy[0]))

    def values(self, column: str, rho: Rho, delta: float, purpose: str) -> tuple[str, ...]:
        """The values of a column that enough rows share, worth `rho` and `delta`.

        Every value that occurs is counted with discrete Gaussian noise, and told if the noisy count
        reaches a threshold that a value only one person has reaches with a chance of `delta`. Where
        rows stay, those that hardly any share are not looked at: see `accounting.looked_at`.

        Reference: Korolova et al. (2009), doi:10.1145/1526709.1526733; with Gaussian noise,
        Wilkins et al. (2024), arXiv:2306.07884.
        """
        self.ledger.spend(f"{purpose}: {column}", rho, delta=delta)
        each, free = self.rows_per_person, math.isinf(rho)
        least = 1 if free else accounting.stability_threshold(rho, delta, each)
        fewest = accounting.looked_at(least) if self.stays and not free else 1
        values, counts = self.__rows.occurring(column, fewest)
        enough = self.__noised(counts, rho, each)[0] >= least + fewest - 1
        return tuple(v for v, told in zip(values, enough, strict=True) if told)

    def distinct(self, column: str, rho: Rho, purpose: str) -> float:
        """How many different values a column has, with discrete Gaussian noise worth `rho`.

        One person moves it by at most `rows_per_person`. May be negative.
        """
        self.ledger.spend(f"{purpose}: {column}", rho)
        different = np.array([self.__rows.different(column)])
        return float(self.__noised(different, rho, self.rows_per_person)[0][0])

    def groups(
        self, counting: Counting, at_least: int, protection: Protection = Protection.ROUNDED
    ) -> Groups:
        """Counts of the combinations that `at_least` people share: see `attributes.protected`."""
        self.ledger.note(Grouped("counts of combinations", at_least, counting.length))
        asked = (self.schema, counting, at_least, protection)
        if self.__last and self.__last[0] == asked:  # a release's counts are those of its method
            return self.__last[1]
        if self.stays:
            names, count = in_place(self.__rows, self.schema, counting)
        else:
            named = named_axes(self.__frame(), self.schema, counting, self.person, at_least)
            names, count = named.names, in_memory(named)
        self.__last = asked, protected(names, count, counting.length, at_least, protection)
        return self.__last[1]

    def records(
        self,
        counting: Counting,
        at_least: int,
        rng: np.random.Generator,
        *,
        orders: int,
        split: bool,
    ) -> Grown:
        """Different partial rows, each held in full by at least `at_least` people.

        Args:
            rng: decides which of the many are found; the promise does not rest on it.
            orders: how many orders of the columns are tried.
            split: True to cover each person's attributes once; False for as many as there are.
        """
        self.ledger.note(Grouped("records that people share", at_least, 0))
        named = named_axes(self.__frame(), self.schema, counting, self.person, at_least)
        find = partition if split else candidates
        return Grown(
            named.names, different(find(named.axes, at_least, rng, orders, counting.length))
        )

    def short_of(self, counting: Counting, grown: Grown, at_least: int, length: int = 0) -> int:
        """How many combinations in some records fewer than `at_least` people hold: for the check.

        `length` 0 looks at whole records, and so at all. A release goes ahead only where it is 0.
        """
        self.__noted("check of a promise of k", Audience.CUSTODIAN)
        named = named_axes(self.__frame(), self.schema, counting, self.person, 1)
        return shortfall(named, grown.names, grown.records, at_least, length)

    def exact_table(self, columns: Sequence[str], reason: str, audience: Audience) -> IntCounts:
        """The exact contingency table of `columns`, one axis each."""
        self.__noted(reason, audience)
        return self.__rows.count(self.schema, columns)

    def exact_values(
        self, column: str, reason: str, audience: Audience, at_least: int = 1
    ) -> tuple[tuple[str, ...], IntCounts]:
        """The exact values of a column that `at_least` rows have, as text, and how many do."""
        self.__noted(reason, audience)
        return self.__rows.occurring(column, at_least)

    def exact_bins(self, column: str, reason: str, audience: Audience) -> Bins:
        """A column cut by what its rows hold; see `bins`."""
        self.__noted(reason, audience)
        return bins_of(self.schema[column], self.__frame()[column])

    def exact_combinations(self, counting: Counting, reason: str, audience: Audience) -> Groups:
        """The exact counts of all combinations of attributes that occur."""
        self.__noted(reason, audience)
        named = named_axes(self.__frame(), self.schema, counting, self.person, 1)
        return Groups(named.names, in_memory(named)(1, counting.length))

    def exact_size(self, reason: str, audience: Audience) -> int:
        """The exact number of rows."""
        self.__noted(reason, audience)
        return self.__rows.total()

    def exact_codes(
        self, columns: Sequence[str], reason: str, audience: Audience
    ) -> tuple[Coded, ...]:
        """Some columns as integer codes, with the raw value behind each code."""
        self.__noted(reason, audience)
        frame = self.__frame()
        return tuple(coded(name, frame[name]) for name in columns)

    def open_rows(self, reason: str, audience: Audience) -> pd.DataFrame:
        """Hand out the rows themselves. If they may reach a release, the guarantee is gone."""
        self.__noted(reason, audience)
        return self.__frame().copy(deep=False)

    def rows_traits(self) -> Traits:
        """What tells this table from others in the custodian's lasting ledger: hashes."""
        return self.__rows.traits()

    def send_rows(self, stream: Any) -> None:
        """Write the rows to a worker of the same custodian, as an Arrow stream over a pipe."""
        write_rows(self.__rows.held().came(self.schema.stored), stream)

    def statement(self) -> Statement:
        """What may honestly be said now, about everything done to these rows so far."""
        noisy = self.ledger.spent > 0
        columns = self.schema.looked_at if noisy else self.schema.observed
        what = "kind, format, role, values or bounds" if noisy else "values or bounds"
        reason = f"the {what} of {', '.join(f'`{n}`' for n in columns)} were read off the rows"
        return self.ledger.statement((reason,) if columns else (), self.person, columns)

    def __noised(self, exact: IntCounts, rho: float, sensitivity: float) -> tuple[IntCounts, float]:
        """Exact answers with discrete Gaussian noise worth `rho`, and its standard deviation.

        Without noise where rho is infinite: the standard deviation is then 0.
        """
        if math.isinf(rho):
            return exact, 0.0
        sigma = accounting.gaussian_sigma(rho, sensitivity)
        return self.__noise.discrete_gaussian(exact, sigma), sigma

    def __noted(self, reason: str, audience: Audience) -> None:
        entry = Opened(reason, audience)
        if entry not in self.ledger:
            self.ledger.note(entry)

    def __frame(self) -> pd.DataFrame:
        return self.__rows.held().frame

    def __vouching(self, schema: Schema) -> PrivateTable:
        """Another description, whose origins are remembered as being as good as they say."""
        self.__vouched.update((c.name, c.domain) for c in schema)
        return self.__with(self.__rows, schema)

    def __with(self, rows: Rows, schema: Schema, ledger: Ledger | None = None) -> PrivateTable:
        new = object.__new__(PrivateTable)
        new.__last, new.ledger = None, self.ledger if ledger is None else ledger
        new.schema, new.person = schema, self.person
        new.__noise, new.__rows, new.__vouched = self.__noise, rows, self.__vouched
        return new
