"""Expressions of JavaScript: calls, new objects, casts, operators, literals, and elements of JSX."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.builder import unite, wrap
from noctule.indexer.parse.facts.javascript.frameworks import (
    MODULES,
    RUNNER,
    call_framework,
    call_language,
    call_runner,
    expect_of_macro,
)
from noctule.indexer.parse.facts.javascript.modules import JavaScriptModules
from noctule.indexer.parse.facts.model import ELEMENTS, Expr

if TYPE_CHECKING:
    from tree_sitter import Node


class JavaScriptExpressions(JavaScriptModules):
    """The part of the walk that reads values."""

    visits: ClassVar = {
        "call_expression": "call",
        "new_expression": "new",
        "await_expression": "await_",
        "as_expression": "cast",
        "satisfies_expression": "satisfies",
        "non_null_expression": "only_child",
        "spread_element": "only_child",
        "type_assertion": "assertion",
        "parenthesized_expression": "only_child",
        "ternary_expression": "ternary",
        "binary_expression": "binary",
        "array": "array",
        "template_string": "interpolation",
        "string": "string",
        "number": "number",
        "jsx_opening_element": "jsx_element",
        "jsx_self_closing_element": "jsx_element",
    }

    def call(self, node: Node) -> Expr:
        """A call; what is written into it may be told by the parameters."""
        function = node.child_by_field_name("function")
        module = self._require_call(node)
        if module is not None:
            whole = self._require(module, node.start_point[0])
            return ("l", "Promise", (whole,)) if function is not None and function.type == "import" else whole
        awaits = function is not None and function.type == "await_expression"  # so the grammar has `await f<T>()`
        called = self.only_child(function) if awaits and function is not None else self.visit(function)
        runner = self._runner_name(called)
        values = self._arguments(node, called, by_macro=runner == "test")
        types = node.child_by_field_name("type_arguments")
        listed = self.visit_all(types.named_children) if types is not None else []
        framework = self._framework_name(called)
        if runner:
            given = call_runner(runner, values, listed)
        else:
            given = call_framework(framework, values, listed) if framework else call_language(called, values)
        found = self.make_call(called, values, listed) if given is None else given
        if framework and given is not None:  # which may be this repository itself
            found = unite([self.make_call(called, values, listed), given])
        return wrap("y", found) if awaits else found

    def _arguments(self, node: Node, called: Expr, *, by_macro: bool = False) -> list[Expr]:
        """Visit what is passed to a function or to the constructor of a class, which say what is expected."""
        arguments = node.child_by_field_name("arguments")
        given = [c for c in arguments.named_children if c.type != "comment"] if arguments is not None else []
        values: list[Expr] = []
        for position, child in enumerate(given):
            told = (self.b.text(given[0])[1:-1],) if position and given[0].type == "string" else ()
            expected = None if called is None else ("p", called, position, *told)
            values.append(self.visit_argument(child, expect_of_macro(values) if by_macro else expected))
        return values

    def _framework_name(self, called: Expr) -> str:
        """Return the name that a framework knows a function by; empty for all others."""
        is_member = isinstance(called, tuple) and called[0] == "a"
        imported = self.find_import(called[1] if is_member else called)
        if imported is None or imported.value not in MODULES:
            return ""
        taken = imported.type
        return str(called[2]) if is_member and taken in {None, "default"} else "" if is_member else taken or ""

    def _runner_name(self, called: Expr) -> str:
        """Return what a test runner knows a function by: `test` with all its kinds, or what it has for assertions."""
        name = called[2] if isinstance(called, tuple) and called[0] == "a" else ""
        if not any(imported.module == RUNNER for imported in self.b.imports):
            return ""
        if name in {"throws", "throwsAsync", "macro"}:
            return str(name)
        while isinstance(called, tuple) and called[0] == "a":
            called = called[1]
        imported = self.find_import(called)
        return "test" if imported is not None and imported.value == RUNNER else ""

    def new(self, node: Node) -> Expr:
        """A new object."""
        made = self.visit(node.child_by_field_name("constructor"))
        values = self._arguments(node, made)
        types = node.child_by_field_name("type_arguments")
        given = self.visit_all(types.named_children) if types is not None else []
        if made is None:
            return None
        return ("n", ("i", made, tuple(given))) if given else self.make_object(made, values)

    def cast(self, node: Node) -> Expr:
        """`value as Type`."""
        children = node.named_children
        if len(children) < 2:  # as const
            return self.constant(children[0]) if children else None
        type_ = self.visit(children[1])
        self._value(children[0], type_)
        return ("I", type_) if type_ is not None else None

    def satisfies(self, node: Node) -> Expr:
        """`value satisfies Type`."""
        children = node.named_children
        if len(children) < 2:
            return self.inside(node)
        return self._value(children[0], self.visit(children[1]))

    def assertion(self, node: Node) -> Expr:
        """`<Type>value`."""
        types = self.visit_all(node.named_children)
        return ("I", types[0]) if types and types[0] is not None else None

    def ternary(self, node: Node) -> Expr:
        """One of two values."""
        self.visit(node.child_by_field_name("condition"))
        condition = node.child_by_field_name("condition")
        first = self.visit_where(node.child_by_field_name("consequence"), self.tell_of(condition))
        other = self.visit_where(node.child_by_field_name("alternative"), self.tell_of(condition, holds=False))
        return unite([first, other])

    def binary(self, node: Node) -> Expr:
        """Two values joined; `||` and `??` give one of them, `&&` the second."""
        operator = node.child_by_field_name("operator")
        left = node.child_by_field_name("left")
        sign = operator.type if operator is not None else ""
        first = self.visit(left)
        told = self.tell_of(left, holds=sign == "&&") if sign in {"&&", "||"} else {}
        second = self.visit_where(node.child_by_field_name("right"), told)
        if sign in {"||", "??"}:
            return unite([first, second])
        return second if sign == "&&" else None

    def array(self, node: Node) -> Expr:
        """An array with its first elements."""
        return self.visit_argument(node, None)

    def number(self, _node: Node) -> Expr:
        """A number."""
        return ("l", "number", ())

    def jsx_element(self, node: Node) -> Expr:
        """An element; its attributes are what the function of that name takes, or its class."""
        name = node.child_by_field_name("name")
        taken: Expr = None
        if name is not None and name.type == "identifier" and self.b.text(name)[:1].islower():
            tag, row = self.b.text(name), name.start_point[0]
            self.b.use_member(("I", ELEMENTS), tag, row)
            taken = ("a", ("I", ELEMENTS), tag)
        elif name is not None:
            element = self.visit(name)
            taken = None if element is None else ("I", ("p", element, 0))
        for child in node.named_children:
            if child == name:
                continue
            if child.type != "jsx_attribute":
                self.visit(child)
                continue
            key = child.named_children[0]
            if taken is not None and key.type == "property_identifier":
                self.b.use_member(taken, self.b.text(key), key.start_point[0])
            for value in child.named_children[1:]:
                self.visit(value)
        return None
