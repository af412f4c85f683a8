"""The command line as a whole: which commands there are, and what `noctule --help` shows. Runs nothing."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from noctule import __version__
from noctule.lsp_server.cli.arguments import Parser, add_command
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Noctule indexes a git repository in the background. Give it a task and it lists the files and functions to open, why,
and what usually changes with them, in as few tokens as you allow. It works offline and writes nothing into the
repository."""

_EPILOG = """\
examples:
  noctule sleep                         index the repository of this directory
  noctule context 'fix the login'       where to look, in at most 1,500 tokens
  noctule context --task-file issue.md --json
                                        the same for a program
  noctule notes src/session.py          what reading that file does not show
  noctule predict src/session.py        what probably changes with that file
  noctule review main                   what this branch forgot, and its tests
  noctule eval history --last 100       compare with grep on past commits

'noctule help COMMAND' explains a command; docs/cli.md has all the details."""

BUILT_IN = (
    "sleep", "watch", "lsp", "mcp", "install", "hook", "context", "notes", "predict", "review", "tests", "status",
    "doctor", "pause", "resume", "forget", "workspace", "share", "fleet", "completion",
)  # fmt: skip
"""The modules beside this one that each declare a command."""

REGISTERED = {"eval": "measure noctule on tasks with known answers"}
"""Commands of packages above this one. They are found by their entry point, and their modules load slowly."""

ENTRY_POINTS = "noctule.commands"
"""The entry-point group of these commands: a name, and a function like each `declare`."""


def command_line(argv: Sequence[str] = (), kind: type[Parser] = Parser) -> Parser:
    """Return the parser: of all commands for help or a mistyped command, else of the one that `argv` asks for."""
    parser = kind(prog="noctule", description=_DESCRIPTION, epilog=_EPILOG)
    parser.add_argument("--version", action="version", version=f"noctule {__version__}", help="print the version")
    parser.set_defaults(run=lambda _args, terminal: _show_help(parser, terminal))
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    asked = next((word for word in argv if not word.startswith("-")), None)
    for name in (asked,) if asked in BUILT_IN else BUILT_IN:
        import_module(f"noctule.lsp_server.cli.{name}").declare(commands)
    for name, summary in REGISTERED.items():
        if name == asked:
            _declare_plugins(name, commands)
        else:
            commands.add_parser(name, help=summary)
    declare_help(commands)
    return parser


def _declare_plugins(name: str, commands: Commands) -> None:
    from importlib.metadata import entry_points  # 20 ms that no built-in command needs

    for entry in entry_points(group=ENTRY_POINTS, name=name):
        entry.load()(commands)


def declare_help(commands: Commands) -> None:
    """Add `help` and `version`, which people type as well as `--help` and `--version`."""
    parser = add_command(commands, "help", _help, "explain noctule or a command", "Explain noctule or one command.")
    parser.add_argument("words", metavar="COMMAND", nargs="*", help="the command to explain (default: all)")
    add_command(commands, "version", _version, "print the version", "Print the version of noctule.")


def _help(args: argparse.Namespace, terminal: Terminal) -> int:
    if not args.words:
        return _show_help(command_line(), terminal)
    command_line(args.words).parse_args([*args.words, "--help"])
    return Exit.OK


def _version(args: argparse.Namespace, terminal: Terminal) -> int:  # noqa: ARG001 - as every command is called
    terminal.write(f"noctule {__version__}\n")
    return Exit.OK


def _show_help(parser: argparse.ArgumentParser, terminal: Terminal) -> int:
    terminal.write(parser.format_help())
    return Exit.OK
