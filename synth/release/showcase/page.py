"""One HTML file that a recipient opens from disk: no network, no installation, no code of others.

Everything is in the file: rows as dictionary and packed codes (gzip, base64), reported counts as
the trie they are, styles and scripts allowed by their hashes alone.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from string import Template
from typing import Any

from synth.budget import Statement
from synth.errors import NotReleasable
from synth.lazily import compiled, np, pd
from synth.learning.aggregates import Aggregates
from synth.release.papers.about import NOTHING_SAID, About
from synth.release.papers.standing import OTHER_WORDS, ColumnStanding
from synth.release.showcase.contents import (
    Attribute,
    ReportedAxis,
    accuracy,
    reported_axes,
    shown_attributes,
)
from synth.release.showcase.explained import about as explained
from synth.release.showcase.explained import signature_line
from synth.schema import Schema

SCRIPTS = ("data", "model", "words", "page", "axis", "explore", "pairs", "rows", "main")
COLOUR = compiled(r"#[0-9a-fA-F]{6}")
IMAGES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"<svg": "image/svg+xml"}
TYPES = {"u8": "<u1", "u16": "<u2", "u32": "<u4"}  # as the script names them, and as numpy does


@dataclass(frozen=True)
class Look:
    """What the custodian chooses about a showcase.

    Args:
        text: a sentence or two under the title.
        attributes: names, in order; empty for all.
        logo: a PNG, JPEG or SVG image; empty for none.
        colour: of the bars, as `#rrggbb`; `dark` of the bars on a dark page.
        people_per_row: how many people a synthetic row stands for.

    Raises:
        NotReleasable: a colour or the logo cannot be used.
    """

    title: str = "Data showcase"
    text: str = ""
    attributes: tuple[str, ...] = ()
    logo: bytes = field(default=b"", repr=False)
    colour: str = "#2f7391"
    dark: str = "#6fb3d0"
    people_per_row: float = 1.0

    def __post_init__(self) -> None:
        for colour in (self.colour, self.dark):
            if not COLOUR.fullmatch(colour):
                raise NotReleasable(
                    f"`{colour}` is no colour.", "Write six digits, such as #2f7391."
                )
        if self.logo and self.logo_type is None:
            raise NotReleasable(
                f"The logo ({len(self.logo):,} bytes) is no PNG, JPEG or SVG image.",
                "Choose another file.",
            )

    @property
    def logo_type(self) -> str | None:
        """The media type of the logo, by its content."""
        start = self.logo.lstrip()[:200]
        return next((t for mark, t in IMAGES.items() if start.startswith(mark)), None)


def page(
    rows: pd.DataFrame,
    schema: Schema,
    statement: Statement,
    aggregates: Aggregates | None = None,
    look: Look | None = None,
    *,
    gaps: bool = False,
    start: str = "",
    signed_by: str = "",
    about: About = NOTHING_SAID,
    standings: Sequence[ColumnStanding] = (),
    beside: str = "",
) -> str:
    """The showcase of a release, as one HTML document.

    Args:
        signed_by: the fingerprint of the key that the release was signed with; "" for none.
        rows: synthetic rows; never real ones.
        gaps: whether a missing value only means that a row leaves the attribute open.
        start: where it opens, as after the `#` of its address.
        about: what the custodian says of the release.
        standings: what can be said of each column from the release alone.
        beside: a sentence about what the release holds and the page does not show.

    Raises:
        NotReleasable: an attribute that was chosen cannot be shown.
    """
    look = look or Look()
    attributes = shown_attributes(rows, schema, aggregates, look.attributes)
    packed, stands = _Arrays(), {s.column.name: s for s in standings}
    facts = {
        "rows": len(rows),
        "file": "synthetic-rows.csv",
        "gaps": gaps,
        "start": start,
        "signedBy": signed_by,
        "beside": beside,
        "peoplePerRow": look.people_per_row,
        "attributes": [_attribute(a, packed, stands.get(a.name)) for a in attributes],
        "reported": None if aggregates is None else _reported(attributes, aggregates, packed),
        "accuracy": []
        if aggregates is None
        else [vars(a) for a in accuracy(attributes, aggregates, look.people_per_row)],
    }
    told = explained(statement, aggregates, standings, facts, about)
    return _filled(look, statement, told, facts, packed, signature_line(about, beside))


def _filled(
    look: Look,
    statement: Statement,
    about: str,
    facts: Mapping[str, Any],
    packed: _Arrays,
    whose: str,
) -> str:
    style = Template(_static("page.css")).substitute(accent=look.colour, accent_dark=look.dark)
    script = _script()
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return Template(_static("page.html")).substitute(
        policy=policy,
        title=html.escape(look.title),
        text=html.escape(look.text),
        logo=_logo(look),
        rows=html.escape(statement.guarantee.rows),
        guarantee=html.escape(statement.guarantee.short),
        about=about,
        whose=whose,
        facts=json.dumps(facts, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
        arrays=packed.text(),
        style=style,
        script=script,
    )


def _script() -> str:
    body = "\n".join(_static(f"{name}.js") for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{body}\n}})();\n'


def script_hash() -> str:
    """The one script of every showcase, as a content policy names it."""
    return _hash(_script())


def _static(name: str) -> str:
    return files(__package__).joinpath("static", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _logo(look: Look) -> str:
    if not look.logo:
        return ""
    data = base64.b64encode(look.logo).decode()
    return f'<img alt="" src="data:{look.logo_type};base64,{data}">'


class _Arrays:
    """Integer arrays one after another, each in the smallest type and aligned to 8 bytes."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    def add(self, values: Any) -> tuple[str, int, int]:
        """Type, start in bytes and length of the array once it is unpacked."""
        array = np.asarray(values)
        most = int(array.max(initial=0))
        name = "u8" if most < 1 << 8 else "u16" if most < 1 << 16 else "u32"
        assert most < 1 << 32, "codes, keys and counts of people fit into 32 bits"
        data = array.astype(TYPES[name]).tobytes()
        start = self._length
        self._parts.append(data + b"\0" * (-len(data) % 8))
        self._length += len(self._parts[-1])
        return name, start, int(array.size)

    def text(self) -> str:
        """All of it, packed; the same arrays always give the same text."""
        return base64.b64encode(gzip.compress(b"".join(self._parts), 9, mtime=0)).decode()


