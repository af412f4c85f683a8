"""The grammar that all commands share: how arguments are read, and how mistakes in them are reported. Runs nothing."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

from noctule.indexer.printable import printable_line
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal, terminal_width

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    # argparse names this class only privately; it is what `add_subparsers` returns.
    Commands = argparse._SubParsersAction[Any]

Run = Callable[[argparse.Namespace, Terminal], int]

argparse._ = str  # type: ignore[attr-defined] # to look for translations it would import the names of all locales
WIDEST = 100
"""Help in longer lines is hard to read."""


class Help(argparse.HelpFormatter):
    """argparse's layout of help, in lines that break no word, path or option; indented lines stay as they are."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26, width=min(terminal_width(), WIDEST) - 1)

    def add_argument(self, action: argparse.Action) -> None:
        """Take in an option or the commands. argparse forgets that commands are indented once more."""
        super().add_argument(action)
        if isinstance(action, argparse._SubParsersAction):
            self._action_max_length += self._indent_increment

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines: list[str] = []
        for paragraph in text.split("\n\n"):
            as_it_is = "\n  " in paragraph
            lines += [*(paragraph.split("\n") if as_it_is else self._split_lines(paragraph, width)), ""]
        return "\n".join(f"{indent}{line}" if line else "" for line in lines[:-1])

    def _split_lines(self, text: str, width: int) -> list[str]:
        import textwrap  # only for help

        return textwrap.wrap(" ".join(text.split()), width, break_long_words=False, break_on_hyphens=False)


class Parser(argparse.ArgumentParser):
    """argparse's parser with errors of one line that name the nearest known word.

    Options are never abbreviated: an option that is added later could change what an abbreviation means.
    """

    refusal = Exit.BAD_INPUT
    """The exit code of a call with wrong arguments."""

    def __init__(self, **settings: object) -> None:
        settings.setdefault("allow_abbrev", False)
        settings.setdefault("formatter_class", Help)
        super().__init__(**settings)  # type: ignore[arg-type] # passed through as argparse itself passes them
        self._needs: list[tuple[str, str]] = []
        self._excludes: list[tuple[str, str]] = []

    def need(self, option: str, other: str) -> None:
        """Make it an error to give `option` without `other`, which it has no effect without."""
        self._needs.append((option, other))

    def exclude(self, name: str, other: str) -> None:
        """Make it an error to give an option or argument with `other`, which it has no effect with."""
        self._excludes.append((name, other))

    def parse_known_args(  # type: ignore[override] # argparse's overloads differ in the namespace only
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse the arguments; an unknown one is an error here, where the command's own options are known."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(self._unknown(unknown[0]))
        given = {
            name
            for action in self._actions
            if getattr(found, action.dest, action.default) != action.default
            for name in (*action.option_strings, str(action.metavar))
        }
        for name, other in self._needs:
            if name in given and other not in given:
                self.error(f"{name} has no effect without {other}")
        for name, other in self._excludes:
            if name in given and other in given:
                self.error(f"{name} has no effect with {other}")
        return found, unknown

    def _unknown(self, word: str) -> str:
        option = word.partition("=")[0]
        if not option.startswith("-") or option == "-":
            return f"unexpected argument {printable_line(word)!r} (a text with spaces needs quotes)"
        if self._subparsers is not None:
            return f"unknown option {printable_line(option)} before the command; a command's options follow it"
        known = [name for action in self._actions for name in action.option_strings]
        return f"unknown option {printable_line(option)}{did_you_mean([option], known)}"

    def _check_value(self, action: argparse.Action, value: object) -> None:
        """Refuse a value that is no choice of an argument, and name the nearest choice."""
        if action.choices is not None and value not in action.choices:
            names = [str(choice) for choice in action.choices]
            options = action.option_strings
            what = f"value of {options[-1]}" if options else str(action.metavar or action.dest).lower()
            near = did_you_mean([str(value)], names) or f"; choose from {', '.join(names)}"
            self.error(f"unknown {what} {printable_line(str(value))!r}{near}")

    def error(self, message: str) -> NoReturn:
        """End with one line that says what is wrong and where to read on."""
        Terminal.of_process().complain(message, f"see '{self.prog} --help'")
        sys.exit(self.refusal)

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:  # noqa: ARG002
        """Print help or version, all that ever comes here, as answers are printed; argparse would hide a failure."""
        Terminal.of_process().write(message)


def did_you_mean(words: Iterable[str], known: Iterable[str]) -> str:
    """Return `; did you mean ...?` with the nearest known words, or nothing where none is near."""
    from difflib import get_close_matches  # only after a mistake

    names = list(known)
    near = [match for word in words for match in get_close_matches(word, names, 1, 0.6)]
    return f"; did you mean {' or '.join(near)}?" if near else ""


def add_command(commands: Commands, name: str, run: Run, summary: str, description: str) -> Parser:
    """Add a command with its help and return its parser."""
    parser = commands.add_parser(name, help=summary, description=description)
    parser.set_defaults(run=run)
    return cast("Parser", parser)  # commands have the class of the parser that they are added to


def add_path(
    parser: argparse.ArgumentParser, what: str = "a git repository, a folder in one, or a plain folder"
) -> None:
    """Add the optional PATH of the repository."""
    parser.add_argument(
        "path",
        metavar="PATH",
        nargs="?",
        default=".",
        type=path,
        help=f"{what} (default: the current directory)",
    )


def add_revision(parser: argparse.ArgumentParser) -> None:
    """Add `--at REV`."""
    parser.add_argument(
        "--at",
        metavar="REV",
        help="use this commit instead of the work tree, and nothing later",
    )


def add_json(parser: argparse.ArgumentParser | argparse._MutuallyExclusiveGroup) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help="print one JSON document (docs/json.md)")


def add_no_service(parser: argparse.ArgumentParser, *, answers: bool = False) -> None:
    """Add `--no-service` to a command that asks a service, or to one that `answers` as a service."""
    asks = "answer in this process; do not ask one that runs for the repository"
    parser.add_argument(
        "--no-service", action="store_true", help="do not answer commands of other processes" if answers else asks
    )


def add_log(parser: argparse.ArgumentParser) -> None:
    """Add `--log FILE`."""
    parser.add_argument(
        "--log",
        metavar="FILE",
        type=path,
        help="log what background processes do to this file (NOCTULE_LOG=debug: in more detail)",
    )


def start_log(args: argparse.Namespace) -> None:
    """Log where the user has asked for it. NoctuleError."""
    from noctule.indexer.errors import NoctuleError
    from noctule.indexer.runtime.log import start_logging, write_log

    if args.log is not None:
        write_log(Path(args.log))
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


def positive_amount(text: str) -> float:
    """Return a number above 0."""
    return _number(text, lambda number: 0 < number < math.inf, "a number above 0")


def amount(text: str) -> float:
    """Return a number of at least 0."""
    return _number(text, lambda number: 0 <= number < math.inf, "a number of at least 0")


def _integer(text: str, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < least:
        raise argparse.ArgumentTypeError(f"{printable_line(text[:40])!r} is not a whole number of at least {least}")
    return number


def share(text: str) -> float:
    """Return a number from 0 to 1."""
    return _number(text, lambda number: 0 <= number <= 1, "a number from 0 to 1")


def seconds(text: str) -> float:
    """Return a number of seconds above 0."""
    return _number(text, lambda number: 0 < number < math.inf, "a number of seconds above 0")


def _number(text: str, holds: Callable[[float], bool], wanted: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not holds(number):
        raise argparse.ArgumentTypeError(f"{printable_line(text[:40])!r} is not {wanted}")
    return number
