"""Runs of the paper's experiments as a verdict and a page. Every figure stands with its n, interval, model and cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from noctule.evals.report import stateful_plots as plots
from noctule.evals.report import stateful_tables as tables
from noctule.evals.report.drawing import ABSENT
from noctule.evals.report.page import Block, Bullets, Code, Page, PageText, Section, Table
from noctule.evals.report.paper_figures import paper_table
from noctule.evals.report.stateful_costs import (
    amortisation_table,
    anticipated_table,
    cheaper_table,
    describe_break_even,
    equal_accuracy_table,
    predictability_tables,
    sleep_break_even,
)
from noctule.evals.report.stateful_results import StatefulRun
from noctule.evals.scorers.clusters import compare
from noctule.evals.scorers.currencies import Currency
from noctule.evals.scorers.frontier import compare_curves
from noctule.evals.stateful.arms import SLEEP, TEST
from noctule.indexer.llm.usage import Usage


def make_page(runs: Sequence[StatefulRun]) -> Page:
    """Return the report of some runs."""
    sections = [Section(f"Verdict: {name_of(run)}", verdict(run)) for run in runs]
    if len(runs) > 1:
        sections.append(Section("All runs side by side", [_side_by_side(runs)]))
    for run in runs:
        sections += [*([Section(name_of(run), [])] if len(runs) > 1 else []), *_sections(run)]
    return Page("Sleep-time compute: what a model's notes add, and what they cost", sections)


def name_of(run: StatefulRun) -> str:
    """Return what a run is called."""
    return f"stateful {run.about.get('set')} with {run.about.get('model')}"


def verdict(run: StatefulRun) -> list[Block]:
    """Return what a run says, for one screen."""
    return [Bullets(list(_lines(run)))]


def _lines(run: StatefulRun) -> Iterator[str]:
    problems = {a.problem for by in run.answers.values() for found in by.values() for a in found}
    clusters = {a.cluster for by in run.answers.values() for found in by.values() for a in found}
    yield f"{name_of(run)}: {len(problems)} problems of {len(clusters)} clusters; {account(run)}."
    if run.failed or run.skipped:
        yield f"{len(run.failed)} answers failed; {len(run.skipped)} problems with an empty context left out."
    for effect in tables.effects(run, SLEEP):
        found, budget = effect.pair, effect.budget
        paid = [describe_break_even(sleep_break_even(run, SLEEP, budget, currency)) for currency in Currency]
        yield (
            f"Budget {budget}: sleep {tables.percent(found.first)}%, test {tables.percent(found.second)}%, difference "
            f"{tables.percent(found.difference, signed=True)} points (n {found.items}): {effect.verdict}. Queries that "
            f"pay for the sleep, in output tokens / all tokens / dollars: {' / '.join(paid)}."
        )
    curves = compare_curves(run.curve(SLEEP, Currency.WRITTEN), run.curve(TEST, Currency.WRITTEN))
    efforts = tables.effort_table(run)
    if curves is not None and (efforts is None or efforts[1]):
        ratios = "; ".join(f"{budget}: {tables.figure(ratio, 1, 2)}" for budget, ratio in curves.ratios.items())
        yield f'Output tokens of sleep as a share of those of test at equal accuracy, by budget ("-": never): {ratios}.'
    if efforts is not None:
        yield efforts[0].note
    everything = [a for by in run.answers.values() for answers in by.values() for a in answers]
    cut, numberless = sum(a.facts["cut"] for a in everything), sum(a.facts["number"] is None for a in everything)
    if cut or numberless:
        yield f"Of {len(everything):,} answers {cut:,} were cut off, {numberless:,} hold no number: counted as wrong."
    if untold := sum(a.usage is None for a in everything):
        yield f"{untold} answers came without usage; they are in no token figure."
    slept = [facts for by in run.sleeps.values() for notes in by.values() for facts in notes]
    if empty := [facts for facts in slept if not facts["characters"]]:
        why = Counter(str(facts["ended"]) for facts in empty).most_common(1)[0][0]
        yield f"{len(empty):,} of {len(slept):,} sleeps left no note (most of them: {why})."


def _side_by_side(runs: Sequence[StatefulRun]) -> Table:
    """Return every run at its smallest and its largest budget, with what pays for the sleep in each currency."""
    rows = []
    for run in runs:
        for budget in dict.fromkeys((*run.budgets[:1], *run.budgets[-1:])):
            found = compare(run.rights(SLEEP, budget), run.rights(TEST, budget))
            if found is not None:
                points = [tables.percent(one) for one in (found.first, found.second)]
                gap = tables.percent(found.difference, signed=True)
                paid = [describe_break_even(sleep_break_even(run, SLEEP, budget, currency)) for currency in Currency]
                rows.append([name_of(run), budget, str(found.items), *points, gap, *paid])
    header = ["run", "budget", "n", "sleep, %", "test, %", "difference, points (95%)"]
    header += [f"queries that pay, {currency.value}" for currency in Currency]
    return Table(header, rows, labels=2, note=f"{_PAPER} It also says: 5 times fewer output tokens for equal accuracy.")


def account(run: StatefulRun) -> str:
    """Say what all requests of a run cost, from their own record."""
    usage = sum((r.usage for r in run.requests if r.usage is not None), Usage())
    prices = [r.dollars for r in run.requests if r.is_billed]
    money = sum(p for p in prices if p is not None)
    unknown = f" and {prices.count(None)} of unknown price" if None in prices else ""
    days = sorted({r.at for r in run.requests if r.at})
    span = f", {' to '.join(dict.fromkeys((days[0], days[-1])))}" if days else ""
    retries = sum(r.attempt > 1 for r in run.requests)
    return (
        f"{len(run.requests):,} requests ({retries:,} retries), {usage.read:,} input ({usage.cached:,} cached) and "
        f"{usage.written:,} output tokens ({usage.reasoned:,} reasoned), ${money:,.4f}{unknown}{span}"
    )


def _sections(run: StatefulRun) -> Iterator[Section]:
    yield Section("Beside the paper", [paper_table(run)])
    yield Section("Plots", [*plots.of_run(run)] or [PageText(ABSENT)])
    for stratum in run.strata:
        found = [tables.accuracy_table(run, stratum), tables.differences(run, stratum)]
        yield Section(f"Accuracy, {stratum.name}", [*found, *_there(tables.curve_table(run, stratum))])
    if crossed := list(tables.crossover(run)):
        yield Section("At the largest budgets", [Bullets(crossed)])
    if noise := _there(tables.noise_table(run)):
        yield Section("The same question asked again", noise)
    if drawn := _there(tables.draws_table(run)):
        yield Section("Several draws at test time", drawn)
    if scaled := _there(tables.k_table(run)):
        yield Section("More sleep", scaled)
    if (efforts := tables.effort_table(run)) is not None:
        yield Section("Effort: was it honoured?", [efforts[0]])
    everything = run.strata[0]
    yield Section("Sleep", [tables.sleep_table(run), tables.anticipation(run, everything)])
    makers = (cheaper_table, amortisation_table, equal_accuracy_table)
    costs = [table for make in makers if (table := make(run, everything)) is not None]
    if costs:
        yield Section("What a query costs with sleep ahead of it", costs)
    if expected := [*predictability_tables(run), *_there(anticipated_table(run))]:
        yield Section("Gain by how expected the question was", expected)
    if run.questions:
        yield Section("Questions that a model wrote", [_questions(run)])
    if run.failed:
        why = Counter((row.error or "")[:200] for row in run.failed)
        yield Section("Failed", [Table(["why", "n"], [[w, str(n)] for w, n in why.most_common()])], folded=True)
    yield Section("To repeat it", [Code([*run.commands, f"noctule eval report {run.folder}"])])


_PAPER = (
    "The paper (arXiv 2504.13171, figure 9) says 2.5 times cheaper with ten questions, counting output tokens alone "
    "with t = 10. That figure is the paper's; what stands above is this run's."
)


def _there(table: Table | None) -> list[Table]:
    return [] if table is None else [table]


def _questions(run: StatefulRun) -> Table:
    kept = sum(len(facts["questions"]) for facts in run.questions.values())
    refused: Counter[str] = Counter()
    for facts in run.questions.values():
        refused.update(facts["refused"])
    rows = [["kept", str(kept)], *([f"refused: {why}", str(n)] for why, n in refused.most_common())]
    written = kept - len(run.questions) + sum(refused.values())
    share = 100 * sum(refused.values()) / written if written else 0.0
    return Table(
        ["questions", "n"], rows, note=f"{len(run.questions)} contexts; {share:.0f}% of what was written is refused."
    )
