"""Answers the commands of other processes from the service of their repository. Knows no socket's other end.

A command is answered here only as its own process would answer it: for the same user, system, settings and version,
from files and an index that were looked at for it. In every other case, an error included, it is declined, and its own
process runs it.
"""

from __future__ import annotations

import argparse
import io
import os
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NoReturn

from noctule import __version__
from noctule.indexer.runtime.local_socket import (
    ANSWERED_WITHIN_S,
    environment_key,
    find_repository,
    identify,
    socket_path,
)
from noctule.indexer.runtime.log import Log
from noctule.indexer.runtime.messages import Decoder, Message, encode
from noctule.indexer.runtime.socket_server import SocketServer
from noctule.lsp_server.cli.arguments import Parser
from noctule.lsp_server.cli.command_line import command_line
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.service_client import ASKED, TOOL
from noctule.lsp_server.cli.target import CommandSite
from noctule.lsp_server.cli.terminal import Style, Terminal
from noctule.lsp_server.mcp import relay
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.serve.repository import Repository
    from noctule.lsp_server.loaded_view import LoadedView

log = Log(__name__)

MOST_WORKTREES = 2
"""So many other worktrees of the repository are kept loaded."""


@dataclass(frozen=True, slots=True)
class CommandRequest(Message):
    """A command as its process was started; `system` and `folder` tell / and the current directory from others.

    `near` lies in the repository that it is probably about; `given` is its input, each byte a character.
    """

    version: str
    environment: str
    system: tuple[int, ...]
    folder: tuple[int, ...]
    cwd: str
    near: str
    argv: tuple[str, ...]
    given: str | None
    out_style: tuple[Any, ...]
    err_style: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class CommandTaken(Message):
    """The command is being answered."""


@dataclass(frozen=True, slots=True)
class CommandAnswer(Message):
    """What the command prints before it ends with 0."""

    out: str
    err: str


@dataclass(frozen=True, slots=True)
class CommandDeclined(Message):
    """The command's own process has to run it."""

    why: str


class _NotHere(Exception):
    """This command is not answered here."""


class _Parser(Parser):
    """Reads arguments and prints nothing, whatever is wrong with them."""

    def error(self, message: str) -> NoReturn:
        """Leave it to the command's own process."""
        raise _NotHere(message)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:  # noqa: ARG002 - as argparse calls it
        """Leave it to the command's own process."""
        raise _NotHere("help")


_DECODER = Decoder(CommandRequest)


class CommandHost:
    """Listens for the commands of one repository while this process runs.

    `service` answers for the work tree `root`. Where there is none, and for other worktrees of the same repository,
    what is known is loaded at the first question, which is declined meanwhile. `on_asked` is called before each answer.
    """

    def __init__(
        self, root: Path, service: RepositoryService | None = None, on_asked: Callable[[], None] = lambda: None
    ) -> None:
        self._top, self._common_dir = find_repository(os.fspath(root))
        self._service = service
        self._owns = service is None
        self._on_asked = on_asked
        self._others: dict[str, RepositoryService] = {}
        self._lock = Lock()
        self._server = SocketServer(socket_path(self._common_dir), self._answer)
        self._server.start()

    @property
    def is_listening(self) -> bool:
        """Whether it is this process that answers."""
        return self._server.is_listening

    def close(self) -> None:
        """Answer no more."""
        self._server.close()
        with self._lock:
            own = [self._service] if self._owns and self._service is not None else []
            left, self._others = [*own, *self._others.values()], {}
        for service in left:
            service.close()

    def _answer(self, line: bytes) -> Iterator[bytes]:
        try:
            request = _read(line)
            args = _parse(request)
            service = self._service_at(request.near)
            if not service.opened.done():
                raise _NotHere("what is known is still being loaded")
            yield encode(CommandTaken())
            out, err = io.StringIO(), io.StringIO()
            terminal = Terminal(out, err, _style(request.out_style), _style(request.err_style))
            self._on_asked()
            site = service.ask_afresh(lambda view: _run(args, terminal, view, request)).result(ANSWERED_WITHIN_S)
            yield encode(CommandAnswer(out.getvalue(), err.getvalue()))
            for work in site.later:
                service.ask(lambda _view, work=work: work())  # type: ignore[misc] # bound as it is now
        except TooLate:
            yield encode(CommandDeclined("too late"))
        except Exception as error:  # noqa: BLE001 - the outermost loop of a question: its own process says what is wrong
            log.debug("declined", why=f"{type(error).__name__}: {error}")
            yield encode(CommandDeclined(type(error).__name__))

    def _service_at(self, near: str) -> RepositoryService:
        """Return the service of the work tree around a folder, if it is one of this repository's. _NotHere."""
        top, common_dir = find_repository(near)
        if common_dir != self._common_dir:
            raise _NotHere("another repository")
        with self._lock:
            if top == self._top:
                if self._service is None:
                    self._service = RepositoryService(Path(top), follows=False)
                return self._service
            service = self._others.pop(top, None) or RepositoryService(Path(top), follows=False)
            self._others[top] = service
            if len(self._others) > MOST_WORKTREES:
                self._others.pop(next(iter(self._others))).close()
            return service


def _style(told: tuple[Any, ...]) -> Style:
    width, coloured = told
    return width, coloured


def _read(line: bytes) -> CommandRequest:
    """Read a question, and refuse one that may be answered otherwise by its own process. _NotHere, ValueError."""
    request = _DECODER.decode(line)
    if (
        not isinstance(request, CommandRequest)
        or request.version != __version__
        or request.argv[0] not in {*ASKED, TOOL}
    ):
        raise _NotHere("another version")
    if request.environment != environment_key(settings=request.argv[0] == "status"):
        raise _NotHere("another environment")
    if (*identify("/"), *identify(request.cwd)) != (*request.system, *request.folder):
        raise _NotHere("another file system")
    return request


def _parse(request: CommandRequest) -> argparse.Namespace:
    """Read the command's arguments, as far as they ask for what is known and write nothing. _NotHere."""
    if request.argv[0] == TOOL:
        return argparse.Namespace()
    args = command_line(request.argv, _Parser).parse_args(request.argv)
    if any(getattr(args, name, None) is not None for name in ("at", "export", "bundle")):
        raise _NotHere("a revision, or a file that is written")
    return args


def _run(args: argparse.Namespace, terminal: Terminal, view: LoadedView, request: CommandRequest) -> CommandSite:
    """Run a command on a loaded view. _NotHere, and what the command raises."""

    def open_repository(path: Path, at: str | None) -> Repository:
        if at is not None or not path.is_dir() or Path(find_repository(os.fspath(path))[0]) != view.root:
            raise _NotHere("another repository")
        return view.repository

    given = request.given.encode("latin-1") if request.given is not None else None
    args.site = site = CommandSite(Path(request.cwd), given, open_repository)
    if request.argv[0] == TOOL:
        relay.answer(request.argv[1], given or b"", view, terminal, site)
        return site
    if int(args.run(args, terminal)) != Exit.OK:
        raise _NotHere("it failed")
    return site
