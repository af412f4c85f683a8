"""Aider, an external program: asked in its own Python, on a work tree of the base. A small package stands in for it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from noctule.evals.errors import AiderFailed
from noctule.evals.run_folder import Results
from noctule.evals.solvers.aider import Aider, why_absent
from noctule.evals.solvers.answer import SolverAnswer
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task
from noctule.indexer.files.git import discover
from tests.evals.conftest import Ran, Shop

Evaluate = Callable[..., Ran]

CODER = """
class Coder:
    def get_ident_mentions(self, text):
        return set(text.split())

    def get_file_mentions(self, text):
        return {f for f in self.get_addable_relative_files() if f in text}

    def get_ident_filename_matches(self, idents):
        return {f for f in self.get_all_relative_files() for i in idents if f.endswith("/" + i + ".py")}
"""
REPOMAP = """
import os
from pathlib import Path

print("what a library prints is no answer")


class RepoMap:
    def __init__(self, map_tokens, root, main_model, io):
        self.root, self.io = root, io

    def get_ranked_tags(self, chat, other, mentioned_fnames, mentioned_idents):
        if "die" in mentioned_idents:
            os._exit(3)
        first = sorted(mentioned_fnames)
        rest = sorted(set(os.path.relpath(f, self.root) for f in other) - set(first))
        return [(f, "tag") for f in (*first, *first, *rest) if f.endswith(".py")]

    def get_repo_map(self, chat, other, mentioned_fnames, mentioned_idents):
        if "fail" in mentioned_idents:
            raise ValueError("cannot map")
        tags = self.get_ranked_tags(chat, other, mentioned_fnames, mentioned_idents)
        return "".join(f"{f}:\\n|def x\\n" for f in sorted({f for f, _ in tags[:3]}))
"""
TIKTOKEN = """
class Encoding:
    def encode_ordinary(self, text):
        return text.split()


def get_encoding(name):
    return Encoding()
"""


@pytest.fixture
def python(tmp_path: Path) -> str:
    """A Python that has what stands in for aider-chat."""
    packages = tmp_path / "packages"
    for name, text in (
        ("aider/__init__.py", ""),
        ("aider/repomap.py", REPOMAP),
        ("aider/coders/__init__.py", ""),
        ("aider/coders/base_coder.py", CODER),
        ("tiktoken/__init__.py", TIKTOKEN),
    ):
        file = packages / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    command = tmp_path / "python"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{packages}" exec "{sys.executable}" "$@"\n')
    command.chmod(0o755)
    return str(command)


@pytest.fixture
def ask(shop: Shop, tmp_path: Path, python: str) -> Iterator[Callable[[str], SolverAnswer]]:
    place = discover(shop.root)
    assert place is not None
    ground = BaseCheckout(place, shop.base, tmp_path / "cache")
    solver = Aider(python)

    def asked(text: str) -> SolverAnswer:
        return solver.solve(Task("t", "issue", "shop", shop.base, text, ""), ground, Gold((), (), (), {}))

    yield asked
    solver.close()


def test_files_come_in_the_order_of_aiders_ranking_with_what_the_task_mentions(
    ask: Callable[[str], SolverAnswer],
) -> None:
    answer = ask("look at shop/mail.py and price")

    assert answer.files == (
        "shop/mail.py",
        "shop/price.py",
        "shop/__init__.py",
        "shop/basket.py",
        "tests/test_price.py",
    )
    assert answer.named == ("shop/mail.py", "shop/price.py")
    assert (answer.tokens or 0) > 0


def test_a_failure_is_said_and_the_next_task_is_answered(ask: Callable[[str], SolverAnswer]) -> None:
    with pytest.raises(AiderFailed, match="ValueError: cannot map"):
        ask("fail")
    with pytest.raises(AiderFailed, match="its process has ended"):
        ask("die")

    assert ask("look at shop/mail.py").files[0] == "shop/mail.py"


def test_what_cannot_be_asked_is_told_and_why(tmp_path: Path, python: str) -> None:
    assert why_absent(python) is None
    assert why_absent(None) == "no Python that has aider-chat is named (--aider PYTHON)"
    assert "cannot be run" in (why_absent(str(tmp_path / "absent")) or "")
    assert why_absent(sys.executable) == f"{sys.executable} has no aider-chat"


@pytest.mark.parametrize("processes", [1, 2])
def test_it_is_asked_where_it_is_named_and_leaves_nothing_behind(
    evaluate: Evaluate,
    shop: Shop,
    tmp_path: Path,
    python: str,
    monkeypatch: pytest.MonkeyPatch,
    processes: int,
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)

    evaluate(
        *("history", shop.root, "--last", 4, "--out", tmp_path / "run", "--processes", processes),
        *("--solver", "path", "aider", "--aider", python),
    )

    run = Results.read(tmp_path / "run")
    assert not run.failed
    assert len(run.answers["aider"]) == len(run.answers["path"]) == 8
    assert [p.name for p in temporary.iterdir() if p.name.startswith("noctule")] == []


def test_where_it_is_absent_that_is_a_result_until_it_is_there(
    evaluate: Evaluate, shop: Shop, tmp_path: Path, python: str
) -> None:
    common = ("history", shop.root, "--last", 2, "--out", tmp_path / "run", "--processes", 1)
    ran = evaluate(*common, "--solver", "path", "aider")
    evaluate("report", tmp_path / "run")

    before = Results.read(tmp_path / "run")
    assert before.absent == {"aider": "no Python that has aider-chat is named (--aider PYTHON)"}
    assert before.skipped == {}
    assert "The solver 'aider' is skipped: no Python" in ran.err
    assert "no Python that has aider-chat is named" in (tmp_path / "run/report.md").read_text()

    evaluate(*common, "--solver", "path", "aider", "--aider", python)

    after = Results.read(tmp_path / "run")
    assert (after.absent, len(after.answers["aider"])) == ({}, 4)
