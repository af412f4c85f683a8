"""Types of C and C++: structs, unions, enumerations and classes, type definitions, templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.c.declarators import CDeclarators
from noctule.indexer.parse.facts.model import Binding, Expr

if TYPE_CHECKING:
    from tree_sitter import Node

_TAGS = {
    "struct_specifier": "struct",
    "union_specifier": "union",
    "enum_specifier": "enum",
    "class_specifier": "struct",
}


class CTypes(CDeclarators):
    """The part of the walk that reads types."""

    visits: ClassVar = {
        **dict.fromkeys(_TAGS, "tag"),
        "enumerator": "enumerator",
        "type_definition": "typedef",
        "alias_declaration": "alias",
        "template_declaration": "template",
        "type_descriptor": "type_field",
    }
    template_names: tuple[str, ...] = ()
    enclosing: list[tuple[int, int]]

    def tag(self, node: Node) -> Expr:
        """A struct, union, enumeration or class: its definition where it has a body, else its name."""
        b = self.b
        keyword = _TAGS[node.type]
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        is_special = name is not None and name.type == "template_type"  # who names the template means its first form
        if name is not None and name.type not in {"type_identifier"}:
            self.visit(name)
            name = _last_name(name)
        spelled = b.text(name) if name is not None else ""
        bound = f"{keyword} {spelled}" if spelled else ""
        if body is None:
            if bound and name is not None:
                b.use(bound, name.start_point[0])
            return bound or None
        row = (name or node).start_point[0]
        position = b.add_class(spelled, row, (), keyword, self.template_names, bound=False)
        self.template_names = ()
        definition = b.classes[position].definition
        for as_name in (
            () if is_special else ([bound] if bound else []) + ([spelled] if spelled and b.language == "cpp" else [])
        ):
            b.bind(as_name, position, None, row, tag=1, end=b.end)
            bindings = b.scopes[b.scope].names[as_name]
            bindings[-1] = bindings[-1]._replace(definition=definition)
        bases = []
        for child in node.named_children:
            if child.type == "base_class_clause":
                bases = [base for base in self.visit_all(child.named_children) if base is not None]
        outer = b.scope
        before, block, end = b.enter_class(position), b.block, b.end
        b.block, b.end = None, node.end_point[0]
        self.enclosing.append((position, outer))
        self.inside(body)
        self.enclosing.pop()
        b.close(before)
        b.block, b.end = block, end
        b.classes[position] = b.classes[position]._replace(bases=tuple(bases))
        return ("k", position)

    def enumerator(self, node: Node) -> Expr:
        """A constant of an enumeration is seen outside of it."""
        b = self.b
        name = node.child_by_field_name("name")
        self.visit(node.child_by_field_name("value"))
        if name is not None:
            spelled, row = b.text(name), name.start_point[0]
            class_, outer = self.enclosing[-1] if self.enclosing else (-1, b.scope)
            around = node.parent.parent if node.parent is not None else None
            if around is not None and any(child.type in {"class", "struct"} for child in around.children):
                outer = b.scope  # `enum class`: its constants are seen after `Name::` alone
            for scope in {b.scope, outer}:
                found = Binding(
                    0,
                    ("I", ("k", class_)) if class_ >= 0 else None,
                    None,
                    row,
                    b.end,
                    b.find_definition(spelled, row),
                    False,
                )
                b.scopes[scope].names.setdefault(spelled, []).append(found)
        return None

    def typedef(self, node: Node) -> Expr:
        """`typedef type name;`."""
        type_ = self.visit(node.child_by_field_name("type"))
        for declarator in node.children_by_field_name("declarator"):
            name, function = self._peel(declarator)[:2]
            if function is not None:
                self._parameters(function, bind=False)
            if name is not None:
                self.b.bind(self.b.text(name), type_, None, name.start_point[0])
        return None

    def alias(self, node: Node) -> Expr:
        """`using name = type;`."""
        name = node.child_by_field_name("name")
        type_ = self.visit(node.child_by_field_name("type"))
        if name is not None:
            self.b.bind(self.b.text(name), type_, None, name.start_point[0])
        return None

    def template(self, node: Node) -> Expr:
        """`template <typename T>` before a definition."""
        names = []
        for child in (node.child_by_field_name("parameters") or node).named_children:
            if (
                child.type in {"type_parameter_declaration", "variadic_type_parameter_declaration"}
                and child.named_child_count
            ):
                names.append(self.b.text(child.named_children[0]))
            elif child.type == "optional_type_parameter_declaration":
                spelled = child.child_by_field_name("name")
                names.append(self.b.text(spelled) if spelled is not None else "")
                self.visit(child.child_by_field_name("default_type"))
            elif child.type in {"parameter_declaration", "optional_parameter_declaration"}:
                self.visit(child.child_by_field_name("type"))
                spelled = child.child_by_field_name("declarator")
                names.append(self.b.text(spelled) if spelled is not None else "")
                self.visit(child.child_by_field_name("default_value"))
        before, self.template_names = self.template_names, tuple(names)
        for child in node.named_children[1:]:
            self.visit(child)
        self.template_names = before
        return None


def _last_name(node: Node) -> Node:
    while (inner := node.child_by_field_name("name")) is not None:
        node = inner
    return node
