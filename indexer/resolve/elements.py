"""Parts of values: what iterating over one gives, indexing it, unpacking it, or entering it."""

from __future__ import annotations

from collections.abc import Sequence

from noctule.indexer.parse.facts.model import FUNCTION, VALUE, Expr
from noctule.indexer.resolve import library
from noctule.indexer.resolve.heritage import Heritage
from noctule.indexer.resolve.inference import Inference
from noctule.indexer.resolve.types import DERIVED, Ref, Type, cut, join, options, substitute, to_object

_ITERATORS = ("__iter__", "__aiter__", "iterator", "iterator()", "getIterator", "getIterator()", "into_iter")
_INDEXED = ("__getitem__", "get()", "operator[]")
"""What an element is asked of, in Python, Kotlin and C++."""
_NEXT = ("__next__", "__anext__", "next", "next()", "current", "current()")


class Elements:
    """What the parts of a value are."""

    def __init__(self, types: Inference, heritage: Heritage) -> None:
        self._types = types
        self._heritage = heritage

    def derive(self, form: str, type_: Type) -> Type:
        """Return what awaiting a value gives, iterating over it, or entering it, as a form of an expression says."""
        self._types.how = max(self._types.how, DERIVED)
        if form in {"e", "ek", "x"}:  # a function of the library without its brackets (Scala)
            type_ = join([o[1] if o[0] == "K" and o[1] and o[1][0] != "<-" else o for o in options(type_)])
        if form == "y":
            return join([o[1] if o[0] == "y" else library.await_result(o) or o for o in options(type_)])
        if form == "e":
            return join([self.element(o) for o in options(type_)])
        if form == "ek":
            return join([library.key(o) for o in options(type_)])
        if form == "x":
            return join([library.item(o) if o[0] == "e" else o for o in options(type_)])
        if form == "w":
            return join([self.enter(o) for o in options(type_)])
        return None

    def infer_index(self, file: int, scope: int, expression: Expr, row: int) -> Type:
        """Return what `base[arguments]` is: an element, or a type with its arguments."""
        base = self._types.infer(file, scope, expression[1], row)
        alias = self._alias(file, scope, expression[1], row)
        if alias is not None:
            names = self._types.function(alias).generic
            told = [to_object(self._types.infer(file, scope, e, row)) for e in expression[2]]
            given = self._heritage.defaults(alias[0], self._types.function(alias).scope, names[len(told) :])
            return substitute(self._types.alias_type(alias), given | dict(zip(names, told, strict=False)))
        found: list[Type] = []
        for option in options(base):
            kind = option[0]
            if kind in {"k", "c"}:
                arguments = tuple(self._types.infer(file, scope, e, row) for e in expression[2])
                found.append(
                    library.generic(option, arguments)
                    if kind == "k"
                    else ("c", option[1], tuple(to_object(a) for a in arguments))
                )
            elif kind == "t":
                found.append(join(list(option[1])) if len(expression) < 4 else self.item(option, expression[3]))
            elif option[:2] == ("e", "Receiver"):
                found.append(option)  # an alias of a type of functions, with its arguments
            elif kind == "e":
                written = _find_item(option, expression[3]) if len(expression) > 3 else ()
                found.append(written[0] if written else library.item(option))
            elif kind == "f":
                found.append(option)
            elif kind == "i":
                self._types.how = max(self._types.how, DERIVED)
                found.append(self._types.member(option, "[]"))
                found += [
                    self._types.return_type((s.file, s.binding.value), option, g)
                    for name in _INDEXED
                    for s, g in self._types.members(option, name)
                    if s.file >= 0 and s.binding.tag == FUNCTION
                ]
        if base is not None and base[0] not in {"k", "c", "f"}:
            self._types.how = max(self._types.how, DERIVED)
        return join(found)

    def _alias(self, file: int, scope: int, name: Expr, row: int) -> Ref | None:
        """Return the type with type parameters that a name, or one after a module, stands for."""
        if isinstance(name, str):
            slots = self._types.program.resolve(file, scope, name, row)
        elif isinstance(name, tuple) and name[0] == "a":
            modules = [o for o in options(self._types.infer(file, scope, name[1], row)) if o[0] == "m"]
            slots = [slot for module in modules for slot, _ in self._types.members(module, name[2])]
        else:
            return None
        value = slots[0].binding.value if len(slots) == 1 and slots[0].file >= 0 else None
        return (slots[0].file, value[1]) if isinstance(value, tuple) and value[0] == "A" else None

    def element(self, option: Type) -> Type:
        """Return what iterating over a value gives."""
        if option[0] == "t":
            return join(list(option[1]))
        if option[0] == "e":
            return library.element(option)
        if option[0] == "i":
            iterated = self._returned(option, _ITERATORS)
            return self._next(option) if iterated is None else join([self._next(o) for o in options(iterated)])
        return None

    def _next(self, iterator: Type) -> Type:
        """Return the type of an iterator's elements."""
        if iterator[0] == "e":
            return library.element(iterator)
        given = options(self._returned(iterator, _NEXT))
        return join([library.item(o) if o[:2] == ("e", "Option") else o for o in given])

    def _returned(self, option: Type, names: Sequence[str]) -> Type:
        """Return the result type of the first of these methods that a value has."""
        for name in names if option[0] == "i" else ():
            for slot, given in self._types.members(option, name):
                if slot.file >= 0 and slot.binding.tag == FUNCTION:
                    return self._types.return_type((slot.file, slot.binding.value), option, given)
        return None

    def follow(self, option: Type) -> Type:
        """Return the type behind an object that may be a pointer: one of the library, or of the repository (C++).

        A plain pointer is not told apart from what it points to, so that a name which both have means neither.
        """
        target = self._returned(option, ("operator->",))
        if target is None:
            return library.follow(option)
        return join([cut(target, self._names(option), False), cut(option, self._names(target), False)])

    def _names(self, type_: Type) -> tuple[str, ...]:
        """Return the names of all members that the classes of a type declare or inherit."""
        found: set[str] = set()
        for option in options(type_):
            for ref, _ in self._heritage.line(option[1]) if option[0] == "i" else ():
                class_ = self._types.class_(ref)
                if class_.scope >= 0:
                    found.update(class_.fields, self._types.program.of(ref[0]).scopes[class_.scope].names)
        return tuple(sorted(found))

    def enter(self, option: Type) -> Type:
        """Return what entering a value with `with` gives."""
        if option[0] == "i":
            for name in ("__enter__", "__aenter__"):
                for slot, given in self._types.members(option, name):
                    if slot.file >= 0 and slot.binding.tag == FUNCTION:
                        found = self._types.return_type((slot.file, slot.binding.value), option, given)
                        return join([o[1] if o[0] == "y" else o for o in options(found)])
            return None
        if option[0] == "e":
            return library.enter(option)
        return None

    def infer_item(self, file: int, scope: int, expression: Expr, row: int) -> Type:
        """Return the type at a position when `expression[1]` is unpacked; a literal list gives it directly."""
        _, whole, position = expression
        if isinstance(whole, tuple) and whole[0] == "l" and len(whole) > 3:
            return self._types.infer(file, scope, whole[3][position], row) if position < len(whole[3]) else None
        type_ = self._types.infer(file, scope, whole, row)
        self._types.how = max(self._types.how, DERIVED)
        return join([self.item(option, position) for option in options(type_)])

    def item(self, option: Type, position: int) -> Type:
        """Return what unpacking a value gives at a position."""
        if option[0] == "t":
            return option[1][position] if -len(option[1]) <= position < len(option[1]) else None
        written = _find_item(option, position)
        if written:
            return written[0]
        if option[0] == "e":
            return library.unpack(option, position)
        kind = self._types.class_(option[1]).kind if option[0] == "i" else ""
        if kind == "record":
            return self._component(option, position)
        taken = self._returned(option, ("unapply",)) if kind == "object" else None
        if taken is None:
            return self.element(option)
        parts = join([library.item(o) for o in options(taken) if o[0] == "e"])
        return self.item(parts, position) if parts is not None and parts[0] == "t" else None if position else parts

    def _component(self, option: Type, position: int) -> Type:
        """Return the type at a position of a record: its constructor declares the parts first."""
        class_ = self._types.class_(option[1])
        names = self._types.program.of(option[1][0]).scopes[class_.scope].names
        parts = [
            name
            for name, bound in names.items()
            if bound[0].tag == VALUE and bound[0].type is not None and not name.endswith(("()", ">"))
        ]
        return self._types.member(option, parts[position]) if position < len(parts) else None


def _find_item(option: Type, position: int) -> tuple[Type, ...]:
    """Return the type at a position of a literal list; nothing if it is not known."""
    items = option[3] if option[0] == "e" and len(option) > 3 else ()
    return (items[position],) if 0 <= position < len(items) else ()
