"""What an agent was told in one session, kept beside the store: nothing is said twice. Knows no agent."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path

FOLDER = "told"
KEPT_S = 7 * 24 * 3600
Hint = tuple[str, str]


class Told:
    """What was said in a session so far; what cannot be read was not said."""

    def __init__(self, folder: Path, session: str) -> None:
        name = hashlib.sha256(session.encode("utf-8", "replace")).hexdigest()[:24]
        self._file = folder / FOLDER / f"{name}.json"
        self.pack, self.hints = False, frozenset[Hint]()
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            said = json.loads(self._file.read_bytes())
            self.hints = frozenset((str(changed), str(path)) for changed, path in said["hints"])
            self.pack = bool(said["pack"])

    def add(self, *, pack: bool = False, hints: Iterable[Hint] = ()) -> bool:
        """Write down what is about to be said; whether it could be: else it would be said again and again."""
        self.pack, self.hints = self.pack or pack, self.hints | frozenset(hints)
        scratch = self._file.with_suffix(f".{os.getpid()}")
        try:
            self._file.parent.mkdir(exist_ok=True)
            scratch.write_text(json.dumps({"pack": self.pack, "hints": sorted(self.hints)}), "ascii")
            scratch.replace(self._file)
            self._sweep()
        except OSError:
            with contextlib.suppress(OSError):
                scratch.unlink(missing_ok=True)
            return False
        return True

    def _sweep(self) -> None:
        for file in self._file.parent.iterdir():
            with contextlib.suppress(OSError):
                if time.time() - file.stat().st_mtime > KEPT_S:
                    file.unlink()
