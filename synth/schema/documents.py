"""Domains from the plain values that JSON and TOML hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from synth.errors import SchemaError
from synth.schema.domain import Categories, Domain, Origin, Text
from synth.schema.examples import spelling_of
from synth.schema.intervals import Dates, Numbers

_MADE_BY: Mapping[str, Any] = {c.name: c for c in (Categories, Numbers, Dates, Text)}


def domain_of(document: Mapping[str, Any]) -> Domain:
    """The domain a document describes. Raises SchemaError for one that is not known."""
    kind = _MADE_BY.get(str(document.get("domain")))
    if kind is None:
        raise SchemaError(
            f"There is no domain called `{document.get('domain')}`.",
            f"Choose one of {', '.join(_MADE_BY)}.",
        )
    given = {k: v for k, v in document.items() if k != "domain"}
    given["origin"] = Origin(given.get("origin", "declared"))
    for listed in ("values", "edges", "codes", "bounds", "also"):
        if listed in given:
            given[listed] = tuple(given[listed])
    if "written" in given:
        given["spelling"] = spelling_of(str(given.pop("written")), whole=given.get("decimals") == 0)
    made: Domain = kind(**given)
    return made
