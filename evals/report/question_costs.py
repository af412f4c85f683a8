"""What several questions on one state of a repository cost, with sleep ahead of them and without.

Sleep for one commit is paid once: S tokens and processor seconds, as `scorers.amount` charges them. N questions are
drawn many times among those of a repository, so that the spread over questions shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from noctule.evals.report.page import Table
from noctule.evals.report.scored import Scored
from noctule.evals.report.tables import EXPLORERS
from noctule.evals.scorers.amount import CPU_SECOND_TOKENS, charge_sleep
from noctule.evals.scorers.clusters import Floats
from noctule.evals.scorers.currencies import SleepPayoff
from noctule.evals.solvers.answer import SolverAnswer
from noctule.evals.stateful.finder import finder_name
from noctule.evals.stateful.question_arms import BOTH, COLD, NOTES, PACK

QUERIES = (1, 2, 5, 10, 20, 47)
DRAWS, EVEN_DRAWS, SEED = 200, 10_000, 17
SMALL = 10
"""Break-evens below it have a digit more."""


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

    def draw_savings(self, random: np.random.Generator, draws: int) -> Floats:
        """Return the mean saving of a question, of as many questions drawn as there are; the first is of all."""
        saved = np.asarray(self.without, np.float64) - np.asarray(self.with_sleep, np.float64)
        picks = random.integers(0, len(saved), (draws, len(saved)))
        return np.concatenate([[saved.mean()], saved[picks].mean(axis=1)])


def break_even(repositories: Sequence[RepositoryCosts]) -> str:
    """Return how many questions pay for the sleep, with 95%; "cannot tell" where the saving may be zero.

    Of several repositories, these are drawn first, and then questions in each.
    """
    if min(len(one.without) for one in repositories) < 2:
        return SleepPayoff.CANNOT_TELL.value
    random = np.random.default_rng(SEED)
    saved = np.stack([one.draw_savings(random, EVEN_DRAWS) for one in repositories])
    sleep = np.asarray([one.sleep for one in repositories])
    taken = random.multinomial(len(sleep), np.full(len(sleep), 1 / len(sleep)), EVEN_DRAWS)
    weights = np.vstack([np.ones((1, len(sleep))), taken]).T / len(sleep)
    gain, spent = (saved * weights).sum(axis=0), (sleep[:, None] * weights).sum(axis=0)
    low, high = np.quantile(gain[1:], [0.025, 0.975])
    if low <= 0 <= high:
        return SleepPayoff.CANNOT_TELL.value
    if high < 0:
        return SleepPayoff.NEVER.value
    even = np.where(gain > 0, spent / np.where(gain > 0, gain, 1.0), np.inf)
    least, most = np.quantile(even[1:], [0.025, 0.975], method="nearest")
    return f"{_spell(even[0])} ({_spell(least)} to {_spell(most)})"


def _spell(number: float) -> str:
    """Return a number with two digits that count, and never with an exponent."""
    return f"{number:,.2g}" if 0.001 < number < SMALL else f"{number:,.0f}"


def amortised(scored: Scored, cells: Sequence[tuple[str, int]]) -> Table | None:
    """Return the cost of N questions with sleep, as a share of without; None where no pair of arms was asked."""
    rows = []
    for arm, steps, repositories in _pairs(scored, cells):
        columns = []
        for queries in QUERIES:
            drawn = [ratio for one in repositories for ratio in one.ratios(queries)]
            low, middle, high = np.quantile(drawn, [0.025, 0.5, 0.975])
            columns.append(f"{middle:.2f} ({low:.2f} to {high:.2f})")
        even = "; ".join(f"{one.name} {break_even([one])}" for one in repositories)
        if len(repositories) > 1:
            even += f"; all {break_even(repositories)}"
        rows.append([arm, steps, str(sum(len(one.without) for one in repositories)), *columns, even])
    if not rows:
        return None
    return Table(
        ["arm", "steps", "n", *(f"{n} question{'s'[: n > 1]}" for n in QUERIES), "break-even questions"],
        rows,
        labels=2,
        note=(
            "Tokens with sleep divided by tokens without, input and output, all questions at one commit; median and "
            f"95% of {DRAWS} draws in each repository. Sleep is charged with its models' tokens and "
            f"{CPU_SECOND_TOKENS:.0f} tokens for each processor second. Break-even (95%): repositories are drawn, and "
            "questions in each. 'cannot tell': a question may save nothing. The explorer is a script."
        ),
    )


def lines(scored: Scored, cells: Sequence[tuple[str, int]]) -> Iterator[str]:
    """Yield how many questions pay for the sleep, for one screen; of a model, with its most steps."""
    pairs = list(_pairs(scored, cells))
    for arm, steps, repositories in pairs:
        if steps in {pairs[-1][1], ""}:
            told = [f"{one.name} {break_even([one])}" for one in repositories]
            whole = f"{break_even(repositories)} ({'; '.join(told)})" if len(told) > 1 else told[0]
            how = f"{arm}, {steps} steps" if steps else arm
            yield f"Questions that pay for the sleep, {how}: {whole}."


def _pairs(scored: Scored, cells: Sequence[tuple[str, int]]) -> Iterator[tuple[str, str, list[RepositoryCosts]]]:
    """Yield whose tokens are counted, with how many steps, by repository; the explorer needs no model."""
    cold, warm = (scored.run.answers.get(name, {}) for name in EXPLORERS)
    if found := _costs(scored, warm, cold, lambda answer: answer.measures["prompt_tokens"]):
        yield EXPLORERS[1], "", found
    for arm, steps in cells:
        if arm in {PACK, NOTES, BOTH} and (COLD, steps) in cells:
            warm, cold = (scored.run.answers.get(finder_name(name, steps), {}) for name in (arm, COLD))
            if found := _costs(scored, warm, cold, _tokens):
                yield arm, str(steps), found


def _costs(
    scored: Scored,
    warm: Mapping[str, SolverAnswer],
    cold: Mapping[str, SolverAnswer],
    tokens: Callable[[SolverAnswer], float],
) -> list[RepositoryCosts]:
    by_repository: dict[str, list[str]] = {}
    for task in sorted(warm.keys() & cold.keys()):
        by_repository.setdefault(scored.run.tasks[task].repository, []).append(task)
    return [
        RepositoryCosts(name, _sleep(scored, tasks), [tokens(warm[t]) for t in tasks], [tokens(cold[t]) for t in tasks])
        for name, tasks in by_repository.items()
    ]


def _tokens(answer: SolverAnswer) -> float:
    return answer.measures["input"] + answer.measures["output"]


def _sleep(scored: Scored, tasks: Sequence[str]) -> float:
    """Return what learning the dearest of the tasks' commits took, in tokens: the one that was read from nothing."""
    rows = [scored.run.sleep[task] for task in tasks if task in scored.run.sleep]
    return max((charge_sleep(r.get("tokens", 0.0), r.get("cpu_seconds", 0.0)) for r in rows), default=0.0)
