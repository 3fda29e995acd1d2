"""Reports and evidence on the Release screen: what may be handed on, and what is for the custodian.

What may be handed on is made of the bundle alone; what is for the custodian is exact.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import streamlit as st

from synth.evaluate.evaluation import Evaluation
from synth.progress import Progress
from synth.protect.steps import Shelf
from synth.release.share_safe import share_safe, share_safe_page
from synth.release.signature import key_set
from synth.runs.accounts import of_the_visitor
from synth.runs.custodian_report import custodian_document, custodian_page
from synth.runs.evidence import custodian_pack, share_safe_pack
from synth.runs.held_here import seen_again
from synth.runs.judging import measured
from synth.runs.recipe_file import whole_text
from ui.gate import lines_of, may_leave
from ui.shell.visitor import Made, Visitor, explained
from ui.shell.work import in_background

SHARED = (
    "What is left of each column, noise and weak spots, and what the promise answers to WP29, the "
    "ICO, HIPAA and the EMA. Worked out from the release alone, so that nothing of the real rows "
    "can be in it. From a terminal: synth report, synth evidence"
)
HELD = (
    "Every measure, the attacks, what the gate said and the reasons given, and the answers to "
    "WP29, the ICO, HIPAA and the EMA that follow. Exact figures of real people. From a terminal: "
    "synth run --evidence"
)
EYES = (
    "**Exact figures of real people: for you and whoever decides with you.** They are not in the "
    "release, and must not be handed on with it."
)
TRIED = (
    "No attack was tried on this run, so the answers rest on the promise alone. *Compare*, "
    "*Attacks* sets people aside and tries them."
)
STAYS = (
    "The rows stay in their engine, so this tells what counts can: columns, pairs, and three "
    "columns at a time. Attacks and models take the rows themselves. For these, take a part of the "
    "rows that fits into memory as a file, and run: synth evaluate part.parquet release.zip"
)


@dataclass(frozen=True)
class Offered:
    """One file to take."""

    label: str
    content: bytes
    name: str
    mime: str


HTML, JSON, ZIP = "text/html", "application/json", "application/zip"


def offer_to_hand_on(who: Visitor, made: Made) -> None:
    """The report and the evidence that recipients and their officers may have."""
    if not st.toggle("Report and evidence to hand on", key="report.wanted", help=SHARED):
        return
    with explained():
        found = in_background(who, f"shared {_run(made)}", lambda tell: _shared(made), "Checking …")
        if found is not None:
            if not may_leave(made):
                st.caption("They can be taken once nothing stops the release.")
            offer(found, "report", disabled=not may_leave(made))


def _shared(made: Made) -> tuple[Offered, ...]:
    pack = share_safe_pack(made.bundle, key_set())
    told = json.dumps(share_safe(made.bundle), indent=1, default=float)
    return (
        Offered("Download the report", share_safe_page(made.bundle).encode(), "report.html", HTML),
        Offered("… for programs", told.encode(), "report.json", JSON),
        Offered("Download the evidence", pack, "evidence-share-safe.zip", ZIP),
    )


def offer_to_decide(who: Visitor, made: Made) -> None:
    """The custodian's report and evidence: for whoever signs that the release may leave."""
    if not st.toggle("Report and evidence for whoever decides", key="held.wanted", help=HELD):
        return
    st.warning(EYES)
    assert who.loaded is not None
    if who.loaded.private.stays:
        st.info(STAYS)
    elif not made.comparison.attacks:
        st.info(TRIED)
    with explained():
        title = "Measuring …"
        found = in_background(who, f"held {_run(made)}", lambda t: _measured(who, made, t), title)
        if found is not None:
            offer(_held(made, found), "held")


def _measured(who: Visitor, made: Made, progress: Progress) -> Evaluation:
    """All measures of the finished run; people whom it set aside cannot be told from the others."""
    assert who.loaded is not None
    shelf = Shelf(given=dict(who.files))
    _, seen = seen_again(made.recipe, made.bundle, who.loaded, shelf)
    return measured(made.recipe, seen, made.bundle.rows, made.comparison, progress)


def _held(made: Made, found: Evaluation) -> tuple[Offered, ...]:
    lines = lines_of(made)
    title = made.recipe.release.title
    told = json.dumps(custodian_document(found, lines), indent=1, default=float)
    pack = custodian_pack(
        made.bundle, found, lines, whole_text(of_the_visitor(made.recipe)), key_set()
    )
    page = custodian_page(found, lines, title).encode()
    return (
        Offered("Download your report", page, "custodian-report.html", HTML),
        Offered("… for programs", told.encode(), "custodian-report.json", JSON),
        Offered("Download your evidence", pack, "evidence-custodian.zip", ZIP),
    )


def offer(files: tuple[Offered, ...], key: str, *, disabled: bool = False) -> None:
    """A button each; the checksum in a name tells files apart on the server."""
    with st.container(horizontal=True):
        for number, one in enumerate(files):
            stem, _, end = one.name.rpartition(".")
            st.download_button(
                one.label,
                one.content,
                file_name=f"{stem}-{hashlib.sha256(one.content).hexdigest()[:12]}.{end}",
                mime=one.mime,
                icon=":material/description:",
                key=key if not number else f"{key}.{number}",
                on_click="ignore",
                disabled=disabled,
            )


def _run(made: Made) -> str:
    return hashlib.sha256(made.zipped).hexdigest()
