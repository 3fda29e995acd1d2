"""What accompanies the rows: true of what is released, read by the standards' own programs, and
never anything but text."""

import csv
import io
import json
import math
from pathlib import Path

import frictionless
import mlcroissant
import numpy as np
import pandas as pd
import pytest
from markdown_it import MarkdownIt
from typer.testing import CliRunner

from synth import Synthesizer
from synth.budget import Budget, Grouped, Measured, Rho, Statement
from synth.cli import app
from synth.errors import BundleError, RecipeError
from synth.learning.network import Conditional, Network
from synth.learning.records import RecordModel
from synth.release import Bundle, Release
from synth.release.papers.about import About
from synth.release.papers.readme import plain
from synth.release.papers.standing import Standing, apart, noise_of, standings
from synth.release.papers.tally import tallied
from synth.runs import Recipe, read_recipe, run, verify
from synth.runs.recipe_file import recipe_of
from synth.runs.rewording import reworded
from synth.schema import Categories, Column, Dates, Kind, Numbers, Pattern, Role, Schema, Text
from synth.schema.spelling import Spelling
from synth.schema.written import Written
from synth.vault import Attributes
from tests.bundles import passed_on, summed, zipped
from tests.people import some_people

DAY = 86400.0
NASTY = "<script>alert(1)</script>"
RUN = '=HYPERLINK("http://evil","x")'
SPELT = Spelling(mark=",", between=".", after=" €")
ODD = Schema(
    (
        Column("id", Pattern("A-####"), role=Role.IDENTIFIER),
        Column("=city|`x`", Categories(("Oslo", "=1+1", NASTY), missing=True, other=True)),
        Column("age", Numbers((0, 30, 60, 121), decimals=0), Kind.INTEGER, unit="years"),
        Column("pay", Numbers((0, 5000, 9999), decimals=2, spelling=SPELT), Kind.REAL),
        Column("dose", Numbers((0, 1, 2), missing=True, decimals=1, codes=("-99",)), Kind.REAL),
        Column("worded", Numbers((0, 5, 9), decimals=0, codes=("unknown",)), Kind.INTEGER),
        Column("came", Dates((0.0, DAY * 30, DAY * 90)), Kind.DATE),
        Column("left", Dates((0.0, DAY * 40), format="%d.%m.%Y"), Kind.DATE),
        Column("at", Dates((0.0, DAY * 2), format="%Y-%m-%d %H:%M", resolution=60.0), Kind.DATE),
        Column("month", Dates((0.0, DAY * 60), format="%-d %b %Y"), Kind.DATE),
        Column("grade", Categories(("1", "2"), typed="integer"), Kind.INTEGER, missing_as="NA"),
        Column("note", Text(missing=True), Kind.TEXT),
        Column("gone", Categories(("a", "b"), missing=True)),
        Column("same", Categories(("a", "b"))),
    )
)


def even(name: str, *parents: str) -> Conditional:
    shape = [ODD.domain(n).size for n in (*parents, name)]
    table = np.full(shape, 1.0 / shape[-1])
    return Conditional(name, parents, table)


def fixed(name: str, state: int) -> Conditional:
    return Conditional(name, (), np.eye(ODD.domain(name).size)[state])


MODEL = Network(
    ODD,
    Statement(),
    0,
    (
        even("=city|`x`"),
        even("age", "=city|`x`"),
        *map(even, ("pay", "dose", "worded", "came", "left", "at", "month", "grade", "note")),
        fixed("gone", 2),
        fixed("same", 1),
    ),
)
ABOUT = About("Rows & <b>more</b>", "The *Office*", "CC-BY-4.0", "ask@example.org", "1.0.0")


def released(**told) -> dict[str, bytes]:
    given = {"seed": 3, "title": "Odd | <i>rows</i>", "about": ABOUT} | told
    return Release(MODEL, 400, **given).files()


def unpacked(files: dict[str, bytes], folder: Path) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


