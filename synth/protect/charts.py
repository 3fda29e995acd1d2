"""Risk as Altair charts. Aggregates only; for the custodian's screens, never for a release."""

from __future__ import annotations

from collections.abc import Sequence

from synth.lazily import alt, np, pd
from synth.protect.lattice import FAILS, HOLDS, UNKNOWN, Space
from synth.protect.risk import Classes, Contribution

BINS = ((1, 1), (2, 2), (3, 4), (5, 10), (11, 19), (20, 10**12))
SAFE, UNSAFE = "large enough", "too small"


def class_frame(classes: Classes, k: int) -> pd.DataFrame:
    """One line per range of class sizes: `size`, `rows`, `share`, and whether it is below k."""
    lines = []
    for low, high in BINS:
        rows = int(classes.each[(classes.sizes >= low) & (classes.sizes <= high)].sum())
        label = (
            f"{low}" if low == high else f"{low} or more" if high > 10**9 else f"{low} to {high}"
        )
        state = UNSAFE if low < k else SAFE
        share = rows / classes.rows if classes.rows else 0.0
        lines.append({"size": label, "rows": rows, "share": share, "state": state})
    return pd.DataFrame(lines)


def class_chart(classes: Classes, k: int) -> alt.LayerChart | alt.FacetChart:
    """How many rows look like how many others."""
    frame = class_frame(classes, k)
    base = alt.Chart(frame, title="How many people share the same values").encode(
        x=alt.X("size:N", sort=None, title="people who look alike", axis=alt.Axis(labelAngle=0)),
        y=alt.Y(
            "share:Q", title="share of rows", axis=alt.Axis(format="%"), scale={"domainMin": 0}
        ),
        tooltip=[
            alt.Tooltip("size:N", title="people who look alike"),
            alt.Tooltip("rows:Q", title="rows", format=","),
            alt.Tooltip("share:Q", title="share of rows", format=".1%"),
            alt.Tooltip("state:N", title=f"for k = {k}"),
        ],
    )
    bars = base.mark_bar().encode(
        color=alt.Color(
            "state:N",
            sort=[UNSAFE, SAFE],
            scale=alt.Scale(domain=[UNSAFE, SAFE], range=["#c2540b", "#2b7a78"]),
            title=f"for k = {k}",
            legend=alt.Legend(orient="top"),
        )
    )
    words = base.mark_text(dy=-7, fontSize=11).encode(
        text=alt.Text("share:Q", format=".0%"), color=alt.value("#7a8793")
    )
    return alt.layer(bars, words).properties(height=260)


def contribution_chart(found: Sequence[Contribution], title: str) -> alt.Chart:
    """Rows linkable through each column or value, longest bar first."""
    frame = pd.DataFrame(
        [
            {
                "name": f"{c.column}: {c.value}" if c.value else c.column,
                "share": c.share,
                "linkable": c.linkable,
                "rows": c.rows,
            }
            for c in found
        ],
        columns=["name", "share", "linkable", "rows"],
    )
    chart: alt.Chart = (
        alt.Chart(frame, title=title)
        .mark_bar(color="#2b7a78")
        .encode(
            y=alt.Y(
                "name:N", sort=None, title=None, axis=alt.Axis(labelLimit=220, labelOverlap=False)
            ),
            x=alt.X("linkable:Q", title="rows linked through it"),
            tooltip=[
                alt.Tooltip("name:N", title="through"),
                alt.Tooltip("linkable:Q", title="rows linkable", format=","),
                alt.Tooltip("rows:Q", title="of rows", format=","),
                alt.Tooltip("share:Q", title="share", format=".1%"),
            ],
        )
        .properties(height=24 * max(len(frame), 1) + 90)
    )
    return chart


MOST_NODES = 3_000  # points of the lattice that are drawn; those that lose least come first
STATES = {HOLDS: "protects enough", FAILS: "too weak", UNKNOWN: "loses more than needed"}
BEST = "proposed"


def space_frame(space: Space) -> pd.DataFrame:
    """One line per node that is drawn: its levels, loss (0 to 1), height, state and words."""
    order = np.argsort(space.bound, kind="stable")
    holds = order[space.state[order] == HOLDS][: MOST_NODES // 3]
    fails = order[space.state[order] == FAILS][-MOST_NODES // 3 :]
    other = order[space.state[order] == UNKNOWN][: MOST_NODES // 3]
    picked = np.concatenate([fails, other, holds])
    most = float(space.bound.max()) or 1.0
    best = None if space.best is None else space.best.levels
    lines = []
    for place in picked:
        levels = tuple(space.levels[place].tolist())
        state = BEST if levels == best else STATES[int(space.state[place])]
        lines.append(
            {
                "node": ",".join(map(str, levels)),
                "loss": float(space.bound[place]) / most,
                "height": sum(levels),
                "state": state,
                "words": space.words(levels),
            }
        )
    return pd.DataFrame(lines, columns=["node", "loss", "height", "state", "words"])


def space_chart(frame: pd.DataFrame) -> alt.Chart:
    """What each combination of levels loses, and whether it protects. Click to choose."""
    order = [BEST, STATES[HOLDS], STATES[FAILS], STATES[UNKNOWN]]
    colours = ["#b3261e", "#2b7a78", "#9aa5ae", "#c9a227"]
    state = alt.Scale(domain=order, range=colours)
    shape = alt.Scale(domain=order, range=["diamond", "circle", "cross", "triangle-up"])
    chosen = alt.selection_point(name="node", fields=["node"], nearest=True)
    chart: alt.Chart = (
        alt.Chart(frame, title="Every combination; click to choose")
        .mark_point(filled=True, opacity=0.75)
        .encode(
            x=alt.X("loss:Q", title="share of the information lost", axis=alt.Axis(format="%")),
            y=alt.Y("height:Q", title="levels generalised"),
            color=alt.Color(
                "state:N", scale=state, title=None, legend=alt.Legend(orient="top", columns=2)
            ),
            shape=alt.Shape("state:N", scale=shape, title=None),
            size=alt.condition(f"datum.state == '{BEST}'", alt.value(220), alt.value(55)),
            tooltip=[
                alt.Tooltip("words:N", title="levels"),
                alt.Tooltip("loss:Q", title="information lost", format=".1%"),
                alt.Tooltip("state:N", title="protection"),
            ],
        )
        .add_params(chosen)
        .properties(height=320)
    )
    return chart
