"""Several repositories for agents, answered as one. Each is learned, and looked at, by a learner of its own.

Which repositories the folder holds is looked up at each question: one that was cloned into it has a part from then on,
one that was removed has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from noctule.indexer.defaults import BUDGET_TOKENS
from noctule.indexer.errors import NoctuleError, RepositoryError
from noctule.indexer.printable import printable_line
from noctule.indexer.serve.repository import Repository
from noctule.indexer.serve.workspace import Workspace
from noctule.lsp_server.joint_learner import JointLearner
from noctule.lsp_server.mcp import reply
from noctule.lsp_server.mcp.arguments import LONGEST_TASK, Arguments
from noctule.lsp_server.mcp.calls import fit_reply
from noctule.lsp_server.mcp.learner import Learner
from noctule.lsp_server.mcp.tools import FORECAST_POINTS, LARGEST_BUDGET, LEAST_BUDGET, MOST_POINTS, NOTES_BUDGET
from noctule.lsp_server.text.printable import printable
from noctule.lsp_server.text.silent_members import split_silent

if TYPE_CHECKING:
    from noctule.indexer.background.events import Event
    from noctule.indexer.serve.workspace_results import WorkspaceMember
    from noctule.lsp_server.mcp.reply import ToolReply

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _LearnedMember:
    """A learner as a repository of a workspace."""

    learner: Learner

    def ask(self, question: Callable[[Repository], T], *, looks: bool) -> Future[T]:
        """Have a question answered; NothingKnown, and what the question raises."""
        return self.learner.ask(question, looks=looks)


class WorkspaceLearner:
    """The repositories of a folder for agents, by their names."""

    def __init__(
        self,
        folder: Path,
        find: Callable[[], Sequence[WorkspaceMember]],
        open_learner: Callable[[Repository], Learner],
    ) -> None:
        self._folder = folder
        self._find = find
        self._open_learner = open_learner
        self._learners: dict[str, Learner] = {}
        self._roots: dict[str, Path] = {}
        self._workspace = Workspace(folder, {})
        self._joint = JointLearner()
        self._lock = Lock()
        self._begun = False
        self._calls = 0
        self._gone: list[Learner] = []
        self._follow()

    def begin(self) -> None:
        """Begin to sleep on all repositories, if nobody has said otherwise."""
        self._begun = True
        for learner in self._learners.values():
            learner.begin()

    def end_sleep(self) -> None:
        """End what learns."""
        for learner in self._learners.values():
            learner.end_sleep()

    def close(self) -> None:
        """End, with all that works for it."""
        for learner in (*self._learners.values(), *self._gone):
            learner.close()

    def _follow(self) -> None:
        """Take the repositories that are there now; one that cannot be opened is left out. RepositoryError."""
        members = {member.name: member.root for member in self._find()}
        known = {name: one for name, one in self._learners.items() if members.get(name) == str(self._roots[name])}
        learners = dict(known)
        for name, root in members.items():
            if name not in known:
                with suppress(NoctuleError):
                    learners[name] = self._open_learner(Repository.open(root))
        if learners == self._learners:
            return
        self._gone += [one for one in self._learners.values() if one not in learners.values()]
        # Mappings of their own after each change: another thread, or a handler of signals, may go through the last.
        self._roots = {name: Path(members[name]) for name in learners}
        self._learners = {name: learners[name] for name in members if name in learners}
        self._workspace = Workspace(self._folder, {name: _LearnedMember(one) for name, one in self._learners.items()})
        for name, one in learners.items():
            if name not in known:
                one.on_event = partial(self._hear, self._roots[name])
                if self._begun:
                    one.begin()

    @contextmanager
    def _asking(self) -> Iterator[Workspace]:
        """Have the repositories that are there now; what is gone is closed when nobody asks it any more.

        RepositoryError.
        """
        with self._lock:
            self._follow()
            self._calls += 1
            workspace = self._workspace
        try:
            if not self._learners:
                raise RepositoryError(
                    f"{self._folder} holds no repository any more", "clone one into it, and ask again"
                )
            yield workspace
        finally:
            with self._lock:
                self._calls -= 1
                gone, self._gone = ([], self._gone) if self._calls else (self._gone, [])
            for learner in gone:
                learner.close()

    def _hear(self, root: Path, event: Event) -> None:
        self._joint.hear(event, root, self._folder, self._roots)

    def call(self, name: str, given: Arguments) -> ToolReply:
        """Answer a call of a tool. NoctuleError."""
        with self._asking() as workspace:
            return {"context": self._context, "notes": self._notes, "predict": self._predict}[name](workspace, given)

    def describe(self, subject: str) -> str:
        """Return all that is known about a subject, in each repository that has it. UnknownSubject."""
        with self._asking() as workspace:
            found = workspace.notes(subject)
        return "\n".join(f"Repository {one.repository}/:\n{reply.of_resource(one.note)}" for one in found.notes)

    def status(self) -> dict[str, object]:
        """Return how much of each repository is known."""
        with self._asking():
            statuses = {name: learner.status() for name, learner in self._learners.items()}
            lines = {name: reply.fresh(status.result().freshness) for name, status in statuses.items()}
        text = "\n".join(f"{printable_line(name)}: {said}" for name, said in lines.items())
        state = "ready" if set(lines.values()) == {"up to date"} else "partly"
        return {"text": f"Noctule: {len(lines)} repositories.\n{text}", "state": state, "repositories": lines}

    def _context(self, workspace: Workspace, given: Arguments) -> ToolReply:
        task = given.text("task", LONGEST_TASK)
        budget = given.number("budget", BUDGET_TOKENS, LEAST_BUDGET, LARGEST_BUDGET)

        def reply_in(room: int) -> tuple[ToolReply, None]:
            pack = workspace.context(task, room)
            states = {one.repository: one.freshness for one in pack.repositories if one.budget_tokens}
            return reply.of_workspace(printable(pack.text), budget, states, pack.failed), None

        return fit_reply(reply_in, budget)[0]

    def _notes(self, workspace: Workspace, given: Arguments) -> ToolReply:
        offset = given.number("offset", 0)
        found = workspace.notes(given.text("subject"))
        told, silent = split_silent(found.notes)
        room = max(NOTES_BUDGET // max(len(told), 1), LEAST_BUDGET)
        text = "\n".join(
            f"Repository {printable_line(one.repository)}/:\n{reply.of_note(one.note, offset, room, None).text}"
            for one in told
        )
        text = "\n".join(filter(None, [text, printable_line(silent)]))
        return reply.of_workspace(text, NOTES_BUDGET, {}, found.failed)

    def _predict(self, workspace: Workspace, given: Arguments) -> ToolReply:
        offset, most = given.number("offset", 0), given.number("k", FORECAST_POINTS, 1, MOST_POINTS)
        files = [self._relative(file) for file in given.texts("files")]
        forecast = workspace.predict(files, given.text("task", LONGEST_TASK), offset + most)
        lines = [
            reply.of_point(point)
            for point in forecast.change_points[offset:]
            if point.probability >= reply.LEAST_CHANCE
        ]
        return reply.of_workspace(reply.of_points(lines), BUDGET_TOKENS, {}, forecast.failed)

    def _relative(self, file: str) -> str:
        """Return a file's name from the workspace: some are named in full."""
        path = Path(file)
        inside = path.is_absolute() and path.is_relative_to(self._folder)
        return path.relative_to(self._folder).as_posix() if inside else file