# -- programs read them ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told",
    [{}, {"written": Written(";", "utf-16", True, "\n"), "safe": False, "copies": 2}],
    ids=["as usual", "otherwise"],
)
def test_frictionless_finds_every_released_cell_as_it_is_described(told, tmp_path):
    place = unpacked(released(**told), tmp_path)
    found = frictionless.validate(str(place / "datapackage.json"))
    assert found.valid, found.flatten(["fieldName", "type", "note"])[:5]
    assert [t.stats.get("rows") for t in found.tasks] == [400] * told.get("copies", 1)


def test_frictionless_would_find_a_cell_that_is_not(tmp_path):
    files = released()
    for old, new in ((b"Oslo", b"Bern"), (b",1970-01-0", b",1980-01-0"), (b" \xe2\x82\xac", b" $")):
        (place := tmp_path / new.hex()).mkdir()
        text = files["synthetic.csv"]
        assert old in text
        unpacked({**files, "synthetic.csv": text.replace(old, new, 1)}, place)
        assert not frictionless.validate(str(place / "datapackage.json")).valid


def test_its_fields_have_the_types_that_a_reader_wants():
    told = json.loads(released()["datapackage.json"])["resources"][0]["schema"]["fields"]
    types = {f["name"]: f["type"] for f in told}
    assert types == {
        "id": "string",
        "'=city|`x`": "string",
        "age": "integer",
        "pay": "number",
        "dose": "number",
        "worded": "string",
        "came": "date",
        "left": "date",
        "at": "datetime",
        "month": "string",
        "grade": "integer",
        "note": "string",
        "gone": "string",
        "same": "string",
    }
    fields = {f["name"]: f for f in told}
    assert fields["age"]["constraints"] == {"minimum": 0, "maximum": 120, "required": True}
    assert fields["age"]["unit"] == "years"
    assert fields["dose"]["constraints"]["minimum"] == -99
    assert fields["came"]["constraints"]["maximum"] == "1970-03-31"
    assert fields["grade"]["missingValues"] == ["", "NA"]
    assert "'=1+1" in fields["'=city|`x`"]["constraints"]["enum"]


@pytest.mark.filterwarnings("ignore")  # of the library's own making
def test_mlcroissant_finds_no_fault_and_reads_the_rows(tmp_path):
    files = released(about=About(**ABOUT.document(), date="2026-02-03"))
    place = unpacked(files, tmp_path)
    read = mlcroissant.Dataset(str(place / "croissant.json"))
    assert not read.metadata.ctx.issues.errors
    assert not read.metadata.ctx.issues.warnings
    rows = list(read.records("rows"))
    assert len(rows) == 400
    table = pd.read_parquet(io.BytesIO(files["synthetic.parquet"]))
    assert [r["rows/3"] for r in rows] == table["age"].tolist()
    assert set(ODD.names) == set(table.columns)


def test_descriptions_name_the_checksums_of_the_rows():
    files = released(copies=2)
    package, dataset = (json.loads(files[n]) for n in ("datapackage.json", "croissant.json"))
    sums = dict(reversed(x.split("  ")) for x in files["SHA256SUMS"].decode().splitlines())
    assert [r["hash"] for r in package["resources"]] == [
        f"sha256:{sums[n]}" for n in ("synthetic.csv", "synthetic-2.csv")
    ]
    assert {f["name"]: f["sha256"] for f in dataset["distribution"]} == {
        n: s for n, s in sums.items() if n.startswith("synthetic")
    }


# -- text stays text -------------------------------------------------------------------------------


def test_no_markdown_and_no_html_comes_out_of_names_values_and_words():
    page = MarkdownIt("commonmark").enable("table").parse(released()["README.md"].decode())
    inline = [t for block in page if block.children for t in block.children]
    kinds = {t.type for t in (*page, *inline)}
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "em_open"}
    shown = " ".join(t.content for t in inline if t.type == "text")
    for text in ("Odd | <i>rows</i>", "Rows & <b>more</b>", "The *Office*", "=city|`x`"):
        assert text in shown
    lines = [t for t in page if t.type == "tr_open"]
    assert len(lines) == 1 + len(ODD) + 1 + 11  # one for each column, and one for each file


