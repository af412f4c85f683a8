from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noctule.indexer.errors import NotADirectory, RepositoryError
from noctule.indexer.files.git import RepositoryPlace, discover
from noctule.indexer.files.left_out import TOO_LARGE_BYTES
from noctule.indexer.files.scan import RACY_NS, File, Stat
from noctule.indexer.files.snapshot import (
    ChangedMeanwhile,
    Snapshot,
    blob_id,
    of_folder,
    of_revision,
    of_work_tree,
    with_buffers,
)
from noctule.indexer.forecast.likely_task import find_changed_files
from tests.repositories import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def place_of(repository: Repository) -> RepositoryPlace:
    place = discover(repository.root)
    assert place is not None
    return place


def work_tree(repository: Repository, known: dict[str, Stat] | None = None) -> Snapshot:
    return of_work_tree(place_of(repository), known)


def settled(snapshot: Snapshot) -> dict[str, Stat]:
    """Return the stats as if they had been taken long after the last change."""
    return {path: stat._replace(taken_ns=time.time_ns() + 2 * RACY_NS) for path, stat in snapshot.stats.items()}


def test_the_blob_ids_are_git_s_own(repository: Repository) -> None:
    repository.commit(files={"a.py": "x = 1\n", "empty": "", "sub/b.bat": b"a\r\nb\r\n\xff"})
    listed = [line.split() for line in repository.git("ls-tree", "-r", "HEAD").splitlines()]

    snapshot = work_tree(repository)

    assert {path: file.blob for path, file in snapshot.files.items()} == {path: oid for _, _, oid, path in listed}


def test_a_clean_work_tree_and_its_revision_are_the_same_files(repository: Repository) -> None:
    head = repository.commit(files={"a.py": "x = 1\n", "b/c.sh": "#!/bin/sh\n"})
    (repository.root / "b/c.sh").chmod(0o755)
    head = repository.commit()

    tree, revision = work_tree(repository), of_revision(place_of(repository), "main")

    assert tree.files == revision.files
    assert tree.files["b/c.sh"].mode == "executable"
    assert tree.key == revision.key
    assert (tree.revision, tree.dirty, revision.revision, revision.dirty) == (head, False, head, False)


def test_untracked_files_count_and_ignored_ones_do_not(repository: Repository) -> None:
    repository.commit(files={"a.py": "", ".gitignore": "*.log\nout/\n"})
    repository.write("new.py")
    repository.write("x.log")
    repository.write("out/y.py")

    snapshot = work_tree(repository)

    assert set(snapshot.files) == {"a.py", ".gitignore", "new.py"}
    assert snapshot.dirty


@pytest.mark.parametrize("change", ["edit", "delete", "add", "stage", "mode", "mode that git ignores", "time"])
def test_dirty_means_that_the_files_differ_from_the_revision(repository: Repository, change: str) -> None:
    repository.commit(files={"a.py": "x = 1\n", "b.py": "y = 1\n"})
    match change:
        case "edit":
            repository.write("a.py", "x = 2\n")
        case "delete":
            (repository.root / "a.py").unlink()
        case "add":
            repository.write("c.py")
        case "stage":
            repository.write("a.py", "x = 2\n")
            repository.git("add", "a.py")
        case "time":
            os.utime(repository.root / "a.py", (1, 1))
        case _:
            (repository.root / "a.py").chmod(0o755)
            repository.git("config", "core.fileMode", str(change == "mode").lower())

    assert work_tree(repository).dirty == (change not in ("mode that git ignores", "time"))


def test_a_deleted_file_is_not_in_the_snapshot(repository: Repository) -> None:
    repository.commit(files={"a.py": "", "b.py": ""})
    (repository.root / "a.py").unlink()

    assert set(work_tree(repository).files) == {"b.py"}


def test_a_repository_without_commits_has_files_and_no_revision(repository: Repository) -> None:
    assert (work_tree(repository).files, work_tree(repository).dirty) == ({}, False)
    repository.write("a.py")

    snapshot = work_tree(repository)

    assert (set(snapshot.files), snapshot.revision, snapshot.dirty) == ({"a.py"}, None, True)


