"""Functions of C++ that share a name: which of them declare one another, and which are others. Knows no includes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.model import FUNCTION, IS_DECLARATION, Expr, Function
from noctule.indexer.resolve.slots import Slot

if TYPE_CHECKING:
    from noctule.indexer.resolve.slots import ProgramSnapshot


class Overloads:
    """The functions of a program; `find_owner` gives the class of one that is written outside of it."""

    def __init__(self, program: ProgramSnapshot, find_owner: Callable[[int, int], tuple[int, int] | None]) -> None:
        self._program = program
        self._find_owner = find_owner

    def is_declaration(self, slot: Slot) -> bool:
        """Tell whether a slot only declares what another one defines."""
        if slot.binding.tag != FUNCTION:
            return slot.binding.value is None
        return bool(self._function(slot).flags & IS_DECLARATION)

    def is_one_form(self, one: Slot, other: Slot) -> bool:
        """Tell whether one may be the declaration of the other, as far as their parameters say."""
        if not one.binding.tag == other.binding.tag == FUNCTION:
            return True
        if self.is_declaration(one) == self.is_declaration(other):
            return False
        types = self._parameter_types(one), self._parameter_types(other)
        return len(types[0]) == len(types[1]) and all(a == b or not a or not b for a, b in zip(*types, strict=True))

    def drop(self, found: list[Slot]) -> list[Slot]:
        """Leave out functions that several files declare for other arguments: which one is meant is not known."""
        functions = [s for s in found if s.file >= 0 and s.binding.tag == FUNCTION and self._is_free(s)]
        if len({slot.file for slot in functions}) < 2:
            return found
        together = {slot.file: {slot.file} for slot in functions}
        for at, one in enumerate(functions):
            for other in functions[at + 1 :]:
                if one.file not in together[other.file] and self.is_one_form(one, other):
                    whole = together[one.file] | together[other.file]
                    together.update(dict.fromkeys(whole, whole))
        if len(together[functions[0].file]) == len(together):
            return found
        return [slot for slot in found if slot not in functions]

    def _is_free(self, slot: Slot) -> bool:
        return self._function(slot).class_ < 0 and self._find_owner(slot.file, slot.binding.value) is None

    def _function(self, slot: Slot) -> Function:
        found: Function = self._program.of(slot.file).functions[slot.binding.value]
        return found

    def _parameter_types(self, slot: Slot) -> list[str]:
        """Return the last names of the types of parameters; nothing where one is not known."""
        function = self._function(slot)
        names = self._program.of(slot.file).scopes[function.scope].names if function.scope >= 0 else {}
        bound = [names.get(name, ()) if name else () for name in function.parameters]
        return [_last_name(found[0].type) if found else "" for found in bound]


def _last_name(type_: Expr) -> str:
    while isinstance(type_, tuple) and type_[0] == "i":
        type_ = type_[1]
    if isinstance(type_, tuple) and type_[0] == "a":
        return str(type_[2])
    return type_.rpartition(" ")[2] if isinstance(type_, str) else ""
