"""Counting rows over columns: the one question that is asked of real rows, on any engine.

`HeldRows` answers from integer codes in memory; `staying` asks the engine that holds the
rows. Only the vault makes either of them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from synth.lazily import np, npt, pd
from synth.schema import Codes, Domain, Schema
from synth.schema.tables import IntCounts, bincount
from synth.schema.values import as_text
from synth.vault.answers import Shares

BLOCK = 1 << 16  # rows worked on at once, so that what is held beside them stays small


class Rows(Protocol):
    """Real rows, wherever they are held."""

    @property
    def names(self) -> tuple[str, ...]: ...

    def total(self) -> int:
        """Number of rows."""
        ...

    def count(self, schema: Schema, names: Sequence[str]) -> IntCounts:
        """The contingency table of `names`: one axis per column, in order."""
        ...

    def occurring(self, name: str) -> tuple[tuple[str, ...], IntCounts]:
        """The values of a column, as text, and how many rows have each; missing left out."""
        ...

    def shared(self, schema: Schema, names: Sequence[str], shares: Shares) -> list[IntCounts]:
        """Groups x states for each column: parts of rows, shared among hidden groups."""
        ...

    def fingerprint(self, key: bytes) -> str:
        """What only these rows give under this key, in whatever order they stand."""
        ...


@dataclass
class HeldRows:
    """Rows in memory, columns as pandas categoricals where that is smaller."""

    frame: pd.DataFrame
    _codes: dict[tuple[str, Domain], Codes] = field(default_factory=dict, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(map(str, self.frame.columns))

    def total(self) -> int:
        return len(self.frame)

    def codes(self, schema: Schema, name: str) -> Codes:
        """One code per row; worked out once per column and domain."""
        domain = schema.domain(name)
        key = (name, domain)
        if key not in self._codes:
            self._codes[key] = domain.encode(self.frame[name])
        return self._codes[key]

    def count(self, schema: Schema, names: Sequence[str]) -> IntCounts:
        if not names:
            return np.array(self.total(), dtype=np.int64)
        return bincount([self.codes(schema, n) for n in names], schema.shape(names))

    def shared(self, schema: Schema, names: Sequence[str], shares: Shares) -> list[IntCounts]:
        columns, shape = [self.codes(schema, n) for n in names], schema.shape(names)
        groups = len(shares.log_weights)
        tables = [np.zeros((groups, size), dtype=np.int64) for size in shape]
        for start in range(0, self.total(), BLOCK):
            block = [c[start : start + BLOCK] for c in columns]
            parts = shares.of(block)
            for table, codes, size in zip(tables, block, shape, strict=True):
                for group in range(groups):
                    # sums of parts stay far below 2^53, so the doubles of bincount are exact
                    added = np.bincount(codes, weights=parts[:, group], minlength=size)
                    table[group] += added.astype(np.int64)
        return tables

    def fingerprint(self, key: bytes) -> str:
        columns = sorted(self.names)
        rows = pd.util.hash_pandas_object(self.frame[columns].astype(str), index=False)
        seal = hmac.new(key, "\0".join(columns).encode(), hashlib.sha256)
        seal.update(np.sort(rows.to_numpy()).tobytes())
        return seal.hexdigest()

    def occurring(self, name: str) -> tuple[tuple[str, ...], IntCounts]:
        found = self.frame[name].dropna().value_counts()
        found = found[found > 0]  # a categorical column also names values that no row has
        return merged(pd.Series(found.index), np.asarray(found, dtype=np.int64))


def merged(values: pd.Series, rows: IntCounts) -> tuple[tuple[str, ...], IntCounts]:
    """Values as text, each once: several may be written alike."""
    added = pd.Series(rows).groupby(as_text(values).to_numpy()).sum()
    return tuple(map(str, added.index)), added.to_numpy(dtype=np.int64)


def people_of(frame: pd.DataFrame, person: str) -> tuple[npt.NDArray[np.int64], int]:
    """A number for the person of each row, and how many people there are.

    A row that names nobody is one person's.
    """
    codes, known = pd.factorize(frame[person].astype(str).where(frame[person].notna()))
    nobody = codes < 0
    codes = codes.astype(np.int64)
    codes[nobody] = len(known) + np.arange(int(nobody.sum()))
    return codes, len(known) + int(nobody.sum())


def at_most_per_person(frame: pd.DataFrame, person: str, most: int) -> pd.DataFrame:
    """At most `most` rows of each person, drawn at random, in their old order.

    A row that names nobody is one person's.

    The draw is unseeded: which rows of a person are left out is nobody's business.
    """
    rng = np.random.default_rng(secrets.randbits(128))
    order = rng.permutation(len(frame))
    owners = pd.Series(people_of(frame, person)[0][order])
    place = owners.groupby(owners).cumcount().to_numpy()
    return frame.iloc[np.sort(order[place < most])].reset_index(drop=True)
