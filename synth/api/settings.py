"""What the operator of a server sets in its environment, read once when it starts."""

from __future__ import annotations

import logging
import math
import os

from synth.api.allowance import Allowance
from synth.api.registry import Registry, Rules
from synth.api.tally import Tally
from synth.runs.accounts import LEDGER, operators_ledger
from synth.runs.audit import audit
from synth.runs.bounds import most_rows

EPSILON = "SYNTH_API_EPSILON"


def registry() -> Registry:
    """The jobs of the REST API, under the operator's rules.

    Raises:
        ValueError: the epsilon of a token is no number above 0, or the most rows are none.
        LedgerError: the operator's ledger is damaged, or older than its anchor.
    """
    rules = Rules(allowance=allowance(os.environ.get(EPSILON, "")), most_rows=most_rows())
    kept = operators_ledger()
    if rules.allowance.limited and kept is None:
        logging.getLogger("synth").warning(
            "The allowances of tokens live only as long as this process: set %s to a folder in "
            "which they are to be kept.",
            LEDGER,
        )
    return Registry(rules, audit(), Tally(kept))


def allowance(text: str) -> Allowance:
    """What all jobs of a token may cost together; no limit where nothing is set."""
    try:
        return Allowance(float(text) if text.strip() else math.inf)
    except ValueError:
        raise ValueError(f"{EPSILON} has to be a number above 0.") from None
