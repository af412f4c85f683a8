"""Statements of Python: blocks, loops and patterns, which bind names, and conditions, which narrow them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.builder import unite, wrap
from noctule.indexer.parse.facts.model import Expr
from noctule.indexer.parse.facts.python.names import PythonNames

if TYPE_CHECKING:
    from tree_sitter import Node


class PythonStatements(PythonNames):
    """The part of the walk that reads statements."""

    visits: ClassVar = {
        "augmented_assignment": "inside",
        "for_statement": "for_",
        "if_statement": "if_",
        "elif_clause": "if_",
        "else_clause": "clause",
        "while_statement": "clause",
        "try_statement": "inside",
        "except_clause": "except_",
        "finally_clause": "inside",
        "with_item": "with_item",
        "assert_statement": "assert_",
        "case_clause": "clause",
        "case_pattern": "case_pattern",
        "class_pattern": "class_pattern",
        "block": "block",
    }

    def block(self, node: Node) -> Expr:
        """Statements; the lines after an assignment in it are where that one holds."""
        end, self.b.end = self.b.end, node.end_point[0]
        self.inside(node)
        self.b.end = end
        return None

    def clause(self, node: Node) -> Expr:
        """A clause with a block."""
        if node.type == "case_clause":
            self._narrow_subject(node)
        return self.inside(node)

    def _narrow_subject(self, node: Node) -> None:
        """In `case Type():`, the name that is matched is of that type."""
        matched = node.parent.parent if node.parent is not None else None
        subject = matched.child_by_field_name("subject") if matched is not None else None
        pattern, body = node.named_children[0], node.child_by_field_name("consequence")
        while pattern.type in {"case_pattern", "as_pattern"} and pattern.named_child_count:
            pattern = pattern.named_children[0]
        if subject is None or subject.type != "identifier" or pattern.type != "class_pattern" or body is None:
            return
        first, *rest = pattern.named_children[0].named_children
        type_: Expr = self.b.text(first)
        for name in rest:
            type_ = ("a", type_, self.b.text(name))
        self.b.narrow(self.b.text(subject), type_, body.start_point[0], body.end_point[0])

    def for_(self, node: Node) -> Expr:
        """A loop binds its variables to what it iterates over."""
        self.leads_on = True
        value = self.visit(node.child_by_field_name("right"))
        end, self.b.end = self.b.end, node.end_point[0]
        self._assign(node.child_by_field_name("left"), wrap("e", value), None)
        self.b.end = end
        self.visit(node.child_by_field_name("body"))
        self.visit(node.child_by_field_name("alternative"))
        return None

    def if_(self, node: Node) -> Expr:
        """A condition may narrow what a name is of, inside of its block or after one that leaves."""
        condition = node.child_by_field_name("condition")
        body = node.child_by_field_name("consequence")
        self.visit(condition)
        end = node.parent.end_point[0] if node.parent is not None else self.b.end
        if condition is not None and body is not None:
            self._narrow(condition, body.start_point[0], body.end_point[0])
            if condition.type == "not_operator" and _leaves(body) and condition.named_child_count:
                self._narrow(condition.named_children[0], body.end_point[0] + 1, end)
            if _leaves(body):
                self._narrow_rest(condition, node.end_point[0] + 1, end)
        for child in node.named_children:
            if child.type in {"else_clause", "elif_clause"} and condition is not None:
                self._narrow_rest(condition, child.start_point[0] + 1, child.end_point[0])
            if child != condition:
                self.visit(child)
        return None

    def assert_(self, node: Node) -> Expr:
        """An assertion narrows what follows."""
        self.inside(node)
        if node.named_child_count:
            self._narrow(node.named_children[0], node.end_point[0] + 1, self.b.end)
        return None

    def except_(self, node: Node) -> Expr:
        """`except E as e`."""
        for child in node.named_children:
            if child.type == "as_pattern":
                value = child.named_children[0]
                told = self.visit(value)
                if isinstance(told, tuple) and told[0] == "T":
                    told = unite(list(told[1]))
                self._alias(child, None, told)
            else:
                self.visit(child)
        return None

    def with_item(self, node: Node) -> Expr:
        """`with value as name`."""
        value = node.child_by_field_name("value")
        if value is not None and value.type == "as_pattern":
            self._alias(value, wrap("w", self.visit(value.named_children[0])), None)
            return None
        return self.visit(value)

    def _alias(self, pattern: Node, value: Expr, type_: Expr) -> None:
        for child in pattern.named_children[1:]:
            for target in child.named_children if child.type == "as_pattern_target" else [child]:
                self._assign(target, value, type_)

    def case_pattern(self, node: Node) -> Expr:
        """A pattern; a name by itself is bound."""
        found: Expr = None
        for child in node.named_children:
            if child.type == "as_pattern" and child.named_child_count == 2:
                inner, name = child.named_children
                self.b.bind(self.b.text(name), None, self.visit(inner), name.start_point[0])
            elif child.type == "dotted_name" and child.named_child_count == 1:
                self.b.bind(self.b.text(child), None, None, child.start_point[0])
            else:
                found = self.visit(child)
        return found

    def class_pattern(self, node: Node) -> Expr:
        """`case Type(...)`."""
        children = node.named_children
        expression: Expr = None
        if children:
            for name in children[0].named_children:
                if expression is None:
                    expression = self.identifier(name)
                else:
                    self.b.use_member(expression, self.b.text(name), name.start_point[0])
                    expression = ("a", expression, self.b.text(name))
        for position, child in enumerate(children[1:]):
            made = wrap("I", expression)
            inner = child.named_children[0] if child.named_child_count else child
            if inner.type == "keyword_pattern":
                key = self.b.text(inner.named_children[0])
                self.b.use_member(made, key, inner.start_point[0])
                self._match_part(inner, inner.named_children[-1], None if made is None else ("a", made, key))
            else:
                self._match_part(child, inner, None if made is None else ("t", made, position))
        return expression

    def _match_part(self, whole: Node, pattern: Node, value: Expr) -> None:
        """Bind a part of a value to a name, if the pattern for it is one."""
        if pattern.type == "dotted_name" and pattern.named_child_count == 1:
            self.b.bind(self.b.text(pattern), value, None, pattern.start_point[0])
        else:
            self.visit(whole)


def _leaves(block: Node) -> bool:
    last = block.named_children[-1].type if block.named_child_count else ""
    return last in {"return_statement", "raise_statement", "continue_statement", "break_statement"}
