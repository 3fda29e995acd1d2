"""Live risk: how easily somebody could be found, in words first."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import streamlit as st

from synth.budget import Audience
from synth.progress import Progress
from synth.protect import charts as risk_charts
from synth.protect.risk import (
    THRESHOLDS,
    Risk,
    SpecialUniques,
    column_contributions,
    frequency_attack,
    linkable_sentence,
    quasi_identifiers,
    risk_of,
    separations,
    special_uniques,
    value_contributions,
)
from synth.protect.risk.summary import REASON
from synth.protect.steps import Pseudonymise
from synth.schema import Role
from synth.wording import so_many
from ui.protect.chain import Chain
from ui.shell.visitor import Visitor, explained
from ui.shell.work import at_once, in_background
from ui.words import show_words

ATTACKERS = {
    "prosecutor": "knows that a certain person is in the table",
    "journalist": "wants to find anybody, and has a register of the population",
    "marketer": "links everybody he can to a register",
}
MOST_RARE = 20  # columns searched for rare combinations; more take too long to be live


def show_short_risk(who: Visitor) -> None:
    """One line of risk on the Columns screen."""
    assert who.loaded is not None
    known = quasi_identifiers(who.schema)
    if not known:
        st.info("No column is a quasi-identifier, so nobody can be told apart by what others know.")
        return
    with explained():
        person = who.recipe.people.column
        found = risk_of(who.loaded.private, known, person=person).classes
        whom = "people, each by the rarest of their rows," if person else "rows"
        st.markdown(
            f"**{found.unique_share:.1%} of {whom} are unique** by what others may know "
            f"({', '.join(known)}). The Protect screen makes this smaller."
        )


def named_person(who: Visitor, chain: Chain) -> str:
    """The column that names the person, if the table still has it; "" where a row is one person."""
    column = who.recipe.people.column
    return column if column in chain.last.private.schema else ""


def risk_now(who: Visitor, chain: Chain, known: tuple[str, ...], person: str) -> Risk:
    """The risk after the steps, to whom and for what."""
    private = chain.last.private
    secret = private.schema.with_roles_of(Role.SENSITIVE)
    return at_once(
        who,
        f"risk {chain.key} {known} {person}",
        lambda: risk_of(private, known, secret, person=person),
    )


def ask_known(chain: Chain) -> tuple[str, ...]:
    """What an attacker may know: the quasi-identifiers, or what the visitor picks."""
    schema = chain.last.private.schema
    names = [n for n in schema.names if n not in schema.with_roles_of(Role.IDENTIFIER)]
    made = " ".join(sorted(chain.known))
    picked = st.multiselect(
        "What might someone already know about a person?",
        names,
        default=list(chain.known),
        key=f"known {hash((tuple(names), made))}",
        persist_state="session",
        help="These are the quasi-identifiers. Neighbours know age and postcode; colleagues know "
        "when someone was in hospital.",
    )
    return tuple(picked)


def ask_k() -> int:
    """How many people should always look alike."""
    choices = sorted(THRESHOLDS)
    return int(
        st.select_slider(
            "How many people should look alike, at least? (k)",
            choices,
            value=5,
            key="k",
            persist_state="session",
            help="5 is a common internal rule; 11 is used for publication by medicines agencies; "
            "20 by large research programmes.",
        )
    )


def show_headline(found: Risk, k: int, person: str = "") -> None:
    """The sentence, and the four figures: of people where a column names them, else of rows."""
    what = "People" if person else "Rows"
    classes = found.classes
    small = classes.below(k)
    st.header(found.sentence, anchor=False)  # an address would carry its figures
    with st.container(horizontal=True):
        st.metric(
            f"Unique {what.lower()}", f"{classes.unique_share:.1%}", width="content", border=True
        )
        st.metric(f"{what} in groups below {k}", f"{small:,}", width="content", border=True)
        st.metric("Smallest group (k)", f"{classes.k:,}", width="content", border=True)
        st.metric(what, f"{classes.rows:,}", width="content", border=True)
    show_words("protect")
    if small:
        st.warning(
            f"{so_many(small, 'person shares', 'people share')} what can be known about them with "
            f"fewer than {k - 1} others. "
            "The steps below make groups larger."
        )
    else:
        st.success(
            f"Everybody looks like at least {k - 1} others (k-anonymous, k = {classes.k:,})."
        )


def show_people(
    who: Visitor, chain: Chain, known: tuple[str, ...], k: int, person: str = ""
) -> None:
    """Who could find whom, in the table and in the population."""
    fraction = ask_fraction()
    private = chain.last.private
    found = in_background(
        who,
        f"people {chain.key} {known} {person} {k} {fraction}",
        lambda tell: risk_of(private, known, threshold=1 / k, fraction=fraction, person=person),
        "Looking at three attackers …",
    )
    if found is None:
        return
    show_attackers(found, k)
    show_population(found)


def show_attackers(found: Risk, k: int) -> None:
    """Class sizes, and the three attackers."""
    st.altair_chart(
        risk_charts.class_chart(found.classes, k), alt="Share of rows by how many look alike"
    )
    for name, does in ATTACKERS.items():
        st.markdown(f"- The **{name}** {does}.")
    lines = [
        {
            "attacker": a.attacker.value,
            "rows at risk": a.at_risk,
            "share at risk": a.share_at_risk,
            "highest chance": a.highest,
            "average chance": a.average,
            "expected to be found": a.expected,
        }
        for a in found.attacks
    ]
    st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        alt="Three attackers and how often each would be right",
        column_config={
            "share at risk": st.column_config.NumberColumn(format="percent"),
            "highest chance": st.column_config.NumberColumn(format="%.3f"),
            "average chance": st.column_config.NumberColumn(format="%.4f"),
            "expected to be found": st.column_config.NumberColumn(format="%.1f"),
        },
    )
    st.caption(
        f"At risk: found with a chance above {found.attacks[0].threshold:g}, which is one in {k}."
    )


def ask_fraction() -> float:
    """How much of the population is in the table."""
    percent = st.number_input(
        "How many percent of all such people are in this table? (sampling fraction)",
        min_value=0.01,
        max_value=100.0,
        value=100.0,
        key="fraction",
        persist_state="session",
        help="100: the table is everybody. With less, someone unique here may have look-alikes "
        "outside, and the journalist and the marketer are wrong more often.",
    )
    return float(percent) / 100


def show_population(found: Risk) -> None:
    """Population uniqueness."""
    guess = found.population
    if guess is None:
        st.caption("The table is taken for everybody, so who is unique here is unique.")
        return
    st.markdown(
        f"About **{guess.share:.2%}** of the people in the table are unique in the whole "
        f"population (model: {guess.model}, chosen by Dankar's rule)."
    )
    models = {"Pitman": guess.pitman, "Zayatz": guess.zayatz, "SNB": guess.snb}
    told = [f"{n} {'no estimate' if math.isnan(v) else f'{v:.2%}'}" for n, v in models.items()]
    st.caption(f"All three models: {', '.join(told)}.")


def show_sensitive(found: Risk) -> None:
    """What is learnt about sensitive columns without finding a row."""
    st.markdown(
        "If everybody in a group has the same diagnosis, it is known without knowing who is who."
    )
    if not found.disclosures:
        st.info("No column has the role *sensitive*. Give it on the Columns screen.")
        return
    lines = [
        {
            "column": d.column,
            "known without a match": d.told,
            "fewest values (l)": d.distinct,
            "by entropy": d.entropy,
            "recursive (c = 3)": d.recursive,
            "distance (t)": d.closeness,
        }
        for d in found.disclosures
    ]
    st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        alt="l-diversity and t-closeness of each sensitive column",
        column_config={
            "column": st.column_config.TextColumn(width="medium"),
            "by entropy": st.column_config.NumberColumn(format="%.2f"),
            "distance (t)": st.column_config.NumberColumn(format="%.2f"),
        },
    )
    st.caption(
        "l-diversity counts the different values in the poorest group; t-closeness is how far the "
        "most unusual group is from everybody (0 the same, 1 as far as can be; 0.2 is common)."
    )


def show_rare(who: Visitor, chain: Chain, known: tuple[str, ...], k: int) -> None:
    """Linkable through rare combinations, and special uniques."""
    left, right = st.columns(2)
    length = left.slider("Values in a combination, at most", 1, 4, 3, key="length")
    limit = right.select_slider("Rare means fewer rows than", [2, 3, 5, k], value=2, key="rare")
    if not known or len(known) > MOST_RARE:
        st.info(f"Choose between 1 and {MOST_RARE} columns above.")
        return
    private = chain.last.private

    def searched(tell: Progress) -> SpecialUniques:
        columns = private.exact_codes(known, REASON, Audience.CUSTODIAN)
        return special_uniques(columns, length=length, fewer_than=int(limit))

    key = f"rare {chain.key} {known} {length} {limit}"
    found = in_background(who, key, searched, "Looking for rare combinations …")
    if found is not None:
        _show_rare(found)


def _show_rare(found: SpecialUniques) -> None:
    st.markdown(f"**{linkable_sentence(found)}**")
    if not found.linkable:
        return
    st.altair_chart(
        risk_charts.contribution_chart(column_contributions(found), "Columns they go through"),
        alt="Rows that can be linked through each column",
    )
    st.altair_chart(
        risk_charts.contribution_chart(value_contributions(found), "Values they go through"),
        alt="Rows that can be linked through each value",
    )
    shares = sorted(found.column_shares.items(), key=lambda s: -s[1])
    told = ", ".join(f"{name} {share:.0%}" for name, share in shares[:5])
    st.caption(f"Part of all special-unique (SUDA) scores that comes from each column: {told}.")


def show_separation(who: Visitor, chain: Chain) -> None:
    """Which sets of columns tell people apart best."""
    st.markdown("Which columns tell people apart? Those that do should be quasi-identifiers.")
    private = chain.last.private
    names = [c.name for c in private.schema if c.modelled and c.name][:10]
    found = in_background(
        who,
        f"apart {chain.key}",
        lambda tell: separations(private.exact_codes(names, REASON, Audience.CUSTODIAN), length=2),
        "Looking at pairs of columns …",
    )
    if found is None:
        return
    lines = [
        {
            "columns": ", ".join(s.columns),
            "different combinations per row": s.distinction,
            "pairs of rows told apart": s.separation,
        }
        for s in found[:15]
    ]
    st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        alt="Distinction and separation of sets of columns",
        column_config={
            "different combinations per row": st.column_config.NumberColumn(format="percent"),
            "pairs of rows told apart": st.column_config.NumberColumn(format="percent"),
        },
    )
    st.caption("In the literature: alpha-distinction and alpha-separation.")


def show_codes(chain: Chain) -> None:
    """The frequency attack on columns of random codes."""
    made = [s.step for s in chain.stages if isinstance(s.step, Pseudonymise)]
    schema = chain.last.private.schema
    for step in made:
        if step.target in schema and schema[step.target].modelled:
            (column,) = chain.last.private.exact_codes((step.target,), REASON, Audience.CUSTODIAN)
            st.warning(str(frequency_attack(column, np.random.default_rng())))
