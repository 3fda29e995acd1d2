"""The shape of a method and of what it learns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any, ClassVar, Self

from synth.budget import Rho, Statement
from synth.errors import MethodError
from synth.lazily import np, pd
from synth.progress import Progress, quiet
from synth.schema import Counts, Schema
from synth.schema.obeying import Marked
from synth.schema.settings import Setting, settings_of, unlike
from synth.vault import PrivateTable

BLOCK = 1_000_000  # rows drawn and written at once
DRAWING = 4  # in each release: raise it whenever a model and a seed give other bytes than before


@dataclass(frozen=True)
class Narrowed:
    """A model under a condition.

    Args:
        model: None where the condition cannot be.
        share: of the rows of the whole model that are within it.
        exact: whether its rows are those of the whole model, and no more and no less likely.
    """

    model: Model | None
    share: float
    exact: bool = True


@dataclass(frozen=True)
class Model(ABC):
    """Something that can be sampled for ever: public, because `statement` says at what price.

    Args:
        schema: the columns, in order; identifiers are made anew.
        statement: what was promised to the people in the real table.
        rows: about how many rows the real table had, as far as that is public; 0 if it is not.
    """

    kind: ClassVar[str]  # names the class in a saved model
    row_by_row: ClassVar[bool] = False  # True: rows are independent, so they can be drawn in blocks
    whole: ClassVar[bool] = False  # True: which states stand together in a row is promised
    schema: Schema
    statement: Statement
    rows: int

    @abstractmethod
    def sample(self, rows: int, rng: np.random.Generator) -> pd.DataFrame:
        """Draw synthetic rows. Costs nothing: the model is already public."""

    def blocks(self, rows: int, rng: np.random.Generator) -> Iterator[pd.DataFrame]:
        """The same, at most `BLOCK` rows at a time where rows are independent of each other."""
        most = BLOCK if self.row_by_row else rows
        for start in range(0, rows, most):
            yield self.sample(min(most, rows - start), rng)

    def given(self, states: Mapping[str, Marked]) -> Narrowed | None:
        """The model of those rows whose columns lie within some of their states.

        Args:
            states: of each column that matters, one truth value per state.

        Returns:
            None where the model cannot tell, so that rows have to be drawn and left out.
        """
        return None

    @abstractmethod
    def parameters(self) -> dict[str, Any]:
        """What was learnt, as plain values for JSON."""

    @classmethod
    @abstractmethod
    def restored(
        cls, schema: Schema, statement: Statement, rows: int, parameters: Mapping[str, Any]
    ) -> Self:
        """The model that `parameters` describe.

        Raises:
            BundleError: they do not fit the schema.
        """

    def document(self) -> dict[str, Any]:
        """The whole model as plain values for JSON."""
        return {
            "format": "synth model",
            "kind": self.kind,
            "rows": self.rows,
            "schema": self.schema.document(),
            "statement": self.statement.document(),
            "parameters": self.parameters(),
        }


class Promise(Enum):
    """What the releases of a method promise to the people in the table."""

    PRIVATE = "Differential privacy"  # rows are seen only through noise, within an epsilon
    K_PEOPLE = "k people behind everything"  # exact counts, of groups of k at least
    NONE = "No formal promise"  # the rows themselves are seen
    NO_ROW_READ = "No row is read"


@dataclass(frozen=True)
class Method(ABC):
    """A way to learn a model, with its settings as fields. One file each, listed in `methods`.

    What is made with `setting(...)` becomes the form on the screens and the check in the recipe.
    """

    name: ClassVar[str]  # in recipes and on the command line
    title: ClassVar[str]  # on the screens
    summary: ClassVar[str]  # one plain sentence on what it keeps and what it loses
    promise: ClassVar[Promise]
    model: ClassVar[type[Model]]

    @abstractmethod
    def fit(self, private: PrivateTable, rho: Rho, progress: Progress = quiet) -> Model:
        """Learn a model from `private`, spending at most `rho`.

        Raises:
            MethodError: the settings do not fit this table.
            BudgetExceeded: `rho` is more than is left.
        """

    def fit_beside(
        self,
        private: PrivateTable,
        rho: Rho,
        known: Mapping[str, Counts],
        progress: Progress = quiet,
    ) -> Model:
        """As `fit`, for a table whose rows stand beside columns that were learnt before.

        Args:
            known: about how many rows have each state of those columns: it is public, and a method
                that can need not pay to be told it again.
        """
        return self.fit(private, rho, progress)

    def less(self, schema: Schema) -> str:
        """In a sentence what it will do less of than its settings ask, on such a table; or ""."""
        return ""

    def settings(self) -> dict[str, Any]:
        """The settings by name."""
        return asdict(self)

    @classmethod
    def configured(cls, settings: Mapping[str, Any]) -> Self:
        """The method with these settings.

        Raises:
            MethodError: a setting is not known, or out of range.
        """
        known = {s.name: s for s in settings_of(cls)}
        for name, value in settings.items():
            if name not in known:
                raise MethodError(
                    f"Method `{cls.name}` has no setting `{name}`.",
                    f"It has {', '.join(known) or 'no settings'}.",
                    about=(name,),
                )
            _check(cls.name, known[name], value)
        return cls(**settings)


def _check(method: str, setting: Setting, value: Any) -> None:
    """Raises MethodError for a value of another kind than the setting, or out of its range."""
    if wanted := unlike(setting, value):
        raise MethodError(
            f"Setting `{setting.name}` of `{method}` must be {wanted}.",
            f"Give {wanted}.",
            about=(setting.name,),
        )
    if setting.choices and value not in setting.choices:
        raise MethodError(
            f"Setting `{setting.name}` of `{method}` cannot be `{value}`.",
            f"Choose one of {', '.join(map(str, setting.choices))}.",
            about=(setting.name,),
        )
    low, high = setting.low, setting.high
    if (low is not None and value < low) or (high is not None and value > high):
        raise MethodError(
            f"Setting `{setting.name}` of `{method}` is {value}, outside {low} to {high}.",
            "Choose a number in that range.",
            about=(setting.name,),
        )


def modelled_names(schema: Schema) -> tuple[str, ...]:
    """The columns to learn.

    Raises:
        MethodError: there are none.
    """
    names = tuple(c.name for c in schema.modelled)
    if not names:
        raise MethodError(
            "Every column is an identifier, so there is nothing to learn.",
            "Give at least one column another role.",
        )
    return names
