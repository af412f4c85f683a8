"""What the arguments of commands must look like, and how a command declares its own. Knows no command."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal, printable_line

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    # argparse names this class only privately; it is what `add_subparsers` returns.
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

Run = Callable[[argparse.Namespace, Terminal], int]


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


def add_log(parser: argparse.ArgumentParser) -> None:
    """Add `--log FILE`."""
    parser.add_argument(
        "--log",
        metavar="FILE",
        type=path,
        help="add lines to this file on what background processes do (NOCTULE_LOG=debug: more of them)",
    )


def start_log(args: argparse.Namespace) -> None:
    """Log where the user has asked for it. NoctuleError."""
    from noctule.indexer.errors import NoctuleError
    from noctule.indexer.runtime.log import log_to, start_logging

    if args.log is not None:
        log_to(Path(args.log))
    try:
        start_logging()
    except OSError as error:
        why = f"the log cannot be written to {error.filename}: {error.strerror}"
        raise NoctuleError(why, "name another file with --log or NOCTULE_LOG_FILE") from error


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
