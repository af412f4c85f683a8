"""What other files see of a name: the types that are worked out for it, written without positions. Compares nothing."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import cast

from noctule.indexer.parse.facts.model import CLASS, FUNCTION, PARAMETER, own_names
from noctule.indexer.resolve.difference import Path, as_word, is_spoken, label_definitions
from noctule.indexer.resolve.expressions import Types
from noctule.indexer.resolve.program import Program
from noctule.indexer.resolve.slots import Slot
from noctule.indexer.resolve.types import NAMED, Ref, Type

Entry = tuple[Hashable, str, Hashable]
"""The type that has a member, or None; the name; what it stands for."""


class MeaningChanges:
    """What others see otherwise in one state of a program than in another; `moved` are the files that differ."""

    def __init__(self, before: Program, after: Program, moved: Collection[int]) -> None:
        self._states = [Meanings(program, moved) for program in (before, after)]
        self._definitions = set[Hashable]()
        self._came_or_went: dict[int, set[Hashable]] = {}

    def add(self, file: int, word: str) -> None:
        """Note that a word of a file differs: so does all that is an object of what is defined under it."""
        for meanings in self._states:
            self._definitions |= meanings.find_definitions(file, word)

    def differ(self, file: int, word: str) -> bool:
        """Tell whether others see something else under a word of a file.

        Whoever sees a member of a class that came or went speaks of that class, or of what hangs on it.
        """
        if file not in self._came_or_went:
            before, after = (meanings.top_classes(file) for meanings in self._states)
            self._came_or_went[file] = before ^ after
        left_out = self._came_or_went[file]
        one, other = ([entry for entry in m.find(file, word) if entry[0] not in left_out] for m in self._states)
        return one != other or any(self._is_of_changed(entry) for entry in other)

    def _is_of_changed(self, value: Hashable) -> bool:
        if not isinstance(value, tuple):
            return False
        return value in self._definitions or any(map(self._is_of_changed, value))


class Meanings:
    """The names of one state; `moved` are the files whose definitions stand elsewhere in another state."""

    def __init__(self, program: Program, moved: Collection[int]) -> None:
        self._program = program
        self._types = Types(program)
        self._moved = moved
        self._labels: dict[int, tuple[list[Path], list[Path]]] = {}
        self._known: dict[tuple[int, str], list[Entry]] = {}
        self._names: dict[int, dict[str, list[tuple[Ref | None, str]]]] = {}
        self._described = set[tuple[int, Ref]]()

    def top_classes(self, file: int) -> set[Hashable]:
        """Return the labels of the classes at the top of a file."""
        if file not in self._moved:
            return set()
        facts = self._program.of(file)
        tops = {binding.value for bound in facts.scopes[0].names.values() for binding in bound if binding.tag == CLASS}
        return {self._label((file, at), 0) for at in tops}

    def find_definitions(self, file: int, word: str) -> set[Hashable]:
        """Return the labels of the types and functions that a file has under a word."""
        facts = self._program.of(file)
        classes = {self._label((file, at), 0) for at, one in enumerate(facts.classes) if one.name == word}
        return classes | {self._label((file, at), 1) for at, one in enumerate(facts.functions) if one.name == word}

    def find(self, file: int, word: str) -> list[Entry]:
        """Return what a word stands for at the top of a file and in each of its types."""
        key = (file, word)
        if key not in self._known:
            self._known[key] = self._find(file, word)
        return self._known[key]

    def _find(self, file: int, word: str) -> list[Entry]:
        if file not in self._names:
            self._names[file] = self._list_names(file)
        found: list[Entry] = []
        for ref, name in self._names[file].get(word, ()):
            if ref is None:
                bound = self._program.of(file).scopes[0].names[name]
                found += [(None, name, self._describe_slot(Slot(file, 0, binding))) for binding in bound]
            else:
                found.append((self._label(ref, 0), name, self._describe_member(ref, name)))
        return found

    def _list_names(self, file: int) -> dict[str, list[tuple[Ref | None, str]]]:
        """Return by words the names at the top of a file (None), and those of the members of its types."""
        facts = self._program.of(file)
        found: dict[str, list[tuple[Ref | None, str]]] = {}
        for name in facts.scopes[0].names:
            found.setdefault(as_word(name), []).append((None, name))
        for ref in ((file, at) for at in range(len(facts.classes))):
            for name in self._member_names(ref):
                found.setdefault(as_word(name), []).append((ref, name))
        return found

    def _member_names(self, ref: Ref) -> list[str]:
        return sorted(own_names(self._program.of(ref[0]), self._types.class_(ref)))

    def _describe_member(self, ref: Ref, name: str) -> Hashable:
        found = self._types.members(("i", ref, ()), name)
        return tuple((slot.file, self._describe_slot(slot)) for slot, _ in found)

    def _describe_slot(self, slot: Slot) -> Hashable:
        self._types.how = NAMED
        type_ = self._types.slot_type(slot)
        seen: tuple[Hashable, ...] = (self._write(type_), self._types.how)
        if slot.file < 0:
            return seen
        if slot.binding.tag == FUNCTION:
            seen += (self._describe_function((slot.file, slot.binding.value)),)
        elif slot.binding.tag == CLASS:
            seen += (self._describe_class((slot.file, slot.binding.value)),)
        return (slot.binding.tag, slot.binding.definition >= 0, *seen)

    def _describe_function(self, ref: Ref) -> Hashable:
        function = self._types.function(ref)
        self._types.how = NAMED
        returned = self._write(self._types.return_type(ref, None, {})), self._types.how
        names = self._program.of(ref[0]).scopes[function.scope].names if function.scope > 0 else {}
        parameters = [
            (name, self._write(self._types.slot_type(Slot(ref[0], function.scope, binding))))
            for name, bound in names.items()
            for binding in bound
            if binding.tag == PARAMETER
        ]
        is_itself = self._types.calls.returns_itself(ref[0], function)
        return (returned, is_itself, function.flags, tuple(function.parameters), tuple(function.generic), *parameters)

    def _describe_class(self, ref: Ref) -> Hashable:
        class_ = self._types.class_(ref)
        line = tuple(self._label(above, 0) for above, _ in self._types.heritage.line(ref))
        # Members that are looked up without a word for them are seen through the class alone.
        unspoken = [name for name in self._member_names(ref) if not is_spoken(name)]
        members = tuple((name, self._describe_member(ref, name)) for name in unspoken)
        return (class_.kind, tuple(class_.parameters), line, members)

    def _write(self, type_: Type) -> Hashable:
        """Return a type with labels in place of positions."""
        if not isinstance(type_, tuple):
            return cast("Hashable", type_)
        kind = type_[0] if type_ else None
        if kind in {"i", "c", "u", "f"} and isinstance(type_[1], tuple):
            return (kind, *self._write_ref(type_[1], 1 if kind == "f" else 0), *map(self._write, type_[2:]))
        return tuple(map(self._write, type_))

    def _write_ref(self, ref: Ref, which: int) -> tuple[Hashable, ...]:
        """Return the label of a class (0) or function (1); with what it is, where no other file can name it."""
        label = self._label(ref, which)
        is_local = ref[0] in self._moved and any(part.startswith("function ") for part in self._path(ref, which)[:-1])
        if not is_local or (which, ref) in self._described:
            return (label,)
        self._described.add((which, ref))
        try:
            if which:
                return (label, self._describe_function(ref))
            return (label, *((name, self._describe_member(ref, name)) for name in self._member_names(ref)))
        finally:
            self._described.discard((which, ref))

    def _label(self, ref: Ref, which: int) -> Hashable:
        file, at = ref
        return (file, which, at if file not in self._moved else self._path(ref, which))

    def _path(self, ref: Ref, which: int) -> Path:
        file, at = ref
        if file not in self._labels:
            self._labels[file] = label_definitions(self._program.of(file))
        return self._labels[file][which][at]
