"""A model that looks through a repository at one commit, in so many steps, and hands in what it found. Edits nothing.

Each result says which step it is, as the paper found to help. What is handed in is a list of files, and an answer in
words where the tool asks for one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from noctule.evals.stateful.chat import ModelAsker, as_message
from noctule.evals.stateful.request import ChatPrompt, Place, RequestRecord
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.indexer.llm.usage import Usage

MOST_LINES, MOST_HITS, LONGEST_LINE = 200, 40, 200
SHOWN_TOKENS = 900
"""What a step is expected to show."""


def make_tool(name: str, description: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tool in the form of the OpenAI protocol; all its properties are required."""
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


READING_TOOLS = (
    make_tool("search", "Find lines that hold a name as a whole word.", {"name": {"type": "string"}}),
    make_tool(
        "read",
        f"Read at most {MOST_LINES} lines of a file.",
        {"path": {"type": "string"}, "first_line": {"type": "integer"}},
    ),
)


@dataclass(frozen=True, slots=True)
class Look:
    """What a model handed in, what it opened on the way, and its requests. `files` is None where it handed in none."""

    files: tuple[str, ...] | None
    text: str
    opened: tuple[str, ...]
    requests: tuple[RequestRecord, ...]

    @property
    def usage(self) -> Usage:
        """The tokens of all requests whose usage is known."""
        return sum((r.usage for r in self.requests if r.usage is not None), Usage())

    def measures(self, ground: BaseCheckout) -> dict[str, float]:
        """Return steps, tokens, and how many of the files do not exist."""
        usage = self.usage
        return {
            "steps": len(self.requests),
            "submitted": float(self.files is not None),
            "invented": sum(path not in ground.snapshot.files for path in self.files or ()),
            **{"input": usage.read, "cached": usage.cached, "output": usage.written},
            "untold": sum(r.usage is None for r in self.requests),
        }


def look_through(
    asker: ModelAsker,
    place: Place,
    system: str,
    parts: Sequence[str],
    submit: Mapping[str, Any],
    steps: int,
    ground: BaseCheckout,
) -> Look:
    """Let the model search and read until it calls the tool `submit`. ModelFailed, CapReached, ModelWithoutTools.

    `parts` make the first message; those that are empty are left out.
    """
    messages: list[Any] = [
        {"role": "system", "content": system.format(steps=steps)},
        {"role": "user", "content": "\n\n".join(part for part in (*parts, f"[Step 0/{steps}]") if part)},
    ]
    requests: list[RequestRecord] = []
    opened: dict[str, None] = {}
    files: tuple[str, ...] | None = None
    text = ""
    while files is None and len(requests) < steps:
        is_last = len(requests) == steps - 1
        prompt = ChatPrompt(tuple(messages), (submit,) if is_last else (*READING_TOOLS, submit), most_output=2_000)
        answer = asker.ask(place, len(requests), prompt)
        requests.append(answer)
        messages.append(as_message(answer))
        step = f"[Step {len(requests)}/{steps}]"
        for call in answer.calls:
            arguments = _arguments(call.text)
            if call.name == "submit" and isinstance(arguments.get("files"), list):
                files, text = tuple(str(path) for path in arguments["files"]), str(arguments.get("answer") or "")
            if call.name == "read" and arguments.get("path") in ground.snapshot.files:
                opened[str(arguments["path"])] = None
            said = f"{step}\n{_show(ground, call.name, arguments)}"
            messages.append({"role": "tool", "tool_call_id": call.id, "content": said})
        if not answer.calls:
            messages.append({"role": "user", "content": f"{step}\nCall one of the tools."})
    return Look(files, text, tuple(opened), tuple(requests))


def likely_steps(first: int, steps: Sequence[int], written: int) -> Usage:
    """Return the likely tokens of one look for each number of steps: a first message, and so much written in a step."""
    looks = (Usage(sum(first + SHOWN_TOKENS * at for at in range(number)), written * number) for number in steps)
    return sum(looks, Usage())


def _arguments(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _show(ground: BaseCheckout, name: str, arguments: Mapping[str, Any]) -> str:
    """Return what a tool shows of the base commit."""
    if name == "search" and arguments.get("name"):
        hits = [(path, line) for path, lines in ground.search(str(arguments["name"])).items() for line in lines]
        shown = [
            f"{path}:{line}: {ground.lines(path)[line - 1].strip()[:LONGEST_LINE]}" for path, line in hits[:MOST_HITS]
        ]
        more = f"\n({len(hits) - MOST_HITS:,} more)" if len(hits) > MOST_HITS else ""
        return "\n".join(shown) + more or "Nothing found."
    if name == "read":
        path, first = str(arguments.get("path")), arguments.get("first_line")
        start = max(int(first), 1) if isinstance(first, int) else 1
        if path not in ground.snapshot.files:
            return "There is no such file."
        lines = ground.lines(path)[start - 1 : start - 1 + MOST_LINES]
        return "\n".join(f"{start + at} {line[:LONGEST_LINE]}" for at, line in enumerate(lines))
    return "Thank you." if name == "submit" else "Call search, read or submit, with their arguments."
