"""The HTTP side: who may ask, what there is, and the life of a job."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from collections.abc import Callable, Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from starlette.routing import Mount

from synth.api.allowance import HOLDS_FOR
from synth.api.coming import Coming
from synth.api.problems import Problem, ProblemDocument, described, explain, problem_of
from synth.api.registry import Jobs, KnownJob, Registry, State
from synth.api.submission import Asking, Submission, database_named, submission_of
from synth.budget.accounting import epsilon_of
from synth.budget.promise import LARGEST_DELTA
from synth.errors import SynthError
from synth.ingest import Database
from synth.methods import Promise, all_methods
from synth.runs.audit import Ended
from synth.schema.settings import settings_of

SETTING = "SYNTH_API_TOKENS"
LEAST_TOKEN = 16  # characters
ABOUT = (
    "A recipe and a table, or a query, become a job; the job becomes a release of synthetic rows. "
    "No answer holds a cell of a real table, and nothing is written to disk but where the operator "
    "of several servers named a place for it, encrypted."
)


class SettingShown(BaseModel):
    """A setting of a method: what it wants, and what holds where nothing is said."""

    title: str
    help: str
    ask: str
    default: Any
    low: float | None = None
    high: float | None = None
    choices: list[Any] | None = None


class MethodShown(BaseModel):
    """A method and its settings."""

    name: str
    title: str
    summary: str
    formal: bool
    promise: str
    settings: dict[str, SettingShown]


class DatabaseShown(BaseModel):
    """A database that can be asked, without its address."""

    name: str


class JobShown(BaseModel):
    """How far a job is, and what it has cost; `spent_epsilon` is null where nothing bounds it.

    A `repeated` job asked what was already released to this token: it is the same release, for
    nothing. The same query with another seed, say, is asked of the database anew.
    """

    id: str
    state: State
    progress: float
    doing: str
    spent_epsilon: float | None
    repeated: bool
    error: ProblemDocument | None


class BudgetShown(BaseModel):
    """The jobs of a token together, at one delta; null where there is no limit.

    What is spent and what is left do not add up: epsilons compose to less than their sum. Every job
    counts with all it may cost, also one that failed or was stopped; what is spent is null where
    nothing bounds one of them. Where the operator keeps no ledger, a restart forgets it.

    Jobs may protect different units: each says for itself whom its rows are about.
    """

    total_epsilon: float | None
    spent_epsilon: float | None
    left_epsilon: float | None
    delta: float
    holds_for: str = HOLDS_FOR


def digests_of(text: str) -> tuple[str, ...]:
    """Digests of the tokens in a comma-separated list.

    Raises:
        ValueError: a token is so short that it could be guessed.
    """
    tokens = [t.strip() for t in text.split(",") if t.strip()]
    if any(len(t) < LEAST_TOKEN for t in tokens):
        raise ValueError(f"A token in {SETTING} has fewer than {LEAST_TOKEN} characters.")
    return tuple(_digest(t) for t in tokens)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", errors="surrogateescape")).hexdigest()


bearer = HTTPBearer(auto_error=False, description="One of the tokens the operator gave out.")
Given = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


async def owner_of(request: Request, given: Given) -> str:
    """Who asks, as a digest of the token; every known token is compared, in constant time."""
    known: Iterable[str] = request.app.state.digests
    if not known:
        raise Problem(403, "This API is closed.", f"The operator opens it by setting {SETTING}.")
    asked = _digest(given.credentials if given else "")
    if not any([hmac.compare_digest(asked, k) for k in known]):
        raise Problem(
            401,
            "The token is missing or not known.",
            "Send `Authorization: Bearer …` with a token from the operator.",
            {"WWW-Authenticate": "Bearer"},
        )
    return asked


def jobs_of(request: Request) -> Jobs:
    """The jobs of this API."""
    found: Jobs = request.app.state.registry
    return found


def databases_of(request: Request) -> dict[str, Database]:
    """The configured databases by name."""
    found: dict[str, Database] = request.app.state.databases()
    return found


Owner = Annotated[str, Depends(owner_of)]
Here = Annotated[Jobs, Depends(jobs_of)]
Databases = Annotated[dict[str, Database], Depends(databases_of)]
Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Name = Annotated[str, Path(pattern=r"^[^/\x00-\x1f]+$")]
router = APIRouter(responses=described(401, 403))


@router.get("/methods")
def methods(owner: Owner) -> list[MethodShown]:
    """List the methods and their settings."""
    return [
        MethodShown(
            name=m.name,
            title=m.title,
            summary=m.summary,
            formal=m.promise is not Promise.NONE,
            promise=m.promise.value,
            settings={s.name: SettingShown(**s.document()) for s in settings_of(m)},
        )
        for m in all_methods()
    ]


@router.get("/databases")
def databases(owner: Owner, known: Databases) -> list[DatabaseShown]:
    """List the databases that can be asked."""
    return [DatabaseShown(name=n) for n in known]


@router.get("/databases/{name}/tables", responses=described(404, 422))
def tables(owner: Owner, known: Databases, name: Name) -> dict[str, dict[str, str]]:
    """List the tables of a database, each with its columns and their types."""
    return database_named(name, known).tables()


FORM = {
    "type": "object",
    "properties": {
        "recipe": {"type": "string", "description": "The recipe, as TOML."},
        "table": {
            "type": "string",
            "format": "binary",
            "description": "CSV, TSV, Parquet, Excel or JSON lines.",
        },
        "children": {
            "type": "string",
            "format": "binary",
            "description": "A second table, whose rows belong to the people of the first: "
            "`[children]` of the recipe says how.",
        },
        "files": {
            "type": "array",
            "items": {"type": "string", "format": "binary"},
            "description": "What steps look up, and the logo of the showcase, by file name.",
        },
    },
    "required": ["recipe", "table"],
    "additionalProperties": False,
}
EXAMPLE = '[method]\nname = "independent"\n'
DECLARED = """[[column]]
name = "city"
values = ["Oslo", "Rome"]
[[column]]
name = "age"
kind = "integer"
low = 0
high = 120
intervals = 12
"""  # of three rows nothing can be found out under a promise
UPLOAD = {"recipe": DECLARED + EXAMPLE, "table": "city,age\nOslo,31\nRome,52\nRome,47\n"}
QUERY = {"recipe": EXAMPLE, "database": "hospital", "query": "SELECT sex, smoker FROM patients"}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": FORM, "example": UPLOAD},
            "application/json": {"schema": Asking.model_json_schema(), "example": QUERY},
        },
    }
}
STARTED = {
    "headers": {"Location": {"description": "Where the job is.", "schema": {"type": "string"}}},
    "links": {
        told: {"operationId": operation, "parameters": {"id": "$response.body#/id"}}
        for told, operation in {"state": "job", "bundle": "release", "end": "forget_job"}.items()
    },
}
REFUSED = (
    "What was sent is no job: text that is no recipe, a recipe that names what is the server's, a "
    "query that may not run, content that is no table. A schema cannot tell; `remedy` does."
)


@router.post(
    "/jobs",
    status_code=202,
    openapi_extra=BODY,
    responses={202: STARTED, **described(404, 413, 415, 422, 429, 503, said={422: REFUSED})},
)
async def create_job(
    request: Request, response: Response, owner: Owner, jobs: Here, known: Databases
) -> JobShown:
    """Start a job. A recipe may name nothing on the server: what it needs comes with it."""
    await run_in_threadpool(jobs.room, owner)
    coming: Coming = request.app.state.coming
    most = min(jobs.rules.most_bytes, coming.own)
    told = request.headers.get("content-length", "")
    size = min(int(told), jobs.rules.most_bytes) if told.isdecimal() else most  # cut off there
    with coming.room(owner, size):
        sent = await submission_of(request, most)
        task = await run_in_threadpool(_begun, jobs, owner, sent, known)
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/jobs/{task.id}"
    return shown(task)


def _begun(jobs: Jobs, owner: str, sent: Submission, known: dict[str, Database]) -> KnownJob:
    """The job that a request starts; one that is refused is written down as well."""
    try:
        return jobs.start(owner, sent.wanted(known, jobs.rules.allowance.limited))
    except SynthError as error:
        jobs.note(owner, sent.asked.ending(Ended.REFUSED, why=error.what))
        raise


@router.get("/budget", responses=described(503))
def budget(owner: Owner, jobs: Here) -> BudgetShown:
    """What the jobs of this token may cost together, and what is left of it."""
    charged, allowance = jobs.tally.of(owner), jobs.rules.allowance
    return BudgetShown(
        total_epsilon=_finite(allowance.epsilon),
        spent_epsilon=_finite(epsilon_of(charged.rho, LARGEST_DELTA)),
        left_epsilon=_finite(allowance.left(charged.rho)),
        delta=LARGEST_DELTA + charged.delta,
    )


def _finite(epsilon: float) -> float | None:
    return None if math.isinf(epsilon) else epsilon


@router.get("/jobs/{id}", responses=described(404, 422, 503))
def job(owner: Owner, jobs: Here, id: Id) -> JobShown:
    """How far a job is."""
    return shown(jobs.get(owner, id))


@router.delete("/jobs/{id}", status_code=204, responses=described(404, 422, 503))
def forget_job(owner: Owner, jobs: Here, id: Id) -> None:
    """Stop a job and forget it. Its price stays spent."""
    jobs.forget(owner, id)


ZIP = {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}


@router.get(
    "/jobs/{id}/release",
    response_class=Response,
    responses={200: {"description": "The release bundle.", **ZIP}, **described(404, 409, 422, 503)},
)
def release(owner: Owner, jobs: Here, id: Id) -> Response:
    """The release of a finished job."""
    task = jobs.get(owner, id)
    bundle = task.bundle()
    if bundle is None:
        error = task.error
        raise Problem(
            409,
            error.what if error else "The job is not finished.",
            error.remedy if error else "Ask again when its state is `finished`.",
        )
    return Response(bundle, media_type="application/zip")


def shown(task: KnownJob) -> JobShown:
    """A job as its owner may see it."""
    state, error = task.state, task.error
    broken = task.hushed and state == "failed"
    return JobShown(
        id=task.id,
        state=state,
        progress=1.0 if broken else min(1.0, task.share),
        doing="stopped" if broken else task.doing,  # where it did would tell why
        spent_epsilon=task.epsilon,
        repeated=task.repeated,
        error=problem_of(error) if error else None,
    )


def mounted(app: FastAPI) -> Mount:
    """The application at /api/v1; whatever follows is its to answer, line breaks included."""
    mount = Mount("/api/v1", app=app)
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


def api(
    tokens: str, databases: Callable[[], dict[str, Database]], registry: Jobs | None = None
) -> FastAPI:
    """The application, to be mounted at /api/v1.

    Args:
        tokens: comma-separated; "" keeps it closed.
        databases: tells those that may be asked, by name.

    Raises:
        ValueError: a token is too short.
    """
    app = FastAPI(
        title="synth",
        version="1",
        description=ABOUT,
        docs_url=None,  # both pages would fetch their scripts from elsewhere
        redoc_url=None,
        servers=[{"url": "/api/v1"}],
        root_path_in_servers=False,
        separate_input_output_schemas=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.digests = digests_of(tokens)
    app.state.databases = databases
    app.state.registry = registry or Registry()
    app.state.coming = Coming()
    app.state.routes = router.routes
    app.include_router(router)
    explain(app)
    return app
