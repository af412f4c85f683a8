"""`noctule hook`: called by the hooks of a coding agent. On any failure it prints no answer and exits with 0."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, TextIO

from noctule.lsp_server.cli.arguments import add_command, add_no_service, seconds
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.target import CommandSite
from noctule.lsp_server.cli.terminal import Terminal
from noctule.lsp_server.hooks.names import AGENTS

if TYPE_CHECKING:
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
The hooks of a coding agent call this. It reads an event from standard input, and prints context for a prompt that is a
task, and after an edit the files that usually change with it. If something fails or takes too long, it prints nothing.
`noctule install` writes the configuration."""

WITHIN_S = 0.8
LARGEST_INPUT = 8 << 20
LOOKED_S = 0.5


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "hook", run, "called by the hooks of a coding agent", _DESCRIPTION)
    parser.refusal = Exit.OK  # any other would stop the agent, or show its user an error
    parser.add_argument("client", metavar="CLIENT", choices=AGENTS, help=f"the agent: {', '.join(AGENTS)}")
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
        _answer(args.client, site.given or b"", site, terminal)
        return Exit.OK
    if sys.stdin is not None and sys.stdin.isatty():
        terminal.remark(f"Waiting for an event of {args.client} as JSON on standard input; Ctrl-D ends it.")
        _await_line(sys.stdin)
    elif hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, lambda *_: os._exit(Exit.OK))
        signal.setitimer(signal.ITIMER_REAL, args.within)
    try:
        said = sys.stdin.buffer.read(LARGEST_INPUT) if sys.stdin is not None else b""
        _answer(args.client, said, site, terminal)
    except Exception as error:  # noqa: BLE001 - the outermost loop: a hook that fails would fail the agent
        from noctule.indexer.errors import find_shortage

        if shortage := find_shortage(error):
            terminal.complain(shortage)  # for the agent's log; nobody is stopped by it
    return Exit.OK


def _await_line(typed: TextIO) -> None:
    """Wait in steps: an interrupt that comes just before a read is heard only after it."""
    if sys.platform != "win32":
        import select

        while not select.select([typed], [], [], LOOKED_S)[0]:
            pass


def _answer(client: str, said: bytes, site: CommandSite, terminal: Terminal) -> None:
    """Answer an event, or say nothing. NoctuleError, ValueError, KeyError, TypeError, AttributeError, OSError."""
    from noctule.lsp_server.hooks.adapters import ADAPTERS
    from noctule.lsp_server.hooks.answer import answer

    adapter = ADAPTERS[client]
    event = adapter.read(json.loads(said))
    answered = answer(event, site.open) if event is not None else None
    if site.opened is None and hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)  # an answer is never cut off in the middle
    if event is not None and answered is not None and answered.text:
        terminal.write_line(json.dumps(adapter.write(event.name, answered.text)))
    elif adapter.silence:
        terminal.write_line(adapter.silence)
    for work in answered.later if answered is not None else ():
        site.do_later(work)
