"""Facts of Kotlin's names and values, aside from calls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.blocks import union
from noctule.indexer.parse.facts.kotlin.conditions import KotlinConditions
from noctule.indexer.parse.facts.kotlin.types import TYPES
from noctule.indexer.parse.facts.model import Expr, is_implied

if TYPE_CHECKING:
    from tree_sitter import Node

_WORDS = frozenset({"null", "true", "false", "field", "value"})
_OF_BUILDERS = re.compile(
    r"(?:append|insert|delete|set|get|add|put|remove|retain|replace|index|last|first|sub|trim|pad|take|drop|filter|map"
    r"|flat|fold|reduce|running|scan|associate|group|sort|max|min|sum|average|zip|window|chunk|random|shuffle|reverse"
    r"|split|contains|content|common|find|element|code|ensure|compute|merge|distinct|slice|yield|emit)[A-Z_0-9]?\w*"
    r"|(?:is|as|to|for|on|if|or|starts|ends|line|list|binary|copy|join|region)[A-Z]\w*"
    r"|lines|matches|none|any|all|count|single|singleOrNull|chars?|charAt|capacity|length|size|indices|iterator|keys"
    r"|values|entries|equals|hashCode|compareTo|let|run|apply|also|with|use|repeat|plus|minus|union|intersect|subtract"
    r"|partition|fill|clear|collect|unzip|reversed|coroutineContext|component\d"
)
"""What the object may have, or the library gives it, that a function of the library builds in a lambda."""
_IN_STRING = re.compile(r"\$([A-Za-z_]\w*)")


class KotlinValues(KotlinConditions):
    """The part of the walk over a Kotlin tree that reads names and values."""

    in_builder = False
    """Whether a lambda around fills what a function of the library builds."""

    def _name(self, name: str, row: int) -> Expr:
        """Note a name by itself; in a lambda with a receiver it may be a member of that."""
        if self.in_builder and _OF_BUILDERS.fullmatch(name.removesuffix("()")):
            return None
        if self.implicit and not name[:1].isupper() and not self.is_local(name):
            receiver = self.implicit[-1]
            self.b.use_member(receiver, name, row)
            return self._choose_receiver(receiver, name)
        self.b.use(name, row)
        return self.casts.get(name, name)

    def _choose_receiver(self, receiver: Expr, name: str) -> Expr:
        """Return what a name is that may be a member of an object which is not written."""
        if not is_implied(receiver):
            return name if receiver is None else self.member(receiver, name)
        return ("??", self.member(receiver[:2], name), self._choose_receiver(receiver[2], name))

    def identifier(self, node: Node) -> Expr:
        """A name by itself."""
        name = self.b.text(node).strip("`")
        if name in _WORDS and not self.is_local(name):
            return None
        return self._name(name, node.start_point[0])

    def navigation(self, node: Node) -> Expr:
        """`value.name`, `value?.name`, `Type::name`."""
        children = node.named_children
        if len(children) < 2:
            return self.only_child(node)
        receiver = self.visit(children[0])
        last = children[-1]
        name, row = self.b.text(last).strip("`"), last.start_point[0]
        if name == "class" or last.type != "identifier":
            self.visit(last) if last.type != "identifier" else None
            return None
        if any(child.type == "::" for child in node.children):
            self.b.use_member(receiver, f"{name}()", row)
        self.b.use_member(receiver, name, row)
        return self.member(receiver, name)

    def reference(self, node: Node) -> Expr:
        """`::name`, `Type::name`."""
        children = node.named_children
        if not children:
            return None
        name, row = self.b.text(children[-1]).strip("`"), children[-1].start_point[0]
        if len(children) == 1:
            if name != "class":
                self.b.use(f"{name}()", row)
                return f"{name}()"
            return None
        receiver = self.visit(children[0])
        if name != "class":
            self.b.use_member(receiver, f"{name}()", row)
            self.b.use_member(receiver, name, row)
        return None

    def this(self, node: Node) -> Expr:
        """The object; `this@Type` that of a type around."""
        implicit = [receiver for receiver in self.implicit if not is_implied(receiver)]
        if implicit and not node.named_child_count:
            return implicit[-1]
        if self.in_builder and not node.named_child_count:
            return None
        for child in node.named_children:
            label = self.b.text(child).strip("@")
            return ("I", label) if label[:1].isupper() else None
        return ("s",)

    def super_(self, node: Node) -> Expr:
        """The object, seen as its base."""
        for child in node.named_children:
            if child.type in TYPES:
                type_ = self.visit(child)
                return None if type_ is None else ("I", type_)
        return ("S",)

    def as_(self, node: Node) -> Expr:
        """`value as Type`; as a statement, it also says what the value is from there on."""
        left = node.child_by_field_name("left")
        self.visit(left)
        type_ = self.visit(node.child_by_field_name("right"))
        if type_ is None:
            return None
        if left is not None and left.type == "identifier" and node.parent is not None and node.parent.type == "block":
            self.narrow_rest([(left, type_)], node)
        return ("I", type_)

    def binary(self, node: Node) -> Expr:
        """`a ?: b`; of other operators nothing is known but what `&&` and `||` say to their right side."""
        operator = node.child_by_field_name("operator")
        sign = operator.type if operator is not None else ""
        if sign in {"&&", "||"} and node.named_child_count == 2:
            left, right = node.named_children
            self.visit(left)
            told = self.find_casts(left, "is" if sign == "&&" else "!is")
            self.visit_cast(right, {name: ("I", type_) for name, type_ in told.items()})
            return None
        values = self.visit_all(node.named_children)
        return union(values) if sign == "?:" else None

    def infix(self, node: Node) -> Expr:
        """`a name b`."""
        children = node.named_children
        if len(children) != 3:
            return self.inside(node)
        receiver = self.visit(children[0])
        name = f"{self.b.text(children[1])}()"
        self.b.use_member(receiver, name, children[1].start_point[0])
        value = self.visit(children[2])
        if name == "to()":
            return ("T", (receiver, value))
        called = self.member(receiver, name)
        return None if called is None else ("c", called)

    def unary(self, node: Node) -> Expr:
        """`a!!`."""
        value = self.visit(node.child_by_field_name("argument"))
        operator = node.child_by_field_name("operator")
        return value if operator is not None and operator.type == "!!" else None

    def string(self, node: Node) -> Expr:
        """A text, with the names that it puts in."""
        for child in node.named_children:
            if child.type == "interpolation":
                self.inside(child)
        text = self.b.text(node)
        if "$" in text:
            row = node.start_point[0]
            for match in _IN_STRING.finditer(text):
                if text[match.start() - 1] != "\\":
                    self._name(match[1], row + text.count("\n", 0, match.start()))
        return ("l", "String", ())

    def assignment(self, node: Node) -> Expr:
        """`place = value`."""
        place = node.child_by_field_name("left") or node.named_children[0]
        if place.type == "identifier":
            self.forget_cast(self.b.text(place), node)
        self.inside(node)
        return None
