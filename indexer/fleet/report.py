"""What came of a fleet, as one value and as one page for a browser. Measures nothing."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from noctule.indexer.fleet.messages import MEGABYTE
from noctule.indexer.results import Answer, Value

if TYPE_CHECKING:
    from noctule.indexer.fleet.messages import AttemptOutcome


@dataclass(frozen=True, slots=True)
class LearnedRepository(Value):
    """One repository of a fleet, as the JSON contract describes it."""

    name: str
    state: str
    kind: str
    why: str
    advice: str
    attempts: int
    seconds: float
    cpu_seconds: float
    memory_bytes: int
    store_bytes: int
    files: int
    commits: int
    parsed: int
    revision: str
    content: str
    dollars: float
    claims: int
    gaps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FleetReport(Answer):
    """What came of a fleet: its repositories by name, with what they took."""

    repositories: tuple[LearnedRepository, ...]
    engine: str
    to: str
    seconds: float
    dollars: float
    page: str  # the file of the report

    @property
    def failed(self) -> list[LearnedRepository]:
        """The repositories that were not learned."""
        return [one for one in self.repositories if one.state == "failed"]


def make_report(
    outcomes: Iterable[AttemptOutcome], engine: str, to: str, seconds: float, dollars: float, page: str
) -> FleetReport:
    """Return the report of a run."""
    rows = tuple(
        LearnedRepository(**{name: getattr(one, name) for name in LearnedRepository.__dataclass_fields__})
        for one in outcomes
    )
    return FleetReport(rows, engine, to, seconds, dollars, page)


_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse;width:100%;margin:1rem 0}td,th{padding:.25rem .6rem;border-bottom:1px solid #ddd;
text-align:left;vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.failed{color:#a00}small{color:#555}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#161616}td,th{border-color:#333}small{color:#aaa}
.failed{color:#f77}}
"""
_COLUMNS = ("repository", "state", "time", "CPU time", "memory", "size", "files", "commits", "tries")


def render_page(report: FleetReport) -> str:
    """Return the page: the failures with what to do first, then all repositories, the slowest first."""
    total, failed = len(report.repositories), report.failed
    head = f"{total - len(failed):,} of {total:,} repositories indexed in {report.seconds:,.0f} s ({report.engine})"
    to = f"<p>Published at <code>{html.escape(report.to)}</code>.</p>" if report.to else ""
    spent = f"<p>Models cost ${report.dollars:,.2f}.</p>" if report.dollars else ""
    rows = sorted(report.repositories, key=lambda one: (-one.seconds, one.name))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Noctule fleet</title><style>{_STYLE}</style><h1>Noctule fleet</h1><p>{head}.</p>{to}{spent}"
        f"{_failures(failed)}<h2>Repositories</h2>{_table(rows)}</html>\n"
    )


def _failures(failed: Sequence[LearnedRepository]) -> str:
    if not failed:
        return ""
    cells = [[html.escape(text) for text in (one.name, one.why, one.advice)] for one in failed]
    tries = [one.attempts for one in failed]
    lines = "".join(
        f"<tr><td>{'<td>'.join(texts)}<td class=n>{number}" for texts, number in zip(cells, tries, strict=True)
    )
    return (
        f"<h2 class=failed>{len(failed)} not indexed</h2>"
        f"<table><tr><th>repository<th>what went wrong<th>what to do<th class=n>tries{lines}</table>"
    )


def _table(rows: Iterable[LearnedRepository]) -> str:
    numbers = "".join(f"<th class=n>{name}" for name in _COLUMNS[2:])
    head = f"<tr><th>{_COLUMNS[0]}<th>{_COLUMNS[1]}{numbers}"
    return f"<table>{head}{''.join(map(_row, rows))}</table>"


def _row(one: LearnedRepository) -> str:
    gaps = "".join(f"<br><small>{html.escape(gap)}</small>" for gap in one.gaps)
    values = (
        f"{one.seconds:,.1f} s",
        f"{one.cpu_seconds:,.1f} s",
        f"{one.memory_bytes / MEGABYTE:,.0f} MB",
        f"{one.store_bytes / MEGABYTE:,.1f} MB",
        f"{one.files:,}",
        f"{one.commits:,}",
        f"{one.attempts}",
    )
    cells = "".join(f"<td class=n>{value}" for value in values)
    kind = f" class={one.state}" if one.state == "failed" else ""
    return f"<tr><td>{html.escape(one.name)}{gaps}<td{kind}>{html.escape(one.state)}{cells}"
