"""Facts of Rust's items: types with what `impl` gives them, traits, functions, constants and aliases."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.blocks import strip_arguments
from noctule.indexer.parse.facts.model import IS_ASYNC, VALUE, Binding, Expr
from noctule.indexer.parse.facts.rust.patterns import RustPatterns

if TYPE_CHECKING:
    from tree_sitter import Node


class RustItems(RustPatterns):
    """The part of the walk over a Rust tree that reads items."""

    owner: Expr = None
    """The type that the `impl` around is for: how it was named, in which scope, and whether a trait gives it."""
    trait_around = -1
    generic_around: tuple[str, ...] = ()
    bounds_around: tuple[tuple[str, Expr], ...] = ()

    def _generics(self, node: Node) -> tuple[list[str], list[tuple[str, Expr]]]:
        """Return the type parameters of an item, and those that are bound to a trait."""
        names: list[str] = []
        bounds: list[tuple[str, Expr]] = []
        listed = node.child_by_field_name("type_parameters")
        for child in listed.named_children if listed is not None else ():
            name = child.child_by_field_name("name")
            if child.type != "type_parameter" or name is None:
                self.visit(child.child_by_field_name("type"))
                continue
            names.append(self.b.text(name))
            bound = self.visit(child.child_by_field_name("bounds"))
            self.visit(child.child_by_field_name("default_type"))
            if bound is not None:
                bounds.append((names[-1], bound))
        for clause in node.named_children:
            if clause.type == "where_clause":
                for predicate in clause.named_children:
                    left, right = predicate.child_by_field_name("left"), predicate.child_by_field_name("bounds")
                    bound = self.visit(right)
                    if left is not None and left.type == "type_identifier":
                        if bound is not None:
                            bounds.append((self.b.text(left), bound))
                    else:
                        self.visit(left)
        return names, bounds

    def struct(self, node: Node) -> Expr:
        """A struct: its fields are bound as `field x`."""
        return self._type(node, "struct")

    def enum(self, node: Node) -> Expr:
        """An enumeration: its variants are objects of it."""
        return self._type(node, "enum")

    def _type(self, node: Node, kind: str) -> Expr:
        b = self.b
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        generic, _ = self._generics(node)
        position = b.add_class(b.text(name), name.start_point[0], (), kind, generic, **b.here())
        body = node.child_by_field_name("body")
        if body is not None:
            self.in_class(
                position, node, lambda: self._variants(body, position) if kind == "enum" else self._fields(body)
            )
        return ("k", position)

    def _fields(self, body: Node) -> Expr:
        b = self.b
        count = 0
        for child in body.named_children:
            if child.type == "field_declaration":
                name = child.child_by_field_name("name")
                type_ = self.visit(child.child_by_field_name("type"))
                if name is not None:
                    spelled = b.text(name)
                    b.bind(f"field {spelled}", None, type_, name.start_point[0], spelled=spelled)
            elif child.type not in {"visibility_modifier", "attribute_item", "line_comment", "block_comment"}:
                b.bind(f"field {count}", None, self.visit(child), child.start_point[0])
                count += 1
        return None

    def _variants(self, body: Node, enum: int) -> Expr:
        b = self.b
        for child in body.named_children:
            name = child.child_by_field_name("name")
            if child.type != "enum_variant" or name is None:
                continue
            inner = child.child_by_field_name("body")
            made: Expr = ("k", enum)
            if inner is not None:
                variant = b.add_class("", name.start_point[0], (("k", enum),), "variant", bound=False)
                self.in_class(variant, child, partial(self._fields, inner))
                made = ("k", variant)
            self.visit(child.child_by_field_name("value"))
            b.bind(b.text(name), ("I", made), None, name.start_point[0])
        return None

    def trait(self, node: Node) -> Expr:
        """A trait: its functions are members, and those that it builds on are its bases."""
        b = self.b
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None:
            return self.inside(node)
        generic, _ = self._generics(node)
        bases = [self.visit(c) for c in node.named_children if c.type == "trait_bounds"]
        flat = [e for base in bases for e in (base[1:] if isinstance(base, tuple) and base[0] == "o" else (base,))]
        position = b.add_class(b.text(name), name.start_point[0], flat, "trait", generic, **b.here())
        before, self.trait_around = self.trait_around, position
        owner, self.owner = self.owner, None
        if body is not None:
            self.in_class(position, node, lambda: self.inside(body))
        self.trait_around, self.owner = before, owner
        return ("k", position)

    def impl(self, node: Node) -> Expr:
        """`impl Trait for Type { }`: its functions are members of the type."""
        b = self.b
        generic, bounds = self._generics(node)
        trait = self.visit(node.child_by_field_name("trait"))
        owner = strip_arguments(self.visit(node.child_by_field_name("type")))
        body = node.child_by_field_name("body")
        before = (self.owner, self.bounds_around, self.generic_around, self.trait_around)
        self.owner = None
        if owner is not None and owner not in generic and (isinstance(owner, str) or owner[0] == "a"):
            self.owner = ("@", owner, b.scope, trait is not None)
            if trait is not None:
                b.members.append((self.owner, "", Binding(VALUE, trait, None, node.start_point[0], b.end, -1, False)))
            self._note_bounds(owner, bounds, node.start_point[0])
        self.bounds_around, self.generic_around, self.trait_around = tuple(bounds), tuple(generic), -1
        if body is not None:
            self.inside(body)
        self.owner, self.bounds_around, self.generic_around, self.trait_around = before
        return None

    def _note_bounds(self, owner: Expr, bounds: list[tuple[str, Expr]], row: int) -> None:
        """Say of the fields of a type what an `impl` of it in this file says of its type parameters."""
        class_ = next((c for c in self.b.classes if c.name == owner and c.parameters), None) if bounds else None
        names = self.b.scopes[class_.scope].names if class_ is not None and class_.scope >= 0 else {}
        for name, bound in bounds:
            if class_ is not None and name in class_.parameters and f"<{name}>" not in names:
                names[f"<{name}>"] = [Binding(VALUE, None, bound, row, self.b.end, -1, False)]

    # Functions

    def function(self, node: Node) -> Expr:
        """A function; in an `impl`, a member of its type."""
        b = self.b
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        spelled, row = b.text(name), name.start_point[0]
        scope = b.scopes[b.scope]
        owner = self.owner if scope.function < 0 else None
        modifiers = next((c for c in node.named_children if c.type == "function_modifiers"), None)
        flags = IS_ASYNC if modifiers is not None and "async" in b.text(modifiers).split() else 0
        position = b.add_function(spelled, row, scope.class_, flags, bound=owner is None)
        if owner is not None:
            b.add_member(owner, spelled, position, row)
        before, self.owner = self.owner, None

        def act() -> Expr:
            generic, bounds = self._generics(node)
            for bound, type_ in (*self.bounds_around, *bounds):
                b.bind(f"<{bound}>", None, type_, row)
            b.functions[position] = b.functions[position]._replace(generic=(*self.generic_around, *generic))
            parameters = self._parameters(node.child_by_field_name("parameters"))
            returns = self.visit(node.child_by_field_name("return_type"))
            if self.trait_around >= 0 and returns == ("C",):
                returns = ("l", "Self", ())
            body = node.child_by_field_name("body")
            if body is not None:
                self.inside(body)
            b.set_function(position, returns, [], flags, parameters)
            return None

        self.in_function(position, node, act)
        self.owner = before
        return None

    def _parameters(self, node: Node | None) -> list[str]:
        names: list[str] = []
        for child in node.named_children if node is not None else ():
            if child.type != "parameter":
                continue
            pattern = child.child_by_field_name("pattern")
            type_ = self.visit(child.child_by_field_name("type"))
            if pattern is not None and pattern.type in {"identifier", "mut_pattern"}:
                inner = pattern if pattern.type == "identifier" else pattern.named_children[-1]
                names.append(self.b.text(inner))
                self.b.bind_parameter(names[-1], None, type_, inner.start_point[0])
            else:
                names.append("")
                self.match_pattern(pattern, None if type_ is None else ("I", type_))
        return names

    def closure(self, node: Node, context: Expr = None) -> Expr:
        """`|a, b| ...`"""
        b = self.b
        position = b.add_function("", node.start_point[0], -1, 0, bound=False)
        listed = node.child_by_field_name("parameters")

        def act() -> Expr:
            names: list[str] = []
            for child in listed.named_children if listed is not None else ():
                passed = self.pass_argument(context, len(names))
                if child.type == "parameter":
                    type_ = self.visit(child.child_by_field_name("type"))
                    pattern = child.child_by_field_name("pattern")
                    names.append(b.text(pattern) if pattern is not None and pattern.type == "identifier" else "")
                    self.match_pattern(pattern, passed, type_)
                else:
                    names.append(b.text(child) if child.type == "identifier" else "")
                    self.match_pattern(child, passed)
            returns = self.visit(node.child_by_field_name("return_type"))
            value = self.visit(node.child_by_field_name("body"))
            b.set_function(position, returns, [] if value is None else [value], 0, names)
            return None

        self.in_function(position, node, act)
        return ("d", position)

    def function_type(self, node: Node) -> Expr:
        """`Fn(&A) -> B`, `fn(A)`."""
        b = self.b
        position = b.add_function("", node.start_point[0], -1, 0, bound=False)
        listed = node.child_by_field_name("parameters")

        def act() -> Expr:
            names: list[str] = []
            for child in listed.named_children if listed is not None else ():
                type_ = self.visit(child.child_by_field_name("type") if child.type == "parameter" else child)
                names.append(f"{len(names)}")
                b.bind_parameter(names[-1], None, type_, child.start_point[0])
            b.set_function(position, self.visit(node.child_by_field_name("return_type")), [], 0, names)
            return None

        self.in_function(position, node, act)
        return ("d", position)

    def constant(self, node: Node) -> Expr:
        """`const A: T = value;`, also of an `impl`."""
        type_ = self.visit(node.child_by_field_name("type"))
        value = self.visit(node.child_by_field_name("value"))
        self._item(node, value, type_)
        return None

    def alias(self, node: Node) -> Expr:
        """`type A = T;`, also of a trait or an `impl`."""
        self._item(node, self.visit(node.child_by_field_name("type")), None)
        self.visit(node.child_by_field_name("bounds"))
        return None

    def _item(self, node: Node, value: Expr, type_: Expr) -> None:
        b = self.b
        name = node.child_by_field_name("name")
        if name is None or b.text(name) == "_":
            return
        spelled, row = b.text(name), name.start_point[0]
        if self.owner is not None and b.scopes[b.scope].function < 0:
            found = Binding(VALUE, value, type_, row, b.end, b.find_definition(spelled, row), False)
            b.members.append((self.owner, spelled, found))
        else:
            self.declare(spelled, value, type_, row)
