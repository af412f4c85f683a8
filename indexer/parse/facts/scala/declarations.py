"""Facts of Scala's declarations: packages, imports, types, functions and values, and the names that patterns bind."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.blocks import strip_arguments
from noctule.indexer.parse.facts.model import CONSTRUCTOR, FUNCTION, IS_PROPERTY, Binding, Expr
from noctule.indexer.parse.facts.scala.patterns import TYPES, ScalaPatterns

if TYPE_CHECKING:
    from tree_sitter import Node


APPLY = "object apply"
"""The name that `apply` of an object is bound as, too: the one that `Name(a)` calls."""


class ScalaDeclarations(ScalaPatterns):
    """The part of the walk over a Scala tree that declares."""

    def package(self, node: Node) -> Expr:
        """`package a.b`."""
        b = self.b
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is not None:
            spelled = "".join(b.text(name).split())
            b.package = f"{b.package}.{spelled}" if b.package else spelled
        if body is not None:
            self.inside(body)
        return None

    def import_(self, node: Node) -> Expr:
        """`import a.b.{C => D, _}`."""
        b = self.b
        row = node.start_point[0]
        path = [b.text(c) for c in node.children_by_field_name("path") if c.is_named]
        selectors = next((c for c in node.named_children if c.type == "namespace_selectors"), None)
        if any(c.type == "namespace_wildcard" for c in node.named_children):
            b.add_import(".".join(path), "*", row)
        elif selectors is None:
            if len(path) > 1:
                self._take(".".join(path[:-1]), path[-1], path[-1], row)
        else:
            module = ".".join(path)
            for child in selectors.named_children:
                if child.type == "identifier":
                    self._take(module, b.text(child), b.text(child), child.start_point[0])
                elif child.type == "namespace_wildcard":
                    b.add_import(module, "*", row)
                else:
                    name, alias = child.child_by_field_name("name"), child.child_by_field_name("alias")
                    if name is not None and alias is not None and alias.type == "identifier":
                        self._take(module, b.text(name), b.text(alias), child.start_point[0])
        return None

    def _take(self, module: str, name: str, alias: str, row: int) -> None:
        self.b.add_import(module, name, row)
        self.b.bind_import(alias, module, name, row)

    # Types

    def _type_parameters(self, node: Node) -> list[str]:
        names = []
        for child in node.named_children:
            if child.type == "type_parameters":
                names += [self.b.text(n) for n in child.children_by_field_name("name")]
                for part in child.named_children:
                    if part.type not in {"identifier", "wildcard"}:
                        self.inside(part)
        return names

    def type_declaration(self, node: Node) -> Expr:
        """A class, object, trait or enumeration."""
        b = self.b
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        kind = "record" if any(child.type == "case" for child in node.children) else node.type.partition("_")[0]
        kind = "object" if node.type == "object_definition" else kind
        generic = self._type_parameters(node)
        position = b.add_class(b.text(name), name.start_point[0], (), kind, generic, **b.here())
        self.bind_again(f"{b.text(name)}()", position)
        self.in_class(position, node, partial(self._class, node, position))
        return ("k", position)

    def _class(self, node: Node, position: int) -> Expr:
        b = self.b
        for child in node.named_children:
            if child.type == "class_parameters":
                for parameter in child.named_children:
                    name = parameter.child_by_field_name("name")
                    type_ = self.visit(parameter.child_by_field_name("type"))
                    self.visit(parameter.child_by_field_name("default_value"))
                    if name is not None:
                        self._bind(b.text(name), None, type_, name.start_point[0])
            elif child.type == "extends_clause":
                bases = []
                for part in child.named_children:
                    found = self.visit(part)
                    if part.type in TYPES and found is not None:
                        bases.append(found)
                        b.use_member(found, CONSTRUCTOR, part.start_point[0])
                b.classes[position] = b.classes[position]._replace(bases=tuple(bases))
        body = node.child_by_field_name("body")
        if body is not None:
            self.inside(body)
        return None

    def self_type(self, node: Node) -> Expr:
        """`self: Type =>`: the object has the members of that type too."""
        for child in node.named_children:
            if child.type in TYPES:
                self.visit(child)
        return None

    def enum_case(self, node: Node) -> Expr:
        """A case is an object of its enumeration."""
        b = self.b
        name = node.child_by_field_name("name")
        class_ = b.scopes[b.scope].class_
        if name is not None:
            made: Expr = ("I", ("k", class_)) if class_ >= 0 else None
            b.bind(b.text(name), made, None, name.start_point[0])
        return None

    def alias(self, node: Node) -> Expr:
        """`type A = T`."""
        name = node.child_by_field_name("name")
        value = self.visit(node.child_by_field_name("type"))
        if name is not None:
            self.declare(self.b.text(name), value, None, name.start_point[0])
        return None

    # Functions and values

    def _bind(self, name: str, value: Expr, type_: Expr, row: int) -> None:
        self.declare(name, value, type_, row)
        if self.b.scopes[self.b.scope].class_ >= 0:
            self.declare(f"{name}()", value, type_, row, spelled=name)

    def function(self, node: Node, owner: Expr = None) -> Expr:
        """A function; one without parameter lists is what it gives."""
        b = self.b
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        spelled, row = b.text(name).strip("`"), name.start_point[0]
        lists = [c for c in node.named_children if c.type == "parameters"]
        flags = 0 if lists else IS_PROPERTY
        scope = b.scopes[b.scope]
        position = b.add_function(spelled, row, scope.class_, flags, bound=False)
        found = Binding(FUNCTION, position, None, row, b.end, b.functions[position].definition, False)
        if owner is not None:
            b.members.append((("@", owner, b.scope), spelled, found))
        else:
            for bound in (spelled, f"{spelled}()"):
                scope.names.setdefault(bound, []).append(found)
        if spelled == "apply" and scope.class_ >= 0 and b.classes[scope.class_].kind == "object":
            scope.names.setdefault(APPLY, []).append(found)
        self.in_function(position, node, partial(self._function, node, position, lists, flags))
        return None

    def _function(self, node: Node, position: int, lists: list[Node], flags: int) -> Expr:
        b = self.b
        b.functions[position] = b.functions[position]._replace(generic=tuple(self._type_parameters(node)))
        names: list[str] = []
        for listed in lists:
            names += self.parameters(listed)
        returns = self.visit(node.child_by_field_name("return_type"))
        value = self.visit(node.child_by_field_name("body"))
        b.set_function(position, returns, [] if value is None else [value], flags, names)
        return None

    def parameters(self, node: Node, context: Expr = None) -> list[str]:
        """Bind parameters; return their names."""
        b = self.b
        names: list[str] = []
        for child in node.named_children:
            if child.type == "identifier":
                name, type_ = child, None
            else:
                found = child.child_by_field_name("name")
                if found is None:
                    continue
                name, type_ = found, self.visit(child.child_by_field_name("type"))
                self.visit(child.child_by_field_name("default_value"))
            passed = self.pass_argument(context, len(names)) if type_ is None else None
            names.append(b.text(name))
            b.bind_parameter(names[-1], passed, type_, name.start_point[0])
        return names

    def extension(self, node: Node) -> Expr:
        """`extension (name: Type) def ...`."""
        b = self.b
        listed, body = node.child_by_field_name("parameters"), node.child_by_field_name("body")
        first = listed.named_children[0] if listed is not None and listed.named_child_count else None
        position = b.add_function("", node.start_point[0], -1, 0, bound=False)
        owner = strip_arguments(self.visit(first.child_by_field_name("type"))) if first is not None else None

        def act() -> Expr:
            if listed is not None:
                self.parameters(listed)
            for child in [body] if body is not None and body.type == "function_definition" else []:
                self.function(child, owner if isinstance(owner, str) else None)
            if body is not None and body.type != "function_definition":
                for child in body.named_children:
                    if child.type == "function_definition":
                        self.function(child, owner if isinstance(owner, str) else None)
                    else:
                        self.visit(child)
            return None

        self.in_function(position, node, act)
        return None

    def variable(self, node: Node) -> Expr:
        """`val name: Type = value`."""
        type_ = self.visit(node.child_by_field_name("type"))
        value = self.visit(node.child_by_field_name("value"))
        for pattern in (*node.children_by_field_name("pattern"), *node.children_by_field_name("name")):
            if pattern.type == "identifier":
                self._bind(self.b.text(pattern).strip("`"), value, type_, pattern.start_point[0])
            elif pattern.type == "identifiers":
                for name in pattern.named_children:
                    self._bind(self.b.text(name), value, type_, name.start_point[0])
            else:
                self.match_pattern(pattern, value)
        return None

    def lambda_(self, node: Node, context: Expr = None) -> Expr:
        """`(a, b) => value`."""
        b = self.b
        position = b.add_function("", node.start_point[0], -1, 0, bound=False)
        listed = node.child_by_field_name("parameters")

        def act() -> Expr:
            names: list[str] = []
            if listed is not None and listed.type == "identifier":
                names.append(b.text(listed))
                b.bind_parameter(names[0], self.pass_argument(context, 0), None, listed.start_point[0])
            elif listed is not None:
                names = self.parameters(listed, context)
            value: Expr = None
            for child in node.named_children:
                if child != listed:
                    value = self.visit(child)
            b.set_function(position, None, [] if value is None else [value], 0, names)
            return None

        self.in_function(position, node, act)
        return ("d", position)
