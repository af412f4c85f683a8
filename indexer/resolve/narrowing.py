"""Which types of a union a value may be of: by a member that tells them apart, by another type, or by a function."""

from __future__ import annotations

from noctule.indexer.parse.facts.model import Expr
from noctule.indexer.resolve.inference import Inference
from noctule.indexer.resolve.types import LAST, MOST_OPTIONS, Type, cut, join, options, take_names, to_object


def infer_part(types: Inference, file: int, scope: int, expression: Expr, row: int) -> Type:
    """Return what is left of a type by the forms `G`, `~`, `sift` and `cut` of an expression."""
    form = expression[0]
    whole = types.infer(file, scope, expression[1], row)
    if form == "G":
        return join([_find_guarded(types, option) for option in options(whole)])
    if form == "~":
        return join([one for one in options(whole) if _may_be(types, one, *expression[2:])])
    _, _, other, keep = expression
    if form == "sift":
        return _sift(types, whole, types.infer(file, scope, other, row), keep=keep)
    names = take_names(types.infer(file, scope, other, row)) if isinstance(other, str) else other
    return cut(whole, names, keep) if names else whole


def _find_guarded(types: Inference, option: Type) -> Type:
    """Return the type that a function tells values of."""
    function = types.function(option[1]) if option[0] == "f" else None
    told = function.returns if function is not None else None
    if function is None or not isinstance(told, tuple) or told[0] != "P":
        return None
    return types.infer(option[1][0], function.scope, told[1], LAST)


def _discriminant(types: Inference, part: Type) -> tuple[str, tuple[str, ...]] | None:
    """Return the only member of a shape, and the constants that it may be."""
    class_ = types.class_(part[1]) if part[0] == "c" else None
    if class_ is None or class_.kind != "object" or class_.scope < 0:
        return None
    names = types.program.of(part[1][0]).scopes[class_.scope].names
    name, bound = next(iter(names.items()), ("", []))
    type_ = bound[0].type if len(names) == 1 else None
    texts = [type_[1]] if isinstance(type_, tuple) and type_[0] == "=" else _constants(type_)
    return None if "" in texts else (name, tuple(texts))


def _sift(types: Inference, whole: Type, part: Type, *, keep: bool) -> Type:
    """Return those options of a type that another one has, or all but these; None where that is not known."""
    named = {option[:2] for option in options(part)}
    if part is None or len(options(whole)) < 2:
        return None if whole is not None and whole[:2] in named and not keep else whole
    told = _discriminant(types, part)
    if told is not None:
        return join([option for option in options(whole) if _may_be(types, to_object(option), *told, keep)])
    if not all(option[:2] in {one[:2] for one in options(whole)} for option in options(part)):
        return None
    return join([option for option in options(whole) if (option[:2] in named) == keep])


def _may_be(types: Inference, option: Type, name: str, texts: tuple[str, ...], keep: bool) -> bool:
    """Tell whether a member of a type may be one of some texts, or none of them."""
    if any("." in text for text in texts):
        kinds = [kind for slot, _ in types.members(option, name) for kind in _constants(slot.binding.type)]
        return not kinds or "" in kinds or any((kind in texts) == keep for kind in kinds)
    told = options(types.member(option, name))
    if not told or len(told) >= MOST_OPTIONS:
        return True
    return any(one[0] != "=" or (one[1] in texts) == keep for one in told)


def _constants(type_: Expr) -> list[str]:
    """Return the constants that a declared type consists of; an empty one where anything else is among them."""
    if not isinstance(type_, tuple):
        return [""]
    if type_[0] == "o":
        return [text for part in type_[1:] for text in _constants(part)]
    return [f"{type_[1]}.{type_[2]}" if type_[0] == "a" and isinstance(type_[1], str) else ""]
