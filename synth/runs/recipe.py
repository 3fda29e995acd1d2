"""The declarative document: everything a custodian decided about one release, as a value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from synth.budget import Budget
from synth.budget.accounting import epsilon_of
from synth.budget.promise import LARGEST_DELTA
from synth.errors import RecipeError
from synth.ingest import Query
from synth.ingest.declaration import ColumnPart, Part
from synth.ingest.reading import MISSING_TEXTS, Choices
from synth.ingest.reading.said import CHOICES
from synth.learning.method import Method, Promise
from synth.methods import method_named
from synth.release.papers.about import DAY, WORDS, About
from synth.runs.purpose import PurposePart
from synth.schema.rules import MOST, Rule, rule_of
from synth.vault import Protection

NAME = r"^[a-z][a-z0-9_-]{0,39}$"  # of what goes into the addresses of a mock API


class Source(Part):
    """Where the rows are.

    Args:
        stay: leave them there, and fetch counts only: for a Parquet or CSV file larger than memory,
            and for PostgreSQL and DuckDB.
        encoding, delimiter, header, header_rows, sheet, skip_ragged, footer: how a file is to be
            read, where that is not to be found out; see `synth.ingest.reading.said.Choices`.
    """

    file: str = ""
    database: str = ""  # sqlite:///…, postgresql://… and so on; ${NAME} from the environment
    query: str = ""
    missing: tuple[str, ...] = MISSING_TEXTS
    stay: bool = False
    encoding: str = ""
    delimiter: str = ""
    header: int | None = Field(default=None, ge=0)  # its line, from 1; 0 where there is none
    header_rows: int = Field(default=0, ge=0, le=10)
    sheet: str = ""
    skip_ragged: bool = False
    footer: int = Field(default=0, ge=0)  # rows at the end that are no people

    @property
    def choices(self) -> Choices:
        """How its file is to be read, as the custodian says."""
        return Choices(**self.model_dump(include=set(CHOICES)))

    @property
    def reading(self) -> Source:
        """What says how to read the rows, without where they are."""
        kept = (*CHOICES, "missing")
        return Source(**self.model_dump(include=set(kept)))


class People(Part):
    """Whom the promise protects: one row is one person, or `column` names the person.

    Args:
        population: who these people are, such as "patients of ward 7, 2026": the name of their
            account in the lasting ledger, for good.
        other_than: accounts of other people whose tables look like this one.
    """

    column: str = ""
    rows: int = Field(default=1, ge=1)
    population: str = ""
    other_than: tuple[str, ...] = ()

    @property
    def account(self) -> str:
        """The name of their account: that of the population, on one line."""
        return " ".join(self.population.split())


class Privacy(Part):
    """The promise: epsilon (inf for none) and delta; how values become known; the lasting ledger.

    Args:
        discover: find undeclared value lists and bounds under the budget, instead of reading them
            off the rows.
        ledger: the folder of the lasting ledger; "" for none.
        total: the epsilon that all releases about the population may come to, in that ledger.
        total_delta: the chance, at most, that this fails, for all of them together.
        anchor: a file elsewhere that shows if the ledger was rolled back or deleted; "" for the
            one that SYNTH_ANCHOR names, if any.
        why_another: the reason for a release without noise beside an earlier one, or where epsilon
            is spent; it is told to recipients.
    """

    epsilon: float = 1.0
    delta: float | None = None  # None: 1e-6; less for more than 300,000 people
    discover: bool = True
    ledger: str = ""
    total: float = Field(default=10.0, gt=0)
    total_delta: float = Field(default=LARGEST_DELTA, gt=0, lt=1)
    anchor: str = ""
    why_another: str = ""


class MethodPart(BaseModel):
    """The method and its settings."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)
    name: str = "adaptive"


class ReleasePart(Part):
    """What to draw.

    Args:
        publisher, licence, contact, version, date, description: what recipients read of it, in the
            custodian's words; each may be left out. The date is the custodian's, never a clock's.
        order: columns that the rows are sorted by, "-age" for falling; a query's ORDER BY.
        safe: put an apostrophe before cells that a spreadsheet would run as a formula.
        exceptions: what the gate found and may leave nevertheless, and the reason; see
            `synth.runs.gate`. Theirs alone who hold the rows: it never enters a bundle.
    """

    title: str = ""
    description: str = ""
    publisher: str = ""
    licence: str = ""  # its name, or the address of its text
    contact: str = ""  # an address to write to, or a page
    version: str = ""
    date: str = Field(default="", pattern=DAY)
    rows: int = Field(default=0, ge=0)  # 0: about as many as the real table has
    copies: int = Field(default=1, ge=1, le=100)
    seed: int = Field(default=1, ge=0)
    order: tuple[str, ...] = ()
    safe: bool = True
    exceptions: dict[str, str] = Field(default_factory=dict)

    @property
    def about(self) -> About:
        """What recipients read of the release beside its title."""
        return About(**self.model_dump(include=set(WORDS)))


