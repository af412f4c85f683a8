"""A run of forecasts as verdict, plots and tables: could the probabilities be trusted, and did they beat no model?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np

from noctule.evals.report.drawing import ABSENT, draw, label_lines, make_canvas, pick_colour, to_svg
from noctule.evals.report.figures import chance, difference, points
from noctule.evals.report.page import Figure, PageText, Section, Table
from noctule.evals.report.scored import Scored
from noctule.evals.scorers import paired
from noctule.evals.scorers.calibration import Calibration, Question, calibration, recall
from noctule.evals.scorers.paired import Comparison
from noctule.evals.solvers.answer import SolverAnswer
from noctule.evals.solvers.forecast import QUESTIONS

CUTS = (1, 5, 10, 20)
MAIN_CUT = 10
BASELINES = ("touched-last", "touched-often")
LIKELY = 0.1
ASKED = {
    "forecast": "nothing given",
    "forecast+given": "one to three of its files given",
    "forecast+task": "its message given",
}


def verdict(scored: Scored) -> Iterator[str]:
    """Say whether the probabilities held, and what they were worth."""
    withheld = sum(a.abstained for a in scored.run.answers.get("forecast", {}).values())
    yield (
        f"{len(scored.scorable)} commits, each forecast at its parent; {len(scored.run.failed)} answers failed, "
        f"{withheld} withheld for want of past commits."
    )
    for question in QUESTIONS:
        judged = judge(scored, question)
        if judged is None:
            continue
        mine = paired.estimate(list(recalls(scored, question, question).values()))
        yield (
            f"{ASKED[question].capitalize()}: {points(mine)}% of the files to be found were among the first {MAIN_CUT} "
            f"(95% interval, n {mine.n if mine else 0})."
        )
        for baseline in BASELINES:
            found = compare(scored, question, baseline)
            if found is not None:
                yield f"  Minus that of the files touched {baseline[8:]}: {difference(found)} points (n {found.n})."
        yield f"  {_calibration_text(judged)}"


def _calibration_text(judged: Calibration) -> str:
    likely = judged.likely(LIKELY)
    told = (
        f"of {likely.n:,} files given {LIKELY:.0%} or more, {likely.said:.0%} were expected to change and "
        f"{likely.came:.0%} did"
        if likely is not None
        else f"no file was given {LIKELY:.0%} or more"
    )
    return (
        f"Brier {judged.brier:.5f}, {judged.skill:+.1%} better than the base rate's {judged.brier_of_base_rate:.5f}; "
        f"{told}."
    )


def sections(scored: Scored) -> Iterator[Section]:
    """Return plots and tables."""
    figures = draw([partial(_reliability, scored), partial(_plot_recall, scored)])
    yield Section("Plots", figures or [PageText(ABSENT)])
    yield Section("Found among the first k", [recall_table(scored)])
    yield Section("Can the probabilities be trusted?", [calibration_table(scored), reliability_table(scored)])


def judge(scored: Scored, question: str) -> Calibration | None:
    """Judge all probabilities of one way of asking."""
    asked = []
    for task, answer in scored.run.answers.get(question, {}).items():
        chances, rest = answer.detail.get("chances"), answer.detail.get("rest")
        if isinstance(chances, Mapping) and isinstance(rest, list) and task in scored.run.gold:
            wanted = set(scored.run.gold[task].files) - set(_start_files(answer))
            if not wanted:  # who gives files asks for the rest of a change
                continue
            asked.append(Question(chances, (int(rest[0]), rest[1], rest[2]), wanted))
    return calibration(asked)


def _start_files(answer: SolverAnswer) -> list[str]:
    given = answer.detail.get("given")
    return given if isinstance(given, list) else []


def recalls(scored: Scored, solver: str, question: str, k: int = MAIN_CUT) -> dict[str, float]:
    """Return recall@k by task; files that the question gives are not to be found, by a baseline neither."""
    asked = scored.run.answers.get(question, {})
    found = {
        task: recall(answer.files, _start_files(asked[task]), scored.run.gold[task].files, k)
        for task, answer in scored.run.answers.get(solver, {}).items()
        if task in asked and not asked[task].abstained and task in scored.run.gold
    }
    return {task: value for task, value in found.items() if value is not None}


def compare(scored: Scored, question: str, baseline: str) -> Comparison | None:
    """Compare the forecast with a baseline over the same questions."""
    return paired.compare(recalls(scored, question, question), recalls(scored, baseline, question))


def recall_table(scored: Scored) -> Table:
    """Return recall@k by way of asking, of the forecast and of what needs no model."""
    rows = []
    for question in QUESTIONS:
        for solver in (question, *BASELINES):
            if solver not in scored.run.answers or question not in scored.run.answers:
                continue
            values = [paired.estimate(list(recalls(scored, solver, question, k).values())) for k in CUTS]
            gap = compare(scored, question, solver) if solver != question else None
            sides = [str(len(gap.won)), str(len(gap.lost))] if gap is not None else ["-", "-"]
            n = values[0].n if values[0] is not None else 0
            promised = _promise_text(scored, question) if solver == question else "-"
            row = [ASKED[question], "forecast" if solver == question else solver, str(n), *map(points, values)]
            rows.append([*row, difference(gap), *sides, chance(gap.p) if gap is not None else "-", promised])
    return Table(
        [
            *("asked with", "solver", "n", *(f"recall@{k} (95%)" for k in CUTS)),
            *(f"forecast - it, points of recall@{MAIN_CUT} (95%)", "forecast better", "it better", "McNemar p"),
            f"recall@{MAIN_CUT} that it promised",
        ],
        rows,
        labels=2,
        note=(
            "Mean share, in percent, of the files still to be found among the first k of those not given. Promised: "
            "what the forecast said of itself at each base, from earlier commits held out while it learned. The "
            "baselines look at the last 1,000 commits. McNemar's test where every score is 0 or 1."
        ),
    )


def _promise_text(scored: Scored, question: str) -> str:
    answers = scored.run.answers[question].values()
    said = [a.measures[f"promised_recall@{MAIN_CUT}"] for a in answers if f"promised_recall@{MAIN_CUT}" in a.measures]
    return f"{100 * np.mean(said):.1f}" if said else "-"


def calibration_table(scored: Scored) -> Table:
    """Return the Brier score by way of asking."""
    rows = []
    for question in QUESTIONS:
        judged = judge(scored, question)
        withheld = sum(a.abstained for a in scored.run.answers.get(question, {}).values())
        if judged is not None:
            scores = [f"{judged.brier:.6f}", f"{judged.brier_of_base_rate:.6f}", f"{judged.skill:+.1%}"]
            rows.append([ASKED[question], str(judged.questions), f"{judged.files:,}", *scores, str(withheld)])
    return Table(
        ["asked with", "n commits", "files judged", "Brier", "Brier of the base rate", "gained", "withheld"],
        rows,
        note=(
            "Over every file of every base that was not given. The base rate is that of the run itself, known only in "
            "hindsight."
        ),
    )


def reliability_table(scored: Scored) -> Table:
    """Return, for files that were given about such a probability, the share that changed."""
    rows = []
    for question in QUESTIONS:
        judged = judge(scored, question)
        for one in judged.bins if judged is not None else ():
            rows.append([ASKED[question], f"{one.said:.2%}", f"{one.came:.2%}", f"{one.n:,}"])
    return Table(["asked with", "mean probability", "share that changed", "n files"], rows)


def _reliability(scored: Scored) -> Figure | None:
    """Plot what was said against what came."""
    canvas, axes = make_canvas(4.2)
    axes.plot([0, 1], [0, 1], color="#999", linewidth=0.8)
    some = False
    for number, question in enumerate(QUESTIONS):
        judged = judge(scored, question)
        if judged is not None:
            some = True
            sizes = [8 + 12 * np.log10(b.n) for b in judged.bins]
            said, came = [b.said for b in judged.bins], [b.came for b in judged.bins]
            axes.plot(said, came, color=pick_colour(number), linewidth=1)
            axes.scatter(said, came, s=sizes, color=pick_colour(number), label=ASKED[question])
    if not some:
        return None
    axes.set_xlabel("probability that was said")
    axes.set_ylabel("share that changed")
    label_lines(axes)
    return Figure(to_svg(canvas), "Reliability: on the line said and came agree; larger dots stand for more files.")


def _plot_recall(scored: Scored) -> Figure | None:
    """Plot recall over k."""
    canvas, axes = make_canvas(3.2)
    cuts = (1, 2, 3, 5, 7, 10, 15, 20)
    lines = [(q, q, ASKED[q]) for q in QUESTIONS] + [(b, QUESTIONS[0], b.replace("-", " ")) for b in BASELINES]
    some = False
    for number, (solver, question, label) in enumerate(lines):
        values = [list(recalls(scored, solver, question, k).values()) for k in cuts]
        if values[0]:
            some = True
            style = "o-" if solver in QUESTIONS else "o--"
            shares = [100 * float(np.mean(v)) for v in values]
            axes.plot(
                cuts, shares, style, markersize=3, color=pick_colour(number), label=f"{label} (n {len(values[0])})"
            )
    if not some:
        return None
    axes.set_xlabel("first k files")
    axes.set_ylabel("files to be found, %")
    axes.set_ylim(0, 103)
    label_lines(axes)
    return Figure(to_svg(canvas), "Recall of the forecast by what it was given, and of two orders that need no model.")
