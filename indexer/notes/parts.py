"""What sleep lays out for notes, so that writing one at request time walks no history."""

from __future__ import annotations

from collections.abc import Sequence

from noctule.indexer.arrays import pack
from noctule.indexer.history.history import History
from noctule.indexer.notes import changes, couplings
from noctule.indexer.notes import recipe_mining as recipes


def parts(history: History, paths: Sequence[str]) -> dict[str, bytes]:
    """Return the parts of a view that notes are written from; `paths` are its files, ascending."""
    return {
        "commit_ids": pack(changes.columns(history)),
        "recipes": recipes.encode(recipes.mine(history, paths)),
        "couplings": couplings.encode(couplings.mine(history, paths)),
    }
