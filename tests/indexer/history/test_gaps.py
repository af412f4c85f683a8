"""Histories of which git cannot read something: what is left is read, and says what it lacks. Nothing is fetched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from noctule.indexer.files.cuts import find_cut, is_cut_at
from noctule.indexer.files.git import Git, discover
from noctule.indexer.history import quick_churn
from noctule.indexer.history.history import EXACT, UNREAD, History
from noctule.indexer.history.log import Change, Commit, read, these
from noctule.indexer.history.symbol_churn import read_symbol_touches
from tests.repositories import Repository


def git_of(root: Path) -> Git:
    place = discover(root)
    assert place is not None
    return Git(place)


def read_all(root: Path) -> list[Commit]:
    git = git_of(root)
    return list(read(git, "HEAD", exact_renames=git.place.partial))


def remove(repository: Repository, oid: str) -> None:
    loose = repository.root / ".git/objects" / oid[:2] / oid[2:]
    loose.chmod(0o600)
    loose.unlink()


def damage(repository: Repository, oid: str) -> None:
    loose = repository.root / ".git/objects" / oid[:2] / oid[2:]
    loose.chmod(0o600)
    loose.write_bytes(b"garbage")


@pytest.fixture
def moved(tmp_path: Path) -> Repository:
    """A repository in whose middle a file was moved and edited, and others were edited before and after."""
    repository = Repository(tmp_path / "repository")
    lines = [f"line {n}\n" for n in range(200)]
    repository.commit("Begin", {"a.py": "".join(lines), "b.py": "x = 0\n"})
    repository.commit("Before", {"b.py": "x = 1\n"})
    (repository.root / "a.py").unlink()
    repository.commit("Move", {"c.py": "".join([*lines, "one more\n"])})
    for n in range(2, 5):
        repository.commit(f"After {n}", {"b.py": f"x = {n}\n"})
    return repository


@pytest.mark.parametrize("break_", [remove, damage])
def test_a_blob_that_cannot_be_read_costs_one_commit_its_rename(
    moved: Repository, break_: Callable[[Repository, str], None]
) -> None:
    whole = read_all(moved.root)
    assert whole[2].changes == (Change("c.py", "R", "a.py"),)

    break_(moved, moved.git("rev-parse", "HEAD~5:a.py"))

    found = read_all(moved.root)
    assert found[2] == whole[2]._replace(changes=(Change("a.py", "D"), Change("c.py", "A")), gap="renames")
    assert found[:2] + found[3:] == whole[:2] + whole[3:]
    assert [flag & (EXACT | UNREAD) for flag in History.of(found).flags.tolist()] == [0, 0, EXACT, 0, 0, 0]
    asked = [whole[3].oid, whole[2].oid, whole[0].oid]
    assert list(these(git_of(moved.root), asked)) == [whole[3], found[2], whole[0]]


@pytest.mark.parametrize("break_", [remove, damage])
def test_a_tree_that_cannot_be_read_costs_two_commits_their_files(
    moved: Repository, break_: Callable[[Repository, str], None]
) -> None:
    whole = read_all(moved.root)
    break_(moved, moved.git("rev-parse", "HEAD~3^{tree}"))

    found = read_all(moved.root)

    assert [commit.oid for commit in found] == [commit.oid for commit in whole]
    assert [commit.gap for commit in found] == ["", "", "changes", "changes", "", ""]
    assert found[2].changes == found[3].changes == ()
    assert found[2].message == "Move"


@pytest.mark.parametrize("break_", [remove, damage])
def test_a_commit_that_cannot_be_read_ends_the_history(
    moved: Repository, break_: Callable[[Repository, str], None]
) -> None:
    whole = read_all(moved.root)
    break_(moved, whole[2].oid)

    found = read_all(moved.root)

    assert [commit.oid for commit in found] == [commit.oid for commit in whole[3:]]
    assert [commit.gap for commit in found] == ["changes", "", ""]


def test_a_clone_without_trees_gives_its_commits_in_few_git_calls(
    moved: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(40):
        moved.commit(f"More {n}", {"b.py": f"y = {n}\n"})
    moved.git("config", "uploadpack.allowFilter", "true")
    moved.git("clone", "-q", "--filter=tree:0", f"file://{moved.root}", str(tmp_path / "thin"))
    moved.root.rename(tmp_path / "away")
    calls: list[tuple[str, ...]] = []
    stream = Git.stream
    monkeypatch.setattr(Git, "stream", lambda self, *args: calls.append(args) or stream(self, *args))

    found = read_all(tmp_path / "thin")

    assert len(found) == 46
    assert {commit.gap for commit in found} == {"changes"}
    assert len(calls) < 60


@pytest.mark.parametrize("filter_", ["blob:none", "blob:limit=1k"])
def test_a_clone_without_blobs_knows_exact_renames(moved: Repository, tmp_path: Path, filter_: str) -> None:
    (moved.root / "c.py").rename(moved.root / "d.py")
    moved.commit("Move as it is")
    moved.git("config", "uploadpack.allowFilter", "true")
    moved.git("clone", "-q", f"--filter={filter_}", f"file://{moved.root}", str(tmp_path / "thin"))
    moved.root.rename(tmp_path / "away")

    found = read_all(tmp_path / "thin")

    assert len(found) == 7
    assert {commit.gap for commit in found} == {""}
    assert found[-1].changes == (Change("d.py", "R", "c.py"),)


def test_symbols_are_told_of_the_commits_whose_blobs_are_there(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    for n in range(5):
        repository.commit(f"Change {n}", {"a.py": f"def rate():\n    return {n}\n"})
    remove(repository, repository.git("rev-parse", "HEAD~2:a.py"))

    touches = list(read_symbol_touches(git_of(repository.root), "HEAD"))

    there = [repository.git("rev-parse", revision) for revision in ("HEAD", "HEAD~3")]
    assert [touch.commit for touch in touches] == there


def test_where_a_history_is_cut_is_known(moved: Repository, tmp_path: Path) -> None:
    short = tmp_path / "short"
    moved.git("clone", "-q", "--depth", "2", f"file://{moved.root}", str(short))
    clone = Repository(short)
    cut = find_cut(git_of(short).place)
    assert cut
    assert is_cut_at(git_of(short).place, cut)

    clone.git("fetch", "-q", "--deepen", "1")
    assert not is_cut_at(git_of(short).place, cut)

    clone.git("fetch", "-q", "--unshallow")
    assert find_cut(git_of(short).place) == find_cut(git_of(moved.root).place) == ""


def test_a_glance_ends_where_something_is_missing(moved: Repository) -> None:
    remove(moved, moved.git("rev-parse", "HEAD~2^{tree}"))

    assert quick_churn.latest_changes(git_of(moved.root), "HEAD") == [("b.py",)]
