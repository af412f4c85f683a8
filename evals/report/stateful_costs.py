"""What a query costs with sleep ahead of it, in three currencies; and the gain by how expected a question was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from noctule.evals.report.page import Table
from noctule.evals.report.stateful_results import StatefulRun, Stratum
from noctule.evals.report.stateful_tables import estimate, figure, percent
from noctule.evals.scorers.clusters import Draws, Floats, Interval, ItemScore, compare
from noctule.evals.scorers.currencies import (
    BreakEven,
    Currency,
    SleepPayoff,
    break_even,
    judge,
    longest_note,
    per_query,
)
from noctule.evals.scorers.expected import cells, fifths, rank_correlation, slopes, without_length
from noctule.evals.scorers.frontier import needed
from noctule.evals.stateful.anticipate import ANTICIPATED
from noctule.evals.stateful.arms import SLEEP, TEST
from noctule.evals.stateful.forecast import PROXIES, SCORED

QUERIES = (1, 2, 5, 10)
PRICES = (1, 2, 5, 10)
PER_TOKEN = "per token"
PAPER_PRICE = 10
"""What an output token of an answer costs in tokens of sleep, in the paper's figure 9."""


def paying_arms(run: StatefulRun) -> list[str]:
    """Return the arms whose notes are written once for all questions of a context."""
    return [arm for arm in run.arms if arm == SLEEP or arm.startswith(("k=", f"{SLEEP} ", "merged"))]


def amortisation_table(run: StatefulRun, stratum: Stratum) -> Table | None:
    """Return, at equal budgets, what a query costs and after how many the sleep is paid."""
    rows = []
    for arm in paying_arms(run):
        for budget in run.budgets:
            gap = compare(run.rights(arm, budget, stratum), run.rights(TEST, budget, stratum))
            if gap is None:
                continue
            for currency in Currency:
                found = sleep_break_even(run, arm, budget, currency, stratum)
                if found is not None:
                    gain = percent(gap.difference, signed=True)
                    rows.append(
                        [arm, budget, currency.value, gain, *_cells(run, arm, budget, currency, stratum, found)]
                    )
    header = [
        *("arm", "budget", "counted in", "accuracy, points (95%)", "S", "B - b (95%)"),
        *(f"N = {n}: with / without" for n in QUERIES),
        *(f"N* at t = {t} (95%)" for t in PRICES),
    ]
    note = (
        "A query costs S/N + t b with sleep, t B without; N* = S / (t (B - b)) queries pay for the sleep. At equal "
        "budgets: look at the difference in accuracy beside it. The costs stand for t = 1. In dollars, t above 1 is a "
        'premium for "at once" on the answer alone. "cannot tell": the interval of B - b holds zero.'
    )
    return Table(header, rows, labels=3, note=note) if rows else None


def sleep_break_even(
    run: StatefulRun, arm: str, budget: str, currency: Currency, stratum: Stratum | None = None
) -> BreakEven | None:
    """Return how many queries at a budget pay for the sleep of an arm."""
    return break_even(
        run.slept(arm, budget, currency, stratum),
        run.costs(arm, budget, currency, stratum),
        run.costs(TEST, budget, currency, stratum),
    )


def _cells(
    run: StatefulRun, arm: str, budget: str, currency: Currency, stratum: Stratum, found: BreakEven
) -> Iterator[str]:
    scale, digits = (1000.0, 3) if currency is Currency.DOLLARS else (1.0, 0)
    unit = " per 1,000" if currency is Currency.DOLLARS else ""
    yield f"{scale * found.sleep:,.{digits}f}{unit}"
    yield figure(found.gain, scale, digits, signed=True)
    small = _mean(run.costs(arm, budget, currency, stratum))
    large = _mean(run.costs(TEST, budget, currency, stratum))
    for queries in QUERIES:
        with_sleep, without = per_query(found.sleep, small, large, queries, 1.0)
        yield f"{scale * with_sleep:,.{digits}f} / {scale * without:,.{digits}f}"
    for price in PRICES:
        yield describe_break_even(found, price)


def describe_break_even(found: BreakEven | None, price: float = 1.0) -> str:
    """Say how many queries pay, or that none do, or that it cannot be told; N* falls as the price of tokens rises."""
    if found is None:
        return "-"
    return figure(found.queries, 1 / price, 1) if found.verdict is SleepPayoff.PAYS else found.verdict.value


@dataclass(frozen=True, slots=True)
class EqualCosts:
    """Where a sleep arm is as accurate as `test` at a budget: S, b and B, draw by draw."""

    budget: str
    draws: Draws
    sleep: Floats
    small: Floats
    large: Floats

    def times_cheaper(self, queries: int, price: float) -> Interval:
        """Return how many times less a query costs with sleep, where so many share it."""
        return self.draws.interval(price * self.large / (self.sleep / queries + price * self.small))


