"""What expressions are: from facts to types of the repository, as far as they are declared or plainly made.

| type | is |
|---|---|
| `("i", class, arguments)`, `("c", class, arguments)` | an object, a class itself |
| `("u", class, arguments)` | an object, seen as one of its bases |
| `("f", function, owner)` | a function, with the object it was taken from |
| `("m", key)` | a module |
| `("e", name, arguments)`, `("k", name, arguments)` | an object of a library's type, and that type |
| `("K", result)` | a function of a library |
| `("t", items)`, `("y", type)`, `("v", name)` | a tuple, what has to be awaited, a type parameter |
| `("|", types)` | one of these |

A class or function is (file, position). None is not known: it makes no edge.
"""

from __future__ import annotations

from typing import Any

from noctule.indexer.parse.facts.model import (
    CLASS,
    CONSTRUCTOR,
    FUNCTION,
    IS_ASYNC,
    IS_CONTEXT,
    IS_GENERATOR,
    IS_PROPERTY,
    PARAMETER,
    SELF,
    VALUE,
    Binding,
    Class,
    Expr,
    Function,
)
from noctule.indexer.resolve import library
from noctule.indexer.resolve.program import Program
from noctule.indexer.resolve.slots import Slot

Type = Any
Ref = tuple[int, int]
Found = tuple[Slot, dict[str, Type]]

NAMED, QUALIFIED, OWN, OWNER, DECLARED, MADE, RETURNED, DERIVED, EXPANDED = range(9)
"""How a use was resolved, the surest first: the weakest step of its receiver counts."""

DEEPEST = 40
MOST_OPTIONS = 6
_LAST = 1 << 30


