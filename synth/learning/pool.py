"""A model that is a pool of synthetic rows, for methods whose own model would hold real ones.

A kernel density, for one, is a list of real people with a blur around each. It never leaves the
run: what is kept is a pool of rows drawn from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from synth.budget import Statement
from synth.errors import BundleError
from synth.lazily import np, pd
from synth.learning.method import Model, Narrowed
from synth.schema import Codes, Schema
from synth.schema.domain import smallest
from synth.schema.obeying import Marked


@dataclass(frozen=True)
class Pool(Model):
    """Synthetic rows to draw from: each once before any is drawn again.

    Args:
        codes: one code array per modelled column, all of one length.
    """

    kind: ClassVar[str] = "pool"
    codes: Mapping[str, Codes]

    def sample(self, rows: int, rng: np.random.Generator) -> pd.DataFrame:
        held = len(next(iter(self.codes.values())))
        times, rest = divmod(rows, held)
        whole = [rng.permutation(held) for _ in range(times)]
        order = np.concatenate([*whole, rng.permutation(held)[:rest]]).astype(np.int64)
        return self.schema.decode({n: c[order] for n, c in self.codes.items()}, rng)

    def given(self, states: Mapping[str, Marked]) -> Narrowed | None:
        held = [may[self.codes[name]] for name, may in states.items()]
        kept = np.logical_and.reduce(held) if held else np.ones(1, dtype=bool)
        if not kept.any():
            return Narrowed(None, 0.0)
        codes = {n: c[kept] for n, c in self.codes.items()} if held else self.codes
        return Narrowed(replace(self, codes=codes), float(kept.mean()))

    def parameters(self) -> dict[str, Any]:
        return {"codes": {n: np.asarray(c).tolist() for n, c in self.codes.items()}}

    @classmethod
    def restored(
        cls, schema: Schema, statement: Statement, rows: int, parameters: Mapping[str, Any]
    ) -> Self:
        codes = {c.name: _codes(schema, c.name, parameters) for c in schema.modelled}
        if len({len(c) for c in codes.values()}) != 1:
            raise BundleError(
                "The model's columns differ in length.", "The file is damaged; make it again."
            )
        return cls(schema, statement, rows, codes)


def _codes(schema: Schema, name: str, parameters: Mapping[str, Any]) -> Codes:
    size = schema.domain(name).size
    codes = np.array(parameters["codes"][name], dtype=np.int64)
    if codes.size == 0 or codes.min() < 0 or codes.max() >= size:
        raise BundleError(
            f"The rows of `{name}` do not fit the schema.", "The file is damaged; make it again."
        )
    return smallest(codes, size)
