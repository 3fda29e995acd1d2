"""What stands against a release: each line with a fix, or a reason the custodian keeps."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest
from typer.testing import CliRunner

from synth.budget import Budget
from synth.cli import app as commands
from synth.evaluate.copies import Copies
from synth.ingest.looks import identifiers_in
from synth.learning.keeping import Upkeep
from synth.runs import Outcome, Recipe, read_recipe, run
from synth.runs.fixes import coarser
from synth.runs.gate import Objection, excepted, gate, ready
from synth.runs.purpose import PurposePart
from synth.runs.recipe import MethodPart, Privacy, ReleasePart, RulePart, ShowcasePart, Source
from synth.runs.recipe_file import handed_on, recipe_text
from synth.schema import Column, Dates, Kind
from tests.people import some_people

INDEPENDENT = Recipe(method=MethodPart(name="independent"))


@pytest.fixture(scope="module")
def patients() -> pd.DataFrame:
    """People with a postcode each, two in a thousand alike: districts alone can be told."""
    people = some_people(3000)
    code = [f"AV{1 + i % 3} {i % 10}{'ABDE'[i % 4]}{'LNPQ'[i // 9 % 4]}" for i in range(3000)]
    return people.assign(postcode=code)


@pytest.fixture(scope="module")
def outcome(patients) -> Outcome:
    return run(INDEPENDENT, patients)


def lines(recipe: Recipe, outcome: Outcome) -> dict[str, Objection]:
    found = gate(recipe, outcome.release.model, outcome.comparison)
    return {line.key: line for line in found}


def test_a_lost_column_stops_and_its_fix_is_a_change_of_the_recipe_that_helps(patients, outcome):
    line = lines(INDEPENDENT, outcome)["lost postcode"]
    assert line.open
    fix = line.fixes[0]
    assert fix.words == "generalise `postcode` to its district"
    changed = fix.of(INDEPENDENT)
    assert changed.protect == (
        {"step": "generalise", "column": "postcode", "hierarchy": "postcode", "level": 2},
    )
    again = run(read_recipe(recipe_text(changed)), patients)
    assert "lost postcode" not in lines(changed, again)
    assert ready(gate(changed, again.release.model, again.comparison))


def test_a_column_that_was_generalised_already_is_offered_the_next_level(outcome):
    step = {"step": "generalise", "column": "postcode", "hierarchy": "postcode", "level": 2}
    recipe = INDEPENDENT.model_copy(update={"protect": (step,)})
    wider = lines(recipe, outcome)["lost postcode"].fixes[0].of(recipe)
    assert wider.protect == ({**step, "level": 3},)


def test_where_few_values_can_be_told_the_level_after_the_next_is_offered_too(outcome):
    few = replace(outcome.comparison, tellable=3)
    found = gate(INDEPENDENT, outcome.release.model, few)
    line = next(x for x in found if x.key == "lost postcode")
    assert [fix.of(INDEPENDENT).protect[0].get("level") for fix in line.fixes[:2]] == [2, 3]
    assert all(len(fix.of(INDEPENDENT).protect) == 1 for fix in line.fixes[:2])


def test_leaving_it_out_is_offered_last(outcome):
    dropped = lines(INDEPENDENT, outcome)["lost postcode"].fixes[-1].of(INDEPENDENT)
    assert dropped.protect == ({"step": "drop", "columns": ("postcode",)},)


def test_more_epsilon_is_not_offered_where_nothing_survives(outcome):
    fixes = lines(INDEPENDENT, outcome)["lost postcode"].fixes
    assert fixes and all(fix.epsilon is None for fix in fixes)


def test_a_reason_lets_it_leave_and_stays_with_the_custodian(outcome):
    told = excepted(INDEPENDENT, "lost postcode", " nobody \n needs it ")
    assert lines(told, outcome)["lost postcode"].reason == "nobody needs it"
    assert ready(gate(told, outcome.release.model, outcome.comparison))
    assert read_recipe(recipe_text(told)) == told
    assert excepted(told, "lost postcode", "") == INDEPENDENT
    assert not ready(gate(INDEPENDENT, outcome.release.model, outcome.comparison))
    assert handed_on(told, outcome.release.model.schema) == handed_on(
        INDEPENDENT, outcome.release.model.schema
    )


def test_the_very_number_of_people_stops_where_it_stands_in_the_recipe(outcome):
    def told(rows: int, said: Recipe) -> Objection | None:
        found = replace(outcome.comparison, rows=rows)
        every = gate(said, outcome.release.model, found)
        return next((x for x in every if x.key == "the number of people"), None)

    said = INDEPENDENT.model_copy(update={"purpose": PurposePart(rows=2987)})
    line = told(2987, said)
    assert line is not None and line.open
    assert line.fixes[0].of(said).purpose.rows == 3000
    drawn = INDEPENDENT.model_copy(update={"release": ReleasePart(rows=2987)})
    assert told(2987, drawn).fixes[0].of(drawn).release.rows == 3000
    assert told(2991, said) is None  # a guess
    round_ = said.model_copy(update={"purpose": PurposePart(rows=3000)})
    assert told(3000, round_) is None  # as anybody would say
    assert told(2987, said.model_copy(update={"method": MethodPart(name="sequential")})) is None


def test_no_reason_enters_a_bundle(patients):
    made = run(excepted(INDEPENDENT, "lost postcode", "nobody needs it"), patients)
    assert b"exceptions" not in made.release.recipe.encode()
    assert "nobody needs it" not in made.release.recipe


def test_copies_beyond_chance_stop_and_a_formal_method_is_offered(outcome):
    copied = replace(outcome.comparison, copies=Copies(1000, 900, 800, 0.01, 0.0))
    recipe = Recipe(method=MethodPart(name="kde"), privacy=Privacy(epsilon=math.inf))
    found = {line.key: line for line in gate(recipe, outcome.release.model, copied)}
    line = found["copies kde"]
    assert line.open
    changed = line.fixes[0].of(recipe)
    assert (changed.method.name, changed.privacy.epsilon) == ("adaptive", 1.0)
    fewer = replace(copied, copies=Copies(1000, 9, 0, 0.01, 0.0))
    assert "copies kde" not in {x.key for x in gate(recipe, outcome.release.model, fewer)}


def test_a_statement_that_its_ledger_does_not_bear_out_stops_whatever_the_reason(outcome):
    model = outcome.release.model
    lower = replace(model.statement, budget=Budget(0.5))
    forged = replace(model, statement=lower)
    told = excepted(INDEPENDENT, "promise", "it is fine")
    first = gate(told, forged, outcome.comparison)[0]
    assert first.key == "promise"
    assert first.open


def test_identifiers_among_values_stop_and_in_the_custodians_words_are_to_be_looked_at():
    people = some_people().assign(by=["ann@example.org", "bob@example.org"] * 200)
    column = read_recipe(
        '[[column]]\nname = "by"\nrole = "plain"\nkind = "category"\n'
        'values = ["ann@example.org", "bob@example.org"]\n'
    ).column
    words = ReleasePart(title="Ask +44 20 7946 0958 about it")
    recipe = INDEPENDENT.model_copy(
        update={"column": column, "release": words, "showcase": ShowcasePart(text="By ann@x.org.")}
    )
    made = run(recipe, people)
    found = lines(recipe, made)
    assert found["identifiers by"].open
    assert "2 of them look like e-mail addresses" in found["identifiers by"].why
    assert not found["identifiers in the title"].stops
    assert not found["identifiers in the text of the showcase"].stops
    assert not [x for x in found.values() if "@" in x.plain or "7946" in x.plain]


@pytest.mark.parametrize(
    ("texts", "what"),
    [
        (["see 943 476 5919 there"], ["NHS numbers with a right check digit"]),
        (["943-476-5919"], ["NHS numbers with a right check digit"]),
        (["943-476-5918"], []),
        (["Ward 7", "2024-03-05", "12.50", "0012345678"], []),
        (["https://example.org/a"], []),
        (["GB33BUKB20201555555555"], ["IBANs with a right check number"]),
    ],
)
def test_only_what_is_surely_an_identifier_is_taken_for_one(texts, what):
    assert [w for w, _ in identifiers_in(texts)] == what


def test_a_strict_run_writes_nothing_and_ends_with_three_unless_a_reason_is_given(
    tmp_path, patients
):
    patients.to_csv(tmp_path / "p.csv", index=False)
    recipe = INDEPENDENT.model_copy(update={"source": Source(file="p.csv")})
    (tmp_path / "r.toml").write_text(recipe_text(recipe))
    out = tmp_path / "out.zip"

    def asked(*more: str):
        return CliRunner().invoke(
            commands, ["run", str(tmp_path / "r.toml"), "-o", str(out), *more]
        )

    stopped = asked("--strict")
    assert stopped.exit_code == 3
    assert not out.exists()
    assert "stops   `postcode`: nothing survives" in stopped.output
    despite = asked("--strict", "--despite", "nobody needs it")
    assert despite.exit_code == 0
    assert "because: nobody needs it" in despite.output
    out.unlink()
    loose = asked()
    assert loose.exit_code == 0
    assert "Not ready to leave" in loose.output
    assert out.exists()


def test_each_step_that_a_fix_proposes_is_one_that_there_is():
    schema = run(INDEPENDENT, some_people(300)).release.model.schema
    dates = Column("came", Dates((0.0, 86400.0)), Kind.DATE)
    for column in (*schema, dates, Column("post code", schema.domain("city"))):
        for fix in coarser(INDEPENDENT, column):
            assert read_recipe(recipe_text(fix.of(INDEPENDENT))).protect


def test_rules_that_leave_out_most_rows_stop_it_and_a_reason_lets_it_leave(outcome):
    told = INDEPENDENT.model_copy(update={"rules": (RulePart(says="age is not before city"),)})
    asked = (outcome.release.model, outcome.comparison)
    few, most = Upkeep(drawn=100, left_out=50), Upkeep(drawn=100, left_out=51)
    found = {line.key: line for line in gate(told, *asked, most)}
    assert found["rules left out"].open and "51.0%" in found["rules left out"].why
    assert "rules left out" not in {line.key for line in gate(told, *asked, few)}
    assert found["rules left out"].fixes[0].of(told).rules == ()
    kept = excepted(told, "rules left out", "only the form matters")
    assert not any(x.open for x in gate(kept, *asked, most) if x.key == "rules left out")
