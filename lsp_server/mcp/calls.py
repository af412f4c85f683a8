"""One question of an agent in, its reply out, for each tool that reads. Waits for nothing and knows no protocol."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from noctule.indexer.defaults import BUDGET_TOKENS
from noctule.lsp_server.mcp import reply
from noctule.lsp_server.mcp.arguments import LONGEST_TASK, Arguments
from noctule.lsp_server.mcp.tools import (
    FORECAST_POINTS,
    LARGEST_BUDGET,
    LEAST_BUDGET,
    MOST_POINTS,
    NOTES_BUDGET,
    POINT_TOKENS,
)

if TYPE_CHECKING:
    from noctule.indexer.results import Forecast, Freshness, Note, Pack
    from noctule.indexer.serve.repository import Repository
    from noctule.lsp_server.mcp.learning import Learning
    from noctule.lsp_server.mcp.reply import ToolReply

T = TypeVar("T")
LearningOf = Callable[["Freshness"], "Learning | None"]

FRAME_TOKENS = 20
"""The tokens of the line below a pack, which names its cost."""


@dataclass(frozen=True, slots=True)
class ServedCall:
    """A reply, and the answer that it was made from, for the ledger."""

    reply: ToolReply
    answer: Pack | Note | Forecast
    took_ms: float


Question = Callable[["Repository"], ServedCall]


def context(given: Arguments, learning: LearningOf) -> Question:
    """Ask for the pack of a task."""
    task, budget = read_task(given)

    def ask(repository: Repository) -> ServedCall:
        started = time.perf_counter()

        def reply_in(room: int) -> tuple[ToolReply, Pack]:
            pack = repository.context(task, room)
            return reply.of_pack(pack, budget, learning(pack.freshness)), pack

        made, pack = fit_reply(reply_in, budget)
        return ServedCall(made, pack, _since(started))

    return ask


def read_task(given: Arguments) -> tuple[str, int]:
    """Return the task and the budget of a call of `context`."""
    return given.text("task", LONGEST_TASK), given.number("budget", BUDGET_TOKENS, LEAST_BUDGET, LARGEST_BUDGET)


def fit_reply(reply_in: Callable[[int], tuple[ToolReply, T]], budget: int) -> tuple[ToolReply, T]:
    """Return the reply, and what it was made from, that is within the budget with the line below it.

    `reply_in` makes them for so many tokens of room.
    """
    room = max(budget - FRAME_TOKENS, 0)
    while True:
        made, source = reply_in(room)
        if made.tokens <= budget or not room:
            return made, source
        room = max(room - (made.tokens - budget) - 5, 0)


def notes(given: Arguments, learning: LearningOf) -> Question:
    """Ask for what is known about a subject."""
    subject, offset = given.text("subject"), given.number("offset", 0)

    def ask(repository: Repository) -> ServedCall:
        started = time.perf_counter()
        note = repository.notes(subject)
        return ServedCall(reply.of_note(note, offset, NOTES_BUDGET, learning(note.freshness)), note, _since(started))

    return ask


def predict(given: Arguments, learning: LearningOf) -> Question:
    """Ask for what changes to files usually also touch."""
    files, offset = given.texts("files"), given.number("offset", 0)
    task, most = given.text("task", LONGEST_TASK), given.number("k", FORECAST_POINTS, 1, MOST_POINTS)
    budget = POINT_TOKENS * max(most, FORECAST_POINTS)

    def ask(repository: Repository) -> ServedCall:
        from noctule.indexer.notes.subject import relative  # the first answer does not wait for the notes' modules

        started = time.perf_counter()
        named = list(dict.fromkeys(relative(file, repository.root) for file in files))  # some are named in full
        known = set(repository.reader.index.paths).intersection(named)
        unknown = [path for path in named if path not in known] if known else []  # a file that is being written
        forecast = repository.predict([path for path in named if path not in unknown], task, MOST_POINTS)
        made = reply.of_forecast(forecast, unknown, (offset, most), budget, learning(forecast.freshness))
        return ServedCall(made, forecast, _since(started))

    return ask


CALLS: dict[str, Callable[[Arguments, LearningOf], Question]] = {
    "context": context,
    "notes": notes,
    "predict": predict,
}


def _since(started: float) -> float:
    return 1000 * (time.perf_counter() - started)
