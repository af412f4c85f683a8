"""Types of C# where they are named, and the namespaces that they are looked up in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.blocks import BlockWalk
from noctule.indexer.parse.facts.model import CLASS, Binding, Expr

if TYPE_CHECKING:
    from tree_sitter import Node


class CSharpTypes(BlockWalk):
    """The part of the walk that reads what a type is called."""

    namespace_around = ""

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
            return self._qualified(node)
        if kind == "predefined_type":
            return ("l", b.text(node), ())
        if kind in {"nullable_type", "ref_type", "pointer_type", "scoped_type"}:
            return self.type_(node.child_by_field_name("type"))
        if kind == "array_type":
            element = self.type_(node.child_by_field_name("type"))
            self.visit(node.child_by_field_name("rank"))
            return ("l", "Array", (("I", element),))
        if kind == "tuple_type":
            types = [self.type_(c.child_by_field_name("type")) for c in node.named_children]
            return ("T", tuple(("I", t) for t in types[:8]))
        if kind == "implicit_type":
            return None
        self.inside(node)
        return None

    def _generic(self, node: Node) -> tuple[str, tuple[Expr, ...]]:
        given: tuple[Expr, ...] = ()
        count = 1
        for child in node.named_children:
            if child.type == "type_argument_list":
                given = tuple(self.type_(t) for t in child.named_children)
                count = len(given) or self.b.text(child).count(",") + 1
        return f"type`{count} {self.b.text(node.named_children[0])}", given

    def _qualified(self, node: Node) -> Expr:
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
