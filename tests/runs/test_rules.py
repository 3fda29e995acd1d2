"""Rules from the recipe to the release: kept, counted, told, verified, and held at the gate."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from synth.budget import Budget, Chosen
from synth.cli import app
from synth.errors import BundleError, RecipeError, RuleError
from synth.evaluate import Comparison
from synth.ingest import load
from synth.release import Bundle
from synth.release.archive import Parcel
from synth.release.counts import recheck
from synth.runs import Recipe, read_recipe, run, verify
from synth.runs.gate import excepted, gate, ready
from synth.runs.recipe import MethodPart, People, RulePart
from synth.runs.recipe_file import recipe_text
from synth.runs.verifying import as_released
from synth.schema.rule_counts import counted
from synth.schema.rules import rule_of
from tests.evaluate.test_rules import stays

ORDER = "left is not before came"
ALL = (
    ORDER,
    "total = room + board",
    "district decides region",
    "sex is F or M when district is D0",
)
RULES = "rules = [{}]\n".format(", ".join(f'"{r}"' for r in ALL))
DAY = """
[[column]]
name = "{}"
kind = "date"
format = "%d/%m/%Y"
low = "01/01/2024"
high = "31/12/2024"
intervals = 6
role = "plain"
"""
DECLARED = (
    DAY.format("came")
    + DAY.format("left")
    + """
