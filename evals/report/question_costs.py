"""What several questions on one state of a repository cost, with sleep ahead of them and without.

Sleep for one commit is paid once: S tokens and processor seconds, as `scorers.amount` charges them. N questions are
drawn many times among those of a repository, so that the spread over questions shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from noctule.evals.report.page import Table
from noctule.evals.report.scored import Scored
from noctule.evals.scorers.amount import CPU_SECOND_TOKENS, charge_sleep
from noctule.evals.scorers.paired import estimate
from noctule.evals.solvers.answer import SolverAnswer
from noctule.evals.stateful.finder import finder_name
from noctule.evals.stateful.question_arms import BOTH, COLD, NOTES, PACK

QUERIES = (1, 2, 5, 10, 20, 47)
DRAWS, SEED = 200, 17


@dataclass(frozen=True, slots=True)
class RepositoryCosts:
    """One repository: what sleep took, in tokens, and the tokens of each question with it and without, paired."""

    name: str
    sleep: float
    with_sleep: Sequence[float]
    without: Sequence[float]

    def ratios(self, queries: int) -> list[float]:
        """Return what so many questions cost with sleep, as a share of without, for each draw."""
        picks = np.random.default_rng(SEED).integers(0, len(self.without), (DRAWS, queries))
        warm, cold = np.asarray(self.with_sleep), np.asarray(self.without)
        return list((self.sleep + warm[picks].sum(axis=1)) / np.maximum(cold[picks].sum(axis=1), 1))

    def break_even(self) -> str:
        """Return how many questions pay for the sleep; "cannot tell" where the saving may be zero."""
        saved = estimate([b - a for a, b in zip(self.with_sleep, self.without, strict=True)])
        if saved is None or saved.low is None or saved.high is None or saved.low <= 0 <= saved.high:
            return "cannot tell"
        return "never" if saved.mean < 0 else f"{self.sleep / saved.mean:,.1f}"


def amortised(scored: Scored, cells: Sequence[tuple[str, int]]) -> Table | None:
    """Return the cost of N questions with sleep, as a share of without; None where no pair of arms was asked."""
    rows = []
    for arm, steps in cells:
        if arm not in {PACK, NOTES, BOTH} or (COLD, steps) not in cells:
            continue
        repositories = _costs(scored, arm, steps)
        columns = []
        for queries in QUERIES:
            drawn = [ratio for one in repositories for ratio in one.ratios(queries)]
            low, middle, high = np.quantile(drawn, [0.025, 0.5, 0.975])
            columns.append(f"{middle:.2f} ({low:.2f} to {high:.2f})")
        even = "; ".join(f"{one.name} {one.break_even()}" for one in repositories)
        rows.append([arm, str(steps), str(sum(len(one.without) for one in repositories)), *columns, even])
    if not rows:
        return None
    return Table(
        ["arm", "steps", "n", *(f"{n} question{'s'[: n > 1]}" for n in QUERIES), "break-even questions"],
        rows,
        labels=2,
        note=(
            "Tokens with sleep divided by tokens without, input and output, all questions at one commit; median and "
            f"95% of {DRAWS} draws in each repository. Sleep is charged with its models' tokens and "
            f"{CPU_SECOND_TOKENS:.0f} tokens for each processor second. 'cannot tell': a question may save nothing."
        ),
    )


def _costs(scored: Scored, arm: str, steps: int) -> list[RepositoryCosts]:
    warm = scored.run.answers.get(finder_name(arm, steps), {})
    cold = scored.run.answers.get(finder_name(COLD, steps), {})
    by_repository: dict[str, list[str]] = {}
    for task in sorted(warm.keys() & cold.keys()):
        by_repository.setdefault(scored.run.tasks[task].repository, []).append(task)
    return [
        RepositoryCosts(
            name, _sleep(scored, tasks), [_tokens(warm[t]) for t in tasks], [_tokens(cold[t]) for t in tasks]
        )
        for name, tasks in by_repository.items()
    ]


def _tokens(answer: SolverAnswer) -> float:
    return answer.measures["input"] + answer.measures["output"]


def _sleep(scored: Scored, tasks: Sequence[str]) -> float:
    """Return what learning the dearest of the tasks' commits took, in tokens: the one that was read from nothing."""
    rows = [scored.run.sleep[task] for task in tasks if task in scored.run.sleep]
    return max((charge_sleep(r.get("tokens", 0.0), r.get("cpu_seconds", 0.0)) for r in rows), default=0.0)
