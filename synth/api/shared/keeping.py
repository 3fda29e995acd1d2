"""What servers and workers have in common: queue and parcels, and that nothing is left over."""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from synth.api.registry import SHOWN
from synth.api.shared.parcels import ROWS, Parcels
from synth.api.shared.queue import Queue
from synth.api.shared.rows import JobRow
from synth.errors import SynthError, TeamError
from synth.operating import Operating
from synth.runs.audit import Asked, Audit, Ended

LONGEST = 64_000_000  # bytes of the line before the rows: a recipe, and files that steps look up
OURS = re.compile("[A-Za-z0-9_-]{22}")  # ids of jobs, as `secrets.token_urlsafe(16)` makes them
LOOKED = 60.0  # seconds between two looks for parcels of nobody


@dataclass
class Common:
    """The queue and the parcels of several servers and workers. Safe to use from several threads.

    Args:
        audit: where this process writes down how jobs ended; nowhere, if left out.
    """

    queue: Queue
    parcels: Parcels
    audit: Audit | None = None
    _looked: float = field(default=0.0, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def opened(cls, told: Operating, audit: Audit | None, lifetime: float = 3_600.0) -> Common:
        """What the settings name.

        Raises:
            ValueError: there is a queue, and nobody said where tables may lie meanwhile.
            TeamError: one of them cannot be reached.
        """
        if not told.parcels:
            raise ValueError(
                "SYNTH_QUEUE needs SYNTH_PARCELS: where the tables of jobs lie, sealed, until a "
                "worker has them."
            )
        return cls(Queue.opened(told.queue, lifetime), Parcels.opened(told.parcels), audit)

    def note(self, owner: str, asked: Asked) -> None:
        """Write down how a job ended, if anywhere. Raises QueryError where it cannot be written."""
        if self.audit is not None:
            self.audit.write(asked, who=f"token {owner[:SHOWN]}")

    def unpacked(self, job: JobRow) -> tuple[dict[str, Any], Iterator[bytes]]:
        """The line of JSON of a job's parcel, and the rows behind it, piece by piece.

        Raises:
            TeamError: there is no such parcel, or not as it was sealed.
        """
        pieces = self.parcels.pieces(job.id, ROWS, job.key)
        line = b""
        while b"\n" not in line and len(line) < LONGEST and (piece := next(pieces, b"")):
            line += piece
        head, _, rest = line.partition(b"\n")

        def behind() -> Iterator[bytes]:
            yield rest
            yield from pieces

        return json.loads(head), behind()

    def tidy(self) -> None:
        """See who is gone, write down what failed by that, and let go of what nobody needs."""
        for job in self.queue.settle():
            logging.getLogger("synth").warning("job %s: %s", job.id, job.error)
            self.note_end(job, Ended.FAILED)
            self.parcels.remove(job.id)
        with self._lock:
            if time.monotonic() < self._looked:
                return
            self._looked = time.monotonic() + LOOKED
        lying = self.parcels.ids()  # before the queue is asked: a job is in it before its parcel
        for id in lying - self.queue.ids() if lying else ():
            if OURS.fullmatch(id):  # whatever else the folder holds is not ours to remove
                self.parcels.remove(id)

    def note_end(self, job: JobRow, how: Ended) -> None:
        """Write down how a job ended that no worker tells of; who asked what is in its parcel."""
        try:
            asked = asked_in(self.unpacked(job)[0])
            cost = job.asks if job.hushed else job.spent
            self.note(job.owner, asked.ending(how, cost, job.error))
        except (SynthError, ValueError) as error:  # it was written down when it was asked
            logging.getLogger("synth").error("job %s: %s", job.id, _words(error))


def asked_in(header: dict[str, Any]) -> Asked:
    """Who asked what, as a server wrote it before the rows of a job."""
    told = header.get("asked") or {}
    database, query, method = (str(told.get(n, "")) for n in ("database", "query", "method"))
    return Asked(database, query, method, file=_file(told))


def _file(told: dict[str, Any]) -> str:
    return str(told.get("file", "")) or ("" if told.get("database") else "a table")


def _words(error: Exception) -> str:
    return error.what if isinstance(error, (SynthError, TeamError)) else type(error).__name__
