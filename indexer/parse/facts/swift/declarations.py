"""Facts of Swift's declarations: types, extensions, functions and properties, and types as they are written."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.blocks import BlockWalk, strip_arguments, union
from noctule.indexer.parse.facts.model import CLASS, CONSTRUCTOR, FUNCTION, IS_PRIVATE, VALUE, Binding, Expr

if TYPE_CHECKING:
    from tree_sitter import Node

TYPES = frozenset(
    {
        "user_type",
        "optional_type",
        "array_type",
        "dictionary_type",
        "tuple_type",
        "function_type",
        "existential_type",
        "opaque_type",
        "metatype",
        "protocol_composition_type",
    }
)


class SwiftDeclarations(BlockWalk):
    """The part of the walk over a Swift tree that declares."""

    owner: Expr = None
    """The type that the extension around extends: its name, and the scope in which it was named."""

    def import_(self, node: Node) -> Expr:
        """`import Module`."""
        name = node.named_children[-1] if node.named_child_count else None
        if name is not None:
            self.b.add_import(self.b.text(name).partition(".")[0], "*", node.start_point[0])
        return None

    def type_(self, node: Node) -> Expr:
        """A type as it is written."""
        b, kind = self.b, node.type
        if kind == "user_type":
            found: Expr = None
            for child in node.named_children:
                if child.type == "type_identifier":
                    name, row = b.text(child), child.start_point[0]
                    if found is not None:
                        b.use_member(found, name, row)
                        found = self.member(found, name)
                    elif name == "Self":
                        found = ("C",)
                    else:
                        b.use(name, row)
                        found = name
                elif child.type == "type_arguments":
                    given = tuple(self.visit_all(child.named_children))
                    found = None if found is None else ("i", found, given)
            return found
        if kind in {"array_type", "dictionary_type"}:
            inner = tuple(("I", t) for t in self.visit_all(c for c in node.named_children if c.type in TYPES))
            return ("l", "Array" if kind == "array_type" else "Map", inner)
        if kind in {"optional_type", "existential_type", "opaque_type", "protocol_composition_type"}:
            return union(self.visit_all(c for c in node.named_children if c.type in TYPES))
        if kind == "function_type":
            return self._function_type(node)
        if kind == "tuple_type":
            items = [child for child in node.named_children if child.type == "tuple_type_item"]
            found = [self.visit_all(c for c in item.named_children if c.type in TYPES)[:1] for item in items]
            types = [one[0] if one else None for one in found]
            return types[0] if len(types) == 1 else ("T", tuple(("I", t) for t in types[:8]))
        for child in node.named_children:
            self.inside(child)
        return None

    def _function_type(self, node: Node) -> Expr:
        """`(A, B) -> C`."""
        items = [item for child in node.named_children[:1] for item in child.named_children]
        given = [self.visit_all(c for c in item.named_children if c.type in TYPES)[:1] for item in items]
        returned = self.visit_all(c for c in node.named_children[1:] if c.type in TYPES)
        types = [*(one[0] if one else None for one in given), returned[-1] if returned else None]
        return ("l", "Function", tuple(None if type_ is None else ("I", type_) for type_ in types))

    # Types

    def _generics(self, node: Node) -> list[str]:
        names = []
        for child in node.named_children:
            if child.type == "type_parameters":
                for parameter in child.named_children:
                    listed = parameter.named_children
                    if listed and listed[0].type == "type_identifier":
                        names.append(self.b.text(listed[0]))
                    bounds = [bound for bound in self.visit_all(listed[1:]) if bound is not None]
                    if names and bounds and self.b.scopes[self.b.scope].function >= 0:
                        # What is of that parameter has the members of its bound.
                        self.b.bind(f"<{names[-1]}>", None, bounds[0], parameter.start_point[0])
            elif child.type == "type_constraints":
                self.inside(child)
        return names

    def type_declaration(self, node: Node) -> Expr:
        """A class, structure, enumeration, actor, protocol or extension."""
        b = self.b
        name, kind = node.child_by_field_name("name"), node.child_by_field_name("declaration_kind")
        if name is None:
            return self.inside(node)
        if kind is not None and kind.type == "extension":
            return self._extension(node, name)
        spelled, row = b.text(name), name.start_point[0]
        generic = self._generics(node)
        shape = "interface" if node.type == "protocol_declaration" else "class"
        position = b.add_class(spelled, row, (), shape, generic, bound=self.owner is None, **b.here())
        if self.owner is not None:
            found = Binding(CLASS, position, None, row, b.end, b.classes[position].definition, False)
            b.members += [(self.owner, spelled, found), (self.owner, f"{spelled}()", found)]
        else:
            self.bind_again(f"{spelled}()", position)
        before, self.owner = self.owner, None
        bases = self._bases(node)
        b.classes[position] = b.classes[position]._replace(bases=tuple(bases))
        body = node.child_by_field_name("body")
        if body is not None:
            self.in_class(position, node, partial(self.inside, body))
        self.owner = before
        return ("k", position)

    def _bases(self, node: Node) -> list[Expr]:
        found = []
        for child in node.named_children:
            if child.type == "inheritance_specifier":
                found.append(self.visit(child.child_by_field_name("inherits_from")))
        return [base for base in found if base is not None]

    def _extension(self, node: Node, name: Node) -> Expr:
        b = self.b
        owner = strip_arguments(self.visit(name))
        self._generics(node)
        before, self.owner = self.owner, None
        if owner is not None and (isinstance(owner, str) or owner[0] == "a"):
            self.owner = ("@", owner, b.scope)
            for base in self._bases(node):
                found = Binding(VALUE, base, None, node.start_point[0], b.end, -1, False)
                b.members.append((self.owner, "", found))
        else:
            self.owner = ("@", "", b.scope)
        body = node.child_by_field_name("body")
        if body is not None:
            self.inside(body)
        self.owner = before
        return None

    def enum_entry(self, node: Node) -> Expr:
        """A case is an object of its enumeration."""
        b = self.b
        class_ = b.scopes[b.scope].class_
        spelled = ""
        for child in node.named_children:
            if child.type == "simple_identifier":
                spelled = b.text(child)
                for bound in (spelled, f"{spelled}()"):
                    b.bind(bound, ("I", ("k", class_)), None, child.start_point[0], spelled=spelled)
            elif child.type == "enum_type_parameters":
                types = [self.visit(part) for part in child.named_children if part.type in TYPES]
                parts = tuple(None if type_ is None else ("I", type_) for type_ in types[:8])
                b.bind(f"{spelled} parts", ("T", parts), None, child.start_point[0])
            else:
                self.visit(child)
        return None

    def alias(self, node: Node) -> Expr:
        """`typealias A = T`."""
        name = node.child_by_field_name("name")
        value: Expr = None
        for child in node.named_children:
            if child != name and child.type in TYPES:
                value = self.visit(child)
        if name is not None:
            for mark in ("", "()"):
                self._bind_member(self.b.text(name) + mark, value, None, name.start_point[0], self.b.text(name))
        return None

    def _bind_member(self, name: str, value: Expr, type_: Expr, row: int, spelled: str = "") -> None:
        """Bind a value, in an extension as a member of its type."""
        b = self.b
        if self.owner is not None and b.scopes[b.scope].function < 0:
            found = Binding(VALUE, value, type_, row, b.end, b.find_definition(spelled or name, row), False)
            b.members.append((self.owner, name, found))
        else:
            self.declare(name, value, type_, row, spelled)

    # Functions

    def function(self, node: Node) -> Expr:
        """A function or initializer."""
        b = self.b
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        is_initializer = node.type == "init_declaration"
        spelled, row = b.text(name).strip("`"), name.start_point[0]
        scope = b.scopes[b.scope]
        modifiers = next((c for c in node.named_children if c.type == "modifiers"), None)
        words = b.text(modifiers).split() if modifiers is not None else []
        flags = IS_PRIVATE if {"private", "fileprivate"} & set(words) else 0
        position = b.add_function(spelled, row, scope.class_, flags, bound=False)
        found = Binding(FUNCTION, position, None, row, b.end, b.functions[position].definition, False)
        bound = CONSTRUCTOR if is_initializer else f"{spelled}()"
        if self.owner is not None and scope.function < 0:
            b.members.append((self.owner, bound, found))
        else:
            scope.names.setdefault(bound, []).append(found)
        before, self.owner = self.owner, None
        self.in_function(position, node, partial(self._function, node, position, name, flags))
        self.owner = before
        return None

    def _function(self, node: Node, position: int, name: Node, flags: int) -> Expr:
        b = self.b
        generic = self._generics(node)
        b.functions[position] = b.functions[position]._replace(generic=tuple(generic))
        names: list[str] = []
        returns: Expr = None
        for child in node.named_children:
            if child.type == "parameter":
                self._parameter(child, names)
            elif child.type in TYPES:
                returns = self.visit(child)
            elif child.type == "function_body":
                self.inside(child)
            elif child != name and child.type not in {"modifiers", "type_parameters", "type_constraints"}:
                self.visit(child)
        b.set_function(position, ("l", "Self", ()) if returns == ("C",) else returns, [], flags, names)
        return None

    def _parameter(self, node: Node, names: list[str]) -> None:
        listed = [c for c in node.named_children if c.type == "simple_identifier"]
        type_ = next((self.visit(c) for c in node.named_children if c.type in TYPES), None)
        if any(child.type == "..." for child in node.children):
            type_ = ("l", "Array", (("I", type_),))
        if listed:
            name = listed[-1]
            names.append(self.b.text(name))
            self.b.bind_parameter(names[-1], None, type_, name.start_point[0])
            if isinstance(type_, tuple) and type_[:2] == ("l", "Function"):
                self.b.bind_parameter(f"{names[-1]}()", None, None, name.start_point[0])

    def accessor(self, node: Node) -> Expr:
        """What runs, though nobody names it; of an extension, with the members of its type."""
        b = self.b
        position = b.add_function("", node.start_point[0], b.scopes[b.scope].class_, 0, bound=False)
        owner, self.owner = self.owner, None
        if owner is not None and b.scopes[b.scope].function < 0:
            found = Binding(FUNCTION, position, None, node.start_point[0], b.end, -1, False)
            b.members.append((owner, "get<>", found))

        def act() -> Expr:
            names: list[str] = []
            for child in node.named_children:
                if child.type == "parameter":
                    self._parameter(child, names)
                else:
                    self.visit(child)
            return None

        self.in_function(position, node, act)
        self.owner = owner
        return None

    # Properties

    def bind_pattern(self, node: Node, value: Expr, type_: Expr) -> None:
        """Bind the names of a pattern that a value is given to."""
        bound = node.child_by_field_name("bound_identifier")
        if bound is None and node.named_child_count == 1 and node.named_children[0].type == "simple_identifier":
            bound = node.named_children[0]
        if bound is not None:
            self._bind_member(self.b.text(bound).strip("`"), value, type_, bound.start_point[0])
            is_function = isinstance(value, tuple) and value[0] == "d"
            if is_function or (isinstance(type_, tuple) and type_[:2] == ("l", "Function")):
                self.b.bind(f"{self.b.text(bound)}()", None, None, bound.start_point[0])
            return
        inner = [child for child in node.named_children if child.type == "pattern"]
        for position, child in enumerate(inner):
            self.bind_pattern(child, None if value is None else ("t", value, position), None)

    def property(self, node: Node) -> Expr:
        """`var name: Type = value, other { ... }`."""
        name: Node | None = None
        type_: Expr = None
        value: Expr = None
        for position, child in enumerate(node.children):
            if node.field_name_for_child(position) == "name" and child.type == "pattern":
                if name is not None:
                    self.bind_pattern(name, value, type_)
                name, type_, value = child, None, None
            elif child.type == "type_annotation":
                type_ = next((self.visit(c) for c in child.named_children if c.type in TYPES), None)
            elif child.is_named and child.type not in {"value_binding_pattern", "protocol_property_requirements"}:
                is_typed = child.type == "lambda_literal" and type_ is not None
                found = self.lambda_(child, type_) if is_typed else self.visit(child)
                if child.type not in {"modifiers", "computed_property", "willset_didset_block"}:
                    value = found
        if name is not None:
            self.bind_pattern(name, value, type_)
        return None
