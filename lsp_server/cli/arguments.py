"""The command line's grammar: which commands there are, and what their arguments must look like. Runs nothing."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

from noctule import __version__
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal, printable_line

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    # argparse names this class only privately; it is what `add_subparsers` returns.
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

Run = Callable[[argparse.Namespace, Terminal], int]

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


class Parser(argparse.ArgumentParser):
    """argparse's parser, with errors of one line and no abbreviations: a later option could change what one means."""

    def __init__(self, **settings: object) -> None:
        settings.setdefault("allow_abbrev", False)
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**settings)  # type: ignore[arg-type] # passed through as argparse itself passes them

    def error(self, message: str) -> NoReturn:
        """End with one line that says what is wrong and where to read on."""
        Terminal.of_process().complain(message, f"see '{self.prog} --help'")
        sys.exit(Exit.BAD_INPUT)

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:  # noqa: ARG002
        """Print help or version, all that ever comes here, as answers are printed; argparse would hide a failure."""
        Terminal.of_process().write(message)


def command_line(argv: Sequence[str] = ()) -> Parser:
    """Return the parser of the whole command line, with the command that `argv` asks for if a package adds it."""
    # They import this module.
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


def add_command(commands: Commands, name: str, run: Run, summary: str, description: str) -> argparse.ArgumentParser:
    """Add a command with its help and return its parser."""
    parser = commands.add_parser(name, help=summary, description=description)
    parser.set_defaults(run=run)
    return parser


def add_path(parser: argparse.ArgumentParser) -> None:
    """Add the optional PATH of the repository."""
    parser.add_argument(
        "path",
        metavar="PATH",
        nargs="?",
        default=".",
        type=path,
        help="a git repository, a folder inside one, or a plain folder (default: the current directory)",
    )


def add_revision(parser: argparse.ArgumentParser) -> None:
    """Add `--at REV`."""
    parser.add_argument(
        "--at",
        metavar="REV",
        help="look at this commit as git has it, and at nothing later, instead of at the work tree",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help="print one JSON document, as docs/json.md describes it")


def path(text: str) -> str:
    """Return a path that is not empty: an unset shell variable must not mean the current directory."""
    if not text:
        raise argparse.ArgumentTypeError("the path is empty")
    return text


def whole_number(text: str) -> int:
    """Return a whole number of at least 0."""
    return _integer(text, least=0)


def positive_number(text: str) -> int:
    """Return a whole number of at least 1."""
    return _integer(text, least=1)


def _integer(text: str, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < least:
        raise argparse.ArgumentTypeError(f"{printable_line(text[:40])!r} is not a whole number of at least {least}")
    return number


def seconds(text: str) -> float:
    """Return a number of seconds above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"{printable_line(text[:40])!r} is not a number of seconds above 0")
    return number
