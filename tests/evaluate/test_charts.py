import json

import pytest

from synth.evaluate import Comparison, Histogram, charts, compare
from synth.methods.independent import Independent


@pytest.fixture
def found(private, rng) -> Comparison:
    model = Independent().fit(private, private.ledger.left)
    return compare(private, model.sample(300, rng))


def data_of(chart) -> str:
    return json.dumps(chart.to_dict()["datasets"])


def test_a_histogram_shows_both_tables_on_the_same_states(found):
    frame = charts.histogram_frame(found.columns[0])
    assert frame.groupby("table")["share"].sum().round(6).tolist() == [1, 1]
    assert set(frame["value"]) == set(found.columns[0].labels)


def test_many_states_are_added_up_and_nothing_is_lost():
    even = tuple([1 / 100] * 100)
    wide = Histogram("x", tuple(map(str, range(100))), even, even, 0.0, 0.0)
    frame = charts.histogram_frame(wide)
    assert frame["value"].nunique() == charts.MOST_BARS
    assert charts.REST in set(frame["value"])
    assert frame.groupby("table")["share"].sum().round(6).tolist() == [1, 1]


def test_no_value_of_an_unplotted_column_reaches_the_browser(found):
    """Streamlit sends a chart's whole frame; so the frame must hold nothing else."""
    data = data_of(charts.histogram_chart(found.columns[0]))
    assert "Rome" in data
    assert "yes" not in data
    assert all(len(rows) <= 2 * charts.MOST_BARS for rows in json.loads(data).values())


def test_charts_of_distances_and_pairs_hold_no_cell_value(found):
    order = [h.column for h in found.columns]
    drawn = [charts.distance_chart(found)]
    drawn += [charts.information_chart(found, w, order) for w in ("real", "difference")]
    for chart in drawn:
        assert "Rome" not in data_of(chart)
        assert "yes" not in data_of(chart)


def test_every_chart_has_a_title_and_tooltips(found):
    order = [h.column for h in found.columns]
    for chart in (
        charts.histogram_chart(found.columns[0]),
        charts.information_chart(found, "synthetic", order),
        charts.distance_chart(found),
    ):
        written = chart.to_dict()
        assert '"tooltip"' in json.dumps(written)
        assert '"title"' in json.dumps(written)


def test_a_heatmap_has_every_pair_both_ways(found):
    assert len(charts.information_frame(found, "real")) == 6
