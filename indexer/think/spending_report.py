"""What left the machine about a repository and what models have cost, as one answer. Sends nothing itself."""

from __future__ import annotations

import math
from collections import Counter

from noctule.indexer.llm.audit_log import AuditLog
from noctule.indexer.llm.reports import SentReport, Spending
from noctule.indexer.llm.settings import Choice
from noctule.indexer.llm.spending import Today
from noctule.indexer.runtime.budget import Limits
from noctule.indexer.serve.repository import Repository
from noctule.indexer.think.wiring import make_spending_limit


def sent_report(repository: Repository, choice: Choice, limits: Limits) -> SentReport:
    """Return what was sent, and what of the day's budgets is spent."""
    sent = AuditLog(repository.folder).read()
    spending = make_spending_limit(repository, choice, limits)
    by_receiver: Counter[str] = Counter()
    for one in sent:
        by_receiver[one.to] += one.bytes
    return SentReport(
        root=str(repository.root),
        model=choice.think,
        checker=choice.checker,
        address=choice.address,
        requests=len(sent),
        bytes=sum(one.bytes for one in sent),
        bytes_by_receiver=dict(by_receiver.most_common()),
        here=_spending(spending.today(everywhere=False), limits),
        everywhere=_spending(spending.today(everywhere=True), choice),
        sent=sent,
    )


def _spending(today: Today, limits: Limits | Choice) -> Spending:
    return Spending(
        today.tokens,
        _finite(limits.tokens_per_day),
        today.dollars,
        _finite(limits.dollars_per_day),
        today.requests,
        today.unpriced,
    )


def _finite(limit: float) -> float | None:
    return limit if math.isfinite(limit) else None
