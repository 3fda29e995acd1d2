"""One answer about a real table, with noise, charged to the account of its people before.

The rows are marked one by one, by the question and the columns as the release tells them, and the
marks are counted through one door of the vault. A mean is counted too: each value between its
bounds is put on one of `POINTS` places, up or down by a coin whose chance makes it right on average
(stochastic rounding), and what stands on the places is averaged. How one column changes with
another is the coefficient of a regression, of moments that are averaged so: the second column is
put on places twice, by coins of their own, as the square of one rounding would be too large. So
each costs one histogram, in which one person moves their own rows alone.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.api.team.desk import made_by
from synth.api.team.inquiries import Reply, Verification
from synth.budget.account import running_total
from synth.budget.accounting import epsilon_of
from synth.budget.population import for_whom
from synth.errors import NotAllowed
from synth.ingest import load
from synth.lazily import np, npt, pd
from synth.protect.steps import Shelf
from synth.release import Bundle
from synth.runs.accounts import (
    Before,
    cap_of,
    charged,
    conclude,
    in_operators_ledger,
    operators_folder,
    operators_ledger,
)
from synth.runs.recipe import CountsPart, EvaluatePart, MethodPart, Recipe
from synth.schema import Categories, Column, Schema
from synth.schema.condition_reading import read_where
from synth.schema.conditions import holds
from synth.schema.obeying import figures
from synth.vault import PrivateTable
from synth.vault.passing import receive
from synth.wording import so_many

POINTS = 8
COARSE = 4  # places of each of three roundings
DRAWS = 1_000  # of the noise, for how far it may have put a coefficient out
MARK, OTHERS = "marked for a question", "others"
SURE = 2.0  # standard deviations: 95 of 100 answers are closer
TOO_FEW = "Too few rows, or too wide bounds, to tell that from noise at this price."


@dataclass(frozen=True)
class Price:
    """What an answer would cost.

    Args:
        noise: by how many rows a count is out at most, in 95 of 100 answers.
        before, after: what all releases and answers about these people come to, in epsilon.
        most: what they may come to.
        whom: for whom that holds, with this answer.
    """

    noise: float
    before: float
    after: float
    most: float
    whom: str


def price(bundle: Bundle, population: str, epsilon: float) -> Price:
    """What an answer about a release would cost the people; nothing is spent by asking.

    Raises:
        NotAllowed: the operator keeps no lasting ledger.
        LedgerError: it is damaged.
        BudgetError: epsilon is none.
    """
    told = _paying(made_by(bundle), population, epsilon)
    file, cap = operators_ledger(), cap_of(told)
    assert file is not None
    lines = file.lines(told.people.account)
    before = running_total(file, told.people.account, cap, lines)
    rho = math.fsum(line.rho for line in lines) + told.budget.rho
    after = epsilon_of(rho, cap.delta - before.answers_delta)
    noise = SURE * told.people.rows / math.sqrt(2 * told.budget.rho)
    whom = for_whom(before.with_one(told.people.column))
    return Price(noise, before.epsilon, after, cap.epsilon, whom)


def answer(
    wanted: Verification, bundle: Bundle, private: PrivateTable, population: str, epsilon: float
) -> Reply:
    """Ask the real table, at `epsilon`; what it costs is on disk before a row is counted.

    Args:
        bundle: the release: by its schema the question is read, and not by the rows; its recipe
            says whom the promise protects, and what all releases about them may come to.
        private: the table as its custodian brought it.

    Raises:
        ConditionError: the question does not fit the release.
        NotAllowed: the table lacks a column, stays elsewhere, or no account is kept.
        AccountRefused: the table looks like one of other people.
        BudgetExceeded: earlier releases and answers left less.
    """
    schema, told = bundle.schema, _paying(made_by(bundle), population, epsilon)
    wanted.check(schema)
    marks = Marks(wanted, schema)
    needed = wanted.columns(schema) | ({told.people.column} - {""})
    absent = sorted(n for n in needed if n not in private.schema)
    if private.stays or absent:
        named = "rows that are loaded" if private.stays else ", ".join(f"`{n}`" for n in absent)
        raise NotAllowed(
            f"The table that is open lacks {named}.",
            "Open the table that the release was made from, as it was before any step.",
        )
    rows = io.BytesIO()
    private.send_rows(rows)
    rows.seek(0)
    loaded = load(receive(rows), told.budget, person=told.people.column)
    with charged(told, loaded, Path(), Shelf(), Before(private.rows_traits())) as owing:
        marked = owing.private.transform(marks)
        marked = marked.declare(Schema((marks.column,)))
        found = marked.measure([MARK], marked.ledger.budget.rho, "an answer to a question")
        words = marks.words(found.counts, found.sigma)
        conclude(marked.ledger, marked.statement(), f"{wanted}\0{words}".encode())
    return Reply(words, epsilon, told.budget.delta)


def _paying(recipe: Recipe, population: str, epsilon: float) -> Recipe:
    """A recipe that costs what one answer costs, in the operator's ledger."""
    if not operators_folder():
        raise NotAllowed(
            "No account is kept on this server, so that questions cannot be answered.",
            "Whoever runs it sets SYNTH_LEDGER to a folder that is kept.",
        )
    told = recipe.model_copy(
        update={
            "privacy": recipe.privacy.model_copy(update={"epsilon": epsilon, "discover": True}),
            "people": recipe.people.model_copy(update={"population": population}),
            "release": recipe.release.model_copy(update={"title": "an answer to a question"}),
            "method": MethodPart(name="independent"),
            "counts": CountsPart(),
            "evaluate": EvaluatePart(),
            "protect": (),
            "rules": (),
        }
    )
    return in_operators_ledger(told)


