"""A report that may be handed on: how good a release is, told from the release alone.

It is worked out from a bundle and from nothing else: the rows and the model that leave anyway, and
the noise that the ledger names. There is no way in for a figure of the real rows that was not paid
for, since none is asked for. It costs no budget, and two releases with the same bytes are told the
same, whatever tables they are of.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping
from typing import Any

from synth.evaluate.report import drawn_in, laid_out, table_of
from synth.release.bundle import Bundle
from synth.release.drawing import drawings
from synth.release.papers.readme import share
from synth.release.papers.standing import Standing, noise_of, standings, values_of
from synth.release.papers.tally import tallied

TITLE = "What this release is good for"
EYES = (
    "<strong>This report may be handed on.</strong> It is worked out from the release alone: no "
    "figure in it comes from real rows without the protection that is promised."
)
PICTURES = {"marginals": "Values of each column", "correlations": "Columns together"}
SURE = 1.96


def share_safe(bundle: Bundle) -> dict[str, Any]:
    """The report as plain values, for JSON."""
    told = standings(tallied(bundle.model, bundle.rows))
    guarantee = bundle.statement.guarantee
    return {
        "format": "synth share-safe report",
        "title": bundle.facts.get("title") or TITLE,
        "rows": int(bundle.facts["rows"]),
        "promise": {
            "short": guarantee.short,
            "plain": guarantee.plain,
            "formal": bundle.statement.formal,
        },
        "columns": [
            {
                "name": c.column.name,
                "meaning": c.column.meaning,
                "unit": c.column.unit,
                "holds": values_of(c.column),
                "standing": c.standing.value,
                "why": c.words,
                "empty": c.gaps,
                "noise_rows": SURE * noise_of(bundle.statement, c.column.name) or None,
                "not_for": list(c.not_for),
            }
            for c in sorted(told, key=lambda c: list(Standing).index(c.standing))
        ],
        "rules": list(bundle.facts.get("rules", ())),
        "files": {n: hashlib.sha256(b).hexdigest() for n, b in sorted(bundle.files.items())},
        "signed_by": bundle.signed_by,
    }


def share_safe_page(bundle: Bundle) -> str:
    """The same as one HTML file that opens offline and prints."""
    told = share_safe(bundle)
    pictures = drawings(bundle)
    drawn = "".join(
        f"<h3>{head}</h3>{drawn_in(pictures[f'{name}.svg'].decode())}"
        for name, head in PICTURES.items()
        if f"{name}.svg" in pictures
    )
    parts = {
        "promise": ("What is promised", _promise(told)),
        "columns": ("Column by column", _columns(told)),
        "uses": ("Do not use it for", _not_for(told)),
        "rules": ("Rules between columns", _rules(told)),
        "pictures": ("The released rows in pictures", drawn),
        "files": ("The files it is about", _files(told)),
    }
    return laid_out(str(told["title"]), EYES, parts)


def _promise(told: Mapping[str, Any]) -> str:
    promise = told["promise"]
    rows = f"{told['rows']:,} synthetic rows, drawn from a model."
    plain = f"<strong>{html.escape(promise['short'])}.</strong> {html.escape(promise['plain'])}"
    return f"<p>{rows}</p><p>{plain}</p>"


def _columns(told: Mapping[str, Any]) -> str:
    rows = [
        (
            c["name"],
            c["meaning"],
            c["standing"],
            c["why"],
            "" if c["empty"] is None else share(c["empty"]),
            f"± {c['noise_rows']:,.0f}" if c["noise_rows"] else "",
        )
        for c in told["columns"]
    ]
    heads = ("column", "meaning", "what is left", "why", "empty cells", "noise in a count, rows")
    return table_of(heads, rows, "The worst first. Of 20 counts, noise moves 19 no further.")


def _not_for(told: Mapping[str, Any]) -> str:
    rows = [(c["name"], "; ".join(c["not_for"])) for c in told["columns"] if c["not_for"]]
    return table_of(("column", "not for"), rows, "Weak spots that follow from the release.")


def _rules(told: Mapping[str, Any]) -> str:
    rows = [
        (r.get("says", ""), "not told" if r.get("broken") is None else f"{r['broken']:,}")
        for r in told["rules"]
    ]
    return table_of(("rule", "synthetic rows that break it"), rows, "") if rows else ""


def _files(told: Mapping[str, Any]) -> str:
    whose = told["signed_by"] or "nobody: the release is not signed"
    rows = list(told["files"].items())
    return f"<p>Signed by {html.escape(whose)}.</p>" + table_of(("file", "SHA-256"), rows, "")
