"""Tables of the paper's experiments: accuracy, differences, curves, sleeps, draws, efforts. Each figure has its n."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise
from statistics import median

from noctule.evals.report.figures import chance
from noctule.evals.report.page import Table
from noctule.evals.report.stateful_results import StatefulAnswer, StatefulRun, Stratum
from noctule.evals.scorers.clusters import Draws, Interval, ItemScore, PairedDifference, compare, correct_by_holm
from noctule.evals.scorers.currencies import Currency
from noctule.evals.scorers.frontier import compare_curves
from noctule.evals.scorers.sampled import majority, pass_at_k
from noctule.evals.stateful.arms import EQUAL, SAMPLES, SHUFFLED, SLEEP, STRANGER, TEST, k_of

DRAWN = (1, 2, 5, 10, 20)
ENOUGH = 0.05
"""Above this p, corrected, no effect is shown."""
NO_EFFECT = "no effect shown"


def percent(value: Interval, *, signed: bool = False) -> str:
    """Return a share with its interval in percent."""
    return figure(value, 100.0, 1, signed=signed)


def figure(value: Interval | None, scale: float = 1.0, digits: int = 0, *, signed: bool = False) -> str:
    """Return a figure with its interval: "12 (9 to 15)"."""
    if value is None or value.value is None:
        return "-"
    sign = "+" if signed else ""

    def show(number: float) -> str:
        return f"{scale * number:{sign},.{digits}f}" if abs(number) != float("inf") else "never"

    if value.low is None or value.high is None:
        return show(value.value)
    return f"{show(value.value)} ({show(value.low)} to {show(value.high)})"


def estimate(scores: list[ItemScore]) -> Interval | None:
    """Return a mean with its interval over clusters."""
    return _estimate(tuple(scores)) if scores else None


@lru_cache(maxsize=1024)
def _estimate(scores: tuple[ItemScore, ...]) -> Interval:
    """Work it out once: tables and plots show the same figures."""
    draws = Draws([score.cluster for score in scores])
    return draws.interval(draws.means(scores))


def accuracy_table(run: StatefulRun, stratum: Stratum) -> Table:
    """Return accuracy and tokens by arm and budget."""
    rows = []
    for arm in run.arms:
        for budget in run.budgets:
            found = run.of(arm, budget, stratum)
            if not found:
                continue
            told = [a.usage for a in found if a.usage is not None]
            sums = [sum(getattr(u, name) for u in told) / max(len(told), 1) for name in ("read", "cached", "reasoned")]
            dollars = [a.facts["dollars"] for a in found]
            money = "unknown" if None in dollars else f"{1000 * sum(dollars) / len(dollars):.3f}"
            odd = (
                sum(a.facts["cut"] for a in found),
                sum(a.facts["number"] is None for a in found),
                sum(a.facts["unboxed"] for a in found),
                sum(a.usage is None for a in found),
            )
            output = estimate(run.costs(arm, budget, Currency.WRITTEN, stratum))
            right = estimate(list(run.rights(arm, budget, stratum).values()))
            clusters = len({a.cluster for a in found})
            assert right is not None
            rows.append(
                [
                    *(arm, budget, f"{len(found)}", f"{clusters}", percent(right), figure(output)),
                    *(f"{value:,.0f}" for value in sums),
                    money,
                    *map(str, odd),
                ]
            )
    return Table(
        [
            *("arm", "budget", "n", "clusters", "right, % (95%)", "output tokens (95%)", "input", "of it cached"),
            *("reasoned", "dollars for 1,000", "cut off", "no number", "not in a box", "no usage"),
        ],
        rows,
        labels=2,
        note="Means of an answer alone, without sleep. Intervals are drawn over clusters: variants of a text are one.",
    )


@dataclass(frozen=True, slots=True)
class Effect:
    """One arm against another at one budget; `p` is corrected for the number of budgets."""

    budget: str
    pair: PairedDifference
    p: float

    @property
    def verdict(self) -> str:
        """What is shown."""
        if not self.pair.difference.excludes(0.0) or self.p >= ENOUGH:
            return NO_EFFECT
        return "better" if (self.pair.difference.value or 0) > 0 else "worse"


def effects(run: StatefulRun, arm: str, stratum: Stratum | None = None, against: str = TEST) -> list[Effect]:
    """Return an arm against another at each budget at which both answered."""
    pairs = [(b, compare(run.rights(arm, b, stratum), run.rights(against, b, stratum))) for b in run.budgets]
    found = [(b, pair) for b, pair in pairs if pair is not None]
    corrected = correct_by_holm([pair.p for _, pair in found])
    return [Effect(budget, pair, p) for (budget, pair), p in zip(found, corrected, strict=True)]


def differences(run: StatefulRun, stratum: Stratum, against: str = TEST) -> Table:
    """Return each arm against another at equal budgets, with p values corrected for the number of budgets."""
    rows = []
    for arm in run.arms:
        for effect in effects(run, arm, stratum, against) if arm != against else ():
            pair = effect.pair
            gap = percent(pair.difference, signed=True)
            row = [f"{arm} - {against}", effect.budget, str(pair.items), percent(pair.first), percent(pair.second), gap]
            rows.append([*row, chance(pair.p), chance(effect.p), effect.verdict])
    return Table(
        ["comparison", "budget", "n", "first, %", "second, %", "difference, points (95%)", "p", "p (Holm)", "verdict"],
        rows,
        labels=2,
        note="Paired. p: exact McNemar with one problem a cluster, else flipped signs of clusters.",
    )


def curve_table(run: StatefulRun, stratum: Stratum) -> Table | None:
    """Return the sleep curve against the test curve: area, tokens at equal accuracy, and the ends."""
    rows = []
    for arm in run.arms:
        if arm == TEST:
            continue
        for currency in (Currency.WRITTEN, Currency.ALL):
            found = compare_curves(run.curve(arm, currency, stratum), run.curve(TEST, currency, stratum))
            if found is None:
                continue
            ratios = "; ".join(f"{name}: {figure(ratio, 1, 2)}" for name, ratio in found.ratios.items())
            rows.append([arm, currency.value, percent(found.area, signed=True), ratios])
    note = (
        "Area: by how many points the arm lies above `test` between the common ends, over log tokens. Ratio: tokens "
        "that the arm needs to be as accurate as `test` at that budget, as a share of those of `test`; 0.20 would be "
        'the paper\'s "5 times fewer". "-": it is never as accurate. A ratio without interval is open in some draws.'
    )
    header = ["arm", "counted in", "area, points (95%)", "tokens at equal accuracy, by budget of `test` (95%)"]
    return Table(header, rows, labels=2, note=note) if rows else None


def crossover(run: StatefulRun) -> Iterator[str]:
    """Say what happens at the two largest budgets, where the paper finds `test` ahead."""
    said = {"better": "sleep is ahead", "worse": "test is ahead, as in the paper"}
    for effect in effects(run, SLEEP):
        if effect.budget in run.budgets[-2:]:
            gap, how = effect.pair.difference, said.get(effect.verdict, "no difference shown")
            yield (
                f"At budget {effect.budget}: sleep - test {percent(gap, signed=True)} points "
                f"(n {effect.pair.items}): {how}."
            )


def noise_table(run: StatefulRun) -> Table | None:
    """Return how often one question, asked again in the same words, was marked otherwise: the provider's own noise."""
    rows = []
    for arm in run.arms:
        for budget in run.budgets:
            again = [found for found in _by_problem(run.of(arm, budget)).values() if len(found) > 1]
            changed = [
                ItemScore(a.item, a.cluster, float(a.right != first.right)) for first, *rest in again for a in rest
            ]
            if (share := estimate(changed)) is not None:
                rows.append([arm, budget, str(len(again)), percent(share)])
    note = "Each question against its first run. Where runs differ at temperature 0, that is the provider's own noise."
    return Table(["arm", "budget", "n", "marked otherwise, % (95%)"], rows, labels=2, note=note) if rows else None


