import io

import pytest

from synth.budget import Budget
from synth.errors import SchemaError
from synth.ingest import load
from synth.ingest.declaration import ColumnPart, declared
from synth.schema import Categories, Dates, Kind, Numbers, Origin, Pattern, Role
from synth.schema.documents import domain_of

ROWS = "\n".join(
    ["id,age,city,seen,weight"]
    + [
        f"P{i:03d},{i % 90},{'Oslo' if i % 3 else 'Rome'},2020-01-{i % 28 + 1:02d},{i / 8:.3f}"
        for i in range(300)
    ]
).encode()


@pytest.fixture(scope="module")
def suggestions():
    return load(io.BytesIO(ROWS), Budget(1.0)).suggestions


def one(suggestions, **told):
    return declared(suggestions, [ColumnPart(**told)])[told["name"]]


def test_declared_bounds_are_not_observed(suggestions):
    age = one(suggestions, name="age", low=0, high=120)
    assert age.domain.origin is Origin.BOUNDED
    assert isinstance(age.domain, Numbers)
    assert (age.domain.edges[0], age.domain.edges[-1]) == (0, 121)


def test_a_declared_domain_is_kept_whole_whatever_occurs(suggestions):
    """The old tool added values that occur to the list, and cut bounds to what was observed."""
    city = one(suggestions, name="city", values=("Oslo",), missing=False)
    assert isinstance(city.domain, Categories)
    assert city.domain.values == ("Oslo",)
    assert city.domain.other


@pytest.mark.parametrize(
    "told",
    [
        {"name": "city", "values": ("Oslo",)},
        {"name": "age", "low": 0, "high": 120},
        {"name": "weight", "edges": (0.0, 20.0, 40.0), "kind": Kind.REAL, "decimals": 3},
        {"name": "seen", "low": "2020-01-01", "high": "2020-02-01", "kind": Kind.DATE},
    ],
)
def test_that_cells_are_missing_can_be_declared_as_sure(told, suggestions):
    """What might be missing was lost in a small table, whether somebody had said so or not."""
    for missing, expected in ((None, (True, False)), (True, (True, True)), (False, (False, False))):
        domain = one(suggestions, missing=missing, **told).domain
        assert (domain.missing, domain.gapped) == expected
        assert domain_of(domain.document()) == domain
    assert ColumnPart(name="city", missing=True).model_dump(exclude_defaults=True)["missing"]


def test_one_number_may_be_all_that_there_is(suggestions):
    """Of a year that all rows share both bounds are the same; the whole table was refused."""
    domain = one(suggestions, name="age", low=9, high=9).domain
    assert (domain.edges, domain.origin) == ((9.0, 10.0), Origin.DECLARED)


def test_declared_dates_keep_their_format(suggestions):
    seen = one(suggestions, name="seen", low="2019-01-01", high="2021-12-31", intervals=36)
    assert isinstance(seen.domain, Dates)
    assert seen.domain.size == 37
    assert seen.domain.origin is Origin.DECLARED


def test_a_role_of_identifier_makes_new_values(suggestions):
    city = one(suggestions, name="city", role="identifier")
    assert city.role is Role.IDENTIFIER
    assert isinstance(city.domain, Pattern)


def test_a_kind_can_be_overruled(suggestions):
    age = one(suggestions, name="age", kind="category")
    assert age.kind is Kind.CATEGORY
    assert isinstance(age.domain, Categories)


MISTAKES = {
    "unknown column": ({"name": "cty"}, "no column `cty`. Did you mean `city`"),
    "one bound": ({"name": "age", "low": 0}, "one bound without the other"),
    "bounds turned": ({"name": "age", "low": 9, "high": 1}, "lower bound 9 and the upper bound 1"),
    "bounds no numbers": ({"name": "age", "low": "a", "high": "b"}, "are not numbers"),
    "bounds no dates": (
        {"name": "seen", "low": "soon", "high": "later"},
        "not a date written as %Y-%m-%d",
    ),
    "kind that does not fit": ({"name": "city", "kind": "integer"}, "holds values that are not"),
    "edges falling": ({"name": "age", "edges": (5, 1)}, "do not ascend"),
    "value twice": ({"name": "city", "values": ("a", "a")}, "names a value twice"),
}


@pytest.mark.parametrize(("told", "says"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_contradiction_is_a_sentence_with_a_remedy(told, says, suggestions):
    with pytest.raises(SchemaError, match=says):
        one(suggestions, **told)
