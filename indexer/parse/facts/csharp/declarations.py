"""Facts of C#'s declarations: namespaces, `using`, types with their parts, members, and types as they are written.

A type is bound as `Name` and as `type Name`, since a property may have its name; one with n type parameters only as
`type`n Name`. What a namespace declares is listed among the members of the file, as ("#", namespace, scope).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.csharp.types import CSharpTypes
from noctule.indexer.parse.facts.model import CONSTRUCTOR, FUNCTION, IS_CONSTRUCTOR, RECEIVER, Binding, Expr

if TYPE_CHECKING:
    from tree_sitter import Node

OBJECT: Expr = ("l", "object", ())
"""What all types are."""
_HEAD = frozenset({"identifier", "type_parameter_list", "type_parameter_constraints_clause"})
"""Parts of a function's head that are read by themselves."""


class CSharpDeclarations(CSharpTypes):
    """The part of the walk over a C# tree that declares."""

    # Types as they are written

    # Types

    def delegate(self, node: Node) -> Expr:
        """`delegate Type Name(parameters);`: calling it gives that type."""
        if node.child_by_field_name("name") is None:
            return self.inside(node)
        position = self._add_type(node, "interface")

        def act() -> Expr:
            self._function(node, "__call__", "__call__", -1)
            return None

        self.in_class(position, node, act)
        return None

    # Members

    def method(self, node: Node) -> Expr:
        """A method, constructor or local function."""
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        is_constructor = node.type == "constructor_declaration"
        spelled = self.b.text(name)
        self._function(node, spelled, CONSTRUCTOR if is_constructor else spelled, name.start_point[0])
        return None

    def accessor(self, node: Node) -> Expr:
        """What runs, though nobody names it."""
        self._function(node, "", "", node.start_point[0])
        return None

    def indexer(self, node: Node) -> Expr:
        """`Type this[index]`."""
        self._function(node, "", "__getitem__", node.start_point[0])
        return None

    def _function(self, node: Node, spelled: str, bound: str, row: int) -> None:
        b = self.b
        scope = b.scopes[b.scope]
        flags = IS_CONSTRUCTOR if bound == CONSTRUCTOR else 0
        position = b.add_function(spelled if row >= 0 else "", max(row, 0), scope.class_, flags, bound=False)
        found = Binding(FUNCTION, position, None, row, b.end, b.functions[position].definition, False)
        explicit = any(c.type == "explicit_interface_specifier" for c in node.named_children)
        if bound and not explicit:
            scope.names.setdefault(bound, []).append(found)
        extended: list[Expr] = []

        def act() -> Expr:
            generic: list[str] = []
            for child in node.named_children:
                if child.type == "type_parameter_list":
                    generic = [f"type {b.text(p.child_by_field_name('name') or p)}" for p in child.named_children]
                elif child.type == "type_parameter_constraints_clause":
                    self._constraint(child)
            b.functions[position] = b.functions[position]._replace(generic=tuple(generic))
            listed = node.child_by_field_name("parameters")
            names = self.parameters(listed) if listed is not None else []
            target = self._extension_target(listed)
            if target is not None:
                names = names[1:]  # as it is called
                if generic:
                    b.bind(RECEIVER, None, target, row)
                    target = self._find_bound(target, generic)
            extended.append(target)
            written = node.child_by_field_name("returns") or node.child_by_field_name("type")
            returns = self.type_(written)
            if node.type == "accessor_declaration":
                b.bind_parameter("value", None, None, node.start_point[0])
            for child in node.named_children:
                if child.type == "block":
                    self.inside(child)
                elif child.type == "constructor_initializer":
                    self._initialize_base(child)
                elif child not in (listed, written) and child.type not in _HEAD:
                    self.visit(child)
            b.set_function(position, returns, [], flags, names)
            return None

        self.in_function(position, node, act)
        if extended[0] is not None:
            b.members.append((("this", extended[0], b.scope, self.namespace_around), spelled, found))

    def _extension_target(self, node: Node | None) -> Expr:
        """Return the type that a method extends: that of its parameter `this`."""
        first = node.named_children[0] if node is not None and node.named_child_count else None
        if first is None or not any(c.type == "modifier" and self.b.text(c) == "this" for c in first.named_children):
            return None
        return self.type_(first.child_by_field_name("type"))

    def _find_bound(self, target: Expr, generic: Sequence[str]) -> Expr:
        """Return the type that a method adds a member to: of a type parameter, what that is to be."""
        if not isinstance(target, str) or target not in generic:
            return target
        bounds = self.b.scopes[self.b.scope].names.get(f"<{target}>", ())
        return bounds[0].type if bounds else OBJECT

    def _initialize_base(self, node: Node) -> None:
        is_base = any(child.type == "base" for child in node.children)
        self.b.use_member(("S",) if is_base else ("C",), CONSTRUCTOR, node.start_point[0])
        self.inside(node)

    def parameters(self, node: Node, context: Expr = None) -> list[str]:
        """Bind parameters; return their names."""
        names: list[str] = []
        written: Node | None = None
        for position, child in enumerate(node.named_children):
            field = node.field_name_for_named_child(position)
            if child.type == "parameter":
                name = child.child_by_field_name("name")
                type_ = self.type_(child.child_by_field_name("type"))
                for part in child.named_children:
                    if part != name and part != child.child_by_field_name("type") and part.type != "modifier":
                        self.visit(part)
            elif field == "type":  # `params Type[] names` is written apart
                written = child
                continue
            elif field == "name":
                name, type_ = child, self.type_(written)
            elif child.type == "implicit_parameter":
                name, type_ = child, None
            else:
                self.visit(child)
                continue
            if name is not None:
                value = self.pass_argument(context, len(names)) if type_ is None else None
                names.append(self.b.text(name))
                self.b.bind_parameter(names[-1], value, type_, name.start_point[0])
        return names

    def property(self, node: Node) -> Expr:
        """`Type Name { get; set; } = value`, `Type Name => value`."""
        b = self.b
        name = node.child_by_field_name("name")
        written = node.child_by_field_name("type")
        type_ = self.type_(written)
        explicit = any(c.type == "explicit_interface_specifier" for c in node.named_children)
        if name is not None and not explicit:
            b.bind(b.text(name), None, type_, name.start_point[0])
        before, self.declared = self.declared, type_
        for child in node.named_children:
            if child not in (name, written):
                self.visit(child)
        self.declared = before
        return None

    def variables(self, node: Node) -> Expr:
        """`Type name = value, other`, of a field or a local."""
        b = self.b
        type_ = self.type_(node.child_by_field_name("type"))
        before, self.declared = self.declared, type_
        for child in node.named_children:
            if child.type != "variable_declarator" or not child.named_child_count:
                continue
            name = child.child_by_field_name("name") or child.named_children[0]  # a pattern is in no field
            value: Expr = None
            for part in child.named_children:
                if part != name:
                    value = self._value(part, type_)
            if name.type == "identifier":
                self.declare(b.text(name), value, type_, name.start_point[0])
            elif name.type == "tuple_pattern":
                for position, part in enumerate(name.named_children):
                    item = None if value is None else ("t", value, position)
                    self.declare(b.text(part), item, None, part.start_point[0])
        self.declared = before
        return None

    def _value(self, node: Node, type_: Expr) -> Expr:
        """Visit a value of a declared type: a function's parameters follow from it."""
        return self.lambda_(node, type_) if node.type == "lambda_expression" and type_ else self.visit(node)

    def attribute(self, node: Node) -> Expr:
        """`[Name(Member = value)]`: of the type `Name` or `NameAttribute`."""
        b = self.b
        name = node.child_by_field_name("name")
        if name is not None and name.type == "identifier":
            for spelled in (b.text(name), f"{b.text(name)}Attribute"):
                b.use(f"attribute {spelled}", name.start_point[0])
        else:
            self.type_(name)
        for child in node.named_children:
            if child.type == "attribute_argument_list":
                for argument in child.named_children:
                    key = argument.child_by_field_name("name")
                    self.visit_all(c for c in argument.named_children if c != key)
        return None
