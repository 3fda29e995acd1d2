"""`faux(database).read_sql("SELECT …")`: what `pandas.read_sql` gives, but of nobody.

The query runs where the rows are; what comes back is a synthetic version of its answer. The same
query asked again of the same object is answered from what was already released, for free.
"""

from __future__ import annotations

import sqlite3
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth.errors import QueryError
from synth.ingest import Database, Limits, Query, read_query
from synth.ingest.declaration import ColumnPart
from synth.lazily import pd, sa
from synth.release import Release
from synth.runs.audit import Audit, Ended
from synth.runs.memory import Memory
from synth.runs.question import Question
from synth.runs.recipe import MethodPart, People, Privacy, Recipe, ReleasePart, Source
from synth.runs.running import run


@dataclass
class Faux:
    """A database of which only synthetic answers are given.

    Args:
        audit: where each query is written down; nowhere, if left out.
        account: the lasting ledger and the people whom all queries are charged to, where their
            recipe names no ledger of its own.
        memory: what was released, so that a repeated query costs nothing.
    """

    database: Database
    audit: Audit | None = None
    account: Recipe = field(default_factory=Recipe, repr=False)
    memory: Memory[Release] = field(default_factory=Memory, repr=False)

    def read_sql(
        self,
        sql: str,
        method: str = "adaptive",
        *,
        epsilon: float = 1.0,
        rows: int = 0,
        seed: int = 1,
        columns: tuple[ColumnPart, ...] = (),
        **settings: Any,
    ) -> pd.DataFrame:
        """A synthetic version of the answer to `sql`; its `attrs` carry the privacy statement.

        Args:
            rows: how many; 0 for about as many as the real answer has, or the query's LIMIT.
            columns: what is declared of the answer's columns, as in a recipe.
            settings: those of the method.

        Raises:
            QueryError: the query may not run or cannot be answered.
            SynthError: the method cannot be run on the answer.
        """
        recipe = Recipe(
            column=columns,
            privacy=Privacy(epsilon=epsilon),
            method=MethodPart.model_validate({"name": method, **settings}),
            release=ReleasePart(rows=rows, seed=seed),
        )
        return self.arranged(sql, self.release(sql, recipe))

    def arranged(self, sql: str, release: Release) -> pd.DataFrame:
        """The rows of a release in the order of the query it answers, and as many."""
        frame = read_query(sql, self.database.dialect).arranged(release.tables[0])
        frame.attrs["privacy"] = str(release.statement)
        return frame

    def release(self, sql: str, recipe: Recipe, *, folder: Path = Path()) -> Release:
        """What a recipe makes of the answer to `sql`; its own source is not read.

        Args:
            folder: what a relative path in the recipe is relative to.

        Raises:
            QueryError: the query may not run or cannot be answered.
            SynthError: the recipe does not fit the answer.
        """
        query = read_query(sql, self.database.dialect)
        recipe = self._charged(recipe).following(query)
        missing = recipe.source.missing
        source = Source(database=self.database.public, query=query.text, missing=missing)
        asked = recipe.model_copy(update={"source": source})
        return self._release(query, asked, folder)

    def _charged(self, recipe: Recipe) -> Recipe:
        """The recipe, charged to the account that this database was opened with."""
        if recipe.privacy.ledger or not self.account.privacy.ledger:
            return recipe
        own, told = self.account.people, self.account.privacy
        whom = {"population": own.population, "other_than": own.other_than}
        kept = {n: getattr(told, n) for n in ("ledger", "total", "total_delta", "anchor")}
        people = recipe.people.model_copy(update=whom)
        return recipe.model_copy(
            update={"people": people, "privacy": recipe.privacy.model_copy(update=kept)}
        )

    def _release(self, query: Query, recipe: Recipe, folder: Path) -> Release:
        question = Question(self.database.shown, query)
        asked, key = question.asked(recipe), question.key(recipe)
        if (known := self.memory.recall(key)) is not None:
            if self.audit is not None:
                self.audit.write(asked.ending(Ended.REPEATED))
            return known
        with nullcontext(_unheard) if self.audit is None else self.audit.following(asked) as told:
            release = run(recipe, self.database.answer(query), folder=folder).release
            told(release.statement.cost)
        self.memory.keep(key, release)
        return release


def _unheard(epsilon: float | None) -> None:
    """What a release cost, where no log is kept."""


def faux(
    source: str | sa.Engine | sqlite3.Connection,
    *,
    limits: Limits | None = None,
    audit: Path | str | None = None,
    ledger: Path | str | None = None,
    population: str = "",
    total: float = 10.0,
    anchor: Path | str | None = None,
    other_than: tuple[str, ...] = (),
) -> Faux:
    """A database, by its address, its SQLAlchemy engine or its sqlite3 connection.

    Args:
        ledger: the folder of a lasting ledger, so that the answers to all queries add up.
        population: the name of the people in the database, under which they do.
        total: the epsilon that all answers may come to.
        anchor: a file elsewhere that shows if the ledger was rolled back.
        other_than: accounts of other people whose tables look like an answer.

    Raises:
        QueryError: it is none of these, or lies in memory only.
    """
    database = Database(_address(source), limits or Limits())
    account = Recipe(
        people=People(population=population, other_than=other_than),
        privacy=Privacy(ledger=_place(ledger), anchor=_place(anchor), total=total),
    )
    return Faux(database, None if audit is None else Audit(Path(audit)), account)


def _place(path: Path | str | None) -> str:
    return "" if path is None else str(Path(path).expanduser().absolute())


def _address(source: object) -> str:
    if isinstance(source, str):
        return source
    if isinstance(source, sqlite3.Connection):
        path = source.execute("PRAGMA database_list").fetchone()[2]
        if path:
            return f"sqlite:///{path}"
        raise QueryError("This database lies in memory only.", "Save it to a file first.")
    if isinstance(source, sa.Engine):
        return source.url.render_as_string(hide_password=False)
    raise QueryError(
        f"A {type(source).__name__} is no database.",
        "Give an address such as sqlite:///file.db, or a SQLAlchemy engine.",
    )
