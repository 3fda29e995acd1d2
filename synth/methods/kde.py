"""Kernel density: a real row, moved. No formal guarantee, and refused where it copies.

Ordered columns (numbers, dates) are moved together by Gaussian noise with the shape of their
covariance (scipy's `gaussian_kde`); categories change with a small chance to a value drawn from
their own marginal (Aitchison and Aitken 1976). So do the values of an ordered column that many
rows share: a zero that half of the rows have is no quantity that a little more or less stands for.
Columns whose zeros go together change together, to what another row has there. The bandwidth is
chosen so that synthetic rows equal people whose rows were used no more often than people whose rows
were held out: a kernel density with a narrow bandwidth only gives real rows back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from synth.budget import Audience, Rho
from synth.errors import MethodError
from synth.ingest.masses import step_of
from synth.lazily import np, npt
from synth.learning.copying import too_many
from synth.learning.method import Method, Model, Promise, modelled_names
from synth.learning.pool import Pool
from synth.progress import Progress, quiet
from synth.schema import Dates, Domain, Numbers, Schema
from synth.schema.domain import smallest
from synth.schema.settings import setting
from synth.vault import PrivateTable
from synth.wording import so_many

Rows: TypeAlias = "npt.NDArray[np.int64]"  # one line per row, one column per modelled column: codes

WHY = "the method moves real rows a little"
WIDTHS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0)  # tried from narrow to wide
LEAST_SHARE, OFTEN = 0.02, 3.0  # of rows, and times what others have: a value that many share
TOGETHER = 0.5  # correlation of who has a shared value, from which on two columns change as one
MOST_POOLED = 100_000  # rows kept in the model


@dataclass(frozen=True)
class KernelDensity(Method):
    """Blurred rows."""

    name: ClassVar[str] = "kde"
    title: ClassVar[str] = "Blurred rows (kernel density)"
    summary: ClassVar[str] = (
        "Moves real rows until they are no closer to the people used than to others. Keeps most "
        "connections between numbers. Promises nothing formally."
    )
    promise: ClassVar[Promise] = Promise.NONE
    model: ClassVar[type[Model]] = Pool

    bandwidth: float = setting(
        0.0,
        title="Bandwidth",
        help="How far rows are moved, from 0.02 (hardly) to 1 (as far as the columns "
        "spread). 0 finds the narrowest that does not copy.",
        low=0.0,
        high=1.0,
    )

    def fit(self, private: PrivateTable, rho: Rho, progress: Progress = quiet) -> Pool:
        names = modelled_names(private.schema)
        schema = private.schema
        opened = private.open_rows(WHY, Audience.RELEASE)
        rows = np.column_stack([schema.domain(n).encode(opened[n]) for n in names]).astype(np.int64)
        if len(rows) < 20:
            raise MethodError(
                f"{so_many(len(rows), 'row is', 'rows are')} too few to tell a blur from a copy.",
                "Bring at least 20 rows, or use a method with a formal promise.",
            )
        rng = np.random.default_rng()
        rows = rows[rng.permutation(len(rows))]
        blur = _Blur.of(rows, names, schema)
        width = self.bandwidth or _narrowest(blur, rows, rng, progress)
        if self.bandwidth:
            _refuse_copies(blur, rows, width, rng)
        drawn = blur.drawn(rows, min(len(rows), MOST_POOLED), width, rng)
        codes = {n: smallest(drawn[:, i], s) for i, (n, s) in enumerate(blur.sizes)}
        return Pool(schema, private.statement(), len(rows), codes).ordered()


@dataclass(frozen=True)
class _Blur:
    """How rows are moved."""

    sizes: tuple[tuple[str, int], ...]
    ordered: tuple[int, ...]  # columns moved by noise
    scales: tuple[_Scale, ...]  # for those, what they are moved along
    factor: npt.NDArray[np.float64]  # matrix square root of their covariance
    groups: tuple[tuple[int, ...], ...]  # of those with shared values, the ones that go together

    @classmethod
    def of(cls, rows: Rows, names: tuple[str, ...], schema: Schema) -> _Blur:
        domains = [schema.domain(n) for n in names]
        spread = [np.unique(rows[:, i]).size > 2 for i in range(len(names))]
        ordered = tuple(
            i for i, d in enumerate(domains) if isinstance(d, Numbers | Dates) and spread[i]
        )
        scales = tuple(_Scale.of(domains[i], rows[:, i]) for i in ordered)
        sizes = tuple((n, d.size) for n, d in zip(names, domains, strict=True))
        held = [s.fixed(rows[:, i]) for i, s in zip(ordered, scales, strict=True)]
        return cls(sizes, ordered, scales, _root(rows[:, ordered]), _groups(held))

    def drawn(self, rows: Rows, count: int, width: float, rng: np.random.Generator) -> Rows:
        """`count` real rows, each moved by `width`."""
        moved = rows[rng.integers(len(rows), size=count)].copy()
        self._exchange(moved, rows, width, rng)
        noise = width * rng.normal(size=(count, len(self.ordered))) @ self.factor.T
        for place, (column, scale) in enumerate(zip(self.ordered, self.scales, strict=True)):
            moved[:, column] = scale.shifted(moved[:, column], noise[:, place])
        for column in sorted(set(range(rows.shape[1])) - set(self.ordered)):
            change = rng.random(count) < width
            fresh = rows[rng.integers(len(rows), size=count), column]
            moved[change, column] = fresh[change]
        return moved

    def _exchange(self, moved: Rows, rows: Rows, width: float, rng: np.random.Generator) -> None:
        """Give some rows the cells of others, where one has a shared value that the other has not.

        As many change to a shared value as from one, so each stays as frequent as it is.
        """
        for group in self.groups:
            columns = [self.ordered[place] for place in group]
            fresh = rows[rng.integers(len(rows), size=len(moved))][:, columns]
            change = np.zeros(len(moved), dtype=bool)
            for i, place in enumerate(group):
                mine, theirs = moved[:, columns[i]], fresh[:, i]
                shared = self.scales[place].fixed(mine) | self.scales[place].fixed(theirs)
                change |= shared & (mine != theirs)
            change &= rng.random(len(moved)) < width
            moved[np.flatnonzero(change)[:, None], columns] = fresh[change]


@dataclass(frozen=True)
class _Scale:
    """The codes of an ordered column that are quantities of their own, and so are moved along."""

    moving: npt.NDArray[np.int64]

    @classmethod
    def of(cls, domain: Domain, codes: npt.NDArray[np.int64]) -> _Scale:
        """All but the codes of words, what is missing, and values that many rows share."""
        assert isinstance(domain, Numbers | Dates)
        counts = np.bincount(codes, minlength=domain.size)[: domain.intervals]
        widths, step = np.diff(domain.edges), step_of(domain)
        alone = widths <= 1.5 * max(step, float(np.spacing(np.abs(domain.edges).max())))
        filled = counts[counts > 0]
        usual = (filled.sum() - filled.max(initial=0)) / max(len(filled) - 1, 1)
        shared = alone & (counts >= LEAST_SHARE * len(codes)) & (counts > OFTEN * usual)
        return cls(np.flatnonzero(~shared & (counts > 0)))  # where nobody is, nobody goes

    def fixed(self, codes: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which codes are not moved along the others."""
        return ~np.isin(codes, self.moving)

    def shifted(
        self, codes: npt.NDArray[np.int64], noise: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.int64]:
        """The codes with those that move shifted among their like; the ends send back."""
        free, top = ~self.fixed(codes), len(self.moving) - 1
        if top < 1:
            return codes
        at = np.rint(np.searchsorted(self.moving, codes) + noise).astype(np.int64)
        back = np.abs(at) % (2 * top)
        return np.where(free, self.moving[np.where(back > top, 2 * top - back, back)], codes)