@dataclass(frozen=True, slots=True)
class DrawnAnswers:
    """What k draws of `test` reach at a budget, and their mean output tokens together."""

    k: int
    budget: str
    n: int
    passed: Interval | None
    most: Interval | None
    tokens: float


def list_draws(run: StatefulRun) -> Iterator[DrawnAnswers]:
    """Yield pass@k and majority@k at the smallest budget."""
    for budget, found in run.answers.get(SAMPLES, {}).items():
        by_problem = _by_problem(found)
        for k in DRAWN:
            there = {p: drawn for p, drawn in by_problem.items() if len(drawn) >= k}
            if not there:
                continue
            oracle = [
                ItemScore(p, drawn[0].cluster, pass_at_k(len(drawn), sum(map(_is_right, drawn)), k))
                for p, drawn in there.items()
            ]
            most = [_majority(p, drawn[:k]) for p, drawn in there.items()]
            tokens = k * sum(map(_written, chain(*there.values()))) / sum(map(len, there.values()))
            yield DrawnAnswers(k, budget, len(there), estimate(oracle), estimate(most), tokens)


def _by_problem(answers: Iterable[StatefulAnswer]) -> dict[str, list[StatefulAnswer]]:
    """Return the answers to each problem, in the order in which they were drawn."""
    found: dict[str, list[StatefulAnswer]] = {}
    for answer in sorted(answers, key=lambda a: a.run):
        found.setdefault(answer.problem, []).append(answer)
    return found


