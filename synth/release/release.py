"""What leaves the house: synthetic rows, schema, recipe, privacy statement, model, checksums."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib.metadata import version
from typing import IO, Any

from synth.budget import Statement
from synth.errors import NotReleasable
from synth.lazily import np, pd
from synth.learning.method import BLOCK, DRAWING, Model
from synth.methods import model_of
from synth.release.archive import Parcel, unpacked
from synth.release.children import FILE, Children
from synth.release.kept_rules import KeptRules
from synth.release.linked_files import packed
from synth.release.papers.about import NOTHING_SAID, About
from synth.release.papers.combining import COMBINE, combine_file
from synth.release.papers.descriptions import croissant, data_package
from synth.release.papers.dictionary import dictionary
from synth.release.papers.readme import readme
from synth.release.papers.released import Linked, Released
from synth.release.signature import SigningKey
from synth.release.statement import statement_text
from synth.release.table_files import write_csv, write_parquet
from synth.schema import Pattern
from synth.schema.rules import Rule
from synth.schema.written import AS_USUAL, Written
from synth.wording import so_many

FORMAT = "synth release"


@dataclass(frozen=True)
class Release:
    """Built from a model, never from a frame, so real rows cannot get in.

    Args:
        rows: how many synthetic rows each copy has.
        seed: of the sampling only; the noise has no seed to give away.
        copies: how many synthetic tables.
        order: columns that each of them is sorted by, "-age" for falling; such a table is held in
            memory as a whole.
        recipe: how it was made, as TOML; may be empty.
        extras: further files, by name, made from the model or from protected counts.
        libraries: what makes the files, and its versions.
        written: delimiter, encoding and quotes of the text files.
        safe: whether cells that a spreadsheet would run get an apostrophe.
        rules: between columns, which the rows keep as far as they can.
        about: what the custodian says of it, beside the title.
        children: a second table, whose rows belong to the people of the first.
    """

    model: Model
    rows: int
    seed: int = 0
    copies: int = 1
    recipe: str = ""
    title: str = ""
    extras: Mapping[str, bytes] = field(default_factory=dict)
    order: Sequence[str] = ()
    libraries: Mapping[str, str] = field(default_factory=lambda: libraries())
    written: Written = AS_USUAL
    safe: bool = True
    rules: Sequence[Rule] = ()
    about: About = NOTHING_SAID
    children: Children | None = None

    def __repr__(self) -> str:
        copies = f" in {self.copies} copies" if self.copies > 1 else ""
        return f"<Release of {so_many(self.rows, 'row')}{copies}: {self.statement.guarantee.short}>"

    def __post_init__(self) -> None:
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
        return self._whole[0]

    @property
    def beginning(self) -> pd.DataFrame:
        """The first rows, at most as many as are drawn at once."""
        return self.begun[0]

    @property
    def begun(self) -> tuple[pd.DataFrame, KeptRules]:
        """The first rows, and what became of the rules in as many as had to be drawn for them."""
        if self._short:
            return self.tables[0], self._whole[1]
        kept = self._kept()
        first = next(next(self.drawn(kept)))
        kept.counting.close()
        return first, kept

    @cached_property
    def _whole(self) -> tuple[tuple[pd.DataFrame, ...], KeptRules]:
        """All tables, and what became of the rules in them."""
        kept = self._kept()
        return tuple(pd.concat(list(b), ignore_index=True) for b in self.drawn(kept)), kept

    def _kept(self) -> KeptRules:
        return KeptRules.of(self.model, self.rules)

    @property
    def _short(self) -> bool:
        return self.rows * self.copies <= BLOCK

    def drawn(self, kept: KeptRules | None = None) -> Iterator[Iterator[pd.DataFrame]]:
        """For each copy its rows in blocks; to be used up in order, as one generator draws them.

        Args:
            kept: learns what becomes of the rules.
        """
        rng = np.random.default_rng(self.seed)
        told = kept or self._kept()
        for copy in range(self.copies):
            yield self._sorted(self._blocks(copy, rng, told))

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

    def _blocks(
        self, copy: int, rng: np.random.Generator, kept: KeptRules
    ) -> Iterator[pd.DataFrame]:
        """The rows of a copy; identifiers are different over all blocks and copies."""
        start = copy * self.rows
        made = {c.name: c.domain for c in self.model.schema if isinstance(c.domain, Pattern)}
        for block in kept.keeper.blocks(self.rows, rng):
            for name, pattern in made.items():
                block[name] = pattern.numbered(start, len(block), self.seed)
            start += len(block)
            kept.counting.add(block)
            if copy == 0:
                kept.tally.add(block)
            yield block
        kept.counting.close()

    def write(self, stream: IO[bytes], key: SigningKey | None = None) -> None:
        """Write the bundle as a zip file; the same release always gives the same bytes.

        Args:
            key: signs it.
        """
        with Parcel.opened(stream) as parcel:
            self._packed(parcel)
            parcel.seal(key.sign if key else None)

    @property
    def sums(self) -> str:
        """The list of checksums: all files are made for it, and none is kept."""
        parcel = Parcel()
        self._packed(parcel)
        return parcel.sums

    def _packed(self, parcel: Parcel) -> None:
        kept = self._whole[1] if self._short else self._kept()
        copies = ([t] for t in self.tables) if self._short else self.drawn(kept)
        for i, blocks in enumerate(copies):
            stem = "synthetic" if i == 0 else f"synthetic-{i + 1}"
            columnar = io.BytesIO()
            with parcel.entry(f"{stem}.csv", large=not self._short) as file:
                rows = write_parquet(blocks, columnar, self.model.schema)
                spelling = self.model.schema, self.written
                for _ in write_csv(rows, file, *spelling, safe=self.safe):
                    pass
            parcel.add_packed(f"{stem}.parquet", columnar.getvalue())
        sums, linked = parcel.digests, self._linked(parcel)
        for name, content in self._documents(kept, sums, linked).items():
            parcel.add(name, content)

    def _linked(self, parcel: Parcel) -> Linked | None:
        """Write the second table, for the people as they were drawn; None where there is none."""
        if self.children is None:
            return None
        people = ([t] for t in self.tables) if self._short else self.drawn()
        return packed(
            self.children,
            people,
            parcel,
            seed=self.seed,
            written=self.written,
            safe=self.safe,
            large=not self._short,
        )

    def zipped(self, key: SigningKey | None = None) -> bytes:
        """The bundle as the bytes of a zip file."""
        buffer = io.BytesIO()
        self.write(buffer, key)
        return buffer.getvalue()

    def files(self) -> dict[str, bytes]:
        """Every file of the bundle by name."""
        return dict(unpacked(io.BytesIO(self.zipped())))

    def _documents(
        self, kept: KeptRules, sums: Mapping[str, str], linked: Linked | None
    ) -> dict[str, bytes]:
        """What the bundle holds beside the tables, once all of them are drawn.

        Args:
            sums: the SHA-256 of each file of rows.
            linked: the second table.
        """
        second = self.children
        statement = statement_text(self.model, self.title, safe=self.safe, kept=kept, second=second)
        files = {
            "schema.json": _json(self.model.schema.document()),
            "PRIVACY.md": statement.encode(),
            "model.json": _json(self.model.document()),
            "release.json": _json(self._facts() | kept.document()),
        }
        if self.copies > 1:
            files[COMBINE] = combine_file(self.model, self.rows).encode()
        if second is not None:
            files[FILE] = _json(second.document())
        if self.recipe:
            files["recipe.toml"] = self.recipe.encode()
        files |= self.extras
        return {**self._papers(kept, sums, tuple(files), linked), **files}

    def _papers(
        self,
        kept: KeptRules,
        sums: Mapping[str, str],
        files: Sequence[str],
        linked: Linked | None,
    ) -> dict[str, bytes]:
        """What accompanies the rows: for people first, then for programs."""
        told = Released(
            self.title,
            self.about,
            self.rows,
            self.copies,
            kept.tally,
            self.written,
            self.safe,
            kept.counts,
            kept.upkeep,
            sums,
            files,
            self.recipe,
            linked,
        )
        return {
            "README.md": readme(told).encode(),
            "dictionary.csv": dictionary(told),
            "datapackage.json": _json(data_package(told)),
            "croissant.json": _json(croissant(told)),
        }

    def _facts(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "title": self.title,
            "rows": self.rows,
            "copies": self.copies,
            "seed": self.seed,
            "order": list(self.order),
            "drawing": DRAWING,
            "libraries": dict(self.libraries),
            "written": self.written.document(),
            "safe": self.safe,
            **({"about": told} if (told := self.about.document()) else {}),
        }


def libraries() -> dict[str, str]:
    """What decides which bytes a model, a seed and a table become, and the version that is here."""
    return {name: _version(name) for name in ("faker", "numpy", "pandas", "pyarrow")}


@cache
def _version(name: str) -> str:
    return version(name)


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def as_saved(model: Model, statement: Statement) -> Model:
    """The model as a reader of the bundle will have it, under the statement that holds by then.

    Saving rounds the chances, so the released rows must be drawn from what was saved: only then
    can a recipient draw the same ones.

    Raises:
        NotReleasable: the model is another one each time that it is saved and read.
    """
    once = model_of(replace(model, statement=statement).document())
    saved = model_of(once.document())
    if saved.document() != once.document():
        raise NotReleasable(
            f"A model of the kind `{model.kind}` changes when it is saved and read.",
            "Choose another method, and tell whoever wrote this one: nobody could check a release.",
        )
    return saved
