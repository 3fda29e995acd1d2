"""Which test files share something that is slow to begin, and so stay on one worker.

A browser and a server, database engines, a judge of APIs: begun once, and never twice at a time.
"""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadScopeScheduling

GROUPS = {
    "tests/house/test_architecture.py": "house",
    "tests/release/test_showcase.py": "browser",
    "tests/ui/test_showcase.py": "browser",
    "tests/ui/test_surroundings.py": "browser",
    "tests/whole/test_browser.py": "browser",
    "tests/whole/test_four_ways.py": "browser",
    "tests/whole/test_team.py": "browser",
    "tests/ingest/test_lazy.py": "engines",
    "tests/vault/test_staying.py": "engines",
    "tests/release/test_postman.py": "postman",
    "tests/whole/test_crowd.py": "crowd",
    "tests/whole/test_schemathesis.py": "schemathesis",
}


class Grouped(LoadScopeScheduling):  # type: ignore[misc]
    """Every test by itself, but those of a group together, and the large groups first."""

    def _split_scope(self, nodeid: str) -> str:
        return GROUPS.get(nodeid.partition("::")[0], nodeid)


def scheduler(config: Any, log: Any) -> Grouped:
    """What `pytest -n` hands tests out by."""
    return Grouped(config, log)
