"""Statements of Java: blocks, and all that declares a variable in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.blocks import union
from noctule.indexer.parse.facts.model import Expr
from noctule.indexer.parse.facts.walk import TreeWalk

if TYPE_CHECKING:
    from tree_sitter import Node


class JavaStatements(TreeWalk):
    """The part of the walk that reads statements."""

    visits: ClassVar = {
        "field_declaration": "variables",
        "constant_declaration": "variables",
        "local_variable_declaration": "variables",
        "block": "block",
        "for_statement": "block",
        "enhanced_for_statement": "for_each",
        "try_with_resources_statement": "block",
        "resource": "resource",
        "catch_clause": "catch",
        "switch_expression": "switch",
        "switch_block_statement_group": "block",
        "switch_rule": "block",
        "if_statement": "if_",
        "ternary_expression": "ternary",
        "instanceof_expression": "instanceof",
        "type_pattern": "type_pattern",
        "record_pattern": "record_pattern",
        "assignment_expression": "assignment",
        "break_statement": "nothing",
        "continue_statement": "nothing",
        "labeled_statement": "label_statement",
    }

    def variables(self, node: Node) -> Expr:
        """`Type name = value, other;`."""
        written = node.child_by_field_name("type")
        type_ = None if written is not None and self.b.text(written) == "var" else self.visit(written)
        for child in node.named_children:
            if child.type == "modifiers":
                self.inside(child)
        for declarator in node.children_by_field_name("declarator"):
            name = declarator.child_by_field_name("name")
            whole = type_
            if declarator.child_by_field_name("dimensions") is not None and type_ is not None:
                whole = ("l", "Array", (("I", type_),))
            given = declarator.child_by_field_name("value")
            is_lambda = given is not None and given.type == "lambda_expression" and whole is not None
            value = self.lambda_(given, whole) if is_lambda and given is not None else self.visit(given)
            if name is not None:
                self._declare(name, value, whole)
        return None

    def _declare(self, name: Node, value: Expr, type_: Expr) -> None:
        block = self.b.block
        self.b.bind(
            self.b.text(name),
            value,
            type_,
            name.start_point[0],
            scoped=block is not None,
            end=block[1] if block else None,
        )

    def for_each(self, node: Node) -> Expr:
        """`for (Type name : values)`."""
        b = self.b
        written = node.child_by_field_name("type")
        type_ = None if written is not None and b.text(written) == "var" else self.visit(written)
        value = self.visit(node.child_by_field_name("value"))
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        name = node.child_by_field_name("name")
        if name is not None:
            self._declare(name, ("e", value) if value is not None else None, type_)
        self.visit(node.child_by_field_name("body"))
        b.block = block
        return None

    def resource(self, node: Node) -> Expr:
        """A resource of `try`."""
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        written = node.child_by_field_name("type")
        type_ = None if written is not None and self.b.text(written) == "var" else self.visit(written)
        self._declare(name, self.visit(node.child_by_field_name("value")), type_)
        return None

    def catch(self, node: Node) -> Expr:
        """`catch (A | B name)`."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        for child in node.named_children:
            name = child.child_by_field_name("name") if child.type == "catch_formal_parameter" else None
            if name is None:
                self.visit(child)
                continue
            types = [
                t
                for part in child.named_children
                if part.type == "catch_type"
                for t in self.visit_all(part.named_children)
            ]
            self._declare(name, None, types[0] if len(types) == 1 else ("o", *types) if types else None)
        b.block = block
        return None

    def instanceof(self, node: Node) -> Expr:
        """`value instanceof Type name`."""
        self.visit(node.child_by_field_name("left"))
        type_ = self.visit(node.child_by_field_name("right"))
        name = node.child_by_field_name("name")
        if name is not None:
            self.forget_cast(self.b.text(name), node)  # it was a field where an earlier pattern did not hold
            self.b.bind(self.b.text(name), None, type_, name.start_point[0], start=name.start_point[0] - 1)
        self.visit(node.child_by_field_name("pattern"))
        return None

    def if_(self, node: Node) -> Expr:
        """`if (value instanceof Type name) { } else { }`: the name is seen where the condition holds."""
        condition, body = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
        other = node.child_by_field_name("alternative")
        self.visit(condition)
        when_true, when_false = self._find_patterns(condition)
        if when_true and body is not None:
            self._end_patterns(when_true, body.end_point[0])
        self._visit_branch(body, when_false)
        self._visit_branch(other, when_true)
        return None

    def ternary(self, node: Node) -> Expr:
        """One of two values."""
        condition = node.child_by_field_name("condition")
        self.visit(condition)
        when_true, when_false = self._find_patterns(condition)
        if when_true:
            self._end_patterns(when_true, node.end_point[0])
        first = self._visit_branch(node.child_by_field_name("consequence"), when_false)
        return union([first, self._visit_branch(node.child_by_field_name("alternative"), when_true)])

    def identifier(self, node: Node) -> Expr:
        """A name by itself."""
        name = self.b.text(node)
        if name in self.casts:
            self.b.use_member(("s",), name, node.start_point[0])
            return self.casts[name]
        self.b.use(name, node.start_point[0])
        return name

    def _find_patterns(self, condition: Node | None) -> tuple[list[str], list[str]]:
        """Return the names that patterns give values to where a condition holds, and where it does not."""
        if condition is None:
            return [], []
        if condition.type == "parenthesized_expression" and condition.named_child_count:
            return self._find_patterns(condition.named_children[-1])
        if condition.type == "unary_expression" and condition.children[0].type == "!":
            holds, fails = self._find_patterns(condition.named_children[-1])
            return fails, holds
        name = condition.child_by_field_name("name") if condition.type == "instanceof_expression" else None
        if name is not None:
            return [self.b.text(name)], []
        if condition.type != "binary_expression":
            return [], []
        left, right = (self._find_patterns(condition.child_by_field_name(field)) for field in ("left", "right"))
        signs = {child.type for child in condition.children}
        return left[0] + right[0] if "&&" in signs else [], left[1] + right[1] if "||" in signs else []

    def _visit_branch(self, node: Node | None, names: list[str]) -> Expr:
        """Visit what patterns do not reach that name something: the names mean fields there."""
        return self.visit_cast(node, {name: ("a", ("s",), name) for name in names}) if names else self.visit(node)

    def _end_patterns(self, names: list[str], row: int) -> None:
        """The last thing that each of some names was bound to is seen to a line, and no farther."""
        for name in names:
            bound = self.b.scopes[self.b.scope].names.get(name)
            if bound:
                bound[-1] = bound[-1]._replace(end=row, scoped=True)

    def type_pattern(self, node: Node) -> Expr:
        """`case Type name`."""
        children = node.named_children
        type_ = self.visit(children[0]) if children else None
        if len(children) > 1:
            self._declare(children[-1], None, type_)
        return None

    def record_pattern(self, node: Node) -> Expr:
        """`Type(A a, var b)`: parts of a record."""
        b = self.b
        type_ = self.visit(node.named_children[0])
        listed = node.named_children[-1]
        for position, child in enumerate(listed.named_children if listed.type == "record_pattern_body" else ()):
            if child.type != "record_pattern_component" or child.named_child_count < 2:
                self.visit(child)
                continue
            written, name = child.named_children[0], child.named_children[-1]
            is_told = b.text(written) != "var"
            part = None if is_told or type_ is None else ("t", ("I", type_), position)
            row = name.start_point[0]
            b.bind(b.text(name), part, self.visit(written) if is_told else None, row, start=row - 1)
        return None

    def assignment(self, node: Node) -> Expr:
        """`name = value`."""
        self.visit(node.child_by_field_name("left"))
        return self.visit(node.child_by_field_name("right"))

    def switch(self, node: Node) -> Expr:
        """Its labels may be constants of what it switches over."""
        value = self.visit(node.child_by_field_name("condition"))
        body = node.child_by_field_name("body")
        for group in body.named_children if body is not None else ():
            for child in group.named_children:
                if child.type == "switch_label":
                    for label in child.named_children:
                        if label.type == "identifier":
                            self.b.use_member(value, self.b.text(label), label.start_point[0])
            self.visit(group)
        return None
