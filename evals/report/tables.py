"""A run's scores as tables. Every figure says over how many tasks it is; every comparison is paired."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from evals.report.figures import amount, chance, difference, number_of, points
from evals.report.page import Table
from evals.report.scored import (
    LINES,
    MAIN_K,
    NAMED,
    RECIPROCAL,
    SHOWN,
    Scored,
    Subset,
    files_at,
    functions_at,
    measure,
)
from evals.scorers import paired
from evals.scorers.amount import PRICES, QUERIES, Costs
from evals.scorers.localization import FILE_CUTS, FUNCTION_CUTS
from evals.scorers.paired import Estimate
from evals.scorers.sets import set_score
from evals.solvers.answer import Answer

REFERENCE = "pack"
EXPLORERS = ("explorer", "explorer+pack")
MOST_LOSSES = 400

Choice = Callable[[Answer], Sequence[str]]


def localization(scored: Scored, subset: Subset) -> Table:
    """Return how often all gold is in the first k, by solver."""
    rows = []
    for solver in ranking_solvers(scored):
        files = [scored.estimate(solver, files_at(k), subset) for k in FILE_CUTS]
        functions = [scored.estimate(solver, functions_at(k), subset) for k in FUNCTION_CUTS]
        rows.append(
            [
                solver,
                number_of(files[0]),
                *(points(f) if k == MAIN_K else _percent(f) for k, f in zip(FILE_CUTS, files, strict=True)),
                _mean(scored.estimate(solver, RECIPROCAL, subset), 3),
                number_of(functions[0]),
                *map(_percent, functions),
            ]
        )
    cuts = [f"Acc@{k}{' (95%)' if k == MAIN_K else ''}" for k in FILE_CUTS]
    return Table(
        ["solver", "n", *cuts, "MRR@10", "n functions", *(f"function Acc@{k}" for k in FUNCTION_CUTS)],
        rows,
        note="Percent of tasks with all gold files (functions) among the first k; 95% bootstrap interval over tasks.",
    )


def comparisons(scored: Scored, subset: Subset) -> Table:
    """Return the pack against every other solver, paired."""
    rows = []
    for solver in ranking_solvers(scored):
        found = scored.compare(REFERENCE, solver, files_at(MAIN_K), subset) if solver != REFERENCE else None
        if found is not None:
            sides = [str(len(found.won)), str(len(found.lost)), chance(found.p)]
            rows.append([f"{REFERENCE} - {solver}", str(found.n), difference(found), *sides])
    return Table(
        ["comparison", "n", f"Acc@{MAIN_K}, points (95%)", "only first right", "only second right", "McNemar p"],
        rows,
        note="On the tasks that both answered. Exact two-sided McNemar test.",
    )


def by_repository(scored: Scored, subset: Subset) -> Table:
    """Return Acc@5 for each repository."""
    tasks: dict[str, set[str]] = {}
    for task in subset.tasks:
        tasks.setdefault(scored.run.tasks[task].repository, set()).add(task)
    solvers = [s for s in ranking_solvers(scored) if "@" not in s and "~" not in s]
    rows = []
    for repository, mine in sorted(tasks.items(), key=lambda item: (-len(item[1]), item[0])):
        within = Subset(repository, frozenset(mine))
        shares = [_percent(scored.estimate(s, files_at(MAIN_K), within)) for s in solvers]
        rows.append([repository, str(len(mine)), *shares])
    return Table(["repository", "n", *solvers], rows, note=f"Acc@{MAIN_K} over files, percent.")


def shown(scored: Scored, subset: Subset) -> Table:
    """Return what the served text holds, by budget."""
    rows = []
    for solver in pack_budgets(scored):
        functions, named = scored.estimate(solver, SHOWN, subset), scored.estimate(solver, NAMED, subset)
        lines = scored.estimate(solver, LINES, subset)
        tokens = _mean(scored.estimate(solver, lambda a, _: a.tokens, subset), 0)
        sizes = [number_of(named), points(named), number_of(functions), points(functions)]
        rows.append([solver, tokens, *sizes, number_of(lines), points(lines)])
    return Table(
        ["pack", "mean tokens", "n", "all gold files named", "n", "gold functions whole", "n", "changed lines shown"],
        rows,
        note="Percent (95%). Read from the served text, its lines held against the files.",
    )


def modified_sets(scored: Scored, subset: Subset) -> Table:
    """Return precision, recall and F1 over modified files: of what the text shows, and of the first five."""
    rows = []
    for solver in ranking_solvers(scored):
        for how, chosen in _choices(solver).items():
            answers = {t: a for t, a in scored.run.answers[solver].items() if t in subset.tasks}
            found = [set_score(chosen(a), scored.run.gold[t].files) for t, a in answers.items()]
            values = [value for value in found if value is not None]
            if values:
                columns = ([s.precision for s in values], [s.recall for s in values], [s.f1 for s in values])
                rows.append([solver, how, str(len(values)), *(points(paired.estimate(c)) for c in columns)])
    created = sum(bool(scored.run.gold[t].created) for t in subset.tasks)
    return Table(
        ["solver", "files taken", "n", "precision", "recall", "F1"],
        rows,
        labels=2,
        note=f"Percent (95%). {created} of these tasks also create files, which no arm can find or is charged for.",
    )


def _choices(solver: str) -> Mapping[str, Choice]:
    def first(answer: Answer) -> Sequence[str]:
        return answer.files[:MAIN_K]

    def source(answer: Answer) -> Sequence[str]:
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
                number_of(found),
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


def LOOKING(answer: Answer, _gold: object) -> float | None:
    """Return the tokens read until gold was seen, the pack's own included."""
    spent = answer.measures.get("new_tokens")
    return None if spent is None else spent + answer.measures.get("pack_tokens", 0.0)


