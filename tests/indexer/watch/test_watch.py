"""The watcher on real repositories and real file events."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from watchdog.observers.polling import PollingObserver

from noctule.indexer.files.snapshot import Snapshot
from noctule.indexer.serve.repository import Repository as Opened
from noctule.indexer.watch.batch import MOST_PATHS, Batch, due_time
from noctule.indexer.watch.mounts import Mount, find_mount, find_mounts
from noctule.indexer.watch.polling import FolderEntry, differences
from noctule.indexer.watch.spelling import disk_spelling, folds_case
from noctule.indexer.watch.system import System, native
from noctule.indexer.watch.watch import Changes, Watch
from noctule.indexer.watch.watchdog_observers import Observed
from tests.patience import PATIENCE_S
from tests.repositories import ENVIRONMENT, Repository

QUIET_S = 0.4  # for what must not
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")

SYSTEMS: dict[str, Callable[[], System]] = {
    "native": native,
    "observer": lambda: System(lambda root, lost: Observed(root, PollingObserver(timeout=0.05)), lambda: ""),
    "looks": lambda: System(None, lambda: ""),
}

Begin = Callable[..., Watch]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    begun: list[Watch] = []

    def begin(
        root: Path,
        system: System | None = None,
        settle_s: float = 0.1,
        on_stir: Callable[[], None] = lambda: None,
        on_calm: Callable[[], None] = lambda: None,
    ) -> Watch:
        opened = Opened.open(root, cache=tmp_path / "cache")
        calls = {"on_stir": on_stir, "on_calm": on_calm}
        watch = Watch(opened, settle_s, 10 * settle_s, beat_s=0.05, system=system, **calls)
        begun.append(watch)
        watch.start()
        return watch

    yield begin
    for watch in begun:
        watch.close()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.commit(files={"a.py": "x = 1\n", "src/b.py": "y = 1\n", ".gitignore": "build/\n*.log\n"})
    return made


def told(watch: Watch) -> Changes:
    changes = watch.next(PATIENCE_S)
    assert changes is not None, watch.state
    return changes


def paths_until(watch: Watch, *wanted: str) -> set[str]:
    """Gather paths until the wanted ones were told, in however many batches."""
    found: set[str] = set()
    deadline = time.monotonic() + PATIENCE_S
    while not found.issuperset(wanted):
        changes = watch.next(deadline - time.monotonic())
        assert changes is not None, (sorted(found)[:20], watch.state)
        found |= changes.paths
    return found


def rest(watch: Watch) -> None:
    """Let everything that still arrives arrive."""
    while watch.next(QUIET_S) is not None:
        pass


def batches_until_silent(watch: Watch) -> list[Changes]:
    """Gather batches; on a busy machine what is one batch by right may fall into a few."""
    found = [told(watch)]
    while (changes := watch.next(1.0)) is not None:
        found.append(changes)
    return found


def silent(watch: Watch) -> bool:
    return watch.next(QUIET_S) is None


# Files


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_saved_file_is_told_by_its_path(repository: Repository, begin: Begin, system: str) -> None:
    watch = begin(repository.root, SYSTEMS[system]())
    before = time.monotonic()

    repository.write("src/b.py", "y = 22\n")
    changes = told(watch)

    assert changes == Changes(frozenset({"src/b.py"}), False, False, False, False, changes.at)
    assert before <= changes.at <= time.monotonic()
    assert silent(watch)


@pytest.mark.parametrize("system", SYSTEMS)
def test_files_that_come_and_go_are_told(repository: Repository, begin: Begin, system: str) -> None:
    watch = begin(repository.root, SYSTEMS[system]())

    repository.write("src/new.py")
    (repository.root / "a.py").unlink()
    (repository.root / "src/b.py").rename(repository.root / "src/c.py")

    assert paths_until(watch, "src/new.py", "a.py", "src/b.py", "src/c.py") == {
        "src/new.py",
        "a.py",
        "src/b.py",
        "src/c.py",
    }


@LINUX
def test_a_save_by_renaming_a_temporary_file_is_one_change_of_its_target(repository: Repository, begin: Begin) -> None:
    watch = begin(repository.root, settle_s=1.0)

    repository.write("src/.b.py.tmp8231", "y = 2\n").rename(repository.root / "src/b.py")

    assert told(watch).paths == {"src/b.py"}
    assert silent(watch)


@LINUX
def test_a_save_as_vim_makes_it_tells_its_target_and_at_most_the_backup(repository: Repository, begin: Begin) -> None:
    watch = begin(repository.root, settle_s=1.0)
    target, backup = repository.root / "src/b.py", repository.root / "src/b.py~"

    repository.write("src/4913").unlink()
    target.rename(backup)
    repository.write("src/b.py", "y = 2\n")
    backup.unlink()

    assert {"src/b.py"} <= told(watch).paths <= {"src/b.py", "src/b.py~"}
    assert silent(watch)


@LINUX
def test_a_file_that_is_replaced_and_then_removed_is_told(repository: Repository, begin: Begin) -> None:
    watch = begin(repository.root, settle_s=1.0)

    repository.write("src/.b.py.tmp8231", "y = 2\n").rename(repository.root / "src/b.py")
    (repository.root / "src/b.py").unlink()
    repository.write("a.py", "x = 2\n")

    assert told(watch).paths == {"src/b.py", "a.py"}


@LINUX
def test_a_file_that_comes_and_goes_alone_is_told(repository: Repository, begin: Begin) -> None:
    watch = begin(repository.root)

    repository.write("src/short").unlink()

    assert told(watch).paths == {"src/short"}


@LINUX
def test_a_file_that_stays_open_is_told_while_it_is_written(repository: Repository, begin: Begin) -> None:
    watch = begin(repository.root)

    with (repository.root / "a.py").open("a") as file:
        file.write("more\n")
        file.flush()

        assert told(watch).paths == {"a.py"}


@LINUX
@pytest.mark.parametrize(
    "name", [":colon.py", "a*b.py", "[z].py", "line\nbreak.py", "ünïcode.py", os.fsdecode(b"\xff.py"), " "]
)
def test_names_of_any_kind_are_told_and_ignored_as_git_does(repository: Repository, begin: Begin, name: str) -> None:
    watch = begin(repository.root)

    repository.write(f"{name}.log")
    repository.write(f"src/{name}")
    repository.write(f"build/{name}")

    assert paths_until(watch, f"src/{name}") == {f"src/{name}"}


# Folders


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_git_ignores_is_not_told(repository: Repository, begin: Begin, system: str) -> None:
    repository.write("build/deep/x.py")
    watch = begin(repository.root, SYSTEMS[system]())

    repository.write("build/deep/x.py", "changed\n")
    repository.write("build/more/y.py")
    repository.write("debug.log", "changed\n")
    repository.write("src/build/z.py")

    assert silent(watch)


@LINUX
def test_a_file_that_is_known_to_be_ignored_is_no_activity(repository: Repository, begin: Begin) -> None:
    heard: list[str] = []
    repository.write("server.log", "line\n")
    watch = begin(repository.root, on_stir=lambda: heard.append("stir"), on_calm=lambda: heard.append("calm"))
    repository.write("server.log", "line\nline\n")
    rest(watch)

    for n in range(5):
        repository.write("server.log", "line\n" * n)
        rest(watch)

    assert heard == ["stir", "calm"]
    repository.write(".gitignore", "build/\n")
    assert "server.log" in repository.git("status", "--short")
    rest(watch)
    repository.write("server.log", "counts\n")
    assert "server.log" in paths_until(watch, "server.log")


@LINUX
def test_ignored_folders_take_no_watch(repository: Repository, begin: Begin) -> None:
    plain = begin(repository.root).state.watches
    for at in range(400):
        repository.write(f"build/p{at}/q/r{at}.py")
        repository.write(f"src/build/p{at}/s.py")

    watch = begin(repository.root)

    assert watch.state.watches == plain
    repository.write("build/p1/q/r1.py", "changed\n")
    assert silent(watch)


@LINUX
def test_a_folder_ignored_as_it_comes_takes_no_watch(repository: Repository, begin: Begin) -> None:
    watch = begin(repository.root)
    before = watch.state.watches

    for at in range(400):
        repository.write(f"build/p{at}/r.py")

    assert silent(watch)
    assert watch.state.watches == before


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_folder_that_comes_is_watched_and_read(repository: Repository, begin: Begin, system: str) -> None:
    watch = begin(repository.root, SYSTEMS[system]())

    repository.write("src/new/deep/early.py")
    paths = paths_until(watch, "src/new/deep/early.py")
    repository.write("src/new/deep/late.py")

    assert paths == {"src/new/deep/early.py"}
    assert paths_until(watch, "src/new/deep/late.py") == {"src/new/deep/late.py"}


@LINUX
def test_files_that_arrive_while_folders_come_are_all_told(repository: Repository, begin: Begin) -> None:
    watch = begin(repository.root)
    wanted = [f"src/n{a}/m{b}/f{c}.py" for a in range(20) for b in range(5) for c in range(5)]

    for path in wanted:
        repository.write(path)

    assert paths_until(watch, *wanted) == set(wanted)


@LINUX
def test_a_folder_that_goes_frees_its_watches(repository: Repository, begin: Begin) -> None:
    watch = begin(repository.root)
    before = watch.state.watches
    repository.write("new/deep/x.py")
    paths_until(watch, "new/deep/x.py")
    between = watch.state.watches

    shutil.rmtree(repository.root / "new")
    paths = paths_until(watch, "new/")

    assert (between, watch.state.watches) == (before + 2, before)
    assert "new/deep/x.py" in paths
    repository.write("new/again.py")
    assert paths_until(watch, "new/again.py") == {"new/again.py"}


@LINUX
def test_a_folder_that_moves_is_told_under_both_names_and_watched_under_its_last(
    repository: Repository, begin: Begin
) -> None:
    repository.commit(files={"src/deep/c.py": "z = 1\n"})
    watch = begin(repository.root)

    (repository.root / "src").rename(repository.root / "lib")
    paths = paths_until(watch, "src/", "lib/b.py", "lib/deep/c.py")
    repository.write("lib/deep/c.py", "z = 2\n")

    assert paths == {"src/", "lib/b.py", "lib/deep/c.py"}
    assert paths_until(watch, "lib/deep/c.py") == {"lib/deep/c.py"}


@LINUX
def test_a_folder_that_moves_out_is_not_watched_any_more(repository: Repository, begin: Begin, tmp_path: Path) -> None:
    watch = begin(repository.root)
    before = watch.state.watches

    (repository.root / "src").rename(tmp_path / "elsewhere")
    paths = paths_until(watch, "src/")
    (tmp_path / "elsewhere/b.py").write_text("unseen\n")

    assert paths == {"src/"}
    assert silent(watch)
    assert watch.state.watches == before - 1


@LINUX
def test_links_are_not_followed(repository: Repository, begin: Begin, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (repository.root / "src/loop").symlink_to(repository.root)
    (repository.root / "out").symlink_to(outside)
    watch = begin(repository.root)
    before = watch.state.watches

    (repository.root / "src/again").symlink_to(repository.root / "src")
    (outside / "x.py").write_text("unseen\n")

    assert paths_until(watch, "src/again") == {"src/again"}
    assert silent(watch)
    assert watch.state.watches == before


@LINUX
def test_a_repository_inside_is_not_watched(repository: Repository, begin: Begin) -> None:
    Repository(repository.root / "inner").commit(files={"deep/x.py": "x\n"})
    watch = begin(repository.root)

    repository.write("inner/deep/x.py", "changed\n")
    repository.write("inner/y.py")

    assert silent(watch)


@LINUX
def test_a_folder_that_becomes_a_repository_is_left_alone(repository: Repository, begin: Begin) -> None:
    repository.write("inner/deep/x.py")
    watch = begin(repository.root)

    Repository(repository.root / "inner")
    assert told(watch).everything
    rest(watch)
    repository.write("inner/deep/x.py", "changed\n")

    assert silent(watch)


# What counts


@LINUX
@pytest.mark.parametrize("rules", [".gitignore", "src/.gitignore", ".git/info/exclude"])
def test_when_the_rules_change_watches_are_laid_anew(repository: Repository, begin: Begin, rules: str) -> None:
    repository.write("src/out/x.py")
    repository.write("src/out/deep/y.py")
    watch = begin(repository.root)
    before = watch.state.watches

    repository.write(rules, "out/\nbuild/\n*.log\n")
    first = told(watch)
    less = watch.state.watches
    repository.write("src/out/x.py", "changed\n")
    ignored = silent(watch)
    repository.write(rules, "build/\n*.log\n")
    second = told(watch)
    repository.write("src/out/deep/y.py", "changed\n")

    assert (first.everything, second.everything) == (True, True)
    assert (less, watch.state.watches) == (before - 2, before)
    assert ignored
    assert paths_until(watch, "src/out/deep/y.py") >= {"src/out/deep/y.py"}


@LINUX
def test_a_tracked_file_in_an_ignored_folder_is_watched(repository: Repository, begin: Begin) -> None:
    repository.write("build/kept/x.py")
    repository.write("build/kept/y.py")
    repository.git("add", "--force", "build/kept/x.py")
    watch = begin(repository.root)

    repository.write("build/kept/y.py", "ignored\n")
    repository.write("build/kept/x.py", "tracked\n")

    assert told(watch).paths == {"build/kept/x.py"}


@LINUX
def test_an_ignored_folder_is_watched_once_git_tracks_a_file_in_it(repository: Repository, begin: Begin) -> None:
    repository.write("build/kept/x.py")
    watch = begin(repository.root)

    repository.git("add", "--force", "build/kept/x.py")
    changes = told(watch)
    repository.write("build/kept/x.py", "changed\n")

    assert (changes.index, "build/kept/x.py" in changes.paths) == (True, True)
    assert paths_until(watch, "build/kept/x.py") == {"build/kept/x.py"}


def test_a_plain_folder_is_watched_as_it_is_listed(tmp_path: Path, begin: Begin) -> None:
    root = tmp_path / "plain"
    (root / "src").mkdir(parents=True)
    (root / "node_modules/a").mkdir(parents=True)
    watch = begin(root)

    (root / "node_modules/a/x.js").write_text("unseen\n")
    (root / "src/x.py").write_text("seen\n")

    assert paths_until(watch, "src/x.py") == {"src/x.py"}
    assert watch.state.operation == ""


# git


@LINUX
def test_a_checkout_of_ten_thousand_files_is_a_batch_and_not_thousands(repository: Repository, begin: Begin) -> None:
    paths = [f"p{n % 100}/f{n}.py" for n in range(10_000)]
    repository.git("config", "gc.auto", "0")
    for branch in ("before", "after"):
        blob = repository.git("hash-object", "-w", "--stdin", input=branch.encode())
        entries = "".join(f"100644 {blob}\t{path}\n" for path in paths)
        repository.git("checkout", "-q", "-b", branch)
        repository.git("update-index", "--index-info", input=entries.encode())
        repository.git("commit", "-q", "-m", branch)
        repository.git("reset", "-q", "--hard")
    watch = begin(repository.root)

    process = subprocess.Popen(["git", "checkout", "-q", "before"], cwd=repository.root, env=ENVIRONMENT)
    batches = [told(watch)]
    while process.poll() is None or not any(batch.head for batch in batches):
        batches.append(told(watch))

    assert (process.wait(), len(batches) <= 5) == (0, True)
    assert set().union(*(batch.paths for batch in batches)) == set(paths) or any(b.everything for b in batches)
    assert any(batch.index for batch in batches)
    assert silent(watch)


@LINUX
def test_a_checkout_that_makes_and_removes_folders_is_followed(repository: Repository, begin: Begin) -> None:
    repository.git("branch", "before")
    repository.commit(files={f"new{n % 50}/deep/f{n}.py": f"x = {n}\n" for n in range(1_000)})
    watch = begin(repository.root)
    before = watch.state.watches

    repository.git("checkout", "-q", "before")
    away, less = batches_until_silent(watch), watch.state.watches
    repository.git("checkout", "-q", "main")
    back = batches_until_silent(watch)

    assert {f"new{n}/" for n in range(50)} <= set().union(*(batch.paths for batch in away))
    assert set().union(*(batch.paths for batch in back)) == {f"new{n % 50}/deep/f{n}.py" for n in range(1_000)}
    assert (less, watch.state.watches) == (before - 100, before)
    assert (len(away) <= 5, len(back) <= 5) == (True, True)


@LINUX
def test_a_commit_moves_head_and_index(repository: Repository, begin: Begin) -> None:
    watch = begin(repository.root)

    repository.git("commit", "-q", "--allow-empty", "-m", "A change")
    empty = told(watch)
    rest(watch)
    repository.write("a.py", "x = 2\n")
    told(watch)
    repository.git("add", "a.py")
    staged = told(watch)

    assert (empty.head, empty.paths) == (True, frozenset())
    assert (staged.head, staged.index, staged.paths) == (False, True, frozenset())


@LINUX
@pytest.mark.parametrize(
    "command",
    [
        ("checkout", "-q", "-b", "other"),
        ("checkout", "-q", "--detach"),
        ("checkout", "-q", "-b", "with/a/slash"),
        ("update-ref", "HEAD", "HEAD~1"),
        ("symbolic-ref", "HEAD", "refs/heads/unborn"),
    ],
)
def test_head_is_told_when_it_names_another_branch_or_commit(
    repository: Repository, begin: Begin, command: tuple[str, ...]
) -> None:
    repository.commit()
    watch = begin(repository.root)

    repository.git(*command)

    assert told(watch).head


@LINUX
def test_a_branch_in_a_folder_that_git_packed_away_is_followed(repository: Repository, begin: Begin) -> None:
    repository.git("checkout", "-q", "-b", "with/a/slash")
    watch = begin(repository.root)

    repository.git("pack-refs", "--all", "--prune")
    rest(watch)
    repository.git("update-ref", "refs/heads/with/a/slash", repository.git("commit-tree", "-m", "x", "HEAD^{tree}"))
    first = told(watch)
    rest(watch)
    repository.git("update-ref", "refs/heads/with/a/slash", repository.git("commit-tree", "-m", "y", "HEAD^{tree}"))

    assert (first.head, told(watch).head) == (True, True)


@LINUX
def test_what_git_does_elsewhere_is_not_told(repository: Repository, begin: Begin) -> None:
    watch = begin(repository.root)

    repository.git("branch", "other")
    repository.git("tag", "v1")
    repository.git("hash-object", "-w", "a.py")
    repository.git("gc", "-q")
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")

    assert silent(watch)


@LINUX
def test_an_operation_is_told_while_it_lasts(repository: Repository, begin: Begin) -> None:
    repository.git("checkout", "-q", "-b", "side")
    repository.commit(files={"a.py": "x = 2\n"})
    repository.git("checkout", "-q", "main")
    repository.commit(files={"a.py": "x = 3\n"})
    watch = begin(repository.root)
    seen = [watch.state.operation]

    assert repository.attempt("merge", "side").returncode == 1
    assert told(watch).head
    seen.append(watch.state.operation)
    repository.git("merge", "--abort")
    rest(watch)
    assert repository.attempt("rebase", "side").returncode == 1
    assert told(watch).head
    seen.append(watch.state.operation)
    repository.git("rebase", "--abort")
    assert told(watch).head
    rest(watch)
    seen.append(watch.state.operation)

    assert seen == ["", "merge", "rebase", ""]


@LINUX
def test_a_rebase_of_many_commits_is_a_batch_and_not_one_for_each(repository: Repository, begin: Begin) -> None:
    repository.git("checkout", "-q", "-b", "side")
    for n in range(15):
        repository.commit(files={f"side{n}.py": f"x = {n}\n"})
    repository.git("checkout", "-q", "main")
    repository.commit(files={"main.py": "x\n"})
    watch = begin(repository.root)
    repository.git("checkout", "-q", "side")
    rest(watch)

    repository.git("rebase", "-q", "main")
    batches = batches_until_silent(watch)

    assert any(batch.head and "main.py" in batch.paths for batch in batches)
    assert len(batches) <= 5


@LINUX
def test_a_linked_worktree_is_told_of_its_own_head(repository: Repository, begin: Begin, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    repository.git("worktree", "add", "-q", "-b", "side", str(linked))
    watch = begin(linked)

    repository.commit(files={"a.py": "x = 5\n"})
    elsewhere = silent(watch)
    (linked / "a.py").write_text("x = 6\n")
    saved = told(watch).paths
    subprocess.run(["git", "commit", "-qam", "x"], cwd=linked, env=ENVIRONMENT, check=True)

    assert elsewhere
    assert saved == {"a.py"}
    assert told(watch).head


@LINUX
def test_a_bare_repository_is_told_when_its_head_moves(repository: Repository, begin: Begin, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    repository.git("clone", "-q", "--bare", ".", str(bare))
    watch = begin(bare)

    repository.commit()
    repository.git("push", "-q", str(bare), "main")
    changes = told(watch)

    assert (changes.head, changes.paths) == (True, frozenset())


@LINUX
def test_a_lock_of_git_holds_the_batch_until_it_is_released(repository: Repository, begin: Begin) -> None:
    watch = begin(repository.root)
    lock = repository.write(".git/index.lock", "")

    repository.write("a.py", "x = 2\n")
    held = watch.next(QUIET_S)
    lock.unlink()

    assert held is None
    assert told(watch).paths == {"a.py"}


@LINUX
def test_a_lock_that_a_killed_git_left_behind_holds_nothing(repository: Repository, begin: Begin) -> None:
    lock = repository.write(".git/index.lock", "")
    os.utime(lock, (time.time() - 60, time.time() - 60))
    watch = begin(repository.root)

    repository.write("a.py", "x = 2\n")

    assert told(watch).paths == {"a.py"}


@LINUX
def test_while_git_cannot_say_what_counts_everything_is_told_and_it_is_asked_again(
    repository: Repository, begin: Begin
) -> None:
    watch = begin(repository.root)
    settings = repository.root / ".git/config"
    sound = settings.read_text()

    settings.write_text("[broken\n")
    repository.write("new/x.py")
    repository.write("a.py", "x = 2\n")
    broken = told(watch)
    why = watch.state.why
    settings.write_text(sound)
    mended = told(watch)
    repository.write("new/x.py", "changed\n")

    assert (broken.everything, "a.py" in broken.paths) == (True, True)
    assert "git cannot list the files" in why
    assert (mended.everything, watch.state.why) == (True, "")
    assert paths_until(watch, "new/x.py") >= {"new/x.py"}


# The end


def gone_after(watch: Watch) -> Changes:
    deadline = time.monotonic() + PATIENCE_S
    while not (changes := told(watch)).gone:
        assert time.monotonic() < deadline
    return changes


@LINUX
@pytest.mark.parametrize("way", ["deleted", "moved", "parent moved", "git deleted", "made anew"])
def test_a_repository_that_is_moved_or_deleted_is_gone_and_nothing_spins(
    tmp_path: Path, begin: Begin, way: str
) -> None:
    repository = Repository(tmp_path / "home/repository")
    repository.commit(files={"a.py": "x\n", "src/b.py": "y\n"})
    watch = begin(repository.root)

    match way:
        case "deleted":
            shutil.rmtree(repository.root)
        case "moved":
            repository.root.rename(tmp_path / "elsewhere")
        case "parent moved":
            (tmp_path / "home").rename(tmp_path / "elsewhere")
        case "git deleted":
            shutil.rmtree(repository.root / ".git")
        case "made anew":
            shutil.rmtree(repository.root)
            Repository(repository.root)
    changes = gone_after(watch)
    used = time.process_time()
    silence = watch.next(1.0)

    assert changes == Changes(frozenset(), False, False, False, True, changes.at)
    assert silence is None
    assert time.process_time() - used < 0.3
    assert watch.state.watches == 0


@pytest.mark.parametrize("system", ["observer", "looks"])
def test_without_inotify_too_a_deleted_repository_is_gone(repository: Repository, begin: Begin, system: str) -> None:
    watch = begin(repository.root, SYSTEMS[system]())

    shutil.rmtree(repository.root)

    assert gone_after(watch).gone


def test_a_plain_folder_that_becomes_a_repository_is_gone_as_what_it_was(tmp_path: Path, begin: Begin) -> None:
    root = tmp_path / "plain"
    root.mkdir()
    watch = begin(root)

    Repository(root)

    assert gone_after(watch).gone


def test_close_ends_the_wait(repository: Repository, begin: Begin) -> None:
    watch = begin(repository.root)
    ended: list[Changes | None] = []
    closing = threading.Thread(target=lambda: ended.append(watch.next(None)))
    closing.start()
    watch.close()
    closing.join(PATIENCE_S)

    assert (ended, watch.next(None)) == ([None], None)


@LINUX
def test_at_rest_no_processor_time_is_used(repository: Repository, begin: Begin) -> None:
    watch = begin(repository.root)
    rest(watch)
    used = time.process_time()

    watch.next(1.5)

    assert time.process_time() - used < 0.05


# Limits

LIMITED = """
import sys
from pathlib import Path
from noctule.indexer.serve.repository import Repository
from noctule.indexer.watch.watch import Watch

