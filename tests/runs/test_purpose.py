"""A purpose: settings proposed by it, and answers rehearsed before a row is read."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from synth.cli import app
from synth.errors import RecipeError
from synth.runs import Recipe, read_recipe
from synth.runs.declared_shape import shape_of
from synth.runs.proposals import proposals, told_of
from synth.runs.recipe_file import recipe_text, whole_text
from synth.runs.rehearsal import epsilon_for_purpose, ladder, rehearse

COLUMNS = """
[[column]]
name = "ward"
values = ["A", "B", "C"]
other = false
missing = false
[[column]]
name = "month"
kind = "integer"
low = 1
high = 12
missing = false
[[column]]
name = "age"
kind = "integer"
low = 0
high = 119
[[column]]
name = "stay"
kind = "real"
decimals = 1
low = 0
high = 60
intervals = 600
[[column]]
name = "note"
"""


def recipe(purpose: str, method: str = "independent", epsilon: float = 1.0) -> Recipe:
    head = f'[purpose]\n{purpose}\n[method]\nname = "{method}"\n[privacy]\nepsilon = {epsilon}\n'
    return read_recipe(head + COLUMNS)


TABLES = 'use = "tables"\ncolumns = ["ward"]\ncrossings = [["ward", "month"]]\nrows = 2000\n'
MODEL = 'use = "model"\ntarget = "stay"\npredictors = ["age", "ward"]\nrows = 2000\n'


def taken(told: Recipe) -> Recipe:
    """The recipe with every proposal, until there is none."""
    for _ in range(10):
        found = proposals(told, shape_of(told))
        if not found:
            return told
        told = found[0].fix.of(told)
    raise AssertionError("proposals never end")


def test_each_use_gets_what_serves_it_and_a_reason_and_proposals_end():
    plan = taken(recipe(TABLES))
    assert plan.method.name == "adaptive" and plan.chosen.pinned == (("ward", "month"),)
    assert shape_of(plan).schema.names == ("ward", "month")
    assert taken(recipe('use = "software"')).method.name == "random"
    apart = recipe('use = "tables"\ncolumns = ["ward"]\nrows = 2000', method="adaptive")
    assert taken(apart).method.name == "independent"
    model = taken(recipe(MODEL))
    assert ("stay", "age") in model.chosen.pinned
    assert next(p for p in model.column if p.name == "stay").intervals < 600
    people = taken(recipe(MODEL, method="row_seeded"))
    assert people.method.name == "value_seeded"  # the wanted promise stays
    assert taken(read_recipe(recipe_text(plan))).protect == tuple(
        {**s, "columns": list(s["columns"])} for s in plan.protect
    )
    assert read_recipe(whole_text(plan)).purpose == plan.purpose
    assert all(p.reason for p in proposals(recipe(TABLES), shape_of(recipe(TABLES))))


def test_epsilon_is_raised_where_all_is_noise_and_lowered_where_it_buys_nothing():
    few, many = (recipe(f"{TABLES.replace('2000', n)}", epsilon=5.0) for n in ("60", "2000000"))
    assert not any(p.fix.epsilon for p in proposals(few, shape_of(few)))  # no 10 would do
    down = [p.fix.epsilon for p in proposals(many, shape_of(many)) if p.fix.epsilon]
    assert down and down[0] < 2.5


def test_no_more_than_the_usual_epsilon_is_proposed_without_a_word_and_none_above_the_ladder():
    def up(epsilon: float) -> list[tuple[float, str]]:
        told = recipe(TABLES.replace("2000", "2400"), epsilon=epsilon)
        found = proposals(told, shape_of(told))
        return [(p.fix.epsilon, p.plain) for p in found if (p.fix.epsilon or 0) > epsilon]

    for epsilon, more in ((0.2, 1.0), (1.0, 2.0), (2.0, 4.0)):
        ((proposed, words),) = up(epsilon)
        assert proposed == more
        assert ("that is above 1" in words) == (more > 1)
    assert up(4.0) == []
    # Of two equally likely worlds, e^2 / (1 + e^2) = 88 % at epsilon 2, 73 % at 1.
    assert "right 88% of the time, 73% at 1" in told_of(2.0, recipe(TABLES))


def test_what_more_epsilon_buys_is_told_for_the_very_answers():
    found = ladder(recipe(TABLES, epsilon=0.5))
    assert [one.epsilon for one in found] == [0.5, 1.0, 2.0, 4.0]
    for one in found:
        assert [e.what for e in one.expected] == ["counts by ward", "counts by ward and month"]
    assert found[0].expected[0].within > found[-1].expected[0].within
    with pytest.raises(RecipeError, match="has no epsilon"):
        ladder(recipe(TABLES, method="row_seeded"))


def test_the_very_answers_are_rehearsed_and_no_budget_is_spent():
    told, shown = taken(recipe(TABLES)), []
    found = rehearse(told, progress=lambda share, doing: shown.append(share))
    assert [e.what for e in found.expected] == ["counts by ward", "counts by ward and month"]
    assert all(0 < e.within < e.usual for e in found.expected)
    assert found.rows == 2000 and found.assumed == () and shown[-1] == 1.0
    assert found == rehearse(told)  # the same made-up tables, and in the tests the same noise


def test_less_noise_comes_nearer_and_epsilon_is_solved_for_what_is_wanted():
    far, near = (rehearse(recipe(TABLES, epsilon=e)).expected[0].within for e in (0.1, 10.0))
    assert near < far
    best = epsilon_for_purpose(recipe(f"{TABLES}within = {(near + far) / 2}\n"))
    assert best is not None and best.epsilon is not None and 0.1 <= best.epsilon <= 10.0
    assert best.expected[0].within <= (near + far) / 2
    assert epsilon_for_purpose(recipe(f"{TABLES}within = 0.5\n")) is None
    with pytest.raises(RecipeError, match="how accurate"):
        epsilon_for_purpose(recipe(TABLES))


def test_coefficients_are_rehearsed_and_what_nobody_declared_is_assumed_and_said():
    found = rehearse(recipe(MODEL))
    assert [e.what for e in found.expected] == ["the coefficient of age", "the coefficient of ward"]
    assert "standard deviations" in found.expected[0].plain
    assert found.assumed == ("note",) and "`note`" in " ".join(found.notes)
    # In a made-up table numbers hang together, so a method that loses it is foretold to.
    assert found.expected[0].within > 0.25


def test_kinds_without_values_are_made_up_as_such_and_read_again():
    kinds = {"is": "boolean", "came": "date", "left": "date", "at": "date", "n": "real"}
    forms = {"came": "%Y-%m-%d %H:%M:%S", "left": "%d.%m.%y", "at": "%H:%M"}
    head = '[purpose]\nuse = "teaching"\nrows = 500\n[method]\nname = "independent"\n'
    parts = [
        f'[[column]]\nname = "{name}"\nkind = "{kind}"\n'
        + (f'format = "{forms[name]}"\n' if name in forms else "")
        for name, kind in kinds.items()
    ]
    found = rehearse(read_recipe(head + "".join(parts)))
    assert set(found.assumed) == set(kinds)
    assert [e.what for e in found.expected] == ["counts by any column", "counts by any two columns"]


@pytest.mark.parametrize(
    ("purpose", "why"),
    [
        ('use = "tables"\ncolumns = ["ward"]', "about how many people"),
        ('use = "tables"\ncolumns = ["bed"]\nrows = 9', "no such column"),
        ('use = "software"\nrows = 9', "Nothing is to be counted"),
    ],
)
def test_what_cannot_be_rehearsed_is_a_sentence(purpose, why):
    with pytest.raises(RecipeError, match=why):
        rehearse(recipe(purpose))


def test_the_command_proposes_takes_and_foretells(tmp_path):
    path, planned = tmp_path / "r.toml", tmp_path / "planned.toml"
    path.write_text(recipe_text(recipe(TABLES)))
    done = CliRunner().invoke(app, ["plan", str(path), "--take", "1", "-o", str(planned)])
    assert done.exit_code == 0, done.output
    assert "1. Take the method adaptive" in done.output
    assert "counts by ward and month within ±" in done.output
    assert read_recipe(planned.read_text()).method.name == "adaptive"
    wrong = CliRunner().invoke(app, ["plan", str(path), "--take", "99"])
    assert wrong.exit_code == 2 and "no proposal 99" in wrong.output
    path.write_text(recipe_text(recipe('use = "software"\nrows = 500')))
    form = CliRunner().invoke(app, ["plan", str(path)])
    assert form.exit_code == 0 and "nothing to foretell" in form.output
    assert "epsilon" not in form.output  # no noise changes the form of values
    path.write_text(recipe_text(recipe(TABLES.replace('["ward"]', '["bed"]'))))
    half = CliRunner().invoke(app, ["plan", str(path)])
    assert half.exit_code == 2 and "1." not in half.output  # of half a table: no proposal
