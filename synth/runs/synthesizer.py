"""`Synthesizer().fit(table).sample(1000)`: the whole way from Python, in scikit-learn's manner.

It makes the recipe that its parameters say and runs it, so that what is learnt, spent and promised
is what the screens and `synth run` would have learnt, spent and promised.
"""

from __future__ import annotations

import html
import inspect
import numbers
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Self, cast

from synth.budget import Statement
from synth.errors import NotReleasable, RecipeError, SynthError
from synth.ingest.declaration import ColumnPart
from synth.lazily import np, nw, pa, pd
from synth.learning.drawing_balanced import Balanced
from synth.learning.drawing_where import Conditioned
from synth.release import Release
from synth.release.signature import key_set
from synth.release.table_files import whole
from synth.runs.gate import Objection
from synth.runs.gate_linked import gate_of_both
from synth.runs.outcome import Outcome
from synth.runs.recipe import Recipe
from synth.runs.recipe_file import recipe_of
from synth.runs.running import run
from synth.vault import Noise

SEEDS = 2**31  # of drawings nobody chose the seed of


class Synthesizer:
    """Learns a table under a promise, and draws rows that belong to nobody.

    Args:
        method: one of those that `synth methods` lists.
        epsilon: the privacy budget; `math.inf` for no noise and no promise.
        delta: the chance that the promise fails; left out, 1e-6 or less.
        people: the column that names the person, where people may have several rows.
        rows_per_person: how many of each person's rows are used at most.
        columns: what is declared of columns, as under [[column]] in a recipe:
            `{"name": "age", "kind": "integer", "low": 0, "high": 110}`.
        protect: de-identification steps, as under [[protect]].
        rules: what always holds of a row: `"discharge is not before admission"`; see docs/rules.md.
        discover: find out under the budget what is not declared, instead of off the rows.
        ledger: the folder of a lasting ledger; with it the name of the `population`, and the
            `total` epsilon that all releases about it may come to.
        random_state: the seed of drawing. The noise has none: noise that can be made again
            protects nobody.
        children: what is said of a second table of the same people, as under [children]: `name`,
            `key`, how many rows of a person count at `most`; see docs/linked-tables.md.
        about: what recipients read of a release, as under [release]: `title`, `publisher`,
            `licence`, `contact`, `version`, `date`, `description`.
        noise: for tests alone: where noise is drawn from. What was learnt with it is never
            released.
        settings: those of the method.

    Attributes:
        outcome_: the run, with what it found for the custodian's eyes.
        feature_names_in_, n_features_in_: the columns that were fitted.

    >>> import pandas as pd, synth
    >>> table = pd.DataFrame({"sex": ["F", "M"] * 500, "age": list(range(20, 70)) * 20})
    >>> age = {"name": "age", "kind": "integer", "low": 0, "high": 110}
    >>> sex = {"name": "sex", "kind": "category", "values": ["F", "M"]}
    >>> twin = synth.Synthesizer("adaptive", epsilon=1, columns=[age, sex]).fit(table)
    >>> twin.sample(3).shape
    (3, 2)
    >>> print(twin.statement.guarantee.short)
    Differentially private (ε = 1, δ = 1e-06)
    """

    def __init__(
        self,
        method: str = "adaptive",
        *,
        epsilon: float = 1.0,
        delta: float | None = None,
        people: str = "",
        rows_per_person: int = 1,
        columns: Sequence[ColumnPart | Mapping[str, Any]] = (),
        protect: Sequence[Mapping[str, Any]] = (),
        rules: Sequence[str] = (),
        discover: bool = True,
        ledger: str = "",
        population: str = "",
        total: float = 10.0,
        random_state: int | None = None,
        about: Mapping[str, str] | None = None,
        children: Mapping[str, Any] | None = None,
        noise: Noise | None = None,
        **settings: Any,
    ) -> None:
        self.method = method
        self.epsilon = epsilon
        self.delta = delta
        self.people = people
        self.rows_per_person = rows_per_person
        self.columns = columns
        self.protect = protect
        self.rules = rules
        self.discover = discover
        self.ledger = ledger
        self.population = population
        self.total = total
        self.random_state = random_state
        self.about = about
        self.children = children
        self.noise = noise
        self.settings = settings

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name, those of the method among them.

        Args:
            deep: no parameter has parameters of its own; it is there for scikit-learn's tools.
        """
        return {**{n: getattr(self, n) for n in _own()}, **self.settings}

    def set_params(self, **params: Any) -> Self:
        """Change parameters; what is not among them stays. Settings of a method go with it.

        Raises:
            RecipeError: the method has no such setting.
        """
        if params.get("method", self.method) != self.method:
            self.settings = {}
        for name, value in params.items():
            if name in _own():
                setattr(self, name, value)
            else:
                self.settings = {**self.settings, name: value}
        _ = self.recipe
        return self

    @property
    def recipe(self) -> Recipe:
        """The recipe that the parameters say: `synth.recipe_text` writes it for `synth run`.

        Raises:
            SynthError: a parameter is not what it may be.
        """
        if not isinstance(self.method, str):
            raise RecipeError(
                f"A {type(self.method).__name__} is no name of a method.",
                "The table comes later: Synthesizer().fit(table).",
            )
        seed = {} if self.random_state is None else {"seed": self.random_state}
        return recipe_of(
            {
                "people": {
                    "column": self.people,
                    "rows": self.rows_per_person,
                    "population": self.population,
                },
                "column": tuple(self.columns),
                "protect": tuple(self.protect),
                "rules": tuple(self.rules),
                "privacy": {
                    "epsilon": self.epsilon,
                    "delta": self.delta,
                    "discover": self.discover,
                    "ledger": self.ledger,
                    "total": self.total,
                },
                "method": {"name": self.method, **self.settings},
                "release": {**(self.about or {}), **seed},
                "children": {**(self.children or {})},
            }
        )

    def fit(self, table: Any, y: object = None, *, children: Any = None) -> Self:
        """Learn a table.

        Args:
            table: a data frame of any library, a path, or an open binary file.
            y: nothing; it is there for scikit-learn's tools.
            children: the same of a second table, whose rows belong to the people of this one.

        Raises:
            SynthError: a parameter or the table needs a decision of yours.
        """
        recipe = self.recipe
        if self.random_state is None:
            seed = {"seed": secrets.randbelow(SEEDS)}
            recipe = recipe.model_copy(update={"release": recipe.release.model_copy(update=seed)})
        self.outcome_ = run(recipe, table, noise=self.noise, children=children)
        self._fitted, self._known = recipe, self.noise is not None
        self._given, self._beside = Given.of(table), Given.of(children)
        self.feature_names_in_ = np.array(self.release.model.schema.names, dtype=object)
        self.n_features_in_ = len(self.feature_names_in_)
        return self

    @property
    def _outcome(self) -> Outcome:
        if not hasattr(self, "outcome_"):
            raise SynthError("Nothing was learnt yet.", "First: .fit(table).")
        return self.outcome_

    @property
    def release(self) -> Release:
        """What may leave: synthetic rows, their model, schema, recipe and statement.

        Raises:
            SynthError: nothing was learnt yet.
        """
        return self._outcome.release

    def sample(
        self,
        rows: int | None = None,
        *,
        where: str = "",
        balance: str = "",
        random_state: int | None = None,
    ) -> Any:
        """Synthetic rows, in the library, the types and with the index of the table. Costs nothing.

        Args:
            rows: how many; left out, about as many as the table has.
            where: what each of them holds: `"sex = 'F' and age > 80"`, `"no missing values"`; see
                docs/recipients.md.
            balance: the column each value of which is to be as frequent: to train on.
            random_state: the seed; left out, that of the synthesizer, or where it has none, another
                one each time.

        Raises:
            SynthError: nothing was learnt yet.
            NotReleasable: it is no number of rows above 0.
            ConditionError: the condition is not understood, or too few rows hold it; or the column
                has no list of values to be balanced.
        """
        drawn = self._drawn(rows, random_state)
        if balance:
            even = Balanced(drawn.model, balance, where, drawn.rules)
            made = even.rows(drawn.rows, drawn.seed)
        elif where:
            meant = Conditioned.of(drawn.model, where, drawn.rules)
            made = meant.rows(drawn.rows, drawn.seed)
        else:
            made = drawn.tables[0]
        return self._alike(made)

    def sample_both(
        self, rows: int | None = None, *, random_state: int | None = None
    ) -> tuple[Any, Any]:
        """Synthetic people, and the rows of a second table that belong to them; keys fit.

        Args:
            rows: how many people; each has as many rows as their own column says.
            random_state: as of `sample`.

        Raises:
            SynthError: nothing was learnt yet, or no second table.
            NotReleasable: it is no number of rows above 0.

        >>> import pandas as pd, synth
        >>> patients = pd.DataFrame({"patient": range(500), "sex": ["F", "M"] * 250})
        >>> visits = pd.DataFrame({"patient": [*range(500)] * 2, "ward": ["eye", "ear"] * 500})
        >>> told = {"name": "visits", "key": "patient", "most": 2}
        >>> twin = synth.Synthesizer("independent", epsilon=4, people="patient", children=told)
        >>> people, theirs = twin.fit(patients, children=visits).sample_both(100)
        >>> len(people), bool(theirs["patient"].isin(people["patient"]).all())
        (100, True)
        """
        drawn = self._drawn(rows, random_state)
        if drawn.children is None:
            raise SynthError("No second table was learnt.", "First: .fit(people, children=visits).")
        made = drawn.tables[0]
        theirs = next(drawn.children.drawn([made], drawn.seed))
        return self._alike(made), self._beside.alike(theirs)

    def _drawn(self, rows: int | None, random_state: int | None) -> Release:
        """The release with so many rows to draw, and the seed to draw them by."""
        release = self.release
        if rows is not None and not isinstance(rows, numbers.Integral):
            raise NotReleasable(
                f"A {type(rows).__name__} is no number of rows.",
                "Give a whole number, such as 1000.",
            )
        seed = self.random_state if random_state is None else random_state
        return replace(
            release,
            rows=release.rows if rows is None else int(rows),
            seed=secrets.randbelow(SEEDS) if seed is None else seed,
            copies=1,
        )

    def _alike(self, made: pd.DataFrame) -> Any:
        """Rows of the first table in the types and the library that it came in."""
        return self._given.alike(self.outcome_.typed.of(made, self.release.model.schema))

    @property
    def statement(self) -> Statement:
        """What may honestly be promised to the people in the table.

        Raises:
            NotReleasable: the noise came from elsewhere, so nothing may.
        """
        self._check_noise()
        return self.release.statement

    @property
    def verdict(self) -> pd.DataFrame:
        """What became of each column, the worst first: exact, so for the custodian's eyes."""
        rows = [(v.column, v.fate.value, v.words, v.remedy) for v in self._outcome.verdicts]
        return pd.DataFrame(rows, columns=["column", "verdict", "words", "remedy"])

    @property
    def objections(self) -> tuple[Objection, ...]:
        """What stands against a release, each with its fix: for the custodian's eyes."""
        return gate_of_both(self._fitted, self._outcome)

    def save(self, path: Path | str) -> None:
        """Write the release as a zip file, signed where SYNTH_KEY names a key.

        Raises:
            NotReleasable: the noise came from elsewhere.
            OutputError: the file cannot be written.
        """
        self._check_noise()
        release, key = self.release, key_set()
        with whole(Path(path)) as stream:
            release.write(stream, key)

    def _check_noise(self) -> None:
        if self.release and self._known:
            raise NotReleasable(
                "This was learnt with noise from elsewhere, which protects nobody.",
                "Leave `noise` out, and fit again.",
            )

    def __repr__(self) -> str:
        usual = {n: p.default for n, p in _own().items()}
        changed = {n: v for n, v in self.get_params().items() if v is not usual.get(n)}
        told = (f"{n}={_shown(v)}" for n, v in changed.items())
        return f"Synthesizer({', '.join(told)})"

    def _repr_html_(self) -> str:
        """What recipients may know of it, too: nothing here was computed from rows unpaid."""
        lines = [f"<code>{html.escape(repr(self))}</code>"]
        if not hasattr(self, "outcome_"):
            lines.append("Nothing was learnt yet.")
        elif self._known:
            lines.append("Learnt with noise from elsewhere: for tests alone.")
        else:
            told = self.statement.guarantee
            lines.append(f"<b>{html.escape(told.short)}</b><br>{html.escape(told.plain)}")
            lines.append(f"{html.escape(', '.join(self.release.model.schema.names))}")
        return "".join(f"<p>{line}</p>" for line in lines)


