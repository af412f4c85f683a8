"""Facts of C#'s values: calls, object initializers, patterns, lambdas and types where values are expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.blocks import one_of
from noctule.indexer.parse.facts.csharp.calls import CSharpCalls
from noctule.indexer.parse.facts.model import Expr

if TYPE_CHECKING:
    from tree_sitter import Node


class CSharpWalk(CSharpCalls):
    """The walk over a C# tree."""

    visits: ClassVar = {
        "using_directive": "using",
        "namespace_declaration": "namespace",
        "file_scoped_namespace_declaration": "namespace",
        **dict.fromkeys(
            (
                "class_declaration",
                "interface_declaration",
                "struct_declaration",
                "record_declaration",
                "record_struct_declaration",
            ),
            "type_declaration",
        ),
        "enum_declaration": "enum",
        "delegate_declaration": "delegate",
        "method_declaration": "method",
        "constructor_declaration": "method",
        "local_function_statement": "method",
        "destructor_declaration": "accessor",
        "operator_declaration": "accessor",
        "conversion_operator_declaration": "accessor",
        "accessor_declaration": "accessor",
        "indexer_declaration": "indexer",
        "property_declaration": "property",
        "event_declaration": "property",
        "variable_declaration": "variables",
        "attribute": "attribute",
        "parameter": "nothing",
        "generic_name": "type_",
        "qualified_name": "type_",
        "alias_qualified_name": "type_",
        "nullable_type": "type_",
        "array_type": "type_",
        "predefined_type": "type_",
        "tuple_type": "type_",
        "await_expression": "await_",
        "parenthesized_expression": "last_child",
        "postfix_unary_expression": "only_child",
        "checked_expression": "last_child",
        "ref_expression": "last_child",
        "cast_expression": "cast",
        "as_expression": "as_",
        "is_expression": "is_",
        "typeof_expression": "typeof",
        "default_expression": "default",
        "binary_expression": "binary",
        "conditional_expression": "ternary",
        "assignment_expression": "assignment",
        "element_access_expression": "element",
        "implicit_array_creation_expression": "array",
        "array_creation_expression": "array",
        "declaration_expression": "declaration",
        "declaration_pattern": "declaration",
        "recursive_pattern": "recursive_pattern",
        "type_pattern": "type_pattern",
        "switch_expression": "region",
        "switch_expression_arm": "region",
        "switch_section": "region",
        "block": "region",
        "if_statement": "region",
        "for_statement": "region",
        "while_statement": "region",
        "using_statement": "region",
        "foreach_statement": "for_each",
        "catch_clause": "catch",
        "from_clause": "from_clause",
        "string_literal": "string",
        "verbatim_string_literal": "string",
        "raw_string_literal": "string",
        "interpolated_string_expression": "interpolated",
        "labeled_statement": "label_statement",
        "goto_statement": "nothing",
    }
    leaves: ClassVar = frozenset(
        {
            "comment",
            "modifier",
            "integer_literal",
            "real_literal",
            "boolean_literal",
            "null_literal",
            "character_literal",
            "implicit_type",
            "preproc_arg",
            "discard",
        }
    )

    # Names

    """What stands before `?.`."""

    # Calls

    # Values

    def await_(self, node: Node) -> Expr:
        """`await value`."""
        value = self.last_child(node)
        return None if value is None else ("y", value)

    def cast(self, node: Node) -> Expr:
        """`(Type) value`."""
        type_ = self.type_(node.child_by_field_name("type"))
        self.visit(node.child_by_field_name("value"))
        return None if type_ is None else ("I", type_)

    def as_(self, node: Node) -> Expr:
        """`value as Type`."""
        self.visit(node.child_by_field_name("left"))
        type_ = self.type_(node.child_by_field_name("right"))
        return None if type_ is None else ("I", type_)

    def is_(self, node: Node) -> Expr:
        """`value is Type`."""
        self.visit(node.child_by_field_name("left"))
        self.type_(node.child_by_field_name("right"))
        return None

    def typeof(self, node: Node) -> Expr:
        """`typeof(Type)`."""
        self.type_(node.child_by_field_name("type"))
        return None

    def default(self, node: Node) -> Expr:
        """`default(Type)`."""
        type_ = self.type_(node.child_by_field_name("type"))
        return None if type_ is None else ("I", type_)

    def binary(self, node: Node) -> Expr:
        """`a ?? b`; of other operators nothing is known."""
        values = self.visit_all(node.named_children)
        operator = node.child_by_field_name("operator")
        return one_of(values) if operator is not None and operator.type == "??" else None

    def ternary(self, node: Node) -> Expr:
        """`condition ? a : b`."""
        self.visit(node.child_by_field_name("condition"))
        return one_of([self.visit(node.child_by_field_name(f)) for f in ("consequence", "alternative")])

    def assignment(self, node: Node) -> Expr:
        """`place = value`."""
        self.visit(node.child_by_field_name("left"))
        return self.visit(node.child_by_field_name("right"))

    def element(self, node: Node) -> Expr:
        """`value[index]`."""
        value = self._object(node.child_by_field_name("expression"))
        self.visit(node.child_by_field_name("subscript"))
        return None if value is None else ("i", value, ())

    def array(self, node: Node) -> Expr:
        """`new[] { a, b }`, `new Type[n]`."""
        written = node.child_by_field_name("type")
        type_ = self.type_(written) if written is not None else None
        for child in node.named_children:
            if child != written:
                self.visit(child)
        return type_

    def string(self, _node: Node) -> Expr:
        """A text."""
        return ("l", "string", ())

    def interpolated(self, node: Node) -> Expr:
        """A text with values."""
        self.inside(node)
        return ("l", "string", ())