class CountsPart(Part):
    """Protected counts of real people beside the rows: k 0 for none but what the method brings."""

    k: int = Field(default=0, ge=0)
    length: int = Field(default=3, ge=1, le=8)
    protection: Protection = Protection.ROUNDED
    columns: tuple[str, ...] = ()
    several: str = ""  # columns with several values: "diagnoses=;"
    nothing: str = ""  # values that say nothing: "smoker=0"
    share: float = Field(default=0.3, gt=0, lt=1)  # of the budget, where noise protects


class RulePart(Part):
    """A rule between columns in a plain sentence, which is how it is written in a recipe.

    Args:
        says: see `synth.schema.rules`.
        seen: the custodian settled it after looking at the rows: the statement says so, and no
            epsilon covers it.
    """

    says: str
    seen: bool = False

    @model_validator(mode="before")
    @classmethod
    def _of_sentence(cls, given: Any) -> Any:
        if not isinstance(given, str | Mapping | RulePart):
            raise ValueError("a rule is a sentence in quotes")
        return {"says": given} if isinstance(given, str) else given

    @model_serializer(mode="wrap")
    def _as_sentence(self, written: SerializerFunctionWrapHandler) -> Any:
        return written(self) if self.seen else self.says

    @property
    def rule(self) -> Rule:
        """What the sentence says. Raises RuleError."""
        return rule_of(self.says, seen=self.seen)


class EvaluatePart(Part):
    """Attacks on the release, tried by whoever holds the rows; see docs/evaluate.md.

    Args:
        holdout: the share of people who are set aside before the table is read, and are not in the
            release, so that there are strangers to try attacks on; 0 for nobody.
        known: columns that an attacker may know of a person; else quasi-identifiers.
        secrets: those they would like to learn; else sensitive ones.
        shadows: how often the method is trained on other people, to tell from that who was in the
            table (shadow models); 0: not.
    """

    holdout: float = Field(default=0.0, ge=0, le=0.5)
    shadows: int = Field(default=0, ge=0, le=64)
    known: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


class ShowcasePart(Part):
    """What recipients see; names no value."""

    text: str = ""
    attributes: tuple[str, ...] = ()
    logo: str = ""  # a PNG, JPEG or SVG file
    colour: str = "#2f7391"
    dark: str = "#6fb3d0"  # the colour on a dark page


class ChildrenPart(Part):
    """A second table, whose rows belong to the people of the first: see docs/linked-tables.md.

    Who they belong to is named by `column` in [people], which is the key of the first table.

    Args:
        name: what its rows are called, in files and addresses.
        of: what the people are called there.
        file: the table; or `query`, of the database in [source].
        key: its column that names the person; "" where that is called as in the first table.
        most: rows of one person that count, at most.
        share: of the budget; the rest is for the first table.
        given: columns of the person that its rows depend on; empty: all.
        usual: its columns in which rows of one person mostly hold the same. What most of them hold
            becomes a column of the person, by which they are drawn; its values must be declared.
        column: what is declared of its columns, as under [[column]] of those of the first table.
    """

    name: str = Field(default="children", pattern=NAME)
    of: str = Field(default="people", pattern=NAME)
    file: str = ""
    query: str = ""
    key: str = ""
    most: int = Field(default=5, ge=1, le=100)
    share: float = Field(default=0.5, gt=0, lt=1)
    given: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()
    column: tuple[ColumnPart, ...] = ()

    @property
    def there(self) -> bool:
        """Whether there is a second table: a recipe that was handed on does not say where."""
        return bool(self.file or self.query or self.key)


PARTS: Mapping[str, type[BaseModel]] = {
    "privacy": Privacy,
    "people": People,
    "method": MethodPart,
    "release": ReleasePart,
    "source": Source,
    "counts": CountsPart,
    "showcase": ShowcasePart,
    "evaluate": EvaluatePart,
    "purpose": PurposePart,
    "children": ChildrenPart,
}


MEANT = {  # of a part, what somebody means who gives it one value
    "privacy": "epsilon",
    "people": "column",
    "method": "name",
    "release": "title",
    "source": "file",
    "children": "file",
}


