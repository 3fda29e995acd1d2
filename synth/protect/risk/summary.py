"""Everything that is said at once about the risk of a table, on the screens and in the shell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synth.budget import Audience
from synth.budget.eyes import ForCustodian
from synth.protect.risk.attacks import Attack, attacks, in_words
from synth.protect.risk.classes import Classes, classes_of
from synth.protect.risk.disclosure import Disclosure, disclosure
from synth.protect.risk.population import PopulationUniques, population_uniques
from synth.schema import Kind, Role, Schema
from synth.vault import PrivateTable
from synth.vault.coded import Coded

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
) -> Risk:
    """The risk of a table for whoever knows the columns `quasi`.

    Raises:
        RiskError: threshold or fraction is not in (0, 1].
    """
    classes = classes_of(quasi, rows)
    tried = attacks(classes, threshold=threshold, fraction=fraction)
    told = tuple(disclosure(classes, column) for column in sensitive)
    outside = None if fraction >= 1 else population_uniques(classes.histogram(), fraction)
    return Risk(classes, tried, told, outside)


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
) -> Risk:
    """The risk of the rows in a vault. Written down as a look for the custodian."""
    known = private.exact_codes(quasi, REASON, Audience.CUSTODIAN)
    secret = private.exact_codes(
        [s for s in sensitive if s not in quasi], REASON, Audience.CUSTODIAN
    )
    rows = private.exact_size(REASON, Audience.CUSTODIAN)
    return assess(known, secret, rows=rows, threshold=threshold, fraction=fraction)
