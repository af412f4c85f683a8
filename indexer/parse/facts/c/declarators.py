"""Declarators of C and C++: the name, the parameters and the first value of what is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.model import CONSTRUCTOR, Expr
from noctule.indexer.parse.facts.walk import TreeWalk
from noctule.indexer.parse.languages.c import is_pointed

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMES = frozenset(
    {"identifier", "field_identifier", "type_identifier", "operator_name", "destructor_name", "operator_cast"}
)


class CDeclarators(TreeWalk):
    """The part of the walk that reads what a declaration names, and its value."""

    visits: ClassVar = {
        "parameter_declaration": "parameter",
        "initializer_list": "initializers",
    }

    def _peel(self, declarator: Node) -> tuple[Node | None, Node | None, list[Expr], Node | None]:
        """Return the name in a declarator, its function part, the scopes before the name, and its first value."""
        owners: list[Expr] = []
        function = value = None
        node: Node | None = declarator
        while node is not None and node.type not in _NAMES:
            inner = node.child_by_field_name("declarator")
            kind = node.type
            if kind == "qualified_identifier":
                scope = node.child_by_field_name("scope")
                if scope is not None:
                    owners.append(self.visit(scope))
                inner = node.child_by_field_name("name")
            elif kind in {"parenthesized_declarator", "reference_declarator"}:
                inner = node.named_children[0] if node.named_child_count else None
            elif kind == "function_declarator":
                if inner is None or not is_pointed(inner):
                    function = node
                else:
                    self._parameters(node, bind=False)  # of what is pointed to
            elif kind in {"template_function", "template_type"}:
                inner = node.child_by_field_name("name")
            elif kind == "init_declarator":
                value = node.child_by_field_name("value")
            elif kind == "array_declarator":
                self.visit(node.child_by_field_name("size"))
            node = inner
        return node, function, owners, value

    def _parameters(self, function: Node, *, bind: bool) -> list[str]:
        names = []
        listed = function.child_by_field_name("parameters")
        for child in listed.named_children if listed is not None else ():
            type_ = self.visit(child.child_by_field_name("type"))
            declarator = child.child_by_field_name("declarator")
            name = self._peel(declarator)[0] if declarator is not None else None
            self.visit(child.child_by_field_name("default_value"))
            spelled = self.b.text(name) if name is not None else ""
            names.append(spelled)
            if bind and spelled and name is not None:
                self.b.bind_parameter(spelled, None, type_, name.start_point[0])
        if listed is not None:
            for child in function.named_children:
                if child.start_byte >= listed.end_byte:
                    self.visit(child)  # attributes, the type that it returns
        return names

    def construct(self, type_: Expr, node: Node) -> None:
        """Note that an object is made, where an expression is a type that declares how."""
        if type_ is not None and self.b.language == "cpp":
            self.b.use_member(type_, CONSTRUCTOR, node.end_point[0])

    def parameter(self, node: Node) -> Expr:
        """A parameter outside of a function's head."""
        self.visit(node.child_by_field_name("type"))
        return None

    def _value(self, node: Node | None, type_: Expr) -> Expr:
        if node is not None and node.type == "initializer_list":
            return self._initializers(node, type_)
        return self.visit(node)

    def initializers(self, node: Node) -> Expr:
        """`{ ... }` where no type is known."""
        return self._initializers(node, None)

    def _initializers(self, node: Node, type_: Expr) -> Expr:
        for child in node.named_children:
            if child.type != "initializer_pair":
                self._value(child, type_)
                continue
            expected = type_
            for part in child.named_children[:-1]:
                if part.type == "field_designator" and part.named_child_count:
                    name = self.b.text(part.named_children[0])
                    if expected is not None:
                        self.b.use_member(("I", expected), name, part.start_point[0])
                        expected = ("V", ("a", ("I", expected), name))
                else:
                    self.visit(part)
            self._value(child.named_children[-1], expected)
        return None if type_ is None else ("I", type_)
