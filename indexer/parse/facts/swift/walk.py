"""Facts of Swift's values: calls, closures, and names that conditions and patterns bind.

A function is bound as `name()`, a property as `name`; a type under both, since it is made by calling it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.blocks import union
from noctule.indexer.parse.facts.model import CONSTRUCTOR, Expr
from noctule.indexer.parse.facts.swift.declarations import TYPES
from noctule.indexer.parse.facts.swift.patterns import SwiftPatterns

if TYPE_CHECKING:
    from tree_sitter import Node


class SwiftWalk(SwiftPatterns):
    """The walk over a Swift tree."""

    visits: ClassVar = {
        "import_declaration": "import_",
        "class_declaration": "type_declaration",
        "protocol_declaration": "type_declaration",
        "enum_entry": "enum_entry",
        "function_declaration": "function",
        "protocol_function_declaration": "function",
        "init_declaration": "function",
        "deinit_declaration": "accessor",
        "subscript_declaration": "accessor",
        "computed_property": "accessor",
        "willset_didset_block": "accessor",
        "property_declaration": "property",
        "protocol_property_declaration": "property",
        "typealias_declaration": "alias",
        **dict.fromkeys(TYPES, "type_"),
        "simple_identifier": "identifier",
        "self_expression": "this",
        "super_expression": "super_",
        "navigation_expression": "navigation",
        "call_expression": "call",
        "value_argument": "argument",
        "lambda_literal": "lambda_",
        "postfix_expression": "only_child",
        "try_expression": "last_child",
        "await_expression": "last_child",
        "directly_assignable_expression": "last_child",
        "as_expression": "as_",
        "check_expression": "as_",
        "ternary_expression": "ternary",
        "nil_coalescing_expression": "coalesce",
        "tuple_expression": "tuple",
        "array_literal": "array",
        "statements": "last_child",
        "if_statement": "condition",
        "while_statement": "condition",
        "guard_statement": "guard",
        "for_statement": "for_",
        "switch_statement": "switch",
        "switch_entry": "entry",
        "do_statement": "region",
        "catch_block": "region",
        "pattern": "pattern",
        "control_transfer_statement": "return_",
        "line_string_literal": "string",
        "multi_line_string_literal": "string",
        "value_argument_label": "nothing",
        "tuple_type_item": "nothing",
        "key_path_expression": "key_path_root",
    }
    leaves: ClassVar = frozenset(
        {
            "comment",
            "multiline_comment",
            "integer_literal",
            "real_literal",
            "boolean_literal",
            "hex_literal",
            "line_str_text",
            "visibility_modifier",
            "member_modifier",
            "property_modifier",
            "directive",
        }
    )

    # Names

    def identifier(self, node: Node) -> Expr:
        """A name by itself."""
        name = self.b.text(node).strip("`")
        if name == "Self":
            return ("C",)
        if name in self.casts:
            found = self.casts[name]
            if found == ("a", ("s",), name):
                self.b.use_member(("s",), name, node.start_point[0])
            return found
        if not name.startswith("$"):
            self.b.use(name, node.start_point[0])
        return name

    def _suffix(self, node: Node) -> tuple[Expr, Node | None]:
        """Return what stands before a dot, and the name after it."""
        receiver = self.visit(node.child_by_field_name("target"))
        suffix = node.child_by_field_name("suffix")
        return receiver, suffix.child_by_field_name("suffix") if suffix is not None else None

    def navigation(self, node: Node) -> Expr:
        """`value.name`."""
        receiver, last = self._suffix(node)
        number = self.b.text(last) if last is not None and last.type == "integer_literal" else ""
        if len(number) == 1 and number.isdecimal() and receiver is not None:
            return ("t", receiver, int(number))
        if last is None or last.type != "simple_identifier":
            return None
        name = self.b.text(last).strip("`")
        self.b.use_member(receiver, name, last.start_point[0])
        if name in {"first", "last"} and receiver is not None:
            return ("o", self.member(receiver, name), ("e", receiver))
        return receiver if name == "self" else self.member(receiver, name)

    def call(self, node: Node) -> Expr:
        """A call of a function or of a type, or an element of a value."""
        b = self.b
        children = node.named_children
        callee = children[0]
        suffix = children[-1] if children[-1].type == "call_suffix" else None
        parts = suffix.named_children if suffix is not None else []
        if parts and parts[0].type == "value_arguments" and b.text(parts[0]).startswith("["):
            value = self.visit(callee)
            self.inside(parts[0])
            return None if value is None else ("i", value, ())
        called = self._visit_callee(callee)
        values: list[Expr] = []
        for part in parts:
            if part.type == "value_arguments":
                for argument in part.named_children:
                    values.append(self.argument(argument, called, len(values)))
            elif part.type == "lambda_literal":
                values.append(self.lambda_(part, None if called is None else ("p", called, len(values))))
            else:
                self.visit(part)
        if isinstance(called, tuple) and called[0] == "I":
            return called
        return self.make_call(called, values)

    def _visit_callee(self, callee: Node) -> Expr:
        b = self.b
        row = callee.start_point[0]
        if callee.type == "simple_identifier":
            name = b.text(callee).strip("`")
            if name == "Self":
                return ("I", ("C",))
            b.use(f"{name}()", row)
            if name[:1].isupper():
                b.use_member(name, CONSTRUCTOR, row)
            return f"{name}()"
        if callee.type == "navigation_expression":
            receiver, last = self._suffix(callee)
            if last is None or last.type != "simple_identifier":
                return None
            name, row = b.text(last).strip("`"), last.start_point[0]
            if name == "init":
                b.use_member(receiver, CONSTRUCTOR, row)
                return None if receiver is None or receiver == ("S",) else ("I", receiver)
            b.use_member(receiver, f"{name}()", row)
            return self.member(receiver, f"{name}()")
        return self.visit(callee)

    def argument(self, node: Node, called: Expr = None, position: int = 0) -> Expr:
        """An argument; what it is named is a parameter."""
        value = node.child_by_field_name("value")
        if value is None and node.named_child_count and node.named_children[-1].type != "value_argument_label":
            value = node.named_children[-1]
        if value is not None and value.type == "lambda_literal" and called is not None:
            return self.lambda_(value, ("p", called, position))
        if value is not None and self.b.text(value).startswith("\\.") and called is not None:
            return self._key_path(value, ("p", called, position))
        return self.visit(value)

    path_root: Expr = None
    """What a path of keys without a type begins with."""

    def _key_path(self, node: Node, context: Expr) -> Expr:
        """Read `\\.name`, which is passed for a function: it is `{ $0.name }`."""
        b = self.b
        row = node.start_point[0]
        position = b.add_function("", row, -1, 0, bound=False)

        def act() -> Expr:
            b.bind_parameter("$0", self.pass_argument(context, 0), None, row)
            before, self.path_root = self.path_root, "$0"
            value = self.visit(node)
            self.path_root = before
            b.set_function(position, None, [] if value is None else [value], 0, ["$0"])
            return None

        self.in_function(position, node, act)
        return ("d", position)

    def key_path_root(self, node: Node) -> Expr:
        """Read what stands before the first dot of a path of keys: a type, or nothing."""
        if not node.named_child_count:
            return self.path_root
        name, row = self.b.text(node.named_children[0]), node.start_point[0]
        self.b.use(name, row)
        return ("I", name)

    def lambda_(self, node: Node, context: Expr = None) -> Expr:
        """`{ a, b in ... }`, `{ $0 ... }`."""
        b = self.b
        position = b.add_function("", node.start_point[0], -1, 0, bound=False)

        def act() -> Expr:
            names: list[str] = []
            self._closure_parameters(node.child_by_field_name("type"), names, context)
            if not names:
                for number in range(2):
                    b.bind_parameter(f"${number}", self.pass_argument(context, number), None, node.start_point[0])
                names = ["$0", "$1"]
            value: Expr = None
            for child in node.named_children:
                if child.type == "statements":
                    value = self.visit(child)
            b.set_function(position, None, [] if value is None else [value], 0, names)
            return None

        self.in_function(position, node, act)
        return ("d", position)

    def _closure_parameters(self, node: Node | None, names: list[str], context: Expr) -> None:
        for child in node.named_children if node is not None else ():
            if child.type == "lambda_parameter":
                listed = child.named_children
                name = next((c for c in reversed(listed) if c.type == "simple_identifier"), None)
                type_ = next((self.visit(c) for c in listed if c.type in TYPES), None)
                if name is not None:
                    passed = self.pass_argument(context, len(names)) if type_ is None else None
                    names.append(self.b.text(name))
                    self.b.bind_parameter(names[-1], passed, type_, name.start_point[0])
            elif child.type == "lambda_function_type_parameters":
                self._closure_parameters(child, names, context)
            elif child.type in TYPES:
                self.visit(child)

    # Values

    def as_(self, node: Node) -> Expr:
        """`value as Type`, `value is Type`."""
        type_: Expr = None
        for child in node.named_children:
            found = self.visit(child)
            if child.type in TYPES:
                type_ = found
        return None if type_ is None or node.type == "check_expression" else ("I", type_)

    def ternary(self, node: Node) -> Expr:
        """`condition ? a : b`."""
        self.visit(node.child_by_field_name("condition"))
        return union([self.visit(node.child_by_field_name(f)) for f in ("if_true", "if_false")])

    def coalesce(self, node: Node) -> Expr:
        """`a ?? b`."""
        return union(self.visit_all(node.named_children))

    def tuple(self, node: Node) -> Expr:
        """`(a, b)`."""
        values = self.visit_all(c for c in node.named_children if c.type != "simple_identifier" or not _is_label(c))
        return values[0] if len(values) == 1 else ("T", tuple(values[:8]))

    def string(self, node: Node) -> Expr:
        """A text, with values."""
        self.inside(node)
        return ("l", "String", ())

    def return_(self, node: Node) -> Expr:
        """What a function returns is declared."""
        self.visit(node.child_by_field_name("result"))
        return None


def _is_label(node: Node) -> bool:
    after = node.next_sibling
    return after is not None and after.type == ":"
