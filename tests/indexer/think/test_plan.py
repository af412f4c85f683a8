"""A model first thinks about what the gate needs, at a past commit; at the present only once some kind is open."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from noctule.indexer.llm.settings import Choice
from noctule.indexer.model_notes.gate import Verdict, keep
from noctule.indexer.model_notes.store import KINDS
from noctule.indexer.progress import Work
from noctule.indexer.serve.repository import Repository
from noctule.indexer.think import evaluate as replay
from noctule.indexer.think import plan as agenda
from tests.e2e.repositories import Repo, make_shop

CHOICE = Choice(think="openai/gpt-5")
CHANCES = {"shop/cart.py": 0.9, "shop/money.py": 0.4, "shop/__init__.py": 0.1, "README.md": 0.8, "gone.py": 0.9}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return make_shop(tmp_path_factory.mktemp("agenda") / "shop", commits=60)


@pytest.fixture(scope="module")
def learned(shop: Repo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = tmp_path_factory.mktemp("learned") / "cache"
    Repository.open(shop.path, cache=cache).sleep()
    return cache


@pytest.fixture
def repository(shop: Repo, learned: Path, tmp_path: Path) -> Repository:
    shutil.copytree(learned, tmp_path / "cache")
    return Repository.open(shop.path, cache=tmp_path / "cache")


def due(
    repository: Repository,
    done: frozenset[str] = frozenset(),
    tried: frozenset[str] = frozenset(),
    choice: Choice = CHOICE,
) -> agenda.Agenda:
    return agenda.make_agenda(repository, choice, CHANCES, repository.snapshot(), done, tried)


def planned(repository: Repository) -> replay.ReplayPlan:
    made_by = agenda.writer_name(CHOICE)
    plan = replay.prepare(repository, made_by, lambda _path: True, Work(lambda _progress: None, None))
    assert plan is not None
    return plan


def passed(repository: Repository, shop: Repo, open: frozenset[str] = frozenset({"purpose"}), **more: object) -> None:
    verdict = {
        "made_by": agenda.writer_name(CHOICE),
        "upto": shop.head(),
        "base": shop.head("HEAD~30"),
        "at": 9e9,
        **more,
    }
    keep(repository.folder, Verdict(open=open, why=dict.fromkeys(set(KINDS) - open, "too dear"), **verdict))  # type: ignore[arg-type]


def test_before_anything_else_past_tasks_are_chosen(repository: Repository) -> None:
    first = due(repository)

    assert (first.subjects, first.replay) == ((), "")
    assert first.plan == "the notes of a model were not tested by a replay yet"


def test_then_the_subjects_of_the_replay_are_thought_about_at_its_base(repository: Repository) -> None:
    plan = planned(repository)
    found = due(repository)

    assert found.plan == found.replay == ""
    assert [m.subject for m in found.subjects] == list(plan.subjects)
    assert {m.revision for m in found.subjects} == {plan.base}


def test_the_replay_waits_for_all_of_them_but_not_for_one_that_keeps_failing(repository: Repository) -> None:
    planned(repository)
    keys = [m.key for m in due(repository).subjects]
    some, last = frozenset(keys[:-1]), frozenset(keys[-1:])

    assert [m.key for m in due(repository, some).subjects] == keys[-1:]
    assert due(repository, some, last).replay
    assert due(repository, frozenset(keys)).replay
    assert not due(repository, frozenset(), frozenset(keys)).replay


def test_once_a_kind_is_open_the_likeliest_files_and_their_folders_are_thought_about(
    repository: Repository, shop: Repo
) -> None:
    passed(repository, shop)
    found = due(repository)

    assert [m.subject for m in found.subjects] == ["shop/cart.py", "shop/money.py", "shop/__init__.py", "shop"]
    assert {m.revision for m in found.subjects} == {""}


def test_a_note_of_the_base_on_a_file_that_has_not_changed_is_not_made_again(
    repository: Repository, shop: Repo
) -> None:
    plan = planned(repository)
    at_base = {m.subject: m.key for m in due(repository).subjects}
    passed(repository, shop, base=plan.base)
    found = due(repository, frozenset(at_base.values()))

    same = [
        path for path in CHANCES if path.endswith(".py") and _blob(shop, plan.base, path) == _blob(shop, "HEAD", path)
    ]
    assert same
    assert not {m.subject for m in found.subjects} & (set(same) & at_base.keys())
    assert "shop/cart.py" in {m.subject for m in found.subjects}


def _blob(shop: Repo, revision: str, path: str) -> str:
    return shop.git("rev-parse", f"{revision}:{path}", ok=False).strip()


def test_where_no_kind_is_open_nothing_is_thought_about_and_it_is_said_why(repository: Repository, shop: Repo) -> None:
    passed(repository, shop, frozenset())

    assert due(repository) == agenda.Agenda(idle="too dear")


def test_another_model_has_to_pass_anew(repository: Repository, shop: Repo) -> None:
    passed(repository, shop)
    other = Choice(think="openai/gpt-6")

    assert due(repository, choice=other).plan == "the model or its prompts changed since the latest replay"


def test_what_may_not_be_sent_is_not_thought_about(repository: Repository, shop: Repo) -> None:
    passed(repository, shop)

    assert due(repository, choice=CHOICE).subjects
    keep(
        repository.folder,
        Verdict(open=frozenset({"purpose"}), at=9e9, made_by=agenda.writer_name(CHOICE), upto=shop.head()),
    )
    narrow = Choice(think="openai/gpt-5", send="server")
    assert [m.subject for m in due(repository, choice=narrow).subjects] == []


def test_more_thoughts_take_more_tokens() -> None:
    assert agenda.likely_tokens(1_000, 5) > 4 * agenda.likely_tokens(1_000, 1)
    assert agenda.likely_tokens(10**9, 1) == agenda.likely_tokens(10**8, 1)