def _is_right(answer: StatefulAnswer) -> bool:
    return bool(answer.facts["right"])


def _written(answer: StatefulAnswer) -> float:
    return float(answer.usage.written) if answer.usage is not None else 0.0


def _majority(problem: str, drawn: Sequence[StatefulAnswer]) -> ItemScore:
    """Return whether what most draws say is right."""
    right = majority([a.facts["number"] for a in drawn], list(map(_is_right, drawn)))
    return ItemScore(problem, drawn[0].cluster, float(right))


def draws_table(run: StatefulRun) -> Table | None:
    """Return pass@k and majority@k at the smallest budget, and the arm that spends as much as sleep."""
    rows = [
        [f"k = {d.k}", d.budget, str(d.n), *(figure(one, 100, 1) for one in (d.passed, d.most)), f"{d.tokens:,.0f}"]
        for d in list_draws(run)
    ]
    for budget, found in run.answers.get(EQUAL, {}).items():
        by = _by_problem(found)
        scores = [_majority(problem, drawn) for problem, drawn in by.items()]
        tokens = sum(map(_written, found)) / max(len(by), 1)
        rows.append(["as much as sleep", budget, str(len(by)), "-", figure(estimate(scores), 100, 1), f"{tokens:,.0f}"])
    return (
        Table(
            ["draws of `test`", "budget", "n", "pass@k, % (95%)", "majority, % (95%)", "output tokens"],
            rows,
            labels=2,
            note=(
                "pass@k needs somebody who knows the answer. `as much as sleep`: draws of the largest budget for the "
                "output tokens of sleep and its answer together, and their majority."
            ),
        )
        if rows
        else None
    )


def sleep_table(run: StatefulRun) -> Table:
    """Return what sleeps were like: lengths, calls, tokens, ends."""
    rows = []
    for name, by_subject in run.sleeps.items():
        notes = [facts for found in by_subject.values() for facts in found]
        ended = Counter(str(facts["ended"]) for facts in notes)
        told = [facts["usage"] for facts in notes if facts["usage"] is not None]
        size = max(len(told), 1)
        cells = [f"{sum(u[key] for u in told) / size:,.0f}" for key in ("read", "cached", "written", "reasoned")]
        lengths = [f"{median(facts[key] for facts in notes):,.0f}" for key in ("context_characters", "characters")]
        rethinks = f"{sum(facts['rethinks'] for facts in notes) / len(notes):.1f}"
        empty = str(sum(not facts["characters"] for facts in notes))
        ends = ", ".join(f"{why} {number}" for why, number in ended.most_common())
        rows.append([name, str(len(notes)), *lengths, rethinks, *cells, empty, str(len(notes) - len(told)), ends])
    return Table(
        [
            *("sleep", "n", "context, characters", "note, characters", "rethinks", "input", "of it cached", "output"),
            *("reasoned", "empty notes", "no usage", "ended by"),
        ],
        rows,
        note="Tokens: means of one sleep. Lengths: medians. An empty note is kept and not asked for again.",
    )


