"""Whether noctule finds what it needs: programs, folders, limits, settings. Looks, and changes nothing.

A fault keeps something from working and comes with a fix; a remark is worth knowing.
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from noctule import __version__
from noctule.indexer.errors import NoctuleError
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.git_process import LEAST_GIT, LEAST_GIT_TEXT
from noctule.indexer.llm.key import VARIABLE as KEY_VARIABLE
from noctule.indexer.llm.key import Key
from noctule.indexer.reports import Check
from noctule.indexer.runtime.activity import OFF, activity
from noctule.indexer.runtime.leader import LeaderLock
from noctule.indexer.runtime.machine import PRESSURE
from noctule.indexer.runtime.pause import pause_text
from noctule.indexer.store.connection import KIND, SUSPECT
from noctule.indexer.store.location import cache_folder
from noctule.indexer.think.wiring import make_spending_limit
from noctule.indexer.watch.mounts import find_mount, find_mounts, read_table
from noctule.lsp_server.doctor.clients import check_clients
from noctule.lsp_server.doctor.resources import inotify_limit
from noctule.lsp_server.install.places import UserPlaces
from noctule.lsp_server.settings import BadSettings, Settings
from noctule.lsp_server.settings_sources import settings_file
from noctule.lsp_server.text.numbers import count, duration, size
from noctule.lsp_server.workspaces import find_chosen_members

if TYPE_CHECKING:
    from noctule.indexer.serve.repository import Repository

LEAST_SQLITE = (3, 24)  # upserts
LEAST_ROOM_BYTES = 500_000_000
LEAST_WATCHES = 8192  # what kernels before 5.11 allow, and an editor beside noctule soon uses up
_GIT_TAKES_S = 20.0
_COMMITS_READ = 1000
_INSTALL_GIT = f"install git {LEAST_GIT_TEXT} or later"
_HEADER = b"SQLite format 3\0"


def checks(
    repository: Repository | None,
    settings: Settings,
    problem: NoctuleError | None,
    bad_settings: BadSettings | None,
) -> tuple[Check, ...]:
    """Check everything; `problem` is why there is no repository, `bad_settings` why the defaults are used."""
    return (
        _noctule(),
        _git(),
        _repository(repository, problem),
        _settings(bad_settings),
        _cache(),
        *_store(repository),
        _sqlite(),
        _grammars(),
        _events(),
        _sleeper(repository),
        _signals(),
        _model(repository, settings),
        check_clients(UserPlaces.here()),
    )


def _noctule() -> Check:
    where = f"{platform.system()} {platform.machine()}"
    return Check("noctule", "ok", f"{__version__} on Python {platform.python_version()}, {where}", "")


def _git() -> Check:
    try:
        ran = subprocess.run(
            ["git", "--version"],
            env=Git.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_TAKES_S,
            check=False,
        )
    except OSError as error:
        return Check("git", "fault", f"git cannot be started: {error.strerror}", _INSTALL_GIT)
    except subprocess.TimeoutExpired:
        return Check("git", "fault", f"`git --version` takes longer than {_GIT_TAKES_S:.0f} s", "reinstall git")
    told = ran.stdout.decode("ascii", "replace").strip()
    found = re.search(r"(\d+)\.(\d+)(\S*)", told)
    if found is None:
        return Check("git", "fault", f"`git --version` prints {told!r}", _INSTALL_GIT)
    if (int(found[1]), int(found[2])) < LEAST_GIT:
        return Check("git", "fault", f"{found[0]} is too old", _INSTALL_GIT)
    return Check("git", "ok", found[0], "")


def _model(repository: Repository | None, settings: Settings) -> Check:
    """Look at what is named and installed; nobody is asked whether it answers."""
    choice = settings.model
    if not choice.named:
        return Check("model", "ok", "none (optional)", "")
    if find_spec("litellm") is None:
        what = f"{choice.think} is configured, but the package that calls models is not installed"
        return Check("model", "fault", what, "run: pip install 'noctule[models]'")
    where = f" at {choice.address}" if choice.address else ""
    keys = f"; key from {KEY_VARIABLE}" if Key.of_environment() else ""
    told = f"{choice.think}{where}, by litellm {version('litellm')}{keys}"
    if repository is not None:
        left = make_spending_limit(repository, choice, settings.limits).left()
        if left.tokens <= 0 or left.dollars <= 0:
            return Check(
                "model", "remark", f"{told}; today's budget is used up", "docs/models.md explains how to allow more"
            )
    return Check("model", "ok", told, "")


def _repository(repository: Repository | None, problem: NoctuleError | None) -> Check:
    if repository is None:
        what = str(problem) if problem is not None else "not checked"
        return Check("repository", "fault", what, problem.advice if problem is not None else "")
    place = repository.place
    if place is None:
        if members := find_chosen_members(repository.root):
            what = f"{repository.root} holds {count(len(members), 'repository')}; each is checked by itself"
            return Check("repository", "remark", what, f"run: noctule doctor {shlex.quote(members[0].root)}")
        return Check("repository", "remark", f"{repository.root} is a plain folder without history", "")
    gaps = [what for what, holds in (("shallow", place.shallow), ("partial", place.partial)) if holds]
    if gaps:
        fix = "git fetch --unshallow" if place.shallow else ""
        return Check(
            "repository", "remark", f"{place.root} is a {' and '.join(gaps)} clone: history is incomplete", fix
        )
    if place.head is not None and (why := _why_unread(place)):
        fix = "run `git fsck` in the repository to see what is missing"
        return Check("repository", "fault", f"git cannot read the latest commits of {place.root}: {why}", fix)
    return Check("repository", "ok", str(place.root), "")


def _why_unread(place: RepositoryPlace) -> str:
    """Say what hinders git from reading the latest commits, and the files of the last one; empty where nothing does."""
    asked = (("rev-list", "-n", str(_COMMITS_READ), "HEAD"), ("ls-tree", "HEAD"))
    try:
        failed = [ran for ran in (Git(place).try_run(*one) for one in asked) if ran.returncode]
    except NoctuleError as error:
        return str(error)
    return failed[0].reason if failed else ""


def _settings(bad: BadSettings | None) -> Check:
    if bad is not None:
        return Check("settings", "fault", str(bad), bad.advice)
    file = settings_file()
    return Check("settings", "ok", str(file) if file is not None else "defaults (no settings file)", "")


def _cache() -> Check:
    folder = Path(os.path.abspath(cache_folder()))  # noqa: PTH100 - a link is where the user has put it
    there = next(place for place in (folder, *folder.parents) if os.path.lexists(place))
    choose = "choose another folder with NOCTULE_CACHE_DIR"
    if not there.is_dir():
        return Check("cache folder", "fault", f"{there} is not a folder", choose)
    if not os.access(there, os.W_OK | os.X_OK):
        return Check("cache folder", "fault", f"{there} is not writable", f"change its permissions, or {choose}")
    real = os.path.realpath(there)
    mount = find_mount(real, find_mounts(real, read_table()))
    kind = f" on {mount.kind}" if mount is not None else ""
    if mount is not None and mount.is_shared:
        why = f"{folder} is{kind}: SQLite files cannot be shared there"
        return Check("cache folder", "fault", why, "choose a folder on a local disk with NOCTULE_CACHE_DIR")
    room = psutil.disk_usage(real).free
    if room < LEAST_ROOM_BYTES:
        return Check(
            "cache folder", "fault", f"{folder}{kind}: only {size(room)} free", f"free some space, or {choose}"
        )
    if mount is not None and mount.kind in ("tmpfs", "ramfs"):
        return Check("cache folder", "remark", f"{folder} is{kind}: it is lost at a restart", choose)
    return Check("cache folder", "ok", f"{folder}{kind}, {size(room)} free", "")


def _store(repository: Repository | None) -> Iterator[Check]:
    """Look at a store by the first bytes of its file: SQLite, once it opens it, may write beside it."""
    if repository is None:
        return
    file = repository.folder / "store.db"
    rebuild = "run `noctule sleep` to rebuild it"
    try:
        with file.open("rb") as opened:
            header = opened.read(100)
    except FileNotFoundError:
        yield Check("store", "ok", "nothing is indexed yet (run `noctule sleep`)", "")
        return
    except OSError as error:
        fix = f"change the permissions of {repository.folder}, or run `noctule forget`"
        yield Check("store", "fault", f"cannot read {file}: {error.strerror}", fix)
        return
    version = int.from_bytes(header[60:64], "big")  # https://www.sqlite.org/fileformat2.html: the user version
    if header[:16] != _HEADER or len(header) < 100:
        yield Check("store", "fault", f"{file} is damaged", rebuild)
    elif version > len(KIND.migrations()):
        fix = "upgrade noctule, or run `noctule forget` to start again"
        yield Check("store", "fault", f"{file} was written by a later version of noctule", fix)
    elif (repository.folder / SUSPECT).exists():
        yield Check("store", "fault", f"{file} is damaged", rebuild)
    else:
        yield Check("store", "ok", f"{file}, version {version}", "")


def _sqlite() -> Check:
    if sqlite3.sqlite_version_info < LEAST_SQLITE:
        fix = "use a Python with a later SQLite"
        return Check("SQLite", "fault", f"{sqlite3.sqlite_version} is older than 3.24", fix)
    return Check("SQLite", "ok", sqlite3.sqlite_version, "")


def _grammars() -> Check:
    from noctule.indexer.parse.languages import all_languages

    broken: list[str] = []
    for language in all_languages():
        try:
            language.grammar()
        except (ImportError, AttributeError, OSError, ValueError, TypeError, RuntimeError) as error:
            broken.append(f"{language.name} ({error})")
    if broken:
        return Check("grammars", "fault", f"cannot be loaded: {', '.join(broken)}", "install noctule again")
    return Check("grammars", "ok", f"{len(all_languages())} languages", "")


def _events() -> Check:
    watches, instances = inotify_limit("max_user_watches"), inotify_limit("max_user_instances")
    if watches is None or instances is None:
        if sys.platform == "linux":
            return Check("file events", "remark", "cannot read the limits of inotify", "")
        return Check("file events", "ok", f"from {platform.system()}", "")
    told = f"inotify: {watches:,} watches and {instances:,} instances per user"
    if watches < LEAST_WATCHES:
        return Check("file events", "remark", told, "sudo sysctl fs.inotify.max_user_watches=65536")
    return Check("file events", "ok", told, "")


def _sleeper(repository: Repository | None) -> Check:
    if repository is None:
        return Check("background", "ok", "not checked", "")
    pause = pause_text(repository.folder)
    status = LeaderLock(repository.folder, repository.view_name).owner()
    if status is None:
        return Check("background", "ok", pause or OFF, "")
    doing = activity(status.state, status.job, status.held_by)
    what = f"process {status.pid}: {doing}, for {duration(max(time.time() - status.since, 1.0))}"
    writer = _writer(repository.folder)
    if writer is not None and writer not in status.pids:
        what += f"; process {writer} writes to the store"
    if status.failing:
        kind, why = next(iter(sorted(status.failing.items())))
        fix = "see `noctule status --queue`"
        return Check("background", "remark", f"{what}; {count(len(status.failing), 'job')} failed: {kind}: {why}", fix)
    return Check("background", "ok", what, "")


def _writer(folder: Path) -> int | None:
    """Return which process holds the lease, as Linux lists locks; taking it to find out would keep others from it."""
    try:
        inode = (folder / "sleeper.lock").stat().st_ino
        locks = Path("/proc/locks").read_text("ascii")
    except OSError:
        return None
    # proc(5): number, FLOCK, ADVISORY, WRITE, process, device:inode, start, end; who waits has an arrow.
    held = re.search(rf"^\d+: FLOCK +\S+ +WRITE +(\d+) +\S+:{inode} ", locks, re.MULTILINE)
    return int(held[1]) if held is not None else None


def _signals() -> Check:
    can = {
        "CPU": True,
        "disk": PRESSURE.exists() or hasattr(psutil.cpu_times(), "iowait"),
        "battery": getattr(psutil, "sensors_battery", lambda: None)() is not None,
    }
    seen = ", ".join(name for name, holds in can.items() if holds)
    missing = " or ".join(name for name, holds in can.items() if not holds)
    return Check("idle detection", "ok", f"{seen}{f' (no {missing} on this machine)' if missing else ''}", "")