def equal_costs(run: StatefulRun, arm: str, currency: Currency, stratum: Stratum) -> Iterator[EqualCosts]:
    """Yield, for each budget of `test`, what a query costs where an arm is as accurate; between its own budgets."""
    curve, other = run.curve(arm, currency, stratum), run.curve(TEST, currency, stratum)
    if len(curve) < 2:
        return
    draws = Draws(sorted({a.cluster for c in (curve, other) for found in c.values() for a in found}), 2_000)
    costs, rights = (
        np.stack(
            [draws.means([ItemScore(a.item, a.cluster, getattr(a, name)) for a in found]) for found in curve.values()],
            axis=1,
        )
        for name in ("cost", "right")
    )
    sleep = draws.means(run.slept(arm, next(iter(curve)), currency, stratum))
    for budget, found in other.items():
        right = draws.means([ItemScore(a.item, a.cluster, a.right) for a in found])
        large = draws.means([ItemScore(a.item, a.cluster, a.cost) for a in found])
        yield EqualCosts(budget, draws, sleep, needed(np.maximum(costs, 1e-12), rights, right), large)


def cheaper_table(run: StatefulRun, stratum: Stratum) -> Table | None:
    """Return how many times cheaper a query is with sleep at equal accuracy, where N queries share it."""
    rows = []
    for currency in Currency:
        for found in equal_costs(run, SLEEP, currency, stratum):
            for price in PRICES if currency is Currency.WRITTEN else PRICES[:1]:
                cells = [figure(found.times_cheaper(n, price), 1, 2) for n in QUERIES]
                rows.append([currency.value, found.budget, f"t = {price}", *cells])
    header = ["counted in", "as accurate as `test` at", "price of an answer", *(f"N = {n} (95%)" for n in QUERIES)]
    note = "Times that a query is cheaper with sleep, t B / (S/N + t b), at equal accuracy; below 1 it is dearer."
    return Table(header, rows, labels=3, note=note) if rows else None


def equal_accuracy_table(run: StatefulRun, stratum: Stratum) -> Table | None:
    """Return break-even where the sleep arm is as accurate as `test` at some budget, between its own budgets."""
    rows = []
    for arm in paying_arms(run):
        for currency in Currency:
            for found in equal_costs(run, arm, currency, stratum):
                even = judge(found.draws, found.sleep, found.small, found.large)
                rows.append([arm, currency.value, found.budget, *_equal_cells(even, currency)])
    header = [
        "arm",
        "counted in",
        "as accurate as `test` at",
        "B - b (95%)",
        *(f"N* at t = {t} (95%)" for t in PRICES),
        "longest note that pays",
    ]
    note = (
        "The longest note: tokens of it that may be read with every answer before it can never pay, t (B - b) with t = "
        '1 and 10, if reading costs as much as writing. "-": the arm is never as accurate, or not in enough draws.'
    )
    return Table(header, rows, labels=3, note=note) if rows else None


def _equal_cells(even: BreakEven, currency: Currency) -> Iterator[str]:
    gain = even.gain
    if gain.value is None:
        yield from ("-",) * (1 + len(PRICES))
    else:
        scale, digits = (1000.0, 3) if currency is Currency.DOLLARS else (1.0, 0)
        yield figure(gain, scale, digits, signed=True) + (" per 1,000" if currency is Currency.DOLLARS else "")
        yield from (describe_break_even(even, price) for price in PRICES)
    is_told = gain.value is not None and currency is Currency.WRITTEN
    yield f"{longest_note(gain.value or 0, 1):,.0f} / {longest_note(gain.value or 0, 10):,.0f}" if is_told else ""


def _mean(scores: list[ItemScore]) -> float:
    return sum(score.value for score in scores) / len(scores) if scores else 0.0


def kinds_of_score(run: StatefulRun) -> Iterator[tuple[str, dict[str, float], dict[str, float]]]:
    """Yield the scores of how expected each question was, each with the lengths of the questions; larger: expected."""
    for name, label in ((SCORED, "log-probability"), (PROXIES, "words of other questions (no model)")):
        known = {p: f for p, f in run.scores.get(name, {}).items() if f["tokens"]}
        lengths = {p: float(f["tokens"]) for p, f in known.items()}
        if known:
            yield f"{label}, summed", {p: float(f["total"]) for p, f in known.items()}, lengths
            mean = {p: f["total"] / f["tokens"] for p, f in known.items()}
            yield f"{label}, {PER_TOKEN}", mean, lengths
            rest = without_length({p: float(f["total"]) for p, f in known.items()}, lengths)
            yield f"{label}, summed, length taken out", rest, lengths


