"""Facts of C and C++: declarations and definitions, fields, macros with the words they stand for, namespaces.

A tag of C is bound with its keyword (`struct x`), since a type and a tag may share a name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.model import FUNCTION, IS_DECLARATION, IS_PRIVATE, Binding, Expr
from noctule.indexer.parse.facts.walk import TreeWalk

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMES = frozenset(
    {"identifier", "field_identifier", "type_identifier", "operator_name", "destructor_name", "operator_cast"}
)
_WORD = re.compile(r"(?<![\w\"'.>])[A-Za-z_]\w+")
_TAGS = {
    "struct_specifier": "struct",
    "union_specifier": "union",
    "enum_specifier": "enum",
    "class_specifier": "struct",
}
MOST_WORDS = 40


class CWalk(TreeWalk):
    """The walk over a tree of C or C++."""

    visits: ClassVar = {
        "preproc_include": "include",
        "preproc_def": "macro",
        "preproc_function_def": "macro",
        **dict.fromkeys(_TAGS, "tag"),
        "enumerator": "enumerator",
        "function_definition": "function",
        "declaration": "declaration",
        "field_declaration": "declaration",
        "type_definition": "typedef",
        "alias_declaration": "alias",
        "namespace_definition": "namespace",
        "template_declaration": "template",
        "using_declaration": "inside",
        "compound_statement": "block",
        "for_statement": "block",
        "for_range_loop": "for_range",
        "if_statement": "block",
        "while_statement": "block",
        "lambda_expression": "lambda_",
        "catch_clause": "block",
        "parameter_declaration": "parameter",
        "return_statement": "return_",
        "identifier": "identifier",
        "type_identifier": "identifier",
        "namespace_identifier": "identifier",
        "qualified_identifier": "scope_name",
        "template_type": "template_use",
        "template_function": "template_use",
        "template_method": "template_use",
        "type_descriptor": "type_descriptor",
        "field_expression": "field",
        "call_expression": "call",
        "new_expression": "new",
        "cast_expression": "cast",
        "compound_literal_expression": "compound",
        "pointer_expression": "only_child",
        "parenthesized_expression": "only_child",
        "subscript_expression": "subscript",
        "conditional_expression": "conditional",
        "assignment_expression": "assignment",
        "this": "this",
        "initializer_list": "initializers",
        "string_literal": "nothing",
        "sized_type_specifier": "nothing",
        "enum_constant": "inside",
        "field_initializer": "field_initializer",
        "labeled_statement": "label_statement",
    }
    leaves: ClassVar = frozenset(
        {
            "comment",
            "primitive_type",
            "number_literal",
            "char_literal",
            "statement_identifier",
            "true",
            "false",
            "null",
            "storage_class_specifier",
            "type_qualifier",
            "auto",
            "access_specifier",
            "placeholder_type_specifier",
            "virtual_specifier",
            "raw_string_literal",
            "concatenated_string",
            "preproc_arg",
            "preproc_directive",
        }
    )

    def nothing(self, _node: Node) -> Expr:
        """Skip."""
        return None

    # Files and macros

    def include(self, node: Node) -> Expr:
        """`#include "path"`; the module keeps its angle brackets."""
        path = node.child_by_field_name("path")
        if path is not None:
            self.b.add_import(self.b.text(path).strip('"'), "", node.start_point[0])
        return None

    def macro(self, node: Node) -> Expr:
        """A macro, with the words that it puts where it is used."""
        b = self.b
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None:
            return None
        words: list[str] = []
        if value is not None:
            own = node.child_by_field_name("parameters")
            mine = set(re.findall(r"\w+", b.text(own))) if own is not None else set()
            words = [w for w in dict.fromkeys(_WORD.findall(b.text(value))) if w not in mine][:MOST_WORDS]
        row = name.start_point[0]
        spelled = b.text(name)
        found = Binding(0, ("M", tuple(words)), None, row, b.end, b.find_definition(spelled, row), False)
        b.scopes[0].names.setdefault(spelled, []).append(found)
        return None

    # Types

    def tag(self, node: Node) -> Expr:
        """A struct, union, enumeration or class: its definition where it has a body, else its name."""
        b = self.b
        keyword = _TAGS[node.type]
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is not None and name.type not in {"type_identifier"}:
            self.visit(name)
            name = _last_name(name)
        spelled = b.text(name) if name is not None else ""
        bound = f"{keyword} {spelled}" if spelled else ""
        if body is None:
            if bound and name is not None:
                b.use(bound, name.start_point[0])
            return bound or None
        row = (name or node).start_point[0]
        position = b.add_class(spelled, row, (), keyword, self.template_names, bound=False)
        self.template_names = ()
        definition = b.classes[position].definition
        for as_name in ([bound] if bound else []) + ([spelled] if spelled and b.language == "cpp" else []):
            b.bind(as_name, position, None, row, tag=1, end=b.end)
            bindings = b.scopes[b.scope].names[as_name]
            bindings[-1] = bindings[-1]._replace(definition=definition)
        bases = []
        for child in node.named_children:
            if child.type == "base_class_clause":
                bases = [base for base in self.visit_all(child.named_children) if base is not None]
        outer = b.scope
        before, block, end = b.enter_class(position), b.block, b.end
        b.block, b.end = None, node.end_point[0]
        self.enclosing.append((position, outer))
        self.inside(body)
        self.enclosing.pop()
        b.close(before)
        b.block, b.end = block, end
        b.classes[position] = b.classes[position]._replace(bases=tuple(bases))
        return ("k", position)

    def enumerator(self, node: Node) -> Expr:
        """A constant of an enumeration is seen outside of it."""
        b = self.b
        name = node.child_by_field_name("name")
        self.visit(node.child_by_field_name("value"))
        if name is not None:
            spelled, row = b.text(name), name.start_point[0]
            class_, outer = self.enclosing[-1] if self.enclosing else (-1, b.scope)
            for scope in {b.scope, outer}:
                found = Binding(
                    0,
                    ("I", ("k", class_)) if class_ >= 0 else None,
                    None,
                    row,
                    b.end,
                    b.find_definition(spelled, row),
                    False,
                )
                b.scopes[scope].names.setdefault(spelled, []).append(found)
        return None

    def typedef(self, node: Node) -> Expr:
        """`typedef type name;`."""
        type_ = self.visit(node.child_by_field_name("type"))
        for declarator in node.children_by_field_name("declarator"):
            name, function = self._peel(declarator)[:2]
            if function is not None:
                self._parameters(function, bind=False)
            if name is not None:
                self.b.bind(self.b.text(name), type_, None, name.start_point[0])
        return None

    def alias(self, node: Node) -> Expr:
        """`using name = type;`."""
        name = node.child_by_field_name("name")
        type_ = self.visit(node.child_by_field_name("type"))
        if name is not None:
            self.b.bind(self.b.text(name), type_, None, name.start_point[0])
        return None

    def namespace(self, node: Node) -> Expr:
        """A namespace: its names are the file's; the namespace itself is a name before `::`."""
        b = self.b
        name = node.child_by_field_name("name")
        if name is not None:
            for part in name.named_children or [name]:
                b.members.append(
                    ("namespace", b.text(part), Binding(0, None, None, part.start_point[0], b.end, -1, False))
                )
        self.visit(node.child_by_field_name("body"))
        return None

    def template(self, node: Node) -> Expr:
        """`template <typename T>` before a definition."""
        names = []
        for child in (node.child_by_field_name("parameters") or node).named_children:
            if (
                child.type in {"type_parameter_declaration", "variadic_type_parameter_declaration"}
                and child.named_child_count
            ):
                names.append(self.b.text(child.named_children[0]))
        before, self.template_names = self.template_names, tuple(names)
        for child in node.named_children[1:]:
            self.visit(child)
        self.template_names = before
        return None

    def type_descriptor(self, node: Node) -> Expr:
        """A type in an expression."""
        return self.visit(node.child_by_field_name("type"))

    # Declarations

    def _peel(self, declarator: Node) -> tuple[Node | None, Node | None, list[Expr], Node | None]:
        """Return the name in a declarator, its function part, the scopes before the name, and its first value."""
        owners: list[Expr] = []
        function = value = None
        node: Node | None = declarator
        while node is not None and node.type not in _NAMES:
            inner = node.child_by_field_name("declarator")
            kind = node.type
            if kind == "qualified_identifier":
                scope = node.child_by_field_name("scope")
                if scope is not None:
                    owners.append(self.visit(scope))
                inner = node.child_by_field_name("name")
            elif kind in {"parenthesized_declarator", "reference_declarator"}:
                inner = node.named_children[0] if node.named_child_count else None
            elif kind == "function_declarator":
                if inner is None or inner.type != "parenthesized_declarator":
                    function = node
            elif kind in {"template_function", "template_type"}:
                inner = node.child_by_field_name("name")
            elif kind == "init_declarator":
                value = node.child_by_field_name("value")
            elif kind == "array_declarator":
                self.visit(node.child_by_field_name("size"))
            node = inner
        return node, function, owners, value

    def declaration(self, node: Node) -> Expr:
        """Variables, prototypes and fields."""
        b = self.b
        written = node.child_by_field_name("type")
        type_ = self.visit(written)
        static = any(child.type == "storage_class_specifier" and b.text(child) == "static" for child in node.children)
        for declarator in node.children_by_field_name("declarator"):
            name, function, _, value = self._peel(declarator)
            if function is not None and name is not None:
                self._prototype(name, function, type_, static=static)
                continue
            found = self._value(value, type_)
            if name is not None:
                hidden = static and b.scope == 0 and b.language == "c"
                block = (0, b.end) if hidden else b.block
                b.bind(
                    b.text(name),
                    found,
                    type_,
                    name.start_point[0],
                    scoped=block is not None,
                    start=0 if hidden else None,
                    end=block[1] if block else None,
                )
        self._value(node.child_by_field_name("default_value"), type_)
        return None

    def _value(self, node: Node | None, type_: Expr) -> Expr:
        if node is not None and node.type == "initializer_list":
            return self._initializers(node, type_)
        return self.visit(node)

    def _prototype(self, name: Node, function: Node, returns: Expr, *, static: bool) -> None:
        b = self.b
        flags = IS_DECLARATION | (IS_PRIVATE if static and b.language == "c" else 0)
        class_ = b.scopes[b.scope].class_
        position = b.add_function(b.text(name), name.start_point[0], class_, flags)
        before = b.enter_function(position)
        parameters = self._parameters(function, bind=True)
        b.close(before)
        b.set_function(position, returns, [], flags, parameters)

    def _parameters(self, function: Node, *, bind: bool) -> list[str]:
        names = []
        listed = function.child_by_field_name("parameters")
        for child in listed.named_children if listed is not None else ():
            type_ = self.visit(child.child_by_field_name("type"))
            declarator = child.child_by_field_name("declarator")
            name = self._peel(declarator)[0] if declarator is not None else None
            self.visit(child.child_by_field_name("default_value"))
            spelled = self.b.text(name) if name is not None else ""
            names.append(spelled)
            if bind and spelled and name is not None:
                self.b.bind_parameter(spelled, None, type_, name.start_point[0])
        return names

    def parameter(self, node: Node) -> Expr:
        """A parameter outside of a function's head."""
        self.visit(node.child_by_field_name("type"))
        return None

    def function(self, node: Node) -> Expr:
        """A function with its body."""
        b = self.b
        declarator = node.child_by_field_name("declarator")
        returns = self.visit(node.child_by_field_name("type"))
        if declarator is None:
            return self.inside(node)
        name, function, owners, _ = self._peel(declarator)
        if name is None or function is None:
            return self.inside(node)
        generic, self.template_names = self.template_names, ()
        static = any(child.type == "storage_class_specifier" and b.text(child) == "static" for child in node.children)
        flags = IS_PRIVATE if static and b.language == "c" else 0
        spelled, row = b.text(name), name.start_point[0]
        class_ = b.scopes[b.scope].class_
        owner = next((o for o in reversed(owners) if o is not None), None)
        position = b.add_function(spelled, row, class_, flags, bound=owner is None)
        if owner is not None:
            last = owner
            while isinstance(last, tuple):
                last = last[2] if last[0] == "a" else last[1]
            b.members.append(
                (last, spelled, Binding(FUNCTION, position, None, row, b.end, b.functions[position].definition, False))
            )
        b.functions[position] = b.functions[position]._replace(generic=generic)
        before, end, block = b.enter_function(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        parameters = self._parameters(function, bind=True)
        for child in node.named_children:
            if child.type == "field_initializer_list":
                self.inside(child)
        body = node.child_by_field_name("body")
        if body is not None:
            self.inside(body)
        b.close(before)
        b.end, b.block = end, block
        b.set_function(position, returns, [], flags, parameters)
        return None

    def lambda_(self, node: Node) -> Expr:
        """A function without a name."""
        b = self.b
        position = b.add_function("", node.start_point[0], -1, 0, bound=False)
        before, end, block = b.enter_function(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        declarator = node.child_by_field_name("declarator")
        names = self._parameters(declarator, bind=True) if declarator is not None else []
        body = node.child_by_field_name("body")
        if body is not None:
            self.inside(body)
        b.close(before)
        b.end, b.block = end, block
        b.set_function(position, None, [], 0, names)
        return ("d", position)

    def return_(self, node: Node) -> Expr:
        """What a function returns is declared."""
        return self.inside(node)

    # Statements

    def block(self, node: Node) -> Expr:
        """What is declared in a block is seen to its end."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        self.inside(node)
        b.block = block
        return None

    def for_range(self, node: Node) -> Expr:
        """`for (type name : values)`."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        type_ = self.visit(node.child_by_field_name("type"))
        value = self.visit(node.child_by_field_name("right"))
        declarator = node.child_by_field_name("declarator")
        name = self._peel(declarator)[0] if declarator is not None else None
        if name is not None:
            b.bind(
                b.text(name),
                ("e", value) if value is not None else None,
                type_,
                name.start_point[0],
                scoped=True,
                end=b.block[1],
            )
        self.visit(node.child_by_field_name("body"))
        b.block = block
        return None

    def label_statement(self, node: Node) -> Expr:
        """A statement with a label."""
        for child in node.named_children[1:]:
            self.visit(child)
        return None

    # Values

    def identifier(self, node: Node) -> Expr:
        """A name by itself."""
        name = self.b.text(node)
        self.b.use(name, node.start_point[0])
        return name

    def scope_name(self, node: Node) -> Expr:
        """`scope::name`."""
        scope, name = node.child_by_field_name("scope"), node.child_by_field_name("name")
        if name is None:
            return None
        if scope is None:
            return self.visit(name)
        receiver = self.visit(scope)
        while name is not None and name.type == "qualified_identifier":
            inner = name.child_by_field_name("scope")
            if inner is not None:
                receiver = self._member(receiver, inner)
            name = name.child_by_field_name("name")
        return None if name is None else self._member(receiver, name)

    def _member(self, receiver: Expr, node: Node) -> Expr:
        last = node.child_by_field_name("name") or node
        name = self.b.text(last)
        self.b.use_member(receiver, name, last.start_point[0])
        self.visit(node.child_by_field_name("arguments"))
        return self.member(receiver, name)

    def template_use(self, node: Node) -> Expr:
        """`name<arguments>`."""
        base = self.visit(node.child_by_field_name("name"))
        arguments = node.child_by_field_name("arguments")
        given = self.visit_all(arguments.named_children) if arguments is not None else []
        return None if base is None else ("i", base, tuple(given))

    def field(self, node: Node) -> Expr:
        """`value.name`, `value->name`."""
        receiver = self.visit(node.child_by_field_name("argument"))
        name = node.child_by_field_name("field")
        if name is None:
            return None
        if name.type in {"template_method", "dependent_name"}:
            return self._member(receiver, name)
        spelled = self.b.text(name)
        self.b.use_member(receiver, spelled, name.start_point[0])
        return self.member(receiver, spelled)

    def call(self, node: Node) -> Expr:
        """A call."""
        called = self.visit(node.child_by_field_name("function"))
        self.visit(node.child_by_field_name("arguments"))
        return None if called is None else ("c", called)

    def new(self, node: Node) -> Expr:
        """`new Type(...)`."""
        type_ = self.visit(node.child_by_field_name("type"))
        self.visit(node.child_by_field_name("arguments"))
        return None if type_ is None else ("n", type_)

    def cast(self, node: Node) -> Expr:
        """`(Type) value`."""
        type_ = self.visit(node.child_by_field_name("type"))
        self.visit(node.child_by_field_name("value"))
        return None if type_ is None else ("I", type_)

    def compound(self, node: Node) -> Expr:
        """`(Type){...}`."""
        type_ = self.visit(node.child_by_field_name("type"))
        value = node.child_by_field_name("value")
        if value is not None:
            self._initializers(value, type_)
        return None if type_ is None else ("I", type_)

    def initializers(self, node: Node) -> Expr:
        """`{ ... }` where no type is known."""
        return self._initializers(node, None)

    def _initializers(self, node: Node, type_: Expr) -> Expr:
        for child in node.named_children:
            if child.type != "initializer_pair":
                self._value(child, type_)
                continue
            expected = type_
            for part in child.named_children[:-1]:
                if part.type == "field_designator" and part.named_child_count:
                    name = self.b.text(part.named_children[0])
                    if expected is not None:
                        self.b.use_member(("I", expected), name, part.start_point[0])
                        expected = ("V", ("a", ("I", expected), name))
                else:
                    self.visit(part)
            self._value(child.named_children[-1], expected)
        return None if type_ is None else ("I", type_)

    def subscript(self, node: Node) -> Expr:
        """`value[index]`: an element, or what a pointer points to."""
        base = self.visit(node.child_by_field_name("argument"))
        self.visit(node.child_by_field_name("indices"))
        return None if base is None else ("x", base)

    def conditional(self, node: Node) -> Expr:
        """One of two values."""
        self.visit(node.child_by_field_name("condition"))
        values = [self.visit(node.child_by_field_name(f)) for f in ("consequence", "alternative")]
        known = [v for v in values if v is not None]
        return None if not known else known[0] if len(known) == 1 else ("o", *known)

    def assignment(self, node: Node) -> Expr:
        """`name = value`."""
        left = self.visit(node.child_by_field_name("left"))
        self.visit(node.child_by_field_name("right"))
        return left

    def this(self, _node: Node) -> Expr:
        """The object."""
        return ("s",)

    def field_initializer(self, node: Node) -> Expr:
        """A field that a constructor sets."""
        for child in node.named_children:
            if child.type == "field_identifier":
                self.b.use(self.b.text(child), child.start_point[0])
            else:
                self.visit(child)
        return None

    template_names: tuple[str, ...] = ()

    def run(self, root: Node) -> None:
        """Visit the whole tree."""
        self.enclosing: list[tuple[int, int]] = []
        self.inside(root)


def _last_name(node: Node) -> Node:
    while (inner := node.child_by_field_name("name")) is not None:
        node = inner
    return node
