"""One verdict per column: what of it is in a release. For the custodian's eyes.

Judged against what was in the real column, on the bins of the comparison; the first that holds:

*lost*: nothing survives. Fewer than one in ten of the rows that should hold something of the real
column do (`LEAST`), the others being "(other)", missing or made up; or fewer than one in ten of the
rows that should differ from the most frequent value do, so that the column is as good as constant;
or its shares are no nearer to the real ones than an even spread over its values, or one value
everywhere, would be (`NO_NEARER`), and a quarter of the rows or more stand elsewhere (`MOSTLY`).
The first two only where a fresh real sample would hardly ever look so (`CHANCE`).

*coarser*: values are there, but more than one row in twenty holds one that is not (`SLACK`), beyond
those that a fresh sample would not have either. Of free text, only whether something was written.

*spread*: its values are there, but more than one row in twenty stands elsewhere (`SLACK`) than in a
fresh real sample: point masses or the shape are gone, because detail inside a group is even.

*kept*: the rest. Where there are few rows, a fresh real sample itself is now and then further off
than one row in twenty beyond what is expected of it; so three standard deviations of that are
allowed (`SCATTER`), or three rows, whichever is most. Twice as much before a column's shares are
called lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from math import inf, sqrt

from synth.budget.eyes import ForCustodian
from synth.budget.prospect import Prospect
from synth.evaluate.comparison import Comparison, Histogram, Traces
from synth.schema import Categories, Column, Domain, Numbers, Schema, Text

LEAST = 0.1
MOSTLY, NO_NEARER = 0.25, 0.95
SLACK, SCATTER, FEW = 0.05, 3.0, 3
ROUGH = 5  # times as many values as can be told well can be told at all, once they are declared
CHANCE = 1e-3


class Fate(Enum):
    """What became of a column, the worst first."""

    LOST = "lost"
    SPREAD = "spread"
    COARSER = "coarser"
    KEPT = "kept"


@dataclass(frozen=True, repr=False)
class Verdict(ForCustodian):
    """What became of one column, in plain words without a cell value.

    Args:
        remedy: what to do about it; "" where nothing needs to be done.
    """

    column: str
    fate: Fate
    words: str
    remedy: str = ""

    @property
    def plain(self) -> str:
        """In a sentence or two."""
        return f"{self.column}: {self.words}." + (f" {self.remedy}" if self.remedy else "")


def verdicts(comparison: Comparison) -> tuple[Verdict, ...]:
    """One verdict per column that was to be synthesised, the worst first."""
    told = [_verdict(h, h.traces, comparison) for h in comparison.columns if h.traces is not None]
    order = list(Fate)
    return tuple(sorted(told, key=lambda v: order.index(v.fate)))


def tally(told: Sequence[Verdict]) -> str:
    """How many columns met which fate, in words: `1 lost, 2 coarser, 5 kept`."""
    found = Counter(v.fate for v in told)
    return ", ".join(f"{found[fate]} {fate.value}" for fate in Fate if found[fate])


def _verdict(seen: Histogram, traces: Traces, comparison: Comparison) -> Verdict:
    def said(fate: Fate, words: str) -> Verdict:
        return Verdict(seen.column, fate, words, _remedy(seen.column, fate, traces, comparison))

    if seen.column in comparison.anew:
        return Verdict(seen.column, Fate.LOST, *ANEW)
    if why := _lost(seen, traces, comparison):
        return said(Fate.LOST, why)
    if traces.kind == "text":
        return said(Fate.COARSER, WITHHELD)
    if traces.kind == "values" and _unmet(traces, comparison):
        told = f"{traces.met:,} of {traces.values:,} values are told"
        return said(Fate.COARSER, f"{told}, and {traces.unmet:.0%} of the real rows hold another")
    if seen.tvd - seen.fresh > _allowed(traces.scatter, comparison):
        return said(Fate.SPREAD, "; ".join(_elsewhere(seen)))
    rough = comparison.own_states and traces.kind == "measured"
    return said(Fate.KEPT, ROUGHLY if rough else "its values and shares are kept")


ANEW = (
    "nothing survives; it was taken for the numbers of people, and made anew",
    "If it names nobody, say on Columns what it is.",
)
WITHHELD = "free text is withheld, and only whether something was written is kept"
ROUGHLY = "kept as far as the release's own intervals show, for its rows stayed in their engine"


def _allowed(scatter: float, comparison: Comparison) -> float:
    """How far beyond what is expected of it a fresh real sample may be, by chance."""
    fewest = max(1, min(comparison.rows, comparison.synthetic_rows))
    return max(SLACK, SCATTER * scatter, FEW / fewest)


def _unmet(traces: Traces, comparison: Comparison) -> bool:
    """Whether more rows hold a value that is not there than chance explains."""
    expected = traces.unmet_fresh
    rows = 1 / max(1, comparison.rows) + 1 / max(1, comparison.synthetic_rows)
    scatter = sqrt(max(0.0, expected * (1 - expected)) * rows)
    return traces.unmet - expected > _allowed(scatter, comparison)


def _lost(seen: Histogram, traces: Traces, comparison: Comparison) -> str:
    """Why nothing of the column survives; "" where something does."""
    held, made, rows = traces.known, traces.known_synthetic, comparison.synthetic_rows
    if made < LEAST * held and (1 - held) ** rows < CHANCE:
        what = '"(other)", missing or made up'
        what = what if traces.kind == "values" else "missing or beyond all real ones"
        return f"nothing survives; {1 - made:.0%} of its rows are {what}"
    if 1 - traces.top_synthetic < LEAST * (1 - traces.top) and traces.top**rows < CHANCE:
        return f"nothing survives; {traces.top_synthetic:.0%} of its rows are alike"
    beyond = seen.tvd - seen.fresh > 2 * _allowed(traces.scatter, comparison)
    off = seen.tvd - (traces.unmet if traces.kind == "values" else 0.0)
    nothing = NO_NEARER * min(traces.even, 1 - traces.top)
    if beyond and off >= max(MOSTLY, nothing) and traces.kind != "text":
        return (
            "as good as made up; its shares are no nearer to the real ones than an even spread "
            "would be"
        )
    return ""


def _elsewhere(seen: Histogram) -> Iterator[str]:
    """How far the shape is off, and the one bin that lost most."""
    yield (
        f"{seen.tvd:.0%} of its rows stand elsewhere than in the real column, where chance "
        f"explains {seen.fresh:.0%}"
    )
    gone = [p - q for p, q in zip(seen.real, seen.synthetic, strict=True)]
    worst = max(range(len(gone)), key=gone.__getitem__)
    if gone[worst] > SLACK:
        yield (
            f"where {seen.real[worst]:.0%} of the real rows are, there are "
            f"{seen.synthetic[worst]:.0%}"
        )


# -- what to do ------------------------------------------------------------------------------------


def _remedy(column: str, fate: Fate, traces: Traces, comparison: Comparison) -> str:
    """What to do about a column; "" where it is kept."""
    if fate is Fate.KEPT:
        return ""
    if traces.kind == "text" and fate is Fate.COARSER:
        return "If its values may be told, declare it a category on Columns."
    known, tellable = column in comparison.declared, comparison.tellable
    ways = list(_ways(fate, traces, tellable, known=known))
    if fate is Fate.LOST:
        ways.append("leave it out")
    told = ", or ".join(ways)
    return f"{told[0].upper()}{told[1:]}."


def _ways(fate: Fate, traces: Traces, tellable: int, *, known: bool) -> Iterator[str]:
    """What helps most, first."""
    if traces.kind == "values":
        roughly = ROUGH * tellable
        if tellable and not known and traces.values <= roughly:
            yield "declare its values on Columns if they are known without the table"
        elif fate is Fate.SPREAD:
            yield "generalise it to fewer values"
        else:
            can = f": about {tellable:,} values can be told" if 1 < tellable < traces.values else ""
            yield f"generalise it, as a postcode to its district{can}"
    elif known or not tellable:
        yield "round it or clip its tails on Protect"
    else:
        yield "declare its bounds on Columns if they are known without the table, and round it"
    if fate is Fate.SPREAD:
        yield "raise epsilon" if tellable else "take another method"


# -- before a run ----------------------------------------------------------------------------------

LOST_BELOW, COARSE_BELOW = 0.5, 2.0  # rows of a value on average, in rows that it takes to be told
LOST_GROUPS, COARSE_GROUPS = 4, 10  # stretches of a line that can be told apart


def predicted(schema: Schema, seen: Prospect, least: Mapping[str, int]) -> tuple[Verdict, ...]:
    """What is likely to become of each column under noise, the worst first; no row is read.

    A rough guess: how rows are spread over values is not known, so it takes them for about even.
    Columns that are likely to be kept are left out.

    Args:
        schema: what is declared, or supposed.
        seen: how much noise there will be, and about how many rows there are.
        least: of each column that nobody declared, about how many rows have to share a value, or
            lie in a stretch, for it to be found.
    """
    told = []
    for column in schema.modelled:
        fate, words = _likely(column, seen, least.get(column.name, 0))
        if fate is not Fate.KEPT:
            told.append(Verdict(column.name, fate, words))
    order = list(Fate)
    return tuple(sorted(told, key=lambda v: order.index(v.fate)))


def _likely(column: Column, seen: Prospect, least: int) -> tuple[Fate, str]:
    domain, states = column.domain, column.domain.size
    if isinstance(domain, Text):
        return Fate.KEPT, ""
    if least and isinstance(domain, Categories):
        states = max(len(domain.values), 1)
        words = (
            f"a value takes about {least:,} rows to be told, so at most {seen.rows // least:,} of "
            f"{states:,} can be"
        )
        average = seen.rows / states / least
        lost, coarse = average < LOST_BELOW, average < COARSE_BELOW
        return Fate.LOST if lost else Fate.COARSER if coarse else Fate.KEPT, words
    if least:
        groups = seen.rows // least
        words = f"only about {groups:,} stretches of it can be told apart"
        needed = _values(domain)  # a line of few values needs no more stretches than these
        lost, coarse = groups < min(LOST_GROUPS, needed), groups < min(COARSE_GROUPS, needed)
        return Fate.LOST if lost else Fate.SPREAD if coarse else Fate.KEPT, words
    moved = seen.moved(states)
    words = f"noise alone seems to move {moved:.0%} of the rows, over {states:,} values or groups"
    return Fate.LOST if moved > MOSTLY else Fate.SPREAD if moved > SLACK else Fate.KEPT, words


def _values(domain: Domain) -> float:
    """How many different values a line may hold."""
    if not isinstance(domain, Numbers) or domain.decimals is None:
        return inf
    return (domain.edges[-1] - domain.edges[0]) * 10.0**domain.decimals / domain.step
