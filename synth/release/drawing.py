"""What a model has learnt, drawn: missing values, marginals, and how columns go together, as SVG.

Drawn from the released synthetic rows, so the pictures may be shared as the rows may.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from synth.evaluate.charts import Chart, svg
from synth.evaluate.comparison import normalised_information
from synth.lazily import alt, np, pd
from synth.release.bundle import Bundle
from synth.schema import Codes, Schema
from synth.schema.domain import MISSING
from synth.schema.tables import bincount

MOST_DRAWN = 40
MOST_STATES = 30  # of a column; the rest are added up
REST = "(all others)"


def drawings(bundle: Bundle) -> dict[str, bytes]:
    """`missing.svg`, `marginals.svg` and `correlations.svg` of a release."""
    schema = bundle.schema
    names = [c.name for c in schema.modelled][:MOST_DRAWN]
    codes = {n: schema.domain(n).encode(bundle.rows[n]) for n in names}
    shares = _shares(schema, codes)
    charts: dict[str, Chart] = {
        "missing": _missing(shares, names),
        "marginals": _marginals(shares, names),
        "correlations": _correlations(schema, codes, names),
    }
    return {f"{name}.svg": svg(chart).encode() for name, chart in charts.items()}


def _shares(schema: Schema, codes: Mapping[str, Codes]) -> pd.DataFrame:
    """One line per column and state: `column`, `value`, `share`, `order`."""
    lines = []
    for name, column in codes.items():
        domain = schema.domain(name)
        share = np.bincount(column, minlength=domain.size) / max(len(column), 1)
        told = dict(zip(domain.labels, share, strict=True))
        for order, value in enumerate(list(told)[:MOST_STATES]):
            lines.append({"column": name, "value": value, "share": told[value], "order": order})
        rest = sum(list(told.values())[MOST_STATES:])
        if rest > 0:
            lines.append({"column": name, "value": REST, "share": rest, "order": MOST_STATES})
        if MISSING not in told:
            lines.append({"column": name, "value": MISSING, "share": 0.0, "order": -1})
    return pd.DataFrame(lines)


def _missing(shares: pd.DataFrame, names: list[str]) -> Chart:
    frame = shares[shares["value"] == MISSING]
    chart: Chart = (
        alt.Chart(frame, title="Missing values: share of synthetic rows")
        .mark_bar()
        .encode(
            y=alt.Y("column:N", sort=names, title=None, axis=alt.Axis(labelLimit=220)),
            x=alt.X("share:Q", title="share of rows", axis=alt.Axis(format="%")),
        )
        .properties(width=420, height=22 * len(names))
    )
    return chart


def _marginals(shares: pd.DataFrame, names: list[str]) -> Chart:
    every = []
    for name in names:
        frame = shares[(shares["column"] == name) & (shares["order"] >= 0)]
        order = frame["value"].tolist()
        every.append(
            alt.Chart(frame, title=name)
            .mark_bar()
            .encode(
                x=alt.X("value:N", sort=order, title=None, axis=alt.Axis(labelLimit=90)),
                y=alt.Y("share:Q", title="share of rows", axis=alt.Axis(format="%")),
            )
            .properties(width=max(120, 14 * len(order)), height=150)
        )
    return alt.concat(*every, columns=3, title="Marginals of the synthetic rows")


def _correlations(schema: Schema, codes: Mapping[str, Codes], names: list[str]) -> Chart:
    lines = []
    for a, b in combinations(names, 2):
        counts = bincount([codes[a], codes[b]], schema.shape((a, b))).astype(np.float64)
        value = normalised_information(counts)
        lines += [{"first": a, "second": b, "value": value}]
        lines += [{"first": b, "second": a, "value": value}]
    frame = pd.DataFrame(lines, columns=["first", "second", "value"])
    base = alt.Chart(frame, title="How much one column tells about another (0 to 1)").encode(
        x=alt.X("first:N", sort=names, title=None, axis=alt.Axis(labelAngle=-40)),
        y=alt.Y("second:N", sort=names, title=None),
    )
    cells = base.mark_rect().encode(
        color=alt.Color("value:Q", scale=alt.Scale(domain=[0, 1], scheme="teals"), title="0 to 1")
    )
    words = base.mark_text(fontSize=9).encode(text=alt.Text("value:Q", format=".2f"))
    return alt.layer(cells, words).properties(width=38 * len(names), height=34 * len(names))
