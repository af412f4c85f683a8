"""Functions of Go: methods by receiver, parameters, and what functions return."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.model import Expr
from noctule.indexer.parse.facts.walk import TreeWalk

if TYPE_CHECKING:
    from tree_sitter import Node


class GoFunctions(TreeWalk):
    """The part of the walk that reads functions."""

    visits: ClassVar = {
        "function_declaration": "function",
        "method_declaration": "function",
        "func_literal": "literal_function",
        "function_type": "function_type",
    }

    def function(self, node: Node) -> Expr:
        """A function or method."""
        b = self.b
        name = node.child_by_field_name("name")
        receiver = node.child_by_field_name("receiver")
        if name is None:
            return self.inside(node)
        spelled, row = b.text(name), name.start_point[0]
        position = b.add_function(spelled, row, -1, 0, bound=receiver is None and spelled != "init")
        before, end, block = b.enter_function(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        if receiver is not None:
            owner = self._parameters(receiver)[1]
            while isinstance(owner, tuple) and owner[0] == "i":
                names = tuple(name for name in owner[2] if isinstance(name, str))
                b.functions[position] = b.functions[position]._replace(generic=names)
                owner = owner[1]
            b.add_member(owner, spelled, position, row)
        self._function(node, position)
        b.close(before)
        b.end, b.block = end, block
        return None

    def _function(self, node: Node, position: int) -> None:
        b = self.b
        generic = node.child_by_field_name("type_parameters")
        if generic is not None:
            names = []
            for child in generic.named_children:
                names += [b.text(n) for n in child.children_by_field_name("name")]
                self.visit(child.child_by_field_name("type"))
            b.functions[position] = b.functions[position]._replace(generic=tuple(names))
        parameters, _ = self._parameters(node.child_by_field_name("parameters"))
        returns = self._result(node.child_by_field_name("result"))
        body = node.child_by_field_name("body")
        if body is not None:
            self.inside(body)
        b.set_function(position, returns, [], 0, parameters)

    def _parameters(self, node: Node | None) -> tuple[list[str], Expr]:
        """Bind parameters; return their names and the type of the last."""
        names: list[str] = []
        type_: Expr = None
        for child in node.named_children if node is not None else ():
            if child.type not in {"parameter_declaration", "variadic_parameter_declaration"}:
                continue
            type_ = self.visit(child.child_by_field_name("type"))
            whole = ("l", "Array", (("I", type_),)) if child.type.startswith("variadic") else type_
            for name in child.children_by_field_name("name"):
                names.append(self.b.text(name))
                self.b.bind_parameter(names[-1], None, whole, name.start_point[0])
            if not child.children_by_field_name("name"):
                names.append("")
        return names, type_

    def _result(self, node: Node | None) -> Expr:
        if node is None or node.type != "parameter_list":
            return self.visit(node)
        types: list[Expr] = []
        for child in node.named_children:
            type_ = self.visit(child.child_by_field_name("type"))
            listed = child.children_by_field_name("name")
            for name in listed:
                self.b.bind_parameter(self.b.text(name), None, type_, name.start_point[0])
            types += [type_] * max(len(listed), 1)
        return types[0] if len(types) == 1 else ("T", tuple(("I", t) for t in types[:6]))

    def literal_function(self, node: Node) -> Expr:
        """A function without a name."""
        return self._literal(node)

    def _literal(self, node: Node) -> Expr:
        b = self.b
        position = b.add_function("", node.start_point[0], -1, 0, bound=False)
        before, end, block = b.enter_function(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        self._function(node, position)
        b.close(before)
        b.end, b.block = end, block
        return ("d", position)

    def function_type(self, node: Node) -> Expr:
        """`func(a A) B` as a type."""
        return self._literal(node)
