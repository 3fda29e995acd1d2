"""Rows in hidden groups, within each of which every column has a distribution of its own.

`laws` are the distributions, over the states of a column's domain; `model_file` reads which column
follows which law; `learning` is the arithmetic of private expectation-maximisation. Nothing here
touches rows or budgets.
"""

from synth.learning.mixture.laws import LAWS, Free, Law, law_for
from synth.learning.mixture.learning import ColumnLaw, Component, Learning
from synth.learning.mixture.model_file import ModelFile, read_model_file

__all__ = [
    "LAWS",
    "ColumnLaw",
    "Component",
    "Free",
    "Law",
    "Learning",
    "ModelFile",
    "law_for",
    "read_model_file",
]
