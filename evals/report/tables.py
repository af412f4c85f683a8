"""A run's scores as tables. Every figure says over how many tasks it is; every comparison is paired."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from noctule.evals.report.figures import chance, compact, difference, points, sample_size
from noctule.evals.report.page import Table
from noctule.evals.report.scored import (
    LINES,
    MAIN_K,
    NAMED,
    RECIPROCAL,
    SHOWN,
    Scored,
    Subset,
    f1_of_first,
    file_accuracy,
    function_accuracy,
    measure,
)
from noctule.evals.scorers import paired
from noctule.evals.scorers.localization import FILE_CUTS, FUNCTION_CUTS
from noctule.evals.scorers.paired import PairedEstimate
from noctule.evals.scorers.sets import set_score
from noctule.evals.solvers.answer import SolverAnswer
from noctule.indexer.defaults import BUDGET_TOKENS

REFERENCE = "pack"
EXPLORERS = ("explorer", "explorer+pack")
MOST_LOSSES = 400

Choice = Callable[[SolverAnswer], Sequence[str]]


def localization(scored: Scored, subset: Subset) -> Table:
    """Return how often all gold is in the first k, by solver."""
    rows = []
    for solver in ranking_solvers(scored):
        files = [scored.estimate(solver, file_accuracy(k), subset) for k in FILE_CUTS]
        functions = [scored.estimate(solver, function_accuracy(k), subset) for k in FUNCTION_CUTS]
        rows.append(
            [
                solver,
                sample_size(files[0]),
                *map(compact, files),
                _mean(scored.estimate(solver, RECIPROCAL, subset), 3),
                sample_size(functions[0]),
                *map(compact, functions),
            ]
        )
    cuts = [f"Acc@{k} (95%)" for k in FILE_CUTS]
    return Table(
        ["solver", "n", *cuts, "MRR@10", "n functions", *(f"function Acc@{k} (95%)" for k in FUNCTION_CUTS)],
        rows,
        note="Percent of tasks with all gold files (functions) among the first k; 95% bootstrap interval over tasks.",
    )


def comparisons(scored: Scored, subset: Subset) -> Table:
    """Return the pack against every other solver, paired."""
    rows = []
    for solver in ranking_solvers(scored):
        found = scored.compare(REFERENCE, solver, file_accuracy(MAIN_K), subset) if solver != REFERENCE else None
        if found is not None:
            first, tenth = (difference(scored.compare(REFERENCE, solver, file_accuracy(k), subset)) for k in (1, 10))
            functions = difference(scored.compare(REFERENCE, solver, function_accuracy(10), subset))
            sides = [str(len(found.won)), str(len(found.lost)), chance(found.p)]
            rows.append([f"{REFERENCE} - {solver}", str(found.n), first, difference(found), *sides, tenth, functions])
    return Table(
        [
            *("comparison", "n", "Acc@1, points (95%)", f"Acc@{MAIN_K}, points (95%)", "only first right"),
            *("only second right", "McNemar p", "Acc@10, points (95%)", "function Acc@10, points (95%)"),
        ],
        rows,
        note=f"On the tasks that both answered. Exact two-sided McNemar test of Acc@{MAIN_K}.",
    )


def by_repository(scored: Scored, subset: Subset) -> Table:
    """Return Acc@5 for each repository."""
    tasks: dict[str, set[str]] = {}
    for task in subset.tasks:
        tasks.setdefault(scored.run.tasks[task].repository, set()).add(task)
    solvers = ranking_solvers(scored)
    rows = []
    for repository, mine in sorted(tasks.items(), key=lambda item: (-len(item[1]), item[0])):
        within = Subset(repository, frozenset(mine))
        shares = [_percent(scored.estimate(s, file_accuracy(MAIN_K), within)) for s in solvers]
        rows.append([repository, str(len(mine)), *shares])
    return Table(["repository", "n", *solvers], rows, note=f"Acc@{MAIN_K} over files, percent.")


def text_table(scored: Scored, subset: Subset) -> Table:
    """Return what the served text holds, by budget."""
    rows = []
    for solver in pack_budgets(scored):
        functions, named = scored.estimate(solver, SHOWN, subset), scored.estimate(solver, NAMED, subset)
        lines = scored.estimate(solver, LINES, subset)
        tokens = _mean(scored.estimate(solver, lambda a, _: a.tokens, subset), 0)
        sizes = [sample_size(named), points(named), sample_size(functions), points(functions)]
        rows.append([solver, tokens, *sizes, sample_size(lines), points(lines)])
    return Table(
        ["pack", "mean tokens", "n", "all gold files named", "n", "gold functions whole", "n", "changed lines shown"],
        rows,
        note="Percent (95%). Read from the served text, its lines held against the files.",
    )


def modified_table(scored: Scored, subset: Subset) -> Table:
    """Return precision, recall and F1 over modified files: of what the text shows, and of the first five."""
    rows = []
    for solver in ranking_solvers(scored):
        for how, chosen in _choices(solver).items():
            answers = {t: a for t, a in scored.run.answers[solver].items() if t in subset.tasks}
            found = [set_score(chosen(a), scored.run.gold[t].files) for t, a in answers.items()]
            values = [value for value in found if value is not None]
            if values:
                columns = ([s.precision for s in values], [s.recall for s in values], [s.f1 for s in values])
                gap = scored.compare(REFERENCE, solver, f1_of_first, subset) if solver != REFERENCE else None
                means = [points(paired.estimate(c)) for c in columns]
                rows.append([solver, how, str(len(values)), *means, difference(gap)])
    created = sum(bool(scored.run.gold[t].created) for t in subset.tasks)
    return Table(
        ["solver", "files taken", "n", "precision", "recall", "F1", "pack's first 5 - it, points of F1 (95%)"],
        rows,
        labels=2,
        note=f"Percent (95%). {created} of these tasks also create files, which no arm can find or is charged for.",
    )


def _choices(solver: str) -> Mapping[str, Choice]:
    def first(answer: SolverAnswer) -> Sequence[str]:
        return answer.files[:MAIN_K]

    def source(answer: SolverAnswer) -> Sequence[str]:
        return [span.path for span in answer.spans]

    return {"source shown": source, "first 5": first} if solver.startswith("pack") else {"first 5": first}


def exploring(scored: Scored, subset: Subset) -> Table:
    """Return what it takes until all gold lines are seen, cold and with the pack first."""
    rows = []
    cold = EXPLORERS[0]
    for solver in (s for s in scored.solvers if s.startswith("explorer")):
        found = scored.estimate(solver, measure("found"), subset)
        rows.append(
            [
                solver,
                sample_size(found),
                points(found),
                *(_middle(scored.scores(solver, m, subset).values()) for m in (measure("steps"), LOOKING, PROMPTS)),
                *(
                    difference(scored.compare(solver, cold, m, subset), 1.0, d) if solver != cold else "-"
                    for m, d in ((measure("steps"), 1), (LOOKING, 0), (PROMPTS, 0))
                ),
            ]
        )
    return Table(
        [
            *("explorer", "n", "gold seen (95%)", "median steps", "median tokens read", "median prompt tokens"),
            *("steps, mean difference (95%)", "tokens read, difference", "prompt tokens, difference"),
        ],
        rows,
        note=(
            "A deterministic explorer, a proxy for an agent. Tokens read include the pack's own; prompt tokens are the "
            "sum over all turns, the pack carried through each. Differences are against the cold explorer, paired, on "
            "all tasks; an exploration that did not see the gold counts with what it spent until it gave up."
        ),
    )


def dearer(scored: Scored, subset: Subset) -> Table:
    """Return every task on which the explorer read more with the pack than cold, the dearest first."""
    cold, warm = (scored.scores(s, LOOKING, subset) for s in EXPLORERS)
    more = sorted((cold[t] - warm[t], t) for t in cold.keys() & warm.keys() if warm[t] > cold[t])
    rows = [[t, f"{cold[t]:,.0f}", f"{warm[t]:,.0f}", f"{-saved:+,.0f}"] for saved, t in more[:MOST_LOSSES]]
    return Table(
        ["task", "tokens read, cold", "with the pack", "more"],
        rows,
        note=f"{len(more)} of {len(cold.keys() & warm.keys())} tasks; the pack's own tokens are included.",
    )


def LOOKING(answer: SolverAnswer, _gold: object) -> float | None:
    """Return the tokens read until gold was seen, the pack's own included."""
    spent = answer.measures.get("new_tokens")
    return None if spent is None else spent + answer.measures.get("pack_tokens", 0.0)


