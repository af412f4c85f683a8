"""Names of Python: uses, assignments, and conditions that narrow what a name is of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.builder import unite, wrap
from noctule.indexer.parse.facts.model import Expr
from noctule.indexer.parse.facts.python.types import PythonTypes

if TYPE_CHECKING:
    from tree_sitter import Node


class PythonNames(PythonTypes):
    """The part of the walk that uses and binds names."""

    visits: ClassVar = {
        "identifier": "identifier",
        "attribute": "attribute",
        "member_type": "attribute",
        "named_expression": "walrus",
        "assignment": "assignment",
        "type_alias_statement": "alias",
        "global_statement": "global_",
        "nonlocal_statement": "nonlocal_",
    }
    methods: list[tuple[int, str | None]]
    last_value: Expr = None

    leads_on = False
    """Whether something is asked of what is visited: of other calls it does not matter what they give."""
    passed: Expr = None
    """What the function without a name gets that is visited next."""

    def identifier(self, node: Node) -> Expr:
        """A name by itself."""
        b = self.b
        name = b.text(node)
        b.use(name, node.start_point[0])
        return self.casts.get(name, name)

    def find_casts(self, condition: Node, *, holds: bool) -> dict[str, Expr]:
        """Return what a condition tells of names."""
        kind, children = condition.type, condition.named_children
        if kind == "not_operator":
            return self.find_casts(children[0], holds=not holds)
        if kind == "parenthesized_expression":
            return self.find_casts(children[0], holds=holds)
        if kind == "boolean_operator" and holds == any(child.type == "and" for child in condition.children):
            return {name: type_ for child in children for name, type_ in self.find_casts(child, holds=holds).items()}
        told = self._asked(condition)
        if told is None:
            return {}
        name, type_ = told
        rest = type_ if holds else self.b.find_rest(name, type_, condition.start_point[0])
        return {} if rest is None else {name: ("I", rest)}

    def attribute(self, node: Node) -> Expr:
        """A name after a dot."""
        children = node.named_children
        if len(children) < 2:
            return None
        last, b = children[-1], self.b
        self.leads_on = True
        receiver = self.visit(children[0])
        self.leads_on = False
        if receiver is None:
            return None
        name = b.text(last)
        b.use_member(receiver, name, last.start_point[0])
        return self.member(receiver, name)

    def assignment(self, node: Node) -> Expr:
        """`x = value`, `x: Type = value`, `self.x = value`, `a, b = values`."""
        right = node.child_by_field_name("right")
        type_ = self.visit(node.child_by_field_name("type"))
        left = node.child_by_field_name("left")
        self.leads_on = True
        value = self.visit(right)
        self.leads_on = False
        if right is not None and right.type == "assignment":
            value = self.last_value
        self.last_value = value
        self.keys(type_, right)
        if left is not None and left.type == "identifier" and self.b.scope == 0 and self.b.text(left) == "__all__":
            self._export(right)
        self._assign(left, value, type_)
        return value

    def _export(self, node: Node | None) -> None:
        if node is not None:
            names = re.findall(r"""["']([A-Za-z_]\w*)["']""", self.b.text(node))
            self.b.exports = [*(self.b.exports or []), *names]
            for match in names:
                self.b.use(match, node.start_point[0])

    def _assign(self, left: Node | None, value: Expr, type_: Expr) -> None:
        if left is None:
            return
        kind = left.type
        b = self.b
        if kind == "identifier":
            b.bind(b.text(left), value, type_, left.start_point[0])
        elif kind == "attribute":
            receiver = left.child_by_field_name("object")
            name = left.child_by_field_name("attribute")
            if receiver is None or name is None:
                return
            owner = self.visit(receiver)
            row = name.start_point[0]
            if self.methods and owner == self.methods[-1][1] and owner is not None:
                b.add_field(self.methods[-1][0], b.text(name), value, type_, row)
            b.use_member(owner, b.text(name), row)
        elif kind in {"pattern_list", "tuple_pattern", "list_pattern", "expression_list", "tuple", "list"}:
            first = 0
            for position, child in enumerate(left.named_children):
                if child.type == "list_splat_pattern":  # it may take any number of them
                    first = len(left.named_children)
                    if isinstance(value, tuple) and (value[0] == "T" or len(value) > 3):
                        value = None  # only its first items are kept
                    self._assign(child, value, None)
                else:
                    self._assign(child, wrap("t", value, position - first), None)
        elif kind in {"list_splat_pattern", "parenthesized_expression"}:
            rest = ("l", "list", (("e", value),)) if kind == "list_splat_pattern" and value is not None else None
            for child in left.named_children:
                self._assign(child, rest, None)
        else:
            self.visit(left)

    def walrus(self, node: Node) -> Expr:
        """`(x := value)`."""
        value = self.visit(node.child_by_field_name("value"))
        self._assign(node.child_by_field_name("name"), value, None)
        return value

    def alias(self, node: Node) -> Expr:
        """`type X = ...`."""
        children = node.named_children
        if len(children) >= 2:
            name = children[0]
            generic: list[str] = []
            while name.named_child_count:
                parts = name.named_children
                generic = [self.b.text(part) for part in parts[1].named_children] if len(parts) > 1 else generic
                name = parts[0]
            value = self._generic_alias(children[-1], generic) if generic else self.visit(children[-1])
            self.b.bind(self.b.text(name), value, None, name.start_point[0])
        return None

    def _generic_alias(self, value: Node, generic: list[str]) -> Expr:
        b = self.b
        position = b.add_function("", value.start_point[0], -1, 0, bound=False)
        before = b.enter_function(position)
        found = self.visit(value)
        b.close(before)
        b.set_function(position, found, [], 0, [])
        b.functions[position] = b.functions[position]._replace(generic=tuple(generic))
        return ("A", position)

    def global_(self, node: Node) -> Expr:
        """Names that belong to the module."""
        for child in node.named_children:
            self.b.bind_outer(self.b.text(child), top=True)
        return None

    def nonlocal_(self, node: Node) -> Expr:
        """Names that belong to the function around."""
        for child in node.named_children:
            self.b.bind_outer(self.b.text(child), top=False)
        return None

    def _narrow_rest(self, condition: Node, start: int, end: int) -> None:
        """Of the union that a name is declared to be, leave what `isinstance` does not name."""
        if condition.type != "call":
            return
        function, arguments = condition.named_children[0], condition.named_children[-1]
        if self.b.text(function) == "isinstance" and arguments.named_child_count == 2:
            name, type_ = arguments.named_children
            if name.type == type_.type == "identifier":
                self.b.narrow_rest(self.b.text(name), self.b.text(type_), start, end)

    def _narrow(self, condition: Node, start: int, end: int) -> None:
        """Bind a name that `isinstance` tells the type of, in the lines where that holds."""
        if condition.type in {"boolean_operator", "parenthesized_expression"}:
            if not any(child.type == "or" for child in condition.children):
                for child in condition.named_children:
                    self._narrow(child, start, end)
            return
        told = self._asked(condition)
        if told is not None and end >= start:
            name, type_ = told
            self.b.bind(name, None, type_, start, start=start - 1, end=end, scoped=True)

    def _asked(self, condition: Node) -> tuple[str, Expr] | None:
        """Return the name and the type that `isinstance` or `issubclass` asks for."""
        if condition.type != "call":
            return None
        function, arguments = condition.named_children[0], condition.named_children[-1]
        if self.b.text(function) not in {"isinstance", "issubclass"} or arguments.named_child_count < 2:
            return None
        name, type_ = arguments.named_children[:2]
        if name.type != "identifier":
            return None
        uses, self.b.uses = self.b.uses, {}
        told = self.visit(type_)
        self.b.uses = uses
        if isinstance(told, tuple) and told[0] == "T":
            told = unite(list(told[1]))
        is_class = self.b.text(function) == "issubclass"
        return self.b.text(name), ("i", "type", (told,)) if is_class else told
