"""git ends: where it waits for what never comes, and when the process that asked it is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from noctule.indexer.errors import GitStalled, NoctuleError, RepositoryError
from noctule.indexer.files import git_process
from noctule.indexer.files.git import Git, discover
from noctule.indexer.files.git_process import Running, find_pipes
from noctule.indexer.files.nested import find_submodules
from noctule.indexer.files.snapshot import of_work_tree
from tests.repositories import Repository

ROOT = Path(__file__).parents[3]
ASK = """
import sys
from pathlib import Path
from noctule.indexer.files.git import discover
from noctule.indexer.files.snapshot import of_work_tree
print("asking", flush=True)
of_work_tree(discover(Path(sys.argv[1])))
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "repository")
    repository.commit(files={"a.py": "x = 1\n", "sub/b.py": "y = 1\n"})
    return repository


def make_pipe(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    return path


@pytest.mark.parametrize(
    "path",
    [
        *(".gitignore", ".gitattributes", ".gitmodules", ".mailmap", ".git/HEAD", ".git/index", ".git/commondir"),
        *(".git/config", ".git/packed-refs", ".git/shallow", ".git/info/exclude", ".git/info/attributes"),
        *(".git/objects/info/alternates", ".git/objects/info/commit-graph"),
    ],
)
def test_a_pipe_where_git_reads_is_named_before_git_is_asked(repository: Repository, path: str) -> None:
    pipe = make_pipe(repository.root / path)

    with pytest.raises(RepositoryError, match="is a named pipe") as caught:
        discover(repository.root)
    assert str(pipe) in str(caught.value)


def test_what_is_no_file_names_no_submodule_and_is_not_waited_for(repository: Repository) -> None:
    modules = make_pipe(repository.root / ".gitmodules")
    piped = list(find_submodules(repository.root))
    modules.unlink()
    modules.symlink_to("/dev/zero")

    assert [piped, list(find_submodules(repository.root))] == [[], []]


def test_a_pipe_that_nobody_looked_for_ends_git_and_is_named(repository: Repository) -> None:
    pipe = make_pipe(repository.root / "sub/.gitignore")
    place = discover(repository.root)
    assert place is not None

    with pytest.raises(GitStalled, match="did not respond") as caught:
        of_work_tree(place)
    assert str(pipe) in str(caught.value)


def test_a_pipe_that_a_setting_names_ends_git(repository: Repository) -> None:
    pipe = make_pipe(repository.root / ".git/included")
    repository.git_bytes("config", "--file", ".git/config", "include.path", "included")

    with pytest.raises(NoctuleError) as caught:
        discover(repository.root)
    assert str(pipe) in str(caught.value)


def test_a_git_that_was_stopped_is_ended(repository: Repository) -> None:
    place = discover(repository.root)
    assert place is not None
    objects = Git(place).objects(iter([repository.git("rev-parse", "HEAD:a.py")] * 2000))
    next(objects)
    for process in _children_named("git"):
        os.kill(process, signal.SIGSTOP)

    with pytest.raises(GitStalled):
        list(objects)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_git_that_takes_long_for_what_it_is_given_answers(tmp_path: Path) -> None:
    slow = "import sys, time; time.sleep(1.2); print(len(sys.stdin.buffer.read()))"

    with Running([sys.executable, "-c", slow], (), tmp_path, dict(os.environ), b"x" * 200_000) as running:
        outcome = running.outcome()

    assert outcome.output == b"200000\n"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_script_that_stands_for_git_is_ended_with_what_it_started(tmp_path: Path) -> None:
    command = ["/bin/sh", "-c", "sleep 1000; true"]

    with Running(command, (), tmp_path, dict(os.environ), None) as running:
        while not (sleeping := [pid for shell in _children_named("sh") for pid, _ in _children_of(shell)]):
            time.sleep(0.02)
        with pytest.raises(GitStalled):
            running.outcome()

    assert not any(map(_is_alive, sleeping))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_script_whose_git_is_at_work_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_process, "STALLED_LOOKS", 2)
    busy = "import time\nuntil = time.process_time() + 2\nwhile time.process_time() < until: pass\nprint('done')"
    command = ["/bin/sh", "-c", '"$0" -c "$1"; true', sys.executable, busy]

    with Running(command, (), tmp_path, dict(os.environ), None) as running:
        assert running.outcome().output == b"done\n"


def test_git_does_not_outlive_the_process_that_asked_it(repository: Repository) -> None:
    make_pipe(repository.root / "sub/.gitignore")
    asking = subprocess.Popen(
        [sys.executable, "-c", ASK, str(repository.root)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert asking.stdout is not None
    asking.stdout.readline()
    # Both commands of a look run, and the guard of the one that did not respond.
    while not any(name == "sh" for _, name in _children_of(asking.pid)):
        assert asking.poll() is None
        time.sleep(0.05)
    started = [pid for pid, name in _children_of(asking.pid) if name == "git"]
    assert started

    asking.kill()
    asking.wait()

    while any(_is_alive(pid) for pid in started):
        time.sleep(0.05)
    asking.stdout.close()


def test_pipes_are_looked_for_where_git_reads(repository: Repository) -> None:
    there = [make_pipe(repository.root / path) for path in ("sub/.gitignore", ".git/info/odd")]
    make_pipe(repository.root / "sub/queue")

    assert sorted(find_pipes(repository.root)) == sorted(there)


def _children_of(parent: int) -> list[tuple[int, str]]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                name, _, rest = (folder / "stat").read_text().partition("(")[2].rpartition(")")
            except OSError:
                continue
            if int(rest.split()[1]) == parent and rest.split()[0] != "Z":
                found.append((int(folder.name), name))
    return found


def _children_named(name: str) -> list[int]:
    return [pid for pid, found in _children_of(os.getpid()) if found == name]


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