[[column]]
name = "room"
kind = "integer"
low = 0
high = 1000
intervals = 5
role = "plain"
[[column]]
name = "board"
kind = "integer"
low = 0
high = 100
intervals = 5
role = "plain"
[[column]]
name = "total"
kind = "integer"
low = 0
high = 1100
intervals = 5
role = "plain"
[[column]]
name = "district"
values = ["D0", "D1", "D2", "D3", "D4", "D5"]
role = "plain"
[[column]]
name = "region"
values = ["R0", "R1"]
role = "plain"
[[column]]
name = "sex"
values = ["F", "M"]
role = "plain"
"""
)
METHOD = '[method]\nname = "{}"\n'


def visits(rows: int = 400) -> io.BytesIO:
    return io.BytesIO(stays(rows).to_csv(index=False).encode())


def recipe_of(method: str, rules: str = RULES) -> Recipe:
    gaps = 'gaps = "leave"\n' if method == "row_seeded" else ""
    return read_recipe(rules + METHOD.format(method) + gaps + DECLARED)


def broken_in(bundle: Bundle, rules: tuple[str, ...] = ALL) -> list[int | None]:
    """Rows that break the rules in the text file, read again as anybody would."""
    text = bundle.files["synthetic.csv"]
    rows = pd.read_csv(io.BytesIO(text), dtype=str, keep_default_na=False, na_values=[""])
    return [c.broken for c in counted([rule_of(r) for r in rules], rows, bundle.schema)]


METHODS = ("adaptive", "independent", "row_seeded", "dp_aggregate_seeded", "twins", "mixture")


@pytest.mark.parametrize("method", METHODS)
def test_rules_hold_in_the_written_cells_and_the_release_is_made_again(method):
    outcome = run(recipe_of(method), visits())
    bundle = Bundle.read(io.BytesIO(outcome.release.zipped()))
    assert broken_in(bundle) == [0] * len(ALL)
    told = bundle.facts["rules"]
    assert [(r["says"], r["broken"]) for r in told] == [(r, 0) for r in ALL]
    assert any("draws the same" in line for line in verify(bundle))
    text = bundle.files["PRIVACY.md"].decode()
    assert "| left is not before came | declared without looking at the rows | kept in all" in text
    assert read_recipe(bundle.files["recipe.toml"].decode()).rules_said == outcome.release.rules


def test_without_the_rule_the_same_model_breaks_it():
    plain = run(recipe_of("independent", ""), visits())
    bundle = Bundle.read(io.BytesIO(plain.release.zipped()))
    assert broken_in(bundle, (ORDER,)) > [0]
    assert "rules" not in bundle.facts
    assert "Rules between columns" not in bundle.files["PRIVACY.md"].decode()


def test_further_copies_keep_them_too_and_are_counted():
    recipe = read_recipe(
        RULES + METHOD.format("independent") + "[release]\nrows = 50\ncopies = 3\n"
    )
    bundle = Bundle.read(io.BytesIO(run(recipe, visits()).release.zipped()))
    assert "kept in all 150 rows" in bundle.files["PRIVACY.md"].decode()
    verify(bundle)


def resealed(bundle: Bundle, **changed: bytes) -> Bundle:
    buffer = io.BytesIO()
    with Parcel.opened(buffer) as parcel:
        for name in [n for n in bundle.files if not n.startswith("SHA256")]:
            stem = name.replace(".", "_")
            if name.endswith(".parquet"):
                parcel.add_packed(name, bundle.files[name])
            else:
                parcel.add(name, changed.get(stem, bundle.files[name]))
        parcel.seal(None)
    return Bundle.read(io.BytesIO(buffer.getvalue()))


@pytest.mark.parametrize(
    "forged",
    [
        lambda facts: facts["rules"][0].update(broken=3),
        lambda facts: facts["rules"].pop(),
        lambda facts: facts["rules"][0].update(says="came is before left"),
        lambda facts: facts["rules"][0].update(says="came precedes left"),
        lambda facts: facts.update(rules=7),
        lambda facts: facts["kept_by"].update(left_out=0),
    ],
)
def test_what_a_release_says_of_its_rules_cannot_be_edited(forged):
    recipe = recipe_of("independent")
    bundle = Bundle.read(io.BytesIO(run(recipe, visits()).release.zipped()))
    facts = json.loads(bundle.files["release.json"])
    forged(facts)
    text = (json.dumps(facts, indent=1, ensure_ascii=False) + "\n").encode()
    with pytest.raises(BundleError):
        verify(resealed(bundle, release_json=text))


# -- settled after looking -------------------------------------------------------------------------

SEEN = f'rules = [{{ says = "{ORDER}", seen = true }}]\n'


def test_a_rule_that_was_taken_after_looking_ends_a_formal_promise_and_is_told():
    release = run(recipe_of("independent", SEEN), visits()).release
    assert not release.statement.formal
    assert Chosen("a rule about `left`, `came`") in release.statement.ledger
    text = release.files()["PRIVACY.md"].decode()
    assert "a rule was chosen after looking at the rows (a rule about `left`, `came`)" in text
    assert "settled by the custodian after looking at the rows" in text
    verify(Bundle.read(io.BytesIO(release.zipped())))
    assert run(recipe_of("independent"), visits()).release.statement.formal


def test_a_promise_of_k_stands_with_it_and_tells_it():
    release = run(recipe_of("row_seeded", SEEN), visits()).release
    assert release.statement.formal
    assert "a rule about `left`, `came`" in release.files()["PRIVACY.md"].decode()
    verify(Bundle.read(io.BytesIO(release.zipped())))


# -- recipes ---------------------------------------------------------------------------------------


def test_a_recipe_is_read_back_with_its_rules():
    rules = (RulePart(says=ORDER), RulePart(says="total = `a b` + c", seen=True))
    for told in ((), rules[:1], rules[1:], rules):
        recipe = Recipe(rules=told, method=MethodPart(name="tree"))
        assert read_recipe(recipe_text(recipe)) == recipe


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ('rules = [\n  "a is before b",\n  "a precedes b",\n]\n', 3, "not understood"),
        ('[[rules]]\nsays = "a is before b"\nsaw = true\n', 3, "not known"),
        ("rules = [3]\n", 1, "a sentence in quotes"),
        ('rules = "a is before b"\n', 1, "not right"),
    ],
)
def test_a_rule_that_is_wrong_has_a_line(text, line, says):
    with pytest.raises(RecipeError, match=says) as refused:
        read_recipe(text)
    assert refused.value.line == line


def test_a_column_that_is_not_there_is_refused_before_anything_is_spent():
    entries: list[object] = []
    with pytest.raises(RuleError, match="Did you mean `left`"):
        run(
            recipe_of("tree", 'rules = ["lft is not before came"]\n'),
            visits(),
            listener=entries.append,
        )
    assert entries == []


def test_a_rule_about_a_column_that_a_step_renames_names_the_new_one():
    step = '[[protect]]\nstep = "rename"\ncolumn = "left"\nto = "gone"\n'
    recipe = read_recipe(
        'rules = ["gone is not before came"]\n' + METHOD.format("independent") + step + DECLARED
    )
    bundle = Bundle.read(io.BytesIO(run(recipe, visits()).release.zipped()))
    assert broken_in(bundle, ("gone is not before came",)) == [0]


# -- the gate --------------------------------------------------------------------------------------

TOGETHER = 'rules = ["district and region only together as in the data"]\n'


def test_a_broken_rule_stops_a_release_and_its_fixes_are_changes_of_the_recipe():
    recipe = recipe_of("independent", TOGETHER)
    outcome = run(recipe, visits())
    (found,) = outcome.comparison.rules
    assert found.broken
    lines = {o.key: o for o in gate(recipe, outcome.release.model, outcome.comparison)}
    line = lines["rule district and region only together as in the data"]
    assert line.open
    assert f"broken by {found.broken:,} of {found.rows:,} synthetic rows" in line.why
    assert [fix.words for fix in line.fixes] == [
        "take the method adaptive with epsilon 1",
        "leave the rule out",
    ]
    assert line.fixes[-1].of(recipe).rules == ()
    decides = recipe_of("independent", 'rules = ["district decides region"]\n')
    wrong = replace(found, says="district decides region", broken=0, strange=found.rows // 2)
    seen = replace(outcome.comparison, rules=(wrong,))
    lines = {o.key: o for o in gate(decides, outcome.release.model, seen)}
    assert lines["rule district decides region"].open
    better = lines["rule district decides region"].fixes[0].of(decides)
    lines = {o.key: o for o in gate(better, outcome.release.model, seen)}
    assert lines["rule district decides region"].fixes[0].of(better).method.model_extra == {
        "pinned": (("district", "region"),)
    }
    told = outcome.release.files()["PRIVACY.md"].decode()
    assert "told by the real rows alone" in told
    assert str(found.broken) not in told.split("## Rules")[1]


def test_a_rule_that_the_real_rows_break_is_to_be_looked_at():
    table = stays(400)
    table.loc[[1, 7, 9], "left"] = "01/01/2023"
    recipe = recipe_of("independent", f'rules = ["{ORDER}"]\n')
    outcome = run(recipe, io.BytesIO(table.to_csv(index=False).encode()))
    lines = {o.key: o for o in gate(recipe, outcome.release.model, outcome.comparison)}
    line = lines[f"rule {ORDER}"]
    assert not line.stops
    assert line.why == "3 of 400 real rows break it, and no synthetic one does."
    told = outcome.release.files()
    assert all(b"real rows break" not in content for content in told.values())


def test_a_rule_that_nobody_named_does_not_pass_unseen():
    recipe = recipe_of("independent", "")
    outcome = run(recipe, visits())
    lines = {o.key: o for o in gate(recipe, outcome.release.model, outcome.comparison)}
    line = lines[f"unasked {ORDER}"]
    assert line.open and "no real row breaks it, and " in line.why
    known, looked = (fix.of(recipe).rules for fix in line.fixes[:2])
    assert [(p.says, p.seen) for p in (*known, *looked)] == [(ORDER, False), (ORDER, True)]
    every = [found.says for found in outcome.comparison.unasked]
    (first,) = (x for x in lines.values() if len(x.fixes) == 4)  # one run keeps them all
    assert first.fixes[2].words.startswith(f"all {len(every)} such rules: keep them, as I would")
    assert [p.says for p in first.fixes[3].of(recipe).rules] == every and len(every) > 1
    again = run(line.fixes[0].of(recipe), visits())
    assert ORDER not in [found.says for found in again.comparison.unasked]
    told = {n: c for n, c in outcome.release.files().items() if n != "recipe.toml"}
    assert all(ORDER.encode() not in content for content in told.values())
    left = excepted(recipe, line.key, "dates are of no use to them")
    found = {o.key: o for o in gate(left, outcome.release.model, outcome.comparison)}
    assert not found[line.key].open


def test_a_rule_that_cannot_be_told_says_why():
    recipe = recipe_of("independent", 'rules = ["left is before sex"]\n')
    outcome = run(recipe, visits())
    assert outcome.comparison.rules[0].broken is None
    lines = {o.key: o for o in gate(recipe, outcome.release.model, outcome.comparison)}
    assert "`sex` holds no dates" in lines["rule left is before sex"].why
    assert ready([lines["rule left is before sex"]])


def test_what_was_found_goes_through_a_pipe_and_back():
    outcome = run(recipe_of("independent", TOGETHER), visits())
    assert (
        Comparison.of(json.loads(json.dumps(outcome.comparison.document()))) == outcome.comparison
    )


# -- the command line ------------------------------------------------------------------------------

SAMPLE = Path(__file__).parents[2] / "sample_data" / "hospital_admissions.csv"
STAY = "`Time in A&E (mins)` is at most Age"  # silly, and so broken by many real rows


@pytest.mark.parametrize(
    "method",
    [
        "adaptive",
        *(pytest.param(m, marks=pytest.mark.nightly) for m in ("independent", "row_seeded")),
    ],
)
def test_the_sample_is_run_verified_and_counted_again_with_a_rule(method, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    gaps = 'gaps = "leave"\n' if method == "row_seeded" else ""
    text = f"rules = ['{STAY}']\n[source]\nfile = '{SAMPLE}'\n{METHOD.format(method)}{gaps}"
    Path("recipe.toml").write_text(text)
    ran = CliRunner().invoke(app, ["run", "recipe.toml", "-o", "out.zip"], catch_exceptions=False)
    assert ran.exit_code == 0
    assert f"kept: {STAY} (" in ran.output
    assert "real rows break it" in ran.output
    held = CliRunner().invoke(app, ["verify", "out.zip", "--against", str(SAMPLE)])
    assert held.exit_code == 0
    told = "reported counts are those of the table" if method == "row_seeded" else "draws the same"
    assert told in held.output


def test_a_promise_of_k_is_counted_again_among_the_rows_that_keep_a_rule(tmp_path):
    """Rows that break it are left out whole: whatever is left was shared by k people before."""
    stays(400).to_csv(tmp_path / "real.csv", index=False)
    outcome = run(recipe_of("row_seeded"), visits())
    assert outcome.upkeep.left_out > 0
    bundle = Bundle.read(io.BytesIO(outcome.release.zipped()))
    held = recheck(bundle, as_released(bundle, tmp_path / "real.csv", People()))
    assert "is shared by at least 10 people" in held[0]


def test_a_starter_recipe_proposes_what_no_row_breaks_as_a_comment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stays(400).to_csv("visits.csv", index=False)
    assert CliRunner().invoke(app, ["init", "visits.csv"]).exit_code == 0
    text = Path("recipe.toml").read_text()
    assert f'#   {{ says = "{ORDER}", seen = true }},' in text
    assert read_recipe(text).rules == ()
    told = read_recipe(text.replace("#   { says", "    { says"))
    assert {str(r) for r in told.rules_said} == {*ALL[:3]}
    assert all(r.seen for r in told.rules_said)


def test_more_rows_of_a_release_keep_its_rules(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    release = run(recipe_of("independent"), visits()).release
    Path("out.zip").write_bytes(release.zipped())
    drawn = CliRunner().invoke(app, ["sample", "out.zip", "--rows", "700", "-o", "more.csv"])
    assert drawn.exit_code == 0
    rows = pd.read_csv("more.csv", dtype=str)
    found = counted([rule_of(r) for r in ALL], rows, release.model.schema)
    assert [c.broken for c in found] == [0] * len(ALL)


# -- two dates of a register -----------------------------------------------------------------------


KNOWN = """
[[column]]
name = "dateTime"
kind = "date"
format = "%Y-%m-%d"
[[column]]
name = "timestamp"
kind = "date"
format = "%d-%m-%Y"
"""


@pytest.mark.parametrize(("rows", "known"), [(300, KNOWN), (4000, "")])
def test_two_dates_in_two_formats_neither_of_which_is_the_later(rows, known):
    """Real rows keep no order, and a rule is declared all the same.

    Of 300 rows noise takes a column for something else than dates in about one run of a hundred.
    """
    rng = np.random.default_rng(4)
    first = pd.Timestamp("2019-01-01")
    days = [first + pd.to_timedelta(rng.integers(0, 1400, rows), unit="D") for _ in range(2)]
    table = pd.DataFrame(
        {
            "dateTime": pd.Series(days[0]).dt.strftime("%Y-%m-%d"),
            "timestamp": pd.Series(days[1]).dt.strftime("%d-%m-%Y"),
            "v": rng.integers(1, 5, rows),
        }
    )
    rule = "timestamp is not before dateTime"
    recipe = read_recipe(f'rules = ["{rule}"]\n' + METHOD.format("adaptive") + known)
    outcome = run(recipe, io.BytesIO(table.to_csv(index=False).encode()))
    bundle = Bundle.read(io.BytesIO(outcome.release.zipped()))
    assert broken_in(bundle, (rule,)) == [0]
    assert outcome.comparison.rules[0].real_broken == int((days[1] < days[0]).sum())
    assert load(table, Budget(1.0)).private.schema["timestamp"].kind.value == "date"
