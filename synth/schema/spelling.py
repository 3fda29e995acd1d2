"""How numbers are written: decimal mark, what stands between thousands, before and after.

A spelling is named by how 1,234.56 would be written in it: `1.234,50 €` says that the mark is a
comma, thousands are set apart by a dot, there are always two decimal places, and a euro follows.
"""

from __future__ import annotations

import math
import re
import string
from dataclasses import dataclass, replace
from functools import cached_property

from synth.lazily import compiled, np, npt, pa, pd
from synth.schema.durations import ways
from synth.schema.measures import PLURALS, exactly, in_fitting_unit, in_one_unit, letters_of, marked
from synth.schema.scripts import APART, MARK, in_plain, in_script
from synth.schema.values import Values

BLANKS = " \u00a0\u202f\u2009"
BETWEEN = ("", ",", ".", " ", "\u00a0", "\u202f", "'", "\u2019")  # thousands are set apart by
MINUS = "-\u2212"
PLAIN = compiled(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
PLAIN_TEXT = r"^[+-]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:[eE][+-]?[0-9]+)?$"
SHORTEST = 15  # significant digits that a double surely keeps
MANY = 500  # values, from which on reading plain ones at once is worth it
DEEPEST = 12  # decimal places written at most
LAKH = r"\d{1,2}(?:,\d{2})*,\d{3}"  # groups as in India: 12,34,567
ARABIC = {MARK, APART}
OTHER_MARK = compiled(r"(\d+)([.,])(\d+)")
ENDED = compiled(rf"(.*\d)[{BLANKS}]?([^\d{BLANKS}][^\d]*)")
SHORT = {"K": (("B", 1e9), ("M", 1e6), ("K", 1e3)), "k": (("B", 1e9), ("M", 1e6), ("k", 1e3))}


@dataclass(frozen=True)
class Spelling:
    """How the numbers of a column are written.

    >>> spelling = Spelling(mark=",", between=".", after=" €")
    >>> spelling.read("1.234,5 €"), spelling.written(-1234.5, 2)
    (1234.5, '-1.234,5 €')

    Args:
        mark: the decimal mark.
        between: what stands between thousands; "" for nothing.
        before: what every number begins with, "$" say.
        after: what it ends with, "%" or " kg".
        brackets: whether a number below zero stands in brackets.
        fixed: whether all decimal places are written, zeros at the end too.
        behind: whether the minus of a number below zero stands behind it.
        inside: whether brackets stand behind what every number begins with: `$ (1.50)`.
        plus: whether a number above zero has a plus.
        lakh: whether thousands are set apart in twos above the first three, as in India.
        scale: "E" or "e" where a power of ten follows, `5.2E-07`; "K" or "k" where a letter stands
            for thousands, and M and B for more, `1.2K`.
        digits: decimal places before the scale.
        sides: what stands behind a number above zero and below, `(" CR", " DR")` in a ledger.
        units: the endings, the largest unit first, where ages are written in that which fits.
        script: the nought of the digits, where they are not 0 to 9; the marks may be Arabic then.
        clock: the way of `durations` in which whole units of time are written; "" for none.
        significant: digits that a number has at most, noughts before and behind not counted, where
            its places follow its size: 0.0123, 1.23, 123; 0 where nothing is rounded so.
    """

    mark: str = "."
    between: str = ""
    before: str = ""
    after: str = ""
    brackets: bool = False
    fixed: bool = False
    clock: str = ""
    behind: bool = False
    inside: bool = False
    plus: bool = False
    lakh: bool = False
    scale: str = ""
    digits: int = 0
    sides: tuple[str, str] = ("", "")
    script: str = ""
    units: tuple[str, ...] = ()
    significant: int = 0

    @property
    def plain(self) -> bool:
        """Whether every program writes numbers so."""
        return replace(self, significant=0) == PLAINLY

    @property
    def textual(self) -> bool:
        """Whether no number is shown so by a program that holds it as a number, but text alone."""
        bare = replace(self, fixed=False, digits=0, significant=0, scale=self.scale.strip("Ee"))
        return bare not in (PLAINLY, replace(PLAINLY, after=".0"))

    @cached_property
    def _grouped(self) -> re.Pattern[str]:
        between = f"[{BLANKS}]" if self._blank else re.escape(self._apart)
        usual = rf"\d{{1,3}}(?:{between}\d{{3}})+"
        whole = f"(?:{usual}|{LAKH})" if self.lakh else usual
        return re.compile(rf"{whole}(?:{re.escape(self.mark)}\d*)?")

    @cached_property
    def _in_plain(self) -> Spelling:
        """The same with the digits 0 to 9, and marks that go with them."""
        arabic = {MARK: ".", APART: ","}
        mark, between = (arabic.get(sign, sign) for sign in (self.mark, self.between))
        return replace(self, script="", mark=mark, between=between)

    @property
    def _blank(self) -> bool:
        return self.between != "" and self.between in BLANKS

    @property
    def _apart(self) -> str:
        """What may stand between thousands: the other of dot and comma, if nothing is named."""
        return self.between or (",."[self.mark == ","])

    def read(self, text: str) -> float:
        """The number that a text writes; NaN where it is none, or not a finite one.

        A number that is marked as about right is that number, one in another unit of the same kind
        is converted, and one with the other decimal mark is read where it cannot be thousands.
        """
        if self.clock:
            return ways()[self.clock].read(text)
        if self.script:
            return self._in_plain.read(in_plain(text))
        bare, sign = self._bare(exactly(text.strip()))
        if self.after and (ended := ENDED.fullmatch(bare)):
            return self._converted(sign, ended[1], ended[2])
        if self.scale in SHORT and bare[-1:].isalpha():
            times = dict(SHORT["K"]).get(bare[-1].upper(), math.nan)
            bare, sign = bare[:-1].rstrip(BLANKS), sign * times
        bare = self._joined(bare)
        if not PLAIN.fullmatch(bare):
            return math.nan
        number = sign * float(bare)
        if self.scale in SHORT and math.isfinite(number):
            number = float(f"{number:.{SHORTEST}g}")  # 4.35 × 1,000,000 is 4350000 and no more
        return number if math.isfinite(number) else math.nan

    def _joined(self, bare: str) -> str:
        """Digits with a dot as their mark and nothing between thousands, if they are a number."""
        if any(b in bare for b in self._apart + BLANKS * self._blank):
            other = None if self.between else OTHER_MARK.fullmatch(bare)
            if other is not None and len(other[3]) != 3:
                return f"{other[1]}.{other[3]}"
            if not self._grouped.fullmatch(bare):
                return ""
            bare = "".join(c for c in bare if c not in self._apart + BLANKS)
        return bare if self.mark == "." else bare.replace(self.mark, ".")

    def _converted(self, sign: float, digits: str, written: str) -> float:
        """The number of another unit in that of this spelling; NaN where there is no such way."""
        number = sign * replace(self, before="", after="", sides=("", "")).read(digits)
        found = in_one_unit(number, written, self.after.strip(BLANKS))
        return math.nan if found is None else found

    def _bare(self, text: str) -> tuple[str, float]:
        """The digits with their marks, and the sign."""
        text, sign = self._sided(text) if any(self.sides) else (text, 1.0)
        if self.brackets and text[:1] == "(" and text[-1:] == ")":
            text, sign = text[1:-1].strip(), -1.0
        if self.before:  # a sign may stand before the currency, or after it as before any number
            below = text[:1] != "" and text[0] in MINUS
            bare = text[below:].lstrip(BLANKS)
            if bare.startswith(self.before):
                text = bare.removeprefix(self.before).lstrip(BLANKS)
                sign = -sign if below else sign
        if self.inside and text[:1] == "(" and text[-1:] == ")":
            text, sign = text[1:-1].strip(), -1.0
        if self.behind and text[-1:] and text[-1] in MINUS:
            text, sign = text[:-1].rstrip(BLANKS), -sign
        elif text[:1] and text[0] in MINUS and sign > 0:
            text, sign = text[1:].lstrip(BLANKS), -1.0
        elif sign > 0:
            text = text.removeprefix("+")
        if self.after:
            text = text.removesuffix(self.after.strip(BLANKS)).rstrip(BLANKS)
        return text, sign

    def _sided(self, text: str) -> tuple[str, float]:
        """A text without the side of a ledger that stands behind it, and the sign that it has."""
        for side, sign in zip(self.sides, (1.0, -1.0), strict=True):
            if side and text.endswith(side.strip(BLANKS)):
                return text.removesuffix(side.strip(BLANKS)).rstrip(BLANKS), sign
        return text, 1.0

    def numbers(self, values: pd.Series) -> Values:
        """Values as floats; NaN where one is missing or not a finite number."""
        if pd.api.types.is_numeric_dtype(values.dtype):
            numbers = np.array(pd.to_numeric(values, errors="coerce"), dtype=np.float64)
        else:
            numbers = self._read_all(values)
        numbers[~np.isfinite(numbers)] = np.nan
        return numbers

    def _read_all(self, values: pd.Series) -> Values:
        """Texts as numbers: most at once, and one by one only what may be one spelt otherwise."""
        if len(values) >= MANY and not self.clock and not self.script:
            numbers, open_ = self._at_once(values)
        else:
            numbers, open_ = np.full(len(values), np.nan), np.ones(len(values), dtype=bool)
        rest = np.flatnonzero(open_)
        if len(rest):
            told = values.iloc[rest].astype(object)
            read = told.map(lambda v: self.read(v) if isinstance(v, str) else v)
            numbers[rest] = np.array(pd.to_numeric(read, errors="coerce"), dtype=np.float64)
        return numbers

    def _at_once(self, values: pd.Series) -> tuple[Values, npt.NDArray[np.bool_]]:
        """The numbers among texts that are written as expected, and which others may be some."""
        numbers = np.full(len(values), np.nan)
        try:
            texts = pa.array(values, pa.string(), from_pandas=True)
        except pa.ArrowException:  # not all of them are texts
            return numbers, np.ones(len(values), dtype=bool)
        plainly = self.mark == "." and not (self.before or self.after or any(self.sides))
        open_ = np.ones(len(values), dtype=bool)
        for pattern in (*(PLAIN_TEXT,) * plainly, *self._expected):
            left = np.flatnonzero(open_)
            some = texts.take(pa.array(left))
            fits = pa.compute.match_substring_regex(some, pattern).fill_null(False)
            mine = left[fits.to_numpy(zero_copy_only=False)]
            if len(mine):
                numbers[mine] = _cast(self._undone(some.filter(fits), pattern))
                open_[mine] = False
        left = texts.filter(pa.array(open_))
        maybe = pa.compute.match_substring_regex(left, r"\p{N}").fill_null(False)
        never = pa.compute.match_substring_regex(left, self._never).fill_null(False)
        told = pa.compute.and_not(maybe, never)
        odd = pa.compute.and_(maybe, never)
        if pa.compute.any(odd).as_py():
            mine = odd.to_numpy(zero_copy_only=False).copy()
            mine[mine] = marked(left.filter(odd)).to_numpy(zero_copy_only=False)
            told = pa.compute.or_(told, pa.array(mine))
        open_[open_] = told.to_numpy(zero_copy_only=False)
        return numbers, open_

    @property
    def _parted(self) -> str:
        return f"[{BLANKS if self._blank else re.escape(self._apart)}]"

    @property
    def _expected(self) -> tuple[str, ...]:
        """What fits numbers in just this spelling; nothing where more may stand behind."""
        if self.behind or self.scale or self.sides != ("", ""):
            return ()
        whole = rf"[0-9]{{1,3}}(?:{self._parted}[0-9]{{3}})+|[0-9]+"
        whole += f"|{LAKH}" if self.lakh else ""
        digits = rf"((?:{whole})(?:{re.escape(self.mark)}[0-9]*)?)"
        return (rf"^([+-]?){re.escape(self.before)}{digits}{re.escape(self.after)}$",)

    def _undone(self, texts: pa.Array, pattern: str) -> pa.Array:
        """Texts that fit an expression of `_expected` as every program writes them."""
        if pattern == PLAIN_TEXT:
            return texts
        bare = texts
        if self.before or self.after:
            bare = pa.compute.replace_substring_regex(texts, pattern, r"\1\2")
        bare = pa.compute.replace_substring_regex(bare, self._parted, "")
        return pa.compute.replace_substring(bare, self.mark, ".")

    @property
    def _never(self) -> str:
        """An expression for what no number in this spelling has, whatever is taken off its ends."""
        ends = self.before + self.after + letters_of(self.after) + "".join(self.sides)
        ends += "KkMmBb" * (self.scale in SHORT)
        letters = "".join(c for c in string.ascii_letters + ":/_@#" if c not in "eE" + ends)
        between = "" if "-" in ends else "|[0-9]-[0-9]"  # a sign stands first, last or in a power
        return f"[{letters}]{between}"

    def written(self, number: float, decimals: int | None) -> str:
        """A number as text, with at most so many decimal places; None for as many as it has."""
        if self.clock:
            return ways()[self.clock].written(number)
        if self.script:
            plain = self._in_plain.written(number, decimals)
            marks = {",": self.between, ".": self.mark}
            told = "".join(marks.get(c, c) for c in plain) if ARABIC & {*marks.values()} else plain
            return in_script(told, self.script)
        if self.units:
            fitting, ending = in_fitting_unit(number, self.after, self.units)
            return replace(self, units=(), after=ending).written(fitting, 0)
        digits, scale = self._scaled(abs(number), decimals)
        whole, _, rest = digits.partition(".")
        if self.between:
            whole = self._thousands(int(whole))
        text = whole + (self.mark + rest if rest else "") + scale
        below = number < 0 and any(c in "123456789" for c in digits)
        after = self.after
        if text == "1" and (bare := after.strip(BLANKS)) in PLURALS:
            after = after.replace(bare, PLURALS[bare])
        framed = f"{self.before}{text}{after}"
        if any(self.sides):
            return framed + self.sides[below]
        if not below:
            return "+" * bool(self.plus and number > 0) + framed
        if self.inside:
            return f"{self.before}({text}{self.after})"
        return f"({framed})" if self.brackets else f"{framed}-" if self.behind else f"-{framed}"

    def _scaled(self, size: float, decimals: int | None) -> tuple[str, str]:
        """The digits of a size, and the scale that stands behind them."""
        if self.scale in SHORT:
            for letter, unit in SHORT[self.scale]:
                if round(size / unit, self.digits) >= 1:
                    return _digits(size / unit, self.digits, self.fixed), letter
        elif self.scale:
            mantissa, _, power = f"{size:.{self.digits}e}".partition("e")
            digits = mantissa if self.fixed or "." not in mantissa else mantissa.rstrip("0")
            return digits.rstrip("."), self.scale + power
        return _digits(size, decimals, self.fixed), ""

    def _thousands(self, whole: int) -> str:
        if self.lakh and whole >= 1000:
            above, last = f"{whole // 1000}", f"{whole % 1000:03}"
            pairs = re.sub(r"(?<=\d)(?=(?:\d\d)+$)", ",", above)
            return f"{pairs},{last}"
        return f"{whole:,}".replace(",", self.between)

    def rounded(self, numbers: Values) -> Values:
        """Numbers with no more digits than they are written with."""
        if not self.significant:
            return numbers
        return np.array([float(f"{x:.{self.significant}g}") for x in numbers], dtype=np.float64)

    def texts(self, numbers: pd.Series, decimals: int | None) -> pd.Series:
        """A column of numbers as text; missing ones stay missing."""
        places, different = pd.factorize(numbers)
        made = [self.written(float(v), decimals) for v in different]
        table = np.array([*made, None], dtype=object)
        return pd.Series(table[places], index=numbers.index, dtype=object)

    def example(self, decimals: int | None) -> str:
        """The spelling as it is named in recipes: how a number would be written in it."""
        if self.significant:
            told = replace(self, significant=0).example(decimals)
            return f"{told} to {self.significant} significant digits"
        if self.clock:
            return self.clock
        if self.scale:
            shown = 1000.0 if self.fixed or not self.digits else 1111.1111111
            return self.written(-shown if self.brackets or self.behind else shown, decimals)
        number = {None: 1234.567, 0: 1234.0, 1: 1234.5}.get(decimals, 1234.56)
        if self.fixed:
            number = 1234.0 if decimals == 1 else 1234.5
        if decimals == 0 and self.between == ".":
            number = 1234567.0  # 1.234 would be three decimal places
        number += 1_200_000 if self.lakh else 0  # 12,34,567: only there hundreds show
        if self.units:
            others = (unit.strip(BLANKS) for unit in self.units if unit != self.after)
            first = replace(self, units=()).written(number, decimals)
            return ", ".join((first, *others))
        if any(self.sides):
            own, below = replace(self, sides=("", "")), self.sides[1]
            both = f"{self.sides[0]}/{below.strip(BLANKS)}" if self.sides[0] else below
            return own.written(number, decimals) + both
        return self.written(-number if self.brackets or self.behind else number, decimals)


PLAINLY = Spelling()


def _cast(texts: pa.Array) -> Values:
    """Texts that write numbers as every program does, as numbers; NaN for a missing one."""
    read = pa.compute.cast(texts, pa.float64())
    return np.array(read.fill_null(np.nan).to_numpy(zero_copy_only=False), dtype=np.float64)


def plain_numbers(values: pd.Series) -> Values:
    """The numbers among texts that every program writes so, read at once; NaN for all else."""
    try:
        texts = pa.array(values, pa.string(), from_pandas=True)
    except pa.ArrowException:  # not all of them are texts
        return np.full(len(values), np.nan)
    plain = pa.compute.match_substring_regex(texts, PLAIN_TEXT)
    return _cast(pa.compute.if_else(plain, texts, None))


def _digits(size: float, decimals: int | None, fixed: bool) -> str:
    if decimals is None:
        short = f"{size:.{SHORTEST}g}"
        if "e" not in short or (0 < size < 10.0**-DEEPEST):
            return short
        return f"{size:.{DEEPEST}f}".rstrip("0").rstrip(".")
    digits = f"{size:.{decimals}f}"
    return digits if fixed or "." not in digits else digits.rstrip("0").rstrip(".")
