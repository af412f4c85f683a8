"""Declarations of Java: packages, imports, types with their members and bases, and methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.model import CONSTRUCTOR, FUNCTION, IS_CONSTRUCTOR, Binding, Expr
from noctule.indexer.parse.facts.walk import TreeWalk

if TYPE_CHECKING:
    from tree_sitter import Node

_TYPES = {
    "class_declaration": "class",
    "interface_declaration": "interface",
    "annotation_type_declaration": "interface",
    "enum_declaration": "enum",
    "record_declaration": "record",
}


class JavaDeclarations(TreeWalk):
    """The part of the walk that reads declarations."""

    visits: ClassVar = {
        "package_declaration": "package",
        "import_declaration": "import_",
        **dict.fromkeys(_TYPES, "type_declaration"),
        "enum_constant": "enum_constant",
        "method_declaration": "method",
        "constructor_declaration": "method",
        "compact_constructor_declaration": "method",
        "annotation_type_element_declaration": "method",
        "constructor_body": "inside",
    }

    def package(self, node: Node) -> Expr:
        """`package a.b;`."""
        self.b.package = "".join(self.b.text(node.named_children[-1]).split()) if node.named_child_count else ""
        return None

    def _import_types(self, path: str, row: int) -> None:
        """Note the types around what is imported."""
        outer, _, name = path.rpartition(".")
        while name[:1].isupper():
            self.b.add_import(outer, name, row)
            outer, _, name = outer.rpartition(".")

    def import_(self, node: Node) -> Expr:
        """`import a.b.C;`, `import a.b.*;`, `import static a.B.c;`."""
        b = self.b
        if not node.named_child_count:
            return None
        row = node.start_point[0]
        module = "".join(b.text(node.named_children[0]).split())
        if any(child.type == "asterisk" for child in node.named_children):
            b.add_import(module, "*", row)
            self._import_types(module, row)
            return None
        outer, _, name = module.rpartition(".")
        self._import_types(outer, row)
        b.add_import(outer, name, row)
        b.bind_import(name, outer, name, row)
        if any(child.type == "static" for child in node.children):
            b.add_import(outer, f"{name}()", row)
            b.bind_import(f"{name}()", outer, f"{name}()", row)
        return None

    def type_declaration(self, node: Node) -> Expr:
        """A class, interface, enumeration, record or annotation."""
        b = self.b
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None:
            return self.inside(node)
        spelled, row = b.text(name), name.start_point[0]
        generic = node.child_by_field_name("type_parameters")
        parameters = self._type_parameters(generic)
        position = b.add_class(spelled, row, (), _TYPES[node.type], parameters, **b.here())
        before, end, block = b.enter_class(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        self._bind_bounds(generic)
        bases: list[Expr] = []
        for child in node.named_children:
            if child.type == "superclass":
                bases.append(self.only_child(child))
            elif child.type in {"super_interfaces", "extends_interfaces"}:
                bases += self.visit_all(t for listed in child.named_children for t in listed.named_children)
            elif child.type in {"modifiers", "permits"}:
                self.inside(child)
        b.classes[position] = b.classes[position]._replace(bases=tuple(bases))
        components = [*(node.child_by_field_name("parameters") or name).named_children]
        types = [self._component(child) for child in components]
        if body is not None:
            self.inside(body)
        for child, type_ in zip(components, types, strict=True):
            self._accessor(child, type_, position)
        b.close(before)
        b.end, b.block = end, block
        return ("k", position)

    def _component(self, node: Node) -> Expr:
        """Bind a component of a record; return its type."""
        name = node.child_by_field_name("name")
        type_ = self.visit(node.child_by_field_name("type"))
        if name is not None:
            self.b.bind(self.b.text(name), None, type_, name.start_point[0])
        return type_

    def _accessor(self, node: Node, type_: Expr, class_: int) -> None:
        """Bind the method of a component, where the record has not written it."""
        b = self.b
        name = node.child_by_field_name("name")
        if name is None or f"{b.text(name)}()" in b.scopes[b.scope].names:
            return
        spelled, row = b.text(name), name.start_point[0]
        position = b.add_function("", row, class_, 0, bound=False)
        before = b.enter_function(position)
        b.close(before)
        b.set_function(position, type_, [], 0, [])
        b.bind(f"{spelled}()", position, None, row, tag=FUNCTION, spelled=spelled)

    def _type_parameters(self, node: Node | None) -> tuple[str, ...]:
        names = []
        for child in node.named_children if node is not None else ():
            for part in child.named_children:
                if part.type in {"type_identifier", "identifier"}:
                    names.append(self.b.text(part))
                    break
        return tuple(names)

    def _bind_bounds(self, node: Node | None) -> None:
        """Say what type parameters extend, in the scope of what has them."""
        for child in node.named_children if node is not None else ():
            parts = child.named_children
            found = (
                self.visit_all(parts[-1].named_children) if len(parts) > 1 and parts[-1].type == "type_bound" else []
            )
            if found and found[0] is not None:
                self.b.bind(f"<{self.b.text(parts[-2])}>", None, found[0], child.start_point[0])

    def enum_constant(self, node: Node) -> Expr:
        """A constant of an enumeration, perhaps with a body of its own."""
        b = self.b
        name = node.child_by_field_name("name")
        class_ = b.scopes[b.scope].class_
        if name is not None:
            b.bind(b.text(name), ("I", ("k", class_)), None, name.start_point[0])
        self.visit(node.child_by_field_name("arguments"))
        self._body(node.child_by_field_name("body"), ("k", class_))
        return None

    def _body(self, body: Node | None, base: Expr) -> None:
        if body is not None:
            b = self.b
            position = b.add_class("", body.start_point[0], (base,), "class", bound=False)
            before, block, end = b.enter_class(position), b.block, b.end
            b.block, b.end = None, body.end_point[0]
            self.inside(body)
            b.close(before)
            b.block, b.end = block, end

    def method(self, node: Node) -> Expr:
        """A method or constructor."""
        b = self.b
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        class_ = b.scopes[b.scope].class_
        spelled, row = b.text(name), name.start_point[0]
        is_constructor = node.type in {"constructor_declaration", "compact_constructor_declaration"}
        flags = IS_CONSTRUCTOR if is_constructor else 0
        position = b.add_function(spelled, row, class_, flags, bound=False)
        bound = CONSTRUCTOR if is_constructor else f"{spelled}()"
        found = Binding(FUNCTION, position, None, row, b.end, b.functions[position].definition, False)
        b.scopes[b.scope].names.setdefault(bound, []).append(found)
        before, end, block = b.enter_function(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        generic = node.child_by_field_name("type_parameters")
        names = self._type_parameters(generic)
        b.functions[position] = b.functions[position]._replace(generic=names)
        self._bind_bounds(generic)
        parameters = self._parameters(node.child_by_field_name("parameters"))
        returns = self.visit(node.child_by_field_name("type"))
        body = node.child_by_field_name("body")
        for child in node.named_children:
            if child.type in {"modifiers", "throws"}:
                self.inside(child)
        if body is not None:
            self.inside(body)
        self.visit(node.child_by_field_name("value"))
        b.close(before)
        b.end, b.block = end, block
        b.set_function(position, returns, [], flags, parameters)
        return None

    def _parameters(self, node: Node | None) -> list[str]:
        names = []
        for child in node.named_children if node is not None else ():
            type_ = self.visit(child.child_by_field_name("type"))
            name = child.child_by_field_name("name")
            if child.type == "spread_parameter":
                parts = [c for c in child.named_children if c.type not in {"modifiers", "variable_declarator"}]
                type_ = ("l", "Array", (("I", self.visit(parts[0])),)) if parts else None
                declarator = child.named_children[-1]
                name = declarator.child_by_field_name("name") or declarator
            elif child.type == "identifier":
                name = child
            for part in child.named_children:
                if part.type == "modifiers":
                    self.inside(part)
            if name is not None and child.type not in {"receiver_parameter", "line_comment", "block_comment"}:
                names.append(self.b.text(name))
                self.b.bind_parameter(names[-1], None, type_, name.start_point[0])
        return names
