"""Would the question have been thought of? A model names the likely questions from the context alone, and answers each.

A stand-in for how likely a question is, where no server tells probabilities: a question counts as anticipated if its
number is among those answers, at a question that has half of its words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from noctule.evals.run_folder import Row
from noctule.evals.stateful.chat import ModelAsker
from noctule.evals.stateful.experiment import RowStore
from noctule.evals.stateful.marking import mark
from noctule.evals.stateful.problem import Problem
from noctule.evals.stateful.prompts import LEVELS, Budget, answer_prompt
from noctule.evals.stateful.request import ChatPrompt, Place

ANTICIPATED = "P anticipated"
"""What rows are called that say so."""
LIKELY = 10
SHARED_WORDS = 0.5
_ASK = f"""\
You read a situation. Write the {LIKELY} questions that are most likely to be asked about it, each with one number for
its answer. Write each on a line of its own, with "Q:" in front, and nothing else."""
_LINE = re.compile(r"^\W*Q\W*:\s*(.+)$", re.MULTILINE)
_BUDGET = Budget("anticipated", LEVELS[3])


def record_anticipated(problems: Sequence[Problem], asker: ModelAsker, rows: RowStore) -> None:
    """Write down for each problem whether its question was anticipated. ModelFailed, CapReached, RunError."""
    for problem in problems:
        if not rows.is_done(problem.id, ANTICIPATED):
            rows.add(Row(problem.id, ANTICIPATED, "ok", answer=_anticipate(problem, asker)))


def _anticipate(problem: Problem, asker: ModelAsker) -> Mapping[str, Any]:
    subject = problem.source or problem.id  # questions about one context share what was thought of
    messages = ({"role": "system", "content": _ASK}, {"role": "user", "content": problem.context})
    asked = asker.ask(Place(ANTICIPATED, subject, problem.cluster), 0, ChatPrompt(messages, most_output=2_000))
    likely = [" ".join(line.split()) for line in _LINE.findall(asked.text)][:LIKELY]
    found = False
    for number, question in enumerate(likely):
        place = Place(ANTICIPATED, subject, problem.cluster, _BUDGET.name, number)
        answer = asker.ask(place, 0, answer_prompt(replace(problem, question=question), _BUDGET))
        is_right = mark(answer.text, problem.gold, is_contest=problem.is_contest).is_right
        found |= is_right and _share(problem.question, question) >= SHARED_WORDS
    return {"cluster": problem.cluster, "is_anticipated": found, "likely": likely}


def example_likely() -> str:
    """Return questions as a model would name them, for a plan of what a run asks."""
    return "".join(f"Q: {'abcdefghijklm'[at] * 5}?\n" for at in range(LIKELY))


def _share(question: str, likely: str) -> float:
    """Return the share of a question's words that another one has."""
    mine, theirs = (set(re.findall(r"\w+", text.lower())) for text in (question, likely))
    return len(mine & theirs) / max(len(mine), 1)
