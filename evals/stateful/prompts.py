"""What models are told, in our own words; the roles are those of the paper's appendices. Sends nothing.

In one point this differs from the paper's code on purpose: nothing is said of the questions of the data set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from noctule.evals.stateful.problem import Problem
from noctule.evals.stateful.request import ChatPrompt

MOST_NOTE = 5_000
"""Characters of a note."""
MOST_RETHINKS = 10

SLEEP = """\
You prepare for questions that come later. The next message describes a situation; the questions about it are not known.

- Work out and write down what follows from the situation: quantities, intermediate results, totals, differences, rates,
  and the questions that are likely to be asked, each with its answer.
- Call the tool `rethink` with your whole note. Each call replaces the note before it, so carry over what is still good,
  check what is there, and drop what is useless. You can call it at most 10 times.
- When nothing more can be found, call the tool `finish`.

A note has at most 5,000 characters. Answer every time with a call of one of these tools."""
SLEEP_CONTEST = """
The situation is a part of a mathematical problem. Think of how it may go on, and solve ahead what can be solved."""
MERGE = """
The next message also holds several notes about the situation, written independently. Write one note out of them: keep
what agrees, check what does not, and drop what is useless."""
HINDSIGHT = """
This time the question is known: it stands at the end of the next message. Prepare for exactly this question."""
GO_ON = "Call the tool `rethink` with your whole note, or the tool `finish`."

TOOLS: tuple[dict[str, Any], ...] = (
    {
        "type": "function",
        "function": {
            "name": "rethink",
            "description": "Replace the note by a better one.",
            "parameters": {
                "type": "object",
                "properties": {"note": {"type": "string", "description": "the whole note"}},
                "required": ["note"],
            },
        },
    },
    {
        "type": "function",
        "function": {
            "name": "finish",
            "description": "End, when nothing more can be found.",
            "parameters": {"type": "object", "properties": {}},
        },
    },
)

ANSWER = "You answer questions about a situation, and each answer is a number."
ANSWER_CONTEST = (
    "You solve a mathematical problem whose answer is an integer from 0 to 999. Put the final answer in \\boxed{}."
)
ABOUT_NOTES = "Notes, written before the question was known; they may be wrong:"
LEVELS = (
    'Answer in one sentence, "The answer is N.", and write no reasoning.',
    'Write one short sentence of reasoning, then "The answer is N."',
    'Write two short sentences of reasoning, then "The answer is N."',
    'Write only as much reasoning as is needed, and at the end "The answer is N."',
    "Reason aloud, step by step. Check each number again, also each one that you take from notes. "
    'Write at the end "The answer is N."',
)
GUESS = (
    "The question is not known. Guess which question about this situation will be asked, "
    "and answer the question that you find most likely."
)
NO_CONTEXT = "The situation itself is not shown; answer from the notes."


@dataclass(frozen=True, slots=True)
class Budget:
    """How much an answer may take: by what it is told, or by an effort or tokens of thought."""

    name: str
    told: str = ""
    effort: str = ""
    thinking_tokens: int = 0
    most_output: int = 1_500
    output: int = 140
    """Tokens that an answer of it is expected to take, for the price that is said before."""


def level_budgets(levels: Sequence[int]) -> tuple[Budget, ...]:
    """Return the paper's levels of verbosity; each tells how long an answer should be."""
    expected = (14, 40, 65, 140, 380)
    return tuple(Budget(str(level), LEVELS[level], output=expected[level]) for level in levels)


def effort_budgets(efforts: Sequence[str], most_output: int) -> tuple[Budget, ...]:
    """Return budgets by reasoning effort."""
    expected = {"minimal": 1_000, "low": 2_000, "medium": 5_000, "high": 10_000}
    return tuple(Budget(e, effort=e, most_output=most_output, output=expected.get(e, 5_000)) for e in efforts)


def thinking_budgets(tokens: Sequence[int], most_output: int) -> tuple[Budget, ...]:
    """Return budgets by tokens of thought."""
    return tuple(Budget(str(n), thinking_tokens=n, most_output=max(most_output, n + 1_500), output=n) for n in tokens)


def sleep_prompt(
    problem: Problem,
    *,
    temperature: float,
    budget: Budget | None,
    notes: Sequence[str] = (),
    has_question: bool = False,
) -> ChatPrompt:
    """Return the first request of a sleep. It holds the question in hindsight only."""
    extra = (SLEEP_CONTEST if problem.is_contest else "", MERGE if notes else "", HINDSIGHT if has_question else "")
    parts = [problem.context]
    if notes:
        parts.append(join_notes(notes))
    if has_question:
        parts.append(problem.question)
    return ChatPrompt(
        messages=(
            {"role": "system", "content": SLEEP + "".join(f"\n{text}" if text else "" for text in extra)},
            {"role": "user", "content": "\n\n".join(parts)},
        ),
        tools=TOOLS,
        temperature=None if _reasons(budget) else temperature,
        effort=budget.effort if budget is not None else "",
        thinking_tokens=budget.thinking_tokens if budget is not None else 0,
        most_output=max(budget.most_output if budget is not None else 0, 4_000),
    )


def answer_prompt(
    problem: Problem,
    budget: Budget,
    *,
    note: str | None = None,
    has_context: bool = True,
    has_question: bool = True,
    temperature: float = 0.0,
) -> ChatPrompt:
    """Return the request for an answer. `note` is None where the arm has none; an empty note is said to be empty."""
    system = [ANSWER_CONTEST if problem.is_contest else ANSWER, budget.told]
    if not has_question:
        system.append(GUESS)
    if not has_context:
        system.append(NO_CONTEXT)
    if note is not None:
        system.append(f"{ABOUT_NOTES}\n\n{note or '(none)'}")
    asked = (problem.context if has_context else "", problem.question if has_question else "")
    return ChatPrompt(
        messages=(
            {"role": "system", "content": "\n\n".join(part for part in system if part)},
            {"role": "user", "content": "\n\n".join(part for part in asked if part)},
        ),
        temperature=None if _reasons(budget) else temperature,
        effort=budget.effort,
        thinking_tokens=budget.thinking_tokens,
        most_output=budget.most_output,
    )


def join_notes(notes: Sequence[str]) -> str:
    """Return several notes as one text; nothing is merged and nothing is cut."""
    if len(notes) == 1:
        return notes[0]
    return "\n\n".join(f"Notes {at} of {len(notes)}:\n{note}" for at, note in enumerate(notes, 1))


def _reasons(budget: Budget | None) -> bool:
    """Tell whether a model that reasons is asked; these take no temperature."""
    return budget is not None and bool(budget.effort or budget.thinking_tokens)
