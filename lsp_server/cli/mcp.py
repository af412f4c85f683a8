"""`noctule mcp`: serve coding agents over the Model Context Protocol."""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.arguments import add_command, add_log, add_no_service, path, positive_number, start_log
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.interrupt import act_on_signals
from noctule.lsp_server.cli.terminal import Terminal, need_streams

if TYPE_CHECKING:
    from noctule.indexer.serve.repository import Repository
    from noctule.lsp_server.cli.arguments import Commands
    from noctule.lsp_server.mcp.address import Address
    from noctule.lsp_server.mcp.learner import Learner
    from noctule.lsp_server.mcp.roots import Places
    from noctule.lsp_server.mcp.workspace_learner import WorkspaceLearner

_DESCRIPTION = """\
Run as an MCP server for coding agents, over standard input and output or, with --http, on a port. It keeps the index of
the repository up to date. Agents start it themselves (docs/mcp.md)."""

TOKEN_VARIABLE = "NOCTULE_TOKEN"


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "mcp", run, "run as an MCP server, for coding agents", _DESCRIPTION)
    parser.add_argument(
        "--repo",
        metavar="PATH",
        type=path,
        help="the repository to serve (default: that of the current directory, else a root of the client)",
    )
    parser.add_argument(
        "--http",
        metavar="[HOST:]PORT",
        type=_address,
        help="serve HTTP at /mcp on this port instead (default HOST: 127.0.0.1)",
    )
    parser.add_argument(
        "--token-file",
        metavar="FILE",
        help=f"with --http: a file with the token that clients must send (default: {TOKEN_VARIABLE})",
    )
    parser.add_argument(
        "--no-sleep", action="store_true", help="only answer; another process keeps the index up to date"
    )
    add_no_service(parser, answers=True)
    add_log(parser)
    parser.add_argument(
        "--parent",
        metavar="PID",
        type=positive_number,
        help="exit when this process ends (default without --http: the process that started noctule)",
    )
    parser.need("--token-file", "--http")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Serve until the client is gone."""
    from noctule.indexer.errors import GitError, NotADirectory, RepositoryError
    from noctule.indexer.runtime.parent_watch import exit_with_parent
    from noctule.lsp_server.mcp.learner import Learner
    from noctule.lsp_server.mcp.roots import NoRepository, Places, find_repository, working_folder
    from noctule.lsp_server.settings import Settings
    from noctule.lsp_server.workspaces import find_chosen_members

    if args.http is None:
        need_streams("an agent")
    start_log(args)
    settings = Settings.load()
    address: Address | None = args.http
    if address is None and sys.stdin.isatty():
        terminal.remark("Waiting for an agent to speak MCP on standard input; Ctrl-C ends it.")
    token = _token(args.token_file, address) if address is not None else None
    here = Path(args.repo) if args.repo is not None else None, working_folder()
    members = find_chosen_members(here[0] or here[1])
    find: Callable[[], Repository | None] = lambda: None  # noqa: E731
    try:
        repository = find_repository(*here) if not members else None
    except (GitError, RepositoryError) as error:
        if address is not None or isinstance(error, NotADirectory):
            raise
        # A client hides what a process says that ends: each question is answered with what is wrong.
        repository, find = None, lambda: find_repository(*here)
    if repository is None and not members and address is not None:  # a client's roots may be on another machine
        raise NoRepository
    parent = args.parent or (os.getppid() if address is None else None)
    if parent is not None:
        exit_with_parent(parent)

    def open_learner(repository: Repository) -> Learner:
        serves = settings.service.enabled and not args.no_service
        return Learner(repository, settings, sleeps=not args.no_sleep, serves=serves)

    open_workspace = partial(_open_workspace, here[0] or here[1], open_learner)
    own = open_learner(repository) if repository is not None else open_workspace()
    places = Places(own, open_learner, lambda: open_workspace() or find())
    _end_on_signals(places, is_port=address is not None)
    try:
        if address is None:
            _serve_input(places)
        else:
            _serve_port(places, address, token, terminal)
    except* BrokenPipeError:
        pass  # the client is gone: nobody is left to tell
    finally:
        places.close()
    return Exit.OK


def _open_workspace(folder: Path, open_learner: Callable[[Repository], Learner]) -> WorkspaceLearner | None:
    """Open the repositories of a folder, and follow which there are; None where it is one repository, or holds none."""
    from noctule.lsp_server.workspaces import find_chosen_members

    if not find_chosen_members(folder):
        return None
    from noctule.lsp_server.mcp.workspace_learner import WorkspaceLearner

    return WorkspaceLearner(folder, partial(find_chosen_members, folder), open_learner)


def _serve_input(places: Places) -> None:
    from noctule.indexer.files.redaction import warm
    from noctule.lsp_server.mcp.learner import Learner
    from noctule.lsp_server.mcp.opening import OpeningSession, claim_input, claim_output
    from noctule.lsp_server.mcp.roots import LEARN_AFTER_S, WARM_AFTER_S

    lines, learner = claim_input(), places.own
    sent: Sequence[str] | None = ()
    if isinstance(learner, Learner):
        soon = [threading.Timer(LEARN_AFTER_S, places.learn), threading.Timer(WARM_AFTER_S, warm)]
        for timer in soon:
            timer.daemon = True
            timer.start()
        with claim_output() as wire:
            sent = OpeningSession(learner, wire).serve(lines)
        for timer in soon:
            timer.cancel()
    if sent is not None:
        with _loading_sdk():
            from noctule.lsp_server.mcp import transports

        transports.over_stdio(places, lines, sent)


def _serve_port(places: Places, address: Address, token: str | None, terminal: Terminal) -> None:
    with _loading_sdk():
        from noctule.lsp_server.mcp import transports

    transports.over_http(places, address, token, lambda url: terminal.remark(f"noctule listens at {url}"))


@contextlib.contextmanager
def _loading_sdk() -> Iterator[None]:
    from noctule.lsp_server.mcp.lazy_imports import deferred_models, hollow

    hollow("mcp", "mcp.server")
    gc.disable()  # the SDK defines its models when it is imported: a quarter of that time went into collecting nothing
    with deferred_models():
        yield
    gc.enable()
    gc.freeze()  # nor look through them at each later collection


def _end_on_signals(places: Places, *, is_port: bool) -> None:
    def end(number: int) -> None:
        places.end_sleep()  # it has children; a loaded view ends with the process
        os._exit(128 + number)  # a thread that waits for the client's next line would wait on

    ends = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    if not is_port:
        act_on_signals(ends, end)
        return
    for number in ends:  # the web server takes the first one, and hands it on once it has said goodbye
        signal.signal(number, lambda number, _: end(number))


def _address(text: str) -> Address:
    from noctule.lsp_server.mcp.address import Address

    try:
        return Address.of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _token(file: str | None, address: Address) -> str | None:
    """Return the token from its file or the environment; beyond this machine there has to be one. BadSettings."""
    from noctule.lsp_server.settings import BadSettings

    token = os.environ.get(TOKEN_VARIABLE) or None
    where = f"the environment variable {TOKEN_VARIABLE}"
    if file is not None:
        where = file
        try:
            token = Path(file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadSettings(f"cannot read the token from {file}: {error}", "name a readable file") from error
    if token is None:
        if address.is_loopback:
            return None
        raise BadSettings(f"{address.host} is open to other machines and needs a token", "pass --token-file FILE")
    if not re.fullmatch(r"[A-Za-z0-9._~+/=-]{16,512}", token):
        raise BadSettings(
            f"the token in {where} is not valid",
            "use 16 to 512 letters, digits and -._~+/=; `openssl rand -hex 32` makes one",
        )
    return token
