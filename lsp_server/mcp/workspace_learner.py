"""Several repositories for agents, answered as one. Each is learned, and looked at, by a learner of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from noctule.indexer.defaults import BUDGET_TOKENS
from noctule.indexer.serve.workspace import Workspace
from noctule.lsp_server.joint_learner import JointLearner
from noctule.lsp_server.mcp import reply
from noctule.lsp_server.mcp.arguments import LONGEST_TASK, Arguments
from noctule.lsp_server.mcp.calls import fit_reply
from noctule.lsp_server.mcp.learner import Learner
from noctule.lsp_server.mcp.tools import FORECAST_POINTS, LARGEST_BUDGET, LEAST_BUDGET, MOST_POINTS, NOTES_BUDGET
from noctule.lsp_server.text.printable import printable, printable_line

if TYPE_CHECKING:
    from noctule.indexer.background.events import Event
    from noctule.indexer.serve.repository import Repository
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

    def __init__(self, folder: Path, learners: Mapping[str, Learner]) -> None:
        self._learners = learners
        self._workspace = Workspace(folder, {name: _LearnedMember(one) for name, one in learners.items()})
        self._joint = JointLearner()
        self._roots = {name: one.service.root for name, one in learners.items()}
        for name, one in learners.items():
            one.on_event = partial(self._hear, self._roots[name])

    def begin(self) -> None:
        """Begin to sleep on all repositories, if nobody has said otherwise."""
        for learner in self._learners.values():
            learner.begin()

    def end_sleep(self) -> None:
        """End what learns."""
        for learner in self._learners.values():
            learner.end_sleep()

    def close(self) -> None:
        """End, with all that works for it."""
        for learner in self._learners.values():
            learner.close()

    def _hear(self, root: Path, event: Event) -> None:
        self._joint.hear(event, root, self._workspace.folder, self._roots)

    def call(self, name: str, given: Arguments) -> ToolReply:
        """Answer a call of a tool. NoctuleError."""
        return {"context": self._context, "notes": self._notes, "predict": self._predict}[name](given)

    def describe(self, subject: str) -> str:
        """Return all that is known about a subject, in each repository that has it. UnknownSubject."""
        found = self._workspace.notes(subject)
        return "\n".join(f"Repository {one.repository}/:\n{reply.of_resource(one.note)}" for one in found.notes)

    def status(self) -> dict[str, object]:
        """Return how much of each repository is known."""
        statuses = {name: learner.status() for name, learner in self._learners.items()}
        lines = {name: reply.fresh(status.result().freshness) for name, status in statuses.items()}
        text = "\n".join(f"{printable_line(name)}: {said}" for name, said in lines.items())
        state = "ready" if set(lines.values()) == {"up to date"} else "partly"
        return {"text": f"Noctule: {len(lines)} repositories.\n{text}", "state": state, "repositories": lines}

    def _context(self, given: Arguments) -> ToolReply:
        task = given.text("task", LONGEST_TASK)
        budget = given.number("budget", BUDGET_TOKENS, LEAST_BUDGET, LARGEST_BUDGET)

        def reply_in(room: int) -> tuple[ToolReply, None]:
            pack = self._workspace.context(task, room)
            states = {one.repository: one.freshness for one in pack.repositories if one.budget_tokens}
            return reply.of_workspace(printable(pack.text), budget, states, pack.failed), None

        return fit_reply(reply_in, budget)[0]

    def _notes(self, given: Arguments) -> ToolReply:
        offset = given.number("offset", 0)
        found = self._workspace.notes(given.text("subject"))
        room = max(NOTES_BUDGET // len(found.notes), LEAST_BUDGET)
        text = "\n".join(
            f"Repository {printable_line(one.repository)}/:\n{reply.of_note(one.note, offset, room, None).text}"
            for one in found.notes
        )
        return reply.of_workspace(text, NOTES_BUDGET, {}, found.failed)

    def _predict(self, given: Arguments) -> ToolReply:
        offset, most = given.number("offset", 0), given.number("k", FORECAST_POINTS, 1, MOST_POINTS)
        files = [self._relative(file) for file in given.texts("files")]
        forecast = self._workspace.predict(files, given.text("task", LONGEST_TASK), offset + most)
        lines = [
            reply.of_point(point)
            for point in forecast.change_points[offset:]
            if point.probability >= reply.LEAST_CHANCE
        ]
        return reply.of_workspace(reply.of_points(lines), BUDGET_TOKENS, {}, forecast.failed)

    def _relative(self, file: str) -> str:
        """Return a file's name from the workspace: some are named in full."""
        path = Path(file)
        inside = path.is_absolute() and path.is_relative_to(self._workspace.folder)
        return path.relative_to(self._workspace.folder).as_posix() if inside else file
