"""Libraries that take long to import, each imported when something of it is first used.

A start then costs what it uses: a list of methods needs no data frames, and a release of a file no
database. `from synth.lazily import np` stands for `import numpy as np`, and is for the libraries
that a whole module works with; where one or two functions use one, they import it themselves.

Nothing is put into `sys.modules` before its time, so other code in the process sees no difference.
Threads may come at once: the first use is an ordinary import, which waits for one under way.
So are regular expressions: `compiled(r"\\d+")` is what `re.compile` gives, made at its first use.
What is needed while a module of ours is being imported cannot be lazy: a base class, a decorator,
a constant. Annotations are not evaluated then, and aliases of types are written as text.
"""

from __future__ import annotations

import re
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__all__ = [
    "alt",
    "compiled",
    "duckdb",
    "exp",
    "httpx",
    "np",
    "npt",
    "nw",
    "pa",
    "pd",
    "psycopg",
    "sa",
    "special",
    "sqlglot",
    "tomlkit",
]


class Lazy(ModuleType):
    """A module that is imported when an attribute of it is looked up."""

    def __getattr__(self, name: str) -> Any:
        module = import_module(self.__name__)
        try:
            found = getattr(module, name)
        except AttributeError:
            found = _part(module, name)
        self.__dict__[name] = found  # looked up here only once
        return found


def _part(module: ModuleType, name: str) -> ModuleType:
    """A submodule that its package does not import by itself. Raises AttributeError."""
    whole = f"{module.__name__}.{name}"
    try:
        return import_module(whole)
    except ModuleNotFoundError as error:
        if error.name != whole:  # it is there, but lacks something itself
            raise
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}") from None


_compile: Any = re.compile


class Compiled:
    """A regular expression that is compiled when a method of it is looked up."""

    def __init__(self, written: str | bytes, flags: int = 0) -> None:
        self._written = (written, flags)

    def __getattr__(self, name: str) -> Any:
        found = getattr(_compile(*self._written), name)
        self.__dict__[name] = found  # looked up here only once
        return found


if TYPE_CHECKING:
    from re import compile as compiled

    import altair as alt
    import duckdb
    import httpx
    import narwhals as nw
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    import psycopg
    import pyarrow as pa
    import sqlalchemy as sa
    import sqlglot
    import tomlkit
    from scipy import special
    from sqlglot import exp
else:
    alt = Lazy("altair")
    compiled = Compiled
    duckdb = Lazy("duckdb")
    exp = Lazy("sqlglot.expressions")
    httpx = Lazy("httpx")
    np = Lazy("numpy")
    npt = Lazy("numpy.typing")
    nw = Lazy("narwhals")
    pa = Lazy("pyarrow")
    pd = Lazy("pandas")
    psycopg = Lazy("psycopg")
    sa = Lazy("sqlalchemy")
    special = Lazy("scipy.special")
    sqlglot = Lazy("sqlglot")
    tomlkit = Lazy("tomlkit")