@pytest.mark.parametrize(
    "text",
    [
        "# head",
        "a\n# head",
        "_em_ and snake_case",
        "![x](http://e)",
        "<http://e>",
        "&lt;b&gt;",
        "a~~b~~",
        "\\*",
        "`code`",
        "| a |",
    ],
)
def test_a_text_in_a_line_is_shown_as_it_is(text):
    page = MarkdownIt("commonmark").enable("table").parse(f"- x: {plain(text)}")
    inline = [t for block in page if block.children for t in block.children]
    assert {t.type for t in inline} <= {"text", "text_special"}
    assert "".join(t.content for t in inline) == f"x: {' '.join(text.split())}"


def test_the_dictionary_has_a_line_for_each_column_and_no_formula():
    text = released()["dictionary.csv"].decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [line["column"] for line in lines] == [
        "'=city|`x`" if "city" in n else n for n in ODD.names
    ]
    assert not [c for line in lines for c in line.values() if c.startswith("=")]
    assert lines[2]["unit"] == "years" and lines[2]["holds"] == "0 to 120"
    assert "other or rare values, grouped" in lines[1]["values"]


# -- what is said is true --------------------------------------------------------------------------


def told_of(schema: Schema, rows: pd.DataFrame, model=None) -> dict[str, object]:
    model = model or Network(schema, Statement(), 0, ())
    return {s.column.name: s for s in standings(tallied(model, rows))}


def test_each_column_stands_as_the_rows_let_it():
    rows = Release(MODEL, 400, seed=3).tables[0]
    found = told_of(ODD, rows, MODEL)
    assert {n: s.standing for n, s in found.items()} == {
        "id": Standing.ANEW,
        "=city|`x`": Standing.COARSE,
        "age": Standing.COARSE,
        "pay": Standing.COARSE,
        "dose": Standing.TOLD,
        "worded": Standing.COARSE,
        "came": Standing.COARSE,
        "left": Standing.COARSE,
        "at": Standing.COARSE,
        "month": Standing.COARSE,
        "grade": Standing.TOLD,
        "note": Standing.WITHHELD,
        "gone": Standing.NOTHING,
        "same": Standing.NOTHING,
    }
    assert found["gone"].gaps == 1.0 and found["gone"].not_for == ("anything",)
    assert "differences within an interval (30 to 61 years wide)" in found["age"].not_for


def test_a_column_that_was_drawn_by_itself_is_not_for_crossings():
    found = told_of(ODD, Release(MODEL, 400, seed=3).tables[0], MODEL)
    alone = {n for n, s in found.items() if any("drawn by itself" in u for u in s.not_for)}
    assert alone == {c.name for c in ODD.modelled} - {"=city|`x`", "age", "gone", "same", "note"}
    assert apart(MODEL) == {c.name for c in ODD.modelled} - {"=city|`x`", "age"}


def test_where_all_were_drawn_by_themselves_it_is_said_once():
    recipe = Recipe.model_validate({"method": {"name": "independent"}})
    page = run(recipe, some_people()).release.files()["README.md"].decode()
    assert page.count("drawn by itself") == 1
    recipe = Recipe.model_validate({"method": {"name": "tree"}, "privacy": {"epsilon": 100}})
    assert "each column was drawn by itself" not in (
        run(recipe, some_people()).release.files()["README.md"].decode()
    )


