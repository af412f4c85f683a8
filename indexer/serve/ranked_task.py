"""A task held against one view, before any text is cut: a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from noctule.indexer.arrays import Floats
from noctule.indexer.search.index import Signals
from noctule.indexer.search.named_alone import NamedDefinition
from noctule.indexer.search.query import TaskQuery
from noctule.indexer.search.quotations import Quotation
from noctule.indexer.tokens import count


@lru_cache(maxsize=4)
def count_task(text: str) -> int:
    """Return the tokens of a task: the repositories of a workspace are asked the same one after the other."""
    return count(text)


class RankedTask(NamedTuple):
    """What each file of a view scores for a task, and how likely the task's change touches it."""

    text: str
    asked: TaskQuery
    signals: Signals
    scores: Floats
    likely: Sequence[float]
    is_about: bool
    """Whether the task is about this repository at all; a note of a model may still answer it."""
    about: float
    """The probability of that, notes left aside."""
    expected: Mapping[str, float]
    votes: Mapping[int, float]
    quoted: Mapping[int, Sequence[Quotation]]
    """The files that contain, word for word, what the task quotes."""
    named: Sequence[NamedDefinition]
    """The definitions that the task names, and that have no namesake."""
    elapsed_ms: float
