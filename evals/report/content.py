"""Runs in, the page and the verdict out: what is said, in which order. The verdict is what fits one screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from evals.report import agents, claims, forecasts, plots, predictability, tables
from evals.report.drawing import ABSENT
from evals.report.figures import chance, difference, points
from evals.report.page import Block, Bullets, Code, Page, Section, Text
from evals.report.scored import MAIN_K, SHOWN, Scored, Subset, files_at, functions_at, measure
from evals.run import Results

SHOWN_LOSSES = 5
SHOWN_GOLD = 2
OTHERS = {
    "agent": (agents.verdict, agents.sections),
    "forecast": (forecasts.verdict, forecasts.sections),
    "claims": (claims.verdict, claims.sections),
}
"""Verdict and sections of the runs that are about something else than tasks and who solves them."""


def page(runs: Sequence[Results]) -> Page:
    """Return the report of some runs: verdicts first, then plots, tables, losses and the commands."""
    scored = [Scored(run) for run in runs]
    sections = [Section(f"Verdict: {_name(s)}", [Bullets(list(_verdict(s)))]) for s in scored]
    for one in scored:
        heading = [] if len(runs) == 1 else [Section(_name(one), [])]
        sections += [*heading, *_sections(one)]
    return Page("Noctule: what sleeping found and saved", sections)


def verdict(run: Results) -> list[str]:
    """Return what a run says, in lines for a terminal."""
    scored = Scored(run)
    return [f"{_name(scored)}:", *(f"  {line}" for line in _verdict(scored))]


def _name(scored: Scored) -> str:
    about = scored.run.about["about"]
    assert isinstance(about, Mapping)
    what = about.get("file") or f"{about.get('repository')} at {str(about.get('head'))[:10]}"
    return f"{scored.kind} {what}"


def _verdict(scored: Scored) -> Iterator[str]:
    if scored.kind in OTHERS:
        return OTHERS[scored.kind][0](scored)
    return _verdict_on_tasks(scored)


def _sections(scored: Scored) -> Iterator[Section]:
    yield from OTHERS[scored.kind][1](scored) if scored.kind in OTHERS else _sections_on_tasks(scored)
    unanswered = tables.not_answered(scored)
    if unanswered.rows:
        yield Section("Skipped and failed", [unanswered], folded=True)
    commands = scored.run.about.get("commands")
    lines = [str(c) for c in commands] if isinstance(commands, list) else []
    yield Section("To repeat it", [Code([*lines, f"noctule eval report {scored.run.folder}"])])


def _verdict_on_tasks(scored: Scored) -> Iterator[str]:
    yield _counts(scored)
    for subset in scored.subsets:
        yield from _found(scored, subset)
    plain = scored.subsets[0]
    yield from _shown(scored, plain)
    yield from _abstained(scored, plain)
    yield from _explored(scored, plain)
    yield from _recorded(scored, plain)
    yield from _cost(scored)
    for subset in scored.subsets[-1:] if scored.kind != "swebench" else scored.subsets[:1]:
        yield from _lost(scored, subset)


def _counts(scored: Scored) -> str:
    tasks = scored.scorable
    repositories = len({scored.run.tasks[t].repository for t in tasks})
    pairs = len({scored.run.tasks[t].pair for t in tasks})
    forms = f" in {len(scored.subsets)} forms" if len(tasks) > pairs else ""
    where = f"{repositories} {'repository' if repositories == 1 else 'repositories'}"
    unscored = sum(not gold.files for gold in scored.run.gold.values())
    return (
        f"{pairs} tasks{forms} of {where}, each asked at its base commit; {len(scored.run.skipped)} skipped, "
        f"{len(scored.run.failed)} answers failed, {unscored} without a gold file at the base."
    )


def _found(scored: Scored, subset: Subset) -> Iterator[str]:
    """Say how often everything was found, and the difference to each plain baseline."""
    mine = scored.estimate("pack", files_at(MAIN_K), subset)
    if mine is None:
        return
    yield (
        f"Files, {subset.name}: all gold files in the first {MAIN_K} of noctule's ranking for {points(mine)}% "
        f"of {mine.n} tasks (95% interval)."
    )
    for solver, what in (("bm25", "plain BM25"), ("explorer", "grep-style search")):
        theirs = scored.estimate(solver, files_at(MAIN_K), subset)
        found = scored.compare("pack", solver, files_at(MAIN_K), subset)
        if theirs is not None and found is not None:
            yield (
                f"  {what}: {points(theirs)}%; noctule {difference(found)} points, alone right on {len(found.won)} and "
                f"alone wrong on {len(found.lost)} (n {found.n}, McNemar p {chance(found.p)})."
            )
    functions = scored.estimate("pack", functions_at(10), subset)
    if functions is not None:
        yield f"  Functions: all in the first 10 for {points(functions)}% of {functions.n} tasks that change one."


def _shown(scored: Scored, subset: Subset) -> Iterator[str]:
    parts = []
    for solver in tables.pack_budgets(scored):
        found = scored.estimate(solver, SHOWN, subset)
        if found is not None:
            parts.append(f"{solver.partition('@')[2] or '2000'} tokens {100 * found.mean:.0f}% (n {found.n})")
    if parts:
        yield f"Shown: all changed functions stand whole in the pack at {', '.join(parts)}."


def _abstained(scored: Scored, subset: Subset) -> Iterator[str]:
    """Say how often the pack said nothing, and how often a gold file stood high in its ranking then."""
    silent = tables.silences(scored, "pack", subset)
    if silent:
        answered = len(scored.scores("pack", files_at(MAIN_K), subset))
        right = sum(silent.values())
        yield f"Abstained on {len(silent)} of {answered}; on {right} of them its first {MAIN_K} held no gold file."


def _explored(scored: Scored, subset: Subset) -> Iterator[str]:
    cold, warm = tables.EXPLORERS
    tokens = scored.compare(warm, cold, tables.LOOKING, subset)
    steps = scored.compare(warm, cold, measure("steps"), subset)
    if tokens is None or steps is None:
        return
    before, after = (np.median(list(scored.scores(s, tables.LOOKING, subset).values())) for s in (cold, warm))
    yield (
        f"Exploring (a deterministic proxy, n {tokens.n}): until the changed lines are seen {before:,.0f} tokens cold "
        f"and {after:,.0f} with the pack (medians, the pack's own included); mean difference "
        f"{difference(tokens, 1, 0)} tokens and {difference(steps, 1)} steps (95%); fewer tokens on "
        f"{len(tokens.lost)} tasks, more on {len(tokens.won)}."
    )


def _recorded(scored: Scored, subset: Subset) -> Iterator[str]:
    if "recorded" not in scored.run.answers:
        return
    misled = scored.estimate("recorded", measure("misled"), subset)
    for row in tables.recorded(scored, subset).rows:
        if row[0].endswith(", recorded"):
            yield (
                f"{row[0].removesuffix(', recorded')}, {row[1]} bound (n {row[2]} runs): prompt tokens saved a run, "
                f"negative where lost: {row[6]}, {row[7]} of all; at cached prices {row[9]}."
            )
    if misled is not None:
        yield f"  The pack would have misled (named no gold file, yet spoke) on {points(misled)}% of {misled.n} tasks."


def _cost(scored: Scored) -> Iterator[str]:
    again = [a.measures["again_ms"] for a in scored.run.answers.get("pack", {}).values() if "again_ms" in a.measures]
    slept = [s["cpu_seconds"] for s in scored.run.sleep.values() if not s.get("shared")]
    tokens = [a.tokens for a in scored.run.answers.get("pack", {}).values() if a.tokens is not None]
    if again and slept:
        yield (
            f"Cost: {np.mean(tokens):,.0f} tokens a pack; answered in {np.quantile(again, 0.5):.0f} ms, p95 "
            f"{np.quantile(again, 0.95):.0f} ms (n {len(again)}); sleep took {sum(slept):,.0f} processor seconds for "
            f"{len(slept)} base commits, no model, no tokens."
        )


def _lost(scored: Scored, subset: Subset) -> Iterator[str]:
    """Name some of the tasks that were lost."""
    table = tables.losses(scored, subset)
    if not table.rows:
        return
    yield f"Lost ({subset.name}): {table.note} Among them:"
    for row in table.rows[:SHOWN_LOSSES]:
        gold = row[1].split(" ")
        more = f" and {len(gold) - SHOWN_GOLD} more" if len(gold) > SHOWN_GOLD else ""
        yield f"  {row[0]}: {' '.join(gold[:SHOWN_GOLD])}{more} (rank {row[2]}; {row[3]} came first)"


def _sections_on_tasks(scored: Scored) -> Iterator[Section]:
    plain = scored.subsets[0]
    yield Section("Plots", plots.of_run(scored) or [Text(ABSENT)])
    for subset in scored.subsets:
        blocks: list[Block] = [tables.localization(scored, subset), tables.comparisons(scored, subset)]
        if scored.kind == "features":
            blocks.insert(0, tables.modified_sets(scored, subset))
        yield Section(f"Files and functions found, {subset.name} (n {len(subset.tasks)})", blocks)
    if len({scored.run.tasks[t].repository for t in plain.tasks}) > 1:
        yield Section("By repository", [tables.by_repository(scored, plain)])
    yield Section("What the pack shows", [tables.shown(scored, plain), tables.abstentions(scored, plain)])
    if any(s.startswith("explorer") for s in scored.solvers):
        costs = tables.costs(scored, plain)
        yield Section("Until the gold is seen", [tables.exploring(scored, plain), *([costs] if costs else [])])
    for subset in scored.subsets:
        if (fifths := predictability.by_fifth(scored, subset)) is not None:
            yield Section(f"Gain by predictability, {subset.name}", [fifths])
    if any(s.startswith("recorded") for s in scored.solvers):
        yield Section("Recorded agents", [tables.recorded(scored, plain)])
    yield Section("Time", [tables.latency(scored)])
    for subset in scored.subsets:
        yield Section(f"Losses, {subset.name}", [tables.losses(scored, subset)], folded=True)
