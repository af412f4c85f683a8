"""Facts of JavaScript and TypeScript: modules, classes, shapes of objects, and the types that are written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.model import (
    IMPORT,
    IS_ASYNC,
    IS_GENERATOR,
    IS_PROPERTY,
    IS_STATIC,
    VALUE,
    Binding,
    Expr,
)
from noctule.indexer.parse.facts.typescript_types import TypeWalk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

_FUNCTIONS = frozenset({"arrow_function", "function_expression", "generator_function", "function"})


class JavaScriptWalk(TypeWalk):
    """The walk over a tree of JavaScript, TypeScript or TSX."""

    visits: ClassVar = {
        **TypeWalk.visits,
        "identifier": "identifier",
        "shorthand_property_identifier": "identifier",
        "member_expression": "member_",
        "nested_identifier": "member_",
        "subscript_expression": "subscript",
        "call_expression": "call",
        "new_expression": "new",
        "await_expression": "await_expression",
        "as_expression": "cast",
        "satisfies_expression": "satisfies",
        "non_null_expression": "only_child",
        "type_assertion": "assertion",
        "parenthesized_expression": "only_child",
        "ternary_expression": "ternary",
        "binary_expression": "binary",
        "assignment_expression": "assignment",
        "augmented_assignment_expression": "assignment",
        "object": "object_",
        "array": "array",
        "template_string": "text_",
        "string": "string",
        "number": "number",
        "this": "this",
        "super": "super_",
        "arrow_function": "function_value",
        "function_expression": "function_value",
        "generator_function": "function_value",
        "class": "class_value",
        "class_declaration": "class_",
        "abstract_class_declaration": "class_",
        "function_declaration": "function",
        "generator_function_declaration": "function",
        "function_signature": "function",
        "method_definition": "method",
        "method_signature": "method",
        "abstract_method_signature": "method",
        "public_field_definition": "field",
        "field_definition": "field",
        "property_signature": "field",
        "enum_declaration": "enum",
        "variable_declarator": "declarator",
        "import_statement": "import_",
        "export_statement": "export",
        "statement_block": "block",
        "return_statement": "return_",
        "yield_expression": "yield_",
        "for_in_statement": "for_in_statement",
        "for_statement": "block",
        "catch_clause": "catch",
        "if_statement": "if_",
        "internal_module": "namespace",
        "module": "namespace",
        "jsx_opening_element": "jsx_element",
        "jsx_self_closing_element": "jsx_element",
        "labeled_statement": "label_statement",
    }
    leaves: ClassVar = frozenset(
        {
            "comment",
            "property_identifier",
            "private_property_identifier",
            "statement_identifier",
            "regex",
            "null",
            "undefined",
            "true",
            "false",
            "break_statement",
            "continue_statement",
            "debugger_statement",
            "hash_bang_line",
            "jsx_text",
            "accessibility_modifier",
            "override_modifier",
            "predefined_type",
            "string_fragment",
        }
    )

    # Values

    def identifier(self, node: Node) -> Expr:
        """A name by itself."""
        name = self.b.text(node)
        self.b.use(name, node.start_point[0])
        return name

    def member_(self, node: Node) -> Expr:
        """A name after a dot."""
        receiver = self.visit(node.named_children[0])
        last = node.named_children[-1]
        name = self.b.text(last)
        self.b.use_member(receiver, name, last.start_point[0])
        return self.member(receiver, name)

    def subscript(self, node: Node) -> Expr:
        """An element; under a text that is written there, a member."""
        base = self.visit(node.child_by_field_name("object"))
        index = node.child_by_field_name("index")
        self.visit(index)
        if base is None or index is None:
            return None
        if index.type == "string":
            name = self.b.text(index)[1:-1]
            self.b.use_member(base, name, index.start_point[0])
            return self.member(base, name)
        return ("i", base, ())

    def call(self, node: Node) -> Expr:
        """A call; what is written into it may be told by the parameters."""
        function = node.child_by_field_name("function")
        called = self.visit(function)
        arguments = node.child_by_field_name("arguments")
        if arguments is not None:
            for position, child in enumerate(arguments.named_children):
                if child.type == "object":
                    self._object(child, None if called is None else ("p", called, position))
                elif child.type in _FUNCTIONS and called is not None:
                    self._function(child, "", -1, bound=False, context=("p", called, position))
                else:
                    self.visit(child)
        types = node.child_by_field_name("type_arguments")
        given = self.visit_all(types.named_children) if types is not None else []
        if called is None:
            return None
        if given:
            return ("c", called, (), tuple(given))
        return ("c", called)

    def new(self, node: Node) -> Expr:
        """A new object."""
        made = self.visit(node.child_by_field_name("constructor"))
        self.visit(node.child_by_field_name("arguments"))
        types = node.child_by_field_name("type_arguments")
        given = self.visit_all(types.named_children) if types is not None else []
        if made is None:
            return None
        return ("n", ("i", made, tuple(given)) if given else made)

    def await_expression(self, node: Node) -> Expr:
        """What a promise gives."""
        value = self.only_child(node)
        return None if value is None else ("y", value)

    def cast(self, node: Node) -> Expr:
        """`value as Type`."""
        children = node.named_children
        if len(children) < 2:
            return self.visit(children[0]) if children else None
        type_ = self.visit(children[1])
        self._value(children[0], type_)
        return ("I", type_) if type_ is not None else None

    def satisfies(self, node: Node) -> Expr:
        """`value satisfies Type`."""
        children = node.named_children
        if len(children) < 2:
            return self.inside(node)
        return self._value(children[0], self.visit(children[1]))

    def assertion(self, node: Node) -> Expr:
        """`<Type>value`."""
        types = self.visit_all(node.named_children)
        return ("I", types[0]) if types and types[0] is not None else None

    def ternary(self, node: Node) -> Expr:
        """One of two values."""
        self._narrow(node.child_by_field_name("condition"), node)
        self.visit(node.child_by_field_name("condition"))
        return _union([self.visit(node.child_by_field_name(f)) for f in ("consequence", "alternative")])

    def binary(self, node: Node) -> Expr:
        """Two values joined; `||` and `??` give one of them, `&&` the second."""
        operator = node.child_by_field_name("operator")
        left = node.child_by_field_name("left")
        sign = operator.type if operator is not None else ""
        first = self.visit(left)
        if sign == "&&" and left is not None:
            self._narrow(left, node)
        second = self.visit(node.child_by_field_name("right"))
        if sign in {"||", "??"}:
            return _union([first, second])
        return second if sign == "&&" else None

    def text_(self, node: Node) -> Expr:
        """A template, with the code in it."""
        self.inside(node)
        return ("l", "string", ())

    def string(self, _node: Node) -> Expr:
        """A text."""
        return ("l", "string", ())

    def number(self, _node: Node) -> Expr:
        """A number."""
        return ("l", "number", ())

    def this(self, _node: Node) -> Expr:
        """The object of the class around."""
        return ("s",)

    def super_(self, _node: Node) -> Expr:
        """The same object, seen as its base."""
        return ("S",)

    def array(self, node: Node) -> Expr:
        """An array with its first elements."""
        items = self.visit_all(node.named_children)
        return ("l", "Array", (_union(items[:3]),))

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
        for child in node.named_children:
            kind = child.type
            row = child.start_point[0]
            if kind == "pair":
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                name = self._key(key)
                inner = ("a", ("I", context), name) if context is not None and name else None
                if name and context is not None:
                    b.use_member(("I", context), name, row)
                found = self._value(value, inner)
                if name:
                    b.bind(name, found, None, row)
            elif kind == "shorthand_property_identifier":
                name = b.text(child)
                if context is not None:
                    b.use_member(("I", context), name, row)
                b.close(before)
                self.identifier(child)
                inner_scope = b.scopes[b.classes[position].scope]
                b.scope = b.classes[position].scope
                if name not in inner_scope.names:
                    b.bind(name, ("up", name), None, row)
            elif kind == "spread_element":
                bases.append(self.only_child(child))
            else:
                self.visit(child)
        b.close(before)
        b.block = block
        if bases:
            b.classes[position] = b.classes[position]._replace(bases=tuple(("C?", e) for e in bases if e is not None))
        return ("I", ("k", position))

    def _key(self, key: Node | None) -> str:
        if key is None:
            return ""
        if key.type in {"property_identifier", "private_property_identifier"}:
            return self.b.text(key)
        if key.type == "string":
            return self.b.text(key)[1:-1]
        self.visit(key)
        return ""

    def _value(self, node: Node | None, context: Expr, name: str = "", definition: int | None = None) -> Expr:
        """Visit a value where one of a known type is expected."""
        if node is None:
            return None
        if node.type == "object":
            return self._object(node, context)
        if node.type in _FUNCTIONS:
            return self._function(node, name, -1, bound=False, context=context, definition=definition)
        if node.type == "parenthesized_expression" and node.named_child_count == 1:
            return self._value(node.named_children[0], context)
        if node.type == "array" and context is not None:
            for child in node.named_children:
                self._value(child, ("V", ("e", ("I", context))) if child.type == "object" else None)
            return ("I", context)
        return self.visit(node)

    # Functions

    def function_value(self, node: Node) -> Expr:
        """A function that is written down as a value."""
        return self._function(node, "", -1, bound=False)

    def function(self, node: Node) -> Expr:
        """A function with a name."""
        name = node.child_by_field_name("name")
        return self._function(node, self.b.text(name) if name is not None else "", -1, name=name)

    def method(self, node: Node) -> Expr:
        """A method, or what an interface says of one."""
        name = node.child_by_field_name("name")
        spelled = self._key(name) if name is not None else ""
        class_ = self.b.scopes[self.b.scope].class_
        return self._function(node, spelled, class_, name=name)

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
        for child in node.children[:6]:
            word = child.type
            flags |= IS_ASYNC if word == "async" else IS_STATIC if word == "static" else 0
            flags |= IS_PROPERTY if word in {"get", "set"} else IS_GENERATOR if word == "*" else 0
            if word in {"formal_parameters", "identifier"}:
                break
        row = (name or node).start_point[0]
        position = b.add_function(spelled, row, class_, flags, bound=bound and bool(spelled), definition=definition)
        before, end, block = b.enter_function(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        outer, self.values = self.values, []
        b.functions[position] = b.functions[position]._replace(
            generic=self._type_parameters(node.child_by_field_name("type_parameters"))
        )
        parameters = self._parameters(node, class_, spelled, context)
        returns = self.visit(node.child_by_field_name("return_type"))
        body = node.child_by_field_name("body")
        expected, self.expected = self.expected, returns
        if body is not None and body.type == "statement_block":
            self.inside(body)
        elif body is not None:
            self.values.append(self._value(body, None if returns is None else returns))
        self.expected = expected
        values, self.values = self.values, outer
        b.close(before)
        b.end, b.block = end, block
        if flags & IS_GENERATOR and returns is not None:
            flags &= ~IS_GENERATOR
        b.set_function(position, returns, [v for v in values if v is not None], flags, parameters)
        return ("d", position)

    def _parameters(self, node: Node, class_: int, spelled: str, context: Expr) -> list[str]:
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
            default = self._value(value, type_)
            if default is None and context is not None and type_ is None:
                default = ("q", context, len(names))
            names.append(self.b.text(pattern) if pattern.type == "identifier" else "")
            if pattern.type == "identifier":
                row = pattern.start_point[0]
                self.b.bind_parameter(names[-1], default, type_, row)
                if spelled == "constructor" and class_ >= 0 and _is_field(child):
                    self.b.add_field(class_, names[-1], None, type_, row)
            elif pattern.type == "this":
                continue
            elif pattern.type == "rest_pattern":
                self._bind(pattern.named_children[0], None, type_)
            else:
                self._bind(pattern, ("I", type_) if type_ is not None else default, None)
        return names

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

    # Bindings

    def declarator(self, node: Node) -> Expr:
        """`const name: Type = value`."""
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        type_ = self.visit(node.child_by_field_name("type"))
        value = node.child_by_field_name("value")
        if value is not None and (module := self._require_call(value)) is not None:
            self._bind_module(name, module)
            return None
        spelled = self.b.text(name) if name.type == "identifier" else ""
        definition = self.b.find_definition(spelled, name.start_point[0]) if spelled else -1
        is_var = node.parent is not None and node.parent.type == "variable_declaration"
        self._bind(name, self._value(value, type_, spelled, definition), type_, is_var=is_var)
        return None

    def _bind(self, pattern: Node, value: Expr, type_: Expr, *, is_var: bool = False) -> None:
        """Bind the names of a pattern to a value or to parts of it."""
        b = self.b
        kind = pattern.type
        row = pattern.start_point[0]
        if kind in {"identifier", "shorthand_property_identifier_pattern"}:
            block = None if is_var else b.block
            start = block[0] if block else None
            b.bind(
                b.text(pattern),
                value,
                type_,
                row,
                scoped=block is not None,
                start=start,
                end=block[1] if block else None,
            )
            return
        whole = ("I", type_) if type_ is not None else value
        if kind == "object_pattern":
            for child in pattern.named_children:
                self._bind_key(child, whole)
        elif kind == "array_pattern":
            for position, child in enumerate(pattern.named_children):
                self._bind(child, None if whole is None else ("t", whole, position), None)
        elif kind in {"assignment_pattern", "object_assignment_pattern"}:
            default = self.visit(pattern.named_children[-1])
            self._bind(pattern.named_children[0], _union([whole, default]), None)
        elif kind == "rest_pattern":
            for child in pattern.named_children:
                self._bind(child, whole, None)
        elif kind not in {"comment"}:
            self.visit(pattern)

    def _bind_key(self, child: Node, whole: Expr) -> None:
        b = self.b
        row = child.start_point[0]
        target: Node | None = child
        default: Expr = None
        if child.type == "object_assignment_pattern":
            default = self.visit(child.named_children[-1])
            target = child.named_children[0]
        if child.type == "pair_pattern":
            name = self._key(child.child_by_field_name("key"))
            target = child.child_by_field_name("value")
        elif child.type == "rest_pattern":
            self._bind(child.named_children[0], whole, None)
            return
        elif target is not None and target.type == "shorthand_property_identifier_pattern":
            name = b.text(target)
        else:
            return
        part = self.member(whole, name) if name else None
        if name:
            b.use_member(whole, name, row)
        if target is not None:
            self._bind(target, _union([part, default]), None)

    def assignment(self, node: Node) -> Expr:
        """`name = value`, `this.name = value`, `exports.name = value`."""
        b = self.b
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None:
            return self.inside(node)
        target = self.visit(left) if left.type not in {"object_pattern", "array_pattern"} else None
        value = self._value(right, target if target is not None and left.type == "member_expression" else None)
        row = left.start_point[0]
        if left.type == "identifier":
            self._assign_name(b.text(left), value, row)
        elif left.type == "member_expression" and isinstance(target, tuple) and target[0] == "a":
            receiver, name = target[1], target[2]
            if receiver == ("s",):
                class_ = self._enclosing_class()
                if class_ >= 0:
                    b.add_field(class_, name, value, None, row)
            elif receiver in ("exports", ("a", "module", "exports")) and b.scope == 0:
                if isinstance(value, str):
                    b.scopes[0].names.setdefault(f"={name}", []).append(self._pass_arguments("", value, row))
                else:
                    b.bind(f"={name}", value, None, row, spelled=name)
            elif target == ("a", "module", "exports"):
                b.bind("=module", value, None, row)
        elif left.type in {"object_pattern", "array_pattern"}:
            self._bind(left, value, None)
        return value

    def _assign_name(self, name: str, value: Expr, row: int) -> None:
        b = self.b
        scope = b.scope
        while scope >= 0:
            bound = b.scopes[scope].names.get(name)
            if bound is not None:
                first = bound[0]
                if value is not None and first.tag == VALUE and first.type is None and len(bound) < 6:
                    b.bind(
                        name,
                        value,
                        None,
                        row,
                        scope=scope,
                        scoped=first.scoped,
                        start=row if not first.scoped else None,
                    )
                return
            scope = b.scopes[scope].parent

    def _enclosing_class(self) -> int:
        scope = self.b.scope
        while scope >= 0:
            if self.b.scopes[scope].class_ >= 0:
                return self.b.scopes[scope].class_
            scope = self.b.scopes[scope].parent
        return -1

    # Modules

    def _require_call(self, value: Node) -> str | None:
        """Return the module of `require("module")`."""
        if value.type == "await_expression" and value.named_child_count:
            value = value.named_children[0]
        if value.type != "call_expression":
            return None
        function, arguments = value.child_by_field_name("function"), value.child_by_field_name("arguments")
        if function is None or arguments is None or self.b.text(function) not in {"require", "import"}:
            return None
        first = arguments.named_children[0] if arguments.named_child_count else None
        return self.b.text(first)[1:-1] if first is not None and first.type == "string" else None

    def _bind_module(self, name: Node, module: str) -> None:
        b = self.b
        row = name.start_point[0]
        if name.type == "identifier":
            b.add_import(module, "", row)
            b.bind_import(b.text(name), module, None, row)
        for child in name.named_children if name.type == "object_pattern" else ():
            key = child.child_by_field_name("key") if child.type == "pair_pattern" else child
            target = child.child_by_field_name("value") if child.type == "pair_pattern" else child
            if key is not None and target is not None:
                b.add_import(module, b.text(key), child.start_point[0])
                b.bind_import(b.text(target), module, b.text(key), child.start_point[0])

    def import_(self, node: Node) -> Expr:
        """`import a, { b as c } from "module"`, `import * as d from "module"`."""
        b = self.b
        source = node.child_by_field_name("source")
        b.package = "module"
        if source is None:
            return None
        module = b.text(source)[1:-1]
        b.add_import(module, "", node.start_point[0])
        for clause in node.named_children:
            for part in clause.named_children if clause.type == "import_clause" else ():
                row = part.start_point[0]
                if part.type == "identifier":
                    b.add_import(module, "default", row)
                    b.bind_import(b.text(part), module, "default", row)
                elif part.type == "namespace_import":
                    b.bind_import(b.text(part.named_children[0]), module, None, row)
                else:
                    for name, alias in _specify(part):
                        b.add_import(module, b.text(name), name.start_point[0])
                        b.bind_import(b.text(alias), module, b.text(name), name.start_point[0])
        return None

    def export(self, node: Node) -> Expr:
        """`export { a as b } from "module"`, `export * from`, `export default`, or before a declaration."""
        b = self.b
        b.package = "module"
        source = node.child_by_field_name("source")
        row = node.start_point[0]
        module = b.text(source)[1:-1] if source is not None else ""
        if source is not None:
            b.add_import(module, "", row)
        is_default = any(child.type == "default" for child in node.children)
        for child in node.children:
            kind = child.type
            if kind == "*":
                b.add_import(module, "*", row, "*")
            elif kind == "namespace_export":
                b.scopes[0].names.setdefault(f"={b.text(child.named_children[0])}", []).append(
                    self._pass_arguments(module, None, row)
                )
            elif kind == "export_clause":
                for name, alias in _specify(child):
                    self._forward(module, b.text(name), b.text(alias), name.start_point[0])
        declared = node.child_by_field_name("declaration") or node.child_by_field_name("value")
        if declared is not None:
            before = len(b.classes), len(b.functions)
            value = self._value(declared, None) if declared.type not in _DECLARED else self.visit(declared)
            if is_default:
                own = declared.child_by_field_name("name")
                if own is not None and declared.type in _DECLARED:
                    b.scopes[0].names.setdefault("=default", []).append(self._pass_arguments("", b.text(own), row))
                elif isinstance(value, str):
                    b.scopes[0].names.setdefault("=default", []).append(self._pass_arguments("", value, row))
                else:
                    if value is None and len(b.classes) > before[0]:
                        value = ("k", before[0])
                    b.bind("=default", value, None, row)
        elif source is None:
            for child in node.named_children:
                if child.type not in {"export_clause", "namespace_export"}:
                    value = self.visit(child)
                    if isinstance(value, str):
                        b.scopes[0].names.setdefault("=default", []).append(self._pass_arguments("", value, row))
        return None

    def _pass_arguments(self, module: str, name: str | None, row: int) -> Binding:
        return Binding(IMPORT, module, name, row, self.b.end, -1, False)

    def _forward(self, module: str, name: str, alias: str, row: int) -> None:
        b = self.b
        if module:
            b.add_import(module, name, row, alias)
        else:
            b.use(name, row)
        b.scopes[0].names.setdefault(f"={alias}", []).append(self._pass_arguments(module, name, row))

    # Classes

    def class_(self, node: Node) -> Expr:
        """A class."""
        name = node.child_by_field_name("name")
        return self._class(node, name, bound=True)

    def class_value(self, node: Node) -> Expr:
        """A class that is written down as a value."""
        return self._class(node, node.child_by_field_name("name"), bound=False)

    def _class(self, node: Node, name: Node | None, *, bound: bool) -> Expr:
        b = self.b
        bases = []
        for child in node.named_children:
            if child.type == "class_heritage":
                bases = list(self._heritage(child))
            elif child.type == "decorator":
                self.visit(child)
        spelled = b.text(name) if name is not None else ""
        parameters = node.child_by_field_name("type_parameters")
        names = self._type_parameters(parameters)
        position = b.add_class(spelled, (name or node).start_point[0], bases, "class", names, bound=bound, **b.here())
        before, end, block = b.enter_class(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        self.visit(node.child_by_field_name("body"))
        b.close(before)
        b.end, b.block = end, block
        return ("k", position)

    def _heritage(self, node: Node) -> Iterator[Expr]:
        for child in node.named_children:
            if child.type in {"extends_clause", "implements_clause"}:
                parts = child.named_children
                for position, part in enumerate(parts):
                    if part.type != "type_arguments":
                        base = self.visit(part)
                        after = parts[position + 1] if position + 1 < len(parts) else None
                        if after is not None and after.type == "type_arguments":
                            base = ("i", base, tuple(self.visit_all(after.named_children)))
                        yield base
            else:
                yield self.visit(child)

    def field(self, node: Node) -> Expr:
        """A field of a class, or a property of an interface."""
        b = self.b
        name = node.child_by_field_name("name") or node.child_by_field_name("property")
        spelled = self._key(name)
        type_ = self.visit(node.child_by_field_name("type"))
        value = node.child_by_field_name("value")
        found = self._value(value, type_)
        if spelled and name is not None and b.scopes[b.scope].class_ >= 0:
            b.bind(spelled, found, type_, name.start_point[0])
        return None

    def enum(self, node: Node) -> Expr:
        """An enumeration: its members are of it."""
        b = self.b
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None:
            return None
        position = b.add_class(b.text(name), name.start_point[0], (), "enum", **b.here())
        before = b.enter_class(position)
        for child in body.named_children:
            member = child.child_by_field_name("name") if child.type == "enum_assignment" else child
            if member is not None and member.type == "property_identifier":
                b.bind(b.text(member), ("I", ("k", position)), None, member.start_point[0])
            if child.type == "enum_assignment":
                self.visit(child.child_by_field_name("value"))
        b.close(before)
        return None

    def namespace(self, node: Node) -> Expr:
        """`namespace a { }`: seen as a class with static members."""
        b = self.b
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or name.type == "string" or body is None:
            self.visit(body)
            return None
        position = b.add_class(b.text(name), name.start_point[0], (), "module", **b.here())
        before, block = b.enter_class(position), b.block
        b.block = None
        self.inside(body)
        b.close(before)
        b.block = block
        return None

    # Statements

    def block(self, node: Node) -> Expr:
        """A block: what `let`, `const` and `class` bind in it is seen in it alone."""
        b = self.b
        block, end = b.block, b.end
        b.block, b.end = (node.start_point[0], node.end_point[0]), node.end_point[0]
        self.inside(node)
        b.block, b.end = block, end
        return None

    def for_in_statement(self, node: Node) -> Expr:
        """`for (const x of xs)`."""
        b = self.b
        value = self.visit(node.child_by_field_name("right"))
        operator = node.child_by_field_name("operator")
        of = operator is not None and operator.type == "of"
        block = b.block
        b.block = (node.start_point[0], node.end_point[0])
        left = node.child_by_field_name("left")
        if left is not None:
            self._bind(left, ("e", value) if of and value is not None else None, None)
        self.visit(node.child_by_field_name("body"))
        b.block = block
        return None

    def catch(self, node: Node) -> Expr:
        """`catch (error)`."""
        b = self.b
        block = b.block
        b.block = (node.start_point[0], node.end_point[0])
        parameter = node.child_by_field_name("parameter")
        if parameter is not None:
            self._bind(parameter, None, None)
        self.visit(node.child_by_field_name("body"))
        b.block = block
        return None

    def if_(self, node: Node) -> Expr:
        """A condition may narrow what a name is of, inside of its block."""
        condition, body = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
        self.visit(condition)
        if body is not None:
            self._narrow(condition, body)
        self.visit(body)
        self.visit(node.child_by_field_name("alternative"))
        return None

    def _narrow(self, condition: Node | None, where: Node) -> None:
        if condition is None:
            return
        if condition.type == "parenthesized_expression" or (
            condition.type == "binary_expression" and any(c.type == "&&" for c in condition.children)
        ):
            for child in condition.named_children:
                self._narrow(child, where)
        elif condition.type == "binary_expression" and any(c.type == "instanceof" for c in condition.children):
            name, type_ = condition.named_children[0], condition.named_children[-1]
            if name.type == "identifier" and type_.type == "identifier":
                start = where.start_point[0]
                self.b.bind(
                    self.b.text(name),
                    None,
                    self.b.text(type_),
                    start,
                    start=start - 1,
                    end=where.end_point[0],
                    scoped=True,
                )

    def label_statement(self, node: Node) -> Expr:
        """A statement with a label."""
        return self.visit(node.child_by_field_name("body"))

    def jsx_element(self, node: Node) -> Expr:
        """An element; its attributes are what the function of that name takes, or its class."""
        name = node.child_by_field_name("name")
        element = None
        if name is not None and not (name.type == "identifier" and self.b.text(name)[:1].islower()):
            element = self.visit(name)
        for child in node.named_children:
            if child == name:
                continue
            if child.type != "jsx_attribute":
                self.visit(child)
                continue
            key = child.named_children[0]
            if element is not None and key.type == "property_identifier":
                self.b.use_member(("I", ("p", element, 0)), self.b.text(key), key.start_point[0])
            for value in child.named_children[1:]:
                self.visit(value)
        return None

    values: list[Expr]
    expected: Expr = None

    def run(self, root: Node) -> None:
        """Visit the whole tree."""
        self.values = []
        self.inside(root)


_DECLARED = frozenset(
    {
        "class_declaration",
        "abstract_class_declaration",
        "function_declaration",
        "generator_function_declaration",
        "lexical_declaration",
        "variable_declaration",
        "interface_declaration",
        "type_alias_declaration",
        "enum_declaration",
        "internal_module",
        "module",
        "function_signature",
        "ambient_declaration",
    }
)


def _is_field(parameter: Node) -> bool:
    return any(c.type in {"accessibility_modifier", "readonly", "override_modifier"} for c in parameter.children)


def _specify(clause: Node) -> Iterator[tuple[Node, Node]]:
    for child in clause.named_children:
        name = child.child_by_field_name("name")
        if name is not None:
            yield name, child.child_by_field_name("alias") or name


def _union(values: list[Expr]) -> Expr:
    known = list(dict.fromkeys(v for v in values if v is not None))
    return None if not known else known[0] if len(known) == 1 else ("o", *known)
