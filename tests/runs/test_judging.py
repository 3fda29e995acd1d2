"""Under which columns the real rows are held against a release."""

from dataclasses import replace

from synth.budget import Budget
from synth.runs.judging import as_seen
from synth.schema import Categories, Column, Kind, Origin, Schema
from synth.vault import PrivateTable
from tests.people import some_people

SEEN = Column("ill", Categories(("no", "yes"), missing=True, origin=Origin.OBSERVED), Kind.BOOLEAN)
FOUND = Column("ill", Categories(("no", "yes"), missing=True, origin=Origin.DISCOVERED))


def test_a_column_found_of_another_kind_is_compared_though_its_method_changed_it():
    before = PrivateTable(some_people(300)[["ill"]], Schema((SEEN,)), Budget(1.0))
    found = before.discovered([FOUND])
    changed = replace(FOUND, domain=replace(FOUND.domain, other=True))  # as a method may
    judged = as_seen(before, PrivateTable.discovered(found, [changed])).schema["ill"]
    assert judged.kind is FOUND.kind
    assert judged.domain.origin is Origin.OBSERVED
