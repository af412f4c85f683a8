from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.files.git import discover
from noctule.indexer.files.live_files import LazyLines, LineRange, LiveFiles
from noctule.indexer.files.scan import RACY_NS
from noctule.indexer.files.snapshot import of_work_tree
from tests.repositories import Repository

PIECES = st.sampled_from([b"\n", b"\r\n", b"a", b" = 1", "é中".encode(), b"\xff", b"\xe4\xb8", b"\x85", b"\0"])
TEXTS = st.one_of(st.binary(max_size=60), st.lists(PIECES, max_size=20).map(b"".join))


@given(TEXTS, st.integers(-9, 9), st.integers(-9, 9))
def test_lines_decoded_one_by_one_are_those_of_the_whole_text(text: bytes, start: int, stop: int) -> None:
    expected = tuple(text.decode("utf-8", "replace").split("\n"))

    lines = LazyLines(text)

    assert len(lines) == len(expected)
    assert tuple(lines) == tuple(lines[n] for n in range(len(lines))) == expected
    assert lines[start:stop] == expected[start:stop]
    assert lines[start:stop:2] == expected[start:stop:2]
    assert lines[-1] == expected[-1]


@given(TEXTS, st.integers(0, 20), st.integers(0, 20), st.sampled_from(["a", "é", " = 1", "\r"]))
def test_a_range_of_lines_is_that_part_of_the_text(text: bytes, start: int, stop: int, part: str) -> None:
    lines = LazyLines(text)
    expected = tuple(lines)[start:stop]

    inside = LineRange(lines, start, stop)

    assert (len(inside), tuple(inside), inside[:]) == (len(expected), expected, expected)
    assert list(inside.find(part)) == [line for line in expected if part in line]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "repository")
    repository.commit(files={"a.py": "x = 111\n"})
    return repository


def live_files(repository: Repository, revision: str | None = None) -> LiveFiles:
    place = discover(repository.root)
    assert place is not None
    snapshot = of_work_tree(place)
    old = time.time_ns() + 2 * RACY_NS
    settled = {path: stat._replace(taken_ns=old) for path, stat in snapshot.stats.items()}
    snapshot = of_work_tree(place, settled)
    oids = [snapshot.files[path].blob for path in sorted(snapshot.files)]
    return LiveFiles(sorted(snapshot.files), oids, snapshot, place, revision)


def test_a_file_that_was_written_through_a_memory_map_counts_as_changed_once_it_is_read(repository: Repository) -> None:
    file = repository.root / "a.py"
    seen = file.stat()
    live = live_files(repository)
    file.write_bytes(b"x = 222\n")
    os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    assert live.contents([0]) == {0: b"x = 222\n"}
    assert live.has_changed(0)


def test_the_lines_of_a_revision_are_read_once_for_all_answers(repository: Repository) -> None:
    place = discover(repository.root)
    blob = repository.git("rev-parse", "HEAD:a.py")
    past = LiveFiles(["a.py"], [blob], None, place, repository.git("rev-parse", "HEAD"))
    before = past.lines([0])
    past.forget()
    shutil.rmtree(repository.root / ".git/objects")

    assert past.lines([0]) == before


def test_lines_are_kept_from_one_answer_to_the_next_until_the_file_holds_something_else(repository: Repository) -> None:
    live = live_files(repository)
    first = live.lines([0])[0]
    shout = first.derive((0, 1), bytes.upper)

    live.forget()
    again = live.lines([0])[0]
    (repository.root / "a.py").write_text("y = 222\n")
    live.forget()
    changed = live.lines([0])[0]

    assert again is first
    assert (shout, again.derive((0, 1), bytes.upper)) == (b"X = 111", shout)
    assert (changed[0], changed.derive((0, 1), bytes.upper)) == ("y = 222", b"Y = 222")


def test_commits_are_lost_that_a_branch_left_behind_and_that_git_removed(repository: Repository) -> None:
    first = repository.git("rev-parse", "HEAD")
    second = repository.commit("Second", {"a.py": "x = 2\n"})
    repository.git("reset", "-q", "--hard", first)

    live = live_files(repository, second)
    assert live.have_lost([second])
    assert not live.have_lost([first])

    repository.git("reflog", "expire", "--expire=now", "--all")
    repository.git("gc", "-q", "--prune=now")
    assert repository.attempt("cat-file", "-e", second).returncode

    live = live_files(repository, second)
    assert live.have_lost([second])
    assert not live.have_lost([first])


def test_lines_on_demand_are_read_when_they_are_asked_for(repository: Repository) -> None:
    repository.commit(files={"b.py": "y = 1\n", "c.py": "z = 1\n"})
    live = live_files(repository)

    lines = live.lines_on_demand([0, 1, 2])
    repository.write("b.py", "y = 2\n")  # only who reads it sees that
    seemed, there, proved = live.has_changed(1), 1 in lines, live.has_changed(1)

    assert (seemed, there, proved) == (False, True, True)
    assert (list(lines), len(lines), lines.get(7)) == ([0, 1, 2], 3, None)
    assert [lines[n][0] for n in lines] == ["x = 111", "y = 2", "z = 1"]
