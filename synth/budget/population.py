"""What all releases about the same people come to, as a value that travels with each of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from synth.budget.figures import plain, quoted
from synth.budget.promise import Rho
from synth.wording import so_many

LOOKED = "the synthetic rows were held against the real ones"  # what a look at a run is noted as
TOGETHER = (
    "Counts of the same people at two settings can be subtracted from each other: in a trial, "
    "k = 10 beside k = 20 gave 127 of 159 small counts exactly, and a table with one person more "
    "gave everything about the newcomer."
)
UNKEPT = (
    "No account was kept: what is said above is about this release alone. What other releases "
    "about the same people tell comes on top of it, and so does what is told by choosing this one "
    "among several that were held against the real rows."
)


@dataclass(frozen=True)
class RunningTotal:
    """What was released about a population up to and with one release.

    Args:
        population: the custodian's name for the people; "" where no account is kept of them.
        epsilon: what all noisy answers come to at `delta`, by composition of Gaussian privacy.
        delta: the chance, at most, that this fails; `answers_delta` of it is for single answers
            with a delta of their own, the rest is what the noise is converted at.
        answers_delta: the sum of the deltas of single answers.
        most: the epsilon that all releases may come to.
        releases: how many there are, with this one.
        looks: runs whose rows were held against the real ones, exactly, before this one.
        unbounded: for each release without a formal promise, why no epsilon bounds it.
        anchored: whether a file outside the account's folder would show a roll-back.
        despite: the custodian's reason for one more release that no epsilon bounds; "" for none.
        others: accounts that the custodian says are about other people, though tables look alike.
        units: whom its noisy answers protect: the columns that name persons, "" for rows of which
            one person is said to have `rows` at most, None where an older account does not say.
        rows: of one person in each table, at most: of more, the others were left out, or nobody
            counts with more.
    """

    population: str
    epsilon: float
    delta: float
    answers_delta: float
    most: float
    releases: int
    looks: int = 0
    unbounded: tuple[str, ...] = ()
    anchored: bool = False
    despite: str = ""
    others: int = 0
    units: tuple[str | None, ...] = ()
    rows: int = 1

    @property
    def mixed(self) -> bool:
        """Whether the sum adds up promises that were made to different units."""
        return len(self.units) > 1

    def with_one(self, person: str) -> RunningTotal:
        """The same total, said of one more release as well, whose person column is `person`."""
        return replace(self, units=tuple(dict.fromkeys((*self.units, person))))

    def document(self) -> dict[str, Any]:
        """The value as plain values for JSON; `running_total_of` reads them back."""
        epsilon = self.epsilon if math.isfinite(self.epsilon) else None
        listed = {"unbounded": list(self.unbounded), "units": list(self.units)}
        return {**asdict(self), **listed, "epsilon": epsilon}


@dataclass(frozen=True)
class Unkept:
    """What pays for a run of which no account is kept: nobody. It knows the looks of one session.

    Args:
        looks: runs on this table that were held against the real rows before.
    """

    looks: int

    @property
    def left(self) -> Rho:
        return Rho(math.inf)

    def spend(
        self, purpose: str, rho: Rho, mechanism: str = "gaussian", *, delta: float = 0.0
    ) -> None:
        """Nothing is written down."""

    def note(self, entry: object) -> None:
        """Nothing is written down."""

    def standing(self, *, bounded: bool = True) -> RunningTotal:
        """The looks alone, of one release that stands for itself."""
        return RunningTotal("", 0.0, 0.0, 0.0, 0.0, 1, self.looks)


def running_total_of(document: Mapping[str, Any] | None) -> RunningTotal | None:
    """The value a document describes; None for None."""
    if document is None:
        return None
    epsilon = math.inf if document["epsilon"] is None else float(document["epsilon"])
    unbounded = tuple(map(str, document["unbounded"]))
    units = tuple(None if u is None else str(u) for u in document.get("units", ()))
    told = {"epsilon": epsilon, "unbounded": unbounded, "units": units}
    return RunningTotal(**{**document, **told})


def population_lines(total: RunningTotal | None) -> list[str]:
    """What a statement says of everything released about the same people, in Markdown."""
    if total is None or not total.population:
        looked = "" if total is None else _looked(total)
        return ["## Other releases about these people", "", UNKEPT, "", looked, ""][
            : 6 if looked else 4
        ]
    told = (_sum, for_whom, _no_bound, _across, _others, _looked, _anchor)
    parts = (one(total) for one in told)
    paragraphs = [line for part in parts if part for line in (part, "")]
    return [f"## All releases about these people: {plain(total.population)}", "", *paragraphs]


def rounded_up(number: float) -> str:
    """A number to three figures, never below what it is."""
    if number <= 0 or not math.isfinite(number):
        return f"{number:g}"
    step = 10.0 ** (math.floor(math.log10(number)) - 2)
    return f"{math.ceil(number / step - 1e-9) * step:.3g}"


def _sum(total: RunningTotal) -> str:
    one = total.releases == 1
    which = "This is the first release" if one else f"With this one there are {total.releases}"
    beside = "" if one else " releases"
    own = (
        f" (δ = {rounded_up(total.answers_delta)} of it for single answers that may fail by "
        "themselves, the rest for the sum of the noise)"
        if total.answers_delta
        else ""
    )
    return (
        f"{which}{beside} about this population. What was told with noise, runs that were not "
        "released included, comes together, and not each, to at most "
        f"ε = {rounded_up(total.epsilon)} at "
        f"δ = {rounded_up(total.delta)}{own}, of ε = {total.most:g} that the custodian allows."
    )


def for_whom(total: RunningTotal) -> str:
    """For whom the total holds, and what it comes to for others; "" where nothing was summed.

    A promise of rho to whoever has m rows is one of ceil(k / m)^2 rho to whoever has k: group
    privacy of zero-concentrated differential privacy (Bun, Steinke 2016, arXiv:1605.02658,
    proposition 27). Nobody declared k, so that no figure is given for them.
    """
    if not total.units:
        return ""
    rows = so_many(total.rows, "row")
    more = (
        "For somebody with twice as many, what was told by rows may come to twice its ε and more "
        "(four times the rho); with three times as many, to three times and more (nine times). "
        "Nobody declared how many rows such a person may have, so that for them this is no bound."
    )
    if not total.mixed:
        (unit,) = total.units
        if unit is None:
            return f"Whom it protects, the account does not say: {_OLDER}."
        if unit:
            return f"This holds for each person named by {quoted(unit)}."
        return f"This holds for whoever has at most {rows} in each of the tables. {more}"
    if None in total.units:
        return (
            "**This total may not be one for every person.** Of earlier releases the account does "
            f"not say whom they protect: {_OLDER}. If it was whoever has at most {rows}, the total "
            f"holds for them. {more}"
        )
    named = [f"whoever is named by {quoted(u)}" for u in total.units if u]
    single = [f"whoever has at most {rows}"] if "" in total.units else []
    listed = " and to ".join((*named, *single))
    if not single:
        holds = "has the same rows by each of these columns; for others this is no bound."
    else:
        holds = f"has at most {rows} in each of the tables, all under one name. {more}"
    return (
        f"**This total is not one for every person.** It adds up promises to {listed}. It "
        f"holds for whoever {holds}"
    )


_OLDER = "it was written by an older version"


def _no_bound(total: RunningTotal) -> str:
    if not total.unbounded:
        return ""
    times = len(total.unbounded)
    what = "release was" if times == 1 else "releases were"
    why = plain("; ".join(dict.fromkeys(total.unbounded)))
    return (
        f"**This total has no formal bound:** {times} {what} made without a promise of epsilon "
        f"({why}). What such a release tells beside this one is not covered by the figure above."
    )


def _across(total: RunningTotal) -> str:
    if not total.despite:
        return ""
    return (
        f"**There is no protection across releases.** {TOGETHER} The custodian made this release "
        f"beside an earlier one all the same, for this reason: {plain(total.despite)}"
    )


def _others(total: RunningTotal) -> str:
    if not total.others:
        return ""
    which = "another account is" if total.others == 1 else f"{total.others} other accounts are"
    return (
        f"The custodian says that {which} about other people, though their tables look alike. If "
        "that is not so, what was released about those comes on top."
    )


def _looked(total: RunningTotal) -> str:
    if not total.looks:
        return ""
    runs = "run was" if total.looks == 1 else "runs were"
    return (
        f"Before this one, {total.looks} {runs} held against the real rows without noise. If this "
        "release was chosen because of what was seen there, the choice itself tells something that "
        "no epsilon here bounds: the best of five at ε = 1 was worth as much as ε = 2.4 for a "
        "single count. Choosing on invented rows, such as those of an earlier release, or by "
        "scores with noise that is paid for, would not have told it."
    )


def _anchor(total: RunningTotal) -> str:
    return (
        "The account is anchored: a second file, elsewhere, shows if it was rolled back."
        if total.anchored
        else "The account has no anchor elsewhere: nobody would notice if its file had been put "
        "back to an older copy, or deleted and begun again."
    )
