"""Facts of C#'s files and types: namespaces, `using`, types with their parts, and types as they are written."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.blocks import BlockWalk
from noctule.indexer.parse.facts.builder import unite
from noctule.indexer.parse.facts.model import CLASS, Binding, Expr

if TYPE_CHECKING:
    from tree_sitter import Node


class CSharpTypes(BlockWalk):
    """The part of the walk over a C# tree that reads files and types."""

    namespace_around = ""

    declared: Expr = None
    """The type that is declared for the value that is visited."""

    def using(self, node: Node) -> Expr:
        """`using A.B;`, `using static A.B;`, `using X = A.B;`."""
        b = self.b
        words = {child.type for child in node.children}
        name = node.child_by_field_name("name")
        target = next((c for c in node.named_children if c != name), None)
        row = node.start_point[0]
        if target is None:
            return None
        module = "".join(b.text(target).split()).removeprefix("global::")
        if name is not None:
            spelled = b.text(name)
            if target.type not in {"identifier", "qualified_name"} or "<" in module:
                b.bind(f"type {spelled}", self.type_(target), None, row)
                return None
            outer, _, last = module.rpartition(".")
            b.add_import(outer, last, row, "alias")
            for mark in ("", "type "):
                b.bind_import(mark + spelled, module, None, row)
        else:
            kind = "static" if "static" in words else ""
            b.add_import(module, "*", row, f"global {kind}".strip() if "global" in words else kind)
        return None

    def namespace(self, node: Node) -> Expr:
        """`namespace A.B { }`, `namespace A.B;`."""
        b = self.b
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        spelled = "".join(b.text(name).split()) if name is not None else ""
        before = self.namespace_around
        self.namespace_around = f"{before}.{spelled}" if before and spelled else spelled or before
        if not b.package:
            b.package = self.namespace_around
        scope = b.open(-1, -1)
        b.members.append((("#", self.namespace_around, b.scope), "", Binding(CLASS, -1, None, 0, b.end, -1, False)))
        if body is not None:
            self.inside(body)
            b.close(scope)
            self.namespace_around = before
        else:  # what follows in the file belongs to it
            for child in node.named_children:
                if child != name:
                    self.visit(child)
        return None

    def type_(self, node: Node | None) -> Expr:
        """Return a type that stands where a type is expected."""
        if node is None:
            return None
        b, kind = self.b, node.type
        row = node.start_point[0]
        if kind == "identifier":
            name = f"type {b.text(node)}"
            b.use(name, row)
            return name
        if kind == "generic_name":
            name, given = self._generic(node)
            b.use(name, row)
            return ("i", name, given)
        if kind in {"qualified_name", "alias_qualified_name"}:
            return self._visit_qualifiers(node)
        if kind == "predefined_type":
            return ("l", b.text(node), ())
        if kind in {"nullable_type", "ref_type", "pointer_type", "scoped_type"}:
            return self.type_(node.child_by_field_name("type"))
        if kind == "array_type":
            element = self.type_(node.child_by_field_name("type"))
            self.visit(node.child_by_field_name("rank"))
            return ("l", "Array", (("I", element),))
        if kind == "tuple_type":
            return self._tuple_type(node)
        if kind == "implicit_type":
            return None
        self.inside(node)
        return None

    def _tuple_type(self, node: Node) -> Expr:
        """`(A, B)`; where its parts have names, `(A First, B Count)`, a record."""
        b = self.b
        types = [self.type_(c.child_by_field_name("type")) for c in node.named_children]
        names = [c.child_by_field_name("name") for c in node.named_children]
        if None in names or None in types or (b.scopes[b.scope].class_ < 0 and b.scopes[b.scope].function < 0):
            return ("T", tuple(("I", t) for t in types[:8]))
        position = b.add_class("", node.start_point[0], (), "record", bound=False)
        before = b.enter_class(position)
        for name, type_ in zip(names, types, strict=True):
            if name is not None:
                b.bind(b.text(name), None, type_, name.start_point[0])
        b.close(before)
        return ("k", position)

    def _generic(self, node: Node) -> tuple[str, tuple[Expr, ...]]:
        given: tuple[Expr, ...] = ()
        count = 1
        for child in node.named_children:
            if child.type == "type_argument_list":
                given = tuple(self.type_(t) for t in child.named_children)
                count = len(given) or self.b.text(child).count(",") + 1
        return f"type`{count} {self.b.text(node.named_children[0])}", given

    def _visit_qualifiers(self, node: Node) -> Expr:
        b = self.b
        outer, last = node.child_by_field_name("qualifier"), node.child_by_field_name("name")
        if last is None:
            return None
        if outer is None:  # `global::A`
            return self.type_(last)
        receiver = self._qualifier(outer)
        name, given = self._generic(last) if last.type == "generic_name" else (f"type {b.text(last)}", ())
        b.use_member(receiver, name, last.start_point[0])
        found = self.member(receiver, name)
        return ("i", found, given) if given and found is not None else found

    def _qualifier(self, node: Node) -> Expr:
        b = self.b
        if node.type == "identifier":
            b.use(b.text(node), node.start_point[0])
            return b.text(node)
        if node.type != "qualified_name":
            return self.type_(node)
        outer, last = node.child_by_field_name("qualifier"), node.child_by_field_name("name")
        if outer is None or last is None:
            return None
        receiver = self._qualifier(outer)
        if last.type == "generic_name":
            name, _ = self._generic(last)
        else:
            name = b.text(last)
        b.use_member(receiver, name, last.start_point[0])
        return self.member(receiver, name)

    def _add_type(self, node: Node, kind: str) -> int:
        b = self.b
        name = node.child_by_field_name("name")
        assert name is not None
        spelled, row = b.text(name), name.start_point[0]
        parameters = [
            f"type {b.text(p.child_by_field_name('name') or p)}"
            for c in node.named_children
            if c.type == "type_parameter_list"
            for p in c.named_children
        ]
        position = b.add_class(spelled, row, (), kind, parameters, bound=False)
        found = Binding(CLASS, position, None, row, b.end, b.classes[position].definition, False)
        names = [f"type`{len(parameters)} {spelled}"] if parameters else [spelled, f"type {spelled}"]
        for bound in names:
            b.scopes[b.scope].names.setdefault(bound, []).append(found)
            if b.scopes[b.scope].class_ < 0 and b.scopes[b.scope].function < 0:
                b.members.append((("#", self.namespace_around, b.scope), bound, found))
        return position

    def type_declaration(self, node: Node) -> Expr:
        """A class, interface, structure or record, or a part of one."""
        b = self.b
        if node.child_by_field_name("name") is None:
            return self.inside(node)
        is_partial = any(c.type == "modifier" and b.text(c) == "partial" for c in node.named_children)
        position = self._add_type(node, "partial" if is_partial else node.type.partition("_")[0])
        for child in node.named_children:
            if child.type == "attribute_list":
                self.inside(child)
        self.in_class(position, node, partial(self._class, node, position))
        return ("k", position)

    def _class(self, node: Node, position: int) -> Expr:
        b = self.b
        bases: list[Expr] = []
        for child in node.named_children:
            if child.type == "base_list":
                for base in child.named_children:
                    written = base.child_by_field_name("type") if base.type == "primary_constructor_base_type" else base
                    if base.type == "argument_list":
                        self.visit(base)
                    else:
                        bases.append(self.type_(written))
                    if written != base:
                        self.visit_all(c for c in base.named_children if c != written)
                b.classes[position] = b.classes[position]._replace(bases=tuple(x for x in bases if x is not None))
            elif child.type == "parameter_list":
                for parameter in child.named_children:
                    self._component(parameter)
            elif child.type == "type_parameter_constraints_clause":
                self._constraint(child)
        body = node.child_by_field_name("body")
        if body is not None:
            self.inside(body)
        return None

    def _component(self, node: Node) -> None:
        name = node.child_by_field_name("name")
        type_ = self.type_(node.child_by_field_name("type"))
        if name is not None:
            self.b.bind(self.b.text(name), None, type_, name.start_point[0])

    def _constraint(self, node: Node) -> None:
        """`where T : Base`: what is of that parameter has the members of the base."""
        name = next((child for child in node.named_children if child.type == "identifier"), None)
        listed = [child for child in node.named_children if child.type == "type_parameter_constraint"]
        bound = unite([self.type_(child.child_by_field_name("type")) for child in listed])
        if bound is not None and name is not None:
            self.b.bind(f"<type {self.b.text(name)}>", None, bound, name.start_point[0])

    def enum(self, node: Node) -> Expr:
        """An enumeration: its members are objects of it."""
        b = self.b
        if node.child_by_field_name("name") is None:
            return self.inside(node)
        position = self._add_type(node, "enum")
        body = node.child_by_field_name("body")

        def act() -> Expr:
            for child in body.named_children if body is not None else ():
                name = child.child_by_field_name("name")
                if name is not None:
                    b.bind(b.text(name), ("I", ("k", position)), None, name.start_point[0])
                self.visit(child.child_by_field_name("value"))
            return None

        self.in_class(position, node, act)
        return None
