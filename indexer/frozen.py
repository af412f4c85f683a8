"""`dataclass` of the standard library, made in a third of the time: a command makes a hundred such classes.

A class that is `frozen=True, slots=True` takes its methods from here, and only `__init__` is generated, where
`dataclasses` generates six functions. To `fields`, `replace`, `asdict`, `copy` and `pickle` it is like any other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, **options):  # noqa: ANN001,ANN003,ANN201 - the type checker sees the original
        """Make a class a dataclass."""
        if cls is None:
            return lambda plain: dataclass(plain, **options)
        return _freeze(cls) if options == {"frozen": True, "slots": True} else dataclasses.dataclass(cls, **options)


def _freeze(plain: type) -> type:
    explicit = set(plain.__dict__)
    if plain.__dict__.get("__hash__") is None:  # as an own `__eq__` leaves it
        explicit.discard("__hash__")
    made = _collect_fields(plain)
    fields = dataclasses.fields(made)
    for name, method in _methods(made, fields).items():
        if name not in explicit:
            setattr(made, name, method)
    return made


def _collect_fields(plain: type) -> type:
    """Have the standard library make what it makes without generating functions: as if nothing here were frozen."""
    every = (one.__dict__.get("__dataclass_params__") for one in plain.__mro__[1:])
    parents = [params for params in every if params is not None and params.frozen]
    for params in parents:
        params.frozen = False
    try:
        made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(plain)
    finally:
        for params in parents:
            params.frozen = True
    made.__dataclass_params__.frozen = True
    return cast("type", made)


def _methods(made: type, fields: tuple[dataclasses.Field[Any], ...]) -> dict[str, Callable[..., Any]]:
    names = tuple(field.name for field in fields)
    setters = {name: getattr(made, name).__set__ for name in names}
    key = _getter([field.name for field in fields if field.compare])
    shown = [field.name for field in fields if field.repr]

    def __eq__(self: object, other: object) -> bool:
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: object) -> int:
        return hash(key(self))

    def __repr__(self: object) -> str:
        return f"{self.__class__.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    def __setattr__(self: object, name: str, value: object) -> None:
        if type(self) is made or name in setters:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        object.__setattr__(self, name, value)

    def __delattr__(self: object, name: str) -> None:
        if type(self) is made or name in setters:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        object.__delattr__(self, name)

    def __getstate__(self: object) -> list[Any]:
        return [getattr(self, name) for name in names]

    def __setstate__(self: object, state: list[Any]) -> None:
        for name, value in zip(names, state, strict=True):
            setters[name](self, value)

    methods = (__eq__, __hash__, __repr__, __setattr__, __delattr__, __getstate__, __setstate__)
    return {"__init__": _make_init(made, fields, setters)} | {method.__name__: method for method in methods}


def _getter(names: list[str]) -> Callable[[Any], Any]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def _make_init(
    made: type, fields: tuple[dataclasses.Field[Any], ...], setters: dict[str, Callable[..., None]]
) -> Callable[..., None]:
    """Generate the function that sets all fields; names of ours begin as no field does."""
    known: dict[str, Any] = {f"__set_{name}": setter for name, setter in setters.items()}
    known["__missing"] = dataclasses.MISSING
    parameters, body = ["self"], []
    for field in fields:
        name, value = field.name, field.name
        parameter = name
        if field.default is not dataclasses.MISSING:
            known[f"__default_{name}"] = field.default
            parameter = f"{name}=__default_{name}"
            value = name if field.init else f"__default_{name}"
        elif field.default_factory is not dataclasses.MISSING:
            known[f"__make_{name}"] = field.default_factory
            parameter = f"{name}=__missing"
            value = f"__make_{name}() if {name} is __missing else {name}" if field.init else f"__make_{name}()"
        if field.init:
            parameters.append(parameter)
        body.append(f"__set_{name}(self, {value})")
    if hasattr(made, "__post_init__"):
        body.append("self.__post_init__()")
    exec(f"def __init__({', '.join(parameters)}):\n " + "\n ".join(body or ["pass"]), known)
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{made.__qualname__}.__init__"
    return init
