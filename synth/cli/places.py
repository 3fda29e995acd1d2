"""Where `synth run` writes: with room that is kept before anything is spent, and a second place."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

from synth.errors import OutputError
from synth.release import Release
from synth.release.signature import SigningKey
from synth.release.table_files import ROOM, whole
from synth.runs import Recipe

CELL = 24  # bytes of a cell, in both formats of a table and packed: more than nearly all take
MOST_ROOM = 500_000_000  # bytes: what is told by few different values takes far less than a CELL
COLUMNS = 10  # of a table of which none is declared


@dataclass(frozen=True)
class Places:
    """Where a release goes, and the evidence, where somebody wants that; and who signs it.

    Args:
        spare: a second place for a release that the first has no room for.
    """

    release: Path
    evidence: Path | None
    key: SigningKey | None
    spare: Path | None = None

    def second(self) -> Iterator[Path]:
        """Where else to write, one place after the other; whoever sits at a terminal is asked."""
        if self.spare is not None:
            yield self.spare / self.release.name if self.spare.is_dir() else self.spare
        while sys.stdin.isatty() and (told := typer.prompt(ELSEWHERE, default="")):
            yield Path(told)


ELSEWHERE = "The release is made and in memory. Another place for it (empty: throw it away)"


def room_for(recipe: Recipe, table: Path) -> int:
    """Bytes that are kept for a release before a row is read: what a usual one hardly ever passes.

    Args:
        table: that it is made of; it need not be a file.
    """
    if recipe.release.rows:  # however large the table is
        copy = CELL * recipe.release.rows * max(len(recipe.column), COLUMNS)
    else:
        copy = 2 * table.stat().st_size if table.is_file() else 0
    return max(ROOM, min(MOST_ROOM, recipe.release.copies * copy))


def rescued(release: Release, to: Places, error: OutputError) -> Path:
    """Write a release that is made and paid for where there is room after all; where that is.

    Raises:
        OutputError: nowhere.
    """
    for place in to.second():
        typer.echo(f"{error.what} Trying {place}.", err=True)
        try:
            with whole(place) as stream:
                release.write(stream, to.key)
        except OutputError as again:
            error = again
            continue
        return place
    raise OutputError(
        f"{error.what} The release was made: what it cost the people stays debited, and it could "
        "not be kept.",
        "Free some space and run it again, which costs as much again, with a second place to write "
        "it to: --spare and a folder on another disk. At a terminal you are asked for one.",
    )
