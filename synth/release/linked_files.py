"""The files of a release's second table: written beside the first, and told of by the papers."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from synth.lazily import pd
from synth.learning.keeping import Upkeep
from synth.release.archive import Parcel
from synth.release.children import TABLE, Children
from synth.release.papers.about import NOTHING_SAID
from synth.release.papers.released import Linked, Released
from synth.release.papers.tally import RowTally
from synth.release.table_files import write_csv, write_parquet
from synth.schema.written import Written


@dataclass
class _Copies:
    """Rows of a second table that were drawn so far, counted as they pass by."""

    children: Children
    tally: RowTally
    seed: int
    drawn: int = 0

    def blocks(self, people: Iterable[pd.DataFrame], *, first: bool) -> Iterator[pd.DataFrame]:
        """The rows of one copy, for the people of that copy."""
        for block in self.children.drawn(people, self.seed, self.drawn):
            self.drawn += len(block)
            if first:
                self.tally.add(block)
            yield block


def packed(
    children: Children,
    copies: Iterable[Iterable[pd.DataFrame]],
    parcel: Parcel,
    *,
    seed: int,
    written: Written,
    safe: bool,
    large: bool,
) -> Linked:
    """Write the rows of each copy, and say what papers tell of them.

    Args:
        copies: the people of each copy, in blocks.
        large: whether a file may become larger than 2 GB.
    """
    model, before = replace(children.model, schema=children.schema), set(parcel.digests)
    made, many = _Copies(children, RowTally(model), seed), 0
    for many, people in enumerate(copies, start=1):
        stem, columnar = TABLE if many == 1 else f"{TABLE}-{many}", io.BytesIO()
        with parcel.entry(f"{stem}.csv", large=large) as file:
            rows = write_parquet(made.blocks(people, first=many == 1), columnar, children.schema)
            for _ in write_csv(rows, file, children.schema, written, safe=safe):
                pass
        parcel.add_packed(f"{stem}.parquet", columnar.getvalue())
    sums = {name: digest for name, digest in parcel.digests.items() if name not in before}
    told = Released(
        children.name,
        NOTHING_SAID,
        made.tally.rows,
        many,
        made.tally,
        written,
        safe,
        (),
        Upkeep(),
        sums,
        (),
        "",
    )
    return Linked(children, told)
