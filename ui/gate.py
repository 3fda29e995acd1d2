"""The gate before a release: what stands against it, each with a fix to click or a reason to give.

For the custodian alone: the lines come from the comparison with the real rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from synth.release.kept_rules import upkeep_of
from synth.runs import Recipe
from synth.runs.fixes import Fix
from synth.runs.gate import Objection, excepted, gate, ready
from synth.runs.gate_linked import with_second
from synth.wording import so_many
from ui.method.progress import show_job
from ui.shell.settings import writing
from ui.shell.visitor import Made, Visitor, explained

HELP = "Changes the recipe as it says, and makes the synthetic rows again. That is a new run."
EYES = "For your eyes only, and not in the release."
KEPT = "Kept in your recipe and not in the release. A reason names no value of a row."


def lines_of(made: Made) -> tuple[Objection, ...]:
    """What the gate finds, with the reasons that were given so far."""
    upkeep = upkeep_of(made.bundle.facts)
    first = gate(made.recipe, made.bundle.model, made.comparison, upkeep)
    return with_second(first, made.recipe, made.bundle.children, made.linked)


def may_leave(made: Made) -> bool:
    """Whether the rows may be handed over: nothing stands against it, or somebody gave a reason."""
    return ready(lines_of(made))


def show_gate(who: Visitor, made: Made) -> None:
    """The running fix, if one was clicked, and every line of the gate."""
    show_job(who)
    _show_rules(made)
    lines = lines_of(made)
    if not lines:
        return
    left = sum(line.open for line in lines)
    stops = so_many(left, "thing stops", "things stop")
    head = f"{stops} this release" if left else "Worth a look before it leaves"
    st.header(head)
    st.caption(EYES)
    run = hashlib.sha256(made.zipped).hexdigest()[:12]
    for place, line in enumerate(lines):
        with st.container(border=True, key=f"gate.line.{place}"):
            show_line(who, made, line, f"{run}.{place}", busy=who.busy)


def _show_rules(made: Made) -> None:
    """What the release itself says of its rules."""
    told = made.bundle.facts.get("rules", ())
    if not told:
        return
    kept = sum(rule.get("broken") == 0 for rule in told)
    one = so_many(len(told), "rule")
    st.caption(f"{kept} of {one} kept in all rows. {upkeep_of(made.bundle.facts).plain}".strip())


def show_line(who: Visitor, made: Made, line: Objection, key: str, *, busy: bool) -> None:
    """One finding, its fixes to click, and a field for a reason where it stops the release."""
    show = st.error if line.open else st.info
    icon = ":material/block:" if line.open else ":material/visibility:"
    show(f"{line.what}: {line.why}", icon=icon)
    if line.fixes:
        with st.container(horizontal=True):
            for number, fix in enumerate(line.fixes):
                label = f"Fix: {fix.words}"
                if st.button(label, key=f"gate.fix.{key}.{number}", help=HELP, disabled=busy):
                    _apply(who, fix)
    if line.reason:
        st.markdown(f"Leaves nevertheless, and why: {plain(line.reason)}")
        if st.button("Take the reason back", key=f"gate.back.{key}"):
            _settle(who, made, line, "")
    elif line.stops and line.key != "promise":
        _ask_reason(who, made, line, key)


def _ask_reason(who: Visitor, made: Made, line: Objection, key: str) -> None:
    with st.form(f"gate.form.{key}", border=False):
        why = st.text_input(
            f"Or a reason why it may leave as it is ({line.what})", key=f"gate.why.{key}", help=KEPT
        )
        if st.form_submit_button("Let it leave"):
            if why.strip():
                _settle(who, made, line, why)
            st.warning("Say why, in a few words.")


def _apply(who: Visitor, fix: Fix) -> None:
    """The change of the recipe, and the run that shows what it does."""
    with explained():
        changed = fix.of(who.recipe)
        if changed.protect != who.recipe.protect:
            who.protect(changed.protect)
        who.decide(privacy=changed.privacy, method=changed.method, rules=changed.rules)
        who.decide(purpose=changed.purpose, release=changed.release)
        tell_widgets(changed)
        _tell({"purpose.rows": changed.purpose.rows, "rows": changed.release.rows})
        who.run(writing())
        st.rerun()


def tell_widgets(changed: Recipe) -> None:
    """Let the Method screen show what was changed, where it was visited before."""
    family, method = changed.chosen.promise.value, changed.method.name
    _tell({"family": family, "method": method, "epsilon": changed.privacy.epsilon})


def _tell(values: Mapping[str, object]) -> None:
    for key, value in values.items():
        if key in st.session_state:
            st.session_state[key] = value


def _settle(who: Visitor, made: Made, line: Objection, reason: str) -> None:
    """Keep a reason in the recipe, and with the run it is about: nothing is made anew by it."""
    told = excepted(made.recipe, line.key, reason)
    who.decide(release=excepted(who.recipe, line.key, reason).release)
    who.made = replace(made, recipe=told)
    st.rerun()


def plain(text: str) -> str:
    """A reason that cannot pass for markup."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()<>#+!|$~:" else c for c in text)
