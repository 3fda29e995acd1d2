"""How the cells of a column are written: a public list of shapes.

Kind, decimal places, spelling of numbers and date format are facts about a column that a single
cell could change if they were read off the rows. Here they follow from one noisy histogram over
this list, in which a person moves at most as many cells as they have rows; `forms` reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

from synth.ingest.day_shapes import DateShape, date_shapes
from synth.schema.durations import PADDED, ways
from synth.schema.scripts import APART, MARK
from synth.schema.scripts import ZEROS as NOUGHTS

OTHERS = (
    "nein ja,nee ja,nej ja,nei ja,non oui,no si,no sí,no sì,nei já,ne taip,nē jā,ei jah,"
    "não sim,nao sim,nie tak,ne ano,nie áno,"
    "ne da,nu da,nem igen,ei kyllä,hayır evet,нет да,ні так,не да,όχι ναι,falsch wahr,faux vrai,"  # noqa: RUF001
    "falso vero,falso verdadero,falso verdadeiro,fałsz prawda,onwaar waar,falskt sant,"
    "nepravda pravda,ложь истина,yanlış doğru"  # noqa: RUF001
)
ALIKE = 3  # the first of these pairs: each word of them means true or false on its own
ENGLISH = 13  # the first of them, in English words or their letters
TRUTHS = (
    *(("false", "true"), ("False", "True"), ("FALSE", "TRUE"), ("f", "t"), ("F", "T")),
    *(("no", "yes"), ("No", "Yes"), ("NO", "YES"), ("n", "y"), ("N", "Y"), ("off", "on")),
    *(("Off", "On"), ("OFF", "ON"), ("N", "J"), ("n", "j"), ("N", "O"), ("N", "S"), ("N", "T")),
    *(
        pair
        for words in OTHERS.split(",")
        for no, yes in (words.split(),)
        for pair in ((no, yes), (no.capitalize(), yes.capitalize()), (no.upper(), yes.upper()))
    ),
    *(("いいえ", "はい"), ("否", "是"), ("아니요", "예"), ("HAYIR", "EVET")),
)
MANY = 31  # characters, from which on a text is long
DEEP = 7  # decimal places that are told apart; so many or more are one shape

CURRENCY = "$ £ € ¥ ₹ R$ US$ CHF EUR USD GBP kr zł Kč Ft"
# Fewer of their spellings are told apart: each costs as many shapes as there are layouts of digits.
RARER = """
    kr. Rs Rs. C$ A$ NZ$ HK$ S$ PLN CZK HUF SEK NOK DKK RON JPY CNY INR RUB TRY BRL CAD AUD NZD
    ₽ руб. руб р. ₺ ₩ ₪ ₴ ₫ ฿ 円 元 원 TL lei лв
"""  # noqa: RUF001
FLAT = ",- ,– .- .– .-- ,--"  # after amounts without cents
UNITS = """
    kg mg µg mcg ng lb lbs oz km cm mm µm ft yd mi ml mL dl µl hr hrs min sec ms days weeks months
    years yrs °C °F bpm mmHg kPa kcal kJ cal kWh MWh kW MW Hz kHz MHz GHz kB MB GB TB m² m2 km² ha
    mmol/l mg/dl g/l mg/l km/h mph pts points pct percent
"""
ZERO = ".0"  # after whole numbers that some program wrote as others
ZEROS = ".0000000000"  # the same of LimeSurvey
COUNTED = "Day day Week week Month Year Visit Tag Woche Jour Semaine Día"  # before whole numbers
LETTERS = "gtmldshVW"  # follow a blank in long numbers as well: `5m` may be a code
FEWER = """
    g/dL g/dl g/L g/l mg/dL mg/L mmol/L µmol/L umol/L nmol/L pmol/L ng/mL ng/ml µg/L ug/L pg/mL IU
    IU/L U/L U mEq/L mEq x10^9/L 10^9/L kg/m2 kg/m² L/min mL/min l/min /min mm/h mm/hr cells/µL MPa
    Pa hPa bar W/m2 m/s km² m² cm² cm3 cm³ m3 m³ dB lux ppm ppb °
    ‰ x times year month week day hour hours minute minutes mins seconds yr mth mths mo wk wks
    C F st in inch inches feet mile miles g t m l d s h y w an ans mois semaines jours heures Jahr
    Jahre Monat Monate Woche Wochen Tag Tage Std Stunden Minuten año años mes meses semana día días
    anno anni mese mesi settimane giorni ore 岁 歳 세 лет 万 億 亿 bps
    pp Mio Mio. Mio.€ M€ k€ Tsd. Mrd. mln mln. млн million Std. Min. Min std tim sek
    billion bn dollars euros Euro Euros pounds yen Uhr
