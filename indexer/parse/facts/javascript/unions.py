"""Unions of TypeScript that a member tells apart: what a condition says of which of its types a value is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from noctule.indexer.parse.facts.javascript.types import TypeScriptTypes
from noctule.indexer.parse.facts.model import TELLING, Expr

if TYPE_CHECKING:
    from tree_sitter import Node

Told = dict[str, tuple[tuple[str, tuple[str, ...], bool] | tuple[str, Expr], ...]]
"""What is known of values by their names, one thing after another: a member, texts, and whether the member is one of
them or none; or the function that tells what they are; or a class that they are of, or not."""
OF_A_MEMBER: Final = 3
"""Parts of what is known of a member, whose name may be any word: `is` too."""
_GUARD = re.compile(r"(?:is|has)[A-Z_]\w*")
"""What functions are mostly named that tell whether a value is of a type."""

_EQUAL = {"===": True, "==": True, "!==": False, "!=": False}


class JavaScriptUnions(TypeScriptTypes):
    """The part of the walk that knows what conditions around a place say of unions."""

    told: Told

    def constant(self, node: Node) -> Expr:
        """Visit a value that never changes: of a text, that one."""
        value = self.visit(node)
        return ("=", self.text_of(node)) if node.type == "string" else value

    def visit_where(self, node: Node | None, told: Told) -> Expr:
        """Visit what is only reached where something is known."""
        before, self.told = self.told, _add(self.told, told)
        found = self.visit(node)
        self.told = {name: known for name, known in before.items() if name in self.told}
        return found

    def tell_rest(self, condition: Node | None) -> None:
        """A condition does not hold from here to the end of the block."""
        self.told = _add(self.told, leave_classes(self.tell_of(condition, holds=False)))

    def narrow_union(self, name: str) -> Expr:
        """Return what a name stands for here."""
        found: Expr = name
        for known in self.told.get(name, ()):
            if len(known) == OF_A_MEMBER:
                found = ("~", found, *known)
            elif known[0] == "is":
                found = ("I", known[1])
            elif known[0] == "not":
                found = ("sift", found, ("I", known[1]), False)
            else:
                found = ("??", ("I", known), found)
        return found

    def tell_of(self, condition: Node | None, *, holds: bool = True) -> Told:
        """Return what a condition says where it holds, or where it does not."""
        if condition is None:
            return {}
        kind, parts = condition.type, condition.named_children
        if kind == "parenthesized_expression" and len(parts) == 1:
            return self.tell_of(parts[0], holds=holds)
        if kind == "unary_expression" and condition.children[0].type == "!":
            return self.tell_of(parts[0], holds=not holds)
        if kind == "member_expression":
            return self._tell(condition, ("false",) if holds else ("true",), keep=False)
        if kind == "call_expression":
            return self._tell_guard(condition) if holds else {}
        operator = condition.child_by_field_name("operator") if kind == "binary_expression" else None
        if operator is None:
            return {}
        if operator.type == ("&&" if holds else "||"):
            return _add(self.tell_of(parts[0], holds=holds), self.tell_of(parts[-1], holds=holds))
        if operator.type == "instanceof" and parts[0].type == parts[-1].type == "identifier":
            return {self.b.text(parts[0]): (("is" if holds else "not", self.b.text(parts[-1])),)}
        if operator.type in _EQUAL and self.is_constant(parts[-1]):
            return self._tell(parts[0], (self.text_of(parts[-1]),), keep=_EQUAL[operator.type] == holds)
        return {}

    def _tell_guard(self, call: Node) -> Told:
        """Return what a call as `isUser(value)` says of the value."""
        function, arguments = call.named_children[0], call.named_children[-1]
        parts = function.named_children if function.type == "member_expression" else [function]
        first = arguments.named_children[0] if arguments.named_child_count else None
        names = [self.b.text(part) for part in parts]
        if first is None or first.type != "identifier" or not _GUARD.fullmatch(names[-1]):
            return {}
        if any(part.type not in {"identifier", "property_identifier"} for part in parts):
            return {}
        return {self.b.text(first): (("G", names[0] if len(names) == 1 else ("a", names[0], names[1])),)}

    def narrow_expected(self, node: Node, whole: Expr) -> Expr:
        """Return what is expected of an object: of several types, those that its constants are of."""
        for child in node.named_children:
            key = child.child_by_field_name("key") if child.type == "pair" else None
            value = child.child_by_field_name("value") if key is not None else None
            if key and value and self.b.text(key) in TELLING and self.is_constant(value):
                whole = ("~", whole, self.b.text(key), (self.text_of(value),), True)
        return whole

    def tell_case(self, value: Node | None, texts: tuple[str, ...], *, keep: bool) -> Told:
        """Return what a case of a `switch` says of the value that it switches over: one of some texts, or of others."""
        while value is not None and value.type == "parenthesized_expression":
            value = value.named_children[0]
        return self._tell(value, texts, keep=keep) if value is not None and texts else {}

    def is_constant(self, value: Node | None) -> bool:
        """Tell whether a value is a text, true, false or, as `Kind.Round`, looks like one of an enumeration."""
        if value is None or value.type in {"string", "true", "false"}:
            return value is not None
        parts = value.named_children
        is_member = value.type == "member_expression" and parts[0].type == "identifier"
        return is_member and self.b.text(parts[0])[:1].isupper()

    def text_of(self, literal: Node) -> str:
        """Return a constant without its quotes."""
        return self.b.text(literal).strip("\"'")

    def _tell(self, member: Node, texts: tuple[str, ...], *, keep: bool) -> Told:
        parts = member.named_children
        if member.type != "member_expression" or parts[0].type != "identifier":
            return {}
        return {self.b.text(parts[0]): ((self.b.text(parts[-1]), texts, keep),)}


def leave_classes(told: Told) -> Told:
    """Return what a condition says without the classes that names are of, which lines know as well."""
    return {
        name: tuple(one for one in known if len(one) == OF_A_MEMBER or one[0] != "is") for name, known in told.items()
    }


def _add(told: Told, more: Told) -> Told:
    """Return what two conditions say together."""
    return {**told, **{name: (*told.get(name, ()), *known) for name, known in more.items()}}
