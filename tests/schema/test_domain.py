import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from synth.errors import SchemaError
from synth.ingest.suggest import resolution_of
from synth.schema import Categories, Dates, Numbers, Origin, Text
from synth.schema.documents import domain_of
from synth.schema.edges import even_edges, whole_edges

DAY = 86400.0
DOMAINS = [
    Categories(("a", "b")),
    Categories(("a", "b"), missing=True, other=True),
    Categories(("1", "12"), typed="integer"),
    Numbers((0, 10, 20), decimals=0),
    Numbers((0.0, 0.5, 1.0), decimals=2, missing=True),
    Dates((0.0, DAY, 2 * DAY), missing=True),
    Dates((0.0, 3600.0, 7200.0), format="%Y-%m-%d %H:%M:%S", resolution=1.0),
    Text(missing=True),
]


@pytest.mark.parametrize("domain", DOMAINS, ids=repr)
def test_decoding_then_encoding_gives_the_same_codes(domain, rng):
    codes = rng.integers(domain.size, size=500)
    plain = codes[:]
    if getattr(domain, "other", False):
        plain = np.where(codes == len(domain.values), 0, codes)  # "(other)" is a new word
    assert (domain.encode(domain.decode(plain, rng)) == plain).all()


@pytest.mark.parametrize("domain", DOMAINS, ids=repr)
def test_a_document_describes_its_domain(domain):
    again = domain_of(domain.document())
    assert (again.size, again.labels, again.origin) == (domain.size, domain.labels, domain.origin)


def test_values_that_do_not_fit_are_counted_somewhere_and_raise_nothing():
    odd = pd.Series(["a", "zebra", None], dtype=object)
    assert Categories(("a", "b"), other=True, missing=True).encode(odd).tolist() == [0, 2, 3]
    assert Categories(("a", "b"), missing=True).encode(odd).tolist() == [0, 2, 2]
    assert Categories(("a", "b")).encode(odd).tolist() == [0, 0, 0]
    numbers = pd.Series([-5, 0, 9, 10, 99, None])
    assert Numbers((0, 10, 20), missing=True).encode(numbers).tolist() == [0, 0, 0, 1, 1, 2]


def test_a_categorical_column_is_encoded_like_its_values():
    text = pd.Series(["b", None, "a", "b"], dtype=object)
    domain = Categories(("a", "b"), missing=True)
    assert (domain.encode(text.astype("category")) == domain.encode(text)).all()


def test_age_eighteen_belongs_to_eighteen_to_twenty_four():
    bands = Numbers((0, 18, 25, 45, 65, 85, 121), decimals=0)
    assert bands.labels[:2] == ("0 to 17", "18 to 24")
    assert bands.encode(pd.Series([17, 18, 24, 25])).tolist() == [0, 1, 1, 2]


@given(some.integers(-50, 50), some.integers(1, 300), some.integers(1, 40))
def test_whole_numbers_come_back_whole_and_inside_their_bounds(low, width, intervals):
    domain = Numbers(whole_edges(low, low + width, intervals), decimals=0)
    codes = np.repeat(np.arange(domain.size), 20)
    values = domain.decode(codes, np.random.default_rng(0))
    assert str(values.dtype) == "Int64"
    assert values.between(low, low + width).all()
    assert (domain.encode(values) == codes).all()


def test_decimals_keep_their_precision(rng):
    drawn = Numbers(even_edges(0, 1, 7), decimals=2).decode(rng.integers(7, size=200), rng)
    assert (drawn * 100 - (drawn * 100).round()).abs().max() < 1e-9


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S.%f"])
def test_dates_come_back_in_the_format_they_came_in(form, rng):
    domain = Dates((0.0, DAY, 40 * DAY), format=form, resolution=resolution_of(form))
    drawn = domain.decode(np.array([0, 1, 1]), rng)
    again = pd.to_datetime(drawn, format=form)
    assert (again.dt.strftime(form) == drawn).all()


def test_edges_that_do_not_ascend_are_refused():
    with pytest.raises(SchemaError, match=r"do not ascend.*smallest first"):
        Numbers((0, 0))
    with pytest.raises(SchemaError, match="lower bound 3 is not below"):
        even_edges(3, 3, 4)


def test_a_value_listed_twice_is_refused():
    with pytest.raises(SchemaError, match="names a value twice"):
        Categories(("a", "a"))


def test_an_unknown_domain_lists_the_known_ones():
    with pytest.raises(SchemaError, match=r"no domain called `colour`.*categories, numbers"):
        domain_of({"domain": "colour"})


def test_free_text_never_comes_back():
    words = Text().decode(np.zeros(3, dtype=int), np.random.default_rng(0))
    assert set(words) == {"(text withheld)"}


def test_observed_is_remembered():
    assert domain_of(Categories(("a",), Origin.OBSERVED).document()).origin is Origin.OBSERVED
