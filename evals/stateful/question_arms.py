"""A model that answers questions about a repository, with what Noctule knows of it and without: one arm each.

It is scored by the files: which of the right ones it opened, and which files its answer cites. No model judges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from noctule.evals.errors import AgentError
from noctule.evals.solvers import agent_arms
from noctule.evals.solvers.answer import SolverAnswer
from noctule.evals.stateful.chat import ModelAsker
from noctule.evals.stateful.finder import PREFIX
from noctule.evals.stateful.looking import likely_steps, look_through, make_tool
from noctule.evals.stateful.request import Place
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task
from noctule.indexer.defaults import BUDGET_TOKENS
from noctule.indexer.files.git import RepositoryPlace
from noctule.indexer.llm.usage import Usage
from noctule.indexer.tokens import count

COLD, PACK, NOTES, BOTH = "cold", "pack", "notes", "pack+notes"
STALE, SHUFFLED = "stale", "shuffled"
ARMS = (COLD, PACK, NOTES, BOTH, STALE, SHUFFLED)
DEFAULT_ARMS = (COLD, PACK, BOTH)
_SYSTEM = """\
You answer a question about a repository. Search and read until you know, then call `submit` with the answer, in a few
sentences, and exactly the files that it rests on: each that is missing and each that is too many counts against you.
You have {steps} steps; each result says which one it is. Call one tool in each step."""
SUBMIT = make_tool(
    "submit",
    "Give the answer and the files that it rests on, and end.",
    {"answer": {"type": "string"}, "files": {"type": "array", "items": {"type": "string"}}},
)


@dataclass
class QuestionReader:
    """Asks questions, in all arms. `strangers`: for a repository, a commit of another one, for shuffled notes."""

    asker: ModelAsker
    cache: Path
    strangers: Mapping[str, tuple[RepositoryPlace, str]] = field(default_factory=dict)
    _grounds: dict[tuple[Path, str], BaseCheckout] = field(default_factory=dict)

    def answer(self, task: Task, ground: BaseCheckout, gold: Gold, arm: str, steps: int) -> SolverAnswer:
        """Let the model answer one question. ModelFailed, CapReached, ModelWithoutTools, AgentError."""
        place = Place(PREFIX + arm, task.id, task.repository, str(steps))
        asked = f"<question>\n{task.text.strip()}\n</question>"
        look = look_through(
            self.asker, place, _SYSTEM, (asked, self._section(task, ground, arm)), SUBMIT, steps, ground
        )
        cited = tuple(dict.fromkeys(path for path in look.files or () if path in ground.snapshot.files))
        right = set(gold.files)
        opened = {"opened_gold": len(right.intersection(look.opened)) / len(right)} if right else {}
        return SolverAnswer(
            files=cited,
            named=look.opened,
            tokens=look.usage.tokens,
            abstained=not cited,
            measures={**look.measures(ground), **opened, "sleep_input": 0, "sleep_output": 0},
            detail={"answer": look.text},
        )

    def _section(self, task: Task, ground: BaseCheckout, arm: str) -> str:
        parts = []
        if arm in {PACK, BOTH}:
            parts.append((agent_arms.ABOUT_PACK, ground.pack(task.text, BUDGET_TOKENS).text))
        if arm in {NOTES, BOTH, STALE, SHUFFLED}:
            parts.append((agent_arms.ABOUT_NOTES, agent_arms.notes(self._source(task, ground, arm), BUDGET_TOKENS)))
        return "\n\n".join(f"{about}\n\n{text}" for about, text in parts if text)

    def _source(self, task: Task, ground: BaseCheckout, arm: str) -> BaseCheckout:
        """Return whose notes an arm shows. AgentError."""
        if arm == STALE:
            place, base = ground.place, agent_arms.stale_base(ground)
        elif arm == SHUFFLED:
            if task.repository not in self.strangers:
                raise AgentError("shuffled notes need questions about two repositories")
            place, base = self.strangers[task.repository]
        else:
            return ground
        return self._grounds.setdefault((place.common_dir, base), BaseCheckout(place, base, self.cache))


@dataclass(frozen=True, slots=True)
class QuestionSolver:
    """One arm with one number of steps, as a run asks solvers."""

    reader: QuestionReader
    arm: str
    steps: int

    def solve(self, task: Task, ground: BaseCheckout, gold: Gold) -> SolverAnswer:
        """Let the model answer the question."""
        return self.reader.answer(task, ground, gold, self.arm, self.steps)


def pick_strangers(tasks: Sequence[tuple[RepositoryPlace, Task]]) -> dict[str, tuple[RepositoryPlace, str]]:
    """Return for each repository a commit of the next one in the file."""
    first = {task.repository: (place, task.base) for place, task in reversed(tasks)}
    names = sorted(first)
    return {name: first[names[(at + 1) % len(names)]] for at, name in enumerate(names)} if len(names) > 1 else {}


def likely_usage(tasks: Sequence[Task], arms: Sequence[str], steps: Sequence[int]) -> tuple[int, Usage]:
    """Return how many requests are likely, and their tokens: a model uses all its steps."""
    requests, usage = 0, Usage()
    for task in tasks:
        for arm in arms:
            first = 300 + count(task.text) + BUDGET_TOKENS * ((arm != COLD) + (arm == BOTH))
            requests += sum(steps)
            usage += likely_steps(first, steps, written=150)
    return requests, usage