def _attribute(
    attribute: Attribute, packed: _Arrays, stands: ColumnStanding | None
) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": attribute.name,
        "kind": attribute.kind.value,
        "meaning": attribute.meaning,
        "labels": _shown_labels(attribute),
        "ordered": attribute.ordered,
        "missing": attribute.missing,
        "codes": packed.add(attribute.codes),
    }
    if attribute.edges:
        facts |= {"edges": attribute.edges, "unit": attribute.unit}
    if attribute.other >= 0:
        facts |= {"other": attribute.other, "gathered": attribute.labels[attribute.other]}
    if stands is not None:
        facts |= {"standing": stands.standing.name.lower(), "stands": stands.plain}
    if attribute.starts is not None:
        facts["starts"] = packed.add(attribute.starts)
    if attribute.value_codes is not None:
        facts |= {"values": attribute.values, "valueCodes": packed.add(attribute.value_codes)}
    return facts


def _shown_labels(attribute: Attribute) -> tuple[str, ...]:
    """Labels as a reader takes them: what is gathered is no value of its own."""
    if attribute.other < 0:
        return attribute.labels
    shown = list(attribute.labels)
    shown[attribute.other] = OTHER_WORDS
    return tuple(shown)


def _reported(
    attributes: Sequence[Attribute], aggregates: Aggregates, packed: _Arrays
) -> dict[str, Any]:
    axes = reported_axes(attributes, aggregates)
    shown = [
        (block, found)
        for block, found in aggregates.found.blocks.items()
        if all(axis in axes for axis in block)
    ]
    return {
        "length": aggregates.length,
        "resolution": aggregates.resolution,
        "protection": aggregates.protection.value,
        "people": aggregates.people,
        "sigma": max(aggregates.sigma, default=0.0),
        "sizes": aggregates.found.sizes,
        "axes": [_axis(axes.get(axis)) for axis in range(len(aggregates.names))],
        "blocks": [(b, packed.add(f.keys), packed.add(f.counts)) for b, f in shown],
    }


def _axis(place: ReportedAxis | None) -> dict[str, Any]:
    if place is None:
        return {"attribute": -1, "label": -1, "states": []}
    states = place.states if place.label < 0 else None
    return {"attribute": place.attribute, "label": place.label, "states": states}
