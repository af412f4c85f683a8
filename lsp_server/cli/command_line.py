"""The command line as a whole: which commands there are, and those that other packages add. Runs nothing."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from noctule import __version__
from noctule.lsp_server.cli import (
    context,
    doctor,
    forget,
    hook,
    install,
    lsp,
    mcp,
    notes,
    pause,
    predict,
    resume,
    sleep,
    status,
    watch,
)
from noctule.lsp_server.cli.arguments import Parser, Run
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal

_DESCRIPTION = """\
Learns a git repository while nobody asks, and answers a coding task in milliseconds within a token budget.
Works offline; writes nothing into the repository."""

_EPILOG = """\
examples:
  noctule sleep                                      learn the repository of the current directory
  noctule context --task "login fails with a colon"  what an agent should read for this task, in 500 tokens
  noctule context --task-file issue.md --json        the same for a program
  noctule notes src/session.py                       what reading that file alone cannot show
  noctule predict --given src/session.py             what the next change is likely to touch
  noctule eval history --last 100                    what it would have found for the last 100 commits

docs/cli.md documents every option, exit code and message."""


COMMANDS = "noctule.commands"
"""The entry-point group in which another package adds a command: its name, and a function like each `declare`."""


def command_line(argv: Sequence[str] = ()) -> Parser:
    """Return the parser of the whole command line, with the command that `argv` asks for if a package adds it."""
    parser = Parser(prog="noctule", description=_DESCRIPTION, epilog=_EPILOG)
    parser.add_argument("--version", action="version", version=f"noctule {__version__}")
    parser.set_defaults(run=_help_of(parser))
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    asking = (context, notes, predict, status)
    for command in (sleep, watch, lsp, mcp, install, hook, *asking, doctor, pause, resume, forget):
        command.declare(commands)
    asked = next((word for word in argv if not word.startswith("-")), None)
    if asked is not None and asked not in commands.choices:
        from importlib.metadata import entry_points  # 20 ms that no built-in command needs

        for entry in entry_points(group=COMMANDS, name=asked):
            entry.load()(commands)
    return parser


def _help_of(parser: argparse.ArgumentParser) -> Run:
    def show_help(args: argparse.Namespace, terminal: Terminal) -> int:  # noqa: ARG001 - as every command is called
        terminal.write(parser.format_help())
        return Exit.OK

    return show_help
