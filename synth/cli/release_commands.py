"""`synth sample | reword | verify | draw`: what to do with a release that is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated

import typer

from synth.cli.evidence_commands import say_pack
from synth.cli.speech import (
    Shown,
    as_text,
    explained,
    text_of,
)
from synth.errors import BundleError, IngestError, OutputError
from synth.lazily import np, pd
from synth.learning.drawing_balanced import Balanced
from synth.learning.drawing_where import Conditioned
from synth.learning.keeping import Keeper
from synth.release import Bundle
from synth.release.bundle import consistent
from synth.release.children import Children
from synth.release.counts import recheck, uncounted
from synth.release.drawing import drawings
from synth.release.evidence.pack import is_pack
from synth.release.signature import KEY, read_key, signed_words
from synth.release.table_files import whole, write_parquet, write_whole
from synth.runs import read_recipe, verify
from synth.runs.recipe import People
from synth.runs.rewording import reworded
from synth.runs.verifying import as_released
from synth.schema import Schema

Theirs = Annotated[
    Path | None, typer.Option(help="Also the rows that belong to them, of a second table.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for name, command in (
        ("sample", sample),
        ("reword", reword),
        ("verify", verify_bundle),
        ("draw", draw),
    ):
        app.command(name)(command)


def sample(
    bundle: Annotated[Path, typer.Argument(help="A release bundle.")],
    rows: Annotated[int, typer.Option("--rows", "-n", min=1, help="How many rows.")] = 1000,
    where: Annotated[
        str, typer.Option(help="What each row holds: \"sex = 'F' and age > 80\".")
    ] = "",
    balance: Annotated[
        str, typer.Option(help="The column each value of which is as frequent: to train on.")
    ] = "",
    seed: Annotated[int, typer.Option(help="The same seed gives the same rows.")] = 1,
    output: Annotated[Path, typer.Option("--output", "-o")] = Path("rows.csv"),
    children: Theirs = None,
) -> None:
    """Draw more synthetic rows from a release. Costs no privacy.

    Example: synth sample release.zip -n 500 --where "no missing values" -o rows.parquet
    """
    with explained():
        for place in (output, children):
            if place is not None and place.suffix not in (".csv", ".parquet"):
                raise IngestError(f"`{place}` is no CSV or Parquet file.", "Use .csv or .parquet.")
        opened, kept = Bundle.read(bundle), list[pd.DataFrame]()
        second = _second_of(opened) if children is not None else None
        with whole(output) as stream:
            show, drawn = Shown(), 0
            blocks = _numbered(opened, _drawn(opened, rows, where, balance, seed), seed, second)
            for block in _writing(opened, opened.schema, blocks, stream, output):
                drawn += len(block)
                kept += [block] if second is not None else []
                show(drawn / rows, "drawing synthetic rows")
        if second is not None and children is not None:
            _write_second(opened, second, second.drawn(kept, seed), children)
    typer.echo(f"Wrote {rows:,} synthetic rows to {output}.")


def _write_second(
    bundle: Bundle, second: Children, blocks: Iterator[pd.DataFrame], place: Path
) -> None:
    with whole(place) as stream:
        for _ in _writing(bundle, second.schema, blocks, stream, place):
            pass


def _second_of(bundle: Bundle) -> Children:
    """The second table of a release. Raises BundleError where it has none."""
    if bundle.children is None:
        raise BundleError("This release has no second table.", "Leave out --children.")
    return bundle.children


def _numbered(
    bundle: Bundle, blocks: Iterator[pd.DataFrame], seed: int, second: Children | None
) -> Iterator[pd.DataFrame]:
    """The rows with a key each where others are to belong to them: no two alike over all blocks."""
    start = 0
    for block in blocks:
        if second is not None:
            pattern = bundle.schema.pattern(second.key)
            block[second.key] = pattern.numbered(start, len(block), seed)
        start += len(block)
        yield block


def _writing(
    bundle: Bundle,
    schema: Schema,
    blocks: Iterator[pd.DataFrame],
    stream: IO[bytes],
    place: Path,
) -> Iterator[pd.DataFrame]:
    """Write rows of a release as the ending of the file says, and hand them on."""
    if place.suffix == ".csv":
        return bundle.as_text(blocks, stream, schema)
    return write_parquet(blocks, stream, schema)


def _drawn(
    bundle: Bundle, rows: int, where: str, balance: str, seed: int
) -> Iterator[pd.DataFrame]:
    """Rows of a release that keep its rules, and hold a condition where there is one."""
    with consistent():
        if balance:
            even = Balanced(bundle.model, balance, where, bundle.rules)
            typer.echo(even.told(rows))
            yield even.rows(rows, seed)
            return
        if not where:
            keeper = Keeper(bundle.model, bundle.rules)
            yield from keeper.blocks(rows, np.random.default_rng(seed))
            return
        meant = Conditioned.of(bundle.model, where, bundle.rules)
        typer.echo(meant.told(meant.expected()))
        yield meant.rows(rows, seed)


def reword(
    bundle: Annotated[Path, typer.Argument(help="A release bundle.")],
    recipe: Annotated[Path, typer.Argument(help="A recipe: the words under its [release].")],
    output: Annotated[Path, typer.Option("--output", "-o")] = Path("reworded.zip"),
    key: Annotated[Path | None, typer.Option(envvar=KEY, help="The key to sign with.")] = None,
) -> None:
    """Give a release another title, publisher, licence, contact, version, date or description.

    Its rows stay, and no budget is spent. Example: synth reword release.zip recipe.toml -o new.zip
    """
    with explained():
        words = read_recipe(text_of(recipe)).release
        signing = None if key is None else read_key(key)
        made = reworded(Bundle.read(bundle), words.title, words.about, signing)
        write_whole(output, made)
    typer.echo(f"Wrote {output}: the same rows, in other words.")


def verify_bundle(
    bundle: Annotated[Path, typer.Argument(help="A release bundle.")],
    against: Annotated[Path | None, typer.Option(help="The real table, to count again.")] = None,
    children: Annotated[Path | None, typer.Option(help="Its second table, if any.")] = None,
    person: Annotated[str, typer.Option(help="The column that names the person.")] = "",
    rows_per_person: Annotated[int, typer.Option(min=1, help="Most rows of a person.")] = 1,
    signed_by: Annotated[
        str, typer.Option(help="The fingerprint of the key it has to be signed with.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Check a release: every file is made again from the model and the seed, and compared.

    Of an evidence pack, checksums and signature. Example: synth verify release.zip
    """
    with explained():
        if is_pack(bundle):
            return say_pack(bundle, signed_by)
        read = Bundle.read(bundle)
        held = verify(read, signed_by)
        counted: tuple[str, ...] = ()
        if against is not None:
            whom = People(column=person, rows=rows_per_person)
            counted = recheck(read, as_released(read, against, whom, children))
    if as_json:
        signed = {"signed_by": read.signed_by, "guarantee": read.statement.guarantee.short}
        typer.echo(as_text({"held": list(held), "counted": list(counted), **signed}))
        return
    for sentence in (*held, *counted):
        typer.echo(f"ok  {sentence}")
    if against is not None and not counted:
        typer.echo(f"--  {uncounted(read)}")
    if not read.signed_by:
        typer.echo(f"--  {signed_words('')}")


def draw(
    bundle: Annotated[Path, typer.Argument(help="A release bundle.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="A folder.")] = Path("drawings"),
) -> None:
    """Draw what was learnt: missing values, marginals and correlations, as SVG.

    Example: synth draw release.zip -o drawings
    """
    with explained():
        made = drawings(Bundle.read(bundle))
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"The folder `{output.name}` cannot be made: {(error.strerror or '').lower()}.",
                "Name another place.",
            ) from None
        for name, content in made.items():
            write_whole(output / name, content)
    typer.echo(f"Wrote {', '.join(made)} to {output}.")
