"""What expressions are: from facts to types of the repository, as far as they are declared or plainly made."""

from __future__ import annotations

from collections.abc import Iterator

from noctule.indexer.parse.facts.model import CLASS, FUNCTION, IS_PROPERTY, IS_STATIC, PARAMETER, SELF, VALUE, Expr
from noctule.indexer.resolve import library, library_members
from noctule.indexer.resolve.calls import Calls
from noctule.indexer.resolve.elements import Elements
from noctule.indexer.resolve.heritage import Heritage
from noctule.indexer.resolve.inference import Inference
from noctule.indexer.resolve.narrowing import infer_part
from noctule.indexer.resolve.parameters import Parameters
from noctule.indexer.resolve.program import Program
from noctule.indexer.resolve.slots import Slot
from noctule.indexer.resolve.types import (
    DECLARED,
    DERIVED,
    LAST,
    MADE,
    NAMED,
    OWN,
    QUALIFIED,
    Found,
    Ref,
    Type,
    compose,
    has_member,
    join,
    options,
    substitute,
    to_object,
)

DEEPEST = 40
_TEXT = ("l", "str", ())


class Types(Inference):
    """Infers the types of one program; each is inferred once."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.heritage = Heritage(self)
        self._elements = Elements(self, self.heritage)
        self._parameters = Parameters(self, self.heritage)
        self.calls = Calls(self, self.heritage, self._elements, self._parameters)
        program.members_of = self.heritage.member_slots
        program.shape_members = self._shape_members
        self._known: dict[tuple[int, int, Expr, int], tuple[Type, int]] = {}
        self._slots: dict[int, dict[int, tuple[Type, int, object]]] = {}
        """By file and identity of the binding."""
        self._depth = 0

    def forget_expressions(self) -> None:
        """Drop what single expressions are: other files ask for bindings and functions, which stay known."""
        self._known.clear()

    def forget_file(self, file: int) -> None:
        """Forget the inferred types of a file's bindings, when its facts are dropped."""
        self._slots.pop(file, None)
        self.heritage.forget_file(file)

    def _shape_members(self, slots: list[Slot], name: str) -> list[Slot]:
        return [s for slot in slots for o in options(self.slot_type(slot)) for s, _ in self.members(o, name)]

    def infer(self, file: int, scope: int, expression: Expr, row: int) -> Type:
        """Return the type of an expression at a line of a scope."""
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

    def infer_declared(self, file: int, scope: int, expression: Expr) -> Type:
        """Return the type of an object whose declared type is an expression."""
        return self.heritage.fill(to_object(self.infer(file, scope, expression, LAST)))

    def alias_type(self, ref: Ref) -> Type:
        """Return the type that an alias with type parameters stands for, as far as its own declaration says."""
        alias = self.function(ref)
        return self.infer(ref[0], alias.scope, alias.returns, LAST)

    def _evaluate(self, file: int, scope: int, expression: Expr, row: int) -> Type:
        if isinstance(expression, str):
            return self._name_type(file, scope, expression, row)
        form = expression[0]
        if form == "a":
            whole = self.infer(file, scope, expression[1], row)
            return self.member(whole, expression[2], file) or _extension_type(self, file, whole, expression[2])
        if form == "c":
            return self.calls.infer_call(file, scope, expression, row)
        if form == "I":
            self.how = max(self.how, MADE)
            return self.heritage.fill(to_object(self.infer(file, scope, expression[1], row)))
        if form == "F":
            return self.calls.infer_fields(self.infer(file, scope, expression[1], row))
        if form == "n":
            self.how = max(self.how, MADE)
            made = to_object(self.infer(file, scope, expression[1], row))
            given = expression[2] if len(expression) > 2 else ()
            return self.calls.fill_object(made, file, scope, row, given) if isinstance(given, tuple) and given else made
        if form == "i":
            return self._elements.infer_index(file, scope, expression, row)
        if form == "[]":
            keyed = self.infer(file, scope, ("a", ("D", expression[1]), expression[2]), row)
            return keyed or self._elements.infer_index(file, scope, ("i", expression[1], (_TEXT,)), row)
        if form in {"L", "D"}:
            found = options(self.infer(file, scope, expression[1], row))
            return join([o for o in found if form == "L" or (o[0] == "i" and self.heritage.lists_keys(o[1]))])
        if form == "??":
            return self.infer(file, scope, expression[1], row) or self.infer(file, scope, expression[2], row)
        if form == "o":
            return join([self.infer(file, scope, e, row) for e in expression[1:]])
        if form == "t":
            return self._elements.infer_item(file, scope, expression, row)
        if form == "l":
            parts = (tuple(self.infer(file, scope, e, row) for e in part) for part in expression[2:])
            return ("e", expression[1], *parts)
        if form == "T":
            return ("t", tuple(self.infer(file, scope, e, row) for e in expression[1]))
        if form == "d":
            return ("f", (file, expression[1]), None)
        if form == "k":
            around = self.program.of(file).classes[expression[1]].parameters
            return ("c", (file, expression[1]), tuple(self._parameter(file, scope, name) for name in around))
        if form == "A":
            alias = self.function((file, expression[1]))
            given = self.heritage.defaults(file, alias.scope, alias.generic)
            return substitute(self.alias_type((file, expression[1])), given)
        if form in {"s", "S", "C"}:
            return _own_type(self, file, scope, form)
        if form == "?":
            either = [self.infer(file, scope, e, row) for e in expression[1:]]
            known = [type_ for type_ in either if type_ is not None]
            if len(known) == 1 and known[0][0] == "v":
                return None  # the type itself, or what has been made of it
            return known[0] if known and known[0] == known[-1] else None
        if form in {"G", "~", "sift", "cut"}:
            return infer_part(self, file, scope, expression, row)
        if form in {"=", "M", "P"}:
            return expression if form == "=" else None
        if form == "->":
            return join([self._elements.follow(o) for o in options(self.infer(file, scope, expression[1], row))])
        if form == "up":
            return self.infer(file, self.program.of(file).scopes[scope].parent, expression[1], row)
        if form in {"p", "p1", "q"}:
            return self._parameters.expect(file, scope, expression, row)
        if form in {"V", "C?"}:
            return _to_class(self.infer(file, scope, expression[1], row))
        if form == "r":
            return library.take_receiver(options(self.infer(file, scope, expression[1], row)))
        return self._elements.derive(form, self.infer(file, scope, expression[1], row))

    def _name_type(self, file: int, scope: int, name: str, row: int) -> Type:
        slots = self.program.resolve(file, scope, name, row)
        if not slots:
            parameter = self._parameter(file, scope, name)
            return parameter or self.program.policy(file).unknown(name)
        found = join([self.heritage.specialize(slot, self.slot_type(slot), file, scope) for slot in slots])
        if found == ("e", "TypeVar", ()):
            told = self._parameter(file, scope, name)
            return ("v", name, _bound(self, slots[0])) if told is None or told[2] is None else told
        return found

    def is_type_parameter(self, file: int, scope: int, name: str) -> bool:
        """Tell whether a name is a type parameter of an enclosing definition."""
        return self._parameter(file, scope, name) is not None

    def _parameter(self, file: int, scope: int, name: str) -> Type:
        facts = self.program.of(file)
        while scope >= 0:
            _, class_, function, _ = facts.scopes[scope]
            if (class_ >= 0 and name in facts.classes[class_].parameters) or (
                function >= 0 and name in facts.functions[function].generic
            ):
                bound = facts.scopes[scope].names.get(f"<{name}>")
                return ("v", name, bound and to_object(self.infer(file, scope, bound[0].type, LAST)))
            scope = facts.scopes[scope].parent
        return None

    def slot_type(self, slot: Slot) -> Type:
        """Return the type of a binding."""
        if slot.file < 0:
            return ("m", slot.binding) if slot.is_module and slot.file == -1 else ("k", slot.binding, ())
        key = id(slot.binding)
        slots = self._slots.get(slot.file)
        if slots is None:
            slots = self._slots[slot.file] = {}
        known = slots.get(key)
        if known is None:
            # The binding is held too: without it another one could get its identity.
            slots[key] = (None, NAMED, slot.binding)
            outer, self.how = self.how, NAMED
            found = self._binding_type(slot)
            known = slots[key] = (found, self.how, slot.binding)
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
            made = self.calls.decorator_result(slot)
            return made or (self.return_type(ref, None, {}) if self._is_property(ref) else ("f", ref, None))
        if tag == SELF:
            self.how = max(self.how, OWN)
            return ("c" if binding.type else "i", (file, binding.value), ())
        if tag not in {VALUE, PARAMETER}:
            return join([self.slot_type(s) for s in self.program.follow(slot)])
        found = None
        if binding.type is not None:
            found = self.infer_declared(file, scope, binding.type)
            self.how = max(self.how, DECLARED)
        if found is None and binding.value is not None:
            found = self.infer(file, scope, binding.value, binding.row)
        return found

    def member(self, type_: Type, name: str, seen_from: int = -1) -> Type:
        """Return the type of a member of a value; of extensions, as a file sees them, if one is given."""
        found = []
        unwritten: list[tuple[int, Type]] = []
        for option in options(type_):
            kind = option[0]
            if kind == "e":
                found.append(library_members.member(option, name))
            elif kind == "k":
                found.append(("k", name, ()))
            elif kind == "v":
                found.append(self.member(option[2], name, seen_from))
            elif kind == "-":
                found.append(self.member(option[1], name, seen_from) if has_member(option, name) else None)
            elif kind == "t":
                found.append(library.half(option[1], name))
            elif kind == "K" and option[1] and option[1][0] != "<-":  # what is called elsewhere is a property here
                found.append(self.member(option[1], name, seen_from))
            elif kind == "y":
                found.append(library_members.member(("e", "Promise", option[1:]), name))
            elif kind == "f":
                found += [self.slot_type(slot) for slot, _ in self.members(option, name)]
            elif kind in {"c*", "=", "K"}:
                continue
            elif name == "__class__":
                found.append(("c", option[1], ()))
            else:
                slots = _choose(self, seen_from, self.members(option, name))
                for slot, given in slots:
                    found.append(self.take(slot, option, given))
                if not slots and kind == "i":
                    unwritten += self._unwritten(option, name)
                elif not slots and kind == "c" and name in self.program.policy(option[1][0]).made_members:
                    found.append(("K", ("i", option[1], option[2])))
        best = max((fit for fit, _ in unwritten), default=0)
        return join(found + [one for fit, one in unwritten if fit == best])

    def _unwritten(self, option: Type, name: str) -> Iterator[tuple[int, Type]]:
        """Yield types of a member that is written nowhere, each with how well its name fits: of a library, or any."""
        policy = self.program.policy(option[1][0])
        if name in policy.same_members:
            yield 0, ("K", option, option, False)
            return
        if name in policy.passing_members:
            yield 0, ("K", None, self._elements.element(option) or option, False)
            return
        for slot, given in self.members(option, "[]"):
            fit = _fit(slot.binding.value, name)
            if fit >= 0:
                self.how = max(self.how, DERIVED)
                yield fit, self.take(slot, option, given)

    def members(self, option: Type, name: str) -> list[Found]:
        """Return where a member of one type is declared, with the type arguments that hold there."""
        kind = option[0]
        if kind == "m":
            key = option[1]
            slots = self.program.made[key[0]].member(key, name)
            self.how = max(self.how, QUALIFIED)
            return [(end, {}) for slot in slots for end in self.program.follow(slot)]
        if kind == "v":
            self.how = max(self.how, DECLARED)
            return [found for bound in options(option[2]) for found in self.members(bound, name)]
        if kind == "-":
            return self.members(option[1], name) if has_member(option, name) else []
        if kind == "f":
            name_ = self.function(option[1]).name if option[2] is None else ""
            return [(end, {}) for end in self._assigned(option[1], name_, name)]
        if kind not in {"i", "c", "u"}:
            inner = options(option[1]) if kind == "K" else ()
            return [found for one in inner for found in self.members(one, name)]
        given = self.heritage.arguments(option[1], option[2])
        found, mapping, is_own = self.heritage.find_member(option[1], name, above=kind == "u")
        full = given if is_own else compose(mapping, given)
        if not found and kind == "c":
            for ref, _ in self.heritage.line(option[1]):
                assigned = self._assigned(ref, self.class_(ref).name, name)
                if assigned:
                    return [(end, {}) for end in assigned]
        found = found or (self.program.policy(option[1][0]).members_of_all(name) if kind == "i" else [])
        return [(end, full) for slot in found for end in self.program.follow(slot)]

    def _assigned(self, ref: Ref, owner: str, name: str) -> list[Slot]:
        """Return a member that is set on a class or function itself, outside of it."""
        slots = self.program.policy(ref[0]).assigned_members(ref[0], owner, ref[1], name) if owner else []
        return [end for slot in slots for end in self.program.follow(slot)]

    def _is_property(self, ref: Ref) -> bool:
        return bool(self.function(ref).flags & IS_PROPERTY)

    def take(self, slot: Slot, receiver: Type, given: dict[str, Type]) -> Type:
        """Return what a member is, taken from a value."""
        if slot.file >= 0 and slot.binding.tag == FUNCTION:
            ref = (slot.file, slot.binding.value)
            owner = ("i", receiver[1], receiver[2]) if receiver[0] in {"i", "u"} else receiver
            if self._is_property(ref) and (receiver[0] in {"i", "u"} or _is_read_of_class(self, ref)):
                return self.calls.return_type(ref, owner, given)
            return ("f", ref, owner)
        found = self.slot_type(slot)
        return substitute(found, given) if given else found

    def return_type(self, ref: Ref, owner: Type, given: dict[str, Type]) -> Type:
        """Return what calling a function gives, taken from an object or class `owner`."""
        return self.calls.return_type(ref, owner, given)


