"""Notes of a model stand the test of a repository's own past, at a commit that knows nothing of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from noctule.indexer.files.text import line_hashes
from noctule.indexer.model_notes.gate import read_verdict
from noctule.indexer.model_notes.store import KINDS, ModelNote, NoteStore, Proof, VerifiedClaim
from noctule.indexer.progress import OutOfTime, Work
from noctule.indexer.runtime import state
from noctule.indexer.serve.repository import Repository
from noctule.indexer.think import evaluate as replay
from noctule.indexer.think.evaluate import ReplayPlan, read_plan
from tests.e2e.repositories import Repo, make_shop


def work(deadline: float | None = None) -> Work:
    return Work(lambda _progress: None, deadline)


def send_all(_path: str) -> bool:
    return True


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return make_shop(tmp_path_factory.mktemp("replay") / "shop", commits=60)


@pytest.fixture
def repository(shop: Repo, tmp_path: Path) -> Repository:
    repository = Repository.open(shop.path, cache=tmp_path / "cache")
    repository.sleep()
    return repository


@pytest.fixture
def plan(repository: Repository) -> ReplayPlan:
    plan = replay.prepare(repository, "a model", send_all, work())
    assert plan is not None
    return plan


def note(
    shop: Repo, plan: ReplayPlan, path: str, claims: Sequence[tuple[str, str]], queries: Sequence[str], key: str = "k"
) -> ModelNote:
    """A note whose claims all rest on the first lines that a file has at the plan's base."""
    lines = tuple(line_hashes(shop.git("show", f"{plan.base}:{path}").encode())[:3])
    proven = tuple(VerifiedClaim(text, kind, (Proof(path, 0, lines),), 0.9) for kind, text in claims)
    given = {"model": "m", "checker": "m", "prompt": "1", "effort": "", "thoughts": 1}
    about = {"key": key, "subject": path, "subject_kind": "file", "revision": plan.base}
    return ModelNote(**about, claims=proven, queries=tuple(queries), at=1.0, tokens=10, dollars=0.0, **given)


def test_tasks_come_after_the_base_and_the_base_is_learned(
    shop: Repo, repository: Repository, plan: ReplayPlan
) -> None:
    later = shop.git("rev-list", f"{plan.base}..HEAD").split()

    assert len(plan.asked) >= 20
    assert set(plan.asked) <= set(later)
    assert "shop/cart.py" in plan.subjects
    assert read_plan(repository.folder) == plan
    assert Repository.open(shop.path, at=plan.base, cache=repository.folder.parent).knows()


def test_what_may_not_be_sent_is_no_subject(repository: Repository) -> None:
    plan = replay.prepare(repository, "a model", lambda path: not path.startswith("shop/"), work())

    assert plan is not None
    assert [path for path in plan.subjects if path.startswith("shop/")] == []


def test_a_note_that_leads_to_what_was_changed_opens_its_kinds(
    shop: Repo, repository: Repository, plan: ReplayPlan
) -> None:
    queries = ("fix the discount of the cart", "discount cart case")
    claims = [("answer", "A discount of `Cart` is taken off in `shop/cart.py`.")]
    NoteStore(repository.folder).put(note(shop, plan, "shop/cart.py", claims, queries))
    verdict = replay.run(repository, plan, work())

    assert verdict.open == {"answer"}
    assert verdict == read_verdict(repository.folder)
    assert verdict.why["breaks"].startswith("shown in 0 past tasks")
    assert verdict.kinds["answer"]["shown"] >= 5
    assert set(verdict.figures) == {"as written", "masked"}
    assert (verdict.base, verdict.made_by, verdict.notes) == (plan.base, "a model", 1)


def test_what_passed_is_served_and_notes_of_a_model_that_was_not_judged_are_not(
    shop: Repo, repository: Repository, plan: ReplayPlan
) -> None:
    claims = [("answer", "A discount of `Cart` is taken off in `shop/cart.py`.")]
    note_store = NoteStore(repository.folder)
    note_store.put(note(shop, plan, "shop/cart.py", claims, ("fix the discount of the cart", "discount cart case")))
    note_store.put(replace(note(shop, plan, "shop/money.py", claims, (), "k2"), model="other", revision=shop.head()))
    verdict = replay.run(repository, plan, work())
    served = [[c.by for c in repository.notes(path).claims if c.by] for path in ("shop/cart.py", "shop/money.py")]
    repository.refresh()

    assert verdict.authors == ("m, checked by m, prompts 1",)
    assert served == [["m"], []]


def test_a_note_that_leads_astray_closes_its_kind(shop: Repo, repository: Repository, plan: ReplayPlan) -> None:
    told = "Who listens on one more address is told by `shop/mail.py`, which every other part of the shop asks first"
    claims = [("answer", f"{told}, for the reason of number {n}.") for n in range(5)]
    NoteStore(repository.folder).put(note(shop, plan, "shop/mail.py", claims, ("listen on one more address",)))
    verdict = replay.run(repository, plan, work())

    assert verdict.open == frozenset()
    assert "more than it saves" in verdict.why["answer"]


def test_notes_that_were_written_later_take_no_part(shop: Repo, repository: Repository, plan: ReplayPlan) -> None:
    late = replace(note(shop, plan, "shop/cart.py", [("purpose", "It holds the cart.")], ()), revision=shop.head())
    NoteStore(repository.folder).put(late)
    verdict = replay.run(repository, plan, work())

    assert verdict.notes == 0
    assert set(verdict.why) == set(KINDS)
    assert set(verdict.why.values()) == {"there are no notes to replay"}


def test_with_too_few_past_changes_nothing_is_opened_and_it_is_said_why(tmp_path: Path) -> None:
    few = make_shop(tmp_path / "few", commits=6)
    repository = Repository.open(few.path, cache=tmp_path / "cache")
    repository.sleep()

    assert replay.prepare(repository, "a model", send_all, work()) is None
    verdict = read_verdict(repository.folder)
    assert verdict.open == frozenset()
    assert verdict.was_given
    reasons = {why.partition(" past")[2] for why in verdict.why.values()}
    assert reasons == {" changes with a usable message, this repository has 5"}


def test_a_plain_folder_has_no_past_to_replay(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "a.py").write_text("def a(): ...\n")
    repository = Repository.open(tmp_path / "plain", cache=tmp_path / "cache")
    repository.sleep()

    assert replay.prepare(repository, "a model", send_all, work()) is None
    assert read_verdict(repository.folder).tasks == 0


def test_a_replay_without_time_leaves_the_verdict_as_it_was(
    shop: Repo, repository: Repository, plan: ReplayPlan
) -> None:
    NoteStore(repository.folder).put(note(shop, plan, "shop/cart.py", [("purpose", "It holds the cart.")], ()))

    with pytest.raises(OutOfTime):
        replay.run(repository, plan, work(deadline=0.0))

    assert not read_verdict(repository.folder).was_given


def test_a_torn_plan_is_no_plan(repository: Repository, plan: ReplayPlan) -> None:
    with state.transaction(repository.folder) as db:
        db.execute("UPDATE document SET content = ? WHERE name = 'replay'", (json.dumps({"base": plan.base})[:-3],))

    assert read_plan(repository.folder) is None
