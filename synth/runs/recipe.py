"""The declarative document: everything a custodian decided, as TOML that can be read and re-run."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from typing import Any, Literal

import tomlkit
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synth.budget import Budget
from synth.budget.promise import LARGEST_DELTA
from synth.errors import RecipeError, StepError, SynthError
from synth.ingest import Query
from synth.ingest.declaration import ColumnPart, Part
from synth.ingest.read import MISSING
from synth.learning.method import Method
from synth.methods import method_named
from synth.protect.steps import step_of

HEADER = "Everything that was decided about this release. Run it: synth run recipe.toml"


class Source(Part):
    """Where the rows are.

    Args:
        stay: leave them there, and fetch counts only: for a Parquet or CSV file larger than memory,
            and for PostgreSQL and DuckDB.
    """

    file: str = ""
    database: str = ""  # sqlite:///…, postgresql://… or duckdb:///…; ${NAME} from the environment
    query: str = ""
    missing: tuple[str, ...] = MISSING
    stay: bool = False


class People(Part):
    """Whom the promise protects: one row is one person, or `column` names the person."""

    column: str = ""
    rows: int = Field(default=1, ge=1)


class Privacy(Part):
    """The promise: epsilon (inf for none) and delta; how values become known; the lasting ledger.

    Args:
        discover: find undeclared value lists and bounds under the budget, instead of reading them
            off the rows.
        ledger: the folder of the lasting ledger; "" for none.
        total: the epsilon that all releases of the table in that ledger may come to.
    """

    epsilon: float = 1.0
    delta: float | None = None  # None: 1/n^1.1 of a noisy n, at most 1e-6
    discover: bool = True
    ledger: str = ""
    total: float = Field(default=10.0, gt=0)


class MethodPart(BaseModel):
    """The method and its settings."""

    model_config = ConfigDict(extra="allow", frozen=True)
    name: str = "adaptive"


class ReleasePart(Part):
    """What to draw.

    Args:
        order: columns that the rows are sorted by, "-age" for falling; a query's ORDER BY.
    """

    title: str = ""
    rows: int = Field(default=0, ge=0)  # 0: about as many as the real table has
    copies: int = Field(default=1, ge=1, le=100)
    seed: int = Field(default=1, ge=0)
    order: tuple[str, ...] = ()


class CountsPart(Part):
    """Protected counts of real people beside the rows: k 0 for none but what the method brings."""

    k: int = Field(default=0, ge=0)
    length: int = Field(default=3, ge=1, le=8)
    protection: Literal["rounded", "withheld", "noisy"] = "rounded"
    columns: tuple[str, ...] = ()
    several: str = ""  # columns with several values: "diagnoses=;"
    nothing: str = ""  # values that say nothing: "smoker=0"
    share: float = Field(default=0.3, gt=0, lt=1)  # of the budget, where noise protects


class ShowcasePart(Part):
    """What recipients see; names no value."""

    text: str = ""
    attributes: tuple[str, ...] = ()
    logo: str = ""  # a PNG, JPEG or SVG file
    colour: str = "#2f7391"
    dark: str = "#6fb3d0"  # the colour on a dark page


class Recipe(Part):
    """One release, from the table to the bundle."""

    source: Source = Source()
    people: People = People()
    column: tuple[ColumnPart, ...] = ()
    protect: tuple[dict[str, Any], ...] = ()
    privacy: Privacy = Privacy()
    method: MethodPart = MethodPart()
    release: ReleasePart = ReleasePart()
    counts: CountsPart = CountsPart()
    showcase: ShowcasePart = ShowcasePart()

    @property
    def budget(self) -> Budget:
        delta = LARGEST_DELTA if self.privacy.delta is None else self.privacy.delta
        return Budget(self.privacy.epsilon, delta, self.people.rows)

    @property
    def chosen(self) -> Method:
        """The method with its settings."""
        return method_named(self.method.name).configured(self.method.model_extra or {})

    def following(self, query: Query) -> Recipe:
        """The recipe with the ORDER BY and LIMIT of a query, where it says nothing of its own."""
        told = self.release
        order = told.order or tuple(f"-{n}" if falls else n for n, falls in query.order)
        release = told.model_copy(update={"order": order, "rows": told.rows or query.limit})
        return self.model_copy(update={"release": release})

    def toml(self) -> str:
        """The recipe as TOML, without what is left at its default."""
        document = tomlkit.document()
        document.add(tomlkit.comment(HEADER))
        for name, value in self.model_dump(exclude_defaults=True).items():
            document.add(name, _tomlled(value))
        return tomlkit.dumps(document)


def _tomlled(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _tomlled(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        rows = [_tomlled(v) for v in value]
        if rows and all(isinstance(r, dict) for r in rows):
            tables = tomlkit.aot()
            for row in rows:
                tables.append(tomlkit.item(row))
            return tables
        return rows
    return value


# -- reading -----------------------------------------------------------------------------------


def read_recipe(text: str) -> Recipe:
    """The recipe in a TOML document.

    Raises:
        RecipeError: with the line, what is wrong there, and the remedy.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise RecipeError(
            "This is not valid TOML.", "Check quotes, brackets and equals signs.", line
        ) from None
    try:
        recipe = Recipe.model_validate(document)
    except ValidationError as error:
        raise _explained(text, error) from None
    _check_values(text, recipe)
    _check_steps(text, recipe)
    return recipe


