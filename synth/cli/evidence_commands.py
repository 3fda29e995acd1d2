"""`synth evidence`: what a data protection officer asks of a release, and what answers it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synth.cli.speech import explained
from synth.release import Bundle
from synth.release.evidence.criteria import Proof
from synth.release.evidence.pack import read_pack
from synth.release.evidence.promised import promised
from synth.release.signature import KEY, read_key, signed_words
from synth.release.table_files import write_whole
from synth.runs.evidence import share_safe_pack


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("evidence")(evidence)


def evidence(
    bundle: Annotated[Path, typer.Argument(help="A release bundle.")],
    output: Annotated[Path, typer.Option("--output", "-o")] = Path("evidence.zip"),
    key: Annotated[Path | None, typer.Option(envvar=KEY, help="The key to sign with.")] = None,
) -> None:
    """Put together what answers WP29, the ICO, HIPAA and the EMA; from a release alone.

    It may be handed on. With exact figures and attacks, for you: synth run --evidence.

    Example: synth evidence release.zip -o evidence.zip
    """
    with explained():
        signing = None if key is None else read_key(key)
        read = Bundle.read(bundle)
        write_whole(output, share_safe_pack(read, signing))
    for answer in promised(read):
        typer.echo(f"{answer.criterion.name}: {answer.proof.value}. {answer.words}")
    typer.echo(signed_words(signing.fingerprint if signing else ""))
    typer.echo(f"Wrote {output}: the share-safe edition.")


def say_pack(path: Path, signed_by: str = "") -> None:
    """What an evidence pack holds, after its checksums and signature were confirmed.

    Raises:
        BundleError: it was changed, or is not signed as it has to be.
    """
    read = read_pack(path, signed_by)
    typer.echo(f"ok  All files of this evidence pack ({read.edition} edition) are as they were.")
    typer.echo(f"ok  It is about the release whose SHA256SUMS has the checksum {read.release}.")
    for answer in read.answers:
        typer.echo(f"    {answer.get('name')}: {answer.get('answer', Proof.UNMEASURED.value)}")
    typer.echo(f"{'ok' if read.signed_by else '--'}  {signed_words(read.signed_by)}")
