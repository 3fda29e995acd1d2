"""Who is a person: columns that repeat like a person's number, and what a cap keeps."""

import pandas as pd
import pytest

from synth.budget import Audience, Budget
from synth.ingest import load
from synth.ingest.persons import Repeats, person_columns, repeats_of
from synth.ingest.suggest import Suggestion, suggest
from synth.vault import PrivateTable

VISITS = pd.DataFrame(
    {
        "visit_id": [f"V{i:05}" for i in range(300)],
        "patient": [f"PT{i * i % 97:03}" for i in range(300)],
        "Name": ["Anna Kowalska", "Zbigniew Okafor", "Lars Zhang"] * 100,
        "age": [20 + i % 60 for i in range(300)],
        "cost": [1000 + 7 * (i % 200) for i in range(300)],
    }
)


def likely(suggestions: dict[str, Suggestion]) -> list[str]:
    return list(person_columns({n: s.repeats for n, s in suggestions.items()}))


def test_a_column_that_repeats_like_a_persons_number_is_proposed_and_no_other():
    assert likely(suggest(VISITS)) == ["patient"]
    assert likely(suggest(VISITS[["age", "cost", "visit_id"]])) == []


def test_the_number_of_a_person_comes_before_that_of_a_visit():
    table = VISITS.assign(case_id=[f"C{i % 250:04}" for i in range(300)])
    assert likely(suggest(table)) == ["patient", "case_id"]


def test_codes_of_one_length_are_proposed_whatever_their_column_is_called():
    table = VISITS.rename(columns={"patient": "x"})
    assert likely(suggest(table)) == ["x"]


def test_words_that_are_nearly_all_different_are_no_numbers_of_persons():
    cabins = [f"{'ABC'[i % 3]}{i * 7 % 120}" for i in range(150)] + ["C7", "B10"] * 20
    assert likely(suggest(pd.DataFrame({"Cabin": cabins}))) == []


@pytest.mark.parametrize("most", [1, 2, 5, 100])
def test_what_a_cap_keeps_is_what_the_vault_keeps(most):
    table = VISITS.assign(patient=VISITS["patient"].where(VISITS.index % 11 != 0))
    suggestion = suggest(table)["patient"]
    loaded = load(table, Budget(1.0))
    kept = PrivateTable(
        table, loaded.private.schema, Budget(1.0, rows_per_person=most), person="patient"
    ).exact_size("to compare", Audience.CUSTODIAN)
    assert suggestion.repeats.kept(most) == kept
    owners = table["patient"].value_counts()
    assert suggestion.repeats.cut(most) == (owners > most).sum()


def test_the_proposed_cap_keeps_nearly_all_rows_and_is_small():
    repeats = Repeats(rows=(1, 2, 40), values=(1000, 100, 1))  # 1,240 rows
    assert repeats.proposed == 2
    assert repeats_of(VISITS["age"].value_counts().to_numpy(), 300).proposed == 5


def test_how_often_people_repeat_shows_itself_to_who_asks_only():
    assert "97" not in repr(Repeats((97,), (1,)))
