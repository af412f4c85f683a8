"""What `noctule status --sent` prints: what left the machine, to whom, when, and what models have cost today."""

from __future__ import annotations

import time
from collections.abc import Iterator

from noctule.indexer.llm.reports import Sent, SentReport, Spending
from noctule.lsp_server.text.numbers import count, size

SHOWN = 20
_SHOWN_PATHS = 3


def audit_rows(report: SentReport) -> Iterator[tuple[str, str]]:
    """Yield label and text of each line, the latest requests last."""
    if not report.model:
        yield "model", "no model is configured, so nothing is sent (docs/models.md)"
    else:
        checks = f", {report.checker} checks" if report.checker != report.model else ""
        yield "model", f"{report.model} writes notes{checks}{f', at {report.address}' if report.address else ''}"
    yield "today", f"{_format_spending(report.here)} in this repository"
    yield "today", f"{_format_spending(report.everywhere)} in all repositories"
    if not report.requests:
        yield "sent", "nothing was sent about this repository"
        return
    receivers = ", ".join(f"{size(number)} to {name}" for name, number in report.bytes_by_receiver.items())
    yield "sent", f"{count(report.requests, 'request')}: {receivers}"
    hidden = report.requests - SHOWN
    if hidden > 0:
        yield "sent", f"{count(hidden, 'earlier request')} (--json lists all)"
    for one in report.sent[-SHOWN:]:
        yield time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.at)), _line(one)


def _format_spending(spending: Spending) -> str:
    tokens = "unlimited" if spending.tokens_a_day is None else f"{spending.tokens_a_day:,.0f}"
    dollars = "unlimited" if spending.dollars_a_day is None else f"{spending.dollars_a_day:,.2f}"
    unpriced = f"; the price of {count(spending.unpriced, 'request')} is unknown" if spending.unpriced else ""
    return f"{spending.tokens:,.0f} of {tokens} tokens, {spending.dollars:,.4f} of {dollars} dollars{unpriced}"


def _line(one: Sent) -> str:
    more = len(one.paths) - _SHOWN_PATHS
    paths = ", ".join(one.paths[:_SHOWN_PATHS]) + (f" and {more:,} more" if more > 0 else "")
    about = f"{one.purpose}{f' on {one.subject}' if one.subject else ''}"
    named = f"; names {paths}" if one.paths else ""
    return f"{size(one.bytes)} to {one.to} for {one.model}: {about} ({one.digest[:12]}){named}"
