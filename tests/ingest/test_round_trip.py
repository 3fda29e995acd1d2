"""A table in any habit of writing is read for what it says, and comes out in the same habit.

Tables of mixed columns are written with some delimiter, encoding, decimal mark, thousands, format
of dates or two, units, signs, digits, words for true, for missing and among numbers, and quotes.
They must be read as the same values; and what is drawn from a model of them must be written in the
same habit, and read as the same values again.
"""

import csv
import io
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from synth import Audience, Budget, load
from synth.ingest.reading import MISSING_TEXTS
from synth.release import Bundle
from synth.runs import read_recipe, run
from synth.schema import Categories, Dates, Domain, Numbers
from synth.schema.moments import written
from synth.schema.spelling import Spelling

ROWS = 60
RECIPE = read_recipe(
    '[privacy]\nepsilon = inf\n[method]\nname = "independent"\n[release]\nrows = 50\n'
)
TOWNS = {"ascii": ("Oslo", "Rome", "Bern"), "more": ("Zürich", "Málaga", "Köln")}
FORMATS = (
    *("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y%m%d", "%d %B %Y", "%d-%b-%y"),
    *("%G-W%V-%u", "%d.%m.%Y r.", "[%d/%b/%Y:%H:%M:%S %z]"),
    *("%Y-Q%q", "%A, %B %-d, %Y", "%A[fr] %-d %B[fr] %Y", "%d%b[EN]%Y"),
    *("%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%m/%d/%Y %I:%M %p"),
)
TWICE = {"%Y-%m-%d": "%d %B %Y", "%d/%m/%Y": "%Y-%m-%d", "%d.%m.%Y": "%Y/%m/%d"}
MORE = {  # ways to write whole numbers, and how large they are
    **{Spelling(after=end): 90 for end in (" kg", " years", "cm", " bps", "岁")},
    **{Spelling(before=sign): 900 for sign in ("±", "Rs. ")},
    **{Spelling(clock=way): 3000 for way in ("1h 30m", "1hr 30min", "PT1H30M", "5y 6m", "1:30")},
    **{Spelling(clock=way): 90 for way in ("P5Y6M", "P1W", "7:03 /km")},
    Spelling(before="Day "): 300,
    Spelling(behind=True): -900,
    Spelling(sides=(" CR", " DR")): -900,
    Spelling(sides=("", " DR")): -900,
    Spelling(brackets=True): -900,
    Spelling(script="\u0660"): 900,
    Spelling(script="\u0966", between=","): 9000,
    Spelling(between=",", lakh=True): 9_000_000,
    Spelling(after=".0000000000"): 90,
}
WORDS = ("", "unknown", "<5", "not asked", "*")  # beside some of them
TRUTHS = (("false", "true"), ("no", "yes"), ("N", "Y"), ("FALSE", "TRUE"), ("f", "t"))
MARKS = ((".", ""), (",", ""), (".", ","), (",", "."), (",", "\u00a0"), (".", "'"))
ENDS = (("", ""), ("$", ""), ("", " €"), ("", "%"))


@dataclass(frozen=True)
class Habit:
    """One way to write a table."""

    delimiter: str
    encoding: str
    quoting: int
    line_end: str
    spelling: Spelling
    decimals: int
    format: str
    truth: tuple[str, str]
    missing: str
    towns: tuple[str, ...]
    more: Spelling
    word: str


@st.composite
def habits(draw) -> Habit:
    mark, between = draw(st.sampled_from(MARKS))
    ends = draw(st.sampled_from(ENDS))
    encoding = draw(st.sampled_from(("utf-8", "utf-8-sig", "cp1252", "utf-16")))
    return Habit(
        draw(st.sampled_from((",", ";", "\t", "|"))),
        encoding,
        draw(st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))),
        draw(st.sampled_from(("\n", "\r\n"))),
        Spelling(mark, between, *ends, fixed=True),
        draw(st.integers(1, 3)),
        draw(st.sampled_from([f for f in FORMATS if encoding != "cp1252" or "[fr]" not in f])),
        draw(st.sampled_from(TRUTHS)),
        draw(st.sampled_from(_gaps(encoding))) if draw(st.booleans()) else "",
        TOWNS["ascii" if encoding == "cp1252" else "more"],
        draw(st.sampled_from([m for m in MORE if encoding != "cp1252" or _ascii(m)])),
        draw(st.sampled_from(WORDS)),
    )


def _gaps(encoding: str) -> list[str]:
    """Texts for missing cells; of another encoding than UTF-8 only the header tells."""
    return [t for t in MISSING_TEXTS if t and (t.isascii() or encoding != "cp1252")]


def _ascii(spelling: Spelling) -> bool:
    return spelling.written(5.0, 0).isascii()


