"""How well a model finds the files that a change modifies, by arm and by steps: precision, recall, F1, tokens."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial

from noctule.evals.report import question_costs
from noctule.evals.report.drawing import draw, draw_interval, make_canvas, name_axes, pick_colour, to_svg
from noctule.evals.report.figures import amount, difference, points
from noctule.evals.report.page import Block, Figure, Section, Table
from noctule.evals.report.scored import Scored
from noctule.evals.scorers.paired import compare, estimate
from noctule.evals.scorers.sets import SetScore, set_score
from noctule.evals.solvers.answer import SolverAnswer
from noctule.evals.stateful.finder import ARMS, COLD, PREFIX, TEST, finder_name, parse_finder_name
from noctule.evals.stateful.question_arms import ARMS as QUESTION_ARMS


def section(scored: Scored) -> Section | None:
    """Return table and plot of the model's arms; None where no model was asked."""
    cells = list_cells(scored)
    if not cells:
        return None
    makers = [partial(_plot, scored, cells), partial(_sides, scored, cells)]
    found: list[Block] = [*draw(makers), _table(scored, cells)]
    does = "answers questions" if scored.kind == "questions" else "looks for the files"
    return Section(f"A model that {does}, by steps", found)


def lines(scored: Scored) -> Iterator[str]:
    """Yield what a model's arms reached with the most steps, for one screen."""
    cells = list_cells(scored)
    most = max((steps for _, steps in cells), default=0)
    arms = [arm for arm, steps in cells if steps == most]
    base = _base(arms)
    for arm in arms:
        found = _scores(scored, arm, most)
        f1 = points(estimate([score.f1 for score in found.values()]), 0)
        other = {task: score.f1 for task, score in _scores(scored, base, most).items()}
        gap = compare({task: s.f1 for task, s in found.items()}, other) if arm != base else None
        against = "" if gap is None else f", {difference(gap, 100.0, 0)} on {base}"
        yield f"The model's F1 in {most} steps, {arm}: {f1}{against} (n {len(found)})."
    if scored.kind == "questions":
        yield from question_costs.lines(scored, cells)


def list_cells(scored: Scored) -> list[tuple[str, int]]:
    """Return the model's arms with each number of steps, in the order of the arms."""
    names = [name for name in scored.run.answers if name.startswith(PREFIX)]
    order = QUESTION_ARMS if scored.kind == "questions" else ARMS
    return sorted({parse_finder_name(name) for name in names}, key=lambda cell: (order.index(cell[0]), cell[1]))


def _base(arms: Collection[str]) -> str:
    """Return the arm that the others are held against."""
    return TEST if TEST in arms else COLD


def _scores(scored: Scored, arm: str, steps: int) -> dict[str, SetScore]:
    answers: Mapping[str, SolverAnswer] = scored.run.answers.get(finder_name(arm, steps), {})
    told = {t: set_score(a.files, scored.run.gold[t].files) for t, a in answers.items() if t in scored.run.gold}
    return {task: score for task, score in told.items() if score is not None}


def _table(scored: Scored, cells: list[tuple[str, int]]) -> Table:
    rows = []
    is_asking = scored.kind == "questions"
    arms = {arm for arm, _ in cells}
    base = _base(arms)
    for arm, steps in cells:
        found = _scores(scored, arm, steps)
        kinds: list[Callable[[SetScore], float]] = [lambda s: s.precision, lambda s: s.recall, lambda s: s.f1]
        columns = [points(estimate([kind(s) for s in found.values()])) for kind in kinds]
        other = {task: score.f1 for task, score in _scores(scored, base, steps).items()}
        gap = compare({task: s.f1 for task, s in found.items()}, other) if arm != base else None
        answers = list(scored.run.answers[finder_name(arm, steps)].values())
        means = [amount(estimate([a.measures[key] for a in answers])) for key in ("input", "output", "sleep_output")]
        shares = [
            points(estimate([a.measures[key] for a in answers if key in a.measures]))
            for key in ("submitted", *(("opened_gold",) if is_asking else ()))
        ]
        rows.append([arm, str(steps), str(len(found)), *columns, difference(gap), *means, *shares])
    header = [
        *("arm", "steps", "n", "precision", "recall", "F1", f"minus {base}, points of F1 (95%)", "input tokens"),
        *("output tokens", "S, output tokens", "submitted, %", *(("gold files opened, %",) if is_asking else ())),
    ]
    what = "questions. Precision and recall are of the files that the answer cites" if is_asking else "pull requests"
    note = f"Percent and means of a task (95%), paired over {what}. Files that the base lacks are not charged."
    return Table(header, rows, labels=2, note=note)


def _plot(scored: Scored, cells: list[tuple[str, int]]) -> Figure | None:
    """Plot F1 against the output tokens of the answer, one point for each number of steps (the paper's figure 11)."""
    canvas, axes = make_canvas(3.6)
    for number, arm in enumerate(dict.fromkeys(arm for arm, _ in cells)):
        xs, ys = [], []
        for steps in (steps for mine, steps in cells if mine == arm):
            found = estimate([s.f1 for s in _scores(scored, arm, steps).values()])
            answers = scored.run.answers[finder_name(arm, steps)].values()
            tokens = estimate([a.measures["output"] for a in answers])
            if found is None or tokens is None:
                continue
            xs.append(tokens.mean)
            ys.append(100 * found.mean)
            draw_interval(axes, tokens.mean, found.low, found.high, pick_colour(number))
        axes.plot(xs, ys, "o-", markersize=4, color=pick_colour(number), label=arm)
    what = "cited" if scored.kind == "questions" else "modified"
    name_axes(axes, "output tokens of the answer", f"F1 over {what} files, %")
    return Figure(to_svg(canvas), "F1 against tokens, one point for each number of steps, with 95% intervals.")


def _sides(scored: Scored, cells: list[tuple[str, int]]) -> Figure | None:
    """Plot precision and recall by steps: the paper says that notes cost precision where steps are many."""
    canvas, axes = make_canvas(3.6)
    for number, arm in enumerate(dict.fromkeys(arm for arm, _ in cells)):
        steps = [steps for mine, steps in cells if mine == arm]
        for kind, style in (("precision", "o-"), ("recall", "s--")):
            told = [(n, estimate([getattr(s, kind) for s in _scores(scored, arm, n).values()])) for n in steps]
            there = [(n, 100 * one.mean) for n, one in told if one is not None]
            colour = pick_colour(number)
            axes.plot(
                [n for n, _ in there], [y for _, y in there], style, markersize=4, color=colour, label=f"{arm}, {kind}"
            )
    name_axes(axes, "steps", "%")
    return Figure(to_svg(canvas), "Precision and recall by steps; the table has their 95% intervals.")
