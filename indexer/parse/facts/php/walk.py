"""Facts of PHP: classes with traits, typed and promoted properties, `$this`, and what calls give.

A variable is bound as `$x`, one outside of all functions as `$$x`; a property as `$x`, a method as `x()`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.blocks import union
from noctule.indexer.parse.facts.model import Expr
from noctule.indexer.parse.facts.php.arrays import ARRAYS, PhpArrays
from noctule.indexer.parse.facts.php.names import NAMES

if TYPE_CHECKING:
    from tree_sitter import Node


class PhpWalk(PhpArrays):
    """The walk over a PHP tree."""

    visits: ClassVar = {
        "namespace_definition": "namespace",
        "namespace_use_declaration": "use_",
        "class_declaration": "type_declaration",
        "interface_declaration": "type_declaration",
        "trait_declaration": "type_declaration",
        "enum_declaration": "type_declaration",
        "use_declaration": "use_traits",
        "enum_case": "enum_case",
        "const_declaration": "constants_",
        "property_declaration": "properties",
        "method_declaration": "method",
        "function_definition": "function",
        "anonymous_function": "closure",
        "arrow_function": "closure",
        "return_statement": "return_",
        "yield_expression": "yield_",
        "name": "constant",
        "qualified_name": "constant",
        "named_type": "type_",
        "variable_name": "variable",
        "member_access_expression": "property",
        "nullsafe_member_access_expression": "property",
        "member_call_expression": "method_call",
        "nullsafe_member_call_expression": "method_call",
        "scoped_call_expression": "static_call",
        "scoped_property_access_expression": "static_property",
        "class_constant_access_expression": "class_constant",
        "function_call_expression": "call",
        "object_creation_expression": "new",
        "argument": "argument",
        "attribute": "attribute",
        "assignment_expression": "assignment",
        "reference_assignment_expression": "assignment",
        "foreach_statement": "for_each",
        "catch_clause": "catch",
        "if_statement": "if_",
        "binary_expression": "binary",
        "conditional_expression": "ternary",
        "match_expression": "match",
        "subscript_expression": "element",
        "parenthesized_expression": "last_child",
        "clone_expression": "last_child",
        "static_variable_declaration": "static_variable",
        "global_declaration": "global_",
        "string": "string",
        "encapsed_string": "interpolation",
        "heredoc": "interpolation",
        "goto_statement": "nothing",
        "named_label_statement": "nothing",
    }
    leaves: ClassVar = frozenset(
        {
            "comment",
            "integer",
            "float",
            "boolean",
            "null",
            "text",
            "php_tag",
            "primitive_type",
            "nowdoc",
            "declare_directive",
        }
    )

    def run(self, root: Node) -> None:
        """Visit the whole tree."""
        self.reset_names()
        self.inside(root)

    # Values

    def constant(self, node: Node) -> Expr:
        """A name by itself is a constant."""
        name = self.constant_name(self.b.text(node))
        self.b.use(name, node.start_point[0])
        return name

    def _visit_scope(self, node: Node | None) -> Expr:
        """Return what stands before `::`."""
        if node is None:
            return None
        if node.type in NAMES:
            return self.type_name(node)
        if node.type == "relative_scope":
            return self.own_type(self.b.text(node))
        value = self.visit(node)
        return None if value is None else ("V", value)

    def property(self, node: Node) -> Expr:
        """`$object->name`."""
        receiver = self.visit(node.child_by_field_name("object"))
        name = node.child_by_field_name("name")
        if name is None or name.type != "name":
            self.visit(name)
            return None
        spelled = f"${self.b.text(name)}"
        self.b.use_member(receiver, spelled, name.start_point[0])
        return self.member(receiver, spelled)

    def method_call(self, node: Node) -> Expr:
        """`$object->name()`."""
        return self._call_member(node, self.visit(node.child_by_field_name("object")))

    def static_call(self, node: Node) -> Expr:
        """`Type::name()`."""
        return self._call_member(node, self._visit_scope(node.child_by_field_name("scope")))

    def _call_member(self, node: Node, receiver: Expr) -> Expr:
        name = node.child_by_field_name("name")
        called: Expr = None
        if name is not None and name.type == "name":
            spelled = f"{self.b.text(name)}()"
            self.b.use_member(receiver, spelled, name.start_point[0])
            called = self.member(receiver, spelled)
        else:
            self.visit(name)
        self.visit(node.child_by_field_name("arguments"))
        return None if called is None else ("c", called)

    def static_property(self, node: Node) -> Expr:
        """`Type::$name`."""
        receiver = self._visit_scope(node.child_by_field_name("scope"))
        name = node.child_by_field_name("name")
        if name is None or name.type != "variable_name":
            return None
        self.b.use_member(receiver, self.b.text(name), name.start_point[0])
        return self.member(receiver, self.b.text(name))

    def class_constant(self, node: Node) -> Expr:
        """`Type::NAME`, `Type::class`."""
        children = node.named_children
        receiver = self._visit_scope(children[0]) if children else None
        if len(children) < 2 or children[-1].type != "name":
            return None
        name = self.b.text(children[-1])
        if name == "class":
            return None
        self.b.use_member(receiver, name, children[-1].start_point[0])
        return self.member(receiver, name)

    def call(self, node: Node) -> Expr:
        """`name(arguments)`."""
        function = node.child_by_field_name("function")
        called: Expr
        if function is not None and function.type in NAMES:
            called = self.function_name(self.b.text(function))
            self.b.use(called, function.start_point[0])
        else:
            called = self.visit(function)
        arguments = node.child_by_field_name("arguments")
        name = self.b.text(function).lstrip("\\").lower() if function is not None and function.type in NAMES else ""
        if name in ARRAYS and arguments is not None:
            return self.pass_elements(name, arguments)
        self.visit(arguments)
        return None if called is None else ("c", called)

    def new(self, node: Node) -> Expr:
        """`new Type(arguments)`, `new class { }`."""
        b = self.b
        type_: Expr = None
        for position, child in enumerate(node.named_children):
            if child.type in NAMES and not position:
                type_ = self.type_name(child)
                b.use_member(type_, "__construct()", child.start_point[0])
            elif child.type == "anonymous_class":
                class_ = b.add_class("", child.start_point[0], (), "class", bound=False)
                for part in child.named_children:
                    if part.type == "arguments":
                        self.visit(part)
                self._class(child, class_)
                type_ = ("k", class_)
            else:
                self.visit(child)
        if type_ is None:
            return None
        is_late = type_ == ("C",) and b.text(node.named_children[0]) == "static"
        return ("n", type_, "static") if is_late else ("n", type_)

    def argument(self, node: Node) -> Expr:
        """An argument; what it is named is a parameter."""
        name = node.child_by_field_name("name")
        self.visit_all(c for c in node.named_children if c != name)
        return None

    def attribute(self, node: Node) -> Expr:
        """`#[Name(arguments)]`."""
        for child in node.named_children:
            if child.type in NAMES:
                self.type_name(child)
            else:
                self.visit(child)
        return None

    def binary(self, node: Node) -> Expr:
        """`a ?? b`, `a instanceof Type`; of other operators nothing is known."""
        operator = node.child_by_field_name("operator")
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        first = self.visit(left)
        if operator is not None and operator.type == "instanceof" and right is not None and right.type in NAMES:
            self.type_name(right)
            return None
        kind = operator.type if operator is not None else ""
        leads_on = kind in {"&&", "and", "||", "or"}
        second = self.visit_where(right, left, holds=kind in {"&&", "and"}) if leads_on else self.visit(right)
        return union([first, second]) if operator is not None and operator.type == "??" else None

    def ternary(self, node: Node) -> Expr:
        """`a ? b : c`, `a ?: c`."""
        body, condition = node.child_by_field_name("body"), node.child_by_field_name("condition")
        first = self.visit(condition)
        value = self.visit_where(body, condition, holds=True) if body is not None else first
        return union([value, self.visit_where(node.child_by_field_name("alternative"), condition, holds=False)])

    def match(self, node: Node) -> Expr:
        """`match (value) { a => b }`."""
        self.visit(node.child_by_field_name("condition"))
        found = []
        body = node.child_by_field_name("body")
        for arm in body.named_children if body is not None else ():
            self.visit(arm.child_by_field_name("conditional_expressions"))
            found.append(self.visit(arm.child_by_field_name("return_expression")))
        return union(found)
