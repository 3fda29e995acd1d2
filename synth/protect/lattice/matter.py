"""How much each column matters, and the ways to protect that follow: each keeps something else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from synth.ingest.named import meaning_of, words_of
from synth.protect.lattice.ladders import Ladder
from synth.protect.lattice.search import Goal, Space, search
from synth.schema import Kind
from synth.vault.coded import Coded

LITTLE = 0.1  # what a loss counts in a column that does not matter: something, so as not to waste
MUCH = 10.0  # what it counts in the columns whose detail a way keeps
EVENLY = "Lose least"


class Matters(StrEnum):
    """How much the detail of one column matters to whoever uses the rows."""

    LITTLE = "does not matter"
    SOME = "matters"
    ALL = "must stay as it is"


@dataclass(frozen=True, eq=False)
class Compromise:
    """One proposal of a search: what it keeps detail in, and what it came to."""

    name: str
    space: Space

    def plain(self, levels: Sequence[int], matters: Mapping[str, Matters]) -> str:
        """What becomes of each column, in words, with how much it was said to matter."""
        kept, coarser, gone = [], [], []
        for ladder, level in zip(self.space.ladders, levels, strict=True):
            said = matters.get(ladder.name, Matters.SOME)
            asked = "" if said is Matters.SOME else f" ({said})"
            named = f"{ladder.name}{asked}"
            if level == 0:
                kept.append(named)
            elif level == ladder.top:
                gone.append(named)
            else:
                coarser.append(f"{ladder.name} to {ladder.words(level)}{asked}")
        told = (("as it is", kept), ("coarser", coarser), ("left out", gone))
        return "; ".join(f"{what}: {', '.join(names)}" for what, names in told if names)


def ways(
    ladders: Sequence[Ladder],
    goal: Goal,
    matters: Mapping[str, Matters],
    themes: Mapping[str, str],
    sensitive: Coded | None = None,
    tick: Callable[[float], None] = lambda share: None,
) -> tuple[Compromise, ...]:
    """The way that loses least, and those that keep the detail of one theme, where they differ.

    Args:
        matters: per column; one that is not named matters.
        themes: per column, what it is about (`theme_of`).
        tick: told the share of the work that is done; may raise to stop it.

    Raises:
        RiskError: k is larger than the table, or there are too many combinations of levels.
    """
    free = [ld.unchanged if matters.get(ld.name) is Matters.ALL else ld for ld in ladders]
    weights = {n: LITTLE for n, said in matters.items() if said is Matters.LITTLE}
    about = [t for t in dict.fromkeys(themes.values()) if goal.loss != "discernibility"]
    about = about if len(about) > 1 else []
    made: list[Compromise] = []
    searches = len(about) + 1

    def told_of(place: int) -> Callable[[float], None]:
        return lambda part: tick((place + part) / searches)

    for place, theme in enumerate(["", *about]):
        told = weights | {
            n: MUCH * weights.get(n, 1.0) for n, t in themes.items() if theme and t == theme
        }
        found = search(free, replace(goal, weights=told), sensitive, told_of(place))
        best = found.best
        if made and (best is None or any(_same(best.levels, way) for way in made)):
            continue
        made.append(Compromise(f"Keep detail in {theme}" if theme else EVENLY, found))
    return tuple(made)


def _same(levels: tuple[int, ...], way: Compromise) -> bool:
    return way.space.best is not None and way.space.best.levels == levels


def theme_of(name: str, kind: Kind) -> str:
    """What a column is about: time, places, or else people; from its kind and its name alone."""
    if kind is Kind.DATE:
        return "time"
    found = meaning_of(words_of(name))
    return "places" if found is not None and found.of_places else "people"
