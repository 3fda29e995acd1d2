"""Files of SPSS, Stata and SAS, with the labels of their values."""

from __future__ import annotations

from typing import IO, Any

from synth.errors import IngestError
from synth.incoming import Refusal
from synth.ingest.reading.said import Noticed, Read, listed
from synth.ingest.width import check_width
from synth.lazily import pd

LISTED = "dictionary<values=int64, indices=int32, ordered=0>"  # a code of a list, with its label
PROGRAMS = {"sav": "SPSS", "dta": "Stata", "sas7bdat": "SAS", "xpt": "SAS", "por": "SPSS"}


def read_statistical(stream: IO[bytes], found: str) -> Read:
    """The table in a file of `found`; codes with labels come back as their labels.

    Codes that the file itself declares as missing are missing.

    Raises:
        IngestError: it is damaged or too wide.
    """
    import pyreadstat

    reader: Any = getattr(pyreadstat, f"read_{'xport' if found == 'xpt' else found}")
    told = {} if found == "xpt" else {"apply_value_formats": True, "formats_as_category": True}
    if found in ("sas7bdat", "xpt"):
        told = {}
    try:
        stream.seek(0)
        asked = {"user_missing": True} if found == "sav" else {}
        _, head = reader(stream, metadataonly=True, **asked)
        check_width(len(head.column_names))
        stream.seek(0)
        frame, meta = reader(stream, **told)
    except IngestError:
        raise
    except Exception as error:  # the library's own errors share no class but this
        broken = f"The {PROGRAMS[found]} file is damaged."
        raise Refusal(IngestError, broken, "Write it again, or export it as CSV.").of(
            error
        ) from None
    labelled = [n for n in meta.variable_value_labels if n in frame]
    noticed = []
    if labelled and told:
        noticed.append(
            Noticed(
                f"Codes were read as the labels that the file gives them: {listed(labelled)}.",
                "To keep the codes, export the table as CSV.",
            )
        )
    gaps = sorted(getattr(head, "missing_ranges", {}) or {})
    if gaps:
        what = f"Codes that the file declares as missing were read as missing: {listed(gaps)}."
        noticed.append(Noticed(what))
    frame = frame.copy()
    for name in frame:
        if name in labelled and told:
            frame[name] = _plain(frame[name])
    told_by = {str(n): LISTED for n in labelled if told}
    return Read(frame, tuple(noticed), stored=told_by)


def _plain(values: pd.Series) -> pd.Series:
    """Labels as texts; a code without one as a person would write it."""
    found = values.astype("category")
    texts = [_spelt(c) for c in found.cat.categories]
    made: pd.Series = values.map(dict(zip(found.cat.categories, texts, strict=True)))
    return pd.Series(made.astype(object), index=values.index).astype("category")


def _spelt(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)
