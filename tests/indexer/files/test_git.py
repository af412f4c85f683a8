from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from noctule.indexer.errors import GitError, NotADirectory, RepositoryError, UnknownRevision
from noctule.indexer.files.git import Git, RepositoryPlace, discover
from noctule.indexer.files.snapshot import ChangedMeanwhile, of_revision, of_work_tree
from tests.repositories import Repository


def place_of(path: Path) -> RepositoryPlace:
    place = discover(path)
    assert place is not None
    return place


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def test_a_repository_is_found_from_a_folder_inside_it(repository: Repository) -> None:
    head = repository.commit(files={"a/b/c.py": "x = 1\n"})

    place = place_of(repository.root / "a" / "b")

    assert place == RepositoryPlace(
        root=repository.root,
        git_dir=repository.root / ".git",
        common_dir=repository.root / ".git",
        bare=False,
        head=head,
        state="clean",
        shallow=False,
        partial=False,
        object_format="sha1",
    )


def test_a_plain_folder_is_no_repository(tmp_path: Path) -> None:
    assert discover(tmp_path) is None


@pytest.mark.parametrize(("name", "why"), [("absent", "no such directory"), ("file", "is not a directory")])
def test_what_is_no_folder_is_refused(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(NotADirectory, match=why):
        discover(tmp_path / name)


def test_a_repository_without_commits_has_no_head(repository: Repository) -> None:
    repository.write("HEAD", "a file that rev-parse could mean\n")

    assert place_of(repository.root).head is None


def test_a_bare_repository_is_found_and_read(repository: Repository, tmp_path: Path) -> None:
    head = repository.commit(files={"a.py": "x = 1\n"})
    repository.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))

    place = place_of(tmp_path / "bare.git")

    assert (place.root, place.bare, place.head) == (tmp_path / "bare.git", True, head)
    assert of_revision(place, "HEAD").read("a.py") == b"x = 1\n"


def test_the_git_folder_itself_stands_for_its_work_tree(repository: Repository) -> None:
    repository.commit()

    assert place_of(repository.root / ".git") == place_of(repository.root)


def test_worktrees_share_one_common_folder(repository: Repository, tmp_path: Path) -> None:
    repository.commit(files={"a.py": "x = 1\n"})
    repository.git("worktree", "add", "-q", str(tmp_path / "other"))

    place = place_of(tmp_path / "other")

    assert (place.root, place.common_dir) == (tmp_path / "other", repository.root / ".git")
    assert place.git_dir == repository.root / ".git" / "worktrees" / "other"
    assert set(of_work_tree(place).files) == {"a.py"}


def test_a_submodule_is_a_repository_of_its_own(repository: Repository, tmp_path: Path) -> None:
    library = Repository(tmp_path / "library")
    library.commit(files={"lib.py": "x = 1\n"})
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.root), "sub")

    place = place_of(repository.root / "sub")

    assert place.root == repository.root / "sub"
    assert set(of_work_tree(place).files) == {"lib.py"}


