"""Three minutes with the sample: why a table without names still names people, and what helps.

The sample is invented and belongs to the program, so that its rows may be looked at here: no row
that a visitor brings ever comes this way.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from ui.shell.places import SAMPLE_DATA

KNOWN = ("Age", "Gender", "Postcode")
SECRET = "Treatment"
SOMEBODY = 0  # the row that the fields show to begin with


@dataclass(frozen=True)
class Match:
    """What somebody finds who knows a few things about a person.

    Args:
        rows: visits that fit.
        secrets: the different treatments among them.
    """

    rows: int
    secrets: tuple[str, ...]

    @property
    def plain(self) -> str:
        """In words."""
        if not self.rows:
            return "Nobody fits: choose what somebody might really know."
        if self.rows == 1:
            return f"**One visit fits. You found them.** Their treatment: {self.secrets[0]}."
        told = f"{self.rows:,} visits fit."
        if len(self.secrets) == 1:
            return f"**{told} All had the same treatment, so you know it:** {self.secrets[0]}."
        return f"{told} Between {len(self.secrets)} treatments you can only guess."


def sample() -> pd.DataFrame:
    """The invented visits, without the numbers of their people."""
    table = pd.read_csv(SAMPLE_DATA / "hospital_admissions.csv", dtype=str)
    return table[[*KNOWN, SECRET, "Hospital", "Arrival Time"]].dropna(subset=list(KNOWN))


def coarser(table: pd.DataFrame, *, bands: bool, areas: bool) -> pd.DataFrame:
    """The same visits with ages in bands of twenty years, with the letters of a postcode alone."""
    made = table.copy()
    if bands:
        low = made["Age"].astype(int) // 20 * 20
        made["Age"] = low.astype(str) + " to " + (low + 19).astype(str)
    if areas:
        made["Postcode"] = made["Postcode"].str.extract(r"^([A-Za-z]+)", expand=False)
    return made


def match(table: pd.DataFrame, known: dict[str, str]) -> Match:
    """The visits that hold all of what is known."""
    fits = pd.Series(True, index=table.index)
    for name, value in known.items():
        fits &= table[name] == value
    found = table.loc[fits, SECRET].fillna("none")
    return Match(len(found), tuple(sorted(found.unique())))


def show_nobody_named(table: pd.DataFrame) -> None:
    """The first rows, as they would be sent to a colleague."""
    st.header("1. Nobody is named here")
    st.markdown(
        "10,000 visits to emergency departments, all of them invented. The numbers of the people "
        "were taken out. Would you send this table to somebody?"
    )
    st.dataframe(table.head(5), hide_index=True, alt="The first five visits of the sample")


def try_to_find(table: pd.DataFrame) -> dict[str, str]:
    """Let the visitor look for somebody of whom they know three things."""
    st.header("2. Now try to find someone")
    st.markdown("A neighbour was taken away by an ambulance. You know three things about them:")
    first = table.iloc[SOMEBODY]
    known = {}
    for name, place in zip(KNOWN, st.columns(len(KNOWN)), strict=True):
        values = sorted(table[name].unique(), key=lambda v: (len(v), v))
        with place:
            known[name] = st.selectbox(name, values, index=values.index(first[name]), key=name)
    st.markdown(match(table, known).plain)
    alone = table.groupby(list(KNOWN)).size().eq(1).sum() / len(table)
    st.caption(f"Of all visits {alone:.0%} are alone with their age, sex and postcode.")
    return known


def make_it_harder(table: pd.DataFrame, known: dict[str, str]) -> None:
    """What coarser columns do to the same search."""
    st.header("3. Make it harder")
    bands = st.toggle("Ages in bands of twenty years", key="bands")
    areas = st.toggle("Only the first letters of a postcode", key="areas")
    made = coarser(table, bands=bands, areas=areas)
    somebody = pd.DataFrame([known])
    now = coarser(somebody, bands=bands, areas=areas).iloc[0]
    st.markdown(match(made, {name: str(now[name]) for name in KNOWN}).plain)
    st.markdown("On *Protect* you see this for your own table, with steps to choose from.")


def show_way_out() -> None:
    """Rows of nobody, and what is not promised by them either."""
    st.header("4. Or share rows of nobody")
    st.markdown(
        "A synthetic table has the same columns and the same shape, and no row of it is a person. "
        "That alone promises little: a program may copy what it saw. So each release says what "
        "holds (*differential privacy* with its ε, a smallest group of k, or nothing), and what "
        "was measured."
    )
