"""Facts of PHP's variables: what they are assigned, looped over, caught as, and asked for their type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.model import Expr
from noctule.indexer.parse.facts.php.names import NAMES, PhpNames

if TYPE_CHECKING:
    from tree_sitter import Node


class PhpVariables(PhpNames):
    """The part of the walk over a PHP tree that binds variables."""

    def _variable_name(self, node: Node) -> str:
        """Return the name that a variable is bound under."""
        scopes, at = self.b.scopes, self.b.scope
        while at >= 0 and scopes[at].function < 0:
            at = scopes[at].parent
        name = self.b.text(node)
        return name if at >= 0 else f"${name}"

    def variable(self, node: Node) -> Expr:
        """`$x`; `$this` is the object."""
        if self.b.text(node) == "$this":
            return ("s",)
        name = self._variable_name(node)
        if self.inside_closure is not None and not self._is_seen(name, *self.inside_closure):
            return None
        return self.casts.get(name, name)

    def visit_where(self, node: Node | None, condition: Node | None, *, holds: bool) -> Expr:
        """Visit a part of an expression where a condition holds, or where it does not."""
        denied = self._find_negation(condition)
        told = self._casts(condition if denied is None else denied)
        casts = {self._variable_name(name): type_ for name, type_ in told}
        if holds == (denied is not None):
            is_one = len(casts) == 1 and self._is_single(condition if denied is None else denied)
            row = node.start_point[0] if node is not None else 0
            casts = {name: self.b.find_rest(name, type_, row) for name, type_ in casts.items() if is_one}
        return self.visit_cast(node, {name: ("I", type_) for name, type_ in casts.items() if type_ is not None})

    inside_closure: tuple[int, frozenset[str]] | None = None
    """The scope of the function without a name around, and the variables that it takes over from outside."""

    def _is_seen(self, name: str, outermost: int, taken: frozenset[str]) -> bool:
        """Tell whether a variable is one of a closure: it sees no others."""
        scopes, at = self.b.scopes, self.b.scope
        while at >= outermost and name not in scopes[at].names:
            at = scopes[at].parent
        return at >= outermost or name in taken

    def _assign(self, node: Node | None, value: Expr, type_: Expr = None) -> None:
        """Bind what is assigned to."""
        if node is None:
            return
        if node.type == "variable_name":
            self.declare(self._variable_name(node), value, type_, node.start_point[0])
        elif node.type in {"list_literal", "array_creation_expression"}:
            for position, child in enumerate(node.named_children):
                inner = child.named_children[-1] if child.type in {"array_element_initializer", "pair"} else child
                self._assign(inner, None if value is None else ("t", value, position))
        elif node.type in {"by_ref", "pair"}:
            self._assign(node.named_children[-1], value)
        else:
            self.visit(node)

    def assignment(self, node: Node) -> Expr:
        """`place = value`."""
        b = self.b
        left = node.child_by_field_name("left")
        if left is not None and left.type == "variable_name":
            self.forget_cast(self._variable_name(left), node)
        right = node.child_by_field_name("right")
        is_parts = left is not None and left.type in {"list_literal", "array_creation_expression"}
        value = self._items(right) if is_parts and right is not None else None
        value = self.visit(right) if value is None else value
        statement = node.parent
        doc = self.doc_types(statement).get("var") if statement is not None else None
        self._assign(left, value, doc)
        if left is not None and left.type == "member_access_expression" and value is not None:
            target, name = left.child_by_field_name("object"), left.child_by_field_name("name")
            class_ = b.enclosing_class()
            if target is not None and b.text(target) == "$this" and name is not None and class_ >= 0:
                b.add_field(class_, f"${b.text(name)}", value, None, left.start_point[0])
        return value

    def static_variable(self, node: Node) -> Expr:
        """`static $x = value;`"""
        self._assign(node.child_by_field_name("name"), self.visit(node.child_by_field_name("value")))
        return None

    def global_(self, node: Node) -> Expr:
        """`global $x;`"""
        for child in node.named_children:
            self._assign(child, None)
        return None

    def for_each(self, node: Node) -> Expr:
        """`foreach ($values as $key => $value)`."""
        children = node.named_children
        body = node.child_by_field_name("body")
        value = self.visit(children[0]) if children else None
        for child in children[1:]:
            if child == body:
                self.visit(child)
            elif child.type == "pair" and child.named_child_count > 1:
                self._assign(child.named_children[0], None if value is None else ("ek", value))
                self._assign(child.named_children[-1], None if value is None else ("e", value))
            else:
                self._assign(child, None if value is None else ("e", value))
            if child != body and node.start_point[0] == node.end_point[0]:
                self._bind_in_line(child, None if value is None else ("e", value))
        return None

    def _bind_in_line(self, child: Node, item: Expr) -> None:
        """What a loop of one line binds is all that its names mean there."""
        if child.type == "variable_name":
            row = child.start_point[0]
            self.b.bind(self._variable_name(child), item, None, row, start=row, scoped=True, end=row)
        elif child.type in {"list_literal", "array_creation_expression"}:
            for position, part in enumerate(child.named_children):
                self._bind_in_line(part, None if item is None else ("t", item, position))
        elif child.type in {"pair", "by_ref", "array_element_initializer"} and child.named_child_count:
            self._bind_in_line(child.named_children[-1], item)

    def _items(self, node: Node) -> Expr:
        """Return the parts of `[a, b]`, which is taken apart where it is written."""
        parts = node.named_children if node.type == "array_creation_expression" else []
        if not parts or any(part.type != "array_element_initializer" or part.named_child_count != 1 for part in parts):
            return None
        return ("T", tuple(self.visit_all(part.named_children[0] for part in parts)))

    def catch(self, node: Node) -> Expr:
        """`catch (A | B $e) { }`."""
        type_ = self.type_(node.child_by_field_name("type"))
        name = node.child_by_field_name("name")
        self._assign(name, None, type_)
        if name is not None:
            self._bind_lines(name, type_, node.start_point[0], node.end_point[0])
        self.visit(node.child_by_field_name("body"))
        return None

    def _bind_lines(self, name: Node, type_: Expr, start: int, end: int) -> None:
        """Let a variable be of a type in some lines."""
        self.b.narrow(self._variable_name(name), type_, start, end)

    def if_(self, node: Node) -> Expr:
        """`if ($x instanceof Type) { }`: within, the variable is of that type."""
        condition = node.child_by_field_name("condition")
        self.visit(condition)
        body = node.child_by_field_name("body")
        if body is not None and not _is_in_line(body):
            for name, type_ in self._casts(condition):
                self._bind_lines(name, type_, body.start_point[0], body.end_point[0])
        rest = self._casts(condition) if self._is_single(condition) else []
        for child in node.named_children:
            if child != condition and _is_in_line(child):
                self.visit_where(child, condition, holds=child == body)
            elif child != condition:
                for name, type_ in rest if child != body else ():
                    self.b.narrow_rest(self._variable_name(name), type_, child.start_point[0] + 1, child.end_point[0])
                self.visit(child)
        if body is not None and node.parent is not None and _leaves(body):
            for name, type_ in rest:
                self.b.narrow_rest(self._variable_name(name), type_, node.end_point[0] + 1, node.parent.end_point[0])
        denied = self._find_negation(condition)
        if denied is not None and body is not None and node.parent is not None and _leaves(body):
            for name, type_ in self._casts(denied):
                self._bind_lines(name, type_, node.end_point[0] + 1, node.parent.end_point[0])
        return None

    def _is_single(self, node: Node | None) -> bool:
        """Tell whether a condition asks for one type and nothing else."""
        while node is not None and node.type == "parenthesized_expression" and node.named_child_count:
            node = node.named_children[0]
        operator = node.child_by_field_name("operator") if node is not None else None
        return operator is not None and operator.type == "instanceof"

    def _find_negation(self, node: Node | None) -> Node | None:
        """Return what `!` says not to be."""
        while node is not None and node.type == "parenthesized_expression" and node.named_child_count:
            node = node.named_children[0]
        is_denied = node is not None and node.type == "unary_op_expression" and node.children[0].type == "!"
        return node.named_children[0] if is_denied and node is not None else None

    def _casts(self, node: Node | None) -> list[tuple[Node, Expr]]:
        if node is None:
            return []
        if node.type == "parenthesized_expression":
            return [c for child in node.named_children for c in self._casts(child)]
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        if node.type != "binary_expression" or left is None or right is None or operator is None:
            return []
        if operator.type in {"&&", "and"}:
            return self._casts(left) + self._casts(right)
        is_name = left.type == "variable_name" and right.type in NAMES
        if operator.type == "instanceof" and is_name and self.b.text(left) != "$this":
            return [(left, self.type_name(right))]
        return []


def _is_in_line(node: Node) -> bool:
    """Tell whether what a condition says holds in a part of a line only."""
    return node.start_point[0] == node.end_point[0]


def _leaves(body: Node) -> bool:
    """Tell whether what stands after a statement is not reached through it."""
    while body.type == "compound_statement" and body.named_child_count:
        body = body.named_children[-1]
    if body.type == "expression_statement" and body.named_child_count:
        body = body.named_children[0]
    return body.type in {"return_statement", "throw_expression", "continue_statement", "break_statement"}
