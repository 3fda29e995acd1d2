import io
import json

import pytest

from synth.budget import Audience, Grouped, Measured, Opened, Rho
from synth.budget.ledger import entry_of
from synth.evaluate import Comparison
from synth.release import Bundle
from synth.release.signature import new_key
from synth.runs import Recipe
from synth.runs.recipe_file import recipe_text
from synth.runs.verifying import verify
from synth.runs.worker import serve


def served(private, recipe: str) -> tuple[list[dict], bytes]:
    incoming, outgoing = io.BytesIO(), io.BytesIO()
    incoming.write(json.dumps({"recipe": recipe}).encode() + b"\n")
    private.send_rows(incoming)
    incoming.seek(0)
    serve(incoming, outgoing)
    outgoing.seek(0)
    messages = []
    while line := outgoing.readline():
        messages.append(json.loads(line))
        if "bundle" in messages[-1]:
            break
    return messages, outgoing.read()


def test_a_run_in_a_worker_ends_in_a_verified_bundle(private):
    messages, payload = served(private, recipe_text(Recipe()))
    assert len(payload) == messages[-1]["bundle"]
    assert verify(Bundle.read(io.BytesIO(payload)))
    assert Comparison.of(messages[-1]["comparison"]).rows == 400


def test_a_server_signs_with_the_key_it_was_given(private, tmp_path, monkeypatch):
    key = new_key(tmp_path / "server.key")
    monkeypatch.setenv("SYNTH_KEY", str(tmp_path / "server.key"))
    _, payload = served(private, '[method]\nname = "independent"\n')
    assert Bundle.read(io.BytesIO(payload)).signed_by == key.fingerprint


def test_a_key_that_cannot_be_used_stops_a_run_before_anything_is_spent(
    private, tmp_path, monkeypatch
):
    monkeypatch.setenv("SYNTH_KEY", str(tmp_path / "none.key"))
    messages, payload = served(private, '[method]\nname = "independent"\n')
    assert "`none.key` cannot be read" in messages[-1]["error"] and payload == b""
    assert not [m for m in messages if "entry" in m]


def test_entries_come_before_the_result(private):
    messages, _ = served(private, recipe_text(Recipe()))
    entries = [entry_of(m["entry"]) for m in messages if "entry" in m]
    assert any(isinstance(e, Measured) for e in entries)


def test_an_error_comes_back_as_a_sentence(private):
    messages, payload = served(private, '[[column]]\nname = "nobody"\n')
    assert "no column `nobody`" in messages[-1]["error"]
    assert payload == b""


@pytest.mark.parametrize(
    "entry",
    [
        Measured("x", Rho(0.5)),
        Measured("x", Rho(float("inf")), "exponential"),
        Opened("a look", Audience.CUSTODIAN),
        Grouped("counts", 10, 3),
    ],
    ids=lambda e: type(e).__name__,
)
def test_an_entry_survives_being_sent(entry):
    assert entry_of(json.loads(json.dumps(entry.document()))) == entry