class Recipe(Part):
    """One release, from the table to the bundle.

    Its parts have factories for their defaults: an instance makes pydantic build what checks it,
    and a start has nothing to check.
    """

    rules: tuple[RulePart, ...] = Field(default=(), max_length=MOST)  # first, as TOML wants it
    source: Source = Field(default_factory=Source)
    people: People = Field(default_factory=People)
    column: tuple[ColumnPart, ...] = ()
    protect: tuple[dict[str, Any], ...] = ()
    privacy: Privacy = Field(default_factory=Privacy)
    method: MethodPart = Field(default_factory=MethodPart)
    release: ReleasePart = Field(default_factory=ReleasePart)
    counts: CountsPart = Field(default_factory=CountsPart)
    showcase: ShowcasePart = Field(default_factory=ShowcasePart)
    evaluate: EvaluatePart = Field(default_factory=EvaluatePart)
    purpose: PurposePart = Field(default_factory=PurposePart)
    children: ChildrenPart = Field(default_factory=ChildrenPart)

    @model_validator(mode="before")
    @classmethod
    def _in_its_part(cls, given: Any) -> Any:
        """A key of a part above all parts, and a part as one value: `Recipe(method="tree")`."""
        for key, value in given.items() if isinstance(given, dict) else ():
            if key in MEANT and isinstance(value, str | int | float):
                raise RecipeError(
                    f"`{key}` of a recipe has several settings, and is no single value.",
                    f"Below [{key}] write `{MEANT[key]} = ...`; in Python: "
                    f"Recipe({key}={{{MEANT[key]!r}: ...}}).",
                    key=key,
                )
            parts = [n for n in PARTS if key in PARTS[n].model_fields]
            if key not in cls.model_fields and parts:
                raise RecipeError(
                    f"A recipe has no `{key}` of its own.",
                    f"It belongs to [{parts[0]}]; in Python: Recipe({parts[0]}={{{key!r}: ...}}).",
                    key=key,
                )
        return given

    @property
    def rules_said(self) -> tuple[Rule, ...]:
        """The rules between columns. Raises RuleError where one is not understood."""
        return tuple(part.rule for part in self.rules)

    @property
    def budget(self) -> Budget:
        delta = LARGEST_DELTA if self.privacy.delta is None else self.privacy.delta
        return Budget(self.privacy.epsilon, delta, self.people.rows)

    @property
    def budget_of_first(self) -> Budget:
        """What of the budget is for the first table: all of it where there is no second one."""
        whole = self.budget
        if not self.children.there or math.isinf(whole.epsilon):
            return whole
        left = epsilon_of((1 - self.children.share) * whole.rho, whole.delta)
        return replace(whole, epsilon=left)

    @property
    def chosen(self) -> Method:
        """The method with its settings."""
        return method_named(self.method.name).configured(self.method.model_extra or {})

    @property
    def formal(self) -> bool:
        """Whether noise within a finite epsilon is to protect the people in the table."""
        return self.chosen.promise is Promise.PRIVATE and not math.isinf(self.privacy.epsilon)

    @property
    def exact(self) -> str:
        """Why it hands out rows of real people, or counts without noise; "" where it does not."""
        promise = self.chosen.promise
        if promise is Promise.K_PEOPLE:
            return f"the method `{self.method.name}` counts groups of k people without noise"
        if promise is Promise.NONE:
            return f"the method `{self.method.name}` saw the rows themselves"
        if promise is Promise.PRIVATE and math.isinf(self.privacy.epsilon):
            return "no noise was added"
        if self.counts.k and self.counts.protection is not Protection.NOISY:
            return "groups of k people were counted without noise"
        return ""

    @property
    def unbounded(self) -> str:
        """Why no epsilon bounds what a run of it may cost; "" where one does."""
        if self.chosen.promise is not Promise.PRIVATE:
            return f"the method `{self.method.name}` is not differentially private"
        if not self.formal:
            return "its epsilon is infinite"
        if self.budget.delta > LARGEST_DELTA:
            return f"its delta is above {LARGEST_DELTA:g}"
        if not self.privacy.discover:
            return "`discover` is off, so undeclared values are read off the rows"
        if self.counts.k and self.counts.protection is not Protection.NOISY:
            return "it asks for exact counts"
        return ""

    def following(self, query: Query) -> Recipe:
        """The recipe with the ORDER BY and LIMIT of a query, where it says nothing of its own."""
        told = self.release
        order = told.order or tuple(f"-{n}" if falls else n for n, falls in query.order)
        release = told.model_copy(update={"order": order, "rows": told.rows or query.limit})
        return self.model_copy(update={"release": release})
