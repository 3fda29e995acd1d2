"""Findings as Altair charts, the same on the screens and in reports. Aggregates only, no rows."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TypeAlias

from synth.evaluate import Comparison, Fate, Histogram, verdicts
from synth.evaluate.kept import Kept
from synth.lazily import alt, pd

LEAST_WIDTH = 28  # pixels of a square in which a number can be read
FEW = 8  # columns whose names fit aslant under a heatmap on a phone
MOST_BARS = 40  # states shown; the rest are added up
REST = "(all others)"
REAL, SYNTHETIC = "real", "synthetic"
TELLS = {
    REAL: "Real: what one column tells of another",
    SYNTHETIC: "Synthetic: what one column tells of another",
    "difference": "Synthetic less real",
}
FAR = "distance (0 to 1)"  # short, as what does not fit on a phone squeezes the bars

Chart: TypeAlias = "alt.Chart | alt.LayerChart | alt.FacetChart | alt.ConcatChart"


def svg(chart: Chart) -> str:
    """A chart as SVG text."""
    out = io.StringIO()
    chart.save(out, format="svg")
    return out.getvalue()


def histogram_frame(histogram: Histogram) -> pd.DataFrame:
    """One line per state and table: `value`, `table`, `share`, in the order of the states."""
    keep = list(range(len(histogram.labels)))
    if len(keep) > MOST_BARS:
        weight = [max(r, s) for r, s in zip(histogram.real, histogram.synthetic, strict=True)]
        keep = sorted(sorted(keep, key=lambda i: -weight[i])[: MOST_BARS - 1])
    lines = [
        {"value": histogram.labels[i], "table": table, "share": shares[i], "order": place}
        for place, i in enumerate(keep)
        for table, shares in ((REAL, histogram.real), (SYNTHETIC, histogram.synthetic))
    ]
    if len(keep) < len(histogram.labels):
        for table, shares in ((REAL, histogram.real), (SYNTHETIC, histogram.synthetic)):
            rest = sum(shares) - sum(shares[i] for i in keep)
            lines.append({"value": REST, "table": table, "share": rest, "order": len(keep)})
    return pd.DataFrame(lines)


def histogram_chart(histogram: Histogram) -> Chart:
    """Share of rows in each state, real beside synthetic; told apart by shade and by position."""
    frame = histogram_frame(histogram)
    wide = frame["value"].nunique() > 12
    order = frame.sort_values("order")["value"].drop_duplicates().tolist()
    chart: Chart = (
        alt.Chart(frame, title=f"{histogram.column}: share of rows, real and synthetic")
        .mark_bar()
        .encode(
            x=alt.X(
                "value:N",
                sort=order,
                title=histogram.column,
                axis=alt.Axis(labelAngle=-40 if wide else 0, labelLimit=140),
            ),
            xOffset=alt.XOffset("table:N", sort=[REAL, SYNTHETIC]),
            y=alt.Y("share:Q", title="share of rows", axis=alt.Axis(format="%")),
            color=alt.Color("table:N", sort=[REAL, SYNTHETIC], title="table"),
            tooltip=[
                alt.Tooltip("value:N", title=histogram.column),
                alt.Tooltip("table:N", title="table"),
                alt.Tooltip("share:Q", title="share of rows", format=".2%"),
            ],
        )
        .properties(height=340)
    )
    return chart


def information_frame(comparison: Comparison, which: str) -> pd.DataFrame:
    """One line per ordered pair of columns with its normalised mutual information.

    Args:
        which: "real", "synthetic" or "difference" (synthetic less real).
    """
    lines = []
    for pair in comparison.pairs:
        value = {
            "real": pair.real,
            "synthetic": pair.synthetic,
            "difference": pair.synthetic - pair.real,
        }[which]
        for a, b in ((pair.first, pair.second), (pair.second, pair.first)):
            lines.append({"first": a, "second": b, "information": value, "distance": pair.tvd})
    return pd.DataFrame(lines, columns=["first", "second", "information", "distance"])


def information_chart(comparison: Comparison, which: str, order: Sequence[str]) -> Chart:
    """A heatmap of normalised mutual information, with the numbers written in the cells."""
    frame = information_frame(comparison, which)
    spread = which == "difference"
    limit = max(0.1, float(frame["information"].abs().max())) if len(frame) else 0.1
    scale = (
        alt.Scale(domain=[-limit, 0, limit], scheme="blueorange", reverse=True)
        if spread
        else alt.Scale(domain=[0, max(limit, 0.3)], scheme="teals")
    )
    base = alt.Chart(frame, title=TELLS[which]).encode(
        x=alt.X(
            "first:N",
            sort=list(order),
            title=None,
            axis=alt.Axis(
                labelAngle=-40 if len(order) <= FEW else -90, labelLimit=120, labelOverlap=False
            ),
        ),
        y=alt.Y(
            "second:N",
            sort=list(order),
            title=None,
            axis=alt.Axis(labelLimit=120, labelOverlap=False),
        ),
        tooltip=[
            alt.Tooltip("first:N", title="column"),
            alt.Tooltip("second:N", title="with"),
            alt.Tooltip(
                "information:Q",
                title="mutual information (0 to 1)",
                format="+.3f" if spread else ".3f",
            ),
            alt.Tooltip("distance:Q", title="distance of the two-way tables", format=".3f"),
        ],
    )
    told = "change" if spread else "0 to 1"  # short, as it takes room from the squares
    cells = base.mark_rect().encode(color=alt.Color("information:Q", scale=scale, title=told))
    if len(order) > 14:
        return alt.layer(cells).properties(height=18 * len(order) + 150)
    most = limit if spread else max(limit, 0.3)
    words = _numbers(base, len(order), dark_above=0.55 * most, signed=spread)
    return alt.layer(cells, words).properties(height=34 * len(order) + 150)


def _numbers(base: alt.Chart, columns: int, *, dark_above: float, signed: bool) -> alt.Chart:
    """The numbers in the squares, where they are wide enough; a tooltip says them all the same."""
    room = alt.expr(f"width < {LEAST_WIDTH} * {columns} ? 0 : 1")
    chart: alt.Chart = base.mark_text(fontSize=10, opacity=room).encode(
        text=alt.Text("information:Q", format="+.2f" if signed else ".2f"),
        color=alt.condition(
            f"abs(datum.information) > {dark_above}", alt.value("white"), alt.value("#17293a")
        ),
    )
    return chart


def distance_frame(comparison: Comparison) -> pd.DataFrame:
    """One line per column: its distance, and what a fresh real sample would have."""
    return pd.DataFrame(
        [
            {"column": h.column, "distance": h.tvd, "fresh": h.fresh, "states": len(h.labels)}
            for h in comparison.columns
        ]
    )


def pair_frame(comparison: Comparison) -> pd.DataFrame:
    """One line per pair of columns: distance, and mutual information in both tables."""
    return pd.DataFrame(
        [
            {
                "first": p.first,
                "second": p.second,
                "distance": p.tvd,
                "fresh": p.fresh,
                "each by itself": p.apart,
                "information, real": p.real,
                "information, synthetic": p.synthetic,
            }
            for p in comparison.pairs
        ]
    )


def distance_chart(comparison: Comparison) -> Chart:
    """Distance of each column as a bar, with a tick where a fresh real sample would be."""
    frame = distance_frame(comparison)
    order = frame.sort_values("distance", ascending=False)["column"].tolist()
    tooltip = [
        alt.Tooltip("column:N", title="column"),
        alt.Tooltip("distance:Q", title=FAR, format=".4f"),
        alt.Tooltip("fresh:Q", title="a fresh real sample", format=".4f"),
    ]
    base = alt.Chart(
        frame,
        title=["How far each column is from the real one", "Tick: a fresh real sample"],
    ).encode(
        y=alt.Y(
            "column:N", sort=order, title=None, axis=alt.Axis(labelLimit=200, labelOverlap=False)
        )
    )
    bars = base.mark_bar().encode(
        x=alt.X("distance:Q", title=FAR),
        tooltip=tooltip,
    )
    ticks = base.mark_tick(thickness=3, color="#c2740b", height=18).encode(
        x="fresh:Q", tooltip=tooltip
    )
    return alt.layer(bars, ticks).properties(height=26 * len(order) + 110)


def kept_frame(found: Kept) -> pd.DataFrame:
    """One line per length: what became of the combinations that enough people share."""
    return pd.DataFrame(
        [
            {
                "attributes": b.length,
                "combinations": b.real,
                "preserved": b.preserved,
                "mean error": b.error,
                "lost": b.lost,
            }
            for b in found.by_length
        ]
    )


def bucket_frame(found: Kept) -> pd.DataFrame:
    """One line per range of counts: how many combinations, and how well they are met."""
    return pd.DataFrame(
        [
            {
                "counted": f"{b.above + 1:,} to {b.most:,}",
                "combinations": b.combinations,
                "preserved": b.preserved,
                "mean error": b.error,
            }
            for b in found.by_count
        ]
    )


def kept_chart(found: Kept) -> Chart:
    """Preserved, mean error and lost, by the number of attributes, on one axis from 0 to 1."""
    frame = kept_frame(found).melt(
        ["attributes", "combinations"], ["preserved", "mean error", "lost"], "figure", "share"
    )
    chart: Chart = (
        alt.Chart(frame, title=f"Combinations that at least {found.k} people share")
        .mark_bar()
        .encode(
            x=alt.X("attributes:O", title="attributes together", axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("figure:N", sort=["preserved", "mean error", "lost"]),
            y=alt.Y("share:Q", title="share", axis=alt.Axis(format="%")),
            color=alt.Color("figure:N", sort=["preserved", "mean error", "lost"], title="figure"),
            tooltip=[
                alt.Tooltip("figure:N", title="figure"),
                alt.Tooltip("attributes:O", title="attributes together"),
                alt.Tooltip("share:Q", title="share", format=".1%"),
                alt.Tooltip("combinations:Q", title="combinations"),
            ],
        )
        .properties(height=300)
    )
    return chart


def runs_frame(runs: Sequence[tuple[str, Comparison]]) -> pd.DataFrame:
    """One line per run: mean distances of columns and of pairs, and how many columns fared how."""
    lines = []
    for name, c in runs:
        line = {"run": name, "columns": c.one_way, "pairs": c.two_way, "rows": c.synthetic_rows}
        fates = [v.fate for v in verdicts(c)]
        lines.append({**line, **{f.value: fates.count(f) for f in Fate}})
    return pd.DataFrame(lines)


def fates_frame(runs: Sequence[tuple[str, Comparison]]) -> pd.DataFrame:
    """One line per column: what became of it in each run."""
    told = {name: {v.column: v.fate.value for v in verdicts(c)} for name, c in runs}
    columns = dict.fromkeys(h.column for _, c in runs for h in c.columns)
    return pd.DataFrame(
        [{"column": n, **{run: fates.get(n, "") for run, fates in told.items()}} for n in columns]
    )


def runs_chart(runs: Sequence[tuple[str, Comparison]]) -> Chart:
    """Distance of each column in each run, on one axis; told apart by shape and shade."""
    frame = pd.DataFrame(
        [
            {"column": h.column, "run": name, "distance": h.tvd}
            for name, comparison in runs
            for h in comparison.columns
        ]
    )
    chart: Chart = (
        alt.Chart(frame, title="How far each column is from the real one, run by run")
        .mark_point(size=90, filled=True)
        .encode(
            y=alt.Y("column:N", title=None, axis=alt.Axis(labelLimit=200, labelOverlap=False)),
            x=alt.X("distance:Q", title=FAR),
            color=alt.Color("run:N", title="run", legend=alt.Legend(labelLimit=400)),
            shape=alt.Shape("run:N", title="run"),
            tooltip=[
                alt.Tooltip("run:N", title="run"),
                alt.Tooltip("column:N", title="column"),
                alt.Tooltip("distance:Q", title="distance", format=".4f"),
            ],
        )
        .properties(height=26 * frame["column"].nunique() + 120)
    )
    return chart


def frontier_chart(trials: pd.DataFrame) -> Chart:
    """Risk against distance, a point for each trial; a line through those that no other one beats.

    Args:
        trials: `trial`, `distance`, `risk` and `best` (whether no other one beats it).
    """
    near = alt.X("distance:Q", title="mean distance of pairs (0 same, 1 disjoint)")
    safe = alt.Y(
        "risk:Q",
        title="found out more than of strangers (0 nothing, 1 all)",
        scale=alt.Scale(domainMin=0, domainMax=max(0.1, float(trials["risk"].max()))),
    )
    tooltip = [
        alt.Tooltip("trial:N", title="run"),
        alt.Tooltip("distance:Q", title="distance", format=".3f"),
        alt.Tooltip("risk:Q", title="risk", format=".3f"),
    ]
    base = alt.Chart(
        trials, title=["Nearer to the left, safer further down;", "the line joins those none beats"]
    ).encode(x=near, y=safe, tooltip=tooltip)
    kept = alt.datum.best == True  # noqa: E712
    line = base.transform_filter(kept).mark_line(strokeDash=[4, 3], color="#8a8a8a")
    points = base.mark_point(size=110, filled=True, opacity=1).encode(
        shape=alt.Shape(
            "best:N",
            title="beaten by none",
            scale=alt.Scale(domain=[True, False], range=["diamond", "circle"]),
        ),
        color=alt.Color(
            "best:N", scale=alt.Scale(domain=[True, False], range=["#1f6feb", "#9a6700"])
        ),
    )
    names = base.mark_text(align="left", dx=8, dy=-6, limit=180).encode(text="trial:N")
    return alt.layer(line, points, names).properties(height=360)
