"""The custodian's report of a run: every measure, with what the gate said and why it left.

Exact, and for the custodian's eyes: no part of it may enter a release.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from synth.evaluate.evaluation import Evaluation
from synth.evaluate.report import report, table_of
from synth.runs.gate import Objection, ready

OPEN, LEFT, LOOK = "stops it", "left with a reason", "to be looked at"


def reasoned(lines: Sequence[Objection], despite: str) -> tuple[Objection, ...]:
    """The lines of a gate, with a reason that was given for whatever is open."""
    told = " ".join(despite.split())
    return tuple(replace(x, reason=told) if x.open and told else x for x in lines)


def custodian_page(found: Evaluation, lines: Sequence[Objection], title: str = "") -> str:
    """The report as one HTML file that opens offline and prints."""
    first = {"gate": ("What stood against the release", _gate(lines))}
    head = f"{title}: report for the custodian" if title else "Report for the custodian"
    return report(found, head, first)


def custodian_document(found: Evaluation, lines: Sequence[Objection]) -> dict[str, Any]:
    """The same as plain values, for JSON."""
    told = [
        {
            "key": x.key,
            "what": x.what,
            "why": x.why,
            "state": _state(x),
            "reason": x.reason,
            "fixes": [fix.words for fix in x.fixes],
        }
        for x in lines
    ]
    return {
        "format": "synth custodian's report",
        "ready": ready(lines),
        "gate": told,
        **found.document(),
    }


def _state(line: Objection) -> str:
    return LOOK if not line.stops else OPEN if line.open else LEFT


def _gate(lines: Sequence[Objection]) -> str:
    """Whether it may leave, and each line with its fixes or the reason that was given."""
    left = sum(x.open for x in lines)
    given = [x for x in lines if x.reason]
    said = (
        "Nothing stood against it."
        if not lines
        else f"{left} things stop it."
        if left > 1
        else "One thing stops it."
        if left
        else "Nothing stops it" + (", for the reasons given." if given else ".")
    )
    rows = [
        (x.what, x.why, _state(x), x.reason, "; or ".join(fix.words for fix in x.fixes))
        for x in lines
    ]
    heads = ("what", "why", "it", "reason given", "what would help")
    return f"<p>{html.escape(said)}</p>" + (table_of(heads, rows, "") if rows else "")
