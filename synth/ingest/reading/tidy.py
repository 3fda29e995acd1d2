"""What was read as columns of values, categorical wherever that is smaller."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from synth.errors import IngestError
from synth.ingest.reading.said import MISSING_TEXTS, Click, Noticed, listed
from synth.ingest.width import check_width
from synth.lazily import compiled, np, pa, pd
from synth.schema import Codes
from synth.schema.domain import smallest
from synth.schema.durations import ways
from synth.schema.values import as_text
from synth.vault.gaps import Gaps

WORDS = ("None", ".", "..", "?", "-", "--")  # may be values: nothing taken, an unknown answer
UNSEEN = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
QUOTED = r'^="([^"]*)"$'
NEGATIVE = "-"  # a missing text elsewhere, and the result of a test
TESTED = compiled(
    r"(^|[^a-z])(rh|rhd|rhesus\w*|rh factor|factor|sign|result\w*|test\w*|pcr|hiv|antigen\w*|"
    r"antibod\w*|serolog\w*|culture|ergebnis\w*|befund\w*|resultad\w*|résultat\w*|esito|wynik\w*|"
    r"vorzeichen|\w+[+]|[+]/-)([^a-z]|$)"
)
MIDNIGHT = time()
NAMIBIA = "NA"  # a missing text elsewhere, and a country code
COUNTRY = compiled(
    r"countr|nation|citizen|territor|(^|[^a-z])(iso|iso[23]|geo|land|lander|staat|pays|pais|país|"
    r"paese|kraj|ország|maa|riik|страна|國家|国家|国)([^a-z]|$)|staatsang|herkunft|länder"
)


def with_index(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The frame with the named levels of its index as columns, and their names."""
    named = [n for n in frame.index.names if n is not None and n not in frame.columns]
    others = [i for i, n in enumerate(frame.index.names) if n not in named]
    if others:
        frame = frame.reset_index(level=others, drop=True)
    return (frame.reset_index(), tuple(map(str, named))) if named else (frame, ())


def compact(
    frame: pd.DataFrame, missing: Sequence[str] = MISSING_TEXTS
) -> tuple[pd.DataFrame, Gaps]:
    """Text and objects as categoricals of text, `stripped`; numbers and booleans as they are.

    Raises:
        IngestError: a column holds lists or records.
    """
    _check_names([str(n) for n in frame.columns])
    columns = {str(n): _compacted(str(n), frame[n]) for n in frame.columns}
    return stripped(pd.DataFrame(columns), missing)


def _compacted(name: str, values: pd.Series) -> pd.Series:
    kind = values.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return _of_text(values)
    if pd.api.types.is_bool_dtype(kind):
        return values
    if pd.api.types.is_datetime64_any_dtype(kind):
        values = values.dt.tz_convert("UTC") if values.dt.tz is not None else values
        # Each cell on its own: were the others asked, one row could change how all are written.
        midnight = values.dt.normalize() == values
        text = values.dt.strftime("%Y-%m-%d %H:%M:%S")
        days = values.dt.strftime("%Y-%m-%d")
        return pd.Series(text.where(~midnight, days)).astype("category")
    if pd.api.types.is_timedelta64_dtype(kind):
        seconds = values.dt.total_seconds().round()
        way = ways()["1 days 01:30:05"]
        told = [None if np.isnan(s) else way.written(s) for s in seconds]
        return pd.Series(told, index=values.index, dtype="category")
    if pd.api.types.is_integer_dtype(kind):
        return pd.to_numeric(values, downcast="integer")
    if pd.api.types.is_numeric_dtype(kind):
        return _finite(values)
    if isinstance(kind, pd.PeriodDtype | pd.IntervalDtype):
        values = values.astype(str).where(values.notna())
    present = values.dropna()
    if any(isinstance(v, list | dict | tuple | set | np.ndarray) for v in present.head(1000)):
        raise IngestError(
            f"Column `{name}` holds lists or records, not single values.",
            "Spread it over columns or rows first.",
        )
    if any(isinstance(v, bytes | bytearray) for v in present.head(1000)):
        raise IngestError(
            f"Column `{name}` holds binary data, not values.", "Leave it out, or write it as text."
        )
    made: pd.Series = pd.Series(list(map(_cell, values)), index=values.index, dtype="category")
    return made


