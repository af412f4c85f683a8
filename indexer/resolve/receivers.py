"""What the type parameters of a function are that extends a type: what it is called on says it."""

from __future__ import annotations

from noctule.indexer.parse.facts.model import RECEIVER
from noctule.indexer.resolve import library
from noctule.indexer.resolve.inference import Inference
from noctule.indexer.resolve.types import Type, join, options


def infer_receiver(types: Inference, function: Type) -> dict[str, Type]:
    """Return the type parameters of a function that was taken from an object."""
    _, ref, owner = function
    declared = types.function(ref)
    if owner is None or not declared.generic or declared.scope < 0:
        return {}
    given: dict[str, list[Type]] = {}
    for binding in types.program.of(ref[0]).scopes[declared.scope].names.get(RECEIVER, ()):
        _match(types.infer_declared(ref[0], declared.scope, binding.type), owner, given)
    return {name: join(found) for name, found in given.items()}


def _match(wanted: Type, told: Type, given: dict[str, list[Type]]) -> None:
    for want in options(wanted):
        for option in options(told):
            if want[0] == "v":
                given.setdefault(want[1], []).append(option)
            elif want[0] == option[0] and want[0] in {"i", "e"}:
                if want[1] == option[1] or want[0] == "i":
                    for one, other in zip(want[2], option[2], strict=False):
                        _match(one, other, given)
                else:
                    _match(library.item(want), library.item(option), given)