def _choose(types: Types, file: int, found: list[Found]) -> list[Found]:
    """Return those of the members of a name that a file may mean; all where none is given (-1)."""
    if file < 0 or not found:
        return found
    kept = types.program.policy(file).choose_extensions(file, [slot for slot, _ in found])
    return [entry for entry in found if entry[0] in kept] if len(kept) < len(found) else found


def _extension_type(types: Types, file: int, type_: Type, name: str) -> Type:
    """Return the type of a member that the repository gives a type of a library."""
    policy, known = types.program.policy(file), [o for o in options(type_) if o[0] == "e"]
    return join([types.take(slot, o, {}) for o in known for slot in policy.library_members(file, o[1], name)])


def _is_read_of_class(types: Types, ref: Ref) -> bool:
    """Tell whether a property belongs to the class itself, or to an object that stands for one (Scala)."""
    function = types.function(ref)
    is_object = function.class_ >= 0 and types.class_((ref[0], function.class_)).kind == "object"
    return is_object or bool(function.flags & IS_STATIC)


def _bound(types: Types, slot: Slot) -> Type:
    """Return the bound of a type variable of Python: `TypeVar("T", bound=Type)`."""
    value = slot.binding.value if slot.file >= 0 else None
    given = value[2] if isinstance(value, tuple) and value[0] == "c" and len(value) > 2 else ()
    bounds = [e[2] for e in given if isinstance(e, tuple) and e[0] == "="]
    return to_object(types.infer(slot.file, slot.scope, bounds[0], LAST)) if bounds else None


