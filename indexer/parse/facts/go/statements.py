"""Statements of Go: packages, imports, variables, and the blocks that they are seen in."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.model import Expr
from noctule.indexer.parse.facts.walk import TreeWalk

if TYPE_CHECKING:
    from tree_sitter import Node

_TELLS_WHETHER = frozenset({"type_assertion_expression", "index_expression", "unary_expression"})
"""Expressions that also say whether there is a value: `value, ok := values[key]`."""


class GoStatements(TreeWalk):
    """The part of the walk that reads statements."""

    visits: ClassVar = {
        "package_clause": "package",
        "import_spec": "import_",
        "var_spec": "variable",
        "const_spec": "variable",
        "short_var_declaration": "short_variable",
        "range_clause": "range_",
        "block": "block",
        "if_statement": "block",
        "for_statement": "block",
        "expression_switch_statement": "block",
        "select_statement": "block",
        "expression_case": "block",
        "default_case": "block",
        "communication_case": "block",
        "type_switch_statement": "type_switch",
        "receive_statement": "receive_statement",
        "labeled_statement": "label_statement",
    }

    def package(self, node: Node) -> Expr:
        """`package name`."""
        if node.named_child_count:
            self.b.package = self.b.text(node.named_children[0])
        return None

    def import_(self, node: Node) -> Expr:
        """`import name "path"`."""
        path, name = node.child_by_field_name("path"), node.child_by_field_name("name")
        if path is not None:
            alias = "" if name is None else self.b.text(name)
            self.b.add_import(self.b.text(path).strip('"`'), "", node.start_point[0], alias)
        return None

    def variable(self, node: Node) -> Expr:
        """`var name Type = value`."""
        type_ = self.visit(node.child_by_field_name("type"))
        self._bind_all(node.children_by_field_name("name"), node.child_by_field_name("value"), type_)
        return None

    def short_variable(self, node: Node) -> Expr:
        """`name := value`."""
        left = node.child_by_field_name("left")
        self._bind_all(left.named_children if left is not None else [], node.child_by_field_name("right"), None)
        return None

    def _bind_all(self, names: list[Node], values: Node | None, type_: Expr) -> None:
        listed = [] if values is None else values.named_children if values.type == "expression_list" else [values]
        found = self.visit_all(listed)
        if len(found) == 1 and len(names) == 2 and listed[0].type in _TELLS_WHETHER:
            found.append(None)
        for position, name in enumerate(names):
            if len(found) == len(names):
                value = found[position]
            else:
                value = ("t", found[0], position) if len(found) == 1 and found[0] is not None else None
            self._bind(name, value, type_)

    def _bind(self, node: Node, value: Expr, type_: Expr) -> None:
        b = self.b
        if node.type == "identifier":
            name = b.text(node)
            if name != "_":
                block = b.block
                b.bind(
                    name, value, type_, node.start_point[0], scoped=block is not None, end=block[1] if block else None
                )
        else:
            self.visit(node)

    def range_(self, node: Node) -> Expr:
        """`for key, value := range values`."""
        value = self.visit(node.child_by_field_name("right"))
        left = node.child_by_field_name("left")
        for position, name in enumerate(left.named_children if left is not None else ()):
            part = None if value is None else ("i", value, ()) if position else ("ek", value)
            self._bind(name, part, None)
        return None

    def receive_statement(self, node: Node) -> Expr:
        """`case value := <-channel`."""
        left = node.child_by_field_name("left")
        value = self.visit(node.child_by_field_name("right"))
        for name in left.named_children[:1] if left is not None else ():
            self._bind(name, value, None)
        return None

    def type_switch(self, node: Node) -> Expr:
        """`switch name := value.(type)`: the name is of the type of each case."""
        b = self.b
        alias = node.child_by_field_name("alias")
        name = b.text(alias.named_children[0]) if alias is not None and alias.named_child_count else ""
        for child in node.named_children:
            if child == alias:
                continue
            if child.type == "type_case" and name:
                types = [self.visit(t) for t in child.children_by_field_name("type")]
                start, end = child.start_point[0], child.end_point[0]
                type_ = types[0] if len(types) == 1 else None
                b.bind(name, None, type_, start, start=start - 1, scoped=True, end=end)
                block, b.block = b.block, (start, end)
                written = child.children_by_field_name("type")
                for part in child.named_children:
                    if part not in written:
                        self.visit(part)
                b.block = block
            else:
                self.visit(child)
        return None
