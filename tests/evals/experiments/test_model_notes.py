"""Arms of notes by a model, on the later changes of a repository: the real command, and a scripted model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from noctule.evals.experiments.model_notes import Bill, note_sets, shuffle, trust_all
from noctule.indexer.files.git import discover
from noctule.indexer.files.snapshot import of_revision
from noctule.indexer.files.text import line_hashes
from noctule.indexer.model_notes.store import ModelNote, Proof, VerifiedClaim
from tests import truthful
from tests.e2e.conftest import Noctule, noctule
from tests.e2e.repositories import Repo, make_shop
from tests.openai_server import OpenAIServer
from tests.repositories import Repository as Made

__all__ = ["noctule"]  # the fixture


@pytest.fixture
def model() -> Iterator[OpenAIServer]:
    with OpenAIServer(answers=truthful.answer) as server:
        yield server


@pytest.fixture
def thinking(noctule: Noctule, model: OpenAIServer) -> Noctule:
    environment = {
        "NOCTULE_MODEL_THINK": "openai/scripted",
        "NOCTULE_MODEL_ADDRESS": model.url,
        "NOCTULE_MODEL_THINK_PRICE": "1/2",
        "NOCTULE_MODEL_KEY": "sk-test-0a1b2c3d4e5f6a7b",
        "NO_PROXY": "127.0.0.1",
    }
    return replace(noctule, environment={**noctule.environment, **environment})


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return make_shop(tmp_path_factory.mktemp("thought") / "shop", commits=60)


def note(subject: str, *proofs: Proof) -> ModelNote:
    claim = VerifiedClaim(f"It is about {subject}.", "purpose", proofs, 0.5)
    return ModelNote(subject, subject, "file", (claim,), ("q",), "m", "m", "1", "", 1, None, 1.0, 10, 0.1)


def test_arms_are_told_with_their_cost_compared_in_pairs_and_told_again_without_paying(
    thinking: Noctule, model: OpenAIServer, shop: Repo
) -> None:
    arms = ("structural", "notes", "ungated", "k=2", "effort=low", "stale", "shuffled")
    command = ("eval", "thinking", shop.path, "--yes", "--last", "8", "--stale", "5", "--arm", *arms)
    told = thinking.ok(*command).out
    asked = len(model.requests)
    again = thinking.ok(*command).out

    assert len(model.requests) == asked > 0
    assert [line for line in again.splitlines() if " at most " not in line] == [
        line for line in told.splitlines() if " at most " not in line
    ]
    first, *rest = told.splitlines()
    assert first.startswith("20 notes by openai/scripted at 127.0.0.1:")
    assert "at most 500,000 tokens and $1.00" in first
    rows = [line.split() for line in rest if line.split()[0] in arms and len(line.split()) == 6]
    sleep = {arm: int(tokens.replace(",", "")) for arm, _, _, tokens, _, _ in rows}
    assert list(sleep) == [arm for arm in arms if arm != "effort=low"]  # no effort reaches this model
    assert sleep["structural"] == 0
    assert sleep["notes"] == sleep["ungated"] == sleep["shuffled"] > 0
    assert sleep["k=2"] > sleep["ungated"]
    assert 0 < sum(sleep[arm] for arm in ("ungated", "k=2", "stale")) < len(model.billed) * 2_200
    assert "  ungated beside structural:" in rest
    assert sum("tokens until the first, both forms: " in line for line in rest) == 5
    assert sum("t = 10: " in line for line in rest) == 5


def test_nothing_is_sent_without_a_word(thinking: Noctule, model: OpenAIServer, shop: Repo) -> None:
    ran = thinking.ok("eval", "thinking", shop.path, "--last", "8")

    assert model.requests == []
    assert ran.out.endswith("Nothing is sent without --yes.\n")


def test_without_a_model_only_the_structural_arm_can_be_asked(noctule: Noctule, shop: Repo) -> None:
    refused = noctule("eval", "thinking", shop.path, "--yes")
    told = noctule.ok("eval", "thinking", shop.path, "--last", "8", "--arm", "structural").out

    assert (refused.code, "no model is configured" in refused.complaint) == (2, True)
    assert told.startswith("No model is asked.\n")


def test_sets_of_notes_are_shared_where_arms_only_serve_them_differently() -> None:
    assert note_sets(["structural", "notes", "ungated", "shuffled", "k=2", "stale"]) == {"ungated", "k=2", "stale"}


def test_shuffled_notes_say_of_each_subject_what_holds_of_another() -> None:
    mixed = shuffle([note("a"), note("b"), note("c")])

    assert [(n.subject, n.claims[0].text) for n in mixed] == [
        ("a", "It is about b."),
        ("b", "It is about c."),
        ("c", "It is about a."),
    ]


def test_stale_notes_pass_for_fresh_ones_wherever_their_file_is_still_there(tmp_path: Path) -> None:
    made = Made(tmp_path / "r")
    made.commit("One", {"a.py": "x = 1\ny = 2\nz = 3\n"})
    place = discover(made.root)
    assert place is not None
    now = of_revision(place, "HEAD")
    lines = line_hashes(b"x = 1\ny = 2\nz = 3\n")
    old = note("a.py", Proof("a.py", 1, (7, 8)), Proof("gone.py", 0, (9,)), Proof("", 0, (), "f" * 40))
    beyond = note("b.py", Proof("a.py", 90, (7, 8)))
    gone = note("c.py", Proof("gone.py", 0, (9,)))

    kept = trust_all([old, beyond, gone], now)
    assert [n.subject for n in kept] == ["a.py", "b.py"]
    assert kept[0].claims[0].proofs == (Proof("a.py", 1, tuple(lines[1:3])), Proof("", 0, (), "f" * 40))
    assert kept[1].claims[0].proofs == (Proof("a.py", 2, tuple(lines[2:4])),)


def test_bills_add_up() -> None:
    assert Bill(1, 0.5, 2.0) + Bill(2, 0.25, 1.0) == Bill(3, 0.75, 3.0)
