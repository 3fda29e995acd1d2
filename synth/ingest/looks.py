"""What the content of a column looks like: addresses, numbers with a right check digit, codes.

Check digits are verified where there are any, because ten digits alone may be anything: by
python-stdnum, which keeps the rules of each country.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from synth.lazily import compiled
from synth.schema import Role

MOST = 0.9  # share of values that have to look alike
GLANCE = 20  # values tried first
WEAK = 3  # different values needed of digits of which one in ten or eleven passes by chance


@dataclass(frozen=True)
class Notation:
    """Whether a text is written in a way, and passes the check of a module of python-stdnum."""

    written: str
    module: str = ""

    def __call__(self, text: str) -> bool:
        if self._form.fullmatch(text.strip()) is None:
            return False
        if not self.module:
            return True
        import stdnum

        luhn = self.module == "luhn"  # which takes digits alone
        bare = re.sub(r"[\s-]", "", text) if luhn else text
        return bool(importlib.import_module(f"{stdnum.__name__}.{self.module}").is_valid(bare))

    @cached_property
    def _form(self) -> re.Pattern[str]:
        return re.compile(self.written, re.IGNORECASE)


def _like(pattern: str) -> Notation:
    return Notation(pattern)


def checked(module: str, written: str = r"[\d\s./-]+") -> Notation:
    """Whether a text is written like this, and passes the check of a module of python-stdnum."""
    return Notation(written, module)


@dataclass(frozen=True)
class Looks:
    """A kind of content, and the role it has.

    Args:
        named: where the content alone is too weak: the name of the column has to fit this too.
        format: of new identifiers, of `schema.pattern.RESERVED`.
        least: different values below which chance could have made it look so.
    """

    what: str
    role: Role
    test: Notation
    named: str = ""
    format: str = ""
    least: int = 1


def _identity(what: str, module: str, written: str, least: int = 1, named: str = "") -> Looks:
    return Looks(what, Role.IDENTIFIER, checked(module, written), named=named, least=least)


def _long(digits: int) -> str:
    """So many digits, with the blanks, points and hyphens that people put between."""
    return rf"\d(?:[\s.-]?\d){{{digits - 1}}}"


NATIONAL = (
    _identity("French social security numbers", "fr.nir", r"[12](?:\s?\w){14}"),
    _identity("Spanish identity numbers", "es.dni", r"\d{8}-?[a-z]"),
    _identity("Spanish identity numbers of foreigners", "es.nie", r"[xyz]-?\d{7}-?[a-z]"),
    _identity("Italian tax codes", "it.codicefiscale", r"[a-z]{6}\w{10}"),
    _identity("Mexican population codes", "mx.curp", r"[a-z]{4}\d{6}\w{8}"),
    _identity("Finnish personal identity codes", "fi.hetu", r"\d{6}[-+a-y]\d{3}[\da-y]"),
    _identity("Irish personal public service numbers", "ie.pps", r"\d{7}[a-w][a-w]?"),
    _identity("Chilean identity numbers", "cl.rut", r"\d{1,2}\.?\d{3}\.?\d{3}-[\dk]"),
    _identity("Polish PESEL numbers", "pl.pesel", _long(11), WEAK),
    _identity("Norwegian birth numbers", "no.fodselsnummer", r"\d{6}\s?\d{5}"),
    _identity("Swedish personal numbers", "se.personnummer", r"(\d{2})?\d{6}[-+]?\d{4}", WEAK),
    _identity("Danish CPR numbers", "dk.cpr", r"\d{6}-\d{4}"),
    _identity("Belgian national numbers", "be.nn", r"\d{2}\.?\d{2}\.?\d{2}-?\d{3}\.?\d{2}"),
    _identity("Czech or Slovak birth numbers", "cz.rc", r"\d{6}/?\d{4}", WEAK),
    _identity("Romanian personal codes", "ro.cnp", _long(13), WEAK),
    _identity("Bulgarian personal numbers", "bg.egn", _long(10), WEAK),
    _identity("Croatian personal numbers", "hr.oib", _long(11), WEAK),
    _identity("Personal numbers of former Yugoslavia", "si.emso", _long(13), WEAK),
    _identity("Turkish identity numbers", "tr.tckimlik", _long(11), WEAK),
    _identity("South African identity numbers", "za.idnr", _long(13), WEAK),
    _identity("Korean registration numbers", "kr.rrn", r"\d{6}-?\d{7}", WEAK),
    _identity("Chinese identity numbers", "cn.ric", r"\d{17}[\dx]", WEAK),
    _identity("Indian Aadhaar numbers", "in_.aadhaar", _long(12), WEAK),
    _identity("Brazilian CPF numbers", "br.cpf", _long(11), WEAK),
    _identity("German tax numbers", "de.idnr", _long(11), WEAK),
    _identity("Austrian social security numbers", "at.vnr", r"\d{4}\s?\d{6}", WEAK),
    _identity("Swiss social security numbers", "ch.ssn", r"756\.?\d{4}\.?\d{4}\.?\d{2}", WEAK),
    _identity("Baltic personal codes", "ee.ik", _long(11), WEAK),
    _identity("Greek social security numbers", "gr.amka", _long(11), WEAK),
    _identity("Icelandic identity numbers", "is_.kennitala", r"\d{6}-?\d{4}", WEAK),
    _identity("Dutch citizen numbers", "nl.bsn", _long(9), WEAK, r"bsn|sofi|citizen|burger"),
    _identity("Canadian social insurance numbers", "ca.sin", r"\d{3}[- ]\d{3}[- ]\d{3}", WEAK),
    _identity("Australian tax file numbers", "au.tfn", r"\d{3}\s\d{3}\s\d{3}", WEAK),
    _identity("Israeli identity numbers", "il.idnr", _long(9), WEAK, r"\bid\b|identity|teudat"),
)

PHONE = r"\(?0\d{2,4}\)?[\s/.-]?\d[\d\s.-]{4,10}|\(?\d{3}\)?[ .-]?\d{3}[.-]?\d{4}"
CONTENT = (
    Looks(
        "e-mail addresses", Role.IDENTIFIER, _like(r"[^@\s]+@[^@\s]+\.[a-z]{2,}"), format="e-mail"
    ),
    Looks(
        "IBANs with a right check number",
        Role.IDENTIFIER,
        checked("iban", r"[a-z]{2}\d{2}[a-z\d\s]{11,40}"),
        format="iban",
    ),
    Looks(
        "NHS numbers with a right check digit",
        Role.IDENTIFIER,
        checked("gb.nhs", r"\d{3}[ -]?\d{3}[ -]?\d{4}"),
        format="nhs",
    ),
    *NATIONAL,
    Looks(
        "payment cards with a right check digit",
        Role.IDENTIFIER,
        checked("luhn", r"\d{13,19}"),
        least=WEAK,
    ),
    Looks(
        "payment cards with a right check digit",
        Role.IDENTIFIER,
        checked("luhn", r"(\d{4}[ -]){3}\d{1,7}"),
    ),
    Looks(
        "social security numbers",
        Role.IDENTIFIER,
        _like(r"(?!000|666)\d{3}-\d{2}-\d{4}"),
        format="ssn",
    ),
    Looks("web addresses", Role.IDENTIFIER, _like(r"(https?://|www\.)\S+"), format="url"),
    Looks("network addresses", Role.IDENTIFIER, _like(r"(\d{1,3}\.){3}\d{1,3}"), format="ip"),
    Looks(
        "network addresses",
        Role.IDENTIFIER,
        _like(
            r"([0-9a-f]{2}[:-]){5}[0-9a-f]{2}|([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|"
            r"(?=.{2,39}$)([0-9a-f]{1,4}(:[0-9a-f]{1,4})*)?::([0-9a-f]{1,4}(:[0-9a-f]{1,4})*)?"
        ),
    ),
    Looks(
        "hashes", Role.IDENTIFIER, _like(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128}")
    ),
    Looks(
        "random identifiers (UUID)",
        Role.IDENTIFIER,
        _like(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        format="uuid",
    ),
    Looks("phone numbers", Role.IDENTIFIER, _like(r"(\+|00)\d[\d\s()/.-]{7,18}"), format="phone"),
    Looks(
        "phone numbers",
        Role.IDENTIFIER,
        _like(PHONE),
        r"phone|\btel|mobil|fax|\bcell|handy|puhelin|телефон|gsm",
        "phone",
    ),
    Looks("British postcodes", Role.QUASI, _like(r"[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}")),
    Looks(
        "postal codes",
        Role.QUASI,
        _like(r"\d{4,5}(-\d{4})?|\d{4} ?[a-z]{2}|\d{2}-\d{3}"),
        r"zip|post|plz|\bcap\b|\bcep\b|\bpsc\b|pocztowy|индекс",
    ),
    Looks("coordinates", Role.QUASI, _like(r"-?\d{1,3}\.\d{3,},\s*-?\d{1,3}\.\d{3,}")),
    Looks("coordinates", Role.QUASI, _like(r"\d{1,3}(\.\d+)?°[^a-z]{0,14}[nsew]")),
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


def looked_like(words: str, values: Sequence[str]) -> tuple[Looks, float] | None:
    """What nearly all of the different values look like, and what share of them; None if nothing.

    Args:
        words: the column's name, as `named.words_of` gives it.
    """
    for looks in CONTENT:
        if len(values) < looks.least or (looks.named and not re.search(looks.named, words)):
            continue
        for some in (values[:GLANCE], values):
            share = sum(map(looks.test, some)) / len(some)
            if share < MOST:
                break
        else:
            return looks, share
    return None


NOBODYS = {
    "hashes",
    "web addresses",
    "network addresses",
    "random identifiers (UUID)",
    "phone numbers",
}
WITHIN = {  # found inside longer texts, where no check digit is needed to be sure
    "e-mail addresses": compiled(
        r"[^@\s<>()\"\',;:]+@[^@\s<>()\"\',;:]+\.[a-z]{2,}", re.IGNORECASE
    ),
    "phone numbers": compiled(r"(?<![\w+])\+\d[\d\s()/.-]{7,18}(?!\w)"),
}


def identifiers_in(texts: Sequence[str]) -> Iterator[tuple[str, int]]:
    """What looks like identifiers of people among texts or within them, and how many texts.

    >>> list(identifiers_in(["ask ann@example.org", "Ward 7", "42"]))
    [('e-mail addresses', 1)]

    Numbers of which one in ten passes a check by chance are told from `WEAK` on.
    """
    different = sorted({text for text in texts if text})
    for what, form in WITHIN.items():
        if many := sum(form.search(text) is not None for text in different):
            yield what, many
    parts = {text: [p for p in _parts(text) if ANY.fullmatch(p.strip())] for text in different}
    some = [found for found in parts.values() if found]
    for looks in TOLD:
        if (many := sum(any(map(looks.test, found)) for found in some)) >= looks.least:
            yield looks.what, many


TOLD = [
    looks
    for looks in CONTENT
    if looks.role is Role.IDENTIFIER and not looks.named and looks.what not in {*NOBODYS, *WITHIN}
]
ANY = compiled("|".join(f"(?:{looks.test.written})" for looks in TOLD), re.IGNORECASE)


def _parts(text: str) -> set[str]:
    """A text, and up to four of its words in a row."""
    words = [word.strip(".,;:()") for word in text.split()]
    return {text} | {
        " ".join(words[i : i + n]) for n in range(1, 5) for i in range(len(words) - n + 1)
    }
