"""What leaves the house: synthetic rows, schema, recipe, privacy statement, model, checksums."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from synth.budget import Audience, Statement
from synth.budget.guarantee import DifferentiallyPrivate
from synth.errors import BundleError, NotReleasable
from synth.learning.method import BLOCK, Model
from synth.methods import model_of
from synth.release.archive import Parcel, confirm, unpacked
from synth.release.table_files import write_csv, write_parquet
from synth.schema import Schema

FORMAT = "synth release"
REQUIRED = ("synthetic.csv", "schema.json", "PRIVACY.md", "model.json", "release.json")


@dataclass(frozen=True)
class Release:
    """Built from a model, never from a frame, so real rows cannot get in.

    Args:
        rows: how many synthetic rows each copy has.
        seed: of the sampling only; the noise has no seed to give away.
        copies: how many synthetic tables.
        order: columns that each of them is sorted by, "-age" for falling; such a table is held in
            memory as a whole.
        identifiers: new identifiers per column, that nobody has; else they are drawn by the seed.
        recipe: how it was made, as TOML; may be empty.
        findings: share-safe findings only.
        extras: further files, by name, made from the model or from protected counts.
    """

    model: Model
    rows: int
    seed: int = 0
    copies: int = 1
    identifiers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    recipe: str = ""
    title: str = ""
    findings: Sequence[Any] = ()
    extras: Mapping[str, bytes] = field(default_factory=dict)
    order: Sequence[str] = ()

    def __post_init__(self) -> None:
        held = [f for f in self.findings if getattr(f, "audience", None) is not Audience.RELEASE]
        if held:
            raise NotReleasable(
                f"{len(held)} findings were computed from real rows without noise.",
                "Leave them out, or measure them under the budget.",
            )
        if self.rows < 1 or self.copies < 1:
            raise NotReleasable(
                f"{self.rows} rows in {self.copies} copies were asked for.", "Ask for at least 1."
            )

    @property
    def statement(self) -> Statement:
        return self.model.statement

    @cached_property
    def tables(self) -> tuple[pd.DataFrame, ...]:
        """The synthetic tables, one per copy."""
        return tuple(pd.concat(list(b), ignore_index=True) for b in self.drawn())

    @property
    def beginning(self) -> pd.DataFrame:
        """The first rows, at most as many as are drawn at once."""
        return self.tables[0] if self._short else next(next(self.drawn()))

    @property
    def _short(self) -> bool:
        return self.rows * self.copies <= BLOCK

    def drawn(self) -> Iterator[Iterator[pd.DataFrame]]:
        """For each copy its rows in blocks; to be used up in order, as one generator draws them."""
        rng = np.random.default_rng(self.seed)
        for copy in range(self.copies):
            yield self._sorted(self._blocks(copy, rng))

    def _sorted(self, blocks: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        """The rows in the order that was asked for, ties as they were drawn."""
        keys = [k for k in map(self._key, self.order) if k is not None]
        if not keys:
            yield from blocks
            return
        names, rising = zip(*keys, strict=True)
        whole = pd.concat(list(blocks), ignore_index=True)
        whole = whole.sort_values(list(names), ascending=list(rising), kind="stable")
        for start in range(0, len(whole), BLOCK):
            yield whole.iloc[start : start + BLOCK].reset_index(drop=True)

    def _key(self, wanted: str) -> tuple[str, bool] | None:
        """The column to sort by and whether it rises; None where the model does not draw it.

        Identifiers are no key: nobody could check the order, for each has a new one.
        """
        drawn = {c.name.lower(): c.name for c in self.model.schema.modelled}
        if wanted.lower() in drawn:
            return drawn[wanted.lower()], True
        name = drawn.get(wanted.removeprefix("-").lower())
        return None if name is None else (name, False)

    def _blocks(self, copy: int, rng: np.random.Generator) -> Iterator[pd.DataFrame]:
        start = copy * self.rows
        for block in self.model.blocks(self.rows, rng):
            for name, values in self.identifiers.items():
                block[name] = list(values[start : start + len(block)])
            start += len(block)
            yield block

    def write(self, stream: IO[bytes]) -> None:
        """Write the bundle as a zip file; the same release always gives the same bytes."""
        with Parcel.opened(stream) as parcel:
            copies = ([t] for t in self.tables) if self._short else self.drawn()
            for i, blocks in enumerate(copies):
                stem = "synthetic" if i == 0 else f"synthetic-{i + 1}"
                columnar = io.BytesIO()
                with parcel.entry(f"{stem}.csv", large=not self._short) as file:
                    for _ in write_csv(write_parquet(blocks, columnar), file):
                        pass
                parcel.add_packed(f"{stem}.parquet", columnar.getvalue())
            for name, content in self._documents().items():
                parcel.add(name, content)
            parcel.seal()

    def zipped(self) -> bytes:
        """The bundle as the bytes of a zip file."""
        buffer = io.BytesIO()
        self.write(buffer)
        return buffer.getvalue()

    def files(self) -> dict[str, bytes]:
        """Every file of the bundle by name."""
        return dict(unpacked(io.BytesIO(self.zipped())))

    def _documents(self) -> dict[str, bytes]:
        """What the bundle holds beside the tables."""
        files = {
            "schema.json": _json(self.model.schema.document()),
            "PRIVACY.md": self._privacy().encode(),
            "model.json": _json(self.model.document()),
            "release.json": _json(self._facts()),
        }
        if self.recipe:
            files["recipe.toml"] = self.recipe.encode()
        return {**files, **self.extras}

    def _facts(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "title": self.title,
            "rows": self.rows,
            "copies": self.copies,
            "seed": self.seed,
            "order": list(self.order),
            "fresh_identifiers": sorted(self.identifiers),
        }

    def _privacy(self) -> str:
        statement = self.statement
        lines = [
            f"# Privacy statement{f': {self.title}' if self.title else ''}",
            "",
            "The rows in this bundle are synthetic: they were drawn from a model, and no row "
            "describes a real person.",
            "",
            f"**{statement.guarantee.short}.** {statement.guarantee.plain}",
            "",
            *_taken_as_known(statement),
            *_how_measured(statement),
            "## What the columns hold",
            "",
            *(f"- {_column_line(self.model.schema, n)}" for n in self.model.schema.names),
            "",
            "Text cells that a spreadsheet would run as a formula begin with an apostrophe in the "
            "CSV file; the Parquet file has them unchanged.",
            "",
        ]
        return "\n".join(lines)


def _taken_as_known(statement: Statement) -> list[str]:
    """What a formal promise leaves out, because it was known without the rows."""
    if not isinstance(statement.guarantee, DifferentiallyPrivate):
        return []
    return [
        "Taken as known without the rows, and so not covered: the names of the columns, what sort "
        "of values each holds and how these are written, and whatever is marked as declared below.",
        "",
    ]


def _how_measured(statement: Statement) -> list[str]:
    paid = [(p, r) for p, r in statement.ledger if np.isfinite(r)]
    if not paid:
        return []
    total = sum(r for _, r in paid)
    groups: dict[str, tuple[int, float]] = {}
    for purpose, rho in paid:
        kind = purpose.split(":")[0]
        times, spent = groups.get(kind, (0, 0.0))
        groups[kind] = (times + 1, spent + rho)
    return [
        "## What the privacy budget was spent on",
        "",
        "| looked at | times | share of the budget spent |",
        "|---|---|---|",
        *(f"| {k} | {t} | {r / total:.1%} |" for k, (t, r) in groups.items()),
        "",
    ]


def _column_line(schema: Schema, name: str) -> str:
    column = schema[name]
    origin = {
        "declared": "values declared without looking at the rows",
        "discovered": "values found under the privacy budget",
        "observed": "values read off the real rows",
    }[column.domain.origin.value]
    told = f" {column.meaning}" if column.meaning else ""
    if not column.modelled:
        return f"`{name}` (identifier): made anew, belongs to nobody.{told}"
    return f"`{name}` ({column.kind.value}): {column.domain.size} states, {origin}.{told}"


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


@dataclass(frozen=True)
class Bundle:
    """A release read back from its zip file: files by name, checksums already confirmed."""

    files: Mapping[str, bytes]

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Title, rows, copies and seed."""
        found: dict[str, Any] = _parsed(self.files["release.json"], "release.json")
        return found

    @cached_property
    def model(self) -> Model:
        return model_of(_parsed(self.files["model.json"], "model.json"))

    @property
    def schema(self) -> Schema:
        return self.model.schema

    @property
    def statement(self) -> Statement:
        return self.model.statement

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The first synthetic table, as released."""
        frame = pd.read_parquet(io.BytesIO(self.files["synthetic.parquet"]))
        return frame

    @classmethod
    def read(cls, source: Path | IO[bytes]) -> Bundle:
        """Open a bundle and confirm its checksums.

        Raises:
            BundleError: it is damaged, incomplete, or no release bundle.
        """
        files = unpacked(source)
        confirm(files, REQUIRED)
        bundle = cls(files)
        if bundle.facts.get("format") != FORMAT:
            raise BundleError("This archive is no release bundle.", "Choose another file.")
        return bundle


def _parsed(content: bytes, name: str) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        raise BundleError(f"`{name}` is not valid JSON.", "Ask for the bundle again.") from None


def verify(bundle: Bundle) -> tuple[str, ...]:
    """Re-check what can be re-checked without the real rows; one sentence per thing that holds.

    Raises:
        BundleError: something does not hold.
    """
    held = [f"{len(bundle.files) - 1} files match their checksums."]
    if bundle.statement.guarantee.short not in bundle.files["PRIVACY.md"].decode():
        raise BundleError(
            "PRIVACY.md promises something else than the model.", "Ask for the bundle again."
        )
    held.append(f"The statement is the model's: {bundle.statement.guarantee.short}.")
    rows = _drawn_again(bundle)
    held.append(f"The model draws the same {rows:,} rows again with the stated seed.")
    return tuple(held)


def _drawn_again(bundle: Bundle) -> int:
    """How many rows the model drew again, each as released. Raises BundleError."""
    facts = bundle.facts
    names = [c.name for c in bundle.schema.modelled]
    stored = pa.parquet.ParquetFile(io.BytesIO(bundle.files["synthetic.parquet"]))
    released = (stored.read_row_group(i).to_pandas() for i in range(stored.num_row_groups))
    order = tuple(map(str, facts.get("order", ())))
    again = Release(bundle.model, int(facts["rows"]), int(facts["seed"]), order=order)
    blocks = next(again.drawn())
    for mine, theirs in zip_longest(map(_through_parquet, blocks), released):
        if mine is None or theirs is None or not _alike(mine[names], theirs[names]):
            raise BundleError(
                "The synthetic rows are not those that the model draws with the stated seed.",
                "Ask for the bundle again.",
            )
    return int(facts["rows"])


def _through_parquet(block: pd.DataFrame) -> pd.DataFrame:
    buffer = io.BytesIO()
    list(write_parquet([block], buffer))
    return pd.read_parquet(buffer)


def _alike(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return one.astype(str).equals(other.astype(str))


def as_saved(model: Model, statement: Statement) -> Model:
    """The model as a reader of the bundle will have it, under the statement that holds by then.

    Saving rounds the chances, so the released rows must be drawn from what was saved: only then
    can a recipient draw the same ones.
    """
    return model_of(replace(model, statement=statement).document())
