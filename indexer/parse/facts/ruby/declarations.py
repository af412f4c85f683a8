"""Facts of Ruby's declarations: modules and classes, methods of objects and of classes, and blocks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.blocks import BlockWalk
from noctule.indexer.parse.facts.model import CLASS, FUNCTION, Binding, Expr

if TYPE_CHECKING:
    from tree_sitter import Node


class RubyDeclarations(BlockWalk):
    """The part of the walk over a Ruby tree that declares."""

    spaces: tuple[str, ...] = ()
    """The full names of the modules and classes around, the innermost last."""

    is_static = False
    """Whether `self` is a class."""

    shares_methods = False
    """Whether the methods of the module around are its own as well."""

    named = ""

    values: list[Expr] | None = None

    def type_declaration(self, node: Node) -> Expr:
        """A module or class, or more of one."""
        b = self.b
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None:
            return self.inside(node)
        spelled = "".join(b.text(name).split())
        last = spelled.rpartition("::")[2]
        around = self.spaces[-1] if self.spaces else ""
        full = spelled.removeprefix("::") if spelled.startswith("::") or not around else f"{around}::{spelled}"
        row = name.start_point[0]
        above = node.child_by_field_name("superclass")
        base = self.last_child(above) if above is not None else None
        position = b.add_class(last, row, () if base is None else (base,), node.type, bound=False)
        found = Binding(CLASS, position, None, row, b.end, b.classes[position].definition, False)
        owner, _, _ = full.rpartition("::")
        b.members.append((("#", owner), last, found))
        text = b.source[node.start_byte : node.end_byte]
        before = (self.spaces, self.is_static, self.shares_methods)
        self.spaces, self.is_static = (*self.spaces, full), True
        self.shares_methods = node.type == "module" and (b"module_function" in text or b"extend self" in text)
        if body is not None:
            self.in_class(position, node, partial(self.inside, body))
        self.spaces, self.is_static, self.shares_methods = before
        return None

    def singleton_class(self, node: Node) -> Expr:
        """`class << self`: its methods are the class's own."""
        before, self.singleton = self.singleton, True
        self.inside(node)
        self.singleton = before
        return None

    singleton = False

    def method(self, node: Node) -> Expr:
        """A method of objects, or of the class itself."""
        b = self.b
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        spelled, row = b.text(name), name.start_point[0]
        scope = b.scopes[b.scope]
        is_own = node.type == "singleton_method" or self.singleton
        position = b.add_function(spelled, row, scope.class_, 0, bound=False)
        found = Binding(FUNCTION, position, None, row, b.end, b.functions[position].definition, False)
        bound = [f"self {spelled}()"] if is_own else [f"{spelled}()"]
        if self.shares_methods and not is_own:
            bound.append(f"self {spelled}()")
        for each in bound:
            scope.names.setdefault(each, []).append(found)
        before = (self.is_static, self.named, self.values, self.singleton)
        self.is_static, self.named, self.values, self.singleton = is_own, spelled, [], False
        self.in_function(position, node, partial(self._method, node, position))
        self.is_static, self.named, self.values, self.singleton = before
        return None

    def _method(self, node: Node, position: int) -> Expr:
        names = self._parameters(node.child_by_field_name("parameters"), None)
        value = self.visit(node.child_by_field_name("body"))
        values = [v for v in (*(self.values or ()), value) if v is not None]
        self.b.set_function(position, None, values, 0, names)
        return None

    def _parameters(self, node: Node | None, context: Expr) -> list[str]:
        b = self.b
        names: list[str] = []
        for child in node.named_children if node is not None else ():
            if child.type == "destructured_parameter":
                self._parameters(child, None)
                names.append("")
                continue
            name = child if child.type == "identifier" else child.child_by_field_name("name")
            if name is None:
                continue
            default = self.visit(child.child_by_field_name("value")) if child != name else None
            value = self.pass_argument(context, len(names)) if default is None else default
            names.append(b.text(name))
            b.bind_parameter(names[-1], value, None, name.start_point[0])
        return names

    def block(self, node: Node, context: Expr = None) -> Expr:
        """`{ |a| ... }`, `do |a| ... end`, `->(a) { ... }`."""
        b = self.b
        position = b.add_function("", node.start_point[0], -1, 0, bound=False)
        before, self.values = self.values, None

        def act() -> Expr:
            names = self._parameters(node.child_by_field_name("parameters"), context)
            value = self.visit(node.child_by_field_name("body"))
            b.set_function(position, None, [] if value is None else [value], 0, names)
            return None

        self.in_function(position, node, act)
        self.values = before
        return ("d", position)

    def return_(self, node: Node) -> Expr:
        """What a method returns."""
        value = self.last_child(node)
        if self.values is not None and value is not None:
            self.values.append(value)
        return None

    def _accessor(self, name: str, class_: int, row: int) -> None:
        b = self.b
        position = b.add_function("", row, class_, 0, bound=False)
        b.close(b.enter_function(position))
        b.set_function(position, None, [("a", ("s",), f"@{name}")], 0, [])
        found = Binding(FUNCTION, position, None, row, b.end, b.find_definition(name, row), False)
        bound = f"self {name}()" if self.singleton else f"{name}()"
        b.scopes[b.scope].names.setdefault(bound, []).append(found)
