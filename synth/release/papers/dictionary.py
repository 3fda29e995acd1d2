"""dictionary.csv: one line for each column, for people with a spreadsheet.

Where a release has a second table, each line begins with the name of its own.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from synth.release.papers.fields import other_note, type_of
from synth.release.papers.readme import share
from synth.release.papers.released import Released
from synth.release.papers.standing import ColumnStanding, values_of
from synth.schema import Categories
from synth.schema.formulas import harmless

HEAD = (
    *("column", "meaning", "unit", "kind", "type", "role", "holds", "values", "states"),
    *("empty", "what is left of it", "do not use for"),
)
MOST_LISTED = 100
BETWEEN = " | "


def dictionary(released: Released) -> bytes:
    """The file, in UTF-8 with a mark that spreadsheets need; no cell of it is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    linked = released.linked
    if linked is None:
        writer.writerow(HEAD)
        for told in released.columns:
            writer.writerow([harmless(cell) for cell in _line(told, released)])
        return out.getvalue().encode("utf-8-sig")
    writer.writerow(("table", *HEAD))
    for name, table in ((linked.children.of, released), (linked.children.name, linked.told)):
        for told in table.columns:
            writer.writerow([name, *(harmless(cell) for cell in _line(told, table))])
    return out.getvalue().encode("utf-8-sig")


def _line(told: ColumnStanding, released: Released) -> Iterator[str]:
    column = told.column
    yield from (column.name, column.meaning, column.unit)
    yield column.kind.value if column.modelled else ""
    yield type_of(column, released.tally.several)
    yield column.role.value
    yield values_of(column)
    yield _listed(told)
    yield str(told.states) if told.states else ""
    yield "" if told.gaps is None else share(told.gaps)
    yield told.plain
    yield "; ".join(told.not_for)


def _listed(told: ColumnStanding) -> str:
    domain = told.column.domain
    if isinstance(domain, Categories) and 0 < len(domain.values) <= MOST_LISTED:
        listed = BETWEEN.join(domain.values)
        note = other_note(domain).replace("`", "")
        return f"{listed}; {note}" if note else listed
    return ""
