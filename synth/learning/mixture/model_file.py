"""The model file: one line per column, `name : law`.

As Twinify's text models have it: `#` starts a comment, blank lines and letter case do not matter,
columns that are not listed are left out of the release, and the order of the lines is the order of
the columns. Beyond it: the last colon separates, so names may hold colons, and a name in double
quotes may hold anything.
"""

from __future__ import annotations

from dataclasses import dataclass

from synth.errors import MethodError
from synth.learning.mixture.laws import LAWS


@dataclass(frozen=True)
class ModelFile:
    """Which law each column follows, in order."""

    laws: tuple[tuple[str, str], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.laws)

    def text(self) -> str:
        """The file again."""
        return "".join(f"{_quoted(name)}: {LAWS[law].title}\n" for name, law in self.laws)


def read_model_file(text: str) -> ModelFile:
    """The model file written in `text`.

    Raises:
        MethodError: a line is not `name : law`, names an unknown law, or a column comes twice.
    """
    laws: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        name, law = _split(line, number)
        if not name:
            continue
        if law not in LAWS:
            raise MethodError(
                f"Line {number} of the model names the distribution `{law}`, which is not known.",
                f"Choose one of {', '.join(known.title for known in LAWS.values())}.",
            )
        if name in laws:
            raise MethodError(
                f"Line {number} of the model names column `{name}` again.",
                "Give each column one line.",
            )
        laws[name] = law
    if not laws:
        raise MethodError("The model names no column.", "Write lines like `Age: Poisson`.")
    return ModelFile(tuple(laws.items()))


def _split(line: str, number: int) -> tuple[str, str]:
    """Name and law of a line; two empty texts where it says nothing."""
    stripped = line.strip()
    if stripped.startswith('"') and '"' in stripped[1:]:
        end = stripped.index('"', 1)
        name, rest = stripped[1:end], stripped[end + 1 :].split("#")[0].strip()
        if rest.startswith(":"):
            return name, rest[1:].strip().lower()
    before = stripped.split("#")[0].strip()
    if not before:
        return "", ""
    name, colon, law = before.rpartition(":")
    if not colon or not name.strip() or not law.strip():
        raise MethodError(
            f"Line {number} of the model is not a name, a colon and a distribution.",
            "Write lines like `Age: Poisson`.",
        )
    return name.strip(), law.strip().lower()


def _quoted(name: str) -> str:
    plain = name == name.strip() and not any(sign in name for sign in '":#')
    return name if plain else f'"{name}"'