def test_a_bare_repository_has_no_work_tree(repository: Repository, tmp_path: Path) -> None:
    repository.commit(files={"a.py": ""})
    repository.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    place = discover(tmp_path / "bare.git")
    assert place is not None

    with pytest.raises(RepositoryError, match="is bare"):
        of_work_tree(place)


def test_an_unchanged_file_is_not_read_again(repository: Repository) -> None:
    repository.commit(files={"a.py": "x = 1\n"})
    known = settled(work_tree(repository))
    planted = {"a.py": known["a.py"]._replace(blob="f" * 40)}

    assert work_tree(repository, planted).files["a.py"].blob == "f" * 40


@pytest.mark.parametrize("field", ["size", "mtime_ns", "ctime_ns", "inode"])
def test_a_file_that_looks_different_is_read_again(repository: Repository, field: str) -> None:
    repository.commit(files={"a.py": "x = 1\n"})
    stat = settled(work_tree(repository))["a.py"]
    planted = {"a.py": stat._replace(blob="f" * 40, **{field: getattr(stat, field) + 1})}

    assert work_tree(repository, planted).files["a.py"].blob == blob_id(b"x = 1\n", "sha1")


def test_a_file_that_was_hashed_as_it_changed_is_read_again(repository: Repository) -> None:
    repository.commit(files={"a.py": "x = 1\n"})
    stat = work_tree(repository).stats["a.py"]
    planted = {"a.py": stat._replace(blob="f" * 40)}

    assert work_tree(repository, planted).files["a.py"].blob == blob_id(b"x = 1\n", "sha1")


def test_what_was_looked_at_before_is_seen_as_if_for_the_first_time(repository: Repository) -> None:
    repository.commit(files=dict.fromkeys(["b.py", "c.py", "d.py", "e/f.py", "z.py"], "x = 1\n"))
    repository.write("passing.log", "one\n")
    known = settled(work_tree(repository))
    repository.write(".gitignore", "*.log\n")
    repository.write("a.py", "new\n")
    repository.write("z.py", "edited\n")
    (repository.root / "b.py").unlink()
    (repository.root / "c.py").unlink()
    (repository.root / "c.py").symlink_to("d.py")
    repository.git("rm", "-rq", "--cached", "e")
    (repository.root / ".git" / "info" / "exclude").write_text("e/\n")

    again, first = work_tree(repository, known), work_tree(repository)

    assert list(again.files.items()) == list(first.files.items())
    assert list(again.files) == ["d.py", "z.py", ".gitignore", "a.py"]
    assert again.stats.keys() == first.stats.keys()
    assert again.left_out == first.left_out == {"c.py": "symlink"}
    assert again.dirty


def test_an_edit_that_keeps_size_and_time_stamp_is_seen(repository: Repository) -> None:
    file = repository.write("a.py", "x = 1\n")
    os.utime(file, ns=(10**18, 10**18))
    known = settled(work_tree(repository))

    repository.write("a.py", "x = 2\n")
    os.utime(file, ns=(10**18, 10**18))

    assert work_tree(repository, known).read("a.py") == b"x = 2\n"


NAMES = [
    "new\nline.py",
    'quo"te.py',
    "tab\t.py",
    "back\\slash.py",
    " lead.py",
    "ünï.py",
    "-dash.py",
    ":(glob)x.py",
    "? q.py",
]


@pytest.mark.parametrize("name", [*NAMES, os.fsdecode(b"bytes-\xff\xfe.py")])
def test_any_file_name_is_read_from_disk_and_from_git(repository: Repository, name: str) -> None:
    repository.commit(files={f"in/{name}": "x = 1\n"})
    repository.write(f"out/{name}", "y = 2\n")

    tree, revision = work_tree(repository), of_revision(place_of(repository), "HEAD")

    assert tree.read(f"in/{name}") == revision.read(f"in/{name}") == b"x = 1\n"
    assert tree.read(f"out/{name}") == b"y = 2\n"
    assert len(tree.key) == 64


