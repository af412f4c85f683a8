"""Scripted agents at the real `noctule mcp`: who asks at all, what is read of an answer, which file is opened first.

Each is a habit that agents have been seen with, as a value; none of them is a model. They do a past task in its tree:
ask, open what the answer names, and search as without noctule where that was not it, until a file is open that the
change went on to touch. Holds no verdict and prints nothing.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noctule.evals.experiments.wordings import SERVED, AgentAnswer, Wording
from noctule.evals.solvers.grep import name_weight, names_to_search, print_line
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.task import Task
from noctule.indexer.runtime.python_child import FOLDER
from noctule.indexer.tokens import count

if TYPE_CHECKING:
    from mcp import Client

TOOL = "context"
SEARCHES = 3
MOST_NAMED, MOST_OPENED = 3, 6
"""So many files of an answer, and so many in all, are opened before an agent gives up."""
SHOWN_LINES = 200
SMALL = 150
WORDS = ("task", "issue", "bug", "where", "find", "search", "locate", "file", "code", "source", "change", "read")
"""How agents put to themselves what they want next, and how their own tools for it describe themselves."""

_APART = re.compile(r"[\s`'\"(),:;]+")
_ADVICE = re.compile(r"it takes (\w+)|needs the argument '(\w+)'")


@dataclass(frozen=True, slots=True)
class ScriptedAgent:
    """A habit: what it passes, what it reads of the answer, and which word a tool has to name for it to be called."""

    name: str
    passes: Callable[[str], dict[str, object]] = lambda task: {"task": task}
    reads: Callable[[AgentAnswer], str] = lambda answer: answer.text
    word: str = ""
    asks: bool = True
    knows: bool = True
    """Whether the repository was learned before."""


@dataclass(frozen=True, slots=True)
class WishOutcome:
    """What became of one task: calls of noctule, tokens read until the right file was open, schema included once."""

    asked: bool
    calls: int
    schema: int
    tokens: int
    first: bool
    found: bool


def _first_line(answer: AgentAnswer) -> str:
    return answer.text.partition("\n")[0]


def _cut(answer: AgentAnswer) -> str:
    """Return what is left of an answer in a context that has no room for more."""
    kept: list[str] = []
    for line in answer.text.split("\n"):
        if count("\n".join([*kept, line])) > SMALL:
            break
        kept.append(line)
    return "\n".join(kept)


WITHOUT = ScriptedAgent("without noctule", asks=False)
PLAIN = ScriptedAgent("opens what is named first")
FIRST_LINE = ScriptedAgent("reads the first line alone", reads=_first_line)
GREEDY = ScriptedAgent("has a tiny context", lambda task: {"task": task, "budget": SMALL}, _cut)
CARELESS = ScriptedAgent("passes a wrong argument", lambda task: {"query": task})
EMPTY_HANDED = ScriptedAgent("passes no argument", lambda _task: {})
ONCE = ScriptedAgent("never asks again, nothing known", knows=False)
AGENTS = (PLAIN, FIRST_LINE, GREEDY, CARELESS, EMPTY_HANDED, ONCE)
CHOOSERS = tuple(ScriptedAgent(f"calls what names {word!r}", word=word) for word in WORDS)


@dataclass
class World:
    """One task's tree, and the server that knows it."""

    task: Task
    ground: BaseCheckout
    gold: frozenset[str]
    known: Client
    unknown: Client
    _answers: dict[tuple[bool, str], AgentAnswer] = field(default_factory=dict)

    async def tools(self) -> list[dict[str, Any]]:
        """Return the tools as a client lists them to a model."""
        listed = (await self.known.list_tools()).tools
        return [tool.model_dump(by_alias=True, exclude_none=True, mode="json") for tool in listed]

    async def call(self, arguments: Mapping[str, object], *, knows: bool) -> AgentAnswer:
        """Call the tool; agents that ask alike are answered alike."""
        key = (knows, json.dumps(arguments, sort_keys=True))
        if key not in self._answers:
            result = await (self.known if knows else self.unknown).call_tool(TOOL, dict(arguments))
            text = "".join(part.text for part in result.content if part.type == "text")
            self._answers[key] = AgentAnswer(text, bool(result.is_error))
        return self._answers[key]


