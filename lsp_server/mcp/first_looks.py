"""Answers about a repository that is learned for the first time: from a first look, made beside what learns it.

A look at a large repository takes longer than an agent is kept waiting: it goes on, and is there when the same question
comes again.
"""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, NamedTuple

from noctule.indexer.serve.repository import Repository

if TYPE_CHECKING:
    from noctule.indexer.files.snapshot import Snapshot
    from noctule.lsp_server.mcp.calls import Question
    from noctule.lsp_server.mcp.reply import ToolReply

WAIT_S = 0.8
"""With the start of the server, that makes a first answer within a second and a half."""
AGAIN_S = 2
"""A look that takes longer than that is likely to be there then."""


class _Look(NamedTuple):
    """An answer and the files that it was made from; nothing where there is too little to read for a first look."""

    reply: ToolReply | None = None
    snapshot: Snapshot | None = None


class FirstLooks:
    """Looks at one repository; the latest one is kept, and another question takes its place."""

    def __init__(self, root: Path, cache: Path) -> None:
        self._root = root
        self._cache = cache
        self._lock = Lock()
        self._asked = ("", 0)
        self._look: Future[_Look] | None = None

    def ask(self, task: str, budget: int, question: Question, *, is_only: bool = False) -> ToolReply | None:
        """Answer a question from a look; None where there is too little for one. TimeoutError, NoctuleError.

        Where it `is_only`, since nothing can be stored, there is a look at any repository.
        """
        with self._lock:
            if self._look is None or self._asked != (task, budget) or self._is_behind(self._look):
                self._asked, self._look = (task, budget), Future()
                make = partial(self._make, self._look, task, question, is_only=is_only)
                Thread(target=make, name="first look", daemon=True).start()
            look = self._look
        return look.result(WAIT_S).reply

    def _is_behind(self, look: Future[_Look]) -> bool:
        """Tell whether a look is over, and the files are not what it saw. NoctuleError."""
        if not look.done():
            return False
        seen = look.result().snapshot if look.exception() is None else None
        if seen is None:
            return True
        live = self._open().ref.scan(seen.stats, seen.files)
        return (live.files, live.revision) != (seen.files, seen.revision)

    def _open(self) -> Repository:
        return Repository.open(self._root, cache=self._cache)

    def _make(self, into: Future[_Look], task: str, question: Question, *, is_only: bool) -> None:
        try:
            with self._open() as repository:
                looked = repository.look_first(task, is_only=is_only)
                into.set_result(_Look(question(repository).reply, repository.reader.live) if looked else _Look())
        except Exception as error:  # noqa: BLE001 - the outermost loop of this thread: whoever asked is told
            into.set_exception(error)
