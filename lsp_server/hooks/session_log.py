"""What an agent was told in one session, kept beside the store: nothing is said twice. Knows no agent.

The task is kept too, so that what it leads to can be said again to a subagent or after a summary: without what looks
like a secret, in a file of the user's own, for a week.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from noctule.indexer.errors import StoreError
from noctule.indexer.runtime import state
from noctule.lsp_server.dismissed import Hint, parse_hints

KEPT_S = 7 * 24 * 3600
_OLD = "SELECT session FROM shown GROUP BY session HAVING max(at) < ?"
TASK, NAMED, DIRTY, CHANGED, WAITING = "task", "named", "dirty", "changed", "waiting"
"""The kinds of texts: what the session is about; the files that a pack named, that had changed before it, and that have
changed since; and what is yet to be said."""


class SessionLog:
    """What was said in a session so far; what cannot be read was not said. `hints` are the files hinted at."""

    def __init__(self, folder: Path, session: str) -> None:
        self._folder = folder
        self._session = hashlib.sha256(session.encode("utf-8", "replace")).hexdigest()[:24]
        rows = state.rows(folder, "SELECT hint FROM shown WHERE session = ? ORDER BY at", self._session)
        self.hints = parse_hints(rows)
        self._kept: dict[str, list[str]] = {}
        for (text,) in rows:
            kind, _, value = text.partition(":")
            self._kept.setdefault(kind, []).append(value)

    def texts(self, kind: str) -> list[str]:
        """Return what was kept of a kind, the latest last."""
        return self._kept.get(kind, [])

    def add(self, kind: str = "", texts: Iterable[str] = (), hints: Iterable[Hint] = ()) -> bool:
        """Write down what is about to be said; whether it could be: else it would be said again and again."""
        said = [*(f"{kind}:{text}" for text in texts), *(json.dumps(hint) for hint in sorted(hints))]
        return self._write(said, ())

    def replace(self, kind: str, text: str) -> bool:
        """Keep one text of a kind alone; whether it could be."""
        return self._write([f"{kind}:{text}"], (kind,))

    def forget(self, *kinds: str) -> bool:
        """Forget what is no longer in front of the agent; whether that was possible."""
        return self._write((), kinds)

    def _write(self, said: Sequence[str], gone: Iterable[str]) -> bool:
        now = time.time()
        try:
            with state.transaction(self._folder, durable=False) as db:
                for kind in gone:
                    db.execute("DELETE FROM shown WHERE session = ? AND hint GLOB ?", (self._session, f"{kind}:*"))
                rows = ((self._session, text, now) for text in said)
                db.executemany("INSERT OR IGNORE INTO shown VALUES (?, ?, ?)", rows)
                db.execute(f"DELETE FROM shown WHERE session IN ({_OLD})", (now - KEPT_S,))
        except StoreError:
            return False
        return True
