"""Fixtures enough for every test: people, a vault around them, one without noise, a generator."""

import numpy as np
import pandas as pd
import pytest

from synth.budget import Budget
from synth.vault import PrivateTable
from tests.people import SCHEMA, Silent, some_people


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
