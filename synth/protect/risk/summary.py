"""Everything that is said at once about the risk of a table, on the screens and in the shell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from synth.budget import Audience
from synth.budget.eyes import ForCustodian
from synth.lazily import np, npt, pd
from synth.protect.risk.attacks import Attack, attacks, in_words
from synth.protect.risk.classes import Classes, classes_of, most_exposed, people_of
from synth.protect.risk.disclosure import Disclosure, disclosure
from synth.protect.risk.population import PopulationUniques, population_uniques
from synth.schema import Kind, Role, Schema
from synth.vault import PrivateTable
from synth.vault.coded import Coded

Places: TypeAlias = "npt.NDArray[np.int64]"
REASON = "how identifiable the rows are"


@dataclass(frozen=True, repr=False)
class Risk(ForCustodian):
    """How identifiable rows are by some columns. For the custodian.

    Args:
        attacks: prosecutor, journalist, marketer.
        disclosures: one per sensitive column.
        population: None where the table is taken for the whole population.
    """

    classes: Classes
    attacks: tuple[Attack, Attack, Attack]
    disclosures: tuple[Disclosure, ...]
    population: PopulationUniques | None

    @property
    def sentence(self) -> str:
        """The expected number of re-identifications in words, by the prosecutor."""
        return in_words(self.attacks[0], self.classes.columns)


def assess(
    quasi: Sequence[Coded],
    sensitive: Sequence[Coded] = (),
    *,
    rows: int,
    threshold: float = 0.2,
    fraction: float = 1.0,
    people: Places | None = None,
) -> Risk:
    """The risk of a table for whoever knows the columns `quasi`.

    Args:
        people: whose each row is, where people have several, none of them twice in one class.

    Raises:
        RiskError: threshold or fraction is not in (0, 1].
    """
    classes = classes_of(quasi, rows)
    shown = classes if people is None else most_exposed(classes, people)
    tried = attacks(shown, threshold=threshold, fraction=fraction)
    told = tuple(disclosure(classes, column) for column in sensitive)
    outside = None if fraction >= 1 else population_uniques(classes.histogram(), fraction)
    return Risk(shown, tried, told, outside)


def quasi_identifiers(schema: Schema) -> tuple[str, ...]:
    """What others may know, by the roles of the columns. Free text is never compared."""
    return tuple(n for n in schema.with_roles_of(Role.QUASI) if schema[n].kind is not Kind.TEXT)


def risk_of(
    private: PrivateTable,
    quasi: Sequence[str],
    sensitive: Sequence[str] = (),
    *,
    threshold: float = 0.2,
    fraction: float = 1.0,
    person: str = "",
) -> Risk:
    """The risk of the people in a vault. Written down as a look for the custodian.

    Args:
        person: the column that names the person, where people may have several rows. They then
            count once, in the smallest of the classes that their rows are in: with many rows alike,
            somebody stands out no less. "" where each row is one person.
    """
    known = private.exact_codes(quasi, REASON, Audience.CUSTODIAN)
    secret = private.exact_codes(
        [s for s in sensitive if s not in quasi], REASON, Audience.CUSTODIAN
    )
    rows, people = private.exact_size(REASON, Audience.CUSTODIAN), None
    if person:
        (owner,) = private.exact_codes([person], REASON, Audience.CUSTODIAN)
        once = _once_each(known, owner)
        known, secret, rows = _at(known, once), _at(secret, once), len(once)
        people = people_of(owner)[once]
    return assess(known, secret, rows=rows, threshold=threshold, fraction=fraction, people=people)


def _once_each(known: Sequence[Coded], owner: Coded) -> Places:
    """One row of each person in each class; a row that names nobody is one person's."""
    codes = people_of(owner)
    label = classes_of(known, len(codes)).of_row
    pairs = pd.DataFrame({"class": label, "person": codes})
    return np.flatnonzero(~pairs.duplicated().to_numpy())


def _at(columns: Sequence[Coded], places: Places) -> tuple[Coded, ...]:
    """Some rows of columns, with the codes that are left."""
    made = []
    for column in columns:
        left, codes = np.unique(column.codes[places], return_inverse=True)
        labels = tuple(column.labels[int(i)] for i in left)
        absent = column.absent and bool((left == column.size - 1).any())
        made.append(Coded(column.name, codes.astype(column.codes.dtype), labels, absent))
    return tuple(made)
