"""Expressions of Python: calls, literals, operators and comprehensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.builder import depth, literal, unite, wrap
from noctule.indexer.parse.facts.model import Expr
from noctule.indexer.parse.facts.python.names import PythonNames

if TYPE_CHECKING:
    from tree_sitter import Node

_KEEPS_ARGUMENTS = frozenset(
    {"cast", "type", "next", "iter", "list", "sorted", "tuple", "set", "enumerate", "zip", "gather"}
) | {
    "reversed",
    "copy",
    "deepcopy",
    "TypeVar",
    "NewType",
    "max",
    "min",
    "aiter",
    "anext",
    "enter_context",
    "frozenset",
    "enter_async_context",
}

_PASSING = frozenset({"map", "filter"})
_ORDERING = frozenset({"sorted", "max", "min", "sort"})


def _is_short(value: Expr) -> bool:
    """Tell whether an argument says what a type parameter is, and takes little to keep."""
    return isinstance(value, str) or (isinstance(value, tuple) and value[0] in {"a", "c", "d"} and depth(value) < 3)


class PythonExpressions(PythonNames):
    """The part of the walk that reads values."""

    visits: ClassVar = {
        "call": "call",
        "union_type": "either",
        "await": "await_",
        "concatenated_string": "string_like",
        "integer": "number",
        "float": "number",
        "true": "boolean",
        "false": "boolean",
        "list": "sequence",
        "set": "sequence",
        "tuple": "tuple_",
        "expression_list": "tuple_",
        "dictionary": "dictionary",
        "list_comprehension": "comprehension",
        "set_comprehension": "comprehension",
        "dictionary_comprehension": "comprehension",
        "generator_expression": "comprehension",
        "binary_operator": "binary",
        "boolean_operator": "either",
        "conditional_expression": "conditional",
        "parenthesized_expression": "only_child",
        "comparison_operator": "comparison",
        "not_operator": "comparison",
        "keyword_argument": "keyword_argument",
    }

    def call(self, node: Node) -> Expr:
        """A call; `super()` and a few functions of the language say more."""
        leads_on, self.leads_on = self.leads_on, False
        parts: Sequence[Node | None] = node.named_children
        if len(parts) != 2:  # else their places tell: to look fields up by name takes twice as long
            parts = [node.child_by_field_name("function"), node.child_by_field_name("arguments")]
        function, arguments = parts
        called = self.visit(function)
        name = "" if called is None else called if isinstance(called, str) else called[-1] if called[0] == "a" else ""
        if arguments is None:
            values = []
        elif arguments.type == "generator_expression":
            values = [self.visit(arguments)]
        elif called in _PASSING and arguments.named_child_count == 2:
            return self._pass_elements(arguments.named_children, called)
        elif name in _ORDERING:
            values = self._order(arguments.named_children, called)
        else:
            values = self.visit_all(arguments.named_children)
        if called is None:
            return None
        for position, child in enumerate(arguments.named_children if arguments is not None else ()):
            if child.type == "dictionary" and child.named_child_count:
                self.keys(("p", called, position), child)
        if arguments is not None and isinstance(name, str) and name.lstrip("_")[:1].isupper():
            keywords = [child for child in arguments.named_children if child.type == "keyword_argument"]
            self.b.use_argument_names(called, [keyword.named_children[0] for keyword in keywords])
        if name == "get" and called[0] == "a" and arguments is not None and arguments.named_child_count:
            self.key(called[1], arguments.named_children[0])
        if name == "super" and called == "super" and self.methods:
            return ("S",)
        if isinstance(name, str) and name in _KEEPS_ARGUMENTS and values:
            return ("c", called, tuple(values[:2]))
        if leads_on and values:
            kept = tuple(value if _is_short(value) else None for value in values[:2])
            return ("c", called, kept) if any(kept) else ("c", called)
        return ("c", called)

    def _pass_elements(self, arguments: Sequence[Node], called: Expr) -> Expr:
        """Visit `map(function, values)` or `filter(function, values)`: a lambda is passed an element."""
        values = self.visit(arguments[1])
        if arguments[0].type == "lambda":
            self.passed = wrap("e", values)
        function = self.visit(arguments[0])
        given = wrap("c", function) if called == "map" else wrap("e", values)
        return None if given is None else ("l", "list", (given,))

    def _order(self, arguments: Sequence[Node], called: Expr) -> list[Expr]:
        """Visit the arguments of what orders values: a function that is its `key` is passed one of them."""
        values: list[Expr] = []
        for child in arguments:
            is_method = isinstance(called, tuple)
            ordered = (
                called[1] if is_method and called[2] == "sort" else values[0] if values and not is_method else None
            )
            value = child.child_by_field_name("value") if child.type == "keyword_argument" else None
            if value is not None and value.type == "lambda" and ordered is not None:
                self.passed = ("e", ordered)
            values.append(self.visit(child))
        return values

    def keyword_argument(self, node: Node) -> Expr:
        """A keyword argument: its name belongs to the function that is called."""
        value = self.visit(node.child_by_field_name("value"))
        name = node.child_by_field_name("name")
        return ("=", self.b.text(name), value) if name is not None and self.b.text(name) == "bound" else None

    def string_like(self, node: Node) -> Expr:
        """Strings side by side."""
        self.inside(node)
        return ("l", "str", ())

    def number(self, _node: Node) -> Expr:
        """A number."""
        return ("l", "int", ())

    def boolean(self, _node: Node) -> Expr:
        """A truth value."""
        return ("l", "bool", ())

    def comparison(self, node: Node) -> Expr:
        """A question, whose answer is a truth value."""
        self.inside(node)
        return ("l", "bool", ())

    def sequence(self, node: Node) -> Expr:
        """A list or set, with its first elements."""
        items = self.visit_all(node.named_children)
        return literal("list", items) if not self.in_type else ("T", tuple(items[:4]))

    def tuple_(self, node: Node) -> Expr:
        """A tuple."""
        values = self.visit_all(node.named_children)
        splat = next((n for n, child in enumerate(node.named_children) if child.type == "list_splat"), 6)
        return ("T", tuple(values[: min(splat, 6)]))

    def dictionary(self, node: Node) -> Expr:
        """A dictionary, with its first keys and values."""
        pairs = []
        for child in node.named_children:
            if child.type == "pair":
                pairs.append(self.visit_all(child.named_children))
            else:
                self.visit(child)
        keys, values = ([p[i] for p in pairs[:3] if len(p) > i] for i in (0, 1))
        return ("l", "dict", (unite(keys), unite(values)))

    def binary(self, node: Node) -> Expr:
        """Two values joined: a union in an annotation, else of the left one's type where that is plain."""
        parts: Sequence[Node | None] = node.children
        if len(parts) != 3:
            parts = [node.child_by_field_name(name) for name in ("left", "operator", "right")]
        first, operator, last = parts
        left, right = self.visit(first), self.visit(last)
        kind = operator.type if operator is not None else ""
        if kind == "|":
            return unite([left, right])
        if kind == "/":
            return left
        return left if isinstance(left, tuple) and left[0] == "l" else None

    def either(self, node: Node) -> Expr:
        """One of several values."""
        is_and = any(child.type == "and" for child in node.children)
        children = node.named_children
        if node.type == "boolean_operator" and len(children) == 2:
            found = [self.visit(children[0]), self.visit_cast(children[1], self.find_casts(children[0], holds=is_and))]
        else:
            found = self.visit_all(children)
        if is_and:
            return found[-1]  # the first one only where it is empty
        return unite(found)

    def conditional(self, node: Node) -> Expr:
        """`a if b else c`."""
        children = node.named_children
        if len(children) < 3:
            return self.inside(node)
        value, condition, other = children[0], children[1], children[-1]
        self.visit(condition)
        first = self.visit_cast(value, self.find_casts(condition, holds=True))
        return unite([first, self.visit_cast(other, self.find_casts(condition, holds=False))])

    def comprehension(self, node: Node) -> Expr:
        """A comprehension: its variables are its own."""
        before = self.b.open(-1, self._function())
        for child in node.named_children[1:]:
            if child.type == "for_in_clause":
                right = child.child_by_field_name("right")
                self._assign(child.child_by_field_name("left"), wrap("e", self.visit(right)), None)
            else:
                self.inside(child)
                for condition in child.named_children:
                    self._narrow(condition, node.start_point[0], node.end_point[0])
        body = node.named_children[0]
        if body.type == "pair":
            key, value = [*self.visit_all(body.named_children), None, None][:2]
            found: Expr = ("l", "dict", (key, value))
        else:
            found = ("l", "list", (self.visit(body),))
        self.b.close(before)
        return found

    def _function(self) -> int:
        return self.b.scopes[self.b.scope].function
