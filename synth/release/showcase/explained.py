"""What a recipient has to know, in words: what this is, who is protected how, how to read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from synth.budget import Statement
from synth.budget.guarantee import DifferentiallyPrivate, Guarantee, KAnonymous
from synth.learning.aggregates import Aggregates
from synth.release.showcase.contents import Attribute
from synth.release.signature import signed_words
from synth.vault import Protection


def about(
    statement: Statement,
    aggregates: Aggregates | None,
    attributes: Sequence[Attribute],
    facts: Mapping[str, Any],
) -> str:
    """The view *About & privacy* as HTML.

    Args:
        facts: of the page: its `rows`, whether they have `gaps`, and whom it is `signedBy`.
    """
    parts = [
        _part("What this is", _what(facts["rows"], facts["gaps"])),
        _part("What this is not", _what_not(statement.guarantee)),
        _part("How the people are protected", _protected(statement.guarantee, aggregates)),
        _part("Whose it is", [signed_words(facts["signedBy"])]),
        _part("Two numbers for every bar", _two_numbers(aggregates)),
        _attribute_table(attributes),
    ]
    return "".join(parts)


def _part(title: str, paragraphs: Sequence[str]) -> str:
    return f"<h2>{escape(title)}</h2>" + "".join(f"<p>{escape(p)}</p>" for p in paragraphs)


def _what(rows: int, gaps: bool) -> list[str]:
    return [
        f"This page holds {rows:,} synthetic rows: invented records, drawn so that together they "
        "look like the real table they stand for. Select bars to filter them, compare two "
        "attributes, look at rows and download them.",
        *(
            [
                "Many rows have gaps: an attribute is left open where too few real people would "
                "stand behind the whole row. A gap says nothing, and the rows are therefore more "
                "than the people; the totals of the values fit."
            ]
            if gaps
            else []
        ),
        "The page is one file. It works without a network, sends nothing anywhere and keeps "
        "nothing after it is closed.",
    ]


def _what_not(guarantee: Guarantee) -> list[str]:
    return [
        f"{guarantee.rows} Take no row for somebody you know.",
        "The counts are not official figures. Patterns among few people, or among many attributes "
        "at once, are the least certain; ask the custodian before you act on them.",
    ]


def _protected(guarantee: Guarantee, aggregates: Aggregates | None) -> list[str]:
    found = [f"{guarantee.short}. {guarantee.plain}"]
    if isinstance(guarantee, KAnonymous):
        found.append(
            "This suits a release that is made once. Releases of the same people made again and "
            "again can be compared with each other."
        )
    if isinstance(guarantee, DifferentiallyPrivate):
        found.append("The promise covers everything on this page together.")
    if aggregates is not None and aggregates.statement.guarantee != guarantee:
        told = aggregates.statement.guarantee
        found.append(f"For the reported counts: {told.short}. {told.plain}")
    return found


def _two_numbers(aggregates: Aggregates | None) -> list[str]:
    estimated = (
        "Estimated (the broad bar) is counted in the synthetic rows. There is an estimate for "
        "every selection, however deep."
    )
    if aggregates is None:
        return [estimated, "No counts of real people were released with these rows."]
    k, length = aggregates.resolution, aggregates.length
    how = {
        Protection.ROUNDED: f"rounded down to a multiple of {k}; groups of fewer than {k} people "
        "are not reported",
        Protection.WITHHELD: f"exact; groups of fewer than {k} people are not reported, nor is "
        "anything from which such a number could be worked out",
        Protection.NOISY: "changed by random noise, so that no single person can be told from "
        f"them; usually within ±{2 * max(aggregates.sigma, default=0.0):.0f}",
    }[aggregates.protection]
    return [
        estimated,
        f"Reported (the narrow bar) is counted among real people, {how}. Reported numbers exist "
        f"for up to {length} attributes together, the bar's own included: after {length - 1} "
        "selections in other attributes there is one, after that there is none.",
        "Where both are given, the reported one is the better. Hover over a bar, or move to it "
        "with the Tab and arrow keys, to read how far each can be trusted and why one is absent.",
    ]


def _attribute_table(attributes: Sequence[Attribute]) -> str:
    lines = "".join(
        f'<tr><th scope="row">{escape(a.name)}</th><td>{escape(a.meaning or "–")}</td>'
        f"<td>{_shape(a)}</td></tr>"
        for a in attributes
    )
    head = (
        '<tr><th scope="col">Name</th><th scope="col">Meaning</th><th scope="col">Values</th></tr>'
    )
    return (
        f'<h2>Attributes</h2><div class="scroll" tabindex="0" role="group" aria-label="Attributes">'
        f"<table><thead>{head}</thead><tbody>{lines}</tbody></table></div>"
    )


def _shape(attribute: Attribute) -> str:
    kind = {"category": "values", "number": "intervals", "date": "stretches of time"}
    several = ", several per row" if attribute.starts is not None else ""
    return f"{len(attribute.labels)} {kind[attribute.kind.value]}{several}"
