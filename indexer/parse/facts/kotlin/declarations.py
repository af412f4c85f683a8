"""Facts of Kotlin's declarations: packages, imports, types, functions with or without a receiver, and properties."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.blocks import base_of
from noctule.indexer.parse.facts.kotlin.properties import TYPES, KotlinProperties
from noctule.indexer.parse.facts.model import BARE, FUNCTION, Binding, Expr

if TYPE_CHECKING:
    from tree_sitter import Node


class KotlinDeclarations(KotlinProperties):
    """The part of the walk over a Kotlin tree that declares."""

    def run(self, root: Node) -> None:
        """Visit the whole tree; an import means the function, the property or type, or both, as the file uses it."""
        self.imported = []
        self.inside(root)
        used = {name for _, receiver, name in self.b.uses if receiver == BARE}
        for outer, name, alias, row in self.imported:
            meant = [mark for mark in ("", "()") if alias + mark in used] or ["", "()"]
            for mark in meant:
                self.b.add_import(outer, name + mark, row)

    # Types

    def type_declaration(self, node: Node) -> Expr:
        """A class, interface, enumeration or object; it is made by calling it."""
        b = self.b
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        spelled, row = b.text(name).strip("`"), name.start_point[0]
        is_interface = any(child.type == "interface" for child in node.children)
        parameters = self._type_parameters(node)
        kind = "interface" if is_interface else "object" if node.type == "object_declaration" else "class"
        position = b.add_class(spelled, row, (), kind, parameters, **b.here())
        if kind == "class":
            self.bind_again(f"{spelled}()", position)
        for child in node.named_children:
            if child.type == "modifiers":
                self.inside(child)
        self.in_class(position, node, partial(self._class, node, position))
        return ("k", position)

    def _class(self, node: Node, position: int) -> Expr:
        b = self.b
        bases: list[Expr] = []
        for child in node.named_children:
            if child.type == "delegation_specifiers":
                bases += self._bases(child)
                b.classes[position] = b.classes[position]._replace(bases=tuple(bases))
            elif child.type == "primary_constructor":
                for listed in child.named_children:
                    for parameter in listed.named_children if listed.type == "class_parameters" else ():
                        self._class_parameter(parameter)
            elif child.type in {"class_body", "enum_class_body"}:
                self.inside(child)
        return None

    def _bases(self, node: Node) -> list[Expr]:
        found = []
        for child in node.named_children:
            inner = child.named_children
            if child.type == "delegation_specifier" and inner:
                if inner[0].type == "explicit_delegation":
                    values = self.visit_all(inner[0].named_children)
                    found += values[:1]
                else:
                    found.append(self.visit(inner[0]))
        return [base for base in found if base is not None]

    def _class_parameter(self, node: Node) -> None:
        name: Node | None = None
        type_: Expr = None
        for child in node.named_children:
            if child.type == "identifier" and name is None:
                name = child
            elif child.type in TYPES:
                type_ = self.visit(child)
            else:
                self.visit(child)
        if name is not None:
            self.b.bind(self.b.text(name), None, type_, name.start_point[0])
            self._bind_callable(name, type_)

    def companion(self, node: Node) -> Expr:
        """The members of a companion are those of its type, as seen from outside."""
        for child in node.named_children:
            if child.type == "delegation_specifiers":
                self._bases(child)
            elif child.type == "class_body":
                self.inside(child)
        return None

    def object_literal(self, node: Node) -> Expr:
        """`object : Base { }`."""
        b = self.b
        position = b.add_class("", node.start_point[0], (), "class", bound=False)
        self.in_class(position, node, partial(self._class, node, position))
        return ("I", ("k", position))

    def alias(self, node: Node) -> Expr:
        """`typealias A = T`."""
        name = node.child_by_field_name("type")
        value: Expr = None
        for child in node.named_children:
            if child != name and child.type in TYPES:
                value = self.visit(child)
        if name is not None:
            for mark in ("", "()"):
                self.b.bind(self.b.text(name) + mark, value, None, name.start_point[0], spelled=self.b.text(name))
        return None

    def enum_entry(self, node: Node) -> Expr:
        """A constant of an enumeration, perhaps with a body of its own."""
        b = self.b
        class_ = b.scopes[b.scope].class_
        for child in node.named_children:
            if child.type == "identifier":
                b.bind(b.text(child), ("I", ("k", class_)), None, child.start_point[0])
            elif child.type == "class_body":
                position = b.add_class("", child.start_point[0], (("k", class_),), "class", bound=False)
                self.in_class(position, child, partial(self.inside, child))
            elif child.type == "value_arguments":
                self.inside(child)
        return None

    # Functions

    def function(self, node: Node) -> Expr:
        """A function; one with a receiver is a member of its type."""
        b = self.b
        name = node.child_by_field_name("name")
        spelled = b.text(name).strip("`") if name is not None else ""
        row = (name or node).start_point[0]
        scope = b.scopes[b.scope]
        flags = self._flags(node)
        position = b.add_function(spelled, row, scope.class_, flags, bound=False)
        definition = b.functions[position].definition
        self.in_function(position, node, partial(self._function, node, position, name, flags))
        owner = base_of(self.receiver)
        found = Binding(FUNCTION, position, None, row, b.end, definition, False)
        if owner is not None:
            if isinstance(owner, str) or owner[0] == "a":
                b.members.append((("@", owner, b.scope), f"{spelled}()", found))
        elif spelled:
            names = b.scopes[b.scope].names
            names.setdefault(f"{spelled}()", []).append(found)
        self.receiver = None
        return ("d", position) if name is None else None

    receiver: Expr = None
    """The type before the name of the function or property that was visited last."""

    def _function(self, node: Node, position: int, name: Node | None, flags: int) -> Expr:
        b = self.b
        generic = self._type_parameters(node)
        b.functions[position] = b.functions[position]._replace(generic=tuple(generic))
        receiver: Expr = None
        returns: Expr = None
        values: list[Expr] = []
        parameters: list[str] = []
        is_after = name is None
        for child in node.named_children:
            if child == name:
                is_after = True
            elif child.type in TYPES:
                type_ = self.visit(child)
                if is_after:
                    returns = type_
                else:
                    receiver = type_
            elif child.type == "function_value_parameters":
                parameters = self._parameters(child)
            elif child.type == "function_body":
                inner = child.named_children
                if inner and inner[0].type == "block":
                    self.inside(inner[0])
                elif inner:
                    values = self.visit_all(inner)[:1]
        b.set_function(position, returns, [v for v in values if v is not None], flags, parameters)
        self.receiver = receiver
        return None

    def _parameters(self, node: Node) -> list[str]:
        names: list[str] = []
        for child in node.named_children:
            if child.type != "parameter":
                self.visit(child)
                continue
            name = next((c for c in child.named_children if c.type == "identifier"), None)
            type_: Expr = None
            for part in child.named_children:
                if part.type in TYPES:
                    type_ = self.visit(part)
            before = child.prev_named_sibling
            if before is not None and before.type == "parameter_modifiers" and "vararg" in self.b.text(before):
                type_ = ("l", "Array", (("I", type_),))
            if name is not None:
                names.append(self.b.text(name))
                self.b.bind_parameter(names[-1], None, type_, name.start_point[0])
                self._bind_callable(name, type_)
        return names

    def constructor(self, node: Node) -> Expr:
        """`constructor(a: A) : this(a) { }`."""
        b = self.b
        position = b.add_function("", node.start_point[0], b.scopes[b.scope].class_, 0, bound=False)

        def act() -> Expr:
            for child in node.named_children:
                if child.type == "function_value_parameters":
                    self._parameters(child)
                else:
                    self.visit(child)
            return None

        return self.in_function(position, node, act)

    # Properties
