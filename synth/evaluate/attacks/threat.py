"""What an attacker tries, how often it works, and how often on people who are not in the table.

Three runs of each attack: on people of the real table (main), on real people who were kept from the
method (control), and by guessing (naive). What works on strangers as well is told by the table
about people in general; only what goes beyond that is about those in it:

    risk = (main - control) / (1 - control)

An attack that is no better than guessing failed, and its risk means nothing. Reference for the
three runs and the risk: Giomi, Boenisch, Wehmeyer, Tasnadi (2023), "A unified framework for
quantifying privacy risk in synthetic data", doi:10.56553/popets-2023-0055, section 3. Intervals of
a share: Wilson (1927), doi:10.1080/01621459.1927.10502953; of a difference of two: Newcombe (1998),
doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I, method 10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from math import sqrt
from typing import Any

from synth.budget.eyes import ForCustodian

Z = 1.959964  # standard errors of a 95 % interval, for figures
SURE = 3.290527  # of what says "succeeded": by chance in 1 of 2,000 attacks that tell nothing
FEW = 50  # tries or strangers, below which "holds" is not said
WIDE = 0.2  # what may be hidden by chance at most where "holds" is said: a custom of this house
REMEDY = "Coarsen columns or leave some out, raise k, or lower epsilon."
NO_HOLDOUT = (
    "It takes real people who were kept from the method: set some aside before it learns "
    "(`holdout` in [evaluate]), or name such a table with --holdout."
)

WON = "The attack succeeded."
TOO_FEW = f"Fewer than {FEW} people or descriptions are too few to tell."
MUCH_HIDDEN = f"Chance may hide more than {WIDE:.0%}: set more people aside."


class Result(Enum):
    """What came of an attack."""

    SUCCEEDED = "succeeded"
    UNJUDGED = "could not be judged"
    HOLDS = "holds"


@dataclass(frozen=True, repr=False)
class Threat(ForCustodian):
    """Who attacks, each in a plain sentence without a cell value.

    Args:
        remedy: what helps where the attack succeeds.
        secret: the column they want to learn; "" for none.
    """

    name: str
    who: str
    knows: str
    wants: str
    remedy: str = REMEDY
    secret: str = ""

    @property
    def plain(self) -> str:
        return f"{self.who} {self.knows} {self.wants}"


@dataclass(frozen=True, repr=False)
class Run(ForCustodian):
    """How often an attack worked.

    Args:
        successes: of `trials`; not whole where ties were counted in part.
        exact: the share is known by arithmetic, so that it has no interval.
        shared: tries that hang together, on average, and tell no more than one (1 for none).
    """

    successes: float
    trials: int
    exact: bool = False
    shared: float = 1.0

    @property
    def share(self) -> float:
        return self.successes / self.trials if self.trials else 0.0

    def interval(self, z: float = Z) -> tuple[float, float]:
        """Wilson's, 0 to 1; `z` standard errors wide on each side.

        >>> low, high = Run(0, 4).interval()
        >>> f"{low:.4f} {high:.4f}"  # z² / (4 + z²)
        '0.0000 0.4899'
        """
        if self.exact:
            return self.share, self.share
        n, p = self.trials / self.shared, self.share
        if not n:
            return 0.0, 1.0
        middle = (p * n + z * z / 2) / (n + z * z)
        half = z / (n + z * z) * sqrt(max(0.0, p * (1 - p) * n + z * z / 4))
        return max(0.0, min(middle - half, p)), min(1.0, max(middle + half, p))

    def document(self) -> dict[str, Any]:
        """As plain values, with the share and its 95 % interval."""
        low, high = self.interval()
        return {**asdict(self), "share": self.share, "low": low, "high": high}


def beyond(main: Run, base: Run, z: float = Z) -> tuple[float, float]:
    """The interval of how much more often one works than the other, -1 to 1 (Newcombe)."""
    gap = main.share - base.share
    (low, high), (base_low, base_high) = main.interval(z), base.interval(z)
    return (
        gap - sqrt((main.share - low) ** 2 + (base_high - base.share) ** 2),
        gap + sqrt((high - main.share) ** 2 + (base.share - base_low) ** 2),
    )


@dataclass(frozen=True, repr=False)
class Excess(ForCustodian):
    """How much more is found out about people in the table, of what could be: 0 to 1."""

    value: float
    low: float
    high: float


def risk(main: Run, control: Run) -> Excess | None:
    """The risk; None where nobody is left whom it could be about.

    Its interval: the errors of both shares, carried through the formula to the first order (Giomi
    and others, appendix A), with the sides of Wilson's intervals as errors.
    """
    left = 1 - control.share
    if left <= 0:
        return None
    value = (main.share - control.share) / left
    (low, high), (base_low, base_high) = main.interval(), control.interval()
    slope = (1 - main.share) / left
    down = sqrt((main.share - low) ** 2 + (slope * (base_high - control.share)) ** 2) / left
    up = sqrt((high - main.share) ** 2 + (slope * (control.share - base_low)) ** 2) / left
    return Excess(*(min(1.0, max(0.0, x)) for x in (value, value - down, value + up)))


@dataclass(frozen=True, repr=False)
class Figure(ForCustodian):
    """A number beside an attack.

    Args:
        low, high: its 95 % interval, where it has one.
    """

    name: str
    plain: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, repr=False)
class Attempt(ForCustodian):
    """What came of one attack.

    Args:
        plain: that in a sentence or two, without a cell value.
        main, control, naive: None where it was not run.
        why: it could not be judged, and what would help; "" where it could.
    """

    threat: Threat
    result: Result
    plain: str
    main: Run | None = None
    control: Run | None = None
    naive: Run | None = None
    figures: tuple[Figure, ...] = ()
    why: str = ""

    @property
    def risk(self) -> Excess | None:
        """None where there is no control, or where it was no better than guessing."""
        if self.main is None or self.control is None or self.failed:
            return None
        return risk(self.main, self.control)

    @property
    def failed(self) -> bool:
        """Whether it was tried and is no better than guessing, as far as can be told."""
        if self.main is None or self.naive is None or self.result is not Result.HOLDS:
            return False
        return no_better(self.main, self.naive)

    @property
    def remedy(self) -> str:
        """What to do; "" where nothing needs to be done."""
        return self.threat.remedy if self.result is Result.SUCCEEDED else ""

    def document(self) -> dict[str, Any]:
        """As plain values; it must not enter a release."""
        runs = {"main": self.main, "control": self.control, "naive": self.naive}
        return {
            "threat": asdict(self.threat),
            "result": self.result.value,
            "plain": self.plain,
            "why": self.why,
            "remedy": self.remedy,
            **{name: None if run is None else run.document() for name, run in runs.items()},
            "risk": None if self.risk is None else asdict(self.risk),
            "failed": self.failed,
            "figures": [asdict(f) for f in self.figures],
        }


def attempt_of(document: Mapping[str, Any]) -> Attempt:
    """The attempt a document describes."""
    kept = ("successes", "trials", "exact", "shared")
    main, control, naive = (
        None if run is None else Run(**{k: run[k] for k in kept})
        for run in (document[name] for name in ("main", "control", "naive"))
    )
    return Attempt(
        Threat(**document["threat"]),
        Result(document["result"]),
        document["plain"],
        main,
        control,
        naive,
        tuple(Figure(**f) for f in document["figures"]),
        document["why"],
    )


def no_better(main: Run, naive: Run) -> bool:
    """Whether chance explains what an attack does better than guessing."""
    return beyond(main, naive)[0] <= 0


def unjudged(threat: Threat, why: str) -> Attempt:
    """An attack that was not tried."""
    return Attempt(threat, Result.UNJUDGED, f"Could not be judged. {why}", why=why)


def judged(
    threat: Threat,
    main: Run,
    naive: Run,
    control: Run | None,
    figures: Sequence[Figure] = (),
    *,
    told_otherwise: str = "",
    note: str = "",
) -> Attempt:
    """What came of an attack, by its three runs.

    It succeeded where it surely works more often on people in the table than on strangers, and no
    less often than a guess. Without strangers nothing is said but that it failed: the best table
    beats a guess, since it tells what people are like in general.

    Args:
        told_otherwise: a sentence about what else shows that it succeeded; "" for nothing.
        note: what a reader has to know of how it was done.
    """
    result, words, why = _ending(main, naive, control)
    if told_otherwise and control is not None:
        shares = _succeeded(main, control) if main.share > control.share else WON
        result, words, why = Result.SUCCEEDED, shares, told_otherwise
    plain = " ".join(filter(None, (words, why, note)))
    why = why if result is Result.UNJUDGED else ""
    return Attempt(threat, result, plain, main, control, naive, tuple(figures), why)


def _ending(main: Run, naive: Run, control: Run | None) -> tuple[Result, str, str]:
    """The result, what happened, and why it could not be judged where it could not."""
    if control is None:
        shares = f"It worked {main.share:.1%} of the time, guessing {naive.share:.1%}."
        if main.trials < FEW:
            return Result.UNJUDGED, f"Could not be judged. {shares}", TOO_FEW
        if no_better(main, naive):
            return Result.HOLDS, f"The attack failed. {shares}", ""
        return Result.UNJUDGED, f"Could not be judged. {shares}", NO_HOLDOUT
    if beyond(main, control, SURE)[0] > 0 and main.share > naive.share:
        return Result.SUCCEEDED, _succeeded(main, control), ""
    shares = (
        f"It worked {main.share:.1%} of the time, {control.share:.1%} on people who are not in the "
        f"table, guessing {naive.share:.1%}."
    )
    most = max(0.0, beyond(main, control)[1])
    if min(main.trials, main.trials if control.exact else control.trials) < FEW:
        return Result.UNJUDGED, f"Could not be judged. {shares}", TOO_FEW
    if no_better(main, naive):
        return Result.HOLDS, f"The attack failed. {shares}", ""
    if most > WIDE:
        return Result.UNJUDGED, f"Could not be judged. {shares}", MUCH_HIDDEN
    return Result.HOLDS, f"Holds. {shares} Chance may hide {most:.1%} at most.", ""


def _succeeded(main: Run, control: Run) -> str:
    return (
        f"{WON} It worked {main.share:.1%} of the time on people in the table, "
        f"{control.share:.1%} on people who are not in it."
    )
