"""Fixtures enough for every test: people, a vault around them, one without noise, a generator.

And what keeps the outcome of a test from being drawn by lot: noise and every generator without a
seed are the same in each run, and hypothesis tries the same examples, however long they take.
Tests of chance itself ask for `left_to_chance`, and say how seldom they fail. Processes that tests
start have real noise.
"""

import gc
import secrets
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Page, Request

from synth.budget import Budget
from synth.vault import PrivateTable
from synth.vault import noise as exact
from tests.browser import Shared
from tests.people import SCHEMA, Replayed, Silent, some_people
from tests.server import served

# `pytest --hypothesis-profile=search` tries new examples.
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", settings.get_profile("search"), derandomize=True)
settings.load_profile("same")

shared = Shared()
generator, replayed = np.random.default_rng, Replayed()
SETTLED = (
    (exact, "discrete_gaussian", replayed.discrete_gaussian),
    (exact, "discrete_laplace", replayed.discrete_laplace),
    (exact, "noisy_max", replayed.noisy_max),
    (np.random, "default_rng", lambda seed=None: generator(0 if seed is None else seed)),
    (secrets, "randbits", lambda bits: 0),
)
REAL = tuple((module, name, getattr(module, name)) for module, name, _ in SETTLED)


def pytest_configure() -> None:
    """Nothing that is collected goes away: looking for what does costs a third of collecting."""
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_sessionfinish() -> None:
    gc.unfreeze()
    shared.closed()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    if nextitem is None or "browser" not in getattr(nextitem, "fixturenames", ()):
        shared.closed()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from tests.groups import scheduler  # xdist is there when this is asked

    return scheduler(config, log)


@pytest.fixture(scope="session", autouse=True)
def settled_chance() -> Iterator[None]:
    """Noise, seeds and generators that are the same in every run, in whatever order tests run."""
    with pytest.MonkeyPatch.context() as patch:
        for place in SETTLED:
            patch.setattr(*place)
        yield


@pytest.fixture(scope="session")
def the_app() -> Iterator[str]:
    """The address of a server as `make app` starts it, for all tests that need no other."""
    with served() as address:
        yield address


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A browser; what a test opens in it is closed after it."""
    yield shared.browser()
    shared.left()


@pytest.fixture
def empty_page(browser) -> Callable[..., Page]:
    """Gives an empty page of a context with the options named; the same again to the next test."""
    return shared.page


@pytest.fixture
def page(empty_page, the_app) -> Iterator[Page]:
    """The app, as a new visitor finds it; it may ask for nothing from elsewhere."""
    page, outside = empty_page(viewport={"width": 1440, "height": 1000}), []
    own = (the_app, the_app.replace("http", "ws"), "data:", "blob:")

    def asked(request: Request) -> None:
        if not request.url.startswith(own):
            outside.append(request.url)

    page.on("request", asked)
    page.goto(the_app)
    yield page
    page.remove_listener("request", asked)
    assert outside == []


@pytest.fixture
def left_to_chance(monkeypatch) -> None:
    """Real noise and randomness after all, for tests that are about it."""
    for place in REAL:
        monkeypatch.setattr(*place)


@pytest.fixture
def people() -> pd.DataFrame:
    return some_people()


@pytest.fixture
def private(people) -> PrivateTable:
    return PrivateTable(people, SCHEMA, Budget(1.0))


@pytest.fixture
def silent(people) -> PrivateTable:
    return PrivateTable(people, SCHEMA, Budget(1.0), noise=Silent())


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(2)