watch = Watch(Repository.open(Path(sys.argv[1]), cache=Path(sys.argv[2])), beat_s=0.05)
watch.start()
print(watch.state, flush=True)
while True:
    changes = watch.next(None)
    print(sorted(changes.paths) if len(changes.paths) < 20 else len(changes.paths), changes.everything, flush=True)
    print(watch.state, flush=True)
"""


class Elsewhere:
    """A watch in a process of its own, whose limits are its own too."""

    def __init__(self, root: Path, cache: Path, *before: str) -> None:
        command = [*before, sys.executable, "-c", LIMITED, str(root), str(cache)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3])
        self.state = self.line()

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def told(self) -> str:
        line, self.state = self.line(), self.line()
        return line

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


def limits(setting: str, value: int) -> tuple[str, ...]:
    """Return how to run a command in a user namespace with a limit of its own."""
    script = f'echo {value} > /proc/sys/user/{setting} && exec "$@"'
    command = ("unshare", "--user", "--map-root-user", "sh", "-c", script, "sh")
    if (
        shutil.which("unshare") is None
        or subprocess.run([*command, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("this machine lets nobody set limits of their own")
    return command


@LINUX
def test_when_watches_run_out_the_rest_is_looked_at_and_the_fix_is_named(
    repository: Repository, tmp_path: Path
) -> None:
    repository.commit(files={f"p{n}/deep/x.py": "x\n" for n in range(30)})
    elsewhere = Elsewhere(repository.root, tmp_path / "cache", *limits("max_inotify_watches", 30))
    try:
        state = elsewhere.state
        repository.write("p29/deep/x.py", "changed\n")
        changed = elsewhere.told()
        repository.write("p29/deep/new/y.py")
        came = elsewhere.told()
    finally:
        elsewhere.end()

    assert "watches=30" in state
    assert "no inotify watch is left for" in state
    assert "sudo sysctl fs.inotify.max_user_watches=524288" in state
    assert changed == "['p29/deep/x.py'] False"
    assert came == "['p29/deep/new/y.py'] False"


@LINUX
def test_when_watches_are_to_be_had_again_nothing_is_looked_at_any_more(repository: Repository, tmp_path: Path) -> None:
    repository.commit(files={f"p{n}/x.py": "x\n" for n in range(20)})
    elsewhere = Elsewhere(repository.root, tmp_path / "cache", *limits("max_inotify_watches", 25))
    try:
        state = elsewhere.state
        for n in range(10):
            shutil.rmtree(repository.root / f"p{n}")
        deadline = time.monotonic() + PATIENCE_S
        while "polled=()" not in elsewhere.state and time.monotonic() < deadline:
            time.sleep(0.2)
            repository.write("p19/x.py", f"{time.monotonic()}\n")
            elsewhere.told()
    finally:
        elsewhere.end()

    assert "polled=('p" in state
    assert "polled=(), why='', fix=''" in elsewhere.state


@LINUX
def test_when_no_inotify_instance_is_left_all_is_looked_at(repository: Repository, tmp_path: Path) -> None:
    elsewhere = Elsewhere(repository.root, tmp_path / "cache", *limits("max_inotify_instances", 0))
    try:
        state = elsewhere.state
        repository.write("src/b.py", "changed\n")
        changed = elsewhere.told()
    finally:
        elsewhere.end()

    assert "watches=0, polled=('.'" in state
    assert "sudo sysctl fs.inotify.max_user_instances=1024" in state
    assert changed == "['src/b.py'] False"


@LINUX
def test_when_the_kernel_drops_events_everything_is_told(repository: Repository, tmp_path: Path) -> None:
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if most > 100_000:
        pytest.skip("this machine queues more events than a test should make")
    elsewhere = Elsewhere(repository.root, tmp_path / "cache")
    try:
        elsewhere.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, elsewhere.process.pid, os.WSTOPPED | os.WNOWAIT)  # until then it takes events
        for at in range(most // 2 + 100):
            repository.write(f"src/f{at}.py")
        (repository.root / "late").mkdir()
        elsewhere.process.send_signal(signal.SIGCONT)
        lost = elsewhere.told()
        while not lost.endswith("True"):
            lost = elsewhere.told()
        repository.write("late/x.py")
        found = elsewhere.told()
        while "late/x.py" not in found:
            found = elsewhere.told()
    finally:
        elsewhere.end()

    assert lost.endswith("True")


@LINUX
def test_a_folder_on_a_shared_file_system_is_watched_and_looked_at(repository: Repository, begin: Begin) -> None:
    inotify = native().source
    table = (
        "27 1 254:0 / / rw - ext4 /dev/vda rw\n"
        f"31 27 0:44 / {repository.root}/src rw,relatime shared:1 - nfs4 server:/export rw\n"
    )
    watch = begin(repository.root, System(inotify, lambda: table))

    repository.write("src/b.py", "y = 2\n")

    assert told(watch).paths == {"src/b.py"}
    assert watch.state.polled == ("src",)
    assert "nfs4" in watch.state.why
    assert watch.state.fix == "Keep the work tree on a disk of this machine."


@LINUX
@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_becomes_readable_is_watched(repository: Repository, begin: Begin) -> None:
    closed = repository.write("closed/x.py").parent
    closed.chmod(0)
    watch = begin(repository.root)

    closed.chmod(0o755)
    paths_until(watch, "closed/x.py")
    repository.write("closed/y.py")

    assert paths_until(watch, "closed/y.py") == {"closed/y.py"}


@LINUX
def test_a_git_directory_behind_a_link_is_watched(repository: Repository, begin: Begin, tmp_path: Path) -> None:
    (repository.root / ".git").rename(tmp_path / "store")
    (repository.root / ".git").symlink_to(tmp_path / "store")
    watch = begin(repository.root)

    repository.git("commit", "-q", "--allow-empty", "-m", "A change")

    assert told(watch).head


# Whatever happens

PATHS = st.sampled_from([f"{d}{n}" for d in ("", "src/", "src/deep/", "lib/", "build/x/") for n in ("a.py", "b.log")])
FOLDERS = st.sampled_from(["src", "src/deep", "lib", "build", "build/x", "new"])
STEPS = st.one_of(
    st.tuples(st.just("write"), PATHS, st.integers(0, 5)),
    st.tuples(st.just("replace"), PATHS, st.integers(0, 5)),
    st.tuples(st.just("remove"), PATHS, st.just(0)),
    st.tuples(st.just("move"), FOLDERS, FOLDERS),
    st.tuples(st.just("clear"), FOLDERS, st.just(0)),
    st.tuples(
        st.just("rules"), st.sampled_from(["build/\n*.log\n", "src/deep/\n", "", "lib/\n!lib/\n*.log\n"]), st.just(0)
    ),
    st.tuples(st.just("commit"), st.just(""), st.just(0)),
    st.tuples(st.just("force"), PATHS, st.just(0)),
    st.tuples(st.just("switch"), st.sampled_from(["main", "side"]), st.just(0)),
    st.tuples(st.just("stash"), st.just(""), st.just(0)),
    st.tuples(st.just("reset"), st.just(""), st.just(0)),
)


def take(repository: Repository, step: tuple[str, str, object], number: int) -> None:
    """Take one step; one that cannot be taken is none."""
    kind, path, value = step
    target = repository.root / path
    try:
        match kind:
            case "write":
                repository.write(path, f"{value} {number}\n")
            case "replace":
                repository.write(f"{path}.tmp", f"{value} {number}\n").rename(target)
            case "remove":
                target.unlink()
            case "move":
                target.rename(repository.root / str(value))
            case "clear":
                shutil.rmtree(target)
            case "rules":
                repository.write(".gitignore", path)
            case "commit":
                repository.attempt("add", "-A")
                repository.attempt("commit", "-q", "-m", f"{number}")
            case "force":
                repository.attempt("add", "-f", path)
            case "switch":
                repository.attempt("checkout", "-q", "-f", path)
            case "stash":
                repository.attempt("stash", "-q")
            case "reset":
                repository.attempt("reset", "-q", "--hard", "HEAD~1")
    except OSError:
        return


def unheard(repository: Repository, before: Snapshot, after: Snapshot, batches: list[Changes]) -> set[str]:
    """Return what changed without having been told; of an ignored file that git tracks since, the index tells."""
    told_of = set().union(*(batch.paths for batch in batches))
    changed = {path for path, _ in before.files.items() ^ after.files.items()}
    if before.revision != after.revision and not any(batch.head for batch in batches):
        changed.add("HEAD")
    if any(batch.everything for batch in batches):
        return changed & {"HEAD"}
    gone = tuple(path for path in told_of if path.endswith("/"))
    untold = {path for path in changed if path not in told_of and not path.startswith(gone)}
    if any(batch.index for batch in batches):
        untold = {path for path in untold if repository.attempt("check-ignore", "--no-index", path).returncode}
    return untold


@LINUX
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(rounds=st.lists(st.lists(STEPS, min_size=1, max_size=6), min_size=1, max_size=5))
def test_whatever_happens_no_change_goes_untold_and_no_watch_is_left_behind(
    rounds: list[list[tuple[str, str, object]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repository = Repository(Path(folder) / "repository")
        repository.commit(files={"a.py": "x\n", "src/a.py": "y\n", "lib/a.py": "z\n", ".gitignore": "build/\n*.log\n"})
        repository.git("branch", "side")
        opened = Opened.open(repository.root, cache=Path(folder) / "cache")
        watch = Watch(opened)
        watch.start()
        try:
            before = Opened.open(repository.root).snapshot()
            for steps in rounds:
                for number, step in enumerate(steps):
                    take(repository, step, number)
                after, batches = Opened.open(repository.root).snapshot(), []
                deadline = time.monotonic() + PATIENCE_S / 3
                while unheard(repository, before, after, batches) and time.monotonic() < deadline:
                    batches += [batch] if (batch := watch.next(0.2)) is not None else []
                assert unheard(repository, before, after, batches) == set()
                before = after
            while watch.next(0.2) is not None:
                pass
            anew = Watch(opened)
            anew.start()
            watched = anew.state.watches
            anew.close()
            assert watch.state.watches == watched
        finally:
            watch.close()


# The parts

TABLE = r"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 27 0:50 / /home/ada rw shared:1 master:2 - nfs4 server:/home rw
41 40 0:51 / /home/ada/repo/with\040space rw - tmpfs tmpfs rw
42 40 0:52 / /home/ada/repo/data rw - fuse.sshfs host: rw
43 40 0:53 / /home/ada/repository rw - 9p share rw
44 27 0:54 / /var/lib/docker/merged rw - overlay overlay rw,lowerdir=/l
45 27 0:55 / /mnt/disk rw - fuseblk /dev/sdb1 rw
46 40 0:56 / /home/ada/repo/data rw - tmpfs tmpfs rw
torn line
"""


