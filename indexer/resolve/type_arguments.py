"""What the type parameters of a function are in a call that does not write them: its arguments say it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from noctule.indexer.parse.facts.model import PARAMETER, SELF, VALUE, Expr, Function
from noctule.indexer.resolve import library
from noctule.indexer.resolve.inference import Inference
from noctule.indexer.resolve.parameters import Parameters
from noctule.indexer.resolve.types import Ref, Type, join, options, to_object

DEEPEST = 6
_OF_CLASSES = frozenset({("k", "type"), ("k", "Type")})
"""Types of Python whose objects are classes."""
_CALLED = frozenset({"f", "c"})
_PARTS = frozenset({VALUE, PARAMETER})


class WrittenCall(NamedTuple):
    """A call as it is written, and where."""

    file: int
    scope: int
    row: int
    arguments: Sequence[Expr]
    types: Sequence[Expr]


class TypeArguments:
    """Works type arguments out; `call` says what calling a type gives."""

    def __init__(self, types: Inference, parameters: Parameters, call: Callable[[Type], Type]) -> None:
        self._types = types
        self._parameters = parameters
        self._call = call

    def infer(self, function: Type, call: WrittenCall, names: Iterable[str]) -> dict[str, Type]:
        """Return what the arguments of a call say of some type parameters of a function."""
        declared = self._types.function(function[1])
        given: dict[str, list[Type]] = {name: [] for name in names}
        first = self._has_self(function[1][0], declared)
        told = [self._infer_given(call, argument) for argument in call.arguments]
        if len(told) == 1 and len(declared.parameters) > 1 and told[0] is not None and told[0][0] == "t":
            told = list(told[0][1])  # Go passes all that a function returns
        for position, type_ in enumerate(told[: len(declared.parameters)], first):
            if type_ is not None:
                wanted = self._parameters.parameter_type(function, position, as_type=True)
                if wanted is not None and wanted[:2] in _OF_CLASSES and wanted[2]:
                    self._match(wanted[2][0], to_object(type_), given, 0)
                else:
                    self._match(self._parameters.parameter_type(function, position, as_type=False), type_, given, 0)
                    self._match_rest(function, position, type_, given)
        return {name: join(found) for name, found in given.items() if found}

    def _infer_given(self, call: WrittenCall, argument: Expr) -> Type:
        """Return the type of an argument; in Rust a type's name is its only value where it has no fields."""
        found = self._types.infer(call.file, call.scope, argument, call.row)
        head = self._types.program.heads[call.file]
        return to_object(found) if head is not None and head.language == "rust" else found

    def infer_record(self, ref: Ref, call: WrittenCall, names: Iterable[str]) -> dict[str, Type]:
        """Return what is said of the type parameters of a class whose head declares what it is made of."""
        given: dict[str, list[Type]] = {name: [] for name in names}
        class_ = self._types.class_(ref)
        bound = self._types.program.of(ref[0]).scopes[class_.scope].names if class_.scope >= 0 else {}
        parts = [b[0].type for name, b in bound.items() if b[0].tag in _PARTS and b[0].type and name[-1] not in ")>"]
        for position, argument in enumerate(call.arguments):
            if isinstance(argument, tuple) and argument[0] == "=":
                part, value = next((b.type for b in bound.get(argument[1], ())), None), argument[2]
            else:
                part, value = parts[position] if position < len(parts) else None, argument
            told = self._infer_given(call, value)
            if told is not None:
                self._match(self._types.infer_declared(ref[0], class_.scope, part), told, given, 0)
        return {name: join(found) for name, found in given.items() if found}

    def _match_rest(self, function: Type, position: int, told: Type, given: dict[str, list[Type]]) -> None:
        """Hold the last parameter against what is passed where it takes any number of values (Go, Java, Kotlin)."""
        declared = self._types.function(function[1])
        last = len(declared.parameters) - 1
        if position != last or declared.scope < 0 or all(given.values()):
            return
        for bound in (
            self._types.program.of(function[1][0]).scopes[declared.scope].names.get(declared.parameters[last], ())
        ):
            whole = bound.type or bound.value
            if isinstance(whole, tuple) and whole[:2] == ("l", "Array"):
                wanted = self._types.infer(function[1][0], declared.scope, whole[2][0], bound.row)
                self._match(wanted, told, given, 0)

    def _has_self(self, file: int, function: Function) -> int:
        """Return 1 where the first parameter is the object that a method is called on, else 0."""
        if function.scope < 0 or not function.parameters:
            return 0
        bound = self._types.program.of(file).scopes[function.scope].names.get(function.parameters[0], ())
        return int(any(b.tag == SELF for b in bound))

    def pass_result(self, gives: Type, call: WrittenCall) -> Type:
        """Return what a function of the library gives that calls the function which it is passed."""
        _, name, is_flat = gives
        passed = self._types.infer(call.file, call.scope, call.arguments[0], call.row) if call.arguments else None
        found = join([self._call(option) for option in options(passed) if option[0] in _CALLED])
        if found is None:
            return None
        is_promise = name == "Promise" and (found[0] == "y" or library.await_result(found) is not None)
        if is_flat or is_promise:
            return found
        return ("e", name, (found,))

    def _match(self, wanted: Type, told: Type, given: dict[str, list[Type]], depth: int) -> None:
        """Hold what a parameter is declared to be against what is passed."""
        if depth > DEEPEST:
            return
        for want in options(wanted):
            if want[0] == "v":
                if want[1] in given and told is not None:
                    given[want[1]].append(told)
                continue
            for option in options(told):
                self._match_one(want, option, given, depth + 1)

    def _match_one(self, want: Type, option: Type, given: dict[str, list[Type]], depth: int) -> None:
        kind, other = want[0], option[0]
        if kind in {"i", "e", "c", "k"} and other == kind and want[1] == option[1]:
            for one, told in zip(want[2], option[2], strict=False):
                self._match(one, told, given, depth)
        elif kind == "e" and other == "e":
            self._match(library.item(want), library.item(option), given, depth)
        elif kind == "e" and other == "t":
            self._match(library.item(want), join(list(option[1])), given, depth)
        elif kind == "e" and other in _CALLED:
            wanted = library.result(want)
            if wanted is not None:
                self._match(wanted, self._call(option), given, depth)
        elif kind == "t" and other == "t":
            for one, told in zip(want[1], option[1], strict=False):
                self._match(one, told, given, depth)
        elif kind == "y" and other == "y":
            self._match(want[1], option[1], given, depth)
        elif kind == "y" or other == "y":
            inner = option[1] if other == "y" else library.await_result(option)
            outer = want[1] if kind == "y" else library.await_result(want)
            self._match(outer, inner, given, depth)
        elif kind == "f" and other == "f":
            self._match(self._call(want), self._call(option), given, depth)
