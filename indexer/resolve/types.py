"""What types are written as: values of the repository, as far as something is known of them.

| type | is |
|---|---|
| `("i", class, arguments)`, `("c", class, arguments)` | an object, a class itself |
| `("u", class, arguments)` | an object, seen as one of its bases |
| `("f", function, owner)` | a function, with the object it was taken from |
| `("m", key)` | a module |
| `("e", name, arguments)`, `("k", name, arguments)` | an object of a library's type, and that type |
| `("e", name, arguments, items)` | such an object that is written down with these first items |
| `("K", result)` | a function of a library |
| `("<-", name, flat)` | as such a result: what the function that is passed gives, in a container of that name |
| `("t", items)`, `("y", type)`, `("v", name, bound)` | a tuple, what has to be awaited, a type parameter |
| `("-", type, names, keep)` | the same with only these members, or with all but these, or those of a parameter |
| `("=", text)` | a type that has one value |
| `("|", types)` | one of these |

A class or function is (file, position). None is not known: it makes no edge.
"""

from __future__ import annotations

from typing import Any

from noctule.indexer.resolve import library
from noctule.indexer.resolve.slots import Slot

Type = Any
Ref = tuple[int, int]
Found = tuple[Slot, dict[str, Type]]

NAMED, QUALIFIED, OWN, OWNER, DECLARED, MADE, RETURNED, DERIVED, EXPANDED = range(9)
"""How a use was resolved, the surest first: the weakest step of its receiver counts."""
PRECISE = -1
"""A SCIP index says so, and the text bears it out: surer than all of them."""

MOST_OPTIONS = 48
LAST = 1 << 30
"""The line at which all that a file binds is bound."""


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


def substitute(type_: Type, given: dict[str, Type]) -> Type:
    """Put arguments in place of type parameters."""
    if type_ is None:
        return None
    kind = type_[0]
    if kind == "v":
        found = given.get(type_[1])
        return type_ if found is None else found
    if kind in {"|", "t"}:
        inner = [substitute(t, given) for t in type_[1]]
        return join(inner) if kind == "|" else ("t", tuple(inner))
    if kind in {"i", "c", "e", "k"} and type_[2]:
        return (kind, type_[1], *(tuple(substitute(t, given) for t in part) for part in type_[2:]))
    if kind == "y":
        return ("y", substitute(type_[1], given))
    if kind == "-":
        names = type_[2]
        told = names if isinstance(names[0], str) else take_names(substitute(names[0], given)) or names
        return cut(substitute(type_[1], given), told, type_[3])
    return type_


def take_names(type_: Type) -> tuple[Any, ...]:
    """Return the texts that a value may be; of a type parameter itself; nothing where anything else is among them."""
    found = options(type_)
    if len(found) == 1 and found[0][0] == "v":
        return found
    return tuple(sorted(option[1] for option in found)) if all(option[0] == "=" for option in found) else ()


def has_member(type_: Type, name: str) -> bool:
    """Tell whether a type with only some members has one of that name, as far as is known which these are."""
    names = type_[2]
    return not isinstance(names[0], str) or (name in names) == type_[3]


def variables(type_: Type) -> set[str]:
    """Return the type parameters that a type depends on."""
    if type_ is None:
        return set()
    if type_[0] == "v":
        return {type_[1]}
    parts = type_[1] if type_[0] in {"|", "t"} else type_[2] if type_[0] in {"i", "c", "e", "k"} else ()
    if type_[0] in {"y", "-"}:
        parts = (type_[1],) if type_[0] == "y" or isinstance(type_[2][0], str) else (type_[1], type_[2][0])
    return {name for part in parts for name in variables(part)}


def cut(type_: Type, names: tuple[Any, ...], keep: bool) -> Type:
    """Return a type with only some members of another, or with all but these: by their names, or a type parameter."""
    return join([("-", option, names, keep) for option in options(type_)])


def compose(mapping: dict[str, Type], given: dict[str, Type]) -> dict[str, Type]:
    """Put arguments in place of type parameters in what stands for other type parameters."""
    if mapping and given:
        return {name: substitute(type_, given) for name, type_ in mapping.items()}
    return mapping or given


def to_object(type_: Type) -> Type:
    """Return what a thing is whose declared type is given: the object of a class."""
    return join([_make_object(option) for option in options(type_)])


def _make_object(option: Type) -> Type:
    kind = option[0]
    if kind == "c":
        return ("i", option[1], option[2])
    if kind == "k":
        return library.make_instance(option)
    if kind == "m":
        return None
    return cut(to_object(option[1]), *option[2:]) if kind == "-" else option