def _check_steps(text: str, recipe: Recipe) -> None:
    """Steps check themselves; what needs the table or a file waits for the run."""
    for index, document in enumerate(recipe.protect):
        try:
            step_of(document)
        except StepError as error:
            line = _line(text, "protect", index, error.key) or _line(text, "protect", index, "")
            raise RecipeError(error.what, error.remedy, line) from None


def _check_values(text: str, recipe: Recipe) -> None:
    """Budget and method check themselves; their sentences get a line."""
    for section, key, check in (
        ("privacy", "epsilon", lambda: recipe.budget),
        ("method", "name", lambda: recipe.chosen),
    ):
        try:
            check()
        except SynthError as error:
            named = [key, *re.findall(r"`([\w-]+)`", error.what)]
            line = max(_line(text, section, 0, name) for name in named)
            raise RecipeError(error.what, error.remedy, line) from None


def _explained(text: str, error: ValidationError) -> RecipeError:
    """The first mistake as a sentence."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    path = [str(p) for p in first["loc"]]
    section = path[0]
    index = int(path[1]) if len(path) > 1 and path[1].isdigit() else 0
    key = path[-1] if len(path) > 1 else ""
    line = _line(text, section, index, key)
    where = f"`{key}` in [{section}]" if key else f"[{section}]"
    if first["type"] == "extra_forbidden":
        known = _keys_of(section) if key else list(Recipe.model_fields)
        near = difflib.get_close_matches(key or section, known, n=1)
        remedy = f"Did you mean `{near[0]}`?" if near else f"Known: {', '.join(known)}."
        return RecipeError(f"{where} is not known.", remedy, line)
    if first["type"] == "missing":
        return RecipeError(f"{where} is missing.", "Add it.", _line(text, section, index, ""))
    return RecipeError(f"{where} is not right: {first['msg'].lower()}.", "Correct it.", line)


def _keys_of(section: str) -> list[str]:
    parts: dict[str, type[BaseModel]] = {
        "source": Source,
        "people": People,
        "column": ColumnPart,
        "privacy": Privacy,
        "method": MethodPart,
        "release": ReleasePart,
        "counts": CountsPart,
        "showcase": ShowcasePart,
    }
    return list(parts[section].model_fields) if section in parts else []


def _line(text: str, section: str, index: int, key: str) -> int:
    """Where a key of the index-th table of a section stands, counted from 1; 0 if nowhere."""
    seen, inside = -1, False
    opened = 0
    wanted = rf'\s*"?{re.escape(key or section)}"?\s*='
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\[?\s*([\w.-]+)\s*\]\]?", line):
            inside = header[1] == section
            seen += inside
            inside = inside and seen == index
            opened = number if inside else opened
        elif re.match(wanted, line) and (inside or not key):
            return number
    return opened
