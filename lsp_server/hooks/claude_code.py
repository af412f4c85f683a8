"""What Claude Code's hooks are answered: an event as its JSON in, what the agent is to know out.

The events and their fields are those of https://code.claude.com/docs/en/hooks. Nothing is learned here: of a repository
that is not known there is nothing to say.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noctule.lsp_server.hooks.session_log import SessionLog
from noctule.lsp_server.text.printable import printable

if TYPE_CHECKING:
    from noctule.indexer.serve.repository import Repository

EDITORS = ("Edit", "MultiEdit", "Write", "NotebookEdit")
LEAST_TASK = 3
"""A prompt of fewer words ("go on", "yes please") begins no task."""
LONGEST_TASK = 20_000
PACK = "Where this task probably leads in this repository, by noctule; its tools `context` and `notes` tell more."
HINT = "These files usually change together with the file just edited, and have not changed. Check whether they must."


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """What the agent is to know, and what to write down when it is out."""

    event: str
    text: str
    record_serving: Callable[[], object] = _nothing

    def to_json(self) -> dict[str, object]:
        """Return it in the form that adds to the agent's context."""
        return {"hookSpecificOutput": {"hookEventName": self.event, "additionalContext": self.text}}


def answer(said: bytes, opened: Callable[[Path], Repository]) -> HookAnswer | None:
    """Answer an event, or return None where there is nothing to say. NoctuleError, ValueError, KeyError, OSError.

    `opened` opens the repository that a folder lies in.
    """
    event: dict[str, Any] = json.loads(said)
    name, session = str(event["hook_event_name"]), str(event["session_id"])
    if name == "UserPromptSubmit":
        task = str(event["prompt"]).encode(errors="replace").decode()[:LONGEST_TASK]
        if len(task.split()) >= LEAST_TASK:
            return _begin(name, session, _known(opened(Path(str(event["cwd"])))), task)
    if name == "PostToolUse" and event["tool_name"] in EDITORS:
        edited = event["tool_input"]
        file = edited.get("file_path") or edited.get("notebook_path")
        if file:
            path = Path(str(event["cwd"])) / str(file)
            return _after_edit(name, session, _known(opened(path.parent)), path)
    return None


def _begin(name: str, session: str, repository: Repository | None, task: str) -> HookAnswer | None:
    """Return the pack for the task that a session begins with: the first one that leads anywhere."""
    if repository is None:
        return None
    log = SessionLog(repository.folder, session)
    if log.pack:
        return None
    started = time.perf_counter()
    pack = repository.context(task)
    took_ms = 1000 * (time.perf_counter() - started)
    if pack.abstained or not pack.text or not log.add(pack=True):
        return None
    from noctule.indexer.serve.usage import record_serving

    return HookAnswer(name, f"{PACK}\n{printable(pack.text)}", lambda: record_serving(repository, pack, took_ms))


def _after_edit(name: str, session: str, repository: Repository | None, file: Path) -> HookAnswer | None:
    """Return what usually changes with a file and has not so far; each once in a session."""
    if repository is None:
        return None
    from noctule.indexer.forecast.likely_task import find_changed_files
    from noctule.indexer.notes.missing import missing
    from noctule.lsp_server.dismissed import read_dismissed
    from noctule.lsp_server.text.code_fence import add_fence

    path = file.resolve().relative_to(repository.root.resolve()).as_posix()
    live = repository.reader.live
    if live is None:
        return None
    log = SessionLog(repository.folder, session)
    unwanted = read_dismissed(repository.folder) | log.hints
    hints = [
        hint
        for hint in missing(repository.reader.ground, {path, *find_changed_files(repository.place, live)})
        if hint.changed == path and (hint.changed, hint.path) not in unwanted
    ]
    if not hints or not log.add(hints=[(hint.changed, hint.path) for hint in hints]):
        return None
    often = [
        ", ".join(filter(None, (f"in {hint.both} of the last {hint.of} commits to {path}", hint.rule)))
        for hint in hints
    ]
    lines = [f"{hint.path} ({said})" for hint, said in zip(hints, often, strict=True)]
    return HookAnswer(name, add_fence(HINT, lines))


def _known(repository: Repository) -> Repository | None:
    return repository if repository.knows() else None