def test_symlinks_are_never_followed(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.py").write_text("secret")
    repository.write("a.py")
    for name, target in {
        "inside.py": "a.py",
        "outside.py": "../outside/secret.py",
        "folder": "../outside",
        "broken.py": "nowhere",
        "self.py": "self.py",
    }.items():
        (repository.root / name).symlink_to(target)
    expected = {
        "inside.py": "symlink",
        "outside.py": "symlink to outside the repository",
        "folder": "symlink to outside the repository",
        "broken.py": "broken symlink",
        "self.py": "broken symlink",
    }

    untracked = work_tree(repository)
    repository.commit()
    tracked = work_tree(repository)

    for snapshot in (untracked, tracked, of_folder(repository.root)):
        assert {path: snapshot.left_out[path] for path in expected} == expected
        assert set(snapshot.files) == {"a.py"}
    assert of_revision(place_of(repository), "HEAD").left_out == dict.fromkeys(expected, "symlink")


def test_a_tracked_folder_that_became_a_symlink_leads_nowhere(repository: Repository, tmp_path: Path) -> None:
    repository.commit(files={"pkg/sub/a.py": "mine\n", "b.py": ""})
    shutil.copytree(repository.root / "pkg", tmp_path / "outside")
    shutil.rmtree(repository.root / "pkg")
    (repository.root / "pkg").symlink_to(tmp_path / "outside")

    assert set(work_tree(repository).files) == {"b.py"}


def test_a_path_that_climbs_out_is_left_out(repository: Repository) -> None:
    repository.commit(files={"a.py": "x\n"})
    blob = repository.git("rev-parse", "HEAD:a.py")
    tree = repository.git("mktree", input=f"100644 blob {blob}\tpasswd\n".encode())
    climbing = repository.git("mktree", input=f"040000 tree {tree}\t..\n".encode())
    commit = repository.git("commit-tree", climbing, "-m", "forged")

    snapshot = of_revision(place_of(repository), commit)

    assert (snapshot.files, snapshot.left_out) == ({}, {"../passwd": "path outside the repository"})


def test_submodules_and_nested_repositories_are_recognised(repository: Repository, tmp_path: Path) -> None:
    library = Repository(tmp_path / "library")
    library.commit(files={"lib.py": ""})
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.root), "sub")
    repository.commit(files={"a.py": ""})
    Repository(repository.root / "nested").commit(files={"n.py": ""})
    Repository(repository.root / "unborn").write("u.py")

    tree, revision = work_tree(repository), of_revision(place_of(repository), "HEAD")

    assert set(tree.files) == {"a.py", ".gitmodules"}
    assert tree.left_out == {"sub/": "submodule", "nested/": "nested repository", "unborn/": "nested repository"}
    assert revision.left_out == {"sub/": "submodule"}


def test_binary_and_oversized_files_are_named(repository: Repository) -> None:
    repository.commit(
        files={"logo.PNG": b"\x89PNG", "big.json": b"x" * (TOO_LARGE_BYTES + 1), "fits.json": b"x" * TOO_LARGE_BYTES}
    )
    expected = {"logo.PNG": "binary", "big.json": "too large"}

    tree, revision = work_tree(repository), of_revision(place_of(repository), "HEAD")

    assert tree.left_out == revision.left_out == expected
    assert set(tree.files) == set(revision.files) == {"fits.json"}
    assert not tree.dirty


def test_an_unmerged_file_is_listed_once(repository: Repository) -> None:
    repository.commit(files={"a.txt": "one\n"})
    repository.git("checkout", "-q", "-b", "side")
    repository.commit(files={"a.txt": "two\n"})
    repository.git("checkout", "-q", "main")
    repository.commit(files={"a.txt": "three\n"})
    repository.attempt("merge", "side")

    snapshot = work_tree(repository)

    assert place_of(repository).state == "merge"
    assert b"<<<<<<<" in snapshot.read("a.txt")
    assert snapshot.dirty


def test_a_file_that_is_only_meant_to_be_added_is_listed(repository: Repository) -> None:
    repository.commit()
    repository.write("a.py", "x = 1\n")
    repository.git("add", "-N", "a.py")

    assert work_tree(repository).read("a.py") == b"x = 1\n"


