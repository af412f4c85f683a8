"""The desk at which questions are put: each sees the repository as it is."""

from __future__ import annotations

from pathlib import Path

from noctule.indexer.serve.repository import Repository
from noctule.lsp_server.mcp.service import Desk
from noctule.lsp_server.settings import Settings
from tests.repositories import Repository as Made


def head(repository: Repository) -> str | None:
    return repository.place.head if repository.place is not None else None


def test_a_question_after_a_commit_is_about_that_commit(tmp_path: Path) -> None:
    made = Made(tmp_path / "shop")
    made.commit("Carts", {"cart.py": "def total():\n    return 1\n"})
    repository = Repository.open(made.root, cache=tmp_path / "cache")
    repository.sleep()
    desk = Desk(repository, Settings(), sleeps=False)
    desk.open()
    before = desk.ask(head).result(60)

    made.commit("Carts count", {"cart.py": "def total():\n    return 2\n"})
    after = [desk.ask(head).result(60) for _ in range(2)][-1]
    desk.close()

    assert before != after == head(Repository.open(made.root))
