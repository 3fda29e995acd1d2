"""A run on a server: the recipe and its table go there, the release comes back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from synth.errors import IngestError, RecipeError, RemoteError
from synth.lazily import httpx
from synth.progress import Progress
from synth.runs.recipe import Recipe
from synth.runs.recipe_file import recipe_text

PAUSE = 0.5  # seconds between two looks at a job
PATIENCE = 120.0  # seconds for one answer
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Remote:
    """A server's REST API.

    Args:
        client: set up with the address and the token, see `connected`.
    """

    client: httpx.Client

    def run(self, recipe: Recipe, data: Path | None, folder: Path, progress: Progress) -> bytes:
        """The release that a recipe leads to, as a zip file; the server forgets the job.

        Args:
            data: a table instead of the recipe's own.
            folder: what a relative path in the recipe is relative to.

        Raises:
            RecipeError: the recipe needs something that cannot be sent.
            IngestError: there is no such table.
            RemoteError: the server refuses, fails, or cannot be reached.
        """
        progress(0.0, "sending the table")
        job = f"/jobs/{self._begin(recipe, data, folder)['id']}"
        try:
            self._wait(job, progress)
            return self._ask("GET", f"{job}/release").content
        finally:
            with suppress(RemoteError):  # it forgets by itself, only later
                self._ask("DELETE", job)

    def _begin(self, recipe: Recipe, data: Path | None, folder: Path) -> dict[str, Any]:
        told = recipe.source
        sent = sendable(recipe)
        if told.database and data is None:
            query = {"recipe": recipe_text(sent), "database": told.database, "query": told.query}
            return dict(self._ask("POST", "/jobs", json=query).json())
        table = folder / told.file if data is None else data
        if not table.is_file():
            raise IngestError(f"There is no file `{table.name}`.", "Check the path.")
        with table.open("rb") as rows:
            parts: list[tuple[str, tuple[str, str | bytes | IO[bytes]]]] = [
                ("recipe", ("recipe.toml", recipe_text(sent))),
                ("table", (table.name, rows)),
            ]
            parts += [("files", (n, _content(folder / n))) for n in looked_up(recipe)]
            return dict(self._ask("POST", "/jobs", files=parts).json())

    def _wait(self, job: str, progress: Progress) -> None:
        while (told := self._ask("GET", job).json())["state"] != "finished":
            if told["state"] == "failed":
                raise RemoteError(told["error"]["detail"], told["error"]["remedy"])
            progress(told["progress"], told["doing"])
            time.sleep(PAUSE)
        progress(1.0, "done")

    def _ask(self, verb: str, path: str, **content: Any) -> httpx.Response:
        try:
            answer = self.client.request(verb, f"/api/v1{path}", **content)
        except httpx.HTTPError as error:
            raise RemoteError(
                f"The server at {self.client.base_url} cannot be reached ({type(error).__name__}).",
                "Check the address, and whether the server runs.",
            ) from None
        if answer.is_success:
            return answer
        if answer.headers.get("content-type") == "application/problem+json":
            problem = answer.json()
            raise RemoteError(problem["detail"], problem["remedy"])
        raise RemoteError(
            f"The server answered {answer.status_code}, and not as synth would.",
            "Check the address.",
        )


@contextmanager
def connected(server: str, token: str) -> Iterator[Remote]:
    """A server, by its address.

    Raises:
        RemoteError: the way there is not encrypted, it is no address, or the token is none.
    """
    try:
        address = httpx.URL(server)
    except httpx.InvalidURL:
        address = httpx.URL("")
    if address.scheme != "https" and (address.scheme, address.host in LOOPBACK) != ("http", True):
        raise RemoteError(
            f"`{server}` is not the address of an encrypted server, and real rows would go there.",
            "Give an address that begins with https://; http:// is for this machine only.",
        )
    if not (token.isascii() and token.isprintable()):
        raise RemoteError("The token has characters that no token has.", "Copy it again.")
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=address, headers=headers, timeout=PATIENCE) as client:
        yield Remote(client)


def sendable(recipe: Recipe) -> Recipe:
    """The recipe without its source, which is sent beside it.

    Raises:
        RecipeError: it needs a ledger or a database that only this machine reaches, or rows that
            may not leave.
    """
    if recipe.privacy.ledger:
        raise RecipeError(
            "The recipe charges a lasting ledger, which a server cannot reach.",
            "Run it here, or take `ledger` and `anchor` out of [privacy].",
        )
    told = recipe.source
    if told.stay and not told.database:
        raise RecipeError(
            "The recipe leaves the rows where they are, and a server would need them sent.",
            "Run it here, or take `stay` out of [source].",
        )
    if recipe.children.there:
        raise RecipeError(
            "The recipe has a second table, and `--server` sends one.",
            "Run it here, or send both to the server's REST API.",
        )
    if "://" in recipe.source.database:
        raise RecipeError(
            "The recipe gives a database by its address, and a server asks only its own.",
            "Give the name the server has for it in `database`, or run the recipe here.",
        )
    return recipe.model_copy(update={"source": told.reading.model_copy(update={"stay": told.stay})})


def looked_up(recipe: Recipe) -> list[str]:
    """Files that steps and the showcase look up, as the recipe names them."""
    named = [str(step["file"]) for step in recipe.protect if step.get("file")]
    return sorted({*named, *filter(None, [recipe.showcase.logo])})


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise RecipeError(f"`{path.name}` is not there.", "Check the path.") from None
