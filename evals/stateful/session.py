"""One run of the experiment: what was chosen, and the model that is asked, put together. Prints nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from noctule.evals.run_folder import Row, Run
from noctule.evals.stateful.anticipate import record_anticipated
from noctule.evals.stateful.chat import ModelAsker
from noctule.evals.stateful.experiment import Design, Experiment, RowStore, find_others
from noctule.evals.stateful.multi import GENERATED, write_questions
from noctule.evals.stateful.plan import PlannedRows, Rehearsal, asked_before
from noctule.evals.stateful.problem import Problem

KIND = "stateful"


@dataclass(frozen=True)
class ProblemSession:
    """Problems, and what is asked of each; `queries` is how many questions a context has."""

    set: str
    files: Sequence[Path]
    problems: Sequence[Problem]
    known: Sequence[Problem]
    design: Design
    model: str
    seed: int
    queries: int = 1
    at_once: int = 4
    anticipates: bool = False
    """Whether it is also asked which questions are likely."""

    def about(self) -> dict[str, object]:
        """Return what makes a run the same as one that was begun."""
        files = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in self.files}
        told = {"kind": KIND, "set": self.set, "file": " ".join(files), "sha256": files, "model": self.model}
        return {**told, "seed": self.seed, **({"queries": self.queries} if self.queries > 1 else {})}

    def rehearse(self, folder: Path) -> Rehearsal:
        """Work out what is left to ask, with nobody asked. RunError."""
        played = Rehearsal({b.name: b.output for b in self.design.budgets}, asked_before(folder))
        self.conduct(played, PlannedRows(folder), lambda: None, at_once=1)
        return played

    def conduct(self, asker: ModelAsker, rows: RowStore, told: Callable[[], None], at_once: int = 0) -> None:
        """Ask everything that is not known yet. The errors of `Experiment.run`."""
        problems: Sequence[Problem] = [problem for problem in self.problems if problem.context]
        known: Sequence[Problem] = self.known
        if self.queries > 1:
            problems = known = [each for one in problems for each in self._questions(one, asker, rows)]
        others = find_others(problems, known)
        Experiment(self.design, others, asker, rows, told).run(problems, at_once or self.at_once)
        if self.anticipates:
            record_anticipated(problems, asker, rows)

    def _questions(self, problem: Problem, asker: ModelAsker, rows: RowStore) -> tuple[Problem, ...]:
        found = write_questions(problem, self.queries, asker)
        if not rows.is_done(problem.id, GENERATED):
            rows.add(Row(problem.id, GENERATED, "ok", answer=found.to_json()))
        return found.problems


def record_left_out(session: ProblemSession, run: Run) -> int:
    """Write down the problems with an empty context: there is nothing to think about. RunError."""
    empty = [problem for problem in session.problems if not problem.context]
    for problem in empty:
        if not run.is_done(problem.id, ""):
            run.add(Row(problem.id, "", "skipped", error="its context is empty"))
    return len(empty)
