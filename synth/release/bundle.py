"""A release read back by whoever receives it, and what can be re-checked without the real rows."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any

from synth.budget import Statement
from synth.errors import BundleError
from synth.lazily import pa, pd
from synth.learning.method import Model
from synth.methods import model_of
from synth.release.archive import confirm, unpacked
from synth.release.release import FORMAT, Release
from synth.release.table_files import write_parquet
from synth.schema import Schema

REQUIRED = ("synthetic.csv", "schema.json", "PRIVACY.md", "model.json", "release.json")


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
