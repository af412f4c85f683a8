"""What two of our processes say to each other: frozen dataclasses, one JSON object a line. Knows no single message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Self, TypeVar, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")

TYPE = "message"
"""The key that names the type of a message."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message. Its fields are plain values, tuples and mappings of these, and dataclasses of the same."""

    def to_json(self) -> dict[str, Any]:
        """Return the message as JSON writes it."""
        return {TYPE: type(self).__name__, **asdict(self)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote. TypeError, KeyError where it is of another version."""
        return _build(cls, {name: value for name, value in values.items() if name != TYPE})


class Decoder:
    """Reads lines that hold one of some types of messages."""

    def __init__(self, *types: type[Message]) -> None:
        self._types = {one.__name__: one for one in types}

    def decode(self, line: bytes) -> Message:
        """Return the message of a line. ValueError where the line is torn, or no message of these types."""
        try:
            values = json.loads(line)
            return self._types[values[TYPE]].from_json(values)
        except (KeyError, TypeError) as error:
            raise ValueError(f"no message that is expected here: {type(error).__name__}") from error


def encode(message: Message) -> bytes:
    """Return a message as a line."""
    return json.dumps(message.to_json()).encode() + b"\n"


def _build(cls: type[T], values: Mapping[str, Any]) -> T:
    hints = _hints(cls)  # type: ignore[arg-type]  # the hash of an instance may be absent, that of a class is not
    known = {field.name for field in fields(cls)}  # type: ignore[arg-type]
    if unknown := values.keys() - known:
        raise TypeError(f"{cls.__name__} has no field {sorted(unknown)[0]}")
    return cls(**{name: _value(hints[name], value) for name, value in values.items()})


@cache
def _hints(cls: type[object]) -> dict[str, Any]:
    return get_type_hints(cls)


def _value(hint: object, value: object) -> object:
    if value is None:
        return None
    if get_origin(hint) is UnionType:
        (hint,) = [one for one in get_args(hint) if one is not NoneType]
    if get_origin(hint) is tuple:
        return tuple(_value(get_args(hint)[0], one) for one in cast("list[object]", value))
    return _build(hint, cast("dict[str, Any]", value)) if isinstance(hint, type) and is_dataclass(hint) else value
