"""What a screen decides, as lines of a recipe, on the command line and in Python, to be copied."""

from __future__ import annotations

import streamlit as st

from synth.protect.risk import quasi_identifiers
from synth.runs.accounts import of_the_visitor
from synth.runs.recipe import Recipe
from synth.runs.recipe_file import part_lines
from ui.shell.visitor import Visitor, visitor

PARTS = {
    "data": ("source", "children"),
    "columns": ("people", "column"),
    "protect": ("protect",),
    "method": ("rules", "purpose", "privacy", "method", "release", "counts"),
    "compare": ("evaluate",),
    "release": ("release", "showcase"),
}
COMMANDS = {
    "data": "synth init TABLE -o recipe.toml",
    "columns": "synth explain recipe.toml",
    "protect": "synth risk recipe.toml",
    "method": "synth run recipe.toml -o release.zip",
    "compare": "synth evaluate TABLE release.zip -o report.html",
    "release": "synth verify release.zip\nsynth showcase release.zip --html showcase.html",
}
BOTH = "synth run recipe.toml --data TABLE --children SECOND -o release.zip"
BOTH_IN_PYTHON = """recipe = synth.read_recipe(open("recipe.toml").read())
outcome = synth.run(recipe, table, children=second)  # both are data frames"""
USUAL = "# All of it is as usual: there is nothing to write."


def show_code(screen: str) -> None:
    """The three, folded up, under a screen that decides something; nothing without a table."""
    who = visitor()
    if who.loaded is None or screen not in PARTS:
        return
    recipe = of_the_visitor(who.recipe)
    with st.expander("The same as code", icon=":material/code:"):
        st.markdown("In a recipe, which repeats it next month:")
        st.code(part_lines(recipe, PARTS[screen]) or USUAL, language="toml")
        st.markdown("On the command line, where TABLE is your file:")
        two = screen == "method" and recipe.children.there
        st.code(BOTH if two else COMMANDS[screen], language="console")
        st.markdown("In Python, where `table` is your data frame:")
        st.code(_python(screen, recipe, who), language="python")


def _python(screen: str, recipe: Recipe, who: Visitor) -> str:
    """The lines of Python that do what a screen does."""
    if screen == "protect":
        known = [name for name in quasi_identifiers(who.schema)]
        return f"synth.risk(table, known={known!r}).sentence"
    if screen == "compare":
        return "twin.verdict\nsynth.compare(table, twin.sample(len(table))).one_way"
    if screen == "release":
        return 'twin.statement\ntwin.save("release.zip")'
    if screen == "data":
        return 'import pandas as pd\nimport synth\n\ntable = pd.read_csv("TABLE")'
    if screen == "method" and recipe.children.there:
        return BOTH_IN_PYTHON
    return f"twin = synth.Synthesizer({_asked(recipe)}).fit(table)"


def _asked(recipe: Recipe) -> str:
    """The method, and what is asked of it beside what is usual, as arguments."""
    told = [repr(recipe.method.name), f"epsilon={recipe.privacy.epsilon!r}"]
    if recipe.people.column:
        told.append(f"people={recipe.people.column!r}, rows_per_person={recipe.people.rows}")
    told += [f"{name}={value!r}" for name, value in (recipe.method.model_extra or {}).items()]
    return ", ".join(told).replace("=inf", '=float("inf")')