def test_the_mounts_of_a_folder_are_the_one_it_lies_on_and_those_below() -> None:
    mounts = find_mounts("/home/ada/repo", TABLE)

    assert mounts == (
        Mount("/home/ada/repo/with space", "tmpfs"),
        Mount("/home/ada/repo/data", "tmpfs"),
        Mount("/home/ada", "nfs4"),
    )
    assert find_mount("/home/ada/repo/data/deep", mounts) == Mount("/home/ada/repo/data", "tmpfs")
    assert find_mount("/home/ada/repo/database", mounts) == Mount("/home/ada", "nfs4")
    assert find_mount("/anywhere", find_mounts("/anywhere", "")) is None


@pytest.mark.parametrize(
    ("kind", "is_shared"),
    [("ext4", False), ("overlay", False), ("fuseblk", False), ("tmpfs", False)]
    + [(kind, True) for kind in ("nfs", "nfs4", "cifs", "9p", "fuse.sshfs", "fuse.grpcfuse", "virtiofs")],
)
def test_a_file_system_is_shared_when_others_can_write_to_it_unseen(kind: str, is_shared: bool) -> None:
    assert Mount("/", kind).is_shared is is_shared


def entry(inode: int = 1, size: int = 0, is_folder: bool = False) -> FolderEntry:
    return FolderEntry(is_folder, inode, 0o644, size, 0, 0)


