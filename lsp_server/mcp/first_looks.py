"""Answers about a repository of which nothing is known yet: from a first look, made beside what learns it.

A look at a large repository takes longer than an agent is kept waiting: it goes on, and is there when the same question
comes again.
"""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from noctule.lsp_server.mcp.calls import Question
    from noctule.lsp_server.mcp.reply import ToolReply

WAIT_S = 0.8
"""With the start of the server, that makes a first answer within a second and a half."""
AGAIN_S = 2
"""A look that takes longer than that is likely to be there then."""


class FirstLooks:
    """Looks at one repository, for one task at a time: a question about another one takes its place."""

    def __init__(self, root: Path, cache: Path) -> None:
        self._root = root
        self._cache = cache
        self._lock = Lock()
        self._task = ""
        self._look: Future[ToolReply | None] | None = None

    def ask(self, task: str, question: Question) -> ToolReply | None:
        """Answer a question from a look; None where there is too little for one. TimeoutError, NoctuleError."""
        with self._lock:
            if self._look is None or self._task != task:
                self._task, self._look = task, Future()
                Thread(target=self._make, args=(self._look, task, question), name="first look", daemon=True).start()
            look = self._look
        try:
            return look.result(WAIT_S)
        finally:
            with self._lock:
                if look.done() and self._look is look:
                    self._look = None  # files may change until somebody asks again

    def _make(self, into: Future[ToolReply | None], task: str, question: Question) -> None:
        from noctule.indexer.serve.repository import Repository

        try:
            with Repository.open(self._root, cache=self._cache) as repository:
                into.set_result(question(repository).reply if repository.look_first(task) else None)
        except Exception as error:  # noqa: BLE001 - the outermost loop of this thread: whoever asked is told
            into.set_exception(error)
