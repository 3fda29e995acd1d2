"""What tokens were charged, in the database of a queue; sealed under a key that is not in it.

Whoever may write to the database could else lower what a token spent. With a key each charge is
sealed to the one before it, as in a lasting ledger, and a file of each server's own (an anchor)
knows how many it has seen: what was changed, taken out, or cut off at the end is refused. The first
server that has a key and a new anchor seals what was charged before.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from synth.api.files import written
from synth.api.shared.queue import Queue
from synth.api.shared.rows import ChargeRow
from synth.budget.anchor import Anchor
from synth.budget.lasting import Line, seal_of
from synth.errors import TeamError
from synth.operating import Operating


@dataclass(frozen=True)
class Sealing:
    """What charges are sealed with.

    Args:
        key: the same for every server on a queue.
        anchor: of this server.
    """

    key: bytes = field(repr=False)
    anchor: Anchor

    @classmethod
    def told(cls, told: Operating) -> Sealing | None:
        """What the settings name; None where charges are not sealed. A key is made where none is.

        Raises:
            ValueError: one of key and anchor is named alone.
            TeamError: the key cannot be read or made.
        """
        if bool(told.queue_key) != bool(told.queue_anchor):
            raise ValueError("SYNTH_QUEUE_KEY and SYNTH_QUEUE_ANCHOR need each other.")
        if not told.queue_key:
            return None
        path = Path(told.queue_key).expanduser()
        try:
            if not path.exists():
                written(path, secrets.token_bytes(32), first=True)
            key = path.read_bytes()
        except OSError as error:
            raise TeamError(
                f"The key of the charges cannot be read or made ({type(error).__name__}).",
                "Whoever runs this server sees that SYNTH_QUEUE_KEY names a file it may read.",
            ) from None
        anchor = Path(told.queue_anchor).expanduser()
        until = "Until then no token is charged."
        return cls(key, Anchor(anchor, "list of charges", until, TeamError))

    @property
    def known_as(self) -> str:
        """What tells these charges from others, in an anchor."""
        return seal_of(self.key, "charges")[:32]


@dataclass
class Charges:
    """What tokens were charged, in the transaction that is open; see `synth/api/tally.py`."""

    session: Session
    sealing: Sealing | None = None
    _seals: list[str] = field(default_factory=list, repr=False)  # of none, and after each

    @property
    def head(self) -> tuple[int, str]:
        """How many there are, and the seal of the last."""
        return len(self._seals) - 1, self._seals[-1]

    def lines(self, account: str) -> tuple[Line, ...]:
        """Everything ever written about a token, in order."""
        asked = select(ChargeRow.document).where(ChargeRow.account == account)
        found = map(json.loads, self.session.scalars(asked.order_by(ChargeRow.number)))
        return tuple(
            Line(d["at"], str(d["run"]), str(d.get("release", "")), str(d["kind"]), d)
            for d in found
        )

    def write(self, account: str, document: Mapping[str, Any]) -> None:
        """Add an entry; it is on disk when the transaction ends."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        told = json.dumps({"at": at, **document}, sort_keys=True)
        row = ChargeRow(account=account, document=told)
        if self.sealing is not None:
            row.seal = seal_of(self.sealing.key, self._seals[-1], account, told)
            self._seals.append(row.seal)
        self.session.add(row)
        self.session.flush()

    def verify(self, sealing: Sealing, known: tuple[str, int, str] | None) -> None:
        """See that every charge follows from the one before it, and none is missing.

        Args:
            known: what the anchor knew before the charges were read; None where it is new.

        Raises:
            TeamError: they were changed, cut, or sealed under another key.
        """
        self._seals.append(seal_of(sealing.key, "charges"))
        rows = list(self.session.scalars(select(ChargeRow).order_by(ChargeRow.number)))
        new = known is None and not any(row.seal for row in rows)
        for row in rows:
            seal = seal_of(sealing.key, self._seals[-1], row.account, row.document)
            if new:
                row.seal = seal
            elif row.seal != seal:
                raise TeamError(
                    "What tokens were charged was changed, or sealed under another key.",
                    "Restore the database of the queue, and give every server the same "
                    "SYNTH_QUEUE_KEY.",
                )
            self._seals.append(seal)
        if known is not None:
            sealing.anchor.check(known, sealing.known_as, self._seals)


@contextmanager
def charges_of(queue: Queue, sealing: Sealing | None = None) -> Iterator[Charges]:
    """What tokens were charged, while nobody else can charge them.

    Raises:
        TeamError: the database cannot be reached or written, or what is in it is not as it was.
    """
    known = None if sealing is None else sealing.anchor.last()
    with queue.alone() as session:
        charges = Charges(session, sealing)
        if sealing is not None:
            charges.verify(sealing, known)
        yield charges
    if sealing is not None and (known is None or charges.head[0] != known[1]):
        sealing.anchor.advance(sealing.known_as, *charges.head)
