"""Synthetic tables that keep a promise to the people in the real one.

From Python, the whole way in a few lines:

    import pandas as pd
    import synth
    table = pd.read_csv("people.csv")                # or a Polars or Arrow table
    twin = synth.Synthesizer("adaptive", epsilon=1).fit(table)
    twin.sample(1000)                                # rows, in the library and types of the table
    print(twin.statement)                            # what may honestly be promised
    twin.save("release.zip")                         # all of it, for recipients

For your own eyes, as these figures are exact:

    print(twin.verdict)                              # what became of each column
    print(synth.risk(table, known=["age", "city"]).sentence)
    print(synth.compare(table, twin.sample(len(table))).one_way)

By a recipe, as on the command line:

    outcome = synth.run(synth.read_recipe("[privacy]\\nepsilon = 2"), table)
    outcome.release.statement

And step by step:

    private = synth.load("people.csv", synth.Budget(epsilon=1.0)).private    # into the vault
    model = synth.method_named("correlated")().fit(private, private.ledger.left)
"""

from synth.budget import Audience, Budget, Ledger, Rho, Statement
from synth.errors import SynthError
from synth.evaluate import Comparison
from synth.ingest import Loaded, load
from synth.ingest.declaration import ColumnPart
from synth.learning.method import Method, Model
from synth.methods import all_methods, method_named
from synth.protect.coarsening import coarsening
from synth.release import Bundle, Release
from synth.runs import Outcome, Recipe, read_recipe, run, verify
from synth.runs.inspecting import compare, risk
from synth.runs.notebook import load_ipython_extension
from synth.runs.recipe_file import recipe_text
from synth.runs.synthesizer import Synthesizer
from synth.schema import Column, Kind, Role, Schema
from synth.vault import Measurement, PrivateTable

__all__ = [
    "Audience",
    "Budget",
    "Bundle",
    "Column",
    "ColumnPart",
    "Comparison",
    "Kind",
    "Ledger",
    "Loaded",
    "Measurement",
    "Method",
    "Model",
    "Outcome",
    "PrivateTable",
    "Recipe",
    "Release",
    "Rho",
    "Role",
    "Schema",
    "Statement",
    "SynthError",
    "Synthesizer",
    "all_methods",
    "coarsening",
    "compare",
    "load",
    "load_ipython_extension",
    "method_named",
    "read_recipe",
    "recipe_text",
    "risk",
    "run",
    "verify",
]
