"""Synthetic tables that keep a promise to the people in the real one.

From Python, the whole way in a few lines:

    from pathlib import Path
    from synth import Recipe, run
    outcome = run(Recipe(), "people.csv")            # or any data frame
    outcome.rows                                     # synthetic rows, typed as the data frame
    print(outcome.release.statement)                 # what may honestly be promised
    Path("release.zip").write_bytes(outcome.release.zipped())

And step by step:

    from synth import Budget, load, method_named
    private = load("people.csv", Budget(epsilon=1.0)).private    # rows enter the vault
    model = method_named("correlated")().fit(private, private.ledger.left)
"""

from synth.budget import Audience, Budget, Ledger, Rho, Statement
from synth.errors import SynthError
from synth.evaluate import Comparison, compare
from synth.ingest import Loaded, load
from synth.ingest.declaration import ColumnPart
from synth.learning.method import Method, Model
from synth.methods import all_methods, method_named
from synth.protect.coarsening import coarsening
from synth.release import Bundle, Release
from synth.runs import Outcome, Recipe, read_recipe, run, verify
from synth.runs.notebook import load_ipython_extension
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
    "all_methods",
    "coarsening",
    "compare",
    "load",
    "load_ipython_extension",
    "method_named",
    "read_recipe",
    "run",
    "verify",
]
