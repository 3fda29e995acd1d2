"""What the operator of a server sets in its environment, read once when it starts."""

from __future__ import annotations

import math
import os

from synth.api.allowance import Allowance
from synth.api.registry import Registry, Rules
from synth.runs.audit import audit

EPSILON = "SYNTH_API_EPSILON"


def registry() -> Registry:
    """The jobs of the REST API, under the operator's rules.

    Raises:
        ValueError: the epsilon of a token is no number above 0.
    """
    return Registry(Rules(allowance=allowance(os.environ.get(EPSILON, ""))), audit())


def allowance(text: str) -> Allowance:
    """What all jobs of a token may cost together; no limit where nothing is set."""
    try:
        return Allowance(float(text) if text.strip() else math.inf)
    except ValueError:
        raise ValueError(f"{EPSILON} has to be a number above 0.") from None
