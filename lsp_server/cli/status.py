"""`noctule status`: what is known about a repository, how fresh, what it cost, where it lies and how large it is."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lsp_server.cli.arguments import add_command, add_json, add_path
from lsp_server.cli.exits import Exit
from lsp_server.cli.figures import age, count, duration, percent, short, size
from lsp_server.cli.target import open_repository
from lsp_server.cli.terminal import Terminal, printable_line
from lsp_server.cli.tuned import tuned_line

if TYPE_CHECKING:
    from rich.console import RenderableType

    from indexer.answers import Status
    from lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Print what is known about the repository, how fresh it is, what was left out and why, what it cost, where it
lies and how large it is."""

_SHOWN_FAILURES = 20
_SHOWN_PENDING = 5


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "status", run, "what is known, how fresh, and where it lies", _DESCRIPTION)
    add_path(parser)
    add_json(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the status."""
    status = open_repository(args).status()
    if args.json:
        terminal.write_json(status)
    else:
        terminal.show(table(status, now=time.time()))
    return Exit.OK


def table(status: Status, now: float) -> RenderableType:
    """Return the status as labelled lines."""
    from rich.table import Table  # not for --json
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    last = ""
    for label, text in rows(status, now):
        grid.add_row("" if label == last else label, Text(printable_line(text)))
        last = label
    return grid


def rows(status: Status, now: float) -> Iterator[tuple[str, str]]:
    """Yield label and text of each line; lines under the same label belong together."""
    yield from _snapshot(status)
    yield from _freshness(status, now)
    yield "files", f"{status.files:,}, {size(status.source_bytes)} of text"
    if status.languages:
        yield "languages", _counts(status.languages)
    yield "symbols", f"{status.symbols:,}"
    yield "commits", f"{status.commits:,}"
    for gap in status.history_gaps:
        yield "commits", gap
    for reason, number in _by_size(status.left_out):
        examples = ", ".join(status.left_out_examples.get(reason, ()))
        yield "left out", f"{count(number, 'file')}: {reason}{f' ({examples})' if examples else ''}"
    if status.ranked_down:
        yield "ranked down", _counts(status.ranked_down)
    for path, why in sorted(status.failed.items())[:_SHOWN_FAILURES]:
        yield "not parsed", f"{path}: {why}"
    if len(status.failed) > _SHOWN_FAILURES:
        yield "not parsed", f"and {len(status.failed) - _SHOWN_FAILURES:,} more (--json lists all)"
    for name, value in status.prediction.items():
        yield "prediction", f"{name}: {_figure(value)}"
    yield "ranking", tuned_line(status.ranking, now)
    if status.cost.get("sleeps"):
        spent = f"{count(int(status.cost['sleeps']), 'sleep')}, {duration(status.cost.get('seconds', 0.0))}"
        yield "cost", f"{spent}, {duration(status.cost.get('cpu_seconds', 0.0))} of processor time"
    ratio = f", {percent(status.store_bytes / status.source_bytes)} of the text" if status.source_bytes else ""
    yield "store", f"{status.store_path} ({size(status.store_bytes)}{ratio}, version {status.store_version})"


def _snapshot(status: Status) -> Iterator[tuple[str, str]]:
    yield "repository", f"{status.root} ({status.kind})"
    if status.kind != "plain folder":
        doing = "" if status.state == "clean" else f", in the middle of a {status.state}"
        yield "revision", f"{short(status.revision)}{' with uncommitted changes' if status.dirty else ''}{doing}"


def _freshness(status: Status, now: float) -> Iterator[tuple[str, str]]:
    freshness = status.freshness
    when = f" (learned {age(now - freshness.learned_at)})" if freshness.learned_at is not None else ""
    if freshness.state == "unknown":
        yield "freshness", "nothing is known yet: 'noctule sleep' learns it"
    elif freshness.pending_count:
        shown = ", ".join(freshness.pending[:_SHOWN_PENDING])
        more = freshness.pending_count - len(freshness.pending[:_SHOWN_PENDING])
        changed = f"{shown}{f' and {more:,} more' if more > 0 else ''}"
        yield "freshness", f"{count(freshness.pending_count, 'file')} changed since the last sleep{when}: {changed}"
    else:
        yield "freshness", f"up to date{when}"


def _by_size(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in _by_size(counts))


def _figure(value: object) -> str:
    """Return a figure of the prediction's record; shares are percentages."""
    if isinstance(value, float):
        return percent(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_figure(part)}" for name, part in value.items())
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
