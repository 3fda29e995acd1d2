"""What a recipient has to know, in words: what this is, who is protected how, how to read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from synth.budget import Statement
from synth.budget.guarantee import DifferentiallyPrivate, Guarantee, KAnonymous
from synth.lazily import compiled
from synth.learning.aggregates import Aggregates
from synth.release.papers.about import About
from synth.release.papers.readme import share
from synth.release.papers.standing import ColumnStanding, Standing, values_of
from synth.release.signature import signed_words
from synth.vault import Protection
from synth.wording import so_many

MAIL = compiled(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
ADDRESS = compiled(r"https?://[^\s\"'<>]+")
HEAD = ("Name", "Meaning", "Values", "Empty", "What is left of it", "Do not use it for")
FROM_ALONE = (
    "What can be said of each attribute from this release alone: its rows, its model and the noise "
    "it names. How near one is to the real table, only the custodian can tell."
)


def about(
    statement: Statement,
    aggregates: Aggregates | None,
    columns: Sequence[ColumnStanding],
    facts: Mapping[str, Any],
    said: About,
) -> str:
    """The view *About & privacy* as HTML.

    Args:
        columns: what can be said of each from the release alone.
        facts: of the page: its `rows`, whether they have `gaps`, whom it is `signedBy`, and what
            the release holds `beside` them.
        said: what the custodian says of the release.
    """
    weak = [c for c in columns if c.standing in (Standing.NOTHING, Standing.LITTLE, Standing.OPEN)]
    parts = [
        _part("What this is", _what(facts, said, weak)),
        _part("What this is not", _what_not(statement.guarantee)),
        _custodian(said),
        _attribute_table(columns) if columns else "",
        _part("How the people are protected", _protected(statement.guarantee, aggregates)),
        _part("Whose it is", [signed_words(facts["signedBy"])]),
        _part("Two numbers for every bar", _two_numbers(aggregates)),
    ]
    return "".join(parts)


def signature_line(said: About, beside: str = "") -> str:
    """Who publishes it, whom to ask, and what else there is, for the head of the page."""
    version = f"Version {said.version}" if said.version else ""
    told = [escape(t) for t in (said.publisher, version, said.date, said.licence) if t]
    if said.contact:
        told.append(f"Ask the custodian: {_linked(said.contact)}")
    lines = [" · ".join(told), escape(beside)]
    return "".join(f'<p class="whose">{line}</p>' for line in lines if line)


def _linked(contact: str) -> str:
    """Whom to ask, to be clicked where it is an address."""
    place = f"mailto:{contact}" if MAIL.fullmatch(contact) else contact
    text = escape(contact)
    if place == contact and not ADDRESS.fullmatch(contact):
        return text
    return f'<a href="{escape(place)}" rel="noreferrer">{text}</a>'


def _custodian(said: About) -> str:
    if not said.contact:
        return ""
    whom = f"{escape(said.publisher)}: " if said.publisher else ""
    return f"<h2>Ask the custodian</h2><p>{whom}{_linked(said.contact)}</p>"


def _part(title: str, paragraphs: Sequence[str]) -> str:
    return f"<h2>{escape(title)}</h2>" + "".join(f"<p>{escape(p)}</p>" for p in paragraphs)


def _what(facts: Mapping[str, Any], said: About, weak: Sequence[ColumnStanding]) -> list[str]:
    return [
        *([said.description] if said.description else []),
        f"This page holds {facts['rows']:,} synthetic rows: invented records, drawn from a model "
        f"of the real table they stand for.{_weak(weak)} Select bars to filter them, compare two "
        "attributes, look at rows and download them.",
        *(
            [
                "Many rows have gaps: an attribute is left open where too few real people would "
                "stand behind the whole row. A gap says nothing: take shares of the rows that do "
                "not leave it open, and the reported counts where there are some."
            ]
            if facts["gaps"]
            else []
        ),
        *([facts["beside"]] if facts["beside"] else []),
        "The page is one file. It works without a network, sends nothing anywhere and keeps "
        "nothing after it is closed.",
    ]


def _weak(columns: Sequence[ColumnStanding]) -> str:
    """Of which attributes next to nothing is left; where that is none, what may be expected."""
    gone = [c.column.name for c in columns if c.standing is Standing.NOTHING]
    little = [c.column.name for c in columns if c.standing is Standing.LITTLE]
    told = [f" Nothing is left of {', '.join(gone)}."] if gone else []
    told += [f" Little is left of {', '.join(little)}."] if little else []
    scarce = [c.column.name for c in columns if c.standing is Standing.OPEN]
    told += [f" Most rows leave {', '.join(scarce)} open."] if scarce else []
    return "".join(told) or " Together they are to look like it."


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
        f"for up to {so_many(length, 'attribute')} together, the bar's own included: after "
        f"{length - 1} "
        "selections in other attributes there is one, after that there is none.",
        "Where both are given, the reported one is the better. Hover over a bar, or move to it "
        "with the Tab and arrow keys, to read how far each can be trusted and why one is absent.",
    ]


def _attribute_table(columns: Sequence[ColumnStanding]) -> str:
    head = "".join(f'<th scope="col">{h}</th>' for h in HEAD)
    lines = "".join(map(_attribute_line, columns))
    return (
        f"<h2>Attributes</h2><p>{escape(FROM_ALONE)}</p>"
        '<div class="scroll" tabindex="0" role="group" aria-label="Attributes">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _attribute_line(told: ColumnStanding) -> str:
    column = told.column
    unit = f" ({column.unit})" if column.unit else ""
    gaps = "" if told.gaps is None else share(told.gaps)
    cells = (
        f"{column.meaning or '–'}{unit}",
        values_of(column),
        gaps,
        told.plain,
        "; ".join(told.not_for),
    )
    pairs = zip(HEAD[1:], cells, strict=True)
    rest = "".join(f'<td data-head="{head}">{escape(cell)}</td>' for head, cell in pairs)
    return f'<tr><th scope="row">{escape(column.name)}</th>{rest}</tr>'
