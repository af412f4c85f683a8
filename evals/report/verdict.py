"""What a run about tasks says on one screen: found, at what token cost, against plain search, and where it failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from noctule.evals.report import costs, finder, recorded, tables
from noctule.evals.report.figures import amount, chance, difference, points
from noctule.evals.report.page import Block, Bullets, PageText, Table
from noctule.evals.report.scored import (
    MAIN_K,
    SHOWN,
    Score,
    Scored,
    Subset,
    f1_of_first,
    file_accuracy,
    function_accuracy,
    measure,
    shown_only,
)
from noctule.evals.report.screen import COLUMNS, shorten
from noctule.evals.scorers.paired import Comparison, PairedEstimate
from noctule.lsp_server.text.numbers import count

SHOWN_LOSSES = 3
MOST_SOLVERS = 6
"""More rows do not fit the screen beside the rest."""
BASELINES = {"grep": "grep-style search", "bm25": "plain BM25", "aider": "aider's repo map"}
FORMS = {
    "as written": "as written",
    "names masked": "masked",
    "all": "all",
    "gold file not named": "file not named",
}


def blocks(scored: Scored) -> list[Block]:
    """Return the verdict."""
    lines = [
        *_functions(scored),
        *_explorer_lines(scored),
        *_record_lines(scored),
        *_cost(scored),
        *finder.lines(scored),
        *_loss_lines(scored),
    ]
    return [PageText(_counts(scored)), *_result_tables(scored), Bullets(lines)]


def _counts(scored: Scored) -> str:
    tasks = scored.scorable
    repositories = len({scored.run.tasks[t].repository for t in tasks})
    pairs = len({scored.run.tasks[t].pair or t for t in tasks})
    where = count(repositories, "repository")
    forms = " and masked: without the names of what it changed" if len(tasks) > pairs else ""
    of_file = {"swebench": "issues", "questions": "questions"}
    if scored.kind == "features" and "file" in _about(scored):
        of_file["features"] = "pull requests"
    how = of_file.get(scored.kind, f"each commit's message asked at its parent, as written{forms}")
    unscored = sum(not gold.files for gold in scored.run.gold.values())
    failed = len(scored.run.failed)
    odd = [
        f"{number} {what}"
        for number, what in (
            (len(scored.run.skipped), "skipped"),
            (failed, "answer failed" if failed == 1 else "answers failed"),
            (unscored, "without a changed file at the base"),
        )
        if number
    ]
    return f"{count(pairs, 'task')} of {where} ({how}); {', '.join(odd) or 'none skipped, none failed'}."


def _about(scored: Scored) -> Mapping[str, object]:
    about = scored.run.about["about"]
    return about if isinstance(about, Mapping) else {}


def _result_tables(scored: Scored) -> Iterator[Table]:
    """Return how often everything was found, against the plain searches; at most two subsets fit the screen.

    Of changes of many files, F1 of the first five against the modified ones.
    """
    several = scored.kind == "features"
    score: Score = f1_of_first if several else file_accuracy(MAIN_K)
    asked = _named_solvers(scored)
    subsets = [s for s in scored.subsets if any(scored.estimate(name, score, s) is not None for name in asked)][:2]
    if not subsets:
        return
    sizes = [max(len(scored.scores(name, score, s)) for name in asked) for s in subsets]
    rows = []
    for solver, what in asked.items():
        ranked = [scored.estimate(solver, score, subset) for subset in subsets]
        cells = [_cell(value, size) for value, size in zip(ranked, sizes, strict=True)]
        rows.append([what, *cells, _tokens(scored, solver)])
        if any(tables.silences(scored, solver, subset) for subset in subsets):
            shown = [scored.estimate(solver, shown_only(score), subset) for subset in subsets]
            rows.append(["  abstained as nothing named", *map(_cell, shown, sizes), ""])
    named = [s for s in BASELINES if s in asked] if tables.REFERENCE in asked else []
    for solver in named:
        found = [scored.compare(tables.REFERENCE, solver, score, subset) for subset in subsets]
        rows.append([f"noctule - {solver}, points", *(difference(f, 100.0, 0) for f in found), ""])
        if solver == next(iter(named)):
            sides = [_sides(f) for f in found]
            rows.append(["  it better / worse" if several else "  only it right / wrong", *sides, ""])
    heads = [f"{FORMS.get(s.name, s.name)}, n {size}" for s, size in zip(subsets, sizes, strict=True)]
    yield Table(
        [f"F1 of first {MAIN_K}, %" if several else f"% with all files in first {MAIN_K}", *heads, "tokens"], rows
    )


def _named_solvers(scored: Scored) -> dict[str, str]:
    """Name the table's solvers: the pack and the plain searches; without the pack all that rank."""
    named = {tables.REFERENCE: "noctule's pack", **BASELINES}
    if tables.REFERENCE not in scored.run.answers:
        named |= {solver: solver for solver in tables.ranking_solvers(scored) if solver not in named}
    return dict([(solver, what) for solver, what in named.items() if solver in scored.run.answers][:MOST_SOLVERS])


def _cell(value: PairedEstimate | None, size: int) -> str:
    """Return a figure, with its n where it is not that of the head."""
    return points(value, 0) + (f", n {value.n}" if value is not None and value.n != size else "")