def test_two_listings_of_a_folder_differ_in_what_came_went_and_changed() -> None:
    before = {"same": entry(), "edited": entry(), "gone": entry(), "sub": entry(5, is_folder=True), "kind": entry()}
    after = {"same": entry(), "edited": entry(size=2), "sub": entry(6, is_folder=True), "new": entry()}

    assert set(differences(before, after | {"kind": entry(is_folder=True)})) == {
        ("edited", "changed", False),
        ("gone", "went", False),
        ("sub", "went", True),
        ("sub", "came", True),
        ("kind", "went", False),
        ("kind", "came", True),
        ("new", "came", False),
    }


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("SRC/Main.PY", "src/main.py"),
        ("src/main.py", "src/main.py"),
        ("src/gone.py", "src/gone.py"),
        ("STRASSE", "straße"),
    ],
)
def test_where_case_means_nothing_a_path_is_told_as_it_is_written_on_disk(path: str, expected: str) -> None:
    names = {"/r": ["src", "straße"], "/r/src": ["main.py", "Other.py"]}

    assert disk_spelling(path, "/r", lambda folder: names.get(folder, [])) == expected


def test_a_file_system_that_tells_case_apart_is_recognised(repository: Repository) -> None:
    repository.write("Readme")
    distinguishes = not (repository.root / "README").exists()

    assert folds_case(str(repository.root)) is not distinguishes


