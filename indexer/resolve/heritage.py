"""Base classes of classes, and where classes declare their members."""

from __future__ import annotations

from collections.abc import Sequence

from noctule.indexer.parse.facts.model import CONSTRUCTOR, FUNCTION, VALUE, Binding, Expr
from noctule.indexer.resolve.inference import Inference
from noctule.indexer.resolve.slots import Slot, make_slots
from noctule.indexer.resolve.types import LAST, Ref, Type, compose, join, options, substitute, to_object

Field = tuple[int, Expr, Expr, int, int]
_MAKERS = frozenset({"__init__", "__new__", "__post_init__", "__attrs_post_init__", "__init_subclass__", "__enter__"})
"""Functions of Python that make an object what it is."""
_PLAIN = frozenset({"object", "Protocol", "ABC", "Exception", "Enum", "Generic", "NamedTuple", "TypedDict"})
"""Classes of Python's library whose objects have no fields that others set."""


class Heritage:
    """The classes of a program, each with its bases in the repository, the nearest first."""

    def __init__(self, types: Inference) -> None:
        self._types = types
        self._lines: dict[Ref, list[tuple[Ref, dict[str, Type]]]] = {}
        self._field_slots: dict[int, dict[int, Slot]] = {}
        """By file and identity of the field."""
        self._members: dict[tuple[Ref, str, bool], tuple[list[Slot], dict[str, Type], bool]] = {}
        self._open_lines = 0
        """Number of inheritance lines being computed: until they are done, results may be incomplete."""
        self._filled: set[Ref] = set()
        """The classes whose default type arguments are being looked up: one may name its own class."""
        self._of_libraries: dict[Ref, bool] = {}
        """Whether a class inherits from one of a library, of those that were asked for."""
        self._spread: dict[Ref, list[Type]] = {}
        """The modules whose names an object takes over whole: `{ ...names }`."""

    def forget_file(self, file: int) -> None:
        """Forget what is stored by the identity of a file's fields, when its facts are dropped."""
        self._field_slots.pop(file, None)

    def line(self, ref: Ref) -> list[tuple[Ref, dict[str, Type]]]:
        """Return a class and all that it inherits from in the repository, the nearest first, with type arguments."""
        known = self._lines.get(ref)
        if known is not None:
            return known
        self._open_lines += 1
        try:
            return self._work_out_line(ref)
        finally:
            self._open_lines -= 1

    def _work_out_line(self, ref: Ref) -> list[tuple[Ref, dict[str, Type]]]:
        found: list[tuple[Ref, dict[str, Type]]] = [(ref, {})]
        self._lines[ref] = found
        how = self._types.how
        class_ = self._types.class_(ref)
        # A base's name stands outside of the class's own scope.
        scope = self._types.program.of(ref[0]).scopes[class_.scope].parent if class_.scope >= 0 else 0
        line: list[tuple[Ref, dict[str, Type]]] = [(ref, {})]
        inner = class_.scope if class_.parameters else scope
        bases = [(ref[0], inner, base) for base in class_.bases]
        for file, at, base in bases + self._types.program.policy(ref[0]).extra_bases(ref):
            inferred = self._types.infer(file, at, base, LAST)
            self._spread.setdefault(ref, []).extend(o[1] for o in options(inferred) if o[0] == "m")
            for option in options(self.fill(to_object(inferred))):
                while option[0] == "-":  # what is left out is mostly declared again
                    option = option[1]  # noqa: PLW2901
                if option[0] == "i" and option[1] != ref:
                    given = self.arguments(option[1], option[2])
                    line += [(r, compose(m, given)) for r, m in self.line(option[1])]
        self._types.how = how
        distinct: dict[Ref, dict[str, Type]] = {}
        for r, m in line:
            distinct.setdefault(r, m)
        found[:] = list(distinct.items())
        return found

    def lists_keys(self, ref: Ref) -> bool:
        """Tell whether a class says which keys its dictionaries have: a `TypedDict`."""
        bases = [base for inherited, _ in self.line(ref) for base in self._types.class_(inherited).bases]
        return "TypedDict" in bases or any(isinstance(base, tuple) and base[-1] == "TypedDict" for base in bases)

    def arguments(self, ref: Ref, arguments: tuple[Type, ...]) -> dict[str, Type]:
        """Return the type parameters of a class with the arguments given for them."""
        names = self._types.class_(ref).parameters
        return dict(zip(names, arguments, strict=False)) if names and arguments else {}

    def inherit_arguments(self, owner: Type, declared: Ref) -> dict[str, Type]:
        """Return the type arguments for a class that an object has or inherits from."""
        given = self.arguments(owner[1], owner[2])
        if owner[1] == declared or not self._types.class_(declared).parameters:
            return given
        return next((compose(mapping, given) for ref, mapping in self.line(owner[1]) if ref == declared), given)

    def specialize(self, slot: Slot, found: Type, file: int, scope: int) -> Type:
        """Return the type of a name; for a member that the enclosing type inherits, with its type arguments."""
        program = self._types.program
        class_ = program.of(slot.file).scopes[slot.scope].class_ if slot.file >= 0 and found is not None else -1
        if class_ < 0 or not self._types.class_((slot.file, class_)).parameters:
            return found
        scopes = program.of(file).scopes
        while scope >= 0 and scopes[scope].class_ < 0:
            scope = scopes[scope].parent
        own = ("i", (file, scopes[scope].class_), ()) if scope >= 0 else None
        given = {} if own is None else self.inherit_arguments(own, (slot.file, class_))
        if found[0] == "f" and found[2] is None and given:
            return ("f", found[1], own)
        return substitute(found, given) if given else found

    def fill(self, type_: Type) -> Type:
        """Return a declared type with what its type parameters are where no arguments are written."""
        found = [self._fill_option(option) for option in options(type_)]
        return type_ if all(one is option for one, option in zip(found, options(type_), strict=True)) else join(found)

    def _fill_option(self, option: Type) -> Type:
        names = self._types.class_(option[1]).parameters if option[0] == "i" and not option[2] else ()
        if not names or option[1] in self._filled:
            return option
        self._filled.add(option[1])
        given = self.defaults(option[1][0], self._types.class_(option[1]).scope, names)
        self._filled.remove(option[1])
        return ("i", option[1], tuple(given.get(name) for name in names)) if given else option

    def defaults(self, file: int, scope: int, names: Sequence[str]) -> dict[str, Type]:
        """Return what type parameters are where none is given."""
        bound = self._types.program.of(file).scopes[scope].names if scope >= 0 else {}
        given = {name: bound[f"<{name}=>"][0].type for name in names if f"<{name}=>" in bound}
        return {
            name: self.fill(to_object(self._types.infer(file, scope, type_, LAST))) for name, type_ in given.items()
        }

    def member_slots(self, ref: Ref, name: str, *, above: bool = False) -> list[Slot]:
        """Return where a class declares or inherits a member."""
        return self.find_member(ref, name, above=above)[0]

    def find_member(self, ref: Ref, name: str, *, above: bool) -> tuple[list[Slot], dict[str, Type], bool]:
        """Return where a member is declared, the type arguments that hold there, and whether its class is this one.

        What a method or property is called is no field, though a class below may set it.
        """
        key = (ref, name, above)
        known = self._members.get(key)
        if known is None:
            known = self._find_member(ref, name, above=above)
            # What is written elsewhere may not all be known yet.
            if known[0] and not self._open_lines and not self._types.program.policy(ref[0]).adds_members:
                self._members[key] = known
        return known

    def _find_member(self, ref: Ref, name: str, *, above: bool) -> tuple[list[Slot], dict[str, Type], bool]:
        fields: tuple[list[Slot], dict[str, Type], bool] = ([], {}, False)
        line = self.line(ref)[1 if above else 0 :]
        if name == "[]":  # each part of an interface may say what stands under any name
            signatures = [(self._declared_type(owner, name)[0], mapping) for owner, mapping in line]
            every = [slot for slots, _ in signatures for slot in slots]
            return every, next((mapping for slots, mapping in signatures if slots), {}), len(line) == 1
        for owner, mapping in line[:1] if name == CONSTRUCTOR else line:
            declared, is_field = self._declared_type(owner, name)
            found = (declared, mapping, owner == ref)
            if declared and not is_field:
                if fields[0] and not any(s.binding.tag == FUNCTION for s in declared):
                    return fields
                return found
            if declared and not fields[0]:
                fields = found
        return fields if fields[0] else (self._find_spread([owner for owner, _ in line], name), {}, False)

    def _find_spread(self, owners: Sequence[Ref], name: str) -> list[Slot]:
        """Return a member that an object takes over from a module."""
        made = self._types.program.made
        modules = [key for owner in owners for key in self._spread.get(owner, ())]
        return [slot for key in modules for slot in made[key[0]].member(key, name)]

    def _declared_type(self, owner: Ref, name: str) -> tuple[list[Slot], bool]:
        file = owner[0]
        facts = self._types.program.of(file)
        class_ = facts.classes[owner[1]]
        found = (
            make_slots(file, class_.scope, facts.scopes[class_.scope].names.get(name, ())) if class_.scope >= 0 else []
        )
        found += self._types.program.policy(file).extra_members(owner, name)
        if found:
            return found, False
        fields = class_.fields.get(name, ())
        if fields and self._types.program.policy(file).sets_inherited and self._may_be_inherited(owner, fields):
            return [], True
        return [self._field(file, field) for field in fields], True

    def _may_be_inherited(self, owner: Ref, fields: Sequence[Field]) -> bool:
        """Tell whether fields may be those of a library's class above, which is not read.

        So are those that are set later than by what makes an object.
        """
        facts = self._types.program.of(owner[0])
        for scope, _, type_, _, _ in fields:
            at = scope
            while at >= 0 and facts.scopes[at].function < 0:
                at = facts.scopes[at].parent
            name = facts.functions[facts.scopes[at].function].name if at >= 0 else ""
            if type_ is not None or name in _MAKERS or name.lower().startswith("setup"):
                return False
        if owner not in self._of_libraries:
            self._of_libraries[owner] = any(self._inherits_outside(ref) for ref, _ in self.line(owner))
        return self._of_libraries[owner]

    def _inherits_outside(self, ref: Ref) -> bool:
        class_ = self._types.class_(ref)
        scope = self._types.program.of(ref[0]).scopes[class_.scope].parent if class_.scope >= 0 else 0
        how = self._types.how
        bases = [base for base in class_.bases if base not in _PLAIN]
        found = [options(to_object(self._types.infer(ref[0], scope, base, LAST))) for base in bases]
        self._types.how = how
        return any(not any(option[0] == "i" for option in known) for known in found)

    def _field(self, file: int, field: Field) -> Slot:
        slots = self._field_slots.setdefault(file, {})
        slot = slots.get(id(field))
        if slot is None:
            scope, value, type_, row, definition = field
            slot = slots[id(field)] = Slot(file, scope, Binding(VALUE, value, type_, row, LAST, definition, False))
        return slot
