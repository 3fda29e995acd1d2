"""From a recipe to a release: in this process, in one of its own, on a server, from a notebook."""

from synth.runs.faux import faux
from synth.runs.recipe import Recipe, read_recipe
from synth.runs.run import Outcome, run

__all__ = ["Outcome", "Recipe", "faux", "read_recipe", "run"]
