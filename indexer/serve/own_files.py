"""Which of the ranked files a person edits: a pack names no generated and no vendored file."""

from __future__ import annotations

from collections.abc import Sequence

from noctule.indexer.files.roles import MADE_ELSEWHERE
from noctule.indexer.results import RankedFile
from noctule.indexer.search.excerpts import Excerpt
from noctule.indexer.search.index import Index, Signals


def own_files(ranked: Sequence[int], index: Index, signals: Signals) -> list[int]:
    """Return the files that a person edits; the first file, and files that the task names by path, always stay."""
    named = signals.values[signals.names.index("path named")]
    is_made = [name in MADE_ELSEWHERE for name in index.role_names]
    return [file for n, file in enumerate(ranked) if n == 0 or named[file] > 0 or not is_made[index.role[file]]]


def keep_own(
    own: Sequence[int], index: Index, files: Sequence[RankedFile], excerpts: Sequence[Excerpt]
) -> tuple[list[RankedFile], list[Excerpt]]:
    """Return the parts of the answer that are about these files, and every definition that the task names."""
    paths = {index.paths[file] for file in own}
    return [f for f in files if f.path in paths], [e for e in excerpts if e.path in paths or e.is_named]
