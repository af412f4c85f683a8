"""`noctule lsp`: serve an editor over standard input and output."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from noctule.indexer.defaults import DEBUG_VARIABLE
from noctule.lsp_server.cli.arguments import add_command, add_log, start_log
from noctule.lsp_server.cli.terminal import Terminal, need_streams

if TYPE_CHECKING:
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Run as a language server over standard input and output. Editors start it themselves (docs/lsp.md). It answers questions
about the repositories of the workspace, and keeps their index up to date."""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "lsp", run, "run as a language server, for editors", _DESCRIPTION)
    parser.add_argument("--stdio", action="store_true", help="ignored; some editors always pass it")
    add_log(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Serve until the editor leaves."""
    need_streams("an editor")
    import gc
    import logging
    import signal

    if sys.stdin.isatty():
        terminal.remark("Waiting for an editor to speak LSP on standard input; Ctrl-C ends it.")
    signal.signal(signal.SIGINT, lambda number, _frame: os._exit(128 + number))  # see the last line
    gc.disable()  # the types of the protocol are thousands of objects that all stay: looking through them takes 0.1 s
    from noctule.lsp_server.lsp.deferred_types import import_types

    import_types()
    from noctule.lsp_server import features
    from noctule.lsp_server.lsp.server import NoctuleServer
    from noctule.lsp_server.settings import Settings

    gc.enable()

    source, sink = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints is no message
    if not os.environ.get(DEBUG_VARIABLE):  # pygls logs what it is sent, and with it what is in the user's files
        logging.getLogger("pygls").addHandler(logging.NullHandler())
        logging.getLogger("pygls").propagate = False
    start_log(args)
    server = NoctuleServer(Settings.load())
    features.register(server)
    code = server.serve(source, sink)
    sys.stderr.flush()
    # The thread that reads is blocked in a read that nothing ends: an interpreter that waits for it would never end.
    os._exit(code)