PROMPTS = measure("prompt_tokens")


def recorded(scored: Scored, subset: Subset) -> Table:
    """Return what the pack would have spared recorded agents, both bounds."""
    rows = []
    for solver in (s for s in scored.solvers if s.startswith("recorded")):
        runs = _runs(scored, solver, subset)
        for agent in sorted({str(run["run"]) for run in runs.values()}):
            mine = {key: run for key, run in runs.items() if run["run"] == agent}
            for bound in ("low", "high"):
                rows.append([f"{agent}, {solver}", bound, str(len(mine)), *_spared(mine, bound)])
    return Table(
        [
            *("recorded agent, pack", "bound", "n runs", "steps spared, median", "runs with a step spared"),
            *(
                "tokens spared, median",
                "prompt tokens saved, mean (95%)",
                "share of all",
                "at cached prices, mean (95%)",
            ),
            "share of all",
        ],
        rows,
        labels=2,
        note=(
            "Tokens are characters / 4. Low: only steps before the first edit whose whole result the pack shows. "
            "High: these, and all searching and reading before the first look at a gold file, if the pack names that "
            "file. The pack's tokens are carried through every turn that is left; a negative saving is a loss. Cached "
            "prices: what a prompt repeats of the one before costs a tenth."
        ),
    )


def _spared(runs: Mapping[str, Mapping[str, object]], bound: str) -> list[str]:
    cold = [_figures(run["cold"]) for run in runs.values()]
    warm = [_figures(run[bound]) for run in runs.values()]
    cells = [
        _middle(w["steps"] for w in warm),
        points(paired.estimate([float(w["steps"] > 0) for w in warm])),
        _middle(w["tokens"] for w in warm),
    ]
    for key in ("prompt_tokens", "prompt_cost"):
        saved = [c[key] - w[key] for c, w in zip(cold, warm, strict=True)]
        whole = sum(c[key] for c in cold)
        cells += [amount(paired.estimate(saved)), f"{100 * sum(saved) / whole:+.1f}%" if whole else "-"]
    return cells


def _runs(scored: Scored, solver: str, subset: Subset) -> dict[str, Mapping[str, object]]:
    found: dict[str, Mapping[str, object]] = {}
    for task, answer in scored.run.answers[solver].items():
        runs = answer.detail.get("runs")
        if task in subset.tasks and isinstance(runs, list):
            found.update({f"{task} {number}": run for number, run in enumerate(runs)})
    return found


def _figures(value: object) -> Mapping[str, float]:
    assert isinstance(value, Mapping)
    return value


def latency(scored: Scored) -> Table:
    """Return what answering and learning took."""
    rows = []
    for solver in pack_budgets(scored):
        for what, name in (("first answer of a process", "first_ms"), ("next answer", "again_ms")):
            values = [a.measures[name] for a in scored.run.answers[solver].values() if name in a.measures]
            if values:
                rows.append([f"{solver}: {what}, ms", str(len(values)), *_quantiles(values)])
    slept = [s for s in scored.run.sleep.values() if not s.get("shared")]
    for what, name in (
        ("sleep for one base, seconds", "seconds"),
        ("sleep, processor seconds", "cpu_seconds"),
    ):
        if slept:
            rows.append([what, str(len(slept)), *_quantiles([s[name] for s in slept])])
    parsed, known = (sum(s.get(name, 0.0) for s in slept) for name in ("parsed", "known"))
    tokens = sum(s.get("tokens", 0.0) for s in slept)
    share = f"{100 * known / (parsed + known):.1f}%" if parsed + known else "none"
    return Table(
        ["what", "n", "p50", "p95", "sum"],
        rows,
        note=(
            f"Sleeping read {parsed:,.0f} file contents; {share} of those that the bases have were known already. "
            + (f"It cost {tokens:,.0f} tokens." if tokens else "Without a model it costs no tokens and no dollars.")
        ),
    )


def _quantiles(values: Sequence[float]) -> list[str]:
    return [f"{np.quantile(values, q):,.2f}" for q in (0.5, 0.95)] + [f"{sum(values):,.1f}"]


