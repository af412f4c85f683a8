"""Facts of C#'s declarations: namespaces, `using`, types with their parts, members, and types as they are written.

A type is bound as `Name` and as `type Name`, since a property may have its name; one with n type parameters only as
`type`n Name`. What a namespace declares is listed among the members of the file, as ("#", namespace, scope).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.csharp.types import CSharpTypes
from noctule.indexer.parse.facts.model import CLASS, CONSTRUCTOR, FUNCTION, IS_CONSTRUCTOR, Binding, Expr

if TYPE_CHECKING:
    from tree_sitter import Node

_HEAD = frozenset({"identifier", "type_parameter_list", "type_parameter_constraints_clause"})
"""Parts of a function's head that are read by themselves."""


class CSharpDeclarations(CSharpTypes):
    """The part of the walk over a C# tree that declares."""

    declared: Expr = None
    """The type that is declared for the value that is visited."""

    # Files

    # Types as they are written

    # Types

    def _add_type(self, node: Node, kind: str) -> int:
        b = self.b
        name = node.child_by_field_name("name")
        assert name is not None
        spelled, row = b.text(name), name.start_point[0]
        parameters = [
            f"type {b.text(p.child_by_field_name('name') or p)}"
            for c in node.named_children
            if c.type == "type_parameter_list"
            for p in c.named_children
        ]
        position = b.add_class(spelled, row, (), kind, parameters, bound=False)
        found = Binding(CLASS, position, None, row, b.end, b.classes[position].definition, False)
        names = [f"type`{len(parameters)} {spelled}"] if parameters else [spelled, f"type {spelled}"]
        for bound in names:
            b.scopes[b.scope].names.setdefault(bound, []).append(found)
            if b.scopes[b.scope].class_ < 0 and b.scopes[b.scope].function < 0:
                b.members.append((("#", self.namespace_around, b.scope), bound, found))
        return position

    def type_declaration(self, node: Node) -> Expr:
        """A class, interface, structure or record, or a part of one."""
        b = self.b
        if node.child_by_field_name("name") is None:
            return self.inside(node)
        is_partial = any(c.type == "modifier" and b.text(c) == "partial" for c in node.named_children)
        position = self._add_type(node, "partial" if is_partial else node.type.partition("_")[0])
        for child in node.named_children:
            if child.type == "attribute_list":
                self.inside(child)
        self.in_class(position, node, partial(self._class, node, position))
        return ("k", position)

    def _class(self, node: Node, position: int) -> Expr:
        b = self.b
        bases: list[Expr] = []
        for child in node.named_children:
            if child.type == "base_list":
                for base in child.named_children:
                    written = base.child_by_field_name("type") if base.type == "primary_constructor_base_type" else base
                    if base.type == "argument_list":
                        self.visit(base)
                    else:
                        bases.append(self.type_(written))
                    if written != base:
                        self.visit_all(c for c in base.named_children if c != written)
                b.classes[position] = b.classes[position]._replace(bases=tuple(x for x in bases if x is not None))
            elif child.type == "parameter_list":
                for parameter in child.named_children:
                    self._component(parameter)
            elif child.type == "type_parameter_constraints_clause":
                self._constraint(child)
        body = node.child_by_field_name("body")
        if body is not None:
            self.inside(body)
        return None

    def _component(self, node: Node) -> None:
        name = node.child_by_field_name("name")
        type_ = self.type_(node.child_by_field_name("type"))
        if name is not None:
            self.b.bind(self.b.text(name), None, type_, name.start_point[0])

    def _constraint(self, node: Node) -> None:
        """`where T : Base`: what is of that parameter has the members of the base."""
        name: Node | None = None
        for child in node.named_children:
            if child.type == "identifier" and name is None:
                name = child
            elif child.type == "type_parameter_constraint":
                bound = self.type_(child.child_by_field_name("type"))
                if bound is not None and name is not None:
                    self.b.bind(f"type {self.b.text(name)}", bound, None, name.start_point[0])

    def enum(self, node: Node) -> Expr:
        """An enumeration: its members are objects of it."""
        b = self.b
        if node.child_by_field_name("name") is None:
            return self.inside(node)
        position = self._add_type(node, "enum")
        body = node.child_by_field_name("body")

        def act() -> Expr:
            for child in body.named_children if body is not None else ():
                name = child.child_by_field_name("name")
                if name is not None:
                    b.bind(b.text(name), ("I", ("k", position)), None, name.start_point[0])
                self.visit(child.child_by_field_name("value"))
            return None

        self.in_class(position, node, act)
        return None

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
            extended.append(self._extended(listed))
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

    def _extended(self, node: Node | None) -> Expr:
        """Return the type that a method extends: that of its parameter `this`."""
        first = node.named_children[0] if node is not None and node.named_child_count else None
        if first is None or not any(c.type == "modifier" and self.b.text(c) == "this" for c in first.named_children):
            return None
        return self.type_(first.child_by_field_name("type"))

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
            name = child.child_by_field_name("name") if child.type == "variable_declarator" else None
            if name is None:
                continue
            value: Expr = None
            for part in child.named_children:
                if part != name:
                    value = self.visit(part)
            if name.type == "identifier":
                self.declare(b.text(name), value, type_, name.start_point[0])
            elif name.type == "tuple_pattern":
                for position, part in enumerate(name.named_children):
                    item = None if value is None else ("t", value, position)
                    self.declare(b.text(part), item, None, part.start_point[0])
        self.declared = before
        return None

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
