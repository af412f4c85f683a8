"""What sleep lays out for notes, so that writing one at request time walks no history."""

from __future__ import annotations

from collections.abc import Sequence

from indexer.columns import pack
from indexer.history import History
from indexer.notes import changes, couplings, recipes


def parts(history: History, paths: Sequence[str]) -> dict[str, bytes]:
    """Return the parts of a view that notes are written from; `paths` are its files, ascending."""
    return {
        "commit_ids": pack(changes.columns(history)),
        "recipes": recipes.laid_out(recipes.mined(history, paths)),
        "couplings": couplings.laid_out(couplings.mined(history, paths)),
    }
