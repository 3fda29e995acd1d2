"""What an adapter spends after its imports; standard library only, for any peer's Python."""

import json
import resource
from pathlib import Path


def cpu() -> float:
    """User and system seconds of this process and of its children that have ended."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in spent)


def file_beside(synthetic: Path) -> Path:
    """Where an adapter leaves its effort."""
    return synthetic.with_suffix(".effort.json")


def leave(synthetic: Path, started: float) -> None:
    """Write what was spent since `started` (a value of `cpu`) beside the synthetic table."""
    file_beside(synthetic).write_text(json.dumps(cpu() - started))
