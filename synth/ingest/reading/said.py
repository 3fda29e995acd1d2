"""What the custodian says of how a file is to be read, and what was noticed while reading it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from synth.budget.eyes import ForCustodian
from synth.schema.typed import UNTYPED, Typed
from synth.schema.written import Written
from synth.vault.gaps import NO_GAPS, Gaps

if TYPE_CHECKING:
    from synth.lazily import pd

MISSING_TEXTS = (
    *("", "NA", "N/A", "n/a", "<NA>", "#N/A", "NULL", "<NULL>", "null", "None"),
    *("NaN", "nan", r"\N", ".", "..", "?", "-", "--", "NaT", "N.A.", "n.a.", "k.A.", "(null)"),
    *(
        "[NULL]",
        ":",
        "<null>",
        "(blank)",
        "#DIV/0!",
        "#VALUE!",
        "#REF!",
        "#NAME?",
        "#NUM!",
        "#NULL!",
    ),
    *("\u2013", "\u2014", "#SPILL!", "#CALC!", "#NV", "#WERT!", "#BEZUG!", "#ZAHL!", "#VALEUR!"),
    *("#NOMBRE!", "#¡VALOR!", "#¡REF!", "#¡DIV/0!", "1.#QNAN", "-1.#IND", "1.#IND", "<NaT>"),
    *("0000-00-00", "0000-00-00 00:00:00", "00/00/0000", "00.00.0000", "00-00-0000"),
    *("0000/00/00", "00.01.1900", "00/01/1900", "1/0/1900"),  # day 0 of Excel
)
CHOICES = ("encoding", "delimiter", "header", "header_rows", "sheet", "skip_ragged", "footer")


@dataclass(frozen=True)
class Choices:
    """How to read a file, where it is not to be found out: keys of `[source]` in a recipe.

    Args:
        encoding: of a text file, as Python names it; "" to find out.
        delimiter: of a text file: one character, " " for runs of blanks; "" to find out.
        header: the line of the column names, counted from 1; 0 where there is none; None to find
            out. In a sheet, its row.
        header_rows: how many lines the names take; 0 to find out.
        sheet: of a workbook; "" for the one with the largest table.
        skip_ragged: read on without lines that do not have as many fields as the others.
        footer: rows at the end that are no people, such as totals, and are left out.
    """

    encoding: str = ""
    delimiter: str = ""
    header: int | None = None
    header_rows: int = 0
    sheet: str = ""
    skip_ragged: bool = False
    footer: int = 0


@dataclass(frozen=True)
class Click:
    """One way to decide: what a button says, and the key of `[source]` that it sets."""

    label: str
    key: str
    value: str | int | bool | tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Noticed(ForCustodian):
    """Something about a file that its custodian should know, for their eyes.

    Args:
        what: what was noticed and what was made of it, in one sentence without a cell value.
        remedy: what to do where that is wrong.
        clicks: ways to decide otherwise.
        shown: lines of the file, where only a look at them decides: for the screen alone.
    """

    what: str
    remedy: str = ""
    clicks: tuple[Click, ...] = ()
    shown: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}".strip()


@dataclass(frozen=True, repr=False)
class Read(ForCustodian):
    """A table as it came in.

    Args:
        noticed: what was noticed on the way.
        written: how it is written, if as text.
        stored: the types in which its source stores its columns, as Arrow names them.
        gaps: how missing cells were written.
        typed: how a data frame types its columns.
    """

    frame: pd.DataFrame
    noticed: tuple[Noticed, ...] = ()
    written: Written | None = None
    stored: Mapping[str, str] = field(default_factory=dict)
    gaps: Gaps = NO_GAPS
    typed: Typed = UNTYPED


def listed(names: Sequence[str], most: int = 5) -> str:
    """Some names in a sentence: at most `most` of them."""
    shown = ", ".join(f"`{n}`" for n in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"