PROMPTS = measure("prompt_tokens")


def abstentions(scored: Scored, subset: Subset) -> Table:
    """Return how often the pack said nothing, and whether it was right to."""
    rows = []
    for solver in pack_budgets(scored):
        answers = {t: a for t, a in scored.run.answers[solver].items() if t in subset.tasks}
        silent = silences(scored, solver, subset)
        right = sum(silent.values())
        wrong = sum(answers[t].measures.get("wrong_lines", 0.0) for t in answers)
        rows.append([solver, str(len(answers)), str(len(silent)), f"{right} of {len(silent)}", f"{wrong:,.0f}"])
    return Table(
        ["pack", "n", "abstained", "no gold in its first 5 then", "served lines that the files do not hold"], rows
    )


def silences(scored: Scored, solver: str, subset: Subset) -> dict[str, bool]:
    """Return the tasks on which a solver said nothing, and whether it was right to: no gold in its first five."""
    return {
        task: not set(answer.files[:MAIN_K]) & set(scored.run.gold[task].files)
        for task, answer in scored.run.answers.get(solver, {}).items()
        if answer.abstained and task in subset.tasks
    }


def unanswered_table(scored: Scored) -> Table:
    """Return what was skipped or failed."""
    rows = [[name, "skipped", why] for name, why in sorted(scored.run.skipped.items())]
    rows += [[solver, "skipped", why] for solver, why in sorted(scored.run.absent.items())]
    rows += [[f"{row.task}, {row.solver}", "failed", row.error or ""] for row in scored.run.failed]
    without = sorted(t for t, gold in scored.run.gold.items() if not gold.files)
    rows += [[task, "not scored", "no gold file exists at its base"] for task in without]
    return Table(["task", "what", "why"], rows, labels=3)


def ranking_solvers(scored: Scored) -> list[str]:
    """Return the solvers that rank files; budgets rank alike, an ablation and explorers stand apart."""
    apart = ("pack@", "pack~", "recorded", "explorer", "forecast", "touched-", "finder:")
    return [s for s in scored.solvers if not s.startswith(apart)]


def pack_budgets(scored: Scored) -> list[str]:
    """Return the pack's budgets, in order."""
    budgets = [s for s in scored.solvers if s == "pack" or s.startswith("pack@")]
    return sorted(budgets, key=lambda s: int(s.partition("@")[2] or BUDGET_TOKENS))


def _percent(value: PairedEstimate | None) -> str:
    return "-" if value is None else f"{100 * value.mean:.1f}"


def _mean(value: PairedEstimate | None, digits: int) -> str:
    return "-" if value is None else f"{value.mean:,.{digits}f}"


def _middle(values: Iterable[float]) -> str:
    listed = list(values)
    return f"{np.median(listed):,.0f}" if listed else "-"
