"""The only room that holds rows: doors with a price, the noise, the engines behind them."""

from synth.vault.answers import Distances, Measurement, SharedSums
from synth.vault.attributes import Attributes, Counting, Groups, Protection
from synth.vault.axes import Named, axes_of
from synth.vault.bins import Bins
from synth.vault.noise import Noise
from synth.vault.private import PrivateTable

__all__ = [
    "Attributes",
    "Bins",
    "Counting",
    "Distances",
    "Groups",
    "Measurement",
    "Named",
    "Noise",
    "PrivateTable",
    "Protection",
    "SharedSums",
    "axes_of",
]