def _own_type(types: Types, file: int, scope: int, form: str) -> Type:
    """Return the object that a method belongs to, seen as `form` says."""
    scopes = types.program.of(file).scopes
    while scope >= 0 and scopes[scope].class_ < 0:
        function = scopes[scope].function
        if function >= 0 and (owner := types.program.policy(file).find_owner(file, function)):
            types.how = max(types.how, OWN)
            # In the words of the type itself: what a function of it makes is of the same type parameters.
            around = types.class_(owner).parameters if form == "C" else ()
            return ("u" if form == "S" else "c" if form == "C" else "i", owner, tuple(("v", n, None) for n in around))
        scope = scopes[scope].parent
    if scope < 0:
        return None
    ref = (file, scopes[scope].class_)
    types.how = max(types.how, OWN)
    return ("u" if form == "S" else "c" if form == "C" else "i", ref, ())


def _to_class(type_: Type) -> Type:
    """Return the type of a value."""
    kinds = {"i": "c", "e": "k"}
    return join([(kinds[o[0]], o[1], o[2]) if o[0] in kinds else o for o in options(type_)])


def _fit(pattern: Expr, name: str) -> int:
    """Return how much of a name a pattern as `use*Query` says; -1 where it is none of these names."""
    if not isinstance(pattern, tuple) or pattern[0] != "=":
        return 0
    head, _, tail = pattern[1].partition("*")
    said = len(head) + len(tail)
    return said if len(name) > said and name.startswith(head) and name.endswith(tail) else -1
