"""git as a process, of which nothing in a repository's own configuration runs. Knows no symbols, no store.

The repository is untrusted: hooks, fsmonitor, external diffs, textconv, filters, signature programs, pagers, prompts
and lazy fetches are switched off for every call; `SAFE_SETTINGS`, `SAFE_DIFF` and `Git.environment` are the whole list.
The user's own configuration is trusted, but it does not change how git's output reads either.
"""

from __future__ import annotations

import io
import os
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import IO, Literal, NamedTuple

from noctule.indexer.errors import GitError, NotADirectory, RepositoryError, UnknownRevision
from noctule.indexer.files.git_folders import with_copied_index, without_promisors
from noctule.indexer.files.git_process import (
    GitOutcome,
    GitTimeouts,
    PatientPipe,
    Running,
    drain,
    end_process,
    find_old_git,
    git_is_missing,
    kill_tree,
    start,
)

State = Literal["clean", "rebase", "am", "merge", "cherry-pick", "revert", "bisect"]

SAFE_SETTINGS = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.pager": "cat",
    "core.quotePath": "false",
    "protocol.allow": "never",
    "credential.helper": "",
    "log.showSignature": "false",
    "diff.external": "",
    # git maps whole packs into memory by default: a third of a gigabyte on a large repository, for no speed.
    "core.packedGitLimit": "8m",
    "core.packedGitWindowSize": "1m",
    "core.deltaBaseCacheLimit": "4m",
    # The rest runs nothing, but it would change the output that is parsed.
    "color.ui": "false",
    "diff.colorMoved": "no",
    "diff.interHunkContext": "0",
    "diff.mnemonicPrefix": "false",
    "diff.noprefix": "false",
    "diff.orderFile": os.devnull,
    "diff.relative": "false",
    "diff.renameLimit": "1000",
    "diff.submodule": "short",
    "i18n.logOutputEncoding": "UTF-8",
    "log.decorate": "false",
    "log.follow": "false",
    "log.mailmap": "false",
    "log.showRoot": "true",
}
SAFE_FLAGS = ("--no-pager", *(word for key, value in SAFE_SETTINGS.items() for word in ("-c", f"{key}={value}")))
SAFE_DIFF = ("--no-ext-diff", "--no-textconv")
DIFFING = frozenset({"log", "show", "diff", "diff-files", "diff-index", "diff-tree"})

# Commands that need object ids and nothing else of a repository.
READS_OBJECTS = frozenset({"cat-file", "ls-tree"})

# Commands that read the index.
READS_INDEX = frozenset({"ls-files", "diff-index", "check-attr", "check-ignore"})

# What a user may say to git through the environment; every other GIT_ variable would point it at another repository,
# another program or another output.
TRUSTED_VARIABLES = ("GIT_CONFIG", "GIT_EXEC_PATH")

CHUNK_BYTES = 1 << 20
MOST_DAMAGED = 50
"""After so many damaged objects in a row, something else is wrong."""
BLOBS_ASKED_AHEAD = 512  # 65 bytes each at most: an empty pipe takes them all, so the writer never waits for the reader
OBJECTS_BUFFER_BYTES = 64 << 10
STDERR_KEPT_BYTES = 64 << 10
LAST_WORDS_S = 5.0
"""So long an ended git may take to close its error pipe, which another process may hold."""

# What git opens in its own folder whatever it is asked.
READ_FIRST = (
    *("HEAD", "index", "config", "config.worktree", "packed-refs", "shallow", "info/exclude", "info/attributes"),
    *("info/grafts", "objects/info/alternates", "objects/info/commit-graph"),
)

OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")


class RepositoryPlace(NamedTuple):
    """Where a repository lies and how it stands.

    `root` is the top of the work tree, or the bare directory; worktrees of one repository share `common_dir`. `head` is
    None before the first commit. `shallow` and `partial` say that history or objects are missing by design.
    """

    root: Path
    git_dir: Path
    common_dir: Path
    bare: bool
    head: str | None
    state: State
    shallow: bool
    partial: bool
    object_format: str


def discover(path: Path) -> RepositoryPlace | None:
    """Find the repository that holds a directory; None for a plain folder.

    The directory that holds `.git` is the work tree, whatever `core.worktree` says: a repository must not be able to
    name another folder to be read. git itself is asked once, so that `safe.directory` is respected.
    """
    with begin_discovery(path) as discovery:
        return discovery.place() if discovery is not None else None


