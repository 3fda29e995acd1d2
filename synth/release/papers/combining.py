"""`combine.py`: what a recipient needs to put estimates from several tables together, as one file.

The rules in it are those of `synth/evaluate/replication.py`, word for word.
"""

from __future__ import annotations

from importlib.resources import files

from synth.budget import Grouped
from synth.lazily import np
from synth.learning.method import Model
from synth.methods.twins import TwinsModel
from synth.release.papers.standing import step_of
from synth.schema import Dates, Numbers

COMBINE = "combine.py"
NOISE = (
    "it leaves out the noise that was added for privacy, so it is too short; the method twins "
    "makes tables that show it"
)
GROUPS = "rows that too few people share were left out or left open, which no rule knows"
COARSE = (
    "what it is about was learnt in intervals or groups of values, and within these rows are drawn "
    "evenly"
)
OURS = (
    "from synth.errors import MethodError\nfrom synth.lazily import np, special\n",
    '''import numpy as np
from scipy import special


class MethodError(ValueError):
    """What cannot be combined, and what to do."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what} {remedy}")
''',
)
TOGETHER = '''

DRAWN, REAL = {drawn}, {real}  # rows of each table here, and about how many the real one had
DOUBT = {doubt!r}
IN_INTERVALS = {coarse!r}
COARSE = {words!r}


def together(estimates: Sequence[float], variances: Sequence[float], *columns: str) -> Combined:
    """An estimate from all tables, by the rule that fits how these were made.

    Args:
        estimates: of the same number, one from each table.
        variances: of each, as the usual formula for a sample of that size gives it.
        columns: what the number is about.

    >>> str(together([4.0, 5.0, 4.5], [0.1, 0.1, 0.1])).startswith("4.5, between ")
    True
    """
    doubt = DOUBT or (COARSE if any(c in IN_INTERVALS for c in columns) else "")
    return {rule}(estimates, variances, drawn=DRAWN, real=REAL, doubt=doubt)
'''


def combine_file(model: Model, rows: int) -> str:
    """The file for tables of so many rows that were drawn from a model; for numpy and scipy."""
    source = files("synth.evaluate").joinpath("replication.py").read_text(encoding="utf-8")
    rule = "combined" if isinstance(model, TwinsModel) else "drawn_from_one"
    coarse = tuple(c.name for c in model.schema.modelled if in_intervals(model, c.name))
    told = TOGETHER.format(
        drawn=max(rows, 1),
        real=max(model.rows, 1),
        doubt=general_doubt(model),
        coarse=coarse,
        words=COARSE,
        rule=rule,
    )
    return source.replace(*OURS) + told


def general_doubt(model: Model) -> str:
    """Why no interval from tables of a model is to be trusted; "" where some are."""
    if isinstance(model, TwinsModel):
        return ""
    if any(e.rho < float("inf") for e in model.statement.measured):
        return NOISE
    return GROUPS if any(isinstance(e, Grouped) for e in model.statement.ledger) else ""


def in_intervals(model: Model, name: str) -> bool:
    """Whether a column was learnt in intervals that hold more than one value."""
    domain = model.schema.domain(name)
    if not isinstance(domain, Numbers | Dates):
        return False
    return bool((np.diff(domain.edges) > step_of(domain) * (1 + 1e-9)).any())
