"""From a recipe to a release: in this process, in one of its own, on a server, from a notebook."""

from synth.runs.outcome import Outcome
from synth.runs.recipe import Recipe
from synth.runs.recipe_file import read_recipe
from synth.runs.running import run
from synth.runs.verifying import verify

__all__ = ["Outcome", "Recipe", "read_recipe", "run", "verify"]
