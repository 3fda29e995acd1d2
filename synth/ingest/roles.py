"""What a column says about a person: a role, and why. From its name, its content, its uniqueness.

Reasons name shares and kinds, never a cell value. Check digits are verified where there are any,
because ten digits alone may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from synth.lazily import pd
from synth.schema import Kind, Role
from synth.schema.pattern import luhn_check, nhs_check

SAMPLE = 1_000  # different values looked at
MOST = 0.9  # share of values that have to look alike


def iban_check(text: str) -> bool:
    """Whether a text is an IBAN with a right check number (ISO 13616, modulus 97)."""
    packed = re.sub(r"\s", "", text).upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", packed):
        return False
    return int("".join(str(int(c, 36)) for c in packed[4:] + packed[:4])) % 97 == 1


def bsn_check(text: str) -> bool:
    """Whether a text is a Dutch citizen number (nine digits, modulus 11)."""
    digits = re.sub(r"\D", "", text)
    if len(digits) != 9:
        return False
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11 == 0


def nir_check(text: str) -> bool:
    """Whether a text is a French social security number (thirteen digits and a key, modulus 97)."""
    digits = re.sub(r"\s", "", text)
    return bool(re.fullmatch(r"[12]\d{14}", digits)) and 97 - int(digits[:13]) % 97 == int(
        digits[13:]
    )


def dni_check(text: str) -> bool:
    """Whether a text is a Spanish identity number (eight digits and a letter, modulus 23)."""
    found = re.fullmatch(r"(\d{8})-?([A-Z])", text.strip().upper())
    return found is not None and "TRWAGMYFPDXBNJZSQVHLCKE"[int(found[1]) % 23] == found[2]


def card_check(digits: str) -> bool:
    """Whether digits are those of a payment card (Luhn)."""
    return 13 <= len(digits) <= 19 and luhn_check(digits)


def _digits(check: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda text: (
        re.fullmatch(r"[\d\s-]+", text) is not None and check(re.sub(r"\D", "", text))
    )


def _like(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda text: compiled.fullmatch(text.strip()) is not None


@dataclass(frozen=True)
class Looks:
    """A kind of content, and the role it has.

    Args:
        named: where the content alone is too weak: the name of the column has to fit this too.
        format: of new identifiers, of `schema.pattern.RESERVED`.
    """

    what: str
    role: Role
    test: Callable[[str], bool]
    named: str = ""
    format: str = ""


COMMON_NAMES = """
    james mary john patricia robert jennifer michael linda david elizabeth william barbara susan
    richard joseph jessica sarah thomas karen nancy daniel lisa matthew anna maria peter paul
    mohammed mohamed ahmed fatima ali hans klaus ursula jose juan carmen pierre marie jean luca
    giulia francesco olga ivan anton emma olivia noah liam sophia mia jack harry george amelia