def _cell(value: object) -> str | None:
    """A cell among others of any type, written as it is where all are of its own.

    Were it written otherwise, one cell of another type could change how all are written.
    """
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if pd.isna(value):  # type: ignore[call-overload]
        return None
    if isinstance(value, float | np.floating):
        return f"{value:.15g}" if np.isfinite(value) else None
    if isinstance(value, datetime):
        value = value if value.tzinfo is None else value.astimezone(UTC)
        return value.strftime("%Y-%m-%d" if value.time() == MIDNIGHT else "%Y-%m-%d %H:%M:%S")
    if isinstance(value, timedelta):
        return ways()["1 days 01:30:05"].written(float(round(value.total_seconds())))
    return str(value).lower() if isinstance(value, bool | np.bool_) else str(value)


def _of_text(values: pd.Series) -> pd.Series:
    """A categorical whose categories are texts: of what type they are, one row can change."""
    old = values.cat.categories
    if old.dtype == "str":
        return values
    return _renamed(values, pa.array(as_text(pd.Series(old)), type=pa.string(), from_pandas=True))


def _finite(values: pd.Series) -> pd.Series:
    """Numbers as doubles: with the digits they have, and infinite ones as missing."""
    kind = values.dtype
    if getattr(kind, "itemsize", 8) < 8:  # a float of 32 bits is not the double it is cut from
        values = pd.Series(values.astype(str).astype("float64"), index=values.index)
    if not isinstance(values.dtype, np.dtype) or values.dtype.kind != "f":
        return values
    endless = np.isinf(values.to_numpy())
    return values.mask(endless) if endless.any() else values


def categorical(texts: pa.ChunkedArray | pa.Array) -> pd.Series:
    """Texts as a categorical: encoded at once, which is faster than block by block."""
    whole = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    found = whole.dictionary_encode()
    if isinstance(found, pa.ChunkedArray):  # more text than one array of Arrow holds
        found = found.unify_dictionaries().combine_chunks()
    codes = found.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    known = pd.Index(found.dictionary.to_pandas(), dtype="str")
    return pd.Series(pd.Categorical.from_codes(codes, categories=known))


def stripped(frame: pd.DataFrame, missing: Sequence[str]) -> tuple[pd.DataFrame, Gaps]:
    """Without blanks around text, and with the texts that stand for nothing as missing."""
    listed, gaps = tuple(dict.fromkeys(filter(None, missing))), {}
    for name in frame.columns:
        values = frame[name]
        if not isinstance(values.dtype, pd.CategoricalDtype):
            continue
        nothing = set(missing) - values_by_name(str(name))
        old = values.cat.categories
        told = pa.array(old, type=pa.string(), from_pandas=True)
        trimmed = _bare(pa.compute.utf8_trim_whitespace(told))
        gone = pa.compute.is_in(trimmed, value_set=pa.array(sorted(nothing), type=pa.string()))
        if not trimmed.equals(told) or pa.compute.any(gone).as_py():
            new = pa.compute.if_else(gone, None, trimmed)
            written = pa.compute.if_else(gone, trimmed, None)
            codes = _gaps(values, written, listed)
            if codes is not None:
                gaps[str(name)] = codes
            frame[name] = _renamed(values, new)
    return frame, Gaps(listed, gaps)


def _bare(texts: pa.Array) -> pa.Array:
    """Texts without signs that nobody sees at their ends, and what is in `="…"`, as it stands for
    a text in files for Excel. Each by itself.
    """
    signs = pa.compute.match_substring_regex(texts, f"^[{UNSEEN}]|[{UNSEEN}]$")
    if pa.compute.any(signs).as_py():
        texts = pa.compute.utf8_trim(texts, characters=UNSEEN + " \t")
    formulas = pa.compute.match_substring_regex(texts, QUOTED)
    if pa.compute.any(formulas).as_py():
        texts = pa.compute.replace_substring_regex(texts, QUOTED, r"\1")
    return texts


def _gaps(values: pd.Series, written: pa.Array, listed: Sequence[str]) -> Codes | None:
    """For each row which of the texts its missing cell had, from 1; None where none had any.

    Args:
        written: the text of each category that stands for nothing, null for the others.
    """
    places = pa.compute.index_in(written, value_set=pa.array(listed, pa.string()), skip_nulls=True)
    known = places.fill_null(-1).to_numpy(zero_copy_only=False) + 1
    if not known.any():
        return None
    return smallest(np.append(known, 0), len(listed) + 1)[values.cat.codes.to_numpy()]


