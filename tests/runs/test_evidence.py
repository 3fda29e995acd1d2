"""Evidence packs: each answer tied to a file, exact figures in the custodian's edition alone."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from inspect import signature

import numpy as np
import pytest
from typer.testing import CliRunner

from synth.budget.guarantee import DifferentiallyPrivate, KAnonymous
from synth.cli import app
from synth.errors import BundleError
from synth.evaluate import evaluation
from synth.evaluate.attacks import Result
from synth.evaluate.attacks.threat import Attempt, Run, Threat
from synth.evaluate.evaluation import SHAPES, TRENDS, TRIPLES
from synth.release import Bundle
from synth.release.evidence.criteria import (
    CRITERIA,
    EMA,
    EXPERT,
    INFERRING,
    INTRUDER,
    LINKING,
    SINGLING,
    Answered,
    Proof,
)
from synth.release.evidence.pack import is_pack, packed, read_pack, shared_pack
from synth.release.evidence.promised import advantage, by_groups, by_noise
from synth.release.signature import new_key
from synth.runs import Outcome, read_recipe, run
from synth.runs.custodian_report import custodian_document, custodian_page, reasoned
from synth.runs.evidence import custodian_pack, measured_answer, share_safe_pack
from synth.runs.gate import Objection, gate
from synth.runs.recipe import Recipe
from synth.vault import aside
from tests.bundles import summed, zipped
from tests.people import DECLARED, some_people

WHY = "nobody needs the weight of anyone"
RECIPE = (
    '[evaluate]\nholdout = 0.25\nsecrets = ["ill"]\n'
    f'[release]\ntitle = "<b>Ward 7"\n[release.exceptions]\n"lost weight" = "{WHY}"\n'
    f'[method]\nname = "independent"\n{DECLARED}'
)


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return read_recipe(RECIPE)


@pytest.fixture(scope="module")
def outcome(recipe) -> Outcome:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aside, "coins", lambda many, share: np.arange(many) % 4 == 1)
        return run(recipe, some_people(400), thorough=True)


@pytest.fixture(scope="module")
def bundle(outcome) -> Bundle:
    return Bundle.read(io.BytesIO(outcome.release.zipped()))


@pytest.fixture(scope="module")
def lines(recipe, outcome) -> tuple[Objection, ...]:
    found = gate(recipe, outcome.release.model, outcome.comparison)
    stopping = Objection("lost weight", "`weight`", "nothing survives.")
    return reasoned((stopping, *found), WHY)


def files(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {n: archive.read(n) for n in archive.namelist()}


def custodians(outcome, bundle, lines, key=None) -> bytes:
    return custodian_pack(bundle, outcome.evaluation, lines, RECIPE, key)


def test_each_criterion_is_answered_and_tied_to_a_file_of_the_pack(outcome, bundle, lines):
    for content in (share_safe_pack(bundle), custodians(outcome, bundle, lines)):
        held = files(content)
        told = json.loads(held["evidence.json"])
        assert [a["key"] for a in told["answers"]] == [c.key for c in CRITERIA]
        for answer in told["answers"]:
            assert answer["rests_on"]
            assert {t["file"] for t in answer["rests_on"]} <= set(held)
        page = held["evidence.html"].decode()
        assert all(c.asks in page for c in CRITERIA)
        assert "&lt;b&gt;Ward 7" in page and "<b>Ward" not in page and "<script" not in page


def test_the_custodians_edition_has_attacks_gate_and_reasons(outcome, bundle, lines):
    held = files(custodians(outcome, bundle, lines))
    report = json.loads(held["report.json"])
    gated = {x["key"]: x for x in report["gate"]}
    assert gated["lost weight"]["reason"] == WHY and report["ready"]
    assert WHY in held["report.html"].decode()
    told = {a["key"]: a for a in json.loads(held["evidence.json"])["answers"]}
    named = {t["what"] for t in told["intruder"]["rests_on"]}
    assert {"attack: membership", "attack: linkability"} <= named
    assert "not to be handed on" in held["evidence.html"].decode()


def test_no_figure_of_the_custodian_can_enter_the_edition_to_hand_on(outcome, bundle, lines):
    # A bundle is all that it takes; what was measured, tried and excused is in none.
    assert list(signature(shared_pack).parameters) == ["bundle", "key"]
    assert list(signature(share_safe_pack).parameters) == ["bundle", "key"]
    text = b"".join(files(share_safe_pack(bundle)).values()).decode()
    for one in outcome.comparison.columns:
        assert f"{one.tvd:.3f}" not in text and repr(one.tvd) not in text
    for tried in outcome.comparison.attacks:
        assert tried.plain not in text and f"attack: {tried.threat.name}" not in text
    for score in outcome.evaluation.scores:
        assert f"{score.value:.3f}" not in text
    assert WHY not in text and "real rows" not in json.loads(
        files(share_safe_pack(bundle))["evidence.json"]
    )


def test_a_bundle_that_somebody_wrote_into_has_no_evidence(bundle, tmp_path):
    facts = json.loads(bundle.files["release.json"])
    changed = {**dict(bundle.files.items())}
    changed["release.json"] = json.dumps({**facts, "real_distance": 0.0123}).encode()
    path, out = tmp_path / "r.zip", tmp_path / "e.zip"
    path.write_bytes(zipped(summed(changed)).getvalue())
    done = CliRunner().invoke(app, ["evidence", str(path), "-o", str(out)])
    assert done.exit_code == 2 and not out.exists()


def test_an_evidence_pack_is_no_release_and_a_release_with_a_report_in_it_is_none(
    outcome, bundle, lines
):
    pack = custodians(outcome, bundle, lines)
    with pytest.raises(BundleError, match="lacks"):
        Bundle.read(io.BytesIO(pack))
    assert not is_pack(io.BytesIO(outcome.release.zipped()))
    for name in ("report.json", "evidence.json"):
        held = {**dict(bundle.files.items()), name: files(pack)[name]}
        with pytest.raises(BundleError):
            share_safe_pack(Bundle.read(zipped(summed(held))))


def test_a_pack_is_signed_and_whoever_changes_it_is_found(bundle, tmp_path):
    key = new_key(tmp_path / "k")
    content = share_safe_pack(bundle, key)
    assert is_pack(io.BytesIO(content))
    assert read_pack(io.BytesIO(content), key.fingerprint).signed_by == key.fingerprint
    with pytest.raises(BundleError, match="signed by nobody"):
        read_pack(io.BytesIO(share_safe_pack(bundle)), key.fingerprint)
    held = files(content)
    for name in ("evidence.json", "report.html", "release/PRIVACY.md"):
        forged = zipped(summed({**held, name: held[name] + b" "}))
        with pytest.raises(BundleError):
            read_pack(forged)
    bare = packed((), {}, {}, "share-safe", bundle)
    assert read_pack(io.BytesIO(bare)).signed_by == ""


def test_a_signature_of_a_release_is_none_of_a_pack(outcome, bundle, tmp_path):
    key = new_key(tmp_path / "k")
    held = files(share_safe_pack(bundle, key))
    signed = key.sign(held["SHA256SUMS"])  # as a release is
    with pytest.raises(BundleError, match="signature"):
        read_pack(zipped({**held, "signature.json": signed}))


def test_the_commands_write_and_check_both(tmp_path, monkeypatch):
    monkeypatch.setattr(evaluation, "_telling", lambda *asked: [])  # a second of trees
    recipe, table = tmp_path / "r.toml", tmp_path / "t.csv"
    recipe.write_text(RECIPE)
    some_people(300).to_csv(table, index=False)
    release, held, shared = (str(tmp_path / n) for n in ("r.zip", "held.zip", "shared.zip"))
    monkeypatch.chdir(tmp_path)
    asked = ["run", str(recipe), "--data", str(table), "-o", release, "--evidence", held]
    for command in (asked, ["evidence", release, "-o", shared]):
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 0, done.output
    for path, edition in ((held, "custodian"), (shared, "share-safe")):
        done = CliRunner().invoke(app, ["verify", path])
        assert done.exit_code == 0 and f"({edition} edition)" in done.output
    recipe.write_text(f'[source]\ndatabase = "hospital"\nquery = "SELECT 1"\n{RECIPE}')
    theirs = [x for x in asked if x not in ("--data", str(table))]
    done = CliRunner().invoke(app, [*theirs, "--server", "https://example.org"])
    assert done.exit_code == 2 and "only the server has them" in done.output


def test_of_rows_that_stay_there_is_evidence_of_what_counts_tell(tmp_path):
    rows = some_people(400)
    rows.to_parquet(tmp_path / "t.parquet")
    stays = '[source]\nfile = "t.parquet"\nstay = true\n[method]\nname = "independent"\n'
    (tmp_path / "r.toml").write_text(stays)
    release, held = (str(tmp_path / n) for n in ("r.zip", "held.zip"))
    words = ["run", str(tmp_path / "r.toml"), "-o", release, "--evidence", held]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(held) as pack:
        report = json.loads(pack.read("report.json"))
        answers = json.loads(pack.read("evidence.json"))["answers"]
        page = pack.read("report.html").decode()
    told = {s["name"]: s for s in report["scores"]}
    assert set(told) == {SHAPES, TRENDS, TRIPLES}
    assert all(0 < s["value"] < s["fresh"] + 0.05 for s in told.values())
    for name in (TRENDS, TRIPLES):  # of a method that keeps no two columns together
        assert told[name]["value"] == pytest.approx(told[name]["apart"], abs=0.1)
    assert not report["attacks"] and not report["tasks"]
    assert all("none was tried" in a["words"] for a in answers)
    assert "what is lost inside them does not show" in page and "none was tried" in page


# -- the answers, worked out on paper --------------------------------------------------------------


def test_what_a_promise_answers_follows_from_its_figures():
    near, far = DifferentiallyPrivate(0.1, 0.0), DifferentiallyPrivate(1.0, 0.0)
    assert advantage(near) == pytest.approx((1.105171 - 1) / (1.105171 + 1), abs=1e-6)
    assert advantage(far) == pytest.approx(0.462117, abs=1e-6)
    assert by_noise(EMA, near)[0] is Proof.SHOWN  # 0.05 is below 0.09
    assert by_noise(EMA, far)[0] is Proof.UNMEASURED
    for epsilon, proof in ((1.0, Proof.SHOWN), (3.0, Proof.PART), (20.0, Proof.NOT)):
        assert by_noise(SINGLING, DifferentiallyPrivate(epsilon, 1e-6))[0] is proof
    assert by_groups(EMA, KAnonymous(10, 0))[0] is Proof.NOT  # 0.1
    assert by_groups(EMA, KAnonymous(11, 0))[0] is Proof.SHOWN
    assert by_groups(EMA, KAnonymous(11, 3))[0] is Proof.PART
    assert by_groups(INFERRING, KAnonymous(50, 0))[0] is Proof.NOT


def attempt(name: str, result: Result, main: Run, control: Run) -> Attempt:
    who = Threat(name, "Somebody.", "They know.", "They want.")
    return Attempt(who, result, "In words.", main, control, Run(0, 100))


def answered(asked, attacks, lines=(), proof=Proof.SHOWN) -> Proof:
    return measured_answer(Answered(asked, proof, "By promise.", ()), attacks, lines).proof


def test_measurements_take_an_answer_back_and_seldom_give_more():
    won = attempt("linkability", Result.SUCCEEDED, Run(90, 100), Run(1, 100))
    held = attempt("linkability", Result.HOLDS, Run(10, 1000), Run(10, 1000))
    alone = attempt("singling out by one column", Result.HOLDS, Run(0, 1000), Run(0, 1000))
    open_ = replace(held, result=Result.UNJUDGED, why="Too few.")
    assert answered(LINKING, [won]) is Proof.NOT
    assert answered(LINKING, [held]) is Proof.SHOWN
    assert answered(LINKING, [held], proof=Proof.UNMEASURED) is Proof.PART
    assert answered(LINKING, [open_], proof=Proof.UNMEASURED) is Proof.UNMEASURED
    assert answered(LINKING, []) is Proof.SHOWN  # the promise alone, and it says so
    # Of 1,000, 10 and 10: the end of the interval is about 0.012; of 30 and 10 in 100, above 0.09.
    assert answered(EMA, [held, alone], proof=Proof.UNMEASURED) is Proof.SHOWN
    wide = attempt("linkability", Result.HOLDS, Run(30, 100), Run(20, 100))
    assert answered(EMA, [wide], proof=Proof.UNMEASURED) is Proof.NOT
    assert answered(EXPERT, [won]) is Proof.PERSON


def test_identifiers_and_copies_take_the_answer_back():
    seen = Objection("identifiers name", "Values of `name`", "3 look like e-mail addresses.")
    assert answered(INTRUDER, [], [seen]) is Proof.NOT
    copied = Objection("copies twins", "Copies of real rows", "9 rows.")
    assert answered(SINGLING, [], [copied]) is Proof.NOT
    assert answered(LINKING, [], [copied, seen]) is Proof.SHOWN


def test_a_report_says_what_is_open_and_what_left_with_a_reason(outcome):
    open_ = Objection("a", "`a`", "nothing survives.")
    look = Objection("b", "`b`", "spread.", stops=False)
    told = custodian_document(outcome.evaluation, (open_, look))
    assert [x["state"] for x in told["gate"]] == ["stops it", "to be looked at"]
    assert not told["ready"] and "One thing stops it." in custodian_page(
        outcome.evaluation, (open_, look)
    )
    left = reasoned((open_, look), " because \n so ")
    assert [x.reason for x in left] == ["because so", ""]
    assert "Nothing stops it, for the reasons given." in custodian_page(outcome.evaluation, left)
