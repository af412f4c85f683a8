"""`noctule status`: the state of the index, the queue of background work, usage, and what was sent to models."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.indexer.runtime.activity import OFF, activity
from noctule.lsp_server.cli.arguments import add_command, add_json, add_no_service, add_path
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.layout import table
from noctule.lsp_server.cli.model_text import note_rows
from noctule.lsp_server.cli.target import open_repository
from noctule.lsp_server.cli.terminal import Terminal
from noctule.lsp_server.cli.workspace import find_workspace, show_status
from noctule.lsp_server.text.numbers import age, count, duration, percent, short, size

if TYPE_CHECKING:
    from noctule.indexer.background.reports import LedgerReport, QueueReport
    from noctule.indexer.llm.reports import SentReport
    from noctule.indexer.reports import Status
    from noctule.indexer.runtime.budget import Amounts
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Print the state of the index: contents, age, cost and location, files that are left out and why, and what the background
process is doing or waiting for. In a folder of several repositories, a line for each of them."""

_SHOWN_FAILURES = 20
_SHOWN_PENDING = 5
MANY_TIMES = 10


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "status", run, "state of the index: contents, age, cost, location", _DESCRIPTION)
    add_path(parser)
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--queue", action="store_true", help="show the planned background work instead: reason, value, cost"
    )
    instead.add_argument(
        "--ledger", action="store_true", help="show usage instead: cost of background work, answers, tokens saved"
    )
    instead.add_argument(
        "--sent", action="store_true", help="show instead what was sent to models: to whom, when, how much, about what"
    )
    add_json(parser)
    add_no_service(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the status, the queue, the ledger or what was sent."""
    folder, members = find_workspace(args)
    is_repository_too = (folder / ".git").exists()
    if members and not is_repository_too and not (args.queue or args.ledger or args.sent):
        return show_status(args, folder.resolve(), members, terminal)
    repository = open_repository(args)
    answer: Status | QueueReport | LedgerReport | SentReport
    if args.queue:
        from noctule.indexer.background.planner import queue_report
        from noctule.indexer.background.runners import ABLE
        from noctule.lsp_server.settings import Settings

        settings = Settings.load()
        answer = queue_report(repository, settings.limits, ABLE, settings.model)
        said = queue_rows(answer)
    elif args.ledger:
        from noctule.indexer.background.planner import ledger_report

        answer = ledger_report(repository)
        said = ledger_rows(answer)
    elif args.sent:
        from noctule.indexer.think.spending_report import sent_report
        from noctule.lsp_server.cli.audit_text import audit_rows
        from noctule.lsp_server.settings import Settings

        settings = Settings.load()
        answer = sent_report(repository, settings.model, settings.limits)
        said = audit_rows(answer)
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


def rows(status: Status, now: float) -> Iterator[tuple[str, str]]:
    """Yield label and text of each line; lines under the same label belong together."""
    yield from _snapshot(status)
    yield from _freshness(status, now)
    yield from _sleep(status.sleep, status.paused, now)
    yield "files", f"{status.files:,} ({size(status.source_bytes)})"
    if status.languages:
        yield "languages", _counts(status.languages)
    yield "symbols", f"{status.symbols:,}"
    yield "commits", f"{status.commits:,}"
    for gap in status.history_gaps:
        yield "commits", gap
    for reason, number in _by_size(status.left_out):
        examples = ", ".join(status.left_out_examples.get(reason, ()))
        label, _, why = reason.rpartition(": ") if reason.startswith("in part: ") else ("left out", "", reason)
        yield label, f"{count(number, 'file')}: {why}{f' ({examples})' if examples else ''}"
    yield from _precise(status.scip)
    if asked := int(str(status.editor.get("asked", 0))):
        said = f"{status.editor['confirmed']} uses confirmed, {status.editor['withdrawn']} withdrawn"
        yield "editor", f"{count(asked, 'definition')} looked up by language servers: {said}"
    if status.ranked_down:
        yield "ranked down", _counts(status.ranked_down)
    for path, why in sorted(status.failed.items())[:_SHOWN_FAILURES]:
        yield "not parsed", f"{path}: {why}"
    if len(status.failed) > _SHOWN_FAILURES:
        yield "not parsed", f"and {len(status.failed) - _SHOWN_FAILURES:,} more (--json lists all)"
    yield from _forecast(status.prediction)
    yield from note_rows(status.model_notes, now)
    if status.cost.get("sleeps"):
        spent = f"{count(int(status.cost['sleeps']), 'run')}, {duration(status.cost.get('seconds', 0.0))}"
        yield "cost", f"{spent} ({duration(status.cost.get('cpu_seconds', 0.0))} of CPU time)"
    if status.store_version:
        taken = f"{size(status.store_bytes)}{_ratio(status)}, version {status.store_version}"
    else:
        taken = "nothing is stored yet"
    yield "store", f"{status.store_path} ({taken})"


def _ratio(status: Status) -> str:
    """Compare the size of the store with that of the files; for a few small files it is many times larger."""
    if not status.source_bytes:
        return ""
    times = status.store_bytes / status.source_bytes
    return f", {percent(times)} of the files' size" if times < MANY_TIMES else f", {times:,.0f} times the files' size"


def _precise(scip: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield a row about the SCIP index, if there is one."""
    uses, documents, changed = (int(str(scip.get(name, 0))) for name in ("uses", "documents", "changed"))
    if scip and (documents or changed):
        since = f", {count(changed, 'document')} changed since" if changed else ""
        yield "precise", f"{scip['name']}: {count(uses, 'use')} from {count(documents, 'document')}{since}"


_QUESTIONS = {
    "alone": "from history alone",
    "given": "with changed files",
    "task": "with a task",
    "given and task": "with changed files and a task",
}


def _forecast(prediction: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield how good each kind of forecast was, and a reason why there is none once if all have it."""
    records = {kind: record for kind, record in prediction.items() if isinstance(record, Mapping)}
    reasons = {str(record["withheld"]) for record in records.values() if "withheld" in record}
    if len(reasons) == 1 and all("withheld" in record for record in records.values()):
        yield "forecast", reasons.pop()
        return
    for kind, record in records.items():
        what = _QUESTIONS.get(kind, kind)
        if "withheld" in record:
            yield "forecast", f"{what}: {record['withheld']}"
        else:
            found, tested = percent(record.get("recall@10", 0.0)), count(int(record["trials"]), "past commit")
            yield "forecast", f"{what}: {found} of the changed files in the top 10 ({tested})"


def _snapshot(status: Status) -> Iterator[tuple[str, str]]:
    yield "repository", f"{status.root} ({status.kind})"
    if status.kind != "plain folder":
        doing = "" if status.state == "clean" else f", in the middle of a {status.state}"
        yield "revision", f"{short(status.revision)}{' with uncommitted changes' if status.dirty else ''}{doing}"


def _freshness(status: Status, now: float) -> Iterator[tuple[str, str]]:
    freshness = status.freshness
    when = f" (indexed {age(now - freshness.learned_at)})" if freshness.learned_at is not None else ""
    if freshness.state == "unknown":
        from noctule.indexer.store.moved import find_former_place  # rare

        former = find_former_place(Path(status.store_path), status.revision)
        taken = f", which takes over what was learned at {former}" if former is not None else ""
        yield "index", f"nothing is indexed yet (run `noctule sleep`{taken})"
    elif freshness.pending_count:
        shown = ", ".join(freshness.pending[:_SHOWN_PENDING])
        more = freshness.pending_count - len(freshness.pending[:_SHOWN_PENDING])
        changed = f"{shown}{f' and {more:,} more' if more > 0 else ''}"
        yield "index", f"{count(freshness.pending_count, 'file')} changed since the last run{when}: {changed}"
    else:
        yield "index", f"up to date{when}"


def _sleep(sleep: Mapping[str, object], paused: str, now: float) -> Iterator[tuple[str, str]]:
    if not sleep:
        yield "watch", paused or OFF
        return
    since = age(now - float(str(sleep["since"])))
    doing = activity(str(sleep["state"]), str(sleep["job"]), str(sleep["held_by"]))
    yield "watch", f"{doing} (process {sleep['pid']}, {since})"
    failing = sleep["failing"]
    for job, why in failing.items() if isinstance(failing, Mapping) else ():
        yield "failing", f"{job}: {why}"
    if sleep["fault"]:
        yield "file events", f"{sleep['fault']}; fix: {sleep['fix']}" if sleep["fix"] else str(sleep["fault"])


def queue_rows(report: QueueReport) -> Iterator[tuple[str, str]]:
    """Yield the next jobs, the jobs that are left out with the reasons, and the budget."""
    if not report.next:
        yield "next", "nothing to do"
    for job in report.next:
        chance = f"{percent(job.probability)} likely to be needed, saves {duration(job.saves_s)} {_times(job.reuse)}"
        tokens = f" and {job.cost.tokens:,.0f} tokens" if job.cost.tokens else ""
        cost = f"costs {duration(job.cost.cpu_s)}{tokens} ({_measured_text(job.measured)})"
        urgent = ", urgent" if job.urgent else ""
        value = f"{job.worth:,.0f}" if job.worth >= 10 else f"{job.worth:.2g}"
        yield "next", f"{job.kind} {job.subject}: {job.reason}; {chance}, {cost}; value {value}{urgent}"
    for left_out in report.left_out:
        yield "left out", f"{left_out.kind} {left_out.subject}: {left_out.why}"
    yield "today", f"spent {_amounts(report.today)}; left {_amounts(report.left)}"


def _times(number: float) -> str:
    return "once" if number == 1 else f"{number:,.0f} times" if number >= 10 else f"{number:.2g} times"


def _measured_text(measured: int) -> str:
    return f"measured on {count(measured, 'job')}" if measured else "estimated"


def _amounts(amounts: Amounts) -> str:
    time_s = "unlimited time" if math.isinf(amounts.cpu_s) else duration(amounts.cpu_s)
    tokens = "unlimited tokens" if math.isinf(amounts.tokens) else count(int(amounts.tokens), "token")
    dollars = "unlimited dollars" if math.isinf(amounts.dollars) else f"${amounts.dollars:,.2f}"
    return f"{time_s} of CPU time, {tokens}, {dollars}"


def ledger_rows(report: LedgerReport) -> Iterator[tuple[str, str]]:
    """Yield the cost of each kind of job, the savings of each kind of answer, and the estimates."""
    if not (report.cost or report.served):
        yield "ledger", "no usage recorded yet"
    for kind, cost in report.cost.items():
        failed = f", {cost.failed:,} of them failed" if cost.failed else ""
        model = f", {cost.tokens:,} tokens, ${cost.dollars:,.2f}" if cost.tokens or cost.dollars else ""
        yield "cost", f"{kind}: {count(cost.jobs, 'job')}{failed}, {duration(cost.cpu_s)} of CPU time{model}"
    for kind, given in report.served.items():
        took = f", median {given.p50_ms:,.0f} ms (p95 {given.p95_ms:,.0f} ms)" if given.p50_ms and given.p95_ms else ""
        stood = (
            f"; {given.counted_tokens:,} of these ({count(given.counted, 'request')}) replaced files of "
            f"{given.stood_for_tokens:,} tokens"
            if given.counted
            else ""
        )
        yield "served", f"{kind}: {count(given.requests, 'request')}, {given.tokens:,} tokens{took}{stood}"
    hits = report.predictability
    for what, found, of in (
        ("answers whose files were then changed or asked about", hits.used_packs, hits.packs),
        ("edits that were predicted", hits.expected_edits, hits.edits),
        ("questions that were predicted", hits.expected_asks, hits.asks),
    ):
        if of:
            yield "predictability", f"{found:,} of {of:,} {what}"
    saving = report.estimated_saving
    if saving.requests:
        yield (
            "estimate",
            f"saved {count(saving.tokens, 'token')} in {count(saving.requests, 'request')} ({saving.method})",
        )


def _by_size(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in _by_size(counts))
