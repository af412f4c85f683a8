"""What a face writes into the ledger after it has answered. Fails for nothing that a disk does; keeps nobody waiting.

No text of a task or an answer is written: paths, ids of contents, counts and times alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from noctule.indexer.runtime.ledger import Ledger, Served

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noctule.indexer.results import Claim, Forecast, Note, Pack
    from noctule.indexer.serve.repository import Repository


def record_serving(repository: Repository, answer: Pack | Note | Forecast, latency_ms: float) -> bool:
    """Record that an answer was served; return whether it was recorded. Answers about a revision are not.

    Call it after the answer is sent. Once the modules are loaded it takes a few hundredths of a millisecond. It counts
    no tokens: `indexer.background.replaced_tokens` measures the files later, while the machine is idle.
    """
    if repository.at is not None:
        return False
    return Ledger(Path(repository.folder)).add(_record(repository, answer, latency_ms))


def _record(repository: Repository, answer: Pack | Note | Forecast, latency_ms: float) -> Served:
    from noctule.indexer.results import Note, Pack
    from noctule.indexer.tokens import count

    if isinstance(answer, Pack):
        blobs = (repository.reader.blob_id(file.path) for file in answer.shown if file.lines)
        files = () if answer.abstained else tuple(file.path for file in answer.files)
        shown = tuple(b for b in blobs if b is not None)
        return Served("context", answer.tokens, latency_ms, files, (), shown, _count_written(answer.claims))
    if isinstance(answer, Note):
        path = answer.subject.partition(":")[0] if answer.subject_kind in {"file", "symbol"} else ""
        asked = (path,) if path else ()
        tokens = sum(count(claim.text) for claim in answer.claims)
        return Served("notes", tokens, latency_ms, asked, asked, (), _count_written(answer.claims))
    files = tuple(point.path for point in answer.change_points if point.symbol is None)
    return Served("predict", sum(map(count, files)), latency_ms, files, answer.given)


def _count_written(claims: Sequence[Claim]) -> int:
    """Count the claims of a model."""
    return sum(1 for claim in claims if claim.by)
