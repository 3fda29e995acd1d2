"""A showcase from a release bundle, and from nothing else."""

from __future__ import annotations

import base64
import json

from synth.errors import BundleError
from synth.incoming import Refusal, document, reading
from synth.learning.records import RecordModel
from synth.release.bundle import Bundle, consistent
from synth.release.counts import aggregates_of
from synth.release.papers.standing import standings
from synth.release.papers.tally import tallied
from synth.release.showcase.page import Look, page
from synth.wording import so_many

LOOK = "showcase.json"
DAMAGED = Refusal(BundleError, "The look of the showcase is damaged.", "Ask for the bundle again.")


def look_file(look: Look) -> dict[str, bytes]:
    """What the custodian chose, as a file of the bundle."""
    document = {
        "title": look.title,
        "text": look.text,
        "attributes": list(look.attributes),
        "logo": base64.b64encode(look.logo).decode(),
        "colour": look.colour,
        "dark": look.dark,
        "people_per_row": look.people_per_row,
    }
    return {LOOK: json.dumps(document, indent=1, ensure_ascii=False).encode()}


def look_of(bundle: Bundle) -> Look:
    """What the custodian chose; the usual look where nothing was chosen.

    Raises:
        BundleError: the choice is damaged.
    """
    title = str(bundle.facts.get("title") or "Data showcase")
    if LOOK not in bundle.files:
        return Look(title=title)
    with reading(DAMAGED):
        told = document(bundle.files[LOOK], DAMAGED)
        return Look(
            title=str(told["title"]) or title,
            text=str(told["text"]),
            attributes=tuple(map(str, told["attributes"])),
            logo=base64.b64decode(told["logo"]),
            colour=str(told["colour"]),
            dark=str(told["dark"]),
            people_per_row=float(told["people_per_row"]),
        )


@consistent()
def showcase(bundle: Bundle, look: Look | None = None, *, start: str = "") -> str:
    """The page of a bundle, as one HTML document.

    Args:
        look: another look than the custodian chose.
        start: where it opens, as after the `#` of its address.
    """
    return page(
        bundle.rows,
        bundle.schema,
        bundle.statement,
        aggregates_of(bundle),
        look or look_of(bundle),
        gaps=isinstance(bundle.model, RecordModel),
        start=start,
        signed_by=bundle.signed_by,
        about=bundle.about,
        standings=standings(tallied(bundle.model, bundle.rows)),
        beside=_beside(bundle),
    )


def _beside(bundle: Bundle) -> str:
    """What the release holds of a second table, which the page does not show."""
    if (second := bundle.children) is None:
        return ""
    return (
        f"This page shows the {second.of}. The release also holds "
        f"{so_many(len(bundle.children_rows), 'row')} of their {second.name}, in "
        f"children.csv: how many somebody has is the attribute {second.count}."
    )
