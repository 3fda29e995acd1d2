"""What leaves the house: synthetic rows, schema, recipe, privacy statement, model, checksums."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

from synth.budget import Audience
from synth.errors import BundleError, NotReleasable
from synth.guarantee import DifferentiallyPrivate, Statement
from synth.method import Model
from synth.methods import model_of
from synth.schema import Schema

FORMAT = "synth release"
SUMS = "SHA256SUMS"
REQUIRED = ("synthetic.csv", "schema.json", "PRIVACY.md", "model.json", "release.json")
MOST_UNPACKED = 4 << 30
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet runs text that begins like this


@dataclass(frozen=True)
class Release:
    """Built from a model, never from a frame, so real rows cannot get in.

    Args:
        rows: how many synthetic rows each copy has.
        seed: of the sampling only; the noise has no seed to give away.
        copies: how many synthetic tables.
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
        rng = np.random.default_rng(self.seed)
        return tuple(self._table(i, rng) for i in range(self.copies))

    def _table(self, copy: int, rng: np.random.Generator) -> pd.DataFrame:
        table = self.model.sample(self.rows, rng)
        for name, values in self.identifiers.items():
            table[name] = list(values[copy * self.rows : (copy + 1) * self.rows])
        return table

    def files(self) -> dict[str, bytes]:
        """Every file of the bundle by name; the same release always gives the same bytes."""
        files: dict[str, bytes] = {}
        for i, table in enumerate(self.tables):
            stem = "synthetic" if i == 0 else f"synthetic-{i + 1}"
            files[f"{stem}.csv"] = csv_bytes(table)
            files[f"{stem}.parquet"] = parquet_bytes(table)
        files["schema.json"] = _json(self.model.schema.document())
        files["PRIVACY.md"] = self._privacy().encode()
        files["model.json"] = _json(self.model.document())
        files["release.json"] = _json(self._facts())
        if self.recipe:
            files["recipe.toml"] = self.recipe.encode()
        files.update(self.extras)
        sums = "".join(f"{hashlib.sha256(b).hexdigest()}  {n}\n" for n, b in files.items())
        return {**files, SUMS: sums.encode()}

    def zipped(self) -> bytes:
        """The bundle as a zip file."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name, content in self.files().items():
                bundle.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        return buffer.getvalue()

    def _facts(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "title": self.title,
            "rows": self.rows,
            "copies": self.copies,
            "seed": self.seed,
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


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table as CSV (RFC 4180) in UTF-8, safe to open in a spreadsheet."""
    safe = {str(n): _harmless(table[n]) for n in table.columns}
    frame = pd.DataFrame(safe).rename(columns=_harmless_text)
    return frame.to_csv(index=False, lineterminator="\r\n").encode()


def _harmless(values: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values
    return values.map(_harmless_text, na_action="ignore")


def _harmless_text(text: Any) -> Any:
    return f"'{text}" if isinstance(text, str) and text.startswith(DANGEROUS) else text


def parquet_bytes(table: pd.DataFrame) -> bytes:
    """A table as Parquet."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()


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
        files = _unpacked(source)
        _confirm(files)
        bundle = cls(files)
        if bundle.facts.get("format") != FORMAT:
            raise BundleError("This archive is no release bundle.", "Choose another file.")
        return bundle


def _unpacked(source: Path | IO[bytes]) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(source) as archive:
            if sum(i.file_size for i in archive.infolist()) > MOST_UNPACKED:
                raise BundleError(
                    "The bundle would unpack to more than 4 GB.", "Release fewer rows at once."
                )
            return {n: archive.read(n) for n in archive.namelist()}
    except FileNotFoundError:
        raise BundleError("There is no such bundle.", "Check the path.") from None
    except (zipfile.BadZipFile, OSError, EOFError):
        raise BundleError(
            "The file is no zip archive, or is damaged.", "Ask for the bundle again."
        ) from None


def _confirm(files: Mapping[str, bytes]) -> None:
    if absent := [n for n in (*REQUIRED, SUMS) if n not in files]:
        raise BundleError(
            f"The bundle lacks {', '.join(absent)}.", "Ask for the complete bundle again."
        )
    lines = [line.partition("  ") for line in files[SUMS].decode().splitlines() if line]
    listed = {name: digest for digest, _, name in lines}
    for name, content in files.items():
        if name == SUMS:
            continue
        if name not in listed:
            raise BundleError(
                f"`{name}` is in the bundle but not in its list of checksums.",
                "Someone added it; ask for the bundle again.",
            )
        if hashlib.sha256(content).hexdigest() != listed[name]:
            raise BundleError(
                f"`{name}` was changed after the release was made.", "Ask for the bundle again."
            )
    if gone := sorted(set(listed) - set(files)):
        raise BundleError(
            f"{', '.join(gone)} is listed but not in the bundle.", "Ask for the bundle again."
        )


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
    again = _drawn_again(bundle)
    names = [c.name for c in bundle.schema.modelled]
    if not again[names].astype(str).equals(bundle.rows[names].astype(str)):
        raise BundleError(
            "The synthetic rows are not those that the model draws with the stated seed.",
            "Ask for the bundle again.",
        )
    held.append(f"The model draws the same {len(again):,} rows again with the stated seed.")
    return tuple(held)


def _drawn_again(bundle: Bundle) -> pd.DataFrame:
    facts = bundle.facts
    drawn = Release(bundle.model, int(facts["rows"]), int(facts["seed"])).tables[0]
    buffer = io.BytesIO(parquet_bytes(drawn))
    return pd.read_parquet(buffer)


def as_saved(model: Model, statement: Statement) -> Model:
    """The model as a reader of the bundle will have it, under the statement that holds by then.

    Saving rounds the chances, so the released rows must be drawn from what was saved: only then
    can a recipient draw the same ones.
    """
    return model_of(replace(model, statement=statement).document())
