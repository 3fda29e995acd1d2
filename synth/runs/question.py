"""A query that is asked of a database by a recipe, and how a repeated one is recognised."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from synth.ingest import Query
from synth.runs.audit import Asked
from synth.runs.recipe import Recipe
from synth.runs.recipe_file import recipe_text


@dataclass(frozen=True)
class Question:
    """A query, and whom it is about.

    >>> from synth.ingest import read_query
    >>> one, other = (read_query(q, "sqlite") for q in ("SELECT a FROM t", "select  A from T"))
    >>> Question("hospital", one).spelt == Question("hospital", other).spelt
    True

    Args:
        database: its name, or its address without the password.
    """

    database: str
    query: Query

    @property
    def spelt(self) -> tuple[str, str]:
        """The same however the query is spelt."""
        return self.database, self.query.normal

    def asked(self, recipe: Recipe) -> Asked:
        """The query as a run of a recipe asks it, for the audit log."""
        return Asked(self.database, self.query.text, recipe.method.name)

    def key(self, recipe: Recipe, files: Mapping[str, str] | None = None) -> str:
        """The same for every run that would ask the same and release the same.

        Args:
            files: what steps and the showcase look up, by name.
        """
        source = recipe.source.model_copy(update={"query": self.query.normal})
        release = recipe.release.model_copy(update={"exceptions": {}})  # nothing is made by them
        asked = recipe.model_copy(update={"source": source, "release": release})
        text = recipe_text(asked)
        return json.dumps([self.database, text, sorted((files or {}).items())])
