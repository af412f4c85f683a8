"""Several questions about one context: a model writes them, and each is checked before it counts. Marks nothing.

The paper had a model write the further questions and took its answers for right. Any error there is a wrong gold for
every arm. Here a question is kept only if the model finds the same number three times more, without seeing it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from noctule.evals.stateful.arms import HOT
from noctule.evals.stateful.chat import ModelAsker
from noctule.evals.stateful.marking import are_equal, find_numbers, mark, parse_gold
from noctule.evals.stateful.problem import Problem
from noctule.evals.stateful.prompts import LEVELS, Budget, answer_prompt
from noctule.evals.stateful.request import ChatPrompt, Place

GENERATED, CHECKED = "Q", "Q check"
ROUNDS = 4
CHECKS = 3
SAME_WORDS = 0.9
_WRITE = """\
You write questions about a situation. Write {number} further questions about it. Each has one number for its answer, is
as hard as the example, takes as many steps, and asks for something else than the others. For each write:

Q: the question
A: the reasoning, then #### and the number

Change nothing about the situation, and ask nothing that it says word for word."""
_PAIR = re.compile(r"^\W*Q\W*:\s*(.+?)\s*^\W*A\W*:\s*(.+?)(?=^\W*Q\W*:|\Z)", re.MULTILINE | re.DOTALL)
_CHECK = Budget("check", LEVELS[3])


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions about one context, its own first, and why others were refused."""

    problems: tuple[Problem, ...]
    refused: Counter[str]

    def to_json(self) -> dict[str, Any]:
        """Return what a row keeps of them."""
        told = [{"question": p.question, "gold": str(p.gold)} for p in self.problems]
        return {"questions": told, "refused": dict(self.refused)}


def write_questions(problem: Problem, number: int, asker: ModelAsker) -> Questions:
    """Have questions written until there are `number` with the problem's own, or until enough was tried."""
    kept = [_as_one_of(problem, 0, problem.question, problem.gold)]
    refused: Counter[str] = Counter()
    for turn in range(ROUNDS):
        if len(kept) >= number:
            break
        record = asker.ask(_place(GENERATED, problem), turn, _prompt(problem, number - len(kept), kept))
        for question, gold in read_questions(record.text):
            why = _why_not(question, gold, problem, kept, asker)
            if why:
                refused[why] += 1
            elif len(kept) < number:
                kept.append(_as_one_of(problem, len(kept), question, gold))
    return Questions(tuple(kept), refused)


def read_questions(text: str) -> Iterator[tuple[str, Decimal]]:
    """Yield the questions of a text with the numbers that it gives."""
    for question, answer in _PAIR.findall(text):
        gold = parse_gold(answer) if "####" in answer else None
        if gold is not None:
            yield " ".join(question.split()), gold


def example_questions(seed: str) -> str:
    """Return questions as a model would write them, for a plan of what a run asks."""
    return "".join(f"Q: {seed} {'abcdefghijklm'[at] * 5}?\nA: so #### 0\n" for at in range(10))


def _prompt(problem: Problem, number: int, kept: Sequence[Problem]) -> ChatPrompt:
    example = f"Example:\nQ: {problem.question}\nA: #### {problem.gold}"
    others = "".join(f"\n- {p.question}" for p in kept[1:])
    known = f"\n\nThere are already:{others}" if others else ""
    user = f"{problem.context}\n\n{example}{known}"
    system = _WRITE.format(number=number)
    messages = ({"role": "system", "content": system}, {"role": "user", "content": user})
    return ChatPrompt(messages, temperature=HOT, most_output=8_000)


def _why_not(question: str, gold: Decimal, problem: Problem, kept: Sequence[Problem], asker: ModelAsker) -> str:
    """Say why a question does not count; an empty string where it does."""
    if any(are_equal(gold, p.gold) and _overlap(question, p.question) >= SAME_WORDS for p in kept):
        return "asked before"
    if any(are_equal(gold, number) for number in find_numbers(problem.context)):
        return "copied from the context"
    candidate = replace(problem, question=question, gold=gold)
    prompt = answer_prompt(candidate, _CHECK, temperature=HOT)
    for run in range(CHECKS):
        answer = asker.ask(replace(_place(CHECKED, problem), run=run), 0, prompt)
        if not mark(answer.text, gold, is_contest=problem.is_contest).is_right:
            return "not solved the same way again"
    return ""


def _overlap(one: str, other: str) -> float:
    first, second = (set(re.findall(r"\w+", text.lower())) for text in (one, other))
    return len(first & second) / max(len(first | second), 1)


def _place(arm: str, problem: Problem) -> Place:
    return Place(arm, problem.id, problem.cluster)


def _as_one_of(problem: Problem, number: int, question: str, gold: Decimal) -> Problem:
    """Return a question of a context, whose notes are shared; the context is the unit that intervals are drawn over."""
    return replace(
        problem, id=f"{problem.id}/q{number}", source=problem.id, cluster=problem.id, question=question, gold=gold
    )
