"""Before a release may leave: one line for whatever stands against it, each with its fix.

For the custodian's eyes, as it is worked out from the comparison with the real rows; no line holds
a cell value that the release does not hold. A fix is a change of the recipe as data, so that a
button can apply it. What nobody fixes may leave with a reason alone, which stays in the custodian's
recipe (`[release.exceptions]`) and never enters the bundle.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from synth.budget.eyes import ForCustodian
from synth.budget.population import for_whom
from synth.errors import BundleError
from synth.evaluate import Comparison
from synth.evaluate.attacks import Result
from synth.evaluate.attacks.copying import EXACT
from synth.evaluate.verdict import Fate, Verdict, verdicts
from synth.ingest.looks import identifiers_in
from synth.learning.keeping import Upkeep
from synth.learning.method import Model, Promise
from synth.learning.seeded import Seeded
from synth.runs.fixes import LADDER, USUAL, Fix, without
from synth.runs.recipe import Recipe, RulePart
from synth.runs.remedies import simpler
from synth.runs.verifying import check_promise
from synth.schema import Categories, Column, Dates, Numbers, Role, Schema
from synth.schema.rules import InOrder, SumOf, rule_of

MOST_LEFT_OUT = 0.5  # of the rows that were drawn, to keep rules, before it stops a release
FEW_TOLD = 10  # values that noise lets tell apart, below which two levels are offered
MOST_OFFERED = 3  # rules that are offered to be left out
MOST_COARSER = 3  # ways to make columns coarser that are offered against one attack
KNOWN = "keep it, as I would have said without the rows"
LOOKED = "keep it, settled after looking, which no epsilon covers"
ROUND = 10  # people: a number of so many by itself is one that somebody would say
FORMAL = "adaptive"  # the method that is proposed instead of one that gives real rows back


@dataclass(frozen=True, repr=False)
class Objection(ForCustodian):
    """One thing that stands against a release, or that somebody should look at.

    Args:
        key: the same for the same finding of another run: the name of an exception in the recipe.
        stops: whether nothing may leave until it is fixed or a reason is given.
        reason: why it may leave nevertheless, as the recipe says.
    """

    key: str
    what: str
    why: str
    fixes: tuple[Fix, ...] = ()
    stops: bool = True
    reason: str = ""

    @property
    def open(self) -> bool:
        """Whether it still stands in the way."""
        return self.stops and not self.reason

    @property
    def plain(self) -> str:
        """In a sentence or two."""
        ways = "; or ".join(fix.words for fix in self.fixes)
        return f"{self.what}: {self.why}" + (f" To fix it: {ways}." if ways else "")


def gate(
    recipe: Recipe, model: Model, comparison: Comparison, upkeep: Upkeep | None = None
) -> tuple[Objection, ...]:
    """Whatever stands against a release, what stops it first.

    Args:
        recipe: that the release was made by; its exceptions are the reasons given so far.
        model: what the release is drawn from, with its schema and its statement.
        upkeep: what it took to keep the rules between columns, where there are any.
    """
    found = [
        *_promise(recipe, model),
        *_columns(recipe, model.schema, comparison),
        *_rules(recipe, comparison),
        *_unasked(recipe, comparison),
        *_left_out(recipe, upkeep or Upkeep()),
        *_copies(recipe, model.schema, comparison),
        *_attacks(recipe, model.schema, comparison),
        *_counted(recipe, comparison),
        *_identifiers(recipe, model.schema),
    ]
    return tuple(sorted(found, key=lambda line: not line.stops))


def ready(lines: Sequence[Objection]) -> bool:
    """Whether the release may leave."""
    return not any(line.open for line in lines)


def excepted(recipe: Recipe, key: str, reason: str) -> Recipe:
    """The recipe with a reason for one line, or without it where the reason is empty."""
    kept = {k: v for k, v in recipe.release.exceptions.items() if k != key}
    told = " ".join(reason.split())
    exceptions = {**kept, key: told} if told else kept
    release = recipe.release.model_copy(update={"exceptions": exceptions})
    return recipe.model_copy(update={"release": release})


def _reason(recipe: Recipe, key: str) -> str:
    return " ".join(recipe.release.exceptions.get(key, "").split())


# -- the promise -----------------------------------------------------------------------------------


def _promise(recipe: Recipe, model: Model) -> Iterator[Objection]:
    """The statement held against the ledger once more; no reason makes it true."""
    if (total := model.statement.population) is not None and total.mixed:
        why = for_whom(total).replace("**", "")
        yield Objection("units", "The account", why, reason=_reason(recipe, "units"))
    try:
        check_promise(model)
    except BundleError as error:
        yield Objection("promise", "The promise does not hold", error.what)


# -- columns ---------------------------------------------------------------------------------------


def _columns(recipe: Recipe, schema: Schema, comparison: Comparison) -> Iterator[Objection]:
    """Columns of which nothing survives stop; those that are spread are to be looked at."""
    for verdict in verdicts(comparison):
        if verdict.fate not in (Fate.LOST, Fate.SPREAD) or verdict.column not in schema:
            continue
        key = f"{verdict.fate.value} {verdict.column}"
        yield Objection(
            key,
            f"`{verdict.column}`",
            f"{verdict.words}. {verdict.remedy}".strip(),
            tuple(_fixes(recipe, schema[verdict.column], verdict, comparison)),
            stops=verdict.fate is Fate.LOST,
            reason=_reason(recipe, key),
        )


def _fixes(
    recipe: Recipe, column: Column, verdict: Verdict, comparison: Comparison
) -> Iterator[Fix]:
    """What helps most, first; leaving a column out is the last resort."""
    if column.name not in comparison.anew:
        ways = list(simpler(recipe, column, ends=False))
        yield from ways
        if ways and verdict.fate is Fate.LOST and 0 < comparison.tellable < FEW_TOLD:
            # One level coarser is seldom enough then, and each run that shows so costs anew.
            yield from list(simpler(ways[0].of(recipe), column, ends=False))[:1]
        # Of what is lost, more epsilon seldom saves anything, and weakens the promise to all.
        spread = verdict.fate is Fate.SPREAD
        if spread and recipe.formal and recipe.privacy.epsilon < LADDER[-1]:
            more = min(LADDER[-1], 2 * recipe.privacy.epsilon)
            less = ", which protects people less" if more > USUAL else ""
            yield Fix(f"raise epsilon to {more:g}{less}", epsilon=more)
    if verdict.fate is Fate.LOST:
        yield without(recipe, column.name)


# -- rules between columns -------------------------------------------------------------------------


def _rules(recipe: Recipe, comparison: Comparison) -> Iterator[Objection]:
    """A rule that synthetic rows break stops; what else is odd about one is to be looked at."""
    for found in comparison.rules:
        key = f"rule {found.says}"
        what = f"The rule “{found.says}”"
        reason = _reason(recipe, key)
        left = tuple(p for p in recipe.rules if str(p.rule) != found.says)
        fixes: tuple[Fix, ...] = (Fix("leave the rule out", rules=left),)
        if found.broken is None:
            yield Objection(key, what, f"not told: {found.why}.", fixes, stops=False, reason=reason)
        elif found.broken:
            real = f"{found.real_broken:,} of {found.real_rows:,} real ones"
            beside = f", and by {real}" if found.real_broken is not None else ""
            why = f"broken by {found.broken:,} of {found.rows:,} synthetic rows{beside}."
            yield Objection(key, what, why, (*_by_formal(recipe), *fixes), reason=reason)
        elif found.wrong:
            ways = (*_learnt_together(recipe, found.says), *fixes)
            read = recipe.chosen.promise is not Promise.NO_ROW_READ
            yield Objection(key, what, f"{found.wrong}.", ways, stops=read, reason=reason)
        elif found.real_broken:
            why = f"{found.real}, and no synthetic one does."
            yield Objection(key, what, why, fixes, stops=False, reason=reason)


def _by_formal(recipe: Recipe) -> Iterator[Fix]:
    """The method that learns most of how columns go together, where it is another."""
    if recipe.method.name != FORMAL:
        epsilon = 1.0 if math.isinf(recipe.privacy.epsilon) else recipe.privacy.epsilon
        words = f"take the method {FORMAL} with epsilon {epsilon:g}"
        yield Fix(words, epsilon=epsilon, method=FORMAL)


def _learnt_together(recipe: Recipe, says: str) -> Iterator[Fix]:
    """The two columns of a function are measured together, whatever else goes together."""
    columns = rule_of(says).columns
    before = tuple(tuple(s) for s in (recipe.method.model_extra or {}).get("pinned", ()))
    yield from _by_formal(recipe)
    if recipe.method.name == FORMAL and not any(set(columns) <= set(s) for s in before):
        words = f"always measure {' × '.join(f'`{n}`' for n in columns)} together"
        yield Fix(words, settings={"pinned": (*before, columns)})


def _unasked(recipe: Recipe, comparison: Comparison) -> Iterator[Objection]:
    """Rules that nobody named: an order or a sum that all real rows keep stops; others are told."""
    for place, found in enumerate(comparison.unasked):
        key = f"unasked {found.says}"
        why = (
            f"no real row breaks it, and {found.broken:,} of {found.rows:,} synthetic rows do. If "
            "it always holds, it should hold here."
        )
        fixes = tuple(_keeping(recipe, [found.says]))
        if place == 0 and len(comparison.unasked) > 1:  # each run costs, and one keeps them all
            every = [one.says for one in comparison.unasked]
            fixes += tuple(_keeping(recipe, every, f"all {len(every)} such rules: "))
        stops = isinstance(rule_of(found.says).says, InOrder | SumOf)
        what = f"A rule that nobody named, “{found.says}”"
        yield Objection(key, what, why, fixes, stops=stops, reason=_reason(recipe, key))


def _keeping(recipe: Recipe, says: Sequence[str], named: str = "") -> Iterator[Fix]:
    """Rules that are kept from now on: known without the rows, or settled after looking."""
    for words, seen in ((KNOWN, False), (LOOKED, True)):
        parts = (RulePart(says=one, seen=seen) for one in says)
        yield Fix(
            named + words.replace("it", "them", 1) if named else words,
            rules=(*recipe.rules, *parts),
        )


def _left_out(recipe: Recipe, upkeep: Upkeep) -> Iterator[Objection]:
    """Where most rows had to be left out to keep the rules, what is left is shifted."""
    if not upkeep.drawn or upkeep.left_out / upkeep.drawn <= MOST_LEFT_OUT:
        return
    fixes = [
        Fix(f"leave the rule “{part.rule}” out", rules=tuple(p for p in recipe.rules if p != part))
        for part in recipe.rules[:MOST_OFFERED]
    ]
    why = f"{upkeep.plain} Shares of the columns that they are about are those of the few left."
    key = "rules left out"
    yield Objection(key, "The rules together", why, tuple(fixes), reason=_reason(recipe, key))


# -- copies ----------------------------------------------------------------------------------------


def _copies(recipe: Recipe, schema: Schema, comparison: Comparison) -> Iterator[Objection]:
    """Rows of real people beyond chance."""
    found = comparison.copies
    if found is None or not found.too_many:
        return
    key = f"copies {recipe.method.name}"
    why = f"{found.plain} {found.remedy}"
    fixes = tuple(_defences(recipe, schema, ""))
    yield Objection(key, "Copies of real rows", why, fixes, reason=_reason(recipe, key))


def _promised(recipe: Recipe) -> Iterator[Fix]:
    """A method with a formal promise, where there is none."""
    if not recipe.formal:
        epsilon = 1.0 if math.isinf(recipe.privacy.epsilon) else recipe.privacy.epsilon
        words = f"take the method {FORMAL} with epsilon {epsilon:g}"
        yield Fix(words, epsilon=epsilon, method=FORMAL)


# -- attacks ---------------------------------------------------------------------------------------


def _attacks(recipe: Recipe, schema: Schema, comparison: Comparison) -> Iterator[Objection]:
    """Attacks that give away people in the table, and not those who were set aside."""
    copied = comparison.copies is not None and comparison.copies.too_many
    for attempt in comparison.attacks:
        name = attempt.threat.name
        if attempt.result is not Result.SUCCEEDED or (copied and attempt.threat == EXACT):
            continue
        key = f"attack {name}"
        yield Objection(
            key,
            f"An attack: {name}",
            f"{attempt.threat.wants} {attempt.plain} {attempt.remedy}",
            tuple(_defences(recipe, schema, attempt.threat.secret)),
            reason=_reason(recipe, key),
        )


def _defences(recipe: Recipe, schema: Schema, secret: str) -> Iterator[Fix]:
    """What helps against an attack, the least loss first; leaving the secret out comes last."""
    method = recipe.chosen
    if recipe.formal:
        less = recipe.privacy.epsilon / 2
        yield Fix(f"lower epsilon to {less:g}", epsilon=less)
    elif isinstance(method, Seeded):
        yield Fix(f"raise k to {2 * method.k}", k=2 * method.k)
    yield from _promised(recipe)
    named = recipe.evaluate.known
    known = [c for c in schema.modelled if (c.name in named if named else c.role is Role.QUASI)]
    known = [c for c in known or schema.modelled if c.name != secret]
    known.sort(key=lambda c: -c.domain.size)  # the finest tell people apart
    ways = chain.from_iterable(simpler(recipe, c) for c in known)
    yield from list(ways)[:MOST_COARSER]
    if secret:
        if secret in schema:
            yield from simpler(recipe, schema[secret])
        yield without(recipe, secret)
    else:
        yield from (without(recipe, c.name) for c in known[:1])


# -- the number of people -------------------------------------------------------------------------


def _counted(recipe: Recipe, comparison: Comparison) -> Iterator[Objection]:
    """The very number of real rows as a number that recipients read: nobody would guess it."""
    said = recipe.purpose.rows, recipe.release.rows
    if not recipe.formal or comparison.rows not in said or not comparison.rows % ROUND:
        return
    key, near = "the number of people", round_near(comparison.rows)
    why = (
        "a number in the recipe, which recipients read, is exactly that of the real rows: how many "
        "people there are is found out under the budget."
    )
    fix = Fix(f"say about {near:,}", people=near)
    yield Objection(key, "The number of people", why, (fix,), reason=_reason(recipe, key))


def round_near(rows: int) -> int:
    """A number as one would say it without counting: of two digits.

    >>> round_near(1984), round_near(37)
    (2000, 40)
    """
    digits = max(1, len(str(rows)) - 2)
    return max(10, round(rows, -digits))


# -- identifiers of real people --------------------------------------------------------------------


def _identifiers(recipe: Recipe, schema: Schema) -> Iterator[Objection]:
    """What looks like the identifier of somebody, where a release tells it.

    Among the values of a column it stops. In the custodian's own words it is to be looked at: a
    contact that recipients should have is an address too.
    """
    for column in schema.modelled:
        for kind, many in identifiers_in(labels(column)):
            key = f"identifiers {column.name}"
            yield Objection(
                key,
                f"Values of `{column.name}`",
                f"{many:,} of them look like {kind}, and would be told as they are.",
                (without(recipe, column.name),),
                reason=_reason(recipe, key),
            )
            break  # one line a column: the same reason would answer each
    for where, texts in _own_words(recipe, schema):
        for kind, _ in identifiers_in(texts):
            key = f"identifiers in {where}"
            why = f"something in it looks like {kind}: take it out, if it is that of a person."
            yield Objection(key, where.capitalize(), why, stops=False, reason=_reason(recipe, key))
            break


def labels(column: Column) -> tuple[str, ...]:
    """What a release tells of a column by itself."""
    match column.domain:
        case Categories(values=values):
            return tuple(map(str, values))
        case Numbers(codes=codes) | Dates(codes=codes):
            return tuple(codes)
        case _:
            return ()


def _own_words(recipe: Recipe, schema: Schema) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The custodian's words that enter a bundle, and where they stand."""
    yield "the title", (recipe.release.title,)
    about = recipe.release.about  # whom to ask is meant to be told
    yield "what is said of it", (about.description, about.publisher, about.licence, about.version)
    yield "the text of the showcase", (recipe.showcase.text,)
    yield "the name of the logo", (recipe.showcase.logo,)
    yield "the population", (recipe.people.population,)
    yield "names of columns", schema.names
    yield "meanings of columns", tuple(c.meaning for c in schema)
    yield "the steps of the recipe", tuple(texts_within(recipe.protect))
    told = recipe.model_dump(exclude_defaults=True).get("column", ())
    yield "the columns of the recipe", tuple(texts_within([p.get("codes") for p in told]))


def texts_within(value: Any) -> Iterator[str]:
    """Every text in a document, and the keys of its mappings: old values of a recoding."""
    match value:
        case str():
            yield value
        case Mapping():
            for key, part in value.items():
                yield str(key)
                yield from texts_within(part)
        case list() | tuple():
            for part in value:
                yield from texts_within(part)