def anticipation(run: StatefulRun, stratum: Stratum) -> Table:
    """Return how often the right number stands in the note already, and how often it does by chance."""
    rows = []
    for arm in run.arms:
        found = [a for b in run.budgets[:1] for a in run.of(arm, b, stratum) if a.facts["holds_gold"] is not None]
        share = estimate([ItemScore(a.item, a.cluster, float(a.facts["holds_gold"])) for a in found])
        if share is not None:
            rows.append([arm, str(len(found)), percent(share)])
    note = f"The base rate is that of `{SHUFFLED}` (the note on a variant) and `{STRANGER}` (on another problem)."
    return Table(["arm", "n", "right number in the note, % (95%)"], rows, note=note)


def k_table(run: StatefulRun) -> Table | None:
    """Return arms of k sleeps against one sleep at the same temperature, and five against ten."""
    names = [arm for arm in run.arms if k_of(arm)]
    pairs = [(arm, "k=1") for arm in names if arm != "k=1" and "k=1" in names]
    pairs += [(one, other) for one, other in (("k=5", "k=10"), ("merged", "k=5")) if {one, other} <= set(run.arms)]
    rows = []
    for one, other in pairs:
        for budget in run.budgets:
            found = compare(run.rights(one, budget), run.rights(other, budget))
            if found is not None:
                cells = [percent(found.difference, signed=True), chance(found.p)]
                rows.append([f"{one} - {other}", budget, str(found.items), *cells])
    header = ["comparison", "budget", "n", "difference, points (95%)", "p"]
    note = "The first k of ten sleeps, so the arms are nested and paired. The paper finds k = 5 ahead of k = 10."
    return Table(header, rows, labels=2, note=note) if rows else None


def effort_table(run: StatefulRun) -> tuple[Table, bool] | None:
    """Return what efforts did, and whether they were honoured: reasoning tokens must rise from each to the next."""
    budgets = [b for b in run.budgets if any(_asks_effort(a.facts) for a in run.of(TEST, b) or run.of(SLEEP, b))]
    if not budgets:
        return None
    rows, medians, dropped = [], [], False
    for budget in budgets:
        found = run.of(TEST, budget) or run.of(SLEEP, budget)
        told = [a.usage.reasoned for a in found if a.usage is not None]
        gone = sum(bool({"reasoning_effort", "thinking"} & set(a.facts["dropped"])) for a in found)
        dropped |= gone > 0
        medians.append(float(median(told)) if told else 0.0)
        sent = Counter(_effort_sent(a.facts) for a in found)
        rows.append([budget, str(len(found)), f"{medians[-1]:,.0f}", str(gone), sent.most_common(1)[0][0]])
    rises = not dropped and len(medians) > 1 and all(a < b for a, b in pairwise(medians))
    note = (
        "Honoured: reasoning tokens rise with the effort."
        if rises
        else "NOT honoured: reasoning tokens do not rise with the effort, so no curve is drawn over it."
    )
    return Table(["effort", "n", "reasoned tokens, median", "dropped", "sent as"], rows, labels=1, note=note), rises


def _asks_effort(facts: object) -> bool:
    assert isinstance(facts, dict)
    asked = {"reasoning_effort", "thinking"}
    return bool(asked & set(facts["dropped"]) or asked & set(facts["sent"]))


def _effort_sent(facts: object) -> str:
    assert isinstance(facts, dict)
    told = {k: v for k, v in facts["sent"].items() if k in ("reasoning_effort", "thinking")}
    return ", ".join(f"{k}={v}" for k, v in told.items()) or "not sent"
