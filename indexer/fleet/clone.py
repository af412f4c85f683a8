"""Clones that a fleet keeps: made, brought up to date, and made anew where they are not sound.

This is the only place that fetches. git asks the user's own credential helpers and ssh, and never a person; hooks and
templates stay off, and no protocol that could start a program is allowed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from noctule.indexer.errors import GitError
from noctule.indexer.files.git import Git
from noctule.indexer.files.git_process import GitOutcome, git_is_missing
from noctule.indexer.fleet.sources import without_login

LONGEST_S = 4 * 3600.0
SETTINGS = {
    "core.hooksPath": os.devnull,
    "gc.auto": "0",  # a worker may be killed at any moment, and its clone is small work
    "maintenance.auto": "false",
    "http.lowSpeedLimit": "1000",  # a connection that stands still ends after a minute
    "http.lowSpeedTime": "60",
    "pack.threads": "1",
}
PROTOCOLS = "https:http:ssh:file"
PASSED_ON = ("GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_PROXY_COMMAND")
ALL_REFS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_KINDS = {
    "denied": r"authentication failed|permission denied|could not read (username|password)|prompts disabled|"
    r"host key verification|error: 40[13]|access denied|not allowed",
    "damaged": r"corrupt|bad object|missing (blob|tree|commit|object)|inflate|invalid sha1|unable to read|"
    r"did not send all|is empty|packfile|unresolved delta|bad signature|not a valid object",
    "absent": r"not found|does not exist|does not appear to be a git repository|error: 404|no such",
    "full": r"no space left|disk quota",
}
_ADVICE = {
    "denied": "set up a credential helper or an ssh key for this server (docs/organisation.md)",
    "damaged": "run `git fsck --full` in the source and restore what is missing",
    "absent": "check the address, and whether your account may read it",
    "full": "free some space, or choose another folder with NOCTULE_CACHE_DIR",
    "network": "check the network; the next run continues",
}


class CloneFailed(GitError):
    """git could not clone or fetch; `kind` is one of those of `noctule.indexer.fleet.retry`."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why, _ADVICE[kind])
        self.kind = kind


def clone_folder(place: str, clones: Path) -> Path:
    """Return where the clone of an address lies."""
    digest = hashlib.blake2b(without_login(place).encode(), digest_size=6).hexdigest()
    name = re.sub(r"[^\w.-]", "_", place.removesuffix("/").removesuffix(".git").rpartition("/")[2], flags=re.ASCII)
    return clones / f"{name.strip('.')[:40] or 'repository'}-{digest}.git"


def bring(place: str, clones: Path, depth: int = 0, *, fresh: bool = False) -> Path:
    """Clone an address, or bring its clone up to date; return the bare clone. CloneFailed.

    A clone without some of its history gets the rest unless a `depth` is asked for.
    """
    folder = clone_folder(place, clones)
    with _alone(folder):
        if fresh and folder.exists():
            shutil.rmtree(folder)
        if folder.exists():
            _fetch(folder, place, depth)
        else:
            _clone(folder, place, depth)
    return folder


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process clones or fetches there: two fleets may name the same repository."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with folder.with_name(f"{folder.name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _clone(folder: Path, place: str, depth: int) -> None:
    """Clone beside, so that a clone that was cut off is never taken for one."""
    begun = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(begun, ignore_errors=True)
    shallow = (f"--depth={depth}", "--no-single-branch") if depth else ()
    try:
        _run(folder.parent, "clone", "--quiet", "--bare", "--template=", *shallow, "--", place, str(begun))
        # Each fetch names its address: a password in one need not lie in a file.
        _run(begun, "config", "remote.origin.url", without_login(place))
        begun.rename(folder)
    finally:
        shutil.rmtree(begun, ignore_errors=True)


def _fetch(folder: Path, place: str, depth: int) -> None:
    """Fetch all branches and tags, and follow the server's default branch."""
    shallow: tuple[str, ...] = (f"--depth={depth}",) if depth else ()
    if not depth and (folder / "shallow").exists():
        shallow = ("--unshallow",)
    _run(folder, "fetch", "--quiet", "--prune", "--force", "--no-auto-gc", *shallow, "--", place, *ALL_REFS)
    told = _run(folder, "ls-remote", "--symref", "--", place, "HEAD").decode("utf-8", "replace")
    if found := re.match(r"ref: (refs/heads/\S+)\tHEAD", told):
        _run(folder, "symbolic-ref", "HEAD", found[1])


def _run(folder: Path, *args: str) -> bytes:
    """Run one git command that may use the network. CloneFailed."""
    settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment = Git.environment() | {"GIT_ALLOW_PROTOCOL": PROTOCOLS} | kept
    environment.setdefault("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
    try:
        ran = subprocess.run(
            ["git", *settings, *args],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LONGEST_S,
            check=False,
        )
    except FileNotFoundError as error:
        raise git_is_missing() from error
    except subprocess.TimeoutExpired as error:
        raise CloneFailed("network", f"git {args[0]} took more than {LONGEST_S / 3600:.0f} hours") from error
    if ran.returncode == 0:
        return ran.stdout
    outcome = GitOutcome(args, ran.returncode, ran.stdout, ran.stderr)
    said = ran.stderr.decode("utf-8", "replace").lower()
    kind = next((kind for kind, words in _KINDS.items() if re.search(words, said)), "network")
    raise CloneFailed(kind, f"git {args[0]} failed: {without_login(_find_reason(outcome))}")


def _find_reason(outcome: GitOutcome) -> str:
    """Return git's complaint; where ssh failed that says no more than this, and the line before it is ssh's own."""
    lines = [line.strip() for line in outcome.complaint.decode("utf-8", "replace").splitlines() if line.strip()]
    at = next((n for n, line in enumerate(lines) if "Could not read from remote repository" in line), 0)
    return lines[at - 1] if at else outcome.reason
