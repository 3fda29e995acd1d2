"""Where numbers and dates are cut: edges of intervals, and the grid that values lie on."""

from __future__ import annotations

from synth.errors import SchemaError
from synth.lazily import np
from synth.schema.values import Values


def on_grid(drawn: Values, low: Values, high: Values, decimals: int, step: int = 1) -> Values:
    """Move to the grid of `decimals` places, within [low, high).

    Args:
        step: only every so manieth place of the grid, where [low, high) holds one.
    """
    scale = 10.0**decimals
    first = np.ceil(np.round(low * scale / step, 6))
    end = np.ceil(np.round(high * scale / step, 6))
    share = np.where(high > low, (drawn - low) / (high - low), 0)
    found = np.asarray((first + np.floor(share * np.maximum(end - first, 1))) * step / scale)
    return found if step == 1 else np.where(end > first, found, on_grid(drawn, low, high, decimals))


def interval(low: float, high: float, *, whole: bool) -> str:
    """`18 to 24` for whole numbers, `1.5 to 2.5` for others."""
    if whole and low == int(low) and high == int(high):
        top = int(high) - 1
        return f"{int(low)}" if top <= low else f"{int(low)} to {top}"
    first, last = f"{low:.6g}", f"{high:.6g}"
    return first if first == last else f"{first} to {last}"


def whole_edges(low: int, high: int, intervals: int) -> tuple[float, ...]:
    """At most `intervals` intervals that end on whole numbers and hold `low` to `high`."""
    if high - low + 1 <= intervals:
        return tuple(float(x) for x in range(low, high + 2))
    cut = np.unique(np.round(np.linspace(low, high + 1, intervals + 1)))
    return tuple(float(e) for e in cut)


def even_edges(low: float, high: float, intervals: int) -> tuple[float, ...]:
    """`intervals` equal intervals from `low` to `high`."""
    if not low < high:
        raise SchemaError(
            f"The lower bound {low:g} is not below the upper bound {high:g}.",
            "Give the smaller bound first.",
        )
    return tuple(float(e) for e in np.linspace(low, high, intervals + 1))
