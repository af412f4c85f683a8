"""Ways to word what agents see of noctule: descriptions of a tool, first lines, what of an answer comes first.

One of each is what is served; the others were compared with it. Asks nothing and judges nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from noctule.indexer.search.pack import READ, RESPECT
from noctule.lsp_server.mcp.tools import NAMED
from noctule.lsp_server.text.code_fence import AS_DATA

_PLACE = re.compile(r"== (\S+?):\d+-\d+ |- (\S+?)(?::\d+-\d+ .*?)? \(\d\.\d\d\)")
"""A line that names a file: of a definition that is shown, or of a place that is not."""
_PLAIN = re.compile(r"[\w./@+-]{1,200}")


@dataclass(frozen=True, slots=True)
class AgentAnswer:
    """What a tool gave back."""

    text: str
    refused: bool


@dataclass(frozen=True, slots=True)
class Laid:
    """A pack's text in its parts: what calls it data, the fence, claims, ranked files with source, and what follows."""

    heading: str
    fence: str
    claims: tuple[str, ...]
    files: tuple[str, ...]
    after: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Laid | None:
        """Take a text apart; None where it holds no pack."""
        lines = text.split("\n")
        if len(lines) < 4 or set(lines[1]) != {"~"}:
            return None
        end = lines.index(lines[1], 2)
        inside = lines[2:end]
        # What to read beside an edit, and what that has to respect, stand together: at the end as they are served,
        # first in another wording.
        heads = [n for n, line in enumerate(inside) if line in (READ, RESPECT)] or [len(inside)]
        start, last = heads[0], heads[-1]
        stop = next((n for n in range(last + 1, len(inside)) if not inside[n].startswith("- ")), len(inside))
        files = [*inside[:start], *inside[stop:]]
        return cls(lines[0], lines[1], tuple(inside[start:stop]), tuple(files), tuple(lines[end + 1 :]))

    @property
    def paths(self) -> list[str]:
        """The files that are named, the likeliest first."""
        named = (_PLACE.match(line) for line in self.files)
        return list(dict.fromkeys(match[1] or match[2] for match in named if match is not None))

    @property
    def path(self) -> str:
        """The first of the files; empty where its name could be read as anything but a path."""
        name = next(iter(self.paths), "")
        return name if _PLAIN.fullmatch(name) else ""

    @property
    def ranked_count(self) -> int:
        """How many files are named."""
        return len(self.paths)


def _pack_layout(laid: Laid) -> str:
    return laid.heading


def _plain(_laid: Laid) -> str:
    return f"Noctule: where this task is likely to lead. {AS_DATA}"


def _count(laid: Laid) -> str:
    return f"Noctule: {laid.ranked_count} files that this task is likely to lead to, the likeliest first. {AS_DATA}"


def _names_layout(laid: Laid) -> str:
    return f"Noctule: this task is likely to lead to `{laid.path}`. {AS_DATA}" if laid.path else _plain(laid)


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to word it; None leaves what is served."""

    name: str
    description: str | None = None
    first_line: Callable[[Laid], str] = _pack_layout
    claims_first: bool | None = None

    def tool(self, tool: Mapping[str, Any]) -> dict[str, Any]:
        """Return a tool as it is listed in this wording."""
        if self.description is None or tool["name"] != "context":
            return dict(tool)
        return {**tool, "description": self.description}

    def answer(self, answer: AgentAnswer) -> AgentAnswer:
        """Return an answer in this wording."""
        if answer.refused or (laid := Laid.of(answer.text)) is None:
            return answer
        if self.claims_first is None:
            inside = answer.text.split("\n")[2 : -1 - len(laid.after)]
        else:
            inside = [*laid.claims, *laid.files] if self.claims_first else [*laid.files, *laid.claims]
        pack = "\n".join([self.first_line(laid), laid.fence, *inside, laid.fence])
        return replace(answer, text="\n".join([pack, *laid.after]))


SERVED = Wording("as served")
DESCRIPTIONS = (
    Wording("says what it is", "Relevant context of the repository for a task, within a token budget."),
    Wording(
        "says when to call it",
        "Call first, with the task's full text: where in this repository it leads, ranked, with the source lines.",
    ),
    Wording(
        "says what it replaces",
        "Use instead of grep to explore this repository: semantic retrieval of what matters for a task.",
    ),
    Wording(
        "says when, and in the words of the wish",
        "Call first, before you search or read: finds where a task, issue or bug leads in this code, "
        "with the files to change, ranked, and their source lines.",
    ),
)
FIRST_LINES = (
    Wording("says what follows, claims first", first_line=_plain, claims_first=True),
    Wording("says what follows, files first", first_line=_plain, claims_first=False),
    Wording("says how many files follow", first_line=_count, claims_first=False),
    Wording("names the likeliest file, claims first", first_line=_names_layout, claims_first=True),
    Wording("names the likeliest file, files first", first_line=_names_layout, claims_first=False),
)


def is_served(wording: Wording) -> bool:
    """Tell whether a description is the one that is served."""
    return wording.description == NAMED["context"].description
