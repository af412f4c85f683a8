"""The types of the language server protocol, each made when it is first used: of 550, a session uses fifty.

To make all of them takes half of the time until the first answer. Knows `attrs`, and no single type.
"""

from __future__ import annotations

import sys
from threading import RLock
from typing import Any, get_type_hints

import attrs

_define: Any = attrs.define
_waiting: dict[type, dict[str, Any]] = {}
_making: set[type] = set()
_lock = RLock()


def import_types() -> None:
    """Import the types of the protocol, and make none; where they are there already, nothing changes."""
    if "lsprotocol.types" in sys.modules:
        return
    attrs.define = _defer
    try:
        import lsprotocol.types  # noqa: F401
    finally:
        attrs.define = _define
    from lsprotocol import _hooks

    # Else all would be made at once, to look up what their fields' types are called. Here each does that for itself.
    _hooks._resolved_forward_references = True


def _defer(cls: type | None = None, /, **options: Any) -> Any:  # noqa: ANN401 - as `attrs.define`
    if cls is None:
        return lambda plain: _defer(plain, **options)
    _waiting[cls] = options
    cls.__attrs_attrs__ = _Fields()  # type: ignore[attr-defined]
    cls.__init__ = _make_and_init  # type: ignore[misc]
    return cls


class _Fields:
    """Stands for the fields of a class that is not made: whoever looks at them has it made."""

    def __get__(self, value: object, cls: type) -> Any:  # noqa: ANN401
        with _lock:
            if cls in _making:
                raise AttributeError("__attrs_attrs__")
            _make(cls)
        return cls.__attrs_attrs__  # type: ignore[attr-defined]


def _make_and_init(self: object, *given: Any, **named: Any) -> None:  # noqa: ANN401
    _make(type(self))
    type(self).__init__(self, *given, **named)


def _make(cls: type) -> None:
    """Make a class and those that it derives from, in place: other types name it already."""
    with _lock:
        for one in reversed(cls.__mro__):
            if one in _waiting:
                _making.add(one)
                _define(**{**_waiting.pop(one), "slots": False, "init": True}, field_transformer=_resolve)(one)
                _making.discard(one)


def _resolve(cls: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    from lsprotocol.types import ALL_TYPES_MAP

    hints = get_type_hints(cls, ALL_TYPES_MAP, {})
    return [field.evolve(type=hints.get(field.name, field.type)) for field in fields]
