"""How a promise is written: figures rounded to the side that promises no more than holds, names
as they are.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

DIGITS = 3  # significant ones
DELTA_DIGITS = 2  # of a delta, whose size matters more than its digits


def up(value: float, digits: int = DIGITS) -> str:
    """A cost, as text: never less than it is.

    >>> up(1.0045), up(0.1), up(1.00001e-6, 2), up(math.inf)
    ('1.01', '0.1', '1.1e-06', 'inf')
    """
    return _rounded(value, digits, ROUND_CEILING)


def down(value: float, digits: int = DIGITS) -> str:
    """What is left, as text: never more than there is.

    >>> down(0.9999), down(2.0)
    ('0.999', '2')
    """
    return _rounded(value, digits, ROUND_FLOOR)


def plain(text: str) -> str:
    r"""Text that cannot pass for a part of the Markdown around it.

    >>> print(plain("<b> | # none"))
    \<b\> \| \# none
    """
    return re.sub(r"([\\|*#<>\[\]])", r"\\\1", " ".join(text.split()))


def quoted(name: str) -> str:
    """A name from a table as code in Markdown, of which it cannot break out to become a link.

    >>> print(quoted("age"), quoted("a` [b](c)"))
    `age` `` a` [b](c) ``
    """
    line = " ".join(name.split())  # an empty line would end the code
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"


def _rounded(value: float, digits: int, way: str) -> str:
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    exact = Decimal(repr(float(value)))  # as somebody would type it: 0.1 stays 0.1
    step = Decimal(1).scaleb(exact.adjusted() - digits + 1)
    return f"{float(exact.quantize(step, rounding=way)):.{digits}g}"
