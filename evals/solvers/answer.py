"""What a solver gives back, as a value that a run's folder keeps. Knows no gold: scoring is done later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Protocol, runtime_checkable

from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task
from noctule.indexer.results import Json

MOST_FILES = 50
MOST_SYMBOLS = 60


@dataclass(frozen=True, slots=True, order=True)
class LineRanges:
    """Lines of a file, from one, both ends included."""

    path: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SolverAnswer:
    """Ranked files and symbols, best first, and what it took to find them.

    `symbols` are (path, qualified name), None where a solver ranks none. `spans` are the source lines that were shown,
    `named` the paths that the shown text names; `tokens` is what reading the answer costs. `measures` are numbers of
    the solver's own.
    """

    files: tuple[str, ...] = ()
    symbols: tuple[tuple[str, str], ...] | None = None
    spans: tuple[LineRanges, ...] = ()
    named: tuple[str, ...] = ()
    tokens: int | None = None
    abstained: bool = False
    measures: Mapping[str, float] = field(default_factory=dict)
    detail: Mapping[str, object] = field(default_factory=dict)

    def to_json(self) -> Json:
        """Return the answer as a run's folder keeps it; a span is [path, start, end]."""
        row = asdict(self)
        row["spans"] = [[s.path, s.start, s.end] for s in self.spans]
        return row

    @classmethod
    def of_json(cls, row: Mapping[str, object]) -> SolverAnswer:
        """Return the answer that `to_json` wrote."""
        symbols = row["symbols"]
        return cls(
            files=tuple(row["files"]),  # type: ignore[arg-type]
            symbols=None if symbols is None else tuple((path, symbol) for path, symbol in symbols),  # type: ignore[attr-defined]
            spans=tuple(LineRanges(*span) for span in row["spans"]),  # type: ignore[attr-defined]
            named=tuple(row["named"]),  # type: ignore[arg-type]
            tokens=row["tokens"],  # type: ignore[arg-type]
            abstained=bool(row["abstained"]),
            measures=row["measures"],  # type: ignore[arg-type]
            detail=row["detail"],  # type: ignore[arg-type]
        )


class Solver(Protocol):
    """One arm of an experiment; a process makes one of each and asks it task after task."""

    def solve(self, task: Task, ground: BaseCheckout, gold: Gold) -> SolverAnswer | None:
        """Answer a task; None where it does not apply. `gold` is for those that replay until it was seen."""
        ...


@runtime_checkable
class Closing(Protocol):
    """A solver that holds what has to be closed."""

    def close(self) -> None:
        """Close it; the solver may be asked again."""
        ...
