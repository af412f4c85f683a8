"""Runs in, the page and the verdict out: what is said, in which order. The verdict is what fits one screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from noctule.evals.report import (
    ablation,
    agents,
    claims,
    costs,
    finder,
    forecasts,
    plots,
    predictability,
    question_costs,
    recorded,
    screen,
    summary,
    tables,
    task_list,
)
from noctule.evals.report import verdict as verdicts
from noctule.evals.report.drawing import ABSENT
from noctule.evals.report.page import Block, Bullets, Code, Page, PageText, Section, Table
from noctule.evals.report.scored import Scored
from noctule.evals.run_folder import Results

OTHERS = {
    "agent": (agents.verdict, agents.sections),
    "forecast": (forecasts.verdict, forecasts.sections),
    "claims": (claims.verdict, claims.sections),
}
"""Verdict and sections of the runs that are about something else than tasks and who solves them."""


def page(runs: Sequence[Results]) -> Page:
    """Return the report of some runs: numbers and verdicts first, then tasks, tables, plots, commands."""
    scored = [Scored(run) for run in runs]
    sections = [Section(f"Verdict: {_name(s)}", [*_summary(s), *_verdict(s)]) for s in scored]
    for one in scored:
        heading = [] if len(runs) == 1 else [Section(_name(one), [])]
        sections += [*heading, *_sections(one)]
    return Page("Noctule: what it found, and at what cost", sections)


def verdict(run: Results) -> list[str]:
    """Return what a run says, in lines for a terminal."""
    scored = Scored(run)
    return [f"{_name(scored)}:", *screen.lines(_verdict(scored))]


def _name(scored: Scored) -> str:
    about = scored.run.about["about"]
    assert isinstance(about, Mapping)
    what = about.get("file") or f"{about.get('repository')} at {str(about.get('head'))[:10]}"
    return f"{scored.kind} {what}"


def _verdict(scored: Scored) -> list[Block]:
    if scored.kind in OTHERS:
        return [Bullets(list(OTHERS[scored.kind][0](scored)))]
    return verdicts.blocks(scored)


def _summary(scored: Scored) -> list[Block]:
    if scored.kind == "forecast":
        return summary.forecast_blocks(scored)
    return [] if scored.kind in OTHERS else summary.blocks(scored)


def _sections(scored: Scored) -> Iterator[Section]:
    yield from OTHERS[scored.kind][1](scored) if scored.kind in OTHERS else _sections_on_tasks(scored)
    unanswered = tables.unanswered_table(scored)
    if unanswered.rows:
        yield Section("Skipped and failed", [unanswered], folded=True)
    commands = scored.run.about.get("commands")
    lines = [str(c) for c in commands] if isinstance(commands, list) else []
    yield Section("To repeat it", [Code([*lines, f"noctule eval report {scored.run.folder}"])])


def _sections_on_tasks(scored: Scored) -> Iterator[Section]:
    plain = scored.subsets[0]
    if (tasks := task_list.listing(scored)).table.rows:
        yield Section("Every task", [tasks])
    if (found_by_model := finder.section(scored)) is not None:
        yield found_by_model
    for subset in scored.subsets:
        blocks: list[Block] = [tables.localization(scored, subset), tables.comparisons(scored, subset)]
        if scored.kind == "features":
            blocks.insert(0, tables.modified_table(scored, subset))
        yield Section(f"Files and functions found, {subset.name} (n {len(subset.tasks)})", blocks)
    if len({scored.run.tasks[t].repository for t in plain.tasks}) > 1:
        yield Section("By repository", [tables.by_repository(scored, plain)])
    if len(found := _there(ablation.table(scored, subset) for subset in scored.subsets)) == len(scored.subsets):
        for subset, table in zip(scored.subsets, found, strict=True):
            yield Section(f"Ingredients left out, {subset.name}", [table])
    yield Section("What the pack shows", [tables.text_table(scored, plain), tables.abstentions(scored, plain)])
    if any(s.startswith("explorer") for s in scored.solvers):
        yield Section("Until the gold is seen", [tables.exploring(scored, plain)])
    if any(s.startswith("recorded") for s in scored.solvers):
        told = _there([recorded.tokens(scored, plain)])
        yield Section("Recorded agents", [recorded.table(scored, plain), *told])
    shared = question_costs.amortised(scored, finder.list_cells(scored)) if scored.kind == "questions" else None
    if priced := _there([shared, costs.per_query(scored, plain), costs.in_seconds(scored, plain)]):
        yield Section("What a query costs with sleep ahead of it", priced)
    for subset in scored.subsets:
        if (fifths := predictability.by_fifth(scored, subset)) is not None:
            yield Section(f"Gain by predictability, {subset.name}", [fifths])
    yield Section("Time, and what sleep took", [costs.latency(scored), costs.sleeping(scored)])
    if (dearer := tables.dearer(scored, plain)).rows:
        yield Section(f"Losses of the explorer, {plain.name}", [dearer], folded=True)
    yield Section("Plots", plots.of_run(scored) or [PageText(ABSENT)])


def _there(made: Iterable[Table | None]) -> list[Table]:
    """Return the tables that there are numbers for."""
    return [table for table in made if table is not None]
