"""`noctule/didChangeStatus`, and progress of sleep with a way to cancel it: what a sleeper does, as it does it."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from noctule.indexer.results import Answer
from noctule.lsp_server.features import configuration, diagnostics
from noctule.lsp_server.features.all_repositories import name_repositories
from noctule.lsp_server.joint_learner import JointLearner
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.lsp.uris import path_to_uri
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.background.events import Event

METHOD = "noctule/didChangeStatus"
SHOWN_AFTER_S = 0.7
"""What takes less is over before anybody has read that it goes on."""


@dataclass(frozen=True, slots=True)
class StatusChange(Answer):
    """What happened to the sleeper of a work tree; `event` "renewed" says that answers rest on more than before.

    `done` of `total` is how far longer work is, where that can be told.
    """

    uri: str
    event: str
    state: str
    text: str
    at: float
    done: int | None = None
    total: int | None = None


class SleepProgress:
    """What one work tree's sleeper is at, as work done progress of the editor."""

    _numbers = itertools.count()

    def __init__(self, server: NoctuleServer, service: RepositoryService) -> None:
        self._server = server
        self._service = service
        self._token: str | None = None
        self._busy = False
        self._task: asyncio.Task[None] | None = None

    def hear(self, event: Event) -> None:
        """Begin, report or end."""
        self._busy = event.state in ("reading", "sleeping") and event.event not in ("gone", "ended")
        if self._busy and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._begin(event.text))
        elif self._token is not None and not self._busy:
            self._server.work_done_progress.end(self._token, types.WorkDoneProgressEnd(message=event.text))
            self._token = self._task = None
        elif self._token is not None and event.event in ("progress", "state", "job"):
            self._server.work_done_progress.report(
                self._token, types.WorkDoneProgressReport(message=event.text, cancellable=True)
            )

    async def _begin(self, text: str) -> None:
        await asyncio.sleep(SHOWN_AFTER_S)
        if not self._busy:
            self._task = None
            return
        token = f"noctule-{next(self._numbers)}"
        try:
            await self._server.work_done_progress.create_async(token)
        except JsonRpcException:
            return  # a client that wants none is not asked again
        if not self._busy:
            self._task = None
            return
        self._token = token
        title = f"noctule: {self._service.root.name}"
        begin = types.WorkDoneProgressBegin(title=title, cancellable=True, message=text)
        self._server.work_done_progress.begin(token, begin)
        self._server.work_done_progress.tokens[token].add_done_callback(lambda _: self._cancel())

    def _cancel(self) -> None:
        """End the sleep here until `noctule/resume`; answers stay as they are."""
        self._server.cancel_sleep(self._service)


def register(server: NoctuleServer) -> None:
    """Have events told to the client."""
    shown: dict[RepositoryService, SleepProgress] = {}
    joint = JointLearner()

    def tell(change: StatusChange) -> None:
        server.protocol.notify(METHOD, change.to_json())

    def on_event(service: RepositoryService, event: Event) -> None:
        said = path_to_uri(service.root), event.event, event.state, event.text, event.at, event.done, event.total
        tell(StatusChange(*said))
        window = server.client_capabilities.window
        if window is not None and window.work_done_progress:
            shown.setdefault(service, SleepProgress(server, service)).hear(event)
        services = list(server.folders)
        if event.state == "resting" and len(services) > 1:
            joint.hear(event, service.root, *name_repositories(services))

    def refresh_all(service: RepositoryService) -> None:
        standing = service.sleeper_status
        state = standing.state if standing is not None else "awake"
        tell(StatusChange(path_to_uri(service.root), "renewed", state, "the index was updated", time.time()))
        if server.preferences.codeLens:
            configuration.refresh_lenses(server)
        diagnostics.look(server, service)

    server.on_event, server.on_renewed = on_event, refresh_all
