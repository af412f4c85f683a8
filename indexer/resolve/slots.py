"""Where a name got its meaning, and what a policy may ask of the files of a snapshot. Knows no language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from noctule.indexer.parse.facts.model import Facts, FileOutline, Head

MOST_STEPS = 24
"""An import is followed through at most so many files that pass it on."""


NO_FILE = -2
"""The definition of a binding that says nothing of the file that it stands in."""
Key = Any
"""What a policy knows a module by: its family first."""


class Slot(NamedTuple):
    """Where a name got its meaning: a binding of a scope of a file; a module has no file and its key as `binding`."""

    file: int
    scope: int
    binding: Any

    @property
    def is_module(self) -> bool:
        """Whether it stands for a module or package."""
        return self.file < 0


def make_slots(file: int, scope: int, bindings: Iterable[Any]) -> list[Slot]:
    """Return the slots of some bindings of a scope."""
    # The constructor of `Slot` is a function of Python, and there are millions of slots.
    return [tuple.__new__(Slot, (file, scope, binding)) for binding in bindings]


def module_slot(key: Key) -> Slot:
    """Return the slot that stands for a module."""
    return Slot(-1, -1, key)


def external(name: str) -> Slot:
    """Return the slot that stands for a name of a library."""
    return Slot(-2, -1, name)


class ProgramSnapshot(Protocol):
    """The files of a snapshot with their facts."""

    paths: Sequence[str]
    heads: Sequence[Head | None]
    texts: Mapping[str, str]

    members_of: Callable[[tuple[int, int], str], list[Slot]] | None

    @property
    def position(self) -> Mapping[str, int]:
        """The position of each path."""

    def lookup(self, file: int, scope: int, name: str, row: int) -> list[Slot]:
        """Return the possible meanings of a name at a line of a scope; imports are not followed."""

    def follow(self, slot: Slot) -> list[Slot]:
        """Follow a slot through imports to its final meanings."""

    def of(self, file: int) -> Facts:
        """Return the facts of a file that has some."""

    def outline(self, file: int) -> FileOutline:
        """Return the outline of a file that has facts, without reading these where it is known."""

    def top(self, file: int, name: str) -> list[Slot]:
        """Return the meanings of a name at the top of a file."""

    def find_members(self, slots: list[Slot], name: str) -> list[Slot]:
        """Return a member of what slots stand for."""
