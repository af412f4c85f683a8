"""Questions of agents to a repository that may still be learned: answered, or told how far learning is.

A question never waits for learning, and it sees the repository as it is at this moment: agents edit between two.

NoctuleError
└── NothingKnown    nothing was learned of the repository yet; its `learning` says how far that is
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from noctule.indexer.errors import NoctuleError, StoreDamaged, StoreUnavailable
from noctule.indexer.printable import printable_line
from noctule.indexer.runtime.local_socket import is_own_socket
from noctule.lsp_server.loaded_view import LoadedView, Unknown
from noctule.lsp_server.mcp import relay
from noctule.lsp_server.mcp.arguments import Arguments
from noctule.lsp_server.mcp.first_looks import AGAIN_S, FirstLooks
from noctule.lsp_server.mcp.learning import Learning
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.background.events import Event
    from noctule.indexer.reports import Status
    from noctule.indexer.results import Freshness
    from noctule.indexer.serve.repository import Repository
    from noctule.lsp_server.command_host import CommandHost
    from noctule.lsp_server.mcp.calls import ServedCall
    from noctule.lsp_server.mcp.reply import ToolReply
    from noctule.lsp_server.settings import Settings

T = TypeVar("T")

FIRST_GUESS_S = 5
LONGEST_GUESS_S = 120


class NothingKnown(NoctuleError):
    """Nothing was learned of the repository yet."""

    def __init__(self, learning: Learning) -> None:
        super().__init__("this repository is not indexed yet", learning.sentence)
        self.learning = learning


class Learner:
    """One repository for agents; it is learned as soon as a question needs it, unless `sleeps` is False.

    Where it `serves`, one of several processes on a repository answers for the others, and their commands too.
    """

    def __init__(
        self, repository: Repository, settings: Settings, *, sleeps: bool = True, serves: bool = False
    ) -> None:
        self._settings = settings
        self._sleeps = sleeps
        self._heard: Event | None = None
        self.on_event: Callable[[Event], None] = lambda _event: None
        self._began = time.monotonic()
        cache = repository.folder.parent
        self._host: CommandHost | None = None
        self._relays = serves
        self._first_looks = FirstLooks(repository.root, cache)
        preloads = not (serves and is_own_socket(relay.address(repository.root)))
        self.service = RepositoryService(
            repository.root, on_event=self._hear, cache=cache, follows=False, preloads=preloads
        )
        if preloads:
            self.service.ask(self._begin_where_unknown)
        if serves:
            self.service.ask(self._serve_commands)

    def close(self) -> None:
        """End, with all that works for it."""
        self.service.close()

    def begin(self) -> None:
        """Begin to sleep on the repository, if nobody has said otherwise."""
        if not self._sleeps or self.service.is_sleeping:
            return
        from noctule.indexer.llm.key import Key

        began = time.monotonic()
        if self.service.start_sleep(self._settings, self._settings.model, Key.of_environment()):
            self._began = began

    def end_sleep(self) -> None:
        """End what learns; a handler of signals may call this."""
        self.service.end_sleep()

    def ask(self, question: Callable[[Repository], T], *, looks: bool = True) -> Future[T]:
        """Put a question to the repository as it is at this moment. NothingKnown, and what the question raises.

        A question that is cancelled before its turn is never put. One that does not look at the files is answered from
        them as they were last seen.
        """
        self.service.hear_activity()
        return self.service.ask(lambda view: self._answer(view, question, looks=looks))

    def relay(self, name: str, given: Mapping[str, object]) -> ToolReply | None:
        """Have a call answered by a process that serves the repository already; None where none does."""
        if not self._relays or (self._host is not None and self._host.is_listening):
            return None
        self.service.hear_activity()
        return relay.ask(self.service.root, name, given)

    def answer_unknown(self, name: str, given: Arguments, nothing: NothingKnown) -> ToolReply:
        """Answer a call of a tool while nothing is known: from a first look at its task, or with when to ask again."""
        from noctule.lsp_server.mcp.reply import of_nothing

        try:
            return self._look_first(name, given) or of_nothing(nothing.learning)
        except TimeoutError:
            said = f"It is being searched for this task; ask again in {AGAIN_S} s."
            return of_nothing(Learning(said, AGAIN_S))

    def choose_reply(self, name: str, given: Arguments, served: ServedCall) -> ToolReply:
        """Return a first look in place of an answer from parts of a repository: the task may lead to any other."""
        with suppress(TimeoutError, NoctuleError):
            return self._look_first(name, given) or served.reply
        return served.reply

    def _look_first(self, name: str, given: Arguments) -> ToolReply | None:
        if name != "context":
            return None
        from noctule.lsp_server.mcp.calls import context, read_task

        task, budget = read_task(given)
        if not task.strip():
            return None
        is_only = isinstance(self.service.failure, StoreUnavailable)
        return self._first_looks.ask(task, budget, context(given, self.learning), is_only=is_only)

    def note(self, write: Callable[[Repository], object]) -> None:
        """Write something down about the repository that was just asked."""
        self.service.ask(lambda view: write(view.repository))

    def freshness(self) -> Future[Freshness]:
        """Return how far what is known is from the live files."""
        return self.service.ask(_freshness)

    def status(self) -> Future[Status]:
        """Return the status, which there is also where nothing is known."""
        return self.service.ask(LoadedView.status)

    def learning(self, freshness: Freshness) -> Learning | None:
        """Return how far learning is, or None where what is known will do: a file that was edited is read at once."""
        heard = self._heard
        is_long = freshness.state == "pending" and heard is not None and heard.event == "progress"
        return self._learning() if is_long or freshness.state == "unknown" else None

    # The service's own thread

    def _begin_where_unknown(self, view: LoadedView) -> None:
        if self.service.opened.exception() is None and not view.known:
            self.begin()

    def _serve_commands(self, _view: LoadedView) -> None:
        """Answer the commands of other processes, once what the first answer needs is loaded."""
        from noctule.lsp_server.command_host import CommandHost

        self._host = CommandHost(self.service.root, self.service, self.service.hear_activity)
        self.service.close_too(self._host)

    def _answer(self, view: LoadedView, question: Callable[[Repository], T], *, looks: bool) -> T:
        if looks or not view.known or not view.is_current():
            view.update()
        try:
            return question(view.repository)
        except Unknown:
            pass
        except StoreDamaged:  # whoever sleeps sets it aside and learns anew
            view.close()
        self.begin()
        raise NothingKnown(self._learning())

    # The sleeper's thread

    def _hear(self, event: Event) -> None:
        self._heard = event
        self.on_event(event)

    def _learning(self) -> Learning:
        heard, failure = self._heard, self.service.failure
        if not self.service.is_sleeping:
            return Learning("Run `noctule sleep` or `noctule watch` to index it.", FIRST_GUESS_S)
        if failure is not None:
            return Learning(f"Indexing failed: {printable_line(str(failure))}.", LONGEST_GUESS_S)
        if heard is None or heard.event != "progress" or not heard.done or not heard.total:
            return Learning(f"It is being indexed; ask again in {FIRST_GUESS_S} s.", FIRST_GUESS_S)
        spent = time.monotonic() - self._began
        guess = spent * (heard.total - heard.done) / heard.done
        again = round(min(max(guess, 2), LONGEST_GUESS_S))
        return Learning(f"It is being indexed ({heard.text}); ask again in {again} s.", again)


def is_from_parts(served: ServedCall) -> bool:
    """Tell whether an answer is about a git repository whose files are read for the first time, before its history."""
    answer, known = served.answer, served.answer.freshness
    return answer.revision is not None and known.history is None and known.state == "pending"


def _freshness(view: LoadedView) -> Freshness:
    view.update()
    return view.freshness
