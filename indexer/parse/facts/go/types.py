"""Types of Go: structs and interfaces with what is embedded in them, containers, and types with arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.go.functions import GoFunctions
from noctule.indexer.parse.facts.model import Expr

if TYPE_CHECKING:
    from tree_sitter import Node


class GoTypes(GoFunctions):
    """The part of the walk that reads types."""

    visits: ClassVar = {
        "type_spec": "type_spec",
        "type_alias": "type_spec",
        "struct_type": "struct",
        "interface_type": "struct",
        "parenthesized_type": "only_child",
        "pointer_type": "only_child",
        "slice_type": "container",
        "array_type": "container",
        "implicit_length_array_type": "container",
        "map_type": "container",
        "channel_type": "container",
        "generic_type": "generic",
        "negated_type": "only_child",
        "type_elem": "only_child",
    }

    def type_spec(self, node: Node) -> Expr:
        """`type Name struct { }`, `type Name Other`, `type Name = Other`."""
        b = self.b
        name, type_ = node.child_by_field_name("name"), node.child_by_field_name("type")
        if name is None or type_ is None:
            return None
        spelled, row = b.text(name), name.start_point[0]
        generic = node.child_by_field_name("type_parameters")
        parameters: list[str] = []
        for child in generic.named_children if generic is not None else ():
            parameters += [b.text(n) for n in child.children_by_field_name("name")]
            self.visit(child.child_by_field_name("type"))
        if node.type == "type_alias":
            b.bind(spelled, self.visit(type_), None, row)
        elif type_.type in {"struct_type", "interface_type"}:
            self._struct(type_, spelled, name, tuple(parameters))
        else:
            # A type of its own: it has the fields of the other, though not its methods; what it holds is seen through.
            position = b.add_class(spelled, row, (), "type", parameters, **b.here())
            before, block = b.enter_class(position), b.block
            b.block = None
            base = self.visit(type_)
            b.close(before)
            b.block = block
            b.classes[position] = b.classes[position]._replace(bases=(base,))
        return None

    def struct(self, node: Node) -> Expr:
        """A struct or interface without a name."""
        return self._struct(node, "", node, ())

    def _struct(self, node: Node, spelled: str, name: Node, parameters: tuple[str, ...]) -> Expr:
        b = self.b
        kind = "struct" if node.type == "struct_type" else "interface"
        row = name.start_point[0]
        position = b.add_class(spelled, row, (), kind, parameters, bound=bool(spelled), **b.here())
        before, block, end = b.enter_class(position), b.block, b.end
        b.block, b.end = None, node.end_point[0]
        bases: list[Expr] = []
        listed = node.named_children
        if kind == "struct":
            listed = [f for child in listed for f in child.named_children]
        for child in listed:
            if child.type == "field_declaration":
                type_ = self.visit(child.child_by_field_name("type"))
                names = child.children_by_field_name("name")
                for field in names:
                    b.bind(b.text(field), None, type_, field.start_point[0])
                if not names:
                    bases.append(type_)
                    last = type_
                    while isinstance(last, tuple) and last[0] == "i":
                        last = last[1]
                    embedded = last if isinstance(last, str) else last[-1] if isinstance(last, tuple) else ""
                    if isinstance(embedded, str) and embedded:
                        b.bind(embedded, None, type_, child.start_point[0])
            elif child.type == "method_elem":
                self._method(child)
            elif child.type == "type_elem":
                bases.append(self.only_child(child))
        b.close(before)
        b.block, b.end = block, end
        b.classes[position] = b.classes[position]._replace(bases=tuple(bases))
        return ("k", position)

    def _method(self, node: Node) -> None:
        b = self.b
        name = node.child_by_field_name("name")
        if name is None:
            return
        class_ = b.scopes[b.scope].class_
        position = b.add_function(b.text(name), name.start_point[0], class_, 0)
        before = b.enter_function(position)
        self._function(node, position)
        b.close(before)

    def container(self, node: Node) -> Expr:
        """`[]T`, `map[K]V`, `chan T`."""
        if node.type == "map_type":
            key, value = self.visit(node.child_by_field_name("key")), self.visit(node.child_by_field_name("value"))
            return ("l", "Map", (("I", key), ("I", value)))
        self.visit(node.child_by_field_name("length"))
        element = node.child_by_field_name("element") or node.child_by_field_name("value")
        return ("l", "Chan" if node.type == "channel_type" else "Array", (("I", self.visit(element)),))

    def generic(self, node: Node) -> Expr:
        """`T[A]`."""
        base = self.visit(node.child_by_field_name("type"))
        arguments = node.child_by_field_name("type_arguments")
        given = tuple(self.visit_all(arguments.named_children)) if arguments is not None else ()
        if len(given) == 1 and node.named_child_count and arguments is not None:
            given = tuple(given)
        return None if base is None else ("i", base, given)
