"""Runs beside each other, and several methods and budgets tried in one go."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from synth.errors import SynthError
from synth.evaluate import Comparison, charts
from synth.lazily import pd
from synth.methods import all_methods
from synth.progress import Progress
from synth.protect.steps import Shelf
from synth.release import Bundle
from synth.runs.bounds import of_server
from synth.runs.recipe import Recipe
from synth.runs.recipe_file import recipe_text
from synth.runs.trials import (
    MOST_ROWS,
    Trial,
    assumed_words,
    candidates,
    frontier,
    on_made_up,
    tried,
)
from ui.shell.settings import writing
from ui.shell.turn import aside
from ui.shell.visitor import Note, Visitor, explained
from ui.shell.work import in_background

EPSILONS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
FREE, PAID = "On a made-up table: free", "On the real table: each is a run"
WANTED = "trials.wanted"  # what was asked for last
LOOK = 0.2  # seconds between two looks at a run
SHOWN = 6  # runs that are drawn at once, unless others are chosen
ROWS_HELP = (
    f"A round number, as you would say it without counting. At most {MOST_ROWS:,} are tried."
)


@dataclass(frozen=True)
class Wanted:
    """What was asked for last, and of which table."""

    table: str
    where: str
    recipes: tuple[Recipe, ...]
    rows: int


def show_runs(who: Visitor) -> None:
    """The runs of this session side by side, and others to be tried."""
    _try_several(who)
    if len(who.runs) < 2:
        st.caption("Make another release with another method or epsilon to see both side by side.")
        return
    st.header(f"The {len(who.runs)} runs on this table")
    _show_frontier(who.runs)
    numbered = {_named(i, t): t for i, t in enumerate(who.runs, start=1)}
    last = list(numbered)[-SHOWN:]
    chosen = st.multiselect("Runs that are drawn", list(numbered), last, key="runs.drawn")
    found = [
        (name, trial.comparison)
        for name, trial in numbered.items()
        if name in chosen and trial.comparison is not None
    ]
    if not found:
        return
    st.altair_chart(charts.runs_chart(found), alt="Distance of each column, run by run")
    st.dataframe(charts.runs_frame(found), hide_index=True, alt="Mean distances, run by run")
    st.dataframe(
        charts.fates_frame(found), hide_index=True, alt="What became of each column, run by run"
    )
    best_name, best = min(found, key=lambda f: f[1].two_way)
    st.markdown(
        f"Pairs of columns are closest in **{best_name}**: {best.two_way:.3f}, where a fresh real "
        f"sample would have {best.fresh_two_way:.3f}."
    )


def _named(number: int, trial: Trial) -> str:
    return f"{number}. {trial.recipe.method.name}, {trial.short}"


def _try_several(who: Visitor) -> None:
    """A form of methods and budgets, and what came of them."""
    with st.expander("Try several methods and budgets", expanded=len(who.runs) < 2):
        st.caption(
            "A made-up table has the columns that you declared, and nobody's rows: trying there "
            "costs nothing. On the real table every trial spends what a run spends, and choosing "
            "by looking is noted in the account and told in the statement (tuned on real data)."
        )
        with st.form("trials", border=False):
            methods = st.multiselect(
                "Methods",
                [m.name for m in all_methods()],
                default=["adaptive", "independent"],
                key="trials.methods",
            )
            epsilons = st.pills(
                "Epsilons, for those that have one",
                EPSILONS,
                selection_mode="multi",
                default=[0.5, 1.0, 5.0],
                format_func=lambda e: f"{e:g}",
                key="trials.epsilons",
            )
            where = st.radio("Where", [FREE, PAID], key="trials.where", horizontal=True)
            rows = st.number_input(
                "About how many people are there? (made-up table)",
                min_value=0,
                value=who.recipe.purpose.rows or 5000,
                key="trials.rows",
                help=ROWS_HELP,
            )
            asked = st.form_submit_button("Try them", icon=":material/science:")
        with explained():
            if asked:
                recipes = candidates(who.wanted, methods, epsilons)
                st.session_state[WANTED] = Wanted(_table(who), where, recipes, int(rows))
            wanted: Wanted | None = st.session_state.get(WANTED)
            if wanted is not None and wanted.table == _table(who):
                _show_wanted(who, wanted, asked=asked)


def _table(who: Visitor) -> str:
    return "" if who.loaded is None else who.loaded.token


def _show_wanted(who: Visitor, wanted: Wanted, *, asked: bool) -> None:
    """The work that was asked for, or what came of it; what costs is begun by a click alone."""
    recipes, rows = wanted.recipes, wanted.rows
    told = "\n".join(map(recipe_text, recipes))
    key = f"trials {hashlib.sha256(f'{wanted.where} {rows} {told}'.encode()).hexdigest()}"
    if wanted.where == FREE:
        names, shelf = tuple(who.schema.names), Shelf(given=dict(who.files))
        work = partial(_free, recipes, names, shelf, rows)
        found = in_background(who, key, work, "Trying on a made-up table …")
        if found is None:
            return
        trials, assumed = found
        st.markdown(f"On a made-up table of {min(rows, MOST_ROWS):,} people; no row was read.")
        if assumed:
            st.caption(assumed_words(assumed))
    elif asked or key in who.works:
        paid = partial(_paid, who, recipes, writing())  # who asks is not known on a thread
        ran = in_background(who, key, paid, "Running each on the real table …")
        if ran is None:
            return
        trials = ran
        for trial in trials:
            if trial.comparison is not None:
                who.keep_run(trial)
        st.markdown("On the real table; each is among the runs below as well.")
    else:
        return
    _show_table(trials)
    _show_frontier(trials)


def _free(
    recipes: Sequence[Recipe],
    names: tuple[str, ...],
    shelf: Shelf,
    rows: int,
    progress: Progress,
) -> tuple[tuple[Trial, ...], tuple[str, ...]]:
    return on_made_up(recipes, names, progress, shelf, rows=rows)


def _paid(
    who: Visitor, recipes: Sequence[Recipe], note: Note, progress: Progress
) -> tuple[Trial, ...]:
    """Each recipe as a run of its own, one after the other; a stop ends the one that runs."""
    return tuple(
        tried(recipe, partial(_ran, who, note, progress, (place, len(recipes))))
        for place, recipe in enumerate(recipes)
    )


def _ran(
    who: Visitor, note: Note, progress: Progress, turn: tuple[int, int], recipe: Recipe
) -> tuple[str, Comparison]:
    assert who.loaded is not None
    place, many = turn
    job = who.job_of(recipe, note)
    job.start(who.elsewhere or who.loaded.private, of_server(), who.linked_rows)
    try:
        with aside():
            while not job.finished.wait(LOOK):
                doing = f"{place + 1} of {many}, {Trial(recipe).name}: {job.doing}"
                progress((place + job.share) / many, doing)
    except BaseException:
        job.cancel()
        raise
    if job.error is not None:
        raise job.error
    if job.bundle is None or job.comparison is None:
        raise SynthError("The run ended before it was done.", "Try again.")
    return Bundle.read(io.BytesIO(job.bundle)).statement.guarantee.short, job.comparison


def _show_table(trials: Sequence[Trial]) -> None:
    """A line for each, those that no other one beats first said."""
    best = frontier(trials)
    frame = pd.DataFrame(
        [
            {
                "trial": t.name,
                "promise": t.short,
                "pairs": t.distance,
                "risk": t.risk,
                "columns lost": t.lost if t.comparison is not None else None,
                "beaten by none": "yes" if any(t is b for b in best) else "",
                "refused": t.refused,
            }
            for t in trials
        ]
    )
    st.dataframe(frame, hide_index=True, alt="What came of each trial")
    if best:
        st.markdown("No other one is both nearer and safer: " + "; ".join(t.name for t in best))


def _show_frontier(trials: Sequence[Trial]) -> None:
    """Risk against distance, where attacks were tried."""
    known = [t for t in trials if t.comparison is not None and not math.isnan(t.distance)]
    judged = [t for t in known if t.risk is not None]
    if len(judged) < 2:
        if len(known) > 1:
            st.caption(
                "How risky each is can be drawn where people are set aside to try attacks on: see "
                "the tab *Attacks*."
            )
        return
    best = frontier(judged)
    points = pd.DataFrame(
        [
            {
                "trial": t.name,
                "distance": t.distance,
                "risk": t.risk,
                "best": any(t is b for b in best),
            }
            for t in judged
        ]
    )
    st.altair_chart(charts.frontier_chart(points), alt="Risk and distance of each trial")
    st.caption(
        "Risk: how much more the most successful attack surely found out about people in the table "
        "than about others (the lower end of its 95 % interval). By chance alone some are a little "
        "above 0."
    )