def _groups(held: Sequence[npt.NDArray[np.bool_]]) -> tuple[tuple[int, ...], ...]:
    """The places of ordered columns with shared values, put together where the same rows have one.

    Args:
        held: for each ordered column, which rows have one of its shared values.
    """
    groups: list[list[int]] = []
    for place in (i for i, has in enumerate(held) if has.any()):
        near = [g for g in groups if any(_correlation(held[place], held[j]) >= TOGETHER for j in g)]
        groups = [g for g in groups if g not in near]
        groups.append(sorted([place, *(j for g in near for j in g)]))
    return tuple(map(tuple, sorted(groups)))


def _correlation(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    spread = float(one.std() * other.std())
    return abs(float((one & other).mean() - one.mean() * other.mean())) / spread if spread else 0.0


def _root(ordered: Rows) -> npt.NDArray[np.float64]:
    """Square root of the covariance that scipy's kernel density gives with a factor of 1."""
    # Loaded only where rows are blurred: it takes longer to load than most commands take to run.
    from scipy.stats import gaussian_kde

    if ordered.shape[1] == 0:
        return np.zeros((0, 0))
    jittered = ordered + np.random.default_rng(0).normal(0, 1e-3, ordered.shape)
    covariance = gaussian_kde(jittered.T, bw_method=1.0).covariance
    return np.asarray(np.linalg.cholesky(np.atleast_2d(covariance)))


def copying(synthetic: Rows, used: Rows, held_out: Rows) -> tuple[float, float]:
    """Share of synthetic rows that equal a row that was used, and one that was not."""
    return (_matches(synthetic, used), _matches(synthetic, held_out))


def _matches(synthetic: Rows, real: Rows) -> float:
    every = np.unique(np.concatenate([synthetic, real]), axis=0, return_inverse=True)[1].ravel()
    mine, theirs = every[: len(synthetic)], every[len(synthetic) :]
    return float(np.isin(mine, theirs).mean())


def _copies(blur: _Blur, rows: Rows, width: float, rng: np.random.Generator) -> bool:
    """Whether rows drawn from one half match that half more than the other, beyond chance."""
    half = len(rows) // 2
    used, held_out = rows[:half], rows[half : 2 * half]
    drawn = blur.drawn(used, half, width, rng)
    own, other = copying(drawn, used, held_out)
    error = np.sqrt(max(own * (1 - own), 1 / half) / half)
    return too_many(float(own), float(other), float(error))


def _narrowest(blur: _Blur, rows: Rows, rng: np.random.Generator, progress: Progress) -> float:
    for i, width in enumerate(WIDTHS):
        progress(i / len(WIDTHS), "looking for a blur that copies nobody")
        if not _copies(blur, rows, width, rng):
            return width
    raise MethodError(
        "Every blur that keeps anything gives rows of real people back.",
        "Use coarser columns, fewer columns, or a method with a formal promise.",
    )


def _refuse_copies(blur: _Blur, rows: Rows, width: float, rng: np.random.Generator) -> None:
    if _copies(blur, rows, width, rng):
        raise MethodError(
            f"A bandwidth of {width:g} gives rows of real people back.",
            "Set it to 0, which finds the narrowest that does not.",
        )
