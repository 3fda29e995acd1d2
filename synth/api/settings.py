"""What the operator of a server sets in its environment, read once when it starts."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING

from synth.api.allowance import Allowance
from synth.api.registry import Jobs, Registry, Rules
from synth.api.tally import Tally
from synth.operating import operating
from synth.runs.accounts import LEDGER, operators_ledger
from synth.runs.audit import audit
from synth.runs.traced import recorder

if TYPE_CHECKING:
    from synth.api.shared.serving import SharedJobs


def registry() -> Jobs:
    """The jobs of the REST API, under the operator's rules: of this server, or of several.

    Raises:
        ValueError: a setting is not what it has to be.
        LedgerError: the operator's ledger is damaged, or older than its anchor.
        TeamError: there is a queue that several servers share, and it cannot be used.
    """
    told = operating()
    recorder()  # so that what it needs and lacks stops the start
    rules = Rules(allowance=Allowance(told.api_epsilon))
    kept = operators_ledger()
    if told.queue:
        # by its name: SQLAlchemy takes as long as all the rest of a start, which others need not
        shared: SharedJobs = import_module("synth.api.shared.serving").opened(told, rules, kept)
        return shared
    if rules.allowance.limited and kept is None:
        logging.getLogger("synth").warning(
            "The allowances of tokens live only as long as this process: set %s to a folder in "
            "which they are to be kept.",
            LEDGER,
        )
    return Registry(rules, audit(), Tally(kept))
