"""One answer about a real table, with noise, charged to the account of its people before.

The rows are marked one by one, by the question and the columns as the release tells them, and the
marks are counted through one door of the vault. A mean is counted too: each value between its
bounds is put on one of `POINTS` places, up or down by a coin whose chance makes it right on average
(stochastic rounding), and what stands on the places is averaged. So both cost one histogram, in
which one person moves their own rows alone.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.api.team.inquiries import Reply, Verification
from synth.budget.account import running_total
from synth.budget.accounting import epsilon_of
from synth.errors import NotAllowed
from synth.ingest import load
from synth.lazily import np, npt, pd
from synth.protect.steps import Shelf
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
MARK, OTHERS = "marked for a question", "others"
SURE = 2.0  # standard deviations: 95 of 100 answers are closer


@dataclass(frozen=True)
class Price:
    """What an answer would cost.

    Args:
        noise: by how many rows a count is out at most, in 95 of 100 answers.
        before, after: what all releases and answers about these people come to, in epsilon.
        most: what they may come to.
    """

    noise: float
    before: float
    after: float
    most: float


def price(recipe: Recipe, population: str, epsilon: float) -> Price:
    """What an answer for `epsilon` would cost the people; nothing is spent by asking.

    Raises:
        NotAllowed: the operator keeps no lasting ledger.
        LedgerError: it is damaged.
        BudgetError: epsilon is none.
    """
    told = _paying(recipe, population, epsilon)
    file, cap = operators_ledger(), cap_of(told)
    assert file is not None
    lines = file.lines(told.people.account)
    before = running_total(file, told.people.account, cap, lines)
    rho = math.fsum(line.rho for line in lines) + told.budget.rho
    after = epsilon_of(rho, cap.delta - before.answers_delta)
    noise = SURE * told.people.rows / math.sqrt(2 * told.budget.rho)
    return Price(noise, before.epsilon, after, cap.epsilon)


def answer(
    wanted: Verification,
    schema: Schema,
    recipe: Recipe,
    private: PrivateTable,
    population: str,
    epsilon: float,
) -> Reply:
    """Ask the real table, at `epsilon`; what it costs is on disk before a row is counted.

    Args:
        schema: of the release: by it the question is read, and not by the rows.
        recipe: says whom the promise protects, and what all releases about them may come to.
        private: the table as its custodian brought it.

    Raises:
        ConditionError: the question does not fit the release.
        NotAllowed: the table lacks a column, stays elsewhere, or no account is kept.
        AccountRefused: the table looks like one of other people.
        BudgetExceeded: earlier releases and answers left less.
    """
    wanted.check(schema)
    told = _paying(recipe, population, epsilon)
    marks = Marks(wanted, schema)
    absent = sorted(n for n in wanted.columns(schema) if n not in private.schema)
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
        mean = self.wanted.kind == "mean"
        places = [f"place {i}" for i in range(POINTS)] if mean else ["rows"]
        return Column(MARK, Categories((OTHERS, *places)))

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows with their marks."""
        inside = np.ones(len(frame), dtype=bool)
        if self.wanted.where.strip():
            inside = holds(read_where(self.wanted.where, self.schema), frame, self.schema)
        marks = inside.astype(np.int64)
        if self.wanted.kind == "mean":
            marks = self._placed(frame) * inside
        values = np.array(self.column.domain.labels, dtype=object)
        return frame.assign(**{MARK: values[marks]})

    def declare(self, schema: Schema) -> Schema:
        """The table, and the marks."""
        return Schema((*schema.columns, self.column))

    def _placed(self, frame: pd.DataFrame) -> npt.NDArray[np.int64]:
        """The place of each row, from 1; 0 where there is no number."""
        column, wide = self.schema[self.wanted.column], self.wanted.high - self.wanted.low
        values = np.asarray(figures(frame[column.name], column), dtype=np.float64)
        known = ~np.isnan(values)
        exact = (np.clip(values, self.wanted.low, self.wanted.high) - self.wanted.low) / wide
        exact = np.where(known, exact, 0.0) * (POINTS - 1)
        below = np.floor(exact)
        up = np.random.default_rng().random(len(exact)) < exact - below
        return np.where(known, 1 + (below + up).astype(np.int64), 0)

    def words(self, counts: npt.NDArray[Any], sigma: float) -> str:
        """The answer with how far noise may have put it out, in 95 of 100 cases."""
        if self.wanted.kind == "count":
            many, out = max(0.0, float(counts[1])), SURE * sigma
            return f"{so_many(round(many), 'row')}, give or take {out:,.0f} by noise."
        places = np.linspace(self.wanted.low, self.wanted.high, POINTS)
        held = counts[1:]
        rows = float(held.sum())
        if rows <= SURE * sigma * math.sqrt(POINTS):
            return "Too few rows to tell a mean from noise at this price."
        mean = float(held @ places) / rows
        step = (places[1] - places[0]) / 2  # rounding moves a value by this, half up, half down
        spread = sigma * math.sqrt(float(((places - mean) ** 2).sum())) / rows
        out = SURE * math.hypot(spread, step / math.sqrt(rows))
        low, high = self.wanted.low, self.wanted.high
        return f"{min(max(mean, low), high):.4g}, give or take {out:.2g} by noise."
