"""Facts of Kotlin's values: calls, lambdas, what conditions say of a type, and strings.

As in Java, a function is bound as `name()`: functions and properties are two worlds. A type is bound under both, since
it is made by calling it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.blocks import union
from noctule.indexer.parse.facts.builder import wrap
from noctule.indexer.parse.facts.kotlin.values import KotlinValues
from noctule.indexer.parse.facts.model import CONSTRUCTOR, Expr

if TYPE_CHECKING:
    from tree_sitter import Node

_BUILDERS = frozenset({"buildString", "buildList", "buildSet", "buildMap", "sequence", "flow", "iterator"})
"""Functions of the library whose lambda has the members of what it fills."""
_LISTS = frozenset(
    (
        "listOf mutableListOf setOf mutableSetOf arrayOf listOfNotNull sequenceOf arrayListOf hashSetOf linkedSetOf "
        "emptyList emptySet emptySequence ArrayList HashSet LinkedHashSet LinkedList ArrayDeque"
    ).split()
)
_MAPS = frozenset(
    (
        "mapOf mutableMapOf hashMapOf linkedMapOf sortedMapOf emptyMap HashMap LinkedHashMap TreeMap ConcurrentHashMap"
    ).split()
)
"""Functions and types of the library that make containers of what they are given, or of types that are written."""
_SCOPES = frozenset({"also", "apply", "let", "run", "takeIf", "takeUnless", "use"})
"""Functions of the library that everything has, with a block; a member without parameters takes none."""
_WITH_RECEIVER = frozenset(
    {"apply", "run", "with", "buildString", "buildList", "buildMap", "buildSet", "sequence", "flow"}
)
"""Functions of the library whose lambda sees the members of another object by name alone."""


class KotlinWalk(KotlinValues):
    """The walk over a Kotlin tree."""

    visits: ClassVar = {
        "package_header": "package",
        "import": "import_",
        "class_declaration": "type_declaration",
        "object_declaration": "type_declaration",
        "companion_object": "companion",
        "object_literal": "object_literal",
        "type_alias": "alias",
        "enum_entry": "enum_entry",
        "function_declaration": "function",
        "anonymous_function": "function",
        "secondary_constructor": "constructor",
        "property_declaration": "property",
        "user_type": "user_type",
        "nullable_type": "last_child",
        "non_nullable_type": "last_child",
        "parenthesized_type": "last_child",
        "function_type": "function_type",
        "type_projection": "last_child",
        "constructor_invocation": "construct",
        "block": "region",
        "identifier": "identifier",
        "navigation_expression": "navigation",
        "callable_reference": "reference",
        "call_expression": "call",
        "value_argument": "argument",
        "lambda_literal": "lambda_",
        "annotated_lambda": "last_child",
        "parenthesized_expression": "last_child",
        "this_expression": "this",
        "super_expression": "super_",
        "if_expression": "if_",
        "when_expression": "when",
        "for_statement": "for_",
        "catch_block": "catch",
        "try_expression": "try_",
        "as_expression": "as_",
        "binary_expression": "binary",
        "infix_expression": "infix",
        "unary_expression": "unary",
        "index_expression": "element",
        "string_literal": "string",
        "multiline_string_literal": "string",
        "assignment": "assignment",
        "labeled_expression": "last_child",
    }
    leaves: ClassVar = frozenset(
        {
            "line_comment",
            "block_comment",
            "number_literal",
            "float_literal",
            "character_literal",
            "label",
            "visibility_modifier",
            "class_modifier",
            "member_modifier",
            "function_modifier",
            "inheritance_modifier",
            "parameter_modifier",
            "property_modifier",
            "reification_modifier",
        }
    )

    # Calls

    def call(self, node: Node) -> Expr:
        """A call of a function or of a type."""
        b = self.b
        children = node.named_children
        callee = children[0]
        if callee.type == "call_expression" and children[-1].type in {"annotated_lambda", "lambda_literal"}:
            children = [*callee.named_children, *children[1:]]  # `name(a) { }` is one call
            callee = children[0]
        receiver: Expr = None
        called: Expr
        spelled = ""
        if callee.type == "identifier":
            spelled = b.text(callee).strip("`")
            called = self._name(f"{spelled}()", callee.start_point[0])
            if spelled[:1].isupper():
                b.use_member(spelled, CONSTRUCTOR, callee.start_point[0])
        elif callee.type == "navigation_expression" and callee.named_children[-1].type == "identifier":
            receiver = self.visit(callee.named_children[0])
            last = callee.named_children[-1]
            spelled = b.text(last).strip("`")
            takes_block = spelled in _SCOPES and children[-1].type == "annotated_lambda"
            used = wrap("L", receiver) if takes_block else receiver
            b.use_member(used, f"{spelled}()", last.start_point[0])
            called = self.member(receiver, f"{spelled}()")
        else:
            called = self.visit(callee)
        types: tuple[Expr, ...] = ()
        count = 0
        values: list[Expr] = []
        for child in children[1:]:
            if child.type == "type_arguments":
                types = tuple(self.visit_all(child.named_children))
            elif child.type == "value_arguments":
                for given in child.named_children:
                    values.append(self.argument(given, called, count))
                    count += 1
            elif child.type in {"annotated_lambda", "lambda_literal"}:
                inner = child if child.type == "lambda_literal" else child.named_children[-1]
                values.append(self._pass_lambda(inner, spelled, receiver, values, called, count))
            else:
                self.visit(child)
        if receiver is None:
            self.narrow_checked(spelled, node, children)
        return self._result(spelled, receiver, called, values, types)

    def _pass_lambda(
        self, node: Node, name: str, receiver: Expr, values: Sequence[Expr], called: Expr, position: int
    ) -> Expr:
        if name not in _WITH_RECEIVER or (name == "run" and receiver is None):
            if name in {"let", "also", "takeIf", "takeUnless"} and receiver is not None:
                return self.lambda_(node, given=receiver)
            context = None if called is None else ("p", called, position)
            if context is None:
                return self.lambda_(node)
            before, builder = self.implicit, self.in_builder
            self.implicit = (*before, ("r", ("p", called, -1), before[-1] if before else None))
            self.in_builder = builder or (receiver is None and name in _BUILDERS)
            found = self.lambda_(node, context)
            self.implicit, self.in_builder = before, builder
            return found
        before, builder = self.implicit, self.in_builder
        if receiver is None and name in _BUILDERS:
            self.in_builder = True  # what it builds has members of the library alone
        else:
            self.implicit = (*before, values[0] if name == "with" and values else receiver)
        found = self.lambda_(node)
        self.implicit, self.in_builder = before, builder
        return found

    def _result(self, name: str, receiver: Expr, called: Expr, values: list[Expr], types: tuple[Expr, ...]) -> Expr:
        if receiver is not None and name in {"apply", "also", "takeIf", "takeUnless", "requireNotNull"}:
            return receiver
        if receiver is None and name in {"requireNotNull", "checkNotNull"} and values:
            return values[0]
        if values and ((receiver is not None and name in {"let", "run", "use"}) or name in {"with", "lazy", "run"}):
            return ("c", values[-1]) if values[-1] is not None else None
        if name == "filterIsInstance" and types:
            return ("l", "List", (("I", types[0]),))
        if name in _LISTS and receiver is None:
            return ("l", "List", (("I", types[0]) if types else union(values[:1]),))
        if name in {"Pair", "Triple"} and receiver is None and len(values) > 1:
            return ("T", tuple(values))
        if name in _MAPS and receiver is None:
            pair = values[0] if values and isinstance(values[0], tuple) and values[0][0] == "T" else None
            return ("l", "Map", tuple(("I", type_) for type_ in types) if types else pair[1] if pair else ())
        return self.make_call(called, values, types) if called else None

    def argument(self, node: Node, called: Expr = None, position: int = 0) -> Expr:
        """An argument; what it is named is a parameter."""
        children = node.named_children
        if not children:
            return None
        if any(child.type == "=" for child in node.children) and len(children) > 1:
            self.b.use_argument_names(called, children[:1], copying="copy()")
            children = children[1:]
        value = children[-1]
        if value.type == "lambda_literal" and called is not None:
            return self.lambda_(value, ("p", called, position))
        return self.visit(value)

    def construct(self, node: Node) -> Expr:
        """`Base(arguments)` among the bases of a type, or an annotation."""
        children = node.named_children
        type_ = self.visit(children[0]) if children else None
        if type_ is not None:
            self.b.use_member(type_, CONSTRUCTOR, node.start_point[0])
        for child in children[1:]:
            self.inside(child)
        return type_

    def lambda_(self, node: Node, context: Expr = None, *, given: Expr = None) -> Expr:
        """`{ a, b -> ... }`"""
        b = self.b
        position = b.add_function("", node.start_point[0], -1, 0, bound=False)
        listed = next((c for c in node.named_children if c.type == "lambda_parameters"), None)

        def act() -> Expr:
            names: list[str] = []
            if listed is None and given != "it":  # else it is what it is outside
                b.bind_parameter("it", given or self.pass_argument(context, 0), None, node.start_point[0])
                names.append("it")
            for child in listed.named_children if listed is not None else ():
                self.declare_variable(child, given or self.pass_argument(context, len(names)))
                inner = child.named_children
                names.append(b.text(inner[0]) if child.type == "variable_declaration" and inner else "")
            value: Expr = None
            for child in node.named_children:
                if child != listed:
                    value = self.visit(child)
            b.set_function(position, None, [] if value is None else [value], 0, names)
            return None

        self.in_function(position, node, act)
        return ("d", position)