def test_the_noise_that_is_named_is_that_of_the_ledger():
    """Two measurements of rho 1/2 each: sigma 1 (almost) each, 1/sqrt(2) together."""
    entry = Measured("one-way marginal: a", Rho(0.5))
    others = (Measured("one-way marginal: a, b", Rho(9.0)), Measured("number of rows", Rho(9.0)))
    once = noise_of(Statement((entry, *others), Budget(1.0)), "a")
    twice = noise_of(Statement((entry, entry), Budget(1.0)), "a")
    assert once == pytest.approx(1.0, rel=0.1)
    assert twice == pytest.approx(once / math.sqrt(2))
    assert noise_of(Statement(others, Budget(1.0)), "a") == 0


def test_a_column_that_noise_drowns_says_so():
    """Of 100 people: a sigma of 70 for each of two values, and one of 1."""
    schema = Schema((Column("city", Categories(("Oslo", "Rome"))),))
    rows = pd.DataFrame({"city": ["Oslo", "Rome"] * 50})
    found = {}
    for rho in (1e-4, 0.5):
        ledger = (Measured("one-way marginal: city", Rho(rho)),)
        model = Network(schema, Statement(ledger, Budget(1.0)), 100, ())
        found[rho] = told_of(schema, rows, model)["city"]
    assert found[1e-4].standing is Standing.LITTLE
    assert found[0.5].standing is Standing.TOLD
    assert any("fewer than about 2 rows" in use for use in found[0.5].not_for)


def test_gaps_of_records_are_told_as_left_open():
    schema = Schema((Column("city", Categories(("Oslo", "Rome"), missing=True)),))
    names = (Attributes("city", ("Oslo", "Rome", None)),)
    model = RecordModel(schema, Statement(), 3, names, np.array([[0], [1], [-1]], np.int32))
    found = told_of(schema, Release(model, 300, seed=1).tables[0], model)["city"]
    assert (found.standing, found.words) == (Standing.TOLD, "33% of the rows leave it open")
    scarce = RecordModel(
        schema, Statement(), 3, names, np.array([[0], [1], [-1], [-1], [-1]], np.int32)
    )
    found = told_of(schema, Release(scarce, 300, seed=1).tables[0], scarce)["city"]
    assert found.standing is Standing.OPEN
    assert found.not_for[0].startswith("shares of all rows")


def test_groups_that_were_left_out_are_told_whatever_else_is_promised():
    model = Network(ODD, Statement((Grouped("counts", 7, 3),)), 9, MODEL.conditionals)
    page = Release(model, 50).files()["README.md"].decode()
    assert "Groups of fewer than 7 people: they were left out" in page


def test_rules_that_are_broken_or_cost_many_rows_are_weak_spots():
    rng = np.random.default_rng(5)
    a = rng.integers(0, 10, 600)
    table = pd.DataFrame({"a": a, "b": rng.integers(0, 10, 600)})
    recipe = recipe_of(
        {
            "method": {"name": "independent"},
            "rules": ["a is less than b"],
            "column": [
                {"name": n, "kind": "integer", "low": 0, "high": 9, "role": "plain"} for n in "ab"
            ],
        }
    )
    page = run(recipe, table).release.files()["README.md"].decode()
    assert "Exact shares of a, b:" in page


def test_steps_that_came_before_are_told():
    recipe = recipe_of({"protect": [{"step": "drop", "columns": ["ill"]}]})
    page = run(recipe, some_people()).release.files()["README.md"].decode()
    assert "- drop: ill" in page


# -- in the whole ----------------------------------------------------------------------------------

SAID = """
[[column]]
name = "age"
meaning = "age in full years"
unit = "years"

[method]
name = "tree"

[release]
title = "Two cities"
description = "For teaching."
publisher = "The Office"
licence = "CC-BY-4.0"
contact = "ask@example.org"
version = "1.0.0"
date = "2026-02-03"
"""


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return run(read_recipe(SAID), some_people()).release.files()