def costs(scored: Scored, subset: Subset) -> Table | None:
    """Return what a query costs with and without sleep ahead of it, by the explorer's prompt tokens."""
    means, n = mean_costs(scored, subset)
    if means is None:
        return None
    rows = []
    for price in PRICES:
        cells = ["{:,.0f} / {:,.0f}".format(*means.per_query(queries, price)) for queries in QUERIES]
        even = means.break_even(price)
        rows.append([f"t = {price}", *cells, "never" if even is None else f"{even:,.1f}"])
    return Table(
        ["price", *(f"{q} {'query' if q == 1 else 'queries'}" for q in QUERIES), "break-even queries"],
        rows,
        note=(
            f"Mean tokens per query with / without the pack (n {n}), in sleep-time tokens, a request-time "
            "token costing t of them; every prompt of the exploration counted, the pack's prefill in each. "
            f"{_paid(means)}"
        ),
    )


def _paid(means: Costs) -> str:
    if means.sleep:
        return f"Sleep cost {means.sleep:,.0f} tokens for one state of the repository."
    return "Sleep without a model costs no tokens, so it pays from the first query on or never."


def mean_costs(scored: Scored, subset: Subset) -> tuple[Costs | None, int]:
    """Return what sleep for one base and a query cost on average, in tokens, and over how many tasks."""
    cold, warm = (scored.scores(s, PROMPTS, subset) for s in EXPLORERS) if _has_explorers(scored) else ({}, {})
    both = sorted(cold.keys() & warm.keys())
    if not both:
        return None, 0
    slept = [s.get("tokens", 0.0) for s in scored.run.sleep.values() if not s.get("shared")]
    sleep = float(np.mean(slept)) if slept else 0.0
    return Costs(sleep, float(np.mean([warm[t] for t in both])), float(np.mean([cold[t] for t in both]))), len(both)


def _has_explorers(scored: Scored) -> bool:
    return all(solver in scored.run.answers for solver in EXPLORERS)


def abstentions(scored: Scored, subset: Subset) -> Table:
    """Return how often the pack said nothing, and whether it was right to."""
    rows = []
    for solver in (s for s in scored.solvers if s.startswith("pack")):
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


def losses(scored: Scored, subset: Subset) -> Table:
    """Return every task of which the pack's first five lack a gold file, and who had them."""
    scores = scored.scores(REFERENCE, files_at(MAIN_K), subset)
    others = [s for s in ranking_solvers(scored) if "@" not in s and "~" not in s and s != REFERENCE]
    lost = sorted(task for task, score in scores.items() if not score)
    rows = []
    for task in lost[:MOST_LOSSES]:
        gold = scored.run.gold[task].files
        found = [s for s in others if scored.scores(s, files_at(MAIN_K), Subset("", frozenset({task}))).get(task)]
        rank = scored.rank_of_gold(REFERENCE, task)
        first = next(iter(scored.run.answers[REFERENCE][task].files), "-")
        rows.append([task, " ".join(gold), rank, first, ", ".join(found) or "none"])
    more = f" {len(lost) - MOST_LOSSES} more are in results.jsonl." if len(lost) > MOST_LOSSES else ""
    return Table(
        ["task", "gold files", "rank of the last one", "ranked first", f"had all in their first {MAIN_K}"],
        rows,
        labels=5,
        note=f"{len(lost)} of {len(scores)} tasks.{more}",
    )


def not_answered(scored: Scored) -> Table:
    """Return what was skipped or failed."""
    rows = [[name, "skipped", why] for name, why in sorted(scored.run.skipped.items())]
    rows += [[solver, "skipped", why] for solver, why in sorted(scored.run.absent.items())]
    rows += [[f"{row.task}, {row.solver}", "failed", row.error or ""] for row in scored.run.failed]
    without = sorted(t for t, gold in scored.run.gold.items() if not gold.files)
    rows += [[task, "not scored", "no gold file exists at its base"] for task in without]
    return Table(["task", "what", "why"], rows, labels=3)


def ranking_solvers(scored: Scored) -> list[str]:
    """Return the solvers that rank files, the pack's other budgets aside: they rank alike."""
    return [s for s in scored.solvers if not s.startswith(("pack@", "recorded", "explorer+", "forecast", "touched-"))]


def pack_budgets(scored: Scored) -> list[str]:
    """Return the pack's budgets, in order."""
    budgets = [s for s in scored.solvers if s == "pack" or s.startswith("pack@")]
    return sorted(budgets, key=lambda s: int(s.partition("@")[2] or 2000))


def _percent(value: Estimate | None) -> str:
    return "-" if value is None else f"{100 * value.mean:.1f}"


def _mean(value: Estimate | None, digits: int) -> str:
    return "-" if value is None else f"{value.mean:,.{digits}f}"


def _middle(values: Iterable[float]) -> str:
    listed = list(values)
    return f"{np.median(listed):,.0f}" if listed else "-"
