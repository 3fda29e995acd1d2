"""Whether cells are names of people, or notes that name some. Reasons hold no cell value.

Given and family names of some eighty places come from Faker, which keeps them for making up
people. Many of them are ordinary words too, so one name alone says little: most cells have to look
like names throughout.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from synth.ingest.named import MARKS, words_of
from synth.lazily import compiled

MOST = 0.6  # share of cells that have to be names of several words
ALONE = 0.8  # share of cells that have to be given names, where each is one word
FEWEST = 5  # different cells, below which names that are one word are not told
LETTER = r"[^\W\d_]"
WORD = compiled(rf"{LETTER}[^\W\d_'’.-]*(?:['’-]{LETTER}+)*\.?")
TITLE = r"(?:Mr|Mrs|Ms|Miss|Mme|Mlle|Herr|Frau|Sra|Pani|Pan|Sig|Mevr|Dhr)"
TITLED = compiled(rf"\b{TITLE}\b\.? +[A-Z]{LETTER}+")
COMMAS = compiled(r"\s*[,;]\s*|\s+")
# Words that are names somewhere, and in tables mostly mean something else.
COMMON = """
    male female red green blue black white brown gray grey gold silver yes no true false none
    other jan feb mar apr may jun jul aug sep oct nov dec january february march april june july
    august september october november december monday friday sunday summer winter spring autumn
    north south east west northern southern central new san santa santo saint st san los las el
    la virginia georgia carolina dakota jersey york florida texas washington montana nevada
    paris london vienna florence sydney charlotte madison jackson houston dallas austin orlando
    victoria lincoln good fair poor bad great high low medium large small young old strong state
    private public general church school doctor price best china india jordan chad israel kenya
    malta cuba ireland england scotland wales king queen prince royal street hospital clinic
    unit ward university college company group bank center centre service care self head hunter
    mason baker cook carpenter potter taylor miller farmer fisher bishop judge nurse clerk
