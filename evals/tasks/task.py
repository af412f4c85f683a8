"""One task, as a value that a run's folder keeps. Knows no repository and no score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from noctule.evals.errors import BadTaskFile
from noctule.indexer.results import Json


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked of a repository at a commit, and the patch that solved it.

    `pair` is the same for the masked and the unmasked form of one task. `gold_files` and `gold_symbols`
    ("path:qualified.name") are what the source of the task itself names; None where only the patch tells.
    """

    id: str
    kind: str  # "issue", "question", "history", "features"
    repository: str
    base: str
    text: str
    patch: str
    pair: str = ""
    masked: bool = False
    created_at: str = ""
    commit: str | None = None
    gold_files: tuple[str, ...] | None = None
    gold_symbols: tuple[str, ...] | None = None

    def to_json(self) -> Json:
        """Return the task as a run's folder keeps it."""
        return asdict(self)

    @classmethod
    def of_json(cls, row: Mapping[str, object]) -> Task:
        """Return the task that `to_json` wrote. BadTaskFile."""
        try:
            return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in row.items()})  # type: ignore[arg-type]
        except TypeError as error:
            raise BadTaskFile(f"a task of the run cannot be read: {error}") from error
