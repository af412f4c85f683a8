"""`noctule status`: what is known, how fresh, what it cost, what is thought about next, and what serving gave back."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.arguments import add_command, add_json, add_path
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.model_text import note_rows
from noctule.lsp_server.cli.target import open_repository
from noctule.lsp_server.cli.terminal import Terminal, printable_line
from noctule.lsp_server.text.numbers import age, count, duration, percent, short, size

if TYPE_CHECKING:
    from rich.console import RenderableType

    from noctule.indexer.background.reports import LedgerReport, QueueReport
    from noctule.indexer.llm.reports import SentReport
    from noctule.indexer.results import Status
    from noctule.indexer.runtime.budget import Amounts
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Print what is known about the repository, how fresh it is, what was left out and why, what it cost, where it
lies and how large it is; whether somebody sleeps on it, and what holds sleep awake."""

_SHOWN_FAILURES = 20
_SHOWN_PENDING = 5


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "status", run, "what is known, how fresh, and where it lies", _DESCRIPTION)
    add_path(parser)
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--queue", action="store_true", help="print instead what is thought about next, with value, cost and reason"
    )
    instead.add_argument(
        "--ledger", action="store_true", help="print instead what sleep cost and what serving gave back, as measured"
    )
    instead.add_argument(
        "--sent", action="store_true", help="print instead what left the machine: to whom, when, how much, about what"
    )
    add_json(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the status, the queue, the ledger or what was sent."""
    repository = open_repository(args)
    answer: Status | QueueReport | LedgerReport | SentReport
    if args.queue:
        from noctule.indexer.background.planner import queue_of
        from noctule.indexer.background.runners import ABLE
        from noctule.lsp_server.settings import Settings

        settings = Settings.load()
        answer = queue_of(repository, settings.limits, ABLE, settings.model)
        said = queue_rows(answer)
    elif args.ledger:
        from noctule.indexer.background.planner import ledger_of

        answer = ledger_of(repository)
        said = ledger_rows(answer)
    elif args.sent:
        from noctule.indexer.think.spending_report import sent_of
        from noctule.lsp_server.cli.audit_text import sent_rows
        from noctule.lsp_server.settings import Settings

        settings = Settings.load()
        answer = sent_of(repository, settings.model, settings.limits)
        said = sent_rows(answer)
    else:
        from dataclasses import replace  # help must not wait for any of these

        from noctule.indexer.background.model_status import model_notes
        from noctule.lsp_server.settings import Settings

        settings = Settings.load()
        notes = model_notes(repository, settings.model, settings.limits)
        answer = replace(repository.status(), model_notes=notes)
        said = rows(answer, time.time())
    if args.json:
        terminal.write_json(answer)
    else:
        terminal.show(table(said))
    return Exit.OK


def table(said: Iterable[tuple[str, str]]) -> RenderableType:
    """Return labelled lines."""
    from rich.table import Table  # not for --json
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    last = ""
    for label, text in said:
        grid.add_row("" if label == last else label, Text(printable_line(text)))
        last = label
    return grid


def rows(status: Status, now: float) -> Iterator[tuple[str, str]]:
    """Yield label and text of each line; lines under the same label belong together."""
    yield from _snapshot(status)
    yield from _freshness(status, now)
    yield from _sleep(status.sleep, now)
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
    yield from note_rows(status.model_notes, now)
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


def _sleep(sleep: Mapping[str, object], now: float) -> Iterator[tuple[str, str]]:
    if not sleep:
        yield "sleep", "nobody sleeps on this work tree: 'noctule watch' does"
        return
    doing = {"awake": sleep["held_by"], "sleeping": sleep["job"], "resting": "nothing is worth doing"}
    told = f": {what}" if (what := doing.get(str(sleep["state"]))) else ""
    since = age(now - float(str(sleep["since"])))
    yield "sleep", f"{sleep['state']}{told} (process {sleep['pid']}, {since})"
    failing = sleep["failing"]
    for job, why in failing.items() if isinstance(failing, Mapping) else ():
        yield "failing", f"{job}: {why}"
    if sleep["fault"]:
        yield "watch", f"{sleep['fault']}: {sleep['fix']}" if sleep["fix"] else str(sleep["fault"])


def queue_rows(report: QueueReport) -> Iterator[tuple[str, str]]:
    """Yield what is done next, what is not and why, and the budget."""
    if not report.next:
        yield "next", "nothing is worth doing"
    for job in report.next:
        chance = f"{percent(job.probability)} that it is needed, saves {duration(job.saves_s)} {_times(job.reuse)}"
        tokens = f" and {job.cost.tokens:,.0f} tokens" if job.cost.tokens else ""
        cost = f"costs {duration(job.cost.cpu_s)}{tokens} ({_known_from(job.measured)})"
        urgent = ", at once" if job.urgent else ""
        yield "next", f"{job.kind} {job.subject}: {job.reason}; {chance}, {cost}: worth {job.worth:,.2g}{urgent}"
    for left_out in report.left_out:
        yield "left out", f"{left_out.kind} {left_out.subject}: {left_out.why}"
    yield "today", f"{_amounts(report.today)} spent, {_amounts(report.left)} left"


def _times(number: float) -> str:
    return "once" if number == 1 else f"{number:,.0f} times" if number >= 10 else f"{number:.2g} times"


def _known_from(measured: int) -> str:
    return f"from {count(measured, 'job')}" if measured else "a guess"


def _amounts(amounts: Amounts) -> str:
    time_s = "any amount" if math.isinf(amounts.cpu_s) else duration(amounts.cpu_s)
    tokens = "any tokens" if math.isinf(amounts.tokens) else count(int(amounts.tokens), "token")
    dollars = "any dollars" if math.isinf(amounts.dollars) else f"${amounts.dollars:,.2f}"
    return f"{time_s} of processor time, {tokens}, {dollars}"


def ledger_rows(report: LedgerReport) -> Iterator[tuple[str, str]]:
    """Yield what each kind of job cost, what each kind of answer gave back, and what is only estimated."""
    if not (report.cost or report.served):
        yield "ledger", "nothing was written down yet"
    for kind, cost in report.cost.items():
        failed = f", {cost.failed:,} of them failed" if cost.failed else ""
        model = f", {cost.tokens:,} tokens, ${cost.dollars:,.2f}" if cost.tokens or cost.dollars else ""
        yield "cost", f"{kind}: {count(cost.jobs, 'job')}{failed}, {duration(cost.cpu_s)} of processor time{model}"
    for kind, given in report.served.items():
        took = f", {given.p50_ms:,.0f} ms (p95 {given.p95_ms:,.0f} ms)" if given.p50_ms and given.p95_ms else ""
        stood = (
            f"; {given.counted_tokens:,} of these in {count(given.counted, 'request')} stood for files of "
            f"{given.stood_for_tokens:,} tokens"
            if given.counted
            else ""
        )
        yield "served", f"{kind}: {count(given.requests, 'request')}, {given.tokens:,} tokens{took}{stood}"
    hits = report.predictability
    for what, found, of in (
        ("packs whose files were then changed or asked about", hits.used_packs, hits.packs),
        ("edits that were expected", hits.expected_edits, hits.edits),
        ("questions that were expected", hits.expected_asks, hits.asks),
    ):
        if of:
            yield "predictability", f"{found:,} of {of:,} {what}"
    saving = report.estimated_saving
    if saving.requests:
        yield "estimate", f"{saving.tokens:,} tokens spared in {count(saving.requests, 'request')}: {saving.method}"


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