def _sides(found: Comparison | None) -> str:
    if found is None:
        return "-"
    return f"{len(found.won)} / {len(found.lost)}" + (f", p {chance(found.p)}" if found.p is not None else "")


def _tokens(scored: Scored, solver: str) -> str:
    """Return the mean tokens of what a solver prints; BM25 prints nothing but names."""
    told = [a.tokens for a in scored.run.answers[solver].values() if a.tokens is not None]
    return f"{np.mean(told):,.0f}" if told else ""


def _functions(scored: Scored) -> Iterator[str]:
    parts = []
    for subset in scored.subsets[:2]:
        found = scored.estimate(tables.REFERENCE, function_accuracy(10), subset)
        whole = scored.estimate(tables.REFERENCE, SHOWN, subset)
        if found is not None and whole is not None:
            parts.append(f"{100 * found.mean:.0f}% / {100 * whole.mean:.0f}% (n {found.n})")
    if parts:
        yield f"Changed functions all in the first 10 / whole in the pack: {', '.join(parts)}."


def _explorer_lines(scored: Scored) -> Iterator[str]:
    subset, (cold, warm) = scored.subsets[0], tables.EXPLORERS
    tokens = scored.compare(warm, cold, tables.LOOKING, subset)
    if tokens is None:
        return
    seen = "a line of each gold file" if scored.kind == "questions" else "the changed lines"
    before, after = (np.median(list(scored.scores(s, tables.LOOKING, subset).values())) for s in (cold, warm))
    yield (
        f"Explorer (a script, n {tokens.n}): {before:,.0f} tokens until it has seen {seen}, {after:,.0f} "
        f"with the pack (medians); mean {difference(tokens, 1, 0)}, less on {count(len(tokens.lost), 'task')}."
    )


def _record_lines(scored: Scored) -> Iterator[str]:
    for one in recorded.replays(scored, scored.subsets[0]):
        if one.solver == "recorded":
            bounds = (f"{b} {amount(one.mean_saving(b, 'prompt_cost'))}" for b in recorded.BOUNDS)
            yield f"{one.agent}: tokens saved a run at cached prices (n {len(one.runs)}): {', '.join(bounds)}."
            yield f"  {one.describe_reading()}"
            yield f"  {one.describe_respect()}"
    misled = scored.estimate("recorded", measure("misled"), scored.subsets[0])
    if misled is not None:
        yield f"  The pack would have misled (spoke, named no changed file) on {points(misled)}% of {misled.n}."


def _cost(scored: Scored) -> Iterator[str]:
    first, later = (costs.times(scored, tables.REFERENCE, name) for name in costs.LATENCIES)
    took = costs.slept(scored)
    if first:
        again = f", then in {_p50_p95(later)}" if later else ""
        yield f"Answers: in {_p50_p95(first)} ms after opening{again} (p50 / p95, n {len(first)})."
    if took.states:
        free = "no model, no tokens" if not took.tokens else took.models
        yield (
            f"Sleep: {np.mean(took.cpu_s):,.1f} processor seconds a base (most {max(took.cpu_s):,.1f}), {free}; "
            f"{took.saving_text}."
        )


def _p50_p95(values: Sequence[float]) -> str:
    return f"{np.quantile(values, 0.5):,.0f} / {np.quantile(values, 0.95):,.0f}"


def _loss_lines(scored: Scored) -> Iterator[str]:
    """Say where it would have failed: how often, on what kind of change, and on which tasks for instance."""
    subset = scored.subsets[-1] if scored.kind not in {"swebench", "questions"} else scored.subsets[0]
    scores = scored.scores(tables.REFERENCE, file_accuracy(MAIN_K), subset)
    if not scores:
        return
    lost = sorted(task for task, score in scores.items() if not score)
    single = {task for task in scores if len(scored.run.gold[task].files) == 1}
    few, many = (_share([t for t in scores if (t in single) is one], lost) for one in (True, False))
    name = FORMS.get(subset.name, subset.name)
    yield (
        f"Would have failed ({name}) on {len(lost)} of {len(scores)}: one changed file {few}, several {many}."
        f"{_silent(scored, subset)}"
    )
    for task in lost[:SHOWN_LOSSES]:
        yield f"  {_loss(scored, task)}"


def _silent(scored: Scored, subset: Subset) -> str:
    silent = tables.silences(scored, tables.REFERENCE, subset)
    return f" Abstained on {len(silent)}, rightly on {sum(silent.values())}." if silent else " Never abstained."


def _share(tasks: Sequence[str], lost: Sequence[str]) -> str:
    return f"{len(set(tasks) & set(lost))} of {len(tasks)}"


def _loss(scored: Scored, task: str) -> str:
    answer, gold = scored.run.answers[tables.REFERENCE][task], scored.run.gold[task].files
    missed = next((path for path in gold if path not in answer.files[:MAIN_K]), gold[0])
    rank = answer.files.index(missed) + 1 if missed in answer.files else None
    place = f"rank {rank}" if rank is not None else f"not in {len(answer.files)}"
    more = f" (+{len(gold) - 1} more)" if len(gold) > 1 else ""
    head = f"{task}: {place}: "
    return head + shorten(f"{missed}{more}", COLUMNS - 2 - len(head))
