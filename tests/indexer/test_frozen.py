"""Dataclasses that are made faster: in everything that can be seen they are those of the standard library."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from noctule.indexer import frozen


def _make(dataclass: Callable[..., Any]) -> list[type]:
    class Named:
        __slots__ = ()

        def name(self) -> str:
            return type(self).__name__

    @dataclass(frozen=True, slots=True)
    class One:
        only: int

    @dataclass(frozen=True, slots=True)
    class Many(Named):
        path: str
        line: int = 3
        parts: tuple[str, ...] = ()
        kept: dict[str, int] = dataclasses.field(default_factory=dict, repr=False, compare=False)
        made: int = dataclasses.field(default=7, init=False)

    @dataclass(frozen=True, slots=True)
    class More(Many):
        last: str = "z"

        def __post_init__(self) -> None:
            if self.last == "bad":
                raise ValueError(self.last)

    @dataclass(frozen=True, slots=True)
    class Own:  # noqa: PLW1641 - the decorator adds it
        text: str

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Own)

        def __repr__(self) -> str:
            return "own"

    @dataclass(frozen=True, slots=True)
    class Empty:
        pass

    return [One, Many, More, Own, Empty]


ARGUMENTS: list[tuple[int, tuple[Any, ...], dict[str, Any]]] = [
    (0, (1,), {}),
    (0, (2,), {}),
    (1, ("a",), {}),
    (1, ("a", 3, (), {"x": 1}), {}),
    (1, ("a",), {"parts": ("b",)}),
    (2, ("a",), {"last": "y"}),
    (2, ("a",), {}),
    (3, ("t",), {}),
    (4, (), {}),
]


def _seen(classes: list[type]) -> list[object]:
    values = [classes[at](*given, **named) for at, given, named in ARGUMENTS]
    return [
        [repr(value).replace(type(value).__qualname__, "") for value in values],
        [[one == other for other in values] for one in values],
        [type(value).__hash__ and hash(value) for value in values],
        [dataclasses.asdict(value) for value in values],
        [(field.name, field.default, field.init) for one in classes for field in dataclasses.fields(one)],
        [
            [(name, p.kind, p.default == p.empty) for name, p in inspect.signature(one).parameters.items()]
            for one in classes
        ],
        [
            (one.__slots__, one.__match_args__, hasattr(one, "__dict__") and "__dict__" in one.__dict__)
            for one in classes
        ],
        [copy.deepcopy(value) == value for value in values],
        dataclasses.asdict(dataclasses.replace(values[2], line=5)),
        values[2].name(),
    ]


def test_they_are_as_those_of_the_standard_library() -> None:
    assert _seen(_make(frozen.dataclass)) == _seen(_make(dataclasses.dataclass))


@frozen.dataclass(frozen=True, slots=True)
class Sent:
    path: str
    lines: tuple[int, ...] = ()


def test_they_travel_and_cannot_be_changed() -> None:
    sent = Sent("a", (1, 2))

    assert pickle.loads(pickle.dumps(sent)) == sent
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'path'"):
        sent.path = "b"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'path'"):
        del sent.path
    with pytest.raises(TypeError):
        Sent()  # type: ignore[call-arg]


def test_every_other_kind_is_left_to_the_standard_library() -> None:
    @frozen.dataclass(frozen=True, slots=True, order=True)
    class Ordered:
        at: int

    @frozen.dataclass
    class Plain:
        at: int

    @dataclasses.dataclass(frozen=True, slots=True)
    class Derived(Sent):
        last: int = 0

    assert (Ordered(1) < Ordered(2), Plain(1)) == (True, Plain(1))
    assert (Derived("a", last=2), hash(Derived("a"))) == (Derived("a", (), 2), hash(("a", (), 0)))
