"""Hints that the user does not want to see again, kept beside the store; the repository knows nothing of them."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from noctule.indexer.errors import StoreUnavailable

FILE = "silenced.json"
MOST = 10_000
Hint = tuple[str, str]
"""A file that is changed, and the one that is not to be mentioned then."""


def silenced(folder: Path) -> frozenset[Hint]:
    """Return what was silenced for the store in `folder`; what cannot be read silences nothing."""
    try:
        hints = json.loads((folder / FILE).read_bytes())
        return frozenset((str(changed), str(path)) for changed, path in hints)
    except (OSError, ValueError, TypeError):
        return frozenset()


def silence(folder: Path, hint: Hint) -> None:
    """Silence a hint. StoreUnavailable where that cannot be kept."""
    hints = sorted({*silenced(folder), hint})[:MOST]
    scratch = folder / f"{FILE}.{os.getpid()}"
    try:
        scratch.write_text(json.dumps(hints), "ascii")
        scratch.replace(folder / FILE)
    except OSError as error:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
        why = error.strerror or str(error)
        raise StoreUnavailable(
            f"cannot save this in {folder}: {why}", "free some space, or set NOCTULE_CACHE_DIR"
        ) from error
