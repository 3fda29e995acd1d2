"""What whoever runs a server sets in its environment: each setting, what it wants, what holds else.

`docs/hosting.md` shows the same list; a test holds the two together.
"""

from __future__ import annotations

import math
import os
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

PREFIX = "SYNTH_"
DUTIES = ("custodians", "approvers", "recipients", "administrators")
LIBRARY = ("library", "library_db", "library_files", "library_anchor")
TEAM = ("sign_in", "groups", *DUTIES, *LIBRARY, "questions")
ELSEWHERE = ("token", *TEAM)  # read by the command line, and where people sign in
COUNT, ABOVE, TIME = "a whole number above 0", "a number above 0", "a number of minutes"
Count = Annotated[int, Field(ge=1, json_schema_extra={"wants": COUNT})]
Above = Annotated[float, Field(gt=0, json_schema_extra={"wants": ABOVE})]
Minutes = Annotated[float, Field(allow_inf_nan=False, json_schema_extra={"wants": TIME})]
Switch = Annotated[bool, Field(json_schema_extra={"wants": "yes or no"})]


class Operating(BaseModel):
    """The settings of a server, by what follows `SYNTH_` in the environment."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=True)

    workers: Count = Field(2, description="jobs at once; one owner has at most one fewer")
    most_waiting: Count = Field(
        100, description="jobs that may wait for a place, of everybody together"
    )
    most_rows: Count = Field(
        10_000_000, description="synthetic rows that one job may draw, all copies together"
    )
    most_epsilon: Above = Field(
        math.inf,
        description="the largest epsilon of one job, on the screens too; what no epsilon bounds is "
        "then refused",
    )
    most_minutes: Above = Field(240.0, description="minutes after which a job is stopped")
    most_memory: Count = Field(
        None,  # type: ignore[assignment]  # half of what the machine has
        validate_default=False,
        description="megabytes that one job may take; half of the machine's where nothing is said",
    )
    most_upload: Count = Field(
        1000, description="megabytes that the uploads of one visitor or token may come to together"
    )
    most_uploads: Count = Field(4000, description="megabytes that all uploads may come to together")
    keep_minutes: Minutes = Field(
        15.0,
        description="minutes for which a visitor's work is kept after the last tab was closed; 0: "
        "not at all",
    )
    api_tokens: str = Field("", description="comma-separated; the REST API is closed without one")
    api_epsilon: Above = Field(math.inf, description="what all jobs of a token may cost together")
    ledger: str = Field("", description="a folder in which accounts and allowances are kept")
    anchor: str = Field("", description="a file elsewhere that shows a ledger rolled back")
    audit: str = Field("", description="a file that every query and upload is written to")
    key: str = Field("", description="the file with the key that releases are signed with")
    queue: str = Field(
        "",
        description="the database (`postgresql://…`) of the queue from which workers take the jobs "
        "of the REST API; without one each server runs those that it took itself",
    )
    parcels: str = Field(
        "",
        description="a folder, or an address that fsspec knows, where the tables and releases of "
        "such jobs lie, encrypted; nothing is written anywhere without it",
    )
    queue_key: str = Field(
        "",
        description="a file with the key that what tokens were charged in the queue is sealed "
        "with, the same for all servers; it is made where there is none",
    )
    queue_anchor: str = Field(
        "",
        description="a file of each server, elsewhere, that shows these charges changed or rolled "
        "back",
    )
    hosts: str = Field(
        "",
        description="comma-separated names that the server answers to, `*.example.org` for all "
        "below one; where none is said: those of this machine while it listens to that alone, else "
        "any",
    )
    https: Switch = Field(
        False, description="a proxy in front speaks https: every cookie is Secure, HSTS is sent"
    )
    metrics: Switch = Field(
        False,
        description="whether `/metrics` (jobs, visitors, memory, as Prometheus reads them) and "
        "`/_stcore/metrics` answer",
    )

    traces: str = Field(
        "",
        description="the address (`https://…/v1/traces`) of an OpenTelemetry collector that the "
        "stages of jobs are told to, with names and durations alone",
    )

    @property
    def memory(self) -> int:
        """Bytes that one job may take."""
        if self.most_memory:
            return self.most_memory * 1_000_000
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2

    @property
    def host_names(self) -> tuple[str, ...]:
        """The names that it answers to; none for any."""
        return tuple(h for h in (h.strip().lower() for h in self.hosts.split(",")) if h)


def operating() -> Operating:
    """The settings as they are now.

    Raises:
        ValueError: one is not what it has to be; what was set is not repeated.
    """
    names = {n: f"{PREFIX}{n.upper()}" for n in Operating.model_fields}
    told: dict[str, Any] = {
        n: text for n, env in names.items() if (text := os.environ.get(env, "").strip())
    }
    try:
        return Operating.model_validate(told)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise ValueError(f"{names[name]} has to be {wanted(name)}.") from None


def unknown() -> list[str]:
    """What looks like a setting in the environment and is none that we know: most likely a slip."""
    known = {f"{PREFIX}{n.upper()}" for n in (*Operating.model_fields, *ELSEWHERE)}
    return sorted(n for n in os.environ if n.startswith(PREFIX) and n not in known)


def table() -> str:
    """All settings as a table in Markdown, as `docs/hosting.md` shows them."""
    rows = []
    for name, field in Operating.model_fields.items():
        usual = "–" if field.default in (None, "", math.inf) else f"`{field.default}`"
        meaning = str(field.description)
        meaning = meaning[0].upper() + meaning[1:]
        rows.append(f"| `{PREFIX}{name.upper()}` | {meaning} | {wanted(name)} | {usual} |")
    head = "| setting | meaning | wants | where nothing is said |\n|---|---|---|---|"
    return "\n".join((head, *rows, ""))


def wanted(name: str) -> str:
    """What a setting wants, in words."""
    extra = Operating.model_fields[name].json_schema_extra
    return str(extra["wants"]) if isinstance(extra, dict) and "wants" in extra else "text"