"""
ORDINARY = frozenset(COMMON.split())
FATHERS = compiled(r"(ович|евич|ич|овна|евна|инична|ична|йович|івна|ївна)$")
HAN = compiled(r"[\u4e00-\u9fff]{2,4}")  # names in Chinese: one or two signs of the family first


def plain(word: str) -> str:
    small = word.lower()
    if small.isascii() and small.isalpha():  # as most are, of tens of thousands
        return small
    return MARKS.sub("", words_of(small))


def _texts(given: Any) -> Iterable[str]:
    """The names in what Faker keeps: a sequence, or a mapping to how frequent each is."""
    if isinstance(given, Sequence | dict | set) and not isinstance(given, str):
        return (w for w in given if isinstance(w, str))
    return ()


@lru_cache(maxsize=1)
def _listed() -> tuple[frozenset[str], frozenset[str]]:
    """Given and family names, without accents."""
    from faker.providers import person

    found: dict[str, set[str]] = {"first": set(), "last": set()}
    for place in pkgutil.iter_modules(person.__path__):
        provider = importlib.import_module(f"{person.__name__}.{place.name}").Provider
        for attribute in dir(provider):
            part, _, rest = attribute.partition("_name")
            if part in found and rest.startswith("s"):
                found[part].update(_texts(getattr(provider, attribute)))
    first, last = (
        {p for name in names for p in map(plain, name.split()) if len(p) > 1}
        for names in (found["first"], found["last"])
    )
    return frozenset(first - ORDINARY), frozenset(last - ORDINARY)


def _parts(value: str) -> list[str]:
    """The words of a cell that could be a name; none where it holds anything else."""
    parts = COMMAS.split(value.strip(" ,;()\"'"))
    parts = [p for p in parts if p.strip("().\"'")]
    if not 1 <= len(parts) <= 6 or len(value) > 60:
        return []
    fits = all(WORD.fullmatch(p.strip("()\"'")) and (p[0].isupper() or len(p) < 4) for p in parts)
    return [p.strip("().\"'") for p in parts] if fits else []


def _is_name(parts: list[str]) -> bool:
    """Whether several words are a name: a given one first or last, or a family one last.

    In Russian and its neighbours the given name stands between the family's and the father's.
    """
    if len(parts) < 2:
        return False
    given, family = _listed()
    words = [plain(p) for p in parts]
    if any(w in ORDINARY for w in (words[0], words[-1])):
        return False
    if len(words) == 3 and FATHERS.search(words[2]):
        return words[1] in given or words[0] in family
    return words[0] in given or words[-1] in given or words[-1] in family


@lru_cache(maxsize=1)
def _of_china() -> tuple[frozenset[str], frozenset[str]]:
    """Given and family names in Chinese signs, short and long ones."""
    from faker.providers.person.zh_CN import Provider as Short
    from faker.providers.person.zh_TW import Provider as Long

    given = {n for p in (Short, Long) for n in _texts(p.first_names)}
    return frozenset(given), frozenset(n for p in (Short, Long) for n in _texts(p.last_names))


def _is_chinese(value: str) -> bool:
    """Whether signs are a family name and a given one that is known, or is made of such ones."""
    given, family = _of_china()
    signs = {sign for name in given for sign in name}
    cuts = ((value[:n], value[n:]) for n in (1, 2))
    return any(a in family and b and (b in given or set(b) <= signs) for a, b in cuts)


def names_of_people(values: Sequence[str]) -> str:
    """Why different cells seem to name people; "" where they do not.

    >>> names_of_people(["Braund, Mr. Owen", "Palsson, Miss. Torborg"])
    '100% of the values are names of people with a title.'
    """
    if not values:
        return ""
    values = _apart(values)
    titled = sum(TITLED.search(v) is not None and len(v) < 100 for v in values) / len(values)
    if titled >= MOST and not _sentences(values):
        return f"{titled:.0%} of the values are names of people with a title."
    split = [_parts(v) for v in values]
    if len(values) >= FEWEST and all(map(HAN.fullmatch, values)):
        share = sum(map(_is_chinese, values)) / len(values)
        return f"{share:.0%} of the values look like names of people." if share >= ALONE else ""
    several = sum(len(p) > 1 for p in split) / len(values)
    if several >= MOST:
        share = sum(map(_is_name, split)) / len(values)
        return f"{share:.0%} of the values look like names of people." if share >= MOST else ""
    single = sum(len(p) == 1 for p in split) / len(values)
    if single < ALONE or len(values) < FEWEST:
        return ""
    given, _ = _listed()
    share = sum(len(p) == 1 and plain(p[0]) in given for p in split) / len(values)
    return f"{share:.0%} of the values are given names." if share >= ALONE else ""


def _apart(values: Sequence[str]) -> Sequence[str]:
    """The different parts of cells that list several things: a few choices, or many authors.

    Commas make a list only where they are more or fewer from cell to cell: `Braund, Owen` is one.
    """
    for sign, lengths in ((";", 2), ("|", 2), (",", 3)):
        if len({v.count(sign) for v in values}) >= lengths:
            return sorted({p.strip() for v in values for p in v.split(sign)} - {""})
    return values


def _sentences(values: Sequence[str]) -> bool:
    """Whether cells run on in small letters, as notes do and names do not."""
    small = [sum(w[:1].islower() for w in v.split()) for v in values]
    return sum(n >= 2 for n in small) >= len(values) / 2


def notes_name_people(values: Sequence[str]) -> str:
    """Why different cells seem to be notes in which people are named; "" where they do not."""
    if not values or not _sentences(values):
        return ""
    found = sum(_names_somebody(v) for v in values)
    if found >= 2 and found >= len(values) / 20:
        return f"{found / len(values):.0%} of the values are notes that name people."
    return ""


def _names_somebody(value: str) -> bool:
    if TITLED.search(value):
        return True
    pairs = re.findall(rf"(?<![.!?] )(?<!^)\b([A-Z]{LETTER}+) ([A-Z]{LETTER}+)\b", value)
    if not pairs:
        return False
    given, family = _listed()
    return any(plain(a) in given and plain(b) in family | given for a, b in pairs)
