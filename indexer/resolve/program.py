"""All files of one snapshot with their facts: looks names up in scopes and follows imports. Knows no types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from noctule.indexer.parse.facts.model import (
    IMPORT,
    OUTER,
    Binding,
    Facts,
    FileOutline,
    Head,
    outline,
    unpack_outline,
)
from noctule.indexer.parse.facts.packing import unpack
from noctule.indexer.resolve.imports import policies
from noctule.indexer.resolve.imports.policy import Policy
from noctule.indexer.resolve.slots import MOST_STEPS, Slot, make_slots


class Program:
    """The files of a snapshot. `heads` has None where a file has no facts; `load` gives the packed facts of others.

    `texts` holds the files that say what imports mean: manifests and settings. Facts are read when they are asked for.
    `outlines` are those that are known, packed, so that what looks at all files need not read the facts of each.
    """

    def __init__(
        self,
        paths: Sequence[str],
        heads: Sequence[Head | None],
        load: Callable[[int], bytes],
        texts: Mapping[str, str] | None = None,
        outlines: Mapping[int, bytes] | None = None,
    ) -> None:
        self.paths = paths
        self.heads = heads
        self.load = load
        self.texts = texts or {}
        self._packed_outlines = outlines or {}
        self._outlines: dict[int, FileOutline] = {}
        self._facts: dict[int, Facts] = {}
        self._followed: dict[int, dict[int, list[Slot]]] = {}
        """By file and identity of the binding."""
        self._asked: set[int] = set()
        """Files whose facts another file asked for."""
        self.current = -1
        """The file whose uses are being resolved."""
        self.failed: dict[int, str] = {}
        """Why the uses of a file could not be resolved."""
        self.made: dict[str, Policy] = {}
        """The policies by their families."""
        self.policies: list[Policy | None] = [
            policies.for_language(self, head.language, self.made) if head is not None else None for head in heads
        ]
        self.shape_members: Callable[[list[Slot], str], list[Slot]] = _no_members
        """Set by the types: finds a member of what slots stand for."""
        self.members_of: Callable[[tuple[int, int], str], list[Slot]] | None = None
        """Set by the types: finds a member of a class through its bases, for languages that see them by name alone."""

    def replace_facts(self, packed: Mapping[int, bytes]) -> Program:
        """Return the same program with other facts of some files; a file whose facts are empty has none."""
        facts = {file: unpack(content) for file, content in packed.items() if content}
        heads = list(self.heads)
        for file in packed:
            heads[file] = Head(facts[file].language, facts[file].package) if file in facts else None
        outlines = {file: outline for file, outline in self._packed_outlines.items() if file not in packed}
        load = self.load
        found = Program(self.paths, heads, lambda file: packed.get(file) or load(file), self.texts, outlines)
        found._facts = {file: known for file, known in self._facts.items() if file not in packed} | facts
        return found

    @cached_property
    def position(self) -> dict[str, int]:
        """The position of each path."""
        return {path: file for file, path in enumerate(self.paths)}

    def of(self, file: int) -> Facts:
        """Return the facts of a file that has some."""
        found = self._facts.get(file)
        if found is None:
            found = self._facts[file] = unpack(self.load(file))
            if file != self.current:
                self._asked.add(file)
        return found

    def forget(self, file: int) -> bool:
        """Drop the facts of a file that no other file has asked for, as of most tests; tell whether they were dropped.

        Whoever asks for them later has them read again. Half of the memory of a program are such files.
        """
        if file in self._asked:
            return False
        self._facts.pop(file, None)
        self._followed.pop(file, None)
        return True

    def outline(self, file: int) -> FileOutline:
        """Return the outline of a file that has facts."""
        found = self._outlines.get(file)
        if found is None:
            packed = self._packed_outlines.get(file) if file not in self._facts else None
            found = self._outlines[file] = outline(self.of(file)) if packed is None else unpack_outline(packed)
        return found

    def policy(self, file: int) -> Policy:
        """Return how the language of a file looks names up."""
        found = self.policies[file]
        assert found is not None
        return found

    def lookup(self, file: int, scope: int, name: str, row: int) -> list[Slot]:
        """Return the possible meanings of a name at a line of a scope; imports are not followed."""
        scopes = self.of(file).scopes
        policy = self.policy(file)
        here = scopes[scope].function
        at = scope
        while at >= 0:
            looked = scopes[at]
            bound = looked.names.get(name)
            if bound is not None and (
                looked.class_ < 0
                or policy.sees_members
                or (at == scope and policy.own_scope_sees_members)
                or (policy.namespaces_are_scopes and self.of(file).classes[looked.class_].kind == "module")
            ):
                ordered = looked.function == here and (here >= 0 or policy.is_sequential)
                found = bound if _always_holds(bound) else _visible(bound, row, ordered=ordered)
                if found:
                    if found[0].tag == OUTER:
                        at = 0 if found[0].value else looked.parent
                        if at == 0:
                            return [Slot(file, 0, b) for b in scopes[0].names.get(name, ()) if b.tag != OUTER]
                        continue
                    slots = make_slots(file, at, found)
                    return policy.top(file, name, slots) if at == 0 else slots
            if looked.function >= 0 and policy.sees_members and self.members_of is not None:
                owner = policy.find_owner(file, looked.function)
                inherited = self.members_of(owner, name) if owner is not None else []
                inherited = policy.choose_extensions(file, inherited) if inherited else inherited
                if inherited:
                    return list(inherited)
            if looked.class_ >= 0 and policy.sees_members and self.members_of is not None:
                inherited = self.members_of((file, looked.class_), name)
                inherited = policy.choose_extensions(file, inherited) if inherited else inherited
                if inherited:
                    return list(inherited)
            at = looked.parent
        return policy.find_outer(file, scope, name, row)

    def top(self, file: int, name: str) -> list[Slot]:
        """Return the meanings of a name at the top of a file."""
        found = self.of(file).scopes[0].names.get(name)
        return make_slots(file, 0, [b for b in found if not b.scoped and b.tag != OUTER]) if found else []

    def find_members(self, slots: list[Slot], name: str) -> list[Slot]:
        """Return a member of what slots stand for."""
        return self.shape_members(slots, name)

    def follow(self, slot: Slot, _seen: frozenset[tuple[int, int]] = frozenset()) -> list[Slot]:
        """Follow a slot through imports to its final meanings."""
        if slot.file < 0 or slot.binding.tag != IMPORT:
            return [slot]
        key = (slot.file, id(slot.binding))
        followed = self._followed.get(slot.file)
        known = None if followed is None else followed.get(key[1])
        if known is not None:
            return known
        if key in _seen or len(_seen) > MOST_STEPS:
            return []
        seen = _seen | {key}
        found: list[Slot] = []
        policy = self.policy(slot.file)
        cuts = policy.cuts
        for step in policy.resolve_import(slot.file, slot.binding.value, slot.binding.type):
            found.extend(self.follow(step, seen))
        if not _seen and (policy.cuts == cuts or not policy.busy):
            self._followed.setdefault(slot.file, {})[key[1]] = found
        return found

    def resolve(self, file: int, scope: int, name: str, row: int) -> list[Slot]:
        """Return the meanings of a name at a line of a scope, imports followed."""
        slots = self.lookup(file, scope, name, row)
        if len(slots) == 1:
            return self.follow(slots[0])
        return [end for slot in slots for end in self.follow(slot)]


def _no_members(_slots: list[Slot], _name: str) -> list[Slot]:
    return []


def _always_holds(bindings: list[Binding]) -> bool:
    """Tell whether a name has one meaning in all of a scope."""
    return len(bindings) == 1 and not bindings[0].scoped


def _visible(bindings: list[Binding], row: int, *, ordered: bool) -> list[Binding]:
    """Return the bindings that may hold at a line: those before it, back to one whose block holds the line."""
    if len(bindings) == 1:
        only = bindings[0]
        return [] if only.scoped and not only.row <= row <= only.end else bindings
    seen = [b for b in bindings if not b.scoped or b.row <= row <= b.end]
    if len(seen) <= 1:
        return seen
    if not ordered:
        inner = [b for b in seen if b.scoped]
        return inner[-1:] if inner else seen
    so_far = [b for b in seen if b.row <= row]
    if so_far and so_far[-1].scoped and (in_line := [b for b in so_far if b.row == b.end == row]):
        return in_line  # of a block of one line
    before = [b for b in seen if b.row < row]
    if not before:
        return [b for b in seen if b.row == row] or seen
    found = []
    for binding in reversed(before):
        found.append(binding)
        if row <= binding.end:
            break
    return found