def ripe(now: float, is_locked: bool = False, **times: float) -> float:
    return due_time(Batch(**times), is_locked, now, 0.05, 0.5)  # type: ignore[arg-type]


def test_a_batch_is_ripe_when_nothing_happened_for_a_while_or_too_long_has_passed() -> None:
    assert ripe(10.1, first=10.0, last=10.1) == pytest.approx(10.15)
    assert ripe(10.49, first=10.0, last=10.49) == pytest.approx(10.5)


def test_a_batch_waits_for_git_but_not_for_ever() -> None:
    assert ripe(10.9, first=10.0, last=10.9, git_last=10.8) == pytest.approx(10.95)
    assert ripe(10.9, first=10.0, last=10.8, git_last=10.9) == pytest.approx(11.0)
    assert ripe(10.9, is_locked=True, first=10.0, last=10.9) == pytest.approx(12.9)
    assert ripe(69.9, is_locked=True, first=10.0, last=69.9) == pytest.approx(70.0)
    assert ripe(15.0, first=10.0, last=15.0, git_last=11.0) == pytest.approx(10.5)


def test_more_paths_than_are_worth_a_list_become_everything() -> None:
    batch = Batch()

    for at in range(MOST_PATHS + 1):
        batch.file(f"f{at}", "changed")

    assert (batch.lost, len(batch.files)) == (True, 0)