def values(habit: Habit, seed: int) -> pd.DataFrame:
    """What a table says: numbers, seconds since 1970, words; None for what is missing."""
    rng = np.random.default_rng(seed)
    day = 86_400.0 if not any(c in habit.format for c in ("%H", "%I")) else 60.0
    start = 1_500_000_000 // 86_400 * 86_400
    frame = pd.DataFrame(
        {
            "amount": np.round(rng.gamma(2.0, 3000.0, ROWS) + 0.001, habit.decimals),
            "count": rng.integers(0, 90, ROWS).astype(float),
            "day": start + rng.integers(0, 90_000_000 // int(day), ROWS) * day,
            "sure": rng.random(ROWS) < 0.5,
            "town": rng.choice(habit.towns, ROWS),
            "more": np.round(rng.uniform(min(MORE[habit.more], 1), abs(MORE[habit.more]), ROWS)),
        }
    )
    if "%q" in habit.format:
        quarters = pd.to_datetime(frame["day"], unit="s").dt.to_period("Q").dt.start_time
        frame["day"] = quarters.map(pd.Timestamp.timestamp)
    if habit.word:
        frame["more"] = frame["more"].astype(object).mask(rng.random(ROWS) < 0.2, habit.word)
    return frame.astype(object).mask(rng.random(frame.shape) < 0.15, None)


def texts(frame: pd.DataFrame, habit: Habit) -> pd.DataFrame:
    """The same as it is written."""
    made = {
        "amount": habit.spelling.texts(frame["amount"].astype(float), habit.decimals),
        "count": frame["count"].map(lambda v: None if v is None else f"{v:.0f}"),
        "day": _days(frame["day"].astype(float).to_numpy(), habit.format),
        "sure": frame["sure"].map(lambda v: None if v is None else habit.truth[bool(v)]),
        "town": frame["town"],
        "more": frame["more"].map(
            lambda v: v if v is None or isinstance(v, str) else habit.more.written(v, 0)
        ),
    }
    told = pd.DataFrame(made)
    return told.where(told.notna(), habit.missing)


def _days(seconds: np.ndarray, format: str) -> pd.Series:
    """Days as text, one of four in another format where there is one."""
    told = written(seconds, format)
    told[::4] = written(seconds[::4], TWICE.get(format, format))
    return told


def file_of(frame: pd.DataFrame, habit: Habit) -> bytes:
    return frame.to_csv(
        index=False, sep=habit.delimiter, quoting=habit.quoting, lineterminator=habit.line_end
    ).encode(habit.encoding)


def read_as(domain: Domain, cells: pd.Series) -> list[object]:
    """What cells say under a domain: None for what is missing."""
    if isinstance(domain, Numbers | Dates):
        told = domain.measured(cells)
        return [None if math.isnan(x) else x for x in told]
    assert isinstance(domain, Categories)
    return [None if pd.isna(x) else str(x) for x in cells]


def said(content: bytes) -> dict[str, list[object]]:
    """What a file says, read without being told anything of it."""
    loaded = load(io.BytesIO(content), Budget(math.inf))
    rows = loaded.private.open_rows("a test", Audience.CUSTODIAN)
    columns = {n: s.column for n, s in loaded.suggestions.items()}
    return {n: read_as(c.domain, rows[n]) for n, c in columns.items()}


def meant(frame: pd.DataFrame, habit: Habit) -> dict[str, list[object]]:
    cells = {n: [None if pd.isna(v) else v for v in frame[n]] for n in frame}
    cells["more"] = [None if isinstance(v, str) else v for v in cells["more"]]
    cells["sure"] = [None if v is None else habit.truth[v] for v in cells["sure"]]
    return cells


@settings(
    derandomize=True,
    max_examples=14,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),
)
@given(habits(), st.integers(0, 2**16))
def test_a_table_is_read_for_what_it_says_and_written_as_it_came(habit, seed):
    frame = values(habit, seed)
    content = file_of(texts(frame, habit), habit)
    assert said(content) == meant(frame, habit)

    release = run(RECIPE, io.BytesIO(content)).release
    made = Bundle.read(io.BytesIO(release.zipped())).files["synthetic.csv"]
    text = made.decode(habit.encoding)
    first, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=habit.delimiter)
    assert first == list(frame)
    assert (text[:1] == '"' or text[1:2] == '"') is (habit.quoting == csv.QUOTE_ALL)
    assert ("\r\n" in text) is (habit.line_end == "\r\n")
    drawn = release.tables[0]
    for at, name in enumerate(first):
        gone = {row[at] for row, one in zip(rows, drawn[name].isna(), strict=True) if one}
        assert gone <= {habit.missing}
    again = said(made)
    schema = release.model.schema
    for name in first:
        domain = schema.domain(name)
        assert again[name] == read_as(domain, drawn[name].astype(object))
