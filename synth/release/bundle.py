"""A release read back by whoever receives it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from synth.budget import Statement
from synth.errors import BundleError, RuleError
from synth.incoming import Refusal, document, reading
from synth.lazily import pd
from synth.learning.method import Model
from synth.methods import model_of
from synth.release.archive import confirm, unpacked
from synth.release.children import FILE, TABLE, Children
from synth.release.kept_rules import rules_in
from synth.release.papers.about import About
from synth.release.release import FORMAT
from synth.release.signature import signer
from synth.release.table_files import write_csv
from synth.schema import Schema
from synth.schema.rules import Rule
from synth.schema.stored import restored
from synth.schema.written import written_of

REQUIRED = ("synthetic.csv", "schema.json", "PRIVACY.md", "model.json", "release.json")


@dataclass(frozen=True)
class Bundle:
    """A release read back from its zip file: files by name, checksums already confirmed."""

    files: Mapping[str, bytes] = field(repr=False)

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Title, rows, copies, order and seed, and by which version of the drawing it was made."""
        return document(self.files["release.json"], _no_json("release.json"))

    @cached_property
    def signed_by(self) -> str:
        """The fingerprint of the key it was signed with; "" where it was not signed.

        Raises:
            BundleError: the signature is of something else.
        """
        return signer(self.files)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The model as it is written."""
        return document(self.files["model.json"], _no_json("model.json"))

    @cached_property
    def model(self) -> Model:
        return model_of(self.document)

    @cached_property
    def children(self) -> Children | None:
        """The second table of the release; None where it has none.

        Raises:
            BundleError: what it says of it is none, or does not fit the first table.
        """
        if FILE not in self.files:
            return None
        found = Children.of_document(document(self.files[FILE], _no_json(FILE)))
        with consistent():
            fits = found.fits(self.schema)
        if not fits:
            raise APART.of()
        return found

    @cached_property
    def children_rows(self) -> pd.DataFrame:
        """The rows of the second table that belong to those of the first, as released.

        Raises:
            BundleError: there is none, or its rows are not of its schema.
        """
        name = f"{TABLE}.parquet"
        if self.children is None or name not in self.files:
            raise BundleError("The bundle lacks its second table.", "Ask for the bundle again.")
        return restored_rows(self.files[name], self.children.schema)

    @property
    def schema(self) -> Schema:
        return self.model.schema

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that its rows keep as far as they can.

        Raises:
            BundleError: one is not understood.
        """
        try:
            return rules_in(self.facts)
        except (AttributeError, LookupError, RuleError, TypeError):
            raise BundleError(
                "A rule in `release.json` is not understood.", "Ask for the bundle again."
            ) from None

    @property
    def about(self) -> About:
        """What the custodian says of it, beside the title.

        Raises:
            BundleError: it says something else.
        """
        try:
            return About.of(self.facts.get("about", {}))
        except (AttributeError, TypeError):
            raise BundleError(
                "`release.json` does not describe a release.", "Ask for the bundle again."
            ) from None

    @property
    def statement(self) -> Statement:
        return self.model.statement

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The first synthetic table, as released."""
        return restored_rows(self.files["synthetic.parquet"], self.schema)

    def as_text(
        self, blocks: Iterable[pd.DataFrame], stream: IO[bytes], schema: Schema | None = None
    ) -> Iterator[pd.DataFrame]:
        """Write further rows as CSV as the released ones are written, and hand them on.

        Args:
            schema: of the rows, where they are of the second table.
        """
        with consistent():
            written = written_of(self.facts.get("written", {}))
        safe = bool(self.facts.get("safe", True))
        return write_csv(blocks, stream, schema or self.schema, written, safe=safe)

    @classmethod
    def read(cls, source: Path | IO[bytes]) -> Bundle:
        """Open a bundle and confirm its checksums, and its signature where it has one.

        Raises:
            BundleError: it is damaged, incomplete, or no release bundle.
        """
        files = unpacked(source)
        confirm(files, REQUIRED)
        bundle = cls(files)
        if bundle.facts.get("format") != FORMAT:
            raise BundleError("This archive is no release bundle.", "Choose another file.")
        _ = bundle.signed_by
        return bundle


def restored_rows(content: bytes, schema: Schema) -> pd.DataFrame:
    """The rows of one table of a release. Raises BundleError where they are not of this schema."""
    with consistent():
        return restored(pd.read_parquet(io.BytesIO(content)), schema)


@contextmanager
def consistent() -> Iterator[None]:
    """Files of a bundle that do not belong together end in a sentence, whoever uses them.

    Raises:
        BundleError: they do not.
    """
    with reading(APART):
        yield


APART = Refusal(
    BundleError, "The files of the bundle do not belong together.", "Ask for the bundle again."
)


def _no_json(name: str) -> Refusal:
    return Refusal(
        BundleError, f"`{name}` is not valid JSON, or no object.", "Ask for the bundle again."
    )
