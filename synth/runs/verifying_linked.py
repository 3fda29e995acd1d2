"""What of a release's second table can be checked: keys, promise, and what the recipe says."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from synth.errors import BundleError
from synth.ingest import Loaded
from synth.ingest.linked import load_linked, number_of, usual_of, with_numbers
from synth.lazily import pa
from synth.release import Bundle
from synth.release.bundle import restored_rows
from synth.release.children import TABLE, Children
from synth.runs.recipe import Recipe
from synth.vault import PrivateTable

ASK = "Ask the custodian for the bundle again."


def check_there(bundle: Bundle) -> None:
    """See that a second table is there where the statement speaks of one, and only there.

    Raises:
        BundleError: it is missing, or was added.
    """
    if bool(bundle.statement.linked) and bundle.children is None:
        raise BundleError("The bundle lacks its second table.", ASK)
    if bundle.children is not None and not bundle.statement.linked:
        raise BundleError("The bundle has a second table that the statement does not know of.", ASK)


def check_second(bundle: Bundle, recipe: Recipe | None, copies: int) -> Children | None:
    """The second table of a release, once it hangs together with the first; None for none.

    Raises:
        BundleError: a row belongs to nobody, or somebody has not as many as the first table says;
            or statement, recipe and second table say different things.
    """
    second = bundle.children
    if second is None:
        return None
    if not _promised(second, bundle):
        raise BundleError("The second table promises something else than the first.", ASK)
    if recipe is not None and not _as_asked(second, recipe):
        raise BundleError("`recipe.toml` says something else of the second table.", ASK)
    for copy in range(1, copies + 1):
        end = "" if copy == 1 else f"-{copy}"
        names = f"synthetic{end}.parquet", f"{TABLE}{end}.parquet"
        if names[1] not in bundle.files:
            raise BundleError(f"The bundle lacks {names[1]}.", ASK)
        people = restored_rows(bundle.files[names[0]], bundle.schema)
        rows = restored_rows(bundle.files[names[1]], second.schema)
        if found := second.broken(people, rows):
            raise BundleError(f"The two tables do not hang together: {found}.", ASK)
    return second


def _promised(second: Children, bundle: Bundle) -> bool:
    """Whether what was told of the second table is part of what the statement adds up."""
    own, whole = second.model.statement, bundle.statement
    told = tuple(
        replace(e, purpose=e.purpose.removeprefix(f"{second.name}: "))
        for e in whole.measured
        if e.purpose.startswith(f"{second.name}: ")
    )
    limits = (own.budget.epsilon, own.budget.rows_per_person, whole.linked)
    return own.measured == told and limits == (whole.budget.epsilon, second.most, second.most)


def _as_asked(second: Children, recipe: Recipe) -> bool:
    told = recipe.children
    asked = (told.name, told.of, told.key, told.most, recipe.people.column, number_of(told.name))
    found = (second.name, second.of, second.parent_key, second.most, second.key, second.count)
    always = {second.count, *map(usual_of, second.usual)}
    given = set(second.given.values()) - always
    held = not told.given or given == set(told.given) - always
    return asked == found and held and second.usual == told.usual


def counted_with(
    people: PrivateTable, bundle: Bundle, recipe: Recipe, second: Path | None
) -> PrivateTable:
    """The real people with what a release counts of their linked rows, where it has any.

    Raises:
        BundleError: it has, and the second table is not there.
    """
    told = bundle.children
    if told is None:
        return people
    if second is None:
        raise BundleError(
            f"The release counts rows of {told.name} as well.",
            "Name that table, too: --against people.csv --children visits.csv",
        )
    source = recipe.source
    linked = load_linked(second, told.parent_key, missing=source.missing, choices=source.choices)
    made = with_numbers(
        Loaded(people, {}, 0),
        linked,
        told.key,
        told.name,
        told.most,
        usual=told.usual,
        parts=recipe.children.column,
    )
    return made.private


def said_of_second(bundle: Bundle, second: Children) -> Iterator[str]:
    """What holds of it, in a sentence."""
    rows = pa.parquet.read_metadata(io.BytesIO(bundle.files[f"{TABLE}.parquet"])).num_rows
    yield (
        f"Each of the {rows:,} rows of {second.name} belongs to one of {second.of}, and each of "
        f"{second.of} has as many as it says."
    )
