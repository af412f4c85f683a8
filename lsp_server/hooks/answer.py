"""What an agent is to know at a moment of its session: decided anew each time. Knows no agent and learns nothing.

Of a repository that is not known, or of which only a part was read, there is nothing to say; a new work tree is
answered from what was learned of its commit in another one. Nothing is said twice while it is in front of the agent.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.indexer.defaults import BUDGET_TOKENS
from noctule.lsp_server.hooks.event import HookEvent, Moment
from noctule.lsp_server.hooks.session_log import CHANGED, DIRTY, NAMED, TASK, WAITING, SessionLog
from noctule.lsp_server.hooks.small_talk import is_task
from noctule.lsp_server.hooks.workspace import find_workspace, say_in_workspace
from noctule.lsp_server.text.printable import printable

if TYPE_CHECKING:
    from noctule.indexer.serve.repository import Repository

LONGEST_TASK = 20_000
LEAST_SURE = 0.35
"""A pack comes unasked: below this probability of its first file nothing is said."""
AGAIN_TOKENS = 600
"""What is said again takes less room: the agent has read the source by then."""
PACK = "Where this task probably leads in this repository, by noctule; its tools `context` and `notes` tell more."
AGAIN = "A file has changed. Where the task of this session probably leads as well, by noctule."
HINT = "These files usually change together with the file just edited, and have not changed. Check whether they must."


@dataclass(slots=True)
class HookAnswer:
    """What to say, empty for nothing, and what to do when it is out."""

    text: str = ""
    later: list[Callable[[], object]] = field(default_factory=list)


def answer(event: HookEvent, opened: Callable[[Path], Repository]) -> HookAnswer:
    """Answer an event. NoctuleError, ValueError, OSError.

    `opened` opens the repository that a folder lies in.
    """
    if event.moment is Moment.PROMPT and not is_task(event.prompt):
        return HookAnswer()
    site = event.folder
    if event.moment is Moment.EDIT and event.files is not None:
        if not event.files:
            return HookAnswer()
        site = (event.folder / event.files[0]).parent
    if event.moment is Moment.PROMPT and (members := find_workspace(site)):
        return HookAnswer(*say_in_workspace(event, clean_task(event.prompt), LEAST_SURE, members))
    repository = opened(site)
    if not repository.knows_all() and (repository.knows() or not repository.read_other_tree()):
        return HookAnswer()
    session = _Session(repository, event)
    said = session.say()
    return session.deliver(said)


def clean_task(prompt: str) -> str:
    """Return a prompt as a task: JSON can hold half of a character."""
    return prompt.encode(errors="replace").decode()[:LONGEST_TASK]


class _Session:
    """A session of an agent in a repository, at one of its events."""

    def __init__(self, repository: Repository, event: HookEvent) -> None:
        self.repository = repository
        self.event = event
        self.log = SessionLog(repository.folder, event.session)
        self.later: list[Callable[[], object]] = []

    @property
    def task(self) -> str:
        """What the session is about, empty where that is not known."""
        return next(reversed(self.log.texts(TASK)), "")

    def say(self) -> str:
        """Return what is to be said at this event."""
        match self.event.moment:
            case Moment.PROMPT:
                return self._on_prompt()
            case Moment.EDIT:
                return self._on_edit()
            case Moment.CLEAR:
                self.log.forget(TASK, NAMED, WAITING)
            case Moment.COMPACT:
                self.log.forget(NAMED)
                return self._pack(self.task, PACK)
            case Moment.SUBAGENT:
                return self._pack(self.task, PACK)
        return ""

    def deliver(self, said: str) -> HookAnswer:
        """Return what is said now: also what waits, if the agent hears it, else nothing."""
        if not self.event.is_heard:
            if said:
                self.log.replace(WAITING, said)
            return HookAnswer("", self.later)
        waiting = self.log.texts(WAITING) if self.event.moment in (Moment.EDIT, Moment.TURN) else []
        if waiting and not self.log.forget(WAITING):
            waiting = []
        return HookAnswer("\n\n".join(filter(None, (*waiting, said))), self.later)

    def _on_prompt(self) -> str:
        """Return the pack for a prompt that leads anywhere, if it names a file that was not named yet."""
        task = clean_task(self.event.prompt)
        text = self._pack(task, PACK, is_new=True)
        if not text:
            return ""
        if self.event.files is None:  # what has changed already is none of the agent's edits
            self.log.add(DIRTY, self._changed_files)

        def keep_task() -> None:
            from noctule.indexer.files.redaction import without_secrets

            self.log.replace(TASK, without_secrets(task))

        self.later.append(keep_task)
        return text

    def _pack(self, task: str, heading: str, budget: int = BUDGET_TOKENS, *, is_new: bool = False) -> str:
        """Return the pack for a task below a heading; empty where it is unsure, or names nothing new but should."""
        if not task:
            return ""
        started = time.perf_counter()
        pack = self.repository.context(task, budget)
        took_ms = 1000 * (time.perf_counter() - started)
        sure = any(file.probability >= LEAST_SURE for file in pack.files[:1])
        if pack.abstained or not pack.text or not sure:
            return ""
        named = {file.path for file in pack.shown}
        if (is_new and named.issubset(self.log.texts(NAMED))) or not self.log.add(NAMED, named):
            return ""

        def record() -> None:
            from noctule.indexer.serve.usage import record_serving

            record_serving(self.repository, pack, took_ms)

        self.later.append(record)
        return f"{heading}\n{printable(pack.text)}"

    def _on_edit(self) -> str:
        """Return what usually changes with the edited files, and at the first of a session where its task leads."""
        fresh = self._edited()
        if not fresh:
            return ""
        again = "" if self.log.texts(CHANGED) else self._pack(self.task, AGAIN, AGAIN_TOKENS)
        if not self.log.add(CHANGED, fresh):
            return ""
        return "\n\n".join(filter(None, (again, self._hint(fresh))))

    def _edited(self) -> set[str]:
        """Return the paths that were edited: what the agent says, else what has changed since it was last looked."""
        if self.event.files is None:
            return self._changed_files.difference(self.log.texts(DIRTY), self.log.texts(CHANGED))
        root = self.repository.root.resolve()
        paths = ((self.event.folder / file).resolve() for file in self.event.files)
        return {path.relative_to(root).as_posix() for path in paths if path.is_relative_to(root)}

    @cached_property
    def _changed_files(self) -> set[str]:
        """The paths that differ from the latest commit; git is asked once for an event."""
        from noctule.indexer.forecast.likely_task import find_changed_files

        live = self.repository.reader.live
        return set(find_changed_files(self.repository.place, live)) if live is not None else set()

    def _hint(self, edited: set[str]) -> str:
        """Return what usually changes with files and has not so far; each once in a session."""
        from noctule.indexer.notes.missing import missing
        from noctule.lsp_server.dismissed import read_dismissed
        from noctule.lsp_server.text.code_fence import add_fence

        if self.repository.reader.live is None:
            return ""
        unwanted = read_dismissed(self.repository.folder) | self.log.hints
        hints = [
            hint
            for hint in missing(self.repository.reader.ground, edited | self._changed_files)
            if hint.changed in edited and (hint.changed, hint.path) not in unwanted
        ]
        if not hints or not self.log.add(hints=[(hint.changed, hint.path) for hint in hints]):
            return ""
        often = [
            ", ".join(filter(None, (f"in {hint.both} of the last {hint.of} commits to {hint.changed}", hint.rule)))
            for hint in hints
        ]
        return add_fence(HINT, [f"{hint.path} ({said})" for hint, said in zip(hints, often, strict=True)])
