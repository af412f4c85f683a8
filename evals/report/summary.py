"""What a reader sees first: three numbers, and one chart for each claim. Every number stands in a table below too."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from noctule.evals.report import costs, forecasts, tables
from noctule.evals.report.page import Bar, Bars, Block, Card, Cards
from noctule.evals.report.scored import MAIN_K, Scored, Subset, f1_of_first, file_accuracy, measure
from noctule.evals.scorers.paired import PairedEstimate

NAMES = {
    "pack": "Noctule",
    "grep": "grep-style search",
    "bm25": "BM25",
    "path": "paths alone",
    "graph": "references alone",
    "recency": "latest files",
    "aider": "aider's map",
    "explorer": "without Noctule",
    "explorer+pack": "with its pack",
}
PLAIN = ("grep", "bm25", "aider")
"""The searches that the first card names."""


def blocks(scored: Scored) -> list[Block]:
    """Return the cards and charts of a run about tasks; nothing where it has no numbers for them."""
    cards = [*_result_card(scored), *_reading_card(scored), *_time_card(scored)]
    return [*([Cards(cards)] if cards else []), *_result_charts(scored), *_reading_chart(scored), *_time_chart(scored)]


def forecast_blocks(scored: Scored) -> list[Block]:
    """Return the cards and the chart of a run of forecasts: recall with nothing, some files and the message given."""
    cards, bars = [], []
    for question, asked in forecasts.ASKED.items():
        mine = list(forecasts.recalls(scored, question, question).values())
        if not mine:
            continue
        rules = {b: list(forecasts.recalls(scored, b, question).values()) for b in forecasts.BASELINES}
        best = max((100 * float(np.mean(v)) for v in rules.values() if v), default=0.0)
        share = 100 * float(np.mean(mine))
        label = f"of the changed files in the first {forecasts.MAIN_CUT}, {asked}"
        cards.append(Card(f"{share:.0f}%", label, f"best simple rule: {best:.0f}%; n {len(mine)}"))
        bars.append(Bar(asked, share, f"{share:.0f}%", mine=True))
        bars += [
            Bar(f"{asked}: files touched {name[8:]}", 100 * float(np.mean(v)), f"{100 * np.mean(v):.0f}%")
            for name, v in rules.items()
            if v
        ]
    claim = f"Forecasts find more of the next change than a simple rule (recall@{forecasts.MAIN_CUT})"
    return [Cards(cards), Bars(claim, bars, 100)] if cards else []


def _share(scored: Scored, solver: str, subset: Subset) -> PairedEstimate | None:
    score = f1_of_first if scored.kind == "features" else file_accuracy(MAIN_K)
    return scored.estimate(solver, score, subset)


def _result_card(scored: Scored) -> Iterator[Card]:
    subset = scored.subsets[0]
    mine = _share(scored, tables.REFERENCE, subset)
    if mine is None:
        return
    others = [(NAMES[s], found) for s in PLAIN if (found := _share(scored, s, subset)) is not None]
    plain = ", ".join(f"{name} {100 * found.mean:.0f}%" for name, found in others)
    form = f", {subset.name}" if len(scored.subsets) > 1 else ""
    several = scored.kind == "features"
    what = f"F1 of the first {MAIN_K} files" if several else f"of tasks have all their files in the first {MAIN_K}"
    yield Card(f"{100 * mine.mean:.0f}%", what + form, "; ".join(filter(None, (plain, f"n {mine.n}"))))


def _reading_card(scored: Scored) -> Iterator[Card]:
    read = _medians(scored)
    if len(read) == 2:
        cold, warm = read.values()
        change = 100 * (warm / cold - 1) if cold else 0.0
        label = "tokens read until a script has seen what the change edits (median)"
        yield Card(f"{change:+.0f}%", label, f"{cold:,.0f} without, {warm:,.0f} with the pack")
        return
    told = [a.tokens for a in scored.run.answers.get(tables.REFERENCE, {}).values() if a.tokens is not None]
    if told:
        yield Card(f"{np.mean(told):,.0f}", "tokens in an answer (mean)", f"n {len(told)}")


def _time_card(scored: Scored) -> Iterator[Card]:
    later = costs.times(scored, tables.REFERENCE, "later_ms") or costs.times(scored, tables.REFERENCE, "first_ms")
    if later:
        detail = f"95 of 100 within {np.quantile(later, 0.95):,.0f} ms; n {len(later)}"
        yield Card(f"{np.quantile(later, 0.5):,.0f} ms", "until an answer is there (median)", detail)


def _result_charts(scored: Scored) -> Iterator[Bars]:
    several = scored.kind == "features"
    for subset in scored.subsets[:2]:
        bars = []
        for solver in tables.ranking_solvers(scored):
            found = _share(scored, solver, subset)
            if found is None or solver == "oracle":
                continue
            low, high = (None if v is None else 100 * v for v in (found.low, found.high))
            shown = f"{100 * found.mean:.0f}%"
            mine = solver == tables.REFERENCE
            bars.append(Bar(NAMES.get(solver, solver), 100 * found.mean, shown, low, high, mine))
        if len(bars) > 1:
            what = f"F1 of the first {MAIN_K} files" if several else f"All changed files among the first {MAIN_K}"
            bars.sort(key=lambda bar: -bar.value)
            n = len(scored.scores(tables.REFERENCE, file_accuracy(MAIN_K), subset))
            yield Bars(f"{what}: {subset.name}, % of tasks (n {n})", bars, 100, "Lines: 95% intervals.")


def _medians(scored: Scored) -> dict[str, float]:
    """Return the median tokens that each explorer read, without the pack and with it, where both ran."""
    subset = scored.subsets[0]
    read = {s: list(scored.scores(s, tables.LOOKING, subset).values()) for s in tables.EXPLORERS}
    return {solver: float(np.median(values)) for solver, values in read.items() if values}


def _reading_chart(scored: Scored) -> Iterator[Bars]:
    read = _medians(scored)
    if len(read) < 2:
        return
    bars = [Bar(NAMES[s], value, f"{value:,.0f}", mine=s == tables.EXPLORERS[1]) for s, value in read.items()]
    seen = [scored.estimate(s, measure("found"), scored.subsets[0]) for s in read]
    shares = " and ".join(f"{100 * one.mean:.0f}%" for one in seen if one is not None)
    note = f"Medians, the pack's own tokens included. It sees them in {shares} of the tasks."
    yield Bars("Tokens read until a scripted explorer has seen every changed line", bars, max(read.values()), note)


def _time_chart(scored: Scored) -> Iterator[Bars]:
    bars = []
    for name, what in costs.LATENCIES.items():
        if values := costs.times(scored, tables.REFERENCE, name):
            for q, called in ((0.5, "half within"), (0.95, "95 of 100 within")):
                value = float(np.quantile(values, q))
                bars.append(Bar(f"{what}: {called}", value, f"{value:,.0f} ms", mine=q == 0.5))
    if bars:
        yield Bars("How long an answer takes", bars, max(bar.value for bar in bars), "Beside whatever else ran then.")
