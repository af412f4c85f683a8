"""The language server: wires documents, folders, services and methods together, and holds no answer of its own."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from noctule import __version__
from noctule.indexer.defaults import DEBUG_VARIABLE
from noctule.indexer.errors import NoctuleError
from noctule.indexer.files.redaction import warm
from noctule.indexer.llm.key import Key
from noctule.indexer.serve.repository import Repository
from noctule.lsp_server.loaded_view import LoadedView
from noctule.lsp_server.lsp.documents import DocumentText
from noctule.lsp_server.lsp.folders import Folders, Found
from noctule.lsp_server.lsp.preferences import Preferences, merge_choices
from noctule.lsp_server.lsp.protocol import SEEN, Documents, Protocol
from noctule.lsp_server.lsp.transport import Outbox, exchange
from noctule.lsp_server.lsp.uris import uri_to_path
from noctule.lsp_server.lsp.user_models import User
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.background.events import Event
    from noctule.lsp_server.command_host import CommandHost
    from noctule.lsp_server.settings import Settings

T = TypeVar("T")
SLEEP_AFTER_S = 1.5
"""Nothing is slept on for so long after the start: the first answers come first."""
WARM_AFTER_S = 3.0
"""Then the scanner for secrets is loaded, so that the first suspicious line does not wait for it."""
CLOSING_S = 5.0
REQUEST_FAILED = -32803


class NoctuleServer(LanguageServer):
    """One editor's server, for all work trees of its workspace."""

    protocol: Protocol

    def __init__(self, settings: Settings) -> None:
        super().__init__("noctule", __version__, protocol_cls=Protocol, max_workers=2)
        self.settings = settings
        self.preferences = Preferences()
        self.user = User(settings.model, Key.of_environment())
        self.folders = Folders(self._open)
        self.on_event: Callable[[RepositoryService, Event], None] = lambda _service, _event: None
        self.on_renewed: Callable[[RepositoryService], None] = lambda _service: None
        self._beside = ThreadPoolExecutor(2, "beside")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sleeps = False
        self._cancelled: set[RepositoryService] = set()
        self.hinted: set[str] = set()
        """The documents that have hints."""

    # Life

    def serve(self, source: BinaryIO, sink: BinaryIO) -> int:
        """Serve one editor until it leaves; return the exit code."""
        return asyncio.run(self._serve(source, sink))

    async def _serve(self, source: BinaryIO, sink: BinaryIO) -> int:
        self._loop = asyncio.get_running_loop()
        ended, code = asyncio.Event(), [1]

        def leave(exit_code: int) -> None:
            code[0] = exit_code
            ended.set()

        self.protocol.ended = leave
        self.protocol.typed = self.typed
        self.protocol.outbox = outbox = Outbox(sink, lambda: self.in_loop(ended.set))
        self.protocol.set_writer(outbox)
        try:
            if not await exchange(source, outbox, self.protocol.take, ended):
                code[0] = 0  # nobody ever spoke: nothing was begun that could be left unfinished
        finally:
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            outbox.close()
            self._close()
        return code[0]

    def _close(self) -> None:
        """End all that works for this server. What does not end in time ends with the process."""
        self._beside.shutdown(wait=False, cancel_futures=True)
        closing = [Thread(target=service.close, daemon=True) for service in self.folders]
        for thread in closing:
            thread.start()
        until = time.monotonic() + CLOSING_S
        for thread in closing:
            thread.join(max(until - time.monotonic(), 0))

    def in_loop(self, work: Callable[[], None]) -> None:
        """Have something done in the loop's thread, from any other."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(work)

    def report_server_error(self, error: Exception, source: Any) -> None:  # noqa: ANN401 - as pygls calls it
        """Tell of a defect on standard error, which editors keep as the server's log; a request has its answer."""
        if os.environ.get(DEBUG_VARIABLE):
            sys.stderr.write(f"noctule: {getattr(source, '__name__', source)}: {type(error).__name__}: {error}\n")

    # Folders and sleep

    def _open(self, top: Path) -> RepositoryService:
        # Both are called in threads of the service's.
        service = RepositoryService(
            top,
            on_renewed=lambda: self.in_loop(lambda: self.on_renewed(service)),
            on_event=lambda event: self.in_loop(lambda: self.on_event(service, event)),
        )
        if self.settings.service.enabled:
            service.ask(lambda _view: service.close_too(_host(service)))
        if self._sleeps:
            self._put_to_sleep(service)
        return service

    def sleep_later(self) -> None:
        """Begin to sleep on all work trees when the first answers are out."""
        if self._loop is not None:
            self._loop.call_later(SLEEP_AFTER_S, self._begin_to_sleep)
            self._loop.call_later(WARM_AFTER_S, Thread(target=warm, name="scanner", daemon=True).start)

    def _begin_to_sleep(self) -> None:
        self._sleeps = True
        self.follow_preferences()

    def follow_preferences(self) -> None:
        """Sleep, or do not, as the editor chooses."""
        for service in self.folders if self._sleeps else ():
            if self.preferences.sleep and not service.is_sleeping:
                self._put_to_sleep(service)
            elif not self.preferences.sleep and service.is_sleeping:
                Thread(target=service.end_sleep, name="end sleep", daemon=True).start()

    def cancel_sleep(self, service: RepositoryService) -> None:
        """End the sleep on a work tree until `sleep_again`."""
        self._cancelled.add(service)
        Thread(target=service.end_sleep, name="end sleep", daemon=True).start()

    def sleep_again(self, service: RepositoryService) -> None:
        """Sleep again where sleep was cancelled."""
        self._cancelled.discard(service)
        self.follow_preferences()

    def _put_to_sleep(self, service: RepositoryService) -> None:
        if not self.preferences.sleep or service in self._cancelled:
            return

        def begin() -> None:
            try:
                service.start_sleep(self.settings, self.user.choice, self.user.key)
                service.may_think(self.user.choice, self.user.key)  # it may have been another one when the sleep began
            except NoctuleError as error:
                problem, advice = str(error), error.advice
                self.in_loop(lambda: self.complain(problem, advice))

        Thread(target=begin, name="to sleep", daemon=True).start()

    def complain(self, problem: str, advice: str = "") -> None:
        """Show a person what is wrong and what to do."""
        message = f"noctule: {problem}" + (f"; {advice}" if advice else "")
        self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, message))

    def choose(self, given: object) -> None:
        """Take what an editor has chosen."""
        self.preferences, complaints = merge_choices(self.preferences, given)
        for complaint in complaints:
            self.complain(complaint)

    def typed(self, uri: str) -> None:
        """Hear that an open document was changed: somebody is at work."""
        found = self.find_place(uri)
        if found is not None:
            found.service.hear_activity()

    # Questions

    def find_place(self, uri: str) -> Found | None:
        """Return the repository and path of a document; None for what is no file of the workspace."""
        path = uri_to_path(uri)
        return self.folders.of(path) if path is not None else None

    def find_service(self, uri: str | None) -> RepositoryService:
        """Return the service that a request is about: of its document or folder, or the only one there is. Refused."""
        services = list(self.folders)
        if uri is None:
            if len(services) == 1:
                return services[0]
            why = "the workspace has no folder" if not services else "the workspace has several repositories"
            raise RefusedRequest(why, "give the uri of a document or folder")
        path = uri_to_path(uri)
        if path is None:
            raise RefusedRequest(f"{uri[:200]} is not a file on this machine", "give a file: URI")
        own = self.folders.at(path)
        if own is not None:
            return own
        found = self.folders.of(path)
        if found is None:
            raise RefusedRequest(f"{path} is outside the workspace", "open its folder in the workspace first")
        return found.service

    def open_text(self, uri: str) -> DocumentText | None:
        """Return the text of an open document, as it was when the request came."""
        return self.documents.get(uri)

    @property
    def documents(self) -> Documents:
        """The open documents, as they were when the request came that is being answered, if one is."""
        return SEEN.get(self.protocol.documents)

    def open_texts(self, service: RepositoryService) -> dict[str, str]:
        """Return the unsaved texts of a work tree, as they were when the request came."""
        texts = {}
        for uri, text in self.documents.items():
            found = self.find_place(uri)
            if found is not None and found.service is service:
                texts[found.path] = text.content
        return texts

    async def ask(
        self,
        service: RepositoryService,
        question: Callable[[LoadedView], T],
        *,
        urgent: bool = False,
        aside: bool = False,
        looks: bool = False,
    ) -> T:
        """Have a question answered, with the texts as they were when the request came. NoctuleError.

        What is asked `aside` is asked by nobody in person: a view that renews itself does not hold sleep awake. Where
        the answer says how fresh it is, the question `looks` at the files first.
        """
        if not aside:
            service.hear_activity()
        return await asyncio.wrap_future(service.ask(question, self.open_texts(service), urgent=urgent, looks=looks))

    async def beside(self, service: RepositoryService, work: Callable[[Repository], T]) -> T:
        """Have something done that takes too long to stand in the way of answers. NoctuleError."""

        def run() -> T:
            with Repository.open(service.root) as repository:
                return work(repository)

        future: Future[T] = self._beside.submit(run)
        return await asyncio.wrap_future(future)


class RefusedRequest(JsonRpcException):
    """A request that cannot be answered, with what to do about it, as the client shows it."""

    CODE = REQUEST_FAILED
    MESSAGE = "the request failed"

    def __init__(self, problem: str, advice: str = "") -> None:
        super().__init__(message=f"{problem}; {advice}" if advice else problem, code=REQUEST_FAILED)

    @classmethod
    def of_error(cls, error: NoctuleError) -> RefusedRequest:
        """Translate what noctule says."""
        return cls(str(error), error.advice)


def _host(service: RepositoryService) -> CommandHost:
    """Answer the commands of other processes, once what the first answer needs is loaded."""
    from noctule.lsp_server.command_host import CommandHost

    return CommandHost(service.root, service, service.hear_activity)