class Types:
    """The types of one program; what was worked out once is kept."""

    def __init__(self, program: Program) -> None:
        self.program = program
        program.members_of = self.member_slots
        program.shape_members = self._shape_members
        self._known: dict[tuple[int, int, Expr, int], tuple[Type, int]] = {}
        self._slots: dict[int, tuple[Type, int]] = {}
        self._returned: dict[Ref, tuple[Type, int]] = {}
        self._lines: dict[Ref, list[tuple[Ref, dict[str, Type]]]] = {}
        self._field_slots: dict[tuple[int, int], Slot] = {}
        self._depth = 0
        self.how = NAMED
        """The weakest step since it was last set."""

    def _shape_members(self, slots: list[Slot], name: str) -> list[Slot]:
        return [s for slot in slots for o in options(self.slot_type(slot)) for s, _ in self.members(o, name)]

    # Classes

    def class_(self, ref: Ref) -> Class:
        """Return a class."""
        return self.program.of(ref[0]).classes[ref[1]]

    def function(self, ref: Ref) -> Function:
        """Return a function."""
        return self.program.of(ref[0]).functions[ref[1]]

    def _is_property(self, ref: Ref) -> bool:
        return bool(self.function(ref).flags & IS_PROPERTY)

    def line(self, ref: Ref) -> list[tuple[Ref, dict[str, Type]]]:
        """Return a class and all that it inherits from in the repository, the nearest first, with type arguments."""
        known = self._lines.get(ref)
        if known is not None:
            return known
        found: list[tuple[Ref, dict[str, Type]]] = [(ref, {})]
        self._lines[ref] = found
        how = self.how
        class_ = self.class_(ref)
        # A base's name stands outside of the class's own scope.
        scope = self.program.of(ref[0]).scopes[class_.scope].parent if class_.scope >= 0 else 0
        line: list[tuple[Ref, dict[str, Type]]] = [(ref, {})]
        inner = class_.scope if class_.parameters else scope
        bases = [(ref[0], inner, base) for base in class_.bases]
        for file, at, base in bases + self.program.policy(ref[0]).added_bases(ref):
            for option in options(self.to_object(self.infer(file, at, base, _LAST))):
                if option[0] == "i" and option[1] != ref:
                    given = self._arguments(option[1], option[2])
                    line += [(r, _compose(m, given)) for r, m in self.line(option[1])]
        self.how = how
        distinct: dict[Ref, dict[str, Type]] = {}
        for r, m in line:
            distinct.setdefault(r, m)
        found[:] = list(distinct.items())
        return found

    def _arguments(self, ref: Ref, arguments: tuple[Type, ...]) -> dict[str, Type]:
        names = self.class_(ref).parameters
        return dict(zip(names, arguments, strict=False)) if names and arguments else {}

    def member_slots(self, ref: Ref, name: str, *, above: bool = False) -> list[Slot]:
        """Return where a class declares or inherits a member."""
        return self._heritage_lines(ref, name, above=above)[0]

    def _heritage_lines(self, ref: Ref, name: str, *, above: bool) -> tuple[list[Slot], dict[str, Type], bool]:
        """Return where a member is declared, the type arguments that hold there, and whether its class is this one.

        What a method or property is called is no field, though a class below may set it.
        """
        fields: tuple[list[Slot], dict[str, Type], bool] = ([], {}, False)
        line = self.line(ref)[1 if above else 0 :]
        for owner, mapping in line[:1] if name == CONSTRUCTOR else line:
            declared, is_field = self._declared_type(owner, name)
            found = (declared, mapping, owner == ref)
            if declared and not is_field:
                if fields[0] and not any(s.binding.tag == FUNCTION for s in declared):
                    return fields
                return found
            if declared and not fields[0]:
                fields = found
        return fields

    def _declared_type(self, owner: Ref, name: str) -> tuple[list[Slot], bool]:
        file = owner[0]
        facts = self.program.of(file)
        class_ = facts.classes[owner[1]]
        found = (
            [Slot(file, class_.scope, b) for b in facts.scopes[class_.scope].names.get(name, ())]
            if class_.scope >= 0
            else []
        )
        found += self.program.policy(file).extra_members(owner, name)
        if found:
            return found, False
        return [self._field(file, field) for field in class_.fields.get(name, ())], True

    def _field(self, file: int, field: tuple[int, Expr, Expr, int, int]) -> Slot:
        key = (file, id(field))
        slot = self._field_slots.get(key)
        if slot is None:
            scope, value, type_, row, definition = field
            slot = self._field_slots[key] = Slot(
                file, scope, Binding(VALUE, value, type_, row, _LAST, definition, False)
            )
        return slot

    # Expressions

    def infer(self, file: int, scope: int, expression: Expr, row: int) -> Type:
        """Return what an expression is at a line of a scope."""
        if expression is None:
            return None
        key = (file, scope, expression, row)
        known = self._known.get(key)
        if known is None:
            if self._depth > DEEPEST:
                return None
            self._known[key] = (None, NAMED)
            outer, self.how = self.how, NAMED
            self._depth += 1
            found = self._evaluate(file, scope, expression, row)
            self._depth -= 1
            known = self._known[key] = (found, self.how)
            self.how = outer
        self.how = max(self.how, known[1])
        return known[0]

    def _evaluate(self, file: int, scope: int, expression: Expr, row: int) -> Type:
        if isinstance(expression, str):
            return self._name_type(file, scope, expression, row)
        form = expression[0]
        if form == "a":
            return self.member(self.infer(file, scope, expression[1], row), expression[2])
        if form == "c":
            return self._follow_calls(file, scope, expression, row)
        if form in {"n", "I"}:
            made = self.to_object(self.infer(file, scope, expression[1], row))
            self.how = max(self.how, MADE)
            return made
        if form == "i":
            return self._index_type(file, scope, expression, row)
        if form == "o":
            return join([self.infer(file, scope, e, row) for e in expression[1:]])
        if form == "l":
            return ("e", expression[1], tuple(self.infer(file, scope, e, row) for e in expression[2]))
        if form == "T":
            return ("t", tuple(self.infer(file, scope, e, row) for e in expression[1]))
        if form == "d":
            return ("f", (file, expression[1]), None)
        if form == "k":
            return ("c", (file, expression[1]), ())
        if form in {"s", "S", "C"}:
            return self._own(file, scope, form)
        if form == "M":
            return None
        if form == "up":
            return self._name_type(file, self.program.of(file).scopes[scope].parent, expression[1], row)
        if form in {"p", "q"}:
            return self._expect(file, scope, expression, row)
        if form in {"V", "C?"}:
            return join(
                [
                    ("c", o[1], o[2]) if o[0] == "i" else ("k", o[1], o[2]) if o[0] == "e" else o
                    for o in options(self.infer(file, scope, expression[1], row))
                ]
            )
        return self._derive(form, self.infer(file, scope, expression[1], row), expression)

    def _derive(self, form: str, type_: Type, expression: Expr) -> Type:
        self.how = max(self.how, DERIVED)
        if form == "y":
            return join([o[1] if o[0] == "y" else library.await_result(o) or o for o in options(type_)])
        if form == "e":
            return join([self._element(o) for o in options(type_)])
        if form == "ek":
            return join([library.key(o) for o in options(type_)])
        if form == "x":
            return join([library.item(o) if o[0] == "e" else o for o in options(type_)])
        if form == "w":
            return join([self._enter_type(o) for o in options(type_)])
        if form == "t":
            return join([self._item(o, expression[2]) for o in options(type_)])
        return None

    def _own(self, file: int, scope: int, form: str) -> Type:
        scopes = self.program.of(file).scopes
        while scope >= 0 and scopes[scope].class_ < 0:
            function = scopes[scope].function
            if function >= 0 and (owner := self.program.policy(file).owner_of(file, function)):
                self.how = max(self.how, OWN)
                return ("u" if form == "S" else "c" if form == "C" else "i", owner, ())
            scope = scopes[scope].parent
        if scope < 0:
            return None
        ref = (file, scopes[scope].class_)
        self.how = max(self.how, OWN)
        return ("u" if form == "S" else "c" if form == "C" else "i", ref, ())

    def _name_type(self, file: int, scope: int, name: str, row: int) -> Type:
        slots = self.program.resolve(file, scope, name, row)
        if not slots:
            parameter = self._parameter(file, scope, name)
            return parameter or self.program.policy(file).unknown(name)
        found = join([self.slot_type(slot) for slot in slots])
        if found == ("e", "TypeVar", ()):
            return self._parameter(file, scope, name)
        return found

    def _parameter(self, file: int, scope: int, name: str) -> Type:
        facts = self.program.of(file)
        while scope >= 0:
            _, class_, function, _ = facts.scopes[scope]
            if class_ >= 0 and name in facts.classes[class_].parameters:
                return ("v", name)
            if function >= 0 and name in facts.functions[function].generic:
                return ("v", name)
            scope = facts.scopes[scope].parent
        return None

    # Slots

    def slot_type(self, slot: Slot) -> Type:
        """Return what a binding's name is."""
        if slot.file < 0:
            return ("m", slot.binding) if slot.is_module and slot.file == -1 else ("k", slot.binding, ())
        key = id(slot.binding)
        known = self._slots.get(key)
        if known is None:
            self._slots[key] = (None, NAMED)
            outer, self.how = self.how, NAMED
            found = self._binding_type(slot)
            known = self._slots[key] = (found, self.how)
            self.how = outer
        self.how = max(self.how, known[1])
        return known[0]

    def _binding_type(self, slot: Slot) -> Type:
        file, scope, binding = slot
        tag = binding.tag
        if tag == CLASS:
            return ("c", (file, binding.value), ())
        if tag == FUNCTION:
            ref = (file, binding.value)
            return self.return_type(ref, None, {}) if self._is_property(ref) else ("f", ref, None)
        if tag == SELF:
            self.how = max(self.how, OWN)
            return ("c" if binding.type else "i", (file, binding.value), ())
        if tag not in {VALUE, PARAMETER}:
            return join([self.slot_type(s) for s in self.program.follow(slot)])
        found = None
        if binding.type is not None:
            found = self.to_object(self.infer(file, scope, binding.type, _LAST))
            self.how = max(self.how, DECLARED)
        if found is None and binding.value is not None:
            found = self.infer(file, scope, binding.value, binding.row)
        return found

    # Members

    def member(self, type_: Type, name: str) -> Type:
        """Return what a member of a value is."""
        found = []
        for option in options(type_):
            kind = option[0]
            if kind == "e":
                found.append(library.member(option, name))
            elif kind == "k":
                found.append(("k", name, ()))
            elif kind in {"f", "K", "t", "y", "v", "c*"}:
                continue
            elif name == "__class__":
                found.append(("c", option[1], ()))
            else:
                slots = self.members(option, name)
                for slot, given in slots:
                    found.append(self._take(slot, option, given))
                if not slots and kind == "i" and name in self.program.policy(option[1][0]).same_members:
                    found.append(("K", option))
        return join(found)

    def members(self, option: Type, name: str) -> list[Found]:
        """Return where a member of one type is declared, with the type arguments that hold there."""
        kind = option[0]
        if kind == "m":
            key = option[1]
            slots = self.program.made[key[0]].member(key, name)
            self.how = max(self.how, QUALIFIED)
            return [(end, {}) for slot in slots for end in self.program.follow(slot)]
        if kind not in {"i", "c", "u"}:
            return []
        given = self._arguments(option[1], option[2])
        found, mapping, is_own = self._heritage_lines(option[1], name, above=kind == "u")
        full = given if is_own else _compose(mapping, given)
        return [(end, full) for slot in found for end in self.program.follow(slot)]

    def _take(self, slot: Slot, receiver: Type, given: dict[str, Type]) -> Type:
        if slot.file >= 0 and slot.binding.tag == FUNCTION:
            ref = (slot.file, slot.binding.value)
            owner = ("i", receiver[1], receiver[2]) if receiver[0] in {"i", "u"} else receiver
            if self._is_property(ref) and receiver[0] in {"i", "u"}:
                return self.return_type(ref, owner, given)
            return ("f", ref, owner)
        found = self.slot_type(slot)
        return replace_json(found, given) if given else found

    # Calls

    def _follow_calls(self, file: int, scope: int, expression: Expr, row: int) -> Type:
        function = expression[1]
        called = self.infer(file, scope, function, row)
        if called is None:
            return None
        if len(expression) > 3:
            return join([self._result(option, file, scope, expression[3], row) for option in options(called)])
        if len(expression) > 2:
            special = self._special(file, scope, expression, row, called)
            if special is not None:
                return special[0]
        return join([self._result(option) for option in options(called)])

    def _special(self, file: int, scope: int, expression: Expr, row: int, called: Type) -> tuple[Type] | None:
        if called[0] not in {"k", "f"} or (called[0] == "f" and self.function(called[1]).name not in library.PASSING):
            return None
        name = called[1] if called[0] == "k" else self.function(called[1]).name
        if name not in library.PASSING:
            return None
        values = [self.infer(file, scope, e, row) if not _is_option(e) else None for e in expression[2]]
        self.how = max(self.how, DERIVED)
        what = library.PASSING[name]
        if what == "object":
            return (self.to_object(values[0]),)
        if what == "class":
            return (join([("c", o[1], ()) for o in options(values[0]) if o[0] == "i"]),)
        if what == "element":
            return (join([self._element(o) for o in options(values[0])]),)
        if what == "same":
            return (values[0],)
        if what == "entered":
            return (join([self._enter_type(o) for o in options(values[0])]),)
        if what == "list":
            return (("e", "list", (join([self._element(o) for o in options(values[0])]),)),)
        if what == "pairs":
            items = [join([self._element(o) for o in options(v)]) for v in values]
            return (("e", "list", (("t", (("e", "int", ()), items[0]) if name == "enumerate" else tuple(items)),)),)
        return None

    def _result(
        self, option: Type, file: int = -1, scope: int = -1, types: tuple[Expr, ...] = (), row: int = 0
    ) -> Type:
        kind = option[0]
        if kind == "c":
            self.how = max(self.how, MADE)
            return ("i", option[1], option[2])
        if kind == "f":
            self.how = max(self.how, RETURNED)
            owner = option[2]
            given = self._arguments(owner[1], owner[2]) if owner is not None and owner[0] == "i" else {}
            if types:
                names = self.function(option[1]).generic
                told = [self.to_object(self.infer(file, scope, t, row)) for t in types]
                given = given | dict(zip(names, told, strict=False))
            return self.return_type(option[1], owner, given)
        if kind == "k":
            return library.construct(option)
        if kind == "K":
            return option[1]
        if kind == "i":
            self.how = max(self.how, RETURNED)
            return join(
                [
                    self.return_type((s.file, s.binding.value), option, g)
                    for s, g in self.members(option, "__call__")
                    if s.file >= 0 and s.binding.tag == FUNCTION
                ]
            )
        return None

    def return_type(self, ref: Ref, owner: Type, given: dict[str, Type]) -> Type:
        """Return what calling a function gives, taken from an object or class `owner`."""
        file = ref[0]
        function = self.function(ref)
        known = self._returned.get(ref)
        if known is None:
            self._returned[ref] = (None, NAMED)
            outer, self.how = self.how, NAMED
            known = self._returned[ref] = (self._return_type(file, function), self.how)
            self.how = outer
        self.how = max(self.how, known[1])
        found = known[0]
        if owner is not None and function.class_ >= 0:
            me = ("i", owner[1], owner[2])
            found = join([self._same(o, (file, function.class_), me, function, owner) for o in options(found)])
        return replace_json(found, given) if given else found

    def _same(self, option: Type, declared: Ref, me: Type, function: Function, owner: Type) -> Type:
        """Put the object that a method was called on where it returns itself."""
        if option == ("e", "Self", ()):
            return me
        if option[0] == "y":
            inner = join([self._same(o, declared, me, function, owner) for o in options(option[1])])
            return ("y", inner)
        if (
            option[0] == "i"
            and option[1] == declared
            and me[1] != declared
            and self._returns_itself(declared[0], function)
        ):
            return me
        return option

    def _returns_itself(self, file: int, function: Function) -> bool:
        names = self.program.of(file).scopes[function.scope].names if function.scope >= 0 else {}
        for value in function.values:
            if value in {("s",)}:
                return True
            if isinstance(value, str) and any(b.tag == SELF for b in names.get(value, ())):
                return True
        return False

    def _return_type(self, file: int, function: Function) -> Type:
        scope = max(function.scope, 0)
        if function.returns is not None:
            found = self.to_object(self.infer(file, scope, function.returns, _LAST))
        else:
            self.how = max(self.how, RETURNED)
            found = join([self.infer(file, scope, value, _LAST) for value in function.values])
            if function.flags & IS_GENERATOR:
                found = ("e", "Generator", (found,))
        if function.flags & IS_CONTEXT:
            return ("e", "ContextManager", (join([self._element(o) for o in options(found)]),))
        if function.flags & IS_ASYNC and not function.flags & IS_GENERATOR:
            return None if found is None else ("y", found)
        return found

    def _expect(self, file: int, scope: int, expression: Expr, row: int) -> Type:
        """Return the declared type of a parameter, as a type; or what a function gets that is passed as one."""
        form, inner, position = expression
        found = []
        how = self.how
        taking = options(self.infer(file, scope, inner, row))
        if len(taking) > 1:
            return None  # which of them is meant depends on what is given
        for option in taking:
            if option[0] == "K":
                if form == "p":
                    found.append(("c*", option))
            elif option[0] == "c*":
                found.append(library.pass_argument(option[1], position))
            elif option[0] == "f":
                found.append(self._parameter_type(option, position, as_type=form == "p"))
            elif (option[0] == "i" and form == "q") or (option[0] == "c" and form == "q"):
                found.append(self._functional(option, position))
            elif option[0] == "c" and form == "p":
                for slot, given in self.members(("i", option[1], option[2]), "constructor") + self.members(
                    option, CONSTRUCTOR
                ):
                    if slot.file >= 0 and slot.binding.tag == FUNCTION:
                        found.append(
                            replace_json(
                                self._parameter_type(
                                    ("f", (slot.file, slot.binding.value), None), position, as_type=True
                                ),
                                given,
                            )
                        )
        self.how = max(how, DERIVED)
        return join(found)

    def _functional(self, option: Type, position: int) -> Type:
        """Return what a parameter of the only method of an interface is."""
        class_ = self.class_(option[1])
        if class_.kind != "interface" or class_.scope < 0:
            return None
        methods = [
            b
            for bs in self.program.of(option[1][0]).scopes[class_.scope].names.values()
            for b in bs
            if b.tag == FUNCTION
        ]
        if len(methods) != 1:
            return None
        owner = ("i", option[1], option[2])
        return self._parameter_type(("f", (option[1][0], methods[0].value), owner), position, as_type=False)

    def _parameter_type(self, option: Type, position: int, *, as_type: bool) -> Type:
        file = option[1][0]
        function = self.function(option[1])
        if position >= len(function.parameters) or function.scope < 0:
            return None
        for binding in self.program.of(file).scopes[function.scope].names.get(function.parameters[position], ()):
            if binding.tag == PARAMETER and binding.type is not None:
                found = self.infer(file, function.scope, binding.type, _LAST)
                owner = option[2]
                if owner is not None and owner[0] == "i" and owner[2]:
                    found = replace_json(found, self._arguments(owner[1], owner[2]))
                return found if as_type else self.to_object(found)
        return None

    # Parts

    def _index_type(self, file: int, scope: int, expression: Expr, row: int) -> Type:
        base = self.infer(file, scope, expression[1], row)
        found = []
        for option in options(base):
            kind = option[0]
            if kind in {"k", "c"}:
                arguments = tuple(self.infer(file, scope, e, row) for e in expression[2])
                found.append(
                    library.generic(option, arguments)
                    if kind == "k"
                    else ("c", option[1], tuple(self.to_object(a) for a in arguments))
                )
            elif kind == "t":
                found.append(join(list(option[1])))
            elif kind == "e":
                found.append(library.item(option))
            elif kind == "i":
                self.how = max(self.how, DERIVED)
                found += [
                    self.return_type((s.file, s.binding.value), option, g)
                    for s, g in self.members(option, "__getitem__")
                    if s.file >= 0 and s.binding.tag == FUNCTION
                ]
        if base is not None and base[0] not in {"k", "c"}:
            self.how = max(self.how, DERIVED)
        return join(found)

    def _element(self, option: Type) -> Type:
        if option[0] == "t":
            return join(list(option[1]))
        if option[0] == "e":
            return library.element(option)
        if option[0] == "i":
            for name in ("__iter__", "__aiter__"):
                for slot, given in self.members(option, name):
                    if slot.file >= 0 and slot.binding.tag == FUNCTION:
                        return join(
                            [
                                self._element(o)
                                for o in options(self.return_type((slot.file, slot.binding.value), option, given))
                                if o[0] == "e"
                            ]
                        )
        return None

    def _enter_type(self, option: Type) -> Type:
        if option[0] == "i":
            for name in ("__enter__", "__aenter__"):
                for slot, given in self.members(option, name):
                    if slot.file >= 0 and slot.binding.tag == FUNCTION:
                        found = self.return_type((slot.file, slot.binding.value), option, given)
                        return join([o[1] if o[0] == "y" else o for o in options(found)])
            return None
        if option[0] == "e":
            return library.enter(option)
        return None

    def _item(self, option: Type, position: int) -> Type:
        if option[0] == "t":
            return option[1][position] if position < len(option[1]) else None
        return self._element(option)

    def to_object(self, type_: Type) -> Type:
        """Return what a thing is whose declared type is given: the object of a class."""
        return join([_make_object(o) for o in options(type_)])