@dataclass(frozen=True)
class Given:
    """The library that a table came in, and its types there.

    Args:
        library: None where it was a file, or rows that stay in their engine.
    """

    library: nw.Implementation | None
    types: Mapping[str, Any]

    @classmethod
    def of(cls, table: Any) -> Given:
        """That of a table."""
        if isinstance(table, pa.Table):
            told = zip(table.schema.names, table.schema.types, strict=True)
            return cls(nw.Implementation.PYARROW, dict(told))
        frame = nw.from_native(table, pass_through=True)
        if not isinstance(frame, nw.DataFrame):
            return cls(None, {})
        return cls(frame.implementation, dict(frame.schema))

    def alike(self, drawn: pd.DataFrame) -> Any:
        """Drawn rows in that library; a column that does not fit its type stays as it is drawn."""
        if self.library is None or self.library.is_pandas():
            return drawn
        table = pa.Table.from_pandas(drawn, preserve_index=False).replace_schema_metadata(None)
        if self.library.is_pyarrow():
            return self._as_arrow(table)
        frame = nw.from_arrow(table, backend=cast(Any, self.library))
        for name, kind in self.types.items():
            with suppress(Exception):  # each library has its own way to say that it does not fit
                frame = frame.with_columns(nw.col(name).cast(kind))
        return frame.to_native()

    def _as_arrow(self, table: pa.Table) -> pa.Table:
        for place, name in enumerate(table.schema.names):
            with suppress(pa.ArrowException, KeyError):
                table = table.set_column(place, name, table[name].cast(self.types[name]))
        return table


def _shown(value: Any) -> str:
    """A parameter as it is typed; what is larger than a word could hold rows by mistake."""
    plain = isinstance(value, str | int | float | bool) or value is None
    return repr(value) if plain else "..."


@cache
def _own() -> Mapping[str, inspect.Parameter]:
    """The parameters that are not settings of a method."""
    told = inspect.signature(Synthesizer).parameters.values()
    return {p.name: p for p in told if p.kind is not inspect.Parameter.VAR_KEYWORD}
