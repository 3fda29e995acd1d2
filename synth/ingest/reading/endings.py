"""Rows at the end of a table that are no people: totals, sources and notes."""

from __future__ import annotations

import re

from synth.ingest.reading.said import Click, Noticed
from synth.lazily import compiled, pd

LOOKED = 12  # rows at the end
ABOVE = 100  # rows above empty ones
LONG = 40  # characters, from which on what stands alone is a note
TOTAL = compiled(
    r"(grand |sub-?)?(total|totals|average|mean|median|durchschnitt|mittelwert|moyenne|media|"
    r"totale|totaal|totalt|sum|summe|gesamt|gesamtsumme|insgesamt|"
    r"somme|ensemble|suma|soma|razem|итого|всего|合計|总计)[\s:=.]*([\d., ]+)?",
    re.IGNORECASE,
)
NOTE = compiled(
    r"(source|sources|note|notes|quelle|anmerkung|fuente|nota|fonte|bron|kilde|källa|"
    r"last updated|data from|\*|†|¹|\(\d\)|\d\))[\s:.)]?.*",
    re.IGNORECASE | re.DOTALL,
)

SPOKEN = compiled(r"\w[\s:]+\S")  # several words, as a sentence has and a code has not


def footer_of(frame: pd.DataFrame) -> int:
    """How many rows at the end look like totals and notes, and not like the rows above them."""
    if len(frame) < 4 or len(frame.columns) < 2:
        return 0
    blank = _blank_end(frame)
    frame = frame.iloc[: len(frame) - blank]
    rows = frame.tail(LOOKED).astype(object).to_numpy().tolist()
    above = frame.iloc[:-LOOKED, 0] if len(frame) > LOOKED else frame.iloc[:0, 0]
    count = 0
    for row in reversed(rows[1:]):
        texts = [str(v).strip() for v in row if isinstance(v, str) and str(v).strip()]
        there = sum(not pd.isna(v) for v in row)
        alone = there == 1 and len(texts) == 1 and len(row) > 2
        noted = alone and _notes(texts[0], above)
        if not (texts and (TOTAL.fullmatch(texts[0]) or noted)):
            break
        count += 1
    return blank + count


def _blank_end(frame: pd.DataFrame) -> int:
    """How many rows at the end hold nothing, where none of some above them is like that."""
    if frame.iloc[-1].notna().any():
        return 0
    held = frame.notna().any(axis=1).to_numpy()
    last = int(held.nonzero()[0][-1]) + 1 if held.any() else len(held)
    return 0 if not held[max(0, last - ABOVE) : last].all() else len(held) - last


def without_names(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The rows without those that repeat the names of the columns, and how many these were.

    Files that were put together have such rows. Each is told by itself and by the names.
    """
    names = [str(n) for n in frame.columns]
    texts = all(isinstance(frame[n].dtype, pd.CategoricalDtype) for n in names)
    if len(names) < 2 or not texts or any(n not in frame[n].cat.categories for n in names):
        return frame, 0
    alike = (frame[names[0]] == names[0]).to_numpy()
    for name in names[1:]:
        alike = alike & (frame[name] == name).to_numpy()
    kept = frame[~alike].reset_index(drop=True)
    for name in names if alike.any() else ():
        kept[name] = kept[name].cat.remove_unused_categories()
    return (kept, int(alike.sum())) if alike.any() else (frame, 0)


def _notes(text: str, above: pd.Series) -> bool:
    """Whether what stands alone in a row is a source, or a sentence that no row above has."""
    if NOTE.match(text) or len(text) > LONG:
        return True
    return SPOKEN.search(text) is not None and not (above == text).any()


def said_of_footer(count: int) -> Noticed:
    """That the last rows look like no people."""
    rows = "The last row looks" if count == 1 else f"The last {count:,} rows look"
    return Noticed(
        f"{rows} like totals, notes or nothing, and not like people.",
        f"To leave them out, set footer = {count} in [source].",
        (Click("Leave them out", "footer", count),),
    )
