"""Expressions of Java: names, calls, new objects, functions without a name, and types inside of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.builder import unite
from noctule.indexer.parse.facts.java.declarations import JavaDeclarations
from noctule.indexer.parse.facts.model import CONSTRUCTOR, IMPORT, Expr

if TYPE_CHECKING:
    from tree_sitter import Node

_PASSING = {
    **dict.fromkeys((("Optional", "of()"), ("Optional", "ofNullable()")), "Option"),
    **dict.fromkeys(((owner, "of()") for owner in ("List", "Set", "Stream")), "List"),
    **dict.fromkeys(
        (("Arrays", "asList()"), ("Collections", "singletonList()"), ("Collections", "singleton()")), "List"
    ),
    ("Arrays", "stream()"): "elements",
    **dict.fromkeys((("Objects", "requireNonNull()"), ("Objects", "requireNonNullElse()")), "same"),
}
"""Static methods of the library, each with the container that it puts its arguments in, if any."""


class JavaExpressions(JavaDeclarations):
    """The part of the walk that reads values."""

    visits: ClassVar = {
        "lambda_expression": "lambda_",
        "return_statement": "return_",
        "identifier": "identifier",
        "type_identifier": "identifier",
        "scoped_identifier": "field_access",
        "scoped_type_identifier": "field_access",
        "field_access": "field_access",
        "method_invocation": "call",
        "method_reference": "method_reference",
        "object_creation_expression": "new",
        "array_creation_expression": "array_new",
        "array_access": "element",
        "cast_expression": "cast",
        "parenthesized_expression": "only_child",
        "this": "this",
        "super": "super_",
        "generic_type": "generic",
        "array_type": "array",
        "annotated_type": "last_child",
        "wildcard": "last_child",
        "class_literal": "class_literal",
        "element_value_pair": "annotation_value",
        "annotation": "annotation",
        "string_literal": "string",
    }
    values: list[Expr] | None = None
    annotated: Expr = None

    def field_access(self, node: Node) -> Expr:
        """A name after a dot."""
        children = node.named_children
        last = children[-1]
        if last.type == "this":
            owner = self.visit(children[0])
            return None if owner is None else ("I", owner)
        receiver = self.visit(children[0])
        name = self.b.text(last)
        self.b.use_member(receiver, name, last.start_point[0])
        return self.member(receiver, name)

    def call(self, node: Node) -> Expr:
        """A call of a method."""
        name, receiver = node.child_by_field_name("name"), node.child_by_field_name("object")
        if name is None:
            return self.inside(node)
        spelled, row = f"{self.b.text(name)}()", name.start_point[0]
        called: Expr
        if receiver is None:
            self.b.use(spelled, row)
            called = spelled
        else:
            owner = self.visit(receiver)
            self.b.use_member(owner, spelled, row)
            called = self.member(owner, spelled)
        arguments = node.child_by_field_name("arguments")
        values: list[Expr] = []
        for position, child in enumerate(arguments.named_children if arguments is not None else ()):
            if child.type == "lambda_expression" and called is not None:
                values.append(self.lambda_(child, ("p", called, position)))
            else:
                values.append(self.visit(child))
        types = node.child_by_field_name("type_arguments")
        self.visit(types)
        given = self._call_library(self.b.text(receiver) if receiver is not None else "", spelled, values)
        return self.make_call(called, values) if given is None else given

    def _call_library(self, owner: str, name: str, values: list[Expr]) -> Expr:
        """Return what a static method of the library gives that passes on what it is given."""
        form = _PASSING.get((owner, name))
        value = values[0] if values else None
        if form is None or value is None or not self._is_of_library(owner):
            return None
        if form == "same":
            return value
        if form == "elements":
            return ("l", "List", (("e", value),))
        return ("l", form, (unite(values[:3]) if form == "List" else value,))

    def _is_of_library(self, name: str) -> bool:
        """Tell whether a type is imported from the library."""
        bound = self.b.scopes[0].names.get(name, ())
        if bound:
            return len(bound) == 1 and bound[0].tag == IMPORT and str(bound[0].value).startswith("java.")
        return any(i.name == "*" and i.module.startswith("java.util") for i in self.b.imports)

    def method_reference(self, node: Node) -> Expr:
        """`Owner::method`, `Owner::new`."""
        children = node.named_children
        receiver = self.visit(children[0])
        last = children[-1]
        if node.children[-1].type == "new":
            self.b.use_member(receiver, CONSTRUCTOR, node.start_point[0])
            return receiver
        if len(children) > 1 and last.type == "identifier":
            name = f"{self.b.text(last)}()"
            self.b.use_member(receiver, name, last.start_point[0])
            return self.member(receiver, name)
        return None

    def new(self, node: Node) -> Expr:
        """`new Type(...)`, perhaps with a body."""
        b = self.b
        written = node.child_by_field_name("type")
        outer = node.named_children[0]
        if written is not None and outer != written and outer.type not in {"annotation", "marker_annotation"}:
            self.visit(outer)
        type_ = self.visit(written)
        if type_ is not None and written is not None:
            b.use_member(type_, CONSTRUCTOR, written.start_point[0])
        arguments = node.child_by_field_name("arguments")
        values: list[Expr] = []
        for position, child in enumerate(arguments.named_children if arguments is not None else ()):
            if child.type == "lambda_expression" and type_ is not None:
                values.append(self.lambda_(child, ("p", type_, position)))
            else:
                values.append(self.visit(child))
        if node.named_children[-1].type == "class_body":
            self._body(node.named_children[-1], type_)
        return self.make_object(type_, values)

    def array_new(self, node: Node) -> Expr:
        """`new Type[n]`."""
        type_ = self.visit(node.child_by_field_name("type"))
        for child in node.named_children[1:]:
            self.visit(child)
        return ("l", "Array", (("I", type_),))

    def cast(self, node: Node) -> Expr:
        """`(Type) value`."""
        types = [self.visit(t) for t in node.children_by_field_name("type")]
        self.visit(node.child_by_field_name("value"))
        return ("I", types[0]) if types and types[0] is not None else None

    def string(self, _node: Node) -> Expr:
        """A text."""
        return ("l", "String", ())

    def lambda_(self, node: Node, context: Expr = None) -> Expr:
        """A function without a name."""
        b = self.b
        position = b.add_function("", node.start_point[0], -1, 0, bound=False)
        before, end, block = b.enter_function(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        listed = node.child_by_field_name("parameters")
        names: list[str] = []
        if listed is not None and listed.type == "identifier":
            names = [b.text(listed)]
            b.bind_parameter(names[0], self.pass_argument(context, 0), None, listed.start_point[0])
        elif listed is not None and listed.type == "inferred_parameters":
            for child in listed.named_children:
                b.bind_parameter(b.text(child), self.pass_argument(context, len(names)), None, child.start_point[0])
                names.append(b.text(child))
        else:
            names = self._parameters(listed)
        values, self.values = self.values, []
        body = node.child_by_field_name("body")
        if body is not None and body.type == "block":
            self.inside(body)
            found = self.values
        else:
            found = [self.visit(body)]
        self.values = values
        b.close(before)
        b.end, b.block = end, block
        b.set_function(position, None, [v for v in found or [] if v is not None], 0, names)
        return ("d", position)

    def return_(self, node: Node) -> Expr:
        """What a method returns is declared; of a lambda, it counts."""
        value = self.only_child(node)
        if self.values is not None:
            self.values.append(value)
        return None

    def generic(self, node: Node) -> Expr:
        """`Type<A, B>`."""
        children = node.named_children
        base = self.visit(children[0])
        given = self.visit_all(children[1].named_children) if len(children) > 1 else []
        if base == "Optional" and len(given) == 1:
            return ("l", "Option", (("I", given[0]),))
        return None if base is None else ("i", base, tuple(given))

    def array(self, node: Node) -> Expr:
        """`Type[]`."""
        return ("l", "Array", (("I", self.visit(node.child_by_field_name("element"))),))

    def class_literal(self, node: Node) -> Expr:
        """`Type.class`."""
        type_ = self.only_child(node)
        return None if type_ is None else ("l", "Class", (("I", type_),))

    def annotation(self, node: Node) -> Expr:
        """`@Name(key = value)`."""
        name = node.child_by_field_name("name")
        before, self.annotated = self.annotated, self.visit(name)
        self.visit(node.child_by_field_name("arguments"))
        self.annotated = before
        return None

    def annotation_value(self, node: Node) -> Expr:
        """A value of an annotation: its key is a member of that type."""
        key = node.child_by_field_name("key")
        if key is not None and self.annotated is not None:
            self.b.use_member(("I", self.annotated), f"{self.b.text(key)}()", key.start_point[0])
        self.visit(node.child_by_field_name("value"))
        return None
