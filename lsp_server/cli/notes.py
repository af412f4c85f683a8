"""`noctule notes`: facts about a file, symbol, directory or the repository."""

from __future__ import annotations

import argparse
import os
import time
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.indexer.printable import printable_line
from noctule.lsp_server.cli.arguments import add_command, add_json, add_no_service, add_revision, path
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.layout import BOLD, CYAN, DIM, YELLOW, LabelledRow
from noctule.lsp_server.cli.target import CommandSite, from_top, note, open_with_index, remark_freshness
from noctule.lsp_server.cli.terminal import Terminal
from noctule.lsp_server.cli.workspace import open_workspace, show_notes
from noctule.lsp_server.text.numbers import count
from noctule.lsp_server.text.source_link import NO_NOTES, format_citation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noctule.indexer.results import Note
    from noctule.indexer.serve.repository import Repository
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Print facts about a subject that reading it does not show, each with its evidence. A fact whose evidence has changed is
left out.

SUBJECT is a file (src/app.py), a symbol (src/app.py:App.run) or a directory; without it, the repository. A name that
only one file has is enough (app.py). A single argument is PATH if it is the top of a repository, the current directory
or a directory outside it."""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "notes", run, "facts about a file, symbol or directory", _DESCRIPTION)
    parser.add_argument(
        "path", metavar="PATH", nargs="?", type=path, help="the repository (default: the current directory)"
    )
    parser.add_argument("subject", metavar="SUBJECT", nargs="?", help="file, file:symbol or directory")
    bundle = parser.add_mutually_exclusive_group()
    bundle.add_argument(
        "--export",
        metavar="FILE",
        type=path,
        help="write the notes of models to FILE instead, to share them",
    )
    bundle.add_argument(
        "--import",
        dest="bundle",
        metavar="FILE",
        type=path,
        help="read notes of models from FILE instead, and keep those that can be checked here",
    )
    add_revision(parser)
    add_json(parser)
    add_no_service(parser)
    for option in ("--export", "--import"):
        parser.exclude("SUBJECT", option)
    parser.exclude("--at", "--export")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the notes."""
    args.path, subject = place_and_subject(args.path, args.subject, CommandSite.of(args).folder)
    if args.export is None and args.bundle is None:
        with open_workspace(args, terminal) as workspace:
            if workspace is not None:
                return show_notes(args, subject, workspace, terminal, page)
    repository = open_with_index(args, terminal)
    if args.export is not None or args.bundle is not None:
        return _share_notes(args, repository, terminal)
    started = time.perf_counter()
    found = repository.notes(from_top(subject, repository, args) if subject else "")
    took_ms = 1000 * (time.perf_counter() - started)
    if args.json:
        terminal.write_json(found)
    else:
        remark_freshness(found.freshness, terminal)
        terminal.show(page(found, str(repository.root)))
    note(args, repository, found, took_ms)
    return Exit.OK


def _share_notes(args: argparse.Namespace, repository: Repository, terminal: Terminal) -> int:
    """Write or read a bundle of notes."""
    from noctule import __version__
    from noctule.indexer.think import share as bundle
    from noctule.lsp_server.settings import Settings

    if args.export is not None:
        done = bundle.write(repository, Settings.load().model, Path(args.export), __version__)
        said = f"Wrote {_count(done.notes, done.claims)} to {args.export}"
        rest, left = done.left_out, "not written"
    else:
        taken = bundle.read(repository, Path(args.bundle))
        said = f"Read {_count(taken.notes, taken.claims)} from {args.bundle}"
        rest, left = taken.dropped, "left out"
    if args.json:
        terminal.write_json(done if args.export is not None else taken)
        return Exit.OK
    terminal.write_line(printable_line(said))
    for reason, number in sorted(rest.items(), key=lambda item: (-item[1], item[0])):
        terminal.write_line(printable_line(f"  {left}: {number:,} ({reason})"))
    return Exit.OK


def _count(notes: int, claims: int) -> str:
    return f"{count(notes, 'note')} with {count(claims, 'claim')}"


def place_and_subject(first: str | None, second: str | None, here: Path) -> tuple[str, str]:
    """Tell PATH from SUBJECT: both may be left out, so a single argument can be either."""
    if first is None:
        return ".", ""
    if second is not None:
        return first, second
    folder, here = here / first, here.absolute()
    if not os.path.isdir(folder):  # noqa: PTH112 - as in `is_path`
        return ".", first
    is_top = any((folder / mark).exists() for mark in (".git", "HEAD"))
    is_outside = not folder.resolve().is_relative_to(here) or folder.resolve() == here
    return (first, "") if is_top or is_outside else (".", first)


def page(note: Note, root: str) -> Iterator[LabelledRow]:
    """Yield the claims by kind, each with its evidence below it."""
    yield LabelledRow("", f"{note.subject or root}  ({note.subject_kind})", label_style=BOLD)
    if not note.claims:
        yield from (LabelledRow(""), LabelledRow(NO_NOTES))
    # The claims come ranked; the kinds keep the order of their first claim.
    order = {kind: place for place, kind in reversed(list(enumerate(claim.kind for claim in note.claims)))}
    for kind, claims in groupby(sorted(note.claims, key=lambda claim: order[claim.kind]), key=lambda claim: claim.kind):
        yield from (LabelledRow(""), LabelledRow(kind, style=CYAN))
        for claim in claims:
            yield LabelledRow(claim.text, "  ")
            if places := format_citation(claim):
                yield LabelledRow(places, "    ", style=DIM)
    if note.withheld:
        left_out = ", ".join(f"{number} {kind}" for kind, number in note.withheld.items())
        yield from (
            LabelledRow(""),
            LabelledRow(f"Left out, because their evidence has changed: {left_out}", style=YELLOW),
        )
