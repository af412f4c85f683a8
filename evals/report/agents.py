"""Live agents' answers as tables: what they modified, whether tests pass, what it cost. Paired with the cold arm."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from noctule.evals.report.figures import amount, difference, points, sample_size
from noctule.evals.report.page import Section, Table
from noctule.evals.report.scored import Score, Scored, Subset, measure
from noctule.evals.run_folder import Results
from noctule.evals.scorers.sets import SetScore, set_score
from noctule.evals.solvers.agent import read_requests
from noctule.evals.solvers.agent_arms import ARMS, COLD, PREFIX
from noctule.evals.solvers.agent_usage import Account
from noctule.evals.solvers.answer import SolverAnswer
from noctule.evals.tasks.gold import Gold

REFERENCE = PREFIX + COLD
COSTS = ("steps", "first_right_edit", "new_input", "cached", "output", "dollars", "model_seconds", "retries")


def _of_set(value: Callable[[SetScore], float]) -> Score:
    def score(answer: SolverAnswer, gold: Gold) -> float | None:
        found = set_score(answer.files, gold.files)
        return None if found is None else value(found)

    return score


PRECISION = _of_set(lambda s: s.precision)
RECALL = _of_set(lambda s: s.recall)
F1 = _of_set(lambda s: s.f1)


def arms(scored: Scored) -> list[str]:
    """Return the arms that answered, in the order of the experiment."""
    return [PREFIX + arm for arm in ARMS if PREFIX + arm in scored.run.answers]


def sections(scored: Scored) -> Iterator[Section]:
    """Return the tables about agents, over all tasks and over those whose text does not name the answer."""
    for subset in scored.subsets:
        found = [modified_table(scored, subset), cost_table(scored, subset), comparison_table(scored, subset)]
        yield Section(f"Live agents, {subset.name} (n {len(subset.tasks)})", found)
    yield Section("Where agents modified no gold file", [misses_table(scored)], folded=True)


def misses_table(scored: Scored) -> Table:
    """Return every task on which an arm modified no gold file, with what it modified instead."""
    rows = []
    for arm in arms(scored):
        for task, answer in sorted(scored.run.answers[arm].items()):
            gold = scored.run.gold[task].files if task in scored.run.gold else ()
            if gold and not set(gold) & set(answer.files):
                status = str(answer.detail.get("status", ""))
                rows.append([task, arm, " ".join(gold), " ".join(answer.files) or "nothing", status])
    return Table(["task", "arm", "gold files", "modified", "ended with"], rows, labels=5)


def modified_table(scored: Scored, subset: Subset) -> Table:
    """Return precision, recall and F1 over modified files, and how often tests pass."""
    rows = []
    for arm in arms(scored):
        estimates = [scored.estimate(arm, s, subset) for s in (PRECISION, RECALL, F1)]
        tests, done = (scored.estimate(arm, measure(name), subset) for name in ("tests_passed", "submitted"))
        failed = sum(row.solver == arm for row in scored.run.failed)
        row = [arm, sample_size(estimates[0]), *map(points, estimates), sample_size(tests), points(tests)]
        rows.append([*row, points(done), str(failed)])
    return Table(
        ["arm", "n", "precision", "recall", "F1", "n with tests", "tests pass", "submitted", "failed"],
        rows,
        note="Percent (95%). Files that existed at the base and were modified, tests and documentation aside.",
    )


def cost_table(scored: Scored, subset: Subset) -> Table:
    """Return what a task cost in the mean."""
    rows = []
    for arm in arms(scored):
        means = {name: scored.estimate(arm, measure(name), subset) for name in COSTS}
        dollars = means["dollars"]
        figures = [amount(means[name]) for name in ("steps", "first_right_edit", "new_input", "cached", "output")]
        price = "unknown" if dollars is None else f"{dollars.mean:.4f} (n {dollars.n})"
        retries = means["retries"]
        again = "-" if retries is None else f"{retries.mean:.2f}"
        rows.append([arm, sample_size(means["steps"]), *figures, price, amount(means["model_seconds"]), again])
    return Table(
        [
            *("arm", "n", "calls", "first right edit", "input tokens, new", "cached", "output tokens", "dollars"),
            *("model seconds", "retries"),
        ],
        rows,
        note=(
            "Means for a task, from the provider's usage fields. First right edit: the call that first changed a gold "
            "file; one after the last where none did. Sleep is without a model and spends no token."
        ),
    )


def comparison_table(scored: Scored, subset: Subset) -> Table:
    """Return every arm against the cold one, on the tasks that both answered."""
    rows = []
    for arm in arms(scored):
        against = [(F1, 100.0, 1), (measure("tests_passed"), 100.0, 1)]
        against += [(measure(name), 1.0, 1) for name in ("steps", "first_right_edit")]
        against += [(measure(name), 1.0, 0) for name in ("new_input", "cached", "output")]
        against += [(measure("dollars"), 1.0, 4)]
        found = [(scored.compare(arm, REFERENCE, score, subset), scale, digits) for score, scale, digits in against]
        if arm != REFERENCE and found[0][0] is not None:
            rows.append([f"{arm} - {REFERENCE}", str(found[0][0].n), *(difference(*one) for one in found)])
    return Table(
        [
            *("comparison", "n", "F1, points", "tests pass, points", "calls", "first right edit", "input tokens, new"),
            *("cached", "output tokens", "dollars"),
        ],
        rows,
        note="Paired differences of the means (95%).",
    )


def verdict(scored: Scored) -> Iterator[str]:
    """Say in lines what agents did and what it cost."""
    plain = scored.subsets[0]
    about = scored.run.about["about"]
    assert isinstance(about, Mapping)
    yield (
        f"mini-swe-agent with {about.get('model')}, {about.get('steps')} steps: {len(plain.tasks)} tasks, "
        f"{len(scored.run.skipped)} skipped, {len(scored.run.failed)} answers failed."
    )
    for arm in arms(scored):
        f1, tests = scored.estimate(arm, F1, plain), scored.estimate(arm, measure("tests_passed"), plain)
        tokens = scored.estimate(arm, lambda answer, _: answer.tokens, plain)
        if f1 is None:
            continue
        passing = f", tests pass for {points(tests)}%" if tests is not None else ""
        against = scored.compare(arm, REFERENCE, F1, plain) if arm != REFERENCE else None
        more = f"; F1 {difference(against)} points against the cold arm (n {against.n})" if against is not None else ""
        yield f"{arm} (n {f1.n}): F1 of modified files {points(f1)}%{passing}, {amount(tokens)} tokens a task{more}."
    slept = [sleep["cpu_seconds"] for sleep in scored.run.sleep.values() if not sleep.get("shared")]
    if slept:
        yield f"Sleep took {sum(slept):,.0f} processor seconds for {len(slept)} base commits, no model, no tokens."
    if scored.run.answers or scored.run.failed:
        yield f"All requests, those of failed tasks too: {total(scored.run)}."


def total(run: Results) -> Account:
    """Add up every request of a run, from its own record and not from its answers."""
    return Account.of(read_requests(run.folder))
