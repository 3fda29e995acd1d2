"""The name of a column tells its role in the languages that tables come in."""

import pytest

from synth.ingest.roles import role_by_name, words_of
from synth.schema import Role

PEOPLE = """
    participant PATID PatientID IDNumber last_name cognome imię nazwisko pesel Nom Name
    empno Vorname Nachname apellido Apellidos sobrenome efternamn förnamn
    etternavn_fornavn фамилия Имя ФИО achternaam voornaam prénom příjmení jméno sukunimi
    etunimi vezetéknév soyisim επώνυμο 姓名 氏名 이름 patient Patient_Name nom_du_patient
    kundennummer Versichertennummer codice_fiscale personnummer fødselsnummer
    rodné_číslo henkilötunnus DNI e-mail correo_electrónico Telefonnummer téléfono
    телефон адрес indirizzo MRN hadm_id record_id ResponseId numéro_patient Straße
"""
KNOWN = """
    DateOfBirth dob Geburtsdatum date_de_naissance fecha_nacimiento data_nascimento
    data_di_nascita geboortedatum födelsedatum data_urodzenia datum_narození
    дата_рождения doğum_tarihi 生年月日 Sex Geschlecht sexe sesso geslacht kön płeć pohlaví
    sukupuoli пол 性别 âge Alter edad idade età leeftijd ålder wiek věk возраст zip PLZ
    code_postal CAP postnummer kod_pocztowy индекс ville ciudad cidade comune woonplaats
    miasto město város город Beruf profession ocupación profissão professione beroep
    yrke zawód povolání foglalkozás профессия native-country Familienstand
"""
SECRET = """
    Diagnosis diagnóstico diagnosi Diagnose rozpoznanie diagnóza диагноз 诊断 maladie
    enfermedad Krankheit income>50K salary Gehalt Einkommen revenu salaire reddito
    stipendio inkomen inkomst wynagrodzenie příjem доход ingresos renda religion
    medical_condition smoker trade_union_member
"""
NEITHER = """
    condition union genre hours-per-week emergency message stage status company
    product_name redcap_event_name visit_number Survived Pclass land_use sold_by plan
    data event_name g nie_wiem dni_tygodnia
"""


@pytest.mark.parametrize(
    ("role", "names"),
    [
        (Role.IDENTIFIER, PEOPLE),
        (Role.QUASI, KNOWN),
        (Role.SENSITIVE, SECRET),
        (Role.PLAIN, NEITHER),
    ],
    ids=["people", "known", "secret", "neither"],
)
def test_names_in_many_languages_tell_the_role(role, names):
    told = {n: role_by_name(words_of(n)) for n in names.split()}
    assert {n: r.role if r else Role.PLAIN for n, r in told.items()} == dict.fromkeys(told, role)


def test_a_count_of_children_is_no_name_and_a_name_of_several_words_is_one():
    assert role_by_name(words_of("nombre d'enfants")).role is Role.QUASI
    assert role_by_name(words_of("Nombre y apellidos")).of_people
    assert role_by_name(words_of("nombre")).of_people


@pytest.mark.parametrize(
    "name", ["price", "cost", "Fare", "pop", "montant", "Betrag", "importe", "цена", "dose_mg"]
)
def test_what_is_measured_is_told_by_its_name_under_a_budget_too(name):
    found = role_by_name(words_of(name))
    assert found.role is Role.PLAIN
    assert "measured" in found.why


def test_names_are_read_as_words_without_accents():
    assert words_of("DateOfBirth") == words_of("date_of-birth") == "date of birth"
    assert words_of("Prénom") == "prenom"
    assert words_of("PatientIDNumber") == "patient id number"
    assert words_of("Großstraße_Łódź") == "grossstrasse lodz"


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("How often did you see a doctor last year, by phone or not? Count all.", Role.PLAIN),
        ("Please enter your phone number so that we can call you back", Role.IDENTIFIER),
        ("If you would like to hear from us again, what is your e-mail", Role.IDENTIFIER),
        ("contact phone number", Role.IDENTIFIER),
    ],
)
def test_a_word_in_a_long_question_makes_its_answers_no_identifiers(name, role):
    found = role_by_name(words_of(name))
    assert (found.role is Role.IDENTIFIER if found else False) is (role is Role.IDENTIFIER)