@dataclass(frozen=True)
class Marks:
    """Marks each row by what a question asks of it: a step of the vault."""

    wanted: Verification
    schema: Schema
    depends_on_rows: str = ""

    @property
    def column(self) -> Column:
        """The column of marks."""
        many = {"count": 0, "mean": POINTS, "slope": COARSE**3}[self.wanted.kind]
        places = [f"place {i}" for i in range(many)] or ["rows"]
        return Column(MARK, Categories((OTHERS, *places)))

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows with their marks."""
        marks = np.ones(len(frame), dtype=np.int64)
        if self.wanted.where.strip():
            marks = holds(read_where(self.wanted.where, self.schema), frame, self.schema) * marks
        for placed in self._places(frame):
            marks = marks * placed
        values = np.array(self.column.domain.labels, dtype=object)
        return frame.assign(**{MARK: values[marks]})

    def declare(self, schema: Schema) -> Schema:
        """The table, and the marks."""
        return Schema((*schema.columns, self.column))

    def _places(self, frame: pd.DataFrame) -> Iterator[npt.NDArray[np.int64]]:
        """The place of each row, from 1; 0 where there is no number."""
        if self.wanted.kind == "mean":
            yield 1 + self._placed(frame, 0, POINTS)
        if self.wanted.kind == "slope":
            each = [self._placed(frame, of, COARSE) for of in (1, 1, 0)]
            known = np.logical_and.reduce([one >= 0 for one in each])
            place = (each[0] * COARSE + each[1]) * COARSE + each[2]
            yield np.where(known, 1 + place, 0)

    def _placed(self, frame: pd.DataFrame, of: int, points: int) -> npt.NDArray[np.int64]:
        """The place of each value of a column, from 0; -1 where there is no number."""
        name, low, high = self.wanted.bounds[of]
        column = self.schema[name]
        values = np.asarray(figures(frame[name], column), dtype=np.float64)
        known = ~np.isnan(values)
        exact = (np.clip(values, low, high) - low) / (high - low)
        exact = np.where(known, exact, 0.0) * (points - 1)
        below = np.floor(exact)
        up = np.random.default_rng().random(len(exact)) < exact - below
        return np.where(known, (below + up).astype(np.int64), -1)

    def words(self, counts: npt.NDArray[Any], sigma: float) -> str:
        """The answer with how far noise may have put it out, in 95 of 100 cases."""
        if self.wanted.kind == "slope":
            return self._slope(np.asarray(counts[1:], dtype=np.float64), sigma)
        if self.wanted.kind == "count":
            many, out = max(0.0, float(counts[1])), SURE * sigma
            return f"{so_many(round(many), 'row')}, give or take {out:,.0f} by noise."
        low, high = self.wanted.low, self.wanted.high
        places = np.linspace(low, high, POINTS)
        held = counts[1:]
        rows = float(held.sum())
        if rows <= SURE * sigma * math.sqrt(POINTS):
            return TOO_FEW
        mean = float(held @ places) / rows
        step = (places[1] - places[0]) / 2  # rounding moves a value by this, half up, half down
        spread = sigma * math.sqrt(float(((places - mean) ** 2).sum())) / rows
        out = SURE * math.hypot(spread, step / math.sqrt(rows))
        return f"{min(max(mean, low), high):.4g}, give or take {out:.2g} by noise."

    def _slope(self, held: npt.NDArray[np.float64], sigma: float) -> str:
        """The coefficient; how far it is out is told from as much noise, drawn again and again.

        Rounding moves rows from place to place no more than drawing other rows would.
        """
        rng = np.random.default_rng(0)  # of no row: whoever has the counts could draw it as well
        spread = np.sqrt(sigma**2 + np.maximum(held, 0.0))
        again = held + rng.normal(0.0, 1.0, (DRAWS, len(held))) * spread
        rows, wide, drawn = zip(_moments(held[None]), _moments(again), strict=True)
        sure = all(np.quantile(v[1], 0.005) > 0 for v in (rows, wide))
        if not sure:
            return TOO_FEW
        (_, low, high), (_, by_low, by_high) = self.wanted.bounds
        slope = float(drawn[0][0])
        out = float(np.quantile(np.abs(drawn[1] - slope), 0.95))
        unit = (high - low) / (by_high - by_low)
        return f"{slope * unit:.4g}, give or take {out * unit:.2g} by noise."


def _moments(
    counts: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Rows, the variance of the second column, and the coefficient, of counts by places.

    Args:
        counts: one line for each drawing, COARSE³ wide; columns reach from -1 to 1.
    """
    cells = counts.reshape(-1, COARSE, COARSE, COARSE)
    at = np.linspace(-1.0, 1.0, COARSE)
    rows = cells.sum(axis=(1, 2, 3))
    once = (cells.sum(axis=2) + cells.sum(axis=1)) / 2  # by one rounding of the second column
    with np.errstate(all="ignore"):  # no rows at all
        by, own = once.sum(axis=2) @ at / rows, once.sum(axis=1) @ at / rows
        wide = np.einsum("nijk,i,j->n", cells, at, at) / rows - by**2
        both = np.einsum("nik,i,k->n", once, at, at) / rows - by * own
        return rows, wide, both / wide
