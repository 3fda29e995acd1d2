"""Roles are suggested from content, check digits, names and uniqueness, and say why."""

import pandas as pd
import pytest

from synth.ingest.looks import NATIONAL, looked_like
from synth.ingest.roles import guessed_role
from synth.ingest.suggest import suggest
from synth.schema import Column, Kind, Role

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
        (I, "names of people", ("Smith, John", "Mary Jones", "Ali Khan", "Anna Berg", "Paul Roux")),
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


# Made up with the check digits of each country: the examples of python-stdnum's own pages.
VALID = {
    "fr.nir": ("1 85 05 78 006 084 91",) * 3,
    "es.dni": ("12345678Z", "54362315K"),
    "es.nie": ("X-2482300W",),
    "it.codicefiscale": ("RCCMNL83S18D969H",),
    "fi.hetu": ("131052-308T",),
    "pl.pesel": ("44051401359", "02070803628", "55030101193"),
    "se.personnummer": ("880320-0016", "811228-9874", "670919-9530"),
    "br.cpf": ("390.533.447-05", "231.002.999-81", "111.444.777-35"),
    "nl.bsn": ("111222333", "123456782", "232262536"),
}


@pytest.mark.parametrize("module", VALID)
def test_identity_numbers_are_known_by_their_check_digits(module):
    name = "bsn" if module == "nl.bsn" else "x"
    found, share = looked_like(name, VALID[module])
    assert found.role is I
    assert found in NATIONAL
    assert share == 1
    wrong = [v[:-1] + ("1" if v[-1] != "1" else "2") for v in VALID[module]]
    told = looked_like(name, wrong)
    assert told is None or told[0] is not found


def test_two_numbers_that_pass_a_check_by_chance_are_no_identity_numbers():
    assert looked_like("x", VALID["pl.pesel"][:2]) is None


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


def judged(name: str, values: list[object]) -> Column:
    return suggest(pd.DataFrame({name: values}))[name].column


MEASURED = [30_000 + 37 * i + i * i % 31 for i in range(500)]


@pytest.mark.parametrize("name", ["salary", "weight_g", "cost", "x"])
def test_measurements_that_are_all_different_are_numbers(name):
    column = judged(name, MEASURED)
    assert column.kind is Kind.INTEGER
    assert column.role is not I


@pytest.mark.parametrize(
    ("why", "values"),
    [
        ("run up", [7_000 + i for i in range(200)]),
        ("run up", [i + i // 3 for i in range(200)]),
        ("drawn as codes", [10_000_000 + 449_999 * i for i in range(200)]),
    ],
)
def test_whole_numbers_that_run_up_or_are_drawn_as_codes_are_identifiers(why, values):
    column = judged("x", values)
    assert column.role is I
    assert why in column.reason


@pytest.mark.parametrize("name", ["year", "Jahr", "time", "t"])
def test_time_that_runs_up_is_no_identifier(name):
    assert judged(name, list(range(1900, 2000))).role is P


def test_places_that_people_are_called_after_are_no_people():
    assert (
        judged("county", ["Clare Kerry", "Logan Lee", "Madison Scott", "Wayne Clark"] * 30).role
        is Q
    )


def test_numbers_that_are_all_different_are_identifiers_by_their_name():
    assert judged("empno", MEASURED).role is I


def test_numbers_of_21_digits_that_repeat_are_no_identifiers():
    assert judged("x", [str(10**20 + i % 150) for i in range(200)]).role is P
    assert judged("x", [str(10**20 + i) for i in range(200)]).role is I


GIVEN = ["Zbigniew", "Oluwaseun", "Siobhán", "Grzegorz", "Nguyễn"]
FAMILY = ["Okafor", "Zhang", "Wójcik", "Kowalczyk"]
REPEATED = [f"{g} {f}" for g in GIVEN for f in FAMILY] * 25
TITLED = [
    f"{f}, {t} {g}" for f in ("Braund", "Moranx", "Palss") for t, g in
    (("Mr.", "Gosta"), ("Miss.", "Owen H"), ("Mrs.", "Lauri"))
] * 20  # fmt: skip
SINGLE = ["Anna", "Peter", "Małgorzata", "Giulia", "Lars", "Jean-Pierre", "Иван"] * 30


AUTHORS = ["; ".join(REPEATED[i : i + 1 + i % 3]) for i in range(60)]


@pytest.mark.parametrize("values", [REPEATED, TITLED, SINGLE, AUTHORS])
def test_names_of_people_are_identifiers_however_often_they_repeat(values):
    column = judged("x", values)
    assert column.role is I
    assert "names" in column.reason
    assert not any(v in column.reason for v in values)


@pytest.mark.parametrize("name", ["Name", "Nom", "prénom", "cognome"])
def test_a_column_called_name_is_an_identifier_with_few_values_too(name):
    assert judged(name, ["A", "B", "C", "D"] * 100).role is I


NO_PEOPLE = {
    "states": ["Virginia", "Georgia", "North Carolina", "New York", "Florida", "Texas", "Montana"],
    "cities": ["San Francisco", "Santa Maria", "New Orleans", "Paris", "London", "St. Louis"],
    "companies": ["Morgan Stanley", "Deutsche Bank", "Ernst & Young", "General Motors", "Ford"],
    "months": ["April", "May", "June", "July", "August", "January", "March"],
    "colours": ["Red", "Green", "Blue", "White", "Black", "Brown", "Grey"],
    "answers": ["Strongly agree", "Agree", "Neither agree nor disagree", "Disagree"],
    "jobs": ["Farming Fishing", "Exec Managerial", "Craft Repair", "Sales", "Tech Support"],
    "languages": ["French; German", "Italian; French; German", "Spanish; English", "German"],
    "choices": ["French, German", "Italian, French, German", "Spanish, English", "German"],
    "hospitals": ["St Mary's Hospital", "King Edward Hospital", "Royal Victoria Infirmary"],
}


@pytest.mark.parametrize("what", NO_PEOPLE)
def test_names_of_other_things_are_no_people(what):
    assert judged("x", NO_PEOPLE[what] * 40).role is P


def test_short_notes_that_name_people_are_withheld():
    notes = ["call Mrs. Kowalska back", "spoke with Mr. Okafor today", "no answer at the door"] * 40
    column = judged("note", notes)
    assert column.kind is Kind.TEXT
    assert "notes that name people" in column.reason
    assert (
        judged("note", ["call back later today", "no answer at the door"] * 40).kind
        is not Kind.TEXT
    )


def test_the_condition_of_goods_is_no_illness_and_that_of_people_is():
    assert judged("condition", ["new", "used", "used", "refurbished"] * 30).role is P
    assert judged("condition", ["asthma", "none", "type 2 diabetes"] * 30).role is S


def test_a_union_of_two_states_is_a_membership_and_one_of_companies_is_none():
    assert judged("union", ["yes", "no"] * 60).role is S
    assert judged("union", ["Alpha", "Beta", "Gamma"] * 60).role is P
