"""How well weights rank tasks: in all, by language, and by how many files the change touches. Numbers only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

FILE_CUTS, FUNCTION_CUT, SET_CUT = (1, 5, 10), 10, 5
SETS: tuple[tuple[str, range], ...] = (("one file", range(1, 2)), ("two to five files", range(2, 6)))


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one task, the rank of the last of its files and of the last of its functions; None where it has none."""

    task: str
    language: str
    asks: bool
    files: int
    worst_file: float | None
    worst_function: float | None
    repository: str = ""
    words: int = 0
    is_first_right: bool = False
    is_about: bool = False
    """Whether the task is taken to be about its repository, so that a pack says something."""
    features: Mapping[str, float] = field(default_factory=dict)
    """What tells how sure the first file is."""
    is_stranger: bool = False
    """Whether it is the title of a task of another repository."""


@dataclass(frozen=True)
class Figures:
    """Of which share of tasks all files, and all functions, are among the first ones."""

    each: tuple[Outcome, ...]
    strangers: tuple[Outcome, ...] = ()

    def rows(self) -> dict[str, tuple[int, float]]:
        """Return by figure the number of tasks and the share of them, in percent."""
        return dict(self._rows())

    def _rows(self) -> Iterator[tuple[str, tuple[int, float]]]:
        changes = [outcome for outcome in self.each if not outcome.asks]
        for cut in FILE_CUTS:
            yield f"files Acc@{cut}", _share(changes, lambda o: o.worst_file, cut)
        for name, numbers in SETS:
            mine = [outcome for outcome in changes if outcome.files in numbers]
            yield f"files Acc@{SET_CUT}, {name}", _share(mine, lambda o: o.worst_file, SET_CUT)
        yield f"functions Acc@{FUNCTION_CUT}", _share(changes, lambda o: o.worst_function, FUNCTION_CUT)
        for language in sorted({outcome.language for outcome in changes} - {""}):
            mine = [outcome for outcome in changes if outcome.language == language]
            yield f"files Acc@{SET_CUT}, {language}", _share(mine, lambda o: o.worst_file, SET_CUT)
            yield f"functions Acc@{FUNCTION_CUT}, {language}", _share(mine, lambda o: o.worst_function, FUNCTION_CUT)
        asked = [outcome for outcome in self.each if outcome.asks]
        yield f"questions, files Acc@{SET_CUT}", _share(asked, lambda o: o.worst_file, SET_CUT)


def _share(outcomes: Iterable[Outcome], rank: Callable[[Outcome], float | None], cut: int) -> tuple[int, float]:
    ranks = [found for outcome in outcomes if (found := rank(outcome)) is not None]
    return len(ranks), round(100 * sum(found <= cut for found in ranks) / max(len(ranks), 1), 1)
