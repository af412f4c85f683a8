"""What is expected where a value is passed: the declared types of parameters."""

from __future__ import annotations

from noctule.indexer.parse.facts.model import CONSTRUCTOR, FUNCTION, IS_CLASS_METHOD, IS_STATIC, PARAMETER, Expr
from noctule.indexer.resolve import library, library_members
from noctule.indexer.resolve.heritage import Heritage
from noctule.indexer.resolve.inference import Inference
from noctule.indexer.resolve.receivers import infer_receiver
from noctule.indexer.resolve.types import DERIVED, LAST, Type, join, options, substitute, to_object


class Parameters:
    """What functions, classes and interfaces expect to be given."""

    def __init__(self, types: Inference, heritage: Heritage) -> None:
        self._types = types
        self._heritage = heritage

    def expect(self, file: int, scope: int, expression: Expr, row: int) -> Type:
        """Return the declared type of a parameter, as a type; or what a function gets that is passed as one."""
        is_one = expression[0] == "p1"
        form, inner, position, *texts = ("p", *expression[1:]) if is_one else expression
        found = []
        how = self._types.how
        asked = options(self._types.infer(file, scope, inner, row))
        taking = _distinct(tuple(b for o in asked for b in (options(o[2]) if o[0] == "v" else (o,))))
        if len(taking) > 1 and (form == "q" or not is_one):
            # Of what a value may be, it is the function that is called, or that takes what is given.
            taking = tuple(o for o in taking if self._is_called(o) or (form == "p" and o[0] in {"c", "k"}))
        if texts:
            taking = tuple(o for o in taking if self._takes_text(o, texts[0]))
        if len(taking) > 1 and not self._are_overloads(taking):
            return None  # which of them is meant depends on what is given
        for option in taking:
            if option[0] == "K":
                if form == "p":
                    found.append(("c*", option))
            elif option[:2] == ("e", "Dispatch") and form == "p":
                found += option[2]
            elif option[0] in {"k", "e"} and form == "q":
                found.append(library.parameter(option, position))
            elif option[:2] == ("e", "Callable"):
                found.append(_passed(option, position))
            elif option[0] == "c*":
                head = self._types.program.heads[file]
                found.append(
                    library_members.pass_argument(option[1], position, head.language if head is not None else "")
                )
            elif option[0] == "f":
                at = position + self._skips_self(option) if form == "p" else position
                found.append(self.parameter_type(option, at, as_type=form == "p"))
            elif option[0] == "i" and (called := self._types.members(option, "__call__")):
                for slot, given in called:
                    if slot.file >= 0 and slot.binding.tag == FUNCTION:
                        function = ("f", (slot.file, slot.binding.value), option)
                        if texts and not self._takes_text(function, texts[0]):
                            continue
                        found.append(substitute(self.parameter_type(function, position, as_type=form == "p"), given))
            elif (option[0] == "i" and form == "q") or (option[0] == "c" and form == "q"):
                found.append(self._functional(option, position))
            elif option[0] == "c" and form == "p":
                found += self._constructor_types(option, position)
        self._types.how = max(how, DERIVED)
        if (form == "q" or is_one) and any(one != found[0] for one in found):
            return None
        return join(found)

    def _skips_self(self, option: Type) -> int:
        """Return 1 where the object that a method of Python is called on is its first parameter, else 0."""
        file, owner = option[1][0], option[2]
        head = self._types.program.heads[file]
        function = self._types.function(option[1])
        if owner is None or head is None or head.language != "python" or function.flags & IS_STATIC:
            return 0
        return int(owner[0] == "i" or bool(function.flags & IS_CLASS_METHOD))

    def _are_overloads(self, taking: tuple[Type, ...]) -> bool:
        """Tell whether functions are one with several heads, or types of functions that such heads take."""
        if any(option[0] != "f" for option in taking):
            return False
        functions = [self._types.function(option[1]) for option in taking]
        return all(f.name == functions[0].name and f.class_ == functions[0].class_ for f in functions)

    def _takes_text(self, option: Type, text: str) -> bool:
        """Tell whether a function may be called with a text as its first argument."""
        first = self.parameter_type(option, 0, as_type=True) if option[0] == "f" else None
        return all(one[0] != "=" or one[1] == text for one in options(first)) or any(
            one == ("=", text) for one in options(first)
        )

    def _is_called(self, option: Type) -> bool:
        if option[:2] == ("e", "Dispatch"):
            return True
        return option[0] in {"f", "K", "c*"} or (option[0] == "i" and bool(self._types.members(option, "__call__")))

    def _constructor_types(self, option: Type, position: int) -> list[Type]:
        """Return what the constructors of a class declare a parameter to be."""
        found = []
        named = self._types.members(("i", option[1], option[2]), "constructor")
        for slot, given in named + self._types.members(option, CONSTRUCTOR):
            if slot.file >= 0 and slot.binding.tag == FUNCTION:
                function = ("f", (slot.file, slot.binding.value), None)
                found.append(substitute(self.parameter_type(function, position, as_type=True), given))
        return found

    def _functional(self, option: Type, position: int) -> Type:
        """Return what a parameter of the only method of an interface is."""
        class_ = self._types.class_(option[1])
        if class_.kind != "interface" or class_.scope < 0:
            return None
        methods = [
            b
            for bs in self._types.program.of(option[1][0]).scopes[class_.scope].names.values()
            for b in bs
            if b.tag == FUNCTION
        ]
        if len(methods) != 1:
            return None
        owner = ("i", option[1], option[2])
        return self.parameter_type(("f", (option[1][0], methods[0].value), owner), position, as_type=False)

    def parameter_type(self, option: Type, position: int, *, as_type: bool) -> Type:
        """Return what a parameter of a function is declared to be, as a type or as an object."""
        file = option[1][0]
        function = self._types.function(option[1])
        is_rest = bool(function.parameters) and function.parameters[-1].startswith("...")  # takes any number of values
        position = min(position, len(function.parameters) - 1) if is_rest else position
        if not -len(function.parameters) <= position < len(function.parameters) or function.scope < 0:
            return None
        names = self._types.program.of(file).scopes[function.scope].names
        spelled = function.parameters[position]
        for binding in names.get(spelled, names.get(spelled.removeprefix("..."), ())):
            if binding.tag == PARAMETER and binding.type is not None:
                found = self._types.infer(file, function.scope, binding.type, LAST)
                if spelled.startswith("..."):
                    found = join([library.item(o) if o[0] in {"k", "e"} else None for o in options(found)])
                owner = option[2]
                declared = owner[1] if function.class_ < 0 and owner is not None else (file, function.class_)
                given = self._heritage.inherit_arguments(owner, declared) if owner and owner[0] == "i" else {}
                given = given | infer_receiver(self._types, option)
                if given:
                    found = substitute(found, given)
                    found = join([("f", o[1], owner) if o[0] == "f" and o[2] is None else o for o in options(found)])
                return found if as_type else self._heritage.fill(to_object(found))
        return None


def _passed(option: Type, position: int) -> Type:
    """Return what a `Callable[[A, B], C]` of Python is passed."""
    listed = option[2][0] if len(option[2]) == 2 else None
    if listed is None or (listed[0] != "t" and listed[:2] != ("e", "list")):
        return None
    # Outside of an annotation it is a list like others, of which each part is kept where they are not all the same.
    parts = listed[1] if listed[0] == "t" else listed[3] if len(listed) > 3 else listed[2] * (position + 1)
    return to_object(parts[position]) if position < len(parts) else None


def _distinct(taking: tuple[Type, ...]) -> tuple[Type, ...]:
    """Return types that differ in more than their arguments; a library's only where there are no others."""
    own = {option[:2]: option for option in reversed(taking) if option[0] != "K"}
    return tuple(reversed(own.values())) if len(taking) > 1 and own else taking
