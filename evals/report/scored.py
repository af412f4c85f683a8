"""A run's answers with their scores, by subset and solver: what the tables, plots and the verdict are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from noctule.evals.run_folder import Results
from noctule.evals.scorers import localization, paired, spans
from noctule.evals.scorers.paired import Comparison, PairedEstimate
from noctule.evals.scorers.sets import set_score
from noctule.evals.solvers.answer import SolverAnswer
from noctule.evals.tasks.gold import Gold
from noctule.indexer.defaults import BUDGET_TOKENS

Score = Callable[[SolverAnswer, Gold], float | None]
MAIN_K = 5


def file_accuracy(k: int) -> Score:
    """Return Acc@k over files as a score."""
    return lambda answer, gold: localization.file_acc(answer, gold, k)


def function_accuracy(k: int) -> Score:
    """Return Acc@k over functions as a score."""
    return lambda answer, gold: localization.function_acc(answer, gold, k)


def measure(name: str) -> Score:
    """Return one of a solver's own numbers as a score."""
    return lambda answer, gold: answer.measures.get(name)  # noqa: ARG005 - scores are called alike


def f1_of_first(answer: SolverAnswer, gold: Gold) -> float | None:
    """Return F1 of the first `MAIN_K` files as a set, against the modified ones."""
    found = set_score(answer.files[:MAIN_K], gold.files)
    return None if found is None else found.f1


def shown_only(score: Score) -> Score:
    """Return a score that gives nothing to an answer that abstained: it names no file, whatever was ranked."""

    def score_shown(answer: SolverAnswer, gold: Gold) -> float | None:
        value = score(answer, gold)
        return 0.0 if value is not None and answer.abstained else value

    return score_shown


SHOWN: Score = spans.functions_whole
LINES: Score = spans.line_share
NAMED: Score = spans.names_all_files
RECIPROCAL: Score = localization.reciprocal_rank


@dataclass(frozen=True)
class Subset:
    """Some tasks of a run under a name; each has a gold file that exists at its base."""

    name: str
    tasks: frozenset[str]


@dataclass(frozen=True)
class Scored:
    """Scores over one run."""

    run: Results

    @property
    def kind(self) -> str:
        """Which command made the run."""
        about = self.run.about["about"]
        return str(about["kind"]) if isinstance(about, Mapping) else ""

    @property
    def scorable(self) -> frozenset[str]:
        """The tasks that have a gold file at their base."""
        return frozenset(task for task, gold in self.run.gold.items() if gold.files and task in self.run.tasks)

    @property
    def subsets(self) -> tuple[Subset, ...]:
        """All tasks and those whose text does not name the answer; of mined tasks, as written and masked."""
        tasks = self.scorable
        if any(self.run.tasks[t].masked for t in tasks):
            plain = frozenset(t for t in tasks if not self.run.tasks[t].masked)
            return (Subset("as written", plain), Subset("names masked", tasks - plain))
        unnamed = frozenset(t for t in tasks if not self.run.gold[t].named)
        everything = Subset("all", tasks)
        return (everything, Subset("gold file not named", unnamed)) if unnamed != tasks else (everything,)

    @property
    def solvers(self) -> tuple[str, ...]:
        """The solvers that answered, the pack first and its variants in order."""
        return tuple(sorted(self.run.answers, key=_place))

    def scores(self, solver: str, score: Score, subset: Subset) -> dict[str, float]:
        """Return the scores of a solver's answers, by task; tasks to which the score does not apply are left out."""
        found = {
            task: score(answer, self.run.gold[task])
            for task, answer in self.run.answers.get(solver, {}).items()
            if task in subset.tasks
        }
        return {task: value for task, value in found.items() if value is not None}

    def estimate(self, solver: str, score: Score, subset: Subset) -> PairedEstimate | None:
        """Return the mean of a solver's scores with its interval."""
        return paired.estimate(list(self.scores(solver, score, subset).values()))

    def estimate_plain(self, solver: str, score: Score, subset: Subset) -> float | None:
        """Return the mean alone, for a plot of many."""
        values = list(self.scores(solver, score, subset).values())
        return sum(values) / len(values) if values else None

    def compare(self, first: str, second: str, score: Score, subset: Subset) -> Comparison | None:
        """Compare two solvers on the tasks that both answered."""
        return paired.compare(self.scores(first, score, subset), self.scores(second, score, subset))

    def rank_of_gold(self, solver: str, task: str) -> str:
        """Return the rank of the last gold file, or that it was not listed."""
        answer, gold = self.run.answers[solver][task], self.run.gold[task]
        ranks = [answer.files.index(f) + 1 for f in gold.files if f in answer.files]
        return str(max(ranks)) if len(ranks) == len(gold.files) else f"not in {len(answer.files)}"


def _place(solver: str) -> tuple[int, int, str]:
    head, _, budget = solver.partition("@")
    if solver == "pack":
        budget = str(BUDGET_TOKENS)
    order = (
        "pack",
        "oracle",
        "grep",
        "bm25",
        "path",
        "graph",
        "recency",
        "aider",
        "explorer",
        "explorer+pack",
        "recorded",
    )
    return (
        order.index(head) if head in order else len(order) + head.startswith("pack~"),
        int(budget) if budget.isdigit() else 0,
        solver,
    )
