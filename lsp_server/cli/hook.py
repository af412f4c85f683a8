"""`noctule hook`: what the hooks of a coding agent call. Whatever goes wrong, it says nothing and ends with 0."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.arguments import add_command, add_no_service, seconds
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.target import CommandSite
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
The hooks of a coding agent call this. It reads an event from standard input, and prints context at the start of a task,
and after an edit the files that usually change with it. If something fails or takes too long, it prints nothing.
`noctule install` writes the configuration."""

WITHIN_S = 0.8
LARGEST_INPUT = 8 << 20


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "hook", run, "called by the hooks of a coding agent", _DESCRIPTION)
    parser.add_argument("client", metavar="CLIENT", choices=("claude-code",), help="the agent: claude-code")
    parser.add_argument(
        "--within",
        metavar="SECONDS",
        type=seconds,
        default=WITHIN_S,
        help=f"print nothing if it takes longer (default: {WITHIN_S})",
    )
    add_no_service(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Answer one event. An exit code of 2 would stop the agent, and any other but 0 would show its user an error."""
    site = CommandSite.of(args)
    if site.opened is not None:
        _answer(site.given or b"", site, terminal)
        return Exit.OK
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, lambda *_: os._exit(Exit.OK))
        signal.setitimer(signal.ITIMER_REAL, args.within)
    try:
        _answer(sys.stdin.buffer.read(LARGEST_INPUT) if sys.stdin is not None else b"", site, terminal)
    except Exception as error:  # noqa: BLE001 - the outermost loop: a hook that fails would fail the agent
        from noctule.indexer.errors import find_shortage

        if shortage := find_shortage(error):
            terminal.complain(shortage)  # for the agent's log; nobody is stopped by it
    return Exit.OK


def _answer(said: bytes, site: CommandSite, terminal: Terminal) -> None:
    """Answer an event, or say nothing. NoctuleError, ValueError, KeyError, OSError."""
    from noctule.lsp_server.hooks import claude_code

    answer = claude_code.answer(said, site.open)
    if site.opened is None and hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)  # an answer is never cut off in the middle
    if answer is not None:
        terminal.write_json(answer)
        site.do_later(answer.record_serving)
