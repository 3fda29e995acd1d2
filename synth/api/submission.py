"""What a request for a job brings: a recipe, and a table or a query. Held in memory only."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import IO, Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from synth.api.problems import Problem
from synth.api.registry import Wanted
from synth.errors import RecipeError
from synth.ingest import Database, Query, load, read_query
from synth.ingest.linked import load_linked
from synth.runs import Recipe, read_recipe
from synth.runs.audit import Asked, brought
from synth.runs.elsewhere import Elsewhere
from synth.runs.handout import image_text
from synth.runs.question import Question
from synth.runs.recipe import EvaluatePart, Source
from synth.vault import PrivateTable
from synth.vault.linked import LinkedRows

MOST_RECIPE = 1_000_000  # bytes; of a look-up file or logo too
MOST_FILES = 20


class Asking(BaseModel):
    """A job about the answer of a database to a query."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    recipe: str
    database: str
    query: str


@dataclass(frozen=True)
class Submission:
    """A job as asked for.

    Args:
        files: what de-identification steps look up, by name.
        table: the uploaded table; None for a query.
        children: a second one, whose rows belong to the people of the first.
        name: of its file, as whoever sent it says; of both, where there are two.
    """

    recipe: Recipe
    files: dict[str, str] = field(default_factory=dict)
    table: IO[bytes] | None = field(default=None, repr=False)
    children: IO[bytes] | None = field(default=None, repr=False)
    asking: Asking | None = None
    name: str = ""

    @property
    def asked(self) -> Asked:
        """The query, or the table that was sent, for the audit log."""
        told = self.asking
        if told is None:
            return brought(self.name, self.recipe.method.name)
        return Asked(told.database, told.query, self.recipe.method.name)

    def wanted(self, databases: Mapping[str, Database], limited: bool = False) -> Wanted:
        """The job that is asked for; its rows are not read yet.

        Args:
            limited: the token has an allowance, so whoever asks may learn no more than it pays
                for: the query is bounded per person, and a failure tells nothing of the rows.

        Raises:
            Problem: there is no such database, or nobody said whose its rows are.
            QueryError: the query may not run.
        """
        if self.asking is None:
            return Wanted(
                self.recipe,
                lambda: _vault(self.table, self.recipe),
                None if self.children is None else lambda: _second(self.children, self.recipe),
                self.files,
                asked=self.asked,
            )
        named = self.asking.database
        database = database_named(named, databases)
        query = read_query(self.asking.query, database.dialect)
        source = self.recipe.source
        if source.stay and limited:
            raise _unbounded_failures()
        told = Source(database=named, query=query.text, missing=source.missing, stay=source.stay)
        recipe = self.recipe.model_copy(update={"source": told}).following(query)
        least = 0
        if limited:
            recipe, query = _bounded(recipe, query, database)
        if limited or recipe.formal:  # by a noisy count, which the job pays for
            least = database.limits.least_rows
            database = replace(database, limits=replace(database.limits, least_rows=0))
        return Wanted(
            recipe,
            partial(Elsewhere, database, query)
            if source.stay
            else lambda: _vault(database.answer(query, alike=limited), recipe),
            asked=self.asked,
            question=Question(named, query).key(recipe),
            hushed=limited,
            least=least,
        )


def _bounded(recipe: Recipe, query: Query, database: Database) -> tuple[Recipe, Query]:
    """A query that nobody but its asker chose, bounded per person by what the operator says."""
    if database.owned is None:
        raise Problem(
            403,
            "Nobody said which column of this database names the person, so no query can be "
            "bounded per person.",
            "Ask the operator to set `person` for it.",
        )
    query = database.bounded(query)
    database.check(query)  # what is wrong with the query itself is told; no row is read
    people = recipe.people.model_copy(update={"column": database.owned.person})
    # nobody is shown what is found on the real rows, and finding it could fail because of them
    return recipe.model_copy(update={"people": people, "evaluate": EvaluatePart()}), query


def _unbounded_failures() -> Problem:
    """What a database does with a value in the middle of a count may tell of a row."""
    return Problem(
        403,
        "This token has an allowance, and rows that stay in their database may make a run fail by "
        "what one of them holds.",
        "Take `stay` out of [source].",
    )


def _vault(rows: Any, recipe: Recipe) -> PrivateTable:
    """The rows in their vault. Raises IngestError if they are no table."""
    told, person = recipe.source, recipe.people.column
    budget, choices = recipe.budget, told.choices
    return load(rows, budget, missing=told.missing, choices=choices, person=person).private


def _second(rows: Any, recipe: Recipe) -> LinkedRows:
    """The rows of a second table. Raises IngestError or SchemaError where they are none."""
    told, key = recipe.source, recipe.children.key or recipe.people.column
    return load_linked(rows, key, missing=told.missing, choices=told.choices).rows


