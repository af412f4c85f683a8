"""Facts of TypeScript's types: what annotations name, and the shapes that interfaces and aliases give names to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.model import CLASS, ELEMENTS, Binding, Expr
from noctule.indexer.parse.facts.walk import TreeWalk

if TYPE_CHECKING:
    from tree_sitter import Node


_SAME = frozenset(
    (
        "Readonly Partial Required NonNullable Omit Pick DeepReadonly DeepPartial NoInfer UnionToIntersection "
        "InstanceType"
    ).split()
)
"""Types whose members are those of their first argument."""
_DEEP = re.compile(r"(?:Deep|Recursive)\w*")
"""What is done to the members of a type as it is to the type."""
_LITERALS = frozenset({"string", "true", "false"})
_SIFTED = {"Extract": True, "Exclude": False}
"""Types that are those of a union which another one has, or all but these."""
_CUTS = {"Pick": True, "Omit": False}
"""Types that have some of them: whether those that are named stay."""


class TypeScriptTypes(TreeWalk):
    """The part of the walk that reads types."""

    visits: ClassVar = {
        "type_annotation": "only_child",
        "type_identifier": "type_name",
        "nested_type_identifier": "type_member",
        "generic_type": "generic",
        "union_type": "options",
        "intersection_type": "options",
        "parenthesized_type": "only_child",
        "readonly_type": "only_child",
        "array_type": "array_type",
        "tuple_type": "tuple_type",
        "function_type": "function_type",
        "object_type": "shape",
        "type_query": "type_query",
        "this_type": "this_type",
        "type_predicate_annotation": "only_child",
        "type_predicate": "predicate",
        "conditional_type": "conditional_type",
        "literal_type": "literal_type",
        "lookup_type": "lookup_type",
        "interface_declaration": "interface",
        "type_alias_declaration": "alias",
        "index_signature": "index_signature",
    }
    around: tuple[str, ...] = ()
    """The type parameters of the types around a shape, which may name them."""
    bounds: list[tuple[str, Expr, int]]
    """The type parameters that were read last and what each extends; with `=`, what each is where none is given."""

    def type_name(self, node: Node) -> Expr:
        """The name of a type."""
        name = self.b.text(node)
        self.b.use(name, node.start_point[0])
        return name

    def type_member(self, node: Node) -> Expr:
        """A type of a namespace."""
        children = node.named_children
        receiver = self.visit(children[0])
        name = self.b.text(children[-1])
        self.b.use_member(receiver, name, children[-1].start_point[0])
        return self.member(receiver, name)

    def generic(self, node: Node) -> Expr:
        """A type with arguments."""
        children = node.named_children
        base = self.visit(children[0])
        given = self.visit_all(children[1].named_children) if len(children) > 1 else []
        if base in _SAME and given:
            if base in _CUTS and len(given) > 1:
                return self._cut(given[0], children[1].named_children[-1], keep=_CUTS[base])
            return given[0]
        if base == "ReturnType" and given:
            return None if given[0] is None else ("V", ("c", given[0]))
        if base == "Awaited" and given:
            return None if given[0] is None else ("V", ("y", ("I", given[0])))
        if base in _SIFTED and len(given) > 1:
            return None if given[0] is None else ("sift", given[0], given[1], _SIFTED[base])
        return None if base is None else ("i", base, tuple(given))

    def _cut(self, type_: Expr, keys: Node, *, keep: bool) -> Expr:
        """Return a type with only some members, or with all but these: `K`, `"a" | "b"`, `Exclude<keyof T, K>`."""
        if keys.type == "generic_type" and self.b.text(keys.named_children[0]) in _SIFTED:
            sifted = self.b.text(keys.named_children[0])
            given = keys.named_children[1].named_children
            if len(given) == 2 and given[0].type == "index_type_query":
                keys, keep = given[1], keep == _SIFTED[sifted]
        names = self.b.text(keys) if keys.type == "type_identifier" else self._literal_names(keys)
        return ("cut", type_, names, keep) if names and type_ is not None else type_

    def _literal_names(self, node: Node) -> tuple[str, ...]:
        """Return the names in `"a" | "b"`; none where anything else stands among them."""
        parts = [child for child in node.named_children if child.type != "comment"]
        if node.type == "literal_type":
            return (self.b.text(node).strip("\"'"),) if parts and parts[0].type == "string" else ()
        found = [self._literal_names(part) for part in parts] if node.type == "union_type" else []
        return tuple(sorted(name for names in found for name in names)) if all(found) else ()

    def options(self, node: Node) -> Expr:
        """A union or an intersection."""
        known = list(dict.fromkeys(t for t in self.visit_all(node.named_children) if t is not None))
        return None if not known else known[0] if len(known) == 1 else ("o", *known)

    def array_type(self, node: Node) -> Expr:
        """`T[]`."""
        return ("i", "Array", (self.only_child(node),))

    def tuple_type(self, node: Node) -> Expr:
        """`[A, B]`."""
        return ("T", tuple(("I", t) for t in self.visit_all(node.named_children)[:6]))

    def function_type(self, node: Node) -> Expr:
        """`(a: A) => B`."""
        b = self.b
        position = b.add_function("", node.start_point[0], -1, 0, bound=False)
        before, block = b.enter_function(position), b.block
        b.block = None
        names = []
        generic = self._type_parameters(node.child_by_field_name("type_parameters"))
        self._bind_bounds()
        b.functions[position] = b.functions[position]._replace(generic=generic)
        listed = node.child_by_field_name("parameters")
        for child in listed.named_children if listed is not None else ():
            type_ = self.visit(child.child_by_field_name("type"))
            pattern = child.child_by_field_name("pattern")
            if pattern is not None and pattern.type == "this":
                continue
            names.append(b.text(pattern) if pattern is not None else "")
            b.bind_parameter(names[-1], None, type_, child.start_point[0])
        returns = self.visit(node.child_by_field_name("return_type"))
        b.close(before)
        b.block = block
        b.set_function(position, returns, [], 0, names)
        return ("d", position)

    def shape(self, node: Node) -> Expr:
        """`{ a: A }`: a type without a name."""
        same = self._map_alike(node)
        if same is not None:
            return self._visit_alike(*same)
        self.bounds = []
        return self._shape(node, "", node, (), self.around)

    def _shape(
        self, node: Node, spelled: str, name: Node, bases: tuple[Expr, ...], parameters: tuple[str, ...]
    ) -> Expr:
        b = self.b
        kind = "interface" if spelled else "object"
        bound = bool(spelled)
        position = b.add_class(spelled, name.start_point[0], bases, kind, parameters, bound=bound, **b.here())
        before, block, around = b.enter_class(position), b.block, self.around
        b.block, self.around = None, parameters
        self._bind_bounds()
        self.inside(node)
        b.close(before)
        b.block, self.around = block, around
        return ("k", position)

    def _map_alike(self, node: Node) -> tuple[Node, Node] | None:
        """Return `T` and `Keys` of `{ [K in Keys]: T[K] }`: a type with members of another."""
        inner = node.named_children
        clause = inner[0].named_children[0] if len(inner) == 1 and inner[0].type == "index_signature" else None
        if clause is None or clause.type != "mapped_type_clause" or len(clause.named_children) != 2:
            return None
        key, keys = clause.named_children
        value = inner[0].named_children[-1]
        told = value.named_children[0] if value.type.endswith("type_annotation") and value.named_child_count else None
        if told is not None and told.type == "union_type" and self.b.text(told.named_children[-1]) == "undefined":
            told = told.named_children[0]
        if told is not None and told.type == "generic_type" and _DEEP.fullmatch(self.b.text(told.named_children[0])):
            told = told.named_children[1].named_children[0]
        if told is None or told.type != "lookup_type" or self.b.text(told.named_children[-1]) != self.b.text(key):
            return None
        type_ = told.named_children[0]
        if keys.type == "index_type_query" and self.b.text(keys.named_children[0]) != self.b.text(type_):
            return None
        return type_, keys

    def _visit_alike(self, type_: Node, keys: Node) -> Expr:
        found = self.visit(type_)
        self.visit(keys)
        return found if keys.type == "index_type_query" else self._cut(found, keys, keep=True)

    def index_signature(self, node: Node) -> Expr:
        """`[key: string]: A`, `[K in Keys]: A`: what is asked for under a name that is written nowhere."""
        type_ = None
        for child in node.named_children:
            found = self.visit(child)
            if child.type in {"type_annotation", "opting_type_annotation", "omitting_type_annotation"}:
                type_ = found
        if type_ is not None:
            pattern = self._find_pattern(node.named_children[0])
            self.b.bind("[]", ("=", pattern) if pattern else None, type_, node.start_point[0])
        return None

    def _find_pattern(self, clause: Node) -> str:
        """Return `use*Query` of `K in Keys as `use${K}Query``: what all names look like; empty where there is none."""
        alias = clause.child_by_field_name("alias")
        while alias is not None and alias.type == "conditional_type":
            alias = next((c for c in alias.named_children if c.type == "template_literal_type"), None)
        if alias is None or alias.type != "template_literal_type":
            return ""
        pattern = "".join(self.b.text(c) if c.type == "string_fragment" else "*" for c in alias.named_children)
        return pattern if pattern.count("*") == 1 else ""

    def type_query(self, node: Node) -> Expr:
        """`typeof value`."""
        value = self.only_child(node)
        return None if value is None else ("V", value)

    def predicate(self, node: Node) -> Expr:
        """`value is T`, which a function returns."""
        type_ = self.visit(node.child_by_field_name("type"))
        return None if type_ is None else ("P", type_)

    def this_type(self, _node: Node) -> Expr:
        """`this` as a type."""
        return "Self"

    def conditional_type(self, node: Node) -> Expr:
        """A type that depends on another: one of two, of which nothing is known but where one is `never`."""
        children = node.named_children
        first, second = self.visit_all(children)[-2:]
        never = [self.b.text(child) == "never" for child in children[-2:]]
        return second if never[0] else first if never[1] else ("?", first, second)

    def literal_type(self, node: Node) -> Expr:
        """`"text"`, `true`, `false`: a type that has one value."""
        first = node.named_children[0] if node.named_child_count else None
        return ("=", self.b.text(node).strip("\"'")) if first is not None and first.type in _LITERALS else None

    def lookup_type(self, node: Node) -> Expr:
        """`T["name"]`."""
        children = node.named_children
        base = self.visit(children[0])
        index = children[-1]
        if children[0].type == "generic_type" and self.b.text(children[0].named_children[0]) == "Parameters":
            number = self.b.text(index)
            return ("p", base[2][0], int(number)) if number.isdecimal() and base[2] and base[2][0] is not None else None
        if base is None or index.type != "literal_type":
            self.visit(index)
            return None if base is None else ("V", ("i", ("I", base), ()))
        name = self.b.text(index).strip("\"'")
        self.b.use_member(("I", base), name, index.start_point[0])
        return ("V", ("a", ("I", base), name))

    def interface(self, node: Node) -> Expr:
        """An interface."""
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None:
            return None
        bases = []
        parameters = self._type_parameters(node.child_by_field_name("type_parameters"))
        for child in node.named_children:
            if child.type == "extends_type_clause":
                bases = self.visit_all(child.named_children)
        spelled, row = self.b.text(name), name.start_point[0]
        _, position = self._shape(body, spelled, name, tuple(bases), parameters)
        if spelled == "IntrinsicElements":
            found = Binding(CLASS, position, None, row, self.b.end, self.b.classes[position].definition, False)
            self.b.members.append((("J",), ELEMENTS, found))
        return None

    def alias(self, node: Node) -> Expr:
        """`type Name = ...`."""
        b = self.b
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or value is None:
            return None
        parameters = self._type_parameters(node.child_by_field_name("type_parameters"))
        if value.type == "object_type" and self._map_alike(value) is None:
            self._shape(value, b.text(name), name, (), parameters)
        else:
            found = self._generic_alias(value, parameters) if parameters else self.visit(value)
            block = b.block
            start, end = block or (None, None)
            b.bind(b.text(name), found, None, name.start_point[0], scoped=block is not None, start=start, end=end)
        return None

    def _generic_alias(self, value: Node, parameters: tuple[str, ...]) -> Expr:
        b = self.b
        position = b.add_function("", value.start_point[0], -1, 0, bound=False)
        before, block, around = b.enter_function(position), b.block, self.around
        b.block, self.around = None, parameters
        self._bind_bounds()
        found = self.visit(value)
        b.close(before)
        b.block, self.around = block, around
        b.set_function(position, found, [], 0, [])
        b.functions[position] = b.functions[position]._replace(generic=parameters)
        return ("A", position)

    def _type_parameters(self, node: Node | None) -> tuple[str, ...]:
        names = []
        self.bounds = []
        for child in node.named_children if node is not None else ():
            name = child.child_by_field_name("name")
            if name is not None:
                names.append(self.b.text(name))
            for part in child.named_children:
                if part.type == "constraint" and name is not None:
                    self.bounds.append((names[-1], self.only_child(part), part.start_point[0]))
                elif part.type == "default_type" and name is not None:
                    self.bounds.append((names[-1] + "=", self.only_child(part), part.start_point[0]))
                elif part != name:
                    self.visit(part)
        return tuple(names)

    def _bind_bounds(self) -> None:
        """Say, in the scope of what has type parameters, what these extend."""
        for name, bound, row in self.bounds:
            if bound is not None:
                self.b.bind(f"<{name}>", None, bound, row)
        self.bounds = []
