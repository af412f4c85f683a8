"""Facts of PHP's declarations: types with traits, members, functions and what comments say of them."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.builder import Builder
from noctule.indexer.parse.facts.model import CLASS, FUNCTION, IS_GENERATOR, IS_STATIC, Binding, Expr
from noctule.indexer.parse.facts.php.names import NAMES
from noctule.indexer.parse.facts.php.variables import PhpVariables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tree_sitter import Language as Grammar
    from tree_sitter import Node

_VAGUE = frozenset({"array", "iterable", "object", "mixed", "self", "callable"})
_SEQUENCES = frozenset({"Generator", "Iterator", "Traversable", "iterable"})
"""What a generator may say that it gives."""


class PhpDeclarations(PhpVariables):
    """The part of the walk over a PHP tree that declares."""

    def type_declaration(self, node: Node) -> Expr:
        """A class, interface, trait or enumeration."""
        b = self.b
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        spelled, row = b.text(name), name.start_point[0]
        position = b.add_class(spelled, row, (), node.type.partition("_")[0], bound=False)
        found = Binding(CLASS, position, None, row, b.end, b.classes[position].definition, False)
        b.scopes[0].names.setdefault(f"{self.space}\\{spelled}", []).append(found)
        self._class(node, position)
        return None

    def _class(self, node: Node, position: int) -> None:
        b = self.b
        bases: list[Expr] = []
        for child in node.named_children:
            if child.type in {"base_clause", "class_interface_clause"}:
                bases += [self.type_name(c) for c in child.named_children if c.type in NAMES]
            elif child.type == "attribute_list":
                self.inside(child)
        before, self.traits = self.traits, ()
        body = next((c for c in node.named_children if c.type in {"declaration_list", "enum_declaration_list"}), None)
        if body is not None:
            self.in_class(position, node, partial(self.inside, body))
        b.classes[position] = b.classes[position]._replace(bases=(*self.traits, *bases))
        self.traits = before

    traits: tuple[Expr, ...] = ()

    def use_traits(self, node: Node) -> Expr:
        """`use Trait;` in a class: its members are the class's."""
        for child in node.named_children:
            if child.type in NAMES:
                self.traits = (*self.traits, self.type_name(child))
            elif child.type == "use_list":
                for clause in child.named_children:
                    for part in clause.named_children:
                        if part.type == "class_constant_access_expression" and part.named_child_count > 1:
                            type_ = self.type_name(part.named_children[0])
                            last = part.named_children[1]
                            self.b.use_member(type_, f"{self.b.text(last)}()", last.start_point[0])
        return None

    def enum_case(self, node: Node) -> Expr:
        """A case is an object of its enumeration."""
        b = self.b
        name = node.child_by_field_name("name")
        if name is not None:
            b.bind(b.text(name), ("I", ("k", b.scopes[b.scope].class_)), None, name.start_point[0])
        self.visit(node.child_by_field_name("value"))
        return None

    def constants_(self, node: Node) -> Expr:
        """`const A = value;` of a class or a namespace."""
        b = self.b
        is_member = b.scopes[b.scope].class_ >= 0
        for child in node.named_children:
            if child.type != "const_element" or not child.named_child_count:
                continue
            name = child.named_children[0]
            value = self.visit(child.named_children[-1]) if child.named_child_count > 1 else None
            spelled = b.text(name)
            bound = spelled if is_member else f"{self.space}\\const {spelled}"
            b.bind(bound, value, None, name.start_point[0], spelled=spelled)
        return None

    def properties(self, node: Node) -> Expr:
        """`private Type $name = value;`"""
        b = self.b
        type_ = _precise(self.type_(node.child_by_field_name("type")), self.doc_types(node).get("var"))
        for child in node.named_children:
            name = child.child_by_field_name("name") if child.type == "property_element" else None
            if name is not None:
                value = self.visit(child.child_by_field_name("default_value"))
                spelled = b.text(name)
                b.bind(spelled, value, type_, name.start_point[0], spelled=spelled.lstrip("$"))
            elif child.type == "attribute_list":
                self.inside(child)
        return None

    def method(self, node: Node) -> Expr:
        """A method."""
        return self._function(node, is_method=True)

    def function(self, node: Node) -> Expr:
        """A function."""
        return self._function(node, is_method=False)

    def _function(self, node: Node, *, is_method: bool) -> Expr:
        b = self.b
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        spelled, row = b.text(name), name.start_point[0]
        class_ = b.scopes[b.scope].class_ if is_method else -1
        flags = IS_STATIC if any(c.type == "static_modifier" for c in node.named_children) else 0
        position = b.add_function(spelled, row, class_, flags, bound=False)
        found = Binding(FUNCTION, position, None, row, b.end, b.functions[position].definition, False)
        bound = f"{spelled}()" if is_method else f"{self.space}\\{spelled}()"
        b.scopes[b.scope if is_method else 0].names.setdefault(bound, []).append(found)
        self.in_function(position, node, partial(self._body, node, position, flags, self.doc_types(node)))
        return None

    values: list[Expr] | None = None

    def __init__(self, builder: Builder, grammar: Grammar) -> None:
        super().__init__(builder, grammar)
        self.yields: list[Expr] = []

    def _body(self, node: Node, position: int, flags: int, doc: dict[str, Expr]) -> Expr:
        b = self.b
        names = self._parameters(node.child_by_field_name("parameters"), doc)
        written = node.child_by_field_name("return_type")
        returns = self._result_type(written)
        if returns is None or (
            isinstance(returns, tuple) and returns[0] == "l" and returns[1] in {"array", "iterable"}
        ):
            returns = doc.get("return") or returns
        if written is not None and b.text(written).strip("?\\") in _SEQUENCES:
            returns = doc.get("return")  # what it gives one after the other stands in its statements
        before, self.values = self.values, []
        yields, self.yields = self.yields, []
        closure = self.inside_closure
        if node.type != "arrow_function":
            self.inside_closure = (b.scope, frozenset()) if node.type.startswith("anonymous_function") else None
        for child in node.named_children:
            if child.type == "anonymous_function_use_clause":
                self.inside_closure = (b.scope, frozenset(b.text(c).lstrip("&") for c in child.named_children))
            if child.type in {"attribute_list", "anonymous_function_use_clause"}:
                self.inside(child)
        body = node.child_by_field_name("body")
        if body is not None and body.type == "compound_statement":
            self.inside(body)
        elif body is not None:
            self.values.append(self.visit(body))
        values = [v for v in self.values if v is not None]
        if self.yields:
            values, flags = [v for v in self.yields if v is not None], flags | IS_GENERATOR
        self.values, self.yields, self.inside_closure = before, yields, closure
        b.set_function(position, returns, values, flags, names)
        return None

    def _result_type(self, node: Node | None) -> Expr:
        """Return a declared result; `static` is the object that a method was called on."""
        if node is not None and self.b.text(node).lstrip("?") == "static":
            return ("l", "Self", ())
        return self.type_(node)

    def _parameters(self, node: Node | None, doc: dict[str, Expr]) -> list[str]:
        b = self.b
        names: list[str] = []
        passed, self.passed = self.passed, MappingProxyType({})
        for child in node.named_children if node is not None else ():
            name = child.child_by_field_name("name")
            if name is None:
                continue
            spelled, row = b.text(name).lstrip("&."), name.start_point[0]
            type_ = _precise(self.type_(child.child_by_field_name("type")), doc.get(spelled))
            if child.type == "variadic_parameter":
                type_ = ("l", "Array", (("I", type_),))
            default = self.visit(child.child_by_field_name("default_value")) or passed.get(len(names))
            names.append(spelled)
            b.bind_parameter(spelled, default, type_, row)
            if child.type == "property_promotion_parameter":
                b.bind(spelled, None, type_, row, scope=b.scopes[b.scope].parent, spelled=spelled.lstrip("$"))
        return names

    passed: Mapping[int, Expr] = MappingProxyType({})
    """What the closure that is read next gets, by the position of its parameters."""

    def closure(self, node: Node) -> Expr:
        """`function ($a) use ($b) { }`, `fn ($a) => value`."""
        position = self.b.add_function("", node.start_point[0], -1, 0, bound=False)
        self.in_function(position, node, partial(self._body, node, position, 0, {}))
        return ("d", position)

    def return_(self, node: Node) -> Expr:
        """What a function returns."""
        value = self.last_child(node)
        if self.values is not None:
            self.values.append(_late(value))
        return None

    def yield_(self, node: Node) -> Expr:
        """`yield value`, `yield key => value`, `yield from values`: what a generator gives, one after the other."""
        listed = node.named_children[-1] if node.named_child_count else None
        is_whole = listed is not None and listed.type != "array_element_initializer"
        value = self.last_child(node) if is_whole or listed is None else self.last_child(listed)
        self.yields.append(("e", value) if is_whole and value is not None else _late(value))
        return None


def _late(value: Expr) -> Expr:
    """Return a value; `new static` is the object that a method was called on."""
    is_late = isinstance(value, tuple) and value[0] == "n" and len(value) > 2
    return ("l", "Self", ()) if is_late else value


def _precise(declared: Expr, said: Expr) -> Expr:
    """Return a declared type, or what a comment says where that is more."""
    is_vague = isinstance(declared, tuple) and declared[0] == "l" and declared[1] in _VAGUE
    return (said or declared) if declared is None or is_vague else declared
