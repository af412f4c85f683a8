"""Facts of Rust: modules, `use` trees, types with what `impl` gives them, and what functions return.

A field is bound as `field x`, a macro as `macro x`: these are worlds of their own. A module written in place is a
type without a scope around it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.blocks import union
from noctule.indexer.parse.facts.builder import depth
from noctule.indexer.parse.facts.model import Expr
from noctule.indexer.parse.facts.rust.modules import RustModules
from noctule.indexer.parse.facts.rust.tokens import RustTokens
from noctule.indexer.parse.facts.walk import DEEPEST_ARGUMENT, MOST_ARGUMENTS

if TYPE_CHECKING:
    from tree_sitter import Node


_TRANSPARENT = frozenset({"Box", "Rc", "Arc", "Pin", "Cow", "Ref", "RefMut", "ManuallyDrop"})
"""Types of the library that pass on the members of what they hold."""
_WRAPPERS = {"Some": "Option", "Ok": "Result"}


class RustWalk(RustModules, RustTokens):
    """The walk over a Rust tree."""

    expected: Expr = None
    """What the parameter is declared to be for which the value is that is read next."""

    visits: ClassVar = {
        "use_declaration": "use_",
        "extern_crate_declaration": "extern_crate",
        "mod_item": "mod",
        "struct_item": "struct",
        "union_item": "struct",
        "enum_item": "enum",
        "trait_item": "trait",
        "impl_item": "impl",
        "function_item": "function",
        "function_signature_item": "function",
        "const_item": "constant",
        "static_item": "constant",
        "type_item": "alias",
        "associated_type": "alias",
        "macro_definition": "macro",
        "macro_invocation": "invocation",
        "let_declaration": "let",
        "let_condition": "let",
        "closure_expression": "closure",
        "block": "region",
        "unsafe_block": "region",
        "async_block": "async_block",
        "if_expression": "if_",
        "while_expression": "region",
        "loop_expression": "region",
        "for_expression": "for_",
        "match_expression": "match",
        "match_arm": "arm",
        "identifier": "identifier",
        "type_identifier": "identifier",
        "self": "this",
        "crate": "crate",
        "super": "super_",
        "scoped_identifier": "path",
        "scoped_type_identifier": "path",
        "field_expression": "field",
        "call_expression": "call",
        "generic_function": "turbofish",
        "struct_expression": "struct_literal",
        "await_expression": "await_",
        "try_expression": "try_",
        "reference_expression": "last_child",
        "parenthesized_expression": "last_child",
        "unary_expression": "last_child",
        "expression_statement": "last_child",
        "type_cast_expression": "cast",
        "index_expression": "element",
        "tuple_expression": "tuple_",
        "array_expression": "array",
        "generic_type": "generic",
        "reference_type": "last_child",
        "pointer_type": "last_child",
        "dynamic_type": "last_child",
        "abstract_type": "last_child",
        "bracketed_type": "last_child",
        "qualified_type": "qualified_path",
        "bounded_type": "bounds",
        "trait_bounds": "bounds",
        "function_type": "function_type",
        "tuple_type": "tuple_type",
        "array_type": "array_type",
        "type_binding": "type_field",
        "string_literal": "string",
        "raw_string_literal": "string",
    }
    leaves: ClassVar = frozenset(
        {
            "line_comment",
            "block_comment",
            "attribute_item",
            "inner_attribute_item",
            "visibility_modifier",
            "lifetime",
            "label",
            "primitive_type",
            "integer_literal",
            "float_literal",
            "boolean_literal",
            "char_literal",
            "empty_statement",
        }
    )

    # Values

    def identifier(self, node: Node) -> Expr:
        """A name by itself."""
        name = self.b.text(node)
        if name == "Self":
            return ("C",)
        self.b.use(name, node.start_point[0])
        return name

    def crate(self, _node: Node) -> Expr:
        """The root of the crate."""
        return "crate"

    def super_(self, _node: Node) -> Expr:
        """The module around."""
        return self._within("super")

    def path(self, node: Node) -> Expr:
        """`a::b`."""
        outer, last = node.child_by_field_name("path"), node.child_by_field_name("name")
        if last is None:
            return None
        name, row = self.b.text(last), last.start_point[0]
        if outer is None:
            return None
        if outer.type in {"self", "super"} or self.b.text(outer) in {"super::super", "self::super"}:
            receiver: Expr = self._within(self.b.text(outer))
        else:
            receiver = self.visit(outer)
        if name == "super":
            return None
        self.b.use_member(receiver, name, row)
        return self.member(receiver, name)

    def field(self, node: Node) -> Expr:
        """`value.field`."""
        receiver = self.visit(node.child_by_field_name("value"))
        last = node.child_by_field_name("field")
        if last is None:
            return None
        spelled = self.b.text(last)
        name = f"field {spelled}"
        self.b.use_member(receiver, name, last.start_point[0])
        if len(spelled) == 1 and spelled.isdecimal() and receiver is not None:
            return ("??", self.member(receiver, name), ("t", receiver, int(spelled)))
        return self.member(receiver, name)

    def method(self, node: Node) -> Expr:
        """`value.name`, which is called."""
        receiver = self.visit(node.child_by_field_name("value"))
        last = node.child_by_field_name("field")
        if last is None:
            return None
        self.b.use_member(receiver, self.b.text(last), last.start_point[0])
        return self.member(receiver, self.b.text(last))

    def call(self, node: Node) -> Expr:
        """A call of a function, a method, a constructor or a variant."""
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        types: tuple[Expr, ...] = ()
        if function is not None and function.type == "generic_function":
            given = function.child_by_field_name("type_arguments")
            types = tuple(self.visit_all(given.named_children)) if given is not None else ()
            function = function.child_by_field_name("function")
        if function is None:
            return self.inside(node)
        expected, self.expected = self.expected, None
        called = self.method(function) if function.type == "field_expression" else self.visit(function)
        is_box = expected is not None and _find_owner(called) in _TRANSPARENT
        values: list[Expr] = []
        for position, child in enumerate(arguments.named_children if arguments is not None else ()):
            inner = child.named_children[-1] if child.type == "reference_expression" else child
            context = expected if is_box else None if called is None else ("p", called, position)
            if inner.type == "closure_expression" and context is not None:
                values.append(self.closure(inner, context))
            else:
                self.expected = context if inner.type == "call_expression" else None
                values.append(self.visit(child))
                self.expected = None
        if not called:
            return None
        if isinstance(called, str):
            wrapper = _WRAPPERS.get(called)
            return ("c", called) if wrapper is None else ("l", wrapper, (values[0] if values else None,))
        if called[0] == "a" and _find_owner(called) in _TRANSPARENT and values:
            return values[0] if called[2] in {"new", "clone", "pin", "from"} else None
        result = self.make_call(called, values, types)
        if called[0] == "a" and function.type == "scoped_identifier" and called[2][:1].isupper():
            return ("o", result, called)
        return result

    def turbofish(self, node: Node) -> Expr:
        """`name::<T>`, which is not called."""
        return self.only_child(node)

    def struct_literal(self, node: Node) -> Expr:
        """`Type { field: value, ..rest }`."""
        b = self.b
        type_ = self.visit(node.child_by_field_name("name"))
        made: Expr = None if type_ is None else ("I", type_)
        given: list[Expr] = []
        body = node.child_by_field_name("body")
        for child in body.named_children if body is not None else ():
            if child.type == "field_initializer":
                name = child.child_by_field_name("field") or child.child_by_field_name("name")
                if name is not None:
                    b.use_member(made, f"field {b.text(name)}", name.start_point[0])
                value = self.visit(child.child_by_field_name("value"))
                given.append(_give(name, value, self.b.text))
            elif child.type == "shorthand_field_initializer":
                for part in child.named_children:
                    if part.type == "identifier":
                        b.use_member(made, f"field {b.text(part)}", part.start_point[0])
                        given.append(_give(part, self.visit(part), self.b.text))
            else:
                self.visit(child)
        kept = tuple(one for one in given if one is not None)[:MOST_ARGUMENTS]
        return ("n", type_, kept) if made is not None and kept else made

    def try_(self, node: Node) -> Expr:
        """`value?`."""
        value = self.only_child(node)
        return None if value is None else ("x", value)

    def cast(self, node: Node) -> Expr:
        """`value as Type`."""
        self.visit(node.child_by_field_name("value"))
        type_ = self.visit(node.child_by_field_name("type"))
        return None if type_ is None else ("I", type_)

    def string(self, _node: Node) -> Expr:
        """A text."""
        return ("l", "str", ())

    def async_block(self, node: Node) -> Expr:
        """`async { }` gives its value when it is awaited."""
        value = self.region(node)
        return None if value is None else ("y", value)

    # Types in expressions

    def generic(self, node: Node) -> Expr:
        """`Type<A, B>`; a smart pointer is what it points to."""
        base = self.visit(node.child_by_field_name("type"))
        arguments = node.child_by_field_name("type_arguments")
        listed = [c for c in arguments.named_children if c.type != "lifetime"] if arguments is not None else []
        given = self.visit_all(listed)
        if isinstance(base, str) and base in _TRANSPARENT:
            return given[-1] if given else None
        return None if base is None else ("i", base, tuple(given))

    def qualified_path(self, node: Node) -> Expr:
        """`<Type as Trait>`: what it names is the trait's."""
        self.visit(node.child_by_field_name("type"))
        return self.visit(node.child_by_field_name("alias"))

    def bounds(self, node: Node) -> Expr:
        """`A + B`."""
        return union(self.visit_all(node.named_children))

    def array_type(self, node: Node) -> Expr:
        """`[T; n]`, `[T]`."""
        element = self.visit(node.child_by_field_name("element"))
        self.visit(node.child_by_field_name("length"))
        return ("l", "Array", (("I", element),))


def _find_owner(called: Expr) -> str:
    """Return the name before the last one of a path; empty where there is none."""
    if not isinstance(called, tuple) or called[0] != "a":
        return ""
    owner = called[1][2] if isinstance(called[1], tuple) and called[1][0] == "a" else called[1]
    return owner if isinstance(owner, str) else ""


def _give(name: Node | None, value: Expr, text: Callable[[Node], str]) -> Expr:
    """Return what a field is set to, where that may say what a type parameter is."""
    if name is None or value is None or depth(value) > DEEPEST_ARGUMENT:
        return None
    return ("=", f"field {text(name)}", value)
