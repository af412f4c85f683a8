"""Expressions of C and C++: names, members, calls, casts and literals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.c.declarators import CDeclarators
from noctule.indexer.parse.facts.model import Expr

if TYPE_CHECKING:
    from tree_sitter import Node


_OF_POINTERS = frozenset({"get", "reset", "release", "swap", "use_count"})
"""Members of smart pointers themselves: a pointer to such a pointer may be meant."""
_MAKERS = frozenset({"make_unique", "make_shared"})
_MAY_NAME_A_TYPE = frozenset(
    {"identifier", "qualified_identifier", "template_function", "template_type", "template_method"}
)

_GET = re.compile(r"<\s*(\d)\s*>$")
_CASTS = frozenset({"static_cast", "dynamic_cast", "const_cast", "reinterpret_cast"})


class CExpressions(CDeclarators):
    """The part of the walk that reads values."""

    visits: ClassVar = {
        "identifier": "identifier",
        "type_identifier": "identifier",
        "namespace_identifier": "identifier",
        "qualified_identifier": "scope_name",
        "template_type": "template_use",
        "template_function": "template_use",
        "template_method": "template_use",
        "field_expression": "field",
        "call_expression": "call",
        "new_expression": "new",
        "cast_expression": "cast",
        "compound_literal_expression": "compound",
        "pointer_expression": "pointer",
        "parenthesized_expression": "only_child",
        "subscript_expression": "subscript",
        "conditional_expression": "conditional",
        "assignment_expression": "assignment",
        "this": "this",
        "string_literal": "nothing",
        "sized_type_specifier": "nothing",
        "field_initializer": "field_initializer",
    }

    def scope_name(self, node: Node) -> Expr:
        """`scope::name`."""
        scope, name = node.child_by_field_name("scope"), node.child_by_field_name("name")
        if name is None:
            return None
        if scope is None:  # `::name` is what no namespace declares: mostly the system
            return None if name.type == "identifier" else self.visit(name)
        receiver = self._scope(scope)
        while name is not None and name.type == "qualified_identifier":
            inner = name.child_by_field_name("scope")
            if inner is not None:
                receiver = self._member(receiver, inner)
            name = name.child_by_field_name("name")
        return None if name is None else self._member(receiver, name)

    def _scope(self, node: Node) -> Expr:
        """A name before `::`: of a namespace or a type, whatever else may have that name."""
        if node.type not in {"namespace_identifier", "type_identifier", "identifier"}:
            return self.visit(node)
        name = f"{self.b.text(node)}::"
        self.b.use(name, node.start_point[0])
        return name

    def _member(self, receiver: Expr, node: Node) -> Expr:
        last = node.child_by_field_name("name") or node
        name = self.b.text(last)
        self.b.use_member(receiver, name, last.start_point[0])
        arguments = node.child_by_field_name("arguments")
        given = tuple(self.visit_all(arguments.named_children)) if arguments is not None else ()
        member = self.member(receiver, name)
        return ("i", member, given) if given and member is not None else member

    def template_use(self, node: Node) -> Expr:
        """`name<arguments>`."""
        base = self.visit(node.child_by_field_name("name"))
        arguments = node.child_by_field_name("arguments")
        given = self.visit_all(arguments.named_children) if arguments is not None else []
        return None if base is None else ("i", base, tuple(given))

    def field(self, node: Node) -> Expr:
        """`value.name`, `value->name`."""
        receiver = self.visit(node.child_by_field_name("argument"))
        name = node.child_by_field_name("field")
        if name is None:
            return None
        spelled = self.b.text(name)
        operator = node.child_by_field_name("operator")
        if operator is not None and operator.type == "->" and spelled not in _OF_POINTERS:
            receiver = self._point(receiver)
        if name.type in {"template_method", "dependent_name"}:
            return self._member(receiver, name)
        self.b.use_member(receiver, spelled, name.start_point[0])
        return self.member(receiver, spelled)

    def call(self, node: Node) -> Expr:
        """A call."""
        function = node.child_by_field_name("function")
        called = self.visit(function)
        listed = node.child_by_field_name("arguments")
        values = self.visit_all(listed.named_children) if listed is not None and self.b.language == "cpp" else []
        if not values:
            self.visit(listed)
        if called is None or function is None:
            return None
        if function.type in _MAY_NAME_A_TYPE:
            if isinstance(called, tuple) and called[0] == "i" and called[1] in _CASTS and called[2]:
                return None if called[2][0] is None else ("I", called[2][0])
            self.construct(self._made_type(called), function)
        given = self._call_standard(called, values, function)
        return self.make_call(called, values) if given is None else given

    def _call_standard(self, called: Expr, values: list[Expr], function: Node) -> Expr:
        """Return what a function of the standard library gives that passes on what it is given."""
        whole = called[1] if isinstance(called, tuple) and called[0] == "i" else called
        if not values or not isinstance(whole, tuple) or whole[:2] != ("a", "std::"):
            return None
        if whole[2] in {"move", "forward", "ref", "cref", "as_const"}:
            return values[0]
        if whole[2] in {"make_pair", "make_tuple"} and len(values) > 1:
            return ("T", tuple(values[:6]))
        position = _GET.search(self.b.text(function)) if whole[2] == "get" else None
        return ("t", values[0], int(position[1])) if position is not None and values[0] is not None else None

    def _made_type(self, called: Expr) -> Expr:
        """Return the type of which a call makes an object: a type itself, or what `make_unique<Type>` is given."""
        if isinstance(called, tuple) and called[0] == "i" and called[2]:
            base = called[1][2] if isinstance(called[1], tuple) and called[1][0] == "a" else called[1]
            if base in _MAKERS:
                return called[2][0]
        return called

    def new(self, node: Node) -> Expr:
        """`new Type(...)`."""
        type_ = self.visit(node.child_by_field_name("type"))
        self.visit(node.child_by_field_name("arguments"))
        self.construct(type_, node.child_by_field_name("type") or node)
        return None if type_ is None else ("n", type_)

    def cast(self, node: Node) -> Expr:
        """`(Type) value`."""
        type_ = self.visit(node.child_by_field_name("type"))
        self.visit(node.child_by_field_name("value"))
        return None if type_ is None else ("I", type_)

    def compound(self, node: Node) -> Expr:
        """`(Type){...}`."""
        type_ = self.visit(node.child_by_field_name("type"))
        value = node.child_by_field_name("value")
        if value is not None:
            self._initializers(value, type_)
        self.construct(type_, node.child_by_field_name("type") or node)
        return None if type_ is None else ("I", type_)

    def pointer(self, node: Node) -> Expr:
        """`*value`, `&value`: a plain pointer and what it points to are one here."""
        value = self.only_child(node)
        operator = node.child_by_field_name("operator")
        return self._point(value) if operator is not None and operator.type == "*" else value

    def _point(self, value: Expr) -> Expr:
        """Return what a pointer points to, where it may be an object itself."""
        return value if value is None or value == ("s",) or self.b.language != "cpp" else ("->", value)

    def subscript(self, node: Node) -> Expr:
        """`value[index]`: an element, or what a pointer points to."""
        base = self.visit(node.child_by_field_name("argument"))
        self.visit(node.child_by_field_name("indices") or node.child_by_field_name("index"))
        return None if base is None else ("x", base)

    def conditional(self, node: Node) -> Expr:
        """One of two values."""
        self.visit(node.child_by_field_name("condition"))
        values = [self.visit(node.child_by_field_name(f)) for f in ("consequence", "alternative")]
        known = [v for v in values if v is not None]
        return None if not known else known[0] if len(known) == 1 else ("o", *known)

    def assignment(self, node: Node) -> Expr:
        """`name = value`."""
        left = self.visit(node.child_by_field_name("left"))
        self.visit(node.child_by_field_name("right"))
        return left

    def field_initializer(self, node: Node) -> Expr:
        """A field that a constructor sets."""
        for child in node.named_children:
            if child.type == "field_identifier":
                self.b.use(self.b.text(child), child.start_point[0])
                self.construct(self.b.text(child), child)
            else:
                found = self.visit(child)
                if child.type in _MAY_NAME_A_TYPE:
                    self.construct(found, child)
        return None
