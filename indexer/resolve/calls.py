"""The types of calls: the result of a function, by declaration or by statements, and the object that a class makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from noctule.indexer.parse.facts.model import (
    CONSTRUCTOR,
    FUNCTION,
    IS_ASYNC,
    IS_CONTEXT,
    IS_GENERATOR,
    SELF,
    Binding,
    Expr,
    Function,
)
from noctule.indexer.resolve import library
from noctule.indexer.resolve.elements import Elements
from noctule.indexer.resolve.heritage import Heritage
from noctule.indexer.resolve.inference import Inference
from noctule.indexer.resolve.parameters import Parameters
from noctule.indexer.resolve.receivers import infer_receiver
from noctule.indexer.resolve.slots import Slot
from noctule.indexer.resolve.type_arguments import TypeArguments, WrittenCall
from noctule.indexer.resolve.types import (
    DERIVED,
    LAST,
    MADE,
    NAMED,
    RETURNED,
    Ref,
    Type,
    join,
    options,
    substitute,
    to_object,
    variables,
)


class Calls:
    """Infers the types of calls; the result of a function is inferred once."""

    def __init__(self, types: Inference, heritage: Heritage, elements: Elements, parameters: Parameters) -> None:
        self._types = types
        self._arguments = TypeArguments(types, parameters, self._result)
        self._heritage = heritage
        self._elements = elements
        self._returned: dict[Ref, tuple[Type, int]] = {}

    def infer_call(self, file: int, scope: int, expression: Expr, row: int) -> Type:
        """Return the type of a call."""
        function = expression[1]
        called = self._types.infer(file, scope, function, row)
        if called is None:
            return None
        if len(expression) == 2:
            return join([self._result(option) for option in options(called)])
        if len(expression) == 3:
            special = self._call_library(file, scope, expression, row, called)
            if special is not None:
                return special[0]
        call = WrittenCall(file, scope, row, expression[2], expression[3] if len(expression) > 3 else ())
        return join([self._result(option, call) for option in options(called)])

    def decorator_result(self, slot: Slot) -> Type:
        """Return the type that the decorator of a function turns it into, if that is an object of the repository."""
        file, scope, binding = slot
        decorated = self._types.infer(file, scope, binding.type, binding.row)
        return join([option for option in options(decorated) if option[0] == "i"])

    def infer_fields(self, called: Type) -> Type:
        """Return the types of objects of classes that are written without a constructor."""
        self._types.how = max(self._types.how, MADE)
        written = ("__init__", CONSTRUCTOR)
        made = [o for o in options(called) if o[0] == "c" and not any(self._types.members(o, name) for name in written)]
        return join([("i", o[1], o[2]) for o in made])

    def _call_library(self, file: int, scope: int, expression: Expr, row: int, called: Type) -> tuple[Type] | None:
        head = self._types.program.heads[file]
        if (
            (head is not None and head.language != "python")
            or called[0] not in {"k", "f"}
            or (called[0] == "f" and self._types.function(called[1]).name not in library.PASSING)
        ):
            return None
        name = called[1] if called[0] == "k" else self._types.function(called[1]).name
        if name not in library.PASSING:
            return None
        values = [self._types.infer(file, scope, e, row) if not _is_option(e) else None for e in expression[2]]
        self._types.how = max(self._types.how, DERIVED)
        what = library.PASSING[name]
        if what == "object":
            return (to_object(values[0]),)
        if what == "class":
            return (join([("c", o[1], ()) for o in options(values[0]) if o[0] == "i"]),)
        if what == "element":
            return (join([self._elements.element(o) for o in options(values[0])]),)
        if what == "same":
            return (values[0],)
        if what == "entered":
            return (join([self._elements.enter(o) for o in options(values[0])]),)
        if what == "list":
            return (("e", "list", (join([self._elements.element(o) for o in options(values[0])]),)),)
        if what == "gathered":
            awaited = [join([o[1] if o[0] == "y" else library.await_result(o) for o in options(v)]) for v in values]
            return (("y", ("t", tuple(awaited))),)
        if what == "pairs":
            items = [join([self._elements.element(o) for o in options(v)]) for v in values]
            return (("e", "list", (("t", (("e", "int", ()), items[0]) if name == "enumerate" else tuple(items)),)),)
        return None

    def _result(self, option: Type, call: WrittenCall | None = None) -> Type:
        kind = option[0]
        if kind == "c":
            self._types.how = max(self._types.how, MADE)
            return ("i", option[1], option[2] or self._infer_arguments(option, call))
        if kind == "f":
            self._types.how = max(self._types.how, RETURNED)
            owner = option[2]
            function = self._types.function(option[1])
            given = {}
            if owner is not None and owner[0] == "i":
                declared = (option[1][0], function.class_) if function.class_ >= 0 else owner[1]
                given = self._heritage.inherit_arguments(owner, declared)
            given = given | infer_receiver(self._types, option)
            generic = function.generic if call is not None else ()
            if call is not None and call.types:
                told = [to_object(self._types.infer(call.file, call.scope, t, call.row)) for t in call.types]
                given = given | dict(zip(generic, told, strict=False))
            elif call is not None and generic:
                given = given | self._arguments.infer(option, call, generic)
            found = self.return_type(option[1], owner, given)
            if call is not None and not generic and self._is_python(option[1][0]):
                unknown = variables(found)  # Python declares them outside of the function
                return substitute(found, self._arguments.infer(option, call, unknown)) if unknown else found
            return found
        if kind == "k":
            return library.construct(option)
        if kind == "e":
            return library.result(option)
        if kind == "K":
            if option[1] is not None and option[1][0] == "<-":
                return self._arguments.pass_result(option[1], call) if call is not None else None
            return option[1]
        if kind == "v":
            return join([self._result(bound, call) for bound in options(option[2])])
        if kind == "i":
            self._types.how = max(self._types.how, RETURNED)
            return join(
                [
                    self.return_type((s.file, s.binding.value), option, g)
                    for s, g in self._types.members(option, "__call__")
                    if s.file >= 0 and s.binding.tag == FUNCTION
                ]
            )
        return None

    def _is_python(self, file: int) -> bool:
        head = self._types.program.heads[file]
        return head is not None and head.language == "python"

    def fill_object(self, made: Type, file: int, scope: int, row: int, arguments: tuple[Expr, ...]) -> Type:
        """Return a new object with its type parameters, where what its constructor is given says which they are."""
        call = WrittenCall(file, scope, row, arguments, ())
        return join(
            [
                ("i", o[1], self._infer_arguments(("c", *o[1:]), call)) if o[0] == "i" and not o[2] else o
                for o in options(made)
            ]
        )

    def _infer_arguments(self, option: Type, call: WrittenCall | None) -> tuple[Type, ...]:
        """Return the type arguments of a new object, inferred from the arguments of its constructor."""
        names = self._types.class_(option[1]).parameters
        if call is None or not names:
            return ()
        given: dict[str, Type] = {}
        made = ("i", option[1], ())
        makers = [f for name in ("__init__", "constructor", CONSTRUCTOR) for f in self._types.members(made, name)]
        functions = [s for s, mapping in makers if s.file >= 0 and s.binding.tag == FUNCTION and not mapping]
        for slot in functions:
            given |= self._arguments.infer(("f", (slot.file, slot.binding.value), None), call, names)
        if not functions:
            given = self._arguments.infer_record(option[1], call, names)
        return tuple(given.get(name) for name in names) if given else ()

    def return_type(self, ref: Ref, owner: Type, given: dict[str, Type]) -> Type:
        """Return what calling a function gives, taken from an object or class `owner`."""
        file = ref[0]
        function = self._types.function(ref)
        known = self._returned.get(ref)
        if known is None:
            self._returned[ref] = (None, NAMED)
            outer, self._types.how = self._types.how, NAMED
            known = self._returned[ref] = (self._return_type(file, function), self._types.how)
            self._types.how = outer
        self._types.how = max(self._types.how, known[1])
        found = known[0]
        if owner is not None and function.class_ >= 0:
            me = ("i", owner[1], owner[2])
            found = join([self._same(o, (file, function.class_), me, function, owner) for o in options(found)])
        return substitute(found, given) if given else found

    def _same(self, option: Type, declared: Ref, me: Type, function: Function, owner: Type) -> Type:
        """Put the object that a method was called on where it returns itself."""
        if option == ("e", "Self", ()):
            return me
        if option[0] == "e" and ("e", "Self", ()) in option[2]:
            return (*option[:2], tuple(me if one == ("e", "Self", ()) else one for one in option[2]), *option[3:])
        if option[0] == "y":
            inner = join([self._same(o, declared, me, function, owner) for o in options(option[1])])
            return ("y", inner)
        if (
            option[0] == "i"
            and option[1] == declared
            and me[1] != declared
            and self.returns_itself(declared[0], function)
        ):
            return me
        return option

    def returns_itself(self, file: int, function: Function) -> bool:
        """Tell whether a method returns the object that it was called on, or makes one of the class of that."""
        names = self._types.program.of(file).scopes[function.scope].names if function.scope >= 0 else {}
        own = {name for name, bound in names.items() if any(b.tag == SELF for b in bound)}
        if any(value == ("s",) or value in own for value in function.values):
            return True
        if function.returns is not None:
            return False
        values = [v for value in function.values for v in _sources(value, names)]
        return any(_is_made_of(value, own) for value in values)

    def _return_type(self, file: int, function: Function) -> Type:
        scope = max(function.scope, 0)
        if function.returns is not None:
            found = self._types.infer_declared(file, scope, function.returns)
        else:
            self._types.how = max(self._types.how, RETURNED)
            found = join([self._types.infer(file, scope, value, LAST) for value in function.values])
            if function.flags & IS_GENERATOR:
                found = ("e", "Generator", (found,))
        if function.flags & IS_CONTEXT:
            return ("e", "ContextManager", (join([self._elements.element(o) for o in options(found)]),))
        if function.flags & IS_ASYNC and not function.flags & IS_GENERATOR:
            return None if found is None else ("y", found)
        return found


def _sources(value: Expr, names: Mapping[str, Sequence[Binding]]) -> list[Expr]:
    """Return what a value is written as, where it is a name of the function itself."""
    return [binding.value for binding in names.get(value, ())] if isinstance(value, str) else [value]


def _is_made_of(value: Expr, own: set[str]) -> bool:
    """Tell whether an object is made of the class of what a function was called on: `own` are its names for that."""
    if not isinstance(value, tuple) or value[0] not in {"c", "n", "I"}:
        return False
    made = value[1]
    if value[0] == "n":  # `new this()`, `new this.constructor()`, `new static()`
        return made in {("s",), ("a", ("s",), "constructor")} or (made == ("C",) and value[2:] == ("static",))
    if value[0] == "I":
        return bool(made == ("C",))  # `new` in a method of a class of Ruby
    if isinstance(made, tuple) and made[0] == "a" and made[2] == "__class__":
        return made[1] in own
    if isinstance(made, tuple) and made[:2] == ("c", "type"):
        return len(made) > 2 and made[2][0] in own
    return made in own


def _is_option(expression: Expr) -> bool:
    return isinstance(expression, tuple) and expression[0] == "="
