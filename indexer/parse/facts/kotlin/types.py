"""Facts of Kotlin's files and types: packages, imports, classes, objects and companions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.blocks import BlockWalk
from noctule.indexer.parse.facts.model import BARE, Expr, is_implied

if TYPE_CHECKING:
    from tree_sitter import Node

MOST_PARAMETERS = 4
TYPES = frozenset({"user_type", "nullable_type", "function_type", "parenthesized_type", "non_nullable_type"})


class KotlinTypes(BlockWalk):
    """The part of the walk over a Kotlin tree that reads files and types."""

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

    def run(self, root: Node) -> None:
        """Visit the whole tree; an import means the function, the property or type, or both, as the file uses it."""
        self.imported: list[tuple[str, str, str, int]] = []
        self.inside(root)
        used = {name for _, receiver, name in self.b.uses if receiver == BARE or is_implied(receiver)}
        for outer, name, alias, row in self.imported:
            meant = [mark for mark in ("", "()") if alias + mark in used] or ["", "()"]
            for mark in meant:
                self.b.add_import(outer, name + mark, row)

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
        """`(A) -> B`, `Receiver.(A) -> B`."""
        types = self.visit_all(node.named_children)
        kinds = [child.type for child in node.named_children[:2]]
        if len(kinds) == 2 and kinds[0] in TYPES and kinds[1] == "function_type_parameters" and types[0] is not None:
            return ("l", "Receiver", (("I", types[0]),))
        listed = next((child for child in node.named_children if child.type == "function_type_parameters"), None)
        given = self.visit_all(listed.named_children) if listed is not None else []
        if len(node.named_children) < 2 or len(given) > MOST_PARAMETERS:
            return ("l", "Function", ())
        return ("l", "Function", tuple(None if type_ is None else ("I", type_) for type_ in [*given, types[-1]]))

    bounds: tuple[tuple[str, Expr, int], ...] = ()
    """What the type parameters that were read last extend."""

    def _bind_bounds(self, bounds: tuple[tuple[str, Expr, int], ...]) -> None:
        """Say what type parameters extend, in the scope of what has them."""
        for name, bound, row in bounds:
            self.b.bind(f"<{name}>", None, bound, row)

    def _type_parameters(self, node: Node) -> list[str]:
        names: list[str] = []
        bounds: list[tuple[str, Expr, int]] = []
        for child in node.named_children:
            if child.type == "type_parameters":
                for parameter in child.named_children:
                    name = next((c for c in parameter.named_children if c.type == "identifier"), None)
                    if name is not None:
                        names.append(self.b.text(name))
                    found = self.visit_all(c for c in parameter.named_children if c.type in TYPES)
                    if name is not None and found and found[0] is not None:
                        bounds.append((names[-1], found[0], name.start_point[0]))
            elif child.type == "type_constraints":
                for constraint in child.named_children:
                    found = self.visit_all(c for c in constraint.named_children if c.type in TYPES)
                    name = next((c for c in constraint.named_children if c.type == "identifier"), None)
                    if name is not None and found and found[0] is not None:
                        bounds.append((self.b.text(name), found[0], name.start_point[0]))
        self.bounds = tuple(bounds)
        return names

    def type_declaration(self, node: Node) -> Expr:
        """A class, interface, enumeration or object; it is made by calling it."""
        b = self.b
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        spelled, row = b.text(name).strip("`"), name.start_point[0]
        is_interface = any(child.type == "interface" for child in node.children)
        parameters = self._type_parameters(node)
        bounds = self.bounds
        modifiers = next((b.text(child).split() for child in node.named_children if child.type == "modifiers"), [])
        kind = "interface" if is_interface else "object" if node.type == "object_declaration" else "class"
        kind = "record" if "data" in modifiers and kind == "class" else kind
        position = b.add_class(spelled, row, (), kind, parameters, **b.here())
        if kind in {"class", "record"}:
            self.bind_again(f"{spelled}()", position)
        for child in node.named_children:
            if child.type == "modifiers":
                self.inside(child)
        self.in_class(position, node, partial(self._class, node, position, bounds))
        return ("k", position)

    def _class(self, node: Node, position: int, bounds: tuple[tuple[str, Expr, int], ...]) -> Expr:
        b = self.b
        self._bind_bounds(bounds)
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

    def _bind_callable(self, name: Node, type_: Expr) -> None:
        """What holds a function hides the functions of its name."""
        if isinstance(type_, tuple) and type_[0] == "l" and type_[1] in {"Function", "Receiver"}:
            self.b.bind_parameter(f"{self.b.text(name)}()", None, type_, name.start_point[0])

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
        self.in_class(position, node, partial(self._class, node, position, ()))
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
