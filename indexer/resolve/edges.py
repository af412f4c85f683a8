"""From uses to edges: which definition a name in a file means. A use that is not resolved makes no edge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from noctule.indexer.parse.facts.model import (
    BARE,
    CLASS,
    CONSTRUCTOR,
    FUNCTION,
    IMPORT,
    MODULE,
    VALUE,
    Expr,
    bare_name,
    is_implied,
)
from noctule.indexer.parse.facts.packing import unpack_uses
from noctule.indexer.resolve.expressions import Types
from noctule.indexer.resolve.imports.jvm import add_accessors
from noctule.indexer.resolve.program import Program
from noctule.indexer.resolve.slots import NO_FILE, Slot
from noctule.indexer.resolve.types import EXPANDED, NAMED, OWN, OWNER, QUALIFIED, Type, options

_HAS_MEMBERS = frozenset("icumv-Kf")
_WAYS = {"c": OWNER, "m": QUALIFIED}
"""How a member of a class itself, and one of a module, are resolved at best; others are those of objects."""
DEEPEST_MACRO = 3
"""Macros inside of macros are followed so far."""


class Names(Protocol):
    """Names that are asked for one by one, or all read."""

    def __contains__(self, name: object, /) -> bool:
        """Tell whether a name is one of them."""

    def __iter__(self) -> Iterator[str]:
        """Yield all of them."""


@dataclass(slots=True)
class FileEdges:
    """What one file uses: by (file, definition) how each line was resolved; and the files that it needs.

    Of these the first line that needs them, and how the surest was resolved.
    """

    uses: dict[tuple[int, int], dict[int, int]] = field(default_factory=dict)
    files: dict[int, tuple[int, int]] = field(default_factory=dict)
    parts: list[tuple[Sequence[Slot], Sequence[int], int]] = field(default_factory=list)
    """Types that are written in several files, the lines that name them, and how they were resolved."""

    def add(self, file: int, definition: int, rows: Sequence[int], how: int) -> None:
        """Note a use, or, where the definition is -1, that something of a file is used."""
        if not rows:
            return
        first = rows[0] if len(rows) == 1 else min(rows)
        if first < 0:
            return
        known = self.files.get(file)
        if known is None:
            self.files[file] = (first, how)
        elif first < known[0] or how < known[1]:
            self.files[file] = (min(known[0], first), min(known[1], how))
        if definition < 0:
            return
        at = self.uses.get((file, definition))
        if at is None:
            self.uses[file, definition] = dict.fromkeys(rows, how)
            return
        for row in rows:
            if at.setdefault(row, how) > how:
                at[row] = how


class Resolver:
    """Resolves the uses of each file of a program; `names` are those worth resolving."""

    def __init__(self, program: Program, names: Names | None = None) -> None:
        self.program = program
        self.types = Types(program)
        if names is not None and {"java", "kotlin"} <= {head.language for head in program.heads if head is not None}:
            names = add_accessors(names)
        self.names = names
        self._renamed: dict[int, frozenset[str]] = {}
        self._generic: dict[int, frozenset[str]] = {}

    def edges(self, file: int) -> FileEdges:
        """Resolve all that a file uses."""
        found = FileEdges()
        self.program.current = file
        overloads = self._imports(file, found)
        aliases = self._aliases(file).union(*map(self._aliases, found.files))
        names = self.names or ()
        for (scope, receiver, name), rows in unpack_uses(self.program.load(file)).items():
            if name not in names and not self._is_worth(name) and name not in aliases:
                continue
            if receiver == BARE:
                self._bare(file, scope, name, rows, found)
            else:
                self._member(file, scope, receiver, name, rows, found)
        self.types.forget_expressions()
        for slot, row in overloads:
            if (slot.file, slot.binding.definition) in found.uses:
                self._add(slot, (row,), NAMED, found)
        self._choose_parts(found)
        policy = self.program.policy(file)
        for target in [t for t in found.files if t != file and not policy.can_see(file, t)]:
            del found.files[target]
            found.uses = {key: at for key, at in found.uses.items() if key[0] != target}
        self.program.current = -1
        if self.program.forget(file):
            self.types.forget_file(file)
        return found

    def _aliases(self, file: int) -> frozenset[str]:
        """Return the names under which a file uses, or re-exports, a definition with another name."""
        known = self._renamed.get(file)
        if known is None:
            has_facts = self.program.heads[file] is not None
            top = self.program.of(file).scopes[0].names if has_facts else {}
            known = self._renamed[file] = frozenset(
                name.removeprefix("=")
                for name, bound in top.items()
                if any(b.tag == IMPORT and b.type != name.removeprefix("=") for b in bound)
            )
        return known

    def _type_parameters(self, file: int) -> frozenset[str]:
        """Return the names of all type parameters in a file."""
        known = self._generic.get(file)
        if known is None:
            facts = self.program.of(file)
            found = [name for function in facts.functions for name in function.generic]
            found += [name for class_ in facts.classes for name in class_.parameters]
            known = self._generic[file] = frozenset(found)
        return known

    def _is_worth(self, name: str) -> bool:
        """Tell whether anything is defined under a name; some are bound with a mark."""
        names = self.names
        if names is None or name in names or name == CONSTRUCTOR or bare_name(name) in names:
            return True
        return name.startswith(MODULE)  # it is defined as it is spelled there, with some of its parts

    def _imports(self, file: int, found: FileEdges) -> list[tuple[Slot, int]]:
        """Add what imports name; return what they name beside others, with the line: the file may use it or not."""
        program = self.program
        overloads: list[tuple[Slot, int]] = []
        policy = program.policy(file)
        for imported in program.of(file).imports:
            is_way = policy.is_way(file, imported.module, imported.name)
            for target in () if is_way else policy.modules(file, imported.module):
                if target != file:
                    found.add(target, -1, (imported.row,), NAMED)
            if imported.name not in {"", "*"}:
                for slot in policy.resolve_import(file, imported.module, imported.name):
                    for end in program.follow(slot):
                        self._add(end, (imported.row,), NAMED, found)
                named = policy.find_overloads(file, imported.module, imported.name)
                overloads += [(slot, imported.row) for slot in named]
        return overloads

    def _choose_parts(self, found: FileEdges) -> None:
        """Add the types that are written in several files: of these, the parts whose members the line uses.

        Where it uses none, the file that has the type's name stands for all, if there is one.
        """
        if not found.parts:
            return
        lines: dict[int, set[int]] = {}
        for (file, _), at in found.uses.items():
            lines.setdefault(file, set()).update(at)
        for slots, rows, how in found.parts:
            main = [slot for slot in slots if self._is_main(slot)] or slots
            for row in rows:
                used = [slot for slot in slots if row in lines.get(slot.file, ())]
                for slot in used or main:
                    self._add(slot, (row,), how, found)

    def _is_main(self, slot: Slot) -> bool:
        stem = self.program.paths[slot.file].rpartition("/")[2].rpartition(".")[0]
        name = self.types.class_((slot.file, slot.binding.value)).name
        return stem.replace("_", "").lower() == name.replace("_", "").lower()

    def _add_all(self, file: int, slots: Sequence[Slot], rows: Sequence[int], how: int, found: FileEdges) -> None:
        """Add all that a name means, or put off which part of a type it is."""
        is_parted = len(slots) > 1 and self.program.policy(file).merges_types
        if is_parted and all(slot.file >= 0 and slot.binding.tag == CLASS for slot in slots):
            found.parts.append((slots, rows, how))
            return
        for slot in slots:
            self._add(slot, rows, how, found)

    def _add(self, slot: Slot, rows: Sequence[int], how: int, found: FileEdges) -> None:
        if slot.file >= 0 and slot.binding.definition != NO_FILE:
            found.add(slot.file, slot.binding.definition, rows, how)
        elif slot.file == -1:
            target = self.program.made[slot.binding[0]].module_file(slot.binding)
            if target >= 0:
                found.add(target, -1, rows, how)

    def _bare(self, file: int, scope: int, name: str, rows: list[int], found: FileEdges) -> None:
        scopes = self.program.of(file).scopes
        bound = scopes[scope].names.get(name, ())
        once = not bound or (len(bound) < 2 and not bound[0].scoped)
        leads_on = self.program.policy(file).leads_on
        if not bound and name in self._type_parameters(file) and self.types.is_type_parameter(file, scope, name):
            return
        for row in rows[:1] if once else rows:
            slots = self.program.resolve(file, scope, name, row)
            at = rows if once else (row,)
            self._add_all(file, [slot for slot in slots if slot.file != -1 or not leads_on], at, NAMED, found)
            for slot in slots:
                words = _macro(slot)
                if words is not None:
                    self._expand(file, words, at, found, 0)

    def _expand(self, file: int, words: tuple[str, ...], rows: Sequence[int], found: FileEdges, depth: int) -> None:
        """Add the uses that a macro contains to the place where it is used."""
        policy = self.program.policy(file)
        for word in words:
            space, _, name = word.rpartition("::")
            if (self.names is not None and name not in self.names) or policy.is_namespace(word):
                continue
            if space:
                slots = policy.select_members(file, policy.member(("c", space.rpartition("::")[2]), name))
            else:
                own = self.program.top(file, word)
                slots = policy.top(file, word, own) if own else policy.outer(file, word)
            for slot in slots:
                inner = _macro(slot)
                if inner is None:
                    self._add(slot, rows, EXPANDED, found)
                elif depth < DEEPEST_MACRO:
                    self._expand(file, inner, rows, found, depth + 1)

    def _member(self, file: int, scope: int, receiver: Expr, name: str, rows: list[int], found: FileEdges) -> None:
        types = self.types
        if is_implied(receiver):
            _, context, around = receiver
            implied = ("r", context)
            given = [types.members(o, name) for o in options(types.infer(file, scope, implied, rows[0]))]
            if any(self.program.policy(file).choose_extensions(file, [s for s, _ in one]) for one in given if one):
                receiver = implied
            elif around is None:
                self._bare(file, scope, name, rows, found)
                return
            else:
                self._member(file, scope, around, name, rows, found)
                return
        once = self._is_steady(file, scope, receiver, rows)
        policy = self.program.policy(file)
        form = receiver[0] if isinstance(receiver, tuple) else ""
        for row in rows[:1] if once else rows:
            types.how = NAMED
            for option in options(types.infer(file, scope, receiver, row)):
                if option[0] == "e":
                    for slot in policy.library_members(file, option[1], name):
                        self._add(slot, rows if once else (row,), max(types.how, OWN), found)
                members = types.members(option, name) if option[0] in _HAS_MEMBERS else ()
                if name == CONSTRUCTOR and policy.names_constructors and not self._is_named(option, receiver):
                    continue
                slots = [
                    slot
                    for slot in policy.select_members(file, [slot for slot, _ in members])
                    if not (form == "F" and not _is_field(slot)) and not (form == "L" and not self._takes_any(slot))
                ]
                how = max(types.how, _WAYS.get(option[0], OWN))
                self._add_all(file, slots, rows if once else (row,), how, found)

    def _takes_any(self, slot: Slot) -> bool:
        """Tell whether a member is no function without parameters."""
        is_function = slot.file >= 0 and slot.binding.tag == FUNCTION
        return not is_function or bool(self.types.function((slot.file, slot.binding.value)).parameters)

    def _is_named(self, option: Type, receiver: Expr) -> bool:
        """Tell whether a receiver is a class that is written with its own name."""
        while isinstance(receiver, tuple) and receiver[0] == "i":
            receiver = receiver[1]
        last = receiver[2] if isinstance(receiver, tuple) and receiver[0] == "a" else receiver
        return option[0] == "c" and bool(last == self.types.class_(option[1]).name)

    def _is_steady(self, file: int, scope: int, receiver: Expr, rows: list[int]) -> bool:
        """Tell whether a receiver is the same in all lines: its first name is bound once where it stands."""
        if len(rows) < 2:
            return True
        while isinstance(receiver, tuple):
            if len(receiver) < 2 or receiver[0] in {"o", "T", "l"}:
                return receiver[0] in {"s", "S", "C"}
            receiver = receiver[1]
        if not isinstance(receiver, str):
            return True
        scopes = self.program.of(file).scopes
        while scope >= 0:
            bound = scopes[scope].names.get(receiver)
            if bound is not None:
                return len(bound) < 2 and not bound[0].scoped
            scope = scopes[scope].parent
        return True


def _is_field(slot: Slot) -> bool:
    """Tell whether a class declares a member with its type, as the fields of a dataclass are."""
    return slot.file >= 0 and slot.binding.tag == VALUE and slot.binding.type is not None


def _macro(slot: Slot) -> tuple[str, ...] | None:
    """Return the words that a macro stands for, where a slot is one."""
    value = slot.binding.value if slot.file >= 0 and slot.binding.tag == VALUE else None
    return value[1] if isinstance(value, tuple) and value[0] == "M" else None