def of_country(name: str) -> bool:
    """Whether a column's name says that it holds countries, of whose codes `NA` is one."""
    return bool(COUNTRY.search(_spread(name)))


def _spread(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def values_by_name(name: str) -> set[str]:
    """Texts for nothing that are values in a column, as its name says: `NA` of countries, `-` of
    tests. The rows are not asked: one of them could change what all the others hold.
    """
    found = {NAMIBIA} if of_country(name) else set()
    return found | ({NEGATIVE} if TESTED.search(_spread(name)) else set())


def said_of_frame(frame: pd.DataFrame, gaps: Gaps, missing: Sequence[str]) -> list[Noticed]:
    """What a custodian should know of how values came in: nothing more is asked of the rows."""
    words, countries = _said_of_words(gaps), _said_of_countries(frame, missing)
    return [*words, *countries, *_said_of_codes(frame, gaps)]


def _said_of_codes(frame: pd.DataFrame, gaps: Gaps) -> list[Noticed]:
    """`NA` that was read as missing among other codes of two capital letters."""
    found = []
    for name in gaps.codes:
        values = frame[name]
        if not gaps.counts(name)[gaps.texts.index(NAMIBIA)] if NAMIBIA in gaps.texts else True:
            continue
        told = pa.array(values.cat.categories, type=pa.string())
        short = pa.compute.match_substring_regex(told, "^[A-Z]{2}$").to_pylist()
        found += [name] if len(short) > 1 and all(short) else []
    if not found:
        return []
    return [
        Noticed(
            f"`NA` was read as a missing value in {listed(found)}, beside other codes of two "
            "letters: it may be Namibia, or another code.",
            "If it is a value there, give the column a name that speaks of countries, or set "
            "`missing` in [source] to the texts that stand for a missing one, without it.",
            (_a_value(NAMIBIA, gaps),),
        )
    ]


def _a_value(text: str, gaps: Gaps) -> Click:
    """One click for a text that is no missing value, in any column."""
    left = tuple(t for t in gaps.texts if t != text)
    return Click(f"{text} is a value", "missing", ("", *left))


def _said_of_words(gaps: Gaps) -> list[Noticed]:
    """Words that were read as missing, and may have been values."""
    found = [
        (text, name)
        for name in gaps.codes
        for text, count in zip(gaps.texts, gaps.counts(name), strict=True)
        if count and text in WORDS
    ]
    columns = {text: [n for t, n in found if t == text] for text, _ in found}
    return [
        Noticed(
            f"`{text}` was read as a missing value in {listed(names)}.",
            "If it is a value there, set `missing` in [source] to the texts that stand for a "
            "missing one, without it.",
            (_a_value(text, gaps),),
        )
        for text, names in columns.items()
    ]


def _said_of_countries(frame: pd.DataFrame, missing: Sequence[str]) -> list[Noticed]:
    kept = []
    for name in frame.columns:
        values = frame[name]
        if of_country(str(name)) and isinstance(values.dtype, pd.CategoricalDtype):
            kept += [str(name)] if NAMIBIA in values.cat.categories else []
    if not kept or NAMIBIA not in missing:
        return []
    return [
        Noticed(
            f"`NA` is a value in {listed(kept)}, as its name speaks of countries: the code of "
            "Namibia.",
            "If it stands for a missing value, write it as an empty field.",
        )
    ]


def _renamed(values: pd.Series, new: pa.Array) -> pd.Series:
    """A categorical with other texts for its categories: some the same, some missing."""
    found = categorical(new).cat
    table = np.append(found.codes.to_numpy(), -1)
    codes = table[values.cat.codes.to_numpy()]
    ordered = bool(values.cat.ordered)
    made = pd.Categorical.from_codes(codes, categories=found.categories, ordered=ordered)
    return pd.Series(made, index=values.index)


def _check_names(names: Sequence[str]) -> None:
    check_width(len(names))
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise IngestError(
            f"The header names {', '.join(f'`{n}`' for n in twice[:5])} more than once.",
            "Give every column a name of its own.",
        )


def people(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame, if it has rows and columns. Raises IngestError otherwise."""
    if not len(frame.columns):
        raise IngestError("The table has no columns.", "Choose a file with a header line.")
    if not len(frame):
        raise IngestError(
            "The table has a header but no rows.", "Choose a file with at least one row."
        )
    return frame
