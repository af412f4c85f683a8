"""The manual page, written from the parser that `--help` is written from. Runs nothing and needs no other package."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator

from noctule import __version__
from noctule.lsp_server.cli.command_line import BUILT_IN, command_line
from noctule.lsp_server.cli.completion import subparsers
from noctule.lsp_server.cli.exit_codes import Exit


def manual() -> str:
    """Return the page `noctule(1)` as troff."""
    parser = command_line()
    lines = [
        f'.TH NOCTULE 1 "" "noctule {__version__}" "User Commands"',
        ".SH NAME",
        r"noctule \- find where a task leads in a repository, and what a change usually also touches",
        ".SH SYNOPSIS",
        r".B noctule",
        r"\fICOMMAND\fR [\fIOPTIONS\fR]",
        ".SH DESCRIPTION",
        *_paragraphs(parser.description or ""),
        ".SH COMMANDS",
    ]
    for name, one in subparsers(parser).items():
        if name in BUILT_IN:
            lines += [f".SS noctule {name}", *_paragraphs(one.description or ""), *_arguments(one)]
    lines += [".SH EXIT STATUS"]
    for code in Exit:
        lines += [".TP", f".B {code.value}", _text(code.name.lower().replace("_", " "))]
    return "\n".join([*lines, ""])


def _paragraphs(text: str) -> Iterator[str]:
    for number, paragraph in enumerate(text.split("\n\n")):
        if number:
            yield ".PP"
        if "\n  " in f"\n{paragraph}":  # an example, which stays as it is
            yield from (".nf", *map(_text, paragraph.split("\n")), ".fi")
        else:
            yield _text(" ".join(paragraph.split()))


def _arguments(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if action.help in (None, argparse.SUPPRESS) or isinstance(action, argparse._HelpAction):
            continue
        value = "" if action.nargs == 0 else rf"\fI{_text(str(action.metavar or action.dest.upper()))}\fR"
        names = [rf"\fB{_text(name)}\fR {value}".rstrip() for name in action.option_strings] or [value]
        yield from (".TP", ", ".join(names), _text(" ".join(str(action.help).split()) % vars(action)))


def _text(text: str) -> str:
    """Return a text as troff prints it."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return re.sub(r"^(?=[.'])", r"\\&", escaped)


if __name__ == "__main__":
    sys.stdout.write(manual())
