"""A second table on its way into the vault, whose rows belong to the people of the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from synth.budget import Ledger
from synth.budget.eyes import ForCustodian
from synth.errors import IngestError, SchemaError
from synth.ingest.declaration import ColumnPart, declared
from synth.ingest.loading import AS_FOUND, Loaded, opened
from synth.ingest.reading import MISSING_TEXTS, Choices, Noticed
from synth.ingest.suggest import Suggestion, suggest
from synth.lazily import nw
from synth.schema import Column, Origin, Role, Schema
from synth.schema.written import AS_USUAL, Written
from synth.vault import PrivateTable
from synth.vault.linked import CountLinked, JoinLinked, LinkedRows
from synth.vault.passing import Came
from synth.wording import so_many


@dataclass(frozen=True, repr=False)
class LoadedLinked(ForCustodian):
    """A second table, and what its columns seem to be: for the custodian's eyes.

    Args:
        written: how it was written, where it came from a text file.
    """

    rows: LinkedRows
    suggestions: dict[str, Suggestion]
    noticed: tuple[Noticed, ...] = ()
    written: Written = AS_USUAL


def load_linked(
    source: Path | str | IO[bytes] | Any,
    key: str,
    *,
    missing: Sequence[str] = MISSING_TEXTS,
    choices: Choices = AS_FOUND,
) -> LoadedLinked:
    """Read a second table, and guess what its columns are.

    Args:
        source: as of `load`, but in memory.
        key: its column that names the person.

    Raises:
        IngestError: there is no such file, it is no table, or its rows would stay elsewhere.
        SchemaError: it has no such column.
    """
    read = opened(source, missing, choices)
    if isinstance(read, nw.LazyFrame):
        raise IngestError(
            "The rows of a second table cannot stay in their engine: they are joined to people.",
            "Load it: collect the frame, or name a file.",
        )
    written = read.written or AS_USUAL
    delimiter = read.written.delimiter if read.written else ""
    rows = LinkedRows(Came(read.frame, read.gaps, read.stored, written), key)
    suggestions = suggest(read.frame, read.stored, read.gaps, delimiter)
    return LoadedLinked(rows, suggestions, read.noticed, written)


def left_out(rows: LinkedRows, name: str, most: int) -> Iterator[Noticed]:
    """What of a second table is left out before anything is counted, for the custodian.

    Args:
        name: what its rows are called.
        most: rows of one person that count.
    """
    found = rows.figures
    if cut := found.cut(most):
        yield Noticed(
            f"{so_many(found.people_cut(most), 'person has', 'people have')} more than "
            f"{so_many(most, 'row')} of {name}: {cut:,} of "
            f"{found.rows:,} rows {'is' if cut == 1 else 'are'} left out.",
            "Raise `most` in [children] to keep them; each further one costs more noise.",
        )
    if found.nameless:
        yield Noticed(
            f"{found.nameless:,} of {found.rows:,} rows of {name} "
            f"{'names nobody, and is' if found.nameless == 1 else 'name nobody, and are'} left out."
        )


def with_numbers(
    people: Loaded,
    linked: LoadedLinked,
    person: str,
    name: str,
    most: int,
    *,
    usual: Sequence[str] = (),
    parts: Sequence[ColumnPart] = (),
) -> Loaded:
    """The people with how many linked rows each has, and what is usual in them, as columns.

    Args:
        person: the column that names the person.
        name: what the linked rows are called.
        most: rows of one person that count.
        usual: columns of the linked rows of which the value that most rows of a person have
            becomes a column of the person; their values have to be declared.
        parts: what the custodian declares of the linked rows' columns.

    Raises:
        SchemaError: there is a column of that name already, or values are not declared.
    """
    column = number_of(name)
    told = {n: _usual(n, name, linked, parts) for n in usual}
    for made in (column, *(c.name for c in told.values())):
        if made in people.private.schema:
            raise SchemaError(
                f"The table has a column `{made}` already.", "Give it another name in its query."
            )
    meaning = f"how many rows of {name} belong to it"
    step = CountLinked(linked.rows, person, most, column, meaning, told)
    return replace(people, private=people.private.transform(step))


def _usual(column: str, name: str, linked: LoadedLinked, parts: Sequence[ColumnPart]) -> Column:
    """The column of the person that says what most of their rows hold."""
    part = next((p for p in parts if p.name == column and p.values is not None), None)
    if part is None or part.seen:
        raise SchemaError(
            f"What is usual in `{column}` becomes a column of the person, and its values are not "
            "declared.",
            "List its `values` in [[children.column]], or take it out of `usual` in [children].",
        )
    plain = part.model_copy(update={"role": Role.PLAIN})  # whatever its rows suggest
    own = declared(linked.suggestions, [plain])[column]
    domain: Any = own.domain
    meaning = f"what most of its rows of {name} hold in {column}"
    lacking = replace(domain, missing=True)  # whoever has no row has no usual one
    told = {"name": usual_of(column), "domain": lacking, "meaning": meaning}
    return replace(own, facts=Origin.DECLARED, missing_as="", **told)


def usual_of(column: str) -> str:
    """The column of the first table that says what is usual in one of the linked rows."""
    return f"usual {column}"


def number_of(name: str) -> str:
    """The column of the first table that says how many linked rows there are."""
    return f"number of {name}"


def joined(
    people: PrivateTable,
    linked: LoadedLinked,
    parts: Sequence[ColumnPart],
    given: Sequence[Column],
    ledger: Ledger,
    *,
    of: str,
    lenient: bool = False,
) -> Loaded:
    """The linked rows in the vault, each with columns of its person.

    Args:
        people: the first table, as it is after its steps; `person` names each.
        parts: what the custodian declares of the second table's columns.
        given: columns of the people, as they are public by now.
        ledger: what is told of the second table is charged to it; of each person as many rows are
            kept as it says.
        of: what the people are called.
        lenient: as of `declared`.

    Raises:
        SchemaError: a column is declared that is not there, or two would have one name.
    """
    key = linked.rows.key
    own = [p for p in parts if p.name != key]
    schema = declared(linked.suggestions, [*own, _as_key(parts, key)], lenient=lenient)
    columns = {c.name: beside(of, c.name) for c in given}
    theirs = (_told_before(replace(c, name=columns[c.name])) for c in given)
    whole = Schema((*schema.columns, *theirs))
    step = JoinLinked(linked.rows, people.person, ledger.budget.rows_per_person, columns, whole)
    private = people.transform(step).charged_to(ledger)
    said = (*own, _as_key(parts, key))
    return Loaded(
        private, linked.suggestions, linked.rows.figures.rows, said, written=linked.written
    )


def _told_before(column: Column) -> Column:
    """A column of the people, of which nothing is to be found out again: not even where to cut."""
    domain: Any = column.domain
    if domain.origin is Origin.BOUNDED:
        return replace(column, domain=replace(domain, origin=Origin.DISCOVERED))
    return column


def beside(of: str, column: str) -> str:
    """The name of a person's column beside linked rows."""
    return f"{of}.{column}"


def as_person(parts: Sequence[ColumnPart], person: str) -> tuple[ColumnPart, ...]:
    """What is declared of the people's columns, where the one that names them is a key."""
    return (*(p for p in parts if p.name != person), _as_key(parts, person))


def _as_key(parts: Sequence[ColumnPart], key: str) -> ColumnPart:
    """What is declared of a column that is a key: it is made anew, whatever the rows hold."""
    told = next((p for p in parts if p.name == key), ColumnPart(name=key))
    return told.model_copy(update={"role": Role.IDENTIFIER, "seen": False})