def test_what_the_recipe_says_is_in_every_paper_and_holds(files):
    page = files["README.md"].decode()
    for text in ("# Two cities", "For teaching.", "The Office", "ask@example.org", "2026-02-03"):
        assert text in page
    assert "| age | age in full years | years |" in page
    package = json.loads(files["datapackage.json"])
    assert package["created"] == "2026-02-03T00:00:00Z"
    assert package["licenses"] == [{"name": "CC-BY-4.0"}]
    assert json.loads(files["croissant.json"])["license"] == "CC-BY-4.0"
    assert Bundle.read(zipped(files)).about.publisher == "The Office"
    assert verify(passed_on(files))


@pytest.mark.parametrize(
    "name", ["README.md", "dictionary.csv", "datapackage.json", "croissant.json"]
)
def test_a_paper_that_was_changed_does_not_hold(files, name):
    with pytest.raises(BundleError, match="paper of the release says something else"):
        verify(passed_on({**files, name: files[name].replace(b"age", b"agf")}))
    with pytest.raises(BundleError, match=f"lacks {name}"):
        verify(passed_on({n: c for n, c in files.items() if n != name}))


def test_words_that_the_recipe_does_not_say_do_not_hold(files):
    facts = json.loads(files["release.json"])
    for about in ({**facts["about"], "publisher": "Another"}, {"nobody": "knows"}, 7):
        changed = json.dumps(facts | {"about": about}).encode()
        with pytest.raises(BundleError):
            verify(passed_on({**files, "release.json": changed}))


def test_nothing_is_said_that_nobody_said():
    made = run(Recipe.model_validate({"method": {"name": "tree"}}), some_people()).release.files()
    assert "about" not in json.loads(made["release.json"])
    package = json.loads(made["datapackage.json"])
    assert not {"created", "licenses", "contributors", "version"} & set(package)
    assert "none is named; ask before you pass it on" in made["README.md"].decode()


def test_a_date_is_a_day():
    with pytest.raises(RecipeError, match="`date` in \\[release\\] is not right"):
        read_recipe('[release]\ndate = "today"')


def test_the_words_are_no_part_of_what_draws_the_rows(files):
    plainly = run(read_recipe('[method]\nname = "tree"'), some_people()).release.files()
    assert plainly["synthetic.csv"] == files["synthetic.csv"]
    assert summed(files).keys() >= {"README.md", "SHA256SUMS"}


# -- other words afterwards ------------------------------------------------------------------------


def test_other_words_change_the_papers_and_neither_rows_nor_promise(files):
    old = passed_on(files)
    made = Bundle.read(io.BytesIO(reworded(old, "Three | cities", About(contact="b@example.org"))))
    assert verify(made)
    assert made.about == About(contact="b@example.org")
    assert "# Three \\| cities" in made.files["README.md"].decode()
    assert "The Office" not in "".join(map(str, made.files.values()))
    same = {"synthetic.csv", "synthetic.parquet", "schema.json", "model.json"}
    changed = {n for n in made.files if made.files[n] != old.files[n]}
    assert not same & changed
    assert dict(made.files).keys() == dict(old.files).keys()


def test_words_of_another_recipe_are_put_in_on_the_command_line(files, tmp_path):
    (tmp_path / "old.zip").write_bytes(zipped(files).getvalue())
    (tmp_path / "words.toml").write_text('[release]\ntitle = "Other"\nversion = "2"')
    given = [str(tmp_path / n) for n in ("old.zip", "words.toml")]
    done = CliRunner().invoke(app, ["reword", *given, "-o", str(tmp_path / "new.zip")])
    assert done.exit_code == 0, done.output
    made = Bundle.read(tmp_path / "new.zip")
    assert verify(made) and made.facts["title"] == "Other" and made.about.version == "2"


def test_python_gives_the_papers_too(tmp_path):
    about = {"title": "Mine", "publisher": "Me"}
    twin = Synthesizer("tree", about=about, random_state=1).fit(some_people())
    twin.save(tmp_path / "release.zip")
    made = Bundle.read(tmp_path / "release.zip")
    assert verify(made) and made.about.publisher == "Me" and made.facts["title"] == "Mine"