def test_a_sparse_checkout_is_not_dirty(repository: Repository) -> None:
    repository.commit(files={"a/a.py": "", "b/b.py": "", "top.py": ""})
    repository.git("sparse-checkout", "set", "--cone", "--sparse-index", "a")

    snapshot = work_tree(repository)

    assert (set(snapshot.files), snapshot.dirty) == ({"a/a.py", "top.py"}, False)


def test_a_file_that_became_a_folder_gives_its_files(repository: Repository) -> None:
    repository.commit(files={"a": "file\n"})
    (repository.root / "a").unlink()
    repository.write("a/b.py")

    assert set(work_tree(repository).files) == {"a/b.py"}


def test_a_pipe_is_neither_read_nor_waited_for(repository: Repository) -> None:
    repository.commit(files={"a.py": "", "pipe.py": "was a file\n"})
    (repository.root / "pipe.py").unlink()
    os.mkfifo(repository.root / "pipe.py")

    assert work_tree(repository).left_out == {"pipe.py": "not a regular file"}


def test_a_file_that_changes_or_vanishes_after_it_was_listed_is_not_passed_off_as_it_was(
    repository: Repository,
) -> None:
    repository.commit(files={"a.py": "x = 1\n", "b.py": "", "c.py": "z = 1\n"})
    snapshot = work_tree(repository)
    repository.write("a.py", "x = 2\n")
    (repository.root / "b.py").unlink()

    assert list(snapshot.read_all(["a.py", "b.py", "c.py"])) == [("a.py", None), ("b.py", None), ("c.py", b"z = 1\n")]
    with pytest.raises(ChangedMeanwhile, match=r"a\.py changed or vanished"):
        snapshot.read("a.py")


