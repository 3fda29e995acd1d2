"""How cells are written: the shape of each, and what a count of shapes tells of a column."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from synth.budget import Budget, Measured
from synth.ingest.dated import naming_of, namings, padding_of, paddings
from synth.ingest.day_shapes import DateShape, usual_formats
from synth.ingest.declaration import ColumnPart
from synth.ingest.finer import detailed, details, named, padded, shortened
from synth.ingest.forming import formed
from synth.ingest.forms import Form, form_of
from synth.ingest.shapes import NumberShape, TruthShape, WordShape, places, shapes
from synth.ingest.shaping import Shapes, date_format, shape_of
from synth.ingest.suggest import suggest
from synth.schema import Column, Kind, Numbers, Origin, Role, Schema, Text
from synth.schema.examples import spelling_of
from synth.schema.moments import as_seconds, written
from synth.schema.spelling import Spelling
from synth.vault import PrivateTable
from tests.people import Silent


def form(*texts: str | None, noise: float = 0.0, within: Kind | None = None) -> Form:
    found = form_of(counted("shapes", *texts), noise, within)
    for of in details(found):
        found = detailed(found, of, counted(of, *texts), noise)
    return found


def counted(of: str, *texts: str | None) -> np.ndarray:
    domain = Shapes(of)
    codes = domain.encode(pd.Series(texts, dtype=object))
    return np.bincount(codes, minlength=domain.size).astype(float)


SHAPED = {
    "1": NumberShape(),
    "-1.50": NumberShape(2, "."),
    ".5": NumberShape(1, "."),
    "1,5": NumberShape(1, ","),
    "0,345": NumberShape(3, ","),
    "1,234": NumberShape(0, "?", ","),
    "1,234,567": NumberShape(0, "", ","),
    "1.234,5": NumberShape(1, ",", "."),
    "1'234.5": NumberShape(1, ".", "'"),
    "1 234,50 €": NumberShape(2, ",", " ", "", " €"),
    "-$5.00": NumberShape(2, ".", "", "$"),
    "($5.00)": NumberShape(2, ".", "", "$", "", brackets=True),
    "12 kg": NumberShape(0, "", "", "", " kg"),
    "1e5": NumberShape(7, "."),
    "12/31/2024": DateShape("%d/%m/%Y", "m"),
    "31.12.24": DateShape("%d.%m.%y", "d"),
    "1/2/2024 6:05": DateShape("%d/%m/%Y %H:%M"),
    "2024-12-31T10:00Z": DateShape("%Y-%m-%dT%H:%MZ"),
    "20241231": DateShape("%Y%m%d"),
    "3 août 2021": DateShape("%d %b %Y"),
    "dec 31 2022": DateShape("%b %d %Y"),
    "true": TruthShape("true"),
    "N": TruthShape("N"),
    "perhaps": WordShape(spoken=True),
    "007": WordShape(coded=True),
    "5m": NumberShape(after="m"),
    "3-": WordShape(),
    "15-": NumberShape(behind=True),
    "120/80": WordShape(paired=True),
    "1E5": WordShape(),
    "5+": WordShape(around=True),
    "2019-00-00": WordShape(around=True),
    "c. 1850": WordShape(about=True),
    "7.50 DR": NumberShape(2, ".", side=" DR"),
    "99999999": NumberShape(),
    "12:75": WordShape(paired=True),
    "31/31/2020": WordShape(),
    "943 476 0000": WordShape(),
    "100000000000000000141": WordShape(),
    "1e999": WordShape(),
    "+": WordShape(),
    "": WordShape(),
    "word " * 9: WordShape(long=True),
}


@pytest.mark.parametrize("text", SHAPED)
def test_each_text_has_a_shape_of_the_list(text):
    assert shapes()[shape_of(text)] == SHAPED[text]


@given(some.text(max_size=60) | some.text("0123456789.,-/: ()%$€kgTZ", max_size=24))
def test_any_text_has_a_shape(text: str):
    assert 0 <= shape_of(text) < len(shapes())


PLAIN = Spelling()
FORMS = {
    ("1", "2", "-300"): (Kind.INTEGER, 0, PLAIN),
    ("1.5", "2.25", "3"): (Kind.REAL, 2, PLAIN),
    ("4.50", "2.25", "3.00"): (Kind.REAL, 2, Spelling(fixed=True)),
    ("1,5", "1.234,75", "2"): (Kind.REAL, 2, Spelling(",", ".")),
    ("1,234", "2,345,678", "999"): (Kind.INTEGER, 0, Spelling(between=",")),
    ("625,797", "100,000"): (Kind.INTEGER, 0, Spelling(between=",")),
    ("1,234", "2,5"): (Kind.REAL, 3, Spelling(",")),
    ("340.730,00", "1,50"): (Kind.REAL, 2, Spelling(",", ".", fixed=True)),
    ("$1,000.50", "$3.25"): (Kind.REAL, 2, Spelling(between=",", before="$")),
    ("6,4 %", "86,2 %"): (Kind.REAL, 1, Spelling(",", after=" %")),
    ("(1.04)", "14.58"): (Kind.REAL, 2, Spelling(brackets=True)),
    ("12 kg", "7 kg"): (Kind.INTEGER, 0, Spelling(after=" kg")),
    ("007", "012"): (Kind.CATEGORY, 0, PLAIN),
    ("E1000", "+", "1e999", "inf"): (Kind.CATEGORY, 0, PLAIN),
    ("True", "False"): (Kind.BOOLEAN, 0, PLAIN),
    ("Y", "N"): (Kind.BOOLEAN, 0, PLAIN),
    ("F", "F"): (Kind.CATEGORY, 0, PLAIN),
    ("x" * 40, "y " * 20): (Kind.TEXT, 0, PLAIN),
}


@pytest.mark.parametrize("texts", FORMS)
def test_kind_decimals_and_spelling_are_told_by_most_cells(texts):
    found = form(*texts)
    kind, decimals, spelling = FORMS[texts]
    assert found.kind is kind
    if kind in (Kind.INTEGER, Kind.REAL):
        fixed = found.spelling.fixed if spelling.fixed else spelling.fixed
        assert found.decimals == decimals
        assert found.spelling == Spelling(**{**vars_of(spelling), "fixed": found.spelling.fixed})
        assert found.spelling.fixed or not fixed


def vars_of(spelling: Spelling) -> dict:
    return {name: getattr(spelling, name) for name in Spelling.__dataclass_fields__}


def test_one_odd_cell_in_many_changes_nothing():
    plain = form(*["1.5", "22.5"] * 100)
    odd = form(*["1.5", "22.5"] * 100, "83.1234")
    assert (plain.kind, plain.decimals) == (odd.kind, odd.decimals) == (Kind.REAL, 1)
    assert form(*["1", "2"] * 100, "unknown").kind is Kind.INTEGER
    assert form(*["01/02/2024"] * 100, "2024-01-02 10:00:00").format == "%d/%m/%Y"


def test_zeros_at_the_end_are_written_where_that_is_likelier():
    """Of 500 rows, noise hides too few numbers of fewer places to be sure of either."""
    always = ["$1,234.50", "$0.25"] * 250
    seldom = ["$1,234.56"] * 450 + ["$1,234.5"] * 50
    assert form(*always, noise=20.0).spelling == Spelling(".", ",", "$", fixed=True)
    assert not form(*seldom, noise=20.0).spelling.fixed
    signed = ["+1.5", "-2.0"] * 250  # each sign is a layout of its own
    assert form(*signed, noise=12.0).spelling.fixed


NAMED = [
    *("%d %b %Y", "%b[en] %d %Y", "%d-%b[EN]-%y", "%B %d, %Y", "%-d %B[fr] %Y", "%d. %B[De] %Y"),
    *("%d de %B[es] de %Y", "%d %B[it] %Y", "%-d %B[pl] %Y", "%d %B[ru] %Y", "%d %B[pt] %Y"),
    *("%d %B[nl] %Y", "%d %B[sv] %Y", "%-d. %B[fi] %Y", "%b[Fr] %Y"),
]
BARE = ["%-m/%-d/%Y", "%-d/%-m/%Y %-H:%M", "%-d.%-m.%Y", "%m/%d/%Y %-I:%M %p", "%-d-%-m-%y"]


@pytest.mark.parametrize("every", [13, pytest.param(1, marks=pytest.mark.nightly)])
def test_formats_of_the_list_are_told_and_written_alike(every: int):
    assert not [f for f in usual_formats()[::every] if not _alike(f)]


@pytest.mark.parametrize("format", [*NAMED, *BARE])
def test_dates_of_each_format_are_told_and_written_alike(format):
    """Over a year, so that days and months have one digit and two, and every name occurs."""
    assert _alike(format)


def _alike(format: str) -> bool:
    texts = written(np.arange(1_672_600_000.123456, 1_704_000_000, 500_009.0), format)
    found = form(*texts)
    seconds = as_seconds(texts, found.format)
    again = written(seconds, found.format).tolist() == texts.tolist()
    same = bool((seconds == as_seconds(texts, format)).all())
    return found.kind is Kind.DATE and found.fitting == 1 and again and same


@pytest.mark.parametrize(
    "format", ["%d %b %Y", "%d %B[fr] %Y", "%-m/%-d/%Y", "%Y%m%d", "%Y%m%d %H%M%S"]
)
def test_a_date_can_be_read_by_itself(format):
    texts = written(np.arange(1_672_600_000, 1_704_000_000, 5_000_009.0), format)
    read = [as_seconds(pd.Series([t]), date_format(t))[0] for t in texts]
    wanted = as_seconds(texts, format)
    sure = [int(t.split("/")[1]) > 12 if "/" in t else True for t in texts]
    assert all(r == w for r, w, s in zip(read, wanted, sure, strict=True) if s)


def test_where_no_date_shows_which_number_is_the_day_that_is_said():
    assert form("01/02/2024", "03/04/2024").unsure
    assert not form("01/02/2024", "03/24/2024").unsure
    assert not form("2024-02-01").unsure
    table = pd.DataFrame({"d": pd.Series(["01/02/2024", "03/04/2024"] * 9, dtype="category")})
    assert "month" in suggest(table)["d"].column.reason


def test_days_among_moments_are_their_midnights():
    found = form(*["2024-01-01"] * 5, *["2024-01-02 10:00:00"] * 5)
    assert (found.format, found.fitting) == ("%Y-%m-%d %H:%M:%S", 1.0)


def test_noise_alone_passes_for_no_shape():
    counts = np.where(np.arange(len(shapes())) == shape_of("12"), 500.0, 150.0)
    assert form_of(counts, 40.0).kind is Kind.INTEGER


def test_two_truth_values_are_told_together_where_noise_hides_each():
    """At 300 rows a column of yes and no was one of numbers, or of true and false."""
    counts = counted("shapes", *["yes"] * 150, *["no"] * 140)
    counts[shape_of("12")] = 160.0  # noise
    counts[shape_of("true")] = 150.0
    found = form_of(counts, 60.0)
    assert (found.kind, found.truth) == (Kind.BOOLEAN, ("no", "yes"))


def test_a_few_numbers_among_many_gaps_are_no_text():
    """Of 4,000 rows 3,700 were missing, and because these are more, the column was withheld."""
    counts = counted("shapes", *["12"] * 300, *[None] * 3700)
    assert form_of(counts, 80.0).kind is Kind.INTEGER
    counts[shape_of("12")] = 200.0  # noise, maybe
    assert form_of(counts, 80.0).kind is Kind.TEXT


def test_a_closer_look_is_taken_where_noise_hid_all():
    frame = pd.DataFrame({"weeks": ["12"] * 200 + [None] * 3800})
    column = Column("weeks", Text(Origin.OBSERVED, missing=True), Kind.TEXT, facts=Origin.OBSERVED)
    private = PrivateTable(frame, Schema((column,)), Budget(0.4), noise=Silent())
    made = formed(private, (ColumnPart(name="weeks", role=Role.PLAIN),), people=4000)
    assert made.schema["weeks"].kind is Kind.INTEGER
    purposes = [e.purpose for e in private.ledger.entries if isinstance(e, Measured)]
    assert purposes == ["how cells are written: shapes: weeks"] * 2


def test_noise_puts_no_marks_into_numbers():
    """One run in fifty of twenty columns ruined one: prices came out as `1,234`, and as words."""
    sides = {"1,234": 5.9, "1.234,5": 5.9, "a": 3.9, "12": 50.0}
    for text, times in sides.items():
        counts = np.zeros(len(shapes()))
        counts[shape_of("12")] = 20_000.0
        counts[shape_of(text)] += times * 400.0
        found = form_of(counts, 400.0)
        assert (found.kind, found.spelling.between) == (Kind.INTEGER, ""), text


def test_a_column_without_gaps_gets_none():
    told = counted("shapes", *["12", "13"] * 100)
    told[-1] = 15.0  # noise
    assert not form_of(told, 20.0).missing
    told[-1] = 120.0
    assert form_of(told, 20.0).missing


def test_words_that_rows_share_among_numbers_are_codes():
    texts = [*map(str, range(1000)), *["unknown"] * 8, "odd"]
    found = suggest(pd.DataFrame({"n": pd.Series(texts, dtype="category")}))["n"].column
    assert found.kind is Kind.INTEGER
    assert found.domain.codes == ("unknown",)
    assert found.domain.missing  # the odd one


@pytest.mark.parametrize("text", ["100000000000000000141", "2.43e+299", "9223372036854775807"])
def test_a_number_past_what_doubles_tell_apart_has_an_interval(text):
    """Nothing is one above it, so its interval had no end and the table was refused."""
    numbers = suggest(pd.DataFrame({"n": pd.Series([text] * 30, dtype="category")}))["n"]
    domain = numbers.as_kind(Kind.REAL)
    assert domain.encode(pd.Series([text])).tolist() == [0]


def test_noise_hides_neither_case_nor_width_of_the_names_of_months():
    """Names of other languages and cases, of which no cell has one, say nothing of these."""
    rng, listed = np.random.default_rng(0), namings()
    counts = np.zeros(len(listed))
    for day in pd.date_range("2020-01-15", periods=12, freq="MS"):
        counts[listed.index(naming_of(day.strftime("%d-%b-%Y").upper()))] += 40
    form = Form(Kind.DATE, format="%d-%b-%Y")
    told = {named(form, counts + rng.normal(0, 6, len(listed)), 6.0).format for _ in range(30)}
    assert told == {"%d-%b[EN]-%Y"}


def test_noise_alone_takes_no_zeros_from_dates():
    """Months that showed none of either lost their zeros in one run of five: `2017-6`."""
    sign = [0 if days is None else -1 if days else 1 for days, _ in paddings()]
    for form in (Form(Kind.DATE, format=f) for f in ("%Y-%m", "%d.%m.%Y", "%Y%m")):
        assert padded(form, np.array(sign) * 10.0, 10.0).format == form.format
    assert padded(Form(Kind.DATE, format="%m/%Y"), np.array(sign) * 90.0, 10.0).format == "%-m/%Y"


@pytest.mark.parametrize("digits", [2, 4, 6])
def test_places_that_follow_the_size_of_a_number_are_kept(digits):
    """Of numbers to four digits, places as many as the smallest had came out for all."""
    rng = np.random.default_rng(digits)
    texts = [f"{x:.{digits}g}" for x in rng.lognormal(0, 4, 2000)]
    found = form(*texts)
    assert found.spelling.significant == digits
    assert form(*[repr(float(x)) for x in rng.normal(0, 1, 500)]).spelling.significant == 0
    assert form(*[f"{x:.4f}" for x in rng.normal(0, 1, 500)]).spelling.significant == 0
    spelt = spelling_of(found.spelling.example(None))
    assert spelt == found.spelling
    domain = Numbers((0.0001, 0.01, 1.5, 1234.0, 1234.001, 9e7), spelling=spelt)
    drawn = domain.decode(np.arange(5).repeat(300), rng)
    assert domain.encode(drawn).tolist() == np.arange(5).repeat(300).tolist() or digits < 4
    short = drawn.map(lambda x: len(f"{x:.15g}".replace(".", "").split("e")[0].strip("0")))
    assert (short[:900] <= digits).all() and ((drawn >= 0.0001) & (drawn < 9e7)).all()


def test_noise_shortens_no_numbers():
    counts = np.zeros(Shapes("significant").size)
    counts[15] = 400.0
    whole = Form(Kind.REAL)
    for seed in range(20):
        noisy = counts + np.random.default_rng(seed).normal(0, 10, len(counts))
        assert shortened(whole, noisy, 10.0) == whole
    counts[[3, 4]], counts[15] = (100.0, 900.0), 0.0
    assert shortened(whole, counts, 10.0).spelling.significant == 4
    assert shortened(whole, counts, 100.0) == whole, "too few to be sure"


@pytest.mark.parametrize("text", ["2019-3", "2019/3", "3/2019", "2019-03", "03/2019"])
def test_months_show_whether_they_have_zeros(text):
    assert padding_of(text) == (len(text) == 7, None)
    form = text.replace("2019", "%Y").replace("03", "%m").replace("3", "%m")
    assert shapes()[shape_of(text)] == DateShape(form)


def test_few_days_past_the_twelfth_show_the_order_of_a_format_that_is_there():
    told = np.zeros(len(shapes()))
    told[places()[DateShape("%d/%m/%Y")]] = 300
    told[places()[DateShape("%d/%m/%Y", "m")]] = 40
    found = form_of(told, 10.0)
    assert (found.format, found.unsure) == ("%m/%d/%Y", False)
