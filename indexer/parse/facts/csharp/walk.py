"""Facts of C#'s values: calls, object initializers, patterns, lambdas and types where values are expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.csharp.values import CSharpValues
from noctule.indexer.parse.facts.model import CONSTRUCTOR, Expr

if TYPE_CHECKING:
    from tree_sitter import Node

_CASTING = frozenset({"OfType", "Cast"})
"""Functions of the library that give a sequence of the type which is written."""

_ON_FIRST = frozenset({"Array", "Parallel", "Enumerable"})
"""Types of the library whose static functions do something with the sequence that they are passed first."""


class CSharpWalk(CSharpValues):
    """The walk over a C# tree."""

    visits: ClassVar = {
        "using_directive": "using",
        "namespace_declaration": "namespace",
        "file_scoped_namespace_declaration": "namespace",
        **dict.fromkeys(
            ("class_declaration", "interface_declaration", "struct_declaration", "record_declaration"),
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
        "identifier": "identifier",
        "generic_name": "type_",
        "qualified_name": "type_",
        "alias_qualified_name": "type_",
        "nullable_type": "type_",
        "array_type": "type_",
        "predefined_type": "type_",
        "tuple_type": "type_",
        "tuple_expression": "tuple_",
        "member_access_expression": "member_access",
        "conditional_access_expression": "conditional",
        "member_binding_expression": "member_binding",
        "invocation_expression": "call",
        "argument": "argument",
        "object_creation_expression": "new",
        "implicit_object_creation_expression": "implicit_new",
        "anonymous_object_creation_expression": "anonymous",
        "with_expression": "with_",
        "lambda_expression": "lambda_",
        "anonymous_method_expression": "lambda_",
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
        "switch_expression": "switch",
        "switch_statement": "switch",
        "is_pattern_expression": "is_pattern",
        "switch_expression_arm": "region",
        "switch_section": "region",
        "block": "region",
        "if_statement": "last_child",
        "for_statement": "region",
        "while_statement": "region",
        "using_statement": "region",
        "foreach_statement": "for_each",
        "catch_clause": "catch",
        "from_clause": "from_clause",
        "string_literal": "string",
        "verbatim_string_literal": "string",
        "raw_string_literal": "string",
        "interpolated_string_expression": "interpolation",
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

    # Calls

    def call(self, node: Node) -> Expr:
        """A call."""
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        types: tuple[Expr, ...] = ()
        called: Expr
        if function is None:
            return self.inside(node)
        if function.type == "member_access_expression":
            called, types = self._access(function)
        elif function.type == "generic_name":
            name, types = self._member_name(function)
            self.b.use(name, function.start_point[0])
            called = name
        else:
            called = self.visit(function)
        is_on_first = isinstance(called, tuple) and called[0] == "a" and called[1] in _ON_FIRST
        values = self._arguments(arguments, called, is_on_first=is_on_first)
        if is_on_first and values:
            called, values = self.member(values[0], called[2]), values[1:]
        elif called == ("a", "Task", "FromResult") and values:
            return ("l", "Task", tuple(values[:1]))
        if types and isinstance(called, tuple) and called[0] == "a" and called[2].removesuffix("()") in _CASTING:
            return ("l", "List", (("I", types[0]),))
        return self.make_call(called, values, types) if called else None

    def _arguments(self, node: Node | None, called: Expr, *, is_on_first: bool = False) -> list[Expr]:
        """Visit arguments; `Array.ForEach(values, f)` is `values.ForEach(f)`."""
        values: list[Expr] = []
        for child in node.named_children if node is not None else ():
            if child.type != "argument":
                self.visit(child)
                continue
            value = child.named_children[-1] if child.named_child_count else None
            if value is not None and value.type in {"lambda_expression", "anonymous_method_expression"}:
                position = len(values) - is_on_first
                values.append(self.lambda_(value, None if called is None else ("p", called, position)))
            else:
                values.append(self.argument(child))
                if value is not None and value.type == "declaration_expression":
                    self._bind_found(value, called, len(values) - 1)
            if is_on_first and len(values) == 1:
                called = self.member(values[0], called[2])
        return values

    def _bind_found(self, node: Node, called: Expr, position: int) -> None:
        """`values.TryGetValue(key, out var value)`; of other methods, what the parameter is declared to be."""
        name, written = node.child_by_field_name("name"), node.child_by_field_name("type")
        is_implicit = name is not None and written is not None and written.type == "implicit_type"
        if not is_implicit or name is None or called is None:
            return
        declared: Expr = ("I", ("p1", called, position))
        is_search = isinstance(called, tuple) and called[0] == "a" and called[2] == "TryGetValue"
        self.bind_local(name, ("??", ("i", called[1], ()), declared) if is_search else declared, None)

    def argument(self, node: Node) -> Expr:
        """An argument; what it is named is a parameter."""
        name = node.child_by_field_name("name")
        found: Expr = None
        for child in node.named_children:
            if child != name:
                found = self.visit(child)
        return found

    def new(self, node: Node) -> Expr:
        """`new Type(...) { Member = value }`."""
        written = node.child_by_field_name("type")
        type_ = self.type_(written) if written is not None else None
        return self._make(node, type_, written)

    def _make(self, node: Node, type_: Expr, written: Node | None) -> Expr:
        made: Expr = None if type_ is None else ("I", type_)
        if type_ is not None:
            self.b.use_member(type_, CONSTRUCTOR, (written or node).start_point[0])
        for child in node.named_children:
            if child.type == "argument_list":
                self._arguments(child, type_)
                self.b.use_argument_names(
                    type_, [argument.child_by_field_name("name") for argument in child.named_children]
                )
            elif child.type == "initializer_expression":
                self._initializer(child, made)
        return made

    def implicit_new(self, node: Node) -> Expr:
        """`new(...)`, of the type that is declared."""
        return self._make(node, self.declared, None)

    def _initializer(self, node: Node, made: Expr) -> None:
        b = self.b
        for child in node.named_children:
            left = child.child_by_field_name("left") if child.type == "assignment_expression" else None
            if left is None or left.type != "identifier":
                self.visit(child)
                continue
            name = b.text(left)
            b.use_member(made, name, left.start_point[0])
            right = child.child_by_field_name("right")
            if right is not None and right.type == "initializer_expression":
                self._initializer(right, self.member(made, name))
            else:
                self.visit(right)

    def with_(self, node: Node) -> Expr:
        """`value with { Member = value }`."""
        value = self.visit(node.named_children[0]) if node.named_child_count else None
        for child in node.named_children[1:]:
            if child.type == "with_initializer" and child.named_child_count:
                name = child.named_children[0]
                self.b.use_member(value, self.b.text(name), name.start_point[0])
                self.visit_all(child.named_children[1:])
        return value

    def anonymous(self, node: Node) -> Expr:
        """`new { Name = value }`: the names are members of nothing that has a name."""
        tokens = node.children
        for position, child in enumerate(tokens):
            after = tokens[position + 1].type if position + 1 < len(tokens) else ""
            if child.is_named and not (child.type == "identifier" and after == "="):
                self.visit(child)
        return None

    def lambda_(self, node: Node, context: Expr = None) -> Expr:
        """`(a, b) => value`."""
        b = self.b
        position = b.add_function("", node.start_point[0], -1, 0, bound=False)
        listed, body = node.child_by_field_name("parameters"), node.child_by_field_name("body")

        def act() -> Expr:
            names: list[str] = []
            if listed is not None and listed.type != "parameter_list":
                names.append(b.text(listed))
                b.bind_parameter(names[0], self.pass_argument(context, 0), None, listed.start_point[0])
            elif listed is not None:
                names = self.parameters(listed, context)
            value: Expr = None
            for child in node.named_children:
                if child == listed or child.type == "modifier":
                    continue
                if child.type == "block":
                    self.inside(child)
                else:
                    value = self.visit(child)
            b.set_function(position, None, [] if value is None or body is None else [value], 0, names)
            return None

        self.in_function(position, node, act)
        return ("d", position)
