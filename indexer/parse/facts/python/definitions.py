"""Definitions of Python: classes, functions, their decorators and parameters, and what they return."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.builder import wrap
from noctule.indexer.parse.facts.model import (
    IS_ASYNC,
    IS_CLASS_METHOD,
    IS_CONTEXT,
    IS_GENERATOR,
    IS_PROPERTY,
    IS_STATIC,
    Expr,
)
from noctule.indexer.parse.facts.python.names import PythonNames

if TYPE_CHECKING:
    from tree_sitter import Node


class PythonDefinitions(PythonNames):
    """The part of the walk that reads definitions."""

    visits: ClassVar = {
        "lambda": "lambda_",
        "class_definition": "class_",
        "function_definition": "function",
        "decorated_definition": "decorator_target",
        "return_statement": "return_",
        "yield": "yield_",
    }
    values: list[Expr]
    decorators: list[str]
    decorator: Expr = None
    """The outermost of them: what it gives is what the name of the function stands for."""
    own_type: Expr = None
    returned: Expr = None
    """What the function around is declared to return."""

    def decorator_target(self, node: Node) -> Expr:
        """A definition after its decorators."""
        names: list[Expr] = []
        outermost: Expr = None
        for child in node.named_children:
            if child.type == "decorator":
                expression = self.only_child(child)
                outermost = outermost if names else expression
                while isinstance(expression, tuple) and expression[0] == "c":
                    expression = expression[1]
                names.append(expression if isinstance(expression, str) else expression[-1] if expression else "")
            else:
                self.decorators = [name for name in names if isinstance(name, str)]
                self.decorator = None if _flags(self.decorators) else outermost
                self.visit(child)
        return None

    def class_(self, node: Node) -> Expr:
        """A class."""
        b = self.b
        decorators, self.decorators, self.decorator = self.decorators, [], None
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        written = node.child_by_field_name("superclasses")
        bases = []
        for child in written.named_children if written is not None else ():
            base = self.visit(child)
            if child.type != "keyword_argument":
                bases.append(base)
        kind = "record" if _is_record(bases, decorators) else "class"
        generic = self._generic(node)
        parameters = [each for each, _ in generic] or _type_parameters(bases)
        position = b.add_class(b.text(name), name.start_point[0], bases, kind, parameters)
        before, methods, end = b.enter_class(position), self.methods, b.end
        self.methods = []
        b.end = node.end_point[0]
        self._bind_bounds(generic, name.start_point[0])
        self.visit(node.child_by_field_name("body"))
        b.close(before)
        self.methods, b.end = methods, end
        return None

    def function(self, node: Node) -> Expr:
        """A function or method."""
        b = self.b
        decorators, self.decorators = self.decorators, []
        decorator, self.decorator = self.decorator, None
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        scope = b.scopes[b.scope]
        flags = _flags(decorators)
        if node.children and node.children[0].type == "async":
            flags |= IS_ASYNC
        returns = self.visit(node.child_by_field_name("return_type"))
        position = b.add_function(b.text(name), name.start_point[0], scope.class_, flags)
        if decorator is not None:
            bound = scope.names[b.text(name)]
            bound[-1] = bound[-1]._replace(type=("c", decorator))
        generic = self._generic(node)
        b.functions[position] = b.functions[position]._replace(generic=tuple(each for each, _ in generic))
        before, end = b.enter_function(position), b.end
        b.end = node.end_point[0]
        self._bind_bounds(generic, name.start_point[0])
        pushed = scope.class_ >= 0
        if pushed:
            self.methods.append((scope.class_, None))
        outer, self.values = self.values, []
        names = self._parameters(node.child_by_field_name("parameters"), scope.class_, flags, before)
        own_type = self.own_type
        outer_returned, self.returned = self.returned, returns
        self.visit(node.child_by_field_name("body"))
        self.returned = outer_returned
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

    def _generic(self, node: Node) -> list[tuple[str, Expr]]:
        """Return the type parameters that are written in brackets after a name, each with its bound."""
        listed = node.child_by_field_name("type_parameters")
        found: list[tuple[str, Expr]] = []
        for child in listed.named_children if listed is not None else ():
            inner = child.named_children[0] if child.named_child_count else child
            parts = inner.named_children if inner.type == "constrained_type" else [inner]
            bound = self.visit(parts[1]) if len(parts) > 1 else None
            found.append((self.b.text(parts[0]).lstrip("*"), bound))
        return found

    def _bind_bounds(self, generic: list[tuple[str, Expr]], row: int) -> None:
        """Say what type parameters are bound to, in the scope of what has them."""
        for name, bound in generic:
            if bound is not None:
                self.b.bind(f"<{name}>", None, bound, row)

    def _parameters(self, node: Node | None, class_: int, flags: int, around: int) -> list[str]:
        """Bind parameters and return their names; their defaults belong to the scope around."""
        b = self.b
        names = []
        self.own_type = None
        for position, child in enumerate(node.named_children if node is not None else ()):
            kind = child.type
            if kind in {"comment", "keyword_separator", "positional_separator"}:
                continue
            name = child if kind == "identifier" else child.child_by_field_name("name")
            type_ = self.visit(child.child_by_field_name("type"))
            inner, b.scope = b.scope, around
            default = self.visit(child.child_by_field_name("value"))
            b.scope = inner
            if isinstance(default, str):
                default = ("up", default)
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

    def lambda_(self, node: Node, _context: Expr = None) -> Expr:
        """A function without a name."""
        position = self.b.add_function("", node.start_point[0], -1, 0, bound=False)
        passed: Expr = self.passed
        self.passed = None
        before = self.b.enter_function(position)
        names = self._parameters(node.child_by_field_name("parameters"), -1, 0, before)
        if passed is not None and len(names) == 1 and (bound := self.b.scopes[self.b.scope].names.get(names[0])):
            bound[0] = bound[0]._replace(value=passed)
        value = self.visit(node.child_by_field_name("body"))
        self.b.close(before)
        self.b.set_function(position, None, [value], 0, names)
        return ("d", position)

    def return_(self, node: Node) -> Expr:
        """What a function returns."""
        self.values.append(self.only_child(node))
        if node.named_child_count:
            self.keys(self.returned, node.named_children[0])
        return None

    def yield_(self, node: Node) -> Expr:
        """What a generator yields."""
        value = self.only_child(node)
        if any(child.type == "from" for child in node.children):
            value = wrap("e", value)
        self.values.append(("yield", value))
        return None


def _type_parameters(bases: list[Expr]) -> list[str]:
    """Return the type parameters of a class: what `Generic` or `Protocol` lists, else what its bases are given."""
    generic = [base for base in bases if isinstance(base, tuple) and base[0] == "i"]
    listed = [base for base in generic if _last_name(base[1]) in {"Generic", "Protocol"}] or generic
    return list(dict.fromkeys(a for base in listed for a in base[2] if isinstance(a, str)))


def _is_record(bases: list[Expr], decorators: list[str]) -> bool:
    """Tell whether the fields of a class are its parts, in the order in which they stand."""
    return any(_last_name(base) == "NamedTuple" for base in bases) or (not bases and "dataclass" in decorators)


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
