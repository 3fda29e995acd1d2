"""How busy a server is, in the form that monitors read: numbers of jobs, visitors and bytes.

Nothing of a table, a visitor or a release is among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from synth.errors import TeamError
from synth.runs.turns import TURNS
from ui.shell.visitor import VISITS

if TYPE_CHECKING:
    from synth.api.shared.queue import Queue, QueueFigures

FORM = "text/plain; version=0.0.4; charset=utf-8"


class Ours(Collector):
    """What this server counts of itself, as it is when it is asked.

    Args:
        lying: bytes of uploads that lie unread.
        queue: the address of the queue that it shares with others; "" for none.
    """

    def __init__(self, lying: Callable[[], int], queue: str = "") -> None:
        self.lying, self.queue = lying, queue

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
        if self.queue:
            yield from _of_queue(_figures(self.queue))


def _figures(address: str) -> QueueFigures | None:
    """How busy a queue is; None where it cannot be reached."""
    # by its name: SQLAlchemy takes long to import, and most servers need none
    kind: type[Queue] = import_module("synth.api.shared.queue").Queue
    try:
        return kind.at(address).figures()
    except TeamError:
        return None


def _of_queue(found: QueueFigures | None) -> Iterator[Metric]:
    reached = "1 where the queue of jobs can be reached, else 0"
    yield GaugeMetricFamily("synth_queue_reached", reached, int(found is not None))
    if found is None:
        return
    jobs = GaugeMetricFamily("synth_queue_jobs", "jobs in the queue by state", labels=["state"])
    jobs.add_metric(["waiting"], found.waiting)
    jobs.add_metric(["running"], found.running)
    yield jobs
    for name, told, value in (
        ("oldest_seconds", "how long a job has waited, of all the longest", found.oldest),
        ("workers", "workers that were heard of lately", found.workers),
        ("places", "jobs that these take at once", found.places),
    ):
        yield GaugeMetricFamily(f"synth_queue_{name}", told, value)


def monitored(lying: Callable[[], int], queue: str = "") -> Response:
    """The answer to a monitor; it may take as long as the database of a queue does."""
    registry = CollectorRegistry()
    registry.register(Ours(lying, queue))
    ProcessCollector(registry=registry)
    return Response(generate_latest(registry), media_type=FORM)
