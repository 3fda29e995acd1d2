"""Rows at the end of a table that are no people: totals, sources and notes."""

from __future__ import annotations

import re

from synth.ingest.reading.said import Click, Noticed
from synth.lazily import compiled, pd

LOOKED = 12  # rows at the end
LONG = 40  # characters, from which on what stands alone is a note
TOTAL = compiled(
    r"(grand |sub-?)?(total|totals|totale|totaal|totalt|sum|summe|gesamt|gesamtsumme|insgesamt|"
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
    return count


def _notes(text: str, above: pd.Series) -> bool:
    """Whether what stands alone in a row is a source, or a sentence that no row above has."""
    if NOTE.match(text) or len(text) > LONG:
        return True
    return SPOKEN.search(text) is not None and not (above == text).any()


def said_of_footer(count: int) -> Noticed:
    """That the last rows look like no people."""
    rows = "The last row looks" if count == 1 else f"The last {count} rows look"
    return Noticed(
        f"{rows} like totals or notes, and not like people.",
        f"To leave them out, set footer = {count} in [source].",
        (Click("Leave them out", "footer", count),),
    )
