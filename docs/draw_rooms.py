"""Draws the rooms of `synth/` and the imports between them into docs/architecture.md.

    make rooms

One node per room, an arrow where one imports from another. The order is that of the layers in
pyproject.toml; an arrow that runs back up is refused.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- rooms -->\n", "<!-- /rooms -->"


def layers() -> list[list[str]]:
    """The rooms from the top to the ground, as the contract of imports has them."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    first = told["tool"]["importlinter"]["contracts"][0]
    return [[room.strip() for room in line.split("|")] for line in first["layers"]]


def arrows() -> set[tuple[str, str]]:
    """Pairs of rooms of which the first imports from the second."""
    found = set()
    for path in sorted((ROOT / "synth").rglob("*.py")):
        room = path.relative_to(ROOT / "synth").parts[0].removesuffix(".py")
        if room != "__init__":
            text = path.read_text(encoding="utf-8")
            found |= {(room, other) for other in imported(text) if other != room}
    return found


def imported(text: str) -> Iterator[str]:
    """What a file imports from right below `synth`, however it is written."""
    for node in ast.walk(ast.parse(text)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (n.split(".")[1] for n in names if n.startswith("synth."))


def drawing(found: Iterable[tuple[str, str]] | None = None) -> str:
    """The picture as Mermaid: the faces on top as one node, the ground as another.

    An arrow that others imply is left out: what is reached by a longer way is not drawn again.

    Args:
        found: the imports, as pairs of rooms; else those of now.

    Raises:
        ValueError: a room imports from one above it, or beside it, or from no room.
    """
    floors = layers()
    ground = [*floors[-1], *floors[-2]]  # what opens things makes errors of those below it
    place = {room: floor for floor, rooms in enumerate(floors) for room in rooms}
    merged = {**dict.fromkeys(floors[0], "faces"), **dict.fromkeys(ground, "ground")}
    ways = set()
    for upper, lower in arrows() if found is None else found:
        if place[upper] >= place.get(lower, -1):
            raise ValueError(f"`{upper}` imports from `{lower}`, which does not lie below it")
        ways.add((merged.get(upper, upper), merged.get(lower, lower)))
    ways -= {("ground", "ground")}
    lines = ["```mermaid", "flowchart TD", f"  faces[{', '.join(floors[0])}]"]
    lines += [f"  {room}[{room}]" for rooms in floors[1:-2] for room in rooms]
    lines.append(f"  ground[{', '.join(ground)}]")
    lines += [f"  {upper} --> {lower}" for upper, lower in sorted(_needed(ways))]
    return "\n".join([*lines, "```", ""])


def _needed(ways: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The arrows that no longer way replaces."""
    below: dict[str, set[str]] = {}
    for upper, lower in ways:
        below.setdefault(upper, set()).add(lower)

    def reached(room: str) -> set[str]:
        return {n for b in below.get(room, set()) for n in ({b} | reached(b))}

    return {(a, b) for a, bs in below.items() for b in bs if not any(b in reached(c) for c in bs)}


def drawn(page: str) -> str:
    """A page with the picture of now between its two marks.

    Raises:
        ValueError: the page lacks a mark.
    """
    before, begun, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not begun or not ended:
        raise ValueError(f"The page has no {BEGIN.strip()} with {END} after it")
    return f"{before}{BEGIN}{drawing()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
