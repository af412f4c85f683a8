"""Commits that modify three or more source files: tasks of which the whole set of files is asked for.

As in the SWE-Features set of sleep-time compute (arXiv 2504.13171), which scores the set of modified files by
precision, recall and F1; created files cannot be found in the base and are reported apart.
"""

from __future__ import annotations

from collections.abc import Callable

from noctule.evals.tasks.history import Mined, mine
from noctule.indexer.files.git import RepositoryPlace
from noctule.indexer.results import Progress

FEWEST_FILES = 3
MOST_FILES = 20


def mine_features(
    place: RepositoryPlace, name: str, revision: str, last: int, progress: Callable[[Progress], None] | None = None
) -> Mined:
    """Return the newest `last` commits up to a revision that modify several source files."""
    return mine(
        place,
        name,
        revision,
        last,
        kind="features",
        fewest_files=FEWEST_FILES,
        most_files=MOST_FILES,
        progress=progress,
    )
