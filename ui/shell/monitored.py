"""How busy a server is, in the form that monitors read: numbers of jobs, visitors and bytes.

Nothing of a table, a visitor or a release is among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from synth.runs.turns import TURNS
from ui.shell.visitor import VISITS

FORM = "text/plain; version=0.0.4; charset=utf-8"


class Ours(Collector):
    """What this server counts of itself, as it is when it is asked.

    Args:
        lying: bytes of uploads that lie unread.
    """

    def __init__(self, lying: Callable[[], int]) -> None:
        self.lying = lying

    def collect(self) -> Iterator[Metric]:
        busy = TURNS.busy
        yield GaugeMetricFamily("synth_places", "jobs that may run at once", busy.places)
        jobs = GaugeMetricFamily("synth_jobs", "jobs by state", labels=["state"])
        jobs.add_metric(["waiting"], busy.waiting)
        jobs.add_metric(["running"], busy.running)
        yield jobs
        yield CounterMetricFamily("synth_jobs_ended", "jobs that had a place", busy.ended)
        yield CounterMetricFamily("synth_jobs_seconds", "seconds that they had it", busy.seconds)
        yield GaugeMetricFamily("synth_visitors", "browsers whose work is kept", len(VISITS))
        yield GaugeMetricFamily("synth_upload_bytes", "uploads that lie unread", self.lying())


def monitored(lying: Callable[[], int]) -> Response:
    """The answer to a monitor."""
    registry = CollectorRegistry()
    registry.register(Ours(lying))
    ProcessCollector(registry=registry)
    return Response(generate_latest(registry), media_type=FORM)