def database_named(name: str, databases: Mapping[str, Database]) -> Database:
    """A database the operator configured. Raises Problem if there is none of this name."""
    if name not in databases:
        raise Problem(404, "There is no database of this name.", "GET databases lists them.")
    return databases[name]


class _InMemory(MultiPartParser):
    """Holds files in memory whatever their size, where Starlette's would write them to disk."""

    spool_max_size = 1 << 40

    def let_go(self) -> None:
        """Let go of the files, also of those that were cut off."""
        for file in self._files_to_close_on_error:
            file.close()


async def submission_of(request: Request, most_bytes: int) -> Submission:
    """What a request brings.

    Raises:
        Problem: it is of another type, too large, or not as described.
        RecipeError: the recipe is wrong, or names something on the server.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "application/json":
        content = b"".join([c async for c in _limited(request, MOST_RECIPE)])
        return _asking(content)
    if kind == "multipart/form-data":
        return await _uploaded(request, most_bytes)
    raise Problem(
        415,
        "A job comes as multipart/form-data or as application/json.",
        "Send `recipe` and `table` as a form, or a recipe, a database and a query as JSON.",
    )


async def _limited(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    """The body, up to a limit."""
    read = 0
    async for chunk in request.stream():
        read += len(chunk)
        if read > most:
            raise Problem(
                413,
                f"The request is larger than {most // 1_000_000} MB.",
                "Send fewer columns, or a Parquet file.",
            )
        yield chunk


def _asking(content: bytes) -> Submission:
    try:
        asking = Asking.model_validate(json.loads(content))
    except (ValidationError, ValueError, RecursionError):
        raise Problem(
            422,
            "The body is not a JSON object of three texts: recipe, database, query.",
            "See openapi.json.",
        ) from None
    return Submission(own(read_recipe(asking.recipe), asking=True), asking=asking)


async def _uploaded(request: Request, most_bytes: int) -> Submission:
    parser = _InMemory(
        request.headers,
        _limited(request, most_bytes),
        max_files=MOST_FILES,
        max_fields=1,
        max_part_size=MOST_RECIPE,
    )
    try:
        return await _read(await parser.parse())
    except MultiPartException as error:
        raise Problem(422, f"The form cannot be read: {error.message}", "Send it again.") from None
    finally:
        parser.let_go()


async def _read(form: FormData) -> Submission:
    if unknown := set(form) - {"recipe", "table", "children", "files"}:
        raise Problem(
            422,
            f"The form has {len(unknown)} unknown part(s).",
            "Send recipe, table, children and files.",
        )
    if any(len(form.getlist(n)) != 1 for n in ("recipe", "table", *({"children"} & set(form)))):
        raise Problem(422, "The form needs one `recipe` and one `table`.", "Send both.")
    recipe = own(read_recipe(await _text(form["recipe"])))
    files: dict[str, str] = {}
    for part in form.getlist("files"):
        name = getattr(part, "filename", None) or ""
        logo = bool(name) and name == recipe.showcase.logo
        files[name] = image_text(await _small(part)) if logo else await _text(part)
    both = [form[n] for n in ("table", "children") if n in form]
    names = [getattr(part, "filename", None) or "" for part in both]
    table, *second = [io.BytesIO(await _content(part)) for part in both]
    children = second[0] if second else None
    return Submission(recipe, files, table, children, name=", ".join(filter(None, names)))


async def _content(part: str | UploadFile) -> bytes:
    return part.encode() if isinstance(part, str) else await part.read()


async def _small(part: str | UploadFile) -> bytes:
    content = await _content(part)
    if len(content) > MOST_RECIPE:
        raise Problem(413, "A recipe, look-up file or logo is larger than 1 MB.", "Shorten it.")
    return content


async def _text(part: str | UploadFile) -> str:
    try:
        return (await _small(part)).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Problem(422, "A recipe or file is not UTF-8.", "Save it as UTF-8.") from None


def own(recipe: Recipe, *, asking: bool = False) -> Recipe:
    """The recipe, if it names nothing on the server; files of steps come with the request.

    Args:
        asking: it is about a query, whose rows may stay in their database.

    Raises:
        RecipeError: it names a file, a database, a ledger or a variable of the environment.
    """
    told = recipe.source
    named = {
        "source.file": told.file,
        "source.database": told.database,
        "source.query": told.query,
        "source.stay": told.stay and not asking,
        "children.file": recipe.children.file,
        "children.query": recipe.children.query,
        "privacy.ledger": recipe.privacy.ledger,
        "privacy.anchor": recipe.privacy.anchor,
        "protect.secret": any(step.get("secret") for step in recipe.protect),
    }
    if found := [name for name, value in named.items() if value]:
        raise RecipeError(
            f"The recipe sets {', '.join(f'`{n}`' for n in found)}, which would be the server's.",
            "Leave it out: the table or the query comes with the request.",
        )
    return recipe
