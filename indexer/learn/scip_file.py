"""Which SCIP index a work tree has: `index.scip` in its top folder, or the file that the user named. Reads none."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import NamedTuple

from noctule.indexer.runtime import state

DEFAULT = "index.scip"
_DOCUMENT = "scip index of {}"


class ScipFile(NamedTuple):
    """The index of a work tree, and what tells whether it was written since: size and time, nothing where none is."""

    name: str
    stamp: str

    @classmethod
    def of(cls, root: Path, name: str) -> ScipFile:
        """Look at a file; a relative name is one below the top folder. What a repository links to is not followed."""
        try:
            seen = (root / name).stat(follow_symlinks=name != DEFAULT)
        except (OSError, ValueError):
            # That the usual file is absent is nothing to speak of.
            return cls(name, "" if name == DEFAULT else "absent")
        if stat.S_ISLNK(seen.st_mode):
            return cls(name, "")
        return cls(name, f"{seen.st_size}.{seen.st_mtime_ns}.{seen.st_ino}")

    def path(self, root: Path) -> Path:
        """Return where it lies."""
        return root / self.name


def choose(folder: Path, view: str, name: str) -> None:
    """Keep which index the user named for a work tree, beside its store. StoreError."""
    if load_choice(folder, view) != name:
        with state.transaction(folder) as db:
            content = json.dumps(os.fspath(name))
            db.execute("INSERT OR REPLACE INTO document VALUES (?, ?)", (_DOCUMENT.format(view), content))


def load_choice(folder: Path, view: str) -> str:
    """Return which index the user named for a work tree; the usual one where nobody did."""
    found = state.rows(folder, "SELECT content FROM document WHERE name = ?", _DOCUMENT.format(view))
    return str(json.loads(found[0][0])) if found else DEFAULT