def test_a_leftover_git_file_is_named(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere/at/all\n")

    with pytest.raises(RepositoryError, match="does not point to a git repository"):
        discover(tmp_path)


def test_an_empty_git_folder_is_passed_by_as_git_does(repository: Repository) -> None:
    repository.commit(files={"inner/a.py": "x\n"})
    (repository.root / "inner" / ".git").mkdir()

    assert place_of(repository.root / "inner").root == repository.root


def test_a_detached_head_is_a_head(repository: Repository) -> None:
    first = repository.commit()
    repository.commit()
    repository.git("checkout", "-q", first)

    assert place_of(repository.root).head == first


def test_a_rebase_in_the_middle_is_seen(repository: Repository) -> None:
    repository.commit(files={"a.txt": "one\n"})
    repository.git("checkout", "-q", "-b", "side")
    side = repository.commit(files={"a.txt": "two\n"})
    repository.git("checkout", "-q", "main")
    main = repository.commit(files={"a.txt": "three\n"})
    assert repository.attempt("rebase", "-q", "main", "side").returncode == 1

    place = place_of(repository.root)

    assert (place.state, place.head) == ("rebase", main)
    assert set(of_work_tree(place).files) == {"a.txt"}
    assert Git(place).resolve("side") == side


def test_a_shallow_clone_says_so(repository: Repository, tmp_path: Path) -> None:
    repository.commit()
    repository.commit()
    repository.git("clone", "-q", "--depth=1", f"file://{repository.root}", str(tmp_path / "shallow"))

    assert place_of(tmp_path / "shallow").shallow


def test_a_sha256_repository_is_read(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository", "--object-format=sha256")
    repository.commit(files={"a.py": "x = 1\n"})

    place = place_of(repository.root)

    assert place.object_format == "sha256"
    assert of_work_tree(place).key == of_revision(place, "HEAD").key
    assert not of_work_tree(place).dirty


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_repository_of_another_user_is_refused_as_git_refuses_it(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.delenv("SUDO_UID", raising=False)
    repository.commit()
    for path in (repository.root, repository.root / ".git"):
        os.chown(path, 65534, 65534)

    with pytest.raises(RepositoryError, match="dubious ownership") as raised:
        discover(repository.root)

    assert "safe.directory" in raised.value.advice


@pytest.mark.parametrize("revision", ["main", "v1", "HEAD", "HEAD~0", "@", "main^{commit}"])
def test_a_revision_is_resolved_to_its_commit(repository: Repository, revision: str) -> None:
    head = repository.commit()
    repository.git("tag", "-a", "v1", "-m", "annotated")

    assert Git(place_of(repository.root)).resolve(revision) == head
    assert Git(place_of(repository.root)).resolve(head[:10]) == head


@pytest.mark.parametrize(
    "revision",
    ["", "-h", "--all", "nope", "main\0", "HEAD:a.py", "0" * 40, "HEAD~9", "main..main", "a b", "\ud800", "^main"],
)
def test_what_names_no_commit_is_refused(repository: Repository, revision: str) -> None:
    repository.commit(files={"a.py": "x\n"})

    with pytest.raises(UnknownRevision):
        Git(place_of(repository.root)).resolve(revision)


def test_objects_come_in_the_order_asked_and_none_for_a_missing_one(repository: Repository) -> None:
    repository.commit(files={f"{n}.txt": f"{n}\n" * n for n in range(1500)})
    git = Git(place_of(repository.root))
    oids = [line.split()[2] for line in repository.git("ls-tree", "HEAD").splitlines()]
    asked = [*oids, "0" * 40, *reversed(oids)]

    got = list(git.blobs(iter(asked)))

    assert [oid for oid, _ in got] == asked
    assert got[1500] == ("0" * 40, None)
    assert dict(got)[repository.git("rev-parse", "HEAD:7.txt")] == b"7\n" * 7


def test_a_reader_may_stop_in_the_middle(repository: Repository) -> None:
    repository.commit(files={"big.txt": b"x" * 3_000_000, "a.txt": "a\n"})
    git = Git(place_of(repository.root))
    big = repository.git("rev-parse", "HEAD:big.txt")

    blobs = git.blobs([big] * 100)
    next(blobs)
    blobs.close()  # type: ignore[attr-defined]
    chunks = git.stream("cat-file", "blob", big)
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]


def test_an_object_id_is_checked_before_git_sees_it(repository: Repository) -> None:
    repository.commit()

    with pytest.raises(GitError, match="is not an object id"):
        list(Git(place_of(repository.root)).blobs(["HEAD\n--batch"]))


def test_output_is_streamed_in_full(repository: Repository) -> None:
    content = os.urandom(5_000_000)
    repository.commit(files={"big.bin": content})
    git = Git(place_of(repository.root))

    chunks = list(git.stream("cat-file", "blob", repository.git("rev-parse", "HEAD:big.bin")))

    assert b"".join(chunks) == content
    assert len(chunks) > 1


def test_a_failure_says_what_git_said_in_one_line(repository: Repository) -> None:
    repository.commit()
    git = Git(place_of(repository.root))

    with pytest.raises(GitError, match=r"^git log failed: ambiguous argument 'nope'[^\n]*$"):
        git.run("log", "nope")
    with pytest.raises(GitError, match=r"^git log failed: ambiguous argument 'nope'[^\n]*$"):
        list(git.stream("log", "nope"))


def test_a_missing_tree_costs_its_folder(repository: Repository) -> None:
    repository.commit(files={"a/b.py": "x\n", "c/d/e.py": "y\n", "f.py": "z\n"})
    remove_object(repository, repository.git("rev-parse", "HEAD:a"))

    revision = of_revision(place_of(repository.root), "HEAD")

    assert (set(revision.files), revision.left_out) == ({"c/d/e.py", "f.py"}, {"a/": "not in this clone"})
    assert set(of_work_tree(place_of(repository.root)).files) == {"a/b.py", "c/d/e.py", "f.py"}


def test_a_missing_tree_of_a_whole_commit_is_an_error_that_says_so(repository: Repository) -> None:
    repository.commit(files={"a/b.py": "x\n"})
    remove_object(repository, repository.git("rev-parse", "HEAD^{tree}"))

    with pytest.raises(GitError, match="git ls-tree failed"):
        of_revision(place_of(repository.root), "HEAD")
    assert set(of_work_tree(place_of(repository.root)).files) == {"a/b.py"}


def remove_object(repository: Repository, oid: str) -> None:
    (repository.root / ".git" / "objects" / oid[:2] / oid[2:]).unlink()


def test_a_damaged_object_reads_as_one_that_the_clone_lacks(repository: Repository) -> None:
    repository.commit(files={"a.py": "x = 1\n", "b.py": "y = 2\n"})
    snapshot = of_revision(place_of(repository.root), "HEAD")
    blob = snapshot.files["a.py"].blob
    loose = repository.root / ".git" / "objects" / blob[:2] / blob[2:]
    loose.chmod(stat.S_IRUSR | stat.S_IWUSR)
    loose.write_bytes(b"garbage")

    assert list(snapshot.read_all(["a.py", "b.py"])) == [("a.py", None), ("b.py", b"y = 2\n")]
    with pytest.raises(ChangedMeanwhile, match=r"the clone lacks the content of a\.py"):
        snapshot.read("a.py")


def test_git_that_is_not_installed_is_named(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.commit()
    monkeypatch.setenv("PATH", str(repository.root))

    with pytest.raises(GitError, match="not installed"):
        discover(repository.root)


def test_the_caller_s_git_variables_point_nowhere_else(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = repository.commit(files={"mine.py": "x\n"})
    other = Repository(tmp_path / "other")
    other.commit(files={"other.py": "y\n"})
    for name, value in {
        "GIT_DIR": ".git",
        "GIT_WORK_TREE": ".",
        "GIT_INDEX_FILE": ".git/index",
        "GIT_OBJECT_DIRECTORY": ".git/objects",
        "GIT_COMMON_DIR": ".git",
    }.items():
        monkeypatch.setenv(name, str(other.root / value))
    place = place_of(repository.root)

    assert place.head == head
    assert set(of_work_tree(place).files) == {"mine.py"}
    assert b"".join(Git(place).stream("log", "--format=%H")).decode().split() == [head]


def test_an_inherited_external_diff_does_not_run(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(files={"a.py": "x\n"})
    repository.commit(files={"a.py": "y\n"})
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", f"touch {tmp_path}/ran")
    git = Git(place_of(repository.root))

    shown = b"".join(git.stream("log", "-p", "-1"))
    diffed = git.run("diff", "HEAD~1", "HEAD")

    assert b"+y" in shown
    assert b"+y" in diffed
    assert not (tmp_path / "ran").exists()


def test_core_worktree_cannot_point_the_reader_at_another_folder(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "secret.txt").write_text("secret")
    repository.commit(files={"a.py": "x\n"})
    repository.git("config", "core.worktree", str(tmp_path / "private"))

    place = place_of(repository.root)

    assert place.root == repository.root
    assert set(of_work_tree(place).files) == {"a.py"}


TRAPS = (
    "core.fsmonitor",
    "core.pager",
    "core.sshCommand",
    "core.askPass",
    "core.alternateRefsCommand",
    "core.editor",
    "credential.helper",
    "diff.external",
    "diff.evil.command",
    "diff.evil.textconv",
    "filter.evil.clean",
    "filter.evil.smudge",
    "filter.evil.process",
    "gpg.program",
    "gpg.ssh.program",
    "gpg.openpgp.program",
    "pager.log",
    "pager.ls-files",
    "alias.log",
    "alias.ls-files",
    "merge.evil.driver",
    "trailer.evil.command",
    "remote.origin.uploadpack",
)
HOOKS = ("post-index-change", "pre-commit", "post-checkout", "fsmonitor-watchman", "reference-transaction")


@pytest.fixture
def hostile(repository: Repository, tmp_path: Path) -> Iterator[Repository]:
    """A repository where each command that its configuration can name leaves a mark in `ran`."""
    ran = tmp_path / "ran"
    ran.mkdir()
    repository.commit(files={"a.txt": "one\n", "b.txt": "one\n"})
    repository.commit(files={"a.txt": "two\n"})
    signed = repository.git_bytes("cat-file", "commit", "HEAD").replace(
        b"\n\n", b"\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n", 1
    )
    oid = repository.git("hash-object", "-t", "commit", "-w", "--stdin", input=signed)
    repository.git("update-ref", "HEAD", oid)
    repository.write(".gitattributes", "* diff=evil filter=evil merge=evil\n")
    for key in TRAPS:
        trap = tmp_path / f"trap-{key}"
        trap.write_text(f'#!/bin/sh\ntouch "{ran}/{key}"\ncat\nexit 1\n')
        trap.chmod(0o755)
        repository.git("config", key, str(trap))
    repository.git("config", "log.showSignature", "true")
    repository.git("config", "filter.evil.required", "true")
    repository.git("config", "protocol.allow", "always")
    repository.git("config", "protocol.ext.allow", "always")
    repository.git("config", "protocol.ssh.allow", "always")
    repository.git("config", "remote.origin.url", f"ext::{tmp_path}/trap-credential.helper")
    hooks = repository.root / ".git" / "evil-hooks"
    hooks.mkdir()
    for folder in (hooks, repository.root / ".git" / "hooks"):
        folder.mkdir(exist_ok=True)
        for hook in HOOKS:
            (folder / hook).write_text(f'#!/bin/sh\ntouch "{ran}/hook-{hook}"\n')
            (folder / hook).chmod(0o755)
    repository.git("config", "core.hooksPath", str(hooks))
    shutil.rmtree(ran)
    ran.mkdir()
    # Time stamps that the index does not know, and one real change: git would look into the files.
    for name in ("a.txt", "b.txt"):
        os.utime(repository.root / name, (1, 1))
    repository.write("b.txt", "1ne\n")
    yield repository
    assert [path.name for path in ran.iterdir()] == []


def test_nothing_of_a_hostile_configuration_runs(hostile: Repository) -> None:
    place = place_of(hostile.root)
    git = Git(place)

    snapshot = of_work_tree(place)
    again = of_work_tree(place, snapshot.stats)
    revision = of_revision(place, "HEAD")
    shown = b"".join(git.stream("log", "-p", "--name-status", "-M", "-z"))
    patches = b"".join(git.stream("log", "-p", "-U0", "-c", "HEAD"))
    compared = git.run("diff", "HEAD~1", "HEAD")
    plumbing = git.run("diff-tree", "-r", "-p", "HEAD~1", "HEAD")

    assert snapshot.dirty
    assert snapshot.key == again.key
    assert snapshot.read("b.txt") == b"1ne\n"
    assert revision.read("a.txt") == b"two\n"
    assert b"a.txt" in shown
    assert all(b"+two" in text for text in (patches, compared, plumbing))


def test_the_traps_of_the_hostile_repository_do_work(hostile: Repository, tmp_path: Path) -> None:
    hostile.attempt("status", "--short")
    hostile.attempt("log", "-p")
    hostile.attempt("diff")
    hostile.git("config", "log.showSignature", "false")
    hostile.git("config", "--remove-section", "filter.evil")
    hostile.attempt("log", "-p")
    hostile.attempt("diff")
    ran = tmp_path / "ran"
    sprung = {path.name for path in ran.iterdir()}
    shutil.rmtree(ran)
    ran.mkdir()

    assert sprung >= {"core.fsmonitor", "diff.evil.textconv", "diff.evil.command", "filter.evil.process"}
    assert "gpg.openpgp.program" in sprung


def test_a_missing_object_is_never_fetched(repository: Repository, tmp_path: Path) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.commit(files={"a.py": "x = 1\n", "b.py": "y = 2\n"})
    url = f"file://{repository.root}"
    repository.git("clone", "-q", "--filter=blob:none", "--no-checkout", url, str(tmp_path / "partial"))
    partial = Repository(tmp_path / "partial")
    marker = tmp_path / "fetched"
    for remote in (f"ext::touch {marker}", "ssh://host/path", url):
        partial.git("config", "remote.origin.url", remote)
        partial.git("config", "core.sshCommand", f"touch {marker}")
        for protocol in ("ext", "ssh", "file"):
            partial.git("config", f"protocol.{protocol}.allow", "always")

        place = place_of(partial.root)
        snapshot = of_revision(place, "HEAD")

        assert place.partial
        assert (snapshot.files, snapshot.left_out) == ({}, dict.fromkeys(["a.py", "b.py"], "not in this clone"))
        [(_, content)] = Git(place).blobs([repository.git("rev-parse", "HEAD:a.py")])
        assert content is None
        assert not marker.exists()


def test_a_replaced_object_is_read_as_it_was_committed(repository: Repository) -> None:
    repository.commit(files={"a.py": "x = 1\n"})
    blob = repository.git("rev-parse", "HEAD:a.py")
    other = repository.git("hash-object", "-w", "--stdin", input=b"another\n")
    repository.git("replace", blob, other)

    assert of_revision(place_of(repository.root), "HEAD").read("a.py") == b"x = 1\n"


def test_a_place_that_vanished_is_named(repository: Repository) -> None:
    repository.commit()
    place = place_of(repository.root)
    gone = place._replace(root=repository.root / "gone")

    with pytest.raises(NotADirectory):
        Git(gone).run("ls-files")


@pytest.mark.parametrize("linked", [False, True], ids=["a repository", "a worktree"])
def test_a_split_index_is_read_and_left_untouched(repository: Repository, tmp_path: Path, linked: bool) -> None:
    repository.commit(files={f"m{n}.py": f"x = {n}\n" for n in range(5)} | {".git/info/exclude": "*.log\n"})
    if linked:
        repository.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
        repository = Repository(tmp_path / "linked")
    repository.git("update-index", "--split-index")
    repository.write("m1.py", "x = 'staged'\n")
    repository.git("add", "m1.py")
    repository.write("x.log")
    place = place_of(repository.root)
    shared = list(place.git_dir.glob("sharedindex.*"))
    assert shared
    for path in shared:
        os.utime(path, (1, 1))

    snapshot = of_work_tree(place)

    assert snapshot.dirty
    assert set(snapshot.files) == {f"m{n}.py" for n in range(5)}
    assert [path.stat().st_mtime for path in place.git_dir.glob("sharedindex.*")] == [1]
