"""The made-up repository, and a whole run on a small one."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.made_up import write
from noctule.indexer.parse.extract import extract_symbols
from noctule.indexer.parse.languages import detect_language


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=True, text=True).stdout


def test_the_same_numbers_make_the_same_repository(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write(tmp_path / name, files=60, commits=10)

    heads = {git(tmp_path / name, "rev-parse", "HEAD") for name in ("first", "second")}
    listed = git(tmp_path / "first", "ls-files").splitlines()
    assert len(heads) == 1
    assert len(listed) == 60
    assert git(tmp_path / "first", "rev-list", "--count", "HEAD") == "11\n"


def test_its_files_parse_in_three_languages(tmp_path: Path) -> None:
    write(tmp_path / "tree", files=800, commits=20)

    found = set()
    for path in git(tmp_path / "tree", "ls-files").splitlines()[::37]:
        language = detect_language(path)
        assert language is not None
        symbols = extract_symbols((tmp_path / "tree" / path).read_bytes(), language)
        assert not symbols.broken
        assert len(symbols.definitions) >= 4
        found.add(language.name)
    assert found == {"python", "javascript", "go"}


def test_a_run_measures_a_small_made_up_repository_and_says_what_it_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--made-up", "60", "--random-words", "8", "--rounds", "1", "--json"]
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name in ("SYMPY", "OTHER", "AIDER", "MADE_UP", "RANDOM_WORDS"):
        monkeypatch.delenv(name, raising=False)

    assert main() == 0

    told = json.loads(capsys.readouterr().out)
    assert {row["subject"] for row in told["rows"]} == {"random-words-8", "made-up-60"}
    assert any(row["what"] == "context, in process, p95" and row["bound"] == 150 for row in told["rows"])
    assert [line.partition(":")[0] for line in told["skipped"]] == ["aider's map", "sympy", "another repository"]
    assert list(tmp_path.iterdir()) == []
