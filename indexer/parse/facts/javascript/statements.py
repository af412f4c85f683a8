"""Statements of JavaScript: blocks and loops, in which names are seen, and conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.javascript.names import JavaScriptNames
from noctule.indexer.parse.facts.javascript.unions import leave_classes
from noctule.indexer.parse.facts.model import Expr

if TYPE_CHECKING:
    from tree_sitter import Node


class JavaScriptStatements(JavaScriptNames):
    """The part of the walk that reads statements."""

    visits: ClassVar = {
        "statement_block": "block",
        "for_in_statement": "for_in_statement",
        "for_statement": "block",
        "catch_clause": "catch",
        "if_statement": "if_",
        "switch_statement": "switch",
        "labeled_statement": "label_statement",
    }

    def block(self, node: Node) -> Expr:
        """A block: what `let`, `const` and `class` bind in it is seen in it alone."""
        b = self.b
        block, end, told = b.block, b.end, self.told
        b.block, b.end = (node.start_point[0], node.end_point[0]), node.end_point[0]
        self.inside(node)
        b.block, b.end = block, end
        self.told = {name: known for name, known in told.items() if name in self.told}
        return None

    def for_in_statement(self, node: Node) -> Expr:
        """`for (const x of xs)`."""
        b = self.b
        value = self.visit(node.child_by_field_name("right"))
        operator = node.child_by_field_name("operator")
        of = operator is not None and operator.type == "of"
        block = b.block
        b.block = (node.start_point[0], node.end_point[0])
        left = node.child_by_field_name("left")
        if left is not None:
            self._bind(left, ("e", value) if of and value is not None else None, None)
        self.visit(node.child_by_field_name("body"))
        b.block = block
        return None

    def catch(self, node: Node) -> Expr:
        """`catch (error)`."""
        b = self.b
        block = b.block
        b.block = (node.start_point[0], node.end_point[0])
        parameter = node.child_by_field_name("parameter")
        if parameter is not None:
            self._bind(parameter, None, None)
        self.visit(node.child_by_field_name("body"))
        b.block = block
        return None

    def if_(self, node: Node) -> Expr:
        """A condition may narrow what a name is of, inside of its block."""
        condition, body = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
        self.visit(condition)
        told = self.tell_of(condition)
        if body is not None and body.start_point[0] < body.end_point[0]:
            self._narrow(condition, body)  # which ends where the name is assigned to, also in a loop around
            told = leave_classes(told)
        self.visit_where(body, told)
        other = node.child_by_field_name("alternative")
        self.visit_where(other, self.tell_of(condition, holds=False))
        if body is not None and other is None and _leaves(body):
            self._narrow_rest(condition, node)
            self.tell_rest(condition)
        return None

    def _narrow_rest(self, condition: Node | None, node: Node) -> None:
        """After `if (!(value instanceof Type)) return`, the value is of the type to the end of the block."""
        while condition is not None and condition.type == "parenthesized_expression" and condition.named_child_count:
            condition = condition.named_children[0]
        if condition is None or condition.type != "unary_expression" or condition.children[0].type != "!":
            return
        while condition.type in {"unary_expression", "parenthesized_expression"} and condition.named_child_count == 1:
            condition = condition.named_children[0]
        parts = condition.named_children
        is_asked = condition.type == "binary_expression" and any(c.type == "instanceof" for c in condition.children)
        if is_asked and parts[0].type == "identifier" and parts[-1].type == "identifier" and node.parent is not None:
            row, end = node.end_point[0] + 1, node.parent.end_point[0]
            self.b.narrow(self.b.text(parts[0]), self.b.text(parts[-1]), row, end)

    def switch(self, node: Node) -> Expr:
        """A `switch`: what it switches over is one of few in each case."""
        value, body = node.child_by_field_name("value"), node.child_by_field_name("body")
        self.visit(value)
        texts: tuple[str, ...] = ()
        left: tuple[str, ...] = ()  # what does not come to `default`
        for case in body.named_children if body is not None else ():
            label = case.child_by_field_name("value")
            literal = self.is_constant(label)
            texts = (*texts, self.text_of(label)) if label is not None and literal else ()
            is_default = case.type == "switch_default"
            self.visit_where(case, self.tell_case(value, left if is_default else texts, keep=not is_default))
            if case.named_child_count > 1 and _leaves(case.named_children[-1]):
                left += texts
            if case.named_child_count > 1 or not literal:
                texts = ()  # what stands in it may go on to the next case
        return None

    def label_statement(self, node: Node) -> Expr:
        """A statement with a label."""
        return self.visit(node.child_by_field_name("body"))


def _leaves(body: Node) -> bool:
    """Tell whether what stands after a statement is not reached through it."""
    while body.type == "statement_block" and body.named_child_count:
        body = body.named_children[-1]
    return body.type in {"return_statement", "throw_statement", "continue_statement", "break_statement"}
