"""Traces of jobs for whoever runs a server: how long each stage took, and nothing else.

Off unless the operator names a collector. A span bears the name of a stage from a list here, and
when it began and ended; no column, no table, no owner and no number of rows is ever among it.
OpenTelemetry's libraries are an extra, `pip install synth[traces]`.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from synth.operating import operating

JOB, WAITING, STARTING = "job", "waiting", "starting"
READING, LEARNING, DRAWING, COMPARING = "reading", "learning", "drawing", "comparing"
STAGES = (WAITING, STARTING, READING, LEARNING, DRAWING, COMPARING)
DRAWN = 0.6  # of a run: what is done before is learning, what comes after the drawing comparing
TOLD = {"reading the table": READING, "drawing synthetic rows": DRAWING, STARTING: STARTING}
SETTING = "SYNTH_TRACES"


class Recorder(Protocol):
    """What is told of a job that is over."""

    def __call__(self, how: str, stages: list[tuple[str, int]], end: int) -> None:
        """Take a trace down.

        Args:
            how: finished, failed or stopped.
            stages: names of `STAGES`, each with the nanoseconds since 1970 at which it began.
        """


@dataclass
class Trace:
    """The stages of one job as they come."""

    stages: list[tuple[str, int]] = field(default_factory=list)

    def at(self, share: float, doing: str) -> None:
        """Note how far the job is; words that are not known here are not kept."""
        told = WAITING if doing.startswith(WAITING) else TOLD.get(doing)
        stage = told or (LEARNING if share < DRAWN else COMPARING)
        order = STAGES.index(stage)
        if not self.stages or order > STAGES.index(self.stages[-1][0]):
            self.stages.append((stage, self._now()))

    def end(self, how: str) -> None:
        """Hand it to the operator's collector, if there is one."""
        if self.stages and (record := recorder()) is not None:
            try:
                record(how, self.stages, self._now())
            except Exception as error:  # or the job would never be told to be over
                logging.getLogger("synth").error("%s in a trace", type(error).__name__)

    def _now(self) -> int:
        """Nanoseconds since 1970, not before the last stage, whatever the clock does."""
        return max(time.time_ns(), *(began for _, began in self.stages[-1:]), 0)


@cache
def recorder() -> Recorder | None:
    """What sends traces to the collector that the operator names; None where they name none.

    Raises:
        ValueError: OpenTelemetry is not installed.
    """
    address = operating().traces
    if not address:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise ValueError(f"{SETTING} needs OpenTelemetry: pip install synth[traces].") from None
    # a resource of ours alone: the usual one tells the command line and what is in the environment
    provider = TracerProvider(resource=Resource({"service.name": "synth"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=address)))
    return spans_by(provider.get_tracer("synth"))


def spans_by(tracer: Any) -> Recorder:
    """Traces as spans of a tracer: one of the job, and in it one of each stage."""

    def record(how: str, stages: list[tuple[str, int]], end: int) -> None:
        from opentelemetry.context import Context
        from opentelemetry.trace import set_span_in_context

        job = tracer.start_span(f"{JOB} {how}", context=Context(), start_time=stages[0][1])
        inside = set_span_in_context(job, Context())
        ends = [*(began for _, began in stages[1:]), end]
        for (name, began), over in zip(stages, ends, strict=True):
            tracer.start_span(name, context=inside, start_time=began).end(over)
        job.end(end)

    return record
