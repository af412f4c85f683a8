"""Facts of Scala: packages, imports, classes with their companions, functions and values, and patterns.

A function and a value are bound as `name`, which Scala says, and as `name()`, which Java says.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.blocks import union
from noctule.indexer.parse.facts.model import CONSTRUCTOR, Expr
from noctule.indexer.parse.facts.scala.declarations import APPLY, ScalaDeclarations
from noctule.indexer.parse.facts.scala.patterns import TYPES

if TYPE_CHECKING:
    from tree_sitter import Node

_COLLECTIONS = frozenset({"List", "Seq", "Vector", "Set", "Array", "IndexedSeq", "Some", "Option", "Map"})
"""Types of the library that are made of what they are given."""


class ScalaWalk(ScalaDeclarations):
    """The walk over a Scala tree."""

    visits: ClassVar = {
        "package_clause": "package",
        "import_declaration": "import_",
        "class_definition": "type_declaration",
        "object_definition": "type_declaration",
        "trait_definition": "type_declaration",
        "enum_definition": "type_declaration",
        "package_object": "type_declaration",
        "simple_enum_case": "enum_case",
        "full_enum_case": "enum_case",
        "function_definition": "function",
        "function_declaration": "function",
        "extension_definition": "extension",
        "val_definition": "variable",
        "var_definition": "variable",
        "val_declaration": "variable",
        "var_declaration": "variable",
        "given_definition": "variable",
        "type_definition": "alias",
        "identifier": "identifier",
        "type_identifier": "identifier",
        "stable_identifier": "path",
        "stable_type_identifier": "path",
        "generic_type": "generic",
        "tuple_type": "tuple_type",
        "tuple_expression": "tuple_",
        "compound_type": "only_child",
        "annotated_type": "only_child",
        "lazy_parameter_type": "only_child",
        "repeated_parameter_type": "repetition",
        "function_type": "function_type",
        "field_expression": "field",
        "call_expression": "call",
        "generic_function": "generic_function",
        "instance_expression": "new",
        "infix_expression": "infix",
        "lambda_expression": "lambda_",
        "wildcard": "wildcard",
        "match_expression": "match",
        "case_clause": "case",
        "case_block": "cases",
        "for_expression": "for_",
        "block": "region",
        "indented_block": "region",
        "if_expression": "ternary",
        "try_expression": "region",
        "parenthesized_expression": "last_child",
        "ascription_expression": "ascription",
        "string": "string",
        "interpolated_string_expression": "interpolation",
        "self_type": "self_type",
    }
    leaves: ClassVar = frozenset(
        {
            "comment",
            "block_comment",
            "integer_literal",
            "floating_point_literal",
            "boolean_literal",
            "character_literal",
            "null_literal",
            "modifiers",
        }
    )

    placeholder: Expr = None
    """What `_` stands for in the argument that is visited."""

    # Values

    def identifier(self, node: Node) -> Expr:
        """A name by itself; `this` and `super` are names here."""
        name = self.b.text(node).strip("`")
        if name == "this":
            return ("s",)
        if name == "super":
            return ("S",)
        self.b.use(name, node.start_point[0])
        return name

    def wildcard(self, _node: Node) -> Expr:
        """`_` in an argument."""
        return self.placeholder

    def path(self, node: Node) -> Expr:
        """`a.B`."""
        children = node.named_children
        receiver = self.visit(children[0])
        for child in children[1:]:
            name = self.b.text(child)
            self.b.use_member(receiver, name, child.start_point[0])
            receiver = self.member(receiver, name)
        return receiver

    def field(self, node: Node) -> Expr:
        """`value.name`."""
        receiver = self.visit(node.child_by_field_name("value"))
        last = node.child_by_field_name("field")
        if last is None:
            return None
        name = self.b.text(last).strip("`")
        self.b.use_member(receiver, name, last.start_point[0])
        return self.member(receiver, name)

    def call(self, node: Node) -> Expr:
        """A call of a function, or of a type, which makes an object."""
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        types: tuple[Expr, ...] = ()
        if function is not None and function.type == "generic_function":
            given = function.child_by_field_name("type_arguments")
            types = tuple(self.visit_all(given.named_children)) if given is not None else ()
            function = function.child_by_field_name("function")
        called = self.visit(function)
        is_made = isinstance(called, str) and called in _COLLECTIONS
        if isinstance(called, str) and called[:1].isupper() and function is not None:
            self.b.use_member(called, CONSTRUCTOR, function.start_point[0])
            self.b.use_member(called, APPLY, function.start_point[0])
        listed = arguments.named_children if arguments is not None else []
        if arguments is not None and arguments.type != "arguments":
            listed = [arguments]
        values = [
            self._argument(child, None if called is None else ("p", called, position))
            for position, child in enumerate(listed)
        ]
        if is_made and called == "Map":
            first = next((value[1] for value in values if isinstance(value, tuple) and value[0] == "T"), ())
            return ("l", "Map", tuple(("I", type_) for type_ in types) or first)
        if is_made:
            return ("l", called, (("I", types[0]) if types else union(values[:3]),))
        return self.make_call(called, values, types) if called else None

    def _argument(self, node: Node, context: Expr) -> Expr:
        if node.type == "lambda_expression":
            return self.lambda_(node, context)
        if node.type == "case_block":
            return self._cases(node, context)
        if node.type == "assignment_expression":  # named
            called = context[1] if context is not None else None
            self.b.use_argument_names(called, [node.child_by_field_name("left")], copying="copy")
            return self.visit(node.child_by_field_name("right"))
        if node.type == "block" and node.named_child_count == 1 and node.named_children[0].type == "lambda_expression":
            return self.lambda_(node.named_children[0], context)
        before, self.placeholder = self.placeholder, self.pass_argument(context, 0)
        found = self.visit(node)
        self.placeholder = before
        return found

    def generic_function(self, node: Node) -> Expr:
        """`value.asInstanceOf[Type]`; of others the function."""
        function = node.child_by_field_name("function")
        given = node.child_by_field_name("type_arguments")
        found = self.visit(function)
        types = self.visit_all(given.named_children) if given is not None else []
        if isinstance(found, tuple) and found[0] == "a" and found[2] == "asInstanceOf" and types:
            return None if types[0] is None else ("I", types[0])
        return found

    def new(self, node: Node) -> Expr:
        """`new Type(arguments) { }`."""
        b = self.b
        type_: Expr = None
        values: list[Expr] = []
        for child in node.named_children:
            if child.type == "arguments":
                values = self.visit_all(child.named_children)
            elif child.type in TYPES and type_ is None:
                type_ = self.visit(child)
                if type_ is not None:
                    b.use_member(type_, CONSTRUCTOR, child.start_point[0])
            elif child.type == "template_body":
                position = b.add_class(
                    "", child.start_point[0], (type_,) if type_ is not None else (), "class", bound=False
                )
                self.in_class(position, child, partial(self.inside, child))
            else:
                self.visit(child)
        return self.make_object(type_, values)

    def infix(self, node: Node) -> Expr:
        """`a name b`."""
        receiver = self.visit(node.child_by_field_name("left"))
        operator = node.child_by_field_name("operator")
        called: Expr = None
        if operator is not None and self.b.text(operator) == "->":
            return ("T", (receiver, self.visit(node.child_by_field_name("right"))))
        if operator is not None:
            name = self.b.text(operator).strip("`")
            self.b.use_member(receiver, name, operator.start_point[0])
            called = self.member(receiver, name)
        self.visit(node.child_by_field_name("right"))
        return None if called is None else ("c", called)

    def ascription(self, node: Node) -> Expr:
        """`value: Type`."""
        self.visit(node.named_children[0])
        type_ = self.visit(node.child_by_field_name("type"))
        return None if type_ is None else ("I", type_)

    def string(self, _node: Node) -> Expr:
        """A text."""
        return ("l", "String", ())

    def interpolation(self, node: Node) -> Expr:
        """A text with values."""
        for child in node.named_children:
            if child.type != "identifier":
                self.inside(child)
        return ("l", "String", ())

    def generic(self, node: Node) -> Expr:
        """`Type[A]`."""
        base = self.visit(node.child_by_field_name("type"))
        given = node.child_by_field_name("type_arguments")
        types = tuple(self.visit_all(given.named_children)) if given is not None else ()
        return None if base is None else ("i", base, types)

    def repetition(self, node: Node) -> Expr:
        """`Type*`."""
        return ("l", "Array", (("I", self.only_child(node)),))

    def function_type(self, node: Node) -> Expr:
        """`A => B`."""
        types = [
            self.visit(part)
            for child in node.named_children
            for part in (child.named_children if child.type == "parameter_types" else [child])
        ]
        return ("l", "Function", tuple(None if type_ is None else ("I", type_) for type_ in types[:6]))

    def cases(self, node: Node) -> Expr:
        """`{ case pattern => value }` where a function is expected."""
        return self._cases(node, None)

    def _cases(self, node: Node, context: Expr) -> Expr:
        b = self.b
        position = b.add_function("", node.start_point[0], -1, 0, bound=False)

        def act() -> Expr:
            before, self.matched = self.matched, self.pass_argument(context, 0)
            value = union(self.visit_all(node.named_children))
            self.matched = before
            b.set_function(position, None, [] if value is None else [value], 0, [])
            return None

        self.in_function(position, node, act)
        return ("d", position)
