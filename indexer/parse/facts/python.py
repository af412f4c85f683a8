"""Python's facts: scopes, imports, classes with the fields that their methods set, types where they are declared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.model import (
    IS_ASYNC,
    IS_CLASS_METHOD,
    IS_CONTEXT,
    IS_GENERATOR,
    IS_PROPERTY,
    IS_STATIC,
    Expr,
)
from noctule.indexer.parse.facts.walk import TreeWalk

if TYPE_CHECKING:
    from tree_sitter import Node

_KEEPS_ARGUMENTS = frozenset({"cast", "type", "next", "iter", "list", "sorted", "tuple", "set", "enumerate", "zip"}) | {
    "reversed",
    "copy",
    "deepcopy",
    "TypeVar",
    "NewType",
    "max",
    "min",
    "aiter",
    "anext",
    "enter_context",
    "frozenset",
    "enter_async_context",
}
_STRING = re.compile(r"^[rRuUbB]*('''|\"\"\"|'|\")(.*)\1$", re.DOTALL)
_NO_FIELD = frozenset({"identifier"})


class PythonWalk(TreeWalk):
    """The walk over a Python tree."""

    visits: ClassVar = {
        "identifier": "identifier",
        "attribute": "attribute",
        "call": "call",
        "subscript": "subscript",
        "generic_type": "generic_type",
        "member_type": "attribute",
        "union_type": "either",
        "type": "type",
        "await": "await_expression",
        "string": "string",
        "concatenated_string": "string_like",
        "integer": "number",
        "float": "number",
        "true": "boolean",
        "false": "boolean",
        "list": "sequence",
        "set": "sequence",
        "tuple": "tuple_",
        "expression_list": "tuple_",
        "dictionary": "dictionary",
        "list_comprehension": "comprehension",
        "set_comprehension": "comprehension",
        "dictionary_comprehension": "comprehension",
        "generator_expression": "comprehension",
        "lambda": "lambda_",
        "binary_operator": "binary",
        "boolean_operator": "either",
        "conditional_expression": "conditional",
        "parenthesized_expression": "only_child",
        "comparison_operator": "comparison",
        "not_operator": "comparison",
        "keyword_argument": "keyword_argument",
        "named_expression": "walrus",
        "assignment": "assignment",
        "augmented_assignment": "inside",
        "type_alias_statement": "alias",
        "import_statement": "import_",
        "import_from_statement": "import_from_statement",
        "future_import_statement": "nothing",
        "class_definition": "class_",
        "function_definition": "function",
        "decorated_definition": "decorator_target",
        "return_statement": "return_",
        "yield": "yield_",
        "global_statement": "global_",
        "nonlocal_statement": "nonlocal_",
        "for_statement": "for_",
        "if_statement": "if_",
        "elif_clause": "if_",
        "else_clause": "clause",
        "while_statement": "clause",
        "try_statement": "inside",
        "except_clause": "except_",
        "except_group_clause": "except_",
        "finally_clause": "inside",
        "with_item": "with_item",
        "assert_statement": "assert_",
        "case_clause": "clause",
        "case_pattern": "case_pattern",
        "class_pattern": "class_pattern",
        "block": "block",
    }
    leaves: ClassVar = frozenset(
        {"comment", "pass_statement", "break_statement", "continue_statement", "none", "ellipsis"}
    )

    # Names

    def nothing(self, _node: Node) -> Expr:
        """Skip."""
        return None

    def identifier(self, node: Node) -> Expr:
        """A name by itself."""
        name = self.b.text(node)
        self.b.use(name, node.start_point[0])
        return name

    def attribute(self, node: Node) -> Expr:
        """A name after a dot."""
        children = node.named_children
        if len(children) < 2:
            return None
        receiver = self.visit(children[0])
        name = self.b.text(children[-1])
        self.b.use_member(receiver, name, children[-1].start_point[0])
        return self.member(receiver, name)

    def call(self, node: Node) -> Expr:
        """A call; `super()` and a few functions of the language say more."""
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        called = self.visit(function)
        values = self.visit_all(arguments.named_children) if arguments is not None else []
        if called is None:
            return None
        name = called if isinstance(called, str) else called[-1] if called[0] == "a" else ""
        if name == "super" and called == "super" and self.methods:
            return ("S",)
        if isinstance(name, str) and name in _KEEPS_ARGUMENTS and values:
            return ("c", called, tuple(values[:2]))
        return ("c", called)

    def keyword_argument(self, node: Node) -> Expr:
        """A keyword argument: its name belongs to the function that is called."""
        value = self.visit(node.child_by_field_name("value"))
        name = node.child_by_field_name("name")
        return ("=", self.b.text(name), value) if name is not None and self.b.text(name) == "bound" else None

    def subscript(self, node: Node) -> Expr:
        """An element, or a generic type with its arguments."""
        children = node.named_children
        base = self.visit(children[0])
        arguments = self.visit_all(children[1:])
        if len(arguments) == 1 and isinstance(arguments[0], tuple) and arguments[0][0] == "T":
            arguments = list(arguments[0][1])
        return None if base is None else ("i", base, tuple(arguments))

    def generic_type(self, node: Node) -> Expr:
        """A generic type with its arguments, in an annotation."""
        children = node.named_children
        base = self.visit(children[0])
        arguments = self.visit_all(children[1].named_children) if len(children) > 1 else []
        return None if base is None else ("i", base, tuple(arguments))

    def type(self, node: Node) -> Expr:
        """An annotation; a string in it is read as one."""
        before, self.in_type = self.in_type, True
        found = self.only_child(node)
        self.in_type = before
        return found

    def await_expression(self, node: Node) -> Expr:
        """What a coroutine gives."""
        value = self.only_child(node)
        return None if value is None else ("y", value)

    def string(self, node: Node) -> Expr:
        """A string: in an annotation a type; else text, perhaps with code in it."""
        if self.in_type:
            match = _STRING.match(self.b.text(node))
            return self._parse_quoted_type(match[2], node.start_point[0]) if match else None
        if node.named_child_count > 2:
            for child in node.named_children:
                if child.type == "interpolation":
                    self.inside(child)
        return ("l", "str", ())

    def _parse_quoted_type(self, text: str, row: int) -> Expr:
        """Read a type that is written as a string: names, members and arguments."""
        tokens = re.findall(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*|[\[\],|]", text)
        found, _ = self._parse_quoted(tokens, 0, row)
        return found

    def _parse_quoted(self, tokens: list[str], at: int, row: int) -> tuple[Expr, int]:
        options: list[Expr] = []
        while at < len(tokens):
            token = tokens[at]
            if token in {"]", ","}:
                break
            at += 1
            if token == "|":
                continue
            if token == "[":
                arguments: list[Expr] = []
                while at < len(tokens) and tokens[at] != "]":
                    argument, at = self._parse_quoted(tokens, at, row)
                    arguments.append(argument)
                    at += at < len(tokens) and tokens[at] == ","
                at += 1
                if options:
                    options[-1] = ("i", options[-1], tuple(arguments))
                continue
            if token in {"None", "Literal"}:
                continue
            head, *rest = token.split(".")
            self.b.use(head, row)
            expression: Expr = head
            for name in rest:
                self.b.use_member(expression, name, row)
                expression = ("a", expression, name)
            options.append(expression)
        return (None if not options else options[0] if len(options) == 1 else ("o", *options)), at

    def string_like(self, node: Node) -> Expr:
        """Strings side by side."""
        self.inside(node)
        return ("l", "str", ())

    def number(self, _node: Node) -> Expr:
        """A number."""
        return ("l", "int", ())

    def boolean(self, _node: Node) -> Expr:
        """A truth value."""
        return ("l", "bool", ())

    def comparison(self, node: Node) -> Expr:
        """A question, whose answer is a truth value."""
        self.inside(node)
        return ("l", "bool", ())

    def sequence(self, node: Node) -> Expr:
        """A list or set, with its first elements."""
        items = self.visit_all(node.named_children)
        return ("l", "list", (_union(items[:3]),)) if not self.in_type else ("T", tuple(items[:4]))

    def tuple_(self, node: Node) -> Expr:
        """A tuple."""
        return ("T", tuple(self.visit_all(node.named_children)[:6]))

    def dictionary(self, node: Node) -> Expr:
        """A dictionary, with its first keys and values."""
        pairs = []
        for child in node.named_children:
            if child.type == "pair":
                pairs.append(self.visit_all(child.named_children))
            else:
                self.visit(child)
        keys, values = ([p[i] for p in pairs[:3] if len(p) > i] for i in (0, 1))
        return ("l", "dict", (_union(keys), _union(values)))

    def binary(self, node: Node) -> Expr:
        """Two values joined: a union in an annotation, else of the left one's type where that is plain."""
        left = self.visit(node.child_by_field_name("left"))
        right = self.visit(node.child_by_field_name("right"))
        operator = node.child_by_field_name("operator")
        if operator is not None and operator.type == "|":
            return _union([left, right])
        if operator is not None and operator.type == "/":
            return left
        return left if isinstance(left, tuple) and left[0] == "l" else None

    def either(self, node: Node) -> Expr:
        """One of several values."""
        found = []
        for child in node.named_children:
            found.append(self.visit(child))
            if len(found) == 1 and node.type == "boolean_operator":
                self._narrow(child, child.start_point[0], node.end_point[0])
        return _union(found)

    def conditional(self, node: Node) -> Expr:
        """`a if b else c`."""
        children = node.named_children
        if len(children) < 3:
            return self.inside(node)
        condition = children[1]
        self._narrow(condition, node.start_point[0], node.end_point[0])
        values = self.visit_all(children)
        return _union([values[0], values[-1]])

    # Scopes inside of expressions

    def comprehension(self, node: Node) -> Expr:
        """A comprehension: its variables are its own."""
        before = self.b.open(-1, self._function())
        for child in node.named_children[1:]:
            if child.type == "for_in_clause":
                right = child.child_by_field_name("right")
                self._assign(child.child_by_field_name("left"), _wrap("e", self.visit(right)), None)
            else:
                self.inside(child)
                for condition in child.named_children:
                    self._narrow(condition, node.start_point[0], node.end_point[0])
        body = node.named_children[0]
        if body.type == "pair":
            key, value = [*self.visit_all(body.named_children), None, None][:2]
            found: Expr = ("l", "dict", (key, value))
        else:
            found = ("l", "list", (self.visit(body),))
        self.b.close(before)
        return found

    def lambda_(self, node: Node) -> Expr:
        """A function without a name."""
        position = self.b.add_function("", node.start_point[0], -1, 0, bound=False)
        before = self.b.enter_function(position)
        names = self._parameters(node.child_by_field_name("parameters"), -1, 0)
        value = self.visit(node.child_by_field_name("body"))
        self.b.close(before)
        self.b.set_function(position, None, [value], 0, names)
        return ("d", position)

    def walrus(self, node: Node) -> Expr:
        """`(x := value)`."""
        value = self.visit(node.child_by_field_name("value"))
        self._assign(node.child_by_field_name("name"), value, None)
        return value

    # Statements

    def assignment(self, node: Node) -> Expr:
        """`x = value`, `x: Type = value`, `self.x = value`, `a, b = values`."""
        right = node.child_by_field_name("right")
        type_ = self.visit(node.child_by_field_name("type"))
        left = node.child_by_field_name("left")
        value = self.visit(right)
        if right is not None and right.type == "assignment":
            value = self.last_value
        self.last_value = value
        if left is not None and left.type == "identifier" and self.b.scope == 0 and self.b.text(left) == "__all__":
            self._export(right)
        self._assign(left, value, type_)
        return value

    def _export(self, node: Node | None) -> None:
        if node is not None:
            names = re.findall(r"""["']([A-Za-z_]\w*)["']""", self.b.text(node))
            self.b.exports = [*(self.b.exports or []), *names]
            for match in names:
                self.b.use(match, node.start_point[0])

    def _assign(self, left: Node | None, value: Expr, type_: Expr) -> None:
        if left is None:
            return
        kind = left.type
        b = self.b
        if kind == "identifier":
            b.bind(b.text(left), value, type_, left.start_point[0])
        elif kind == "attribute":
            receiver = left.child_by_field_name("object")
            name = left.child_by_field_name("attribute")
            if receiver is None or name is None:
                return
            owner = self.visit(receiver)
            row = name.start_point[0]
            if self.methods and owner == self.methods[-1][1] and owner is not None:
                b.add_field(self.methods[-1][0], b.text(name), value, type_, row)
            b.use_member(owner, b.text(name), row)
        elif kind in {"pattern_list", "tuple_pattern", "list_pattern", "expression_list", "tuple", "list"}:
            for position, child in enumerate(left.named_children):
                self._assign(child, _wrap("t", value, position), None)
        elif kind in {"list_splat_pattern", "parenthesized_expression"}:
            for child in left.named_children:
                self._assign(child, None, None)
        else:
            self.visit(left)

    def alias(self, node: Node) -> Expr:
        """`type X = ...`."""
        children = node.named_children
        if len(children) >= 2:
            value = self.visit(children[-1])
            name = children[0].named_children[0] if children[0].named_child_count else children[0]
            self.b.bind(self.b.text(name), value, None, name.start_point[0])
        return None

    def import_(self, node: Node) -> Expr:
        """`import a.b`, `import a.b as c`."""
        b = self.b
        for child in node.named_children:
            row = child.start_point[0]
            name = child.child_by_field_name("name") if child.type == "aliased_import" else child
            if name is None:
                continue
            module = b.text(name)
            alias = child.child_by_field_name("alias") if child.type == "aliased_import" else None
            b.add_import(module, "", row)
            if alias is not None:
                b.bind_import(b.text(alias), module, None, row)
            else:
                b.bind_import(module.partition(".")[0], module.partition(".")[0], None, row)
        return None

    def import_from_statement(self, node: Node) -> Expr:
        """`from a import b as c`, `from a import *`."""
        b = self.b
        source = node.child_by_field_name("module_name")
        module = "".join(b.text(source).split()) if source is not None else ""
        row = node.start_point[0]
        if any(child.type == "wildcard_import" for child in node.named_children):
            b.add_import(module, "*", row)
            return None
        for child in node.children_by_field_name("name"):
            name = child.child_by_field_name("name") if child.type == "aliased_import" else child
            alias = child.child_by_field_name("alias") if child.type == "aliased_import" else child
            if name is not None and alias is not None:
                at = name.start_point[0]
                b.add_import(module, b.text(name), at)
                b.bind_import(b.text(alias), module, b.text(name), at)
        return None

    def decorator_target(self, node: Node) -> Expr:
        """A definition after its decorators."""
        names = []
        for child in node.named_children:
            if child.type == "decorator":
                expression = self.only_child(child)
                while isinstance(expression, tuple) and expression[0] == "c":
                    expression = expression[1]
                names.append(expression if isinstance(expression, str) else expression[-1] if expression else "")
            else:
                self.decorators = [name for name in names if isinstance(name, str)]
                self.visit(child)
        return None

    def class_(self, node: Node) -> Expr:
        """A class."""
        b = self.b
        self.decorators = []
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        written = node.child_by_field_name("superclasses")
        bases = []
        for child in written.named_children if written is not None else ():
            base = self.visit(child)
            if child.type != "keyword_argument":
                bases.append(base)
        position = b.add_class(b.text(name), name.start_point[0], bases, "class", _type_parameters(bases))
        before, methods, end = b.enter_class(position), self.methods, b.end
        self.methods = []
        b.end = node.end_point[0]
        self.visit(node.child_by_field_name("body"))
        b.close(before)
        self.methods, b.end = methods, end
        return None

    def function(self, node: Node) -> Expr:
        """A function or method."""
        b = self.b
        decorators, self.decorators = self.decorators, []
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        scope = b.scopes[b.scope]
        flags = _flags(decorators)
        if node.children and node.children[0].type == "async":
            flags |= IS_ASYNC
        returns = self.visit(node.child_by_field_name("return_type"))
        position = b.add_function(b.text(name), name.start_point[0], scope.class_, flags)
        before, end = b.enter_function(position), b.end
        b.end = node.end_point[0]
        pushed = scope.class_ >= 0
        if pushed:
            self.methods.append((scope.class_, None))
        outer, self.values = self.values, []
        names = self._parameters(node.child_by_field_name("parameters"), scope.class_, flags)
        own_type = self.own_type
        self.visit(node.child_by_field_name("body"))
        values, self.values = self.values, outer
        if any(isinstance(v, tuple) and v[0] == "yield" for v in values):
            flags |= IS_GENERATOR
            values = [v[1] for v in values if isinstance(v, tuple) and v[0] == "yield"]
        if (
            pushed
            and returns is not None
            and own_type in (returns, ("i", "type", (returns,)), ("i", "Type", (returns,)))
        ):
            returns = "Self"
        b.set_function(position, returns, values, flags, names)
        if pushed:
            self.methods.pop()
        b.close(before)
        b.end = end
        return None

    def _parameters(self, node: Node | None, class_: int, flags: int) -> list[str]:
        b = self.b
        names = []
        self.own_type = None
        for position, child in enumerate(node.named_children if node is not None else ()):
            kind = child.type
            if kind in {"comment", "keyword_separator", "positional_separator"}:
                continue
            name = child if kind == "identifier" else child.child_by_field_name("name")
            type_ = self.visit(child.child_by_field_name("type"))
            value = child.child_by_field_name("value")
            default = self.visit(value)
            if name is None and kind == "typed_parameter":
                name = child.named_children[0]
            if name is None:
                name = child
            splat = name.type if name is not None else ""
            while name is not None and name.type != "identifier" and name.named_child_count:
                name = name.named_children[0]
            if name is None:
                continue
            text = b.text(name)
            names.append(text)
            row = name.start_point[0]
            if splat == "list_splat_pattern":
                b.bind(text, ("l", "list", (("I", type_),)), None, row, tag=4)
            elif splat == "dictionary_splat_pattern":
                b.bind(text, ("l", "dict", (("l", "str", ()), ("I", type_))), None, row, tag=4)
            elif position == 0 and class_ >= 0 and not flags & IS_STATIC and kind in {"identifier", "typed_parameter"}:
                is_class = bool(flags & IS_CLASS_METHOD) or self._is_class_like()
                b.bind_self(text, class_, row, is_class=is_class)
                self.methods[-1] = (class_, text)
                self.own_type = type_
            else:
                b.bind_parameter(text, default, type_, row)
        return names

    def _is_class_like(self) -> bool:
        function = self.b.functions[-1].name
        return function in {"__new__", "__init_subclass__", "__class_getitem__"}

    def _function(self) -> int:
        return self.b.scopes[self.b.scope].function

    def return_(self, node: Node) -> Expr:
        """What a function returns."""
        self.values.append(self.only_child(node))
        return None

    def yield_(self, node: Node) -> Expr:
        """What a generator yields."""
        value = self.only_child(node)
        if any(child.type == "from" for child in node.children):
            value = _wrap("e", value)
        self.values.append(("yield", value))
        return None

    def global_(self, node: Node) -> Expr:
        """Names that belong to the module."""
        for child in node.named_children:
            self.b.bind_outer(self.b.text(child), top=True)
        return None

    def nonlocal_(self, node: Node) -> Expr:
        """Names that belong to the function around."""
        for child in node.named_children:
            self.b.bind_outer(self.b.text(child), top=False)
        return None

    def block(self, node: Node) -> Expr:
        """Statements; the lines after an assignment in it are where that one holds."""
        end, self.b.end = self.b.end, node.end_point[0]
        self.inside(node)
        self.b.end = end
        return None

    def clause(self, node: Node) -> Expr:
        """A clause with a block."""
        return self.inside(node)

    def for_(self, node: Node) -> Expr:
        """A loop binds its variables to what it iterates over."""
        value = self.visit(node.child_by_field_name("right"))
        end, self.b.end = self.b.end, node.end_point[0]
        self._assign(node.child_by_field_name("left"), _wrap("e", value), None)
        self.b.end = end
        self.visit(node.child_by_field_name("body"))
        self.visit(node.child_by_field_name("alternative"))
        return None

    def if_(self, node: Node) -> Expr:
        """A condition may narrow what a name is of, inside of its block or after one that leaves."""
        condition = node.child_by_field_name("condition")
        body = node.child_by_field_name("consequence")
        self.visit(condition)
        if condition is not None and body is not None:
            self._narrow(condition, body.start_point[0], body.end_point[0])
            if condition.type == "not_operator" and _leaves(body) and condition.named_child_count:
                self._narrow(condition.named_children[0], body.end_point[0] + 1, self.b.end)
        for child in node.named_children:
            if child != condition:
                self.visit(child)
        return None

    def assert_(self, node: Node) -> Expr:
        """An assertion narrows what follows."""
        self.inside(node)
        if node.named_child_count:
            self._narrow(node.named_children[0], node.end_point[0] + 1, self.b.end)
        return None

    def _narrow(self, condition: Node, start: int, end: int) -> None:
        """Bind a name that `isinstance` tells the type of, in the lines where that holds."""
        if condition.type in {"boolean_operator", "parenthesized_expression"}:
            if not any(child.type == "or" for child in condition.children):
                for child in condition.named_children:
                    self._narrow(child, start, end)
            return
        if condition.type != "call":
            return
        function, arguments = condition.named_children[0], condition.named_children[-1]
        if self.b.text(function) not in {"isinstance", "issubclass"} or arguments.named_child_count < 2:
            return
        name, type_ = arguments.named_children[:2]
        if name.type == "identifier" and end >= start:
            uses, self.b.uses = self.b.uses, {}
            told = self.visit(type_)
            self.b.uses = uses
            if isinstance(told, tuple) and told[0] == "T":
                told = _union(list(told[1]))
            if self.b.text(function) == "issubclass":
                told = ("i", "type", (told,))
            self.b.bind(self.b.text(name), None, told, start, start=start - 1, end=end, scoped=True)

    def except_(self, node: Node) -> Expr:
        """`except E as e`."""
        for child in node.named_children:
            if child.type == "as_pattern":
                value = child.named_children[0]
                told = self.visit(value)
                if isinstance(told, tuple) and told[0] == "T":
                    told = _union(list(told[1]))
                self._alias(child, None, told)
            else:
                self.visit(child)
        return None

    def with_item(self, node: Node) -> Expr:
        """`with value as name`."""
        value = node.child_by_field_name("value")
        if value is not None and value.type == "as_pattern":
            self._alias(value, _wrap("w", self.visit(value.named_children[0])), None)
            return None
        return self.visit(value)

    def _alias(self, pattern: Node, value: Expr, type_: Expr) -> None:
        for child in pattern.named_children[1:]:
            for target in child.named_children if child.type == "as_pattern_target" else [child]:
                self._assign(target, value, type_)

    def case_pattern(self, node: Node) -> Expr:
        """A pattern; a name by itself is bound."""
        for child in node.named_children:
            if child.type == "dotted_name" and child.named_child_count == 1:
                self.b.bind(self.b.text(child), None, None, child.start_point[0])
            else:
                self.visit(child)
        return None

    def class_pattern(self, node: Node) -> Expr:
        """`case Type(...)`."""
        children = node.named_children
        if children:
            expression: Expr = None
            for name in children[0].named_children:
                if expression is None:
                    expression = self.identifier(name)
                else:
                    self.b.use_member(expression, self.b.text(name), name.start_point[0])
                    expression = ("a", expression, self.b.text(name))
        for child in children[1:]:
            self.visit(child)
        return None

    methods: list[tuple[int, str | None]]
    values: list[Expr]
    decorators: list[str]
    last_value: Expr = None
    own_type: Expr = None
    in_type = False

    def run(self, root: Node) -> None:
        """Visit the whole tree."""
        self.methods, self.values, self.decorators = [], [], []
        self.inside(root)


