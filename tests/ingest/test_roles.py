"""Roles are suggested from content, check digits, names and uniqueness, and say why."""

import pandas as pd
import pytest

from synth.ingest.roles import bsn_check, dni_check, guessed_role, iban_check, nir_check, words_of
from synth.ingest.suggest import suggest
from synth.schema import Kind, Role

I, Q, S, P = Role.IDENTIFIER, Role.QUASI, Role.SENSITIVE, Role.PLAIN  # noqa: E741


def role(name: str, *values: str) -> Role:
    text = pd.Series(values, dtype=object)
    return guessed_role(name, text, len(text), Kind.CATEGORY).role


@pytest.mark.parametrize(
    ("expected", "why", "values"),
    [
        (I, "e-mail", ("a.b@c.org", "x@y.uk")),
        (I, "IBAN", ("DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432")),
        (I, "NHS", ("943 476 5919", "999-934-5646")),
        (I, "French", ("1 85 05 78 006 084 91",)),
        (I, "Spanish", ("12345678Z",)),
        (I, "payment", ("4111 1111 1111 1111",)),
        (I, "social security", ("980-24-0087", "123-45-6789")),
        (I, "web", ("https://example.org/x", "www.example.org")),
        (I, "network", ("192.168.0.1",)),
        (I, "UUID", ("123e4567-e89b-12d3-a456-426614174000",)),
        (I, "phone", ("+44 20 7946 0018", "0049 30 123456")),
        (I, "first name", ("Smith, John", "Mary Jones", "Ali Khan", "Anna Berg", "Paul Roux")),
        (Q, "postcodes", ("AV1 1XU", "W1A 4BB")),
        (Q, "coordinates", ("51.5074, -0.1278",)),
    ],
)
def test_content_tells_the_role_whatever_the_name(expected, why, values):
    found = guessed_role("x", pd.Series(values, dtype=object), len(values), Kind.CATEGORY)
    assert found.role is expected
    assert why in found.why
    assert not any(v in found.why for v in values)


@pytest.mark.parametrize(
    ("expected", "name"),
    [
        (I, "PatientID"), (I, "last_name"), (I, "e-mail"), (I, "Phone"), (I, "subject id"),
        (Q, "DateOfBirth"), (Q, "Sex"), (Q, "zip"), (Q, "marital-status"), (Q, "Age band"),
        (Q, "admitted_at"), (Q, "native-country"), (S, "Diagnosis"), (S, "income>50K"),
        (S, "smoker"), (P, "hours-per-week"), (P, "emergency"), (P, "message"), (P, "stage"),
    ],
)  # fmt: skip
def test_names_tell_the_role(expected, name):
    assert role(name, *"qwrtz") is expected


def test_names_are_read_as_words():
    assert words_of("DateOfBirth") == words_of("date_of-birth") == "date of birth"


def test_check_digits_are_verified():
    assert iban_check("DE89370400440532013000")
    assert not iban_check("DE89370400440532013001")
    assert bsn_check("111222333")
    assert not bsn_check("111222334")
    assert nir_check("185057800608491")
    assert not nir_check("185057800608492")
    assert dni_check("12345678Z")
    assert not dni_check("12345678A")


def test_digits_without_a_right_check_digit_are_no_health_number():
    found = guessed_role("x", pd.Series(["9434765918", "1234567890"]), 2, Kind.INTEGER)
    assert found.role is P


def test_numbers_need_a_fitting_name_to_be_postal_codes():
    assert role("zip", "10115", "80331") is Q
    assert role("amount", "10115", "80331") is P


def test_an_identifier_with_few_values_narrows_down_only():
    text = pd.Series(["H1", "H2"], dtype=object)
    assert guessed_role("hospital id", text, 1000, Kind.CATEGORY).role is Q


def test_a_postcode_that_is_nearly_unique_stays_a_quasi_identifier():
    codes = [
        f"AV{i % 9 + 1} {i % 7}{a}{b}"
        for i, (a, b) in enumerate(zip("ABDEFGH" * 9, "JKLMNPQRS" * 7, strict=True))
    ]
    found = suggest(pd.DataFrame({"where": [*codes, codes[0]]}))["where"].column
    assert found.role is Q
    assert "nearly an identifier" in found.reason