"""
NAMES = frozenset(COMMON_NAMES.split())

PHONE = r"\(?0\d{2,4}\)?[\s/.-]?\d[\d\s.-]{4,10}|\(?\d{3}\)?[ .-]?\d{3}[.-]?\d{4}"
CONTENT = (
    Looks(
        "e-mail addresses", Role.IDENTIFIER, _like(r"[^@\s]+@[^@\s]+\.[a-z]{2,}"), format="e-mail"
    ),
    Looks("IBANs with a right check number", Role.IDENTIFIER, iban_check, format="iban"),
    Looks(
        "NHS numbers with a right check digit", Role.IDENTIFIER, _digits(nhs_check), format="nhs"
    ),
    Looks("French social security numbers", Role.IDENTIFIER, nir_check),
    Looks("Spanish identity numbers", Role.IDENTIFIER, dni_check),
    Looks("payment cards with a right check digit", Role.IDENTIFIER, _digits(card_check)),
    Looks(
        "social security numbers",
        Role.IDENTIFIER,
        _like(r"(?!000|666)\d{3}-\d{2}-\d{4}"),
        format="ssn",
    ),
    Looks("Dutch citizen numbers", Role.IDENTIFIER, bsn_check, r"bsn|sofi|citizen|burger"),
    Looks("web addresses", Role.IDENTIFIER, _like(r"(https?://|www\.)\S+"), format="url"),
    Looks("network addresses", Role.IDENTIFIER, _like(r"(\d{1,3}\.){3}\d{1,3}"), format="ip"),
    Looks(
        "random identifiers (UUID)",
        Role.IDENTIFIER,
        _like(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        format="uuid",
    ),
    Looks("phone numbers", Role.IDENTIFIER, _like(r"(\+|00)\d[\d\s()/.-]{7,18}"), format="phone"),
    Looks(
        "phone numbers", Role.IDENTIFIER, _like(PHONE), r"phone|\btel|mobile|fax|\bcell", "phone"
    ),
    Looks("British postcodes", Role.QUASI, _like(r"[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}")),
    Looks(
        "postal codes",
        Role.QUASI,
        _like(r"\d{4,5}(-\d{4})?|\d{4} ?[a-z]{2}"),
        r"zip|post|plz|\bcap\b",
    ),
    Looks("coordinates", Role.QUASI, _like(r"-?\d{1,3}\.\d{3,},\s*-?\d{1,3}\.\d{3,}")),
    Looks(
        "coordinates",
        Role.QUASI,
        _like(r"-?\d{1,3}\.\d{2,}"),
        r"\blat(itude)?\b|\b(lon|lng|long)(gitude)?\b",
    ),
    Looks(
        "ICD-10 codes",
        Role.SENSITIVE,
        _like(r"[a-z]\d[0-9a-z](\.?[0-9a-z]{1,4})?"),
        r"icd|diag|dx|code",
    ),
)

NAMED = (
    (
        Role.IDENTIFIER,
        "names one person or one record",
        r"(first|last|full|given|family|middle|maiden|patient|customer|user) ?name|sur ?name|"
        r"vor ?name|nach ?name|nombre|prenom|e ?mail|phone|telephone|mobile|fax|passport|iban|ssn|"
        r"social security( number)?|nhs( number)?|insurance number|licen[cs]e( plate| number)?|"
        r"mrn|medical record( number)?|street|address|house number|url|ip address|(\w+ )*id",
    ),
    (
        Role.SENSITIVE,
        "is what people would not like known",
        r"diagnos\w*|\w* ?dx|icd( ?10)?|treatments?|procedures?|medications?|drugs?|disease|"
        r"illness|condition|disabilit\w*|hiv|cancer|pregnan\w*|test result|salary( class)?|"
        r"income|wage|earnings|debt|credit|religion|politic\w*|sexual( orientation)?|union|"
        r"conviction|offen[cs]e|genetic|mental( health)?|smok\w*|alcohol|cause of death|"
        r"principal problem",
    ),
    (
        Role.QUASI,
        "is what others may know",
        r"age( (band|group|bracket|range))?|sex|gender|(date of )?birth( ?date| ?year)?|dob|"
        r"year of birth|zip( ?code)?|post ?code|postal code|plz|city|town|village|municipality|"
        r"county|district|region|province|state|country|native country|nationality|citizenship|"
        r"birth ?place|race|ethnic\w*|marital( status)?|civil status|relationship|children|"
        r"household( size)?|education( num)?|degree|school|occupation|profession|job( title)?|"
        r"employer|work ?class|industry|language|hospitals?|ward|clinic|department( name)?|"
        r"physician|doctor|(admission|arrival|discharge|visit|event|death)( date)?( ?time)?|"
        r"(admitted|discharged|arrived|died)( at| on)?|date|height( in inches)?|"
        r"weight( in ounces)?|deprivation( decile)?|area|lsoa",
    ),
)


@dataclass(frozen=True)
class RoleGuess:
    """A role and why; `why` is empty where nothing was noticed.

    Args:
        format: of new identifiers, where the content showed one.
    """

    role: Role
    why: str = ""
    format: str = ""


def words_of(name: str) -> str:
    """A column's name as lower-case words: `DateOfBirth` and `date_of_birth` alike."""
    spread = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.sub(r"[\W_]+", " ", spread).strip().lower()


def guessed_role(name: str, text: pd.Series, present: int, kind: Kind) -> RoleGuess:
    """The role of a column from its content, else from its name.

    Args:
        text: its different values.
        present: rows in which it is not missing.
    """
    words = words_of(name)
    found = _by_content(words, text.head(SAMPLE)) or role_by_name(words)
    if found is None:
        return RoleGuess(Role.PLAIN)
    repeated = present > 4 * max(len(text), 1) and len(text) < 20
    if found.role is Role.IDENTIFIER and repeated:
        return RoleGuess(
            Role.QUASI, f"{found.why} Few different ones, so it does not name one person."
        )
    if found.role is Role.IDENTIFIER and kind in (Kind.BOOLEAN, Kind.REAL):
        return RoleGuess(Role.PLAIN)
    return found


def _by_content(words: str, text: pd.Series) -> RoleGuess | None:
    values = [str(v) for v in text]
    if not values:
        return None
    for looks in CONTENT:
        if looks.named and not re.search(looks.named, words):
            continue
        share = sum(map(looks.test, values)) / len(values)
        if share >= MOST:
            return RoleGuess(
                looks.role, f"{share:.0%} of the values look like {looks.what}.", looks.format
            )
    first = [re.split(r"[\s,]+", v.lower()) for v in values]
    named = sum(any(w in NAMES for w in parts) for parts in first) / len(values)
    if named >= 0.3 and len(values) >= 5:
        return RoleGuess(Role.IDENTIFIER, f"{named:.0%} of the values contain a common first name.")
    return None


def role_by_name(words: str) -> RoleGuess | None:
    for role, why, pattern in NAMED:
        if re.search(rf"\b({pattern})\b", words):
            return RoleGuess(role, f"By its name, it {why}.")
    return None
