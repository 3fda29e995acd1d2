"""What shows that a lasting ledger was rolled back, cut or deleted: a file in another place.

One line for each entry of the ledger, written when the entry is on disk and before the rows are
touched: which ledger, how many entries, and the seal of the last one. The ledger may be ahead of
it, as a process can be killed between the two; it can never be behind. Whatever else is a chain of
sealed entries may have one too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from synth.errors import LedgerError, SynthError
from synth.lazily import compiled
from synth.wording import so_many

FIRST = "synth-anchor"
LINE = compiled(rf"^{FIRST} ([0-9a-f]{{32}}) ([0-9]+) ([0-9a-f]{{64}})$", re.MULTILINE)


@dataclass(frozen=True)
class Anchor:
    """The file that a custodian keeps elsewhere: on another disk, or with somebody else.

    Args:
        of: what it tells of, in words.
        until: what is not done before the right copy is there, in a sentence.
        error: what is raised.
    """

    path: Path
    of: str = "lasting ledger"
    until: str = "Nothing is released about these people until then."
    error: type[SynthError] = LedgerError

    def outside(self, folder: Path) -> Anchor:
        """The anchor, if it lies outside the ledger's folder.

        Raises:
            LedgerError: what rolls the folder back would take it along.
        """
        if self.path.resolve().is_relative_to(folder.resolve()):
            raise self.error(
                f"The anchor lies in the folder of the {self.of}, and would be rolled back "
                "with it.",
                "Choose a file elsewhere, best on another disk.",
            )
        return self

    def last(self) -> tuple[str, int, str] | None:
        """The ledger, how many entries it had and the seal of the last; None where it is new.

        Raises:
            LedgerError: the file is no anchor.
        """
        try:
            text = self.path.read_text(encoding="ascii") if self.path.exists() else ""
        except (OSError, UnicodeDecodeError):
            raise self._unreadable() from None
        lines = [
            found.groups() for found in LINE.finditer(text)
        ]  # what is cut short is passed over
        if (text and not lines) or len({line[0] for line in lines}) > 1:
            raise self._unreadable()
        if not lines:
            return None
        ledger, number, seal = max(lines, key=lambda line: int(line[1]))
        return ledger, int(number), seal

    def check(self, last: tuple[str, int, str], ledger: str, seals: Sequence[str]) -> None:
        """See that a ledger goes on from where it was when the anchor was written.

        Args:
            last: what the anchor knew before the ledger was read.
            seals: of the empty ledger, and after each entry.

        Raises:
            LedgerError: it was rolled back, cut, or begun again.
        """
        if last[0] != ledger:
            raise self.error(
                f"The anchor knows another {self.of} than the one that is here.",
                "Was the folder deleted and begun again, or the wrong anchor named? Restore the "
                "newest copy of the folder.",
            )
        if last[1] >= len(seals) or seals[last[1]] != last[2]:
            raise self.error(
                f"The anchor knows {so_many(last[1], 'entry', 'entries')} of the {self.of}, and "
                "this is an older or another copy of it.",
                f"Restore the newest copy. {self.until}",
            )

    def advance(self, ledger: str, number: int, seal: str) -> None:
        """Write down how far the ledger is; on disk when this returns.

        Raises:
            LedgerError: it cannot be written.
        """
        line = f"{FIRST} {ledger} {number} {seal}\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "a+b", opener=_owner_only) as file:
                size = file.seek(0, os.SEEK_END)
                if size:
                    file.seek(size - 1)
                    line = line if file.read(1) == b"\n" else f"\n{line}"
                file.write(line.encode("ascii"))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise self.error(
                f"The anchor of the {self.of} cannot be written ({type(error).__name__}).",
                f"See that it can be reached and written to. {self.until}",
            ) from None

    def _unreadable(self) -> SynthError:
        return self.error(
            f"The anchor of the {self.of} cannot be read as one.",
            "Restore it from a backup, or name the right file.",
        )


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