def begin_discovery(path: Path) -> AbstractContextManager[Discovery | None]:
    """Have git begin with what `discover` asks it, for who has something else to do; nothing for a plain folder."""
    if not path.is_dir():
        raise NotADirectory.at(path)
    path = path.resolve()
    for folder in (path, *path.parents):
        if (git_dir := _find_git_dir(folder)) is not None:
            return Discovery(folder, git_dir)
        if _is_git_dir(folder):
            return Discovery(folder.parent if folder.name == ".git" else folder, folder)
    return nullcontext()


class Git:
    """The git command, pointed at one repository."""

    def __init__(self, place: RepositoryPlace) -> None:
        self.place = place
        self._environment = self.environment(place)
        self._objects_environment = self._environment
        if place.partial:
            self._objects_environment = without_promisors(self, self._environment, place.object_format)

    @cached_property
    def _index_environment(self) -> dict[str, str]:
        """The environment for commands that read the index: git sets the time of a split one whenever it reads it."""
        shared = sorted(self.place.git_dir.glob("sharedindex.*"))
        return with_copied_index(self, self._environment, self.place.git_dir, shared) if shared else self._environment

    @staticmethod
    def environment(place: RepositoryPlace | None = None) -> dict[str, str]:
        """Return the whole environment that git gets; with a place it looks for the repository nowhere else."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("GIT_") or name.startswith(TRUSTED_VARIABLES)
        }
        safe = {
            "LC_ALL": "C",
            "LANGUAGE": "C",
            "GIT_ALLOW_PROTOCOL": "none",  # stronger than protocol.allow, which protocol.<name>.allow overrides
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",  # a replaced blob would answer to an id that is not its own
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_EXTERNAL_DIFF": "",
            "GIT_PAGER": "cat",
        }
        if place is None:
            return kept | safe
        where = {
            "GIT_DIR": str(place.git_dir),
            "GIT_COMMON_DIR": str(place.common_dir),
            "GIT_INDEX_FILE": str(place.git_dir / "index"),
            "GIT_OBJECT_DIRECTORY": str(place.common_dir / "objects"),
        }
        return kept | safe | where | ({} if place.bare else {"GIT_WORK_TREE": str(place.root)})

    def run(self, *args: str, input: bytes | None = None) -> bytes:
        """Run one git command and return its output; `GitError` holds git's own first line of complaint."""
        return self.try_run(*args, input=input).checked()

    def try_run(self, *args: str, input: bytes | None = None) -> GitOutcome:
        """Run one git command whose failure is an answer too."""
        return self.begin(*args, input=input).outcome()

    def begin(self, *args: str, input: bytes | None = None) -> Running:
        """Start one git command beside others; each has to be asked for its outcome."""
        environment = self._environment
        if args[0] in READS_OBJECTS:
            environment = self._objects_environment
        elif not READS_INDEX.isdisjoint(args):
            environment = self._index_environment
        return Running(_command(args), args, self.place.root, environment, input)

    def stream(self, *args: str) -> Iterator[bytes]:
        """Yield the output of one git command in chunks; closing the iterator ends the process.

        Goes through GitPython, whose import costs more than a request may take: for the sleeping side only.
        """
        import git.cmd

        try:
            process = git.cmd.Git(str(self.place.root)).execute(_command(args), as_process=True, env=self._environment)
        except git.exc.GitCommandNotFound as error:
            raise git_is_missing() from error
        if process.proc is None:
            raise GitError("git did not start")
        patience = GitTimeouts(process.proc.pid, args, self.place.root)
        output = PatientPipe(process.stdout.fileno(), patience)
        complaint = bytearray()
        # git would stand still on a full error pipe while the reader waits for output.
        listener = Thread(target=drain, args=(process.stderr, complaint, STDERR_KEPT_BYTES), daemon=True)
        listener.start()
        done = False
        try:
            while True:
                output.wait()
                if not (chunk := process.stdout.read1(CHUNK_BYTES)):
                    break
                yield chunk
            done = True
        finally:
            if not done:
                kill_tree(process.proc)
            returncode = process.proc.wait()
            patience.close()
            listener.join(LAST_WORDS_S)
            process.stdout.close()
            if not listener.is_alive():
                process.stderr.close()
        GitOutcome(args, returncode, b"", bytes(complaint)).checked()

    def blobs(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """Yield (id, content) in the order asked, from one process; None for an object that is not in the clone."""
        for oid, kind, content in self.objects(oids):
            yield oid, content if kind == "blob" else None

    def objects(self, oids: Iterable[str]) -> Iterator[tuple[str, str, bytes]]:
        """Yield (id, kind, content) in the order asked; the kind is empty for what is missing or cannot be read.

        git ends at an object that is damaged; the rest is asked of another process.
        """
        asked = iter(oids)
        waiting = deque(islice(asked, BLOBS_ASKED_AHEAD))
        damaged = 0
        while waiting:
            before = len(waiting)
            for oid, kind, content in self._objects_until_failure(waiting, asked):
                yield oid, kind, content
                damaged = 0
            if waiting:
                damaged += 1
                if damaged > MOST_DAMAGED:
                    raise GitError("git stops while it reads objects", "run `git fsck` in the repository")
                yield waiting.popleft(), "", b""
            elif before:
                waiting.extend(islice(asked, BLOBS_ASKED_AHEAD))

    def _objects_until_failure(self, waiting: deque[str], asked: Iterator[str]) -> Iterator[tuple[str, str, bytes]]:
        """Yield objects from one process, and take them off those that wait; stop where the process stops."""
        args = ("cat-file", "--batch")
        process = start(_command(args), self.place.root, self._objects_environment)
        stdin, pipe = process.stdin, process.stdout
        if stdin is None or pipe is None:
            raise GitError("git cannot be started to read objects")
        patience = GitTimeouts(process.pid, args, self.place.root)
        stdout = io.BufferedReader(PatientPipe(pipe.fileno(), patience), OBJECTS_BUFFER_BYTES)
        done = False
        try:
            while waiting:
                stdin.write("".join(f"{_object_id(oid)}\n" for oid in waiting).encode())
                stdin.flush()
                while waiting:
                    kind, content = _read_object(stdout)
                    yield waiting.popleft(), kind, content
                waiting.extend(islice(asked, BLOBS_ASKED_AHEAD))
            done = True
        except (BrokenPipeError, _Ended):
            pass
        finally:
            if done:
                process.communicate()
            else:
                end_process(process)
            patience.close()

    def resolve(self, revision: str) -> str:
        """Return the id of the commit that a revision names."""
        unknown = UnknownRevision(f"git knows no commit {revision!r} here", "name a branch, a tag or a commit id")
        if revision == "HEAD":  # nobody need have written that
            unknown = UnknownRevision("the branch that is checked out has no commit yet", "make a commit first")
        if not revision or revision.startswith("-") or "\0" in revision:
            raise unknown
        try:
            os.fsencode(revision)
        except UnicodeEncodeError as error:
            raise unknown from error
        found = self.try_run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        oid = found.output.decode("ascii", "replace").strip()
        if found.returncode or not OBJECT_ID.match(oid):
            raise (find_old_git() if found.returncode > 1 else None) or unknown
        return oid


def _refuse_pipes(root: Path, git_dir: Path) -> None:
    """Raise where git would wait for a named pipe for ever."""
    in_git = (folder / name for folder in dict.fromkeys((git_dir, _find_common_dir(git_dir))) for name in READ_FIRST)
    for path in (*in_git, *(root / name for name in (".gitignore", ".gitattributes", ".gitmodules", ".mailmap"))):
        if path.is_fifo():
            raise RepositoryError(f"{path} is a named pipe, and git would wait for it for ever", "Remove the pipe.")


class Discovery:
    """git at saying how a repository stands; as a context it is ended on the way out."""

    _asked = ("rev-parse", "--is-bare-repository", "--show-object-format", "HEAD")

    def __init__(self, root: Path, git_dir: Path) -> None:
        _refuse_pipes(root, git_dir)
        self._root = root
        self._git_dir = git_dir
        self._running = Running(_command(self._asked), self._asked, root, Git.environment(), None)

    def __enter__(self) -> Discovery:
        return self

    def __exit__(self, *_: object) -> None:
        self._running.end()

    def place(self) -> RepositoryPlace:
        """Wait for what git says, once. RepositoryError, GitError."""
        root, git_dir, outcome = self._root, self._git_dir, self._running.outcome()
        lines = outcome.output.decode("ascii", "replace").split()
        if len(lines) < 3:
            reason = outcome.reason
            advice = "run `git status` there to see what git reports"
            if "dubious ownership" in reason:
                advice = f"if you trust its owner: git config --global --add safe.directory {root}"
            raise find_old_git() or RepositoryError(f"git cannot open {root}: {reason}", advice)
        if lines[1] not in {"sha1", "sha256"}:  # git repeats what it does not know
            raise find_old_git() or GitError("this git does not know --show-object-format", "install git again")
        bare = lines[0] == "true"
        common_dir = _find_common_dir(git_dir)
        return RepositoryPlace(
            root=git_dir if bare else root,
            git_dir=git_dir,
            common_dir=common_dir,
            bare=bare,
            head=lines[2] if OBJECT_ID.match(lines[2]) else None,
            state=read_state(git_dir),
            shallow=(common_dir / "shallow").exists(),
            partial=any((common_dir / "objects" / "pack").glob("*.promisor")),
            object_format=lines[1],
        )


def _find_git_dir(folder: Path) -> Path | None:
    """Return the git directory that `folder/.git` is or points at."""
    dot_git = folder / ".git"
    if dot_git.is_dir():
        return dot_git if _is_git_dir(dot_git) else None
    if not dot_git.is_file():
        return None
    try:
        text = os.fsdecode(dot_git.read_bytes())
    except OSError as error:
        raise RepositoryError(f"cannot read {dot_git}: {error.strerror}") from error
    pointed = (folder / text.removeprefix("gitdir:").strip()).resolve()
    if not text.startswith("gitdir:") or not _is_git_dir(pointed):
        raise RepositoryError(
            f"{dot_git} does not point to a git repository",
            "run `git worktree repair`, or remove the file if nothing uses it",
        )
    return pointed


def _is_git_dir(folder: Path) -> bool:
    """Tell whether git would take a folder for a git directory, by git's own three signs."""
    head = folder / "HEAD"
    if not (head.is_symlink() or head.is_file() or head.is_fifo()):
        return False
    common_dir = _find_common_dir(folder)
    return (common_dir / "objects").is_dir() and (common_dir / "refs").is_dir()


def _find_common_dir(git_dir: Path) -> Path:
    if (git_dir / "commondir").is_fifo():
        raise RepositoryError(f"{git_dir / 'commondir'} is a named pipe, and would be waited for", "Remove the pipe.")
    try:
        return (git_dir / os.fsdecode((git_dir / "commondir").read_bytes()).strip()).resolve()
    except (FileNotFoundError, NotADirectoryError):
        return git_dir


def read_state(git_dir: Path) -> State:
    """Say what git is in the middle of, by the files it keeps meanwhile."""
    signs: tuple[tuple[str, State], ...] = (
        ("rebase-merge", "rebase"),
        ("rebase-apply/applying", "am"),
        ("rebase-apply", "rebase"),
        ("MERGE_HEAD", "merge"),
        ("CHERRY_PICK_HEAD", "cherry-pick"),
        ("REVERT_HEAD", "revert"),
        ("BISECT_LOG", "bisect"),
    )
    return next((state for sign, state in signs if (git_dir / sign).exists()), "clean")


def _command(args: Sequence[str]) -> list[str]:
    """Put the safe flags before the command, and the safe diff flags behind a command that makes diffs."""
    words = list(args)
    at = 0
    while at + 2 < len(words) and words[at] == "-c":
        at += 2
    if words[at] in DIFFING:
        words[at + 1 : at + 1] = SAFE_DIFF
    return ["git", *SAFE_FLAGS, *words]


def _object_id(oid: str) -> str:
    if not OBJECT_ID.match(oid):
        raise GitError(f"{oid!r} is not an object id")
    return oid


class _Ended(Exception):
    """git gave no whole answer: it has ended."""


def _read_object(pipe: IO[bytes]) -> tuple[str, bytes]:
    """Read one answer of `cat-file --batch`: a header line, the content, a line feed."""
    header = pipe.readline().split()
    if header[1:] == [b"missing"]:
        return "", b""
    if len(header) != 3:
        raise _Ended
    size = int(header[2])
    content = pipe.read(size + 1)
    if len(content) != size + 1:
        raise _Ended
    return header[1].decode("ascii"), content[:-1]
