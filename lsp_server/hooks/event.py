"""What happens in a session of an agent, whichever agent it is. Knows no agent's words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Moment(Enum):
    """A point in a session at which an agent may be told something."""

    PROMPT = "the user has said something"
    EDIT = "files were edited"
    TURN = "the agent goes on"
    CLEAR = "the conversation begins anew"
    COMPACT = "the conversation was cut down to a summary"
    SUBAGENT = "another agent begins for this one"


@dataclass(frozen=True, slots=True)
class HookEvent:
    """A moment in a session: `name` as the agent calls it, `files` as it names them, relative to `folder` or in full.

    Where `files` is None, the agent does not say what it edited. `is_heard` tells whether what is said now reaches the
    agent; else it is said at the next event at which it does.
    """

    moment: Moment
    name: str
    session: str
    folder: Path
    prompt: str = ""
    files: tuple[str, ...] | None = ()
    is_heard: bool = True
