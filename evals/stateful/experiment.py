"""Problems and arms in, rows of a run out. Asks through `Chat`; knows no score but right and wrong.

Problems are worked on side by side, and what belongs to one problem one after another. What is in the run's folder is
not asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from threading import Lock
from typing import Any, Protocol

from noctule.evals.errors import ModelFailed
from noctule.evals.run_folder import Row
from noctule.evals.stateful import arms as names
from noctule.evals.stateful.arms import AnswerArm, cell
from noctule.evals.stateful.chat import ModelAsker
from noctule.evals.stateful.marking import are_equal, find_numbers, mark
from noctule.evals.stateful.problem import Problem
from noctule.evals.stateful.prompts import Budget, answer_prompt, join_notes, sleep_prompt
from noctule.evals.stateful.request import ChatPrompt, Place, RequestRecord
from noctule.evals.stateful.sleeper import SleepNote, sleep
from noctule.indexer.llm.usage import Usage

SLEPT = "S"
"""What rows of sleeps are called: "S" the one at temperature 0, then "S hot", "S hindsight" and so on."""
MOST_EQUAL = 40
GIVE_UP = 5
"""So many problems may fail one after another before anything was answered."""


@dataclass(frozen=True, slots=True)
class Design:
    """What is asked of each problem. `samples` are the draws of `pass@k`, at the smallest budget."""

    arms: Sequence[AnswerArm]
    budgets: Sequence[Budget]
    runs: int = 1
    samples: int = 20
    sleeps_by_budget: bool = False
    """Whether each budget of the answer has its own sleep, of the same effort."""

    def cells(self) -> Iterator[tuple[AnswerArm, Budget, int]]:
        """Yield what is asked, but for `equal`, whose number of draws depends on what the others cost."""
        for arm in self.arms:
            if arm.name == names.SAMPLES:
                yield from ((arm, self.budgets[0], run) for run in range(self.samples))
            elif arm.name != names.EQUAL:
                yield from ((arm, budget, run) for budget in self.budgets for run in range(self.runs))


@dataclass(frozen=True, slots=True)
class Others:
    """Whose notes the shuffled arms get: by problem, another of its cluster, and one of another cluster."""

    same_cluster: Mapping[str, Problem] = field(default_factory=dict)
    strangers: Mapping[str, Problem] = field(default_factory=dict)


def find_others(chosen: Sequence[Problem], known: Sequence[Problem]) -> Others:
    """Give each problem the next one of its cluster, and the next chosen one of another cluster."""
    by_cluster: dict[str, list[Problem]] = {}
    for problem in known:
        by_cluster.setdefault(problem.cluster, []).append(problem)
    near, far = {}, {}
    for at, problem in enumerate(chosen):
        mine = by_cluster.get(problem.cluster, [])
        here = next((i for i, p in enumerate(mine) if p.id == problem.id), 0)
        if len(mine) > 1 and mine[(here + 1) % len(mine)].context:
            near[problem.id] = mine[(here + 1) % len(mine)]
        rest = [*chosen[at + 1 :], *chosen[:at]]
        stranger = next((p for p in rest if p.cluster != problem.cluster and p.subject != problem.subject), None)
        if stranger is not None:
            far[problem.id] = stranger
    return Others(near, far)


class RowStore(Protocol):
    """Where rows go: `Run`, or a double of it."""

    def is_done(self, task: str, solver: str, *, failed_too: bool = True) -> bool:
        """Tell whether there is a result."""
        ...

    def add(self, row: Row) -> None:
        """Add a result."""
        ...


class Experiment:
    """One run: sleeps and answers for some problems."""

    def __init__(
        self, design: Design, others: Others, chat: ModelAsker, run: RowStore, told: Callable[[], None]
    ) -> None:
        self._design = design
        self._others = others
        self._chat = chat
        self._run = run
        self._told = told
        self._adding = Lock()
        self._sleeping: dict[tuple[str, str, int], Lock] = {}
        self._notes: dict[tuple[str, str, int], SleepNote] = {}
        self._failed = 0

    def run(self, problems: Sequence[Problem], at_once: int) -> None:
        """Work on problems. CapReached, ModelWithoutTools, ModelFailed, RunError: what was answered is kept."""
        with ThreadPoolExecutor(at_once) as pool:
            working = [pool.submit(self.solve, problem) for problem in problems]
            done, _ = wait(working, return_when=FIRST_EXCEPTION)
            if any(one.exception() for one in done):
                pool.shutdown(wait=True, cancel_futures=True)
            for one in done:
                one.result()

    def solve(self, problem: Problem) -> None:
        """Ask everything about one problem."""
        for arm, budget, run in self._design.cells():
            self._answer(problem, arm, budget, run)
        if any(arm.name == names.EQUAL for arm in self._design.arms):
            self._spend_equally(problem)

    def _answer(self, problem: Problem, arm: AnswerArm, budget: Budget, run: int) -> None:
        name = cell(arm.name, budget.name, run)
        if self._run.is_done(problem.id, name, failed_too=False):
            return
        try:
            notes = self._notes_for(problem, arm, budget)
            if notes is None:
                self._add(Row(problem.id, name, "none"))
                return
            is_drawn = arm.name in {names.SAMPLES, names.EQUAL}
            prompt = answer_prompt(
                problem,
                budget,
                note=join_notes([note.text for note in notes]) if notes else None,
                has_context=arm.has_context,
                has_question=arm.has_question,
                temperature=names.HOT if is_drawn else 0.0,
            )
            record = self._chat.ask(Place(arm.name, problem.id, problem.cluster, budget.name, run), 0, prompt)
        except ModelFailed as error:
            self._fail(Row(problem.id, name, "failed", error=str(error)))
            return
        self._failed = 0
        self._add(Row(problem.id, name, "ok", record.seconds, answer_row(problem, record, notes)))

    def _fail(self, row: Row) -> None:
        """Keep a failure; where nothing at all is answered, the rest need not be tried."""
        self._add(row)
        self._failed += 1
        if self._failed >= GIVE_UP and not self._chat.has_answers:
            raise ModelFailed(row.error or "")

    def _notes_for(self, problem: Problem, arm: AnswerArm, budget: Budget) -> list[SleepNote] | None:
        """Return the notes that an arm shows; None where there is nobody to take them from. ModelFailed."""
        own = budget if self._design.sleeps_by_budget else None
        if not arm.notes:
            return []
        if arm.name == names.HINDSIGHT:
            prompt = sleep_prompt(problem, temperature=0.0, budget=own, has_question=True)
            return [self._sleep("hindsight", problem.id, problem, own, 0, prompt)]
        if arm.name == names.MERGED:
            drawn = [note.text for note in self._hot(problem, arm.notes, own)]
            prompt = sleep_prompt(problem, temperature=0.0, budget=own, notes=drawn)
            return [self._sleep("merged", problem.subject, problem, own, 0, prompt)]
        if arm.is_hot:
            return self._hot(problem, arm.notes, own)
        whose: Problem | None = problem
        if arm.name in {names.SHUFFLED, names.STRANGER}:
            others = self._others.same_cluster if arm.name == names.SHUFFLED else self._others.strangers
            whose = others.get(problem.id)
        if whose is None:
            return None
        if arm.effort:
            own = Budget(arm.effort, effort=arm.effort, most_output=budget.most_output)
        return [self._sleep("", whose.subject, whose, own, 0, sleep_prompt(whose, temperature=0.0, budget=own))]

    def _hot(self, problem: Problem, notes: int, own: Budget | None) -> list[SleepNote]:
        """Return the first sleeps that were drawn: those of a smaller number are among those of a larger one."""
        prompt = sleep_prompt(problem, temperature=names.HOT, budget=own)
        return [self._sleep("hot", problem.subject, problem, own, at, prompt) for at in range(1, notes + 1)]

    def _sleep(
        self, how: str, subject: str, problem: Problem, own: Budget | None, number: int, prompt: ChatPrompt
    ) -> SleepNote:
        """Sleep once for all who need it."""
        what = " ".join(part for part in (SLEPT, how, own.name if own is not None else "") if part)
        key = what, subject, number
        with self._adding:
            lock = self._sleeping.setdefault(key, Lock())
        with lock:
            if key in self._notes:
                return self._notes[key]
            place = Place(what, subject, problem.cluster, own.name if own is not None else "", number)
            note = sleep(prompt, lambda turn, asked: self._chat.ask(place, turn, asked))
            self._notes[key] = note
        name = f"{what}#{number}"
        if not self._run.is_done(subject, name):
            seconds = sum(request.seconds for request in note.requests)
            self._add(Row(subject, name, "ok", round(seconds, 4), sleep_row(problem, note)))
        return note

    def _spend_equally(self, problem: Problem) -> None:
        """Draw as many answers of the largest budget as fit into what sleep and its answer cost, in output tokens."""
        largest = self._design.budgets[-1]
        try:
            note = self._notes_for(problem, AnswerArm(names.SLEEP, 1), largest)
            with_note = self._ask_plain(problem, AnswerArm(names.SLEEP, 1), largest, note)
            without = self._ask_plain(problem, AnswerArm(names.TEST), largest, [])
        except ModelFailed as error:
            self._fail(Row(problem.id, cell(names.EQUAL, largest.name), "failed", error=str(error)))
            return
        slept = total_usage(note[0].requests if note else ())
        if slept is None or with_note.usage is None or without.usage is None or not without.usage.written:
            self._add(Row(problem.id, cell(names.EQUAL, largest.name), "none"))  # nobody says what it cost
            return
        draws = (slept.written + with_note.usage.written) // without.usage.written
        for run in range(min(max(draws, 1), MOST_EQUAL)):
            self._answer(problem, AnswerArm(names.EQUAL), largest, run)

    def _ask_plain(
        self, problem: Problem, arm: AnswerArm, budget: Budget, notes: list[SleepNote] | None
    ) -> RequestRecord:
        """Ask what the arm of that name asks: it is known already where the arm was asked."""
        prompt = answer_prompt(problem, budget, note=notes[0].text if notes else None)
        return self._chat.ask(Place(arm.name, problem.id, problem.cluster, budget.name, 0), 0, prompt)

    def _add(self, row: Row) -> None:
        with self._adding:
            self._run.add(row)
        self._told()


def answer_row(problem: Problem, record: RequestRecord, notes: Sequence[SleepNote]) -> dict[str, Any]:
    """Return what a row keeps of an answer: enough to score it again."""
    marked = mark(record.text, problem.gold, is_contest=problem.is_contest)
    is_cut = record.finish == "length"
    return {
        **{"part": problem.part, "cluster": problem.cluster, "subject": problem.subject},
        **{"gold": str(problem.gold), "number": None if marked.number is None else str(marked.number)},
        "right": bool(marked.is_right and not is_cut),
        **{"cut": is_cut, "unboxed": marked.is_unboxed, "posed": problem.is_posed},
        "usage": None if record.usage is None else asdict(record.usage),
        "dollars": record.dollars,
        **{"dropped": list(record.dropped), "sent": dict(record.sent)},
        "holds_gold": any(holds(note.text, problem) for note in notes) if notes else None,
    }


def sleep_row(problem: Problem, note: SleepNote) -> dict[str, Any]:
    """Return what a row keeps of a sleep."""
    usage = total_usage(note.requests)
    prices = [request.dollars for request in note.requests]
    dropped = sorted({name for request in note.requests for name in request.dropped})
    return {
        **{"part": problem.part, "cluster": problem.cluster, "subject": problem.subject, "posed": problem.is_posed},
        **{"context_characters": len(problem.context), "characters": len(note.text)},
        **{"rethinks": note.rethinks, "ended": note.ended, "requests": len(note.requests)},
        "usage": None if usage is None else asdict(usage),
        "dollars": None if None in prices else sum(p for p in prices if p is not None),
        **{"dropped": dropped, "sent": dict(note.requests[0].sent) if note.requests else {}},
        "text": note.text,
    }


def total_usage(requests: Sequence[RequestRecord]) -> Usage | None:
    """Add up what requests took; None where that is not told of each."""
    told = [request.usage for request in requests]
    return None if None in told else sum((usage for usage in told if usage is not None), Usage())


def holds(note: str, problem: Problem) -> bool:
    """Tell whether the right answer stands in a note."""
    return any(are_equal(number, problem.gold) for number in find_numbers(note))
