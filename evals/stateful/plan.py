"""What a run would ask, prompt by prompt, and about how much that costs. Sends nothing.

It is the experiment itself, with a model that says at once what a model is expected to: so nothing is asked that was
not planned. Notes are not known before; a placeholder stands for each.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from noctule.evals.run_folder import Row, describe_unwritable, read_rows
from noctule.evals.stateful.anticipate import ANTICIPATED, example_likely
from noctule.evals.stateful.experiment import SLEPT
from noctule.evals.stateful.multi import GENERATED, example_questions
from noctule.evals.stateful.request import OK, ChatPrompt, Place, RequestRecord, read_requests
from noctule.indexer.llm.messages import ToolCall
from noctule.indexer.llm.settings import Prices
from noctule.indexer.llm.usage import Usage
from noctule.indexer.tokens import count

NOTE_TOKENS = 450
RETHINKS = 3
NOTE = "(the note that the model writes)"
ABOUT_TOOLS = 120
"""Tokens that two tools take in a request."""


@dataclass
class Rehearsal:
    """Plays a model, and keeps what it was asked and would bill."""

    output: Mapping[str, int]
    """Tokens of an answer, by budget."""
    known: set[tuple[Place, int, str]] = field(default_factory=set)
    prompts: list[tuple[Place, int, ChatPrompt]] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    has_answers: bool = True
    _lock: Lock = field(default_factory=Lock)

    def ask(self, place: Place, turn: int, prompt: ChatPrompt) -> RequestRecord:
        """Say what a model is expected to say."""
        calls: tuple[ToolCall, ...] = ()
        text, written = "The answer is 0.", self.output.get(place.budget, 140)
        if place.arm.split()[0] == SLEPT:
            is_last = turn >= RETHINKS
            name, told = ("finish", {}) if is_last else ("rethink", {"note": NOTE})
            calls = (ToolCall(f"call-{turn}", name, json.dumps(told)),)
            text, written = "", max(20, written - 140) if is_last else NOTE_TOKENS
        elif place.arm == GENERATED:
            text, written = example_questions(place.problem), 900
        elif place.arm == ANTICIPATED and not place.budget:
            text, written = example_likely(), 250
        shown = json.dumps(prompt.messages, ensure_ascii=False)
        read = count(shown) + NOTE_TOKENS * shown.count(NOTE) + (ABOUT_TOOLS if prompt.tools else 0)
        with self._lock:
            if (place, turn, prompt.digest()) not in self.known:
                self.prompts.append((place, turn, prompt))
                self.usage += Usage(read, written)
        return RequestRecord(place, turn, prompt.digest(), 1, OK, 0.0, Usage(read, written), text=text, calls=calls)

    def describe(self, model: str, to: str, prices: Prices, cap: float) -> str:
        """Say what would be asked and about what it costs."""
        if not self.prompts:
            return "Nothing is left to ask."
        usage = self.usage
        return (
            f"{len(self.prompts):,} requests to {model} at {to}: about {usage.read:,} input and {usage.written:,} "
            f"output tokens, about ${prices.dollars(usage):,.2f}. At ${cap:,.2f} (--cap) it stops."
        )

    def write(self, file: Path) -> None:
        """Write every prompt, one a line. RunError."""
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("w", encoding="utf-8") as lines:
                for place, turn, prompt in self.prompts:
                    told = {"arm": place.arm, "problem": place.problem, "budget": place.budget, "run": place.run}
                    line = {**told, "turn": turn, "max_tokens": prompt.most_output, **prompt.parts()}
                    lines.write(json.dumps(line, ensure_ascii=True) + "\n")
        except OSError as error:
            raise describe_unwritable(file.parent, error) from error


class PlannedRows:
    """The rows of a run that may have begun, without adding to it."""

    def __init__(self, folder: Path) -> None:
        self._done = {(row.task, row.solver) for row in read_rows(folder) if row.status in {"ok", "none"}}

    def is_done(self, task: str, solver: str, *, failed_too: bool = True) -> bool:  # noqa: ARG002 - the protocol's
        """Tell whether there is a result."""
        return (task, solver) in self._done

    def add(self, row: Row) -> None:
        """Keep nothing."""


def asked_before(folder: Path) -> set[tuple[Place, int, str]]:
    """Return the requests that a run has answers to."""
    return {record.key for record in read_requests(folder) if record.is_answered}