def _make_object(option: Type) -> Type:
    kind = option[0]
    if kind == "c":
        return ("i", option[1], option[2])
    if kind == "k":
        return library.declared_commands(option)
    if kind == "m":
        return None
    return option


def options(type_: Type) -> tuple[Type, ...]:
    """Return the types that a value may be of."""
    if type_ is None:
        return ()
    return type_[1] if type_[0] == "|" else (type_,)


def join(types: list[Type]) -> Type:
    """Return one type for several; what is not known is left out."""
    found: dict[Type, None] = {}
    for type_ in types:
        if type_ is not None:
            found.update(dict.fromkeys(options(type_)))
    if not found:
        return None
    return next(iter(found)) if len(found) == 1 else ("|", tuple(found)[:MOST_OPTIONS])


def replace_json(type_: Type, given: dict[str, Type]) -> Type:
    """Put arguments in place of type parameters."""
    if type_ is None:
        return None
    kind = type_[0]
    if kind == "v":
        return given.get(type_[1], type_)
    if kind in {"|", "t"}:
        inner = [replace_json(t, given) for t in type_[1]]
        return join(inner) if kind == "|" else ("t", tuple(inner))
    if kind in {"i", "c", "e", "k"} and type_[2]:
        return (kind, type_[1], tuple(replace_json(t, given) for t in type_[2]))
    if kind == "y":
        return ("y", replace_json(type_[1], given))
    return type_


def _compose(mapping: dict[str, Type], given: dict[str, Type]) -> dict[str, Type]:
    return (
        {name: replace_json(type_, given) for name, type_ in mapping.items()} if mapping and given else mapping or given
    )


def _is_option(expression: Expr) -> bool:
    return isinstance(expression, tuple) and expression[0] == "="