@pytest.fixture
def ordinary_user(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a folder of its own, with root's rights put down while the test runs."""
    folder = Path(tempfile.mkdtemp())
    monkeypatch.setenv("HOME", str(folder))
    root = os.geteuid() == 0
    if root:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    yield folder
    if root:
        os.seteuid(0)
    for path in folder.rglob("*"):
        if path.is_dir():
            path.chmod(0o700)
    shutil.rmtree(folder)


def test_what_may_not_be_read_is_named_and_the_rest_goes_on(ordinary_user: Path) -> None:
    for name in ("open.py", "locked.py", "shut/inside.py"):
        file = ordinary_user / "r" / name
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_text("x = 1\n")
    (ordinary_user / "r" / "locked.py").chmod(0)
    (ordinary_user / "r" / "shut").chmod(0)
    expected = {"locked.py": "unreadable: permission denied", "shut/": "unreadable: permission denied"}

    folder = of_folder(ordinary_user / "r")
    repository = Repository(ordinary_user / "r")
    tree = work_tree(repository)

    assert (set(folder.files), folder.left_out) == ({"open.py"}, expected)
    assert (set(tree.files), tree.left_out) == ({"open.py"}, expected)


def test_a_plain_folder_is_listed_without_what_tools_made(tmp_path: Path) -> None:
    for name in ("a.py", "pkg/b.py", "node_modules/x/i.js", ".venv/lib/p.py", "pkg/__pycache__/b.pyc", ".hidden/c.py"):
        file = tmp_path / "folder" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x = 1\n")
    Repository(tmp_path / "folder" / "clone").write("n.py")

    snapshot = of_folder(tmp_path / "folder")

    assert set(snapshot.files) == {"a.py", "pkg/b.py", ".hidden/c.py"}
    assert snapshot.left_out == {
        "node_modules/": "tool output",
        ".venv/": "tool output",
        "pkg/__pycache__/": "tool output",
        "clone/": "nested repository",
    }
    assert (snapshot.revision, snapshot.dirty) == (None, False)
    assert snapshot.read("pkg/b.py") == b"x = 1\n"


def test_a_plain_folder_has_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(NotADirectory):
        of_folder(tmp_path / "absent")


def test_a_revision_leaves_the_work_tree_and_the_index_alone(repository: Repository) -> None:
    first = repository.commit(files={"a.py": "old\n"})
    repository.commit(files={"a.py": "new\n"})
    index = repository.root / ".git" / "index"
    before = (index.read_bytes(), index.stat().st_mtime_ns)
    repository.write("a.py", "unsaved\n")

    snapshot = of_revision(place_of(repository), first)
    work_tree(repository)

    assert snapshot.read("a.py") == b"old\n"
    assert (index.read_bytes(), index.stat().st_mtime_ns) == before


def test_a_repository_that_may_not_be_written_is_read(repository: Repository) -> None:
    repository.commit(files={"a.py": "x\n"})
    folders = [path for path in [repository.root, *repository.root.rglob("*")] if path.is_dir()]
    for folder in folders:
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert set(work_tree(repository).files) == {"a.py"}
    finally:
        for folder in folders:
            folder.chmod(0o755)


def test_buffers_lie_over_the_files(repository: Repository) -> None:
    repository.commit(files={"a.py": "x = 1\n", "b.py": "y = 1\n"})
    clean = work_tree(repository)

    snapshot = with_buffers(clean, {"a.py": b"x = 2\n", "new.py": b"z = 1\n"})

    assert snapshot.files == {
        "a.py": File("a.py", blob_id(b"x = 2\n", "sha1"), 6),
        "b.py": clean.files["b.py"],
        "new.py": File("new.py", blob_id(b"z = 1\n", "sha1"), 6),
    }
    assert list(snapshot.read_all(["new.py", "b.py", "a.py"])) == [
        ("new.py", b"z = 1\n"),
        ("b.py", b"y = 1\n"),
        ("a.py", b"x = 2\n"),
    ]
    assert (clean.dirty, snapshot.dirty) == (False, True)
    assert snapshot.key != clean.key


def test_a_saved_buffer_changes_nothing(repository: Repository) -> None:
    repository.commit(files={"a.py": "x = 1\n"})
    clean = work_tree(repository)

    snapshot = with_buffers(clean, {"a.py": b"x = 1\n"})

    assert (snapshot.dirty, snapshot.key) == (False, clean.key)


def test_buffers_lie_over_a_revision_too(repository: Repository) -> None:
    repository.commit(files={"a.py": "x = 1\n", "b.py": "y = 1\n"})

    snapshot = with_buffers(of_revision(place_of(repository), "HEAD"), {"a.py": b"x = 2\n"})

    assert dict(snapshot.read_all(["a.py", "b.py"])) == {"a.py": b"x = 2\n", "b.py": b"y = 1\n"}


def test_a_buffer_that_outgrew_the_limit_is_left_out(repository: Repository) -> None:
    repository.commit(files={"a.py": "x = 1\n"})

    snapshot = with_buffers(work_tree(repository), {"a.py": b"x" * (TOO_LARGE_BYTES + 1)})

    assert (snapshot.files, snapshot.left_out) == ({}, {"a.py": "too large"})


@settings(max_examples=60)
@given(st.dictionaries(st.text(st.characters(exclude_characters="\0"), min_size=1), st.sampled_from("ab"), max_size=5))
def test_the_key_depends_on_paths_and_contents_and_not_on_their_order(blobs: dict[str, str]) -> None:
    def snapshot_of(items: list[tuple[str, str]]) -> Snapshot:
        files = {path: File(path, blob * 40, 1) for path, blob in items}
        return Snapshot(Path("/"), None, False, files)

    items = list(blobs.items())

    assert snapshot_of(items).key == snapshot_of(items[::-1]).key
    for path in blobs:
        assert snapshot_of([item for item in items if item[0] != path]).key != snapshot_of(items).key


CONVERSIONS = {
    "line ends": ("*.py text eol=crlf", b"x = 1\ny = 2\n"),
    "line ends that are guessed": ("* text=auto eol=crlf", b"x = 1\ny = 2\n"),
    "ident": ("*.py ident", b"# $Id$\nx = 1\n"),
    "encoding": ("*.py text working-tree-encoding=UTF-16", "x = 'é'\n".encode()),
    "encoding and line ends": ("*.py text working-tree-encoding=UTF-16LE-BOM eol=crlf", b"x = 1\n"),
    "an encoding of seven bits": ("*.py working-tree-encoding=ISO-2022-JP", "x = '日本'\n".encode()),
    "a filter without a command": ("*.py filter=nothing", b"x = 1\n"),
}


def checked_out(repository: Repository, attributes: str, content: bytes) -> None:
    """Commit a file under attributes, and have git write it into the work tree as they say."""
    repository.commit(files={".gitattributes": f"{attributes}\n"})
    (repository.root / ".git/info/attributes").write_text("* -text -ident -filter -working-tree-encoding\n")
    repository.commit(files={"a.py": content})
    (repository.root / ".git/info/attributes").unlink()
    (repository.root / "a.py").unlink()
    repository.git("checkout", "-q", "--", "a.py")
    assert repository.git("status", "--porcelain") == ""


@pytest.mark.parametrize("moment", ["at once", "later", "touched"])
@pytest.mark.parametrize(("attributes", "content"), CONVERSIONS.values(), ids=CONVERSIONS)
def test_what_a_checkout_converts_is_no_change(
    repository: Repository, attributes: str, content: bytes, moment: str
) -> None:
    checked_out(repository, attributes, content)
    file = repository.root / "a.py"
    if moment == "later":
        for path in (file, repository.root / ".gitattributes"):
            os.utime(path, (1_700_000_000, 1_700_000_000))
        repository.git("update-index", "--refresh")
    elif moment == "touched":
        os.utime(file)

    snapshot = work_tree(repository)

    assert not snapshot.dirty
    assert find_changed_files(place_of(repository), snapshot) == ()
    assert snapshot.read("a.py") == file.read_bytes()


@pytest.mark.parametrize(("attributes", "content"), CONVERSIONS.values(), ids=CONVERSIONS)
def test_an_edit_of_what_a_checkout_converted_is_a_change(
    repository: Repository, attributes: str, content: bytes
) -> None:
    checked_out(repository, attributes, content)
    file = repository.root / "a.py"
    file.write_bytes(file.read_bytes() + (b"z\0" if b"UTF-16" in attributes.encode() else b"z"))

    snapshot = work_tree(repository)

    assert snapshot.dirty
    assert find_changed_files(place_of(repository), snapshot) == ("a.py",)


def test_line_ends_that_nothing_asks_for_are_a_change(repository: Repository) -> None:
    repository.commit(files={"a.py": "x = 1\n"})
    repository.write("a.py", "x = 1\r\n")

    assert work_tree(repository).dirty


def test_line_ends_that_a_setting_asks_for_are_no_change(repository: Repository) -> None:
    repository.commit(files={"a.py": "x = 1\n"})
    repository.git("config", "core.autocrlf", "true")
    repository.write("a.py", "x = 1\r\n")

    assert not work_tree(repository).dirty


def test_a_filter_with_a_command_is_not_run_and_its_files_are_as_git_left_them(repository: Repository) -> None:
    ran = repository.root.parent / "ran"
    for name in ("clean", "smudge"):
        repository.git("config", f"filter.shift.{name}", f"touch '{ran}'; tr a-y b-z")
    repository.commit(files={".gitattributes": "*.py filter=shift\n"})
    repository.commit(files={"a.py": "aaa\n"})
    (repository.root / "a.py").unlink()
    repository.git("checkout", "-q", "--", "a.py")
    ran.unlink()

    assert not work_tree(repository).dirty
    os.utime(repository.root / "a.py")  # as a copy of the work tree has other times
    assert not work_tree(repository).dirty
    assert not ran.exists()

    repository.write("a.py", "another\n")
    assert work_tree(repository).dirty
    assert not ran.exists()


@pytest.mark.parametrize("flag", ["--skip-worktree", "--assume-unchanged"])
def test_a_file_that_git_is_told_not_to_look_at_is_known_and_unchanged(repository: Repository, flag: str) -> None:
    repository.commit(files={"a.py": "x = 1\n", "sub/b.py": "y = 1\n"})
    repository.git("update-index", flag, "sub/b.py")
    repository.write("sub/b.py", "y = 2\n")

    snapshot = work_tree(repository)

    assert set(snapshot.files) == {"a.py", "sub/b.py"}
    assert snapshot.read("sub/b.py") == b"y = 2\n"
    assert not snapshot.dirty
