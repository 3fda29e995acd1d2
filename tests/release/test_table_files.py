"""Tables longer than what is drawn at once: the same rows, in blocks, in every file."""

import io

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from synth.budget import Budget
from synth.errors import BundleError
from synth.learning import method
from synth.methods.correlated import Correlated
from synth.methods.twins import Twins
from synth.release import Bundle, Release, release
from synth.release.table_files import whole, write_csv, write_parquet
from synth.runs.verifying import verify
from synth.schema import Column, Pattern, Role, Schema
from synth.vault import PrivateTable
from tests.bundles import summed
from tests.people import SCHEMA, some_people

ID = Pattern("K-####")


@pytest.fixture(scope="module")
def model():
    named = some_people().assign(id=[f"K-{i}" for i in range(len(some_people()))])
    schema = Schema((*SCHEMA, Column("id", ID, role=Role.IDENTIFIER)))
    private = PrivateTable(named, schema, Budget(3.0))
    return Correlated().fit(private, private.ledger.left)


@pytest.fixture
def short_blocks(monkeypatch):
    monkeypatch.setattr(method, "BLOCK", 100)
    monkeypatch.setattr(release, "BLOCK", 100)


@pytest.mark.usefixtures("short_blocks")
def test_a_long_release_is_drawn_and_written_in_blocks(model):
    long = Release(model, 250, seed=3, copies=2)
    assert [len(b) for b in next(long.drawn())] == [100, 100, 50]
    bundle = Bundle.read(io.BytesIO(long.zipped()))
    stored = pq.ParquetFile(io.BytesIO(bundle.files["synthetic.parquet"]))
    assert stored.num_row_groups == 3
    for i, name in enumerate(("synthetic", "synthetic-2")):
        csv = pd.read_csv(io.BytesIO(bundle.files[f"{name}.csv"]), dtype=str)
        parquet = pd.read_parquet(io.BytesIO(bundle.files[f"{name}.parquet"]))
        assert csv["age"].tolist() == parquet["age"].astype(str).tolist()
        assert csv["age"].tolist() == long.tables[i]["age"].astype(str).tolist()
        assert csv["id"].tolist() == ID.numbered(250 * i, 250, seed=3)
    assert len(long.beginning) == 100


@pytest.mark.usefixtures("short_blocks")
def test_a_long_release_is_the_same_twice_and_drawn_again_to_check(model):
    one, two = (Release(model, 250, seed=3).zipped() for _ in range(2))
    assert one == two
    assert any("same 250 rows" in s for s in verify(Bundle.read(io.BytesIO(one))))


@pytest.mark.usefixtures("short_blocks")
def test_a_block_that_was_exchanged_is_noticed(model):
    bundle = Bundle.read(io.BytesIO(Release(model, 250, seed=3).zipped()))
    blocks = list(next(Release(model, 250, seed=3).drawn()))
    forged = io.BytesIO()
    list(write_parquet([blocks[0], blocks[0], blocks[2]], forged))
    swapped = summed({**bundle.files, "synthetic.parquet": forged.getvalue()})
    with pytest.raises(BundleError, match="not those that the model draws"):
        verify(Bundle(swapped))


@pytest.mark.usefixtures("short_blocks")
def test_rows_that_hang_together_are_drawn_at_once():
    """One twin is one replicate: drawn in blocks it would be several."""
    private = PrivateTable(some_people(), SCHEMA, Budget(3.0))
    twins = Twins().fit(private, private.ledger.left)
    assert [len(b) for b in twins.blocks(250, np.random.default_rng(0))] == [250]


def test_a_column_that_begins_with_nothing_may_hold_text_later(tmp_path):
    first = pd.DataFrame({"a": pd.Series([None, None], dtype=object), "n": [1, 2]})
    later = pd.DataFrame({"a": pd.Series(["=x", None], dtype=object), "n": [3, 4]})
    with whole(tmp_path / "t.parquet") as file:
        assert [len(b) for b in write_parquet([first, later], file)] == [2, 2]
    with whole(tmp_path / "t.csv") as file:
        list(write_csv([first, later], file))
    assert pd.read_parquet(tmp_path / "t.parquet")["a"].dropna().tolist() == ["=x"]
    assert (tmp_path / "t.csv").read_bytes() == b"a,n\r\n,1\r\n,2\r\n'=x,3\r\n,4\r\n"


def test_a_file_that_could_not_be_finished_is_not_there(tmp_path):
    (tmp_path / "rows.csv").write_text("the old one")

    def blocks():
        yield pd.DataFrame({"a": [1]})
        raise RuntimeError("stopped half-way")

    with pytest.raises(RuntimeError, match="half-way"), whole(tmp_path / "rows.csv") as file:
        list(write_csv(blocks(), file))
    assert [p.name for p in tmp_path.iterdir()] == ["rows.csv"]
    assert (tmp_path / "rows.csv").read_text() == "the old one"
