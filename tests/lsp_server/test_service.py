"""The service of a repository: one loaded view, one opening of the store, and what a question sees."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

import numpy as np
import pytest

from noctule.indexer.llm.key import Key
from noctule.indexer.results import Note
from noctule.indexer.serve.repository import Repository
from noctule.lsp_server import service as service_module
from noctule.lsp_server.loaded_view import LoadedView, Unknown
from noctule.lsp_server.mcp.learner import Learner, NothingKnown
from noctule.lsp_server.service import RepositoryService, ServiceThread
from noctule.lsp_server.settings import Settings, Sleep
from tests.patience import PATIENCE_S, soon
from tests.repositories import Repository as Made
from tests.scip_index import index_words

OPENED: list[str] = []


def _hear(event: str, details: tuple[object, ...]) -> None:
    if event == "sqlite3.connect" and "store.db" in str(details[0]):
        OPENED.append(str(details[0]))


sys.addaudithook(_hear)


@contextmanager
def openings_of(folder: Path) -> Iterator[list[str]]:
    """Give a list that holds, afterwards, how often the store in a folder was opened meanwhile."""
    before, found = len(OPENED), list[str]()
    yield found
    found += [path for path in OPENED[before:] if folder.name in path]


def head(repository: Repository) -> str | None:
    return repository.place.head if repository.place is not None else None


@pytest.fixture
def made(tmp_path: Path) -> Made:
    made = Made(tmp_path / "shop")
    made.commit("Carts", {"cart.py": "def total():\n    return 1\n"})
    return made


@pytest.fixture
def repository(made: Made, tmp_path: Path) -> Repository:
    repository = Repository.open(made.root, cache=tmp_path / "cache")
    repository.sleep()
    return repository


def test_an_agents_question_after_a_commit_is_about_that_commit(made: Made, repository: Repository) -> None:
    learner = Learner(repository, Settings(), sleeps=False)
    before = learner.ask(head).result(PATIENCE_S)

    made.commit("Carts count", {"cart.py": "def total():\n    return 2\n"})
    after = [learner.ask(head).result(PATIENCE_S) for _ in range(2)][-1]
    learner.close()

    assert before != after == head(Repository.open(made.root))


def test_an_agents_question_after_an_edit_sees_the_edit_and_what_was_learned_stays_loaded(
    made: Made, repository: Repository
) -> None:
    learner = Learner(repository, Settings(), sleeps=False)
    first = learner.ask(lambda repository: repository.reader).result(PATIENCE_S)

    made.write("cart.py", "def total():\n    return 3\n")
    with openings_of(repository.folder) as opened:
        learner.ask(head).result(PATIENCE_S)
        freshness = learner.freshness().result(PATIENCE_S)
    last = learner.ask(lambda repository: repository.reader).result(PATIENCE_S)
    learner.close()

    assert (freshness.state, freshness.pending) == ("pending", ("cart.py",))
    assert last is first
    assert opened == []


def test_what_was_learned_meanwhile_is_what_an_agents_next_question_sees(made: Made, repository: Repository) -> None:
    learner = Learner(repository, Settings(), sleeps=False)
    learner.ask(head).result(PATIENCE_S)

    made.commit("Sums", {"sum.py": "def add():\n    return 1\n"})
    repository.sleep()
    paths = learner.ask(lambda repository: list(repository.reader.index.paths)).result(PATIENCE_S)
    learner.close()

    assert paths == ["cart.py", "sum.py"]


def test_an_agent_hears_that_nothing_was_learned_and_has_a_status_all_the_same(made: Made, tmp_path: Path) -> None:
    learner = Learner(Repository.open(made.root, cache=tmp_path / "cache"), Settings(), sleeps=False)

    with pytest.raises(NothingKnown) as said:
        learner.ask(head).result(PATIENCE_S)
    freshness, status = learner.freshness().result(PATIENCE_S), learner.status().result(PATIENCE_S)
    learner.close()

    assert said.value.learning.sentence.startswith("Run `noctule sleep`")
    assert freshness.state == status.freshness.state == "unknown"


def test_an_editors_questions_open_the_store_once(
    made: Made, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "LOOK_S", float("inf"))  # a look at the files opens it in a thread of its own

    def note(view: LoadedView) -> Note:
        return view.note("cart.py")

    with openings_of(repository.folder) as opened:
        service = RepositoryService(made.root, cache=repository.folder.parent)
        answers = [service.ask(note, urgent=True).result(PATIENCE_S) for _ in range(3)]
        service.close()

    assert [answer.subject for answer in answers] == ["cart.py"] * 3
    assert len(opened) == 1


def test_an_editor_is_told_that_nothing_was_learned(made: Made, tmp_path: Path) -> None:
    service = RepositoryService(made.root, cache=tmp_path / "cache")

    with pytest.raises(Unknown):
        service.ask(lambda view: view.note("cart.py")).result(PATIENCE_S)
    service.close()


def test_the_scip_index_that_the_settings_name_is_read_in_the_background(made: Made, tmp_path: Path) -> None:
    made.write("ship.py", "class Ship:\n    def unmoor(self): ...\n")
    made.write("crew.py", "def crew(vessel):\n    vessel.unmoor()\n")
    symbols = {"unmoor": "s python p 1 ship/Ship#unmoor()."}
    made.write("build/made.scip", index_words(made.root, symbols, ["ship.py", "crew.py"]))
    heard: Queue[str] = Queue()
    service = RepositoryService(made.root, on_event=lambda event: heard.put(event.event), cache=tmp_path / "cache")
    try:
        service.start_sleep(Settings(sleep=Sleep(scip="build/made.scip")), Settings().model, Key.of_environment())
        wait_for(heard, "fresh")

        learned = Repository.open(made.root, cache=tmp_path / "cache")
        assert learned.status().scip["name"] == "build/made.scip"
        assert any("crew.py" in claim.text for claim in learned.notes("ship.py:Ship.unmoor").claims)
        learned.close()
    finally:
        service.close()


@pytest.mark.parametrize("how", ["a clone", "a work tree", "a plain folder"])
def test_a_repository_that_is_removed_and_made_again_is_learned_anew(made: Made, tmp_path: Path, how: str) -> None:
    root, away = tmp_path / "again", ("clone", "-q", str(made.root))
    if how == "a work tree":
        away = ("worktree", "add", "-q", "--force", "--detach")
    made.git(*away, str(root))
    heard: Queue[str] = Queue()
    service = RepositoryService(root, on_event=lambda event: heard.put(event.event), cache=tmp_path / "cache")
    try:
        service.start_sleep(Settings(), Settings().model, Key.of_environment())
        wait_for(heard, "fresh")

        shutil.rmtree(root)
        wait_for(heard, "ended")
        made.git("worktree", "prune")
        if how == "a plain folder":
            shutil.copytree(made.root, root, ignore=shutil.ignore_patterns(".git"))
        else:
            made.git(*away, str(root))
        (root / "refund.py").write_text("def pay_back():\n    return 1\n")
        wait_for(heard, "fresh")

        assert service.failure is None
        learned = Repository.open(root, cache=tmp_path / "cache")
        assert learned.notes("refund.py").subject == "refund.py"
        learned.close()
    finally:
        service.close()


def wait_for(heard: Queue[str], event: str) -> None:
    while heard.get(timeout=PATIENCE_S) != event:
        pass


def _resident_mb() -> float:
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1000


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="what is given back is what glibc keeps")
def test_a_service_that_nobody_asks_gives_memory_back_and_goes_on_to_answer() -> None:
    def scatter() -> list[object]:
        blocks = [np.ones(250) for _ in range(50_000)]  # 100 MB
        return list(blocks[::100])  # between these the rest is free

    before = _resident_mb()
    thread = ServiceThread("reading", rest_s=0.01)
    kept = thread.submit(scatter).result(PATIENCE_S)

    assert soon(lambda: _resident_mb() < before + 50)
    assert thread.submit(lambda: len(kept)).result(PATIENCE_S) == 500
    thread.close()
