"""Steps whose parameters are learnt from the rows: quantile bands, grouping rare values.

They are settled before any row is changed: into bands with edges, or a list of values to keep.
With a share of the privacy budget they learn from noisy counts; without, they end a formal promise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from synth.budget import Audience, Rho
from synth.errors import StepError
from synth.lazily import np, npt, pd
from synth.protect.steps.numbers import Band
from synth.protect.steps.step import Step, ValueStep, checked_number, known_column
from synth.protect.steps.text import Recode
from synth.schema import Categories, Column, Numbers, Origin
from synth.schema.domain import MISSING
from synth.schema.settings import setting
from synth.schema.spelling import PLAINLY
from synth.vault import PrivateTable

SHARE_HELP = (
    "0.05 spends a twentieth of epsilon on it, and the formal promise holds. 0 looks at the rows "
    "without noise, which ends the promise."
)


@dataclass(frozen=True)
class LearntStep(ValueStep):
    """A step that becomes another one after a look at the rows.

    Args:
        share: which part of the privacy budget the look may spend.
    """

    share: float = setting(0.0, title="Share of the privacy budget", help=SHARE_HELP)

    def __post_init__(self) -> None:
        if not 0 <= self.share < 1:
            raise StepError(
                f"The share of the budget is {self.share:g}.", "Give 0 or more, below 1.", "share"
            )

    @property
    def paid(self) -> bool:
        return self.share > 0

    def change(self, values: pd.Series) -> pd.Series:
        raise AssertionError("settled into another step before it is applied")

    def settled(self, private: PrivateTable, audience: Audience) -> Step:
        """The step with what was learnt.

        Raises:
            StepError: it is to be paid for, but the column's domain is not declared.
            BudgetExceeded: the share is more than what is left.
        """
        column = known_column(private.schema, self.column)
        if not self.paid or audience is Audience.CUSTODIAN:
            (known,) = private.exact_codes((self.column,), self.depends_on_rows, audience)
            counts = np.bincount(known.codes, minlength=known.size)
            told = dict(zip(known.labels, counts.tolist(), strict=True))
            return self.learnt({k: float(n) for k, n in told.items() if k != MISSING})
        self._check_declared(column)
        rho = Rho(self.share * private.ledger.left)
        noisy = private.measure((self.column,), rho, self.title.lower()).counts
        return self.learnt(self._by_value(column, noisy))

    def learnt(self, counts: Mapping[str, float]) -> Step:
        """The step that these counts lead to."""
        raise NotImplementedError

    def _check_declared(self, column: Column) -> None:
        if column.domain.origin is Origin.OBSERVED:
            raise StepError(
                f"The values or bounds of `{self.column}` were read off the rows, so noisy counts "
                "of them would still give them away.",
                "Declare them on the Columns screen, or set share to 0.",
                "share",
            )

    def _by_value(self, column: Column, noisy: npt.NDArray[np.float64]) -> dict[str, float]:
        """The noisy count of each value, or of the lower end of each interval."""
        domain = column.domain
        if isinstance(domain, Numbers):
            ends = [f"{e:.15g}" for e in domain.edges[:-1]]
            return dict(zip(ends, noisy[: len(ends)].tolist(), strict=True))
        assert isinstance(domain, Categories), "the others have no values"
        return dict(zip(domain.values, noisy[: len(domain.values)].tolist(), strict=True))


@dataclass(frozen=True)
class Quantiles(LearntStep):
    """Bands of about as many rows each."""

    name: ClassVar[str] = "quantiles"
    title: ClassVar[str] = "Bands of equal size"
    summary: ClassVar[str] = "As many rows in each band. The edges are learnt from the rows."
    depends_on_rows: ClassVar[str] = "band edges were read off the rows"
    bands: int = setting(5, title="Number of bands")

    def __post_init__(self) -> None:
        super().__post_init__()
        checked_number(self.bands, 2, "The number of bands", "bands")

    def learnt(self, counts: Mapping[str, float]) -> Step:
        values = PLAINLY.numbers(pd.Series(list(counts), dtype=object))
        weights = np.maximum(np.array(list(counts.values())), 0.0)[~np.isnan(values)]
        values = values[~np.isnan(values)]
        if not len(values) or not weights.sum():
            raise StepError(
                f"Column `{self.column}` holds no numbers.", "Choose a column of numbers.", "column"
            )
        order = np.argsort(values)
        reached = np.cumsum(weights[order]) / weights.sum()
        wanted = np.linspace(0, 1, self.bands + 1)[1:-1]
        cuts = values[order][np.searchsorted(reached, wanted) + 1 - (len(values) == 1)]
        edges = np.unique(np.concatenate([values[order][:1], cuts]))
        whole = bool((edges == np.floor(edges)).all())
        return Band(self.column, self.into, self.keep, edges=tuple(map(float, edges)), whole=whole)

    @property
    def said(self) -> str:
        return f"{self.bands} bands of equal size of {self.column}"


@dataclass(frozen=True)
class GroupRare(LearntStep):
    """Values that few rows have, under one word."""

    name: ClassVar[str] = "group_rare"
    title: ClassVar[str] = "Group rare values"
    summary: ClassVar[str] = "Values in fewer rows than you say become one word."
    depends_on_rows: ClassVar[str] = "which values are rare was read off the rows"
    fewer_than: int = setting(20, title="Rows below which a value is rare")
    word: str = setting("Other", title="The word for all of them")

    def __post_init__(self) -> None:
        super().__post_init__()
        checked_number(self.fewer_than, 2, "The threshold", "fewer_than")
        if not self.word:
            raise StepError("The word is empty.", "Give one, for example Other.", "word")

    def learnt(self, counts: Mapping[str, float]) -> Step:
        common = {v: v for v, n in counts.items() if n >= self.fewer_than}
        return Recode(self.column, self.into, self.keep, values=common, others=self.word)

    @property
    def said(self) -> str:
        return f"{self.column}: values in fewer than {self.fewer_than} rows become {self.word}"
