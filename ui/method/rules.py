"""Rules between columns: one sentence a line, and those that no real row breaks to take."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from synth.errors import RuleError
from synth.evaluate.likely_rules import likely_rules
from synth.evaluate.rules import rules_of_real
from synth.runs.recipe import RulePart
from synth.schema.obeying import check_named, unfit
from synth.schema.rules import Rule, rule_of
from ui.protect.chain import chain
from ui.protect.looked import RULES, say_before
from ui.shell.visitor import Visitor, explained

TEXT, READ, LOOKED = "rules.text", "rules.read", "rules.looked"
ABOUT = (
    "What always holds of a row, as you know it without the rows. Synthetic rows keep it, and the "
    "release says of how many it is true. One rule a line."
)
EXAMPLES = """discharge is not before admission
pregnant only if sex is F
total = room + board
district decides region
patient is unique"""
HELP = (
    "Also `is at least`, `is less than`, `region is North when district is A or B`, and `district "
    "and region only together as in the data`. Names of several words go in backticks. A missing "
    "cell breaks no rule."
)
EYES = (
    "Counts how many real rows break each rule, and proposes those that none breaks. For your eyes "
    "only, and not in the release."
)
TAKEN = (
    "Taken after looking at the rows: no epsilon covers that, and the statement says so. Write the "
    "line yourself where you would say the same had you never seen this table."
)


def ask_rules(who: Visitor) -> tuple[tuple[RulePart, ...], bool]:
    """The rules that are understood, and whether all are; what is wrong with one is said under it.

    Nobody means a line to be passed over, so no run may begin with one that is not understood.
    """
    told = who.recipe.rules
    if st.session_state.get(READ) != told:  # changed elsewhere: a recipe, a new table, a fix
        st.session_state[TEXT] = "\n".join(part.says for part in told)
    with st.expander("Rules between columns", expanded=bool(told)):
        st.caption(ABOUT)
        text = st.text_area(
            "Rules, one sentence a line",
            key=TEXT,
            placeholder=EXAMPLES,
            help=HELP,
            height=160,
            persist_state="session",
        )
        seen = {part.says for part in told if part.seen}
        parts = tuple(_read(who, text or "", seen))
        st.session_state[READ] = parts
        if any(part.seen for part in parts):
            st.warning(TAKEN)
        _look(who, parts)
    lines = [line for line in (text or "").splitlines() if line.strip()]
    return parts, len(parts) == len(lines)


def _read(who: Visitor, text: str, seen: set[str]) -> Iterator[RulePart]:
    """The rules of a text; a line that is not understood is explained."""
    schema = chain(who).last.private.schema
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            rule = rule_of(line, seen=line.strip() in seen)
            check_named([rule], schema)
        except RuleError as error:
            st.error(f"Line {number}: {error.what} **What to do:** {error.remedy}")
            continue
        if (why := unfit(rule, schema)) and "real rows alone" not in why:
            st.warning(f"Line {number} may not be told: {why}.")
        yield RulePart(says=line.strip(), seen=rule.seen)


def _look(who: Visitor, parts: tuple[RulePart, ...]) -> None:
    """How the real rows stand to the rules, and what they propose."""
    asked = (who.table_name, who.recipe.column, who.recipe.protect, parts)
    private = chain(who).last.private
    if private.stays:
        return
    if st.button("Look at the real rows", key="rules.look", help=EYES):
        with explained(), st.spinner("Counting rows …"):
            counts = rules_of_real([part.rule for part in parts], private)
            st.session_state[LOOKED] = (asked, counts, likely_rules(private))
    looked = st.session_state.get(LOOKED)
    if looked is None or looked[0][:3] != asked[:3]:
        return
    _, counts, proposed = looked
    if looked[0] == asked:
        for count in (c for c in counts if c.broken is not None):
            st.markdown(f"- In the real rows: {_plain(count.plain)}")
    left = [r for r in proposed if str(r) not in {str(part.rule) for part in parts}]
    if not left:
        st.caption("No further rule was found that all real rows keep.")
        return
    st.caption("No real row breaks these. Take what always holds, and not what holds by chance:")
    say_before(who.recipe, RULES)
    for place, rule in enumerate(left):
        st.button(
            f"Take: {_plain(str(rule))}",
            key=f"rules.take.{place}",
            on_click=_take,
            args=(who, rule),
        )


def _take(who: Visitor, rule: Rule) -> None:
    """A proposal becomes a rule that was settled after looking."""
    who.decide(rules=(*who.recipe.rules, RulePart(says=str(rule), seen=True)))


def _plain(text: str) -> str:
    """A sentence that cannot pass for markup."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()<>#+!|$~:" else c for c in text)
