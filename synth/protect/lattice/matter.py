"""How much each column matters, and the ways to protect that follow: each keeps something else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from synth.ingest.named import meaning_of, words_of
from synth.protect.lattice.ladders import Ladder
from synth.protect.lattice.search import Goal, Node, Space, search
from synth.schema import Kind
from synth.vault.coded import Coded

LITTLE = 0.1  # what a loss counts in a column that does not matter: something, so as not to waste
MUCH = 10.0  # what it counts in the columns whose detail a way keeps
EVERY = "Keep every column"
EVENLY = "Lose least"


class Matters(StrEnum):
    """How much the detail of one column matters to whoever uses the rows."""

    LITTLE = "does not matter"
    SOME = "matters"
    ALL = "must stay as it is"


@dataclass(frozen=True, eq=False)
class Compromise:
    """One proposal of a search: what it keeps detail in, and what it came to.

    Args:
        even: the search that counts columns by how much they matter alone, so that what proposals
            lose can be held against each other.
        also: what other proposals come to the same.
    """

    name: str
    space: Space
    even: Space
    also: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name, and what else it comes to."""
        told = ", ".join(f"*{name[0].lower()}{name[1:]}*" for name in self.also)
        return f"{self.name} (the same as: {told})" if told else self.name

    def loses(self, node: Node) -> str:
        """What a combination of levels of this search loses, in its unit."""
        space = self.even
        loss = space.evaluate(node.levels).loss
        if space.goal.loss == "discernibility":
            every = space.rows**2
            return f"{loss / every:.1%} of all pairs of rows can no longer be told apart"
        share = loss / (float(space.bound.max()) or 1.0)
        if space.goal.loss == "generalisation":
            return f"groups are {share:.0%} as wide as their columns, on average"
        return f"{share:.0%} of what these columns tell is lost (of their entropy)"

    def plain(self, levels: Sequence[int], matters: Mapping[str, Matters]) -> str:
        """What becomes of each column, in words, with how much it was said to matter."""
        kept, coarser, gone = [], [], []
        for ladder, level in zip(self.space.ladders, levels, strict=True):
            said = matters.get(ladder.name, Matters.SOME)
            asked = "" if said is Matters.SOME else f" ({said})"
            named = f"{ladder.name}{asked}"
            if not ladder.rungs[level].steps:
                kept.append(named)
            elif ladder.gone(level):
                gone.append(named)
            else:
                one = " (the same in all rows)" if ladder.rungs[level].size == 1 else ""
                coarser.append(f"{ladder.name} to {ladder.words(level)}{one}{asked}")
        told = (("left out", gone), ("coarser", coarser), ("as it is", kept))
        return "; ".join(f"{what}: {', '.join(names)}" for what, names in told if names)


def ways(
    ladders: Sequence[Ladder],
    goal: Goal,
    matters: Mapping[str, Matters],
    themes: Mapping[str, str],
    sensitive: Coded | None = None,
    tick: Callable[[float], None] = lambda share: None,
    owner: Coded | None = None,
) -> tuple[Compromise, ...]:
    """Ways to protect: one that keeps something of each column, of each theme more, or loses least.

    A column that matters is left out only where no way keeps something of all of them, or by the
    last way. Ways that come to the same are one.

    Args:
        matters: per column; one that is not named matters.
        themes: per column, what it is about (`theme_of`).
        tick: told the share of the work that is done; may raise to stop it.
        owner: whose each row is, where people have several.

    Raises:
        RiskError: k is larger than the table, or there are too many combinations of levels.
    """
    free = [ld.unchanged if matters.get(ld.name) is Matters.ALL else ld for ld in ladders]
    whole = [ld.kept if matters.get(ld.name) is not Matters.LITTLE else ld for ld in free]
    weights = {n: LITTLE for n, said in matters.items() if said is Matters.LITTLE}
    about = [t for t in dict.fromkeys(themes.values()) if goal.loss != "discernibility"]
    about = about if len(about) > 1 else []
    done = iter(range(len(about) + 2))

    def searched(among: Sequence[Ladder], theme: str = "") -> Space:
        at = next(done)
        much = {n: MUCH * weights.get(n, 1.0) for n, t in themes.items() if theme and t == theme}
        weighed = replace(goal, weights=weights | much)

        def told(part: float) -> None:
            tick((at + part) / (len(about) + 2))

        return search(among, weighed, sensitive, told, owner)

    even, every = searched(free), searched(whole)
    base = free if every.best is None else whole
    made = [Compromise(EVENLY, even, even)]
    if every.best is not None:
        made = [Compromise(EVERY, every, even)]
    for theme in about:
        _add(made, Compromise(f"Keep detail in {theme}", searched(base, theme), even))
    if every.best is not None:
        _add(made, Compromise(EVENLY, even, even))
    return tuple(made)


def _add(made: list[Compromise], way: Compromise) -> None:
    """One more proposal, unless another comes to the same, which then says so."""
    best = way.space.best
    if best is None:
        return
    for place, other in enumerate(made):
        known = other.space.best
        if known is not None and known.levels == best.levels:
            made[place] = replace(other, also=(*other.also, way.name))
            return
    made.append(way)


def theme_of(name: str, kind: Kind) -> str:
    """What a column is about: time, places, or else people; from its kind and its name alone."""
    if kind is Kind.DATE:
        return "time"
    found = meaning_of(words_of(name))
    return "places" if found is not None and found.of_places else "people"
