"""What is asked of anonymous data by those who oversee it, and how an answer to it looks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

EMA_MOST = 0.09  # the chance, at most, that somebody is found


class Proof(Enum):
    """How far an answer goes."""

    SHOWN = "shown"
    PART = "shown in part"
    NOT = "not shown"
    UNMEASURED = "not measured"
    PERSON = "for a person to decide"


@dataclass(frozen=True)
class Criterion:
    """One thing that is asked.

    Args:
        asks: what is to be shown, as a statement.
        source: where it stands.
    """

    key: str
    name: str
    asks: str
    source: str


WP29 = "Article 29 Working Party, Opinion 05/2014 on anonymisation techniques (WP216), section 3"
SINGLING = Criterion(
    "singling_out",
    "Singling out (WP29)",
    "Nobody can isolate some or all records of one person.",
    WP29,
)
LINKING = Criterion(
    "linkability",
    "Linkability (WP29)",
    "Nobody can link two records about the same person or group.",
    WP29,
)
INFERRING = Criterion(
    "inference",
    "Inference (WP29)",
    "Nobody can deduce the value of an attribute, with much probability, from others.",
    WP29,
)
INTRUDER = Criterion(
    "intruder",
    "Motivated intruder (ICO)",
    "Nobody is found by somebody who starts without prior knowledge, is reasonably competent, and "
    "has what the public has: the internet, libraries, questions to people who may know.",
    "Information Commissioner's Office (United Kingdom), guidance on anonymisation, chapter on "
    "identifiability",
)
EXPERT = Criterion(
    "expert",
    "Expert determination (HIPAA)",
    "A person with knowledge of the accepted methods determined that the risk is very small, and "
    "documented methods and results.",
    "45 CFR 164.514(b)(1) (United States)",
)
EMA = Criterion(
    "ema",
    f"Risk of {EMA_MOST} at most (EMA)",
    f"The chance that somebody is identified is {EMA_MOST} at most, as of one in 11.",
    "European Medicines Agency, guidance on Policy 0070 (EMA/90915/2016), on anonymisation",
)
CRITERIA = (SINGLING, LINKING, INFERRING, INTRUDER, EXPERT, EMA)


@dataclass(frozen=True)
class Tied:
    """A figure that an answer rests on, and the file of the pack where it stands.

    Args:
        where: in the file: a heading, a key, or an attack.
    """

    what: str
    figure: str
    file: str
    where: str


@dataclass(frozen=True)
class Answered:
    """The answer to one criterion, with what it rests on."""

    criterion: Criterion
    proof: Proof
    words: str
    ties: tuple[Tied, ...]

    def document(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        asked = self.criterion
        return {
            "key": asked.key,
            "name": asked.name,
            "asks": asked.asks,
            "source": asked.source,
            "answer": self.proof.value,
            "words": self.words,
            "rests_on": [
                {"what": t.what, "figure": t.figure, "file": t.file, "where": t.where}
                for t in self.ties
            ],
        }
