"""What an agent was shown in one session, kept beside the store: nothing is said twice. Knows no agent."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from pathlib import Path

from noctule.indexer.errors import StoreError
from noctule.indexer.runtime import state
from noctule.lsp_server.dismissed import Hint, parse_hints

KEPT_S = 7 * 24 * 3600
_PACK = ""
_OLD = "SELECT session FROM shown GROUP BY session HAVING max(at) < ?"


class SessionLog:
    """What was shown in a session so far; what cannot be read was not shown."""

    def __init__(self, folder: Path, session: str) -> None:
        self._folder = folder
        self._session = hashlib.sha256(session.encode("utf-8", "replace")).hexdigest()[:24]
        rows = state.rows(folder, "SELECT hint FROM shown WHERE session = ?", self._session)
        self.pack = (_PACK,) in rows
        self.hints = parse_hints(rows)

    def add(self, *, pack: bool = False, hints: Iterable[Hint] = ()) -> bool:
        """Write down what is about to be shown; whether it could be: else it would be shown again and again."""
        now = time.time()
        shown = [_PACK] * pack + [json.dumps(hint) for hint in sorted(hints)]
        try:
            with state.transaction(self._folder, durable=False) as db:
                rows = ((self._session, hint, now) for hint in shown)
                db.executemany("INSERT OR IGNORE INTO shown VALUES (?, ?, ?)", rows)
                db.execute(f"DELETE FROM shown WHERE session IN ({_OLD})", (now - KEPT_S,))
        except StoreError:
            return False
        return True
