"""`noctule watch`: keep the index of a repository up to date, and do slower work when the machine is idle."""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Protocol

from noctule.indexer.printable import printable_line
from noctule.lsp_server.cli.arguments import add_command, add_log, add_no_service, add_path, positive_number, start_log
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.interrupt import act_on_signals
from noctule.lsp_server.cli.target import open_repository
from noctule.lsp_server.cli.terminal import Terminal
from noctule.lsp_server.cli.workspace import find_workspace, refuse_workspace
from noctule.lsp_server.text.numbers import count, duration

if TYPE_CHECKING:
    from noctule.indexer.background.events import Event
    from noctule.lsp_server.cli.arguments import Commands
    from noctule.lsp_server.cli.watched_repositories import WatchedRepositories

    Heard = tuple[str, Event] | int

_DESCRIPTION = """\
Run in the foreground: index files as you save them, and do slower work when the machine is idle. Ctrl-C stops it.
In a folder of several repositories, each of them is watched. docs/settings.md has the limits."""
LOOK_AGAIN_S = 5.0
"""So often it is looked which repositories a folder holds."""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "watch", run, "keep the index up to date while you work", _DESCRIPTION)
    add_path(parser)
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--quiet", action="store_true", help="print errors only")
    output.add_argument("--json", action="store_true", help="print each event as one line of JSON")
    output.add_argument("--detach", action="store_true", help="run in the background, and return at once")
    output.add_argument("--stop", action="store_true", help="end the process that --detach has started here")
    add_log(parser)
    add_no_service(parser, answers=True)
    parser.add_argument(
        "--parent",
        metavar="PID",
        type=positive_number,
        help="exit when this process ends; for programs that start noctule",
    )
    for option in ("--log", "--no-service", "--parent"):
        parser.exclude("--stop", option)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Watch until interrupted, or until the repository is gone."""
    from noctule.indexer.errors import RepositoryError
    from noctule.indexer.files.nested import is_repository
    from noctule.lsp_server.cli.watched_repositories import WatchedRepositories
    from noctule.lsp_server.settings import Settings

    folder, members = find_workspace(args)
    if args.detach or args.stop:
        if not is_repository(folder):
            refuse_workspace("--stop" if args.stop else "--detach", folder, members)
        return _run_detached(args, terminal)
    start_log(args)
    alone = None if members else open_repository(args)
    settings = Settings.load()
    if args.parent is not None and not _follow_parent(args.parent):
        terminal.complain(f"there is no process {args.parent}", "give --parent the id of a process that runs")
        return Exit.BAD_INPUT
    events: SimpleQueue[Heard] = SimpleQueue()
    act_on_signals((signal.SIGTERM, signal.SIGHUP), events.put)
    watched = WatchedRepositories(settings, events.put, serves=settings.service.enabled and not args.no_service)
    face = _face(args, terminal)
    try:
        if alone is not None:
            watched.begin("", alone)
            number = _tell_events(events, watched, face)
        else:
            watched.follow(members, terminal.remark)
            if not watched.roots:
                raise RepositoryError("no repository of this folder can be opened", "name one of them")
            look = partial(_look_again, args, watched, partial(_remark, face, terminal))
            number = _tell_events(events, watched, face, folder.resolve(), look)
    finally:
        face.close()
        watched.close()
    if number is not None:
        return 128 + number
    if watched.failures:
        raise watched.failures[0]
    return Exit.OK


def _follow_parent(parent: int) -> bool:
    """Have this process end with another one; False where there is none of that id."""
    import psutil

    from noctule.indexer.runtime.parent_watch import exit_with_parent

    if not psutil.pid_exists(parent):
        return False
    exit_with_parent(parent)
    return True


def _tell_events(
    events: SimpleQueue[Heard],
    watched: WatchedRepositories,
    face: WatchView,
    folder: Path | None = None,
    look: Callable[[], None] = lambda: None,
) -> int | None:
    """Print events until nothing is watched any more, or until a signal, whose number is returned.

    Of a folder, have it looked at now and then, and what changes together across its repositories learned.
    """
    from noctule.lsp_server.joint_learner import JointLearner

    joint = JointLearner()
    look_at = math.inf if folder is None else time.monotonic() + LOOK_AGAIN_S
    while watched.roots:
        heard = _hear(events, look_at)
        if isinstance(heard, int):
            return heard
        if heard is None:
            look()
            look_at = time.monotonic() + LOOK_AGAIN_S
            continue
        (name, event), roots = heard, watched.roots
        if event.event == "ended":
            watched.note_end(name)
        elif not (folder is None and watched.has_failed(name) and not isinstance(face, JsonLines)):
            face.show(event, name)  # else it is raised in a moment, and said once
        if folder is not None and name in roots:
            joint.hear(event, roots[name], folder, roots)
    return None


def _hear(events: SimpleQueue[Heard], until: float) -> Heard | None:
    """Wait for an event or a signal, up to a moment (monotonic)."""
    try:
        return events.get(timeout=None if until == math.inf else max(0.0, until - time.monotonic()))
    except Empty:
        return None


def _look_again(args: argparse.Namespace, watched: WatchedRepositories, remark: Callable[[str], None]) -> None:
    """Watch the repositories that the folder holds by now; where that cannot be told, the same as before."""
    from noctule.indexer.errors import NoctuleError

    with contextlib.suppress(NoctuleError, OSError):
        if members := find_workspace(args)[1]:
            watched.follow(members, remark)


def _remark(face: WatchView, terminal: Terminal, text: str) -> None:
    face.close()
    terminal.remark(text)


def _run_detached(args: argparse.Namespace, terminal: Terminal) -> int:
    """Start or end a process in the background, and say which."""
    from noctule.lsp_server.cli import detached
    from noctule.lsp_server.settings import Settings

    repository = open_repository(args)
    if args.stop:
        process = detached.stop(repository)
        said = "no `noctule watch` runs in the background here" if process is None else f"process {process} has ended"
    elif (process := detached.find(repository)) is not None:
        said = f"process {process} watches in the background already"
    else:
        Settings.load()  # what is wrong with them is said here
        options = ["--no-service"] * args.no_service
        options += [f"--log={Path(args.log).absolute()}"] if args.log is not None else []
        options += [f"--parent={args.parent}"] if args.parent is not None else []
        said = f"process {detached.start(repository, options)} watches in the background; --stop ends it"
    terminal.write_line(printable_line(f"{repository.root}: {said}"))
    return Exit.OK


class WatchView(Protocol):
    """One way to tell of events."""

    def show(self, event: Event, name: str = "") -> None:
        """Tell of an event; `name` is the repository's in a workspace."""

    def close(self) -> None:
        """Leave the terminal as it was."""


