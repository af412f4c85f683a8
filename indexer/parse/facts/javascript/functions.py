"""Functions and object literals of JavaScript: what is written into them depends on the type expected there."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.builder import literal, unite, wrap
from noctule.indexer.parse.facts.javascript.comments import JavaScriptComments, TypeNote
from noctule.indexer.parse.facts.javascript.names import JavaScriptNames
from noctule.indexer.parse.facts.model import (
    FUNCTION,
    IMPORT,
    IS_ASYNC,
    IS_DECLARATION,
    IS_GENERATOR,
    IS_PROPERTY,
    IS_STATIC,
    Binding,
    Expr,
)

if TYPE_CHECKING:
    from tree_sitter import Node

FUNCTIONS = frozenset({"arrow_function", "function_expression", "generator_function", "function"})


class JavaScriptFunctions(JavaScriptNames, JavaScriptComments):
    """The part of the walk that reads functions and objects."""

    visits: ClassVar = {
        "object": "object_",
        "arrow_function": "function_value",
        "function_expression": "function_value",
        "generator_function": "function_value",
        "function_declaration": "function",
        "generator_function_declaration": "function",
        "function_signature": "function",
        "method_definition": "method",
        "method_signature": "method",
        "abstract_method_signature": "method",
        "call_signature": "call_signature",
        "return_statement": "return_",
        "yield_expression": "yield_",
    }
    values: list[Expr]
    expected: Expr = None
    owner = -1
    """The type that the function which is read next is set on."""

    def function_value(self, node: Node) -> Expr:
        """A function that is written down as a value."""
        return self._value(node, None)

    def function(self, node: Node) -> Expr:
        """A function with a name."""
        name = node.child_by_field_name("name")
        return self._function(node, self.b.text(name) if name is not None else "", -1, name=name)

    def method(self, node: Node) -> Expr:
        """A method, or what an interface says of one."""
        return self._method(node, None)

    def _method(self, node: Node, whole: Expr) -> Expr:
        name = node.child_by_field_name("name")
        spelled = self._key(name) if name is not None else ""
        class_ = self.b.scopes[self.b.scope].class_
        context: Expr = None
        if whole is not None and spelled:
            self.b.use_member(whole, spelled, node.start_point[0])
            context = ("a", whole, spelled)
        return self._function(node, spelled, class_, name=name, context=context)

    def call_signature(self, node: Node) -> Expr:
        """What an interface or a shape says of being called itself."""
        return self._function(node, "__call__", self.b.scopes[self.b.scope].class_, name=node)

    def _function(
        self,
        node: Node,
        spelled: str,
        class_: int,
        *,
        bound: bool = True,
        name: Node | None = None,
        context: Expr = None,
        definition: int | None = None,
    ) -> Expr:
        b = self.b
        flags = 0
        if self.owner >= 0:
            class_, self.owner = self.owner, -1
        for child in node.children[:6]:
            word = child.type
            flags |= IS_ASYNC if word == "async" else IS_STATIC if word == "static" else 0
            flags |= IS_PROPERTY if word in {"get", "set"} else IS_GENERATOR if word == "*" else 0
            if word in {"formal_parameters", "identifier"}:
                break
        row = (name or node).start_point[0]
        note = self.take_parameters(node.start_point[0]) if self.notes else None
        position = b.add_function(spelled, row, class_, flags, bound=bound and bool(spelled), definition=definition)
        before, end, block = b.enter_function(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        outer, self.values = self.values, []
        b.functions[position] = b.functions[position]._replace(
            generic=self._type_parameters(node.child_by_field_name("type_parameters"))
        )
        self._bind_bounds()
        parameters = self._parameters(node, class_, spelled, context, note)
        own = node.child_by_field_name("name") if node.type in FUNCTIONS else None
        if own is not None and b.text(own) not in b.scopes[b.scope].names:  # seen inside of it alone
            b.bind(b.text(own), ("d", position), None, own.start_point[0])
        returns = self.visit(node.child_by_field_name("return_type"))
        if note is not None and note.returns:
            returns = self.read_type(note.returns)
        wanted = returns
        if returns is None and context is not None:
            wanted = ("V", ("c", ("I", context)))
            if flags & IS_ASYNC:
                wanted = ("V", ("y", wanted[1]))
        body = node.child_by_field_name("body")
        (expected, self.expected), told = (self.expected, wanted), self.told
        if body is not None and body.type == "statement_block":
            self.inside(body)
        elif body is not None:
            self.values.append(self._value(body, wanted))
        self.expected, self.told = expected, {name: told[name] for name in told if name in self.told}
        values, self.values = self.values, outer
        b.close(before)
        b.end, b.block = end, block
        if flags & IS_GENERATOR and returns is not None:
            flags &= ~IS_GENERATOR
        if returns is not None:
            flags &= ~IS_ASYNC  # the promise is written down
        if body is None:
            flags |= IS_DECLARATION
        elif bound and self._is_overloaded(spelled):
            returns, values = None, []  # who calls it sees its signatures alone
        b.set_function(position, returns, [v for v in values if v is not None], flags, parameters)
        return ("d", position)

    def _is_overloaded(self, name: str) -> bool:
        """Tell whether signatures of a function stand before it."""
        before = self.b.scopes[self.b.scope].names.get(name, ())[:-1]
        return any(b.tag == FUNCTION and self.b.functions[b.value].flags & IS_DECLARATION for b in before)

    def _parameters(
        self, node: Node, class_: int, spelled: str, context: Expr, note: TypeNote | None = None
    ) -> list[str]:
        listed = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
        if listed is None:
            return []
        names: list[str] = []
        children = [listed] if listed.type == "identifier" else listed.named_children
        for child in children:
            pattern, type_, value = child, None, None
            if child.type in {"required_parameter", "optional_parameter"}:
                pattern = child.child_by_field_name("pattern") or child
                type_ = self.visit(child.child_by_field_name("type"))
                value = child.child_by_field_name("value")
            elif child.type == "assignment_pattern":
                pattern, value = child.named_children[0], child.named_children[-1]
            elif child.type in {"comment", "decorator"}:
                continue
            if pattern.type == "this":
                continue
            if note is not None and type_ is None:
                type_ = self._told_type(note, pattern, len(names))
            default = self._value(value, type_)
            if default is None and context is not None and type_ is None:
                default = ("q", context, len(names))
            names.append(self.b.text(pattern) if pattern.type in {"identifier", "rest_pattern"} else "")
            if pattern.type == "identifier":
                row = pattern.start_point[0]
                self.b.bind_parameter(names[-1], default, type_, row)
                if spelled == "constructor" and class_ >= 0 and _is_field(child):
                    self.b.add_field(class_, names[-1], None, type_, row)
            elif pattern.type == "rest_pattern" and pattern.named_children[0].type == "identifier":
                self.b.bind_parameter(names[-1].removeprefix("..."), None, type_, pattern.start_point[0])
            elif pattern.type == "rest_pattern":
                self._bind(pattern.named_children[0], None, type_)
            else:
                if type_ is not None:  # who calls asks for the type of the whole
                    names[-1] = f"<{len(names)}>"
                    self.b.bind_parameter(names[-1], None, type_, pattern.start_point[0])
                self._bind(pattern, ("I", type_) if type_ is not None else default, None)
        return names

    def _told_type(self, note: TypeNote, pattern: Node, position: int) -> Expr:
        """Return the type that a comment tells of a parameter: by its name, or by its place where it has none."""
        if pattern.type == "identifier":
            text = next((text for name, text in note.parameters if name == self.b.text(pattern)), "")
        else:
            text = note.parameters[position][1] if position < len(note.parameters) else ""
        return self.read_type(text) if text else None

    def return_(self, node: Node) -> Expr:
        """What a function returns."""
        for child in node.named_children:
            if child.type != "comment":
                self.values.append(self._value(child, self.expected))
        return None

    def yield_(self, node: Node) -> Expr:
        """What a generator yields."""
        self.values.append(self.only_child(node))
        return None

    def object_(self, node: Node) -> Expr:
        """An object that is written down."""
        return self._object(node, None)

    def _object(self, node: Node, context: Expr) -> Expr:
        """Make a shape of an object; its keys are those of the type that is expected there."""
        b = self.b
        position = b.add_class("", node.start_point[0], (), "object", bound=False)
        before = b.enter_class(position)
        block, b.block = b.block, None
        bases = []
        whole = None if context is None else self.narrow_expected(node, ("I", context))
        for child in node.named_children:
            kind = child.type
            row = child.start_point[0]
            if kind == "pair":
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                name = self._key(key)
                inner = ("a", whole, name) if whole is not None and name else None
                if name and whole is not None:
                    b.use_member(whole, name, row)
                is_method = value is not None and value.type in FUNCTIONS and value.type != "arrow_function"
                b.scope = b.classes[position].scope if is_method else before
                found = self._value(value, inner)
                b.scope = b.classes[position].scope
                if name:
                    b.bind(name, found if is_method or not _has_self(found) else ("up", found), None, row)
            elif kind == "shorthand_property_identifier":
                name = b.text(child)
                if whole is not None:
                    b.use_member(whole, name, row)
                b.close(before)
                self.identifier(child)
                inner_scope = b.scopes[b.classes[position].scope]
                b.scope = b.classes[position].scope
                if name not in inner_scope.names:
                    b.bind(name, ("up", name), None, row)
            elif kind == "spread_element":
                bases.append(self.only_child(child))
            elif kind == "method_definition":
                self._method(child, whole)
            else:
                self.visit(child)
        b.close(before)
        b.block = block
        if bases:
            b.classes[position] = b.classes[position]._replace(bases=tuple(("C?", e) for e in bases if e is not None))
        return ("I", ("k", position))

    def _value(self, node: Node | None, context: Expr, name: str = "", definition: int | None = None) -> Expr:
        """Visit a value where one of a known type is expected."""
        if node is None:
            return None
        if node.type == "object":
            return self._object(node, context)
        if node.type in FUNCTIONS:
            own = node.child_by_field_name("name")
            if own is not None and definition is None:
                definition = self.b.find_definition(self.b.text(own), own.start_point[0])
            return self._function(node, name, -1, bound=False, context=context, definition=definition)
        if node.type == "parenthesized_expression" and node.named_child_count == 1:
            return self._value(node.named_children[0], context)
        if node.type == "array" and context is not None:
            self._array(node, context)
            return ("I", context)
        return self.visit(node)

    def visit_argument(self, node: Node, context: Expr) -> Expr:
        """Visit what is passed where a type may be expected; what it is says it itself."""
        return self._array(node, context) if node.type == "array" else self._value(node, context)

    def _array(self, node: Node, context: Expr) -> Expr:
        """Visit an array; it is one of its first elements."""
        element = None if context is None else ("V", ("e", ("I", context)))
        children = [child for child in node.named_children if child.type != "comment"]
        items = [self._value(child, element) for child in children]
        items = [
            wrap("e", item) if child.type == "spread_element" else item
            for child, item in zip(children, items, strict=True)
        ]
        spread = next((n for n, child in enumerate(children) if child.type == "spread_element"), len(items))
        return literal("Array", items) if spread == len(items) else ("l", "Array", (unite(items[:3]),))

    def export_names(self, value: Expr) -> None:
        """Let `name` of an exported object `{ name }` stand for what has that name in the file."""
        shape = shape_of(value)
        if shape < 0:
            return
        scope = self.b.scopes[self.b.classes[shape].scope]
        for name, bound in scope.names.items():
            if len(bound) == 1 and bound[0].value == ("up", name):
                scope.names[name] = [Binding(IMPORT, "", name, bound[0].row, bound[0].end, -1, False)]


def shape_of(value: Expr) -> int:
    """Return the shape of an object that is written down; -1 where a value is something else."""
    if isinstance(value, tuple) and value[0] == "I" and isinstance(value[1], tuple) and value[1][0] == "k":
        return int(value[1][1])
    return -1


def _has_self(expression: Expr) -> bool:
    """Tell whether an expression speaks of this object."""
    if not isinstance(expression, tuple):
        return False
    return expression in {("s",), ("S",), ("C",)} or any(map(_has_self, expression))


def _is_field(parameter: Node) -> bool:
    return any(c.type in {"accessibility_modifier", "readonly", "override_modifier"} for c in parameter.children)