def _type_parameters(bases: list[Expr]) -> list[str]:
    """Return the type parameters of a class: what `Generic` or `Protocol` lists, else what its bases are given."""
    generic = [base for base in bases if isinstance(base, tuple) and base[0] == "i"]
    listed = [base for base in generic if _last_name(base[1]) in {"Generic", "Protocol"}] or generic
    return list(dict.fromkeys(a for base in listed for a in base[2] if isinstance(a, str)))


def _last_name(expression: Expr) -> str:
    return expression if isinstance(expression, str) else expression[-1] if expression and expression[0] == "a" else ""


def _flags(decorators: list[str]) -> int:
    flags = 0
    for name in decorators:
        if name.endswith("property") or name in {"getter", "setter"}:
            flags |= IS_PROPERTY
        elif name == "staticmethod":
            flags |= IS_STATIC
        elif name == "classmethod":
            flags |= IS_CLASS_METHOD
        elif name.endswith("contextmanager"):
            flags |= IS_CONTEXT
    return flags


def _leaves(block: Node) -> bool:
    last = block.named_children[-1].type if block.named_child_count else ""
    return last in {"return_statement", "raise_statement", "continue_statement", "break_statement"}


def _wrap(form: str, value: Expr, *rest: int) -> Expr:
    return None if value is None else (form, value, *rest)


def _union(values: list[Expr]) -> Expr:
    known = list(dict.fromkeys(v for v in values if v is not None))
    return None if not known else known[0] if len(known) == 1 else ("o", *known)
