"""The custodian's edition of an evidence pack: what was promised, and what attacks came to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from synth.evaluate.attacks import Attempt, Result
from synth.evaluate.attacks.threat import risk
from synth.evaluate.evaluation import Evaluation
from synth.release import Bundle
from synth.release.evidence.criteria import (
    EMA,
    EMA_MOST,
    EXPERT,
    INFERRING,
    INTRUDER,
    LINKING,
    SINGLING,
    Answered,
    Criterion,
    Proof,
    Tied,
)
from synth.release.evidence.pack import HELD, about, packed, shared_pack
from synth.release.evidence.promised import promised
from synth.release.signature import SigningKey
from synth.runs.custodian_report import custodian_document, custodian_page
from synth.runs.gate import Objection
from synth.runs.verifying import verify

PAGE = "report.html"
ATTACKS = "Could people be found out"
GATE = "What stood against the release"
TRIED = {  # by criterion, how the names of the attacks begin that try it
    SINGLING: ("singling out",),
    LINKING: ("linkability", "replicated uniques"),
    INFERRING: ("attribute inference", "disclosure"),
    INTRUDER: (
        *("linkability", "replicated uniques", "attribute inference", "disclosure"),
        *("membership", "exact copies", "near copies"),
    ),
    EXPERT: ("",),
    EMA: ("singling out", "linkability", "replicated uniques"),
}
GIVES_AWAY = ("identifiers ", "copies ")  # how the lines of the gate begin that show people
UNATTACKED = "No attack was tried on the rows of {}, the second table: that rests on the promise."
NOBODY = "Nobody was set aside, so no attack was tried."
NO_PROOF = "That no attack succeeded does not show that none can."


def share_safe_pack(bundle: Bundle, key: SigningKey | None = None) -> bytes:
    """The edition that may be handed on, after every file of the release was made again.

    Raises:
        BundleError: something in the bundle does not follow from it.
    """
    verify(bundle)  # what was written into it by hand is in no pack
    return shared_pack(bundle, key)


def custodian_pack(
    bundle: Bundle,
    found: Evaluation,
    lines: Sequence[Objection],
    recipe: str,
    key: SigningKey | None = None,
) -> bytes:
    """The edition for those who decide, with exact figures.

    Args:
        found: everything that was measured of the release.
        lines: of the gate, with the reasons that were given.
        recipe: the custodian's, with those reasons, as TOML.
    """
    facts = {**about(bundle), "real rows": found.rows}
    answers = [
        measured_answer(a, found.attacks, lines, found.untried or NOBODY) for a in promised(bundle)
    ]
    title = str(bundle.facts.get("title", ""))
    if (second := bundle.children) is not None:
        apart = f" {UNATTACKED.format(second.name)}"
        answers = [replace(a, words=a.words + apart) for a in answers]
        facts[f"{second.name}, the second table"] = "not in these measures"
    report = json.dumps(custodian_document(found, lines), indent=1, default=float)
    files = {
        PAGE: custodian_page(found, lines, title).encode(),
        "report.json": report.encode(),
        "recipe.toml": recipe.encode(),
    }
    return packed(answers, facts, files, HELD, bundle, key)


def measured_answer(
    answer: Answered,
    attacks: Sequence[Attempt],
    lines: Sequence[Objection],
    untried: str = NOBODY,
) -> Answered:
    """What the attacks add to the answer of the promise: they may take it back, seldom more.

    Args:
        untried: why there are none.
    """
    asked = answer.criterion
    tried = [a for a in attacks if a.threat.name.startswith(TRIED[asked])]
    ties = [*answer.ties, *map(_tied, tried)]
    if asked is INTRUDER:
        ties += [
            Tied("what looks like an identifier", x.what, PAGE, GATE)
            for x in lines
            if x.key.startswith("identifiers ")
        ]
    ties += list(_copies(asked, lines))
    proof, words = _judged(answer, tried, untried)
    for line in lines:
        if asked in (SINGLING, INTRUDER) and line.stops and line.key.startswith(GIVES_AWAY):
            proof, words = Proof.NOT, f"Measured: it does not hold. {line.what}: {line.why}"
    return Answered(asked, proof, words, tuple(ties))


def _judged(answer: Answered, tried: Sequence[Attempt], untried: str) -> tuple[Proof, str]:
    asked = answer.criterion
    won = [a for a in tried if a.result is Result.SUCCEEDED]
    open_ = [a for a in tried if a.result is Result.UNJUDGED]
    if asked is EXPERT:
        came = (
            f"Of {len(tried)} attacks, {len(won)} succeeded, and {len(open_)} could not be judged."
        )
        return Proof.PERSON, f"{answer.words} {came if tried else untried}"
    if won:
        named = ", ".join(a.threat.name for a in won)
        return Proof.NOT, f"Measured: it does not hold. What succeeded: {named}. {won[0].remedy}"
    if not tried:
        return answer.proof, f"By the promise: {answer.words} Not measured. {untried}"
    if open_:
        words = f"By the promise: {answer.words} Measured: not all of it. {open_[0].why}"
        return answer.proof, words
    if asked is EMA:
        return _risk(tried)
    held = f"Measured: {len(tried)} attacks tried, none succeeded. {NO_PROOF}"
    better = answer.proof in (Proof.SHOWN, Proof.PART)
    return (answer.proof if better else Proof.PART), f"{held} By the promise: {answer.words}"


def _risk(tried: Sequence[Attempt]) -> tuple[Proof, str]:
    """The largest risk that the measurements do not rule out, beside what is asked."""
    most = max(_highest(a) for a in tried)
    worst = max(tried, key=_highest)
    told = f"Measured: the risk is {most:.3f} at most ({worst.threat.name}, end of its interval)."
    if most <= EMA_MOST:
        return Proof.SHOWN, f"{told} That is not above {EMA_MOST}. {NO_PROOF}"
    more = "Set more people aside to tell it more exactly." if worst.failed else worst.threat.remedy
    return Proof.NOT, f"{told} That is above {EMA_MOST}. {more}"


def _highest(attempt: Attempt) -> float:
    """The end of the interval of a risk, also of an attack that was no better than guessing."""
    if attempt.main is None or attempt.control is None:
        return 1.0
    found = risk(attempt.main, attempt.control)
    return 1.0 if found is None else found.high


def _tied(attempt: Attempt) -> Tied:
    """One attack with how often it worked."""
    if attempt.main is None:
        return Tied(f"attack: {attempt.threat.name}", attempt.result.value, PAGE, ATTACKS)
    low, high = attempt.main.interval()
    figure = f"{attempt.result.value}: worked {attempt.main.share:.1%} ({low:.1%} to {high:.1%})"
    if attempt.control is not None:
        figure += f", on people set aside {attempt.control.share:.1%}"
    return Tied(f"attack: {attempt.threat.name}", figure, PAGE, ATTACKS)


def _copies(asked: Criterion, lines: Sequence[Objection]) -> Iterator[Tied]:
    if asked in (SINGLING, INTRUDER):
        for line in lines:
            if line.key.startswith("copies "):
                yield Tied("copies of real rows", line.why, PAGE, GATE)