def predictability_tables(run: StatefulRun) -> list[Table]:
    """Return the gain by fifth of each score, and how it rises with score and length together."""
    gains = problem_gains(run)
    rows, rises = [], []
    for name, values, lengths in kinds_of_score(run):
        known = {p: v for p, v in values.items() if p in gains}
        short = rank_correlation(known, {p: -n for p, n in lengths.items()})
        for at, part in enumerate(fifths(known), 1):
            span = f"{known[part[0]]:.2f} to {known[part[-1]]:.2f}"
            gain = figure(estimate([gains[p] for p in part]), 100.0, 1, signed=True)
            rows.append([name, str(at), span, str(len(part)), gain])
        found = slopes([gains[p] for p in sorted(known)], [known, lengths, _difficulty(run, known)])
        correlation = "-" if short is None else f"{short:+.2f}"
        cells = ["-"] * 3 if found is None else ["-" if one is None else percent(one, signed=True) for one in found]
        rises.append([name, str(len(known)), correlation, *cells])
    if not rises:
        return []
    budget = run.budgets[0]
    tables = [
        Table(
            [
                "score",
                "n",
                "rank correlation with shortness",
                "per s.d. of the score",
                "of length",
                "of test's accuracy",
            ],
            rises,
            note="Points of gain (95%) for one standard deviation of each, all three together. A sum is mostly length.",
        )
    ]
    if rows:
        header = ["score", "fifth", "from - to", "n", "gain, points (95%)"]
        note = f"Gain: sleep - test at budget {budget}, the smallest. Fifth 1 holds the least expected questions."
        tables.insert(0, Table(header, rows, labels=2, note=note))
    return [*tables, *_cells_of_length(run)]


def _cells_of_length(run: StatefulRun) -> Iterator[Table]:
    """Yield, for each score of a token, the gain by thirds of it among questions of like length."""
    gains = problem_gains(run)
    for name, values, lengths in kinds_of_score(run):
        if not name.endswith(PER_TOKEN):
            continue
        rows = []
        for (length, value), items in cells({p: v for p, v in values.items() if p in gains}, lengths).items():
            gain = figure(estimate([gains[item] for item in items]), 100.0, 1, signed=True)
            label = ("short", "middle", "long")[length - 1], ("least", "middle", "most")[value - 1]
            rows.append([*label, str(len(items)), gain])
        if rows:
            yield Table(["questions", "expected", "n", "gain, points (95%)"], rows, labels=2, note=f"By {name}.")


def predictability_slopes(run: StatefulRun) -> Iterator[tuple[str, Interval]]:
    """Yield, for each score, the gain for a standard deviation of it, with length and difficulty held fixed."""
    gains = problem_gains(run)
    for name, values, lengths in kinds_of_score(run):
        known = {p: v for p, v in values.items() if p in gains}
        found = slopes([gains[p] for p in sorted(known)], [known, lengths, _difficulty(run, known)])
        if found is not None and found[0] is not None:
            yield name, found[0]


def anticipated_table(run: StatefulRun) -> Table | None:
    """Return the gain where the question was anticipated and where it was not; None where nobody was asked."""
    told = {problem: bool(facts["is_anticipated"]) for problem, facts in run.scores.get(ANTICIPATED, {}).items()}
    gains = problem_gains(run)
    rows = []
    for kind, label in ((True, "anticipated"), (False, "not anticipated")):
        mine = [gains[p] for p in sorted(told) if told[p] is kind and p in gains]
        gain = figure(estimate(mine), 100.0, 1, signed=True)
        rows.append([label, str(sum(is_so is kind for is_so in told.values())), gain])
    budget = run.budgets[0] if run.budgets else "-"
    note = (
        "Ten likely questions were named from the context alone, and answered. Anticipated: one of them shares half of "
        f"the question's words and has its number. Gain: sleep - test at budget {budget}."
    )
    return Table(["the question was", "n", "gain, points (95%)"], rows, note=note) if told else None


def problem_gains(run: StatefulRun) -> dict[str, ItemScore]:
    """Return sleep - test at the smallest budget, by problem; runs of a problem are averaged."""
    if not run.budgets:
        return {}
    budget = run.budgets[0]
    found: dict[str, list[float]] = {}
    clusters: dict[str, str] = {}
    test = {a.item: a for a in run.of(TEST, budget)}
    for answer in run.of(SLEEP, budget):
        if answer.item in test:
            found.setdefault(answer.problem, []).append(answer.right - test[answer.item].right)
            clusters[answer.problem] = answer.cluster
    return {p: ItemScore(p, clusters[p], sum(g) / len(g)) for p, g in found.items()}


def _difficulty(run: StatefulRun, problems: Mapping[str, float]) -> dict[str, float]:
    """Return whether `test` was right at the largest budget, by problem."""
    found = dict.fromkeys(problems, 0.0)
    for answer in run.of(TEST, run.budgets[-1]):
        if answer.problem in found:
            found[answer.problem] = max(found[answer.problem], answer.right)
    return found
