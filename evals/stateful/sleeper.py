"""S(c): a model thinks about a context, note by note, before a question is known. Knows no question and no score.

The loop is the paper's (appendix K): each `rethink` replaces the note, at most ten times; `finish` ends. An empty note
is kept as it is: to sleep again would favour sleep.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from noctule.evals.stateful.chat import as_message
from noctule.evals.stateful.prompts import GO_ON, MOST_NOTE, MOST_RETHINKS
from noctule.evals.stateful.request import ChatPrompt, RequestRecord
from noctule.indexer.llm.messages import ToolCall

FINISHED, ALL_RETHOUGHT, NO_CALL, CUT = "finish", "ten rethinks", "no call", "cut off"
MOST_TURNS = 2 * MOST_RETHINKS
MOST_WITHOUT_CALL = 2

Ask = Callable[[int, ChatPrompt], RequestRecord]
"""Ask with the number of the turn."""


@dataclass(frozen=True, slots=True)
class SleepNote:
    """What a sleep left: the note, how often it was written, why it ended, and the requests that it took."""

    text: str
    rethinks: int
    ended: str
    requests: tuple[RequestRecord, ...]


def sleep(first: ChatPrompt, ask: Ask) -> SleepNote:
    """Let a model sleep. The errors of `ask`."""
    messages: list[Any] = list(first.messages)
    requests: list[RequestRecord] = []
    note, rethinks, silent, ended = "", 0, 0, ""
    while not ended and len(requests) < MOST_TURNS:
        answer = ask(len(requests), replace(first, messages=tuple(messages)))
        requests.append(answer)
        messages.append(as_message(answer))
        if not answer.calls:
            silent += 1
            ended = CUT if answer.finish == "length" else NO_CALL if silent >= MOST_WITHOUT_CALL else ""
            messages.append({"role": "user", "content": GO_ON})
        for call in answer.calls:
            said = "The note is kept."
            if call.name == "finish":
                ended = ended or FINISHED
            elif rethinks >= MOST_RETHINKS:
                said = "There are no calls left."
            else:
                rethinks += 1  # one that is refused counts too
                text, why = _read_note(call)
                note = note if text is None else text
                said = f"{why or said} Call {rethinks} of {MOST_RETHINKS}."
            messages.append({"role": "tool", "tool_call_id": call.id, "content": said})
        if rethinks >= MOST_RETHINKS:
            ended = ended or ALL_RETHOUGHT
    return SleepNote(note, rethinks, ended or NO_CALL, tuple(requests))


def _read_note(call: ToolCall) -> tuple[str | None, str]:
    """Return the note of a call, or what is wrong with it."""
    try:
        arguments = json.loads(call.text or "{}")
    except (ValueError, RecursionError):
        return None, "Not kept: the arguments are not JSON."
    note = arguments.get("note") if isinstance(arguments, dict) else None
    if call.name != "rethink" or not isinstance(note, str):
        return None, 'Not kept: call `rethink` with {"note": "..."}.'
    if len(note) > MOST_NOTE:
        return None, f"Not kept: the note has {len(note):,} characters, and at most {MOST_NOTE:,} are kept."
    return note, ""
