"""An evidence pack's first page, and its twin for programs."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from synth.evaluate.report import laid_out, table_of
from synth.release.evidence.criteria import Answered, Proof

SHARED = (
    "<strong>Share-safe edition: this pack may be handed on.</strong> All of it is worked out from "
    "the release alone: no figure comes from real rows without the protection that is promised."
)
HELD = (
    "<strong>Custodian's edition: not to be handed on.</strong> It holds exact figures of real "
    "people. Show it to those who decide, and put nothing of it into a release."
)
TITLE = "Evidence for the data protection officer"
HEADS = ("asked by", "to be shown", "answer", "in words")
NOTE = "An answer is that of figures, not of law: whoever decides, decides on them."


def evidence_document(answers: Sequence[Answered], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The pack's answers as plain values."""
    return {"format": "synth evidence", **facts, "answers": [a.document() for a in answers]}


def evidence_page(
    answers: Sequence[Answered], facts: Mapping[str, Any], *, shared: bool, files: Sequence[str]
) -> str:
    """One HTML file that opens offline and prints.

    Args:
        facts: what it is about, by name.
        shared: whether it is the share-safe edition.
        files: of the pack.
    """
    lines = [(a.criterion.name, a.criterion.asks, a.proof.value, a.words) for a in answers]
    facts = {name: value for name, value in facts.items() if value != ""}
    parts = {
        "answers": ("What is asked, and what answers it", table_of(HEADS, lines, NOTE)),
        **{f"on_{a.criterion.key}": (a.criterion.name, _rests(a)) for a in answers},
        "about": ("What it is about", table_of(("what", "value"), list(facts.items()), "")),
        "files": ("What is in the pack", _listed(files)),
    }
    return laid_out(TITLE, SHARED if shared else HELD, parts)


def _rests(answer: Answered) -> str:
    asked = answer.criterion
    said = (
        f"<p>To be shown: {html.escape(asked.asks)} <em>{html.escape(asked.source)}.</em></p>"
        f"<p><strong>{html.escape(answer.proof.value.capitalize())}.</strong> "
        f"{html.escape(answer.words)}</p>"
    )
    rows = [(t.what, t.figure, t.file, t.where) for t in answer.ties]
    rests = table_of(("measured or promised", "figure", "file", "where"), rows, "It rests on")
    return said + rests + (SIGN if answer.proof is Proof.PERSON else "")


SIGN = (
    "<p>Determined by (name, qualification): ______________________</p>"
    "<p>The risk is: ______________________ Date, signature: ______________________</p>"
)


def _listed(files: Sequence[str]) -> str:
    told = "".join(f"<li>{html.escape(name)}</li>" for name in files)
    return (
        f"<ul>{told}</ul><p><code>SHA256SUMS</code> has the checksum of each; "
        "<code>synth verify</code> on the pack compares them, and the signature where there is one."
        "</p>"
    )
