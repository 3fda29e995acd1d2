"""Value lists and bounds that are public: whoever names one knows what a column holds unseen.

A declared column costs no budget. Which list a column might follow is told by its name, which is
public; the rows only confirm it, for the custodian's eyes. In a recipe: `public = "iso-countries"`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from synth.errors import SchemaError
from synth.ingest.named import AGED, ALONE_AGED, ALONE_SEX, SEX, words_of
from synth.schema import Categories, Kind, Numbers, Role

if TYPE_CHECKING:
    from synth.ingest.suggest import Suggestion

CONFIRMED = 0.9  # share of the values read off the rows that have to be in the list

MONTHS = "January February March April May June July August September October November December"
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
ICD_CHAPTERS = "I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI XVII XVIII XIX XX XXI XXII"
UK_AREAS = """
    AB AL B BA BB BD BF BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT
    DY E EC EH EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD
    LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK
    SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE
"""
US_STATES = """
    AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM
    NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI
"""
# Regions that the Unicode project names beside the countries of ISO 3166, and codes that went.
NO_COUNTRY = "EU EZ UN XA XB ZZ QO AC CP CQ DG EA IC TA XK"
GONE = "BUR ZAR DDR FXX TMP YMD"


def countries() -> tuple[str, ...]:
    """The two-letter codes of ISO 3166-1, as the Unicode project lists them."""
    from babel import Locale

    named = (str(code) for code in Locale("en").territories)
    gone = NO_COUNTRY.split()
    return tuple(sorted(c for c in named if re.fullmatch("[A-Z]{2}", c) and c not in gone))


def countries_by_three() -> tuple[str, ...]:
    """The three-letter codes of ISO 3166-1."""
    from babel.core import get_global

    known = set(countries())
    aliases = get_global("territory_aliases")
    fitting = (c for c, now in aliases.items() if len(now) == 1 and now[0] in known)
    return tuple(
        sorted(c for c in fitting if re.fullmatch("[A-Z]{3}", c) and c not in GONE.split())
    )


def country_names() -> tuple[str, ...]:
    """English names of the countries."""
    from babel import Locale

    named = Locale("en").territories
    return tuple(sorted(named[c] for c in countries()))


def currencies() -> tuple[str, ...]:
    """The currencies of ISO 4217 that are tender somewhere."""
    from babel.core import get_global

    used = get_global("territory_currencies").values()
    now = {c for entries in used for c, _, until, tender in entries if until is None and tender}
    return tuple(sorted(now))


@dataclass(frozen=True)
class Public:
    """What a column of a public list holds.

    Args:
        named: matches names of columns, as words, that may hold it.
        listed: its values; None where `low` and `high` bound numbers.
        alone: matches whole names.
        whole: whether these are whole numbers.
    """

    title: str
    role: Role
    named: str = ""
    alone: str = ""
    listed: Callable[[], Sequence[str]] | None = None
    low: int = 0
    high: int = 0
    whole: bool = True

    @property
    def kind(self) -> Kind:
        """Of a column that holds it."""
        if self.listed is not None:
            return Kind.CATEGORY
        return Kind.INTEGER if self.whole else Kind.REAL

    @property
    def values(self) -> tuple[str, ...] | None:
        return None if self.listed is None else tuple(self.listed())

    def fits(self, words: str) -> bool:
        """Whether a column of this name may hold it."""
        in_name = self.named and re.search(rf"\b(?:{self.joined})\b", words)
        return bool(in_name or (self.alone and re.fullmatch(self.alone, words)))

    @property
    def joined(self) -> str:
        return re.sub(r"\n\s*", "", self.named)

    def document(self) -> dict[str, Any]:
        """What it declares of a column, as keys of the recipe."""
        values = self.values
        if values is not None:
            return {"kind": self.kind, "values": values}
        bounds = {"kind": self.kind, "low": float(self.low), "high": float(self.high)}
        if not self.whole:  # how many places there are, and where to cut, is left open
            return bounds
        return {
            **bounds,
            "intervals": min(self.high - self.low + 1, 121),
            "decimals": 0,
        }


def _in(words: str, letters: int | None = None) -> Callable[[], Sequence[str]]:
    """The words of a text, or their first letters."""
    return lambda: [w[:letters] for w in words.split()]


def _of(*values: str) -> Callable[[], Sequence[str]]:
    return lambda: values


Q, S, P = Role.QUASI, Role.SENSITIVE, Role.PLAIN
MONTH = r"months?|monat|mois|mes|mese|maand|manad|maned|miesiac|mesic|birth month|month of birth"
DAY = r"week ?days?|day of (the )?week|dow|wochentag|jour de (la )?semaine|dia de la semana"
COUNTRY = (
    r"country( \w+)?|land|pays|pais|paese|citizenship|nationality|nation|herkunftsland|iso ?\w*"
)
ANSWER = r"(\w+ )?(answer|response|likert|agree\w*|satisf\w*|rating|q ?\d+( \d+)?)"
YES = (
    r"(is|has|had|ever|any) .+|smok\w*|alive|dead|died|pregnan\w*|consent\w*|raucher|fumeur|insured"
)
PERCENT = r"pct|percent\w*|prozent|pourcentage|porcentaje"
SHARE = r"share|proportion|fraction|probability|prob|anteil|wahrscheinlichkeit|part|probabilite"
STATE = r"state|us state|state code|usps|addr state"
PUBLIC: dict[str, Public] = {
    "ages": Public("ages in years, 0 to 120", Q, AGED, ALONE_AGED, low=0, high=120),
    "percentages": Public(
        "percentages, 0 to 100",
        P,
        PERCENT,
        low=0,
        high=100,
    ),
    "months": Public("months, 1 to 12", P, alone=MONTH, low=1, high=12),
    "month-names": Public("names of months", P, alone=MONTH, listed=_in(MONTHS)),
    "month-names-short": Public("short names of months", P, alone=MONTH, listed=_in(MONTHS, 3)),
    "days-of-month": Public(
        "days of a month, 1 to 31", P, alone="day|day of month", low=1, high=31
    ),
    "weekdays": Public("days of the week, 1 to 7", P, alone=DAY, low=1, high=7),
    "weekday-names": Public("names of weekdays", P, alone=f"{DAY}|day", listed=_in(WEEKDAYS)),
    "weekday-names-short": Public(
        "short names of weekdays", P, alone=f"{DAY}|day", listed=_in(WEEKDAYS, 3)
    ),
    "hours": Public(
        "hours of a day, 0 to 23", P, alone=r"(\w+ )?hour|stunde|heure|hora|ora|uur", low=0, high=23
    ),
    "years": Public(
        "years, 1900 to 2100",
        P,
        r"year( of \w+)?|jahr|annee|anno|jaar|birthyear|yob|geburtsjahr|rok|yr",
        low=1900,
        high=2100,
    ),
    "iso-countries": Public("countries, two letters (ISO 3166)", Q, COUNTRY, listed=countries),
    "iso-countries-3": Public(
        "countries, three letters (ISO 3166)", Q, COUNTRY, listed=countries_by_three
    ),
    "country-names": Public("names of countries, in English", Q, COUNTRY, listed=country_names),
    "iso-currencies": Public(
        "currencies (ISO 4217)",
        P,
        r"currency( code)?|wahrung|devise|moneda|valuta",
        listed=currencies,
    ),
    "sex-letters": Public("sexes, F or M", Q, SEX, ALONE_SEX, _of("F", "M")),
    "sex-letters-small": Public("sexes, f or m", Q, SEX, ALONE_SEX, _of("f", "m")),
    "sex-words": Public("sexes, Female or Male", Q, SEX, ALONE_SEX, _of("Female", "Male")),
    "sex-words-small": Public("sexes, female or male", Q, SEX, ALONE_SEX, _of("female", "male")),
    "sex-codes": Public("sexes, 1 or 2 (ISO 5218: 0 and 9 too)", Q, SEX, ALONE_SEX, _of(*"0129")),
    "icd-10-chapters": Public(
        "chapters of ICD-10", S, r"icd ?(10)? chapters?|chapter", listed=_in(ICD_CHAPTERS)
    ),
    "blood-groups": Public(
        "blood groups with rhesus factor",
        Q,
        r"blood ?(group|type)|blutgruppe|groupe sanguin|grupo sanguineo|gruppo sanguigno",
        listed=_of("A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-"),
    ),
    "blood-groups-abo": Public(
        "blood groups without rhesus factor",
        Q,
        r"blood ?(group|type)|blutgruppe|groupe sanguin|grupo sanguineo|gruppo sanguigno|abo",
        listed=_of("A", "B", "AB", "O"),
    ),
    "ages-exact": Public(
        "ages in years and parts of them, 0 to 120", Q, AGED, ALONE_AGED, high=120, whole=False
    ),
    "percentages-exact": Public("percentages, 0 to 100", P, PERCENT, high=100, whole=False),
    "shares": Public("shares, 0 to 1", P, alone=rf"({SHARE})( of \w+)?", high=1, whole=False),
    "latitudes": Public("latitudes, -90 to 90", Q, r"lat|latitude", low=-90, high=90, whole=False),
    "longitudes": Public(
        "longitudes, -180 to 180", Q, r"lon|lng|long|longitude", low=-180, high=180, whole=False
    ),
    "minutes": Public("minutes of an hour, 0 to 59", P, alone="minutes?", high=59),
    "quarters": Public(
        "quarters, 1 to 4", P, alone="quarters?|quartal|trimestre|kwartal|kwartaal", low=1, high=4
    ),
    "us-zip-areas": Public(
        "areas of American ZIP codes, three digits",
        Q,
        r"zip ?3|zip (area|prefix)|three digit zip|sectional center",
        listed=lambda: [f"{n:03}" for n in range(5, 1000)],
    ),
    "likert-5": Public("answers from 1 to 5", P, alone=ANSWER, low=1, high=5),
    "likert-7": Public("answers from 1 to 7", P, alone=ANSWER, low=1, high=7),
    "answers-to-10": Public("answers from 0 to 10", P, alone=f"{ANSWER}|nps", low=0, high=10),
    "uk-postcode-areas": Public(
        "British postcode areas", Q, r"post ?code area|postcode ?\w*", listed=_in(UK_AREAS)
    ),
    "us-states": Public("states of the USA, two letters", Q, alone=STATE, listed=_in(US_STATES)),
    "yes-no": Public("yes or no", P, alone=YES, listed=_of("no", "yes")),
    "yes-no-capitals": Public("Yes or No", P, alone=YES, listed=_of("No", "Yes")),
    "yes-no-letters": Public("Y or N", P, alone=YES, listed=_of("N", "Y")),
}


def public_named(key: str) -> Public:
    """The list of that name.

    Raises:
        SchemaError: there is none.
    """
    found = PUBLIC.get(key)
    if found is None:
        raise SchemaError(
            f"There is no public list `{key}`.", f"Choose one of {', '.join(PUBLIC)}."
        )
    return found


@lru_cache(maxsize=4096)
def fitting(words: str) -> tuple[str, ...]:
    """The lists that a column of this name may hold. No row is looked at."""
    return tuple(key for key, public in PUBLIC.items() if public.fits(words))


def proposed(suggestion: Suggestion) -> str:
    """The list that a column's name tells and its values confirm; "" where there is none.

    For the custodian's eyes: of several that the name allows, the rows pick one.
    """
    column = suggestion.column
    if column.role is Role.IDENTIFIER or column.kind in (Kind.TEXT, Kind.DATE):
        return ""
    told = [(_confirmed(PUBLIC[k], suggestion), k) for k in fitting(words_of(column.name))]
    best = max(told, default=(0.0, ""), key=lambda t: t[0])
    return best[1] if best[0] >= CONFIRMED else ""


def _confirmed(public: Public, suggestion: Suggestion) -> float:
    """What share of the values that were read off the rows are in the list."""
    values = public.values
    if values is None:
        found = suggestion.as_kind(public.kind)
        if not isinstance(found, Numbers) or suggestion.column.kind is not public.kind:
            return 0.0
        if not public.whole:
            return float(public.low <= found.edges[0] and found.edges[-2] <= public.high)
        codes = {
            float(c) for r in suggestion.repairs for c in r.declares.get("codes", ()) if _whole(c)
        }
        edges = [e for e in found.edges[:-1] if not codes & {e, e - 1}]
        top = max(edges, default=0.0) if found.edges[-1] - 1 in codes else found.edges[-1] - 1
        return float(bool(edges) and edges[0] >= public.low and top <= public.high)
    listed = suggestion.as_kind(Kind.CATEGORY)
    if not isinstance(listed, Categories) or not listed.values:
        return 0.0
    known = set(values)
    return sum(v in known for v in listed.values) / len(listed.values)


def _whole(code: str) -> bool:
    return re.fullmatch(r"-?\d+", code) is not None
