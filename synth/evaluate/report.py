"""An evaluation as one HTML file that opens offline and prints: plain words before terms.

The custodian's edition: exact figures of real rows. It says so on its first line and must not be
handed on. Nothing in it names a cell of a row but the values of short columns that make a group.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from string import Template

from synth.evaluate.attacks import Attempt, Result, Run, counted
from synth.evaluate.charts import distance_chart, histogram_chart, information_chart, svg
from synth.evaluate.comparison import Comparison
from synth.evaluate.evaluation import SEVERAL, Evaluation
from synth.evaluate.verdict import Fate, tally
from synth.wording import so_many

EYES = (
    "<strong>For the custodian's eyes.</strong> These figures are exact figures of real people. "
    "Do not hand this report on, and put nothing of it into a release."
)
TITLE = "How far the synthetic rows are from the real ones"
DRAWN = 6  # columns with a chart of their own, the furthest off first
LISTED = 20  # lines of a table; what follows is counted
WIDE = 760  # pixels of a chart
PAIRED = 24  # columns in a heatmap
Row = Sequence[object]


def report(
    found: Evaluation, title: str = TITLE, first: Mapping[str, tuple[str, str]] | None = None
) -> str:
    """The report.

    Args:
        title: on top of the page.
        first: parts that stand before the others: by its anchor, the heading and the HTML of each.
    """
    parts = {
        **(first or {}),
        "short": ("In short", _short(found)),
        "attacks": ("Could people be found out", _attacks(found)),
        "columns": ("Column by column", _columns(found)),
        "pairs": ("Columns together", _pairs(found)),
        "tasks": ("What a model or a regression would say", _tasks(found)),
        "groups": ("Groups of people", _groups(found)),
        "terms": ("What the figures mean", TERMS),
    }
    return laid_out(title, EYES, parts)


def laid_out(title: str, eyes: str, parts: Mapping[str, tuple[str, str]]) -> str:
    """One page with an index.

    Args:
        eyes: HTML of whom it is for.
        parts: by its anchor, the heading of each part and its HTML; empty ones are left out.
    """
    filled = {k: v for k, v in parts.items() if v[1]}
    page = Template((files(__package__) / "static" / "report.html").read_text(encoding="utf-8"))
    heads = {k: html.escape(head) for k, (head, _) in filled.items()}
    return page.substitute(
        title=html.escape(title),
        eyes=eyes,
        index="".join(f'<li><a href="#{k}">{head}</a></li>' for k, head in heads.items()),
        body="".join(
            f'<section id="{k}"><h2>{heads[k]}</h2>{text}</section>'
            for k, (_, text) in filled.items()
        ),
    )


def _short(found: Evaluation) -> str:
    lost = [v for v in found.verdicts if v.fate in (Fate.LOST, Fate.SPREAD)]
    lines = [
        f"{found.synthetic_rows:,} synthetic rows beside {found.rows:,} real ones"
        + (f", and {found.holdout_rows:,} real ones kept apart" if found.holdout_rows else "")
        + f". Of the columns: {tally(found.verdicts)}."
    ]
    lines += [
        f"{so_many(n, 'cell')} of {c} cannot be read as the real column is written, and "
        f"{'counts' if n == 1 else 'count'} as missing."
        for c, n in found.unread.items()
    ]
    if found.comparison.own_states:
        lines.append(IN_PLACE)
    rows = [
        (s.name, s.plain, _figure(s.value), _figure(s.fresh), _figure(s.apart))
        for s in found.scores
    ]
    heads = (
        *("measure", "what it says", "synthetic"),
        *("a fresh real sample", "real columns shuffled apart"),
    )
    told = "".join(f"<li>{html.escape(v.plain)}</li>" for v in lost)
    return (
        "".join(f"<p>{html.escape(line)}</p>" for line in lines)
        + (f"<ul>{told}</ul>" if told else "")
        + table_of(heads, rows, "The furthest from a fresh real sample first.")
    )


def _attacks(found: Evaluation) -> str:
    """What was tried on people in the table, the worst first; then who would do it."""
    if not found.attacks:
        return f"<p>{html.escape(found.untried)}</p>" if found.untried else ""
    told = "".join(
        f"<li><strong>{html.escape(a.threat.name)}</strong>: {html.escape(a.plain)} "
        f"To fix it: {html.escape(a.remedy)}</li>"
        for a in found.attacks
        if a.result is Result.SUCCEEDED
    )
    rows = [
        (a.threat.name, a.result.value, a.plain, *map(_run, (a.main, a.control, a.naive)), _risk(a))
        for a in found.attacks
    ]
    heads = (
        *("attack", "result", "in words", "people in the table", "people set aside"),
        *("guessing", "risk"),
    )
    who = [(a.threat.name, a.threat.who, a.threat.knows, a.threat.wants) for a in found.attacks]
    figures = [
        (a.threat.name, f.name, f.plain, _between(f.value, f.low, f.high))
        for a in found.attacks
        for f in a.figures
    ]
    return (
        f"<p>{html.escape(f'Of the attacks, {counted(found.attacks)}.')} {ATTACKED}</p>"
        + (f"<ul>{told}</ul>" if told else "")
        + table_of(heads, rows, "How often each worked; 95 % intervals.")
        + table_of(
            ("attack", "who tries", "what they know", "what they want"), who, "The attackers."
        )
        + table_of(("attack", "figure", "what it says", "value"), figures, "More of each attack.")
    )


def _run(run: Run | None) -> str:
    return "" if run is None else _between(run.share, *(run.interval() if not run.exact else ()))


def _risk(attempt: Attempt) -> str:
    risk = attempt.risk
    return "" if risk is None else _between(risk.value, risk.low, risk.high)


def _between(value: float, low: float | None = None, high: float | None = None) -> str:
    if low is None or high is None:
        return _figure(value)
    return f"{_figure(value)} ({_figure(low)} to {_figure(high)})"


def _columns(found: Evaluation) -> str:
    alike = {s.column: s for s in found.shapes}
    rows = []
    for verdict in found.verdicts:
        shape = alike.get(verdict.column)
        moved = "" if shape is None or shape.wasserstein is None else _figure(shape.wasserstein)
        share = "" if shape is None else f"{_figure(shape.alike)} ({shape.measure})"
        rows.append((verdict.column, verdict.fate.value, verdict.words, share, moved))
    worst = sorted(found.comparison.columns, key=lambda h: h.fresh - h.tvd)[:DRAWN]
    return (
        table_of(
            ("column", "verdict", "why", "alike, 0 to 1", "moved, standard deviations"),
            rows,
            "KS: of numbers, TV: of everything else.",
        )
        + drawn_in(svg(distance_chart(found.comparison).properties(width=WIDE)))
        + "".join(drawn_in(svg(histogram_chart(h).properties(width=WIDE))) for h in worst)
    )


def _pairs(found: Evaluation) -> str:
    if not found.trends:
        return ""
    rows = [(f"{t.first}, {t.second}", t.measure, _figure(t.alike)) for t in found.trends]
    told = table_of(("columns", "by", "alike, 0 to 1"), rows, "The least alike first.")
    for several in found.marginals:
        good = (
            f"as good as a random {several.sample:.0%} of the real rows"
            if several.sample
            else ("not as good as a random hundredth of the real rows")
        )
        told += (
            f"<p>{SEVERAL[several.size][0].capitalize()}: alike to {_figure(several.alike)} on "
            f"average over {several.tables:,} tables, {good}.</p>"
        )
    return told + _heatmaps(found.comparison)


def _heatmaps(comparison: Comparison) -> str:
    order = [h.column for h in comparison.columns]
    if len(order) > PAIRED:
        return ""
    which = ("real", "synthetic", "difference")
    size = 44 * len(order)
    charts = [information_chart(comparison, w, order).properties(width=size) for w in which]
    return "".join(drawn_in(svg(chart)) for chart in charts)


def _tasks(found: Evaluation) -> str:
    told = ""
    if found.tasks:
        rows = [
            (t.target, t.measure, *map(_figure, (t.synthetic, t.real, t.apart, t.guess)))
            for t in found.tasks
        ]
        heads = (
            *("predicted", "measure", "trained on synthetic", "trained on real"),
            *("on real columns shuffled apart", "guessing"),
        )
        told += table_of(heads, rows, "Judged on real rows that neither model had.")
    for target, lines in found.coefficients.items():
        lined = [
            (
                c.term,
                f"{c.real:.3f} ± {1.96 * c.real_error:.3f}",
                f"{c.synthetic:.3f} ± {1.96 * c.synthetic_error:.3f}",
                *map(_figure, (c.overlap, c.fresh, c.apart)),
            )
            for c in lines
        ]
        told += table_of(
            ("term", "real", "synthetic", "overlap", "of two real halves", "of columns apart"),
            lined,
            f"A linear regression of {target}, per standard deviation; 95 % intervals. An overlap "
            "of 1 is the same, 0 just touches, below that they are apart.",
        )
    return told


def _groups(found: Evaluation) -> str:
    rows = [
        (
            f"{g.column} = {g.value}",
            f"{g.real:.2%}",
            f"{g.synthetic:.2%}",
            _figure(g.off),
            _figure(g.fresh),
        )
        for g in found.groups
    ]
    if not rows:
        return ""
    heads = (
        "people with",
        "of the real rows",
        "of the synthetic",
        "misstated by",
        "a fresh sample",
    )
    note = "How far the other columns of these people are off, on average; the worst first."
    return table_of(heads, rows, note)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}" if abs(value) < 100 else f"{value:,.0f}"


def table_of(heads: Sequence[str], rows: Sequence[Row], note: str) -> str:
    """A table with what it is above it; lines beyond LISTED are counted."""
    beyond = f" {len(rows) - LISTED:,} more lines are in the JSON." if len(rows) > LISTED else ""
    return (
        f"<figure><figcaption>{html.escape(note + beyond)}</figcaption><div><table><thead><tr>"
        + _cells(heads, "th")
        + "</tr></thead><tbody>"
        + "".join(f"<tr>{_cells(row, 'td')}</tr>" for row in rows[:LISTED])
        + "</tbody></table></div></figure>"
    )


def _cells(values: Iterable[object], tag: str) -> str:
    return "".join(f"<{tag}>{html.escape(str(v))}</{tag}>" for v in values)


def drawn_in(picture: str) -> str:
    """An SVG on white ground."""
    return f'<figure class="drawn">{picture}</figure>'


IN_PLACE = (
    "The rows stayed in their engine, so this is what counts can tell: numbers and dates are "
    "compared on the intervals of the release, and what is lost inside them does not show. Not "
    "measured: models and regressions, groups of people, and whether rows can be told apart."
)
ATTACKED = (
    "Each is tried on people in the table and on people who were set aside before the method saw "
    "the table: what works on both is told by the table about people in general, and only what "
    "works more often on the first gives them away. That none succeeded does not show that none "
    "can: other attackers may know more, or look better."
)
TERMS = """<dl>
<dt>people set aside</dt><dd>Real people who were kept from the method (a holdout). Without them an
attack can only be held against guessing, which every good table beats.</dd>
<dt>risk</dt><dd>How much more is found out about people in the table than about those set aside, of
what could be: (in the table - set aside) / (1 - set aside). Giomi and others (2023).</dd>
<dt>a fresh real sample</dt><dd>What as many other people from the same population would come to:
two halves of the real table beside each other, at the sizes of the two tables. Nothing can be
expected to be nearer.</dd>
<dt>real columns shuffled apart</dt><dd>The real table with each column shuffled by itself: every
column right, nothing going together. A table that is no nearer keeps no dependence.</dd>
<dt>column shapes, pair trends</dt><dd>One less the largest distance of the distributions of numbers
(Kolmogorov-Smirnov), one less half of the sum of differences of shares (total variation), one less
half the difference of correlations; averaged over all columns and all pairs.</dd>
<dt>told apart by trees (AUC)</dt><dd>The chance that gradient-boosted trees find the synthetic row
of a synthetic and a real one; on rows they were not grown on.</dd>
<dt>told apart by a regression (pMSE ratio)</dt><dd>The propensity score's mean squared error over
its expectation (Snoke and others, 2018).</dd>
</dl>"""