def _face(args: argparse.Namespace, terminal: Terminal) -> WatchView:
    if args.quiet:
        return Complaints(terminal)
    if args.json:
        return JsonLines(terminal)
    return StatusLine(terminal) if terminal.err_is_interactive else WatchLines(terminal)


class Complaints:
    """Errors only."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def show(self, event: Event, name: str = "") -> None:
        """Say what failed."""
        if event.event == "failed":
            self._terminal.complain(_name(name, event.text))

    def close(self) -> None:
        """Leave nothing."""


class JsonLines(Complaints):
    """One JSON document a line, for programs."""

    def show(self, event: Event, name: str = "") -> None:
        """Print the event."""
        told = {"repository": name, **event.to_json()} if name else event.to_json()
        self._terminal.write_line(json.dumps(told, ensure_ascii=True, allow_nan=False))


class WatchLines(Complaints):
    """Plain lines, for a pipe or a log; how far a longer work is would be too many."""

    def show(self, event: Event, name: str = "") -> None:
        """Print the event."""
        if event.event != "progress":
            self._terminal.write_line(printable_line(_name(name, sentence(event))))


class StatusLine:
    """One line that is redrawn in place, for a person."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._state = "starting"
        self._fresh = ""

    def show(self, event: Event, name: str = "") -> None:
        """Redraw the line; what failed stays above it."""
        match event.event:
            case "failed":
                self.close()
                self._terminal.complain(_name(name, event.text))
            case "fresh":
                self._fresh = _name(name, sentence(event))
            case _:
                self._state = _name(name, sentence(event))
        self._terminal.redraw(" · ".join(filter(None, [self._state, self._fresh])))

    def close(self) -> None:
        """Remove the line."""
        self._terminal.redraw("")


def _name(name: str, said: str) -> str:
    return f"{name}: {said}" if name else said


def sentence(event: Event) -> str:
    """Return an event in words."""
    if event.event == "fresh":
        took = f" {duration(event.ms / 1000)} after the change" if event.ms is not None else ""
        read = f", {count(event.files, 'file')} read" if event.files else ""
        return f"up to date{took}{read}"
    return event.text
