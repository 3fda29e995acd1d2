"""What the operator of a server sets in its environment, read once when it starts."""

from __future__ import annotations

import logging

from synth.api.allowance import Allowance
from synth.api.registry import Registry, Rules
from synth.api.tally import Tally
from synth.operating import operating
from synth.runs.accounts import LEDGER, operators_ledger
from synth.runs.audit import audit


def registry() -> Registry:
    """The jobs of the REST API, under the operator's rules.

    Raises:
        ValueError: a setting is not what it has to be.
        LedgerError: the operator's ledger is damaged, or older than its anchor.
    """
    rules = Rules(allowance=Allowance(operating().api_epsilon))
    kept = operators_ledger()
    if rules.allowance.limited and kept is None:
        logging.getLogger("synth").warning(
            "The allowances of tokens live only as long as this process: set %s to a folder in "
            "which they are to be kept.",
            LEDGER,
        )
    return Registry(rules, audit(), Tally(kept))
