"""The encoding of a text file, from all of its bytes that are not plain ASCII."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from synth.errors import IngestError
from synth.ingest.reading.said import Click, Noticed
from synth.lazily import compiled
from synth.wording import so_many

BLOCK = 1 << 20  # bytes read at once
MOST_SAMPLE = 1 << 16  # bytes of lines by which an encoding is told
MARKS = (  # UTF-32 first: it begins like UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What tables of people are written in. A narrower name (latin-1, gb2312) is read as the wider one.
KNOWN = (
    *("cp1252", "iso8859-15", "cp1250", "iso8859-2", "cp1251", "koi8-r", "cp866", "cp1253"),
    *("cp1254", "cp1255", "cp1256", "cp1257", "mac-roman", "cp850", "cp852"),
    *("cp932", "euc_jis_2004", "gb18030", "big5hkscs", "cp949"),
)
SHOWN = 3  # lines shown both ways where two encodings are plausible
USUAL = ("cp1252", "cp1250", "mac_roman", "cp850")
PRIOR = 0.95  # of the confidence in another encoding, which cp1252 has to reach
PRIOR_OF_FEW, FEW = 0.7, 6  # the same where there are no more than a few different words
OTHER = (  # scripts, and their letters
    ("Greek", "\u0370-\u03ff"),
    ("Cyrillic", "\u0400-\u052f"),
    ("Semitic", "\u0590-\u077f"),
    ("wide", "\u2e80-\uffdc"),
)
CAPITAL_WITHIN = "[a-z][\u00c0-\u00d6\u00d8-\u00de\u0152\u0160\u0178\u017d][a-z]"
MONEY = "€£¥₽₺"  # stand beside numbers, as letters do not
AFTER, BEFORE = f"{MONEY}°²³½¼¾ªº\u00a0\u202f", f"{MONEY}§№±×"
BESIDE = compiled(
    r"\d ?([^\x00-\x7f\u2e80-\uffdc])(?![^\W\d_])|(?<![^\W\d_])([^\x00-\x7f\u2e80-\uffdc]) ?\d"
)
EASTERN = (  # words that head columns: a few of them tell more than how often letters are met
    *("番号", "性別", "年齢", "氏名", "名前", "住所", "日付", "都道府県", "市区町村", "生年月日"),
    *("職業", "収入", "地域", "病院", "患者", "編號", "姓名", "年齡", "地址", "日期", "縣市"),
    *("编号", "性别", "年龄", "职业", "收入", "地区", "省份", "城市", "医院", "번호", "성별"),
    *("나이", "이름", "주소", "날짜", "지역", "직업", "소득"),
)
TOLERATED = 0.1  # of the share of words that look like words


@dataclass(frozen=True)
class Encoded:
    """An encoding that Python knows, what to read behind its mark, and what is to be said."""

    name: str
    mark: int = 0  # bytes of a mark at the beginning
    plain: str = "utf-8"  # the encoding behind the mark
    noticed: tuple[Noticed, ...] = ()


def encoding_of(stream: IO[bytes], asked: str = "") -> Encoded:
    """How a file is encoded; `asked` is what the custodian says.

    Raises:
        IngestError: no such encoding is known, or the file cannot be read in it.
    """
    stream.seek(0)
    head = stream.read(BLOCK)
    if asked:
        return _asked(head, asked)
    for mark, name in MARKS:
        if head.startswith(mark):
            return _marked(name, mark)
    if plain := _wide(head):
        return Encoded(plain, 0, plain)
    good, wrong = _utf8(stream)
    if not wrong:
        return Encoded("utf-8")
    if good > 20 * len(wrong):
        return Encoded("utf-8", 0, "utf-8", (_torn(len(wrong)),))
    return _guessed(wrong)


def _asked(head: bytes, asked: str) -> Encoded:
    try:
        name = codecs.lookup(asked).name
        "".encode(name)
    except (LookupError, TypeError, ValueError):
        raise IngestError(
            "There is no encoding of the name that `encoding` gives.",
            'Give one such as "utf-8", "cp1252" or "mac_roman".',
            about=("encoding",),
        ) from None
    for mark, marked in MARKS:
        if head.startswith(mark) and name.startswith(marked.removesuffix("-sig")):
            return _marked(marked, mark)
    if name == "utf-16":
        name = _wide(head) or "utf-16-le"
    plain = "utf-8" if name == "utf-8-sig" else name
    return Encoded(plain, 0, plain)


def _marked(name: str, mark: bytes) -> Encoded:
    order = "-le" if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF32_LE) else "-be"
    return Encoded(name, len(mark), "utf-8" if name == "utf-8-sig" else name + order)


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: every other byte of Latin text is zero. "" where it is not."""
    whole = head[: len(head) // 2 * 2]
    half = len(whole) // 2
    if not half or b"\x00" not in whole:
        return ""
    high, low = whole[1::2].count(0) / half, whole[::2].count(0) / half
    if high > 0.3 and low < 0.05:
        return "utf-16-le"
    return "utf-16-be" if low > 0.3 and high < 0.05 else ""


def _utf8(stream: IO[bytes]) -> tuple[int, list[bytes]]:
    """How many lines hold more than ASCII and are UTF-8, and those that are not."""
    good, wrong, size = 0, [], 0
    for block in blocks(stream):
        if block.isascii():
            continue
        valid = _is_utf8(block)
        for found in re.finditer(rb"[^\r\n]*[\x80-\xff][^\r\n]*", block):
            if valid or _is_utf8(found[0]):
                good += 1
                if good >= 1000 and valid:
                    break
            elif size < MOST_SAMPLE:
                wrong.append(found[0][:4096])
                size += len(wrong[-1])
            else:
                return good, wrong
    return good, wrong


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """The file from its beginning, in blocks that end where a line does, if it has lines."""
    stream.seek(0)
    rest = b""
    while read := stream.read(BLOCK):
        read = rest + read
        cut = max(read.rfind(b"\n"), read.rfind(b"\r")) + 1
        if not cut and len(read) < 16 * BLOCK:
            rest = read
            continue
        cut = cut or len(read)
        rest = read[cut:]
        yield read[:cut]
    if rest:
        yield rest


def _torn(lines: int) -> Noticed:
    return Noticed(
        f"{so_many(lines, 'line holds', 'lines hold')} bytes that are no UTF-8, while all the "
        "others are; those bytes "
        "were read as `�`.",
        "If they matter, save the file again in UTF-8.",
    )


def _guessed(lines: list[bytes]) -> Encoded:
    """The likeliest encoding of lines that are no UTF-8, and what they say in the next one."""
    sample = b"\n".join(lines)
    scores = _scores(sample)
    found = sorted(scores, key=lambda n: -scores[n]) or ["latin-1"]
    best = found[0]
    if best == "latin-1":
        return Encoded(best, 0, best)
    told = sample.decode(best)
    others = [n for n in (*found[1:3], *USUAL, *found[3:]) if n in scores]
    second = next((n for n in others if sample.decode(n) != told), "")
    return Encoded(best, 0, best, (_either(lines, best, second),) if second else ())


def _scores(sample: bytes) -> dict[str, float]:
    """How likely each encoding is: by its languages, among those whose words are words."""
    import chardet  # seldom needed

    told = chardet.detect_all(
        sample, ignore_threshold=True, include_encodings=KNOWN, compat_names=False
    )
    found = {_known(str(c["encoding"] or "")): float(c["confidence"]) for c in told}
    found |= {n: 0.0 for n in USUAL if n not in found}
    decoded = {n: sample.decode(n) for n in found if n and _decodes(sample, n)}
    shape = {n: _shapely(text) * _signed(text) for n, text in decoded.items()}
    fair = max(shape.values(), default=0.0) - TOLERATED
    scores = {n: found[n] + _headed(decoded[n]) for n in decoded if shape[n] >= fair}
    usual = USUAL[0]
    if usual in scores:  # by far the most files are, so a few words in another are not enough
        few = len(_words(decoded[usual])) <= FEW
        scores[usual] = scores[usual] / (PRIOR_OF_FEW if few else PRIOR) + 1e-9
        same = max((s for n, s in scores.items() if decoded[n] == decoded[usual]), default=0.0)
        scores[usual] = max(scores[usual], same + 1e-9)
    return scores


def _headed(text: str) -> int:
    """How many of the words that head columns in East Asia stand in a text as fields."""
    return len(set(re.findall(r"[^\W\d_]+", text)).intersection(EASTERN))


def _words(text: str) -> set[str]:
    """Different words with more than ASCII in them."""
    return {w for w in re.findall(r"[^\s,;|\"']+", text) if not w.isascii()}


def _shapely(text: str) -> float:
    """Share of words with more than ASCII in them that look like words; all, where none has any.

    A blank that does not break stands between thousands in many files, and in no word.
    """
    words = _words(text)
    if not words:
        return 1.0
    proven = {s for w in words for s in _runs(w)}
    return sum(_is_word(w, proven) for w in words) / max(len(words), 1)


def _signed(text: str) -> float:
    """Share of what stands alone beside numbers that is a sign, such as a currency's; or 1."""
    beside = BESIDE.findall(text)
    good = sum(after in AFTER if after else before in BEFORE for after, before in beside)
    return good / len(beside) if beside else 1.0


def _runs(word: str) -> set[str]:
    """Scripts other than Latin of which several letters stand together in a word."""
    found = {s: re.search(f"[{letters}]" * (2 if s == "wide" else 3), word) for s, letters in OTHER}
    return {s for s, run in found.items() if run}


def _is_word(word: str, proven: set[str]) -> bool:
    """Whether it is of one script, without signs or capitals within it.

    Args:
        proven: scripts other than Latin that some word is surely of.
    """
    scripts = {s for s, letters in OTHER if re.search(f"[{letters}]", word)}
    mixed = bool(re.search(r"[A-Za-z\u00c0-\u024f]", word))
    if len(scripts) > 1 or not scripts <= (_runs(word) if mixed else proven):
        return False
    if re.search(
        r"[\u02b0-\u02ff]|[^\W\d_][^\w\s\x00-\x7f’·]+[^\W\d_]|[^\x00-\x7f\W]\d|\d[†‡]\d", word
    ):
        return False
    return not re.search(CAPITAL_WITHIN, word) or word.isupper()


def _known(name: str) -> str:
    """The encoding as Python names it; "" if it is unknown."""
    try:
        return codecs.lookup(name).name
    except LookupError:
        return ""


def _decodes(sample: bytes, name: str) -> bool:
    """Whether all of it can be read so, as text without control characters."""
    try:
        text = sample.decode(name)
    except (UnicodeDecodeError, LookupError):
        return False
    return not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", text)


def _either(lines: list[bytes], best: str, second: str) -> Noticed:
    telling = [x for x in lines if x.decode(best) != x.decode(second)][:SHOWN]
    shown = [f"{name}: {x.decode(name)[:200]}" for x in telling for name in (best, second)]
    return Noticed(
        f"The letters beyond ASCII were read as {best}; {second} is possible too.",
        f'If they look wrong, set encoding = "{second}" in [source].',
        (Click(f"Read it as {second}", "encoding", second),),
        tuple(shown),
    )
