"""Facts of Kotlin's declarations: packages, imports, types, functions with or without a receiver, and properties."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.blocks import strip_arguments
from noctule.indexer.parse.facts.kotlin.types import TYPES, KotlinTypes
from noctule.indexer.parse.facts.model import FUNCTION, IS_PRIVATE, IS_PROPERTY, RECEIVER, VALUE, Binding, Expr

if TYPE_CHECKING:
    from tree_sitter import Node

ANY = "Any"
"""What all types are."""


class KotlinDeclarations(KotlinTypes):
    """The part of the walk over a Kotlin tree that declares."""

    implicit: tuple[Expr, ...] = ()
    """The objects whose members are seen by name alone in the lambdas around, the innermost last."""

    # Functions

    def _flags(self, node: Node) -> int:
        modifiers = node.named_children[0] if node.named_child_count else None
        if modifiers is None or modifiers.type != "modifiers":
            return 0
        self.inside(modifiers)
        return IS_PRIVATE if "private" in self.b.text(modifiers).split() else 0

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
        owner = self._extends(self.receiver, self.parameters)
        found = Binding(FUNCTION, position, None, row, b.end, definition, False)
        if owner is not None:
            if isinstance(owner, str) or owner[0] == "a":
                b.members.append((("@", owner, b.scope), f"{spelled}()", found))
        elif spelled:
            names = b.scopes[b.scope].names
            names.setdefault(f"{spelled}()", []).append(found)
        self.receiver = None
        return ("d", position) if name is None else None

    parameters: Mapping[str, Expr] = {}
    """The type parameters of the function or property that was visited last, each with what it extends."""

    def _extends(self, receiver: Expr, parameters: Mapping[str, Expr]) -> Expr:
        """Return the type that a receiver adds members to: of a type parameter, what that extends."""
        owner = strip_arguments(receiver)
        if isinstance(owner, str) and owner in parameters:
            return strip_arguments(parameters[owner]) or ANY
        return owner

    receiver: Expr = None
    """The type before the name of the function or property that was visited last."""

    def _function(self, node: Node, position: int, name: Node | None, flags: int) -> Expr:
        b = self.b
        generic = self._type_parameters(node)
        bounds = {name: bound for name, bound, _ in self.bounds}
        self._bind_bounds(self.bounds)
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
                    if generic:
                        b.bind(RECEIVER, None, type_, node.start_point[0])
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
        self.parameters = {name: bounds.get(name) for name in generic}
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
            self.declare(f"{spelled}()", value, None, row)
        self._bind_callable(name, type_)

    def property(self, node: Node) -> Expr:
        """`val name: Type = value`, with or without accessors; one with a receiver is a member of its type."""
        b = self.b
        self._flags(node)
        parameters = dict.fromkeys(self._type_parameters(node)) | {name: bound for name, bound, _ in self.bounds}
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
                type_node = next((c for c in declared.named_children if c.type in TYPES), None) if declared else None
                is_typed = type_node is not None and child.type == "lambda_literal"
                value = self._typed_lambda(child, type_node) if is_typed else self.visit(child)
        if declared is None:
            return None
        name = next((c for c in declared.named_children if c.type == "identifier"), None)
        owner = self._extends(receiver, parameters)
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

    def _typed_lambda(self, node: Node, type_node: Node | None) -> Expr:
        """`val f: Owner.() -> B = { ... }`: the lambda sees the members of an object of its declared type."""
        type_ = self.visit(type_node)
        is_spelled = type_node is not None and type_node.type == "function_type"
        before = self.implicit
        if type_ is not None and (not is_spelled or type_[:2] == ("l", "Receiver")):
            self.implicit = (*before, ("r", strip_arguments(type_), before[-1] if before else None))
        found = self.lambda_(node, type_ if is_spelled else None)
        self.implicit = before
        return found

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