"""  # of whole numbers and of two places at most, without thousands
ERRORS = tuple(product(("±", "± "), ("", "%", " %")))  # how sure another number is
LEDGER = ("CR", "DR", "Cr", "Dr", "cr", "dr")  # above zero and below
SPHERES = tuple(degree + side for degree in ("", "°", "° ") for side in "NSEW")
SIDES = (*LEDGER, *SPHERES)


@dataclass(frozen=True)
class NumberShape:
    """A number: its spelling, as far as one number shows it.

    Args:
        decimals: places written; `DEEP` for so many or more.
        mark: "." or ","; "" where there are no places; "?" where `1,234` may be either.
        between: what stands between thousands; "" where nothing does.
        behind: whether a minus stands behind it, as SAP writes it.
        inside, plus, lakh, scale: as of `schema.spelling.Spelling`; decimals are those before a
            scale.
        side: what of `SIDES` stands behind it, with the blank before.
        script: the nought of its digits, where they are not 0 to 9.
        sure: whether its three places are surely none of thousands: `0.785 kg`, `3749.785 €`.
    """

    decimals: int = 0
    mark: str = ""
    between: str = ""
    before: str = ""
    after: str = ""
    brackets: bool = False
    behind: bool = False
    inside: bool = False
    plus: bool = False
    lakh: bool = False
    scale: str = ""
    side: str = ""
    script: str = ""
    sure: bool = False


@dataclass(frozen=True)
class DurationShape:
    """How long something took; `way` is one of `schema.durations`."""

    way: str


@dataclass(frozen=True)
class TruthShape:
    """A word that means true or false in one of the spellings of `TRUTHS`, or in several."""

    word: str


@dataclass(frozen=True)
class WordShape:
    """Anything else.

    Args:
        coded: digits that begin with a zero, as postcodes and other codes do.
        around: `<5`, `90+`, `10-19`, `2019-00-00`: more or less than a number, or than a date.
        about: a number that is marked as about right, `~85` or `c. 1850`.
        spoken: letters without a digit, "unknown".
        paired: two numbers, `120/80`.
    """

    long: bool = False
    coded: bool = False
    around: bool = False
    about: bool = False
    spoken: bool = False
    paired: bool = False


Shape = NumberShape | DateShape | DurationShape | TruthShape | WordShape


# -- the list --------------------------------------------------------------------------------------


def _simple() -> Iterator[tuple[int, str, str]]:
    """Decimal places, mark and thousands, of numbers without blanks in them."""
    yield 0, "", ""
    yield 0, "?", ","
    for between, mark in (("", "."), ("", ","), (",", "."), (".", ",")):
        if between:
            yield 0, "", between
        yield from ((decimals, mark, between) for decimals in range(1, DEEP + 1))


def _blanked() -> Iterator[tuple[int, str, str]]:
    """The same of numbers with blanks or apostrophes between thousands."""
    for between in (" ", "\u00a0", "\u202f", "\u2009", "'", "\u2019"):
        yield 0, "", between
        yield from ((d, mark, between) for d, mark in product(range(1, DEEP + 1), ".,"))


def money() -> Iterator[tuple[str, str]]:
    """What stands before and after amounts and shares; in French a narrow blank, too."""
    yield from _signs(CURRENCY)
    yield from (("", blank + "%") for blank in ("", " ", "\u00a0", "\u202f"))
    yield "", "\u202f€"


def rarer() -> Iterator[tuple[str, str]]:
    """The same of amounts whose currency few tables name so."""
    yield from _signs(RARER)
    yield from (("", flat) for flat in FLAT.split())
    yield from ((sign, "/-") for sign in ("", "Rs", "Rs.", "Rs ", "Rs. ", "₹", "₹ ", "INR "))


def _signs(listed: str) -> Iterator[tuple[str, str]]:
    for sign, blank in product(listed.split(), ("", " ", "\u00a0")):
        yield sign + blank, ""
        yield "", blank + sign


def units() -> Iterator[tuple[str, str]]:
    """What stands after measurements."""
    yield from (("", blank + unit) for unit in UNITS.split() for blank in ("", " "))
    yield from (("", f" {letter}") for letter in LETTERS)
    yield "", ZERO


def fewer() -> Iterator[tuple[str, str]]:
    """The same of units that few tables have, or that stand for other things as well."""
    blanked = (("", blank + unit) for unit in FEWER.split() for blank in ("", " "))
    longer = "years old,year old,Mio. €,Mio €,Mrd. €,mln zł,млн руб.,million €,Y,M"  # noqa: RUF001
    yield from dict.fromkeys(
        (*blanked, *(("", f" {unit}") for unit in longer.split(",")), ("", "p"))
    )


def flat() -> Iterator[tuple[str, str]]:
    """What stands around amounts without cents that name their currency."""
    yield from product(("CHF ", "Fr. ", "SFr. ", "€ ", "kr "), FLAT.split())


def numbered() -> Iterator[tuple[str, str]]:
    """What stands before whole numbers that count."""
    yield from ((f"{word} ", "") for word in COUNTED.split())


def scaled() -> Iterator[tuple[str, str]]:
    """What stands around amounts of millions and more that name their currency."""
    ends = ("bn", " bn", "mn", " mn", "m", " million", " billion", " Mio.", " Mrd.")
    yield from product(("$", "US$", "£", "€", "₹"), ends)


def _number_shapes() -> Iterator[NumberShape]:
    layouts = (*_simple(), *_blanked())
    for layout, brackets in product(layouts, (False, True)):
        yield NumberShape(*layout, brackets=brackets)
    for layout in layouts:
        yield NumberShape(*layout, behind=True)
    for layout, ends in product(layouts, money()):
        if layout[0] <= 4 or "%" in ends[1]:
            yield NumberShape(*layout, *ends)
    cents = [layout for layout in layouts if layout[0] in (0, 2, 3)]
    for layout, ends in product(cents, rarer()):
        yield NumberShape(*layout, *ends)
    for layout, ends in product(_simple(), money()):
        if not ends[1]:
            yield NumberShape(*layout, *ends, brackets=True)
    for layout, ends in product(_simple(), units()):
        yield NumberShape(*layout, *ends)
    for layout, ends in product((x for x in _simple() if x[0] <= 2 and not x[2]), fewer()):
        yield NumberShape(*layout, *ends)
    yield from _rarer_numbers()
    yield from _in_full()


def _rarer_numbers() -> Iterator[NumberShape]:
    """With brackets behind the currency, a plus, Indian thousands, or a scale."""
    signs = [ends for ends in money() if not ends[1]]
    for layout, ends in product(_simple(), signs):
        yield NumberShape(*layout, *ends, brackets=True, inside=True)
    yield from _of_ledgers()
    yield from _of_scripts()
    for decimals, ends in product(range(5), (("", ""), ("", "%"), ("", " %"))):
        for mark in ".," if decimals else ("",):
            yield NumberShape(decimals, mark, "", *ends, plus=True)
    flats = [ends for ends in rarer() if ends[1] == "/-"]
    for decimals, ends in product(range(5), (("", ""), *signs, *flats)):
        yield NumberShape(decimals, "." if decimals else "", ",", *ends, lakh=True)
    for decimals, scale in product(range(DEEP), "Ee"):
        for mark in ".," if decimals else ("",):
            yield NumberShape(decimals, mark, scale=scale)
    for decimals, scale, ends in product(range(4), "Kk", (("", ""), *signs)):
        for mark in ".," if decimals else ("",):
            yield NumberShape(decimals, mark, "", *ends, scale=scale)


def _in_full() -> Iterator[NumberShape]:
    """With noughts or signs that say how sure a number is, or that it has no cents."""
    yield NumberShape(after=ZEROS)
    yield from (NumberShape(0, "", "", *ends) for ends in numbered())
    for layout, ends in product((*_simple(), *_blanked()), flat()):
        if layout[0] in (0, 3):  # `1.250` may be either
            yield NumberShape(*layout, *ends)
    for layout, ends in product(_simple(), (*ERRORS, *scaled())):
        if layout[0] <= 3:
            yield NumberShape(*layout, *ends)


def _of_ledgers() -> Iterator[NumberShape]:
    layouts = (layout for layout in _simple() if layout[0] in (0, 2))
    for layout, before, blank, side in product(layouts, ("", "$", "£", "₹"), ("", " "), LEDGER):
        yield NumberShape(*layout, before, side=blank + side)
    for decimals, blank, side in product(range(DEEP + 1), ("", " "), SPHERES):
        for mark in ".," if decimals else ("",):
            yield NumberShape(decimals, mark, side=blank + side)


def _of_scripts() -> Iterator[NumberShape]:
    """With digits of other scripts, and maybe the marks that go with them."""
    for zero, decimals, between in product(NOUGHTS, range(5), ("", ",", APART)):
        for mark in (".", ",", MARK) if decimals else ("",):
            if not mark or mark != between:
                yield NumberShape(decimals, mark, between, script=zero)


def maybe_thousands(shape: Shape) -> bool:
    """Whether an amount or a measure has three digits behind its only mark, a point."""
    if not isinstance(shape, NumberShape) or not (shape.before or shape.after):
        return False
    return (shape.decimals, shape.mark, shape.between) == (3, ".", "")


@cache
def shapes() -> tuple[Shape, ...]:
    """All of them, in their order."""
    found: dict[Shape, None] = dict.fromkeys(_number_shapes())
    numbers = [s for s in found if isinstance(s, NumberShape) and maybe_thousands(s)]
    found.update(dict.fromkeys(replace(shape, sure=True) for shape in numbers))
    found.update(dict.fromkeys(date_shapes()))
    found.update(dict.fromkeys(TruthShape(word) for pair in TRUTHS for word in pair))
    found.update(dict.fromkeys(DurationShape(way) for way in ways() if way not in PADDED.values()))
    words = (
        *(WordShape(), WordShape(coded=True), WordShape(around=True), WordShape(about=True)),
        *(WordShape(spoken=True), WordShape(paired=True), WordShape(long=True)),
    )
    found.update(dict.fromkeys(words))
    return tuple(found)


@cache
def places() -> Mapping[Shape, int]:
    """Where each stands in the list."""
    return {shape: i for i, shape in enumerate(shapes())}
