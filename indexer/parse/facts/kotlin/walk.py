"""Facts of Kotlin's values: calls, lambdas, what conditions say of a type, and strings.

As in Java, a function is bound as `name()`: functions and properties are two worlds. A type is bound under both, since
it is made by calling it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.blocks import one_of
from noctule.indexer.parse.facts.kotlin.calls import KotlinCalls
from noctule.indexer.parse.facts.kotlin.properties import TYPES
from noctule.indexer.parse.facts.model import Expr

if TYPE_CHECKING:
    from tree_sitter import Node

_IN_STRING = re.compile(r"\$([A-Za-z_]\w*)")


class KotlinWalk(KotlinCalls):
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
        "block": "region",
        "annotated_lambda": "last_child",
        "parenthesized_expression": "last_child",
        "this_expression": "this",
        "super_expression": "super_",
        "if_expression": "if_",
        "when_expression": "when",
        "for_statement": "for_",
        "catch_block": "catch",
        "try_expression": "try_",
        "is_expression": "is_",
        "as_expression": "as_",
        "binary_expression": "binary",
        "infix_expression": "infix",
        "unary_expression": "unary",
        "index_expression": "index",
        "string_literal": "string",
        "multiline_string_literal": "string",
        "return_expression": "return_",
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

    """The objects whose members are seen by name alone in the lambdas around, the innermost last."""

    # Names

    # Calls

    # Values

    def this(self, node: Node) -> Expr:
        """The object; `this@Type` that of a type around."""
        if self.implicit and not node.named_child_count:
            return self.implicit[-1]
        for child in node.named_children:
            label = self.b.text(child).strip("@")
            return ("I", label) if label[:1].isupper() else None
        return ("s",)

    def super_(self, node: Node) -> Expr:
        """The object, seen as its base."""
        for child in node.named_children:
            if child.type in TYPES:
                type_ = self.visit(child)
                return None if type_ is None else ("I", type_)
        return ("S",)

    def is_(self, node: Node) -> Expr:
        """`value is Type`."""
        self.inside(node)
        return None

    def as_(self, node: Node) -> Expr:
        """`value as Type`."""
        self.visit(node.child_by_field_name("left"))
        type_ = self.visit(node.child_by_field_name("right"))
        return None if type_ is None else ("I", type_)

    def binary(self, node: Node) -> Expr:
        """`a ?: b`; of other operators nothing is known."""
        values = self.visit_all(node.named_children)
        operator = node.child_by_field_name("operator")
        return one_of(values) if operator is not None and operator.type == "?:" else None

    def infix(self, node: Node) -> Expr:
        """`a name b`."""
        children = node.named_children
        if len(children) != 3:
            return self.inside(node)
        receiver = self.visit(children[0])
        name = f"{self.b.text(children[1])}()"
        self.b.use_member(receiver, name, children[1].start_point[0])
        self.visit(children[2])
        called = self.member(receiver, name)
        return None if called is None else ("c", called)

    def unary(self, node: Node) -> Expr:
        """`a!!`."""
        value = self.visit(node.child_by_field_name("argument"))
        operator = node.child_by_field_name("operator")
        return value if operator is not None and operator.type == "!!" else None

    def index(self, node: Node) -> Expr:
        """`value[index]`."""
        values = self.visit_all(node.named_children)
        return ("i", values[0], ()) if values and values[0] is not None else None

    def string(self, node: Node) -> Expr:
        """A text, with the names that it puts in."""
        for child in node.named_children:
            if child.type == "interpolation":
                self.inside(child)
        text = self.b.text(node)
        if "$" in text:
            row = node.start_point[0]
            for match in _IN_STRING.finditer(text):
                if text[match.start() - 1] != "\\":
                    self._name(match[1], row + text.count("\n", 0, match.start()))
        return ("l", "String", ())

    def return_(self, node: Node) -> Expr:
        """What a function returns is declared."""
        self.inside(node)
        return None

    def assignment(self, node: Node) -> Expr:
        """`place = value`."""
        self.inside(node)
        return None
