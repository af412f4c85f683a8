"""A model that looks through a repository, in so many steps, and names the files that a task modifies. Edits nothing.

The paper's agent edits files and is scored by which ones. This one only reads, so it can run anywhere; what it names is
scored in the same way. Each result says which step it is, as the paper found to help.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from noctule.evals.solvers import agent_arms
from noctule.evals.solvers.answer import SolverAnswer
from noctule.evals.stateful.chat import ModelAsker
from noctule.evals.stateful.looking import Look, likely_steps, look_through, make_tool
from noctule.evals.stateful.prompts import TOOLS as SLEEP_TOOLS
from noctule.evals.stateful.request import ChatPrompt, Place
from noctule.evals.stateful.sleeper import SleepNote, sleep
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.pull_requests import PullRequest, PullRequests
from noctule.evals.tasks.task import Task
from noctule.indexer.defaults import BUDGET_TOKENS
from noctule.indexer.llm.usage import Usage
from noctule.indexer.tokens import count

PREFIX = "finder:"
COLD, TEST, TEST_PAST, SLEEP, SLEEP_PAST = "cold", "test", "test-past", "sleep", "sleep-past"
NOTES, CONTEXT = "notes", "context"
ARMS = (COLD, TEST, TEST_PAST, SLEEP, SLEEP_PAST, NOTES, CONTEXT)
DEFAULT_ARMS = (COLD, TEST, SLEEP, NOTES, CONTEXT)
_SYSTEM = """\
You are a programmer who has to say which existing files of a repository a change will modify. Search and read until
you know, then call `submit` with exactly these files: each that is missing and each that is too many counts against
you. New files do not count. You have {steps} steps; each result says which one it is. Call one tool in each step."""
_SUMMARISE = """\
The next message is a pull request of a repository. Others will later work on related ones. Write a note: what the
matter is, which files were changed, and how these files work and depend on each other. Call `rethink` with the note,
and `finish` when it is good. A note is about this pull request, and never a list of files to change next."""
_ABOUT = {
    TEST: "Related pull requests of this repository:",
    SLEEP: "Notes on related pull requests, written before this task was known; they may be wrong:",
    NOTES: agent_arms.ABOUT_NOTES,
    CONTEXT: agent_arms.ABOUT_PACK,
}


SUBMIT = make_tool("submit", "Name the files, and end.", {"files": {"type": "array", "items": {"type": "string"}}})


@dataclass
class Finder:
    """Asks for the files of tasks, in all arms."""

    known: PullRequests
    asker: ModelAsker

    def find(self, task: Task, ground: BaseCheckout, arm: str, steps: int) -> SolverAnswer:
        """Let the model look for the files of one task. ModelFailed, CapReached, ModelWithoutTools."""
        section, slept = self._section(task, ground, arm)
        place = Place(PREFIX + arm, task.id, task.repository, str(steps))
        asked = f"<task>\n{task.text.strip()}\n</task>"
        return _answer(look_through(self.asker, place, _SYSTEM, (asked, section), SUBMIT, steps, ground), slept, ground)

    def _section(self, task: Task, ground: BaseCheckout, arm: str) -> tuple[str, list[SleepNote]]:
        """Return what an arm is told beside the task, and the sleeps that it took."""
        kind, _, past = arm.partition("-")
        notes: list[SleepNote] = []
        if kind in {TEST, SLEEP}:
            related = self.known.related(task.id, past_only=bool(past))
            texts = [pr.text for pr in related]
            if kind == SLEEP:
                notes = [self._summary(pr) for pr in related]
                texts = [note.text for note in notes]
            text = "\n\n".join(text for text in texts if text)
        elif kind == NOTES:
            text = agent_arms.notes(ground, BUDGET_TOKENS)
        else:
            text = ground.pack(task.text, BUDGET_TOKENS).text if kind == CONTEXT else ""
        return (f"{_ABOUT[kind]}\n\n{text}" if text else ""), notes

    def _summary(self, pr: PullRequest) -> SleepNote:
        """Read a pull request ahead of any task: once for all tasks that it is related to."""
        place = Place("S", pr.id, pr.id)
        messages = ({"role": "system", "content": _SUMMARISE}, {"role": "user", "content": pr.text})
        return sleep(
            ChatPrompt(messages, SLEEP_TOOLS, most_output=4_000), lambda turn, asked: self.asker.ask(place, turn, asked)
        )


def _answer(look: Look, slept: Sequence[SleepNote], ground: BaseCheckout) -> SolverAnswer:
    sleeping = sum((r.usage for note in slept for r in note.requests if r.usage is not None), Usage())
    there = tuple(dict.fromkeys(path for path in look.files or () if path in ground.snapshot.files))
    return SolverAnswer(
        files=there,
        tokens=look.usage.tokens,
        abstained=not there,
        measures={**look.measures(ground), "sleep_input": sleeping.read, "sleep_output": sleeping.written},
    )


@dataclass(frozen=True, slots=True)
class FinderSolver:
    """One arm with one number of steps, as a run asks solvers."""

    finder: Finder
    arm: str
    steps: int

    def solve(self, task: Task, ground: BaseCheckout, gold: Gold) -> SolverAnswer:  # noqa: ARG002 - every solver is asked alike
        """Let the model look for the files."""
        return self.finder.find(task, ground, self.arm, self.steps)


def finder_name(arm: str, steps: int) -> str:
    """Return what an arm with so many steps is called in results."""
    return f"{PREFIX}{arm}@{steps}"


def parse_finder_name(name: str) -> tuple[str, int]:
    """Return the arm and the steps of a name."""
    arm, _, steps = name.removeprefix(PREFIX).rpartition("@")
    return arm, int(steps)


def likely_usage(
    known: PullRequests, tasks: Sequence[Task], arms: Sequence[str], steps: Sequence[int]
) -> tuple[int, Usage]:
    """Return how many requests are likely, and their tokens: an agent uses all its steps."""
    requests, usage = 0, Usage()
    summarised = {pr.id: pr for task in tasks for pr in known.related(task.id, past_only=False)}
    if any(arm.startswith(SLEEP) for arm in arms):
        for pr in summarised.values():
            requests += 2
            usage += Usage(2 * count(pr.text) + 500, 520)
    for task in tasks:
        for arm in arms:
            related = sum(count(pr.text) for pr in known.related(task.id, past_only=False)) if arm == TEST else 0
            first = 300 + count(task.text) + (related or (0 if arm == COLD else BUDGET_TOKENS))
            requests += sum(steps)
            usage += likely_steps(first, steps, written=120)
    return requests, usage