@asynccontextmanager
async def serve(tree: Path, cache: Path) -> AsyncIterator[Client]:
    """Start `noctule mcp` in a tree, as agents do, and connect the SDK's client; nothing is learned meanwhile."""
    from mcp import Client, StdioServerParameters

    code = f"import sys; sys.path.insert(0, {FOLDER!r}); "
    code += "from noctule.lsp_server.cli.main import main; sys.exit(main())"
    environment = {**os.environ, "NOCTULE_CACHE_DIR": os.fspath(cache)}
    arguments = ["-P", "-c", code, "mcp", "--no-sleep"]
    to = StdioServerParameters(command=sys.executable, args=arguments, env=environment, cwd=tree)
    async with Client(to) as client:
        yield client


async def act(agent: ScriptedAgent, world: World, wording: Wording = SERVED) -> WishOutcome:
    """Have an agent do a task; what it is shown of noctule is worded so."""
    tokens = schema = calls = 0
    named: list[str] = []
    asked = False
    if agent.asks:
        tools = [wording.tool(tool) for tool in await world.tools()]
        tokens = schema = count(json.dumps(tools, ensure_ascii=False, separators=(",", ":")))
        chosen = next((tool for tool in tools if _names(tool, agent.word)), None)
        asked = chosen is not None and chosen["name"] == TOOL
    if asked:
        arguments = agent.passes(world.task.text)
        answer = await world.call(arguments, knows=agent.knows)
        calls, tokens = 1, tokens + count(json.dumps(arguments)) + count(answer.text if answer.refused else "")
        if answer.refused and (told := _ADVICE.search(answer.text)) is not None:
            arguments = {told[1] or told[2]: world.task.text}
            answer = await world.call(arguments, knows=agent.knows)
            calls, tokens = 2, tokens + count(json.dumps(arguments))
        read = agent.reads(wording.answer(answer))
        tokens += count(read)
        named = list(dict.fromkeys(find_paths(read, world.ground.snapshot.files)))[:MOST_NAMED]
    opened: list[str] = []
    for path, cost in _steps(world, named):
        tokens += cost
        if path is not None:
            opened.append(path)
            if path in world.gold:
                return WishOutcome(asked, calls, schema, tokens, len(opened) == 1, found=True)
    return WishOutcome(asked, calls, schema, tokens, first=False, found=False)


def _names(tool: Mapping[str, Any], word: str) -> bool:
    """Tell whether a tool says of itself that it does what is wanted."""
    return re.search(rf"\b{word}", f"{tool['name']} {tool.get('description', '')}", re.IGNORECASE) is not None


def find_paths(text: str, files: Mapping[str, object]) -> Iterator[str]:
    """Yield the files that a text names, in order; in JSON a line end is an escape."""
    for word in _APART.split(text.replace("\\n", "\n")):
        path = word.rstrip(".")
        if path in files:
            yield path


def _steps(world: World, named: Sequence[str]) -> Iterator[tuple[str | None, int]]:
    """Yield what an agent does until it gives up: (the file that it opens, None for a search; what it reads then)."""
    ground, opened = world.ground, 0
    for path in named:
        opened += 1
        yield path, _opening(ground, path)
    worth: dict[str, float] = {}
    for name in names_to_search(world.task.text)[:SEARCHES]:
        hits = ground.search(name)
        yield None, sum(map(count, print_line(name, hits, ground.lines)))
        for path, lines in hits.items():
            worth[path] = worth.get(path, 0.0) + name_weight(path, lines, hits)
    for path in sorted(worth.keys() - set(named), key=lambda path: (-worth[path], path))[: MOST_OPENED - opened]:
        yield path, _opening(ground, path)


def _opening(ground: BaseCheckout, path: str) -> int:
    return count(path) + count("\n".join(ground.lines(path)[:SHOWN_LINES]))
