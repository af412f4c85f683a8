"""The pool of processes with real repositories: sound, empty, corrupt, too large, killed and stopped."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from noctule.indexer.fleet.clone import CloneFailed, bring, clone_folder
from noctule.indexer.fleet.engine import LocalEngine
from noctule.indexer.fleet.fleet import FleetPlan, run
from noctule.indexer.fleet.journal import FleetJournal
from noctule.indexer.fleet.limits import SharedLimits
from noctule.indexer.fleet.messages import Attempt, AttemptOutcome
from noctule.indexer.fleet.sources import Source
from noctule.indexer.llm.settings import Choice
from noctule.indexer.serve.repository import Repository
from tests import truthful
from tests.e2e.repositories import make_shop
from tests.indexer.runtime.processes import runs
from tests.openai_server import OpenAIServer
from tests.repositories import Repository as Made


def make(folder: Path, name: str, commits: int = 2) -> Made:
    made = Made(folder / name)
    for number in range(commits):
        made.commit(f"Change {number}", {f"{name}.py": f"def {name}_{number}():\n    return {number}\n"})
    return made


def learn(tmp_path: Path, engine: LocalEngine, sources: list[Source], most: int = 2**30) -> dict[str, AttemptOutcome]:
    plan = FleetPlan(sources, Attempt("", "", to=f"file://{tmp_path}/public"), most, pause_s=0.01)
    journal = FleetJournal(tmp_path / "journal.jsonl")
    try:
        outcomes = run(plan, engine, journal, {}, lambda _progress: None)
    finally:
        engine.close()
    return {one.name: one for one in outcomes}


def test_one_broken_repository_never_stops_the_rest(tmp_path: Path) -> None:
    shop = make(tmp_path, "shop")
    head = make(tmp_path, "corrupt").git("rev-parse", "HEAD")
    (tmp_path / "corrupt/.git/objects" / head[:2] / head[2:]).unlink()
    Made(tmp_path / "empty")
    sources = [
        Source("cloned", f"file://{shop.root}"),
        Source("corrupt", str(tmp_path / "corrupt")),
        Source("empty", str(tmp_path / "empty")),
        Source("gone", f"file://{tmp_path}/gone"),
        Source("shop", str(shop.root)),
    ]

    found = learn(tmp_path, LocalEngine(SharedLimits(), tmp_path / "cache", 2), sources)

    assert {name: (one.state, one.kind, one.attempts) for name, one in found.items()} == {
        "cloned": ("published", "", 1),
        "corrupt": ("failed", "corrupt", 1),
        "empty": ("empty", "", 1),
        "gone": ("failed", "absent", 1),
        "shop": ("published", "", 1),
    }
    assert found["corrupt"].why == "its latest commit cannot be read"
    assert "git fsck" in found["corrupt"].advice
    assert (found["shop"].files, found["shop"].commits, found["shop"].revision) == (1, 2, shop.git("rev-parse", "HEAD"))
    assert found["shop"].memory_bytes > 10_000_000
    with Repository.open(shop.root, at="HEAD", cache=tmp_path / "cache") as repository:
        assert repository.knows()


def test_what_takes_too_much_memory_is_tried_with_more_and_then_reported(tmp_path: Path) -> None:
    shop = make(tmp_path, "shop")

    found = learn(
        tmp_path, LocalEngine(SharedLimits(), tmp_path / "cache", 1), [Source("shop", str(shop.root))], 2_000_000
    )

    assert (found["shop"].state, found["shop"].kind, found["shop"].attempts) == ("failed", "memory", 1)
    assert found["shop"].why == "it took more than 2 MB of memory"
    assert "--max-memory-per-task" in found["shop"].advice


def test_a_killed_worker_is_started_again_and_nothing_of_it_stays(tmp_path: Path) -> None:
    shop = make(tmp_path, "shop")
    engine = LocalEngine(SharedLimits(), tmp_path / "cache", 1)
    killed: list[psutil.Process] = []

    def kill_first() -> None:
        while not killed:
            for child in psutil.Process().children():
                if runs(child.pid, "fleet.worker"):
                    child.kill()
                    killed.append(child)
                    return
            time.sleep(0.005)

    killer = threading.Thread(target=kill_first)
    killer.start()
    found = learn(tmp_path, engine, [Source("shop", str(shop.root))])
    killer.join()

    assert (found["shop"].state, found["shop"].attempts) == ("published", 2)


def test_a_clone_follows_its_server_and_gets_the_rest_of_its_history(tmp_path: Path) -> None:
    shop = make(tmp_path, "shop", commits=3)
    place, clones = f"file://{shop.root}", tmp_path / "clones"

    folder = bring(place, clones, depth=1)
    shallow = Made.__new__(Made)
    shallow.root, shallow.clock = folder, 0
    assert shallow.git("rev-list", "--count", "HEAD") == "1"

    shop.git("checkout", "-q", "-b", "next")
    latest = shop.commit("Next", {"shop.py": "def other(): pass\n"})
    bring(place, clones)

    assert clone_folder(place, clones) == folder
    assert shallow.git("rev-parse", "HEAD") == latest
    assert shallow.git("rev-list", "--count", "HEAD") == "4"
    assert sorted(path.name for path in clones.iterdir()) == [folder.name, f"{folder.name}.lock"]


def test_a_password_in_an_address_is_not_kept_with_the_clone(tmp_path: Path) -> None:
    shop = make(tmp_path, "shop")

    folder = bring(f"file://ada:s3cret-word@{shop.root}", tmp_path / "clones")

    assert "s3cret-word" not in (folder / "config").read_text()
    assert [path for path in folder.rglob("*") if path.is_file() and b"s3cret-word" in path.read_bytes()] == []


def test_two_fleets_clone_one_repository_one_after_the_other(tmp_path: Path) -> None:
    shop = make(tmp_path, "shop")
    clones = tmp_path / "clones"

    with ThreadPoolExecutor(4) as fleets:
        found = list(fleets.map(lambda _: bring(f"file://{shop.root}", clones), range(4)))

    assert set(found) == {clone_folder(f"file://{shop.root}", clones)}
    assert (found[0] / "packed-refs").exists()


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("git@example.org: Permission denied (publickey).", "denied"),
        ("ssh: connect to host example.org port 22: Connection refused", "network"),
    ],
)
def test_what_ssh_says_is_the_reason_of_a_failed_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, kind: str
) -> None:
    (tmp_path / "ssh").write_text(f"#!/bin/sh\nprintf '%s\\r\\n' '{said}' >&2\nexit 255\n")
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(tmp_path / "ssh"))

    with pytest.raises(CloneFailed) as failed:
        bring("git@example.org:team/api.git", tmp_path / "clones")

    assert (failed.value.kind, str(failed.value)) == (kind, f"git clone failed: {said}")


def test_a_model_writes_notes_while_one_budget_for_all_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOCTULE_MODEL_KEY", "sk-test-0a1b2c3d4e5f6a7b")
    shops = [make_shop(tmp_path / name, commits=60).path for name in ("east", "west")]
    book = tmp_path / "spending.jsonl"
    with OpenAIServer(answers=truthful.answer) as model:
        choice = Choice(think="openai/scripted", address=model.url, think_price="1/2", timeout_s=60.0)
        limits = SharedLimits(0.05, book=book)
        pattern = Attempt("", "", to=f"file://{tmp_path}/public", choice=choice)
        sources = [Source("cloned", f"file://{shops[0]}"), Source("folder", str(shops[1]))]
        engine = LocalEngine(limits, tmp_path / "cache", 2)
        try:
            # A process that was forked is counted with all that it shares with others.
            outcomes = run(FleetPlan(sources, pattern, 2**32, 0.01), engine, FleetJournal(tmp_path / "j"), {}, _silent)
        finally:
            engine.close()
        billed = sum(say.prompt + 2 * say.output for say in model.billed) / 1e6

    assert {one.state for one in outcomes} == {"published"}
    assert sum(one.claims for one in outcomes) > 0
    assert limits.spent() == pytest.approx(billed) == pytest.approx(sum(one.dollars for one in outcomes))
    assert 0 < billed <= 0.05
    ended = [gap for one in outcomes for gap in one.gaps]
    assert any("the shared budget is used up" in gap for gap in ended)
    assert SharedLimits(0.05, book=book).spent() == pytest.approx(billed)


def _silent(_progress: object) -> None:
    """Nobody looks."""
