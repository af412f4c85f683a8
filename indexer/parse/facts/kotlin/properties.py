"""Imports, types and properties of Kotlin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.blocks import BlockWalk, base_of
from noctule.indexer.parse.facts.model import FUNCTION, IS_PRIVATE, IS_PROPERTY, VALUE, Binding, Expr

if TYPE_CHECKING:
    from tree_sitter import Node


TYPES = frozenset({"user_type", "nullable_type", "function_type", "parenthesized_type", "non_nullable_type"})


class KotlinProperties(BlockWalk):
    """The part of the walk that reads types, variables and properties."""

    imported: list[tuple[str, str, str, int]]

    def package(self, node: Node) -> Expr:
        """`package a.b`."""
        if node.named_child_count:
            self.b.package = "".join(self.b.text(node.named_children[0]).split()).replace("`", "")
        return None

    def import_(self, node: Node) -> Expr:
        """`import a.b.C`, `import a.b.C as D`, `import a.b.*`."""
        b = self.b
        children = node.named_children
        if not children:
            return None
        row = node.start_point[0]
        module = "".join(b.text(children[0]).split()).replace("`", "")
        if b.text(node).rstrip().rstrip(";").endswith("*"):
            b.add_import(module, "*", row)
            return None
        outer, _, name = module.rpartition(".")
        alias = b.text(children[1]) if len(children) > 1 else name
        self.imported.append((outer, name, alias, row))
        for mark in ("", "()"):
            b.bind_import(alias + mark, outer, name + mark, row)
        return None

    def user_type(self, node: Node) -> Expr:
        """`a.b.Type<A>`."""
        b = self.b
        found: Expr = None
        for position, child in enumerate(node.named_children):
            if child.type == "identifier":
                name, row = b.text(child).strip("`"), child.start_point[0]
                if position:
                    b.use_member(found, name, row)
                    found = self.member(found, name)
                else:
                    b.use(name, row)
                    found = name
            elif child.type == "type_arguments":
                given = tuple(self.visit_all(child.named_children))
                found = None if found is None else ("i", found, given)
            else:
                self.visit(child)
        return found

    def function_type(self, node: Node) -> Expr:
        """`(A) -> B`."""
        self.inside(node)
        return ("l", "Function", ())

    def _type_parameters(self, node: Node) -> list[str]:
        names = []
        for child in node.named_children:
            if child.type == "type_parameters":
                for parameter in child.named_children:
                    name = next((c for c in parameter.named_children if c.type == "identifier"), None)
                    if name is not None:
                        names.append(self.b.text(name))
                    for bound in parameter.named_children:
                        if bound.type in TYPES:
                            self.visit(bound)
            elif child.type == "type_constraints":
                for constraint in child.named_children:
                    self.visit_all(c for c in constraint.named_children if c.type in TYPES)
        return names

    def _flags(self, node: Node) -> int:
        modifiers = node.named_children[0] if node.named_child_count else None
        if modifiers is None or modifiers.type != "modifiers":
            return 0
        self.inside(modifiers)
        return IS_PRIVATE if "private" in self.b.text(modifiers).split() else 0

    def _bind_callable(self, name: Node, type_: Expr) -> None:
        """What holds a function hides the functions of its name."""
        if isinstance(type_, tuple) and type_[:2] == ("l", "Function"):
            self.b.bind_parameter(f"{self.b.text(name)}()", None, None, name.start_point[0])

    def declare_variable(self, node: Node, value: Expr) -> None:
        """Bind what `name: Type` or `(a, b)` declares."""
        if node.type == "multi_variable_declaration":
            for position, child in enumerate(node.named_children):
                self.declare_variable(child, None if value is None else ("t", value, position))
            return
        name = next((c for c in node.named_children if c.type == "identifier"), None)
        if name is None:
            return
        spelled, row = self.b.text(name).strip("`"), name.start_point[0]
        type_ = next((self.visit(c) for c in node.named_children if c.type in TYPES), None)
        self.declare(spelled, value, type_, row)
        is_function = isinstance(value, tuple) and value[0] in {"d", "q"}
        if self.b.scopes[self.b.scope].function >= 0 and type_ is None and is_function:
            self.declare(f"{spelled}()", None, None, row)
        self._bind_callable(name, type_)

    def property(self, node: Node) -> Expr:
        """`val name: Type = value`, with or without accessors; one with a receiver is a member of its type."""
        b = self.b
        self._flags(node)
        self._type_parameters(node)
        receiver: Expr = None
        declared: Node | None = None
        value: Expr = None
        getter: Node | None = None
        for child in node.named_children:
            if child.type in {"variable_declaration", "multi_variable_declaration"}:
                declared = child
            elif child.type in TYPES and declared is None:
                receiver = self.visit(child)
            elif child.type == "property_delegate":
                value = self.last_child(child)
            elif child.type == "getter":
                getter = child
            elif child.type == "setter":
                self._setter(child)
            elif child.type not in {"modifiers", "type_parameters", "type_constraints"}:
                value = self.visit(child)
        if declared is None:
            return None
        name = next((c for c in declared.named_children if c.type == "identifier"), None)
        owner = base_of(receiver)
        if owner is not None and name is not None:
            spelled, row = b.text(name), name.start_point[0]
            type_ = next((self.visit(c) for c in declared.named_children if c.type in TYPES), None)
            found = Binding(VALUE, value, type_, row, b.end, b.find_definition(spelled, row), False)
            if isinstance(owner, str) or owner[0] == "a":
                b.members.append((("@", owner, b.scope), spelled, found))
            if getter is not None:
                self._getter(getter, None, owner)
        elif getter is not None and name is not None:
            has_type = any(c.type in TYPES for c in declared.named_children)
            position = self._getter(getter, None if has_type or value is not None else name, None)
            if has_type or value is not None or position < 0:
                self.declare_variable(declared, value)
        else:
            self.declare_variable(declared, value)
        return None

    def _getter(self, node: Node, name: Node | None, owner: Expr) -> int:
        """Visit `get() = value`; where a name is given, the property is what that gives."""
        b = self.b
        position = b.add_function("", node.start_point[0], b.scopes[b.scope].class_, IS_PROPERTY, bound=False)

        def act() -> Expr:
            values: list[Expr] = []
            for child in node.named_children:
                inner = child.named_children
                if child.type == "function_body" and inner and inner[0].type != "block":
                    values = self.visit_all(inner)[:1]
                else:
                    self.visit(child)
            b.set_function(position, None, [v for v in values if v is not None], IS_PROPERTY, [])
            return None

        self.in_function(position, node, act)
        if owner is not None and (isinstance(owner, str) or owner[0] == "a"):
            found = Binding(FUNCTION, position, None, node.start_point[0], b.end, -1, False)
            b.members.append((("@", owner, b.scope), "get<>", found))
        if name is not None:
            b.bind(b.text(name), position, None, name.start_point[0], tag=FUNCTION)
        return position

    def _setter(self, node: Node) -> None:
        b = self.b
        position = b.add_function("", node.start_point[0], b.scopes[b.scope].class_, 0, bound=False)

        def act() -> Expr:
            for child in node.named_children:
                if child.type == "identifier":
                    b.bind_parameter(b.text(child), None, None, child.start_point[0])
                else:
                    self.visit(child)
            return None

        self.in_function(position, node, act)
