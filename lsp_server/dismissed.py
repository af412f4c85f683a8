"""Hints that the user does not want to see again, kept beside the store; the repository knows nothing of them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from pathlib import Path

from noctule.indexer.runtime import state

MOST = 10_000
Hint = tuple[str, str]
"""A file that is changed, and the one that is not to be mentioned then."""


def read_dismissed(folder: Path) -> frozenset[Hint]:
    """Return what was dismissed for the store in `folder`; what cannot be read dismisses nothing."""
    return parse_hints(state.rows(folder, "SELECT hint FROM dismissed LIMIT ?", MOST))


def dismiss(folder: Path, hint: Hint) -> None:
    """Show a hint no more. StoreError where that cannot be kept."""
    with state.transaction(folder) as db:
        db.execute("INSERT OR IGNORE INTO dismissed VALUES (?)", (json.dumps(hint),))


def parse_hints(rows: Iterable[tuple[str]]) -> frozenset[Hint]:
    """Read hints as they are stored."""
    found: set[Hint] = set()
    for (hint,) in rows:
        with contextlib.suppress(ValueError, TypeError):
            changed, path = json.loads(hint)
            found.add((str(changed), str(path)))
    return frozenset(found)
