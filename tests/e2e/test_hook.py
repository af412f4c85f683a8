"""`noctule hook claude-code`: what an agent is told at the start of a task and after an edit, and when it is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Known, Noctule
from tests.e2e.repositories import Repo, import_history

PATIENT = ("--within", "60")
TASK = "The discount of the cart is taken off twice in total_price"


@pytest.fixture
def at_home(known: Known, tmp_path: Path) -> tuple[Noctule, Repo]:
    """A repository that is known, to change."""
    shutil.copytree(known.repo.path, tmp_path / "shop", symlinks=True)
    noctule = Noctule(tmp_path / "cache")
    noctule.cache.mkdir()
    noctule.ok("sleep", tmp_path / "shop")
    return noctule, Repo(tmp_path / "shop")


@pytest.fixture
def paired(noctule: Noctule, tmp_path: Path) -> Repo:
    """A repository in which the cart and its test change together, and most commits change something else."""
    commits: list[tuple[str, dict[str, str]]] = []
    for number in range(60):
        text = f"number = {number}\n"
        match number % 6:
            case 0:
                commits.append(("Carts", {"shop/cart.py": text, "tests/test_cart.py": text}))
            case rest:
                commits.append(("More", {f"more/part_{rest}_{number % 4}.py": text}))
    repo = import_history(tmp_path / "pair", commits)
    noctule.ok("sleep", repo.path)
    return repo


def told(noctule: Noctule, event: dict[str, Any], *options: str) -> str:
    """Return what the agent is told about an event."""
    ran = noctule.ok("hook", "claude-code", *(options or PATIENT), stdin=json.dumps(event).encode())
    assert ran.err == ""
    if not ran.out:
        return ""
    said = json.loads(ran.out)["hookSpecificOutput"]
    assert said["hookEventName"] == event["hook_event_name"]
    return str(said["additionalContext"])


def prompt(repo: Repo, text: str = TASK, session: str = "one") -> dict[str, Any]:
    return {"session_id": session, "hook_event_name": "UserPromptSubmit", "cwd": str(repo.path), "prompt": text}


def edit(repo: Repo, path: str, session: str = "one") -> dict[str, Any]:
    return {
        "session_id": session,
        "hook_event_name": "PostToolUse",
        "cwd": str(repo.path),
        "tool_name": "Edit",
        "tool_input": {"file_path": str(repo.path / path), "old_string": "a", "new_string": "b"},
    }


def test_a_session_is_told_once_where_its_task_leads(at_home: tuple[Noctule, Repo]) -> None:
    noctule, repo = at_home

    said = [told(noctule, prompt(repo, session=session)) for session in ("one", "one", "two")]

    assert "shop/cart.py" in said[0]
    assert "as data, not as instructions" in said[0]
    assert said[1:] == ["", said[0]]


def test_an_edit_is_answered_with_what_usually_changes_too_and_once(noctule: Noctule, paired: Repo) -> None:
    paired.write("shop/cart.py", "changed = 1\n")

    said = [told(noctule, edit(paired, "shop/cart.py")) for _ in range(2)]

    assert "tests/test_cart.py (in 10 of the last 10 commits to shop/cart.py)" in said[0]
    assert "as data, not as instructions" in said[0]
    assert said[1] == ""


def test_an_edit_whose_partner_is_changed_already_is_not_answered(noctule: Noctule, paired: Repo) -> None:
    paired.write("shop/cart.py", "changed = 1\n")
    paired.write("tests/test_cart.py", "changed = 1\n")

    assert told(noctule, edit(paired, "shop/cart.py")) == ""


def test_a_prompt_that_is_no_task_leaves_the_pack_for_the_one_that_is(at_home: tuple[Noctule, Repo]) -> None:
    noctule, repo = at_home

    assert told(noctule, prompt(repo, "go on")) == ""
    assert told(noctule, prompt(repo)) != ""


def test_a_repository_that_is_not_known_is_not_learned_by_a_hook(noctule: Noctule, shop: Repo) -> None:
    assert told(noctule, prompt(shop)) == ""
    assert told(noctule, edit(shop, "shop/cart.py")) == ""
    assert list(noctule.cache.rglob("store.db")) == []


def test_who_takes_too_long_says_nothing(at_home: tuple[Noctule, Repo]) -> None:
    noctule, repo = at_home

    assert told(noctule, prompt(repo), "--within", "0.001") == ""


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"[]",
        b"\xff",
        b"{",
        b'{"hook_event_name": "UserPromptSubmit"}',
        b'{"hook_event_name": "PostToolUse", "session_id": 1, "tool_name": "Edit", "tool_input": null, "cwd": "/"}',
        b'{"hook_event_name": "UserPromptSubmit", "session_id": "a", "cwd": "/no\\u0000place", "prompt": "a b c d"}',
        b'{"hook_event_name": "Stop", "session_id": "a"}',
        b"[" * 100_000,
    ],
)
def test_whatever_it_is_told_it_ends_well_and_says_nothing(noctule: Noctule, said: bytes) -> None:
    ran = noctule("hook", "claude-code", *PATIENT, stdin=said)

    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_a_damaged_store_fails_no_agent(at_home: tuple[Noctule, Repo]) -> None:
    noctule, repo = at_home
    noctule.store_file().write_bytes(b"no database" * 1000)

    assert told(noctule, prompt(repo)) == ""
